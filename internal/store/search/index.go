// Package search finds messages by what they say. The index is a view with its
// own cursor: on SQLite in a second file beside the database that can be thrown
// away, on PostgreSQL in tables. It gives candidates; what is found is verified
// against the text in the log, so that an erased message is never found.
package search

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

// Index is an open search index. It is safe for concurrent use; Step is for one
// goroutine.
type Index struct {
	db   *store.DB
	file *sql.DB // SQLite only
	made map[community.ID]bool
	most int // candidates that a query looks at

	era int64 // PostgreSQL only: messages of the newest days that a query looks at first
}

const indexBatch = 1000

// Open opens the index that belongs to a database, and makes it if it is gone.
func Open(ctx context.Context, db *store.DB) (*Index, error) {
	ix := &Index{db: db, made: map[community.ID]bool{}, most: mostCandidates, era: firstEra}
	if db.Dialect == store.PostgreSQL {
		return ix, ix.openPostgres(ctx)
	}
	path := strings.TrimSuffix(db.Path, ".db") + "-search.db"
	var err error
	// It can be rebuilt, so it need not survive a power cut: only be found whole.
	ix.file, err = store.OpenSQLite("file:" + store.EscapePath(path) + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)&_pragma=cache_size(-4096)&_pragma=temp_store(memory)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	ix.file.SetMaxOpenConns(4)
	if _, err := ix.file.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS cursor (community_id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, epoch INTEGER NOT NULL)`); err != nil {
		return nil, &community.Error{Code: community.Unavailable, Text: "the search index cannot be opened", Hint: "delete " + path + ": it is made again", Err: err}
	}
	return ix, nil
}

// Close closes the index.
func (ix *Index) Close() error {
	if ix.file == nil {
		return nil
	}
	return ix.file.Close()
}

func table(c community.ID) string { return fmt.Sprintf("message_%d", c) }

// rowid orders messages by time. The low 30 bits of the sequence number tell
// messages of one second apart.
func rowid(at time.Time, seq community.Seq) int64 {
	return min(max(at.Unix(), 0), 1<<33-1)<<30 | int64(seq)&(1<<30-1)
}

// Position tells how far the index of a community is.
func (ix *Index) Position(ctx context.Context, c community.ID) (community.Seq, error) {
	var seq, epoch, now int64
	err := ix.db.Read(ctx, func(q store.Querier) error {
		var err error
		now, err = store.Epoch(ctx, q, c)
		if err == nil && ix.file == nil {
			err = q.QueryRowContext(ctx, `SELECT seq, epoch FROM view_search_cursor WHERE community_id = $1`, int64(c)).Scan(&seq, &epoch)
		}
		return err
	})
	if err == nil && ix.file != nil {
		err = ix.file.QueryRowContext(ctx, `SELECT seq, epoch FROM cursor WHERE community_id = $1`, int64(c)).Scan(&seq, &epoch)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if epoch != now {
		return 0, err
	}
	return community.Seq(seq), err
}

// Step indexes the next stretch of the log. It reports whether there is more.
func (ix *Index) Step(ctx context.Context, c community.ID) (bool, error) {
	at, err := ix.Position(ctx, c)
	if err != nil {
		return false, err
	}
	s := stretch{from: at}
	var head community.Seq
	if err := ix.db.Read(ctx, func(q store.Querier) error {
		if s.epoch, err = store.Epoch(ctx, q, c); err != nil {
			return err
		}
		if head, err = store.Head(ctx, q, c); err != nil || head == at {
			return err
		}
		s.to = min(head, at+indexBatch)
		s.list, err = messages(ctx, q, c, at, s.to)
		return err
	}); err != nil || head == at {
		return false, err
	}
	if ix.file == nil {
		err = ix.stepPostgres(ctx, c, &s)
	} else {
		// The index is another file: it must not know more than the log's has on disk.
		if err = ix.db.Sync(ctx); err == nil {
			err = ix.stepSQLite(ctx, c, &s, s.to == head)
		}
	}
	return err == nil && s.to < head, err
}

// stretch is what one step indexes.
type stretch struct {
	from, to community.Seq
	epoch    int64
	list     []message
}

// message is what the index needs of an event.
type message struct {
	seq   community.Seq
	group community.GroupID
	at    time.Time
	text  string
}

func messages(ctx context.Context, q store.Querier, c community.ID, after, to community.Seq) ([]message, error) {
	rows, err := q.QueryContext(ctx, `SELECT e.seq, e.group_id, e.at, b.text FROM event e
		JOIN event_body b ON b.community_id = e.community_id AND b.seq = e.seq
		WHERE e.community_id = $1 AND e.seq > $2 AND e.seq <= $3 AND e.kind = 'message.posted' AND b.text <> '' ORDER BY e.seq`,
		int64(c), int64(after), int64(to))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []message
	for rows.Next() {
		var m message
		var at int64
		if err := rows.Scan((*int64)(&m.seq), (*int64)(&m.group), &at, &m.text); err != nil {
			return nil, err
		}
		m.at = time.UnixMilli(at)
		list = append(list, m)
	}
	return list, rows.Err()
}

func (ix *Index) stepSQLite(ctx context.Context, c community.ID, s *stretch, last bool) error {
	tx, err := ix.file.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	if err := ix.make(ctx, tx, c, s.from == 0); err != nil {
		return err
	}
	// The transaction is immediate, so nobody else can have indexed the stretch
	// when the cursor still stands where it was read.
	var at, epoch int64
	err = tx.QueryRowContext(ctx, `SELECT seq, epoch FROM cursor WHERE community_id = ?`, int64(c)).Scan(&at, &epoch)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if epoch == s.epoch && at != int64(s.from) {
		return store.ErrLost
	}
	insert := `INSERT INTO ` + table(c) + ` (rowid, grams) VALUES (?, ?)`
	for _, m := range s.list {
		// A context that can be cancelled costs a goroutine per statement.
		if _, err := tx.ExecContext(context.Background(), insert, rowid(m.at, m.seq), joinGrams(grams(m.text))+" "+groupToken(m.group)); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO cursor (community_id, seq, epoch) VALUES (?, ?, ?)
		ON CONFLICT (community_id) DO UPDATE SET seq = excluded.seq, epoch = excluded.epoch`, int64(c), int64(s.to), s.epoch); err != nil {
		return err
	}
	if last || s.to%(16*indexBatch) == 0 {
		// Merging in small bites keeps queries quick and commits short.
		if _, err := tx.ExecContext(ctx, `INSERT INTO `+table(c)+` (`+table(c)+`, rank) VALUES ('merge', 500)`); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	ix.made[c] = true
	return nil
}

// make makes the community's table, anew when the index begins from nothing.
func (ix *Index) make(ctx context.Context, tx *sql.Tx, c community.ID, anew bool) error {
	if ix.made[c] && !anew {
		return nil
	}
	var statements []string
	if anew {
		statements = append(statements, `DROP TABLE IF EXISTS `+table(c))
	}
	statements = append(statements, `CREATE VIRTUAL TABLE IF NOT EXISTS `+table(c)+
		` USING fts5(grams, content='', contentless_delete=1, detail=none, tokenize='ascii')`)
	if anew {
		statements = append(statements, `INSERT INTO `+table(c)+` (`+table(c)+`, rank) VALUES ('automerge', 0)`)
	}
	for _, s := range statements {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// groupToken stands for a group among the tokens of a message. It begins with a
// sign, so that no text holds it and no search for a word meets it.
func groupToken(g community.GroupID) string { return fmt.Sprintf("§%d", g) }

// Drop empties the index of a community; Step fills it again.
func (ix *Index) Drop(ctx context.Context, c community.ID) error {
	if ix.file == nil {
		return ix.db.Write(ctx, func(tx *store.Tx) error {
			if err := dropPostgres(tx, c); err != nil {
				return err
			}
			_, err := tx.Exec(`DELETE FROM view_search_cursor WHERE community_id = $1`, int64(c))
			return err
		})
	}
	_, err := ix.file.ExecContext(ctx, `DELETE FROM cursor WHERE community_id = ?`, int64(c))
	return err
}
