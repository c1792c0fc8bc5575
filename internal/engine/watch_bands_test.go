package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/sim"
	"qunying/internal/insight"
	"qunying/internal/store"
)

// A slump calls people after some days, and a gap does not (S74).
func TestABandThatStaysBadCallsPeople(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		w.typed(0, AlertsKey, `{"silent_hours":0,"outage_minutes":0,"band_days":3}`)
		w.health(connector.Online)
		day := func(group string, n int) {
			said := make([]connector.Observation, n)
			for i := range said {
				said[i] = w.say(group, fmt.Sprint("u", i%5), "早")
			}
			w.observe(said...)
		}
		days := func(n, steady, other int) {
			for range n {
				day("g", steady)
				day("h", other)
				w.advance(24 * time.Hour)
			}
		}
		look := func() {
			t.Helper()
			w.health(connector.Online)
			w.project()
			for more := true; more; {
				var err error
				if more, err = w.e.insightStep(t.Context(), 1); err != nil {
					t.Fatal(err)
				}
			}
			w.advance(bandsEvery)
			w.watchOnce()
		}
		days(64, 10, 10)
		look()
		if got := w.firing(); len(got) != 0 {
			t.Fatalf("nothing is wrong: %+v", got)
		}
		// A week of which nothing is known is no slump.
		for _, group := range []string{"g", "h"} {
			w.observe(connector.Observation{Kind: community.CoverageLost, Group: group, At: w.now(), ID: "away " + group})
		}
		w.advance(7 * 24 * time.Hour)
		for _, group := range []string{"g", "h"} {
			w.observe(connector.Observation{Kind: community.CoverageBack, Group: group, At: w.now(), ID: "back " + group})
		}
		look()
		if got := w.firing(); len(got) != 0 {
			t.Fatalf("a gap: %+v", got)
		}
		days(14, 10, 10)
		look()
		if got := w.firing(); len(got) != 0 {
			t.Fatalf("after the gap: %+v", got)
		}
		slump := 0
		for len(w.firing()) == 0 && slump < 14 {
			days(1, 1, 10)
			slump++
			look()
		}
		got := w.firing()
		if len(got) != 1 || got[0].Cause != CauseBand || got[0].Group != 1 || got[0].Data["days"] != "3" || got[0].Data["zh"] == "" || got[0].Data["lever"] == "" {
			t.Fatalf("after %d days: %+v", slump, got)
		}
		for language, want := range map[string][2]string{chinese: {"\n现在 ", "，界线 "}, "en": {"\nNow ", ", limit "}} {
			if text, err := alertWords(&got[0], "群", time.UTC, language, "", ""); err != nil || !strings.Contains(text, want[0]) || !strings.Contains(text, want[1]) {
				t.Errorf("%v %q", err, text)
			}
		}
		if slump < 3 { // it was bad for fewer days than were asked for
			t.Errorf("it called after %d days", slump)
		}
		look()
		if again := w.firing(); len(again) != 1 || again[0].ID != got[0].ID || again[0].Times != 1 {
			t.Errorf("an hour later: %+v", again)
		}
		for left := 21; len(w.firing()) > 0 && left > 0; left-- {
			days(1, 10, 10)
			look()
			look() // another metric of the group begins an alert of its own
		}
		if got := w.firing(); len(got) != 0 {
			t.Errorf("it recovered: %+v", got)
		}
		// Limits that are typed hold at once, not within the hour.
		w.typed(2, insight.BandsKey, `{"cuts":{"messages_mean":{"alert":1000}}}`)
		w.project()
		w.watchOnce()
		if got := w.firing(); len(got) != 1 || got[0].Group != 2 || got[0].Data["metric"] != "messages_mean" || got[0].Data["by"] != string(insight.ByTyped) || got[0].Data["limit"] != "1000" || got[0].Data["value"] == "" {
			t.Errorf("after limits were typed: %+v", got)
		}
		// Few who speak are said with the field's figure, and ending the watch is not told as an end of the trouble.
		again := func(key, value string) {
			t.Helper()
			if err := w.e.SaveSetting(t.Context(), 1, 2, key, json.RawMessage(value), 1, 7); err != nil {
				t.Fatal(err)
			}
		}
		again(insight.BandsKey, `{"cuts":{"activity_rate":{"excellent":0},"speaking_share":{"excellent":0},"messages_per_member":{"excellent":0},
			"kol_share":{"excellent":0},"few_share":{"excellent":1},"silent_share":{"excellent":1}}}`)
		roster := make([]connector.Member, 100)
		for i := range roster {
			roster[i].ID = fmt.Sprint("u", i)
		}
		w.observe(connector.Observation{Kind: community.RosterTaken, Group: "h", Members: roster, At: w.now(), ID: "roster"})
		w.typed(2, AlertsKey, `{"low_activity":true}`)
		from := w.now()
		days(1, 10, 10)
		w.observe(connector.Observation{Kind: community.CoverageLost, Group: "h", At: w.now(), ID: "away again"})
		w.advance(24 * time.Hour) // passed over: neither a low day nor one that ends them
		w.observe(connector.Observation{Kind: community.CoverageBack, Group: "h", At: w.now(), ID: "back again"})
		days(3, 10, 10)
		look()
		look() // what was typed is over before another begins
		low := slices.DeleteFunc(w.firing(), func(a store.Alert) bool { return a.Group != 2 })
		if len(low) != 1 || low[0].Times != 1 || low[0].Group != 2 || low[0].Data["metric"] != lowActivity {
			t.Fatalf("few speak: %+v", low)
		}
		var h community.Group
		w.read(func(ctx context.Context, q store.Querier) (err error) {
			h, err = store.Group(ctx, q, 1, 2)
			return err
		})
		if !low[0].Since.Equal(community.DayOf(from, h.Zone).Start(h.Zone)) {
			t.Errorf("since %v, not the day of %v", low[0].Since, from)
		}
		if text, err := alertWords(&low[0], "群", time.UTC, chinese, "", ""); err != nil || !strings.Contains(text, "的日活率连续 "+low[0].Data["days"]+" 天低于 15.0%\n最近一天 5.0%，界线 15.0%\n") {
			t.Errorf("%v %q", err, text)
		}
		again(AlertsKey, `{"low_activity":false}`)
		w.watchOnce()
		w.ended(low[0].ID, "unwatched")
	})
}
