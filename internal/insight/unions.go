package insight

import (
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
)

// mostUnions bounds what Unions keeps: the weeks and months of several years.
const mostUnions = 400

// Unions keeps who spoke in stretches of days, so that one history after another
// of the same days need not unite them again while only the last day grows. It is
// safe for concurrent use; its zero value is empty, and nil keeps nothing.
//
// Days only ever grow by messages, so that equal counts mean equal days. Where
// persons were merged that is not so: then it must be thrown away.
type Unions struct {
	mu   sync.Mutex
	kept map[Span]unionOf
}

type unionOf struct {
	messages int // of all its days
	set      *roaring.Bitmap
}

// Of unites the speakers of the rows, which are those of the span. The caller must
// not change the set.
func (u *Unions) Of(s Span, rows []*GroupDay) *roaring.Bitmap {
	if len(rows) == 1 {
		return rows[0].Speakers
	}
	n := 0
	for _, d := range rows {
		n += d.Messages
	}
	if set := u.recall(s, n); set != nil {
		return set
	}
	sets := make([]*roaring.Bitmap, len(rows))
	for i, d := range rows {
		sets[i] = d.Speakers
	}
	set := roaring.FastOr(sets...)
	u.keep(s, unionOf{n, set})
	return set
}

func (u *Unions) recall(s Span, messages int) *roaring.Bitmap {
	if u == nil {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if k, ok := u.kept[s]; ok && k.messages == messages {
		return k.set
	}
	return nil
}

func (u *Unions) keep(s Span, of unionOf) {
	if u == nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.kept == nil || len(u.kept) >= mostUnions {
		u.kept = map[Span]unionOf{}
	}
	u.kept[s] = of
}
