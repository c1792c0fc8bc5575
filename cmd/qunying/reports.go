package main

import (
	"context"
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

func (x reports) AskReport(ctx context.Context, c community.ID, by community.StaffID, in api.ReportWish) (api.ReportAnswer, error) {
	id, err := x.console.engine.AskReport(ctx, c, engine.ReportAsk{Kind: insight.ReportKind(in.Kind), Scope: scopeOf(in.Scope), To: in.To,
		Within: api.Within(ctx), By: by, Plan: in.Plan, Send: in.Send})
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
		v.Plans = append(v.Plans, api.ReportPlanView{Name: p.Name, Kind: string(p.Kind), On: p.On, Hour: p.Hour, To: p.To, Language: p.Language,
			Scope: api.ReportScopeView{Groups: p.Scope.Groups, Sets: p.Scope.Sets, Keeper: p.Scope.Keeper}})
	}
	return v, err
}

func (x reports) SaveReportPlans(ctx context.Context, c community.ID, by community.StaffID, in api.ReportPlansView) (api.ReportPlansView, error) {
	var s engine.ReportPlans
	for _, p := range in.Plans {
		s.Plans = append(s.Plans, engine.ReportPlan{Name: p.Name, Kind: insight.ReportKind(p.Kind), Scope: scopeOf(p.Scope), On: p.On, Hour: p.Hour, To: p.To, Language: p.Language})
	}
	if err := x.console.engine.SaveReportPlans(ctx, c, s, in.Version, by); err != nil {
		return in, err
	}
	return x.ReportPlans(ctx, c)
}
