// Package privacy removes what is personal and leaves what is counted: a person's
// traces on request, and whole classes of data when their time is over.
package privacy

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qunying/community"
	"qunying/internal/store"
)

// Gone stands where something personal was.
const Gone = "[erased]"

// kept are details of events that say nothing of who it was, and that views and
// rules count by.
var kept = []string{"way", "state", "until", "message", "why", "account"}

// Erasure is a person's erasure, done or under way.
type Erasure struct {
	ID         int64
	Person     community.PersonID
	Identities []community.IdentityID
	By         community.StaffID
	At, DoneAt time.Time // DoneAt is zero while it is under way
	Bodies     int64     // of the log
	Rows       int64     // elsewhere
}

// Identities lists every identity of the person to whom one of them belongs, the
// smallest first. It fails with NotFound.
func Identities(ctx context.Context, q store.Querier, c community.ID, of community.IdentityID) ([]community.IdentityID, error) {
	links, err := store.LinksAt(ctx, q, c, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	person := links.Person(of)
	ids := []community.IdentityID{community.IdentityID(person)}
	for id, p := range links {
		if p == person && id != community.IdentityID(person) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	known, err := store.Identities(ctx, q, c, ids)
	if err == nil && len(known) == 0 {
		err = community.Errorf(community.NotFound, "there is no person %d", of)
	}
	return ids, err
}

// Begin notes that a person is to be erased.
func Begin(tx *store.Tx, c community.ID, e Erasure) (Erasure, error) {
	ids, err := json.Marshal(e.Identities)
	if err != nil {
		return e, err
	}
	err = tx.QueryRowContext(context.Background(), `INSERT INTO erasure (community_id, erasure_id, person_id, identities, staff_id, at, state, done_at, bodies, rows_changed)
		SELECT CAST($1 AS BIGINT), COALESCE(MAX(erasure_id), 0) + 1, CAST($2 AS BIGINT), CAST($3 AS TEXT), CAST($4 AS BIGINT), CAST($5 AS BIGINT), 'running', 0, 0, 0
		FROM erasure WHERE community_id = $1 RETURNING erasure_id`, int64(c), int64(e.Person), string(ids), int64(e.By), e.At.UnixMilli()).Scan(&e.ID)
	return e, store.Unavailable(err)
}

// Finish notes that it is done.
func Finish(tx *store.Tx, c community.ID, e Erasure) error {
	_, err := tx.Exec(`UPDATE erasure SET state = 'done', done_at = $3, bodies = $4, rows_changed = $5 WHERE community_id = $1 AND erasure_id = $2`,
		int64(c), e.ID, e.DoneAt.UnixMilli(), e.Bodies, e.Rows)
	return store.Unavailable(err)
}

// Erasures lists all of them, the newest first.
func Erasures(ctx context.Context, q store.Querier, c community.ID) ([]Erasure, error) {
	rows, err := q.QueryContext(ctx, `SELECT erasure_id, person_id, identities, staff_id, at, done_at, bodies, rows_changed FROM erasure
		WHERE community_id = $1 ORDER BY erasure_id DESC`, int64(c))
	if err != nil {
		return nil, store.Unavailable(err)
	}
	defer rows.Close()
	var list []Erasure
	for rows.Next() {
		var e Erasure
		var at, done int64
		var ids string
		if err := rows.Scan(&e.ID, &e.Person, &ids, (*int64)(&e.By), &at, &done, &e.Bodies, &e.Rows); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(ids), &e.Identities); err != nil {
			return nil, err
		}
		if e.At = time.UnixMilli(at).UTC(); done != 0 {
			e.DoneAt = time.UnixMilli(done).UTC()
		}
		list = append(list, e)
	}
	return list, store.Unavailable(rows.Err())
}

// Traces are by what a person is known in texts of others.
type Traces struct {
	ids   []string // of platforms
	names []string // that nobody else has
}

// shortest are how long an ID and a name have to be, in characters, to be looked
// for within other texts: shorter ones would be found everywhere.
const (
	shortestID   = 5
	shortestName = 2
)

// Gather collects by what a person is known, in the whole log.
func Gather(ctx context.Context, db *store.DB, c community.ID, ids []community.IdentityID) (*Traces, error) {
	names, outside := map[string]bool{}, map[string]bool{}
	err := db.Read(ctx, func(q store.Querier) error {
		places, args := store.Listed([]any{int64(c)}, ids)
		rows, err := q.QueryContext(ctx, `SELECT name, outside_id, group_id FROM identity WHERE community_id = $1 AND identity_id IN `+places, args...)
		if err != nil {
			return store.Unavailable(err)
		}
		defer rows.Close()
		for rows.Next() {
			var name, id string
			var group int64
			if err := rows.Scan(&name, &id, &group); err != nil {
				return err
			}
			names[name] = true
			if group == 0 {
				outside[id] = true
			} else { // of an export: the name is all that is known
				names[id] = true
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
		former, err := q.QueryContext(ctx, `SELECT name FROM former_name WHERE community_id = $1 AND identity_id IN `+places, args...)
		if err != nil {
			return store.Unavailable(err)
		}
		defer former.Close()
		for former.Next() {
			var name string
			if err := former.Scan(&name); err != nil {
				return err
			}
			names[name] = true
		}
		return former.Err()
	})
	if err != nil {
		return nil, err
	}
	if err := eachStretch(ctx, db, c, func(from, to community.Seq) error {
		return db.Read(ctx, func(q store.Querier) error { return gatherNames(ctx, q, c, ids, from, to, names) })
	}); err != nil {
		return nil, err
	}
	t := &Traces{}
	for id := range outside {
		if utf8.RuneCountInString(id) >= shortestID && !strings.HasPrefix(id, "erased:") {
			t.ids = append(t.ids, id)
		}
	}
	slices.Sort(t.ids)
	return t, db.Read(ctx, func(q store.Querier) error {
		for _, name := range slices.Sorted(maps.Keys(names)) {
			if utf8.RuneCountInString(name) < shortestName || name == Gone {
				continue
			}
			places, args := store.Listed([]any{int64(c), name}, ids)
			var others int64
			if err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM identity WHERE community_id = $1 AND name = $2 AND identity_id NOT IN `+places, args...).Scan(&others); err != nil {
				return store.Unavailable(err)
			}
			if others == 0 {
				t.names = append(t.names, name)
			}
		}
		return nil
	})
}

// gatherNames adds how the person was called in a stretch of the log.
func gatherNames(ctx context.Context, q store.Querier, c community.ID, ids []community.IdentityID, from, to community.Seq, names map[string]bool) error {
	places, args := store.Listed([]any{int64(c), int64(from), int64(to)}, ids)
	rows, err := q.QueryContext(ctx, `SELECT DISTINCT b.name, CASE WHEN e.kind = 'member.renamed' THEN COALESCE(b.data, '') ELSE '' END FROM event e
		JOIN event_body b ON b.community_id = e.community_id AND b.seq = e.seq
		WHERE e.community_id = $1 AND e.seq > $2 AND e.seq <= $3 AND e.identity_id IN `+places, args...)
	if err != nil {
		return store.Unavailable(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name, data string
		if err := rows.Scan(&name, &data); err != nil {
			return err
		}
		names[name] = true
		if data != "" {
			var details map[string]string
			if err := json.Unmarshal([]byte(data), &details); err != nil {
				return err
			}
			names[details["old"]] = true
		}
	}
	return rows.Err()
}

// stretch is how many events are looked at in one transaction: a few milliseconds,
// so that nobody waits.
const stretch = 2000

// eachStretch goes through the log.
func eachStretch(ctx context.Context, db *store.DB, c community.ID, f func(from, to community.Seq) error) error {
	var head community.Seq
	if err := db.Read(ctx, func(q store.Querier) (err error) {
		head, err = store.Head(ctx, q, c)
		return err
	}); err != nil {
		return err
	}
	for from := community.Seq(0); from < head; from += stretch {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f(from, min(from+stretch, head)); err != nil {
			return err
		}
	}
	return nil
}

// Place is where a message was in the order of the search index.
type Place struct {
	Seq community.Seq
	At  time.Time
}

// Bodies removes a person from the bodies of the log: their messages whole, their
// other events but for what is counted by, and their name and ID where others'
// bodies hold them. Doing it again changes nothing. It answers the messages whose
// text has changed or gone.
func Bodies(ctx context.Context, db *store.DB, c community.ID, ids []community.IdentityID, t *Traces, seen func(share float64)) (places []Place, err error) {
	var head community.Seq
	if err := db.Read(ctx, func(q store.Querier) error {
		head, err = store.Head(ctx, q, c)
		return err
	}); err != nil {
		return nil, err
	}
	err = eachStretch(ctx, db, c, func(from, to community.Seq) error {
		defer seen(float64(to) / float64(max(head, 1)))
		return db.Write(ctx, func(tx *store.Tx) error {
			found, err := bodiesIn(ctx, tx, db.Dialect, c, ids, t, from, to)
			places = append(places, found...)
			return err
		})
	})
	return places, err
}

func bodiesIn(ctx context.Context, tx *store.Tx, d store.Dialect, c community.ID, ids []community.IdentityID, t *Traces, from, to community.Seq) (places []Place, err error) {
	in, args := store.Listed([]any{int64(c), int64(from), int64(to)}, ids)
	theirs := `SELECT e.seq, e.kind, e.at, COALESCE(b.data, '') FROM event e JOIN event_body b ON b.community_id = e.community_id AND b.seq = e.seq
		WHERE e.community_id = $1 AND e.seq > $2 AND e.seq <= $3 AND e.identity_id IN ` + in
	type body struct {
		place      Place
		kind, data string
	}
	var list []body
	rows, err := tx.QueryContext(ctx, theirs, args...)
	if err != nil {
		return nil, store.Unavailable(err)
	}
	for rows.Next() {
		var b body
		var at int64
		if err := rows.Scan((*int64)(&b.place.Seq), &b.kind, &at, &b.data); err != nil {
			rows.Close()
			return nil, err
		}
		b.place.At = time.UnixMilli(at)
		list = append(list, b)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for _, b := range list {
		if b.kind == string(community.MessagePosted) {
			_, err = tx.Exec(`DELETE FROM event_body WHERE community_id = $1 AND seq = $2`, int64(c), int64(b.place.Seq))
		} else {
			var data string
			if data, err = impersonal(b.data); err == nil {
				_, err = tx.Exec(`UPDATE event_body SET name = '', text = '', message_id = '', data = $3, raw = NULL WHERE community_id = $1 AND seq = $2`,
					int64(c), int64(b.place.Seq), data)
			}
		}
		if err != nil {
			return nil, store.Unavailable(err)
		}
		places = append(places, b.place)
	}
	mentioned, err := sweepBodies(ctx, tx, d, c, t, from, to)
	return append(places, mentioned...), err
}

// impersonal keeps of an event's details what says nothing of who it was.
func impersonal(data string) (string, error) {
	if data == "" {
		return "", nil
	}
	var details map[string]string
	if err := json.Unmarshal([]byte(data), &details); err != nil {
		return "", err
	}
	maps.DeleteFunc(details, func(k, _ string) bool { return !slices.Contains(kept, k) })
	if len(details) == 0 {
		return "", nil
	}
	text, err := json.Marshal(details)
	return string(text), err
}

// Records removes the personal part of what is kept about a person outside of the
// log: cards, verdicts, the case log with its salts, notes, actions. Numbers stay.
func Records(tx *store.Tx, c community.ID, ids []community.IdentityID) (changed int64, err error) {
	in, args := store.Listed([]any{int64(c)}, ids)
	for _, statement := range []string{
		`DELETE FROM verdict_body WHERE community_id = $1 AND verdict_id IN (SELECT verdict_id FROM verdict WHERE community_id = $1 AND identity_id IN ` + in + `)`,
		`DELETE FROM review_body WHERE community_id = $1 AND review_id IN (SELECT review_id FROM review WHERE community_id = $1 AND identity_id IN ` + in + `)`,
		`DELETE FROM case_body WHERE community_id = $1 AND entry_id IN (SELECT entry_id FROM case_entry WHERE community_id = $1 AND identity_id IN ` + in + `)`,
		`DELETE FROM member_note WHERE community_id = $1 AND identity_id IN ` + in,
		`DELETE FROM former_name WHERE community_id = $1 AND identity_id IN ` + in,
		`DELETE FROM view_name WHERE community_id = $1 AND identity_id IN ` + in,
		`DELETE FROM view_name_part WHERE community_id = $1 AND identity_id IN ` + in,
		`DELETE FROM person_tag WHERE community_id = $1 AND identity_id IN ` + in,
		`DELETE FROM person_apart WHERE community_id = $1 AND (identity_a IN ` + in + ` OR identity_b IN ` + in + `)`,
		`UPDATE list_entry SET reason = '' WHERE community_id = $1 AND reason <> '' AND identity_id IN ` + in,
		`UPDATE task SET link = '', proof = '' WHERE community_id = $1 AND (link <> '' OR proof <> '') AND identity_id IN ` + in,
		`UPDATE outbox SET state = 'cancelled' WHERE community_id = $1 AND state IN ('queued', 'suggested') AND target IN ` + in,
		`UPDATE outbox SET text = '', message_id = '', detail = '', error = '', said = '', receipt = '', history = '' WHERE community_id = $1 AND state NOT IN ('sending', 'handed')
			AND (text <> '' OR message_id <> '' OR detail <> '' OR error <> '' OR receipt <> '' OR history <> '') AND target IN ` + in,
	} {
		done, err := tx.Exec(statement, args...)
		if err != nil {
			return changed, store.Unavailable(err)
		}
		n, err := done.RowsAffected()
		if changed += n; err != nil {
			return changed, err
		}
	}
	// What was learnt from texts that are gone, decided on or ordinary, is learnt again
	// without them.
	_, err = tx.Exec(`DELETE FROM learnt WHERE community_id = $1`, int64(c))
	return changed, store.Unavailable(err)
}

// Forget takes the name and the platform's ID from the numbers themselves. Whoever
// writes under that ID again is somebody new.
func Forget(tx *store.Tx, c community.ID, ids []community.IdentityID) error {
	in, args := store.Listed([]any{int64(c)}, ids)
	if _, err := tx.Exec(`UPDATE chat_group SET name = $`+place(len(args)+1)+`, outside_id = 'erased:' || group_id WHERE community_id = $1 AND kind <> 'group'
		AND outside_id IN (SELECT i.outside_id FROM identity i WHERE i.community_id = $1 AND i.group_id = 0 AND i.network = chat_group.network AND i.identity_id IN `+in+`)`,
		append(slices.Clone(args), Gone)...); err != nil {
		return store.Unavailable(err)
	}
	if _, err := tx.Exec(`UPDATE identity SET name = '', outside_id = 'erased:' || identity_id, named_at = 0 WHERE community_id = $1 AND identity_id IN `+in, args...); err != nil {
		return store.Unavailable(err)
	}
	tx.ForgetNames()
	return nil
}
