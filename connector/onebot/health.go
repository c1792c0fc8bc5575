package onebot

import (
	"sync"
	"time"

	"qunying/community"
	"qunying/connector"
)

// health puts together how the connection is from what is heard of its parts,
// and tells the account of every change.
type health struct {
	mu     sync.Mutex
	now    func() time.Time
	tell   func(connector.Observation)
	events bool  // events can reach us
	calls  bool  // actions can reach it
	online bool  // the account is signed in
	good   bool  // everything works
	other  bool  // it holds another account than ours
	why    error // why it is not connected
	heard  time.Time
	lost   time.Time // what the run before heard from here on was not kept
	gap    time.Time // events may be missing from here on, zero: none are
	state  connector.State
	code   string // of why, as of connector.Reason
}

func (h *health) init(a *account) {
	h.now, h.tell = a.now, func(o connector.Observation) { a.put(item{ready: []connector.Observation{o}}) }
}

// lose notes that what came from then on was heard and not kept.
func (h *health) lose(from time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lost = from
}

// begin is the start of a run: nobody has listened up to now, and nobody does
// yet, as the account is to be told. why says what is being waited for, if
// anything is.
func (h *health) begin(why error) connector.Observation {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	h.events, h.calls, h.online, h.good, h.other, h.why = false, false, true, true, false, nil
	h.heard, h.gap, h.state = now, now, connector.Offline
	if !h.lost.IsZero() {
		h.gap, h.lost = h.lost, time.Time{}
	}
	if why != nil {
		why = connector.Because("waiting", why)
	}
	h.code = connector.Reason(why)
	return connector.Changed(h.state, now, h.gap, why)
}

// hear notes that something came from the implementation.
func (h *health) hear() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.heard = h.now()
}

// link says which ways are open. why is of interest where one is not.
func (h *health) link(events, calls bool, why error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if events && !h.events {
		h.online, h.good, h.other = true, true, false // until it says otherwise
	}
	h.events, h.calls, h.why = events, calls, why
	h.judge()
}

// holds says whether the implementation holds our account.
func (h *health) holds(ours bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.other = !ours
	h.judge()
}

// status is what the implementation says of itself and its account.
func (h *health) status(online, good bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.online, h.good = online, good
	h.judge()
}

func (h *health) judge() {
	state, why := connector.Online, error(nil)
	switch {
	case !h.events && !h.calls:
		state, why = connector.Offline, absence(h.why)
	case h.other:
		state, why = connector.Offline, connector.Because("other_account", community.Errorf(community.Invalid, "the implementation holds another account").WithHint("sign the right one in there, or change self_id"))
	case !h.online:
		state, why = connector.Offline, connector.Because("signed_out", community.Errorf(community.Unavailable, "the account is signed out in the implementation").WithHint("sign it in again there"))
	case !h.events:
		state, why = connector.Offline, connector.Because("no_events", community.Errorf(community.Unavailable, "the implementation sends no events").WithHint("let it connect for events as well, as role Universal or Event"))
	case !h.calls:
		state, why = connector.Degraded, connector.Because("no_actions", community.Errorf(community.Unavailable, "the implementation takes no actions").WithHint("let it connect for actions as well, as role Universal or API"))
	case !h.good:
		state, why = connector.Degraded, connector.Because("not_well", community.Errorf(community.Unavailable, "the implementation says that it does not work well").WithHint("look into its log"))
	}
	if state == connector.Offline && h.gap.IsZero() {
		h.gap = h.heard
	}
	code := connector.Reason(why)
	if state == h.state && code == h.code {
		return
	}
	h.state, h.code = state, code
	h.tell(connector.Changed(state, h.now(), h.gap, why))
	if state == connector.Online {
		h.gap = time.Time{}
	}
}

// absence is why the implementation is not connected, with the code of a finding.
func absence(why error) error {
	switch {
	case why == nil:
		return nil
	case community.CodeOf(why) == community.Forbidden:
		return connector.Because("refused", why)
	}
	return connector.Because("unreachable", why)
}
