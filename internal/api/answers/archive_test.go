package answers_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/engine"
	"qunying/internal/store"
)

var toldKinds = []community.Kind{community.MessagePosted, community.MessageRecalled, community.MemberJoined, community.MemberLeft,
	community.MemberRenamed, community.GroupRenamed, community.GroupAnnounced}

// timeline is what a group's stream must show, by time and then by the log.
func (w *world) timeline(g community.GroupID) (seqs []community.Seq) {
	var list []community.Event
	for _, e := range w.log {
		if e.Group == g && slices.Contains(toldKinds, e.Kind) {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b community.Event) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Seq, b.Seq)) })
	for _, e := range list {
		seqs = append(seqs, e.Seq)
	}
	return seqs
}

func seqsOf(list []api.Message) (seqs []community.Seq) {
	for _, m := range list {
		seqs = append(seqs, m.Seq)
	}
	return seqs
}

func (w *world) testStream(t *testing.T) {
	id := w.groupNamed(t, book)
	want := w.timeline(id)
	if len(want) != 4*bookDays || slices.IsSorted(want) {
		t.Fatalf("the imported group has %d lines, in the log's order", len(want))
	}
	expect := func(t *testing.T, what string, a api.StreamAnswer, err error, from, to int) {
		t.Helper()
		from, to = max(from, 0), min(to, len(want))
		if err != nil {
			t.Fatal(what, err)
		}
		if diff := gocmp.Diff(want[from:to], seqsOf(a.Messages), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
		if a.Earlier != (from > 0) || a.Later != (to < len(want)) {
			t.Errorf("%s: earlier %v, later %v, for [%d, %d) of %d", what, a.Earlier, a.Later, from, to, len(want))
		}
	}
	ctx := t.Context()
	for _, limit := range []int{1, 200} {
		a, err := w.Stream(ctx, c, id, api.StreamQuery{Limit: limit})
		expect(t, "newest", a, err, len(want)-limit, len(want))
		for at, seq := range want {
			if 1 < at && at < len(want)-2 && at != 100 {
				continue
			}
			a, err := w.Stream(ctx, c, id, api.StreamQuery{Before: seq, Limit: limit})
			expect(t, fmt.Sprint("before ", at), a, err, at-limit, at)
			a, err = w.Stream(ctx, c, id, api.StreamQuery{After: seq, Limit: limit})
			expect(t, fmt.Sprint("after ", at), a, err, at+1, at+1+limit)
			a, err = w.Stream(ctx, c, id, api.StreamQuery{Around: seq, Limit: limit})
			expect(t, fmt.Sprint("around ", at), a, err, at-limit/2, at+1+limit-limit/2)
			for _, after := range []int{0, 2} {
				a, err = w.Context(ctx, c, seq, limit-1, after)
				expect(t, fmt.Sprint("context of ", at), a, err, at-limit+1, at+1+after)
			}
		}
	}
	for outside, g := range w.groups {
		a, err := w.Stream(ctx, c, g.id, api.StreamQuery{Limit: 100_000})
		if diff := gocmp.Diff(w.timeline(g.id), seqsOf(a.Messages)); diff != "" || err != nil || a.Earlier || a.Later {
			t.Errorf("%s: %v %v %v %s", outside, err, a.Earlier, a.Later, diff)
		}
		w.checkGaps(t, outside, a.Gaps, g.first, g.last)
		w.checkRecalled(t, a.Messages)
	}
	_, err := w.Stream(ctx, c, w.groupNamed(t, long), api.StreamQuery{Before: want[0]})
	wantCode(t, "before a message of another group", err, community.NotFound)
	_, err = w.Stream(ctx, c, id, api.StreamQuery{Around: 1 << 40})
	wantCode(t, "around no message", err, community.NotFound)
}

func (w *world) checkRecalled(t *testing.T, list []api.Message) {
	t.Helper()
	recalled := map[string]bool{}
	ids := map[community.Seq]string{}
	for _, e := range w.log {
		if e.Kind == community.MessageRecalled {
			recalled[e.Body.Data["message"]] = true
		}
		ids[e.Seq] = e.Body.MessageID
	}
	for _, m := range list {
		if m.Kind == string(community.MessagePosted) && m.Recalled != recalled[ids[m.Seq]] {
			t.Errorf("message %d: recalled %v", m.Seq, m.Recalled)
		}
		if m.Name == "" || m.Person == 0 || m.Erased || m.Zone != shanghai.String() {
			t.Errorf("message %+v", m)
		}
	}
}

// found is what a search must find, newest first.
func (w *world) found(q api.SearchQuery, identities ...community.IdentityID) (seqs []community.Seq) {
	var list []community.Event
	for _, e := range w.log {
		if e.Kind != community.MessagePosted || !strings.Contains(strings.ToLower(e.Body.Text), strings.ToLower(q.Text)) ||
			q.Group != 0 && e.Group != q.Group || q.Content != "" && e.Content != q.Content {
			continue
		}
		if day := community.DayOf(e.At, shanghai); q.Period.From != 0 && day < q.Period.From || q.Period.To != 0 && day > q.Period.To {
			continue
		}
		if len(identities) > 0 && !slices.Contains(identities, e.Identity) {
			continue
		}
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b community.Event) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Seq, a.Seq)) })
	for _, e := range list {
		seqs = append(seqs, e.Seq)
	}
	return seqs
}

func (w *world) searchAll(t *testing.T, q api.SearchQuery) (all []api.Message) {
	t.Helper()
	for {
		a, next, err := w.Search(t.Context(), c, q)
		if err != nil || len(a.Messages) > q.Limit {
			t.Fatalf("%+v: %d messages, %v", q, len(a.Messages), err)
		}
		if all = append(all, a.Messages...); next == (api.Place{}) || len(all) > len(w.log) {
			return all
		}
		q.After = next
	}
}

func (w *world) testSearch(t *testing.T) {
	id := w.groupNamed(t, book)
	day := bookStart + 10
	var some *told
	for _, g := range w.groups {
		some = g
	}
	for _, q := range []api.SearchQuery{
		{Text: "你好"}, {Text: "hello 世界"}, {Text: "HELLO"}, {Text: "好"}, {Text: "再见", Group: id}, {Text: "😀4"}, {Text: "没有人这样说"},
		{Text: "你好", Period: api.Period{From: day, To: day + 3}}, {Text: "你好", Period: api.Period{From: day}},
		{Text: "你好", Group: id, Period: api.Period{To: day}}, {Group: id}, {Group: id, Period: api.Period{From: day, To: day}},
		{Group: some.id, Content: community.Image}, {Text: "的", Group: some.id, Period: api.Period{From: start + 3, To: start + 20}},
	} {
		want := w.found(q)
		q.Limit = max(3, len(want)/3) // some pages, the last one full or not
		got := w.searchAll(t, q)
		if diff := gocmp.Diff(want, seqsOf(got), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", q, diff)
		}
		for _, m := range got {
			checkMarks(t, m, q.Text)
		}
	}
	got := seqsOf(w.searchAll(t, api.SearchQuery{Limit: 150}))
	want := w.found(api.SearchQuery{})
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("everything (-want +got):\n%s", diff)
	}
	_, _, err := w.Search(t.Context(), c, api.SearchQuery{Text: "你好", Group: 999})
	wantCode(t, "search in no group", err, community.NotFound)
}

func checkMarks(t *testing.T, m api.Message, text string) {
	t.Helper()
	units := utf16.Encode([]rune(m.Text))
	if (len(m.Marks) == 0) != (text == "") {
		t.Errorf("%q in %q: marks %v", text, m.Text, m.Marks)
	}
	for _, mark := range m.Marks {
		if got := string(utf16.Decode(units[mark[0]:mark[1]])); !strings.EqualFold(got, text) {
			t.Errorf("%q in %q: marked %q", text, m.Text, got)
		}
	}
}

// A person who was merged has the messages of all their names, whichever of
// them is asked for.
func (w *world) testPerson(t *testing.T) {
	ctx := t.Context()
	group := w.groupNamed(t, book)
	identity := func(name string) (id community.IdentityID) {
		if err := w.DB.Read(ctx, func(q store.Querier) (err error) {
			id, err = store.IdentityByOutside(ctx, q, c, w.networkOf(t, group), group, name)
			return err
		}); err != nil || id == 0 {
			t.Fatal(name, id, err)
		}
		return id
	}
	li, child := identity("小李"), identity("小李子")
	apart, err := w.Person(ctx, c, community.PersonID(child))
	if err != nil || apart.Person.Messages == 0 || len(apart.Person.Identities) != 1 {
		t.Fatalf("before: %+v, %v", apart, err)
	}
	seenApart := w.seenIn(t, group)
	answer, err := w.engine.Do(ctx, c, engine.Command{Kind: community.PersonMerge, Key: "merge the two", By: 1, Targets: []community.IdentityID{li, child}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.engine.Settled(ctx, c, answer.Seq+1); err != nil {
		t.Fatal(err)
	}
	w.settle(t)
	if got := w.seenIn(t, group); got != seenApart-1 {
		t.Errorf("%d seen once two of %d are one", got, seenApart)
	}
	links, err := w.Links(ctx, c, community.PersonID(child))
	if err != nil || len(links.Links) != 1 || !links.Links[0].Joined || !links.Links[0].Open || links.Links[0].By != 1 ||
		!slices.Equal(append(links.Links[0].Names, links.Links[0].Other), []string{"小李子", "小李"}) && !slices.Equal(append(links.Links[0].Names, links.Links[0].Other), []string{"小李", "小李子"}) {
		t.Errorf("how they came to be one: %+v, %v", links, err)
	}
	want := w.found(api.SearchQuery{Group: group}, li, child)
	first := community.PersonID(min(li, child))
	for _, id := range []community.IdentityID{li, child} {
		a, err := w.Person(ctx, c, community.PersonID(id))
		if err != nil {
			t.Fatal(err)
		}
		p := a.Person
		if p.ID != first || p.Messages != int64(len(want)) || len(p.Identities) != 2 || len(p.Groups) != 1 ||
			p.Groups[0].Messages != p.Messages || p.Groups[0].Group != group || len(p.Names) != 2 {
			t.Errorf("asked for %d: %+v, want person %d with %d messages", id, p, first, len(want))
		}
		if p.FirstAt != bookStart.Start(shanghai).Add(20*3600e9).UnixMilli() || p.Groups[0].FirstAt != p.FirstAt {
			t.Errorf("first seen at %s", atMS(p.FirstAt))
		}
		got := seqsOf(w.searchAll(t, api.SearchQuery{Group: group, Person: community.PersonID(id), Limit: 30}))
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("search by %d (-want +got):\n%s", id, diff)
		}
	}
	s, err := w.Speakers(ctx, c, group, api.Period{From: bookStart, To: bookStart + bookDays - 1}, 10)
	if err != nil || len(s.Speakers) != 2 || s.Speakers[0].Person != first || s.Speakers[0].Messages != int64(len(want)) || s.Speakers[0].Days != bookDays {
		t.Errorf("speakers %+v, %v", s.Speakers, err)
	}
	n, err := w.Numbers(ctx, c, group, api.Period{})
	if err != nil || *number(t, n.Numbers, "speakers").Value != 2 {
		t.Errorf("speakers after the merge: %+v, %v", number(t, n.Numbers, "speakers"), err)
	}
}

// seenIn is how many people were seen in a group, as its head and its card say.
func (w *world) seenIn(t *testing.T, id community.GroupID) int64 {
	t.Helper()
	head, err := w.Group(t.Context(), c, id)
	if err != nil {
		t.Fatal(err)
	}
	list, _, err := w.Groups(t.Context(), c, api.GroupsQuery{Days: 7})
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(list.Groups, func(g api.GroupCard) bool { return g.ID == id })
	if at < 0 || list.Groups[at].Seen != head.Group.Seen {
		t.Errorf("group %d: the head has %d seen; the list %+v", id, head.Group.Seen, list.Groups)
	}
	return head.Group.Seen
}

func (w *world) networkOf(t *testing.T, id community.GroupID) (n community.Network) {
	t.Helper()
	if err := w.DB.Read(t.Context(), func(q store.Querier) error {
		g, err := store.Group(t.Context(), q, c, id)
		n = g.Network
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}
