package answers_test

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/xuri/excelize/v2"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/api/answers"
	"qunying/internal/insight"
	"qunying/internal/store"
)

// testQuery compares composed questions with the reports that exist and with plain
// SQL over the log.
func (w *world) testQuery(t *testing.T) {
	period := api.Period{From: start + 9, To: end - 4}
	ask := func(t *testing.T, in api.QueryInput) api.QueryAnswer {
		t.Helper()
		in.From, in.To = period.From, period.To
		a, err := w.Ask(t.Context(), c, in)
		if err != nil {
			t.Fatal(err)
		}
		if a.AsOf == 0 || a.Period != period || len(a.Metrics) != len(in.Metrics) || a.Metrics[0].Formula.Zh == "" || a.Metrics[0].Unit == "" {
			t.Errorf("the answer does not say what it is: %+v", a)
		}
		return a
	}
	t.Run("groups are as their numbers", func(t *testing.T) {
		for _, row := range ask(t, api.QueryInput{Metrics: insight.Figures(), By: []string{"group"}, Compare: "before"}).Rows {
			want, err := w.Numbers(t.Context(), c, row.Group, period)
			if err != nil {
				t.Fatal(err)
			}
			for i, n := range want.Numbers {
				cell := row.Cells[i]
				if got := (api.Number{Metric: n.Metric, Value: cell.Value, Before: cell.Before, Of: cell.Of, Why: cell.Why, Partial: cell.Partial}); !gocmp.Equal(got, n) {
					t.Errorf("%s of %s (-numbers +query):\n%s", n.Metric, row.Name, gocmp.Diff(n, got))
				}
			}
		}
	})
	t.Run("totals are as SQL counts the log", func(t *testing.T) {
		a := ask(t, api.QueryInput{Metrics: []string{"messages", "speakers", "mentions", "joins"}})
		from, to := period.From.Start(shanghai).UnixMilli(), (period.To + 1).Start(shanghai).UnixMilli()
		for i, query := range []string{
			`SELECT COUNT(*) FROM event WHERE community_id = 1 AND kind = 'message.posted' AND flags % 2 = 0 AND at >= $1 AND at < $2`,
			`SELECT COUNT(DISTINCT identity_id) FROM event WHERE community_id = 1 AND kind = 'message.posted' AND flags % 2 = 0 AND at >= $1 AND at < $2`,
			`SELECT COALESCE(SUM(mentions), 0) FROM event WHERE community_id = 1 AND kind = 'message.posted' AND flags % 2 = 0 AND at >= $1 AND at < $2`,
			`SELECT COUNT(*) FROM event WHERE community_id = 1 AND kind = 'member.joined' AND at >= $1 AND at < $2`,
		} {
			var want float64
			if err := w.DB.Read(t.Context(), func(q store.Querier) error {
				return q.QueryRowContext(t.Context(), query, from, to).Scan(&want)
			}); err != nil {
				t.Fatal(err)
			}
			if got := a.Total[i].Value; got == nil || *got != want {
				t.Errorf("%s is %v, SQL says %v", a.Metrics[i].ID, show(got), want)
			}
		}
		if again := ask(t, api.QueryInput{Metrics: []string{"messages", "speakers"}}); !gocmp.Equal(again.Total, a.Total[:2]) {
			t.Errorf("from the unions: %+v, from the groups: %+v", again.Total, a.Total[:2])
		}
	})
	t.Run("persons are as SQL counts the log", func(t *testing.T) {
		for _, row := range ask(t, api.QueryInput{Metrics: []string{"messages"}, By: []string{"person"}, Limit: 5}).Rows {
			var want float64
			if err := w.DB.Read(t.Context(), func(q store.Querier) error {
				return q.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM event WHERE community_id = 1 AND kind = 'message.posted' AND identity_id = $1 AND at >= $2 AND at < $3`,
					int64(row.Person), period.From.Start(shanghai).UnixMilli(), (period.To + 1).Start(shanghai).UnixMilli()).Scan(&want)
			}); err != nil {
				t.Fatal(err)
			}
			if got := row.Cells[0].Value; row.Name == "" || got == nil || *got != want {
				t.Errorf("%s wrote %v, SQL says %v", row.Name, show(got), want)
			}
		}
	})
	t.Run("ways, codes and inviters are as SQL counts the log", func(t *testing.T) { w.testHows(t, period) })
	t.Run("staff limited to groups count those", func(t *testing.T) {
		var mine []community.GroupID
		var want float64
		for _, g := range w.groups {
			if len(mine) < 2 {
				mine = append(mine, g.id)
				want += float64(g.sum(period.From, period.To, messagesOf))
			}
		}
		a, err := w.Ask(api.WithWithin(t.Context(), mine), c, api.QueryInput{Metrics: []string{"messages"}, By: []string{"group"}, From: period.From, To: period.To})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range a.Rows {
			if !slices.Contains(mine, row.Group) {
				t.Errorf("tells of group %d", row.Group)
			}
		}
		if len(a.Rows) != 2 || a.Total[0].Value == nil || *a.Total[0].Value != want || a.Coverage.Groups != 2 {
			t.Errorf("%d rows, total %v, want %v; coverage %+v", len(a.Rows), show(a.Total[0].Value), want, a.Coverage)
		}
		_, err = w.Ask(api.WithWithin(t.Context(), mine[:1]), c, api.QueryInput{Metrics: []string{"messages"}, Groups: mine[1:]})
		wantCode(t, "another's group", err, community.NotFound)
	})
	t.Run("files hold the same", func(t *testing.T) {
		a := ask(t, api.QueryInput{Metrics: []string{"messages", "activity_rate"}, By: []string{"week", "group"}, Compare: "weeks"})
		var text, book bytes.Buffer
		if err := answers.WriteTables(&text, "csv", answers.QueryTables(a, "zh-CN")); err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text.String(), "\uFEFF"))).ReadAll()
		if err != nil || len(lines) != len(a.Rows)+2 || lines[0][4] != "消息量" {
			t.Fatalf("%d lines of %d rows, %v: %q", len(lines), len(a.Rows), err, lines[0])
		}
		if err := answers.WriteTables(&book, "xlsx", answers.QueryTables(a, "en")); err != nil {
			t.Fatal(err)
		}
		file, err := excelize.OpenReader(&book)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = file.Close() }()
		rows, err := file.GetRows("Numbers")
		if err != nil || len(rows) != len(lines) || rows[0][4] != "Messages" || rows[1][4] != lines[1][4] {
			t.Errorf("%d rows, %v: %q and %q", len(rows), err, rows[1], lines[1])
		}
		if what, err := file.GetRows("Definitions"); err != nil || len(what) != 3 {
			t.Errorf("definitions %q, %v", what, err)
		}
	})
}
