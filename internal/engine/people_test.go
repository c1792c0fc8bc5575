package engine

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/members"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
	peopledb "qunying/internal/store/people"
	"qunying/internal/testdb/ready"
)

// people lists who a filter leaves, by the name that they go by now.
func (w *world) people(f peopledb.Filter) (names []string) {
	w.t.Helper()
	f.Limit = 2 // several pages
	w.read(func(ctx context.Context, q store.Querier) error {
		links, err := insightdb.LinksNow(ctx, q, 1)
		if err != nil {
			return err
		}
		for {
			list, next, _, err := peopledb.List(ctx, q, 1, links, f)
			if err != nil {
				return err
			}
			for _, l := range list {
				known, err := store.Identities(ctx, q, 1, []community.IdentityID{community.IdentityID(l.Person)})
				if err != nil {
					return err
				}
				names = append(names, known[community.IdentityID(l.Person)].Name)
			}
			if next == (peopledb.Place{}) {
				return nil
			}
			f.After = next
		}
	})
	return names
}

// identity is the number of somebody on the simulated platform.
func (w *world) identity(outside string) (id community.IdentityID) {
	w.t.Helper()
	w.read(func(ctx context.Context, q store.Querier) (err error) {
		id, err = store.IdentityByOutside(ctx, q, 1, "sim", 0, outside)
		return err
	})
	return id
}

// calls is that somebody writes under a name.
func (w *world) calls(group, who, name, text string) connector.Observation {
	o := w.say(group, who, text)
	o.Sender.Name = name
	return o
}

// Whoever looks at a person is told once the views know whose the identities are: what
// was asked for right after the command may be older than that.
func TestAMergeIsToldWhenItIsSeen(t *testing.T) {
	w := newWorld(t, ready.SQLite(t))
	w.observe(w.calls("g1", "u1", "小李", "早"), w.calls("g1", "u2", "小李", "早"))
	w.decide()
	w.project()
	ids := []community.IdentityID{w.identity("u1"), w.identity("u2")}
	w.mustDo(Command{Kind: community.PersonMerge, Key: "merge-told", By: 1, Targets: ids})
	changes, stop := w.e.Changes()
	defer stop()
	w.project()
	told := false
	for len(changes) > 0 {
		told = (<-changes).What == "people" || told
	}
	if !told {
		t.Error("nobody was told of the merge")
	}
}

func TestPeopleAreFound(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.observe(w.calls("g1", "u1", "小李", "早"), w.calls("g1", "u2", "Ａnna Li", "hi"))
		w.advance(24 * time.Hour)
		w.observe(w.calls("g2", "u3", "老王", "在吗"))
		w.advance(40 * 24 * time.Hour)
		w.observe(w.calls("g1", "u1", "跑步的小李", "早"), w.calls("g2", "u4", "一个名字非常非常非常长的人啊", "早"))
		w.observe(w.join("g2", "u5", 0))
		w.decide()
		w.project()
		w.mustDo(Command{Kind: community.PersonTag, Key: "tag-one-1", By: 1, Targets: []community.IdentityID{w.identity("u1")}, Tags: members.TagChange{Put: []string{" KOL ", "客户"}}})
		w.mustDo(Command{Kind: community.PersonTag, Key: "tag-one-2", By: 1, Targets: []community.IdentityID{w.identity("u3")}, Tags: members.TagChange{Put: []string{"客户"}}})
		w.mustDo(Command{Kind: community.PersonTag, Key: "tag-one-3", By: 1, Targets: []community.IdentityID{w.identity("u3")}, Tags: members.TagChange{Take: []string{"客户"}, Put: []string{"员工"}}})
		month := w.now().Add(-30 * 24 * time.Hour).UnixMilli()
		for _, c := range []struct {
			about string
			want  peopledb.Filter
			names []string
		}{
			{"everybody, who wrote last first", peopledb.Filter{}, []string{"一个名字非常非常非常长的人啊", "跑步的小李", "老王", "Ａnna Li", "u5"}},
			{"an earlier name", peopledb.Filter{Text: "小李"}, []string{"跑步的小李"}},
			{"the middle of a name, without case or width", peopledb.Filter{Text: "NA l"}, []string{"Ａnna Li"}},
			{"a long part", peopledb.Filter{Text: "名字非常非常非常长的人啊"}, []string{"一个名字非常非常非常长的人啊"}},
			{"a long part that is not there", peopledb.Filter{Text: "名字非常非常非常长的人呢"}, nil},
			{"a platform ID", peopledb.Filter{Text: "u3"}, []string{"老王"}},
			{"part of a platform ID", peopledb.Filter{Text: "u"}, []string{"u5"}}, // it is a name there
			{"a group", peopledb.Filter{Group: w.group("g1")}, []string{"跑步的小李", "Ａnna Li"}},
			{"groups that one may see", peopledb.Filter{Within: []community.GroupID{w.group("g2")}, Text: "李"}, nil},
			{"a tag", peopledb.Filter{Tag: "客户"}, []string{"跑步的小李"}},
			{"another tag", peopledb.Filter{Tag: "员工"}, []string{"老王"}},
			{"silent", peopledb.Filter{SpokeBefore: month}, []string{"老王", "Ａnna Li", "u5"}},
			{"newcomers", peopledb.Filter{SeenAfter: month, ByFirst: true}, []string{"u5", "一个名字非常非常非常长的人啊"}},
			{"new and in a group", peopledb.Filter{SeenAfter: month, Group: w.group("g1")}, nil},
			{"of these", peopledb.Filter{Only: []community.IdentityID{w.identity("u2")}}, []string{"Ａnna Li"}},
			{"of nobody", peopledb.Filter{Only: []community.IdentityID{}}, nil},
		} {
			got := w.people(c.want)
			if c.about == "everybody, who wrote last first" || c.about == "newcomers" { // two at the same moment
				slices.Sort(got)
				slices.Sort(c.names)
			}
			if diff := gocmp.Diff(c.names, got); diff != "" {
				t.Errorf("%s: %s", c.about, diff)
			}
		}
	})
}

// group is the number of a group of the simulated platform.
func (w *world) group(outside string) (id community.GroupID) {
	w.t.Helper()
	w.read(func(ctx context.Context, q store.Querier) error {
		list, err := store.Groups(ctx, q, 1)
		for _, g := range list {
			if g.OutsideID == outside {
				id = g.ID
			}
		}
		return err
	})
	return id
}

// Whoever is merged and split, undoing it in the opposite order brings every number
// of every view back, and until then the list of people has the sums of the log.
func TestUndoneLinksLeaveNoTrace(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		next := community.ID(1)
		rapid.Check(t, func(rt *rapid.T) {
			if int(next) > few(25, 4) {
				return
			}
			next++
			c := next
			w.tell(rt, c)
			check := func(err error) {
				if err != nil {
					rt.Helper()
					rt.Fatal(err)
				}
			}
			run := func(kind community.Kind, n int, targets []community.IdentityID, data map[string]string) (community.Seq, community.Code) {
				data["staff"] = "1"
				done, err := w.db.Append(context.Background(), c, store.Draft{Event: community.Event{Kind: kind, At: w.now(), Targets: targets, Source: "staff",
					Key: community.KeyParts{Kind: kind, Network: "undo", ID: fmt.Sprint(n)}.Key(), Body: &community.Body{Data: data}}})
				check(err)
				for more := true; more; {
					more, err = w.e.decideStep(context.Background(), c)
					check(err)
				}
				check(w.e.catchUp(context.Background(), c))
				var o store.Outcome
				w.read(func(ctx context.Context, q store.Querier) (err error) {
					o, _, err = store.OutcomeOf(ctx, q, c, community.KeyParts{Kind: kind, Network: "undo", ID: fmt.Sprint(n)}.Key())
					return err
				})
				return done[0].Seq, o.Code
			}
			who := rapid.Custom(func(t *rapid.T) community.IdentityID {
				return community.IdentityID(rapid.IntRange(1, 6).Draw(t, "who"))
			})
			before := w.dumpViews(c)
			var done []community.Seq
			for n := range rapid.IntRange(1, 5).Draw(rt, "acts") {
				kind, targets := community.PersonMerge, rapid.SliceOfN(who, 2, 3).Draw(rt, "whom")
				if rapid.IntRange(0, 2).Draw(rt, "split") == 0 {
					kind, targets = community.PersonSplit, targets[:1]
				}
				if seq, code := run(kind, n, targets, map[string]string{}); code == "" {
					done = append(done, seq)
				}
				w.checkPeople(rt, c)
			}
			for n, seq := range slices.Backward(done) {
				if n%2 == 0 { // by what it brought about, as the person's page names it
					w.read(func(ctx context.Context, q store.Querier) (err error) {
						seq, err = store.SeqOf(ctx, q, c, linkedKey(seq))
						return err
					})
				}
				if _, code := run(community.PersonUndo, 100+n, nil, map[string]string{"seq": fmt.Sprint(seq)}); code != "" {
					rt.Fatalf("undoing %d: %s", seq, code)
				}
			}
			if diff := gocmp.Diff(before, w.dumpViews(c)); diff != "" {
				rt.Fatalf("undoing left traces: %s", diff)
			}
			if len(done) > 0 {
				if _, code := run(community.PersonUndo, 200, nil, map[string]string{"seq": fmt.Sprint(done[0])}); code != community.Conflict {
					rt.Fatalf("undoing twice: %q", code)
				}
			}
		})
	})
}

// checkPeople compares the list of people with a count over the log.
func (w *world) checkPeople(rt *rapid.T, c community.ID) {
	type sums struct{ Messages, First, Spoke int64 }
	want, got := map[community.PersonID]sums{}, map[community.PersonID]sums{}
	links := store.Links{}
	w.read(func(ctx context.Context, q store.Querier) (err error) {
		if links, err = insightdb.LinksNow(ctx, q, c); err != nil {
			return err
		}
		list, _, _, err := peopledb.List(ctx, q, c, links, peopledb.Filter{Limit: 1000})
		for _, l := range list {
			got[l.Person] = sums{l.Messages, l.FirstAt, l.SpokeAt}
		}
		return err
	})
	for _, e := range w.log(c) {
		if e.Group == 0 || !fromPlatform(e.Kind) || e.Flags&community.FromUs != 0 {
			continue
		}
		at := e.At.UnixMilli()
		for i, id := range append([]community.IdentityID{e.Identity}, e.Targets...) {
			if id == 0 {
				continue
			}
			s, ok := want[links.Person(id)]
			if !ok || at < s.First {
				s.First = at
			}
			if i == 0 && e.Kind == community.MessagePosted {
				s.Messages++
				s.Spoke = max(s.Spoke, at)
			}
			want[links.Person(id)] = s
		}
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		rt.Fatalf("the list of people differs from the log: %s", diff)
	}
}

// A merge of two people with 100,000 messages takes no longer than 2 s.
func BenchmarkMergeOfMany(b *testing.B) {
	w := newWorld(b, filepath.Join(b.TempDir(), "bench.db"))
	const messages, groups = 100_000, 20
	var drafts []store.Draft
	for i := range messages {
		who := fmt.Sprint("u", i%2)
		if i%10 == 9 {
			who = fmt.Sprint("other", i%997)
		}
		at := begin.Add(time.Duration(i) * 5 * time.Minute)
		drafts = append(drafts, store.Draft{Network: "sim", Group: fmt.Sprint("g", i%groups), Zone: "Asia/Shanghai", Subject: store.Outside{ID: who, Name: who},
			Event: community.Event{Key: community.KeyParts{Kind: community.MessagePosted, Network: "sim", ID: fmt.Sprint(i)}.Key(), Kind: community.MessagePosted,
				Origin: community.History, At: at, Content: community.Text, Source: "import/1", Body: &community.Body{Name: who, Text: "打卡 第3天"}}})
	}
	for part := range slices.Chunk(drafts, 1000) {
		if _, err := w.db.Append(b.Context(), 1, part...); err != nil {
			b.Fatal(err)
		}
	}
	w.decide()
	w.project()
	n := 0
	for b.Loop() {
		n++
		kind := community.PersonMerge
		targets := []community.IdentityID{w.identity("u0"), w.identity("u1")}
		if n%2 == 0 {
			kind, targets = community.PersonSplit, targets[1:]
		}
		w.mustDo(Command{Kind: kind, Key: fmt.Sprintf("bench-%06d", n), By: 1, Targets: targets})
		w.project()
	}
}

// Whoever only stands on member lists is found by any part of any name that a list
// had for them, whatever happens to the views and to the person.
func TestListedPeopleAreFoundByEveryName(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		at := func(at time.Time, names ...string) {
			var all []connector.Member
			for i, n := range names {
				all = append(all, connector.Member{ID: fmt.Sprint("id", i), Name: n})
			}
			w.observe(connector.Observation{Kind: community.RosterTaken, Group: "g", Members: all, At: at})
			w.decide()
			w.project()
		}
		list := func(names ...string) { at(w.now(), names...) }
		list("采薇采薇", "梅长苏", "Ｚhao Si")
		w.advance(25 * time.Hour)
		list("薇亦作止", "梅长苏", "Ｚhao Si")
		w.advance(time.Hour)
		list("薇亦作止", "林殊", "Ｚhao Si")
		// A list that comes later and is older tells what they were called before, and
		// nothing of what they are called.
		at(w.now().AddDate(0, 0, -40), "靡室靡家", "梅长苏", "")
		found := func(about string, want map[string][]string) {
			t.Helper()
			for text, names := range want {
				if diff := gocmp.Diff(names, w.people(peopledb.Filter{Text: text})); diff != "" {
					t.Errorf("%s, %s: %s", about, text, diff)
				}
			}
		}
		all := map[string][]string{"靡室": {"薇亦作止"}, "采薇": {"薇亦作止"}, "薇采": {"薇亦作止"}, "作止": {"薇亦作止"}, "梅": {"林殊"}, "长苏": {"林殊"}, "林殊": {"林殊"},
			"hao s": {"Ｚhao Si"}, "没有": nil, "%": nil, "id1": {"林殊"}}
		found("as lists came", all)
		before := w.dumpViews(1)
		if _, err := w.e.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(before, w.dumpViews(1)); diff != "" {
			t.Errorf("built anew: %s", diff)
		}
		w.mustDo(Command{Kind: community.PersonMerge, Key: "link-listed", By: 1, Targets: []community.IdentityID{w.identity("id0"), w.identity("id1")}})
		w.project()
		found("merged", map[string][]string{"采薇": {"薇亦作止"}, "梅长": {"薇亦作止"}, "林殊": {"薇亦作止"}})
		w.mustDo(Command{Kind: community.PersonSplit, Key: "split-listed", By: 1, Targets: []community.IdentityID{w.identity("id1")}})
		w.project()
		found("split again", all)
		later := community.DayOf(w.now().AddDate(0, 0, 1), time.UTC)
		if err := peopledb.DropNames(t.Context(), w.db, 1, later); err != nil {
			t.Fatal(err)
		}
		w.read(func(ctx context.Context, q store.Querier) error {
			var left int
			err := q.QueryRowContext(ctx, `SELECT count(*) FROM former_name`).Scan(&left)
			if left != 0 {
				t.Errorf("%d former names are still on file", left)
			}
			return err
		})
		found("after names were dropped", map[string][]string{"靡室": nil, "采薇": nil, "作止": {"薇亦作止"}, "梅长": nil, "林殊": {"林殊"}, "hao": {"Ｚhao Si"}})
	})
}
