package onebot

import (
	"sync"
	"time"

	"qunying/connector"
)

// Bounds of what is remembered, so that an implementation cannot fill our memory.
const (
	mostRooms = 10_000
	mostNames = 5_000 // of members, a group
)

// rooms remembers what was learned of groups: their names, who is called how,
// and what our account is there. It is safe for concurrent use.
type rooms struct {
	mu      sync.Mutex
	all     map[string]*room
	history connector.Can // of all groups: whether the implementation reads back
	notices connector.Can // and whether it announces
}

type room struct {
	name  string
	limit int    // members at most, 0 not known
	role  string // ours: owner, admin, member, "" not known
	names map[string]string
	asked time.Time // when our role was last asked for
}

// rights is what is known of a group for its capabilities.
type rights struct {
	role             string
	limit            int
	history, notices connector.Can
}

func (r *rooms) init() {
	r.all = map[string]*room{}
	r.history, r.notices = connector.Machine, connector.Machine // until it is tried
}

// of finds a room, or makes one; nil when there are too many.
func (r *rooms) of(group string) *room {
	if x, ok := r.all[group]; ok {
		return x
	}
	if group == "" || len(r.all) >= mostRooms {
		return nil
	}
	x := &room{names: map[string]string{}}
	r.all[group] = x
	return x
}

func (r *rooms) change(group string, f func(*room)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if x := r.of(group); x != nil {
		f(x)
	}
}

func (r *rooms) groupName(group string) (name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if x, ok := r.all[group]; ok {
		return x.name
	}
	return ""
}

func (r *rooms) memberName(group, member string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if x, ok := r.all[group]; ok {
		return x.names[member]
	}
	return ""
}

func (r *rooms) called(group string, m connector.Member) {
	if m.ID == "" || m.Name == "" {
		return
	}
	r.change(group, func(x *room) {
		if _, ok := x.names[m.ID]; !ok && len(x.names) >= mostNames {
			clear(x.names)
		}
		x.names[m.ID] = m.Name
	})
}

func (r *rooms) rights(group string) rights {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := rights{history: r.history, notices: r.notices}
	if x, ok := r.all[group]; ok {
		out.role, out.limit = x.role, x.limit
	}
	return out
}

// betweenAsking is how long a role that could not be learned is not asked for again.
const betweenAsking = time.Minute

// asks says whether our role in a group should be asked for now, and notes that it is.
func (r *rooms) asks(group string, now time.Time) (yes bool) {
	r.change(group, func(x *room) {
		if yes = x.role == "" && now.Sub(x.asked) >= betweenAsking; yes {
			x.asked = now
		}
	})
	return yes
}

// lacks notes that the implementation does not know an action.
func (r *rooms) lacks(action string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch action {
	case historyAction:
		r.history = connector.Nobody
	case noticeAction: // a person can, in the client
		r.notices = connector.Human
	}
}

// forgetRoles lets roles be looked up anew: they may have changed while we were away.
func (r *rooms) forgetRoles() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, x := range r.all {
		x.role, x.asked = "", time.Time{}
	}
}
