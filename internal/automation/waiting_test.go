package automation

import (
	"testing"
	"time"

	"qunying/community"
)

func TestWaitingDue(t *testing.T) {
	shanghai, err := community.LoadZone("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", s, shanghai)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	weekdays := DefaultWaiting()
	weekdays.Days = []int{1, 2, 3, 4, 5}
	for _, tt := range []struct {
		name, asked string
		w           Waiting
		minutes     int
		want        string
	}{
		{"within the hours", "2026-03-02 10:00", DefaultWaiting(), 15, "2026-03-02 10:15"},
		{"before they begin", "2026-03-02 07:30", DefaultWaiting(), 5, "2026-03-02 09:05"},
		{"over their end", "2026-03-02 20:50", DefaultWaiting(), 15, "2026-03-03 09:05"},
		{"to the end exactly", "2026-03-02 20:45", DefaultWaiting(), 15, "2026-03-02 21:00"},
		{"in the night", "2026-03-02 23:59", DefaultWaiting(), 15, "2026-03-03 09:15"},
		{"over a weekend", "2026-03-06 20:55", weekdays, 15, "2026-03-09 09:10"},
		{"longer than a day", "2026-03-02 09:00", DefaultWaiting(), 13 * 60, "2026-03-03 10:00"},
	} {
		if got := tt.w.Due(at(tt.asked), tt.minutes, shanghai); !got.Equal(at(tt.want)) {
			t.Errorf("%s: %s, want %s", tt.name, got.In(shanghai), tt.want)
		}
	}
}

func TestWaitingCheckAndLayers(t *testing.T) {
	for _, w := range []Waiting{{Minutes: new(0)}, {Minutes: new(2000)}, {From: new(60)}, {From: new(600), To: new(540)}, {From: new(0), To: new(1441)},
		{Days: []int{0}}, {Days: []int{1, 1}}} {
		if w.Check() == nil {
			t.Errorf("%+v is taken", w)
		}
	}
	if err := DefaultWaiting().Check(); err != nil {
		t.Error(err)
	}
	got := WaitingIn([]string{`{"minutes":5}`, `{"on":true,"minutes":30,"from":480,"to":1200}`, `{"minutes":0}`, `no`})
	if !*got.On || *got.Minutes != 5 || *got.From != 480 || *got.To != 1200 || len(got.Days) != 7 {
		t.Errorf("%+v", got)
	}
}

func FuzzWaitingIn(f *testing.F) {
	f.Add(`{"on":true,"from":1,"to":2,"days":[7],"minutes":1440}`, int64(1772420000))
	f.Fuzz(func(t *testing.T, layer string, asked int64) {
		if asked < 0 || asked > 1<<33 {
			return
		}
		w, from := WaitingIn([]string{layer}), time.Unix(asked, 0)
		if due := w.Due(from, *w.Minutes, time.UTC); due.Before(from.Add(time.Duration(*w.Minutes) * time.Minute)) {
			t.Errorf("%s asked at %s is due at %s", layer, from, due)
		}
	})
}
