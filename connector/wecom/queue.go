package wecom

import (
	"context"
	"hash/maphash"
	"slices"
	"sync"
	"time"
)

// change is what a call told of a customer group. It says that something is
// different; what, the group's details say.
type change struct {
	at      time.Time
	detail  string   // add_member, del_member, change_owner, change_name, change_notice, ""
	removed bool     // who is gone was put out
	who     []string // members concerned, where WeCom tells
	version string   // of the member list from then on, where WeCom tells
}

// mostChanges of one group are kept until it is read; of more, the newest.
const mostChanges = 64

// queue holds the groups that are to be read: those of which a call told first, the
// rest of a full reading after them. A group is read by one worker at a time.
type queue struct {
	mu     sync.Mutex
	waits  map[string]*waiting
	urgent []string
	later  []string
	wake   chan struct{} // closed when something was added
}

type waiting struct {
	changes []change
	tries   int // how often its details did not show yet what a call told
	queued  bool
	urgent  bool
	busy    bool
}

func newQueue() *queue { return &queue{waits: map[string]*waiting{}, wake: make(chan struct{})} }

// changed notes that a call told something of a group.
func (q *queue) changed(group string, c change) { q.add(group, true, 0, c) }

// full notes that a group is to be read though nothing told of it.
func (q *queue) full(group string) { q.add(group, false, 0) }

func (q *queue) add(group string, urgent bool, tries int, changes ...change) {
	q.mu.Lock()
	defer q.mu.Unlock()
	w := q.waits[group]
	if w == nil {
		w = &waiting{}
		q.waits[group] = w
	}
	w.changes = append(w.changes, changes...)
	slices.SortStableFunc(w.changes, func(a, b change) int { return a.at.Compare(b.at) }) // calls come in any order
	if n := len(w.changes) - mostChanges; n > 0 {
		w.changes = slices.Delete(w.changes, 0, n)
	}
	w.tries = tries
	q.put(group, w, urgent)
}

// put queues a group; one that is queued already only moves forward.
func (q *queue) put(group string, w *waiting, urgent bool) {
	switch {
	case w.busy:
		w.queued, w.urgent = true, w.urgent || urgent // done puts it back
		return
	case w.queued && (w.urgent || !urgent):
		return
	}
	w.queued, w.urgent = true, urgent
	if urgent {
		q.urgent = append(q.urgent, group)
	} else {
		q.later = append(q.later, group)
	}
	close(q.wake)
	q.wake = make(chan struct{})
}

// next takes a group, or waits for one until ctx ends. Who took it must call done.
func (q *queue) next(ctx context.Context) (group string, changes []change, tries int, ok bool) {
	for {
		q.mu.Lock()
		for _, list := range []*[]string{&q.urgent, &q.later} {
			for len(*list) > 0 {
				group = (*list)[0]
				*list = (*list)[1:]
				w := q.waits[group]
				if w == nil || !w.queued || w.busy || w.urgent != (list == &q.urgent) {
					continue // it moved forward meanwhile
				}
				changes, tries = w.changes, w.tries
				*w = waiting{busy: true}
				q.mu.Unlock()
				return group, changes, tries, true
			}
		}
		wake := q.wake
		q.mu.Unlock()
		select {
		case <-wake:
		case <-ctx.Done():
			return "", nil, 0, false
		}
	}
}

// done ends what next began.
func (q *queue) done(group string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	w := q.waits[group]
	w.busy = false
	if !w.queued {
		delete(q.waits, group)
		return
	}
	w.queued = false
	urgent := w.urgent
	w.urgent = false
	q.put(group, w, urgent)
}

// locks keep what is emitted of one group in order. Groups share a few of them.
type locks struct {
	seed maphash.Seed
	of   [64]sync.Mutex
}

func (l *locks) lock(group string) (unlock func()) {
	m := &l.of[maphash.String(l.seed, group)%uint64(len(l.of))]
	m.Lock()
	return m.Unlock
}
