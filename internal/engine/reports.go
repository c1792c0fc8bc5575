package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// ReportsKey is the setting that holds what reports people take again and again.
const ReportsKey = "reports"

// ReportScope says which groups a report is about; all of it empty: all groups.
type ReportScope struct {
	Groups []community.GroupID `json:"groups,omitempty"`
	Sets   []int64             `json:"sets,omitempty"`
	Keeper community.StaffID   `json:"keeper,omitempty"` // the groups that somebody keeps, or is the backup for
}

// ReportPlan is a report that is made again and again: by a click, or by itself.
type ReportPlan struct {
	Name  string             `json:"name"`
	Kind  insight.ReportKind `json:"kind"`
	Scope ReportScope        `json:"scope"`
	// On makes it by itself: a daily one every day, a weekly one on Mondays, a
	// quarterly one on the first day of a quarter, at Hour in the community's zone.
	On       bool     `json:"on,omitempty"`
	Hour     int      `json:"hour"`
	To       []string `json:"to,omitempty"` // addresses that it is sent to
	Language string   `json:"language"`     // of the e-mail: zh-CN or en
	Since    int64    `json:"since"`        // ms; when it was switched on: what was due before is not made up for
	// Questions is JSON, what it answers beside its own numbers; the API knows its shape.
	Questions json.RawMessage `json:"questions,omitempty"`
}

// ReportPlans are all of a community.
type ReportPlans struct {
	Plans []ReportPlan `json:"plans"`
}

const (
	mostReportPlans = 50
	// reportStale is how late a report may be made that was due while nothing ran.
	reportStale = 48 * time.Hour
	// reportSending is how long an e-mail may be on its way before nobody knows
	// what became of it.
	reportSending = 10 * time.Minute
)

// Check says what is wrong before it is saved.
func (s ReportPlans) Check() error {
	if len(s.Plans) > mostReportPlans {
		return community.Errorf(community.Invalid, "there are more than %d saved reports", mostReportPlans)
	}
	names := map[string]bool{}
	for _, p := range s.Plans {
		switch {
		case p.Name == "" || utf8.RuneCountInString(p.Name) > 60 || strings.ContainsAny(p.Name, "\r\n/"):
			return community.Errorf(community.Invalid, "%q is no name of a report", p.Name).WithHint("write up to 60 characters in one line, without /")
		case names[p.Name]:
			return community.Errorf(community.Invalid, "two reports are called %q", p.Name)
		case p.Kind.Days() == 0:
			return community.Errorf(community.Invalid, "there is no report %q", string(p.Kind)).WithHint("daily, weekly or quarterly")
		case p.Hour < 0 || p.Hour > 23:
			return community.Errorf(community.Invalid, "%d is no hour", p.Hour).WithHint("0 to 23")
		case len(p.To) > mostTo:
			return community.Errorf(community.Invalid, "more than %d addresses get a report", mostTo)
		}
		names[p.Name] = true
		for _, a := range p.To {
			if err := CheckMailAddress(a); err != nil {
				return err
			}
		}
	}
	return nil
}

// ReportPlans reads the saved reports and their version.
func (e *Engine) ReportPlans(ctx context.Context, c community.ID) (s ReportPlans, version int64, err error) {
	err = e.db.Read(ctx, func(q store.Querier) error {
		version, err = store.ReadSetting(ctx, q, c, 0, ReportsKey, &s)
		return err
	})
	return s, version, err
}

// SaveReportPlans saves them as the version after based.
func (e *Engine) SaveReportPlans(ctx context.Context, c community.ID, s ReportPlans, based int64, by community.StaffID) error {
	if err := s.Check(); err != nil {
		return err
	}
	was, _, err := e.ReportPlans(ctx, c)
	if err != nil {
		return err
	}
	for i := range s.Plans {
		p := &s.Plans[i]
		p.Since = e.now().UnixMilli()
		if j := slices.IndexFunc(was.Plans, func(old ReportPlan) bool {
			return old.Name == p.Name && old.On && p.On && old.Kind == p.Kind && old.Hour == p.Hour
		}); j >= 0 {
			p.Since = was.Plans[j].Since
		}
	}
	if err := e.SaveSetting(ctx, c, 0, ReportsKey, s, based, by); err != nil {
		return err
	}
	e.reports.fire()
	return nil
}

// due is when the report was due for the last time, by now.
func (p *ReportPlan) due(now time.Time, zone *time.Location) time.Time {
	at := func(d community.Day) time.Time { return d.Start(zone).Add(time.Duration(p.Hour) * time.Hour) }
	begin := func(d community.Day) community.Day {
		switch p.Kind {
		case insight.Weekly:
			return d.Week()
		case insight.Quarterly:
			d = d.Month()
			for int(d.Start(time.UTC).Month())%3 != 1 {
				d = (d - 1).Month()
			}
		}
		return d
	}
	d := begin(community.DayOf(now, zone))
	if at(d).After(now) {
		d = begin(d - 1)
	}
	return at(d)
}

// groupsOf lists the groups of a scope; none: all.
func (s ReportScope) groupsOf(ctx context.Context, q store.Querier, c community.ID) ([]community.GroupID, error) {
	groups := slices.Clone(s.Groups)
	if len(s.Sets) > 0 {
		sets, _, err := store.SetsAt(ctx, q, c, 0)
		if err != nil {
			return nil, err
		}
		for _, set := range sets.Sets {
			if slices.Contains(s.Sets, set.ID) {
				groups = append(groups, set.Groups...)
			}
		}
	}
	if s.Keeper != 0 {
		typed, err := store.SettingOfGroups(ctx, q, c, KeeperKey)
		if err != nil {
			return nil, err
		}
		for g, v := range typed {
			var k Keeper
			if json.Unmarshal([]byte(v), &k) == nil && (k.Staff == s.Keeper || k.Backup == s.Keeper) {
				groups = append(groups, g)
			}
		}
	}
	slices.Sort(groups)
	groups = slices.Compact(groups)
	if len(groups) == 0 && (len(s.Sets) > 0 || s.Keeper != 0) {
		return nil, community.Errorf(community.Invalid, "groups: there is no group to report on").WithHint("nobody keeps a group there, or the set is empty")
	}
	return groups, nil
}

// mailReports sends what is due. An e-mail that was on its way when a process died
// may have arrived: it is shown as unknown and not sent again by itself.
func (e *Engine) mailReports(ctx context.Context, c community.ID) error {
	now := e.now()
	var due []int64
	var server MailServer
	if err := e.db.Read(ctx, func(q store.Querier) (err error) {
		if due, err = insightdb.ReportsToMail(ctx, q, c, now); err != nil || len(due) == 0 {
			return err
		}
		server, _, err = e.mailServer(ctx, q, c)
		return err
	}); err != nil {
		return err
	}
	if err := e.db.Write(ctx, func(tx *store.Tx) error { return insightdb.LoseReportMails(tx, c, now.Add(-reportSending)) }); err != nil {
		return err
	}
	for _, id := range due {
		mine := false
		if err := e.db.Write(ctx, func(tx *store.Tx) (err error) {
			mine, err = insightdb.ClaimReportMail(tx, c, id, now)
			return err
		}); err != nil || !mine {
			return err
		}
		state, next, why := insightdb.MailSent, now, ""
		if tries, err := e.mailReport(ctx, c, id, server); err != nil {
			state, why = insightdb.MailFailed, err.Error()
			if tries < mailTries {
				state, next = insightdb.MailDue, now.Add(time.Minute<<tries)
			}
			e.log.Warn("a report could not be sent", "community", c, "report", id, "try", tries, "err", err)
		}
		if err := e.db.Write(ctx, func(tx *store.Tx) error { return insightdb.SettleReportMail(tx, c, id, state, next, why) }); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) mailReport(ctx context.Context, c community.ID, id int64, server MailServer) (tries int, err error) {
	var r insightdb.KeptReport
	if err := e.db.Read(ctx, func(q store.Querier) (err error) {
		r, err = insightdb.ReadReport(ctx, q, c, id)
		return err
	}); err != nil {
		return 0, err
	}
	if server.Host == "" {
		return r.MailTries, community.Errorf(community.Unavailable, "no mail server is set").WithHint("set one under Settings, Alerts")
	}
	text, err := reportWords(&r)
	if err != nil {
		return r.MailTries, err
	}
	book, err := e.reportBook(&r)
	if err != nil {
		return r.MailTries, err
	}
	return r.MailTries, e.sendMail(ctx, server, r.MailTo, text, book)
}

// mostEnclosed bounds a workbook that goes with an e-mail, in bytes: mail servers
// refuse more than a few megabytes. A larger one is had from the console.
const mostEnclosed = 5 << 20

func (e *Engine) reportBook(r *insightdb.KeptReport) (*enclosure, error) {
	if e.workbook == nil {
		return nil, nil
	}
	var b bytes.Buffer
	if err := e.workbook(&b, r); err != nil {
		return nil, err
	}
	if b.Len() > mostEnclosed {
		return nil, nil
	}
	return &enclosure{name: r.FileName("xlsx"), content: b.Bytes()}, nil
}
