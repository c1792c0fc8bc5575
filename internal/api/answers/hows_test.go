package answers_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/api/answers"
	"qunying/internal/store"
)

// cameBy says in plain SQL how people came or went ($1: the kind; $2, $3: from and to): the
// first time of a day of each in each group. Days are those of Shanghai.
const cameBy = `SELECT e.operator_id, COALESCE(b.data, '') FROM event e LEFT JOIN event_body b ON b.community_id = e.community_id AND b.seq = e.seq
	WHERE e.community_id = 1 AND e.kind = $1 AND e.at >= $2 AND e.at < $3 AND e.identity_id > 0 AND NOT EXISTS (
		SELECT 1 FROM event x WHERE x.community_id = 1 AND x.kind = e.kind AND x.identity_id = e.identity_id AND x.group_id = e.group_id
			AND (x.at + 28800000) / 86400000 = (e.at + 28800000) / 86400000 AND (x.at < e.at OR x.at = e.at AND x.seq < e.seq))`

// sqlHows counts them by way, code or inviter; people are their own persons here.
func (w *world) sqlHows(t *testing.T, kind community.Kind, by string, p api.Period) map[string]float64 {
	t.Helper()
	counts := map[string]float64{}
	if err := w.DB.Read(t.Context(), func(q store.Querier) error {
		rows, err := q.QueryContext(t.Context(), cameBy, string(kind), p.From.Start(shanghai).UnixMilli(), (p.To + 1).Start(shanghai).UnixMilli())
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var operator int64
			var data string
			if err := rows.Scan(&operator, &data); err != nil {
				return err
			}
			var about struct{ Way, State string }
			if data != "" {
				if err := json.Unmarshal([]byte(data), &about); err != nil {
					return err
				}
			}
			counts[map[string]string{"way": about.Way, "code": about.State, "inviter": fmt.Sprint(operator)}[by]]++
		}
		return rows.Err()
	}); err != nil {
		t.Fatal(err)
	}
	return counts
}

func howOf(row api.QueryRow) string {
	if row.Label != nil {
		return *row.Label
	}
	return fmt.Sprint(row.Inviter)
}

// testHows compares who came and went by way, code and inviter with plain SQL over the log.
func (w *world) testHows(t *testing.T, period api.Period) {
	ask := func(t *testing.T, in api.QueryInput) api.QueryAnswer {
		t.Helper()
		in.From, in.To = period.From, period.To
		a, err := w.Ask(t.Context(), c, in)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for by, least := range map[string]int{"way": 2, "code": 1, "inviter": 2} {
		want := w.sqlHows(t, community.MemberJoined, by, period)
		if len(want) < least {
			t.Fatalf("the world has only %v by %s: the test compares nothing", want, by)
		}
		a := ask(t, api.QueryInput{Metrics: []string{"joins"}, By: []string{by}, Limit: 500, Compare: "before"})
		got, sum := map[string]float64{}, 0.0
		for _, row := range a.Rows {
			if n := *row.Cells[0].Value; n > 0 {
				got[howOf(row)] = n
				sum += n
			}
			if row.Inviter != 0 && row.Name == "" {
				t.Errorf("inviter %d has no name", row.Inviter)
			}
		}
		if !maps.Equal(got, want) || a.LinesOf != len(a.Rows) {
			t.Errorf("by %s (-SQL +query), %d of %d lines: %s", by, len(a.Rows), a.LinesOf, gocmp.Diff(want, got))
		}
		if *a.Total[0].Value != sum {
			t.Errorf("by %s %v came, %v altogether", by, sum, *a.Total[0].Value)
		}
		if all := ask(t, api.QueryInput{Metrics: []string{"joins"}, Compare: "before"}); !gocmp.Equal(all.Total, a.Total) {
			t.Errorf("by %s: %s", by, gocmp.Diff(all.Total, a.Total))
		}
		if few := ask(t, api.QueryInput{Metrics: []string{"joins"}, By: []string{by}, Limit: 1}); len(few.Rows) != 1 || few.LinesOf < len(want) || !gocmp.Equal(few.Rows[0].Cells[0].Value, a.Rows[0].Cells[0].Value) {
			t.Errorf("one line by %s: %+v", by, few)
		}
	}
	t.Run("of who went", func(t *testing.T) {
		want := w.sqlHows(t, community.MemberLeft, "way", period)
		got := map[string]float64{}
		for _, row := range ask(t, api.QueryInput{Metrics: []string{"joins", "leaves"}, By: []string{"way"}}).Rows {
			if n := row.Cells[1].Value; n != nil && *n > 0 {
				got[howOf(row)] = *n
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("(-SQL +query): %s", gocmp.Diff(want, got))
		}
	})
	t.Run("week by week, and in a file", func(t *testing.T) {
		a := ask(t, api.QueryInput{Metrics: []string{"joins"}, By: []string{"week", "way"}})
		for _, row := range a.Rows {
			want := w.sqlHows(t, community.MemberJoined, "way", api.Period{From: row.From, To: row.To})[howOf(row)]
			if got := row.Cells[0].Value; got != nil && *got != want {
				t.Errorf("%s came by %q from %s on: %v, SQL says %v", row.To, howOf(row), row.From, *got, want)
			}
		}
		var text bytes.Buffer
		if err := answers.WriteTables(&text, "csv", answers.QueryTables(a, "en")); err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text.String(), "\uFEFF"))).ReadAll()
		if err != nil || len(lines) != len(a.Rows)+2 || lines[0][1] != "How they came" {
			t.Fatalf("%d lines of %d rows, %v: %q", len(lines), len(a.Rows), err, lines[0])
		}
		for i, row := range a.Rows {
			if name := lines[i+1][1]; name == "" || *row.Label == "" && name != "Unknown" || *row.Label == "qrcode" && name != "By QR code" {
				t.Errorf("the file calls %q %q", *row.Label, name)
			}
		}
	})
	t.Run("staff limited to groups see how people came to those", func(t *testing.T) {
		var g community.GroupID
		for _, one := range w.groups {
			if n := one.sum(period.From, period.To, messagesOf); n > 0 {
				g = one.id
			}
		}
		a, err := w.Ask(api.WithWithin(t.Context(), []community.GroupID{g}), c, api.QueryInput{Metrics: []string{"joins"}, By: []string{"way"}, From: period.From, To: period.To})
		if err != nil {
			t.Fatal(err)
		}
		only := ask(t, api.QueryInput{Metrics: []string{"joins"}, By: []string{"way"}, Groups: []community.GroupID{g}})
		if !gocmp.Equal(a.Rows, only.Rows) {
			t.Error(gocmp.Diff(only.Rows, a.Rows))
		}
	})
}
