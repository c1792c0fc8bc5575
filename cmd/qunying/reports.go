package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/api/answers"
	"qunying/internal/engine"
	"qunying/internal/insight"
	"qunying/internal/store"
)

// reports shows the engine's reports to the API.
type reports struct {
	*answers.Reader
	console *console
}

func scopeOf(v api.ReportScopeView) engine.ReportScope {
	return engine.ReportScope{Groups: v.Groups, Sets: v.Sets, Keeper: v.Keeper}
}

// questionsJSON is how the engine keeps questions.
func questionsJSON(list []api.ReportQuestion) (json.RawMessage, error) {
	if len(list) == 0 {
		return nil, nil
	}
	if err := api.CheckReportQuestions(list); err != nil {
		return nil, err
	}
	return json.Marshal(list)
}

func (x reports) AskReport(ctx context.Context, c community.ID, by community.StaffID, in api.ReportWish) (api.ReportAnswer, error) {
	questions, err := questionsJSON(in.Questions)
	if err != nil {
		return api.ReportAnswer{}, err
	}
	id, err := x.console.engine.AskReport(ctx, c, engine.ReportAsk{Kind: insight.ReportKind(in.Kind), Scope: scopeOf(in.Scope), To: in.To,
		Within: api.Within(ctx), By: by, Plan: in.Plan, Send: in.Send, Questions: questions})
	if err != nil {
		return api.ReportAnswer{}, err
	}
	return x.Report(ctx, c, id)
}

func (x reports) ReportFile(ctx context.Context, c community.ID, by community.StaffID, id int64, layout, language string) (api.ExportFile, error) {
	a, err := x.Report(ctx, c, id)
	if err != nil {
		return api.ExportFile{}, err
	}
	if a.Report == nil {
		return api.ExportFile{}, community.Errorf(community.Conflict, "report %d is not made yet", id).WithHint("wait until it is")
	}
	if err := x.console.db.Write(ctx, func(tx *store.Tx) error {
		return tx.Audit(c, by, x.console.now().UnixMilli(), "report.export", fmt.Sprintf("report/%d", id), "", "")
	}); err != nil {
		return api.ExportFile{}, err
	}
	return api.ExportFile{Name: fmt.Sprintf("qunying-%s-%s.%s", a.Head.Kind, a.Head.Period.To, layout), Media: tableMedia[layout],
		Write: func(_ context.Context, w io.Writer) error {
			return answers.WriteTables(w, layout, answers.ReportTables(a, language))
		}}, nil
}

func (x reports) ReportPlans(ctx context.Context, c community.ID) (api.ReportPlansView, error) {
	saved, version, err := x.console.engine.ReportPlans(ctx, c)
	v := api.ReportPlansView{Plans: []api.ReportPlanView{}, Version: version}
	for _, p := range saved.Plans {
		var questions []api.ReportQuestion
		if len(p.Questions) > 0 {
			if err := json.Unmarshal(p.Questions, &questions); err != nil {
				return v, err
			}
		}
		v.Plans = append(v.Plans, api.ReportPlanView{Name: p.Name, Kind: string(p.Kind), On: p.On, Hour: p.Hour, To: p.To, Language: p.Language, Questions: questions,
			Scope: api.ReportScopeView{Groups: p.Scope.Groups, Sets: p.Scope.Sets, Keeper: p.Scope.Keeper}})
	}
	return v, err
}

func (x reports) SaveReportPlans(ctx context.Context, c community.ID, by community.StaffID, in api.ReportPlansView) (api.ReportPlansView, error) {
	var s engine.ReportPlans
	for _, p := range in.Plans {
		questions, err := questionsJSON(p.Questions)
		if err != nil {
			return in, err
		}
		s.Plans = append(s.Plans, engine.ReportPlan{Name: p.Name, Kind: insight.ReportKind(p.Kind), Scope: scopeOf(p.Scope), On: p.On, Hour: p.Hour, To: p.To, Language: p.Language, Questions: questions})
	}
	if err := x.console.engine.SaveReportPlans(ctx, c, s, in.Version, by); err != nil {
		return in, err
	}
	return x.ReportPlans(ctx, c)
}
