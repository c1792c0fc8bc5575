package watch

import (
	"container/list"
	"slices"
	"time"

	"qunying/community"
)

// What makes a quarrel (激烈争吵, S90 level 2): hostile messages of at least two
// persons that answer each other. One who rages alone, and many who call out
// once, are none.
const (
	quarrelIn     = 5 * time.Minute
	turns         = 3 // changes from one person to another among the hostile messages
	eachAtLeast   = 2 // hostile messages of a person who takes part
	quarrelAgain  = 10 * time.Minute
	mostHostile   = 32
	complaintIn   = time.Hour
	mostComplains = 32
)

// talk is what is going on in a group.
type talk struct {
	group      community.GroupID
	heated     []said // hostile messages within quarrelIn
	told       int64  // ms; when a quarrel was told last, 0 never
	complaints []said // the last of each person, within complaintIn
}

type said struct {
	at     int64 // ms
	person community.PersonID
}

// talks are the groups that were active last.
type talks struct {
	limit int
	of    map[community.GroupID]*list.Element
	used  *list.List // of *talk, the last active one in front
}

func newTalks(limit int) talks {
	return talks{limit, map[community.GroupID]*list.Element{}, list.New()}
}

// get returns the talk of a group. It is forgotten when as many others as the
// limit were active after it.
func (t *talks) get(group community.GroupID) *talk {
	if e, ok := t.of[group]; ok {
		t.used.MoveToFront(e)
		return e.Value.(*talk)
	}
	if t.used.Len() == t.limit {
		delete(t.of, t.used.Remove(t.used.Back()).(*talk).group)
	}
	k := &talk{group: group}
	t.of[group] = t.used.PushFront(k)
	return k
}

// recent drops what is older than a span or beyond the last most-1, in place.
func recent(list []said, at int64, span time.Duration, most int) []said {
	list = slices.DeleteFunc(list, func(s said) bool { return s.at <= at-span.Milliseconds() })
	return slices.Delete(list, 0, max(0, len(list)-most+1))
}

// hostile notes a hostile message and returns who quarrels, if a quarrel has
// just become one.
func (t *talk) hostile(at int64, person community.PersonID) []community.PersonID {
	t.heated = append(recent(t.heated, at, quarrelIn, mostHostile), said{at, person})
	if t.told != 0 && at < t.told+quarrelAgain.Milliseconds() {
		return nil
	}
	count := map[community.PersonID]int{}
	for _, s := range t.heated {
		count[s.person]++
	}
	var who []community.PersonID
	changes, last := 0, community.PersonID(0)
	for _, s := range t.heated {
		if count[s.person] < eachAtLeast {
			continue
		}
		if last != 0 && s.person != last {
			changes++
		}
		last = s.person
		if !slices.Contains(who, s.person) {
			who = append(who, s.person)
		}
	}
	if len(who) < 2 || changes < turns {
		return nil
	}
	t.told = at
	slices.Sort(who)
	return who
}

// complain notes a complaint and returns who complained, if it is several and
// this person is new among them.
func (t *talk) complain(at int64, person community.PersonID) []community.PersonID {
	before := slices.ContainsFunc(t.complaints, func(s said) bool {
		return s.person == person && s.at > at-complaintIn.Milliseconds()
	})
	t.complaints = slices.DeleteFunc(t.complaints, func(s said) bool { return s.person == person })
	t.complaints = append(recent(t.complaints, at, complaintIn, mostComplains), said{at, person})
	if before || len(t.complaints) < 2 {
		return nil
	}
	var who []community.PersonID
	for _, s := range t.complaints {
		who = append(who, s.person)
	}
	slices.Sort(who)
	return who
}
