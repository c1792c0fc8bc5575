package engine

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/sim"
	"qunying/internal/store"
)

// BenchmarkDispatch sends 2,000 messages of one account to 100 groups of a
// platform that answers after the given time.
func BenchmarkDispatch(b *testing.B) {
	for _, slow := range []time.Duration{0, 5 * time.Millisecond} {
		b.Run(fmt.Sprint("answers after ", slow), func(b *testing.B) {
			const groups, each = 100, 20
			for b.Loop() {
				b.StopTimer()
				w := newWorld(b, filepath.Join(b.TempDir(), "test.db"))
				can := sim.FullCapabilities()
				can.SendsPerMin = 0
				for g := range groups {
					name := fmt.Sprint("g", g)
					w.net.AddGroup(name, name, connector.Member{ID: "a", Name: "a"})
					w.net.SetCapabilities(name, can)
					w.observe(w.say(name, "a", "hi"))
				}
				w.decide()
				if err := w.db.Write(b.Context(), func(tx *store.Tx) error {
					for i := range groups * each {
						if err := tx.Enqueue(community.Action{Community: 1, Group: community.GroupID(i%groups + 1), Key: community.Key{1, byte(i >> 8), byte(i)},
							Kind: community.Send, Text: fmt.Sprint(i), DueAt: begin, Cause: community.Cause{Seq: community.Seq(i + 1), Rule: "staff"}}, store.Queued); err != nil {
							return err
						}
					}
					return nil
				}); err != nil {
					b.Fatal(err)
				}
				w.net.SlowBy(slow)
				b.StartTimer()
				w.dispatch()
				b.StopTimer()
				if n := len(w.net.Sent()); n != groups*each {
					b.Fatalf("%d were sent", n)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(groups*each*b.N)/b.Elapsed().Seconds(), "sends/s")
		})
	}
}
