package words

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"qunying/community"
)

func TestCountsComeBack(t *testing.T) {
	term := rapid.OneOf(rapid.StringN(0, 12, -1), rapid.StringMatching(`[ab直播间]{0,6}`))
	rapid.Check(t, func(t *rapid.T) {
		c := Counts(rapid.MapOf(term, rapid.Uint32()).Draw(t, "counts"))
		b, err := c.AppendBinary([]byte("before"))
		if err != nil {
			t.Fatal(err)
		}
		b, ok := bytes.CutPrefix(b, []byte("before"))
		if !ok {
			t.Fatal("what was there is gone")
		}
		got, err := DecodeCounts(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestCountsRefuseLongTerms(t *testing.T) {
	if _, err := (Counts{strings.Repeat("a", maxTerm+1): 1}).AppendBinary(nil); community.CodeOf(err) != community.Invalid {
		t.Errorf("the error is %v", err)
	}
}

func TestMerge(t *testing.T) {
	c := Counts{"打卡": 2, "直播": math.MaxUint32 - 1}
	c.Merge(Counts{"打卡": 3, "直播": 2, "抽奖": 1})
	if diff := cmp.Diff(Counts{"打卡": 5, "直播": math.MaxUint32, "抽奖": 1}, c); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeCountsRefuses(t *testing.T) {
	for name, b := range map[string]string{
		"nothing":           "",
		"other version":     "\x02\x00\x00",
		"cut off":           "\x01\x01\x01\x00\x01a",
		"more behind":       "\x01\x00\x00\x00",
		"long varint":       "\x01\x80\x00\x00",
		"out of order":      "\x01\x02\x02\x00\x01b\x01\x00\x01a\x01",
		"twice":             "\x01\x02\x02\x00\x01a\x01\x01\x00\x01",
		"not shared enough": "\x01\x02\x03\x00\x01a\x01\x00\x02ab\x01",
		"wrong size":        "\x01\x01\x02\x00\x01a\x01",
		"enormous":          "\x01\xff\xff\xff\xff\x0f\x00",
	} {
		if c, err := DecodeCounts([]byte(b)); err == nil {
			t.Errorf("%s: read as %v", name, c)
		}
	}
}

// FuzzDecodeCounts: what can be read is what would be written.
func FuzzDecodeCounts(f *testing.F) {
	b, _ := Counts{"打卡": 2, "打赏": 1, "haskell": 300, "": 0}.AppendBinary(nil)
	f.Add(b)
	f.Add([]byte("\x01\x02\x02\x00\x01b\x01\x00\x01a\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := DecodeCounts(b)
		if err != nil {
			return
		}
		if again, _ := c.AppendBinary(nil); !bytes.Equal(again, b) {
			t.Fatalf("%x became %x", b, again)
		}
	})
}

// dayOfTerms is a day of 10,000 distinct terms, most of them rare: Chinese of
// two to four characters, every fifth in letters.
func dayOfTerms() Counts {
	c := Counts{}
	random := rand.New(rand.NewPCG(1, 2))
	for i := 0; len(c) < 10_000; i++ {
		var term strings.Builder
		for range 2 + random.IntN(3) {
			if i%5 == 0 {
				term.WriteString("aeio"[random.IntN(4):][:1])
				term.WriteByte(byte('a' + random.IntN(26)))
			} else {
				term.WriteRune(0x4E00 + rune(random.ExpFloat64()*500))
			}
		}
		c[term.String()] = uint32(1 + 20_000/(i+1))
	}
	return c
}

func BenchmarkCountsAppendBinary(b *testing.B) {
	c := dayOfTerms()
	var buffer []byte
	b.ReportAllocs()
	for b.Loop() {
		buffer, _ = c.AppendBinary(buffer[:0])
	}
	b.ReportMetric(float64(len(buffer)), "bytes")
}

func BenchmarkDecodeCounts(b *testing.B) {
	encoded, _ := dayOfTerms().AppendBinary(nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeCounts(encoded); err != nil {
			b.Fatal(err)
		}
	}
}
