package cases

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/store"
)

// AddEntry writes a line of a list and numbers it.
func AddEntry(tx *store.Tx, c community.ID, e *casework.ListEntry) error {
	var err error
	if e.ID, err = next(tx, c, "list_entry", "entry_id"); err != nil {
		return err
	}
	return exec(tx, `INSERT INTO list_entry (community_id, entry_id, list, identity_id, pattern, group_id, reason, staff_id, seq, at, expires_at, ended_at, ended_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0)`,
		int64(c), e.ID, e.List, int64(e.Identity), clean(e.Pattern), int64(e.Group), clean(e.Reason), int64(e.Staff), int64(e.Seq), millis(e.At), millis(e.ExpiresAt))
}

// EndEntry says that a line of a list no longer counts. It reports whether it did.
func EndEntry(tx *store.Tx, c community.ID, id int64, at time.Time, by community.StaffID) (bool, error) {
	return changed(tx.Exec(`UPDATE list_entry SET ended_at = $3, ended_by = $4 WHERE community_id = $1 AND entry_id = $2 AND ended_at = 0`,
		int64(c), id, millis(at), int64(by)))
}

const entryColumns = `SELECT entry_id, list, identity_id, pattern, group_id, reason, staff_id, seq, at, expires_at, ended_at, ended_by FROM list_entry WHERE community_id = $1 `

func scanEntry(rows *sql.Rows) (e casework.ListEntry, err error) {
	var at, expires, ended int64
	err = rows.Scan(&e.ID, &e.List, (*uint32)(&e.Identity), &e.Pattern, (*int64)(&e.Group), &e.Reason, (*int64)(&e.Staff), (*int64)(&e.Seq), &at, &expires, &ended,
		(*int64)(&e.EndedBy))
	e.At, e.ExpiresAt, e.EndedAt = timeOf(at), timeOf(expires), timeOf(ended)
	return e, err
}

// EntriesInForce lists the lines of both lists that count.
func EntriesInForce(ctx context.Context, q store.Querier, c community.ID) ([]casework.ListEntry, error) {
	return list(ctx, q, scanEntry, entryColumns+`AND ended_at = 0 ORDER BY entry_id`, int64(c))
}

// Entries lists the lines of a list, the newest first; ended ones too where all
// are wanted. before pages on.
func Entries(ctx context.Context, q store.Querier, c community.ID, which string, all bool, before int64, limit int) ([]casework.ListEntry, error) {
	return list(ctx, q, scanEntry, entryColumns+`AND (list = $2 OR $2 = '') AND (ended_at = 0 OR $3 = 1) AND (entry_id < $4 OR $4 = 0) ORDER BY entry_id DESC LIMIT $5`,
		int64(c), which, flag(all), before, limit)
}

// EntryByID finds a line. It fails with NotFound.
func EntryByID(ctx context.Context, q store.Querier, c community.ID, id int64) (casework.ListEntry, error) {
	found, err := list(ctx, q, scanEntry, entryColumns+`AND entry_id = $2`, int64(c), id)
	if err == nil && len(found) == 0 {
		err = community.Errorf(community.NotFound, "there is no line %d", id)
	}
	if err != nil {
		return casework.ListEntry{}, err
	}
	return found[0], nil
}

// EntriesOf lists all lines about an identity, the newest first.
func EntriesOf(ctx context.Context, q store.Querier, c community.ID, id community.IdentityID) ([]casework.ListEntry, error) {
	return list(ctx, q, scanEntry, entryColumns+`AND identity_id = $2 ORDER BY entry_id DESC`, int64(c), int64(id))
}

// Joined notes when somebody joined a group; the last time counts.
func Joined(tx *store.Tx, c community.ID, g community.GroupID, id community.IdentityID, at time.Time) error {
	return exec(tx, `INSERT INTO newcomer (community_id, group_id, identity_id, joined_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (community_id, group_id, identity_id) DO UPDATE SET joined_at = excluded.joined_at`, int64(c), int64(g), int64(id), millis(at))
}

// Membership is what is known of a member when a message of theirs is judged.
type Membership struct {
	JoinedAt time.Time // zero: nobody saw it
	FirstAt  time.Time // of their first event in the group; zero: none was counted
	LastAt   time.Time // of their last one
	Messages int64     // that were counted
}

// Seat is an identity in a group.
type Seat struct {
	Group    community.GroupID
	Identity community.IdentityID
}

// mostSeats bounds how many are read at once, so that the statement stays prepared.
const mostSeats = 256

// Memberships reads what is known of members, everybody's. The counts are those
// of the views: a moment old.
func Memberships(ctx context.Context, q store.Querier, c community.ID, seats []Seat) (map[Seat]Membership, error) {
	all := make(map[Seat]Membership, len(seats))
	for part := range slices.Chunk(seats, mostSeats) {
		wanted, args := seatList([]any{int64(c)}, part)
		rows, err := q.QueryContext(ctx, `WITH wanted (g, i) AS (`+wanted+`)
			SELECT w.g, w.i, COALESCE(n.joined_at, 0), COALESCE(m.first_at, 0), COALESCE(m.last_at, 0), COALESCE(m.messages, 0) FROM wanted w
			LEFT JOIN newcomer n ON n.community_id = $1 AND n.group_id = w.g AND n.identity_id = w.i
			LEFT JOIN view_member m ON m.community_id = $1 AND m.group_id = w.g AND m.identity_id = w.i`, args...)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		for rows.Next() {
			var s Seat
			var m Membership
			var joined, first, last int64
			if err := rows.Scan((*int64)(&s.Group), (*uint32)(&s.Identity), &joined, &first, &last, &m.Messages); err != nil {
				return nil, err
			}
			m.JoinedAt, m.FirstAt, m.LastAt = timeOf(joined), timeOf(first), timeOf(last)
			all[s] = m
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// seatList writes seats as rows of VALUES, in as few lengths as store.Listed.
func seatList(args []any, seats []Seat) (rows string, all []any) {
	var b strings.Builder
	b.WriteString("VALUES ")
	for i := range store.ListLength(len(seats)) {
		s := seats[min(i, len(seats)-1)]
		args = append(args, int64(s.Group), int64(s.Identity))
		form := ", ($%d, $%d)"
		if i == 0 {
			form = "(CAST($%d AS BIGINT), CAST($%d AS BIGINT))"
		}
		fmt.Fprintf(&b, form, len(args)-1, len(args))
	}
	return b.String(), args
}

// AddNote writes a note and numbers it.
func AddNote(tx *store.Tx, c community.ID, n *casework.Note) error {
	var err error
	if n.ID, err = next(tx, c, "member_note", "note_id"); err != nil {
		return err
	}
	return exec(tx, `INSERT INTO member_note (community_id, note_id, identity_id, staff_id, at, text) VALUES ($1, $2, $3, $4, $5, $6)`,
		int64(c), n.ID, int64(n.Identity), int64(n.Staff), millis(n.At), clean(n.Text))
}

// Notes lists what was written down about an identity, the newest first.
func Notes(ctx context.Context, q store.Querier, c community.ID, id community.IdentityID) ([]casework.Note, error) {
	return list(ctx, q, func(rows *sql.Rows) (n casework.Note, err error) {
		var at int64
		err = rows.Scan(&n.ID, (*uint32)(&n.Identity), (*int64)(&n.Staff), &at, &n.Text)
		n.At = timeOf(at)
		return n, err
	}, `SELECT note_id, identity_id, staff_id, at, text FROM member_note WHERE community_id = $1 AND identity_id = $2 ORDER BY note_id DESC LIMIT 200`, int64(c), int64(id))
}

// EntriesBy lists the lines in force that an event brought about.
func EntriesBy(ctx context.Context, q store.Querier, c community.ID, seq community.Seq) ([]casework.ListEntry, error) {
	return list(ctx, q, scanEntry, entryColumns+`AND seq = $2 AND ended_at = 0 ORDER BY entry_id`, int64(c), int64(seq))
}

// MessageBefore finds a message by the platform's ID among the last span events
// before a place in the log; 0 if it is not there.
func MessageBefore(ctx context.Context, q store.Querier, c community.ID, g community.GroupID, message string, before community.Seq, span int64) (community.Seq, error) {
	var seq int64
	err := q.QueryRowContext(ctx, `SELECT COALESCE(MAX(b.seq), 0) FROM event_body b JOIN event e ON e.community_id = b.community_id AND e.seq = b.seq
		WHERE b.community_id = $1 AND b.seq >= $2 AND b.seq < $3 AND b.message_id = $4 AND e.group_id = $5 AND e.kind = 'message.posted'`,
		int64(c), int64(before)-span, int64(before), clean(message), int64(g)).Scan(&seq)
	return community.Seq(seq), store.Unavailable(err)
}
