package sim

import (
	"context"
	"time"

	"qunying/community"
	"qunying/connector"
)

// faults are what the platform will do wrong.
type faults struct {
	fail      int // actions still to be refused with err
	err       error
	slow      time.Duration
	cutSends  int // sends still to arrive without an answer
	dropEchos int // own messages still not to be told
}

// Done is one thing that the platform was asked to do and did, repeats of a key
// that were recognised excluded.
type Done struct {
	Account string
	Kind    community.ActionKind
	Action  connector.Action
	At      time.Time
	Message string // ID of the message sent
}

// Sent is what the platform did for accounts, in order.
func (n *Network) Sent() []Done {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]Done(nil), n.done...)
}

// FailNext lets the next count actions fail with err before anything was done.
func (n *Network) FailNext(count int, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults.fail, n.faults.err = count, err
}

// SlowBy delays every answer and every delivery by d from now on.
func (n *Network) SlowBy(d time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults.slow = d
}

// CutMidSend lets the next sent message arrive while the connection breaks: the
// caller gets *connector.Uncertain.
func (n *Network) CutMidSend() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults.cutSends++
}

// DropEcho keeps the next message of our own from being delivered back.
// Backfill still has it.
func (n *Network) DropEcho() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults.dropEchos++
}

// delay waits as long as the platform is slow; an error means that ctx ended
// before the platform did anything.
func (n *Network) delay(ctx context.Context) error {
	n.mu.Lock()
	slow := n.faults.slow
	n.mu.Unlock()
	if slow <= 0 {
		return nil
	}
	timer := time.NewTimer(slow)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return &community.Error{Code: community.Unavailable, Text: "the platform did not answer in time", Err: ctx.Err()}
	}
}

// refuse returns the error with which the next action is to fail, or nil.
func (f *faults) refuse() error {
	if f.fail == 0 {
		return nil
	}
	f.fail--
	return f.err
}
