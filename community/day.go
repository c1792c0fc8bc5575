package community

import (
	"fmt"
	"sync"
	"time"
)

// Day is a calendar day counted in days since 1970-01-01. Which instants belong
// to it depends on the zone of the group.
type Day int32

// DayOf returns the day on which t falls in zone.
func DayOf(t time.Time, zone *time.Location) Day {
	y, m, d := t.In(zone).Date()
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// ParseDay reads "2006-01-02".
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, Errorf(Invalid, "%q is not a day", s).WithHint("write the day as 2006-01-02")
	}
	return DayOf(t, time.UTC), nil
}

func (d Day) utc() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// Start is the first instant of the day in zone (00:00, or the first instant
// after it where a change of clocks skips midnight). A day that the zone skipped
// whole, as Samoa did with 2011-12-30, starts with the next and has no time in it.
func (d Day) Start(zone *time.Location) time.Time {
	y, m, dd := d.utc().Date()
	t := time.Date(y, m, dd, 0, 0, 0, 0, zone)
	if DayOf(t, zone) < d { // midnight does not exist: time.Date answered from the day before
		t = t.Add(time.Hour)
	}
	if DayOf(t, zone) < d {
		return (d + 1).Start(zone)
	}
	return t
}

// Weekday of the day.
func (d Day) Weekday() time.Weekday { return d.utc().Weekday() }

// Week is the Monday on or before d: weeks run Monday to Sunday (ISO 8601).
func (d Day) Week() Day { return d - Day((int(d.Weekday())+6)%7) }

// Month is the first day of d's calendar month.
func (d Day) Month() Day {
	y, m, _ := d.utc().Date()
	return DayOf(time.Date(y, m, 1, 0, 0, 0, 0, time.UTC), time.UTC)
}

// String writes "2006-01-02".
func (d Day) String() string { return d.utc().Format(time.DateOnly) }

// MarshalText and UnmarshalText carry a day as "2006-01-02".
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads "2006-01-02".
func (d *Day) UnmarshalText(b []byte) error {
	v, err := ParseDay(string(b))
	if err == nil {
		*d = v
	}
	return err
}

// LoadZone returns the zone of an IANA name such as "Asia/Shanghai".
func LoadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, Errorf(Invalid, "%q is not a time zone", name).WithHint("use an IANA name such as Asia/Shanghai")
	}
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location), nil
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil, &Error{Code: Invalid, Text: fmt.Sprintf("%q is not a time zone", name), Hint: "use an IANA name such as Asia/Shanghai", Err: err}
	}
	zones.Store(name, z)
	return z, nil
}

// zones are those that were loaded: there are a few hundred names, and loading
// reads the whole table of one.
var zones sync.Map // string → *time.Location
