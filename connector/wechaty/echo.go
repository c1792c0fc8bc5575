package wechaty

import (
	"slices"
	"strings"
	"sync"
	"time"

	"qunying/community"
)

// echoWindow is how long after an act its trace among the events is waited for,
// and mostEchoes how many are waited for at once.
const (
	echoWindow = 2 * time.Minute
	mostEchoes = 1_000
)

// trace is by what an act is known again when the gateway reports it: what
// happened, where, and to whom or with which text.
type trace struct {
	kind  community.Kind
	where string // group, or the other one of a talk
	what  string
}

// expected is an act whose trace has not come yet.
type expected struct {
	trace
	id   string // of the message, once the gateway has told it
	key  community.Key
	last bool // of the pieces of a message: the one that carries the key
	till time.Time
}

// echoes finds our own acts among what the gateway reports. Equal acts are told
// apart by their order.
type echoes struct {
	now  func() time.Time
	mu   sync.Mutex
	open []*expected
}

// expect waits for the trace of an act that is about to be made.
func (e *echoes) expect(t trace, key community.Key, last bool) *expected {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	e.open = slices.DeleteFunc(e.open, func(x *expected) bool { return now.After(x.till) })
	if len(e.open) >= mostEchoes {
		e.open = slices.Delete(e.open, 0, 1)
	}
	x := &expected{trace: t, key: key, last: last, till: now.Add(echoWindow)}
	e.open = append(e.open, x)
	return x
}

// told notes the ID that the gateway gave the message.
func (e *echoes) told(x *expected, id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	x.id = id
}

// drop waits no longer: the act was not made.
func (e *echoes) drop(x *expected) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.open = slices.DeleteFunc(e.open, func(y *expected) bool { return y == x })
}

// match gives the key of the act that something heard is the trace of, or zero.
func (e *echoes) match(t trace, id string) community.Key {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	i := slices.IndexFunc(e.open, func(x *expected) bool { return id != "" && x.id == id })
	if i < 0 {
		i = slices.IndexFunc(e.open, func(x *expected) bool {
			return x.trace == t && (x.id == "" || id == "") && !now.After(x.till)
		})
	}
	if i < 0 {
		return community.Key{}
	}
	x := e.open[i]
	e.open = slices.Delete(e.open, i, i+1)
	if !x.last {
		return community.Key{}
	}
	return x.key
}

// plain is a text as far as gateways keep it: they change the spaces behind
// mentions and at the ends.
func plain(s string) string { return strings.Join(strings.Fields(s), " ") }

// asMedia stands for the text of what is not text: files lose their names and
// sometimes change their form on the way.
const asMedia = "\x00media"
