package store

import (
	"context"

	"qunying/community"
)

// Maintain runs a statement that no transaction may surround. On SQLite it waits
// its turn among the writes.
func (db *DB) Maintain(ctx context.Context, statement string) error {
	if db.Dialect == PostgreSQL {
		_, err := db.write.ExecContext(ctx, statement)
		return unavailable(err)
	}
	return db.between(ctx, func(q conn) error {
		_, err := q.ExecContext(ctx, statement)
		return unavailable(err)
	})
}

// EmptyLog has SQLite carry its write-ahead log over into the file, and cuts it to
// nothing. It fails with Unavailable while somebody reads what is only in the log.
func (db *DB) EmptyLog(ctx context.Context) error {
	if db.Dialect == PostgreSQL {
		return nil
	}
	return db.between(ctx, func(q conn) error {
		var busy, pages, moved int64
		if err := q.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &moved); err != nil {
			return unavailable(err)
		}
		if busy != 0 {
			return community.Errorf(community.Unavailable, "somebody reads from the write-ahead log")
		}
		return nil
	})
}

// between runs f on SQLite's writing connection, outside of any transaction.
func (db *DB) between(ctx context.Context, f func(q conn) error) error {
	return db.Write(ctx, func(tx *Tx) (err error) {
		// The writer has begun a transaction for us; it is ended and begun again
		// around f, so that the writer finds what it expects.
		if _, err := tx.Exec("COMMIT"); err != nil {
			return unavailable(err)
		}
		err = f(tx.conn)
		if _, begin := tx.Exec("BEGIN IMMEDIATE"); begin != nil {
			return unavailable(begin)
		}
		return err
	})
}

// ForgetNames empties, after the commit, what is remembered of names: who has
// been erased is somebody new when they come again.
func (tx *Tx) ForgetNames() { tx.AfterCommit(tx.db.names.clear) }

func (c *nameCache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.new, c.old = map[nameKey]named{}, nil
}
