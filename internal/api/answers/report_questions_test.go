package answers_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/api/answers"
	"qunying/internal/insight"
	insightdb "qunying/internal/store/insight"
)

// A report's questions are asked of its groups and up to its last day, say to what
// exactly they were asked, and keep nobody's name.
func TestQuestionsOfAReport(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.fill(t)
		told := slices.Sorted(maps.Keys(w.groups))
		one, two, beyond := w.groups[told[0]].id, w.groups[told[1]].id, w.groups[told[2]].id
		first := start
		of := &insightdb.KeptReport{Groups: []community.GroupID{one, two}, From: first + 21, To: first + 27}
		asks, err := json.Marshal([]api.ReportQuestion{
			{Name: "谁说得多", Query: &api.QueryInput{Metrics: []string{"messages"}, By: []string{"person"}, From: first, To: first}},
			{Name: "两周", Days: 14, Query: &api.QueryInput{Metrics: []string{"messages"}, Groups: []community.GroupID{one}}},
			{Name: "入群后发言", Days: 14, Funnel: &api.FunnelInput{Steps: []api.PickInput{{Kind: "member.joined"}, {Kind: "message.posted"}}, Window: 7, By: "inviter"}},
			{Name: "回来的人", Cohorts: &api.CohortsInput{First: api.PickInput{Kind: "message.posted"}, Back: api.PickInput{Kind: "message.posted"}, Grain: "week"}},
			{Name: "没有的指标", Query: &api.QueryInput{Metrics: []string{"nonsense"}}},
			{Name: "别的群", Query: &api.QueryInput{Metrics: []string{"messages"}, Groups: []community.GroupID{beyond}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		text, err := w.ReportQuestions(t.Context(), c, asks, of)
		if err != nil {
			t.Fatal(err)
		}
		var got []api.ReportQuestionAnswer
		if err := json.Unmarshal(text, &got); err != nil || len(got) != 6 {
			t.Fatalf("%d answers, %v", len(got), err)
		}
		for i, span := range []api.Period{{From: of.From, To: of.To}, {From: of.To - 13, To: of.To}} {
			q := got[i]
			if q.Query == nil || q.Query.Period != span || q.Asked.Query.From != span.From || q.Asked.Query.To != span.To {
				t.Fatalf("%+v", q)
			}
			again, err := w.Ask(t.Context(), c, *q.Asked.Query) // as it was asked, without the report around it
			if err != nil {
				t.Fatal(err)
			}
			for k := range again.Rows {
				if again.Rows[k].Person != 0 {
					again.Rows[k].Name = ""
				}
			}
			if diff := gocmp.Diff(again, *q.Query); diff != "" {
				t.Errorf("%s: %s", q.Asked.Name, diff)
			}
		}
		if rows := got[0].Query.Rows; len(rows) == 0 || rows[0].Person == 0 || rows[0].Name != "" {
			t.Errorf("%+v", rows)
		}
		if f := got[2]; f.Funnel == nil || f.Funnel.Period != (api.Period{From: of.To - 13, To: of.To}) || f.Funnel.Coverage.Groups != 2 {
			t.Errorf("%+v", f)
		}
		if k := got[3]; k.Cohorts == nil || len(k.Cohorts.Rows) == 0 || k.Cohorts.Period.To < of.To || k.Cohorts.Coverage.Groups != 2 {
			t.Errorf("%+v", k)
		}
		for _, bad := range got[4:] {
			if bad.Error == "" || bad.Query != nil {
				t.Errorf("%+v", bad)
			}
		}
		var book strings.Builder
		report := insightdb.KeptReport{State: insightdb.ReportMade, Kind: "weekly", Questions: text, Language: "en"}
		if err := answers.ReportBook(&book, &report); err != nil || book.Len() < 1000 {
			t.Errorf("%d bytes, %v", book.Len(), err)
		}
		mailed, err := excelize.OpenReader(strings.NewReader(book.String()))
		if err != nil {
			t.Fatal(err)
		}
		for i, sheet := range mailed.GetSheetList()[3:7] {
			rows, err := mailed.GetRows(sheet)
			if err != nil || len(rows) < 2 {
				t.Fatalf("%s: %v, %v", sheet, rows, err)
			}
			last := rows[len(rows)-1][0]
			if says := strings.HasPrefix(last, "E-mails tell members by number"); says != (i == 0 || i == 2 && len(got[2].Funnel.Lines) > 0 && got[2].Funnel.Lines[0].Inviter != 0) {
				t.Errorf("%s ends with %q", sheet, last)
			}
			if who := fmt.Sprintf("#%d", got[0].Query.Rows[0].Person); i == 0 && rows[1][0] != who {
				t.Errorf("%s begins with %q, want %s", sheet, rows[1], who)
			}
		}
		if err := mailed.Close(); err != nil {
			t.Error(err)
		}
		var sheets []string
		for _, s := range answers.ReportTables(api.ReportAnswer{Report: &report.Report, Questions: got}, "zh-CN") {
			sheets = append(sheets, s.Name)
		}
		if diff := gocmp.Diff([]string{"1 谁说得多", "2 两周", "3 入群后发言", "4 回来的人", "5 没有的指标", "6 别的群"}, sheets[3:9]); diff != "" {
			t.Error(diff)
		}
	})
}

// A number that only some groups have does not say that its days are incomplete.
func TestABookSaysOfWhichGroupsItKnows(t *testing.T) {
	value := 3.0
	of := func(cells ...insight.ReportCell) insight.ReportGroup { return insight.ReportGroup{Cells: cells} }
	r := insight.Report{Groups: []insight.ReportGroup{of(insight.ReportCell{Metric: "dau", Value: &value, Groups: 1}), of(insight.ReportCell{Metric: "dau", Value: &value, Groups: 1, Partial: true}),
		of(insight.ReportCell{Metric: "dau", Value: &value, Groups: 1, Why: "members_seen", Partial: true}), of(insight.ReportCell{Metric: "dau", Why: "no_roster", Partial: true})}, Numbers: []insight.ReportCell{
		{Metric: "dau", Value: &value, Groups: 4, Why: "members_seen", Partial: true},
		{Metric: "dau", Value: &value, Partial: true, Groups: 3},
		{Metric: "dau", Value: &value, Partial: true, Groups: 4},
		{Metric: "dau", Value: &value, Groups: 4},
	}}
	var notes []any
	tables := answers.ReportTables(api.ReportAnswer{Report: &r}, "zh-CN")
	for _, row := range tables[0].Rows {
		notes = append(notes, row[3])
	}
	for _, row := range tables[2].Rows {
		notes = append(notes, row[5])
	}
	if diff := gocmp.Diff([]any{"以发过言的人为分母; 数据不全", "1 个群不可得 (共 4 个群)", "数据不全", "", "", "数据不全", "以发过言的人为分母; 数据不全", "不可得: 没有花名册"}, notes); diff != "" {
		t.Error(diff)
	}
}
