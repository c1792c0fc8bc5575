package main

import (
	"cmp"
	"context"
	"slices"
	"time"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/engine"
	"qunying/internal/store"
)

// alerts shows what is wrong, and how people are called.
type alerts struct{ *console }

func (c alerts) Alerts(ctx context.Context, id community.ID, want api.AlertsQuery) (a api.AlertsAnswer, next api.Place, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, next, err
	}
	a.Alerts = []api.AlertView{}
	limit := want.Limit
	if limit <= 0 {
		limit = 50
	}
	err = c.db.Read(ctx, func(q store.Querier) error {
		var list []store.Alert
		if want.Resolved {
			var before time.Time
			if want.After != (api.Place{}) {
				before = time.UnixMilli(want.After.Number)
			}
			list, err = store.ResolvedAlerts(ctx, q, id, want.Mine, before, community.Seq(want.After.ID), limit+1)
		} else {
			list, err = store.FiringAlerts(ctx, q, id)
			list = slices.DeleteFunc(list, func(a store.Alert) bool {
				return want.Mine != nil && a.Group != 0 && !slices.Contains(want.Mine, a.Group)
			})
		}
		if err != nil {
			return err
		}
		if want.Resolved && len(list) > limit {
			list = list[:limit]
			last := &list[limit-1]
			next = api.Place{Number: milli(last.ResolvedAt), ID: int64(last.ID)}
		}
		for i := range list {
			v, err := alertView(ctx, q, &list[i])
			if err != nil {
				return err
			}
			a.Alerts = append(a.Alerts, v)
		}
		return nil
	})
	return a, next, err
}

func (c alerts) Alert(ctx context.Context, id community.ID, n int64) (v api.AlertView, err error) {
	err = c.db.Read(ctx, func(q store.Querier) error {
		a, found, err := store.AlertByID(ctx, q, id, community.Seq(n))
		if err != nil {
			return err
		}
		if !found {
			return community.Errorf(community.NotFound, "there is no alert %d", n)
		}
		v, err = alertView(ctx, q, &a)
		return err
	})
	return v, err
}

func alertView(ctx context.Context, q store.Querier, a *store.Alert) (api.AlertView, error) {
	v := api.AlertView{ID: int64(a.ID), Cause: a.Cause, Subject: a.Subject, Group: a.Group, Severity: string(a.Severity), State: string(a.State), Data: a.Data,
		Since: milli(a.Since), OpenedAt: milli(a.OpenedAt), ResolvedAt: milli(a.ResolvedAt), Times: a.Times, SeenAt: milli(a.SeenAt), SeenBy: a.SeenBy,
		Note: a.Note, Mail: mailState(a), MailError: a.MailError}
	if a.Group == 0 {
		return v, nil
	}
	g, err := store.Group(ctx, q, a.Community, a.Group)
	if community.CodeOf(err) == community.NotFound {
		return v, nil
	}
	v.GroupName = g.Name
	return v, err
}

func mailState(a *store.Alert) string {
	switch {
	case !a.MailDue.IsZero() && a.MailError != "":
		return "retrying"
	case !a.MailDue.IsZero():
		return "waiting"
	case a.MailError != "":
		return "failed"
	case a.MailTries > 0:
		return "sent"
	}
	return "none"
}

func (c alerts) Alerting(ctx context.Context, id community.ID, of api.Scope) (a api.AlertingAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	err = c.db.Read(ctx, func(q store.Querier) error {
		layers, from, err := inherited(ctx, q, id, of, engine.AlertsKey, func(saved engine.Alerting, version int64) { a.Alerting = alertingView(saved, version) })
		if err != nil {
			return err
		}
		a.InForce, a.From = alertingView(engine.AlertingIn(layers), 0), from
		return nil
	})
	return a, err
}

func alertingView(s engine.Alerting, version int64) api.AlertingView {
	return api.AlertingView{Outage: s.Outage, Silent: s.Silent, Usual: s.Usual, Cooldown: s.Cooldown, Bands: s.Bands, Activity: s.Activity, Overdue: s.Overdue, Mail: s.Mail, Staff: s.Staff, Version: version}
}

func (c alerts) SaveAlerting(ctx context.Context, id community.ID, of api.Scope, by community.StaffID, v api.AlertingView) (api.AlertingAnswer, error) {
	s := engine.Alerting{Outage: v.Outage, Silent: v.Silent, Usual: v.Usual, Cooldown: v.Cooldown, Bands: v.Bands, Activity: v.Activity, Overdue: v.Overdue, Mail: v.Mail, Staff: v.Staff}
	if err := s.Check(); err != nil {
		return api.AlertingAnswer{}, err
	}
	if _, err := c.Alerting(ctx, id, of); err != nil { // there is no such group or set
		return api.AlertingAnswer{}, err
	}
	if err := c.saveScoped(ctx, id, of, engine.AlertsKey, s, v.Version, by); err != nil {
		return api.AlertingAnswer{}, err
	}
	return c.Alerting(ctx, id, of)
}

func (c alerts) MailServer(ctx context.Context, id community.ID) (api.MailServerView, error) {
	m, has, version, err := c.engine.MailServer(ctx, id)
	v := api.MailServerView{Host: m.Host, Port: m.Port, Security: string(m.Security), User: m.User, HasPassword: has, From: m.From, To: m.To, Language: cmp.Or(m.Language, "zh-CN"), Console: m.Console, Version: version}
	if v.Security == "" {
		v.Port, v.Security = 465, string(engine.TLS)
	}
	if v.To == nil {
		v.To = []string{}
	}
	return v, err
}

func mailServerOf(in api.MailServerInput) engine.MailServer {
	return engine.MailServer{Host: in.Host, Port: in.Port, Security: engine.Security(in.Security), User: in.User, Password: in.Password, From: in.From, To: in.To, Language: in.Language, Console: in.Console}
}

func (c alerts) SaveMailServer(ctx context.Context, id community.ID, by community.StaffID, in api.MailServerInput) (api.MailServerView, error) {
	if err := c.engine.SaveMailServer(ctx, id, mailServerOf(in), in.Version, by); err != nil {
		return api.MailServerView{}, err
	}
	return c.MailServer(ctx, id)
}

func (c alerts) TryMail(ctx context.Context, id community.ID, in api.MailTestInput) error {
	return c.engine.TryMail(ctx, id, mailServerOf(in.Server), in.To)
}
