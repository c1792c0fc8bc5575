package insight

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"iter"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"qunying/community"
)

func keys[K comparable, V any](m map[K]V) iter.Seq[K]   { return maps.Keys(m) }
func values[K comparable, V any](m map[K]V) iter.Seq[V] { return maps.Values(m) }

// day reads a date.
func day(t testing.TB, s string) community.Day {
	t.Helper()
	d, err := community.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func zone(t interface{ Fatal(...any) }, name string) *time.Location {
	z, err := community.LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func self(id community.IdentityID) community.PersonID { return community.PersonID(id) }

// count builds the rows from the events as the project loop does: the log
// refuses duplicates, the rest comes in log order.
func count(events []community.Event, z *time.Location, person func(community.IdentityID) community.PersonID) []*GroupDay {
	rows, seen := map[community.Day]*GroupDay{}, map[community.Key]bool{}
	for i := range events {
		e := &events[i]
		if seen[e.Key] {
			continue
		}
		seen[e.Key] = true
		d := community.DayOf(e.At, z)
		if rows[d] == nil {
			rows[d] = NewGroupDay(1, d)
		}
		rows[d].Add(e, e.At.In(z).Hour(), person)
	}
	return slices.SortedFunc(maps.Values(rows), func(a, b *GroupDay) int { return cmp.Compare(a.Day, b.Day) })
}

// keyOf numbers events.
func keyOf(n int) community.Key {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	sum := sha256.Sum256(b[:])
	return community.Key(sum[:16])
}

// story is a random group: its events in the order of the log, and how to read them.
type story struct {
	events []community.Event
	zone   *time.Location
	person func(community.IdentityID) community.PersonID
	first  community.Day
	last   community.Day
	away   []Span
}

func (s story) history() *History {
	return NewHistory(Record{Days: count(s.events, s.zone, s.person), Last: s.last, Away: s.away, Person: s.person})
}

// beginnings are days near changes of clocks, the turn of a year and of a month.
var beginnings = []string{"2017-02-27", "2017-10-20", "2017-12-20", "2024-02-10", "2021-08-20"}

// drawStory draws up to 75 days of a group of up to members identities.
func drawStory(t *rapid.T, members int) story {
	s := story{zone: zone(t, rapid.SampledFrom([]string{
		"Asia/Shanghai", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "UTC",
	}).Draw(t, "zone"))}
	first, err := community.ParseDay(rapid.SampledFrom(beginnings).Draw(t, "first"))
	if err != nil {
		t.Fatal(err)
	}
	s.first = first
	days := rapid.IntRange(1, 75).Draw(t, "days")
	s.last = first + community.Day(days-1) - community.Day(rapid.IntRange(-3, 2).Draw(t, "in progress"))
	identity := rapid.Custom(func(t *rapid.T) community.IdentityID {
		return community.IdentityID(rapid.IntRange(1, members).Draw(t, "identity"))
	})

	same := map[community.IdentityID]community.PersonID{}
	for range rapid.IntRange(0, 3).Draw(t, "merges") {
		a, b := identity.Draw(t, "a"), identity.Draw(t, "b")
		same[max(a, b)] = community.PersonID(min(a, b))
	}
	s.person = func(id community.IdentityID) community.PersonID {
		p := community.PersonID(id)
		for q, ok := same[community.IdentityID(p)]; ok && q != p; q, ok = same[community.IdentityID(p)] {
			p = q
		}
		return p
	}

	kinds := rapid.SampledFrom([][]community.Kind{
		{community.MessagePosted},
		{community.MessagePosted, community.MessagePosted, community.MemberJoined},
		{community.MessagePosted, community.MessagePosted, community.MemberJoined, community.MemberLeft},
		{community.MessagePosted, community.MemberJoined, community.MemberLeft, community.RosterTaken},
		{community.MessagePosted, community.MessagePosted, community.RosterTaken},
	}).Draw(t, "kinds")
	event := rapid.Custom(func(t *rapid.T) community.Event {
		d := first + community.Day(rapid.IntRange(0, days-1).Draw(t, "day"))
		at := d.Start(s.zone)
		switch rapid.IntRange(0, 3).Draw(t, "when") {
		case 0: // the first instant
		case 1: // the last millisecond
			at = (d + 1).Start(s.zone).Add(-time.Millisecond)
		default:
			at = at.Add(time.Duration(rapid.Int64Range(0, 24*3600*1000).Draw(t, "ms")) * time.Millisecond)
		}
		e := community.Event{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), At: at.UTC(), Content: community.Text}
		switch e.Kind {
		case community.MessagePosted:
			e.Mentions = rapid.IntRange(0, 2).Draw(t, "mentions")
			if rapid.IntRange(0, 9).Draw(t, "by us") == 0 {
				e.Flags = community.FromUs
			}
			if rapid.IntRange(0, 9).Draw(t, "unknown author") == 0 {
				return e
			}
		case community.RosterTaken:
			e.Targets = rapid.SliceOfN(identity, 0, members).Draw(t, "roster")
			return e
		}
		e.Identity = identity.Draw(t, "identity")
		return e
	})
	s.events = rapid.SliceOfN(event, 0, 60).Draw(t, "events")
	for i := range s.events {
		s.events[i].Key = keyOf(i)
	}
	if n := len(s.events); n > 0 { // delivered again
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, n-1), 0, 5).Draw(t, "again") {
			s.events = append(s.events, s.events[i])
		}
	}
	for range rapid.IntRange(0, 2).Draw(t, "aways") {
		from := first + community.Day(rapid.IntRange(-2, days).Draw(t, "away"))
		s.away = append(s.away, Span{from, from + community.Day(rapid.IntRange(0, 9).Draw(t, "for"))})
	}
	return s
}

// drawSpan draws a period around the story.
func drawSpan(t *rapid.T, s story) Span {
	from := s.first + community.Day(rapid.IntRange(-40, 75).Draw(t, "from"))
	return Span{from, from + community.Day(rapid.IntRange(0, 60).Draw(t, "length"))}
}
