package answers

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/automation"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// gapView is how many days before a period are read so that gaps can be told
// from quiet (insight.SuspectGaps looks eight weeks around).
const gapView = 70

// viewFrom is the first day to read for a card: its period, and the one before,
// each with what lies before it.
func viewFrom(s insight.Span) community.Day { return min(s.From-gapView, s.Before().From-gapView/2) }

// line is a group on the overview before its card is made.
type line struct {
	insightdb.Head
	totals   insightdb.GroupTotals
	span     insight.Span
	messages int64
	before   int64
	speakers int64
	card     *api.GroupCard // once it was made
	keeper   community.StaffID
	urgency  *urgency // nil: nothing is known of it
}

// Groups answers a page of the overview. A group that is no longer listened to
// shows its own last days, so that an imported history is not a row of zeros.
func (r *Reader) Groups(ctx context.Context, c community.ID, want api.GroupsQuery) (a api.GroupsAnswer, next api.Place, err error) {
	err = r.DB.Read(ctx, func(q store.Querier) error {
		if a.Answer, err = asOf(ctx, q, c); err != nil {
			return err
		}
		heads, totals, err := insightdb.Heads(ctx, q, c)
		if err != nil {
			return err
		}
		away, err := store.Away(ctx, q, c)
		if err != nil {
			return err
		}
		within := api.Within(ctx)
		heads = slices.DeleteFunc(heads, func(h insightdb.Head) bool {
			if within != nil && !slices.Contains(within, h.ID) {
				return true
			}
			if away[h.ID] {
				a.Away++
			}
			return away[h.ID] != (want.Only == "away")
		})
		now := r.Now()
		lines := r.lines(heads, totals, want, now)
		links, err := insightdb.LinksNow(ctx, q, c)
		if err != nil {
			return err
		}
		if err := count(ctx, q, c, r.recall(lines, links.Stamp())); err != nil {
			return err
		}
		counted := lines
		if err := r.attend(ctx, q, c, lines); err != nil {
			return err
		}
		if want.Kind != "" {
			if lines, err = ofKind(ctx, q, c, lines, want.Kind); err != nil {
				return err
			}
		}
		if lines, err = r.only(ctx, q, want.Only, lines, links, now); err != nil {
			return err
		}
		a.Total = int64(len(lines))
		for _, l := range lines {
			if l.urgency.rank() > 0 {
				a.Urgent++
			}
		}
		if want.Sort == "speakers" {
			for _, l := range lines {
				if err := countSpeakers(ctx, q, c, l); err != nil {
					return err
				}
			}
		}
		a.Period = api.Period{From: community.DayOf(now, time.UTC) - community.Day(want.Days) + 1, To: community.DayOf(now, time.UTC)}
		for i, l := range lines {
			if i == 0 || l.span.To > a.Period.To || a.Period.To == community.DayOf(now, time.UTC) && i == 0 {
				a.Period = api.Period{From: l.span.From, To: l.span.To}
			}
		}
		if a.Summary, err = r.summary(ctx, q, c, links, lines, within == nil && len(lines) == len(heads)); err != nil {
			return err
		}
		page, after := pageOf(lines, want)
		next = after
		a.Groups = make([]api.GroupCard, len(page))
		for i, l := range page {
			if err := makeCard(ctx, q, l, links, now); err != nil {
				return err
			}
			a.Groups[i] = *l.card // a copy: what follows is not remembered with it
			a.Groups[i].Keeper = l.keeper
			l.urgency.show(&a.Groups[i])
		}
		r.remember(counted, links.Stamp())
		return nil
	})
	return a, next, err
}

// attend fills in whose the groups are and why they need people.
func (r *Reader) attend(ctx context.Context, q store.Querier, c community.ID, lines []*line) error {
	keepers, err := keepersOf(ctx, q, c)
	if err != nil {
		return err
	}
	all, err := urge(ctx, q, c, &r.bands)
	for _, l := range lines {
		l.keeper, l.urgency = keepers[l.ID].Staff, all[l.ID]
	}
	return err
}

// ofKind keeps the groups of a type.
func ofKind(ctx context.Context, q store.Querier, c community.ID, lines []*line, kind string) ([]*line, error) {
	kinds, err := insightdb.GroupKinds(ctx, q, c)
	return slices.DeleteFunc(slices.Clone(lines), func(l *line) bool { return string(kinds[l.ID]) != kind }), err
}

// fallen is below which part of the messages before a group counts as falling.
const fallen = 0.8

// only keeps the groups that are asked for. What a group's sums rule out needs no card.
func (r *Reader) only(ctx context.Context, q store.Querier, which string, lines []*line, links store.Links, now time.Time) ([]*line, error) {
	may := func(*line) bool { return true }
	var is func(*api.GroupCard) bool
	switch which {
	case "", "away":
		return lines, nil
	case "silent":
		may = func(l *line) bool { return l.messages == 0 }
	case "gaps":
		is = func(c *api.GroupCard) bool { return len(c.Gaps) > 0 }
	case "falling":
		may = func(l *line) bool { return float64(l.messages) < fallen*float64(l.before) }
		is = func(c *api.GroupCard) bool { return c.Before != nil && float64(c.Messages) < fallen*float64(*c.Before) }
	case "urgent":
		may = func(l *line) bool { return l.urgency.rank() > 0 }
	case "unkept":
		may = func(l *line) bool { return l.keeper == 0 }
	case "no_roster":
		is = func(c *api.GroupCard) bool { return c.Members == nil }
	default:
		return nil, community.Errorf(community.Invalid, "groups cannot be chosen by %q", which)
	}
	var kept []*line
	for _, l := range lines {
		if !may(l) {
			continue
		}
		if is != nil {
			if err := makeCard(ctx, q, l, links, now); err != nil {
				return nil, err
			}
			if !is(l.card) {
				continue
			}
		}
		kept = append(kept, l)
	}
	return kept, nil
}

// makeCard makes a line's card, unless it is remembered.
func makeCard(ctx context.Context, q store.Querier, l *line, links store.Links, now time.Time) error {
	if l.card != nil {
		return nil
	}
	h, err := cardHistory(ctx, q, l, links, now)
	if err != nil {
		return err
	}
	card, err := cardOf(ctx, q, l, links, h)
	l.card = &card
	return err
}

// cardHistory reads the days that a card shows. Of a group that was silent before
// them all days are read: what is read begins in the middle of its silence, which
// would pass for the time before it was known.
func cardHistory(ctx context.Context, q store.Querier, l *line, links store.Links, now time.Time) (*insight.History, error) {
	from := viewFrom(l.span)
	h, err := insightdb.HistoryOf(ctx, q, l.Head, links, from, now)
	if err != nil || l.totals.Messages == 0 || community.DayOf(time.UnixMilli(l.totals.FirstAt), l.Zone) >= from {
		return h, err
	}
	if heard, ok := h.Heard(); ok && heard.From <= l.span.Before().From {
		return h, nil
	}
	return insightdb.HistoryOf(ctx, q, l.Head, links, insightdb.EverFrom, now)
}

func (r *Reader) lines(heads []insightdb.Head, totals map[community.GroupID]insightdb.GroupTotals, want api.GroupsQuery, now time.Time) []*line {
	text := strings.ToLower(strings.TrimSpace(want.Text))
	days := max(want.Days, 1)
	var lines []*line
	for _, h := range heads {
		if text != "" && !strings.Contains(strings.ToLower(h.Name), text) || want.Network != "" && string(h.Network) != want.Network {
			continue
		}
		to := want.To
		if to == 0 {
			to = h.Today(now)
		}
		lines = append(lines, &line{Head: h, totals: totals[h.ID], span: insight.Span{From: to - community.Day(days) + 1, To: to}})
	}
	return lines
}

// ownRows is up to how many groups are counted from their own rows; more are
// counted in one pass over everybody's days.
const ownRows = 40

// longScan is over how many days one pass may go before groups with far-apart
// periods are counted from their own rows after all.
const longScan = 800

// count sums the messages of every line's period and of the one before.
func count(ctx context.Context, q store.Querier, c community.ID, lines []*line) error {
	byID := map[community.GroupID]*line{}
	var whole insight.Span
	for _, l := range lines {
		if l.totals.Messages == 0 {
			continue
		}
		s := insight.Span{From: l.span.Before().From, To: l.span.To}
		if len(byID) == 0 {
			whole = s
		}
		whole = insight.Span{From: min(whole.From, s.From), To: max(whole.To, s.To)}
		byID[l.ID] = l
	}
	add := func(g community.GroupID, d community.Day, n int64) {
		l := byID[g]
		switch {
		case l == nil:
		case l.span.Has(d):
			l.messages += n
		case l.span.Before().Has(d):
			l.before += n
		}
	}
	if len(byID) > ownRows && whole.Days() <= longScan {
		return insightdb.DayMessages(ctx, q, c, whole.From, whole.To, add)
	}
	for g, l := range byID {
		if err := insightdb.MessagesOf(ctx, q, c, g, l.span.Before().From, l.span.To, add); err != nil {
			return err
		}
	}
	return nil
}

func countSpeakers(ctx context.Context, q store.Querier, c community.ID, l *line) error {
	days, err := insightdb.Days(ctx, q, c, l.ID, l.span.From, l.span.To)
	if err != nil {
		return err
	}
	sets := make([]*roaring.Bitmap, len(days))
	for i, d := range days {
		sets[i] = d.Speakers
	}
	l.speakers = int64(roaring.FastOr(sets...).GetCardinality())
	return nil
}

// summary is over all groups: messages are summed, people counted once. Where people
// cannot be counted so, it says why.
func (r *Reader) summary(ctx context.Context, q store.Querier, c community.ID, links store.Links, lines []*line, all bool) ([]api.Number, error) {
	spans := map[insight.Span]bool{}
	for _, l := range lines {
		spans[l.span] = true
	}
	groups := float64(len(lines))
	out := []api.Number{{Metric: "groups", Value: &groups}, messagesIn(lines)}
	// Groups with different periods (imports that end on different days) are
	// counted over the span that holds them all only when there is just one.
	why := ""
	switch {
	case len(spans) > 1:
		why = "periods_differ"
	case !all:
		why = "part_of_groups"
	case len(spans) == 0:
		why = string(insight.NoMessages)
	}
	if why != "" {
		return append(out, api.Number{Metric: "speakers", Why: why}, api.Number{Metric: "dau_mean", Why: why}), nil
	}
	for s := range spans {
		people, days, err := r.union(ctx, q, c, links, s)
		if err != nil {
			return nil, err
		}
		was, _, err := r.union(ctx, q, c, links, s.Before())
		if err != nil {
			return nil, err
		}
		mean := days / float64(s.Days())
		speakers := api.Number{Metric: "speakers", Value: &people}
		if out[1].Before != nil {
			speakers.Before = &was
		}
		out = append(out, speakers, api.Number{Metric: "dau_mean", Value: &mean})
	}
	return out, nil
}

// messagesIn sums messages, and those of the period before over the groups that were
// known when it began: all that speak, or a part of them.
func messagesIn(lines []*line) api.Number {
	var all, before float64
	var like api.Like
	young := false
	for _, l := range lines {
		all, before = all+float64(l.messages), before+float64(l.before)
		switch {
		case l.totals.Messages == 0:
		case community.DayOf(time.UnixMilli(l.totals.FirstAt), l.Zone) > l.span.Before().From:
			young = true
		default:
			like.Groups, like.Value, like.Before = like.Groups+1, like.Value+float64(l.messages), like.Before+float64(l.before)
		}
	}
	n := api.Number{Metric: "messages", Value: &all}
	switch {
	case !young:
		n.Before = &before
	case like.Groups > 0:
		n.Like = &like
	}
	return n
}

func (r *Reader) union(ctx context.Context, q store.Querier, c community.ID, links store.Links, s insight.Span) (people, personDays float64, err error) {
	days, unions, err := r.pools.Days(ctx, q, c, links, s.From, s.To)
	if err != nil {
		return 0, 0, err
	}
	for _, d := range days {
		personDays += float64(d.Speakers.GetCardinality())
	}
	return float64(unions.Of(s, days).GetCardinality()), personDays, nil
}

// pageOf sorts the lines and cuts the page after want.After.
func pageOf(lines []*line, want api.GroupsQuery) ([]*line, api.Place) {
	place := func(l *line) api.Place {
		switch want.Sort {
		case "name":
			return api.Place{Text: strings.ToLower(l.Name), ID: int64(l.ID)}
		case "urgent":
			return api.Place{Number: -l.urgency.rank(), ID: int64(l.ID)}
		case "speakers":
			return api.Place{Number: -l.speakers, ID: int64(l.ID)}
		case "last":
			return api.Place{Number: -l.totals.LastAt, ID: int64(l.ID)}
		}
		return api.Place{Number: -l.messages, ID: int64(l.ID)}
	}
	compare := func(a, b api.Place) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Text, b.Text), cmp.Compare(a.ID, b.ID))
	}
	slices.SortFunc(lines, func(a, b *line) int { return compare(place(a), place(b)) })
	if want.After != (api.Place{}) {
		lines = lines[sortedAfter(lines, func(l *line) bool { return compare(place(l), want.After) > 0 }):]
	}
	limit := want.Limit
	if limit <= 0 {
		limit = 50
	}
	if len(lines) <= limit {
		return lines, api.Place{}
	}
	return lines[:limit], place(lines[limit-1])
}

func sortedAfter(lines []*line, after func(*line) bool) int {
	n, _ := slices.BinarySearchFunc(lines, true, func(l *line, _ bool) int {
		if after(l) {
			return 1
		}
		return -1
	})
	return n
}

func cardOf(ctx context.Context, q store.Querier, l *line, links store.Links, h *insight.History) (api.GroupCard, error) {
	twice, err := insightdb.SeenTwice(ctx, q, l.Community, links, l.ID)
	c := api.GroupCard{
		ID: l.ID, Name: l.Name, Network: string(l.Network), Zone: l.Zone.String(), Data: []string{}, Seen: l.totals.Seen - twice,
		Messages: l.messages, Gaps: gapsOf(h.GapsIn(l.span)), FirstAt: l.totals.FirstAt, LastAt: l.totals.LastAt, Total: l.totals.Messages,
	}
	for _, level := range h.Levels() {
		c.Data = append(c.Data, string(level))
	}
	if n, ok := h.Members(l.span.To); ok {
		members := int64(n)
		c.Members = &members
	}
	if n, ok := h.Joins(l.span); ok {
		joins := int64(n)
		c.Joins = &joins
	}
	if n, ok := h.Leaves(l.span); ok {
		leaves := int64(n)
		c.Leaves = &leaves
	}
	if n, ok := h.Number("messages", l.span); ok && n.Before != nil {
		before := int64(*n.Before)
		c.Before = &before
	}
	if n, ok := h.Number("speakers", l.span); ok && n.Value != nil {
		c.Speakers = int64(*n.Value)
	}
	t := h.Trend(l.span, insight.ByDay)
	c.Spark = api.Series{T: t.T, V: t.Messages}
	return c, err
}

// Group answers a group's head.
func (r *Reader) Group(ctx context.Context, c community.ID, g community.GroupID) (a api.GroupAnswer, err error) {
	err = r.DB.Read(ctx, func(q store.Querier) error {
		head, h, as, err := r.history(ctx, q, c, g)
		if err != nil {
			return err
		}
		a.Answer = as
		totals, err := insightdb.TotalsOf(ctx, q, c, g)
		if err != nil {
			return err
		}
		to := head.Today(r.Now())
		l := &line{Head: head, totals: totals, span: insight.Span{From: to - 29, To: to}}
		if err := count(ctx, q, c, []*line{l}); err != nil {
			return err
		}
		links, err := insightdb.LinksNow(ctx, q, c)
		if err != nil {
			return err
		}
		if a.Group, err = cardOf(ctx, q, l, links, h); err != nil {
			return err
		}
		a.Coverage = api.Coverage{FirstAt: totals.FirstAt, LastAt: totals.LastAt, Gaps: gapsOf(h.Gaps()), Partial: []api.PartialGap{}, Sources: []api.SourceOfGroup{}}
		sources, err := insightdb.Sources(ctx, q, c, g)
		if err != nil {
			return err
		}
		for _, s := range sources {
			kind := "account"
			if strings.HasPrefix(s.Name, "import/") {
				kind = "import"
			}
			a.Coverage.Sources = append(a.Coverage.Sources, api.SourceOfGroup{Name: s.Name, Kind: kind, Messages: s.Messages, FirstAt: s.FirstAt, LastAt: s.LastAt})
		}
		stretches, err := insightdb.CoverageAndRefusals(ctx, q, c, g)
		if err != nil {
			return err
		}
		a.Coverage.Partial = partialGaps(stretches, h, head.Zone)
		a.Capabilities, a.Connection = r.Capabilities(head.Group), head.Group.Account
		a.Settings, err = settingsOf(ctx, q, head.Group)
		return err
	})
	return a, err
}

// mostPartial is how many stretches are shown at most, the latest.
const mostPartial = 200

// partialGaps are the stretches that leave their days standing: somebody refuses
// to be read, or nobody listened for too short a time to make a gap of the day.
func partialGaps(list []insightdb.Away, h *insight.History, zone *time.Location) []api.PartialGap {
	out := []api.PartialGap{}
	for _, w := range list {
		from, why := community.DayOf(time.UnixMilli(w.From), zone), w.Why
		if why == "" {
			why = "away"
			to := from
			if w.To != 0 {
				to = community.DayOf(time.UnixMilli(w.To), zone)
			}
			whole := 0
			for _, g := range h.GapsIn(insight.Span{From: from, To: to}) {
				whole += insight.Span{From: max(from, g.From), To: min(to, g.To)}.Days()
			}
			if whole > int(to-from) {
				continue // every day of it is in a gap
			}
		}
		out = append(out, api.PartialGap{From: w.From, To: w.To, Why: why})
	}
	return out[max(0, len(out)-mostPartial):]
}

func settingsOf(ctx context.Context, q store.Querier, g community.Group) (api.GroupSettings, error) {
	s := api.GroupSettings{Zone: g.Zone.String()}
	layers, own, err := LayersOf(ctx, q, g.Community, api.Scope{Group: g.ID}, automation.WelcomeKey)
	if err != nil {
		return s, err
	}
	w, err := welcomeIn(layers, own)
	s.Welcome = w.InForce
	s.Welcome.Version = w.Welcome.Version
	return s, err
}

// GroupSettings answers what people set for a group.
func (r *Reader) GroupSettings(ctx context.Context, c community.ID, g community.GroupID) (a api.GroupSettingsAnswer, err error) {
	err = r.DB.Read(ctx, func(q store.Querier) error {
		if a.Answer, err = asOf(ctx, q, c); err != nil {
			return err
		}
		group, err := store.Group(ctx, q, c, g)
		if err != nil {
			return err
		}
		a.Settings, err = settingsOf(ctx, q, group)
		return err
	})
	return a, err
}
