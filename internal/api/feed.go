package api

import (
	"context"
	"slices"
	"sync"

	"qunying/community"
)

// Feed hands changes on to the streams that are open, and remembers the last
// ones for streams that broke. Whoever commits calls Publish after the commit;
// it never waits for a reader.
type Feed struct {
	mu          sync.Mutex
	communities map[community.ID]*channel
}

// channel is one community's part of a feed.
type channel struct {
	recent  []Change // oldest first, at most remembered
	readers map[*reader]bool
}

// reader is one subscription.
type reader struct {
	pending Change
	some    bool          // pending holds something
	wake    chan struct{} // capacity 1
}

const remembered = 1024 // changes a community

var _ Changes = (*Feed)(nil)

// NewFeed makes an empty feed.
func NewFeed() *Feed { return &Feed{communities: map[community.ID]*channel{}} }

func (f *Feed) channel(c community.ID) *channel {
	ch := f.communities[c]
	if ch == nil {
		ch = &channel{readers: map[*reader]bool{}}
		f.communities[c] = ch
	}
	return ch
}

// Publish tells all subscribers of the community.
func (f *Feed) Publish(c community.ID, change Change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	ch := f.channel(c)
	if len(ch.recent) == remembered {
		ch.recent = slices.Delete(ch.recent, 0, remembered/4) // a quarter at a time, so that moving is rare
	}
	ch.recent = append(ch.recent, change)
	for r := range ch.readers {
		r.add(change)
	}
}

// Subscribe implements Changes.
func (f *Feed) Subscribe(ctx context.Context, c community.ID, since Position) <-chan Change {
	r := &reader{wake: make(chan struct{}, 1)}
	f.mu.Lock()
	ch := f.channel(c)
	if missed, some := ch.since(since); some {
		r.add(missed)
	}
	ch.readers[r] = true
	f.mu.Unlock()

	out := make(chan Change)
	go func() {
		defer close(out)
		defer func() {
			f.mu.Lock()
			delete(ch.readers, r)
			f.mu.Unlock()
		}()
		for {
			select {
			case <-r.wake:
			case <-ctx.Done():
				return
			}
			f.mu.Lock()
			next, some := r.pending, r.some
			r.pending, r.some = Change{}, false
			f.mu.Unlock()
			if !some { // woken twice for what was taken at once
				continue
			}
			select {
			case out <- next:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// since merges what came after the position. Where it is not known what that
// is, because it was forgotten or never seen, everything counts as changed.
func (ch *channel) since(p Position) (Change, bool) {
	if p == (Position{}) {
		return Change{}, false
	}
	if len(ch.recent) == 0 { // the process is new: things may have changed before it
		return Change{At: p, All: true}, true
	}
	newest, oldest := ch.recent[len(ch.recent)-1].At, ch.recent[0].At
	if p.Epoch != newest.Epoch || p.Epoch != oldest.Epoch || p.Seq < oldest.Seq || p.Seq > newest.Seq {
		return Change{At: newest, All: true}, true
	}
	// Several changes may carry one position (a view catches up without a new
	// event), so those at the position itself are told again.
	var merged Change
	some := false
	for _, c := range ch.recent {
		if c.At.Seq >= p.Seq {
			merged, some = merge(merged, c), true
		}
	}
	return merged, some
}

// add merges a change into what waits for the reader. The feed is locked.
func (r *reader) add(c Change) {
	if r.some {
		c = merge(r.pending, c)
	}
	r.pending, r.some = c, true
	select {
	case r.wake <- struct{}{}:
	default: // it is awake already
	}
}

// merge says what both say; the position is the later's.
func merge(a, b Change) Change {
	return Change{
		At: b.At, All: a.All || b.All,
		Groups: union(a.Groups, b.Groups), What: union(a.What, b.What),
	}
}

func union[T interface{ ~int64 | ~string }](a, b []T) []T {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
