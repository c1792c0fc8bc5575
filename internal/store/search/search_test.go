package search_test

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"qunying/community"
	"qunying/internal/insight/words"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
	"qunying/internal/store/search"
	"qunying/internal/testdb/ready"
)

var begin = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// library is a database with its index and a way to fill both.
type library struct {
	t    testing.TB
	db   *store.DB
	ix   *search.Index
	dsn  string
	said int
}

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(t *testing.T, l *library)) {
	t.Parallel() // they wait for disks more than they work
	for _, c := range []struct {
		name string
		dsn  func(testing.TB) string
	}{
		{"sqlite", ready.SQLite},
		{"postgres", ready.Postgres},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := &library{t: t, dsn: c.dsn(t)}
			l.db, l.ix = open(t, l.dsn)
			test(t, l)
		})
	}
}

func open(t testing.TB, dsn string) (*store.DB, *search.Index) {
	t.Helper()
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	ix, err := search.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ix.Close(); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db, ix
}

// slow says that the race detector is on: SQLite takes ten times as long then,
// and what runs on one goroutine has nothing to show it.
func slow() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// few is how many cases of many are enough.
func few(many, underRace int) int {
	if slow() {
		return underRace
	}
	return many
}

// said is a message of a story.
type said struct {
	group string
	after time.Duration
	text  string
}

func (l *library) say(c community.ID, group string, at time.Time, texts ...string) {
	l.t.Helper()
	story := make([]said, len(texts))
	for i, text := range texts {
		story[i] = said{group, at.Sub(begin), text}
	}
	l.tell(c, story)
}

// tell writes messages and notes them in the timeline as the project loop does.
func (l *library) tell(c community.ID, story []said) {
	l.t.Helper()
	drafts := make([]store.Draft, len(story))
	for i, s := range story {
		group, at, text := s.group, begin.Add(s.after), s.text
		l.said++
		id := fmt.Sprint(l.said)
		drafts[i] = store.Draft{Network: "sim", Group: group, Zone: "UTC", Subject: store.Outside{ID: "u"}, Event: community.Event{
			Key:  community.KeyParts{Kind: community.MessagePosted, Network: "sim", Group: group, ID: id}.Key(),
			Kind: community.MessagePosted, At: at, Content: community.Text, Source: "test", Body: &community.Body{Text: text, MessageID: id},
		}}
	}
	done, err := l.db.Append(context.Background(), c, drafts...)
	if err != nil {
		l.t.Fatal(err)
	}
	if err := l.db.Write(context.Background(), func(tx *store.Tx) error {
		moments := make([]insightdb.Moment, len(done))
		for i, a := range done {
			moments[i] = insightdb.Moment{Group: a.Group, At: drafts[i].Event.At.UnixMilli(), Seq: a.Seq}
		}
		return insightdb.AddMoments(tx, c, moments)
	}); err != nil {
		l.t.Fatal(err)
	}
}

func (l *library) index(c community.ID) {
	l.t.Helper()
	for more := true; more; {
		var err error
		if more, err = l.ix.Step(context.Background(), c); err != nil {
			l.t.Fatal(err)
		}
	}
}

func (l *library) find(c community.ID, q search.Query) []community.Event {
	l.t.Helper()
	if q.Limit == 0 {
		q.Limit = 100
	}
	hits, further, err := l.ix.Find(context.Background(), c, q)
	if err != nil {
		l.t.Fatalf("%+v: %v", q, err)
	}
	if further != (search.Place{}) {
		l.t.Errorf("%+v was cut short", q)
	}
	return hits
}

func texts(hits []community.Event) []string {
	list := make([]string, len(hits))
	for i, e := range hits {
		list[i] = e.Body.Text
	}
	return list
}

// whatIsFound is what a query finds among the lines below, newest first.
var whatIsFound = map[string][]string{
	"打卡":       {"打卡😂第3天", "今天打卡完成了"}, // not 打开卡片
	"卡":        {"打卡😂第3天", "卡", "打开卡片看看", "今天打卡完成了"},
	"好的好的":     {"好的好的"},
	"的好的":      {"好的好的"},
	"hello":    {"ＨＥＬＬＯ　ｗｏｒｌｄ", "Hello World 你好"},
	"ｈｅｌ":      {"ＨＥＬＬＯ　ｗｏｒｌｄ", "Hello World 你好"},
	"HELLO wo": {"Hello World 你好"}, // the other has a wide space
	"  你好 ":    {"Hello World 你好"},
	"v2.1":     {"版本v2.10发布"},
	"本v":       {"版本v2.10发布"},
	"😂":        {"打卡😂第3天", "😂😂"},
	"😂第":       {"打卡😂第3天"},
	"！！":       {"！！！"},
	"!!!":      {"！！！"},
	"%_":       {"50%_off"},
	"50%":      {"50%_off"},
	"a'b\"c*d": {"a'b\"c*d"},
	"體":        {"繁體字"},
	"ГРУППА":   {"группа"},
	"テスト":      {"日本語テスト"},
	"打卡 AND":   nil,
	"ello":     nil, // words of letters are found by their beginning
	"不存在":      nil,
	"group":    nil, // how the index calls groups is not what members write
	strings.Repeat("x", 100): {
		strings.Repeat("x", 100),
	},
	strings.Repeat("x", 101): nil,
}

func TestWhatIsFound(t *testing.T) {
	lines := []string{
		"今天打卡完成了", "打开卡片看看", "卡", "好的好的", "Hello World 你好", "ＨＥＬＬＯ　ｗｏｒｌｄ", "版本v2.10发布", "😂😂", "！！！", "50%_off",
		"打卡😂第3天", "a'b\"c*d", "繁體字", "ﬁne", "группа", "日本語テスト", strings.Repeat("x", 100),
	}
	onBoth(t, func(t *testing.T, l *library) {
		var story []said
		for i, line := range lines {
			story = append(story, said{"g", time.Duration(i) * time.Minute, line})
		}
		l.tell(1, story)
		l.index(1)
		for query, want := range whatIsFound {
			if got := texts(l.find(1, search.Query{Text: query})); !slices.Equal(got, want) {
				t.Errorf("%q finds %q, want %q", query, got, want)
			}
			if got := texts(l.find(1, search.Query{Text: query, Group: 1})); !slices.Equal(got, want) {
				t.Errorf("%q finds %q in the group, want %q", query, got, want)
			}
			if got := l.find(1, search.Query{Text: query, Group: 2}); len(got) != 0 {
				t.Errorf("%q finds %q in another group", query, texts(got))
			}
			if got := l.find(2, search.Query{Text: query}); len(got) != 0 {
				t.Errorf("%q finds %q in another community", query, texts(got))
			}
		}
	})
}

// What somebody writes must not open another group to a search.
func TestNoTextLeavesItsGroup(t *testing.T) {
	onBoth(t, func(t *testing.T, l *library) {
		l.say(1, "first", begin, "机密")
		l.say(1, "second", begin, "机密 group1g group2g §1 机密")
		l.index(1)
		if got := texts(l.find(1, search.Query{Text: "机密", Group: 1})); !slices.Equal(got, []string{"机密"}) {
			t.Errorf("the first group shows %q", got)
		}
	})
}

func TestTimesAreExact(t *testing.T) {
	onBoth(t, func(t *testing.T, l *library) {
		for ms := range 10 {
			l.say(1, "g", begin.Add(time.Duration(ms)*300*time.Millisecond), fmt.Sprint("打卡", ms))
		}
		l.index(1)
		for _, text := range []string{"打卡", "", "卡", "打"} {
			for _, group := range []community.GroupID{0, 1} {
				q := search.Query{Text: text, Group: group, From: begin.Add(600 * time.Millisecond), To: begin.Add(1500 * time.Millisecond)}
				if got := texts(l.find(1, q)); !slices.Equal(got, []string{"打卡4", "打卡3", "打卡2"}) {
					t.Errorf("%q in group %d from 600 to 1500 ms: %q", text, group, got)
				}
			}
		}
	})
}

// Pages of any size, put together, are all hits once, newest first, however
// many stand at one moment and in whatever order they were logged.
func TestPagesHaveNoHolesAndNoRepeats(t *testing.T) {
	onBoth(t, func(t *testing.T, l *library) {
		rng := []int{5, 3, 3, 9, 0, 3, 7, 5, 5, 5, 1, 3}
		var story []said
		for round := range few(40, 20) {
			for _, second := range rng {
				story = append(story, said{fmt.Sprint("g", round%2), time.Duration(second) * time.Second, fmt.Sprint("打卡 ok ", round)})
			}
		}
		l.tell(1, story)
		l.index(1)
		for _, q := range []search.Query{{Text: "打卡"}, {Text: "卡"}, {Text: "ok"}, {Text: "打卡", Group: 1}, {Text: "", Group: 2}, {Text: " ok ", From: begin.Add(3 * time.Second)}} {
			q.Limit = 1000
			all := l.find(1, q)
			if len(all) < few(200, 100) {
				t.Errorf("%+v: %d hits", q, len(all))
			}
			if !slices.IsSortedFunc(all, func(a, b community.Event) int { return b.At.Compare(a.At) }) {
				t.Errorf("%+v: not newest first", q)
			}
			for _, size := range []int{7, 200, 201} {
				if size == 7 && q.Group == 0 {
					continue
				}
				var paged []community.Seq
				for page := q; ; {
					page.Limit = size
					hits := l.find(1, page)
					for _, e := range hits {
						paged = append(paged, e.Seq)
					}
					if len(hits) < size {
						break
					}
					page.After = search.Place{At: hits[size-1].At, Seq: hits[size-1].Seq}
				}
				var whole []community.Seq
				for _, e := range all {
					whole = append(whole, e.Seq)
				}
				if !slices.Equal(whole, paged) {
					t.Errorf("%+v in pages of %d: %d hits, want %d", q, size, len(paged), len(whole))
				}
			}
		}
	})
}

// Over all groups and without a text the newest come first, whatever the order
// in which they were logged, also where a page is filled from one group.
func TestWithoutATextTheNewestOfAllGroupsComeFirst(t *testing.T) {
	onBoth(t, func(t *testing.T, l *library) {
		type line struct {
			at   time.Duration
			text string
		}
		var lines []line
		var story []said
		add := func(group string, at time.Duration) {
			s := said{group, at, fmt.Sprint(group, " ", len(story))}
			story, lines = append(story, s), append(lines, line{at, s.text})
		}
		for i := range 300 { // one group talks for days, others now and then, one was silent since
			add("busy", 24*time.Hour+time.Duration(i*i)*time.Second)
			if i%10 == 0 {
				add(fmt.Sprint("rare", i%40), time.Duration(i)*30*time.Minute)
			}
			if i < 20 {
				add("old", time.Duration(i/2)*time.Minute)
			}
		}
		l.tell(1, story)
		slices.SortStableFunc(lines, func(a, b line) int { return int(a.at - b.at) })
		slices.Reverse(lines)
		for _, page := range []int{50, 201, 1000} {
			var got []string
			for q := (search.Query{Limit: page}); ; {
				hits := l.find(1, q)
				got = append(got, texts(hits)...)
				if len(hits) < page {
					break
				}
				q.After = search.Place{At: hits[page-1].At, Seq: hits[page-1].Seq}
			}
			var want []string
			for _, m := range lines {
				want = append(want, m.text)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("in pages of %d (-want +got):\n%s", page, diff)
			}
		}
		some := l.find(1, search.Query{From: begin.Add(time.Minute), To: begin.Add(3 * time.Minute)})
		if len(some) != 4 {
			t.Errorf("two minutes of the old group: %q", texts(some))
		}
	})
}

// Wherever the days are cut, and whether a word is in every message or in few,
// nothing is missed or told twice: over years, with days on which much was said,
// and with what somebody's clock dated into the past or far ahead.
func TestHistoriesOfManyYearsAreFoundInOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, l *library) {
		l.ix.Era(9)
		var story []said
		add := func(days float64, text string) {
			group := fmt.Sprint("g", len(story)%3)
			story = append(story, said{group, time.Duration(days * 24 * float64(time.Hour)).Truncate(time.Millisecond), fmt.Sprint(text, " ", len(story))})
		}
		for i := range few(400, 100) {
			add(-0.02*float64(i*i), "打卡") // nearly nine years
			if i%3 == 0 {
				add(-float64(i)/300, "打卡 busy")
			}
			if i%50 == 0 {
				add(-float64(i), "少见")
			}
		}
		add(20_000, "打卡 少见")
		add(-19_000, "打卡 少见") // 1974
		l.tell(1, story)
		l.index(1)
		l.index(1)
		ordered := slices.Clone(story)
		slices.SortStableFunc(ordered, func(a, b said) int { return int(a.after - b.after) })
		slices.Reverse(ordered)
		day := 24 * time.Hour
		for _, q := range []search.Query{{Text: "打卡"}, {Text: "少见"}, {Text: "卡"}, {Text: "bus"}, {Text: "打卡", Group: 2}, {Text: "少见", Group: 1},
			{Text: "打卡", From: begin.Add(-90 * day), To: begin.Add(-3 * day)}, {Text: "少见", To: begin.Add(-100 * day)}, {Text: "打卡", From: begin}} {
			var want, got []string
			for _, s := range ordered {
				at := begin.Add(s.after)
				if strings.Contains(s.text, q.Text) && (q.Group == 0 || s.group == fmt.Sprint("g", q.Group-1)) &&
					!at.Before(q.From) && (q.To.IsZero() || at.Before(q.To)) {
					want = append(want, s.text)
				}
			}
			if len(want) == 0 {
				t.Errorf("%+v asks for nothing", q)
			}
			for q.Limit = 13; ; {
				hits := l.find(1, q)
				got = append(got, texts(hits)...)
				if len(hits) < q.Limit {
					break
				}
				q.After = search.Place{At: hits[12].At, Seq: hits[12].Seq}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%+v (-want +got):\n%s", q, diff)
			}
		}
	})
}

// A search that gives up says so, and can be gone on with from where it stopped.
func TestASearchThatIsCutShortGoesOn(t *testing.T) {
	onBoth(t, func(t *testing.T, l *library) {
		var story []said
		for i := range 2500 {
			story = append(story, said{"g", time.Duration(i) * time.Second, "打卡"})
		}
		l.tell(1, story)
		l.index(1)
		l.ix.Most(1000)
		q := search.Query{Text: "打卡", Identities: map[community.IdentityID]bool{7: true}, Limit: 10}
		rounds := 0
		for ; ; rounds++ {
			hits, further, err := l.ix.Find(t.Context(), 1, q)
			if err != nil || len(hits) != 0 {
				t.Fatal(texts(hits), err)
			}
			if further == (search.Place{}) {
				break
			}
			if q.After != (search.Place{}) && !further.At.Before(q.After.At) {
				t.Fatalf("goes on at %v after %v", further, q.After)
			}
			q.After = further
		}
		if rounds != 2 { // 200 + 800, then 200 + 800, then what is left
			t.Errorf("cut short %d times", rounds)
		}
	})
}

func TestWhatWasErasedIsNotFound(t *testing.T) {
	onBoth(t, func(t *testing.T, l *library) {
		l.say(1, "g", begin, "打卡一", "打卡二", "😂打卡三")
		l.index(1)
		if err := l.db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`DELETE FROM event_body WHERE community_id = $1 AND seq <> $2`, int64(1), int64(2))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for query, want := range map[string][]string{"打卡": {"打卡二"}, "卡": {"打卡二"}, "😂": {}} {
			if got := texts(l.find(1, search.Query{Text: query})); !slices.Equal(got, want) {
				t.Errorf("%q finds %q", query, got)
			}
		}
	})
}

func TestFiltersByAuthorAndForm(t *testing.T) {
	onBoth(t, func(t *testing.T, l *library) {
		l.say(1, "g", begin, "打卡")
		l.index(1)
		for _, c := range []struct {
			q    search.Query
			want int
		}{
			{search.Query{Text: "打卡", Identities: map[community.IdentityID]bool{1: true}}, 1},
			{search.Query{Text: "打卡", Identities: map[community.IdentityID]bool{2: true}}, 0},
			{search.Query{Text: "打卡", Identities: map[community.IdentityID]bool{}}, 0},
			{search.Query{Text: "打卡", Content: community.Text}, 1},
			{search.Query{Text: "打卡", Content: community.Image}, 0},
		} {
			if got := l.find(1, c.q); len(got) != c.want {
				t.Errorf("%+v: %d hits, want %d", c.q, len(got), c.want)
			}
		}
	})
}

// alphabet has what search treats apart: Chinese, letters of both widths and
// cases, digits, signs, emoji.
var alphabet = []rune("打卡开天aAbＢ1２ .!！😂_-")

// A search is a substring search over folded texts, but that words of letters
// must be asked for from their beginning.
func TestSearchEqualsAWalkThroughAllMessages(t *testing.T) {
	onBoth(t, func(t *testing.T, l *library) {
		line := rapid.Custom(func(t *rapid.T) string {
			return string(rapid.SliceOfN(rapid.SampledFrom(alphabet), 1, 8).Draw(t, "runes"))
		})
		var all []string
		var story []said
		for i := range few(300, 60) {
			s := line.Example(i)
			all = append(all, s)
			story = append(story, said{"g", time.Duration(i) * time.Second, s})
		}
		l.tell(1, story)
		l.index(1)
		before := dump(t, l)
		rapid.Check(t, func(rt *rapid.T) {
			query := line.Draw(rt, "query")
			needle := words.Fold(strings.TrimSpace(query))
			want := []string{}
			for _, s := range slices.Backward(all) {
				if needle != "" && beginsWords(words.Fold(s), needle) || needle == "" {
					want = append(want, s)
				}
			}
			hits, _, err := l.ix.Find(context.Background(), 1, search.Query{Text: query, Limit: 1000})
			if err != nil {
				rt.Fatal(err)
			}
			if diff := cmp.Diff(want, texts(hits)); diff != "" {
				rt.Errorf("%q: %s", query, diff)
			}
		})
		// Thrown away and made again it is the same.
		if err := l.ix.Drop(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		l.index(1)
		if diff := cmp.Diff(before, dump(t, l)); diff != "" {
			t.Error(diff)
		}
	})
}

// beginsWords says whether each word of letters of needle begins one of s, and
// s holds needle.
func beginsWords(s, needle string) bool {
	if !strings.Contains(s, needle) {
		return false
	}
	isWord := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }
	split := func(s string) []string { return strings.FieldsFunc(s, func(r rune) bool { return !isWord(r) }) }
	for _, w := range split(needle) {
		if !slices.ContainsFunc(split(s), func(have string) bool { return strings.HasPrefix(have, w) }) {
			return false
		}
	}
	return true
}

// dump is what every two characters find.
func dump(t *testing.T, l *library) map[string][]community.Seq {
	t.Helper()
	all := map[string][]community.Seq{}
	for _, a := range alphabet[:4] {
		for _, b := range alphabet[:4] {
			q := string([]rune{a, b})
			for _, e := range l.find(1, search.Query{Text: q, Limit: 1000}) {
				all[q] = append(all[q], e.Seq)
			}
		}
	}
	return all
}

// Two processes may index one log: each message is indexed once.
func TestTwoProcessesIndexOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, l *library) {
		_, other := open(t, l.dsn)
		for round := range 10 {
			l.say(1, "g", begin.Add(time.Duration(round)*time.Second), fmt.Sprint("打卡", round))
			errs := make(chan error, 2)
			for _, ix := range []*search.Index{l.ix, other} {
				go func() {
					_, err := ix.Step(context.Background(), 1)
					errs <- err
				}()
			}
			for range 2 {
				if err := <-errs; err != nil && !strings.Contains(err.Error(), store.ErrLost.Error()) {
					t.Fatal(err)
				}
			}
		}
		l.index(1)
		if got := l.find(1, search.Query{Text: "打卡"}); len(got) != 10 {
			t.Errorf("%d hits, want 10", len(got))
		}
		if at, err := l.ix.Position(t.Context(), 1); err != nil || at != 10 {
			t.Errorf("indexed up to %d, %v", at, err)
		}
	})
}

// When the log's epoch changes (a restore) the index begins anew.
func TestANewEpochBeginsANewIndex(t *testing.T) {
	onBoth(t, func(t *testing.T, l *library) {
		l.say(1, "g", begin, "打卡一", "打卡二")
		l.index(1)
		if err := l.db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE log SET epoch = epoch + 1 WHERE community_id = $1`, int64(1))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if at, err := l.ix.Position(t.Context(), 1); err != nil || at != 0 {
			t.Errorf("at %d, %v", at, err)
		}
		l.index(1)
		if got := l.find(1, search.Query{Text: "打卡"}); len(got) != 2 {
			t.Errorf("%d hits, want 2", len(got))
		}
	})
}
