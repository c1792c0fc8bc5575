package search

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

// Erase takes messages out of the index, and what is left of them out of its file.
// Who has read past them must not index them again: their text has to be gone from
// the log first.
func (ix *Index) Erase(ctx context.Context, c community.ID, list []Place) error {
	if len(list) == 0 {
		return nil
	}
	if ix.file == nil {
		return ix.erasePostgres(ctx, c, list)
	}
	for part := range slices.Chunk(list, 500) {
		if err := ix.eraseSQLite(ctx, c, part); err != nil {
			return err
		}
	}
	// Deleted rows stay in the index until its parts are merged, and in free pages
	// until the file is written anew.
	for _, s := range []string{`INSERT INTO ` + table(c) + ` (` + table(c) + `) VALUES ('optimize')`, `VACUUM`} {
		if _, err := ix.file.ExecContext(ctx, s); err != nil && !strings.Contains(err.Error(), "no such table") {
			return store.Unavailable(err)
		}
	}
	return ix.emptyLog(ctx)
}

func (ix *Index) eraseSQLite(ctx context.Context, c community.ID, list []Place) error {
	tx, err := ix.file.BeginTx(ctx, nil)
	if err != nil {
		return store.Unavailable(err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	for _, p := range list {
		_, err := tx.ExecContext(ctx, `DELETE FROM `+table(c)+` WHERE rowid = ?`, rowid(p.At, p.Seq))
		if err != nil && strings.Contains(err.Error(), "no such table") { // nothing was indexed yet
			return nil
		}
		if err != nil {
			return store.Unavailable(err)
		}
	}
	return store.Unavailable(tx.Commit())
}

// emptyLog waits until no search reads what is only in the write-ahead log.
func (ix *Index) emptyLog(ctx context.Context) error {
	for range 50 {
		var busy, pages, moved int64
		if err := ix.file.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &moved); err != nil {
			return store.Unavailable(err)
		}
		if busy == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
	return store.Unavailable(errors.New("the search file is being read"))
}

func (ix *Index) erasePostgres(ctx context.Context, c community.ID, list []Place) error {
	for part := range slices.Chunk(list, 1000) {
		err := ix.db.Write(ctx, func(tx *store.Tx) error {
			seqs := make([]community.Seq, len(part))
			for i, p := range part {
				seqs[i] = p.Seq
			}
			in, args := store.Listed([]any{int64(c)}, seqs)
			_, err := tx.Exec(`DELETE FROM view_search_message WHERE community_id = $1 AND seq IN `+in, args...)
			return store.Unavailable(err)
		})
		if err != nil {
			return err
		}
	}
	return ix.db.Maintain(ctx, `VACUUM view_search_message`)
}
