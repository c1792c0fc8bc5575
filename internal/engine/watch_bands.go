package engine

import (
	"context"
	"strconv"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// CauseBand is the cause of alerts about a group one of whose bands has been 警戒
// for some days (S74); the subject is group/NUMBER.
const CauseBand = "band"

// bandsEvery is how often bands are looked at: they change once a day, and when
// somebody saves by what they are judged.
const bandsEvery = time.Hour

// judgedBy is the newest place in the log at which somebody saved by what groups are
// judged, or when that calls people.
func judgedBy(ctx context.Context, q store.Querier, c community.ID) (at community.Seq, err error) {
	err = q.QueryRowContext(ctx, `SELECT COALESCE(MAX(seq), 0) FROM setting WHERE community_id = $1 AND (key IN ($2, $3, $4, $5) OR key LIKE 'set/%')`,
		int64(c), insight.BandsKey, insight.ProfileKey, AlertsKey, store.SetsKey).Scan((*int64)(&at))
	return at, err
}

// lowActivity is what such an alert is about where no band is 警戒 but few have
// spoken for days, which counts where people switched it on.
const lowActivity = "low_activity_days"

// slumps are the groups that have been doing badly for days. It reports false
// where the views are too far behind to tell. What is not known, in a gap or
// before weeks are counted, begins no alert and ends none.
func slumps(ctx context.Context, q store.Querier, c community.ID, firing []store.Alert, now time.Time) (list []trouble, ok bool, err error) {
	head, err := store.Head(ctx, q, c)
	if err != nil {
		return nil, false, err
	}
	for _, l := range []store.Loop{store.Project, store.Insight} {
		if counted, err := store.Cursor(ctx, q, c, l); err != nil || head-counted > farBehind {
			return nil, false, err
		}
	}
	all, err := insightdb.NewSlumps(ctx, q, c, now)
	if err != nil {
		return nil, false, err
	}
	fires := map[community.GroupID]*store.Alert{}
	for i := range firing {
		if firing[i].Cause == CauseBand {
			fires[firing[i].Group] = &firing[i]
		}
	}
	judged := map[community.GroupID]bool{}
	for i := range all.Healths {
		h := &all.Healths[i]
		judged[h.ID] = true
		layers, err := store.LayersAt(ctx, q, c, h.ID, AlertsKey, 0)
		if err != nil {
			return nil, false, err
		}
		t, err := slumpOf(ctx, all, h, AlertingIn(layers), fires[h.ID])
		if err != nil {
			return nil, false, err
		}
		if t != nil {
			list = append(list, *t)
		}
	}
	for g, a := range fires {
		if !judged[g] {
			list = append(list, trouble{cause: a.Cause, subject: a.Subject})
		}
	}
	return list, true, nil
}

// slumpOf says what is wrong with a group, nil where nothing is. An alert that
// fires goes on while its metric is 警戒 or not known.
func slumpOf(ctx context.Context, all *insightdb.Slumps, h *insightdb.GroupHealth, set Alerting, fires *store.Alert) (*trouble, error) {
	bad := h.Counts[insight.BandAlert] > 0
	low := *set.Activity
	if *set.Bands == 0 || h.Account == "" || !bad && !low && fires == nil {
		return nil, nil // nobody can mend a group that is only a file
	}
	t := &trouble{cause: CauseBand, subject: "group/" + decimal(int64(h.ID)), group: h.ID, severity: store.Watch}
	if fires != nil {
		if r, known := h.Reading(fires.Data["metric"]); known && (r.Value == nil || r.Band == insight.BandAlert) {
			return t, nil
		}
	}
	lasting, err := all.Lasting(ctx, h, *set.Bands)
	if err != nil {
		return nil, err
	}
	days := *set.Bands
	var metric string
	switch {
	case len(lasting.Metrics) > 0:
		metric = lasting.Metrics[0]
	case low && lasting.LowDays >= days:
		metric, days = lowActivity, lasting.LowDays
	default:
		return nil, nil
	}
	if fires != nil && metric != fires.Data["metric"] {
		return nil, nil // that one is over; the other begins when bands are looked at next
	}
	t.since = (h.Span.To - community.Day(days-1)).Start(h.Zone)
	if metric == lowActivity {
		t.since = lasting.LowFrom.Start(h.Zone)
	}
	t.data = slumpData(h, metric, lasting.Metrics)
	if metric == lowActivity {
		t.data["limit"] = strconv.FormatFloat(insight.LowActivity, 'g', 6, 64)
		if lasting.Rate != nil {
			t.data["value"] = strconv.FormatFloat(*lasting.Rate, 'g', 6, 64)
		}
	}
	t.data["days"] = strconv.Itoa(days)
	return t, nil
}

// slumpData is what a sentence about a slump needs.
func slumpData(h *insightdb.GroupHealth, metric string, all []string) map[string]string {
	data := map[string]string{"metric": metric, "metrics": strings.Join(all, ","), "lever": string(insight.LeverTopics)}
	m, _ := insight.MetricByID(metric)
	data["zh"], data["en"], data["unit"] = m.Zh, m.En, m.Unit
	if r, ok := h.Reading(metric); ok {
		data["lever"], data["by"] = string(r.Lever), string(r.By)
		if r.Value != nil {
			data["value"] = strconv.FormatFloat(*r.Value, 'g', 6, 64)
		}
		for _, j := range r.Judged {
			if j.By == r.By && j.Cuts.Alert != nil {
				data["limit"] = strconv.FormatFloat(*j.Cuts.Alert, 'g', 6, 64)
			}
		}
		if r.Usual != nil {
			data["usual"] = strconv.FormatFloat(*r.Usual, 'g', 6, 64)
		}
	}
	return data
}
