package measure

import "math"

// Trust is what decided cases say of a clause.
type Trust struct {
	Right Share `json:"right" doc:"cases that people said were right, of those that they decided"`
	Last  Share `json:"last" doc:"of the newest of these: overturned"`
}

// TrustIn counts cases, the newest first, true where one was overturned; window
// is how many of the newest make Last.
func TrustIn(overturned []bool, window int) Trust {
	count := func(list []bool) (n int64) {
		for _, is := range list {
			if is {
				n++
			}
		}
		return n
	}
	all, newest := int64(len(overturned)), overturned[:min(len(overturned), window)]
	return Trust{Right: ShareOf(all-count(overturned), all), Last: ShareOf(count(newest), int64(len(newest)))}
}

// Earned says that a clause may act by itself: enough cases were decided, and the
// lower end of the interval of its precision is not below from.
func (t Trust) Earned(enough int64, from float64) bool {
	return t.Right.Of >= enough && t.Right.Low != nil && *t.Right.Low >= from
}

// Lost says that a clause that acts by itself may no longer: more of the newest
// window cases were overturned than limit allows. It need not be waited until the
// window is full: what has gone wrong stays wrong.
func (t Trust) Lost(window int, limit float64) bool {
	return t.Last.Hits > int64(math.Floor(limit*float64(window)+1e-9))
}
