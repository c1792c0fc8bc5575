package answers

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// ReportQuestions answers the questions of a report, of its groups alone and up to its
// last day. What cannot be asked (any more) says so in the report's place for it. The
// names of people are left out: who reads the report is told today's.
func (r *Reader) ReportQuestions(ctx context.Context, c community.ID, asks json.RawMessage, of *insightdb.KeptReport) (json.RawMessage, error) {
	var asked []api.ReportQuestion
	if err := json.Unmarshal(asks, &asked); err != nil {
		return nil, err
	}
	ctx = api.WithWithin(ctx, of.Groups)
	var all []api.ReportQuestionAnswer
	for _, q := range asked {
		a, err := r.reportQuestion(ctx, c, q, of)
		switch code := community.CodeOf(err); {
		case err == nil:
		case code == community.Invalid || code == community.NotFound || code == community.Unsupported:
			a = api.ReportQuestionAnswer{Asked: a.Asked, Error: err.Error()}
		default:
			return nil, err
		}
		all = append(all, a)
	}
	return json.Marshal(all)
}

func (r *Reader) reportQuestion(ctx context.Context, c community.ID, q api.ReportQuestion, of *insightdb.KeptReport) (a api.ReportQuestionAnswer, err error) {
	from, to := community.Day(0), of.To
	if q.Days > 0 {
		from = to - community.Day(q.Days-1)
	}
	a.Asked = q
	switch {
	case q.Query != nil:
		if from == 0 {
			from = of.From
		}
		in := *q.Query
		in.From, in.To, in.Groups = from, to, groupsAsked(in.Groups, in.Sets, in.Types, of)
		var answer api.QueryAnswer
		answer, err = r.Ask(ctx, c, in)
		for i := range answer.Rows {
			if row := &answer.Rows[i]; row.Person != 0 || row.Inviter != 0 {
				row.Name = ""
			}
		}
		a.Asked.Query, a.Query = &in, &answer
	case q.Funnel != nil:
		in := *q.Funnel
		in.From, in.To, in.Groups = from, to, groupsAsked(in.Groups, in.Sets, in.Types, of)
		var answer api.FunnelAnswer
		answer, err = r.Funnel(ctx, c, in)
		for i := range answer.Lines {
			if line := &answer.Lines[i]; line.Inviter != 0 {
				line.Name = ""
			}
		}
		a.Asked.Funnel, a.Funnel = &in, &answer
	case q.Cohorts != nil:
		in := *q.Cohorts
		in.From, in.To, in.Groups = from, to, groupsAsked(in.Groups, in.Sets, in.Types, of)
		var answer api.CohortsAnswer
		answer, err = r.Cohorts(ctx, c, in)
		a.Asked.Cohorts, a.Cohorts = &in, &answer
	}
	return a, err
}

// groupsAsked are the report's groups where a question names none of its own. A report
// of everything asks of everything, so that its definition stays short.
func groupsAsked(groups []community.GroupID, sets []int64, types []string, of *insightdb.KeptReport) []community.GroupID {
	if len(groups)+len(sets)+len(types) > 0 || of.Whole {
		return groups
	}
	return of.Groups
}

// questionsOf reads what a report answers beside its own numbers.
func questionsOf(r *insightdb.KeptReport) (list []api.ReportQuestionAnswer, err error) {
	list = []api.ReportQuestionAnswer{}
	if len(r.Questions) > 0 {
		err = json.Unmarshal(r.Questions, &list)
	}
	return list, err
}

// namesIn are the places for names in the answers to questions, by whose they are.
func namesIn(list ...api.ReportQuestionAnswer) map[community.IdentityID][]*string {
	places := map[community.IdentityID][]*string{}
	for _, a := range list {
		if a.Query != nil {
			for i := range a.Query.Rows {
				if row := &a.Query.Rows[i]; row.Person != 0 || row.Inviter != 0 {
					id := community.IdentityID(max(row.Person, row.Inviter))
					places[id] = append(places[id], &row.Name)
				}
			}
		}
		if a.Funnel != nil {
			for i := range a.Funnel.Lines {
				if line := &a.Funnel.Lines[i]; line.Inviter != 0 {
					id := community.IdentityID(line.Inviter)
					places[id] = append(places[id], &line.Name)
				}
			}
		}
	}
	return places
}

// nameQuestions puts in how people are called today.
func nameQuestions(ctx context.Context, q store.Querier, c community.ID, list []api.ReportQuestionAnswer) error {
	places := namesIn(list...)
	ids := make([]community.IdentityID, 0, len(places))
	for id := range places {
		ids = append(ids, id)
	}
	names, err := store.Identities(ctx, q, c, ids)
	for id, is := range names {
		for _, name := range places[id] {
			*name = displayName(is)
		}
	}
	return err
}

// questionTables are the sheets of a report's questions, and the definitions of the
// metrics that they have.
func questionTables(list []api.ReportQuestionAnswer, language string) (sheets []Table, metrics [][]any) {
	for i, a := range list {
		var t Table
		switch {
		case a.Query != nil:
			both := QueryTables(*a.Query, language)
			t = both[0]
			metrics = append(metrics, both[1].Rows...)
		case a.Funnel != nil:
			t = funnelTable(*a.Funnel, *a.Asked.Funnel, language)
		case a.Cohorts != nil:
			t = CohortTables(*a.Cohorts, *a.Asked.Cohorts, language)[0]
		default:
			t = Table{Head: []string{a.Error}}
		}
		t.Name = sheetName(i, a.Asked.Name)
		sheets = append(sheets, t)
	}
	return sheets, metrics
}

// sheetName is a name that spreadsheets take: short, and without what they forbid.
func sheetName(i int, name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]'`, r) {
			return '·'
		}
		return r
	}, name)
	name = fmt.Sprintf("%d %s", i+1, name)
	for utf8.RuneCountInString(name) > 25 || len(name) > 60 {
		_, n := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-n]
	}
	return name
}
