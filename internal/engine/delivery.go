package engine

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

// DeliveryKey is the setting that says when and how fast things go out, of the
// community and of a group.
const DeliveryKey = "delivery"

// Delivery is what people typed about it. A field left out is inherited: by a
// group from its sets and from its community, by these from DefaultDelivery.
// Paused is not: where any of them pauses, nothing goes out.
type Delivery struct {
	Paused       bool              `json:"paused,omitempty"`
	QuietFrom    string            `json:"quiet_from,omitempty"` // "23:00" in the group's zone; the same as QuietTo: never quiet
	QuietTo      string            `json:"quiet_to,omitempty"`
	QuietFor     []community.Class `json:"quiet_for,omitempty"`     // what waits meanwhile
	Spread       *int              `json:"spread,omitempty"`        // over which a broadcast to many groups goes out
	PerGroup     *int              `json:"per_group,omitempty"`     // messages to one group a minute
	Fatigue      *int              `json:"touches,omitempty"`       // beyond so many a week it is too much for a group (S38)
	Same         *int              `json:"same_seconds,omitempty"`  // within which equal texts to a group are one
	Task         *int              `json:"task_minutes,omitempty"`  // for a task, quiet hours not counted
	ModerateTask *int              `json:"order_minutes,omitempty"` // for one that keeps order
}

// DefaultDelivery is in force where nobody typed anything.
func DefaultDelivery() Delivery {
	number := func(n int) *int { return &n }
	return Delivery{QuietFrom: "23:00", QuietTo: "07:00", QuietFor: []community.Class{community.Broadcast}, Spread: number(5), PerGroup: number(0),
		Fatigue: number(6), Same: number(10), Task: number(4 * 60), ModerateTask: number(15)}
}

// Over lays what a group says over what it inherits.
func (d Delivery) Over(base Delivery) Delivery {
	d.QuietFrom, d.QuietTo = cmp.Or(d.QuietFrom, base.QuietFrom), cmp.Or(d.QuietTo, base.QuietTo)
	if d.QuietFor == nil {
		d.QuietFor = base.QuietFor
	}
	for _, f := range []struct{ own, base **int }{{&d.Spread, &base.Spread}, {&d.PerGroup, &base.PerGroup}, {&d.Fatigue, &base.Fatigue},
		{&d.Same, &base.Same}, {&d.Task, &base.Task}, {&d.ModerateTask, &base.ModerateTask}} {
		if *f.own == nil {
			*f.own = *f.base
		}
	}
	return d
}

// Check says what is wrong before it is saved.
func (d Delivery) Check() error {
	for _, clock := range []string{d.QuietFrom, d.QuietTo} {
		if _, err := time.Parse("15:04", clock); clock != "" && err != nil {
			return community.Errorf(community.Invalid, "%q is not a time of day", clock).WithHint("write 23:00")
		}
	}
	for _, c := range d.QuietFor {
		if !slices.Contains([]community.Class{community.Reply, community.Routine, community.Broadcast}, c) {
			return community.Errorf(community.Invalid, "%q cannot wait for the end of quiet hours", c).WithHint("reply, routine or broadcast")
		}
	}
	for _, f := range []struct {
		name  string
		value *int
		most  int
	}{{"spread", d.Spread, 24 * 60}, {"per_group", d.PerGroup, 1000}, {"touches", d.Fatigue, 1000}, {"same_seconds", d.Same, 3600},
		{"task_minutes", d.Task, 14 * 24 * 60}, {"order_minutes", d.ModerateTask, 24 * 60}} {
		if f.value != nil && (*f.value < 0 || *f.value > f.most) {
			return community.Errorf(community.Invalid, "%s is %d", f.name, *f.value).WithHint(fmt.Sprintf("write a number from 0 to %d", f.most))
		}
	}
	return nil
}

// Why something that is to be sent waits.
const (
	WaitApproval     = "approval"       // a person has to allow it
	WaitScheduled    = "scheduled"      // its time has not come
	WaitRetry        = "retry"          // it failed, and is tried again
	WaitPausedAll    = "paused_all"     // everything is paused
	WaitPausedGroup  = "paused_group"   // the group is
	WaitPausedLine   = "paused_account" // the account is
	WaitQuiet        = "quiet_hours"
	WaitSpread       = "spread"       // broadcasts go out one after the other
	WaitRateAccount  = "rate_account" // of the account, a minute or between two acts
	WaitRateGroup    = "rate_group"   // of the group, a minute
	WaitWarmUp       = "warm_up"      // the account is new: so many a day
	WaitDaily        = "daily_limit"  // of the account
	WaitNotConnected = "connecting"   // the account does not know the group yet
)

// Wait says why something waits, and until when, zero where nobody knows. The
// zero Wait is that of what may go.
type Wait struct {
	Reason string
	Until  time.Time
}

// ration is what of an account matters for when it may act.
type ration struct {
	settings accountSettings
	zone     *time.Location // in which its days are counted
	acts     *meter         // all that it did
	said     *meter         // in the group concerned
	perGroup int            // messages a minute that the platform bears there, 0: not known
	direct   bool           // it is no group: what is said there is for one person each
}

// judge says whether an action may go now, by settings, limits and what went
// before. at is nil for what a person has to do: limits of accounts do not hold.
func judge(o *store.Outgoing, p *pacing, zone *time.Location, at *ration, now time.Time) Wait {
	switch {
	case o.State == store.Suggested:
		return Wait{Reason: WaitApproval}
	case p.pausedAll:
		return Wait{Reason: WaitPausedAll}
	case p.pausedGroup:
		return Wait{Reason: WaitPausedGroup}
	case at != nil && at.settings.Paused:
		return Wait{Reason: WaitPausedLine}
	case o.DueAt.After(now) && o.Attempts > 0:
		return Wait{WaitRetry, o.DueAt}
	}
	if w := p.release(o, zone); w.Until.After(now) {
		return w
	}
	if end, quiet := p.quietUntil(o.Class, zone, now); quiet { // it was held up until here
		return Wait{WaitQuiet, end}
	}
	if at == nil {
		return Wait{}
	}
	return at.free(o, p, now)
}

// release is from when on an action may go, by its own time, quiet hours and the
// spreading of broadcasts; the reason is the last that holds it.
func (p *pacing) release(o *store.Outgoing, zone *time.Location) Wait {
	w := Wait{WaitScheduled, o.DueAt}
	if end, quiet := p.quietUntil(o.Class, zone, w.Until); quiet {
		w = Wait{WaitQuiet, end}
	}
	if o.Class == community.Broadcast && o.Detail.Batch != "" && o.Attempts == 0 && p.spread > 0 {
		w = Wait{WaitSpread, w.Until.Add(turnOf(o.Group, p.spread))}
		if end, quiet := p.quietUntil(o.Class, zone, w.Until); quiet {
			w = Wait{WaitQuiet, end.Add(turnOf(o.Group, p.spread))}
		}
	}
	return w
}

// turnOf is a group's place in a stretch of time. It is the group's own, so that one
// broadcast does not overtake another; the golden ratio keeps groups apart.
func turnOf(g community.GroupID, within time.Duration) time.Duration {
	place, _ := bits.Mul64(uint64(g)*0x9E3779B97F4A7C15, uint64(within))
	return time.Duration(place).Truncate(time.Millisecond)
}

// free says when the account may act.
func (at *ration) free(o *store.Outgoing, p *pacing, now time.Time) Wait {
	limits := at.settings.Limits
	today, tomorrow := at.acts.since(community.DayOf(now, at.zone), at.zone)
	age := -1
	if since := at.settings.NewSince; !since.IsZero() {
		age = int(community.DayOf(now, at.zone) - community.DayOf(since, at.zone))
	}
	switch {
	case age >= 0 && age < len(limits.Warmup) && limits.Warmup[age] > 0 && today >= limits.Warmup[age]:
		return Wait{WaitWarmUp, tomorrow}
	case limits.PerDay > 0 && today >= limits.PerDay:
		return Wait{WaitDaily, tomorrow}
	}
	if free := at.acts.last().Add(limits.Pause); limits.Pause > 0 && free.After(now) {
		return Wait{WaitRateAccount, free}
	}
	if free := at.acts.free(limits.PerMinute, now); free.After(now) {
		return Wait{WaitRateAccount, free}
	}
	if !speaks(o.Kind) || at.direct {
		return Wait{}
	}
	for _, most := range []int{at.perGroup, limits.PerGroup, p.perGroup} {
		if free := at.said.free(most, now); free.After(now) {
			return Wait{WaitRateGroup, free}
		}
	}
	return Wait{}
}

// speaks says whether an action is a message to a group.
func speaks(k community.ActionKind) bool { return k == community.Send || k == community.Announce }

// meter remembers when something was done: of the last minute exactly, of the
// day how often.
type meter struct {
	recent []time.Time
	day    community.Day
	today  int
}

func (m *meter) add(at time.Time, zone *time.Location) {
	m.recent = slices.DeleteFunc(m.recent, func(t time.Time) bool { return at.Sub(t) >= time.Minute })
	m.recent = append(m.recent, at)
	if day := community.DayOf(at, zone); day != m.day {
		m.day, m.today = day, 0
	}
	m.today++
}

// since tells how often it was done on a day, and when the next day begins.
func (m *meter) since(day community.Day, zone *time.Location) (n int, next time.Time) {
	if m.day == day {
		n = m.today
	}
	return n, (day + 1).Start(zone)
}

func (m *meter) last() time.Time {
	if len(m.recent) == 0 {
		return time.Time{}
	}
	return m.recent[len(m.recent)-1]
}

// free is when it may be done again at so many a minute; 0 does not limit.
func (m *meter) free(perMinute int, now time.Time) time.Time {
	if perMinute <= 0 || len(m.recent) < perMinute {
		return now
	}
	return m.recent[len(m.recent)-perMinute].Add(time.Minute)
}

// pacing is a Delivery with everything inherited and read.
type pacing struct {
	pausedAll, pausedGroup  bool
	quietFrom, quietTo      int // minutes of the day
	quietFor                []community.Class
	spread, same            time.Duration
	perGroup, fatigue       int
	taskTime, moderatedTask time.Duration
}

// DeliveryIn lays what a group's layers say over each other and over the
// defaults; the nearest is the first. Paused says whether any of them pauses, all
// whether the community itself does.
func DeliveryIn(layers []store.Layer) (d Delivery, all bool) {
	d = DefaultDelivery()
	paused := false
	for _, l := range slices.Backward(layers) {
		own := parseDelivery(l.Value)
		all = all || own.Paused && l.Level == store.OfCommunity
		paused = paused || own.Paused
		d = own.Over(d)
	}
	d.Paused = paused
	return d, all
}

// policyOf reads what is in force for a group. What cannot be read as a time
// means that it is never quiet.
func policyOf(layers []store.Layer) pacing {
	d, all := DeliveryIn(layers)
	p := pacing{pausedAll: all, pausedGroup: d.Paused && !all, quietFor: d.QuietFor, perGroup: *d.PerGroup, fatigue: *d.Fatigue,
		spread: minutes(*d.Spread), same: time.Duration(*d.Same) * time.Second, taskTime: minutes(*d.Task), moderatedTask: minutes(*d.ModerateTask)}
	from, errFrom := time.Parse("15:04", d.QuietFrom)
	to, errTo := time.Parse("15:04", d.QuietTo)
	if errFrom == nil && errTo == nil {
		p.quietFrom, p.quietTo = from.Hour()*60+from.Minute(), to.Hour()*60+to.Minute()
	}
	return p
}

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }

// quietUntil says whether at is in the quiet hours of a class, and when they end.
// What keeps order never waits for them.
func (p *pacing) quietUntil(c community.Class, zone *time.Location, at time.Time) (end time.Time, quiet bool) {
	if c == community.Moderation || !slices.Contains(p.quietFor, c) {
		return time.Time{}, false
	}
	return p.nightEnd(zone, at)
}

// nightEnd says whether at is at night, and when it ends.
func (p *pacing) nightEnd(zone *time.Location, at time.Time) (time.Time, bool) {
	local := at.In(zone)
	minute := local.Hour()*60 + local.Minute()
	y, m, d := local.Date()
	switch {
	case p.quietFrom == p.quietTo:
		return time.Time{}, false
	case p.quietFrom < p.quietTo && (minute < p.quietFrom || minute >= p.quietTo):
		return time.Time{}, false
	case p.quietFrom > p.quietTo && minute < p.quietFrom && minute >= p.quietTo:
		return time.Time{}, false
	case minute >= p.quietTo: // the night ends tomorrow
		d++
	}
	return time.Date(y, m, d, p.quietTo/60, p.quietTo%60, 0, 0, zone), true
}

// taskDue is when a person should have done it: soon where order is to be kept,
// otherwise within so long of the time that is not night.
func (p *pacing) taskDue(c community.Class, zone *time.Location, now time.Time) time.Time {
	if c == community.Moderation {
		return now.Add(p.moderatedTask)
	}
	left := p.taskTime
	for {
		if end, night := p.nightEnd(zone, now); night {
			now = end
		}
		night := p.nightBegins(zone, now)
		if night.IsZero() || now.Add(left).Before(night) {
			return now.Add(left)
		}
		left -= night.Sub(now)
		now = night
	}
}

// nightBegins is when the next night begins after at, zero if there is none.
func (p *pacing) nightBegins(zone *time.Location, at time.Time) time.Time {
	if p.quietFrom == p.quietTo {
		return time.Time{}
	}
	y, m, d := at.In(zone).Date()
	night := time.Date(y, m, d, p.quietFrom/60, p.quietFrom%60, 0, 0, zone)
	if !night.After(at) {
		night = time.Date(y, m, d+1, p.quietFrom/60, p.quietFrom%60, 0, 0, zone)
	}
	return night
}

// staleAfter is how long after its time an action is worth doing at all, where
// nobody said otherwise.
func staleAfter(c community.Class) time.Duration {
	if c == community.Moderation || c == community.Reply {
		return time.Hour
	}
	return 24 * time.Hour
}
