package search

import (
	"context"

	"qunying/community"
	"qunying/internal/store"
)

// On PostgreSQL the index is a table with an array of tokens under a GIN index:
// a column type that SQLite does not have, so it is made here and not in the
// shared migrations.

func (ix *Index) openPostgres(ctx context.Context) error {
	return ix.db.Write(ctx, func(tx *store.Tx) error {
		for _, s := range []string{
			`SELECT pg_advisory_xact_lock(7391)`, // two nodes may start at once
			`CREATE TABLE IF NOT EXISTS view_search (community_id BIGINT NOT NULL, at BIGINT NOT NULL, seq BIGINT NOT NULL,
				group_id BIGINT NOT NULL, grams TEXT[] NOT NULL, PRIMARY KEY (community_id, seq))`,
			`CREATE INDEX IF NOT EXISTS view_search_grams ON view_search USING gin (grams)`,
			`CREATE TABLE IF NOT EXISTS view_search_cursor (community_id BIGINT NOT NULL PRIMARY KEY, seq BIGINT NOT NULL, epoch BIGINT NOT NULL)`,
		} {
			if _, err := tx.ExecContext(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
}

func (ix *Index) stepPostgres(ctx context.Context, c community.ID, s *stretch) error {
	return ix.db.Write(ctx, func(tx *store.Tx) error {
		if s.from == 0 {
			if _, err := tx.Exec(`DELETE FROM view_search WHERE community_id = $1`, int64(c)); err != nil {
				return err
			}
		}
		res, err := tx.Exec(`INSERT INTO view_search_cursor AS v (community_id, seq, epoch) VALUES ($1, $2, $3)
			ON CONFLICT (community_id) DO UPDATE SET seq = excluded.seq, epoch = excluded.epoch WHERE v.seq = $4 OR v.epoch <> $3`,
			int64(c), int64(s.to), s.epoch, int64(s.from))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return store.ErrLost
		}
		var ats, seqs, groups []int64
		var texts []string
		for _, m := range s.list {
			ats, seqs, groups = append(ats, m.at.UnixMilli()), append(seqs, int64(m.seq)), append(groups, int64(m.group))
			texts = append(texts, joinGrams(grams(m.text)))
		}
		// An array of arrays must be rectangular, so each row's tokens travel as one text.
		_, err = tx.Exec(`INSERT INTO view_search (community_id, at, seq, group_id, grams)
			SELECT $1, u.at, u.seq, u.group_id, string_to_array(u.grams, ' ')
			FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[]) AS u (at, seq, group_id, grams) ON CONFLICT DO NOTHING`,
			int64(c), ats, seqs, groups, texts)
		return err
	})
}
