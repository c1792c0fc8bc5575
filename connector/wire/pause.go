package wire

import (
	"context"
	"math/rand/v2"
	"time"
)

// Pause is the growing wait between attempts to connect: doubled each time, each
// between half and whole, so that many who lost the same platform do not come
// back at once. The zero value waits a second at first and a minute at most.
type Pause struct {
	First, Most time.Duration
	next        time.Duration
	whole       bool // drawn from the whole length, not from its second half
}

// Wait waits for the next pause, or until ctx ends: then it returns its error.
func (p *Pause) Wait(ctx context.Context) error {
	t := time.NewTimer(p.Next())
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Next is the next pause.
func (p *Pause) Next() time.Duration {
	first, most := p.First, p.Most
	if first <= 0 {
		first = time.Second
	}
	if most <= 0 {
		most = time.Minute
	}
	d := min(max(p.next, first), most)
	p.next = 2 * d
	if p.whole {
		return d/10 + rand.N(d-d/10+1)
	}
	return d/2 + rand.N(d/2+1)
}

// Reset begins anew, after an attempt that was good.
func (p *Pause) Reset() { p.next = 0 }
