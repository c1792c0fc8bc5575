package store_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"qunying/community"
	"qunying/internal/store"
)

// checkDense holds what cursors trust: no hole, no repeat, no time running back.
func checkDense(t *testing.T, log []community.Event) {
	t.Helper()
	keys := map[community.Key]community.Seq{}
	var last time.Time
	for i, e := range log {
		if e.Seq != community.Seq(i+1) {
			t.Fatalf("event %d has number %d", i+1, e.Seq)
		}
		if other, ok := keys[e.Key]; ok {
			t.Errorf("events %d and %d have one key", other, e.Seq)
		}
		keys[e.Key] = e.Seq
		if e.LoggedAt.Before(last) {
			t.Errorf("event %d was logged at %v, the one before at %v", e.Seq, e.LoggedAt, last)
		}
		last = e.LoggedAt
	}
}

func TestSendersOfTheSameDraftsAddEachOnce(t *testing.T) {
	const senders, each = 64, 20
	onBoth(t, func(t *testing.T, db *opened) {
		got := make([][]store.Appended, senders)
		var wg sync.WaitGroup
		for s := range senders {
			wg.Go(func() {
				for n := range each {
					// Everybody begins elsewhere, so that copies of all are in flight at once.
					i := (n + s*each/senders) % each
					done, err := db.Append(t.Context(), 1, numbered(i), numbered((i+1)%each))
					if err != nil {
						t.Error(err)
						return
					}
					got[s] = append(got[s], done...)
				}
			})
		}
		wg.Wait()
		log := logOf(t, db.DB, 1)
		checkDense(t, log)
		if len(log) != each {
			t.Errorf("%d events, want %d", len(log), each)
		}
		var seqs []community.Seq
		for _, done := range got {
			for _, a := range done {
				if a.Duplicate != (a.Seq == 0) {
					t.Fatalf("%+v is neither a duplicate nor in the log", a)
				}
				if !a.Duplicate {
					seqs = append(seqs, a.Seq)
				}
			}
		}
		slices.Sort(seqs)
		if len(seqs) != each || seqs[0] != 1 || seqs[each-1] != each {
			t.Errorf("the senders were told of the numbers %v", seqs)
		}
	})
}

func TestTheLogIsInTheOrderOfCommits(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		var wg sync.WaitGroup
		for s := range 8 {
			wg.Go(func() {
				last := community.Seq(0)
				for n := range 25 {
					done, err := db.Append(t.Context(), 1, numbered(1000*s+n))
					if err != nil {
						t.Error(err)
						return
					}
					if done[0].Seq <= last {
						t.Errorf("sender %d: number %d after %d", s, done[0].Seq, last)
					}
					last = done[0].Seq
					// Who was acknowledged is read by whoever looks now, and so is all before.
					head := read(t, db.DB, func(ctx context.Context, q store.Querier) (community.Seq, error) { return store.Head(ctx, q, 1) })
					if head < last {
						t.Errorf("event %d was acknowledged while the head was %d", last, head)
					}
				}
			})
		}
		wg.Wait()
		checkDense(t, logOf(t, db.DB, 1))
	})
}

func TestTwoProcessesShareOneLog(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		all := []*store.DB{db.DB, db.again(t)}
		var wg sync.WaitGroup
		for s := range 16 {
			wg.Go(func() {
				for n := range 20 {
					if _, err := all[s%2].Append(t.Context(), 1, numbered(n), numbered(100+20*s+n)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		log := logOf(t, db.DB, 1)
		checkDense(t, log)
		if len(log) != 20+16*20 {
			t.Errorf("%d events", len(log))
		}
		people := map[community.IdentityID]bool{}
		for _, e := range log {
			people[e.Identity] = true
		}
		if len(people) != 7 {
			t.Errorf("seven people have %d numbers", len(people))
		}
	})
}

func TestDuplicatesWithinABatchAndLater(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		first := mustAppend(t, db.DB, 1, numbered(1), numbered(2), numbered(1), numbered(3), numbered(2))
		if diff := cmp.Diff([]store.Appended{{Seq: 1, Group: 1}, {Seq: 2, Group: 1}, {Duplicate: true, Group: 1}, {Seq: 3, Group: 1}, {Duplicate: true, Group: 1}}, first); diff != "" {
			t.Error(diff)
		}
		again := mustAppend(t, db.DB, 1, numbered(3), numbered(4))
		if diff := cmp.Diff([]store.Appended{{Duplicate: true, Group: 1}, {Seq: 4, Group: 1}}, again); diff != "" {
			t.Error(diff)
		}
		checkDense(t, logOf(t, db.DB, 1))
	})
}

// Large batches are written several rows to a statement, and look beforehand
// which of their keys are there: few, many or more than are worth looking at.
func TestLargeBatchesAmongWhatIsThere(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		there := map[int]bool{}
		add := func(name string, numbers ...int) {
			t.Helper()
			drafts := make([]store.Draft, len(numbers))
			for i, n := range numbers {
				drafts[i] = numbered(n)
				if n%3 == 0 {
					drafts[i].Event.Body = nil
				}
			}
			for i, a := range mustAppend(t, db.DB, 1, drafts...) {
				if a.Duplicate != there[numbers[i]] {
					t.Errorf("%s: draft %d is a duplicate: %t", name, numbers[i], a.Duplicate)
				}
				there[numbers[i]] = true
			}
		}
		span := func(from, to, step int) (list []int) {
			for n := from; n < to; n += step {
				list = append(list, n)
			}
			return list
		}
		add("into an empty log", span(1000, 1040, 1)...)
		add("before all", span(0, 37, 1)...)
		add("half of them there", span(1020, 1060, 1)...)
		add("all of them there", span(1000, 1060, 1)...)
		add("twice in one batch", append(span(2000, 2020, 1), span(2000, 2033, 1)...)...)
		add("around too many", span(0, 2100, 100)...)
		add("in no order", 3050, 3001, 3040, 3002, 3030, 3003, 3020, 3004, 3010, 3005, 3011, 3006, 3012, 3007, 3013, 3008, 3014, 3001, 3050)
		log := logOf(t, db.DB, 1)
		checkDense(t, log)
		if len(log) != len(there) {
			t.Errorf("%d events, want %d", len(log), len(there))
		}
		for _, e := range log {
			n := int(e.At.Sub(begin).Milliseconds())
			if (e.Body == nil) != (n%3 == 0) || e.Body != nil && e.Body.MessageID != fmt.Sprint(n) {
				t.Errorf("event %d of draft %d has body %+v", e.Seq, n, e.Body)
			}
		}
	})
}

func TestAnErrorInOneCallLeavesTheOthers(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		var wg sync.WaitGroup
		for s := range 64 {
			wg.Go(func() {
				c := community.ID(1)
				if s%4 == 0 {
					c = 99 // there is none
				}
				_, err := db.Append(t.Context(), c, numbered(s))
				if c == 1 && err != nil {
					t.Error(err)
				}
				if c == 99 && community.CodeOf(err) != community.NotFound {
					t.Errorf("a community that is not there: %v", err)
				}
			})
		}
		wg.Wait()
		log := logOf(t, db.DB, 1)
		checkDense(t, log)
		if len(log) != 48 {
			t.Errorf("%d events, want 48", len(log))
		}
	})
}

// An event that the database refuses, and one for a community that is not there,
// harm nobody who shares a commit with them, also where all names are known.
func TestARefusedEventLeavesTheOthers(t *testing.T) {
	refuse := map[store.Dialect]string{
		store.SQLite:     `CREATE TRIGGER refuse BEFORE INSERT ON event_body WHEN NEW.text = 'refused' BEGIN SELECT RAISE(ABORT, 'no'); END`,
		store.PostgreSQL: `ALTER TABLE event_body ADD CHECK (text <> 'refused')`,
	}
	onBoth(t, func(t *testing.T, db *opened) {
		var known []store.Draft
		for n := range 7 {
			known = append(known, numbered(n))
		}
		mustAppend(t, db.DB, 1, known...)
		write(t, db.DB, func(tx *store.Tx) error {
			_, err := tx.Exec(refuse[db.Dialect])
			return err
		})
		var good, bad atomic.Int64
		var wg sync.WaitGroup
		for s := range 64 {
			wg.Go(func() {
				for n := range 5 {
					d, c := numbered(100+5*s+n), community.ID(1)
					switch s % 8 {
					case 0:
						d.Event.Body.Text = "refused"
					case 1:
						c, d = 99, store.Draft{Event: d.Event} // names nobody
					}
					done, err := db.Append(t.Context(), c, d)
					if (err != nil) != (s%8 < 2) || c == 99 && community.CodeOf(err) != community.NotFound {
						t.Errorf("sender %d: %v", s, err)
					}
					if err != nil {
						bad.Add(1)
					} else if done[0].Seq > 0 && !done[0].Duplicate && done[0].Group == 1 {
						good.Add(1)
					}
				}
			})
		}
		wg.Wait()
		log := logOf(t, db.DB, 1)
		checkDense(t, log)
		if good.Load() != 240 || bad.Load() != 80 || len(log) != 247 {
			t.Errorf("%d were written and %d refused, the log holds %d; want 240, 80 and 247", good.Load(), bad.Load(), len(log))
		}
	})
}

func TestATransactionThatFailsLeavesNoNumbersBehind(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			if _, err := tx.Append(1, []store.Draft{numbered(1)}); err != nil {
				return err
			}
			return community.Errorf(community.Conflict, "no")
		})
		if community.CodeOf(err) != community.Conflict {
			t.Fatal(err)
		}
		other := numbered(2)
		other.Group, other.Subject.ID = "h", "another"
		mustAppend(t, db.DB, 1, other)
		mustAppend(t, db.DB, 1, numbered(1))
		log := logOf(t, db.DB, 1)
		checkDense(t, log)
		if len(log) != 2 || log[0].Group != 1 || log[0].Identity != 1 || log[1].Group != 2 || log[1].Identity != 2 {
			t.Errorf("%+v", log)
		}
	})
}

// Two appends within one transaction see each other's new names.
func TestAppendsOfOneTransactionShareNames(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		write(t, db.DB, func(tx *store.Tx) error {
			for n := range 3 {
				if _, err := tx.Append(1, []store.Draft{numbered(n * 7)}); err != nil {
					return err
				}
			}
			return nil
		})
		for _, e := range logOf(t, db.DB, 1) {
			if e.Identity != 1 || e.Group != 1 {
				t.Errorf("%+v", e)
			}
		}
	})
}

func TestHostileBytes(t *testing.T) {
	const hostile = "a\x00b\xff\xfe中\xed\xa0\x80"
	onBoth(t, func(t *testing.T, db *opened) {
		d := message(hostile, hostile, store.Outside{ID: hostile, Name: hostile}, hostile, begin)
		d.GroupName, d.Account = hostile, hostile
		d.Operator = store.Outside{Name: hostile}
		d.Targets = []store.Outside{{ID: "t\x00", Name: hostile}}
		d.Event.Source = hostile
		d.Event.Body.Data = map[string]string{"a\x00\xff": hostile}
		d.Event.Body.Raw = []byte(hostile)
		mustAppend(t, db.DB, 1, d)
		d.Event.Key[15]++
		mustAppend(t, db.DB, 1, d)
		log := logOf(t, db.DB, 1)
		if len(log) != 2 {
			t.Fatalf("%d events", len(log))
		}
		if log[0].Identity == 0 || log[0].Identity != log[1].Identity || log[0].Group != log[1].Group ||
			log[0].Operator != log[1].Operator || !slices.Equal(log[0].Targets, log[1].Targets) {
			t.Errorf("the same names have two numbers: %+v", log)
		}
		for _, e := range log {
			for _, s := range []string{e.Body.Text, e.Body.Name, e.Body.MessageID, e.Source} {
				if strings.Contains(s, "\x00") || !utf8.ValidString(s) || !strings.Contains(s, "中") {
					t.Errorf("%q was kept", s)
				}
			}
			if n := utf8.RuneCountInString(e.Body.Text); e.Length != n {
				t.Errorf("a text of %d characters has length %d", n, e.Length)
			}
		}
		groups := read(t, db.DB, func(ctx context.Context, q store.Querier) ([]community.Group, error) { return store.Groups(ctx, q, 1) })
		if len(groups) != 1 || !utf8.ValidString(groups[0].Name) || strings.Contains(groups[0].OutsideID, "\x00") {
			t.Errorf("%+v", groups)
		}
	})
}

func TestLoggedAtNeverRunsBack(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		for i, at := range []time.Duration{0, time.Hour, -time.Hour, 2 * time.Hour, 0} {
			db.setClock(begin.Add(at))
			mustAppend(t, db.DB, 1, numbered(i))
		}
		log := logOf(t, db.DB, 1)
		checkDense(t, log)
		var got []time.Duration
		for _, e := range log {
			got = append(got, e.LoggedAt.Sub(begin))
		}
		want := []time.Duration{0, time.Hour, time.Hour, 2 * time.Hour, 2 * time.Hour}
		if !slices.Equal(got, want) {
			t.Errorf("logged after %v, want %v", got, want)
		}
	})
}

func TestLiveLateAndHistory(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		ages := []time.Duration{-time.Hour, 0, community.LateAfter, community.LateAfter + time.Millisecond, 300 * 24 * time.Hour, time.Minute}
		want := []community.Origin{community.Live, community.Live, community.Live, community.Late, community.Late, community.History}
		var drafts []store.Draft
		for i, age := range ages {
			d := message(fmt.Sprint(i), "g", store.Outside{ID: "u"}, "", begin.Add(-age))
			if i == len(ages)-1 {
				d.Event.Origin = community.History
			}
			drafts = append(drafts, d)
		}
		mustAppend(t, db.DB, 1, drafts...)
		for i, e := range logOf(t, db.DB, 1) {
			if e.Origin != want[i] {
				t.Errorf("an event %v old is %s, want %s", ages[i], e.Origin, want[i])
			}
		}
		undecided := read(t, db.DB, func(ctx context.Context, q store.Querier) ([]community.Event, error) {
			return store.Undecided(ctx, q, 1, 0, 100, 100)
		})
		if len(undecided) != 5 {
			t.Errorf("decide looks at %d events, want 5: history is none of its business", len(undecided))
		}
	})
}

func TestTheNewestNameStays(t *testing.T) {
	type said struct {
		name  string
		after time.Duration
	}
	const day = 24 * time.Hour
	cases := map[string]struct {
		story []said
		want  string
	}{
		"renamed":                                  {[]said{{"甲", 0}, {"乙", time.Second}}, "乙"},
		"an older event comes late":                {[]said{{"甲", 0}, {"乙", time.Hour}, {"甲", time.Minute}}, "乙"},
		"renamed back after an older event":        {[]said{{"乙", time.Hour}, {"甲", time.Minute}, {"甲", 2 * time.Hour}}, "甲"},
		"an old export of somebody still so named": {[]said{{"甲", 0}, {"甲", 200 * day}, {"旧", 100 * day}}, "甲"},
		"an event without a name":                  {[]said{{"甲", 0}, {"", time.Hour}}, "甲"},
	}
	onBoth(t, func(t *testing.T, db *opened) {
		for name, c := range cases {
			for i, s := range c.story {
				mustAppend(t, db.DB, 1, message(fmt.Sprint(name, i), "g", store.Outside{ID: name, Name: s.name}, "", begin.Add(s.after)))
			}
			if got := nameOf(t, db.DB, 1, name); got != c.want {
				t.Errorf("%s: called %q, want %q", name, got, c.want)
			}
		}
	})
}

// What a batch makes of names must not depend on how the drafts were batched.
func TestNamesDoNotDependOnBatches(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		base := 0
		rapid.Check(t, func(rt *rapid.T) {
			if base++; base > few(60, 10) {
				return
			}
			who := store.Outside{ID: fmt.Sprint("person", base)}
			type said struct{ name, at int }
			// Moments differ, so that one name is the newest.
			story := rapid.SliceOfNDistinct(rapid.Custom(func(rt *rapid.T) said {
				return said{rapid.IntRange(0, 2).Draw(rt, "name"), rapid.IntRange(0, 50).Draw(rt, "at")}
			}), 1, 8, func(s said) int { return s.at }).Draw(rt, "story")
			var drafts []store.Draft
			newest := story[0]
			for i, s := range story {
				who.Name = []string{"甲", "乙", "丙"}[s.name]
				// Two days apart: within a day the name may be an older one until its owner speaks again.
				drafts = append(drafts, message(fmt.Sprint(base, "/", i), "g", who, "", begin.AddDate(0, 0, 2*s.at)))
				if s.at > newest.at {
					newest = s
				}
			}
			for len(drafts) > 0 {
				n := rapid.IntRange(1, len(drafts)).Draw(rt, "batch")
				if _, err := db.Append(context.Background(), 1, drafts[:n]...); err != nil {
					rt.Fatal(err)
				}
				drafts = drafts[n:]
			}
			if got, want := nameOf(t, db.DB, 1, who.ID), []string{"甲", "乙", "丙"}[newest.name]; got != want {
				rt.Errorf("called %q, want %q", got, want)
			}
		})
	})
}

// A name alone is somebody in its group only; a platform's ID is the same
// person in every group of its network.
func TestWhoIsWho(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		byName, byID := store.Outside{Name: "小李"}, store.Outside{ID: "u1", Name: "小李"}
		other := message("5", "g", byID, "", begin)
		other.Network = "qq"
		other.Event.Key[15]++
		mustAppend(t, db.DB, 1, message("1", "g", byName, "", begin), message("2", "h", byName, "", begin),
			message("3", "g", byID, "", begin), message("4", "h", byID, "", begin), other, message("6", "g", store.Outside{}, "", begin))
		log := logOf(t, db.DB, 1)
		var got []community.IdentityID
		for _, e := range log {
			got = append(got, e.Identity)
		}
		if want := []community.IdentityID{1, 2, 3, 3, 4, 0}; !slices.Equal(got, want) {
			t.Errorf("identities %v, want %v", got, want)
		}
	})
}

// A group that was known from an export is listened to from the day on which an
// account of ours reports from it.
func TestAGroupIsListenedToOnceAnAccountReports(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		listens := func() string {
			return read(t, db.DB, func(ctx context.Context, q store.Querier) (string, error) { return store.AccountOf(ctx, q, 1, 1) })
		}
		mustAppend(t, db.DB, 1, numbered(1))
		if a := listens(); a != "" {
			t.Errorf("%q listens already", a)
		}
		d := numbered(2)
		d.Account = "wx"
		mustAppend(t, db.DB, 1, d)
		mustAppend(t, db.DB, 1, numbered(3))
		if a := listens(); a != "wx" {
			t.Errorf("%q listens, want wx", a)
		}
	})
}

// A group without a zone of its own lives in its community's.
func TestAGroupInheritsTheZone(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		if err := db.AddCommunity(t.Context(), 2, "ny", "NY", "America/New_York"); err != nil {
			t.Fatal(err)
		}
		d := numbered(1)
		d.Zone = ""
		mustAppend(t, db.DB, 2, d)
		g := read(t, db.DB, func(ctx context.Context, q store.Querier) (community.Group, error) { return store.Group(ctx, q, 2, 1) })
		if g.Zone.String() != "America/New_York" {
			t.Errorf("the group's zone is %v", g.Zone)
		}
	})
}

func TestAClosedDatabaseSaysSo(t *testing.T) {
	onBoth(t, func(t *testing.T, o *opened) {
		db, err := store.Open(t.Context(), o.dsn)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Append(t.Context(), 1, numbered(1)); community.CodeOf(err) != community.Unavailable {
			t.Errorf("append: %v", err)
		}
		if err := db.Write(t.Context(), func(*store.Tx) error { return nil }); community.CodeOf(err) != community.Unavailable {
			t.Errorf("write: %v", err)
		}
	})
}

// A panic in a transaction leaves nothing behind and the writer alive.
func TestAPanicInATransactionLeavesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		func() {
			defer func() { _ = recover() }() // on PostgreSQL the caller's own goroutine panics
			err := db.Write(t.Context(), func(tx *store.Tx) error {
				if _, err := tx.Append(1, []store.Draft{numbered(1)}); err != nil {
					return err
				}
				panic("no")
			})
			if err == nil {
				t.Error("the panic was lost")
			}
		}()
		mustAppend(t, db.DB, 1, numbered(2))
		if log := logOf(t, db.DB, 1); len(log) != 1 || log[0].Seq != 1 || log[0].Body.MessageID != "2" {
			t.Errorf("%+v", log)
		}
	})
}

// A group of which only the ID was known takes the name that an old file tells; a
// name that it has is not changed by one.
func TestAGroupKnownByItsIDIsNamed(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		for i, name := range []string{"", "晨读群", "晨读旧群"} {
			d := message("m"+strconv.Itoa(i), "12345@chatroom", store.Outside{ID: "u"}, "", begin.Add(-9000*time.Hour))
			d.GroupName, d.Event.Origin = name, community.History
			mustAppend(t, db.DB, 1, d)
			got := read(t, db.DB, func(ctx context.Context, q store.Querier) (string, error) {
				g, err := store.Group(ctx, q, 1, 1)
				return g.Name, err
			})
			if want := []string{"12345@chatroom", "晨读群", "晨读群"}[i]; got != want {
				t.Errorf("after %q: %q, want %q", name, got, want)
			}
		}
	})
}
