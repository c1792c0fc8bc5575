package sim

import "testing"

func BenchmarkObservations(b *testing.B) {
	g, err := New(Plan{Seed: 1, Groups: 2000, Members: 150, Days: 180})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	n := 0
	for n < b.N {
		for range g.Observations() {
			if n++; n >= b.N {
				break
			}
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "observations/s")
}
