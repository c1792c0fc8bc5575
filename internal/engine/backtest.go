package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"qunying/community"
	"qunying/internal/moderation/casework"
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
		days: map[community.Day]*casework.BacktestDay{}, clauses: map[string]*trialClause{}, seats: map[cases.Seat]*memberFacts{}}
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
	groups  map[community.GroupID]*trialGroup
	links   store.Links
	labels  map[community.Seq]string
	staff   map[community.IdentityID]bool
	moments []cases.Moment
	watch   *watch.Watch
	people  map[community.PersonID]*trialPerson
	days    map[community.Day]*casework.BacktestDay
	clauses map[string]*trialClause
	seats   map[cases.Seat]*memberFacts
	out     casework.BacktestResult
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
		t.staff, err = staffIdentities(ctx, q, t.c)
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
	slices.SortFunc(t.moments, func(a, b cases.Moment) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Seq, b.Seq)) })
	return nil
}

// chunk is a stretch of what was said, read.
type chunk struct {
	events   []community.Event
	readings []*read.Reading
	err      error
}

// run reads in parallel and judges in order.
func (t *trial) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n := (len(t.moments) + backtestChunk - 1) / backtestChunk
	chunks := make([]chan chunk, n)
	for i := range chunks {
		chunks[i] = make(chan chunk, 1)
	}
	workers := min(runtime.GOMAXPROCS(0), 4)
	ahead := make(chan struct{}, 2*workers) // bounds what is read and not judged yet
	var next atomic.Int64
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	for range workers {
		wg.Go(func() {
			for {
				select {
				case ahead <- struct{}{}:
				case <-ctx.Done():
					return
				}
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				chunks[i] <- t.read(ctx, t.moments[i*backtestChunk:min((i+1)*backtestChunk, len(t.moments))])
			}
		})
	}
	for i := range chunks {
		var got chunk
		select {
		case got = <-chunks[i]:
		case <-ctx.Done():
			return ctx.Err()
		}
		<-ahead
		if got.err != nil {
			return got.err
		}
		for j := range got.events {
			t.judge(&got.events[j], got.readings[j])
		}
		if t.in.Progress != nil {
			t.in.Progress(int64(min((i+1)*backtestChunk, len(t.moments))), int64(len(t.moments)))
		}
	}
	return nil
}

// read reads events and what is in them.
func (t *trial) read(ctx context.Context, moments []cases.Moment) (out chunk) {
	if out.err = t.e.db.Read(ctx, func(q store.Querier) (err error) {
		out.events, err = cases.Said(ctx, q, t.c, moments)
		return err
	}); out.err != nil {
		return out
	}
	out.readings = make([]*read.Reading, len(out.events))
	for i := range out.events {
		ev := &out.events[i]
		if g := t.groups[ev.Group]; g != nil && ev.Body != nil && ev.Kind == community.MessagePosted && ev.Flags&community.FromUs == 0 {
			r := g.rules.reader.Read(messageOf(ev))
			out.readings[i] = &r
		}
	}
	return out
}

// judge judges one message by both policies.
func (t *trial) judge(ev *community.Event, r *read.Reading) {
	g := t.groups[ev.Group]
	person := t.links.Person(ev.Identity)
	k := cases.Seat{Group: ev.Group, Identity: ev.Identity}
	seat := t.seats[k]
	if seat == nil {
		seat = &memberFacts{}
		t.seats[k] = seat
	}
	if ev.Kind == community.MemberJoined {
		seat.joined = ev.At
		t.watch.Join(ev.At, ev.Group, person)
	}
	if r == nil {
		return
	}
	day := community.DayOf(ev.At, g.Zone)
	d := t.days[day]
	if d == nil {
		d = &casework.BacktestDay{Day: day}
		t.days[day] = d
	}
	d.Messages++
	t.out.Messages++
	facts := policy.Facts{Now: ev.At.In(g.Zone), Form: string(ev.Content), CheckIn: checkIn(r.Normal), Member: policy.Member{Hours: -1, Messages: int(seat.messages), Staff: t.staff[ev.Identity]}}
	if !seat.joined.IsZero() {
		facts.Member.Hours = ev.At.Sub(seat.joined).Hours()
	}
	seat.messages++
	facts.Recent = recentOf(t.watch.See(watch.Post{At: ev.At, Day: day, Group: ev.Group, Person: person, Form: ev.Content, Reading: r}))
	p := t.people[person]
	mine, theirs := facts, facts
	if p != nil {
		mine.Member.Strikes = since(p.strikes, ev.At.Add(-t.draft.Policy().Strikes.Lasting()))
		theirs.Member.Strikes = since(p.inForce, ev.At.Add(-g.rules.judge.Policy().Strikes.Lasting()))
	}
	v, old := t.draft.Judge(r, &mine), g.rules.judge.Judge(r, &theirs)
	fires, fired := v.Fired() && v.Spared == "", old.Fired() && old.Spared == "" && !g.rules.set.Off
	if !fires && !fired {
		return
	}
	if p == nil {
		p = &trialPerson{identity: ev.Identity}
		t.people[person] = p
	}
	if fired {
		d.InForce++
		if old.Strike > 0 {
			p.inForce = append(p.inForce, ev.At)
		}
	}
	switch {
	case fires && fired:
		t.out.Both++
	case fires:
		t.out.Only++
	default:
		t.out.Lost++
		return
	}
	d.Hits++
	t.out.Hits++
	t.hit(ev, &v, p, person, fired)
}

func since(list []time.Time, at time.Time) (n int) {
	for _, t := range list {
		if t.After(at) {
			n++
		}
	}
	return n
}

// hit notes what the draft would have done.
func (t *trial) hit(ev *community.Event, v *policy.Verdict, p *trialPerson, person community.PersonID, fired bool) {
	p.hits++
	if v.Strike > 0 {
		p.strikes = append(p.strikes, ev.At)
	}
	if v.Strike > p.highest || p.acts == nil {
		p.highest, p.acts = v.Strike, v.Acts
	}
	p.removed = p.removed || slices.ContainsFunc(v.Acts, func(a policy.Act) bool { return a.Do == policy.Remove })
	k := t.clauses[v.Clause]
	if k == nil {
		k = &trialClause{casework.BacktestClause{Clause: v.Clause, Name: v.Name, Samples: []casework.BacktestSample{}}, map[community.PersonID]bool{}}
		t.clauses[v.Clause] = k
	}
	k.Hits++
	k.people[person] = true
	label := t.labels[ev.Seq]
	switch {
	case label == casework.Fine:
		k.Wrong++
		t.out.Wrong++
	case label != "":
		k.Right++
		t.out.Right++
	}
	// A sample of all hits so far, without a random number: of every 2^n-th hit.
	every := int64(1)
	for t.in.Samples > 0 && k.Hits > every*int64(t.in.Samples) {
		every *= 2
	}
	if t.in.Samples > 0 && (k.Hits-1)%every == 0 {
		if len(k.Samples) == t.in.Samples {
			kept := k.Samples[:0]
			for i := 0; i < len(k.Samples); i += 2 {
				kept = append(kept, k.Samples[i])
			}
			k.Samples = kept
		}
		k.Samples = append(k.Samples, casework.BacktestSample{Seq: ev.Seq, Group: ev.Group, Member: ev.Identity, Name: ev.Body.Name, Text: ev.Body.Text, At: ev.At.UnixMilli(),
			Strike: v.Strike, InForce: fired, Label: label, Reasons: v.Reasons})
	}
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

// staffIdentities are the identities under which staff can be reached.
func staffIdentities(ctx context.Context, q store.Querier, c community.ID) (map[community.IdentityID]bool, error) {
	all := map[community.IdentityID]bool{}
	list, err := store.SettingsUnder(ctx, q, c, ContactKey)
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		var contact StaffContact
		if err := json.Unmarshal([]byte(s.Value), &contact); err != nil {
			continue // of nobody
		}
		for network, outside := range contact {
			id, err := store.IdentityByOutside(ctx, q, c, network, 0, outside)
			if err != nil {
				return nil, err
			}
			if id != 0 {
				all[id] = true
			}
		}
	}
	return all, nil
}
