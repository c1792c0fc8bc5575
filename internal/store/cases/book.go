package cases

import (
	"context"
	"crypto/rand"
	"database/sql"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"qunying/community"
	"qunying/internal/moderation/casebook"
	"qunying/internal/store"
)

// nodes reads the tree of a community from the database.
type nodes struct {
	ctx context.Context
	q   store.Querier
	c   community.ID
}

// ReadHashes returns nodes by their numbers.
func (n nodes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		var hash []byte
		if err := n.q.QueryRowContext(n.ctx, `SELECT hash FROM case_hash WHERE community_id = $1 AND hash_id = $2`, int64(n.c), at).Scan(&hash); err != nil {
			return nil, store.Unavailable(err)
		}
		if len(hash) != tlog.HashSize {
			return nil, community.Errorf(community.Internal, "node %d of the case log is damaged", at)
		}
		copy(out[i][:], hash)
	}
	return out, nil
}

// Nodes is the tree of a community's case log.
func Nodes(ctx context.Context, q store.Querier, c community.ID) tlog.HashReader {
	return nodes{ctx, q, c}
}

// Size is how many entries the case log has.
func Size(ctx context.Context, q store.Querier, c community.ID) (n int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT COALESCE(MAX(entry_id) + 1, 0) FROM case_entry WHERE community_id = $1`, int64(c)).Scan(&n)
	return n, store.Unavailable(err)
}

// Record appends an entry to the case log; body is its personal part as JSON, ""
// for none.
func Record(tx *store.Tx, c community.ID, e casebook.Entry, body string) error {
	ctx := context.Background()
	var err error
	if e.ID, err = Size(ctx, tx, c); err != nil {
		return err
	}
	e.At = e.At.UTC().Truncate(time.Millisecond)
	e.Envelope, body = clean(e.Envelope), clean(body)
	if body != "" {
		b := casebook.Body{Salt: make([]byte, casebook.SaltSize), Text: body}
		if _, err := rand.Read(b.Salt); err != nil {
			return err
		}
		e.Digest = b.Digest()
		if err := exec(tx, `INSERT INTO case_body (community_id, entry_id, salt, body) VALUES ($1, $2, $3, $4)`, int64(c), e.ID, b.Salt, body); err != nil {
			return err
		}
	}
	if e.Digest == nil {
		e.Digest = []byte{}
	}
	leaf, err := e.Hash()
	if err != nil {
		return err
	}
	grown, err := casebook.Nodes(e.ID, leaf, nodes{ctx, tx, c})
	if err != nil {
		return err
	}
	for i, h := range grown {
		if err := exec(tx, `INSERT INTO case_hash (community_id, hash_id, hash) VALUES ($1, $2, $3)`, int64(c), casebook.First(e.ID)+int64(i), h[:]); err != nil {
			return err
		}
	}
	return exec(tx, `INSERT INTO case_entry (community_id, entry_id, kind, ref, identity_id, at, envelope, digest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		int64(c), e.ID, e.Kind, e.Ref, int64(e.Identity), millis(e.At), e.Envelope, e.Digest)
}

// Kept is an entry with its personal part, nil where that was erased or never was.
type Kept struct {
	casebook.Entry
	Body *casebook.Body
}

const entriesOfBook = `SELECT e.entry_id, e.kind, e.ref, e.identity_id, e.at, e.envelope, e.digest, b.salt, b.body FROM case_entry e
	LEFT JOIN case_body b ON b.community_id = e.community_id AND b.entry_id = e.entry_id WHERE e.community_id = $1 `

func scanKept(rows *sql.Rows) (k Kept, err error) {
	var at int64
	var salt []byte
	var body sql.NullString
	if err = rows.Scan(&k.ID, &k.Kind, &k.Ref, (*uint32)(&k.Identity), &at, &k.Envelope, &k.Digest, &salt, &body); err != nil {
		return k, err
	}
	k.At = time.UnixMilli(at).UTC()
	if k.Digest == nil {
		k.Digest = []byte{}
	}
	if body.Valid {
		k.Body = &casebook.Body{Salt: salt, Text: body.String}
	}
	return k, nil
}

// BookAfter reads entries by number, from the one after a given number on (−1:
// from the first).
func BookAfter(ctx context.Context, q store.Querier, c community.ID, after int64, limit int) ([]Kept, error) {
	return list(ctx, q, scanKept, entriesOfBook+`AND e.entry_id > $2 ORDER BY e.entry_id LIMIT $3`, int64(c), after, limit)
}

// BookBefore reads entries, the newest first; before 0 begins with the newest.
func BookBefore(ctx context.Context, q store.Querier, c community.ID, before int64, limit int) ([]Kept, error) {
	return list(ctx, q, scanKept, entriesOfBook+`AND (e.entry_id < $2 OR $2 = 0) ORDER BY e.entry_id DESC LIMIT $3`, int64(c), before, limit)
}

// BookEntry finds an entry. It fails with NotFound.
func BookEntry(ctx context.Context, q store.Querier, c community.ID, id int64) (Kept, error) {
	found, err := list(ctx, q, scanKept, entriesOfBook+`AND e.entry_id = $2`, int64(c), id)
	if err == nil && len(found) == 0 {
		err = community.Errorf(community.NotFound, "the case log has no entry %d", id)
	}
	if err != nil {
		return Kept{}, err
	}
	return found[0], nil
}

// AddCheckpoint keeps a signed checkpoint; the first of a size stays.
func AddCheckpoint(tx *store.Tx, c community.ID, size int64, at time.Time, signed string) error {
	return exec(tx, `INSERT INTO case_checkpoint (community_id, size, at, note) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		int64(c), size, millis(at), signed)
}

// Checkpoints lists the signed checkpoints, the newest first.
func Checkpoints(ctx context.Context, q store.Querier, c community.ID, limit int) ([]string, error) {
	return list(ctx, q, func(rows *sql.Rows) (s string, err error) { return s, rows.Scan(&s) },
		`SELECT note FROM case_checkpoint WHERE community_id = $1 ORDER BY size DESC LIMIT $2`, int64(c), limit)
}

// Erase removes what is personal about identities: texts, receipts, notes. The
// numbers and the case log stay.
func Erase(tx *store.Tx, c community.ID, ids []community.IdentityID) error {
	// What was learnt from texts that are gone, decided on or ordinary, is learnt again
	// without them.
	if err := exec(tx, `DELETE FROM learnt WHERE community_id = $1`, int64(c)); err != nil {
		return err
	}
	for _, id := range ids {
		for _, query := range []string{
			`DELETE FROM verdict_body WHERE community_id = $1 AND verdict_id IN (SELECT verdict_id FROM verdict WHERE community_id = $1 AND identity_id = $2)`,
			`DELETE FROM review_body WHERE community_id = $1 AND review_id IN (SELECT review_id FROM review WHERE community_id = $1 AND identity_id = $2)`,
			`UPDATE ruling SET note = '' WHERE community_id = $1 AND review_id IN (SELECT review_id FROM review WHERE community_id = $1 AND identity_id = $2)`,
			`DELETE FROM case_body WHERE community_id = $1 AND entry_id IN (SELECT entry_id FROM case_entry WHERE community_id = $1 AND identity_id = $2)`,
			`DELETE FROM member_note WHERE community_id = $1 AND identity_id = $2`,
			`UPDATE opinion SET why = '' WHERE community_id = $1 AND verdict_id IN (SELECT verdict_id FROM verdict WHERE community_id = $1 AND identity_id = $2)`,
			`UPDATE list_entry SET reason = '' WHERE community_id = $1 AND identity_id = $2`,
		} {
			if err := exec(tx, query, int64(c), int64(id)); err != nil {
				return err
			}
		}
	}
	return nil
}
