package answers

import (
	"context"
	"fmt"
	"io"
	"strings"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// Reports lists reports, newest first.
func (r *Reader) Reports(ctx context.Context, c community.ID, before int64, limit int) (a api.ReportsAnswer, err error) {
	a.Reports = []api.ReportHead{}
	err = r.DB.Read(ctx, func(q store.Querier) error {
		if a.Answer, err = asOf(ctx, q, c); err != nil {
			return err
		}
		list, err := insightdb.Reports(ctx, q, c, api.Within(ctx), before, limit+1)
		for i := range list {
			if i == limit {
				a.Next = list[i-1].ID
				break
			}
			a.Reports = append(a.Reports, reportHead(&list[i]))
		}
		return err
	})
	return a, err
}

// Report answers one report, with today's names of those whom it tells of.
func (r *Reader) Report(ctx context.Context, c community.ID, id int64) (a api.ReportAnswer, err error) {
	err = r.DB.Read(ctx, func(q store.Querier) error {
		kept, err := insightdb.ReadReport(ctx, q, c, id)
		if err != nil {
			return err
		}
		a = api.ReportAnswer{Answer: api.Answer{AsOf: kept.AsOf}, Head: reportHead(&kept), Names: []api.ReportName{}, Questions: []api.ReportQuestionAnswer{}}
		if kept.State != insightdb.ReportMade {
			return nil
		}
		a.Report = &kept.Report
		if a.Questions, err = questionsOf(&kept); err != nil {
			return err
		}
		if err := nameQuestions(ctx, q, c, a.Questions); err != nil {
			return err
		}
		ids := make([]community.IdentityID, len(kept.Report.Persons))
		for i, p := range kept.Report.Persons {
			ids[i] = community.IdentityID(p.Person)
		}
		names, err := store.Identities(ctx, q, c, ids)
		for _, id := range ids {
			a.Names = append(a.Names, api.ReportName{Person: community.PersonID(id), Name: displayName(names[id])})
		}
		return err
	})
	return a, err
}

func reportHead(r *insightdb.KeptReport) api.ReportHead {
	h := api.ReportHead{ID: r.ID, Kind: string(r.Kind), Plan: r.Plan, State: string(r.State), Failed: r.Error, At: r.At.UnixMilli(), By: r.By,
		Groups: r.Size, Mail: string(r.Mail), MailTo: len(r.MailTo), Error: r.MailError}
	if r.State == insightdb.ReportMade {
		h.Period = &api.Period{From: r.From, To: r.To}
	} else {
		h.Done, h.Todo = r.Done, r.Todo
	}
	return h
}

// ReportBook writes a report as the workbook that goes with its e-mail, in the
// language of its plan. What left the house cannot be erased, so that people have
// numbers in it and no names, and the sheets say so.
func ReportBook(w io.Writer, r *insightdb.KeptReport) error {
	questions, err := questionsOf(r)
	if err != nil {
		return err
	}
	tables := ReportTables(api.ReportAnswer{Head: reportHead(r), Report: &r.Report, Questions: questions}, r.Language)
	asked := tables[len(tables)-1-len(questions):] // the definitions come last
	for i, q := range questions {
		if len(namesIn(q)) > 0 {
			asked[i].Rows = append(asked[i].Rows, []any{column("mail_names", r.Language)})
		}
	}
	return WriteTables(w, "xlsx", tables)
}

// ReportTables makes a file's tables of a report.
func ReportTables(a api.ReportAnswer, language string) []Table {
	metrics := map[string]string{}
	definitions := Table{Name: column("definitions", language), Head: []string{column("metric", language), "ID", column("unit", language), column("formula", language)}}
	for _, m := range a.Report.Metrics {
		name, formula := m.Zh, m.FormulaZh
		if language == "en" {
			name, formula = m.En, m.FormulaEn
		}
		metrics[m.ID] = name
		definitions.Rows = append(definitions.Rows, []any{name, m.ID, m.Unit, formula})
	}
	numbers := Table{Name: column("numbers", language), Head: []string{column("metric", language), column("value", language), column("before", language), column("why", language)}}
	for _, n := range a.Report.Numbers {
		numbers.Rows = append(numbers.Rows, []any{metrics[n.Metric], number(n.Value), number(n.Before), noteOf(n, len(a.Report.Groups), language)})
	}
	trend := Table{Name: column("trend", language), Head: []string{column(a.Report.Trend.Grain, language), metrics["messages"], metrics["speakers"]}}
	for i, d := range a.Report.Trend.T {
		trend.Rows = append(trend.Rows, []any{d.String(), number(a.Report.Trend.Messages[i]), number(a.Report.Trend.Speakers[i])})
	}
	groups := Table{Name: column("group", language), Head: []string{column("group", language), column("band", language), column("worst", language)}}
	for i, g := range a.Report.Groups {
		line := []any{g.Name, bandWord(g.Band, language), metrics[g.Worst]}
		for _, c := range g.Cells {
			if i == 0 {
				groups.Head = append(groups.Head, metrics[c.Metric], metrics[c.Metric]+" · "+column("before", language), metrics[c.Metric]+" · "+column("why", language))
			}
			line = append(line, number(c.Value), number(c.Before), noteOf(c, 1, language))
		}
		groups.Rows = append(groups.Rows, line)
	}
	sheets, more := questionTables(a.Questions, language)
	for _, line := range more {
		if id, ok := line[1].(string); ok && metrics[id] == "" {
			metrics[id] = id
			definitions.Rows = append(definitions.Rows, line)
		}
	}
	return append(append([]Table{numbers, trend, groups}, sheets...), definitions)
}

func bandWord(band, language string) string {
	if band == "" {
		return ""
	}
	return column("band_"+band, language)
}

// noteOf says what is missing of a number of so many groups: why it is not known, or
// what it rests on, and whether groups or days are left out. The page has the same
// (web/console/src/pages/reports/note.ts).
func noteOf(c insight.ReportCell, groups int, language string) string {
	var notes []string
	if c.Why != "" {
		notes = append(notes, column(c.Why, language))
	}
	switch {
	case c.Value == nil || !c.Partial:
	case c.Groups < groups:
		notes = append(notes, fmt.Sprintf(column("groups_unknown", language), groups-c.Groups, groups))
	default:
		notes = append(notes, column("partial", language))
	}
	return strings.Join(notes, "; ")
}
