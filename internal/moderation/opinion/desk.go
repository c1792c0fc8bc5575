package opinion

import (
	"context"
	"sync"
	"time"
)

// Question is a message that somebody wants an opinion on.
type Question struct {
	ID      string // of whoever asks
	Message string
	Names   []string // that must not leave the house
}

// Desk takes questions without making anybody wait, and answers them one after
// the other.
type Desk struct {
	advisor *Advisor
	now     func() time.Time
	answer  func(Question, Opinion, error)
	waiting chan Question
}

const (
	mostWaiting = 100
	atOnce      = 2 // questions under way
)

// NewDesk returns a desk. answer is called for every question that was taken, not
// from several goroutines at once.
func NewDesk(a *Advisor, now func() time.Time, answer func(Question, Opinion, error)) *Desk {
	return &Desk{a, now, answer, make(chan Question, mostWaiting)}
}

// Submit takes a question, or returns false at once when a hundred are waiting:
// then the machine's own verdict stands.
func (d *Desk) Submit(q Question) bool {
	select {
	case d.waiting <- q:
		return true
	default:
		return false
	}
}

// Run answers until the context ends. What is waiting then is not answered.
func (d *Desk) Run(ctx context.Context) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range atOnce {
		wg.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case q := <-d.waiting:
					o, err := d.advisor.Ask(ctx, d.now(), q.Message, q.Names)
					mu.Lock()
					d.answer(q, o, err)
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
}
