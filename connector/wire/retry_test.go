package wire

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"qunying/community"
	"qunying/connector"
)

// herd lets many lose a gateway together and returns when they are back after it
// was away for so long, and when each attempt was made.
func herd(t *testing.T, many int, away time.Duration) (back, attempts []time.Duration) {
	began := time.Now()
	var mu sync.Mutex
	var all sync.WaitGroup
	for range many {
		all.Go(func() {
			var r Retry
			for {
				if err := r.Wait(t.Context(), community.Errorf(community.Unavailable, "nobody there")); err != nil {
					t.Error(err)
					return
				}
				at := time.Since(began)
				mu.Lock()
				attempts = append(attempts, at)
				if at >= away {
					back = append(back, at-away)
				}
				mu.Unlock()
				if at >= away {
					return
				}
			}
		})
	}
	all.Wait()
	return back, attempts
}

// thickest is how many fall into the same tenth of a second.
func thickest(at []time.Duration) int {
	slices.Sort(at)
	most := 0
	for i, from := range at {
		n, _ := slices.BinarySearch(at, from+100*time.Millisecond)
		most = max(most, n-i)
	}
	return most
}

func TestManyComeBackSoonAndNotTogether(t *testing.T) {
	for _, away := range []time.Duration{0, 3 * time.Second, 20 * time.Second, time.Minute, 10 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			back, attempts := herd(t, 200, away)
			if len(back) != 200 || slices.Max(back) > 10*time.Second {
				t.Errorf("after %v, %d of 200 were back within %v", away, len(back), slices.Max(back))
			}
			// Spread over the first second they are 22 in a tenth of it, later 3.
			if n := thickest(attempts); n > 60 {
				t.Errorf("%d attempts in a tenth of a second", n)
			}
			if n := thickest(back); away >= 20*time.Second && n > 25 {
				t.Errorf("after %v, %d came back in a tenth of a second", away, n)
			}
		})
	}
}

func TestWhoRefusesIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Retry
		began, n := time.Now(), 0
		for time.Since(began) < time.Hour {
			if err := r.Wait(t.Context(), community.Errorf(community.Forbidden, "wrong token")); err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n > 140 { // one in half a minute, and the first few
			t.Errorf("it was asked %d times in an hour", n)
		}
	})
}

func TestStoreTriesUntilItIsOnDisk(t *testing.T) {
	o := connector.Observation{Kind: community.MessagePosted}
	answers := func(list ...error) connector.Emit {
		return func(context.Context, ...connector.Observation) error {
			err := list[0]
			list = list[1:]
			return err
		}
	}
	busy, wrong := community.Errorf(community.Unavailable, "busy"), community.Errorf(community.Invalid, "wrong")
	synctest.Test(t, func(t *testing.T) {
		if err := Store(t.Context(), nil); err != nil {
			t.Errorf("nothing: %v", err)
		}
		if err := Store(t.Context(), answers(busy, busy, nil), o); err != nil {
			t.Errorf("busy for a while: %v", err)
		}
		if err := Store(t.Context(), answers(busy, wrong), o); !errors.Is(err, wrong) {
			t.Errorf("refused: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		always := func(context.Context, ...connector.Observation) error { return busy }
		if err := Store(ctx, always, o); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("busy for too long: %v", err)
		}
	})
}
