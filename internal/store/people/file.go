package peopledb

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
)

// Active is how much somebody wrote in a group on a day of its zone.
type Active struct {
	Group    community.GroupID
	Day      community.Day
	Messages int64
}

// Activity lists the days in [from, to] on which one of the identities wrote, by
// group and day.
func Activity(ctx context.Context, q store.Querier, c community.ID, ids []community.IdentityID, from, to community.Day) ([]Active, error) {
	groups, err := GroupsOf(ctx, q, c, ids)
	if err != nil {
		return nil, err
	}
	wanted := set(ids)
	var list []Active
	for _, g := range groups {
		if g.Messages == 0 {
			continue
		}
		if err := each(ctx, q, func(scan func(...any) error) error {
			a := Active{Group: g.Group}
			var posts []byte
			if err := scan((*int32)(&a.Day), &posts); err != nil {
				return err
			}
			err := insight.EachPost(posts, func(id community.IdentityID, n uint32) {
				if wanted[id] {
					a.Messages += int64(n)
				}
			})
			if a.Messages > 0 {
				list = append(list, a)
			}
			return err
		}, `SELECT day, posts FROM view_group_day WHERE community_id = $1 AND group_id = $2 AND day >= $3 AND day <= $4 ORDER BY day`,
			int64(c), int64(g.Group), int64(from), int64(to)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func set(ids []community.IdentityID) map[community.IdentityID]bool {
	m := make(map[community.IdentityID]bool, len(ids))
	for _, id := range ids {
		m[id] = true
	}
	return m
}

func each(ctx context.Context, q store.Querier, row func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// InGroup is what somebody was in a group, over all of their identities.
type InGroup struct {
	Group    community.GroupID
	Messages int64
	FirstAt  int64 // ms
	LastAt   int64
}

// GroupsOf lists the groups in which one of the identities was seen, by number.
func GroupsOf(ctx context.Context, q store.Querier, c community.ID, ids []community.IdentityID) ([]InGroup, error) {
	places, args := store.Listed([]any{int64(c)}, ids)
	var list []InGroup
	err := each(ctx, q, func(scan func(...any) error) error {
		var g InGroup
		err := scan((*int64)(&g.Group), &g.Messages, &g.FirstAt, &g.LastAt)
		list = append(list, g)
		return err
	}, `SELECT m.group_id, SUM(m.messages), MIN(m.first_at), MAX(m.last_at) FROM view_member o CROSS JOIN view_member m
		WHERE o.community_id = $1 AND o.identity_id IN `+places+` AND m.community_id = o.community_id AND m.group_id = o.group_id
		AND m.identity_id = o.identity_id GROUP BY m.group_id ORDER BY m.group_id`, args...)
	return list, err
}

// Stay is that somebody joined a group or left it.
type Stay struct {
	At       int64 // ms
	Left     bool
	Way      string               // how they came, in the platform's terms, "" where it does not say
	Operator community.IdentityID // who invited or removed them, 0 where nobody is known
}

// Stays lists joins and leaves in a group, the oldest first.
func Stays(ctx context.Context, q store.Querier, g community.Group, ids []community.IdentityID) ([]Stay, error) {
	wanted := roaring.New()
	for _, id := range ids {
		wanted.Add(uint32(id))
	}
	var days []community.Day
	if err := each(ctx, q, func(scan func(...any) error) error {
		var day community.Day
		var joined, left []byte
		if err := scan((*int32)(&day), &joined, &left); err != nil {
			return err
		}
		for _, b := range [][]byte{joined, left} {
			if b == nil {
				continue
			}
			with := roaring.New()
			if _, err := with.FromBuffer(b); err != nil {
				return err
			}
			if with.Intersects(wanted) {
				days = append(days, day)
				break
			}
		}
		return nil
	}, `SELECT day, joined, left_group FROM view_group_day WHERE community_id = $1 AND group_id = $2
		AND (joined IS NOT NULL OR left_group IS NOT NULL) ORDER BY day`, int64(g.Community), int64(g.ID)); err != nil {
		return nil, err
	}
	var stays []Stay
	for _, day := range days {
		places, args := store.Listed([]any{int64(g.Community), int64(g.ID), day.Start(g.Zone).UnixMilli(), (day + 1).Start(g.Zone).UnixMilli()}, ids)
		if err := each(ctx, q, func(scan func(...any) error) error {
			var s Stay
			var kind string
			var data *string
			if err := scan(&s.At, &kind, (*uint32)(&s.Operator), &data); err != nil {
				return err
			}
			s.Left = kind == string(community.MemberLeft)
			var about map[string]string
			if data != nil && json.Unmarshal([]byte(*data), &about) == nil {
				s.Way = about["way"]
			}
			stays = append(stays, s)
			return nil
		}, `SELECT e.at, e.kind, e.operator_id, b.data FROM view_timeline t
			JOIN event e ON e.community_id = t.community_id AND e.seq = t.seq
			LEFT JOIN event_body b ON b.community_id = t.community_id AND b.seq = t.seq
			WHERE t.community_id = $1 AND t.group_id = $2 AND t.at >= $3 AND t.at < $4
				AND e.kind IN ('member.joined', 'member.left') AND e.identity_id IN `+places+` ORDER BY t.at, t.seq`, args...); err != nil {
			return nil, err
		}
	}
	return stays, nil
}

// EachEvent walks everything in the log that is about one of the identities in any
// group: what they wrote, when they came and went, how they were renamed. Events
// come group by group, by their time, with their bodies. It is what an export of a
// person collects and what an erasure goes through; it sees what the views have
// counted, so an erasure has to wait for them.
func EachEvent(ctx context.Context, q store.Querier, c community.ID, ids []community.IdentityID, yield func(*community.Event) error) error {
	groups, err := GroupsOf(ctx, q, c, ids)
	if err != nil {
		return err
	}
	for _, g := range groups {
		places, args := store.Listed([]any{int64(c), int64(g.Group), g.FirstAt, g.LastAt}, ids)
		var seqs []community.Seq
		if err := each(ctx, q, func(scan func(...any) error) error {
			var seq community.Seq
			err := scan((*int64)(&seq))
			seqs = append(seqs, seq)
			return err
		}, `SELECT e.seq FROM view_timeline t JOIN event e ON e.community_id = t.community_id AND e.seq = t.seq
			WHERE t.community_id = $1 AND t.group_id = $2 AND t.at >= $3 AND t.at <= $4 AND e.identity_id IN `+places+` ORDER BY t.at, t.seq`, args...); err != nil {
			return err
		}
		for part := range slices.Chunk(seqs, 500) {
			events, err := store.EventsAt(ctx, q, c, part)
			if err != nil {
				return err
			}
			for i := range events {
				if err := yield(&events[i]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Talk is how often two people answered or mentioned each other.
type Talk struct {
	With     community.PersonID
	To, From int // by the person, and by the other
}

// Bounds of what Talks reads.
const (
	talkDays     = 20
	talkMessages = 20_000
)

// Talks counts with whom a person talked in the last days on which they wrote, the
// most first. since is the first of these days' beginning in ms, 0 where there is
// none. Days are those of one group each; an answer counts where it and what it
// answers are of the same one.
func Talks(ctx context.Context, q store.Querier, c community.ID, links store.Links, person community.PersonID, ids []community.IdentityID) (list []Talk, since int64, err error) {
	days, err := Activity(ctx, q, c, ids, -1<<30, 1<<30)
	if err != nil {
		return nil, 0, err
	}
	slices.SortStableFunc(days, func(a, b Active) int { return int(b.Day - a.Day) })
	with := map[community.PersonID]*Talk{}
	of := func(p community.PersonID) *Talk {
		if with[p] == nil {
			with[p] = &Talk{With: p}
		}
		return with[p]
	}
	left := talkMessages
	for _, d := range days[:min(len(days), talkDays)] {
		if left <= 0 {
			break
		}
		g, err := store.Group(ctx, q, c, d.Group)
		if err != nil {
			return nil, 0, err
		}
		from, to := d.Day.Start(g.Zone).UnixMilli(), (d.Day + 1).Start(g.Zone).UnixMilli()
		said, err := saidOn(ctx, q, c, d.Group, from, to, left)
		if err != nil {
			return nil, 0, err
		}
		left -= len(said)
		if since == 0 || from < since {
			since = from
		}
		authors := map[string]community.PersonID{}
		for _, s := range said {
			authors[s.id] = links.Person(s.author)
		}
		for _, s := range said {
			author := links.Person(s.author)
			others := map[community.PersonID]bool{}
			if to := authors[s.answers]; s.answers != "" && to != 0 {
				others[to] = true
			}
			for _, t := range s.mentions {
				others[links.Person(t)] = true
			}
			delete(others, author)
			for other := range others {
				switch {
				case author == person:
					of(other).To++
				case other == person && author != 0:
					of(author).From++
				}
			}
		}
	}
	for _, t := range with {
		list = append(list, *t)
	}
	slices.SortFunc(list, func(a, b Talk) int {
		if n := (b.To + b.From) - (a.To + a.From); n != 0 {
			return n
		}
		return int(a.With) - int(b.With)
	})
	return list, since, nil
}

type said struct {
	author   community.IdentityID
	id       string
	answers  string
	mentions []community.IdentityID
}

func saidOn(ctx context.Context, q store.Querier, c community.ID, g community.GroupID, from, to int64, most int) ([]said, error) {
	var list []said
	err := each(ctx, q, func(scan func(...any) error) error {
		var s said
		var id, data *string
		var targets []byte
		if err := scan((*uint32)(&s.author), &targets, &id, &data); err != nil {
			return err
		}
		var err error
		if s.mentions, err = store.DecodeTargets(targets); err != nil {
			return err
		}
		if id != nil {
			s.id = *id
		}
		var about map[string]string
		if data != nil && json.Unmarshal([]byte(*data), &about) == nil {
			s.answers = about["reply_to"]
		}
		list = append(list, s)
		return nil
	}, `SELECT e.identity_id, e.targets, b.message_id, b.data FROM view_timeline t
		JOIN event e ON e.community_id = t.community_id AND e.seq = t.seq
		LEFT JOIN event_body b ON b.community_id = t.community_id AND b.seq = t.seq
		WHERE t.community_id = $1 AND t.group_id = $2 AND t.at >= $3 AND t.at < $4 AND e.kind = 'message.posted'
		ORDER BY t.at, t.seq LIMIT $5`, int64(c), int64(g), from, to, most)
	return list, err
}

// Alike is somebody who may be the same person.
type Alike struct {
	Person community.PersonID
	Reason string // one of likeliest
	Detail string // the ID or the name
	Groups int    // groups in which both were seen
}

// likeliest are the reasons, from the strongest on: the same ID on another network, a
// name that one of them gave up for another, the same rare name.
var likeliest = []string{"id", "renamed", "name"}

// rareName is how many people may bear a name that is a reason to think of one person.
const rareName = 3

// Suggest lists who may be the same person as the one with these identities, and
// why. Nothing is merged by it.
func Suggest(ctx context.Context, q store.Querier, c community.ID, links store.Links, ids []community.IdentityID) ([]Alike, error) {
	known, err := store.Identities(ctx, q, c, ids)
	if err != nil {
		return nil, err
	}
	mine := set(ids)
	found := map[community.PersonID]Alike{}
	for _, i := range known {
		if i.Group != 0 || i.Outside == "" {
			continue
		}
		same, err := identities(ctx, q, `SELECT i.identity_id FROM (SELECT DISTINCT network FROM chat_group WHERE community_id = $1) n
			JOIN identity i ON i.community_id = $1 AND i.network = n.network AND i.group_id = 0 AND i.outside_id = $2`, int64(c), i.Outside)
		if err != nil {
			return nil, err
		}
		for _, id := range same {
			if p := links.Person(id); !mine[id] && !mine[community.IdentityID(p)] {
				found[p] = Alike{Person: p, Reason: "id", Detail: i.Outside}
			}
		}
	}
	called, err := callsOf(ctx, q, c, ids)
	if err != nil {
		return nil, err
	}
	tried := map[string]bool{}
	for _, names := range called {
		for _, name := range names {
			needle := fold(name)
			if tried[needle] || len([]rune(needle)) < 2 {
				continue
			}
			tried[needle] = true
			if err := alikeByName(ctx, q, c, links, mine, name, found); err != nil {
				return nil, err
			}
		}
	}
	return withGroups(ctx, q, c, ids, found)
}

func alikeByName(ctx context.Context, q store.Querier, c community.ID, links store.Links, mine map[community.IdentityID]bool, name string, found map[community.PersonID]Alike) error {
	ids, more, err := Find(ctx, q, c, name, 200)
	if err != nil || more {
		return err
	}
	called, err := callsOf(ctx, q, c, ids)
	if err != nil {
		return err
	}
	ids = slices.DeleteFunc(ids, func(id community.IdentityID) bool {
		return !slices.ContainsFunc(called[id], func(n string) bool { return fold(n) == fold(name) })
	})
	who, err := store.Identities(ctx, q, c, ids)
	if err != nil {
		return err
	}
	reason, bearers := "name", map[community.PersonID]bool{}
	for _, id := range ids {
		if is := who[id]; is.Group != 0 && fold(is.Outside) != fold(name) {
			reason = "renamed" // the identity is another name: it was renamed from this one
		}
		if p := links.Person(id); !mine[id] && !mine[community.IdentityID(p)] {
			bearers[p] = true
		}
	}
	if len(bearers) >= rareName {
		return nil
	}
	for p := range bearers {
		if _, ok := found[p]; !ok {
			found[p] = Alike{Person: p, Reason: reason, Detail: name}
		}
	}
	return nil
}

// withGroups counts the groups in common, and sorts the likeliest to the front.
func withGroups(ctx context.Context, q store.Querier, c community.ID, ids []community.IdentityID, found map[community.PersonID]Alike) ([]Alike, error) {
	if len(found) == 0 {
		return nil, nil
	}
	own, err := GroupsOf(ctx, q, c, ids)
	if err != nil {
		return nil, err
	}
	var persons []community.PersonID
	for p := range found {
		persons = append(persons, p)
	}
	of, err := Of(ctx, q, c, persons)
	if err != nil {
		return nil, err
	}
	var list []Alike
	for p, a := range found {
		if len(of[p]) == 0 {
			continue // never seen in a group: nothing to merge
		}
		theirs, err := GroupsOf(ctx, q, c, of[p])
		if err != nil {
			return nil, err
		}
		for _, g := range own {
			if slices.ContainsFunc(theirs, func(t InGroup) bool { return t.Group == g.Group }) {
				a.Groups++
			}
		}
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b Alike) int {
		return cmp.Or(slices.Index(likeliest, a.Reason)-slices.Index(likeliest, b.Reason), b.Groups-a.Groups, int(a.Person)-int(b.Person))
	})
	return list, nil
}

// Year is the calendar that ends today, in days: 53 weeks from a Monday on.
func Year(now time.Time, zone *time.Location) (from, to community.Day) {
	to = community.DayOf(now, zone)
	return (to - 364).Week(), to
}
