package answers_test

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/api/answers"
	"qunying/internal/store"
)

// numbersOf runs a query of whole numbers over the log.
func (w *world) sqlNumbers(t *testing.T, query string, args ...any) (list []int64) {
	t.Helper()
	if err := w.DB.Read(t.Context(), func(q store.Querier) error {
		rows, err := q.QueryContext(t.Context(), query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var n int64
			if err := rows.Scan(&n); err != nil {
				return err
			}
			list = append(list, n)
		}
		return rows.Err()
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

// passages says in plain SQL when people of one group joined ($1, $2: from and to,
// $3: the group), when they wrote first after it, and when they wrote again at least
// a day after joining, all within seven days. Nobody in these worlds is merged.
const passages = `WITH entered AS (
	SELECT e.identity_id AS who, e.at AS at, e.seq AS seq FROM event e WHERE e.community_id = 1 AND e.kind = 'member.joined' AND e.flags % 2 = 0
		AND e.at >= $1 AND e.at < $2 AND e.group_id = $3 AND NOT EXISTS (SELECT 1 FROM event x WHERE x.community_id = 1 AND x.kind = 'member.joined'
			AND x.identity_id = e.identity_id AND x.group_id = e.group_id AND x.flags % 2 = 0 AND x.at >= $1 AND (x.at < e.at OR x.at = e.at AND x.seq < e.seq))
), spoke AS (
	SELECT n.who, n.at, (SELECT m.at FROM event m WHERE m.community_id = 1 AND m.kind = 'message.posted' AND m.flags % 2 = 0 AND m.identity_id = n.who AND m.group_id = $3
		AND (m.at > n.at OR m.at = n.at AND m.seq > n.seq) AND m.at <= n.at + 604800000 ORDER BY m.at, m.seq LIMIT 1) AS first_at FROM entered n
), again AS (
	SELECT s.who, s.at, s.first_at, (SELECT MIN(m.at) FROM event m WHERE m.community_id = 1 AND m.kind = 'message.posted' AND m.flags % 2 = 0 AND m.identity_id = s.who AND m.group_id = $3
		AND m.at > s.first_at AND m.at >= s.at + 86400000 AND m.at <= s.at + 604800000) AS again_at FROM spoke s
) `

func (w *world) testFunnel(t *testing.T) {
	period := api.Period{From: start + 3, To: end - 12}
	from, to := period.From.Start(shanghai).UnixMilli(), (period.To + 1).Start(shanghai).UnixMilli()
	want := api.FunnelInput{Steps: []api.PickInput{{Kind: "member.joined"}, {Kind: "message.posted"}, {Kind: "message.posted", After: 1}},
		Window: 7, SameGroup: true, By: "group", From: period.From, To: period.To}
	a, err := w.Funnel(t.Context(), c, want)
	if err != nil {
		t.Fatal(err)
	}
	if a.AsOf == 0 || a.Period != period || a.Coverage.Groups == 0 || len(a.Total.Steps) != 3 {
		t.Errorf("the answer does not say what it is: %+v", a)
	}
	some := 0
	for _, g := range w.groups {
		i := slices.IndexFunc(a.Lines, func(l api.FunnelLine) bool { return l.Group == g.id })
		if i < 0 || a.Lines[i].Name != g.name {
			t.Fatalf("group %d has no line, or another name: %+v", g.id, a.Lines)
		}
		for k, query := range []string{`SELECT at FROM again`, `SELECT first_at - at FROM again WHERE first_at IS NOT NULL`, `SELECT again_at - first_at FROM again WHERE again_at IS NOT NULL`} {
			took := w.sqlNumbers(t, passages+query, from, to, int64(g.id))
			step := a.Lines[i].Steps[k]
			if some += len(took); step.Reached != len(took) {
				t.Errorf("%s: %d reached step %d, SQL says %d", g.name, step.Reached, k+1, len(took))
			}
			slices.Sort(took)
			if n := len(took); k > 0 && n > 0 && (step.Median == nil || *step.Median != (took[(n-1)/2]+took[n/2])/2) {
				t.Errorf("%s: step %d took %v, SQL says %v", g.name, k+1, step.Median, took)
			}
		}
	}
	if some == 0 {
		t.Fatal("nobody joined in the period: the test compares nothing")
	}
	t.Run("people", func(t *testing.T) { w.testFunnelPeople(t, want, a) })
	t.Run("by way", func(t *testing.T) {
		in := want
		in.By, in.Steps = "way", []api.PickInput{{Kind: "member.joined"}}
		a, err := w.Funnel(t.Context(), c, in)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0
		for _, l := range a.Lines {
			got := l.Steps[0].Reached
			sum += got
			in.Steps[0].Way, in.By = *l.Label, ""
			if only, err := w.Funnel(t.Context(), c, in); err != nil || *l.Label != "" && only.Total.Steps[0].Reached < got {
				t.Errorf("by %q came %d, and %+v alone, %v", *l.Label, got, only.Total, err)
			}
		}
		people := w.sqlNumbers(t, `SELECT COUNT(DISTINCT identity_id) FROM event WHERE community_id = 1 AND kind = 'member.joined' AND at >= $1 AND at < $2`, from, to)
		if len(a.Lines) < 2 || sum != a.Total.Steps[0].Reached || int64(sum) != people[0] {
			t.Errorf("%d lines add up to %d, everything is %d, SQL says %d", len(a.Lines), sum, a.Total.Steps[0].Reached, people[0])
		}
	})
	t.Run("staff limited to groups follow people in those", func(t *testing.T) {
		mine := a.Lines[0].Group
		in := want
		in.By = ""
		some, err := w.Funnel(api.WithWithin(t.Context(), []community.GroupID{mine}), c, in)
		if err != nil || some.Total.Steps[0].Reached != a.Lines[0].Steps[0].Reached {
			t.Errorf("%+v, %v, want %+v", some.Total, err, a.Lines[0])
		}
		in.Groups = []community.GroupID{a.Lines[1].Group}
		_, err = w.Funnel(api.WithWithin(t.Context(), []community.GroupID{mine}), c, in)
		wantCode(t, "another's group", err, community.NotFound)
	})
}

func (w *world) testFunnelPeople(t *testing.T, want api.FunnelInput, a api.FunnelAnswer) {
	for k, s := range a.Total.Steps {
		for which, n := range map[string]int{"reached": s.Reached, "lost": s.Lost, "open": s.Open} {
			p, err := w.FunnelPeople(t.Context(), c, api.FunnelPeopleInput{Funnel: want, Step: k + 1, Which: which})
			if err != nil || p.Total != n || len(p.People) != min(n, 100) {
				t.Errorf("step %d, %s: %d of %d people, %v, want %d", k+1, which, len(p.People), p.Total, err, n)
			}
			for _, one := range p.People {
				if one.Name == "" || one.GroupName == "" || len(one.At) <= k || which != "reached" && len(one.At) != k+1 {
					t.Errorf("step %d, %s: %+v", k+1, which, one)
				}
			}
		}
	}
	tables, err := w.FunnelFile(t.Context(), c, api.FunnelPeopleInput{Funnel: want}, "en")
	if err != nil || len(tables) != 2 {
		t.Fatal(len(tables), err)
	}
	var text bytes.Buffer
	if err := answers.WriteTables(&text, "csv", tables); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text.String(), "\uFEFF"))).ReadAll()
	if err != nil || len(lines) != 1+3*(len(a.Lines)+1) || lines[0][0] != "Group" || lines[1][2] != "Joined" {
		t.Errorf("%d lines, %v: %q", len(lines), err, lines[:2])
	}
	if len(tables[1].Rows) != a.Total.Steps[0].Reached {
		t.Errorf("%d people are in the file, %d entered", len(tables[1].Rows), a.Total.Steps[0].Reached)
	}
}

func (w *world) testCohorts(t *testing.T) {
	in := api.CohortsInput{First: api.PickInput{Kind: "message.posted"}, Back: api.PickInput{Kind: "message.posted"}, Grain: "week", From: start, To: end}
	for _, g := range w.groups {
		in.Groups = append(in.Groups, g.id)
	}
	slices.Sort(in.Groups)
	fromDays, err := w.Cohorts(t.Context(), c, in)
	if err != nil {
		t.Fatal(err)
	}
	in.First.Text, in.Back.Text = "的", "的"
	fromTexts, err := w.Cohorts(t.Context(), c, in)
	if err != nil {
		t.Fatal(err)
	}
	// A week of everybody's time, as SQL counts it: Mondays are days 4 and 11 after 1970.
	const monday = 4*86_400_000 - 8*3_600_000 // 1970-01-05 in Shanghai
	triangle := func(text string) []int64 {
		return w.sqlNumbers(t, `WITH said AS (
			SELECT e.identity_id AS who, (e.at - $1) / 604800000 AS week FROM event e JOIN chat_group g ON g.community_id = 1 AND g.group_id = e.group_id AND g.network = 'sim' AND g.outside_id <> 'long'
				JOIN event_body b ON b.community_id = 1 AND b.seq = e.seq
				WHERE e.community_id = 1 AND e.kind = 'message.posted' AND e.flags % 2 = 0 AND e.identity_id > 0 AND e.at < $2 AND b.text LIKE $3
		), began AS (SELECT who, MIN(week) AS week FROM said GROUP BY who)
		SELECT b.week * 100000000 + s.week * 10000 + COUNT(DISTINCT s.who) FROM began b JOIN said s ON s.who = b.who GROUP BY b.week, s.week ORDER BY 1`,
			int64(monday), (end + 1).Start(shanghai).UnixMilli(), text)
	}
	for text, a := range map[string]api.CohortsAnswer{"%": fromDays, "%的%": fromTexts} {
		want := map[[2]community.Day]int64{}
		for _, n := range triangle(text) {
			at := func(week int64) community.Day { return community.Day(4 + 7*week) }
			want[[2]community.Day{at(n / 100_000_000), at(n / 10_000 % 10_000)}] = n % 10_000
		}
		known := 0
		for i, row := range a.Rows {
			if row.Size != want[[2]community.Day{row.At, row.At}] {
				t.Errorf("%s: %d began in the week of %v, SQL says %d", text, row.Size, row.At, want[[2]community.Day{row.At, row.At}])
			}
			for k, back := range row.Back {
				if back == nil {
					continue
				}
				known++
				if n := want[[2]community.Day{row.At, row.At + community.Day(7*(k+1))}]; *back != n {
					t.Errorf("%s: %d of the week of %v were back after %d weeks, SQL says %d", text, *back, row.At, k+1, n)
				}
			}
			if len(row.Back) != len(a.Rows)-1-i {
				t.Errorf("%s: the week of %v has %d weeks after it", text, row.At, len(row.Back))
			}
		}
		if known < 3 || a.Rows[0].Size == 0 || len(a.Mean) != len(a.Rows)-1 || a.Mean[0].Share == nil {
			t.Errorf("%s: little is known: %+v", text, a)
		}
	}
	if tables := answers.CohortTables(fromDays, in, "en"); len(tables[0].Rows) != len(fromDays.Rows)+1 || len(tables[0].Head) != len(fromDays.Mean)+2 {
		t.Errorf("the file has %d lines, %q", len(tables[0].Rows), tables[0].Head)
	}
}
