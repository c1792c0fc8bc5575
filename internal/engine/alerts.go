package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
)

// AlertsKey is the setting that says when something counts as wrong, of the
// community, of sets and of groups.
const AlertsKey = "alerts"

// Alerting is what people typed about it. A field left out is inherited.
type Alerting struct {
	Outage   *int  `json:"outage_minutes,omitempty"`   // a connection is not online for so long; 0: never
	Silent   *int  `json:"silent_hours,omitempty"`     // nothing is heard of a group in so much time that is not night; 0: never
	Usual    *int  `json:"silent_from,omitempty"`      // only groups with so many messages on their middle day of two weeks
	Cooldown *int  `json:"cooldown_minutes,omitempty"` // what comes back within them calls nobody again
	Bands    *int  `json:"band_days,omitempty"`        // a band of a group is 警戒 for so many days; 0: never
	Activity *bool `json:"low_activity,omitempty"`     // also when a day's activity is below the field's 15 % for so long (S74)
	Overdue  *bool `json:"overdue,omitempty"`          // tasks past their time
	Mail     *bool `json:"mail,omitempty"`             // e-mails are sent, where a mail server is set
	Staff    *bool `json:"staff,omitempty"`            // staff is told by WeCom, where connected
}

// DefaultAlerting is in force where nobody typed anything.
func DefaultAlerting() Alerting {
	return Alerting{Outage: new(10), Silent: new(12), Usual: new(20), Cooldown: new(60), Bands: new(3), Activity: new(false), Overdue: new(true), Mail: new(true), Staff: new(true)}
}

// Check says what is wrong before it is saved.
func (a Alerting) Check() error {
	for _, f := range []struct {
		name  string
		value *int
		most  int
	}{{"outage_minutes", a.Outage, 24 * 60}, {"silent_hours", a.Silent, 30 * 24}, {"silent_from", a.Usual, 1_000_000}, {"cooldown_minutes", a.Cooldown, 7 * 24 * 60}, {"band_days", a.Bands, 28}} {
		if f.value != nil && (*f.value < 0 || *f.value > f.most) {
			return community.Errorf(community.Invalid, "%s is %d", f.name, *f.value).WithHint("write a number from 0 to " + strconv.Itoa(f.most))
		}
	}
	return nil
}

// AlertingIn lays layers over each other and over the defaults; the nearest is
// the first. What cannot be read counts as saying nothing.
func AlertingIn(layers []store.Layer) Alerting {
	a := DefaultAlerting()
	for _, l := range slices.Backward(layers) {
		var own Alerting
		if json.Unmarshal([]byte(l.Value), &own) != nil || own.Check() != nil {
			continue
		}
		a.Outage, a.Silent, a.Usual = cmp.Or(own.Outage, a.Outage), cmp.Or(own.Silent, a.Silent), cmp.Or(own.Usual, a.Usual)
		a.Bands, a.Activity = cmp.Or(own.Bands, a.Bands), cmp.Or(own.Activity, a.Activity)
		a.Cooldown, a.Overdue = cmp.Or(own.Cooldown, a.Cooldown), cmp.Or(own.Overdue, a.Overdue)
		a.Mail, a.Staff = cmp.Or(own.Mail, a.Mail), cmp.Or(own.Staff, a.Staff)
	}
	return a
}

// alertOpened writes an alert that the log tells of, and calls people, unless it
// fires already or has just come back.
func (e *Engine) alertOpened(ctx context.Context, q store.Querier, d *decider, ev *community.Event, fx *effects) error {
	if ev.Body == nil {
		return nil // its details are forgotten, and so is the trouble
	}
	layers, err := d.layers(ctx, q, ev, settingKey{ev.Group, AlertsKey})
	if err != nil {
		return err
	}
	set := AlertingIn(layers)
	data := ev.Body.Data
	a := store.Alert{Community: ev.Community, ID: ev.Seq, Cause: data["cause"], Subject: data["subject"], Group: ev.Group,
		Severity: store.Severity(data["severity"]), State: store.Firing, Data: data, Since: ev.At, OpenedAt: ev.LoggedAt}
	if ms, err := strconv.ParseInt(data["since"], 10, 64); err == nil {
		a.Since = time.UnixMilli(ms).UTC()
	}
	if *set.Mail && ev.Origin == community.Live {
		a.MailDue = ev.LoggedAt
	}
	fx.also = func(tx *store.Tx) error {
		fresh, err := tx.OpenAlert(a, time.Duration(*set.Cooldown)*time.Minute)
		tx.AfterCommit(func() {
			e.changes.send(Change{Community: ev.Community, Groups: []community.GroupID{ev.Group}, What: "alerts"})
			e.mails.fire()
		})
		if err != nil || !fresh || !*set.Staff || ev.Origin != community.Live {
			return err
		}
		return e.tellStaff(ctx, tx, ev, &a)
	}
	return nil
}

func (e *Engine) alertClosed(ev *community.Event, fx *effects) {
	if ev.Body == nil {
		return
	}
	id, err := strconv.ParseInt(ev.Body.Data["alert"], 10, 64)
	if err != nil {
		return
	}
	fx.also = func(tx *store.Tx) error {
		_, err := tx.ResolveAlert(ev.Community, community.Seq(id), ev.LoggedAt, ev.Body.Data["ended"])
		tx.AfterCommit(func() {
			e.changes.send(Change{Community: ev.Community, Groups: []community.GroupID{ev.Group}, What: "alerts"})
			e.mails.fire()
		})
		return err
	}
}

// Seen is the answer to AlertSee.
type Seen struct {
	Alert community.Seq `json:"alert"`
}

// seeAlert notes that somebody looks after an alert.
func (e *Engine) seeAlert(ev *community.Event, fx *effects) (any, error) {
	id, err := strconv.ParseInt(ev.Body.Data["alert"], 10, 64)
	if err != nil {
		return nil, community.Errorf(community.Invalid, "it is not said which alert")
	}
	fx.finish = func(tx *store.Tx) (any, error) {
		ok, err := tx.SeeAlert(ev.Community, community.Seq(id), staffOf(ev), ev.LoggedAt, strings.TrimSpace(ev.Body.Text))
		if err == nil && !ok {
			err = community.Errorf(community.NotFound, "there is no alert %d", id)
		}
		tx.AfterCommit(func() { e.changes.send(Change{Community: ev.Community, What: "alerts"}) })
		return Seen{community.Seq(id)}, err
	}
	return nil, nil
}

// alertPage is the page of the console on which an alert's trouble is looked at.
func alertPage(a *store.Alert) string {
	switch {
	case a.Cause == CauseOverdue:
		return "/tasks?group=" + decimal(int64(a.Group))
	case a.Cause == CauseConnection && a.Data["account"] != "":
		return "/connections/" + url.PathEscape(a.Data["account"])
	case a.Cause == CauseDistrust:
		return "/moderation/measures"
	case a.Cause == CauseBand || a.Cause == CauseSilent:
		return "/groups/" + decimal(int64(a.Group))
	}
	return "/alerts"
}

// lateTask is a task past its time as an alert tells of it: what it is and since
// when, neither names nor texts, because an e-mail cannot be called back.
type lateTask struct{ Kind, Since, Link string }

// mostLate is how many of them an alert names.
const mostLate = 5

// lateTasks reads them from where overdueTasks wrote them.
func lateTasks(data map[string]string, zone *time.Location) (list []lateTask) {
	for line := range strings.Lines(data["tasks"]) {
		if f := strings.Fields(line); len(f) >= 2 {
			ms, _ := strconv.ParseInt(f[1], 10, 64)
			t := lateTask{Kind: f[0], Since: time.UnixMilli(ms).In(zone).Format("01-02 15:04")}
			if len(f) > 2 {
				t.Link = f[2]
			}
			list = append(list, t)
		}
	}
	return list
}

// inUnit writes a number of an alert about a band, "" where it has none.
func inUnit(data map[string]string, key string) string {
	v, err := strconv.ParseFloat(data[key], 64)
	if err != nil {
		return ""
	}
	unit := data["unit"]
	if data["metric"] == lowActivity {
		unit = "share"
	}
	return reportValue(insight.ReportMetric{Unit: unit}, v)
}

// alertWords are the words about an alert, for a message or an e-mail. zone is
// that in which its times are written. page leads to it, below console where the
// reader knows that address; where both are "" there is no link.
func alertWords(a *store.Alert, group string, zone *time.Location, language, console, page string) (string, error) {
	var ending, link string
	if console != "" || strings.Contains(page, "://") {
		link = console + page
	}
	if a.State == store.Resolved {
		ending = a.Data["ended"]
	}
	return written(alertNotes, language, map[string]any{"Ending": ending, "Link": link, "Console": console,
		"Value": inUnit(a.Data, "value"), "Limit": inUnit(a.Data, "limit"), "Tasks": lateTasks(a.Data, zone), "Cause": a.Cause, "Data": a.Data, "Group": group, "Over": a.State == store.Resolved,
		"Since": a.Since.In(zone).Format("01-02 15:04"), "Ended": a.ResolvedAt.In(zone).Format("01-02 15:04")})
}

// tellStaff queues messages about an alert to those whom its event names.
func (e *Engine) tellStaff(ctx context.Context, tx *store.Tx, ev *community.Event, a *store.Alert) error {
	if len(ev.Targets) == 0 {
		return nil
	}
	group, zone, err := placeOf(ctx, tx, ev.Community, ev.Group)
	if err != nil {
		return err
	}
	link, err := e.consolePage(ctx, tx, ev.Community, alertPage(a))
	if err != nil {
		return err
	}
	names, err := store.Identities(ctx, tx, ev.Community, ev.Targets)
	if err != nil {
		return err
	}
	for i, who := range ev.Targets {
		language, err := e.languageOf(ctx, tx, ev.Community, names[who].Outside)
		if err != nil {
			return err
		}
		text, err := alertWords(a, group, zone, language, "", link)
		if err != nil {
			return err
		}
		if _, err := e.tellDirectly(tx, ev.Community, who, zone, text, community.Cause{Seq: ev.Seq, Rule: "alert", Ordinal: i}); err != nil {
			return err
		}
	}
	return nil
}

// placeOf is the name and zone of a group, or with 0 those of the community.
func placeOf(ctx context.Context, q store.Querier, c community.ID, g community.GroupID) (string, *time.Location, error) {
	if g != 0 {
		group, err := store.Group(ctx, q, c, g)
		if err == nil || community.CodeOf(err) != community.NotFound {
			return group.Name, group.Zone, err
		}
	}
	list, err := store.Communities(ctx, q)
	for _, is := range list {
		if is.ID == c {
			return "", is.Zone, err
		}
	}
	return "", time.UTC, err
}
