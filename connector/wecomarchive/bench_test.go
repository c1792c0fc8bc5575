//go:build linux

package wecomarchive

import (
	"fmt"
	"testing"
)

// BenchmarkRecord measures what one archived message costs on its way: unlocking
// its key, the helper, and reading it; the stand-in's own decryption is next to
// nothing.
func BenchmarkRecord(b *testing.B) {
	p := newStandin(b)
	p.say("wrOne", "ann", "打卡 第3天", noon)
	r := &reader{account: p.opened(), limit: mostRecords}
	defer r.helper.stop()
	records, err := r.fetch(b.Context())
	if err != nil || len(records) != 1 {
		b.Fatal(records, err)
	}
	b.Run("key", func(b *testing.B) {
		for b.Loop() {
			if _, err := r.keys.unwrap(records[0].Version, records[0].Key); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("all", func(b *testing.B) { all(b, r, records[0]) })
}

func all(b *testing.B, r *reader, x record) {
	for b.Loop() {
		raw, err := r.open(b.Context(), x)
		if err != nil {
			b.Fatal(err)
		}
		m, err := parse(raw)
		if err != nil {
			b.Fatal(err)
		}
		if _, ok := m.observation(raw); !ok {
			b.Fatal("nothing is made of it")
		}
	}
}

// BenchmarkStart measures how long a helper takes from its start to its first
// answer: what a crash costs.
func BenchmarkStart(b *testing.B) {
	p := newStandin(b)
	a := p.opened()
	for b.Loop() {
		if f := a.Probe(b.Context()); !f[0].OK {
			b.Fatal(fmt.Sprint(f))
		}
	}
}
