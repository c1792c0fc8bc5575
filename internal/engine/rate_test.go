package engine

import (
	"testing"
	"time"
)

func TestRateOfAGroup(t *testing.T) {
	a := &account{life: &life{sends: map[string][]time.Time{}}}
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		group string
		after time.Duration
		limit int
		want  bool
	}{
		{"g1", 0, 2, true},
		{"g1", time.Second, 2, true},
		{"g1", 2 * time.Second, 2, false}, // two in this minute already
		{"g2", 2 * time.Second, 2, true},  // another group has a minute of its own
		{"g1", 59 * time.Second, 2, false},
		{"g1", 60 * time.Second, 2, true}, // the first is a minute old
		{"g1", 60 * time.Second, 2, false},
		{"g1", 60 * time.Second, 0, true}, // no rate is known
	} {
		if got := a.allow(c.group, c.limit, start.Add(c.after)); got != c.want {
			t.Errorf("%s after %v at %d a minute: %v, want %v", c.group, c.after, c.limit, got, c.want)
		}
	}
}
