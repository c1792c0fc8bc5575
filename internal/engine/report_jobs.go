package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

const (
	// reportHeard is for how long nothing may be heard of a report that is being made
	// before another begins it again: a process that ended says nothing any more.
	reportHeard = time.Minute
	// reportTold is how often it is told how far a report is.
	reportTold = time.Second
	// reportTries is how often a report is begun that comes to no end.
	reportTries = 4
)

// ReportAsk is what somebody wants a report of.
type ReportAsk struct {
	Kind   insight.ReportKind
	Scope  ReportScope
	To     community.Day       // its last day, 0 the last one that is known whole
	Within []community.GroupID // whoever asks may see these; nil: all
	By     community.StaffID
	Plan   string // a saved report instead of Kind and Scope
	// Questions is JSON: what is to be answered beside; those of a saved report go with it.
	Questions json.RawMessage
	Send      bool // to the addresses of that saved report, when it is made
}

// AskReport writes down that a report is wanted and answers its number at once; it is
// made in the background, also after a restart. The same asked again while it is being
// made is the same report. It fails with Invalid where there is nothing to report on,
// and with NotFound for a saved report that is not there.
func (e *Engine) AskReport(ctx context.Context, c community.ID, ask ReportAsk) (int64, error) {
	r := insightdb.KeptReport{Kind: ask.Kind, At: e.now(), By: ask.By, Plan: ask.Plan}
	r.Key = fmt.Sprintf("hand/%d/%d/%s", ask.By, r.At.UnixNano(), ask.Kind)
	if ask.Plan != "" {
		plans, _, err := e.ReportPlans(ctx, c)
		if err != nil {
			return 0, err
		}
		p := plans.named(ask.Plan)
		if p == nil {
			return 0, community.Errorf(community.NotFound, "there is no saved report %q", ask.Plan)
		}
		r.Kind, ask.Scope, ask.Questions, r.Language = p.Kind, p.Scope, p.Questions, p.Language
		if ask.Send {
			if len(p.To) == 0 {
				return 0, community.Errorf(community.Invalid, "send: the saved report %q goes to no address", ask.Plan).WithHint("write addresses into it")
			}
			r.MailTo, r.Mail = p.To, insightdb.MailDue
		}
	} else if ask.Send {
		return 0, community.Errorf(community.Invalid, "send: only saved reports have addresses").WithHint("save the report first")
	}
	if r.Kind.Days() == 0 {
		return 0, community.Errorf(community.Invalid, "kind: there is no report %q", string(r.Kind)).WithHint("daily, weekly or quarterly")
	}
	return r.ID, e.askReport(ctx, c, &r, ask.Scope, insightdb.ReportWish{Within: ask.Within, To: ask.To, Questions: ask.Questions})
}

func (e *Engine) askReport(ctx context.Context, c community.ID, r *insightdb.KeptReport, scope ReportScope, w insightdb.ReportWish) error {
	if err := e.db.Read(ctx, func(q store.Querier) (err error) {
		if w.Groups, err = scope.groupsOf(ctx, q, c); err != nil {
			return err
		}
		r.Groups, err = insightdb.ReportGroups(ctx, q, c, w)
		return err
	}); err != nil {
		return err
	}
	err := e.db.Write(ctx, func(tx *store.Tx) error {
		fresh, err := insightdb.AskReport(ctx, tx, c, r, w)
		if err != nil || !fresh {
			return err
		}
		what, err := json.Marshal(map[string]any{"kind": r.Kind, "scope": scope, "plan": r.Plan, "to": w.To, "mail": len(r.MailTo), "questions": w.Questions})
		if err != nil {
			return err
		}
		return tx.Audit(c, r.By, r.At.UnixMilli(), "report.make", fmt.Sprintf("report/%d", r.ID), "", string(what))
	})
	e.reports.fire()
	return err
}

// reportStep asks for the reports that are due, makes one that was asked for, and sends
// those that are to be sent. A report's key is its plan and due day, so that many nodes
// and restarts make one; its e-mail is claimed before it goes, so that it goes once.
func (e *Engine) reportStep(ctx context.Context, c community.ID) (bool, error) {
	plans, _, err := e.ReportPlans(ctx, c)
	if err != nil {
		return false, err
	}
	for i := range plans.Plans {
		if p := &plans.Plans[i]; p.On {
			if err := e.askDue(ctx, c, p); err != nil {
				e.log.Warn("a report could not be asked for; it will be tried again", "community", c, "report", p.Name, "err", err)
			}
		}
	}
	more, err := e.makeReport(ctx, c)
	return more, errors.Join(err, e.mailReports(ctx, c))
}

func (e *Engine) askDue(ctx context.Context, c community.ID, p *ReportPlan) error {
	now := e.now()
	var there bool
	var due time.Time
	var key string
	if err := e.db.Read(ctx, func(q store.Querier) error {
		_, zone, err := placeOf(ctx, q, c, 0)
		if err != nil {
			return err
		}
		due = p.due(now, zone)
		key = fmt.Sprintf("plan/%s/%s/%s", p.Name, p.Kind, community.DayOf(due, zone))
		there, err = insightdb.ReportThere(ctx, q, c, key)
		return err
	}); err != nil || there || due.UnixMilli() < p.Since || now.Sub(due) > reportStale {
		return err
	}
	r := insightdb.KeptReport{Kind: p.Kind, At: now, Key: key, Plan: p.Name, Language: p.Language, MailTo: p.To}
	if len(p.To) > 0 {
		r.Mail = insightdb.MailDue
	}
	return e.askReport(ctx, c, &r, p.Scope, insightdb.ReportWish{Questions: p.Questions})
}

// makeReport makes the first report that waits; more says that there was one.
func (e *Engine) makeReport(ctx context.Context, c community.ID) (more bool, err error) {
	var t insightdb.ReportTurn
	if err := e.db.Read(ctx, func(q store.Querier) (err error) { // a look costs no write
		more, err = insightdb.ReportWaits(ctx, q, c, e.now(), e.now().Add(-reportHeard))
		return err
	}); err != nil || !more {
		return false, err
	}
	if err := e.db.Write(ctx, func(tx *store.Tx) (err error) {
		t, more, err = insightdb.TakeReport(ctx, tx, c, e.now(), e.now().Add(-reportHeard))
		return err
	}); err != nil || !more {
		return false, err
	}
	if err = e.workOutReport(ctx, c, &t); err == nil {
		return true, e.db.Write(ctx, func(tx *store.Tx) error {
			_, err := insightdb.KeepReport(tx, c, &t)
			return err
		})
	}
	return true, e.putOffReport(ctx, c, &t, err)
}

// putOffReport says what becomes of a report that could not be made: one that was
// stopped is begun again, one whose database was away is tried later, and any other
// shows why.
func (e *Engine) putOffReport(ctx context.Context, c community.ID, t *insightdb.ReportTurn, why error) error {
	state, again, words := insightdb.ReportAsked, e.now(), ""
	switch {
	case ctx.Err() != nil:
	case community.CodeOf(why) == community.Unavailable && t.Try < reportTries:
		again = again.Add(10 * time.Second << t.Try)
	default:
		state, words = insightdb.ReportFailed, why.Error()
	}
	if ctx.Err() == nil {
		e.log.Warn("a report could not be made", "community", c, "report", t.ID, "try", t.Try, "err", why)
	}
	saving, done := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer done()
	return e.db.Write(saving, func(tx *store.Tx) error { return insightdb.PutOffReport(tx, c, t, state, again, words) })
}

// workOutReport works a report out, and tells now and then how far it is.
func (e *Engine) workOutReport(ctx context.Context, c community.ID, t *insightdb.ReportTurn) error {
	if t.Try > reportTries {
		return community.Errorf(community.Internal, "the report was begun %d times and came to no end", reportTries)
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	told := e.now()
	progress := func(done, of int) {
		if now := e.now(); now.Sub(told) >= reportTold {
			told = now
			e.tellReport(ctx, c, t, done, of, stop)
		}
	}
	err := e.db.Read(ctx, func(q store.Querier) error {
		_, zone, err := placeOf(ctx, q, c, 0)
		if err != nil {
			return err
		}
		if t.AsOf, err = store.Cursor(ctx, q, c, store.Project); err != nil {
			return err
		}
		t.At = e.now()
		t.Report, t.Groups, err = insightdb.MakeReport(ctx, q, c, t.Kind, t.Wish, zone, t.At, progress)
		t.From, t.To = t.Report.From, t.Report.To
		return err
	})
	if err == nil && len(t.Wish.Questions) > 0 && e.questions != nil {
		t.Whole = len(t.Wish.Groups) == 0 && t.Wish.Within == nil
		t.Questions, err = e.questions(ctx, c, t.Wish.Questions, &t.KeptReport)
	}
	if lost := context.Cause(ctx); err != nil && lost != nil {
		return lost
	}
	return err
}

// errReportLost stops work on a report that somebody else makes now.
var errReportLost = community.Errorf(community.Conflict, "the report is made elsewhere")

func (e *Engine) tellReport(ctx context.Context, c community.ID, t *insightdb.ReportTurn, done, of int, stop context.CancelCauseFunc) {
	mine := true
	if err := e.db.Write(ctx, func(tx *store.Tx) (err error) {
		mine, err = insightdb.TellReport(tx, c, t, done, of, e.now())
		return err
	}); err == nil && !mine {
		stop(errReportLost)
	}
}

// named is the saved report of a name, or nil.
func (s *ReportPlans) named(name string) *ReportPlan {
	for i := range s.Plans {
		if s.Plans[i].Name == name {
			return &s.Plans[i]
		}
	}
	return nil
}
