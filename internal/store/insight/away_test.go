package insightdb

import (
	"fmt"
	"testing"
	"time"

	"qunying/community"
)

func TestADayIsLostWhenTooMuchOfItIs(t *testing.T) {
	shanghai := time.FixedZone("Asia/Shanghai", 8*60*60)
	at := func(s string) int64 {
		when, err := time.ParseInLocation("2006-01-02 15:04:05", "2026-03-"+s, shanghai)
		if err != nil {
			t.Fatal(err)
		}
		return when.UnixMilli()
	}
	now := time.UnixMilli(at("20 12:00:00"))
	for _, c := range []struct {
		name string
		list []Away
		want string
	}{
		{"nothing", nil, "[]"},
		{"a moment", []Away{{From: at("02 10:00:00"), To: at("02 10:00:10")}}, "[]"},
		{"an hour", []Away{{From: at("02 10:00:00"), To: at("02 11:00:00")}}, "[{2026-03-02 2026-03-02}]"},
		{"moments that add up", []Away{{From: at("02 10:00:00"), To: at("02 10:30:00")}, {From: at("02 20:00:00"), To: at("02 20:30:00")}}, "[{2026-03-02 2026-03-02}]"},
		{"the same half hour twice", []Away{{From: at("02 10:00:00"), To: at("02 10:30:00")}, {From: at("02 10:10:00"), To: at("02 10:30:00")}}, "[]"},
		{"over midnight, half an hour each", []Away{{From: at("02 23:30:00"), To: at("03 00:30:00")}}, "[]"},
		{"days", []Away{{From: at("02 23:30:00"), To: at("05 02:00:00")}}, "[{2026-03-03 2026-03-05}]"},
		{"days apart", []Away{{From: at("02 01:00:00"), To: at("02 03:00:00")}, {From: at("04 01:00:00"), To: at("04 03:00:00")}}, "[{2026-03-02 2026-03-02} {2026-03-04 2026-03-04}]"},
		{"still, for minutes", []Away{{From: at("20 11:40:00")}}, "[]"},
		{"still, for hours", []Away{{From: at("20 09:40:00")}}, "[{2026-03-20 2026-03-20}]"},
	} {
		heard := Head{Group: community.Group{Zone: shanghai}, Account: "ours", LastAt: now}
		if got := fmt.Sprint(heard.daysAway(c.list, now)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	left := Head{Group: community.Group{Zone: shanghai}, LastAt: now}
	for _, when := range []time.Time{now, now.Add(100 * time.Hour)} { // nobody listens: it does not matter when one looks
		if got := fmt.Sprint(left.daysAway([]Away{{From: at("20 11:40:00")}}, when)); got != "[{2026-03-20 2026-03-20}]" {
			t.Errorf("nobody listens any more: %s at %s", got, when)
		}
	}
}
