package casebook

import (
	"crypto/rand"
	"testing"
	"time"

	"qunying/community"
)

// FuzzCheckpoint reads checkpoints that somebody else wrote: as they came, and signed
// by a key of ours, as one from another version would be.
func FuzzCheckpoint(f *testing.F) {
	skey, vkey, err := NewKey(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	c := Checkpoint{Origin: Origin("demo"), Tree: Tree{N: 3}, At: time.UnixMilli(1_700_000_000_000)}
	signed, err := Sign(c, skey)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(c.Text())
	f.Add(signed)
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := Open(text, vkey); err != nil && community.CodeOf(err) != community.Invalid {
			t.Fatal(err)
		}
		c, err := parse(text)
		if err != nil {
			if community.CodeOf(err) != community.Invalid {
				t.Fatal(err)
			}
			return
		}
		if again, err := parse(c.Text()); err != nil || again.Tree != c.Tree || again.Origin != c.Origin || !again.At.Equal(c.At) {
			t.Fatalf("%q is read again as %+v, %v", c.Text(), again, err)
		}
	})
}
