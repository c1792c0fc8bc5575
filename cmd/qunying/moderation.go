package main

import (
	"context"
	"encoding/json"
	"slices"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/api/answers"
	"qunying/internal/moderation/casework"
	"qunying/internal/store"
	"qunying/internal/store/cases"
	insightdb "qunying/internal/store/insight"
)

// reviews shows what was judged and what waits for people.
type reviews struct{ *console }

// shown remembers names while one answer is put together.
type shown struct {
	ctx    context.Context
	q      store.Querier
	c      community.ID
	links  store.Links
	groups map[community.GroupID]string
	rules  map[community.GroupID]map[string]string // names of clauses
}

func newShown(ctx context.Context, q store.Querier, c community.ID) (*shown, error) {
	links, err := insightdb.LinksNow(ctx, q, c)
	return &shown{ctx, q, c, links, map[community.GroupID]string{}, map[community.GroupID]map[string]string{}}, err
}

func (s *shown) group(g community.GroupID) (string, error) {
	name, ok := s.groups[g]
	if ok || g == 0 {
		return name, nil
	}
	of, err := store.Group(s.ctx, s.q, s.c, g)
	if community.CodeOf(err) == community.NotFound {
		err = nil
	}
	s.groups[g] = of.Name
	return of.Name, err
}

// clause is how a clause is called today in the policy of a group.
func (s *shown) clause(g community.GroupID, id string) (string, error) {
	names, ok := s.rules[g]
	if !ok {
		p, _, _, err := policyNow(s.ctx, s.q, s.c, g)
		if err != nil {
			return "", err
		}
		names = map[string]string{}
		for _, c := range p.Clauses {
			names[c.ID] = c.Name
		}
		s.rules[g] = names
	}
	if names[id] == "" {
		return id, nil
	}
	return names[id], nil
}

func (s *shown) name(id community.IdentityID) (string, error) {
	if id == 0 {
		return "", nil
	}
	who, err := store.Identities(s.ctx, s.q, s.c, []community.IdentityID{id})
	return who[id].Name, err
}

func (c reviews) Reviews(ctx context.Context, id community.ID, want api.ReviewsQuery) (a api.ReviewsAnswer, next api.Place, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, next, err
	}
	now := c.now()
	a.Reviews, a.Open = []api.ReviewCard{}, map[string]int{}
	limit := want.Limit
	if limit <= 0 {
		limit = 50
	}
	f := cases.Filter{State: want.State, Kind: casework.Kind(want.Kind), Group: want.Group, Clause: want.Clause, Category: want.Category, Claimed: want.Claimed, Now: now, Limit: limit + 1, Within: api.Within(ctx)}
	if want.After != (api.Place{}) {
		f.After = cases.PlaceFrom(want.After.Number, want.After.ID)
	}
	err = c.db.Read(ctx, func(q store.Querier) error {
		s, err := newShown(ctx, q, id)
		if err != nil {
			return err
		}
		open, overdue, err := cases.Counts(ctx, q, id, api.Within(ctx), now)
		if err != nil {
			return err
		}
		for kind, n := range open {
			a.Open[string(kind)] = n
		}
		a.Overdue = overdue
		list, err := cases.Reviews(ctx, q, id, f)
		if err != nil {
			return err
		}
		if len(list) > limit {
			list = list[:limit]
			n, last := cases.PlaceOf(&list[limit-1]).Numbers()
			next = api.Place{Number: n, ID: last}
		}
		for i := range list {
			card, err := s.card(&list[i], now.UnixMilli())
			if err != nil {
				return err
			}
			a.Reviews = append(a.Reviews, card)
		}
		return nil
	})
	return a, next, err
}

func (s *shown) card(r *casework.Review, now int64) (v api.ReviewCard, err error) {
	v = api.ReviewCard{ID: r.ID, Kind: string(r.Kind), State: string(r.State), Clause: r.Clause, Category: r.Category, Severity: int(r.Severity), Group: r.Group,
		Member: r.Identity, Person: s.links.Person(r.Identity), Seq: r.Seq, Verdict: r.Verdict, Acts: r.Acts, Items: r.Items, Reporters: r.Reporters, Groups: 1, People: 1,
		OpenedAt: milli(r.OpenedAt), NewestAt: milli(r.NewestAt), DueAt: milli(r.DueAt), PagedAt: milli(r.PagedAt), DecidedBy: r.DecidedBy, DecidedAt: milli(r.DecidedAt),
		Decision: r.Decision, UndoUntil: milli(r.UndoUntil)}
	if until := milli(r.ClaimedTil); until > now {
		v.ClaimedBy, v.ClaimedUntil = r.ClaimedBy, until
		if r.State == casework.Open {
			v.State = "claimed"
		}
	}
	if t := r.Talk; t != nil {
		v.Talk = &api.TalkView{Mediator: t.Mediator, OpenedBy: t.OpenedBy, OpenedAt: milli(t.OpenedAt), Outcome: t.Outcome, EndedAt: milli(t.EndedAt)}
	}
	if r.Body != nil {
		v.Name, v.Text = r.Body.Name, r.Body.Text
	}
	if v.GroupName, err = s.group(r.Group); err != nil {
		return v, err
	}
	if r.Clause != casework.UncertainClause && (r.Kind != casework.Report || r.Clause != string(casework.Report)) { // no clause says that members report, or that people are asked
		if v.ClauseName, err = s.clause(r.Group, r.Clause); err != nil {
			return v, err
		}
	}
	if r.Items > 1 {
		v.Groups, v.People, err = cases.Spread(s.ctx, s.q, s.c, r.ID)
	}
	return v, err
}

func (s *shown) verdict(v *casework.Verdict) (out api.VerdictView, err error) {
	out = api.VerdictView{ID: v.ID, Seq: v.Seq, At: milli(v.At), JudgedAt: milli(v.LoggedAt), Group: v.Group, Member: v.Identity, Clause: v.Clause, Category: v.Category,
		PolicyGroup: v.PolicyGroup, PolicyVersion: v.PolicyVersion, Severity: int(v.Severity), Stage: string(v.Stage), Lowered: v.Lowered, Strike: v.Strike, Review: v.Review,
		Actions: []api.OutboxEntry{}}
	if v.Body != nil {
		out.Name = v.Body.Name
		var receipt casework.Receipt
		if err := json.Unmarshal([]byte(v.Body.Receipt), &receipt); err != nil {
			return out, err
		}
		out.Receipt = &receipt
		if receipt.Facts.Form != string(community.Text) {
			carried, err := answers.MediaOf(s.ctx, s.q, s.c, []community.Seq{v.Seq})
			if err != nil {
				return out, err
			}
			out.Media = carried[v.Seq]
		}
	}
	if v.Review != 0 {
		o, known, err := cases.OpinionOn(s.ctx, s.q, s.c, v.ID)
		if err != nil {
			return out, err
		}
		if known && o.Says != "" {
			out.Opinion = &api.OpinionView{Class: o.Says, Probability: o.Probability, Joint: o.Joint, Why: o.Why, At: milli(o.GivenAt)}
		}
	}
	out.GroupName, err = s.group(v.Group)
	return out, err
}

// withActions adds what was done by itself.
func (c reviews) withActions(ctx context.Context, id community.ID, list []api.VerdictView) error {
	for i := range list {
		if !doneByItself(&list[i]) {
			continue
		}
		entries, err := c.causedBy(ctx, id, list[i].Seq)
		if err != nil {
			return err
		}
		list[i].Actions = entries
	}
	return nil
}

// causedBy lists the actions of keeping order that an event caused.
func (c reviews) causedBy(ctx context.Context, id community.ID, seq community.Seq) ([]api.OutboxEntry, error) {
	var found []store.Outgoing
	if err := c.db.Read(ctx, func(q store.Querier) (err error) {
		found, err = store.OutboxByCause(ctx, q, id, seq)
		return err
	}); err != nil {
		return nil, err
	}
	return c.entries(ctx, id, found)
}

func (c reviews) Review(ctx context.Context, id community.ID, review int64) (a api.ReviewAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	a.Verdicts, a.Rulings, a.Context, a.Appealed = []api.VerdictView{}, []api.RulingView{}, []api.Message{}, []int64{}
	var commands []community.Seq
	if err := c.db.Read(ctx, func(q store.Querier) error {
		commands, err = c.reviewIn(ctx, q, id, review, &a)
		return err
	}); err != nil {
		return a, err
	}
	if err := c.withActions(ctx, id, a.Verdicts); err != nil {
		return a, err
	}
	for i, seq := range commands {
		if a.Rulings[i].Actions, err = c.causedBy(ctx, id, seq); err != nil {
			return a, err
		}
	}
	around, err := c.answers.Context(ctx, id, a.Review.Seq, 6, 4)
	if community.CodeOf(err) == community.NotFound { // erased, or not counted yet
		return a, nil
	}
	a.Context = around.Messages
	return a, err
}

// reviewIn fills in one card; commands are the events of its rulings.
func (c reviews) reviewIn(ctx context.Context, q store.Querier, id community.ID, review int64, a *api.ReviewAnswer) (commands []community.Seq, err error) {
	r, err := cases.Review(ctx, q, id, review)
	if err != nil {
		return nil, err
	}
	s, err := newShown(ctx, q, id)
	if err != nil {
		return nil, err
	}
	if a.Review, err = s.card(&r, c.now().UnixMilli()); err != nil {
		return nil, err
	}
	list, err := cases.VerdictsOf(ctx, q, id, review, 200)
	if err != nil {
		return nil, err
	}
	if r.Verdict != 0 {
		v, err := cases.Verdict(ctx, q, id, r.Verdict)
		if err != nil {
			return nil, err
		}
		view, err := s.verdict(&v)
		if err != nil {
			return nil, err
		}
		a.Against = &view
	}
	for i := range list {
		view, err := s.verdict(&list[i])
		if err != nil {
			return nil, err
		}
		a.Verdicts = append(a.Verdicts, view)
		appeals, err := cases.ReviewsOf(ctx, q, id, casework.Appeal, 0, list[i].ID)
		if err != nil {
			return nil, err
		}
		for _, appeal := range appeals {
			a.Appealed = append(a.Appealed, appeal.ID)
		}
	}
	rulings, err := cases.Rulings(ctx, q, id, review)
	if err != nil {
		return nil, err
	}
	for _, is := range rulings {
		commands = append(commands, is.Seq)
		a.Rulings = append(a.Rulings, api.RulingView{ID: is.ID, Review: is.Review, At: milli(is.At), Staff: is.Staff, What: is.What, Acts: is.Acts, Label: is.Label, Note: is.Note})
	}
	a.Strikes, err = c.strikesOf(ctx, q, id, s.links, s.links.Person(r.Identity), r.Group)
	return commands, err
}

// strikesOf counts a person's strikes that count today by the policy of a group.
func (c reviews) strikesOf(ctx context.Context, q store.Querier, id community.ID, links store.Links, p community.PersonID, g community.GroupID) (int, error) {
	rules, _, _, err := policyNow(ctx, q, id, g)
	if err != nil {
		return 0, err
	}
	standing, err := cases.StandingStrikes(ctx, q, id, c.now().Add(-rules.Strikes.Lasting()))
	n := 0
	for _, strike := range standing {
		if links.Person(strike.Identity) == p {
			n++
		}
	}
	return n, err
}

func (c reviews) Verdict(ctx context.Context, id community.ID, verdict int64) (out api.VerdictView, err error) {
	if err := c.db.Read(ctx, func(q store.Querier) error {
		v, err := cases.Verdict(ctx, q, id, verdict)
		if err != nil {
			return err
		}
		s, err := newShown(ctx, q, id)
		if err != nil {
			return err
		}
		out, err = s.verdict(&v)
		return err
	}); err != nil {
		return out, err
	}
	list := []api.VerdictView{out}
	err = c.withActions(ctx, id, list)
	return list[0], err
}

func (c reviews) MemberCases(ctx context.Context, id community.ID, p community.PersonID) (a api.MemberCasesAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	a.Verdicts, a.History, a.Lists, a.Notes = []api.VerdictView{}, []api.StrikeView{}, []api.ListLine{}, []api.NoteView{}
	err = c.db.Read(ctx, func(q store.Querier) error {
		s, err := newShown(ctx, q, id)
		if err != nil {
			return err
		}
		a.Person = s.links.Person(community.IdentityID(p))
		ids := s.identitiesOf(a.Person)
		known, err := store.Identities(ctx, q, id, ids)
		if err != nil {
			return err
		}
		if len(known) == 0 {
			return community.Errorf(community.NotFound, "there is no person %d", p)
		}
		a.Name = known[ids[0]].Name
		for _, is := range ids {
			if err := s.casesOf(is, &a); err != nil {
				return err
			}
		}
		slices.SortStableFunc(a.Verdicts, func(x, y api.VerdictView) int { return int(y.ID - x.ID) })
		slices.SortStableFunc(a.History, func(x, y api.StrikeView) int { return int(y.At - x.At) })
		a.Strikes, err = c.strikesOf(ctx, q, id, s.links, a.Person, 0)
		return err
	})
	return a, err
}

// casesOf adds what is on record of one identity.
func (s *shown) casesOf(id community.IdentityID, a *api.MemberCasesAnswer) error {
	list, err := cases.VerdictsAgainst(s.ctx, s.q, s.c, id, 100)
	if err != nil {
		return err
	}
	for i := range list {
		v, err := s.verdict(&list[i])
		if err != nil {
			return err
		}
		a.Verdicts = append(a.Verdicts, v)
	}
	strikes, err := cases.StrikesOf(s.ctx, s.q, s.c, id)
	if err != nil {
		return err
	}
	for _, is := range strikes {
		a.History = append(a.History, api.StrikeView{At: milli(is.At), Group: is.Group, Verdict: is.Verdict, Delta: is.Delta, Why: is.Why})
	}
	entries, err := cases.EntriesOf(s.ctx, s.q, s.c, id)
	if err != nil {
		return err
	}
	for i := range entries {
		line, err := s.line(&entries[i])
		if err != nil {
			return err
		}
		a.Lists = append(a.Lists, line)
	}
	notes, err := cases.Notes(s.ctx, s.q, s.c, id)
	for _, n := range notes {
		a.Notes = append(a.Notes, api.NoteView{At: milli(n.At), Staff: n.Staff, Text: n.Text})
	}
	return err
}

func (s *shown) line(e *casework.ListEntry) (v api.ListLine, err error) {
	v = api.ListLine{ID: e.ID, List: e.List, Member: e.Identity, Pattern: e.Pattern, Group: e.Group, Reason: e.Reason, By: e.Staff, At: milli(e.At), ExpiresAt: milli(e.ExpiresAt),
		EndedAt: milli(e.EndedAt), EndedBy: e.EndedBy}
	if v.Name, err = s.name(e.Identity); err != nil {
		return v, err
	}
	v.GroupName, err = s.group(e.Group)
	return v, err
}

func (c reviews) Lists(ctx context.Context, id community.ID, want api.ListsQuery) (a api.ListsAnswer, next api.Place, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, next, err
	}
	a.Lines = []api.ListLine{}
	limit := want.Limit
	if limit <= 0 {
		limit = 50
	}
	err = c.db.Read(ctx, func(q store.Querier) error {
		s, err := newShown(ctx, q, id)
		if err != nil {
			return err
		}
		list, err := cases.Entries(ctx, q, id, want.List, want.All, want.After.ID, limit+1)
		if err != nil {
			return err
		}
		if len(list) > limit {
			list = list[:limit]
			next = api.Place{ID: list[limit-1].ID}
		}
		for i := range list {
			line, err := s.line(&list[i])
			if err != nil {
				return err
			}
			a.Lines = append(a.Lines, line)
		}
		return nil
	})
	return a, next, err
}
