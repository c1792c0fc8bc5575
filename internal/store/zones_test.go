package store

import (
	"testing"
	"time"

	"qunying/community"
)

// What is put together has the local times of each zone for as long as it was in force.
func TestZonesArePutTogether(t *testing.T) {
	day := func(text string) community.Day {
		d, err := community.ParseDay(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	plan := ZonePlan{Changes: []ZoneChange{{day("2026-03-03"), "America/New_York"}, {day("2030-07-01"), "Australia/Lord_Howe"}, {day("2035-01-01"), "Asia/Kathmandu"}}}
	if err := plan.Check(); err != nil {
		t.Fatal(err)
	}
	zone, err := plan.Zone("Europe/Dublin", time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if zone.String() != "Australia/Lord_Howe" {
		t.Errorf("in 2031 it is called %s", zone)
	}
	names := []string{"Europe/Dublin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"}
	for at := time.Date(1900, 1, 1, 0, 30, 0, 0, time.UTC); at.Year() < 2099; at = at.Add(7 * time.Hour) {
		name := names[0]
		for i, c := range plan.Changes {
			if begins, err := c.start(); err != nil {
				t.Fatal(err)
			} else if !at.Before(begins) {
				name = names[i+1]
			}
		}
		is, err := community.LoadZone(name)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := at.In(zone).Format(time.DateTime+" MST"), at.In(is).Format(time.DateTime+" MST"); got != want {
			t.Fatalf("%s: %s, want %s as in %s", at, got, want, name)
		}
	}
}

func TestZonePlansAreChecked(t *testing.T) {
	for _, p := range []ZonePlan{
		{Changes: []ZoneChange{{1, "Asia/Tokyo"}, {1, "Asia/Shanghai"}}},                // an hour later, but on the same day
		{Changes: []ZoneChange{{20, "Asia/Tokyo"}, {10, "Asia/Shanghai"}}},              // backwards
		{Changes: []ZoneChange{{20, ""}}},                                               //
		{Changes: []ZoneChange{{20, "Local"}}},                                          //
		{Changes: make([]ZoneChange, mostZoneChanges+1)},                                //
		{Changes: []ZoneChange{{30, "Pacific/Kiritimati"}, {30, "Pacific/Kiritimati"}}}, //
	} {
		if err := p.Check(); community.CodeOf(err) != community.Invalid {
			t.Errorf("%v: %v, want invalid", p.Changes, err)
		}
	}
}
