package engine

import (
	"context"
	"hash/fnv"
	"math/bits"
	"slices"
	"time"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
	"qunying/internal/moderation/read"
	"qunying/internal/moderation/watch"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// What keeping order remembers: the cards of the last day, strikes, lists, who is staff.

// docket is what decide remembers of keeping order in one community, as of its
// cursor. It is dropped with the rest of its memory.
type docket struct {
	rules   map[community.GroupID]*rules // dropped when a setting changes
	watch   *watch.Watch
	strikes map[community.IdentityID][]casework.Strike // that nobody has taken back
	cards   []*card                                    // on which something came within a day
	lists   []casework.ListEntry                       // in force
	members map[cases.Seat]*memberFacts
	staff   map[community.IdentityID]bool
	reach   map[community.Network][]string    // under which IDs staff go; nil: not read since a setting changed
	trusted map[trusted]community.StaffID     // who let a clause act by itself
	auto    map[community.GroupID][]time.Time // when the machine acted by itself, within the hour
}

// trusted is a clause of a version of a policy.
type trusted struct {
	group   community.GroupID
	key     string
	version int64
	clause  string
}

// card is a review as far as new messages may be added to it.
type card struct {
	id       int64
	kind     casework.Kind
	open     bool
	clause   string
	category string
	gist     uint64
	near     bool
	newest   time.Time
	begun    time.Time // when the last breach on it was: of a flood, one a minute
	group    community.GroupID
	identity community.IdentityID
	struck   map[community.IdentityID][]community.GroupID // whom its messages gave a strike, and where they were
}

// Bounds of what is remembered.
const (
	cardSpan     = 24 * time.Hour // after which the same text is a new card
	nearDistance = 3              // bits of a SimHash
	floodSpan    = time.Minute    // for which messages that come too fast are one breach
	sharedSpan   = time.Hour      // for which what several say is one matter
)

// readDocket reads what keeping order has to remember.
func readDocket(ctx context.Context, q store.Querier, c community.ID, now time.Time) (docket, error) {
	d := docket{rules: map[community.GroupID]*rules{}, strikes: map[community.IdentityID][]casework.Strike{}, members: map[cases.Seat]*memberFacts{},
		staff: map[community.IdentityID]bool{}, trusted: map[trusted]community.StaffID{}, watch: watch.New(watch.Config{})}
	list, err := cases.StandingStrikes(ctx, q, c, time.Time{})
	if err != nil {
		return d, err
	}
	for _, s := range list {
		d.strikes[s.Identity] = append(d.strikes[s.Identity], s)
	}
	if d.lists, err = cases.EntriesInForce(ctx, q, c); err != nil {
		return d, err
	}
	if d.auto, err = cases.AutomaticSince(ctx, q, c, now.Add(-time.Hour)); err != nil {
		return d, err
	}
	reviews, err := cases.ReviewsSince(ctx, q, c, now.Add(-cardSpan))
	if err != nil {
		return d, err
	}
	for i := range reviews {
		k := cardOf(&reviews[i])
		on, err := cases.VerdictsOf(ctx, q, c, k.id, 200)
		if err != nil {
			return d, err
		}
		for _, v := range on {
			k.note(&v)
		}
		d.cards = append(d.cards, k)
	}
	return d, nil
}

func cardOf(r *casework.Review) *card {
	return &card{id: r.ID, kind: r.Kind, open: r.State == casework.Open || r.State == casework.Done, clause: r.Clause, category: r.Category, gist: r.Gist, near: r.Near, newest: r.NewestAt,
		group: r.Group, identity: r.Identity, struck: map[community.IdentityID][]community.GroupID{}}
}

// note remembers where a verdict of the card was.
func (k *card) note(v *casework.Verdict) {
	if v.LoggedAt.Sub(k.begun) >= floodSpan {
		k.begun = v.LoggedAt
	}
	if v.Strike > 0 && !slices.Contains(k.struck[v.Identity], v.Group) {
		k.struck[v.Identity] = append(k.struck[v.Identity], v.Group)
	}
}

// gistOf is by what a message is known again: its signature, or where it is too
// short for one, a hash of its text.
func gistOf(r *read.Reading) (gist uint64, near bool) {
	if r.Signature != 0 {
		return r.Signature, true
	}
	h := fnv.New64a()
	h.Write([]byte(r.Normal))
	return h.Sum64(), false
}

// goesOn says that a verdict is about what is on the card already: more of the same
// flood by the same member, more of the same quarrel in the group.
func (k *card) goesOn(ev *community.Event, v *policy.Verdict, judge *policy.Judge) bool {
	if !k.open || k.clause != v.Clause || k.group != ev.Group || (k.kind == casework.Acted) != (v.Stage == policy.Auto) {
		return false
	}
	switch c, _ := judge.Clause(v.Clause); {
	case c.When.Shared():
		return ev.LoggedAt.Sub(k.newest) < sharedSpan
	case c.When.Rapid():
		return k.identity == ev.Identity && ev.LoggedAt.Sub(k.begun) < floodSpan
	}
	return false
}

// holds says that a card is about the same offence: the same clause, or one that
// calls the same text of the same member worse once it stands in a second group.
func (k *card) holds(c *conclusion, v *casework.Verdict) bool {
	if k.clause == v.Clause {
		return c.near || k.identity == v.Identity
	}
	return k.kind == casework.Suggestion && k.category == v.Category && k.identity == v.Identity
}

func (k *card) like(gist uint64, near bool) bool {
	return k.near == near && (k.gist == gist || near && bits.OnesCount64(k.gist^gist) <= nearDistance)
}

// elsewhere finds the card of a text for which its writer got a strike in another
// group, nil if there is none.
func (d *decider) elsewhere(ev *community.Event, gist uint64, near bool) *card {
	for _, k := range d.docket.cards {
		groups := k.struck[ev.Identity]
		if k.kind == casework.Acted && len(groups) > 0 && !slices.Contains(groups, ev.Group) && k.like(gist, near) && ev.LoggedAt.Sub(k.newest) < cardSpan {
			return k
		}
	}
	return nil
}

// putOnCard finds the card on which nearly the same stands already, or makes one.
func (e *Engine) putOnCard(ctx context.Context, tx *store.Tx, c *conclusion, v *casework.Verdict) (*card, error) {
	ev := c.ev
	kind, state := casework.Suggestion, casework.Open
	switch {
	case v.Stage == policy.Auto:
		kind, state = casework.Acted, casework.Done
	case v.Clause == casework.UncertainClause:
		kind = casework.Uncertain
	}
	if c.card != nil && c.card.open {
		return c.card, c.join(ctx, tx, c.card, v)
	}
	for _, k := range c.d.docket.cards {
		if k.open && k.kind == kind && k.holds(c, v) && k.like(c.gist, c.near) && ev.LoggedAt.Sub(k.newest) < cardSpan {
			return k, c.join(ctx, tx, k, v)
		}
	}
	r := &casework.Review{Kind: kind, State: state, Clause: v.Clause, Category: v.Category, Severity: v.Severity, Group: v.Group, Identity: v.Identity, Seq: v.Seq,
		Gist: c.gist, Near: c.near, Acts: c.verdict.Acts, Items: 1, SaidAt: ev.At, OpenedAt: ev.LoggedAt, NewestAt: ev.LoggedAt,
		Body: &casework.ReviewBody{Name: v.Body.Name, Text: v.Body.Text, MessageID: v.Body.MessageID}}
	if kind == casework.Suggestion {
		r.DueAt = ev.LoggedAt.Add(c.rules.pageAfter())
	}
	if err := cases.AddReview(tx, ev.Community, r); err != nil {
		return nil, err
	}
	c.first = true
	k := cardOf(r)
	k.note(v)
	c.d.remember(k, ev.LoggedAt)
	if c.pages() {
		return k, e.page(ctx, tx, ev.Community, r, ev.Seq, ev.LoggedAt)
	}
	if kind == casework.Suggestion {
		return k, schedulePage(tx, ev, r)
	}
	return k, nil
}

// remember keeps a card for a day.
func (d *decider) remember(k *card, now time.Time) {
	d.docket.cards = append(slices.DeleteFunc(d.docket.cards, func(old *card) bool { return now.Sub(old.newest) >= cardSpan }), k)
}

// join adds a verdict to a card that is there.
func (c *conclusion) join(ctx context.Context, tx *store.Tx, k *card, v *casework.Verdict) error {
	r, err := cases.Review(ctx, tx, c.ev.Community, k.id)
	if err != nil {
		return err
	}
	r.Items++
	r.NewestAt = c.ev.LoggedAt
	r.Severity = min(r.Severity, v.Severity)
	if v.Strike > 0 && len(c.verdict.Acts) > len(r.Acts) {
		r.Acts = c.verdict.Acts
	}
	if slices.ContainsFunc(c.verdict.Others, func(o policy.Other) bool { return o.Clause == r.Clause }) {
		r.Clause, r.Acts = v.Clause, c.verdict.Acts
		k.clause = v.Clause
	}
	k.newest = c.ev.LoggedAt
	k.note(v)
	if c.pages() && r.PagedAt.IsZero() {
		return c.e.page(ctx, tx, c.ev.Community, &r, c.ev.Seq, c.ev.LoggedAt) // keeps the card
	}
	return cases.SaveReview(tx, c.ev.Community, &r)
}
