package privacy

import (
	"context"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

// Class is a class of data that can be kept for a time of its own.
type Class string

// The classes. What is counted is kept whatever becomes of them.
const (
	Messages Class = "messages" // texts, names and raw payload of messages
	Raw      Class = "raw"      // what platforms sent, beside what we understood of it
	Cases    Class = "cases"    // texts of verdicts and decided cards, and the case log's personal parts
	Notes    Class = "notes"    // what staff wrote down about members
	Actions  Class = "actions"  // texts of actions that are over, and receipts
	Imports  Class = "imports"  // previews of imports that are over
	SignIns  Class = "sign_ins" // browsers and addresses from which staff signed in
	Alerts   Class = "alerts"   // alerts that are over
	Audit    Class = "audit"    // what settings were before and after; who changed which stays
)

// Classes lists all of them, in the order in which they are shown.
var Classes = []Class{Messages, Raw, Cases, Notes, Actions, Imports, SignIns, Alerts, Audit}

// Expire removes what of a class is older than a time, and answers how much that
// was, and which messages are no longer to be found.
func Expire(ctx context.Context, db *store.DB, c community.ID, class Class, before time.Time) (removed int64, places []Place, err error) {
	switch class {
	case Messages, Raw:
		err = eachStretch(ctx, db, c, func(from, to community.Seq) error {
			n, found, err := expireBodies(ctx, db, c, class, before, from, to)
			removed += n
			places = append(places, found...)
			return err
		})
		return removed, places, err
	}
	at := before.UnixMilli()
	statements := map[Class][]string{
		Cases: {
			`DELETE FROM verdict_body WHERE community_id = $1 AND verdict_id IN (SELECT v.verdict_id FROM verdict v LEFT JOIN review r ON r.community_id = v.community_id AND r.review_id = v.review_id
				WHERE v.community_id = $1 AND v.logged_at < $2 AND (r.review_id IS NULL OR r.state IN ('decided', 'acted')))`,
			`DELETE FROM review_body WHERE community_id = $1 AND review_id IN (SELECT review_id FROM review WHERE community_id = $1 AND newest_at < $2 AND state IN ('decided', 'acted'))`,
			`DELETE FROM case_body WHERE community_id = $1 AND entry_id IN (SELECT entry_id FROM case_entry WHERE community_id = $1 AND at < $2)`,
		},
		Notes: {`DELETE FROM member_note WHERE community_id = $1 AND at < $2`},
		Actions: {`UPDATE outbox SET text = '', message_id = '', detail = '', error = '', said = '', receipt = '', history = '' WHERE community_id = $1 AND due_at < $2
			AND state IN ('done', 'failed', 'unknown', 'expired', 'cancelled', 'dry') AND (text <> '' OR message_id <> '' OR detail <> '' OR error <> '' OR receipt <> '' OR history <> '')`},
		Imports: {`UPDATE import SET preview = '' WHERE community_id = $1 AND at < $2 AND state IN ('done', 'cancelled', 'failed') AND preview <> ''`},
		SignIns: {`DELETE FROM sign_in WHERE seen_at < $2 AND $1 > 0`},
		Alerts:  {`DELETE FROM alert WHERE community_id = $1 AND state = 'resolved' AND resolved_at < $2`},
		Audit:   {`UPDATE audit SET before_json = '', after_json = '' WHERE community_id = $1 AND at < $2 AND (before_json <> '' OR after_json <> '')`},
	}
	for _, s := range statements[class] {
		err := db.Write(ctx, func(tx *store.Tx) error {
			done, err := tx.Exec(s, int64(c), at)
			if err != nil {
				return store.Unavailable(err)
			}
			n, err := done.RowsAffected()
			removed += n
			return err
		})
		if err != nil {
			return removed, nil, err
		}
	}
	return removed, nil, nil
}

// expireBodies removes the bodies of old messages of a stretch, or their raw part.
// Other events keep theirs: they are few, and views are made of them.
func expireBodies(ctx context.Context, db *store.DB, c community.ID, class Class, before time.Time, from, to community.Seq) (removed int64, places []Place, err error) {
	old := `event_body.community_id = $1 AND event_body.seq > $2 AND event_body.seq <= $3 AND EXISTS (SELECT 1 FROM event e
		WHERE e.community_id = event_body.community_id AND e.seq = event_body.seq AND e.at < $4 AND e.kind IN ('message.posted', 'message.edited', 'codes.read', 'platform.other'))`
	args := []any{int64(c), int64(from), int64(to), before.UnixMilli()}
	// Looking first keeps the writer free: on most days nothing is to be done.
	var some int64
	if err := db.Read(ctx, func(q store.Querier) error {
		also := ``
		if class == Raw {
			also = ` AND raw IS NOT NULL`
		}
		return store.Unavailable(q.QueryRowContext(ctx, `SELECT COUNT(*) FROM event_body WHERE `+old+also, args...).Scan(&some))
	}); err != nil || some == 0 {
		return 0, nil, err
	}
	err = db.Write(ctx, func(tx *store.Tx) error {
		if class == Raw {
			done, err := tx.Exec(`UPDATE event_body SET raw = NULL WHERE raw IS NOT NULL AND `+old, args...)
			if err != nil {
				return store.Unavailable(err)
			}
			removed, err = done.RowsAffected()
			return err
		}
		seqs, err := numbersOf(ctx, tx, `DELETE FROM event_body WHERE `+old+` RETURNING seq`, args)
		if err != nil {
			return err
		}
		removed = int64(len(seqs))
		list := make([]community.Seq, len(seqs))
		for i, n := range seqs {
			list[i] = community.Seq(n)
		}
		events, err := store.EventsAt(ctx, tx, c, list)
		for _, e := range events {
			places = append(places, Place{e.Seq, e.At})
		}
		return err
	})
	return removed, places, err
}
