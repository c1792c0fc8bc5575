package engine

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

// outcome writes what became of an action. Its event goes to later: everything of
// the outbox is locked before the log, here as in decide. It may be run again.
type outcome func(tx *store.Tx, later drafts) error

// drafts are what a transaction appends in the end, by community.
type drafts map[community.ID][]store.Draft

// insist writes what became of something that was done. The database may be out of
// reach for a moment; what was sent has to be known as sent.
func (e *Engine) insist(ctx context.Context, f outcome) error {
	pause := 50 * time.Millisecond
	for try := 0; ; try++ {
		err := e.out.joint.run(ctx, e, f)
		if community.CodeOf(err) != community.Unavailable || try == 6 {
			return err
		}
		t := time.NewTimer(pause)
		<-t.C
		pause *= 2
	}
}

// joint lets writes of many workers share one transaction: a commit costs more
// than what it carries.
type joint struct {
	mu      sync.Mutex
	waiting []*jointWrite
	busy    bool
}

type jointWrite struct {
	f    outcome
	done chan error
}

// run writes f, with what others want to write meanwhile. One that fails does not
// harm the others.
func (j *joint) run(ctx context.Context, e *Engine, f outcome) error {
	w := &jointWrite{f, make(chan error, 1)}
	j.mu.Lock()
	j.waiting = append(j.waiting, w)
	lead := !j.busy
	j.busy = true
	j.mu.Unlock()
	if lead {
		go j.serve(context.WithoutCancel(ctx), e)
	}
	return <-w.done
}

// serve writes until nobody waits.
func (j *joint) serve(ctx context.Context, e *Engine) {
	for {
		j.mu.Lock()
		list := j.waiting
		j.waiting = nil
		j.busy = len(list) > 0
		j.mu.Unlock()
		if len(list) == 0 {
			return
		}
		err := e.writeAll(ctx, list)
		for i, w := range list {
			if err != nil && len(list) > 1 {
				w.done <- e.writeAll(ctx, list[i:i+1])
				continue
			}
			w.done <- err
		}
	}
}

func (e *Engine) writeAll(ctx context.Context, list []*jointWrite) error {
	return e.write(ctx, func(tx *store.Tx) error {
		later := drafts{}
		for _, w := range list {
			if err := w.f(tx, later); err != nil {
				return err
			}
		}
		for _, c := range slices.Sorted(maps.Keys(later)) {
			if _, err := tx.Append(c, later[c]); err != nil {
				return err
			}
		}
		return nil
	})
}
