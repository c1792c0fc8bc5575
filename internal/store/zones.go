package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"
	"sync"
	"time"

	"qunying/community"
)

// ZoneKey is the setting of a group that says in which zones its days are counted.
const ZoneKey = "zone"

// ZoneChange says that a group's days are counted in another zone from a day on.
type ZoneChange struct {
	From community.Day `json:"from"` // the first day in it
	Zone string        `json:"zone"` // IANA name
}

// ZonePlan is the value of the setting ZoneKey: changes by day, the earliest first.
type ZonePlan struct {
	Changes []ZoneChange `json:"changes"`
}

// mostZoneChanges is how often a group's zone may change.
const mostZoneChanges = 50

// Check fails with Invalid where a zone is not known or the changes do not follow
// each other.
func (p ZonePlan) Check() error {
	if len(p.Changes) > mostZoneChanges {
		return community.Errorf(community.Invalid, "a group's zone can change %d times at most", mostZoneChanges)
	}
	var last time.Time
	for i, c := range p.Changes {
		at, err := c.start()
		if err != nil {
			return err
		}
		if i > 0 && (!at.After(last) || c.From <= p.Changes[i-1].From) {
			return community.Errorf(community.Invalid, "the change on %s is not after the one before", c.From)
		}
		last = at
	}
	return nil
}

// checkPlan refuses what would move days that were counted: what has begun by now
// stays, and what is new begins later.
func checkPlan(s Setting, old string, now time.Time) error {
	var is, was ZonePlan
	if s.Group == 0 {
		return community.Errorf(community.Invalid, "zones change in one group at a time")
	}
	if err := json.Unmarshal([]byte(s.Value), &is); err != nil {
		return &community.Error{Code: community.Invalid, Text: "the zones cannot be read", Err: err}
	}
	if err := is.Check(); err != nil {
		return err
	}
	if old != "" {
		if err := json.Unmarshal([]byte(old), &was); err != nil {
			return &community.Error{Code: community.Internal, Text: "the zones of a group cannot be read", Err: err}
		}
	}
	if !slices.Equal(is.until(now), was.until(now)) {
		return community.Errorf(community.Invalid, "days that were counted stay in the zone in which they were").
			WithHint("let the new zone begin tomorrow or later")
	}
	return nil
}

// until leaves out what has not begun.
func (p ZonePlan) until(now time.Time) []ZoneChange {
	return slices.DeleteFunc(slices.Clone(p.Changes), func(c ZoneChange) bool {
		at, err := c.start()
		return err == nil && at.After(now)
	})
}

// start is the first instant in the new zone.
func (c ZoneChange) start() (time.Time, error) {
	zone, err := community.LoadZone(c.Zone)
	if err != nil {
		return time.Time{}, err
	}
	return c.From.Start(zone), nil
}

// Zone puts the zones together into one that has the rules of each for as long as
// it was in force, so that whoever counts days need not know that they changed.
// Its name is that of the zone in force at now.
func (p ZonePlan) Zone(first string, now time.Time) (*time.Location, error) {
	zone, err := community.LoadZone(first)
	if err != nil || len(p.Changes) == 0 {
		return zone, err
	}
	name := first
	var b tzFile
	from := time.Unix(longAgo, 0)
	for _, c := range p.Changes {
		at, err := c.start()
		if err != nil {
			return nil, err
		}
		b.rules(zone, from, at)
		if !at.After(now) {
			name = c.Zone
		}
		if zone, err = community.LoadZone(c.Zone); err != nil {
			return nil, err
		}
		from = at
	}
	b.rules(zone, from, time.Unix(farAhead, 0))
	return time.LoadLocationFromTZData(name, b.bytes())
}

const (
	longAgo  = -1 << 33      // seconds: before any zone had rules
	farAhead = 4102444800    // the year 2100: up to here rules of summer time are written out
	zoneMost = math.MaxUint8 // kinds of local time in a file
)

// tzFile gathers changes of local time for a file of RFC 9636.
type tzFile struct {
	at    []int64
	kind  []byte
	kinds []localTime
}

type localTime struct {
	name   string
	offset int32 // seconds east of UTC
	summer bool
}

// rules takes over how a zone changes in [from, to).
func (f *tzFile) rules(zone *time.Location, from, to time.Time) {
	for t := from.In(zone); t.Before(to); {
		name, offset := t.Zone()
		k := localTime{name, int32(offset), t.IsDST()}
		i := slices.Index(f.kinds, k)
		if i < 0 {
			if len(f.kinds) == zoneMost {
				return
			}
			i = len(f.kinds)
			f.kinds = append(f.kinds, k)
		}
		f.at, f.kind = append(f.at, t.Unix()), append(f.kind, byte(i))
		_, end := t.ZoneBounds()
		if !end.IsZero() && !end.After(t) { // at the end of some years that follow a rule it is the time itself
			_, end = t.Add(24 * time.Hour).ZoneBounds()
		}
		if !end.After(t) {
			return
		}
		t = end
	}
}

// bytes writes the file: an empty first part for old readers, then the second.
func (f *tzFile) bytes() []byte {
	var names []byte
	var kinds bytes.Buffer
	for _, k := range f.kinds {
		summer := byte(0)
		if k.summer {
			summer = 1
		}
		_ = binary.Write(&kinds, binary.BigEndian, k.offset) // a Buffer does not fail
		at := bytes.Index(names, append([]byte(k.name), 0))
		if at < 0 {
			at = len(names)
			names = append(append(names, k.name...), 0)
		}
		kinds.Write([]byte{summer, byte(at)})
	}
	var out bytes.Buffer
	head := func(times, kinds, names int) {
		out.WriteString("TZif2")
		out.Write(make([]byte, 15))
		_ = binary.Write(&out, binary.BigEndian, []uint32{0, 0, 0, uint32(times), uint32(kinds), uint32(names)})
	}
	head(0, 1, 1)
	out.Write(make([]byte, 6+1))
	head(len(f.at), len(f.kinds), len(names))
	_ = binary.Write(&out, binary.BigEndian, f.at)
	out.Write(f.kind)
	out.Write(kinds.Bytes())
	out.Write(names)
	out.WriteString("\n\n")
	return out.Bytes()
}

// planned keeps the zones that were put together: a few, asked for with every group.
var planned sync.Map // plannedKey → *time.Location

type plannedKey struct{ first, changes, name string }

// plannedZone is the zone of a group with the setting's value in changes, or "".
func plannedZone(first, changes string) (*time.Location, error) {
	if changes == "" {
		return community.LoadZone(first)
	}
	var p ZonePlan
	if err := json.Unmarshal([]byte(changes), &p); err != nil {
		return nil, &community.Error{Code: community.Internal, Text: "the zones of a group cannot be read", Err: err}
	}
	now := time.Now()
	key := plannedKey{first: first, changes: changes}
	if begun := p.until(now); len(begun) > 0 {
		key.name = begun[len(begun)-1].Zone
	}
	if z, ok := planned.Load(key); ok {
		return z.(*time.Location), nil
	}
	z, err := p.Zone(first, now)
	if err == nil {
		planned.Store(key, z)
	}
	return z, err
}

// Begun counts the changes that have begun by now.
func (p ZonePlan) Begun(now time.Time) int { return len(p.until(now)) }

// FirstZone is the zone that a group was made with.
func FirstZone(ctx context.Context, q Querier, c community.ID, g community.GroupID) (zone string, err error) {
	err = q.QueryRowContext(ctx, `SELECT zone FROM chat_group WHERE community_id = $1 AND group_id = $2`, int64(c), int64(g)).Scan(&zone)
	return zone, unavailable(err)
}
