package engine

import (
	"cmp"
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

// settlement is what became of an action.
type settlement struct {
	kind    community.Kind // of the event that says so; "" none
	state   store.OutboxState
	receipt string
	why     store.Trouble
	// Of what a person did:
	by    community.StaffID // 0: not known who
	how   string            // what proved it; "" the machine did it
	proof string
}

// settle writes the outcome of an action.
func (e *Engine) settle(ctx context.Context, o *store.Outgoing, s settlement) error {
	return e.insist(ctx, e.outcome(o, s))
}

// outcome writes what became of an action into the outbox, the task if there is
// one, and the log.
func (e *Engine) outcome(o *store.Outgoing, s settlement) outcome {
	now := e.now().Truncate(time.Millisecond)
	return func(tx *store.Tx, later drafts) error {
		open, draft, err := settleIn(tx, o, s, now)
		if err != nil || !open {
			return err
		}
		if draft != nil {
			later[o.Community] = append(later[o.Community], *draft)
		}
		tx.AfterCommit(func() { e.tell(o) })
		return nil
	}
}

// settleIn writes what became of an action and answers the event that says so.
// It reports false where the action was over already.
func settleIn(tx *store.Tx, o *store.Outgoing, s settlement, now time.Time) (open bool, draft *store.Draft, err error) {
	if open, err = tx.Settle(o.Community, o.Key, s.state, now, s.receipt, s.why); err != nil || !open {
		return open, nil, err
	}
	end := store.Closing{State: store.TaskDropped, At: now, By: s.by, How: cmp.Or(s.how, "machine"), Proof: s.proof}
	if s.state == store.Done {
		end.State = store.TaskDone
	}
	if _, err := tx.CloseTask(o.Community, o.Key, end); err != nil || s.kind == "" {
		return true, nil, err
	}
	d := outcomeDraft(o, s, now)
	return true, &d, nil
}

// outcomeDraft is the event that says what became of an action; one of each kind
// an action, and again when a person had it repeated.
func outcomeDraft(o *store.Outgoing, s settlement, at time.Time) store.Draft {
	id := o.Key.String()
	data := map[string]string{"action": id}
	if s.how != "" {
		data["by"], data["how"] = "person", s.how
	}
	if s.why.Code != "" {
		data["code"] = s.why.Code
	}
	if s.why.Said != "" {
		data["said"] = s.why.Said
	}
	if s.by != 0 {
		data["staff"] = decimal(int64(s.by))
	}
	if n := len(o.Earlier); n > 0 {
		id += "/" + decimal(int64(n))
	}
	return store.Draft{Event: community.Event{
		Key:  community.KeyParts{Kind: s.kind, Network: "outbox", ID: id}.Key(),
		Kind: s.kind, Group: o.Group, At: at, Source: "dispatch",
		Body: &community.Body{Text: cmp.Or(s.why.Error, s.proof), MessageID: s.receipt, Data: data},
	}}
}

// write is for what must be written even while the engine is being stopped.
func (e *Engine) write(ctx context.Context, f func(tx *store.Tx) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return e.db.Write(ctx, f)
}
