package sim

import (
	"math/rand/v2"
	"time"
)

// halfHours is how lively each half hour of a day is. Peaks at 7:30–9:00,
// 12:00–13:30 and 20:00–22:00; hardly anybody between 1 and 6.
var halfHours = [48]float64{
	14, 9, 4, 2.5, 1, 1, 0.6, 0.6, 0.6, 0.8, 1.5, 3, // 0–6
	10, 20, 32, 46, 50, 38, 28, 26, 25, 27, 30, 36, // 6–12
	54, 52, 44, 28, 24, 24, 25, 26, 27, 28, 31, 34, // 12–18
	38, 40, 42, 46, 60, 64, 62, 54, 44, 36, 28, 20, // 18–24
}

var daytime = sums(halfHours[:])

func sums(weights []float64) []float64 {
	out := make([]float64, len(weights))
	total := 0.0
	for i, w := range weights {
		total += w
		out[i] = total
	}
	return out
}

// moment draws an instant of the day by its rhythm, in milliseconds since its start.
func moment(r *rand.Rand) int64 {
	x := r.Float64() * daytime[47]
	slot := 0
	for daytime[slot] <= x {
		slot++
	}
	return int64(slot)*1800_000 + r.Int64N(1800_000)
}

// liveliness of an instant against the day's peak, 0 to 1.
func liveliness(t time.Time) float64 {
	return halfHours[t.Hour()*2+t.Minute()/30] / 64
}

// weekdays from Sunday: leisure lives at the weekend, work in the week.
var weekdays = map[string][7]float64{
	"兴趣":   {1.25, 0.9, 0.9, 0.92, 0.93, 0.98, 1.3},
	"产品服务": {1.1, 0.92, 0.93, 0.95, 0.97, 1.05, 1.15},
	"学习":   {0.9, 1.08, 1.06, 1.05, 1.03, 0.98, 0.88},
	"行业交流": {0.55, 1.2, 1.2, 1.18, 1.15, 1.1, 0.6},
}
