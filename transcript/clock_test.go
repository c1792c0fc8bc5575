package transcript

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseStampReadsWhatIsWritten(t *testing.T) {
	zone := shanghai(t)
	in := &input{file: "x", opts: Options{Zone: zone}}
	rapid.Check(t, func(t *rapid.T) {
		// From 1992 on the zone has kept one offset, so every wall clock is one instant.
		ms := rapid.Int64Range(time.Date(1992, 1, 1, 0, 0, 0, 0, zone).UnixMilli(), time.Date(2199, 1, 1, 0, 0, 0, 0, zone).UnixMilli()).Draw(t, "ms")
		exact := rapid.SampledFrom([]time.Duration{time.Minute, time.Second, time.Millisecond}).Draw(t, "precision")
		at := time.UnixMilli(ms).Truncate(exact).In(zone)
		layouts := map[time.Duration][]string{
			time.Minute:      {"2006-01-02 15:04", "2006/1/2 15:04", "2006年1月2日 15:04"},
			time.Second:      {"2006-01-02 15:04:05", "2006/1/2 15:04:05", "2006.1.2 15:04:05", "2006-01-02 3:04:05 PM", time.RFC3339},
			time.Millisecond: {"2006-01-02 15:04:05.000", "2006-01-02T15:04:05.000Z07:00", "2006-01-02 15:04:05.000000"},
		}
		cells := []string{at.Format(rapid.SampledFrom(layouts[exact]).Draw(t, "layout"))}
		if exact == time.Second && at.Unix() > 1e9 {
			cells = append(cells, fmt.Sprint(at.Unix()))
		}
		if exact == time.Millisecond && at.Unix() > 1e9 {
			cells = append(cells, fmt.Sprint(at.UnixMilli()))
		}
		for _, cell := range cells {
			st, ok := parseStamp(cell)
			if !ok {
				t.Fatalf("%q is not understood", cell)
			}
			got, err := st.in(in)
			if err != nil || !got.Equal(at) || st.precision != exact {
				t.Fatalf("%q: %v (%v), %v, want %v (%v)", cell, got, st.precision, err, at, exact)
			}
		}
	})
}

func TestParseStampRefuses(t *testing.T) {
	for _, cell := range []string{"", "2020", "2020-01-02", "2020-13-01 00:00:00", "2021-02-29 00:00:00", "2020-01-02 24:00:00",
		"2020-01-02 00:60:00", "2020-01-02 00:00:00 x", "2020-01-0200:00:00", "1/2/2020 00:00:00", "0001-01-01 00:00:00",
		"123456789012", "12345678901234", "2020-01-02 13:00:00 AM", "2020-01-02 00:00:00+99:00", "2020-01-02 0:0:0", "1588291203.x"} {
		if st, ok := parseStamp(cell); ok {
			t.Errorf("%q read as %+v", cell, st)
		}
	}
}
