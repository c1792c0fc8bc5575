package engine

import (
	"context"
	"encoding/base64"
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
		plan := ReportPlan{Name: "周一早会", Kind: insight.Weekly, On: true, Hour: 8, To: []string{"lead@example.com"}, Language: "en"}
		if err := w.e.SaveReportPlans(t.Context(), 1, ReportPlans{Plans: []ReportPlan{plan}}, 0, 7); err != nil {
			t.Fatal(err)
		}
		w.e.workbook = func(out io.Writer, r *insightdb.KeptReport) error {
			_, err := fmt.Fprintf(out, "the workbook of %s", r.Plan)
			return err
		}
		other := New(Options{DB: w.db, Now: w.now, Workbook: w.e.workbook})
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
		if list := kept(); len(list) != 1 || list[0].Mail != insightdb.MailDue || list[0].MailTries != 1 || list[0].By != 0 || list[0].To-list[0].From != 6 {
			t.Fatalf("%+v", list)
		}
		office.refusing(false)
		w.advance(2 * time.Minute)
		step()
		step()
		letters := office.letters()
		if len(letters) != 1 || !strings.Contains(letters[0], "lead@example.com") {
			t.Fatalf("%d letters: %q", len(letters), letters)
		}
		if content := base64.StdEncoding.EncodeToString([]byte("the workbook of " + plan.Name)); !strings.Contains(letters[0], content) || !strings.Contains(letters[0], `filename="qunying-weekly-`) {
			t.Errorf("the workbook is not in the letter: %s", letters[0])
		}
		list := kept()
		if len(list) != 1 || list[0].Mail != insightdb.MailSent || list[0].Plan != plan.Name || len(list[0].Groups) == 0 {
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
		id, err := w.e.MakeReport(t.Context(), 1, 7, insight.Daily, ReportScope{}, nil, 0)
		if err != nil {
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
