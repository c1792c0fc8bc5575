package engine

import (
	"cmp"
	"context"
	"slices"
	"time"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/lexicon"
	"qunying/internal/moderation/policy"
	"qunying/internal/moderation/read"
	"qunying/internal/moderation/watch"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// Backtest says what is tried on what was said.
type Backtest struct {
	Policy  policy.Policy
	Groups  []community.GroupID // empty: all
	From    community.Day       // in each group's zone
	To      community.Day       // inclusive
	Samples int                 // of each clause
	// Words are read by the draft beside the lists in force, in place of the one with
	// their name; nil: none.
	Words *casework.Lexicon
	// Progress is told how many messages of how many were judged; may be nil.
	Progress func(done, all int64)
}

// Bounds of a back-test.
const (
	backtestChunk   = 4000
	backtestMembers = 100
	cardSeconds     = 20.0 // of a moderator's time
)

// RunBacktest judges what was said in a period by a draft and by the policy in
// force, in the order of the platforms' times, as if nothing had been done then.
// Classifiers are not asked. What members were before the period counts as not
// known.
func (e *Engine) RunBacktest(ctx context.Context, c community.ID, in Backtest) (*casework.BacktestResult, error) {
	begun := time.Now()
	draft, err := policy.Compile(in.Policy)
	if err != nil {
		return nil, err
	}
	if in.To < in.From || in.To-in.From > 3660 {
		return nil, community.Errorf(community.Invalid, "the period is empty or longer than ten years")
	}
	t := &trial{e: e, c: c, in: in, draft: draft, groups: map[community.GroupID]*trialGroup{}, watch: watch.New(watch.Config{}), people: map[community.PersonID]*trialPerson{},
		days: map[community.Day]*casework.BacktestDay{}, clauses: map[string]*trialClause{}, seats: map[cases.Seat]*trialSeat{}, pictures: map[community.Seq]*struck{}}
	if in.Words != nil {
		made, err := LexiconOf(in.Words)
		if err != nil {
			return nil, err
		}
		if t.words, err = read.New(read.Config{Lexicons: []lexicon.Lexicon{made}}); err != nil {
			return nil, err
		}
	}
	if err := t.prepare(ctx); err != nil {
		return nil, err
	}
	if err := t.run(ctx); err != nil {
		return nil, err
	}
	out, err := t.result(ctx)
	if err == nil {
		out.Seconds = time.Since(begun).Seconds()
	}
	return out, err
}

// trial is a back-test at work.
type trial struct {
	e       *Engine
	c       community.ID
	in      Backtest
	draft   *policy.Judge
	words   *read.Reader // of the draft alone; nil: it has none
	groups  map[community.GroupID]*trialGroup
	links   store.Links
	labels  map[community.Seq]string
	staff   map[community.IdentityID]bool
	moments []cases.Moment
	watch   *watch.Watch
	people  map[community.PersonID]*trialPerson
	days    map[community.Day]*casework.BacktestDay
	today   *casework.BacktestDay // the last one that was asked for
	clauses map[string]*trialClause
	seats   map[cases.Seat]*trialSeat
	// For pictures that a verdict was about before their codes were judged.
	pictures map[community.Seq]*struck
	out      casework.BacktestResult
}

type trialGroup struct {
	community.Group
	rules *rules
}

// trialPerson is what would have become of somebody.
type trialPerson struct {
	strikes, inForce []time.Time
	hits             int64
	highest          int
	acts             []policy.Act
	removed          bool
	identity         community.IdentityID
}

// trialSeat is a member in a group.
type trialSeat struct {
	joined   int64 // ms; 0: not known
	messages int
	person   community.PersonID
	staff    bool
	would    *trialPerson             // nil until something is to be said of them
	floods   map[trialFlood]time.Time // when the last breach began
}

// trialFlood tells floods of one member apart: by whose clause they are.
type trialFlood struct {
	clause string
	draft  bool
}

// struck is how severe a verdict about a message was, 0 without one.
type struck struct{ mine, theirs policy.Severity }

type trialClause struct {
	casework.BacktestClause
	people map[community.PersonID]bool
}

// prepare reads the rules of the groups, what people said before, and when what
// was said.
func (t *trial) prepare(ctx context.Context) error {
	var groups []community.Group
	if err := t.e.db.Read(ctx, func(q store.Querier) (err error) {
		if groups, err = store.Groups(ctx, q, t.c); err != nil {
			return err
		}
		if t.links, err = store.LinksAt(ctx, q, t.c, 1<<62); err != nil {
			return err
		}
		if t.labels, err = cases.Labels(ctx, q, t.c); err != nil {
			return err
		}
		staff, err := t.e.StaffIdentities(ctx, q, t.c)
		t.staff = map[community.IdentityID]bool{}
		for _, id := range staff {
			t.staff[id] = true
		}
		return err
	}); err != nil {
		return err
	}
	for _, g := range groups {
		if len(t.in.Groups) > 0 && !slices.Contains(t.in.Groups, g.ID) {
			continue
		}
		r, err := t.e.rulesFor(ctx, t.c, g.ID, 0)
		if err != nil {
			return err
		}
		if r == nil {
			continue
		}
		t.groups[g.ID] = &trialGroup{g, r}
		if err := t.e.db.Read(ctx, func(q store.Querier) error {
			moments, err := cases.Moments(ctx, q, t.c, g.ID, t.in.From.Start(g.Zone), (t.in.To + 1).Start(g.Zone))
			t.moments = append(t.moments, moments...)
			return err
		}); err != nil {
			return err
		}
	}
	if order := func(a, b cases.Moment) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Seq, b.Seq)) }; !slices.IsSortedFunc(t.moments, order) {
		slices.SortFunc(t.moments, order)
	}
	return nil
}

// result puts it together.
func (t *trial) result(ctx context.Context) (*casework.BacktestResult, error) {
	out := &t.out
	out.Days, out.Clauses, out.Members = []casework.BacktestDay{}, []casework.BacktestClause{}, []casework.BacktestMember{}
	for _, d := range t.days {
		out.Days = append(out.Days, *d)
	}
	slices.SortFunc(out.Days, func(a, b casework.BacktestDay) int { return cmp.Compare(a.Day, b.Day) })
	for _, k := range t.clauses {
		k.People = int64(len(k.people))
		k.Low, k.High = casework.Wilson(k.Right, k.Right+k.Wrong)
		out.Clauses = append(out.Clauses, k.BacktestClause)
	}
	slices.SortFunc(out.Clauses, func(a, b casework.BacktestClause) int {
		return cmp.Or(cmp.Compare(b.Hits, a.Hits), cmp.Compare(a.Clause, b.Clause))
	})
	for id, p := range t.people {
		if p.hits == 0 {
			continue
		}
		out.People++
		if p.removed {
			out.Removed++
		}
		out.Members = append(out.Members, casework.BacktestMember{Person: id, Hits: p.hits, Strike: p.highest, Acts: p.acts})
	}
	slices.SortFunc(out.Members, func(a, b casework.BacktestMember) int {
		return cmp.Or(cmp.Compare(b.Strike, a.Strike), cmp.Compare(b.Hits, a.Hits), cmp.Compare(a.Person, b.Person))
	})
	out.Members = out.Members[:min(len(out.Members), backtestMembers)]
	out.Minutes = float64(out.Hits) * cardSeconds / 60
	out.Low, out.High = casework.Wilson(out.Right, out.Right+out.Wrong)
	return out, t.e.db.Read(ctx, func(q store.Querier) error {
		if err := t.nameSamples(ctx, q); err != nil {
			return err
		}
		for i := range out.Members {
			id := t.people[out.Members[i].Person].identity
			who, err := store.Identities(ctx, q, t.c, []community.IdentityID{id})
			if err != nil {
				return err
			}
			out.Members[i].Name = who[id].Name
		}
		return nil
	})
}

// nameSamples says under which names samples were written: of all messages, only
// theirs matter.
func (t *trial) nameSamples(ctx context.Context, q store.Querier) error {
	var places []community.Seq
	for i := range t.out.Clauses {
		for j := range t.out.Clauses[i].Samples {
			places = append(places, t.out.Clauses[i].Samples[j].Seq)
		}
	}
	slices.Sort(places)
	names, err := cases.NamesAt(ctx, q, t.c, slices.Compact(places))
	for i := range t.out.Clauses {
		for j := range t.out.Clauses[i].Samples {
			k := &t.out.Clauses[i].Samples[j]
			k.Name = names[k.Seq]
		}
	}
	return err
}
