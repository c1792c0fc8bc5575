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
	now         func(context.Context, community.ID) (Position, error)
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

const remembered = 256 // changes a community; one names up to all of its groups

var _ Changes = (*Feed)(nil)

// NewFeed makes an empty feed of a log that is at now.
func NewFeed(now func(context.Context, community.ID) (Position, error)) *Feed {
	return &Feed{now: now, communities: map[community.ID]*channel{}}
}

// Position implements Changes.
func (f *Feed) Position(ctx context.Context, c community.ID) (Position, error) { return f.now(ctx, c) }

// Begin notes where a community's log is before its first change: who was there
// then has missed nothing.
func (f *Feed) Begin(ctx context.Context, c community.ID) error {
	at, err := f.now(ctx, c)
	if err == nil {
		f.Publish(c, Change{At: at})
	}
	return err
}

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
	if change.empty() {
		return
	}
	for r := range ch.readers {
		r.add(change)
	}
}

// Subscribe implements Changes.
func (f *Feed) Subscribe(ctx context.Context, c community.ID, since Position) <-chan Change {
	r := &reader{wake: make(chan struct{}, 1)}
	var now Position // unknown: whoever claims to be further is told everything
	if since != (Position{}) {
		if at, err := f.now(ctx, c); err == nil {
			now = at
		}
	}
	f.mu.Lock()
	ch := f.channel(c)
	if missed, some := ch.since(since, now); some {
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
// is, because it was forgotten or never seen, everything counts as changed. The
// log is at now, which may be further than its last change told.
func (ch *channel) since(p, now Position) (Change, bool) {
	if p == (Position{}) {
		return Change{}, false
	}
	if len(ch.recent) == 0 { // the process is new: things may have changed before it
		return Change{At: p, All: true}, true
	}
	newest, oldest := ch.recent[len(ch.recent)-1].At, ch.recent[0].At
	if p.Epoch != newest.Epoch || p.Epoch != oldest.Epoch || p.Seq < oldest.Seq || p.Seq > max(newest.Seq, now.Seq) {
		return Change{At: newest, All: true}, true
	}
	// Several changes may carry one position (a view catches up without a new
	// event), so those at the position itself are told again.
	var merged Change
	some := false
	for _, c := range ch.recent {
		if c.At.Seq >= p.Seq {
			merged, some = merge(merged, c), some || !c.empty()
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

func (c Change) empty() bool { return !c.All && len(c.Groups)+len(c.What) == 0 }

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
