package engine

import (
	"fmt"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/sim"
	"qunying/internal/insight"
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
		}
		if got := w.firing(); len(got) != 0 {
			t.Errorf("it recovered: %+v", got)
		}
		// Limits that are typed hold at once, not within the hour.
		w.typed(2, insight.BandsKey, `{"cuts":{"messages_mean":{"alert":1000}}}`)
		w.project()
		w.watchOnce()
		if got := w.firing(); len(got) != 1 || got[0].Group != 2 || got[0].Data["metric"] != "messages_mean" || got[0].Data["by"] != string(insight.ByTyped) {
			t.Errorf("after limits were typed: %+v", got)
		}
	})
}
