package answers

import (
	"cmp"
	"context"
	"slices"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/insight"
	"qunying/internal/insight/words"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// read resolves the period of a group and hands its history to f.
func (r *Reader) read(ctx context.Context, c community.ID, g community.GroupID, p *api.Period, as *api.Answer,
	f func(q store.Querier, head insightdb.Head, h *insight.History, s insight.Span) error) error {
	return r.DB.Read(ctx, func(q store.Querier) error {
		head, h, answer, err := r.history(ctx, q, c, g)
		if err != nil {
			return err
		}
		*as = answer
		var s insight.Span
		if *p, s, err = resolve(*p, head.Today(r.Now())); err != nil {
			return err
		}
		return f(q, head, h, s)
	})
}

// Numbers answers the key figures.
func (r *Reader) Numbers(ctx context.Context, c community.ID, g community.GroupID, p api.Period) (a api.NumbersAnswer, err error) {
	a.Period = p
	err = r.read(ctx, c, g, &a.Period, &a.Answer, func(_ store.Querier, _ insightdb.Head, h *insight.History, s insight.Span) error {
		before := s.Before()
		a.Before = api.Period{From: before.From, To: before.To}
		a.Numbers, a.Gaps = numbersOf(h.Numbers(s)), gapsOf(h.GapsIn(s))
		return nil
	})
	return a, err
}

// Trend answers the trend chart.
func (r *Reader) Trend(ctx context.Context, c community.ID, g community.GroupID, p api.Period, grain string) (a api.TrendAnswer, err error) {
	a.Period = p
	err = r.read(ctx, c, g, &a.Period, &a.Answer, func(_ store.Querier, _ insightdb.Head, h *insight.History, s insight.Span) error {
		t := h.Trend(s, insight.Grain(cmp.Or(grain, "day")))
		a.Trend = api.Trend{Grain: string(t.Grain), T: t.T, Messages: t.Messages, Speakers: t.Speakers, Activity: t.Activity,
			Joins: t.Joins, Leaves: t.Leaves, Members: t.Members, Partial: t.Partial, Inferred: t.Inferred, Gaps: gapsOf(t.Gaps)}
		return nil
	})
	return a, err
}

// Rhythm answers the heat map.
func (r *Reader) Rhythm(ctx context.Context, c community.ID, g community.GroupID, p api.Period) (a api.RhythmAnswer, err error) {
	a.Period = p
	err = r.read(ctx, c, g, &a.Period, &a.Answer, func(_ store.Querier, _ insightdb.Head, h *insight.History, s insight.Span) error {
		m := h.Rhythm(s)
		for day := range 7 {
			a.Rhythm.Mean = append(a.Rhythm.Mean, m.Mean[day][:])
			a.Rhythm.Total = append(a.Rhythm.Total, m.Total[day][:])
		}
		a.Rhythm.Days = m.Days[:]
		return nil
	})
	return a, err
}

// Retention answers the cohort triangle.
func (r *Reader) Retention(ctx context.Context, c community.ID, g community.GroupID, p api.Period, of string) (a api.RetentionAnswer, err error) {
	a.Period = p
	err = r.read(ctx, c, g, &a.Period, &a.Answer, func(_ store.Querier, _ insightdb.Head, h *insight.History, s insight.Span) error {
		t := h.Retention(s, insight.RetentionOf(cmp.Or(of, "speaking")))
		a.Retention = api.Retention{Of: string(t.Of), Known: t.Known, Why: string(t.Why), Next: numberOf(t.Next), Cohorts: []api.RetentionCohort{}}
		for _, row := range t.Cohorts {
			a.Retention.Cohorts = append(a.Retention.Cohorts, api.RetentionCohort(row))
		}
		return nil
	})
	return a, err
}

// Speakers answers who carries the group.
func (r *Reader) Speakers(ctx context.Context, c community.ID, g community.GroupID, p api.Period, limit int) (a api.SpeakersAnswer, err error) {
	a.Period = p
	err = r.read(ctx, c, g, &a.Period, &a.Answer, func(q store.Querier, head insightdb.Head, h *insight.History, s insight.Span) error {
		top := h.Speakers(s, cmp.Or(limit, 10))
		ids := make([]community.IdentityID, len(top.Top))
		for i, t := range top.Top {
			ids[i] = community.IdentityID(t.Person)
		}
		names, err := store.Identities(ctx, q, c, ids)
		if err != nil {
			return err
		}
		a.Speakers = make([]api.Speaker, len(top.Top))
		for i, t := range top.Top {
			a.Speakers[i] = api.Speaker{Person: t.Person, Name: displayName(names[ids[i]]), Messages: t.Messages, Share: t.Share, Days: t.Days,
				LastAt: t.Last.Start(head.Zone).UnixMilli()}
		}
		a.Others = api.Others{Persons: int64(top.Others), Messages: top.Rest}
		if top.Messages > 0 {
			a.Others.Share = float64(top.Rest) / float64(top.Messages)
		}
		return nil
	})
	return a, err
}

// displayName is how people are called: by their last name, else by what their
// platform calls them.
func displayName(i store.Identity) string { return cmp.Or(i.Name, i.Outside) }

const (
	// newWordTexts is how many of the period's latest messages are looked through for
	// words that no dictionary has, where they were not found beforehand.
	newWordTexts = 3000
	// fewTexts are looked through at once, today's included, whatever was found
	// beforehand.
	fewTexts = 400
)

// Words answers the hot words of a period (高频词, S75).
func (r *Reader) Words(ctx context.Context, c community.ID, g community.GroupID, p api.Period, limit int) (a api.WordsAnswer, err error) {
	a.Period, a.Words = p, []api.HotWord{}
	err = r.read(ctx, c, g, &a.Period, &a.Answer, func(q store.Querier, head insightdb.Head, _ *insight.History, s insight.Span) error {
		now, err := termsIn(ctx, q, c, g, s)
		if err != nil {
			return err
		}
		was, err := termsIn(ctx, q, c, g, s.Before())
		if err != nil {
			return err
		}
		found, err := newWords(ctx, q, head, s)
		if err != nil {
			return err
		}
		compare := len(was) > 0
		for word, n := range now {
			w := api.HotWord{Word: word, Count: int64(n)}
			if compare {
				before := int64(was[word])
				w.Before = &before
			}
			a.Words = append(a.Words, w)
		}
		for _, f := range found {
			if _, known := now[f.Word]; !known {
				a.Words = append(a.Words, api.HotWord{Word: f.Word, Count: int64(f.Count), New: true})
			}
		}
		slices.SortFunc(a.Words, func(x, y api.HotWord) int { return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Word, y.Word)) })
		a.Words = a.Words[:min(len(a.Words), cmp.Or(limit, 10))]
		return nil
	})
	return a, err
}

func termsIn(ctx context.Context, q store.Querier, c community.ID, g community.GroupID, s insight.Span) (words.Counts, error) {
	days, err := insightdb.Words(ctx, q, c, g, s.From, s.To)
	if err != nil {
		return nil, err
	}
	sum := words.Counts{}
	for _, d := range days {
		counts, err := words.DecodeCounts(d.Terms)
		if err != nil {
			return nil, err
		}
		for w, n := range counts {
			sum[w] += n
		}
	}
	return sum, nil
}

// newWords are words that no dictionary has: those that were found with the weeks,
// where these are of the same days but the present one, else found now.
func newWords(ctx context.Context, q store.Querier, head insightdb.Head, s insight.Span) ([]insightdb.FoundWord, error) {
	if s.Days() == insightdb.FoundDays {
		f, ok, err := insightdb.FoundOf(ctx, q, head.Community, head.ID)
		if err != nil || ok && (f.End == s.To || f.End == s.To-1) && f.Texts >= fewTexts {
			return f.Words, err
		}
	}
	f, err := insightdb.FindWords(ctx, q, head, s, newWordTexts)
	return f.Words, err
}
