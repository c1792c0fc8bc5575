package automation

import (
	"encoding/json"
	"slices"
	"time"

	"qunying/community"
)

// WaitingKey is the setting that says how long members may wait for an answer of
// ours (待回复, S2), of the community, of sets and of groups.
const WaitingKey = "waiting"

// Waiting is what people typed about it. A field left out is inherited.
type Waiting struct {
	On       *bool `json:"on,omitempty"`
	Minutes  *int  `json:"minutes,omitempty"`  // of service hours, until somebody is asked to answer
	From     *int  `json:"from,omitempty"`     // when service begins, in minutes after midnight of the group's zone
	To       *int  `json:"to,omitempty"`       // when it ends; not before From
	Days     []int `json:"days,omitempty"`     // of service: 1 is Monday, 7 Sunday
	Mentions *bool `json:"mentions,omitempty"` // who mentions staff waits too, also without asking anything
}

const (
	minutesOfDay = 24 * 60
	// longestWait is a day of minutes: who is answered later is not waited for.
	longestWait = minutesOfDay
)

// DefaultWaiting is in force where nobody typed anything.
func DefaultWaiting() Waiting {
	return Waiting{On: new(false), Minutes: new(15), From: new(9 * 60), To: new(21 * 60), Days: []int{1, 2, 3, 4, 5, 6, 7}, Mentions: new(true)}
}

// Check says what is wrong before it is saved. What is inherited cannot be wrong.
func (w Waiting) Check() error {
	switch {
	case w.Minutes != nil && (*w.Minutes < 1 || *w.Minutes > longestWait):
		return community.Errorf(community.Invalid, "an answer is waited for 1 to %d minutes", longestWait)
	case (w.From == nil) != (w.To == nil):
		return community.Errorf(community.Invalid, "service hours have a beginning and an end").WithHint("give both, or none to inherit them")
	case w.From != nil && (*w.From < 0 || *w.To > minutesOfDay || *w.From >= *w.To):
		return community.Errorf(community.Invalid, "service hours begin before they end, on one day").WithHint("for all day, 00:00 to 24:00")
	}
	for i, d := range w.Days {
		if d < 1 || d > 7 || slices.Contains(w.Days[:i], d) {
			return community.Errorf(community.Invalid, "days of service are 1 (Monday) to 7 (Sunday), each once")
		}
	}
	return nil
}

// WaitingIn lays layers over each other and over the defaults, the nearest first.
// What cannot be read counts as saying nothing.
func WaitingIn(layers []string) Waiting {
	w := DefaultWaiting()
	for _, l := range slices.Backward(layers) {
		var own Waiting
		if json.Unmarshal([]byte(l), &own) != nil || own.Check() != nil {
			continue
		}
		if own.On != nil {
			w.On = own.On
		}
		if own.Minutes != nil {
			w.Minutes = own.Minutes
		}
		if own.From != nil {
			w.From, w.To = own.From, own.To
		}
		if len(own.Days) > 0 {
			w.Days = own.Days
		}
		if own.Mentions != nil {
			w.Mentions = own.Mentions
		}
	}
	return w
}

// Due is when somebody has waited so many minutes of service hours, counted from a
// time on. w is in force, with no field left out.
func (w Waiting) Due(asked time.Time, minutes int, zone *time.Location) time.Time {
	left := time.Duration(minutes) * time.Minute
	day := community.DayOf(asked, zone)
	for range 400 + 7*minutes { // a week of service has a minute at least, but for the days when clocks change
		from, to := w.hours(day, zone)
		if from.Before(asked) {
			from = asked
		}
		if to.After(from) {
			if to.Sub(from) >= left {
				return from.Add(left)
			}
			left -= to.Sub(from)
		}
		day++
	}
	return asked.Add(left) // cannot be: Check wants a day of service
}

// hours are those of a day, equal where there are none. On the days when clocks
// change they are those that the clocks show.
func (w Waiting) hours(day community.Day, zone *time.Location) (from, to time.Time) {
	begin := day.Start(zone)
	weekday := int(begin.Weekday())
	if weekday == 0 {
		weekday = 7
	}
	if !slices.Contains(w.Days, weekday) {
		return begin, begin
	}
	y, m, d := begin.Date()
	return time.Date(y, m, d, 0, *w.From, 0, 0, zone), time.Date(y, m, d, 0, *w.To, 0, 0, zone)
}
