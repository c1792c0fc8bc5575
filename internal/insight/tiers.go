package insight

import (
	"github.com/RoaringBitmap/roaring/v2"

	"qunying/community"
)

// When somebody is lost, and when they say little.
const (
	lostDays = 90 // without a message: 流失
	fewDays  = 14 // of fewer than fewPosts messages (S76)
	fewPosts = 3
)

// base are the persons of whom shares are taken: the members at the end of a day,
// or, where no member list is known, everybody who ever spoke until then.
func (h *History) base(end community.Day) (*roaring.Bitmap, Why) {
	if _, ok := h.Members(end); ok {
		return h.members().at(end).present, ""
	}
	return h.speakers(Span{h.heard.From, end}), MembersSeen
}

// tier counts, of the members at the end of the period, those that are in it as
// judged by the days of a window that ends with the period. A window that was
// not covered for at least half its days says nothing: who was not heard may
// have spoken.
func (h *History) tier(s Span, days int, in func(window Span, base *roaring.Bitmap) *roaring.Bitmap) figure {
	window := h.lookBack(s, days)
	why, partial := h.half(window)
	if why != "" {
		return unknown(why)
	}
	base, seen := h.base(window.To)
	if base.IsEmpty() {
		return unknown(NoMessages)
	}
	return figure{value: float64(in(window, base).GetCardinality()), of: float64(base.GetCardinality()), known: true, why: seen, partial: partial}
}

// ratio makes a count of members their share.
func (f figure) ratio() figure {
	if f.known {
		f.value /= f.of
	}
	return f
}

// silentFor counts members without a message in so many days.
func (h *History) silentFor(s Span, days int) figure {
	return h.tier(s, days, func(window Span, base *roaring.Bitmap) *roaring.Bitmap {
		return roaring.AndNot(base, h.speakers(window))
	})
}

// few counts members with fewer than three messages in two weeks (S76).
func (h *History) few(s Span) figure {
	return h.tier(s, fewDays, func(window Span, base *roaring.Bitmap) *roaring.Bitmap {
		return roaring.AndNot(base, h.wrote(window, fewPosts))
	})
}

// kols counts members with more than 20 messages in 30 days (S49).
func (h *History) kols(s Span) figure {
	return h.tier(s, monthDays, func(window Span, base *roaring.Bitmap) *roaring.Bitmap {
		return roaring.And(base, h.wrote(window, kolPosts+1))
	})
}

// wrote are the persons with at least so many messages.
func (h *History) wrote(s Span, least int64) *roaring.Bitmap {
	who := roaring.New()
	for id, n := range h.wroteIn(s) {
		if n >= least {
			who.Add(uint32(id))
		}
	}
	return who
}

// Tier names a part of the members that an operator addresses.
type Tier string

const (
	Silent Tier = "silent" // no message in 30 days (S49)
	Lost   Tier = "lost"   // no message in 90 days
	Few    Tier = "few"    // fewer than three messages in two weeks (S76)
	KOLs   Tier = "kol"    // more than 20 messages in 30 days (S49)

	Joined Tier = "joined" // joined in the period, as joins are counted
	Left   Tier = "left"   // left in it, as leaves are
)

// counts is the metric that a tier's period is counted by; "" for those that look
// back from its end.
func (t Tier) counts() string { return map[Tier]string{Joined: "joins", Left: "leaves"}[t] }

// OfPeriod says that a tier is of a period, not of its end.
func (t Tier) OfPeriod() bool { return t.counts() != "" }

// Days is the length of the window by which a tier is judged.
func (t Tier) Days() community.Day {
	switch t {
	case Lost:
		return lostDays
	case Few:
		return fewDays
	}
	return monthDays
}

// TierOf lists who is in a tier at the end of the period, as persons. why is why
// it is not known, or MembersSeen where no member list is.
func (h *History) TierOf(t Tier, s Span) (who *roaring.Bitmap, why Why) {
	who = roaring.New()
	if by := t.counts(); by != "" {
		if f := figures[by](h, s); !f.known {
			return who, f.why
		}
		for _, d := range h.in(s) {
			who.Or(changes[by].seen(d))
		}
		for _, in := range h.Inferred(s) {
			who.Or(changes[by].inferred(&in))
		}
		return personsOf(who, h.person), ""
	}
	keep := func(of *roaring.Bitmap) *roaring.Bitmap { who = of; return of }
	days, in := monthDays, func(window Span, base *roaring.Bitmap) *roaring.Bitmap {
		return keep(roaring.AndNot(base, h.speakers(window)))
	}
	switch t {
	case Lost:
		days = lostDays
	case Few:
		days, in = fewDays, func(window Span, base *roaring.Bitmap) *roaring.Bitmap {
			return keep(roaring.AndNot(base, h.wrote(window, fewPosts)))
		}
	case KOLs:
		in = func(window Span, base *roaring.Bitmap) *roaring.Bitmap {
			return keep(roaring.And(base, h.wrote(window, kolPosts+1)))
		}
	}
	f := h.tier(s, days, in)
	return who, f.why
}
