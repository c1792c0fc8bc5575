package sim

// Waiting counts what has been delivered to accounts and not been acknowledged
// by them. At 0 everything that happened has been heard, but what fell into an
// outage.
func (n *Network) Waiting() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	waiting := 0
	for _, b := range n.inboxes {
		waiting += len(b.queue)
	}
	return waiting
}

// Pass lets happen what is due by now, for a clock that was moved by hand.
func (n *Network) Pass() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.tick(n.now())
}
