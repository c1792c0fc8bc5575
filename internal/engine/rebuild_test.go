package engine

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"qunying/community"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// dumpViews writes every row of every view of a community, sorted.
func (w *world) dumpViews(c community.ID) []string {
	w.t.Helper()
	var all []string
	w.read(func(ctx context.Context, q store.Querier) error {
		for _, view := range insightdb.Views {
			rows, err := q.QueryContext(ctx, `SELECT * FROM `+view+` WHERE community_id = $1`, int64(c))
			if err != nil {
				return err
			}
			columns, err := rows.Columns()
			if err != nil {
				return err
			}
			for rows.Next() {
				values := make([]any, len(columns))
				for i := range values {
					values[i] = new(any)
				}
				if err := rows.Scan(values...); err != nil {
					return err
				}
				line := view
				for i, v := range values {
					v = *v.(*any)
					if b, ok := v.([]byte); ok {
						v = hex.EncodeToString(b)
					}
					line += fmt.Sprintf(" %s=%v", columns[i], v)
				}
				all = append(all, line)
			}
			if err := cmp.Or(rows.Err(), rows.Close()); err != nil {
				return err
			}
		}
		return nil
	})
	slices.Sort(all)
	return all
}

// tale draws what happens in a community: events as of some order of arrival,
// which is not that of their times.
type tale struct {
	kind    community.Kind
	group   int
	who     int
	others  []int
	after   time.Duration
	fromUs  bool
	origin  community.Origin
	content community.Content
	message int
}

var (
	zones = []string{"Asia/Shanghai", "America/New_York"}
	kinds = []community.Kind{community.MessagePosted, community.MessagePosted, community.MessagePosted, community.MessagePosted,
		community.MessageRecalled, community.MemberJoined, community.MemberLeft, community.MemberRenamed, community.RosterTaken,
		community.CoverageLost, community.CoverageBack, community.PlatformOther, community.PersonMerge, community.PersonMerge, community.PersonSplit}
)

func drawTale(t *rapid.T) tale {
	s := tale{
		kind: rapid.SampledFrom(kinds).Draw(t, "kind"), group: rapid.IntRange(0, 2).Draw(t, "group"), who: rapid.IntRange(0, 6).Draw(t, "who"),
		after:   time.Duration(rapid.Int64Range(-3*24*60, 3*24*60).Draw(t, "minutes")) * time.Minute,
		origin:  rapid.SampledFrom([]community.Origin{community.Live, community.Live, community.History}).Draw(t, "origin"),
		content: rapid.SampledFrom([]community.Content{community.Text, community.Text, community.Image}).Draw(t, "content"),
		message: rapid.IntRange(0, 9).Draw(t, "message"),
	}
	switch s.kind {
	case community.MessagePosted:
		s.fromUs = rapid.IntRange(0, 9).Draw(t, "ours") == 0
		s.others = rapid.SliceOfN(rapid.IntRange(1, 6), 0, 2).Draw(t, "mentions")
	case community.RosterTaken, community.PersonMerge:
		s.others = rapid.SliceOfN(rapid.IntRange(1, 6), 1, 5).Draw(t, "members")
	}
	return s
}

// draft makes an event of a tale; the same number is the same event.
func (s tale) draft(n int, ids func(int) community.IdentityID) store.Draft {
	group := fmt.Sprint("g", s.group)
	outside := func(i int) store.Outside { return store.Outside{ID: fmt.Sprint("u", i), Name: fmt.Sprint("名", i)} }
	e := community.Event{
		Key:  community.KeyParts{Kind: s.kind, Network: "sim", Group: group, ID: fmt.Sprint(n)}.Key(),
		Kind: s.kind, Origin: s.origin, At: begin.Add(s.after), Source: "test", Body: &community.Body{Text: ""},
	}
	d := store.Draft{Network: "sim", Group: group, Zone: zones[s.group%2]}
	switch s.kind {
	case community.PersonMerge, community.PersonSplit:
		e.Origin, e.At = community.Live, begin
		for _, o := range append(s.others, s.who+1) {
			e.Targets = append(e.Targets, ids(min(o, 6)))
		}
		if s.kind == community.PersonSplit {
			e.Targets = e.Targets[:1]
		}
		return store.Draft{Event: e}
	case community.MessagePosted:
		e.Content, e.Mentions, e.Body.Text = s.content, len(s.others), fmt.Sprint("今天打卡第", n%5, "天 welcome")
		if s.fromUs {
			e.Flags = community.FromUs
		}
	case community.MessageRecalled:
		e.Body.Data = map[string]string{"message": fmt.Sprint(s.message)}
	}
	if s.who > 0 && s.kind != community.CoverageLost && s.kind != community.CoverageBack && s.kind != community.RosterTaken {
		d.Subject = outside(s.who)
	}
	for _, o := range s.others {
		d.Targets = append(d.Targets, outside(o))
	}
	d.Event = e
	return d
}

// However a history arrives and however often the views are written or their
// writer dies, they equal a plain count over the log, and so does a rebuild.
func TestViewsEqualTheLog(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		next := community.ID(1)
		rapid.Check(t, func(rt *rapid.T) {
			if int(next) > few(50, 6) {
				return
			}
			next++
			c := next
			w.tell(rt, c)
			before := w.dumpViews(c)
			if diff := gocmp.Diff(w.countLog(c), w.readViews(c)); diff != "" {
				rt.Fatalf("the views differ from the log: %s", diff)
			}
			if err := w.db.Write(context.Background(), func(tx *store.Tx) error { return insightdb.Drop(tx, c) }); err != nil {
				rt.Fatal(err)
			}
			if left := w.dumpViews(c); len(left) > 0 {
				rt.Fatalf("left after dropping the views: %q", left)
			}
			delete(w.e.projects, c)
			if err := w.e.catchUp(context.Background(), c); err != nil {
				rt.Fatal(err)
			}
			if diff := gocmp.Diff(before, w.dumpViews(c)); diff != "" {
				rt.Fatalf("a rebuild differs: %s", diff)
			}
		})
		// All of them at once, as an operator does it.
		before := map[community.ID][]string{}
		for c := community.ID(1); c <= next; c++ {
			before[c] = w.dumpViews(c)
		}
		if _, err := w.e.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		for c := community.ID(1); c <= next; c++ {
			if diff := gocmp.Diff(before[c], w.dumpViews(c)); diff != "" {
				t.Errorf("community %d: %s", c, diff)
			}
		}
	})
}

// tell lets a drawn history happen in a new community.
func (w *world) tell(rt *rapid.T, c community.ID) {
	ctx := context.Background()
	check := func(err error) {
		if err != nil && !errors.Is(err, store.ErrLost) { // PostgreSQL may still commit what was interrupted
			rt.Helper()
			rt.Fatal(err)
		}
	}
	check(w.db.AddCommunity(ctx, c, fmt.Sprint("c", c), "c", "Asia/Shanghai"))
	story := rapid.SliceOfN(rapid.Custom(drawTale), 1, 40).Draw(rt, "story")
	w.e.portions = rapid.SampledFrom([]int{0, 1, 3, 8}).Draw(rt, "portions")
	ids := func(i int) community.IdentityID { return community.IdentityID(i) }
	n := 0
	for n < len(story) {
		batch := rapid.IntRange(1, len(story)-n).Draw(rt, "batch")
		var drafts []store.Draft
		for _, s := range story[n : n+batch] {
			drafts = append(drafts, s.draft(n+len(drafts), ids))
		}
		if rapid.Bool().Draw(rt, "redelivered") {
			drafts = append(drafts, story[0].draft(0, ids))
		}
		n += batch
		_, err := w.db.Append(ctx, c, drafts...)
		check(err)
		for more := rapid.Bool().Draw(rt, "decide"); more; {
			more, err = w.e.decideStep(ctx, c)
			check(err)
		}
		switch rapid.IntRange(0, 4).Draw(rt, "views") {
		case 0:
			check(w.e.catchUp(ctx, c))
		case 1: // counted in memory and lost
			_, err := w.e.projectStep(ctx, c)
			check(err)
			delete(w.e.projects, c)
		case 2:
			w.advance(projectLate)
			_, err := w.e.projectStep(ctx, c)
			check(err)
		case 3: // killed while it writes, perhaps between two portions
			_, err := w.e.projectStep(ctx, c)
			check(err)
			dying := &deadline{Context: ctx}
			dying.asked.Store(rapid.Int64Range(0, 12).Draw(rt, "lives"))
			if p := w.e.projects[c]; p != nil && p.pending > 0 {
				_, _ = w.e.flush(dying, p, nil)
			}
			delete(w.e.projects, c)
		}
	}
	for more := true; more; {
		var err error
		more, err = w.e.decideStep(ctx, c)
		check(err)
	}
	check(w.e.catchUp(ctx, c))
}

// Whoever is interrupted between two portions of a flush is followed by somebody
// who counts nothing twice.
func TestInterruptedFlushesAreFinished(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ctx, interrupted, n := t.Context(), 0, 0
		dying := &deadline{Context: ctx}
		dying.asked.Store(1000)
		if err := w.db.Write(dying, func(*store.Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
		asks := 1000 - dying.asked.Load() // at each write
		ids := func(i int) community.IdentityID { return community.IdentityID(i) }
		for round := range 40 {
			var drafts []store.Draft
			for range 12 {
				s := tale{kind: community.MessagePosted, group: n % 3, who: 1 + n%6, others: []int{1 + n*5%6}, content: community.Text, after: time.Duration(n) * time.Hour}
				drafts, n = append(drafts, s.draft(n, ids)), n+1
			}
			if _, err := w.db.Append(ctx, 1, drafts...); err != nil {
				t.Fatal(err)
			}
			w.e.portions = 2 + round%3
			if _, err := w.e.projectStep(ctx, 1); err != nil {
				t.Fatal(err)
			}
			p := w.e.projects[1]
			dying.asked.Store(asks*int64((p.pending-1)/w.e.portions+1+round%9) - 1)
			_, _ = w.e.flush(dying, p, nil) // how far it comes is what is tried
			delete(w.e.projects, 1)
			w.read(func(ctx context.Context, q store.Querier) error {
				_, part, err := store.CursorPart(ctx, q, 1, store.Project)
				if part.To > 0 {
					interrupted++
				}
				return err
			})
			if round%4 == 3 { // the others are interrupted once more
				if err := w.e.catchUp(ctx, 1); err != nil {
					t.Fatal(err)
				}
			}
		}
		if interrupted == 0 {
			t.Error("no flush was interrupted")
		}
		if err := w.e.catchUp(ctx, 1); err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(w.countLog(1), w.readViews(1)); diff != "" {
			t.Errorf("after %d interruptions the views differ from the log: %s", interrupted, diff)
		}
		before := w.dumpViews(1)
		if _, err := w.e.Rebuild(ctx); err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(before, w.dumpViews(1)); diff != "" {
			t.Errorf("after %d interruptions a rebuild differs: %s", interrupted, diff)
		}
	})
}

// deadline is a context that ends when it has been asked so often whether it has.
type deadline struct {
	context.Context
	asked atomic.Int64
}

var over = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

func (d *deadline) Done() <-chan struct{} {
	if d.asked.Add(-1) >= 0 {
		return make(chan struct{})
	}
	return over
}

func (d *deadline) Err() error {
	if d.asked.Load() >= 0 {
		return nil
	}
	return context.Canceled
}

// counted is what the views come to, by plain words.
type counted map[string]string

func set[K cmp.Ordered](m map[K]bool) string { return fmt.Sprint(slices.Sorted(maps.Keys(m))) }

// naiveDay is a group's day, counted the slow way.
type naiveDay struct {
	messages, ours, mentions, recalled int
	hours                              [24]uint32
	contents                           map[community.Content]uint32
	posts                              map[community.IdentityID]uint32
	speakers, joined, left             map[uint32]bool
	roster                             map[uint32]bool
	rosterKnown                        bool
}

func newNaiveDay() *naiveDay {
	return &naiveDay{contents: map[community.Content]uint32{}, posts: map[community.IdentityID]uint32{},
		speakers: map[uint32]bool{}, joined: map[uint32]bool{}, left: map[uint32]bool{}, roster: map[uint32]bool{}}
}

func (d *naiveDay) String() string {
	roster := "unknown"
	if d.rosterKnown {
		roster = set(d.roster)
	}
	return fmt.Sprint(d.messages, d.ours, d.mentions, d.recalled, d.hours, d.contents, d.posts, set(d.speakers), set(d.joined), set(d.left), roster)
}

// countLog counts the raw log.
func (w *world) countLog(c community.ID) counted {
	var links store.Links
	zoneOf := map[community.GroupID]*time.Location{}
	w.read(func(ctx context.Context, q store.Querier) (err error) {
		groups, err := store.Groups(ctx, q, c)
		for _, g := range groups {
			zoneOf[g.ID] = g.Zone
		}
		if err == nil {
			links, err = store.LinksAt(ctx, q, c, 1<<40)
		}
		return err
	})
	type dayOf struct {
		g community.GroupID
		d community.Day
	}
	type member struct {
		g  community.GroupID
		id community.IdentityID
	}
	type span struct{ messages, first, last int64 }
	days, unions, members, groups := map[dayOf]*naiveDay{}, map[community.Day]*naiveDay{}, map[member]*span{}, map[community.GroupID]*span{}
	seen := map[community.GroupID]map[uint32]bool{}
	out := counted{}
	widen := func(s *span, at int64) *span {
		if s == nil {
			return &span{first: at, last: at}
		}
		s.first, s.last = min(s.first, at), max(s.last, at)
		return s
	}
	for _, e := range w.log(c) {
		if e.Group == 0 {
			continue
		}
		at := e.At.UnixMilli()
		out[fmt.Sprintf("timeline %d %d %d", e.Group, at, e.Seq)] = ""
		local := e.At.In(zoneOf[e.Group])
		k := dayOf{e.Group, community.DayOf(e.At, zoneOf[e.Group])}
		if groups[e.Group] == nil {
			groups[e.Group] = &span{}
		}
		// A list somebody brings and an account that was away are no life in the group.
		if e.Kind != community.RosterTaken && e.Kind != community.CoverageLost && e.Kind != community.CoverageBack {
			if g := groups[e.Group]; g.first == 0 {
				g.first, g.last = at, at
			}
			groups[e.Group] = widen(groups[e.Group], at)
		}
		ours := e.Flags&community.FromUs != 0
		if !ours {
			for i, id := range append([]community.IdentityID{e.Identity}, e.Targets...) {
				if id == 0 {
					continue
				}
				m := member{e.Group, id}
				members[m] = widen(members[m], at)
				if i == 0 && e.Kind == community.MessagePosted {
					members[m].messages++
				}
				if seen[e.Group] == nil {
					seen[e.Group] = map[uint32]bool{}
				}
				seen[e.Group][uint32(id)] = true
			}
		}
		if !slices.Contains([]community.Kind{community.MessagePosted, community.MessageRecalled, community.MemberJoined, community.MemberLeft, community.RosterTaken}, e.Kind) {
			continue
		}
		d := days[k]
		if d == nil {
			d = newNaiveDay()
			days[k] = d
		}
		switch e.Kind {
		case community.MessageRecalled:
			d.recalled++
			key := fmt.Sprintf("recall %d %s", e.Group, e.Body.Data["message"])
			if out[key] == "" {
				out[key] = fmt.Sprint(e.Seq)
			}
		case community.MemberJoined:
			d.joined[uint32(e.Identity)] = true
		case community.MemberLeft:
			d.left[uint32(e.Identity)] = true
		case community.RosterTaken:
			d.rosterKnown, d.roster = true, map[uint32]bool{}
			for _, id := range e.Targets {
				d.roster[uint32(id)] = true
			}
		}
		delete(d.joined, 0)
		delete(d.left, 0)
		if e.Kind != community.MessagePosted {
			continue
		}
		if ours {
			d.ours++
			continue
		}
		d.messages++
		d.mentions += e.Mentions
		d.hours[local.Hour()]++
		d.contents[e.Content]++
		groups[e.Group].messages++
		u := unions[k.d]
		if u == nil {
			u = newNaiveDay()
			unions[k.d] = u
		}
		u.messages++
		if e.Identity != 0 {
			d.posts[e.Identity]++
			d.speakers[uint32(links.Person(e.Identity))] = true
			u.speakers[uint32(links.Person(e.Identity))] = true
		}
	}
	for k, d := range days {
		out[fmt.Sprintf("day %d %s", k.g, k.d)] = d.String()
	}
	for d, u := range unions {
		out[fmt.Sprint("union ", d)] = fmt.Sprint(u.messages, set(u.speakers))
	}
	for m, s := range members {
		out[fmt.Sprintf("member %d %d", m.g, m.id)] = fmt.Sprint(*s)
	}
	for g, s := range groups {
		out[fmt.Sprint("group ", g)] = fmt.Sprint(*s, len(seen[g]))
	}
	return out
}

// readViews reads the views in the same words.
func (w *world) readViews(c community.ID) counted {
	out := counted{}
	w.read(func(ctx context.Context, q store.Querier) error {
		days, err := insightdb.AllDays(ctx, q, c, -1<<20, 1<<20)
		if err != nil {
			return err
		}
		for _, d := range days {
			n := newNaiveDay()
			n.messages, n.ours, n.mentions, n.recalled, n.hours, n.contents, n.posts = d.Messages, d.Ours, d.Mentions, d.Recalled, d.Hours, d.Contents, d.Posts
			for id := range roaring.Values(d.Speakers) {
				n.speakers[id] = true
			}
			for id := range roaring.Values(d.Joined) {
				n.joined[id] = true
			}
			for id := range roaring.Values(d.Left) {
				n.left[id] = true
			}
			if n.rosterKnown = d.Roster != nil; n.rosterKnown {
				for id := range roaring.Values(d.Roster) {
					n.roster[id] = true
				}
			}
			out[fmt.Sprintf("day %d %s", d.Group, d.Day)] = n.String()
		}
		unions, err := insightdb.CommunityDays(ctx, q, c, -1<<20, 1<<20)
		if err != nil {
			return err
		}
		for _, u := range unions {
			speakers := map[uint32]bool{}
			for id := range roaring.Values(u.Speakers) {
				speakers[id] = true
			}
			out[fmt.Sprint("union ", u.Day)] = fmt.Sprint(u.Messages, set(speakers))
		}
		for _, table := range []struct{ query, name string }{
			{`SELECT group_id, identity_id, messages, first_at, last_at FROM view_member WHERE community_id = $1`, "member %d %d:{%d %d %d}"},
			{`SELECT group_id, messages, first_at, last_at, seen FROM view_group WHERE community_id = $1`, "group %d:{%d %d %d} %d"},
			{`SELECT group_id, at, seq FROM view_timeline WHERE community_id = $1`, "timeline %d %d %d:"},
			{`SELECT group_id, CAST(message_id AS BIGINT), seq FROM view_recall WHERE community_id = $1`, "recall %d %d:%d"},
		} {
			if err := out.scan(ctx, q, table.query, table.name, c); err != nil {
				return err
			}
		}
		return nil
	})
	return out
}

func (out counted) scan(ctx context.Context, q store.Querier, query, name string, c community.ID) error {
	rows, err := q.QueryContext(ctx, query, int64(c))
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	for rows.Next() {
		values, dest := make([]int64, len(columns)), make([]any, len(columns))
		args := make([]any, len(columns))
		for i := range values {
			dest[i] = &values[i]
		}
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		for i, v := range values {
			args[i] = v
		}
		k, v, _ := strings.Cut(fmt.Sprintf(name, args...), ":")
		out[k] = v
	}
	return rows.Err()
}
