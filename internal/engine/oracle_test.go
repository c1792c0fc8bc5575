package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/connector/sim"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// oracle asks the raw log in plain SQL what the reports of one group must say.
// It knows zones without changes of clocks only.
type oracle struct {
	t      testing.TB
	ctx    context.Context
	q      store.Querier
	c      community.ID
	g      community.Group
	offset int64 // of the zone, ms
}

// local is the SQL of an event's local time in ms, and of its day.
func (o *oracle) local() string { return fmt.Sprintf("(at + %d)", o.offset) }
func (o *oracle) day() string   { return "(" + o.local() + " / 86400000)" }

const byMembers = `kind = 'message.posted' AND flags % 2 = 0`

// ask answers rows of numbers; NULL is 0.
func (o *oracle) ask(what, where, rest string, args ...any) [][]int64 {
	o.t.Helper()
	rows, err := o.q.QueryContext(o.ctx, `SELECT `+what+` FROM event WHERE community_id = $1 AND group_id = $2 AND `+where+` `+rest,
		append([]any{int64(o.c), int64(o.g.ID)}, args...)...)
	if err != nil {
		o.t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		o.t.Fatal(err)
	}
	var all [][]int64
	for rows.Next() {
		values, dest := make([]sql.NullInt64, len(columns)), make([]any, len(columns))
		for i := range values {
			dest[i] = &values[i]
		}
		if err := rows.Scan(dest...); err != nil {
			o.t.Fatal(err)
		}
		row := make([]int64, len(values))
		for i, v := range values {
			row[i] = v.Int64
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		o.t.Fatal(err)
	}
	return all
}

const speakers = `COUNT(DISTINCT CASE WHEN identity_id <> 0 THEN identity_id END)`

// check compares everything and answers how many messages there are.
func (o *oracle) check(h *insight.History) int64 {
	o.t.Helper()
	span, ok := h.Heard()
	if !ok {
		o.t.Errorf("nothing was heard of %s", o.g.Name)
		return 0
	}
	inGap := func(d community.Day) bool { return len(h.GapsIn(insight.Span{From: d, To: d})) > 0 }
	o.trends(h, span, inGap)
	o.rhythm(h, span, inGap)
	o.changes(h, span)
	o.retention(h, span)
	o.more(h, span, inGap)

	total := o.ask(`COUNT(*), SUM(mentions)`, byMembers, ``)[0]
	if n, _ := h.Number("mentions", span); n.Value == nil || int64(*n.Value) != total[1] {
		o.t.Errorf("%s: mentions %v, want %d", o.g.Name, n.Value, total[1])
	}
	top := h.Speakers(span, 10)
	var got [][]int64
	for _, s := range top.Top {
		got = append(got, []int64{int64(s.Person), s.Messages, int64(s.Days)})
	}
	want := o.ask(`identity_id, COUNT(*), COUNT(DISTINCT `+o.day()+`)`, byMembers+` AND identity_id <> 0`, `GROUP BY identity_id ORDER BY 2 DESC, 1 LIMIT 10`)
	if diff := cmp.Diff(want, got); diff != "" || top.Messages != total[0] {
		o.t.Errorf("%s: top speakers of %d messages, want %d: %s", o.g.Name, top.Messages, total[0], diff)
	}
	view, err := insightdb.TotalsOf(o.ctx, o.q, o.c, o.g.ID)
	if err != nil || view.Messages != total[0] {
		o.t.Errorf("%s: a total of %d messages, want %d; %v", o.g.Name, view.Messages, total[0], err)
	}
	return total[0]
}

// trends compares messages and speakers by day, week and month.
func (o *oracle) trends(h *insight.History, span insight.Span, inGap func(community.Day) bool) {
	o.t.Helper()
	for _, grain := range []insight.Grain{insight.ByDay, insight.ByWeek, insight.ByMonth} {
		trend := h.Trend(span, grain)
		for i, from := range trend.T {
			to := span.To + 1
			if i+1 < len(trend.T) {
				to = trend.T[i+1]
			}
			want := o.ask(`COUNT(*), `+speakers, byMembers+` AND `+o.day()+` >= $3 AND `+o.day()+` < $4`, ``, int64(from), int64(to))[0]
			if trend.Messages[i] == nil {
				if want[0] > 0 && !inGap(from) {
					o.t.Errorf("%s: %s from %s is unknown, want %d messages", o.g.Name, grain, from, want[0])
				}
				continue
			}
			if got := []int64{int64(*trend.Messages[i]), int64(*trend.Speakers[i])}; !slices.Equal(got, want) {
				o.t.Errorf("%s: %s from %s: messages and speakers %v, want %v", o.g.Name, grain, from, got, want)
			}
		}
	}
}

// rhythm compares the heat map.
func (o *oracle) rhythm(h *insight.History, span insight.Span, inGap func(community.Day) bool) {
	o.t.Helper()
	var want [7][24]int64
	for _, r := range o.ask(o.day()+`, `+o.local()+` / 3600000 % 24, COUNT(*)`, byMembers, `GROUP BY 1, 2`) {
		if d := community.Day(r[0]); !inGap(d) {
			want[(int(d.Weekday())+6)%7][r[1]] += r[2]
		}
	}
	if diff := cmp.Diff(want, h.Rhythm(span).Total); diff != "" {
		o.t.Errorf("%s: heat map: %s", o.g.Name, diff)
	}
}

// changes compares joins and leaves that were seen, by day.
func (o *oracle) changes(h *insight.History, span insight.Span) {
	o.t.Helper()
	inferred := len(h.Inferred(span)) > 0
	for kind, count := range map[string]func(insight.Span) (int, bool){"member.joined": h.Joins, "member.left": h.Leaves} {
		sum := 0
		for _, r := range o.ask(o.day()+`, COUNT(DISTINCT identity_id)`, `kind = $3`, `GROUP BY 1`, kind) {
			d := community.Day(r[0])
			sum += int(r[1])
			if got, _ := count(insight.Span{From: d, To: d}); got != int(r[1]) && !inferred {
				o.t.Errorf("%s: %s on %s: %d, want %d", o.g.Name, kind, d, got, r[1])
			}
		}
		if got, _ := count(span); got != sum && !inferred {
			o.t.Errorf("%s: %s: %d, want %d", o.g.Name, kind, got, sum)
		}
	}
}

// retention compares the triangle of who first spoke in a week and spoke again.
func (o *oracle) retention(h *insight.History, span insight.Span) {
	o.t.Helper()
	monday := `(` + o.day() + ` - (` + o.day() + ` + 3) % 7)`
	cells := map[[2]int64]int64{}
	first := map[int64]int64{}
	for _, r := range o.ask(`DISTINCT identity_id, `+monday, byMembers+` AND identity_id <> 0`, `ORDER BY 2`) {
		if _, ok := first[r[0]]; !ok {
			first[r[0]] = r[1]
		}
		cells[[2]int64{first[r[0]], r[1]}]++
	}
	known := 0
	for _, c := range h.Retention(span, insight.Speaking).Cohorts {
		week := int64(c.Week)
		if want := cells[[2]int64{week, week}]; c.Size != want {
			o.t.Errorf("%s: %d first spoke in the week of %s, want %d", o.g.Name, c.Size, c.Week, want)
		}
		for i, back := range c.Back {
			if back == nil {
				continue
			}
			known++
			if want := cells[[2]int64{week, week + 7*int64(i+1)}]; *back != want {
				o.t.Errorf("%s: of the week of %s %d were back after %d weeks, want %d", o.g.Name, c.Week, *back, i+1, want)
			}
		}
	}
	countable := false // a week after the first that was mostly heard; excerpts of a chat may have none
	for w := (insight.Span{From: span.From.Week() + 7, To: span.From.Week() + 13}); w.To <= h.LastWhole(); w.From, w.To = w.From+7, w.To+7 {
		gaps := 0
		for d := w.From; d <= w.To; d++ {
			gaps += len(h.GapsIn(insight.Span{From: d, To: d}))
		}
		countable = countable || 2*gaps <= 7
	}
	if countable != (known > 0) {
		o.t.Errorf("%s: the triangle of %d days has %d cells", o.g.Name, span.Days(), known)
	}
}

// ask compares all groups of a community with the log.
func (w *world) compare(c community.ID, offset time.Duration) (messages int64) {
	w.t.Helper()
	w.read(func(ctx context.Context, q store.Querier) error {
		groups, err := store.Groups(ctx, q, c)
		if err != nil {
			return err
		}
		for _, g := range groups {
			h, err := w.e.History(ctx, q, g)
			if err != nil {
				return err
			}
			o := &oracle{w.t, ctx, q, c, g, offset.Milliseconds()}
			messages += o.check(h)
		}
		return nil
	})
	return messages
}

// Three simulated communities, with outages, on one database.
func TestReportsEqualPlainSQLAndTheTruth(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		shanghai, err := community.LoadZone("Asia/Shanghai")
		if err != nil {
			t.Fatal(err)
		}
		for c := community.ID(1); c <= 3; c++ {
			if err := w.db.AddCommunity(t.Context(), c, fmt.Sprint("c", c), "c", "Asia/Shanghai"); err != nil {
				t.Fatal(err)
			}
			g, err := sim.New(sim.Plan{Seed: uint64(c), Groups: int(c), Members: 15, Days: few(45, 28), Zone: shanghai,
				Start: community.DayOf(begin, shanghai) - 60, MessagesPerMemberDay: 0.5, OutagesPerMonth: float64(c - 1)})
			if err != nil {
				t.Fatal(err)
			}
			var truth sim.Truth
			if _, err := w.e.Fill(t.Context(), c, "sim", shanghai, g.WithTruth(truth.Record), nil); err != nil {
				t.Fatal(err)
			}
			w.project()
			if n := w.compare(c, 8*time.Hour); n < 100 {
				t.Errorf("only %d messages were compared", n)
			}
			w.compareTruth(c, &truth)
		}
	})
}

// compareTruth holds the views against what the simulation says it has told.
func (w *world) compareTruth(c community.ID, truth *sim.Truth) {
	w.t.Helper()
	w.read(func(ctx context.Context, q store.Querier) error {
		outside, groups := map[community.IdentityID]string{}, map[string]community.GroupID{}
		for id := community.IdentityID(1); ; id++ {
			found, err := store.Identities(ctx, q, c, []community.IdentityID{id})
			if err != nil {
				return err
			}
			if len(found) == 0 {
				break
			}
			outside[id] = found[id].Outside
		}
		list, err := store.Groups(ctx, q, c)
		if err != nil {
			return err
		}
		for _, g := range list {
			groups[g.OutsideID] = g.ID
		}
		for _, want := range truth.Days {
			d, err := insightdb.Day(ctx, q, c, groups[want.Group], want.Day)
			if err != nil {
				return err
			}
			if d == nil {
				d = insight.NewGroupDay(groups[want.Group], want.Day)
			}
			got := sim.GroupDay{Group: want.Group, Day: d.Day, Messages: d.Messages, Lost: want.Lost, Mentions: d.Mentions, Recalls: d.Recalled,
				Joins: int(d.Joined.GetCardinality()), Leaves: int(d.Left.GetCardinality()), ByMember: map[string]int{}}
			for i, n := range d.Hours {
				got.Hours[i] = int(n)
			}
			for id, n := range d.Posts {
				got.ByMember[outside[id]] = int(n)
			}
			present, _, err := insightdb.Present(ctx, q, c, groups[want.Group], want.Day)
			if err != nil {
				return err
			}
			for _, id := range present.ToArray() {
				got.Present = append(got.Present, outside[community.IdentityID(id)])
			}
			slices.Sort(got.Present)
			if diff := cmp.Diff(want, got); diff != "" {
				w.t.Errorf("community %d, %s on %s: %s", c, want.Group, want.Day, diff)
			}
		}
		return nil
	})
}

// Chats of real people: what reports say of them equals plain SQL.
func TestReportsOnRealChatsEqualPlainSQL(t *testing.T) {
	dir := os.Getenv("QUNYING_DATA")
	for _, c := range []struct {
		file   string
		zone   string
		offset time.Duration
		rows   int64 // at most
		want   int64 // messages, where all of the file is read
	}{
		{"haskell-china/qq-export.txt.gz", "Asia/Shanghai", 8 * time.Hour, 1 << 40, 12_312},
		{"irc-ubuntu/logs.tar.gz", "UTC", 0, 6000, 0},
	} {
		t.Run(filepath.Dir(c.file), func(t *testing.T) {
			if slow() {
				t.Skip("SKIPPED: real chats take minutes under the race detector; run the tests without it too")
			}
			path := filepath.Join(dir, c.file)
			if _, err := os.Stat(path); dir == "" || err != nil {
				t.Skip("SKIPPED: QUNYING_DATA does not name the folder with real chats: reports on them are not tested")
			}
			onBoth(t, func(t *testing.T, w *world) {
				zone, err := community.LoadZone(c.zone)
				if err != nil {
					t.Fatal(err)
				}
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				r, err := w.e.Import(ctx, 1, ImportOptions{Path: path, Zone: zone, GroupAs: "群", commit: func(tx *store.Tx, n int64, _ ImportCounts) error {
					if n >= c.rows {
						tx.AfterCommit(stop)
					}
					return nil
				}})
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				w.project()
				if n := w.compare(1, c.offset); n < 2000 || c.want != 0 && n != c.want {
					t.Errorf("%d messages were compared, %d imported, want %d", n, r.Imported, c.want)
				}
			})
		})
	}
}
