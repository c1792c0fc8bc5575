package engine

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/insight/words"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

const (
	projectRead  = 5000
	projectFlush = 50_000 // events: flushing every 500 costs 30 µs an event, every 50,000 costs 4
	// Between a live event and the views lies at least so long, or so many times as
	// long as the last flush took, up to so long: whoever appends or decides waits for
	// the writer, and every flush writes the groups' days in progress again.
	projectSoon, projectRest, projectLate = 300 * time.Millisecond, 9, 5 * time.Second
	// Live events of about so many rows need not wait out the first of these.
	projectPortion = 600
	// History waits so long while more of it comes, and as many times as long as the
	// last flush took, up to so long: each writes the people and days in progress again.
	projectPatience, projectPatienceMost = 3 * time.Second, 30 * time.Second
	projectCache                         = 400_000 // entries (authors and terms) kept of days already written
)

// projector counts a community's events into its views. The days in progress
// are in memory and written now and then, together with the cursor; after a
// crash they are counted again from the cursor.
type projector struct {
	community community.ID
	written   community.Seq // the cursor in the database
	left      store.Part    // what somebody who was interrupted had written beyond it
	seen      community.Seq // up to here everything is in memory
	since     time.Time     // when the first unwritten event was counted
	wrote     time.Time     // when the views were last written
	took      time.Duration // how long that held the writer, or waited for it
	pending   int           // unwritten events
	live      bool          // some of them are not from an import

	links    store.Links
	groups   map[community.GroupID]*projectedGroup
	days     map[dayKey]*projectedDay
	unions   map[community.Day]*projectedUnion
	members  map[memberKey]*insightdb.MemberDelta
	people   peopleSeen
	timeline []insightdb.Moment
	recalls  []community.Event
	coverage []community.Event
	moments  []community.Event // of connections
	sources  map[sourceKey]*insightdb.Source
	segment  *words.Segmenter
}

type dayKey struct {
	group community.GroupID
	day   community.Day
}

type sourceKey struct {
	group  community.GroupID
	source string
}

type memberKey struct {
	group    community.GroupID
	identity community.IdentityID
}

type projectedGroup struct {
	direct bool // what is said to an account alone: kept, not counted
	zone   *time.Location
	totals insightdb.GroupTotals
	seen   *roaring.Bitmap
	dirty  bool
}

type projectedDay struct {
	*insight.GroupDay
	terms words.Counts
	dirty bool
}

type projectedUnion struct {
	insightdb.CommunityDay
	dirty bool
}

func newProjector(ctx context.Context, q store.Querier, c community.ID) (*projector, error) {
	at, left, err := store.CursorPart(ctx, q, c, store.Project)
	if err != nil {
		return nil, err
	}
	links, err := store.LinksAt(ctx, q, c, at)
	if err != nil {
		return nil, err
	}
	p := &projector{community: c, written: at, left: left, seen: at, links: links, segment: words.Default()}
	p.forget()
	return p, nil
}

func (p *projector) forget() {
	p.groups = map[community.GroupID]*projectedGroup{}
	p.days = map[dayKey]*projectedDay{}
	p.unions = map[community.Day]*projectedUnion{}
	p.reset()
}

func (p *projector) reset() {
	p.members = map[memberKey]*insightdb.MemberDelta{}
	p.sources = map[sourceKey]*insightdb.Source{}
	p.people.reset()
	p.timeline, p.recalls, p.coverage, p.moments, p.pending = p.timeline[:0], nil, nil, nil, 0
	p.live = false
}

// projectStep reads on in the log and writes the views when enough has come
// together or the oldest unwritten event has waited long enough.
func (e *Engine) projectStep(ctx context.Context, c community.ID) (more bool, err error) {
	p := e.projects[c]
	var relink *community.Event
	quiet := false
	err = e.db.Read(ctx, func(q store.Querier) error {
		if p == nil {
			if p, err = newProjector(ctx, q, c); err != nil {
				return err
			}
			e.projects[c] = p
		}
		head, err := store.Head(ctx, q, c)
		if err != nil {
			return err
		}
		var events []community.Event
		if head > p.seen { // most polls find nothing
			if events, err = store.Counted(ctx, q, c, p.seen, projectRead); err != nil {
				return err
			}
		}
		more, quiet = len(events) == projectRead, len(events) == 0
		if len(events) > 0 && p.pending == 0 {
			p.since = e.now()
		}
		for i := range events {
			if p.left.To > 0 && events[i].Seq > p.left.To { // first the rest of what was interrupted
				more = true
				break
			}
			if events[i].Kind == community.PersonLinked {
				relink, more = &events[i], true
				break
			}
			if err := p.add(ctx, q, &events[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		delete(e.projects, c)
		return false, err
	}
	if p.pending == 0 && relink == nil || p.seen < p.left.To {
		return more, nil
	}
	if relink == nil && p.left.To == 0 && p.pending < projectFlush && (more || !e.prompt && !p.ripe(e.now(), quiet && e.reading.Load() == 0)) {
		return more, nil
	}
	changed, err := e.flush(ctx, p, relink)
	if err != nil {
		delete(e.projects, c)
		return false, err
	}
	e.changes.publish(c, changed)
	if relink != nil {
		e.changes.send(Change{Community: c, What: "people"})
	}
	e.counted.fire()
	return more, nil
}

// ripe says whether what is pending should be written now: live events soon,
// history in large portions, because every flush writes the days in progress and
// their people again, and at once when all is quiet and nothing more comes.
func (p *projector) ripe(now time.Time, quiet bool) bool {
	age := now.Sub(p.since)
	switch {
	case !p.live:
		return quiet || age >= min(max(projectPatience, projectRest*p.took), projectPatienceMost)
	case p.rows() >= projectPortion && now.Sub(p.wrote) >= projectRest*p.took:
		return true
	}
	return age >= min(max(projectSoon, projectRest*p.took), projectLate)
}

// rows estimates how many rows the views have to write: of people and moments as
// many as there are, and of a group its day, the day's words, its totals and its
// source.
func (p *projector) rows() int {
	return len(p.members) + p.people.rows() + len(p.timeline) + 4*len(p.sources)
}

// add counts one event in memory.
func (p *projector) add(ctx context.Context, q store.Querier, ev *community.Event) error {
	p.seen = ev.Seq
	p.pending++
	p.live = p.live || !strings.HasPrefix(ev.Source, "import/")
	if ev.Kind == community.ConnectionChanged {
		p.moments = append(p.moments, *ev)
	}
	if ev.Group == 0 {
		return nil
	}
	g, err := p.group(ctx, q, ev.Group)
	if community.CodeOf(err) == community.NotFound {
		return nil // a command that was refused: the group is not there
	}
	if err != nil {
		return err
	}
	if ev.Kind == community.SettingsChanged { // perhaps its zone: a new one begins after this event
		head, err := store.Group(ctx, q, p.community, ev.Group)
		if err != nil {
			return err
		}
		g.zone = head.Zone
	}
	p.timeline = append(p.timeline, insightdb.Moment{Group: ev.Group, At: ev.At.UnixMilli(), Seq: ev.Seq})
	if !fromPlatform(ev.Kind) || g.direct {
		return nil
	}
	switch ev.Kind {
	case community.MessageRecalled:
		p.recalls = append(p.recalls, *ev)
	case community.CoverageLost, community.CoverageBack:
		p.coverage = append(p.coverage, *ev)
	}
	if ev.Seq > p.left.To || ev.Group > p.left.Group { // else its group's rows have it
		if err := p.addToGroup(ctx, q, g, ev); err != nil {
			return err
		}
	}
	if ev.Flags&community.FromUs != 0 {
		return nil
	}
	posted := ev.Kind == community.MessagePosted
	p.people.note(ev, posted, p.left)
	if !posted {
		return nil
	}
	u, err := p.union(ctx, q, community.DayOf(ev.At, g.zone))
	if err != nil {
		return err
	}
	u.Messages++
	u.dirty = true
	if ev.Identity != 0 {
		u.Speakers.Add(uint32(p.links.Person(ev.Identity)))
	}
	return nil
}

// addToGroup counts an event into what is written with its group.
func (p *projector) addToGroup(ctx context.Context, q store.Querier, g *projectedGroup, ev *community.Event) error {
	at := ev.At.UnixMilli()
	g.dirty, g.totals.Seq = true, ev.Seq
	if ev.Kind != community.RosterTaken && ev.Kind != community.CoverageLost && ev.Kind != community.CoverageBack {
		if g.totals.FirstAt == 0 || at < g.totals.FirstAt {
			g.totals.FirstAt = at
		}
		g.totals.LastAt = max(g.totals.LastAt, at)
	}
	local := ev.At.In(g.zone)
	d, err := p.day(ctx, q, ev.Group, community.DayOf(ev.At, g.zone))
	if err != nil {
		return err
	}
	if d.Add(ev, local.Hour(), p.links.Person) {
		d.dirty = true
	}
	fromUs := ev.Flags&community.FromUs != 0
	posted := ev.Kind == community.MessagePosted && !fromUs
	if !fromUs {
		p.note(g, ev, ev.Identity, posted)
		for _, t := range ev.Targets {
			p.note(g, ev, t, false)
		}
	}
	if !posted {
		return nil
	}
	g.totals.Messages++
	k := sourceKey{ev.Group, ev.Source}
	s := p.sources[k]
	if s == nil {
		s = &insightdb.Source{Group: ev.Group, Name: ev.Source, FirstAt: at, LastAt: at}
		p.sources[k] = s
	}
	s.Messages++
	s.FirstAt, s.LastAt = min(s.FirstAt, at), max(s.LastAt, at)
	if ev.Body != nil && ev.Content == community.Text {
		for w := range p.segment.Words(ev.Body.Text) {
			if words.IsStop(w) {
				continue
			}
			if n, ok := d.terms[w]; ok {
				d.terms[w] = n + 1
			} else {
				d.terms[strings.Clone(w)] = 1
			}
		}
	}
	return nil
}

// fromPlatform says that an event tells something of a group's life.
func fromPlatform(k community.Kind) bool {
	switch k {
	case community.MessagePosted, community.MessageRecalled, community.MemberJoined, community.MemberLeft, community.MemberRenamed,
		community.GroupRenamed, community.GroupAnnounced, community.RosterTaken, community.PlatformOther, community.CoverageLost, community.CoverageBack:
		return true
	}
	return false
}

// note counts somebody as seen in the group.
func (p *projector) note(g *projectedGroup, ev *community.Event, id community.IdentityID, posted bool) {
	if id == 0 {
		return
	}
	at := ev.At.UnixMilli()
	k := memberKey{ev.Group, id}
	m := p.members[k]
	if m == nil {
		m = &insightdb.MemberDelta{Group: ev.Group, Identity: id, FirstAt: at, LastAt: at}
		p.members[k] = m
		g.seen.Add(uint32(id))
	}
	m.FirstAt, m.LastAt = min(m.FirstAt, at), max(m.LastAt, at)
	if posted {
		m.Messages++
	}
}

func (p *projector) group(ctx context.Context, q store.Querier, id community.GroupID) (*projectedGroup, error) {
	if g := p.groups[id]; g != nil {
		return g, nil
	}
	head, err := store.Group(ctx, q, p.community, id)
	if err != nil {
		return nil, err
	}
	g := &projectedGroup{zone: head.Zone, direct: head.Direct}
	if g.totals, err = insightdb.TotalsOf(ctx, q, p.community, id); err != nil {
		return nil, err
	}
	if g.seen, err = insightdb.SeenIn(ctx, q, p.community, id); err != nil {
		return nil, err
	}
	p.groups[id] = g
	return g, nil
}

func (p *projector) day(ctx context.Context, q store.Querier, g community.GroupID, day community.Day) (*projectedDay, error) {
	k := dayKey{g, day}
	if d := p.days[k]; d != nil {
		return d, nil
	}
	head, err := insightdb.Day(ctx, q, p.community, g, day)
	if err != nil {
		return nil, err
	}
	d := &projectedDay{GroupDay: head, terms: words.Counts{}}
	if head == nil {
		d.GroupDay = insight.NewGroupDay(g, day)
	} else {
		stored, err := insightdb.Words(ctx, q, p.community, g, day, day)
		if err != nil {
			return nil, err
		}
		for _, s := range stored {
			if d.terms, err = words.DecodeCounts(s.Terms); err != nil {
				return nil, err
			}
		}
	}
	p.days[k] = d
	return d, nil
}

func (p *projector) union(ctx context.Context, q store.Querier, day community.Day) (*projectedUnion, error) {
	if u := p.unions[day]; u != nil {
		return u, nil
	}
	stored, err := insightdb.CommunityDays(ctx, q, p.community, day, day)
	if err != nil {
		return nil, err
	}
	u := &projectedUnion{CommunityDay: insightdb.CommunityDay{Day: day, Speakers: roaring.New()}}
	if len(stored) > 0 {
		u.CommunityDay = *stored[0]
	}
	p.unions[day] = u
	return u, nil
}

const (
	firstDay community.Day = -1 << 30
	lastDay  community.Day = 1 << 30
)

// trim forgets written days while too much is kept of them.
func (p *projector) trim() {
	size := 0
	for _, d := range p.days {
		size += len(d.Posts) + len(d.terms) + 50
	}
	if size <= projectCache {
		return
	}
	keys := make([]dayKey, 0, len(p.days))
	for k := range p.days {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b dayKey) int { return int(a.day - b.day) }) // oldest first
	for _, k := range keys {
		if size <= projectCache/2 {
			return
		}
		d := p.days[k]
		size -= len(d.Posts) + len(d.terms) + 50
		delete(p.days, k)
		delete(p.unions, k.day)
	}
}
