package peopledb

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"qunying/community"
	"qunying/internal/store"
)

// Filter says which people are wanted; zero fields do not filter.
type Filter struct {
	Text        string              // part of any name they ever had, or a whole platform ID
	Group       community.GroupID   // who was seen in it
	Within      []community.GroupID // who was seen in one of them; nil: anywhere
	Tag         string
	Only        []community.IdentityID // who is one of these; nil: anybody
	SpokeBefore int64                  // ms: whose last message is older, or who never spoke
	SeenAfter   int64                  // ms: who was first seen since
	ByFirst     bool                   // order by when they were first seen, not by their last message; both the newest first
	After       Place
	Limit       int
}

// Place is a person's place in a list.
type Place struct {
	At     int64 // ms
	Person community.PersonID
}

// Line is a person in the list.
type Line struct {
	Person   community.PersonID
	Messages int64
	FirstAt  int64 // ms
	SpokeAt  int64 // ms, 0: never
}

func (l *Line) place(byFirst bool) Place {
	if byFirst {
		return Place{l.FirstAt, l.Person}
	}
	return Place{l.SpokeAt, l.Person}
}

// mostHits is how many identities a name may be found with before people are gone
// through in order instead: then every page is full after a few hundred of them.
const mostHits = 5000

// List answers a page of people, and the place from which the next one goes on,
// zero where none follows. total is how many there are, -1 where that was not
// counted.
func List(ctx context.Context, q store.Querier, c community.ID, links store.Links, f Filter) (list []Line, next Place, total int, err error) {
	set, err := chosen(ctx, q, c, links, &f)
	if err != nil {
		return nil, next, 0, err
	}
	common := "" // a name that very many bear, which is looked at person by person
	if text := strings.TrimSpace(f.Text); text != "" {
		ids, more, err := Find(ctx, q, c, text, mostHits)
		if err != nil {
			return nil, next, 0, err
		}
		if more {
			common = text
		} else {
			set = set.and(ids, links)
		}
	}
	total = -1
	if set.all {
		list, err = inOrder(ctx, q, c, &f, common)
	} else {
		list, total, err = among(ctx, q, c, &f, set, common)
	}
	if err == nil && len(list) > f.Limit {
		list = list[:f.Limit]
		next = list[f.Limit-1].place(f.ByFirst)
	}
	return list, next, total, err
}

// choice is a set of persons, or all of them.
type choice struct {
	all     bool
	persons map[community.PersonID]bool
}

// and leaves those who are also among ids.
func (s choice) and(ids []community.IdentityID, links store.Links) choice {
	left := choice{persons: map[community.PersonID]bool{}}
	for _, id := range ids {
		if p := links.Person(id); s.all || s.persons[p] {
			left.persons[p] = true
		}
	}
	return left
}

// chosen is who is left by the filters that name people.
func chosen(ctx context.Context, q store.Querier, c community.ID, links store.Links, f *Filter) (choice, error) {
	set := choice{all: true}
	if f.Only != nil {
		set = set.and(f.Only, links)
	}
	if f.Tag != "" {
		ids, err := Tagged(ctx, q, c, f.Tag)
		if err != nil {
			return set, err
		}
		set = set.and(ids, links)
	}
	for _, groups := range [][]community.GroupID{{f.Group}, f.Within} {
		if groups == nil || len(groups) == 1 && groups[0] == 0 {
			continue
		}
		ids, err := seenIn(ctx, q, c, groups)
		if err != nil {
			return set, err
		}
		set = set.and(ids, links)
	}
	return set, nil
}

func seenIn(ctx context.Context, q store.Querier, c community.ID, groups []community.GroupID) ([]community.IdentityID, error) {
	places, args := store.Listed([]any{int64(c)}, groups)
	return identities(ctx, q, `SELECT DISTINCT identity_id FROM view_member WHERE community_id = $1 AND group_id IN `+places, args...)
}

func identities(ctx context.Context, q store.Querier, query string, args ...any) ([]community.IdentityID, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []community.IdentityID
	for rows.Next() {
		var id uint32
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, community.IdentityID(id))
	}
	return ids, rows.Err()
}

// Find lists identities by a part of any name that they ever had, or by the whole
// of a platform ID. more says that there are over most.
func Find(ctx context.Context, q store.Querier, c community.ID, text string, most int) (ids []community.IdentityID, more bool, err error) {
	needle := fold(text)
	if needle == "" {
		return nil, false, nil
	}
	from, to, exactly := between(needle)
	ids, err = identities(ctx, q, `SELECT DISTINCT identity_id FROM view_name_part WHERE community_id = $1 AND part >= $2 AND part < $3 LIMIT $4`,
		int64(c), from, to, most+1)
	if err != nil || len(ids) > most {
		return nil, len(ids) > most, err
	}
	if !exactly {
		called, err := callsOf(ctx, q, c, ids)
		if err != nil {
			return nil, false, err
		}
		ids = slices.DeleteFunc(ids, func(id community.IdentityID) bool { return !anyHolds(called[id], needle) })
	}
	exact, err := identities(ctx, q, `SELECT i.identity_id FROM (SELECT DISTINCT network FROM chat_group WHERE community_id = $1) n
		JOIN identity i ON i.community_id = $1 AND i.network = n.network AND i.group_id = 0 AND i.outside_id = $2`, int64(c), strings.TrimSpace(text))
	if err != nil {
		return nil, false, err
	}
	ids = append(ids, exact...)
	slices.Sort(ids)
	return slices.Compact(ids), false, nil
}

// between is between which parts of names those lie that begin with a folded text.
// exactly says that the text is no longer than a part.
func between(needle string) (from, to []byte, exactly bool) {
	runes := []rune(needle)
	from = []byte(string(runes[:min(len(runes), longestPart)]))
	return from, append(slices.Clone(from), 0xFF), len(runes) <= longestPart
}

func anyHolds(names []string, needle string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.Contains(fold(n), needle) })
}

// callsOf lists all names of identities, the one of now included.
func callsOf(ctx context.Context, q store.Querier, c community.ID, ids []community.IdentityID) (map[community.IdentityID][]string, error) {
	all := map[community.IdentityID][]string{}
	list, err := Names(ctx, q, c, ids)
	if err != nil {
		return nil, err
	}
	for _, n := range list {
		all[n.Identity] = append(all[n.Identity], n.Name)
	}
	known, err := store.Identities(ctx, q, c, ids)
	for id, i := range known {
		all[id] = append(all[id], cmp.Or(i.Name, nameOutside(i)))
	}
	return all, err
}

// named leaves those lines whose person has a name that holds a text, "" for any.
func named(ctx context.Context, q store.Querier, c community.ID, list []Line, text string) ([]Line, error) {
	if text == "" || len(list) == 0 {
		return list, nil
	}
	persons := make([]community.PersonID, len(list))
	for i, l := range list {
		persons[i] = l.Person
	}
	of, err := Of(ctx, q, c, persons)
	if err != nil {
		return nil, err
	}
	var ids []community.IdentityID
	for _, kin := range of {
		ids = append(ids, kin...)
	}
	called, err := callsOf(ctx, q, c, ids)
	if err != nil {
		return nil, err
	}
	needle := fold(text)
	return slices.DeleteFunc(list, func(l Line) bool {
		return !slices.ContainsFunc(of[l.Person], func(id community.IdentityID) bool { return anyHolds(called[id], needle) })
	}), nil
}

// Of lists the identities of persons that were seen.
func Of(ctx context.Context, q store.Querier, c community.ID, persons []community.PersonID) (map[community.PersonID][]community.IdentityID, error) {
	of := map[community.PersonID][]community.IdentityID{}
	for part := range slices.Chunk(persons, 1024) {
		places, args := store.Listed([]any{int64(c)}, part)
		rows, err := q.QueryContext(ctx, `SELECT person_id, identity_id FROM view_person WHERE community_id = $1 AND person_id IN `+places+` ORDER BY person_id, identity_id`, args...)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		for rows.Next() {
			var p, id uint32
			if err := rows.Scan(&p, &id); err != nil {
				return nil, err
			}
			of[community.PersonID(p)] = append(of[community.PersonID(p)], community.IdentityID(id))
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	return of, nil
}

const lineColumns = `SELECT identity_id, messages, first_at, spoke_at FROM view_person WHERE community_id = $1 `

func lines(ctx context.Context, q store.Querier, query string, args ...any) ([]Line, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Line
	for rows.Next() {
		var l Line
		if err := rows.Scan((*uint32)(&l.Person), &l.Messages, &l.FirstAt, &l.SpokeAt); err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	return list, rows.Err()
}

// among pages through a set of persons.
func among(ctx context.Context, q store.Querier, c community.ID, f *Filter, set choice, text string) ([]Line, int, error) {
	persons := make([]community.PersonID, 0, len(set.persons))
	for p := range set.persons {
		persons = append(persons, p)
	}
	slices.Sort(persons)
	var list []Line
	for part := range slices.Chunk(persons, 1024) {
		places, args := store.Listed([]any{int64(c)}, part)
		some, err := lines(ctx, q, lineColumns+`AND identity_id IN `+places, args...)
		if err != nil {
			return nil, 0, err
		}
		list = append(list, some...)
	}
	list = slices.DeleteFunc(list, func(l Line) bool { // in SQL, the order by last message would lead to them
		return l.SpokeAt < 0 || f.SpokeBefore != 0 && l.SpokeAt >= f.SpokeBefore || f.SeenAfter != 0 && l.FirstAt < f.SeenAfter
	})
	list, err := named(ctx, q, c, list, text)
	if err != nil {
		return nil, 0, err
	}
	total := len(list)
	slices.SortFunc(list, func(a, b Line) int { return comparePlaces(b.place(f.ByFirst), a.place(f.ByFirst)) })
	if f.After != (Place{}) {
		list = slices.DeleteFunc(list, func(l Line) bool { return comparePlaces(l.place(f.ByFirst), f.After) >= 0 })
	}
	return list[:min(len(list), f.Limit+1)], total, nil
}

func comparePlaces(a, b Place) int {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Person, b.Person))
}

const (
	atOnce   = 500  // people who are gone through at once for a common name
	patience = 5000 // people; where more are to be expected, those who bear it are looked up
)

// inOrder pages through everybody.
func inOrder(ctx context.Context, q store.Querier, c community.ID, f *Filter, text string) ([]Line, error) {
	if text == "" {
		return page(ctx, q, c, f, f.After, f.Limit+1, "")
	}
	from, to, exactly := between(fold(text))
	size := max(f.Limit+1, atOnce)
	at := f.After
	var list []Line
	for seen := 0; !exactly || len(list)*patience >= seen*(f.Limit+1); seen += size {
		some, err := page(ctx, q, c, f, at, size, "")
		if err != nil {
			return nil, err
		}
		full := len(some) == size
		if full {
			at = some[len(some)-1].place(f.ByFirst)
		}
		if some, err = named(ctx, q, c, some, text); err != nil {
			return nil, err
		}
		list = append(list, some...)
		if !full || len(list) > f.Limit {
			return list[:min(len(list), f.Limit+1)], nil
		}
	}
	return page(ctx, q, c, f, f.After, f.Limit+1, `AND identity_id IN (SELECT identity_id FROM view_name_part WHERE community_id = $1 AND part >= $7 AND part < $8
		UNION ALL SELECT p.person_id FROM view_person p WHERE p.community_id = $1 AND p.person_id <> p.identity_id
			AND EXISTS (SELECT 1 FROM view_name_part n WHERE n.community_id = $1 AND n.identity_id = p.identity_id AND n.part >= $7 AND n.part < $8))`, from, to)
}

// page reads the next lines after a place, of those whom a condition leaves; its
// arguments begin with $7. Who they are is read from the index of the order alone,
// where no other column is asked for.
func page(ctx context.Context, q store.Querier, c community.ID, f *Filter, after Place, size int, condition string, args ...any) ([]Line, error) {
	column := "spoke_at"
	if f.ByFirst {
		column = "first_at"
	}
	const ever = int64(1) << 62
	if after == (Place{}) {
		after = Place{At: ever}
	}
	// What narrows nothing has no column, but keeps its number.
	narrow := ` AND CAST($4 AS BIGINT) > 0 AND CAST($5 AS BIGINT) >= 0 `
	if f.SpokeBefore != 0 {
		narrow = strings.Replace(narrow, `CAST($4 AS BIGINT) > 0`, `spoke_at < $4`, 1)
	}
	if f.SeenAfter > 0 {
		narrow = strings.Replace(narrow, `CAST($5 AS BIGINT) >= 0`, `first_at >= $5`, 1)
	}
	list, err := lines(ctx, q, lineColumns+`AND identity_id IN (SELECT identity_id FROM view_person WHERE community_id = $1
		AND `+column+` >= 0 AND (`+column+`, identity_id) < ($2, $3)`+narrow+condition+` ORDER BY `+column+` DESC, identity_id DESC LIMIT $6)`,
		append([]any{int64(c), after.At, int64(after.Person), cmp.Or(f.SpokeBefore, ever), max(f.SeenAfter, 0), size}, args...)...)
	// An order asked for in SQL would have SQLite go through all of that index once more.
	slices.SortFunc(list, func(a, b Line) int { return comparePlaces(b.place(f.ByFirst), a.place(f.ByFirst)) })
	return list, err
}

// SumsOf reads the line of a person, zero where they were never seen in a group.
func SumsOf(ctx context.Context, q store.Querier, c community.ID, p community.PersonID) (Line, error) {
	list, err := lines(ctx, q, lineColumns+`AND identity_id = $2 AND spoke_at >= 0`, int64(c), int64(p))
	if err != nil || len(list) == 0 {
		return Line{Person: p}, err
	}
	return list[0], nil
}
