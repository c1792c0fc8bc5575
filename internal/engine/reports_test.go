package engine

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/connector/sim"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// A report that is due is made once and sent once, however often and on however many
// nodes somebody looks; and it says for ever what it said.
func TestReportsAreMadeAndSentOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		office, port := openPostOffice(t)
		w.ready(sim.FullCapabilities())
		server := MailServer{Host: "127.0.0.1", Port: port, Security: NoTLS, From: "qunying@example.com"}
		if err := w.e.SaveMailServer(t.Context(), 1, server, 0, 7); err != nil {
			t.Fatal(err)
		}
		plan := ReportPlan{Name: "周一早会", Kind: insight.Weekly, On: true, Hour: 8, To: []string{"lead@example.com"}, Language: "en",
			Questions: json.RawMessage(`[{"name":"who-comes-back"}]`)}
		if err := w.e.SaveReportPlans(t.Context(), 1, ReportPlans{Plans: []ReportPlan{plan}}, 0, 7); err != nil {
			t.Fatal(err)
		}
		var other *Engine
		within := false
		w.e.workbook = func(out io.Writer, r *insightdb.KeptReport) error {
			if !within { // another node looks while this one is sending
				within = true
				defer func() { within = false }()
				if err := other.mailReports(t.Context(), 1); err != nil {
					return err
				}
			}
			_, err := fmt.Fprintf(out, "the workbook of %s", r.Plan)
			return err
		}
		asked := 0
		w.e.questions = func(_ context.Context, _ community.ID, asks json.RawMessage, of *insightdb.KeptReport) (json.RawMessage, error) {
			if asked++; asked == 1 {
				return nil, community.Errorf(community.Unavailable, "the database is away")
			}
			if string(asks) != string(plan.Questions) || len(of.Groups) == 0 || of.To-of.From != 6 || !of.Whole {
				t.Errorf("asked %s of %+v", asks, of)
			}
			return json.RawMessage(`[{"asked":{"name":"who-comes-back"},"error":"nobody"}]`), nil
		}
		other = New(Options{DB: w.db, Now: w.now, Workbook: w.e.workbook, Questions: w.e.questions})
		step := func() {
			t.Helper()
			for _, e := range []*Engine{w.e, other, w.e} {
				if _, err := e.reportStep(t.Context(), 1); err != nil {
					t.Fatal(err)
				}
			}
		}
		kept := func() (list []insightdb.KeptReport) {
			t.Helper()
			w.read(func(ctx context.Context, q store.Querier) (err error) {
				list, err = insightdb.Reports(ctx, q, 1, nil, 0, 10)
				return err
			})
			return list
		}
		step()
		if n := len(kept()); n != 0 {
			t.Fatalf("%d reports before any was due", n)
		}
		w.advance(16 * time.Hour) // to Monday, 08:00 in Shanghai
		office.refusing(true)
		step()
		if list := kept(); len(list) != 1 || list[0].State != insightdb.ReportAsked {
			t.Fatalf("a question could not be answered for now: %+v", list)
		}
		w.advance(time.Minute)
		step()
		if list := kept(); len(list) != 1 || list[0].Mail != insightdb.MailDue || list[0].MailTries != 1 || list[0].By != 0 || list[0].To-list[0].From != 6 {
			t.Fatalf("%+v", list)
		}
		office.refusing(false)
		w.advance(2 * time.Minute)
		step()
		step()
		letters := office.letters()
		if len(letters) != 1 || !strings.Contains(letters[0], "lead@example.com") || !strings.Contains(letters[0], "who-comes-back") {
			t.Fatalf("%d letters: %q", len(letters), letters)
		}
		if content := base64.StdEncoding.EncodeToString([]byte("the workbook of " + plan.Name)); !strings.Contains(letters[0], content) || !strings.Contains(letters[0], `filename="qunying-weekly-`) {
			t.Errorf("the workbook is not in the letter: %s", letters[0])
		}
		list := kept()
		if len(list) != 1 || list[0].Mail != insightdb.MailSent || list[0].Plan != plan.Name || list[0].Size == 0 {
			t.Fatalf("%+v", list)
		}
		read := func(id int64) (r insightdb.KeptReport) {
			t.Helper()
			w.read(func(ctx context.Context, q store.Querier) (err error) {
				r, err = insightdb.ReadReport(ctx, q, 1, id)
				return err
			})
			return r
		}
		was := read(1)
		if string(was.Questions) != `[{"asked":{"name":"who-comes-back"},"error":"nobody"}]` {
			t.Errorf("%s", was.Questions)
		}
		if was.Report.Catalogue != insight.CatalogueVersion() || len(was.Report.Metrics) == 0 || len(was.Report.Numbers) == 0 {
			t.Errorf("it does not say what it means: %+v", was.Report)
		}
		w.advance(7 * 24 * time.Hour)
		step()
		if now := read(1); !cmp.Equal(now.Report, was.Report) {
			t.Errorf("it says something else: %s", cmp.Diff(was.Report, now.Report))
		}
		if n, m := len(kept()), len(office.letters()); n != 2 || m != 2 {
			t.Errorf("a week later there are %d reports and %d letters", n, m)
		}
		// Switched on an hour after its hour, a report waits for its next one.
		w.advance(time.Hour)
		late := plan
		late.Name = "补上的"
		if err := w.e.SaveReportPlans(t.Context(), 1, ReportPlans{Plans: []ReportPlan{plan, late}}, 1, 7); err != nil {
			t.Fatal(err)
		}
		step()
		if n := len(kept()); n != 2 {
			t.Errorf("%d reports, though one was switched on after its hour", n)
		}
	})
}

// What was asked for is made once, in the background, whoever asks again and whatever
// ends in between.
func TestAReportThatIsAskedForIsMade(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		ask := func(a ReportAsk) int64 {
			t.Helper()
			id, err := w.e.AskReport(t.Context(), 1, a)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		step := func(e *Engine) {
			t.Helper()
			if _, err := e.reportStep(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
		}
		read := func(id int64) (r insightdb.KeptReport) {
			t.Helper()
			w.read(func(ctx context.Context, q store.Querier) (err error) {
				r, err = insightdb.ReadReport(ctx, q, 1, id)
				return err
			})
			return r
		}
		first := ask(ReportAsk{Kind: insight.Weekly, By: 7})
		if again := ask(ReportAsk{Kind: insight.Weekly, By: 7}); again != first {
			t.Errorf("the same asked again is report %d, not %d", again, first)
		}
		other := ask(ReportAsk{Kind: insight.Daily, By: 7})
		if r := read(first); other == first || r.State != insightdb.ReportAsked || r.Size == 0 || len(r.Report.Numbers) != 0 {
			t.Fatalf("before it is made: %+v", r)
		}
		// A process takes it and ends.
		var lost insightdb.ReportTurn
		if err := w.db.Write(t.Context(), func(tx *store.Tx) (err error) {
			lost, _, err = insightdb.TakeReport(t.Context(), tx, 1, w.now(), w.now().Add(-reportHeard))
			return err
		}); err != nil || lost.ID != first {
			t.Fatalf("took %d: %v", lost.ID, err)
		}
		later := New(Options{DB: w.db, Now: w.now})
		step(later)
		if a, b := read(first).State, read(other).State; a != insightdb.ReportMaking || b != insightdb.ReportMade {
			t.Fatalf("while the first may still be made they are %s and %s", a, b)
		}
		w.advance(reportHeard + time.Second)
		step(later)
		r := read(first)
		if r.State != insightdb.ReportMade || r.To-r.From != 6 || len(r.Report.Numbers) == 0 || r.By != 7 {
			t.Fatalf("after a restart: %+v", r)
		}
		// Who was believed dead changes nothing any more.
		if err := w.db.Write(t.Context(), func(tx *store.Tx) error {
			kept, err := insightdb.KeepReport(tx, 1, &lost)
			if kept {
				t.Error("a turn that was lost wrote the report")
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if now := read(first); !cmp.Equal(now.Report, r.Report) {
			t.Errorf("it says something else: %s", cmp.Diff(r.Report, now.Report))
		}
		if id := ask(ReportAsk{Kind: insight.Weekly, By: 7}); id == first {
			t.Error("what was made already is not made again")
		}
	})
}

// A report that never comes to an end is not begun for ever, and what makes no sense is
// refused when it is asked for.
func TestReportsThatCannotBeMade(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		for name, a := range map[string]ReportAsk{
			"kind":  {Kind: "hourly"},
			"group": {Kind: insight.Daily, Scope: ReportScope{Groups: []community.GroupID{999}}},
			"none":  {Kind: insight.Daily, Within: []community.GroupID{}},
			"plan":  {Plan: "nobody wrote it"},
			"send":  {Kind: insight.Daily, Send: true},
		} {
			if _, err := w.e.AskReport(t.Context(), 1, a); err == nil {
				t.Errorf("%s: it is not refused", name)
			}
		}
		id, err := w.e.AskReport(t.Context(), 1, ReportAsk{Kind: insight.Daily, By: 7})
		if err != nil {
			t.Fatal(err)
		}
		for range reportTries {
			if err := w.db.Write(t.Context(), func(tx *store.Tx) error {
				turn, ok, err := insightdb.TakeReport(t.Context(), tx, 1, w.now(), w.now().Add(-reportHeard))
				if !ok || turn.ID != id {
					t.Errorf("took %d", turn.ID)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			w.advance(reportHeard + time.Second)
		}
		for range 2 {
			if _, err := w.e.reportStep(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
		}
		w.read(func(ctx context.Context, q store.Querier) error {
			r, err := insightdb.ReadReport(ctx, q, 1, id)
			if r.State != insightdb.ReportFailed || r.Error == "" {
				t.Errorf("it is %s: %q", r.State, r.Error)
			}
			return err
		})
	})
}

// An e-mail that was on its way when the process ended may have arrived.
func TestALetterThatWasOnItsWayIsNotSentAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		office, port := openPostOffice(t)
		w.ready(sim.FullCapabilities())
		server := MailServer{Host: "127.0.0.1", Port: port, Security: NoTLS, From: "qunying@example.com"}
		if err := w.e.SaveMailServer(t.Context(), 1, server, 0, 7); err != nil {
			t.Fatal(err)
		}
		id, err := w.e.AskReport(t.Context(), 1, ReportAsk{Kind: insight.Daily, By: 7})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.e.reportStep(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		if err := w.db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE report SET mail_to = '["lead@example.com"]', mail_state = 'sending', mail_due = $1 WHERE report_id = $2`, w.now().UnixMilli(), id)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		w.advance(reportSending + time.Second)
		if _, err := w.e.reportStep(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		w.read(func(ctx context.Context, q store.Querier) error {
			r, err := insightdb.ReadReport(ctx, q, 1, id)
			if r.Mail != insightdb.MailUnknown {
				t.Errorf("the letter is %s", r.Mail)
			}
			return err
		})
		if n := len(office.letters()); n != 0 {
			t.Errorf("%d letters", n)
		}
	})
}

// When a report was due for the last time.
func TestReportsAreDueOnTheirDays(t *testing.T) {
	zone, err := community.LoadZone("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		kind      insight.ReportKind
		now, want string
	}{
		{insight.Daily, "2026-11-22 07:59", "2026-11-21 08:00"},
		{insight.Daily, "2026-11-22 08:00", "2026-11-22 08:00"},
		{insight.Weekly, "2026-11-22 23:00", "2026-11-16 08:00"}, // a Sunday
		{insight.Weekly, "2026-11-23 07:00", "2026-11-16 08:00"},
		{insight.Weekly, "2026-11-23 08:01", "2026-11-23 08:00"},
		{insight.Quarterly, "2026-11-22 12:00", "2026-10-01 08:00"},
		{insight.Quarterly, "2026-01-01 07:00", "2025-10-01 08:00"},
		{insight.Quarterly, "2026-01-01 09:00", "2026-01-01 08:00"},
	} {
		p := ReportPlan{Kind: c.kind, Hour: 8}
		if got := p.due(at(c.now), zone); !got.Equal(at(c.want)) {
			t.Errorf("%s at %s was due at %s, want %s", c.kind, c.now, got.In(zone), c.want)
		}
	}
}

func TestSavedReportsThatAreWrong(t *testing.T) {
	good := ReportPlan{Name: "早会", Kind: insight.Daily, Hour: 8, To: []string{"a@example.com"}}
	for name, spoil := range map[string]func(*ReportPlan){
		"name":    func(p *ReportPlan) { p.Name = "a\nb" },
		"kind":    func(p *ReportPlan) { p.Kind = "hourly" },
		"hour":    func(p *ReportPlan) { p.Hour = 24 },
		"address": func(p *ReportPlan) { p.To = []string{"nobody"} },
	} {
		p := good
		spoil(&p)
		if err := (ReportPlans{Plans: []ReportPlan{p}}).Check(); community.CodeOf(err) != community.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (ReportPlans{Plans: []ReportPlan{good}}).Check(); err != nil {
		t.Error(err)
	}
}

// A report's e-mail says of how many groups days are missing, also where no gap is
// common to all of them.
func TestAReportsMailTellsOfGroupsWithGaps(t *testing.T) {
	value := 3.0
	cells := func(c insight.ReportCell) insight.ReportGroup {
		return insight.ReportGroup{Cells: []insight.ReportCell{c}}
	}
	r := insightdb.KeptReport{Language: "zh-CN", Report: insight.Report{Days: 1, Covered: 1, Groups: []insight.ReportGroup{
		cells(insight.ReportCell{Metric: "messages", Value: &value}), cells(insight.ReportCell{Metric: "messages", Value: &value, Partial: true}), cells(insight.ReportCell{Metric: "messages", Why: "gap"})}}}
	for language, want := range map[string]string{"zh-CN": "1 天中有 1 天数据完整，其中 2 个群自己的数据不全。", "en": "1 of 1 days are complete; of 2 groups some are missing."} {
		r.Language = language
		if text, err := reportWords(&r); err != nil || !strings.Contains(text, want) {
			t.Errorf("%v %s", err, text)
		}
	}
	r.Report.Groups = r.Report.Groups[:1]
	if text, err := reportWords(&r); err != nil || strings.Contains(text, "missing") || strings.Contains(text, "不全") {
		t.Errorf("%v %s", err, text)
	}
}
