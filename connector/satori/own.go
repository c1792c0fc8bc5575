package satori

import (
	"sync"
	"time"

	"qunying/community"
)

// How much is remembered of what we sent, and for how long one looks for a
// message whose answer was lost.
const (
	mostOwn  = 2_000
	ownFresh = 10 * time.Minute
)

// own knows our messages again when the gateway tells us of them.
type own struct {
	now   func() time.Time
	mu    sync.Mutex
	byID  map[id]community.Key
	order []id      // of byID, oldest first
	open  []*unheld // without an ID yet: on their way, or their answer was lost
	came  bool      // one of ours did come back
}

// unheld is a message that has no ID.
type unheld struct {
	key     community.Key
	channel id
	text    string // as it reads when it comes back
	at      time.Time
}

func newOwn(now func() time.Time) *own { return &own{now: now, byID: map[id]community.Key{}} }

// begin notes a message that is about to leave.
func (w *own) begin(channel id, content string, key community.Key) *unheld {
	u := &unheld{key: key, channel: channel, text: read(content).text, at: w.now()}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fresh()
	w.open = append(w.open, u)
	return u
}

// fresh drops what is too old or too much.
func (w *own) fresh() {
	keep := w.open[:0]
	for _, u := range w.open[max(0, len(w.open)-mostOwn):] {
		if w.now().Sub(u.at) < ownFresh {
			keep = append(keep, u)
		}
	}
	w.open = keep
}

// sent notes the IDs under which a message arrived; without IDs that it did not,
// or that it will not come back under any.
func (w *own) sent(u *unheld, ids ...id) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.drop(u)
	for _, x := range ids {
		if _, ok := w.byID[x]; !ok {
			w.order = append(w.order, x)
		}
		w.byID[x] = u.key
	}
	for len(w.order) > mostOwn {
		delete(w.byID, w.order[0])
		w.order = w.order[1:]
	}
}

func (w *own) drop(u *unheld) {
	for i, x := range w.open {
		if x == u {
			w.open = append(w.open[:i], w.open[i+1:]...)
			return
		}
	}
}

// match finds the action that a message of ours came from, zero if none of this
// process's: by its ID, or, while its answer is awaited or was lost, by its text.
func (w *own) match(channel, message id, text string) community.Key {
	w.mu.Lock()
	defer w.mu.Unlock()
	if k, ok := w.byID[message]; ok {
		w.came = true
		return k
	}
	w.fresh()
	for _, u := range w.open {
		if u.channel == channel && u.text == text {
			w.came = true
			w.drop(u)
			w.byID[message] = u.key
			w.order = append(w.order, message)
			return u.key
		}
	}
	return community.Key{}
}

// echoes says whether messages of ours were seen to come back.
func (w *own) echoes() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.came
}
