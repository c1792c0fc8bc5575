package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"qunying/internal/insight/words"
)

// TestCommittedFile shows that the file in the repository is what the sources
// make, and that every word of our own list is found in text.
func TestCommittedFile(t *testing.T) {
	made, _, err := build()
	if err != nil {
		t.Fatal(err)
	}
	old, err := committed()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(made, old) {
		t.Error("dictionary.bin.gz is not what the sources make: run `go run .`")
	}

	s, err := words.Open(made)
	if err != nil {
		t.Fatal(err)
	}
	err = eachLine("own.txt", func(f []string) error {
		for _, word := range f[1:] {
			if got := slices.Collect(s.Words("，" + word + "。")); !slices.Equal(got, []string{word}) {
				t.Errorf("%s is cut into %s: give it a higher frequency", word, strings.Join(got, " "))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEncodeFindsEveryWord(t *testing.T) {
	list := map[string]int{"中": 900, "中国": 50, "中国人": 7, "国人": 3, "人": 800, "t恤": 2, "一二三四五六七八": 1}
	b, err := encode(list)
	if err != nil {
		t.Fatal(err)
	}
	s, err := words.Open(b)
	if err != nil {
		t.Fatal(err)
	}
	for word := range list {
		if !s.Has(word) {
			t.Errorf("%s was lost", word)
		}
	}
	for _, word := range []string{"国", "中人", "中国人人", "一二", "t", "恤", "x", ""} {
		if s.Has(word) {
			t.Errorf("%s was never put in", word)
		}
	}
}
