package answers

import (
	"sync"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/insight"
)

// The overview is asked for again and again while few groups change: what was
// computed of a group holds as long as nothing more was counted in it, nobody
// was merged, and it goes by the same name.

type memoryKey struct {
	community community.ID
	group     community.GroupID
	span      insight.Span
}

type remembered struct {
	seq              community.Seq // of the group when this was computed
	links            uint64        // whoever was merged (Links.Stamp)
	name, account    string
	messages, before int64
	card             *api.GroupCard
}

// memory is safe for concurrent use; its zero value is empty.
type memory struct {
	mu   sync.Mutex
	kept map[memoryKey]remembered
}

// mostRemembered bounds the memory: ten periods of 2,000 groups.
const mostRemembered = 20_000

func keyOf(l *line) memoryKey { return memoryKey{l.Community, l.ID, l.span} }

// recall fills in what is known of the lines and returns those of which nothing
// is, or something older.
func (r *Reader) recall(lines []*line, links uint64) (missing []*line) {
	r.memory.mu.Lock()
	defer r.memory.mu.Unlock()
	for _, l := range lines {
		k, ok := r.memory.kept[keyOf(l)]
		if !ok || k.seq != l.totals.Seq || k.links != links || k.name != l.Name || k.account != l.Account {
			missing = append(missing, l)
			continue
		}
		l.messages, l.before, l.card = k.messages, k.before, k.card
	}
	return missing
}

// remember keeps what was computed of the lines.
func (r *Reader) remember(lines []*line, links uint64) {
	r.memory.mu.Lock()
	defer r.memory.mu.Unlock()
	if r.memory.kept == nil || len(r.memory.kept)+len(lines) > mostRemembered {
		r.memory.kept = make(map[memoryKey]remembered, len(lines))
	}
	for _, l := range lines {
		r.memory.kept[keyOf(l)] = remembered{seq: l.totals.Seq, links: links, name: l.Name, account: l.Account, messages: l.messages, before: l.before, card: l.card}
	}
}
