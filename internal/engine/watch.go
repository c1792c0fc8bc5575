package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// Watching looks from time to time whether what should be heard is heard, and
// tells the log of what is wrong: decide makes alerts of it. It is like a
// connector that watches ourselves.

const (
	watchEvery = time.Minute
	// Groups are compared with what is usual less often: it reads two weeks.
	silenceEvery = 10 * time.Minute
	usualDays    = 14
	// Views that are further behind would take what nobody counted yet for silence.
	farBehind = 1000
)

// Causes of alerts.
const (
	CauseConnection = "connection" // an account of ours is not online; the subject is account/NAME
	CauseSilent     = "silent"     // a group that usually talks does not; group/NUMBER
	CauseOverdue    = "overdue"    // a group's tasks are past their time; group/NUMBER
	CauseDistrust   = "distrust"   // a clause may no longer act by itself; clause/GROUP/ID
)

// trouble is something that is wrong now.
type trouble struct {
	cause, subject string
	group          community.GroupID
	severity       store.Severity
	since          time.Time
	data           map[string]string
}

// watches is what watching remembers of a community.
type watches struct {
	down    map[string]time.Time // since when accounts are not online
	silence time.Time            // when groups were last compared
	bands   time.Time            // when bands were last looked at
	judged  community.Seq        // by what, then
}

func (e *Engine) runWatch(ctx context.Context) {
	t := time.NewTicker(watchEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if err := e.eachCommunity(ctx, func(c community.ID) error { return e.watchStep(ctx, c) }); err != nil && ctx.Err() == nil {
			e.log.Error("what is wrong could not be looked for; it is looked for again", "err", err)
		}
	}
}

// watchStep compares what is wrong with the alerts that fire, and logs the
// differences.
func (e *Engine) watchStep(ctx context.Context, c community.ID) error {
	now := e.now().Truncate(time.Millisecond)
	w := e.watched[c]
	if w == nil {
		w = &watches{down: map[string]time.Time{}}
		if e.watched == nil {
			e.watched = map[community.ID]*watches{}
		}
		e.watched[c] = w
	}
	accounts, err := e.Accounts(ctx, c)
	if err != nil {
		return err
	}
	looked := map[string]bool{CauseConnection: true, CauseOverdue: true, CauseDistrust: true} // causes that were looked for
	var wrong []trouble
	var firing []store.Alert
	var drafts []store.Draft
	if err := e.db.Read(ctx, func(q store.Querier) error {
		wrong = nil
		if firing, err = store.FiringAlerts(ctx, q, c); err != nil {
			return err
		}
		layers, err := store.LayersAt(ctx, q, c, 0, AlertsKey, 0)
		if err != nil {
			return err
		}
		wrong = w.outages(accounts, AlertingIn(layers), now)
		late, err := overdueTasks(ctx, q, c, now)
		if err != nil {
			return err
		}
		wrong = append(wrong, late...)
		wrong = append(wrong, distrusted(firing, now)...)
		if now.Sub(w.silence) >= silenceEvery {
			silent, ok, err := silentGroups(ctx, q, c, now)
			if err != nil {
				return err
			}
			if ok {
				w.silence, looked[CauseSilent] = now, true
				wrong = append(wrong, silent...)
			}
		}
		saved, err := judgedBy(ctx, q, c)
		if err != nil {
			return err
		}
		if now.Sub(w.bands) >= bandsEvery || saved != w.judged {
			bad, ok, err := slumps(ctx, q, c, firing, now)
			if err != nil {
				return err
			}
			if ok {
				w.bands, w.judged, looked[CauseBand] = now, saved, true
				wrong = append(wrong, bad...)
			}
		}
		drafts, err = e.differences(ctx, q, c, wrong, firing, looked, now)
		if err != nil {
			return err
		}
		return endings(ctx, q, c, drafts, firing, accounts)
	}); err != nil || len(drafts) == 0 {
		return err
	}
	_, err = e.db.Append(ctx, c, drafts...)
	return err
}

// differences are the events that make the alerts that fire what is wrong.
func (e *Engine) differences(ctx context.Context, q store.Querier, c community.ID, wrong []trouble, firing []store.Alert, looked map[string]bool, now time.Time) ([]store.Draft, error) {
	var drafts []store.Draft
	still := map[string]bool{}
	for _, t := range wrong {
		still[t.cause+" "+t.subject] = true
		if slices.ContainsFunc(firing, func(a store.Alert) bool { return a.Cause == t.cause && a.Subject == t.subject }) {
			continue
		}
		data := maps.Clone(t.data)
		data["cause"], data["subject"], data["severity"], data["since"] = t.cause, t.subject, string(t.severity), decimal(t.since.UnixMilli())
		d := store.Draft{Event: community.Event{
			Key:  community.KeyParts{Kind: community.AlertOpened, Network: "watch", ID: t.cause + "/" + t.subject + "/" + decimal(now.UnixMilli())}.Key(),
			Kind: community.AlertOpened, Group: t.group, At: now, Source: "watch", Body: &community.Body{Data: data}}}
		contacts, err := e.contactsFor(ctx, q, c, t.group)
		if err != nil {
			return nil, err
		}
		if len(contacts) > 0 { // to be told they need a number
			d.Network, d.Targets = keeperNetwork, contacts
		}
		drafts = append(drafts, d)
	}
	for _, a := range firing {
		if !looked[a.Cause] || still[a.Cause+" "+a.Subject] {
			continue
		}
		drafts = append(drafts, store.Draft{Event: community.Event{
			Key:  community.KeyParts{Kind: community.AlertClosed, Network: "watch", ID: decimal(int64(a.ID)) + "/" + strconv.Itoa(a.Times)}.Key(),
			Kind: community.AlertClosed, Group: a.Group, At: now, Source: "watch",
			Body: &community.Body{Data: map[string]string{"alert": decimal(int64(a.ID)), "cause": a.Cause, "subject": a.Subject}}}})
	}
	return drafts, nil
}

// endings says of alerts that they do not end because all is well again: what they
// were about was removed, or nobody wants to be told any more.
func endings(ctx context.Context, q store.Querier, c community.ID, drafts []store.Draft, firing []store.Alert, accounts []Account) error {
	for _, d := range drafts {
		data := d.Event.Body.Data
		at := slices.IndexFunc(firing, func(a store.Alert) bool { return decimal(int64(a.ID)) == data["alert"] })
		if d.Event.Kind != community.AlertClosed || at < 0 {
			continue
		}
		ended, err := ending(ctx, q, c, &firing[at], accounts)
		if err != nil {
			return err
		}
		if ended != "" {
			data["ended"] = ended
		}
	}
	return nil
}

func ending(ctx context.Context, q store.Querier, c community.ID, a *store.Alert, accounts []Account) (string, error) {
	const removed, unwatched = "removed", "unwatched"
	switch a.Cause {
	case CauseConnection:
		at := slices.IndexFunc(accounts, func(is Account) bool { return !is.Removed && "account/"+is.Name == a.Subject })
		switch {
		case at < 0:
			return removed, nil
		case accounts[at].Health.State != connector.Online:
			return unwatched, nil
		}
		return "", nil
	case CauseSilent, CauseBand, CauseOverdue:
	default:
		return "", nil
	}
	g, err := store.Group(ctx, q, c, a.Group)
	if err != nil {
		return "", err
	}
	layers, err := store.LayersAt(ctx, q, c, a.Group, AlertsKey, 0)
	if err != nil {
		return "", err
	}
	set := AlertingIn(layers)
	off := map[string]bool{CauseSilent: *set.Silent == 0, CauseOverdue: !*set.Overdue,
		CauseBand: *set.Bands == 0 || a.Data["metric"] == lowActivity && !*set.Activity}
	switch {
	case g.Account == "" && a.Cause != CauseOverdue:
		return removed, nil
	case off[a.Cause]:
		return unwatched, nil
	case a.Cause == CauseSilent: // being silent may have become usual
		last, err := insightdb.LastMessageAt(ctx, q, c, a.Group)
		if err == nil && !last.After(a.Since) {
			return unwatched, nil
		}
		return "", err
	}
	return "", nil
}

// outages are the accounts that have not been online for too long. What is
// paused should be online as well: it hears.
func (w *watches) outages(accounts []Account, set Alerting, now time.Time) (list []trouble) {
	down := map[string]time.Time{}
	for _, a := range accounts {
		if a.Removed || a.Health.State == connector.Online {
			continue
		}
		since, known := w.down[a.Name]
		if !known {
			if since = now; !a.Health.Since.IsZero() && a.Health.Since.Before(now) {
				since = a.Health.Since
			}
		}
		down[a.Name] = since
		if *set.Outage == 0 || now.Sub(since) < minutes(*set.Outage) {
			continue
		}
		severity := store.Grave
		if a.Health.State == connector.Degraded {
			severity = store.Watch
		}
		list = append(list, trouble{cause: CauseConnection, subject: "account/" + a.Name, severity: severity, since: since, data: map[string]string{
			"account": a.Name, "title": a.Title, "state": string(a.Health.State), "code": a.Health.Code, "why": a.Health.Why, "groups": strconv.Itoa(a.Groups),
			"minutes": strconv.Itoa(int(now.Sub(since) / time.Minute)), "limit": strconv.Itoa(*set.Outage)}})
	}
	w.down = down
	return list
}

// overdueTasks are the groups with tasks past their time.
func overdueTasks(ctx context.Context, q store.Querier, c community.ID, now time.Time) (list []trouble, err error) {
	tasks, err := store.Tasks(ctx, q, c, store.TaskFilter{State: store.TaskOpen, Limit: 1000})
	if err != nil {
		return nil, err
	}
	late := map[community.GroupID][]store.Task{}
	for _, t := range tasks { // the most urgent first
		if t.DueAt.Before(now) {
			late[t.Group] = append(late[t.Group], t)
		}
	}
	for _, g := range slices.Sorted(maps.Keys(late)) {
		layers, err := store.LayersAt(ctx, q, c, g, AlertsKey, 0)
		if err != nil {
			return nil, err
		}
		if !*AlertingIn(layers).Overdue {
			continue
		}
		tasks, err := taskLines(ctx, q, c, late[g][:min(len(late[g]), mostLate)])
		if err != nil {
			return nil, err
		}
		list = append(list, trouble{cause: CauseOverdue, subject: "group/" + decimal(int64(g)), group: g, severity: store.Grave, since: late[g][0].DueAt,
			data: map[string]string{"count": strconv.Itoa(len(late[g])), "tasks": tasks}})
	}
	return list, nil
}

// taskLines are tasks as lateTasks reads them: kind, since when and where, a line each.
func taskLines(ctx context.Context, q store.Querier, c community.ID, tasks []store.Task) (string, error) {
	var text strings.Builder
	for i := range tasks {
		t := &tasks[i]
		since := t.OpenedAt
		if t.Kind == WaitingTask {
			w, found, err := store.WaitByTask(ctx, q, c, t.Group, t.ID)
			if err != nil {
				return "", err
			}
			if found {
				since = w.At
			}
		}
		fmt.Fprintf(&text, "%s %d", cmp.Or(string(t.Action.Kind), t.Kind), since.UnixMilli())
		if strings.HasPrefix(t.Link, "/") && !strings.ContainsAny(t.Link, " \n") {
			text.WriteString(" " + t.Link)
		}
		text.WriteString("\n")
	}
	return text.String(), nil
}

// silentGroups are the groups of which nothing is heard though they usually talk.
// It reports false where the views are too far behind to tell. Nights do not
// count, and neither does time in which we could not hear.
func silentGroups(ctx context.Context, q store.Querier, c community.ID, now time.Time) (list []trouble, ok bool, err error) {
	head, err := store.Head(ctx, q, c)
	if err != nil {
		return nil, false, err
	}
	if counted, err := store.Cursor(ctx, q, c, store.Project); err != nil || head-counted > farBehind {
		return nil, false, err
	}
	groups, err := store.Groups(ctx, q, c)
	if err != nil {
		return nil, false, err
	}
	usual, err := usualMessages(ctx, q, c, now)
	if err != nil {
		return nil, false, err
	}
	for _, g := range groups {
		if g.Account == "" || g.Direct || usual[g.ID] == 0 {
			continue
		}
		layers, err := store.LayersAt(ctx, q, c, g.ID, AlertsKey, 0)
		if err != nil {
			return nil, false, err
		}
		set := AlertingIn(layers)
		if *set.Silent == 0 || usual[g.ID] < int64(*set.Usual) {
			continue
		}
		last, err := insightdb.LastMessageAt(ctx, q, c, g.ID)
		if err != nil {
			return nil, false, err
		}
		if last.IsZero() || now.Sub(last) < time.Duration(*set.Silent)*time.Hour {
			continue
		}
		heard, err := heardSince(ctx, q, g, last, now)
		if err != nil {
			return nil, false, err
		}
		if heard < time.Duration(*set.Silent)*time.Hour {
			continue
		}
		list = append(list, trouble{cause: CauseSilent, subject: "group/" + decimal(int64(g.ID)), group: g.ID, severity: store.Watch, since: last,
			data: map[string]string{"hours": strconv.Itoa(int(heard / time.Hour)), "usual": decimal(usual[g.ID]), "limit": strconv.Itoa(*set.Silent)}})
	}
	return list, true, nil
}

// usualMessages is how many messages groups had on their middle day of the two
// weeks before today.
func usualMessages(ctx context.Context, q store.Querier, c community.ID, now time.Time) (map[community.GroupID]int64, error) {
	today := community.DayOf(now, time.UTC)
	days := map[community.GroupID][]int64{}
	if err := insightdb.DayMessages(ctx, q, c, today-usualDays, today-1, func(g community.GroupID, _ community.Day, n int64) {
		days[g] = append(days[g], n)
	}); err != nil {
		return nil, err
	}
	usual := map[community.GroupID]int64{}
	for g, counts := range days {
		for len(counts) < usualDays { // days without a row had no message
			counts = append(counts, 0)
		}
		slices.Sort(counts)
		usual[g] = counts[(len(counts)-1)/2]
	}
	return usual, nil
}

// heardSince is for how long we listened to a group by day since it last spoke.
func heardSince(ctx context.Context, q store.Querier, g community.Group, last, now time.Time) (time.Duration, error) {
	layers, err := store.LayersAt(ctx, q, g.Community, g.ID, DeliveryKey, 0)
	if err != nil {
		return 0, err
	}
	p := policyOf(layers)
	gaps, err := insightdb.Coverage(ctx, q, g.Community, g.ID)
	if err != nil {
		return 0, err
	}
	heard := p.awake(g.Zone, last, now)
	for _, gap := range gaps {
		from, to := time.UnixMilli(gap.From), time.UnixMilli(gap.To)
		if gap.To == 0 || to.After(now) {
			to = now
		}
		if from.Before(last) {
			from = last
		}
		heard -= p.awake(g.Zone, from, to)
	}
	return heard, nil
}

// awake is how much of [from, to) is not night.
func (p *pacing) awake(zone *time.Location, from, to time.Time) (sum time.Duration) {
	for from.Before(to) {
		if end, night := p.nightEnd(zone, from); night {
			from = end
			continue
		}
		until := p.nightBegins(zone, from)
		if until.IsZero() || until.After(to) {
			until = to
		}
		sum += until.Sub(from)
		from = until
	}
	return sum
}

// contactsFor lists where those are reached who are called when something is
// wrong: the keeper of the group and the backup, or where it is nobody's in
// particular, everybody whose contact is known.
func (e *Engine) contactsFor(ctx context.Context, q store.Querier, c community.ID, g community.GroupID) ([]store.Outside, error) {
	if e.keeperLine(c) == nil {
		return nil, nil
	}
	contacts, err := e.staffFor(ctx, q, c, g)
	var list []store.Outside
	for _, is := range contacts {
		if id := is[keeperNetwork]; id != "" {
			list = append(list, store.Outside{ID: id})
		}
	}
	return list, err
}
