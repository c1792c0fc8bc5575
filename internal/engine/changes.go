package engine

import (
	"slices"
	"sync"

	"qunying/community"
)

// Change says that what is known of some groups has changed.
type Change struct {
	Community community.ID
	Groups    []community.GroupID // sorted; none: of no group in particular
	What      string              // numbers, imports, outbox, tasks, connections, settings, people, all
}

// hub hands changes to whoever listens. A listener that does not keep up
// loses nothing but detail: its channel holds what is pending, merged by the
// listener itself.
type hub struct {
	mu   sync.Mutex
	subs map[chan Change]bool
}

func newHub() *hub { return &hub{subs: map[chan Change]bool{}} }

func (h *hub) publish(c community.ID, groups map[community.GroupID]bool) {
	ch := Change{Community: c, What: "numbers"}
	for g := range groups {
		ch.Groups = append(ch.Groups, g)
	}
	slices.Sort(ch.Groups)
	h.send(ch)
}

func (h *hub) send(ch Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subs {
		select {
		case s <- ch:
		default: // full: the listener is told that it missed something
			select {
			case <-s:
			default:
			}
			select {
			case s <- Change{Community: ch.Community, What: "all"}:
			default:
			}
		}
	}
}

// Changes subscribes to what changes in all communities; stop ends it.
func (e *Engine) Changes() (changes <-chan Change, stop func()) {
	s := make(chan Change, 64)
	e.changes.mu.Lock()
	e.changes.subs[s] = true
	e.changes.mu.Unlock()
	return s, func() {
		e.changes.mu.Lock()
		delete(e.changes.subs, s)
		e.changes.mu.Unlock()
	}
}
