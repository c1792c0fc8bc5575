package wire

import (
	"context"
	"time"

	"qunying/community"
)

const (
	retryFirst = time.Second
	retryMost  = 8 * time.Second
)

// Retry spaces the attempts to connect to a gateway that people run themselves.
// One that is away is looked for every few seconds, so that all connections are
// back within ten of its return; each pause is drawn from its whole length, so
// that many who lost it together do not come back together. One that refuses us
// is left alone for up to a minute. The zero value is ready.
type Retry struct {
	First   time.Duration // the longest first pause; 0 is a second
	away    Pause
	refused Pause
}

// Wait waits before the next attempt, after one that failed with why or a
// connection that broke, or until ctx ends: then it returns its error.
func (r *Retry) Wait(ctx context.Context, why error) error {
	if why != nil && community.CodeOf(why) != community.Unavailable {
		return r.refused.Wait(ctx)
	}
	r.away.First, r.away.Most, r.away.whole = retryFirst, retryMost, true
	if r.First > 0 {
		r.away.First = r.First
	}
	return r.away.Wait(ctx)
}

// Reset begins anew, after a connection that was good.
func (r *Retry) Reset() {
	r.away.Reset()
	r.refused.Reset()
}
