package answers

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
	"qunying/internal/store/media"
	"qunying/internal/store/search"
)

// Stream answers a stretch of a group's timeline, oldest first.
func (r *Reader) Stream(ctx context.Context, c community.ID, g community.GroupID, want api.StreamQuery) (a api.StreamAnswer, err error) {
	err = r.DB.Read(ctx, func(q store.Querier) error {
		if a.Answer, err = asOf(ctx, q, c); err != nil {
			return err
		}
		head, _, err := insightdb.HeadOf(ctx, q, c, g)
		if err != nil {
			return err
		}
		limit := cmp.Or(want.Limit, 50)
		older, newer := limit, 0
		m := insightdb.Moment{Group: g, At: math.MaxInt64, Seq: math.MaxInt64}
		if at := cmp.Or(want.Before, want.After, want.Around); at != 0 {
			e, err := store.Event(ctx, q, c, at)
			if community.CodeOf(err) == community.NotFound || err == nil && e.Group != g {
				return community.Errorf(community.NotFound, "there is no message %d in this group", at)
			}
			if err != nil {
				return err
			}
			m.At, m.Seq = e.At.UnixMilli(), at
			switch at {
			case want.After:
				older, newer = 0, limit
			case want.Around:
				older, newer = limit/2, limit-limit/2
			}
		}
		return r.stretch(ctx, q, &head, m, older, newer, want.Around != 0, &a)
	})
	return a, err
}

// Context answers what was said around a message.
func (r *Reader) Context(ctx context.Context, c community.ID, at community.Seq, before, after int) (a api.StreamAnswer, err error) {
	err = r.DB.Read(ctx, func(q store.Querier) error {
		if a.Answer, err = asOf(ctx, q, c); err != nil {
			return err
		}
		e, err := store.Event(ctx, q, c, at)
		if community.CodeOf(err) == community.NotFound || err == nil && e.Group == 0 {
			return community.Errorf(community.NotFound, "there is no message %d", at).WithHint("a message's number is its seq in GET …/messages or a group's stream")
		}
		if err != nil {
			return err
		}
		head, _, err := insightdb.HeadOf(ctx, q, c, e.Group)
		if err != nil {
			return err
		}
		return r.stretch(ctx, q, &head, insightdb.Moment{Group: e.Group, At: e.At.UnixMilli(), Seq: at}, before, after, true, &a)
	})
	return a, err
}

// stretch reads the timeline around a moment, the moment itself included if asked.
func (r *Reader) stretch(ctx context.Context, q store.Querier, head *insightdb.Head, m insightdb.Moment, older, newer int, self bool, a *api.StreamAnswer) error {
	// One more than asked for is read on either side, to know whether there is more.
	before, err := insightdb.Around(ctx, q, head.Community, m, true, older+1)
	if err != nil {
		return err
	}
	after, err := insightdb.Around(ctx, q, head.Community, m, false, newer+1)
	if err != nil {
		return err
	}
	// A moment that is not shown lies on the side that was not asked for.
	hidden := !self && m.Seq != math.MaxInt64
	a.Earlier = len(before) > older || hidden && older == 0
	a.Later = len(after) > newer || hidden && newer == 0
	seqs := before[:min(older, len(before))]
	slices.Reverse(seqs)
	if self {
		seqs = append(seqs, m.Seq)
	}
	seqs = append(seqs, after[:min(newer, len(after))]...)
	events, err := store.EventsAt(ctx, q, head.Community, seqs)
	if err != nil {
		return err
	}
	if a.Messages, err = r.messages(ctx, q, head.Community, events, ""); err != nil || len(events) == 0 {
		a.Gaps = []api.Gap{}
		return err
	}
	links, err := insightdb.LinksNow(ctx, q, head.Community)
	if err != nil {
		return err
	}
	s := insight.Span{From: community.DayOf(events[0].At, head.Zone), To: community.DayOf(events[len(events)-1].At, head.Zone)}
	h, err := insightdb.HistoryOf(ctx, q, *head, links, s.From-gapView, r.Now())
	if err != nil {
		return err
	}
	a.Gaps = gapsOf(h.GapsIn(s))
	return nil
}

// messages puts events into the API's shape.
func (r *Reader) messages(ctx context.Context, q store.Querier, c community.ID, events []community.Event, query string) ([]api.Message, error) {
	links, err := insightdb.LinksNow(ctx, q, c)
	if err != nil {
		return nil, err
	}
	var groups []community.GroupID
	var sent []insightdb.Sent
	var nameless []community.IdentityID
	var carrying []community.Seq
	for i := range events {
		e := &events[i]
		if e.Kind == community.MessagePosted && e.Content != community.Text {
			carrying = append(carrying, e.Seq)
		}
		groups = append(groups, e.Group)
		if b := e.Body; b != nil && b.MessageID != "" {
			sent = append(sent, insightdb.Sent{Group: e.Group, Message: b.MessageID})
		}
		if b := e.Body; b != nil && b.Name == "" && e.Identity != 0 {
			nameless = append(nameless, e.Identity)
		}
	}
	slices.Sort(groups)
	known, err := store.GroupsByID(ctx, q, c, slices.Compact(groups))
	if err != nil {
		return nil, err
	}
	recalled, err := insightdb.Recalled(ctx, q, c, sent)
	if err != nil {
		return nil, err
	}
	who, err := store.Identities(ctx, q, c, nameless)
	if err != nil {
		return nil, err
	}
	carried, err := MediaOf(ctx, q, c, carrying)
	if err != nil {
		return nil, err
	}
	out := make([]api.Message, len(events))
	for i := range events {
		e := &events[i]
		m := api.Message{Seq: e.Seq, Group: e.Group, GroupName: known[e.Group].Name, Person: links.Person(e.Identity), At: e.At.UnixMilli(),
			Content: string(e.Content), Kind: string(e.Kind), FromUs: e.Flags&community.FromUs != 0, Erased: e.Body == nil}
		if zone := known[e.Group].Zone; zone != nil {
			m.Zone = zone.String()
		}
		if e.Identity == 0 {
			m.Person = 0
		}
		if b := e.Body; b != nil {
			m.Media = carried[e.Seq]
			m.Name, m.Text, m.Recalled = b.Name, b.Text, recalled[insightdb.Sent{Group: e.Group, Message: b.MessageID}]
			if query != "" {
				m.Marks = search.Marks(b.Text, query)
			}
			if m.Name == "" && e.Identity != 0 {
				m.Name = displayName(who[e.Identity])
			}
		}
		out[i] = m
	}
	return out, nil
}

// MediaOf tells what messages carry, by message.
func MediaOf(ctx context.Context, q store.Querier, c community.ID, seqs []community.Seq) (map[community.Seq][]api.MediaView, error) {
	list, err := media.Of(ctx, q, c, seqs)
	all := map[community.Seq][]api.MediaView{}
	for _, i := range list {
		all[i.Seq] = append(all[i.Seq], api.MediaView{Part: i.Part, State: string(i.State), Why: i.Error,
			Picture: i.State == media.Kept && media.IsPicture(i.Type), Name: i.Name, Bytes: i.Bytes})
	}
	return all, err
}

// Search answers messages that hold a text, newest first.
func (r *Reader) Search(ctx context.Context, c community.ID, want api.SearchQuery) (a api.SearchAnswer, next api.Place, err error) {
	zone := time.UTC
	query := search.Query{Text: want.Text, Group: want.Group, Within: api.Within(ctx), Content: want.Content, Limit: cmp.Or(want.Limit, 50) + 1}
	err = r.DB.Read(ctx, func(q store.Querier) error {
		if a.Answer, err = asOf(ctx, q, c); err != nil {
			return err
		}
		if want.Group != 0 {
			g, err := store.Group(ctx, q, c, want.Group)
			if err != nil {
				return err
			}
			zone = g.Zone
		} else if list, err := store.Communities(ctx, q); err == nil {
			for _, co := range list {
				if co.ID == c {
					zone = co.Zone
				}
			}
		}
		if want.Person == 0 {
			return nil
		}
		links, err := insightdb.LinksNow(ctx, q, c)
		person := links.Person(community.IdentityID(want.Person)) // any identity of theirs will do
		query.Identities = map[community.IdentityID]bool{community.IdentityID(person): true}
		for id, p := range links {
			if p == person {
				query.Identities[id] = true
			}
		}
		return err
	})
	if err != nil {
		return a, next, err
	}
	if want.Period.From != 0 {
		query.From = want.Period.From.Start(zone)
	}
	if want.Period.To != 0 {
		query.To = (want.Period.To + 1).Start(zone)
	}
	if want.After != (api.Place{}) {
		query.After = search.Place{At: time.UnixMilli(want.After.Number), Seq: community.Seq(want.After.ID)}
	}
	hits, further, err := r.Index.Find(ctx, c, query)
	if err != nil {
		return a, next, err
	}
	if further != (search.Place{}) {
		a.CutShort = true
		next = api.Place{Number: further.At.UnixMilli(), ID: int64(further.Seq)}
	}
	if limit := cmp.Or(want.Limit, 50); len(hits) > limit {
		hits = hits[:limit]
		last := hits[limit-1]
		next = api.Place{Number: last.At.UnixMilli(), ID: int64(last.Seq)}
	}
	err = r.DB.Read(ctx, func(q store.Querier) error {
		a.Messages, err = r.messages(ctx, q, c, hits, want.Text)
		return err
	})
	if err != nil {
		return a, next, err
	}
	a.IndexedTo, err = r.Index.Position(ctx, c)
	return a, next, err
}
