package pipe

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLinesOfAnyLength(t *testing.T) {
	var b bytes.Buffer
	want := []Answer{{Code: 3}, {Data: bytes.Repeat([]byte{7}, 300_000)}, {Fault: TooLong, Detail: "x\ny"}}
	for _, a := range want {
		if err := Write(&b, a); err != nil {
			t.Fatal(err)
		}
	}
	r := bufio.NewReader(&b)
	for _, w := range want {
		var got Answer
		if err := Read(r, &got); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(w, got); d != "" {
			t.Errorf("(-written +read):\n%s", d)
		}
	}
	if err := Read(r, &Answer{}); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

func TestTheLargestAnswerFits(t *testing.T) {
	if err := Write(io.Discard, Answer{Data: make([]byte, MostData), Index: strings.Repeat("x", 1000), Finished: true}); err != nil {
		t.Error(err)
	}
	if err := Write(io.Discard, Answer{Data: make([]byte, MostLine)}); !errors.Is(err, ErrTooLong) {
		t.Errorf("too much data: %v", err)
	}
	endless := io.MultiReader(bytes.NewReader(make([]byte, MostLine)), strings.NewReader("x\n"))
	if err := Read(bufio.NewReader(endless), &Answer{}); !errors.Is(err, ErrTooLong) {
		t.Errorf("an endless line: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"code":1,"data":"eA=="}` + "\n"))
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bufio.NewReaderSize(bytes.NewReader(b), 16)
		for range 100 {
			var a Answer
			if err := Read(r, &a); errors.Is(err, io.EOF) {
				return
			}
		}
	})
}
