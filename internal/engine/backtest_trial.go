package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"runtime"
	"slices"
	"strconv"
	"strings"
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

// How a back-test goes through what was said: all that looks at one message alone is
// done by several at once, in stretches; what depends on those before it is done by
// one, in order, and takes a third of the time.

// heard is something that was said, with all that can be known of it by itself.
type heard struct {
	said    *cases.Utterance
	codes   []string
	judged  bool // otherwise only that somebody came in matters
	reading read.Reading
	drafted *read.Reading // as the draft reads it
	text    watch.Text
	now     time.Time // in the group's zone
	day     community.Day
	more    bool // of the same flood, by the draft
	moreOld bool // the same, by the policy in force
}

// stretch is a part of what was said, read.
type stretch struct {
	said  []cases.Utterance
	heard []heard
	err   error
}

// run reads in parallel and judges in order.
func (t *trial) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n := (len(t.moments) + backtestChunk - 1) / backtestChunk
	parts := make([]chan *stretch, n)
	for i := range parts {
		parts[i] = make(chan *stretch, 1)
	}
	workers := min(runtime.GOMAXPROCS(0), 4)
	ahead := make(chan struct{}, 2*workers)  // bounds what is read and not judged yet
	used := make(chan *stretch, 2*workers+1) // memory to be used again
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
				s := new(stretch)
				select {
				case s = <-used:
				default:
				}
				t.read(ctx, s, t.moments[i*backtestChunk:min((i+1)*backtestChunk, len(t.moments))])
				parts[i] <- s
			}
		})
	}
	for i := range parts {
		var s *stretch
		select {
		case s = <-parts[i]:
		case <-ctx.Done():
			return ctx.Err()
		}
		<-ahead
		if s.err != nil {
			return s.err
		}
		for j := range s.heard {
			t.judge(&s.heard[j])
		}
		used <- s
		if t.in.Progress != nil {
			t.in.Progress(int64(min((i+1)*backtestChunk, len(t.moments))), int64(len(t.moments)))
		}
	}
	return nil
}

// read reads a part of what was said, and what is in it.
func (t *trial) read(ctx context.Context, s *stretch, moments []cases.Moment) {
	if s.err = t.e.db.Read(ctx, func(q store.Querier) (err error) {
		s.said, err = cases.Said(ctx, q, t.c, moments, CodesRead, s.said)
		return err
	}); s.err != nil {
		return
	}
	s.heard = slices.Grow(s.heard[:0], len(s.said))[:len(s.said)]
	clear(s.heard)
	var days calendar
	for i := range s.said {
		u, h := &s.said[i], &s.heard[i]
		h.said = u
		g := t.groups[u.Group]
		if u.Kind == community.MemberJoined || u.Gone || u.Flags&community.FromUs != 0 {
			continue
		}
		if u.Kind == CodesRead && json.Unmarshal([]byte(u.Data["codes"]), &h.codes) != nil {
			continue // as when it was told: it says nothing
		}
		h.judged = true
		m := read.Message{Text: u.Text, Form: u.Content, URL: u.Data["url"], Codes: h.codes, MentionsAll: u.Flags&community.MentionsAll != 0, Mentions: u.Mentions}
		h.reading = g.rules.reader.Read(m)
		h.drafted = &h.reading
		if t.words != nil {
			h.drafted = t.withWords(h.reading, t.words.Read(m).Hits)
		}
		h.text = watch.TextOf(&h.reading)
		h.now = time.UnixMilli(u.At).In(g.Zone)
		h.day = days.of(u.At, g.Zone)
	}
}

// withWords is a reading with what the words of the draft find, in place of what the
// list with their name found.
func (t *trial) withWords(r read.Reading, hits []read.Hit) *read.Reading {
	for _, h := range r.Hits {
		if h.Lexicon != t.in.Words.Name {
			hits = append(hits, h)
		}
	}
	slices.SortStableFunc(hits, func(a, b read.Hit) int { return cmp.Compare(a.Start, b.Start) })
	r.Hits = hits
	return &r
}

// calendar knows the day of the last time that it was asked about: the next is
// mostly of the same.
type calendar struct {
	zone        *time.Location
	day         community.Day
	from, until int64 // ms
}

func (c *calendar) of(at int64, zone *time.Location) community.Day {
	if c.zone != zone || at < c.from || at >= c.until {
		c.zone, c.day = zone, community.DayOf(time.UnixMilli(at), zone)
		c.from, c.until = c.day.Start(zone).UnixMilli(), (c.day + 1).Start(zone).UnixMilli()
	}
	return c.day
}

// seat is who said it.
func (t *trial) seat(u *cases.Utterance) *trialSeat {
	k := cases.Seat{Group: u.Group, Identity: u.Identity}
	s := t.seats[k]
	if s == nil {
		person := t.links.Person(u.Identity)
		s = &trialSeat{person: person, staff: t.staff[u.Identity], would: t.people[person]}
		t.seats[k] = s
	}
	return s
}

// judge judges one message by both policies.
func (t *trial) judge(h *heard) {
	u := h.said
	seat := t.seat(u)
	if u.Kind == community.MemberJoined {
		seat.joined = u.At
		t.watch.Join(time.UnixMilli(u.At), u.Group, seat.person)
	}
	if !h.judged {
		return
	}
	g := t.groups[u.Group]
	codes := u.Kind == CodesRead
	facts := policy.Facts{Now: h.now, Form: string(u.Content), CheckIn: checkIn(h.reading.Normal), Member: policy.Member{Hours: -1, Messages: seat.messages, Staff: seat.staff}}
	if seat.joined != 0 {
		facts.Member.Hours = (time.Duration(u.At-seat.joined) * time.Millisecond).Hours()
	}
	d := t.day(h.day)
	if !codes { // these belong to a message that was counted
		seat.messages++
		d.Messages++
		t.out.Messages++
	}
	facts.Recent = recentOf(t.watch.See(watch.Post{At: h.now, Day: h.day, Group: u.Group, Person: seat.person, Form: u.Content, Reading: &h.reading, Text: h.text, Codes: codes}))
	if seat.would == nil {
		seat.would = t.people[seat.person] // under another name, or in another group
	}
	strikes := func(list []time.Time, p *policy.Judge) int {
		return since(list, h.now.Add(-p.Policy().Strikes.Lasting()))
	}
	if p := seat.would; p != nil {
		facts.Member.Strikes = strikes(p.strikes, t.draft)
	}
	v := t.draft.Judge(h.drafted, &facts)
	h.more = seat.goesOn(trialFlood{v.Clause, true}, t.draft, &v, h.now)
	if p := seat.would; p != nil {
		facts.Member.Strikes = strikes(p.inForce, g.rules.judge)
	}
	old := g.rules.judge.Judge(&h.reading, &facts)
	h.moreOld = seat.goesOn(trialFlood{old.Clause, false}, g.rules.judge, &old, h.now)
	fires, fired := v.Fired() && v.Spared == "", old.Fired() && old.Spared == "" && !g.rules.set.Off
	if fires || fired {
		t.count(h, d, seat, &v, &old, fires, fired)
	}
}

// goesOn makes of more of the same flood what decide makes of it: no further breach.
func (s *trialSeat) goesOn(f trialFlood, judge *policy.Judge, v *policy.Verdict, at time.Time) bool {
	if v.Strike == 0 {
		return false
	}
	if c, _ := judge.Clause(f.clause); !c.When.Rapid() {
		return false
	}
	if began, known := s.floods[f]; known && at.Sub(began) < floodSpan {
		v.Strike--
		v.Acts = recallOnly(v.Acts)
		return true
	}
	if s.floods == nil {
		s.floods = map[trialFlood]time.Time{}
	}
	s.floods[f] = at
	return false
}

func (t *trial) day(day community.Day) *casework.BacktestDay {
	if d := t.today; d != nil && d.Day == day {
		return d
	}
	d := t.days[day]
	if d == nil {
		d = &casework.BacktestDay{Day: day}
		t.days[day] = d
	}
	t.today = d
	return d
}

// count notes what either policy would have done.
func (t *trial) count(h *heard, d *casework.BacktestDay, seat *trialSeat, v, old *policy.Verdict, fires, fired bool) {
	seq := h.said.Seq
	if h.said.Content != community.Text {
		seq, fires, fired = t.once(h, v, old, fires, fired)
		if !fires && !fired {
			return
		}
	}
	p := seat.would
	if p == nil {
		p = &trialPerson{identity: h.said.Identity}
		t.people[seat.person], seat.would = p, p
	}
	if fired {
		d.InForce++
		if old.Strike > 0 && !h.moreOld {
			p.inForce = append(p.inForce, h.now)
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
	t.hit(h, seq, v, p, seat.person, fired)
}

// once leaves out what is said of a message because of the codes in its pictures
// where as much was said of it before: one message is one breach, as for decide
// (onCard). It returns the message's place.
func (t *trial) once(h *heard, v, old *policy.Verdict, fires, fired bool) (seq community.Seq, mine, theirs bool) {
	seq = h.said.Seq
	if h.said.Kind == CodesRead {
		if n, err := strconv.ParseInt(h.said.Data["seq"], 10, 64); err == nil {
			seq = community.Seq(n)
		}
	}
	before := t.pictures[seq]
	if before == nil {
		before = &struck{}
		t.pictures[seq] = before
	}
	acts := func(v *policy.Verdict) bool { return v.Stage == policy.Suggest || v.Stage == policy.Auto }
	note := func(fires bool, v *policy.Verdict, worst *policy.Severity) bool {
		if !fires || *worst != 0 && *worst <= v.Severity {
			return false
		}
		if acts(v) {
			*worst = v.Severity
		}
		return true
	}
	return seq, note(fires, v, &before.mine), note(fired, old, &before.theirs)
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
func (t *trial) hit(h *heard, seq community.Seq, v *policy.Verdict, p *trialPerson, person community.PersonID, fired bool) {
	p.hits++
	if v.Strike > 0 && !h.more {
		p.strikes = append(p.strikes, h.now)
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
	if slices.Contains(v.AtOnce, policy.Act{Do: policy.Recall}) {
		k.AtOnce++
		t.out.AtOnce++
	}
	label := t.labels[seq]
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
		k.Samples = append(k.Samples, casework.BacktestSample{Seq: seq, Group: h.said.Group, Member: h.said.Identity, Text: cmp.Or(h.said.Text, strings.Join(h.codes, "\n")), At: h.said.At,
			Strike: v.Strike, InForce: fired, Label: label, Reasons: v.Reasons})
	}
}
