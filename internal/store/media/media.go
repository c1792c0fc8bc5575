package media

import (
	"context"
	"strconv"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

// State is what became of a picture or file.
type State string

const (
	Waiting State = "waiting" // is to be fetched, or tried again
	Kept    State = "kept"
	Expired State = "expired" // the platform has it no longer
	Refused State = "refused" // is not wanted: too large, not what it says, a private address
	Failed  State = "failed"  // was tried often enough
	Dropped State = "dropped" // was kept until its time was over
)

// Why a picture is not there, in Item.Error: words for which the console has texts.
const (
	WhyGone        = "gone"        // the address or ID leads nowhere any more
	WhyNoWay       = "no_way"      // the platform gives neither address nor ID
	WhyTooLarge    = "too_large"   // than the settings allow
	WhyType        = "type"        // its bytes are not what the message says
	WhyPrivate     = "private"     // its address is in a private network
	WhyEmpty       = "empty"       // there were no bytes
	WhyUnreachable = "unreachable" // nobody answered, or not to the end
	WhyDisk        = "disk"        // our own disk could not be written
	WhyAge         = "age"         // of Dropped: kept long enough
	WhyRoom        = "room"        // of Dropped: newer ones needed the room
	WhyMissing     = "missing"     // the file is not in the folder: a backup without it was brought back
)

// Item is one picture or file of a message.
type Item struct {
	Community community.ID
	Seq       community.Seq // of the message
	Part      int           // which of its pictures, from 0
	Group     community.GroupID
	Author    community.IdentityID // of the message; written, and not read again
	Content   community.Content
	Name      string // of the file, "" unless told
	State     State
	Error     string    // one of Why, "" of Waiting that was not tried and of Kept
	At        time.Time // of the message
	DueAt     time.Time // of Waiting
	Tries     int
	Sum       string // SHA-256 in hex, "" unless kept
	Type      string // told by its bytes
	Bytes     int64
}

const columns = `seq, part, group_id, content, name, state, error, at, due_at, tries, sha256, type, bytes`

// Want writes that something is to be fetched; the same twice is one.
func Want(tx *store.Tx, c community.ID, list []Item) error {
	for _, i := range list {
		if _, err := tx.Exec(`INSERT INTO media (community_id, `+columns+`, identity_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, '', '', 0, $11)
			ON CONFLICT (community_id, seq, part) DO NOTHING`, int64(c), int64(i.Seq), int64(i.Part), int64(i.Group), string(i.Content), i.Name,
			string(i.State), i.Error, i.At.UnixMilli(), i.DueAt.UnixMilli(), int64(i.Author)); err != nil {
			return store.Unavailable(err)
		}
	}
	return nil
}

// Note writes what became of one that waited. It answers false when it waits no
// longer: somebody was erased meanwhile.
func Note(tx *store.Tx, i Item) (bool, error) {
	done, err := tx.Exec(`UPDATE media SET state = $4, error = $5, due_at = $6, tries = $7, sha256 = $8, type = $9, bytes = $10
		WHERE community_id = $1 AND seq = $2 AND part = $3 AND state = 'waiting'`, int64(i.Community), int64(i.Seq), int64(i.Part),
		string(i.State), i.Error, i.DueAt.UnixMilli(), int64(i.Tries), i.Sum, i.Type, i.Bytes)
	if err != nil {
		return false, store.Unavailable(err)
	}
	n, err := done.RowsAffected()
	return n > 0, err
}

// Due lists what is to be fetched by now, the newest first: addresses expire.
func Due(ctx context.Context, q store.Querier, c community.ID, now time.Time, limit int) ([]Item, error) {
	return query(ctx, q, c, ` AND state = 'waiting' AND due_at <= $2 ORDER BY due_at DESC, seq DESC, part LIMIT $3`, now.UnixMilli(), int64(limit))
}

// Of lists what messages carry, in their order.
func Of(ctx context.Context, q store.Querier, c community.ID, seqs []community.Seq) ([]Item, error) {
	if len(seqs) == 0 {
		return nil, nil
	}
	places, args := store.Listed([]any{int64(c)}, seqs)
	return query(ctx, q, c, ` AND seq IN `+places+` ORDER BY seq, part`, args[1:]...)
}

// Unread lists what is kept and was not looked into yet, in the order of the log:
// for those who read what is in pictures.
func Unread(ctx context.Context, q store.Querier, c community.ID, limit int) ([]Item, error) {
	return query(ctx, q, c, ` AND state = 'kept' AND read_at = 0 ORDER BY seq, part LIMIT $2`, int64(limit))
}

// MarkRead notes that one was looked into. It answers false when it was before, or
// is there no longer.
func MarkRead(tx *store.Tx, i Item, at time.Time) (bool, error) {
	done, err := tx.Exec(`UPDATE media SET read_at = $4 WHERE community_id = $1 AND seq = $2 AND part = $3 AND read_at = 0`,
		int64(i.Community), int64(i.Seq), int64(i.Part), at.UnixMilli())
	if err != nil {
		return false, store.Unavailable(err)
	}
	n, err := done.RowsAffected()
	return n > 0, store.Unavailable(err)
}

// Oldest lists what is kept of messages before a time, the oldest first.
func Oldest(ctx context.Context, q store.Querier, c community.ID, before time.Time, limit int) ([]Item, error) {
	return query(ctx, q, c, ` AND state = 'kept' AND at < $2 ORDER BY at, seq, part LIMIT $3`, before.UnixMilli(), int64(limit))
}

func query(ctx context.Context, q store.Querier, c community.ID, where string, args ...any) ([]Item, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+columns+` FROM media WHERE community_id = $1`+where, append([]any{int64(c)}, args...)...)
	if err != nil {
		return nil, store.Unavailable(err)
	}
	defer rows.Close()
	var list []Item
	for rows.Next() {
		i := Item{Community: c}
		var at, due int64
		if err := rows.Scan((*int64)(&i.Seq), &i.Part, (*int64)(&i.Group), (*string)(&i.Content), &i.Name, (*string)(&i.State), &i.Error, &at, &due,
			&i.Tries, &i.Sum, &i.Type, &i.Bytes); err != nil {
			return nil, store.Unavailable(err)
		}
		i.At, i.DueAt = time.UnixMilli(at).UTC(), time.UnixMilli(due).UTC()
		list = append(list, i)
	}
	return list, store.Unavailable(rows.Err())
}

// Drop notes that items are kept no longer, with why, and answers the sums that
// nobody needs any more: their files can go once this is committed.
func Drop(ctx context.Context, tx *store.Tx, c community.ID, list []Item, why string) ([]string, error) {
	for _, i := range list {
		if _, err := tx.Exec(`UPDATE media SET state = 'dropped', error = $4, sha256 = '', bytes = 0 WHERE community_id = $1 AND seq = $2 AND part = $3`,
			int64(c), int64(i.Seq), int64(i.Part), why); err != nil {
			return nil, store.Unavailable(err)
		}
	}
	return unneeded(ctx, tx, c, list)
}

func unneeded(ctx context.Context, q store.Querier, c community.ID, list []Item) ([]string, error) {
	sums := map[string]bool{}
	for _, i := range list {
		if i.Sum != "" {
			sums[i.Sum] = true
		}
	}
	all := make([]string, 0, len(sums))
	for sum := range sums {
		all = append(all, sum)
	}
	wanted, err := Needed(ctx, q, c, all)
	var gone []string
	for _, sum := range all {
		if !wanted[sum] {
			gone = append(gone, sum)
		}
	}
	return gone, err
}

// Needed says which of some sums are kept for a message.
func Needed(ctx context.Context, q store.Querier, c community.ID, sums []string) (map[string]bool, error) {
	wanted := map[string]bool{}
	for _, sum := range sums {
		var n int64
		if err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM media WHERE community_id = $1 AND sha256 = $2 AND state = 'kept'`, int64(c), sum).Scan(&n); err != nil {
			return nil, store.Unavailable(err)
		}
		wanted[sum] = n > 0
	}
	return wanted, nil
}

// Erase removes every line about what messages of some identities carried, and
// answers the sums that nobody needs any more.
func Erase(ctx context.Context, tx *store.Tx, c community.ID, ids []community.IdentityID) (rows int, sums []string, err error) {
	places, args := store.Listed([]any{int64(c)}, ids)
	list, err := query(ctx, tx, c, ` AND identity_id IN `+places, args[1:]...)
	if err != nil {
		return 0, nil, err
	}
	return remove(ctx, tx, c, list)
}

// Expire removes every line about messages before a time, for when their texts
// are removed as well; at most limit of them at once.
func Expire(ctx context.Context, tx *store.Tx, c community.ID, before time.Time, limit int) (rows int, sums []string, err error) {
	list, err := query(ctx, tx, c, ` AND at < $2 ORDER BY seq, part LIMIT $3`, before.UnixMilli(), int64(limit))
	if err != nil {
		return 0, nil, err
	}
	return remove(ctx, tx, c, list)
}

func remove(ctx context.Context, tx *store.Tx, c community.ID, list []Item) (rows int, sums []string, err error) {
	for _, i := range list {
		if _, err := tx.Exec(`DELETE FROM media WHERE community_id = $1 AND seq = $2 AND part = $3`, int64(c), int64(i.Seq), int64(i.Part)); err != nil {
			return 0, nil, store.Unavailable(err)
		}
	}
	sums, err = unneeded(ctx, tx, c, list)
	return len(list), sums, err
}

// Room is how much is kept: of each file once, however often it was posted.
type Room struct {
	Files, Bytes int64
	Items        map[State]int64
	Oldest       time.Time // of Kept; zero: nothing is
}

// RoomOf tells how much is kept.
func RoomOf(ctx context.Context, q store.Querier, c community.ID) (Room, error) {
	r := Room{Items: map[State]int64{}}
	var oldest int64
	if err := q.QueryRowContext(ctx, `SELECT COUNT(*), CAST(COALESCE(SUM(bytes), 0) AS BIGINT), CAST(COALESCE(MIN(at), 0) AS BIGINT) FROM
		(SELECT sha256, MAX(bytes) AS bytes, MIN(at) AS at FROM media WHERE community_id = $1 AND state = 'kept' GROUP BY sha256) AS files`, int64(c)).Scan(&r.Files, &r.Bytes, &oldest); err != nil {
		return r, store.Unavailable(err)
	}
	if oldest != 0 {
		r.Oldest = time.UnixMilli(oldest).UTC()
	}
	rows, err := q.QueryContext(ctx, `SELECT state, COUNT(*) FROM media WHERE community_id = $1 GROUP BY state`, int64(c))
	if err != nil {
		return r, store.Unavailable(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s State
		var n int64
		if err := rows.Scan((*string)(&s), &n); err != nil {
			return r, store.Unavailable(err)
		}
		r.Items[s] = n
	}
	return r, store.Unavailable(rows.Err())
}

// Carrying lists the messages after a place in the log, and up to another, that
// were posted since a time and carry one of some forms. Imports are left out: no
// address in an export still leads anywhere.
func Carrying(ctx context.Context, q store.Querier, c community.ID, after, upTo community.Seq, since time.Time, forms []community.Content) ([]community.Event, error) {
	if len(forms) == 0 {
		return nil, nil
	}
	args := []any{int64(c), int64(after), int64(upTo), since.UnixMilli()}
	places := ""
	for _, f := range forms {
		args = append(args, string(f))
		places += ", $" + strconv.Itoa(len(args))
	}
	rows, err := q.QueryContext(ctx, `SELECT seq FROM event WHERE community_id = $1 AND seq > $2 AND seq <= $3 AND at >= $4 AND kind = 'message.posted'
		AND origin <> 'history' AND content IN (`+places[2:]+`) ORDER BY seq`, args...)
	if err != nil {
		return nil, store.Unavailable(err)
	}
	defer rows.Close()
	var seqs []community.Seq
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, store.Unavailable(err)
		}
		seqs = append(seqs, community.Seq(n))
	}
	if err := rows.Err(); err != nil {
		return nil, store.Unavailable(err)
	}
	rows.Close()
	return store.EventsAt(ctx, q, c, seqs)
}
