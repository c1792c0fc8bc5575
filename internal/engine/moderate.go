package engine

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/moderation/casebook"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
	"qunying/internal/moderation/read"
	"qunying/internal/moderation/watch"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// ModerationRule is the rule that actions of keeping order name as their cause.
const ModerationRule = "moderation"

// judged says which events are judged.
func judged(k community.Kind) bool {
	switch k {
	case community.MessagePosted, community.MessageEdited, community.MemberJoined, community.MemberRenamed, CodesRead:
		return true
	}
	return false
}

// messageOf is what a reader looks at of an event.
func messageOf(ev *community.Event) read.Message {
	if ev.Body == nil {
		return read.Message{Form: ev.Content}
	}
	if ev.Kind == community.MemberJoined || ev.Kind == community.MemberRenamed {
		return read.Message{Name: ev.Body.Name}
	}
	return read.Message{Text: ev.Body.Text, Form: ev.Content, URL: ev.Body.Data["url"], Codes: codesOf(ev), MentionsAll: ev.Flags&community.MentionsAll != 0, Mentions: ev.Mentions}
}

// recallSpan bounds how many events of the log are looked at for what was said
// within the day before a restart.
const recallSpan = 20_000

// before reads what was said within the day before the decider's place, so that
// a restart forgets neither rates nor what was said in several groups.
func (d *decider) before(ctx context.Context, q store.Querier, c community.ID, at community.Seq, now time.Time) ([]community.Event, error) {
	events, err := store.Undecided(ctx, q, c, max(0, at-recallSpan), at, recallSpan)
	if err != nil {
		return nil, err
	}
	said := slices.DeleteFunc(events, func(ev community.Event) bool {
		return ev.Kind != community.MessagePosted && ev.Kind != CodesRead || ev.Group == 0 || ev.Flags&community.FromUs != 0 || ev.LoggedAt.Before(now.Add(-watch.Span))
	})
	for i := range said {
		if d.zones[said[i].Group] == nil {
			if _, err := d.scene(ctx, q, &said[i]); err != nil {
				return nil, err
			}
		}
	}
	return said, nil
}

// recall shows the watch what was said before.
func (e *Engine) recall(d *decider, said []community.Event) {
	for i, f := range e.inspectAll(d, said) {
		if f.err == nil && f.reading != nil {
			d.see(&said[i], f)
		}
	}
}

// see shows the watch a message.
func (d *decider) see(ev *community.Event, f finding) watch.Facts {
	return d.docket.watch.See(watch.Post{At: ev.At, Day: community.DayOf(ev.At, d.zoneOf(ev.Group)), Group: ev.Group, Person: d.links.Person(ev.Identity),
		Form: ev.Content, Reading: f.reading, Hostile: f.scores.Abuse, Codes: ev.Kind == CodesRead})
}

// gather reads what is missing of the rules that a batch needs, as of its first
// place. What they are made of is the same for the whole of it: a batch ends
// where a setting changes.
func (e *Engine) gather(ctx context.Context, q store.Querier, c community.ID, d *decider, at community.Seq, events []community.Event) (map[community.GroupID]*sources, error) {
	var missing map[community.GroupID]*sources
	for i := range events {
		g := events[i].Group
		if g == 0 || !judged(events[i].Kind) || d.docket.rules[g] != nil || missing[g] != nil {
			continue
		}
		if d.today {
			at = 0
		}
		s, err := e.sourcesOf(ctx, q, c, g, at)
		if err != nil {
			return nil, err
		}
		if missing == nil {
			missing = map[community.GroupID]*sources{}
		}
		missing[g] = s
	}
	return missing, nil
}

// makeReady compiles what gather read, outside of any transaction.
func (e *Engine) makeReady(c community.ID, d *decider, missing map[community.GroupID]*sources) {
	for g, s := range missing {
		if r := e.rulesOf(c, g, s); r != nil {
			d.docket.rules[g] = r
		} else {
			d.docket.rules[g] = &rules{set: casework.Settings{Off: true}}
		}
	}
}

// reading reads a message by the rules of its group.
func (d *decider) reading(ev *community.Event, score Scorer) (f finding) {
	if !judged(ev.Kind) || ev.Flags&community.FromUs != 0 || ev.Body == nil {
		return f
	}
	r := d.docket.rules[ev.Group]
	if r.off() {
		return f
	}
	m := messageOf(ev)
	if known := d.docket.members[cases.Seat{Group: ev.Group, Identity: ev.Identity}]; ev.Kind == community.MessagePosted && known != nil && known.newName(ev.At) {
		m.Name = ev.Body.Name
	}
	reading := r.reader.Read(m)
	f.reading = &reading
	if score != nil && m.Text != "" {
		f.scores = r.scores(score, m, &reading)
	}
	return f
}

// moderate judges an event and says what comes of it.
func (e *Engine) moderate(ctx context.Context, q store.Querier, d *decider, ev *community.Event, f finding, fx *effects) error {
	if ev.Group == 0 || ev.Origin == community.History || !judged(ev.Kind) {
		return nil
	}
	if ev.Kind == community.MemberJoined {
		if err := e.rejoined(ctx, q, d, ev, fx); err != nil {
			return err
		}
	}
	r := d.docket.rules[ev.Group]
	if f.reading == nil || r.off() || ev.Flags&community.FromUs != 0 {
		return nil
	}
	if asked, err := e.memberAsks(ctx, q, d, ev, r, fx); asked || err != nil {
		return err
	}
	facts, err := d.factsOf(ctx, q, ev, r, f)
	if err != nil || facts.Member.Staff {
		return err
	}
	g, err := d.groupOf(ctx, q, ev)
	if err != nil {
		return err
	}
	facts.Now = ev.At.In(g.Zone)
	gist, near := gistOf(f.reading)
	same := d.elsewhere(ev, gist, near)
	if same != nil && facts.Member.Strikes > 0 {
		facts.Member.Strikes-- // the same text in another group is one breach
	}
	judge := e.fit(r.judge, g)
	v := judge.Judge(f.reading, &facts)
	if !v.Fired() {
		if v, err = e.uncertain(ctx, q, d, ev, r, &facts, gist, near); err != nil {
			return err
		}
	}
	if !v.Fired() || v.Spared != "" || v.Stage == policy.Off {
		return nil
	}
	if already, err := onCard(ctx, q, ev, v.Severity); already || err != nil {
		return err
	}
	v = d.lower(v, r, ev)
	made := conclusion{e: e, d: d, ev: ev, rules: r, judge: judge, group: g, reading: f.reading, gist: gist, near: near, copy: same != nil}
	if i := slices.IndexFunc(d.docket.cards, func(k *card) bool { return k.goesOn(ev, &v, judge) }); i >= 0 {
		made.card = d.docket.cards[i]
		if v.Stage == policy.Auto && v.Strike > 0 && len(made.card.struck[ev.Identity]) > 0 { // one breach: what else of it came is taken back, and that is all
			facts.Member.Strikes--
			v = d.lower(judge.Judge(f.reading, &facts), r, ev)
			v.Acts = recallOnly(v.Acts)
			made.copy = true
		}
	}
	made.facts, made.verdict = facts, v
	return e.conclude(ctx, q, &made, fx)
}

// recallOnly is what is done about more of the same breach.
func recallOnly(acts []policy.Act) []policy.Act {
	return slices.DeleteFunc(acts, func(a policy.Act) bool { return a.Do != policy.Recall })
}

// factsOf collects what is known beside the message.
func (d *decider) factsOf(ctx context.Context, q store.Querier, ev *community.Event, r *rules, f finding) (facts policy.Facts, err error) {
	facts = policy.Facts{Form: string(ev.Content), Scores: f.scores, Late: ev.Origin == community.Late}
	if facts.Member.Staff, err = d.isStaff(ctx, q, ev); err != nil || facts.Member.Staff {
		return facts, err
	}
	m, err := d.member(ctx, q, ev)
	if err != nil {
		return facts, err
	}
	facts.Member.Messages, facts.Member.Hours = int(m.messages), -1
	if ev.Kind == community.MessagePosted {
		if m.named { // a moment ago, by a message of the same batch
			f.reading.Found = slices.DeleteFunc(f.reading.Found, func(is read.Found) bool { return is.Detector == read.NameAdvert })
		}
		m.named = true
	}
	switch {
	case !m.joined.IsZero():
		facts.Member.Hours = max(0, ev.At.Sub(m.joined).Hours())
	case !m.first.IsZero() && ev.At.Sub(m.first) >= cardSpan: // in the group for so long at least
		facts.Member.Hours = ev.At.Sub(m.first).Hours()
	}
	if ev.Kind == community.MessagePosted {
		m.messages++
	}
	person := d.links.Person(ev.Identity)
	facts.Member.Strikes = d.strikesOf(person, ev.LoggedAt.Add(-r.judge.Policy().Strikes.Lasting()))
	name := ""
	if ev.Body != nil {
		name = ev.Body.Name
	}
	facts.Member.Allowed = d.listed(casework.Allow, ev.Group, person, name, ev.LoggedAt) != nil
	facts.Member.Blocked = d.listed(casework.Block, ev.Group, person, name, ev.LoggedAt) != nil
	facts.CheckIn = checkIn(f.reading.Normal)
	if ev.Kind == community.MessagePosted || ev.Kind == CodesRead {
		facts.Recent = recentOf(d.see(ev, f))
	}
	return facts, nil
}

func recentOf(w watch.Facts) policy.Recent {
	return policy.Recent{In10s: w.MessagesIn10s, In60s: w.MessagesIn60s, Repeats: w.Repeats, Groups: w.GroupsWithSame, Media60s: w.MediaIn60s,
		Promotions: w.PromotionsToday, Quarrel: len(w.Quarrel), Complaints: len(w.Complaint)}
}

// checkIn says that a message is a check-in (打卡).
func checkIn(text string) bool {
	return strings.HasPrefix(text, "打卡") || strings.HasPrefix(text, "签到")
}

func (d *decider) zoneOf(g community.GroupID) *time.Location {
	if z := d.zones[g]; z != nil {
		return z
	}
	return time.UTC
}

// strikesOf counts a person's strikes since the given time.
func (d *decider) strikesOf(p community.PersonID, since time.Time) (n int) {
	for _, id := range d.identitiesOf(p) {
		for _, s := range d.docket.strikes[id] {
			if s.At.After(since) {
				n++
			}
		}
	}
	return n
}

func (d *decider) identitiesOf(p community.PersonID) []community.IdentityID {
	return append([]community.IdentityID{community.IdentityID(p)}, d.kin[p]...)
}

// lower makes an automatic verdict a suggestion, and lets all of a suggestion wait,
// where the kill switch is on, or the machine has done much within the hour.
func (d *decider) lower(v policy.Verdict, r *rules, ev *community.Event) policy.Verdict {
	if v.Stage != policy.Auto && len(v.AtOnce) == 0 {
		return v
	}
	lower := v.Lower
	if v.Stage != policy.Auto {
		lower = func(string) policy.Verdict { return v.Wait() }
	}
	if r.set.Stopped {
		return lower("stopped")
	}
	recent := slices.DeleteFunc(d.docket.auto[ev.Group], func(at time.Time) bool { return ev.LoggedAt.Sub(at) >= time.Hour })
	d.docket.auto[ev.Group] = recent
	if len(recent) >= r.perHour() {
		return lower("cap")
	}
	return v
}

// conclusion is a verdict on its way into the records.
type conclusion struct {
	d       *decider
	ev      *community.Event
	rules   *rules
	judge   *policy.Judge
	group   community.Group
	reading *read.Reading
	facts   policy.Facts
	verdict policy.Verdict
	gist    uint64
	near    bool
	copy    bool  // of what gave a strike: a text in another group, more of the same flood
	card    *card // on which it goes, nil: on one with nearly the same text or a new one
	first   bool  // on its card
	e       *Engine
}

// conclude brings about what a verdict says: its record, a card, a strike, and
// what is done.
func (e *Engine) conclude(ctx context.Context, q store.Querier, c *conclusion, fx *effects) error {
	ev, v := c.ev, &c.verdict
	if err := named(ctx, q, ev); err != nil {
		return err
	}
	if err := c.prepare(ctx, q); err != nil {
		return err
	}
	record, err := c.record()
	if err != nil {
		return err
	}
	acts := v.AtOnce
	if v.Stage == policy.Auto {
		acts = v.Acts
	}
	if len(acts) > 0 {
		c.d.docket.auto[ev.Group] = append(c.d.docket.auto[ev.Group], ev.LoggedAt)
		o := c.order(ev, fx)
		o.link = e.verdictLink(c.d, ev.Community, &c.rules.set, record, ev.LoggedAt)
		if err := e.impose(o, acts); err != nil {
			return err
		}
	}
	fx.records = append(fx.records, func(tx *store.Tx) error { return e.file(ctx, tx, c, record, fx) })
	return nil
}

// prepare completes a verdict that waits for people: nobody is reminded twice of what
// is on an open card, nothing is recalled of which the platform told no ID, and who
// let the clause act by itself is the first of two.
func (c *conclusion) prepare(ctx context.Context, q store.Querier) (err error) {
	ev, v := c.ev, &c.verdict
	told := slices.ContainsFunc(c.d.docket.cards, func(k *card) bool {
		return k.open && k.kind == casework.Suggestion && k.clause == v.Clause && (slices.Contains(k.struck[ev.Identity], ev.Group) || k == c.card)
	})
	v.AtOnce = slices.DeleteFunc(v.AtOnce, func(a policy.Act) bool {
		return a.Do == policy.Remind && told || a.Do == policy.Recall && messageID(ev) == ""
	})
	if v.Lowered != policy.Second {
		return nil
	}
	k := trusted{c.rules.owner.Group, c.rules.owner.Key, c.rules.owner.Version, v.Clause}
	first, known := c.d.docket.trusted[k]
	if !known {
		if first, err = whoTrusts(ctx, q, ev.Community, c.rules.owner, v.Clause); err != nil {
			return err
		}
		c.d.docket.trusted[k] = first
	}
	v.First = first
	return nil
}

// named gives a message its writer's name where the platform told it without one,
// as archives do of newcomers, and we know it from elsewhere.
func named(ctx context.Context, q store.Querier, ev *community.Event) error {
	if ev.Body == nil || ev.Body.Name != "" || ev.Identity == 0 {
		return nil
	}
	known, err := store.Identities(ctx, q, ev.Community, []community.IdentityID{ev.Identity})
	if name := known[ev.Identity].Name; name != "" {
		body := *ev.Body
		body.Name, ev.Body = name, &body
	}
	return err
}

// writtenIn is what a message says, and what the codes in its pictures do: instead
// of a text where it has none.
func writtenIn(ev *community.Event) (text string, codes []string) {
	text, codes = messageOf(ev).Text, codesOf(ev)
	if text == "" {
		text = strings.Join(codes, "\n")
	}
	return text, codes
}

// record is the verdict as it is kept.
func (c *conclusion) record() (*casework.Verdict, error) {
	ev, v := c.ev, &c.verdict
	receipt := casework.Receipt{Verdict: *v, Facts: c.facts}
	if ev.Body != nil {
		receipt.Text, receipt.Codes = writtenIn(ev)
		if receipt.Text == "" {
			receipt.Text = ev.Body.Name
		}
	}
	if c.reading.Normal != receipt.Text {
		receipt.Normal = c.reading.Normal
	}
	text, err := json.Marshal(receipt)
	if err != nil {
		return nil, err
	}
	body := &casework.VerdictBody{Text: receipt.Text, Receipt: string(text), MessageID: messageID(ev)}
	if ev.Body != nil {
		body.Name = ev.Body.Name
	}
	return &casework.Verdict{Seq: saidAt(ev), At: ev.At, LoggedAt: ev.LoggedAt, Group: ev.Group, Identity: ev.Identity, Clause: v.Clause, Category: v.Category,
		PolicyGroup: c.rules.owner.Group, PolicyVersion: c.rules.owner.Version, PolicySet: c.rules.owner.Set, Severity: v.Severity, Stage: v.Stage, Lowered: v.Lowered, AtOnce: len(v.AtOnce) > 0, Strike: v.Strike, Body: body}, nil
}

// messageID is the platform's ID of the message that an event is about.
func messageID(ev *community.Event) string {
	switch {
	case ev.Body == nil:
		return ""
	case ev.Kind == community.MessageEdited, ev.Kind == CodesRead:
		return ev.Body.Data["message"]
	case ev.Kind == community.MessagePosted:
		return ev.Body.MessageID
	}
	return ""
}

// file writes a verdict with its card, its strike and its entry in the case log.
func (e *Engine) file(ctx context.Context, tx *store.Tx, c *conclusion, record *casework.Verdict, fx *effects) error {
	ev := c.ev
	if record.Stage == policy.Suggest || record.Stage == policy.Auto {
		k, err := e.putOnCard(ctx, tx, c, record)
		if err != nil {
			return err
		}
		record.Review = k.id
	}
	if err := cases.AddVerdict(tx, ev.Community, record); err != nil {
		return err
	}
	if err := cases.CountWords(tx, ev.Community, community.DayOf(ev.LoggedAt, time.UTC), c.reading.Hits); err != nil {
		return err
	}
	if record.Stage == policy.Shadow {
		return nil
	}
	if err := recordVerdict(tx, ev.Community, record); err != nil {
		return err
	}
	if c.first && record.Clause != casework.UncertainClause { // what else comes onto the card is nearly the same
		if err := c.wantOpinion(ctx, tx, record); err != nil {
			return err
		}
	}
	if record.Stage != policy.Auto || c.copy { // of a copy in another group nothing is counted again
		return nil
	}
	if err := fine(tx, ev, record, c.verdict.Acts, 0); err != nil {
		return err
	}
	if record.Strike > 0 {
		return c.d.strike(tx, ev.Community, casework.Strike{Identity: ev.Identity, Group: ev.Group, Verdict: record.ID, Delta: 1, At: ev.LoggedAt, CauseSeq: ev.Seq, Why: "verdict"})
	}
	return nil
}

// recordVerdict enters a verdict into the case log.
func recordVerdict(tx *store.Tx, c community.ID, v *casework.Verdict) error {
	body := ""
	if v.Body != nil {
		b, err := json.Marshal(v.Body)
		if err != nil {
			return err
		}
		body = string(b)
	}
	envelope, err := casework.VerdictEnvelope(v)
	if err != nil {
		return err
	}
	return cases.Record(tx, c, casebook.Entry{Kind: "verdict", Ref: v.ID, Identity: v.Identity, At: v.LoggedAt, Envelope: envelope}, body)
}

// strike writes that somebody got a strike, or that one was taken back.
func (d *decider) strike(tx *store.Tx, c community.ID, s casework.Strike) error {
	if err := cases.AddStrike(tx, c, &s); err != nil {
		return err
	}
	if s.Delta > 0 {
		d.docket.strikes[s.Identity] = append(d.docket.strikes[s.Identity], s)
		return nil
	}
	d.docket.strikes[s.Identity] = slices.DeleteFunc(d.docket.strikes[s.Identity], func(is casework.Strike) bool { return is.Verdict == s.Verdict })
	return nil
}

// pages says that the person on duty is called.
func (c *conclusion) pages() bool {
	return slices.ContainsFunc(c.verdict.Acts, func(a policy.Act) bool { return a.Do == policy.Page })
}
