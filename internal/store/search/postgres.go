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

func (ix *Index) stepPostgres(ctx context.Context, c community.ID, at community.Seq, epoch int64, list []community.Event) error {
	return ix.db.Write(ctx, func(tx *store.Tx) error {
		if at == 0 {
			if _, err := tx.Exec(`DELETE FROM view_search WHERE community_id = $1`, int64(c)); err != nil {
				return err
			}
		}
		last := int64(list[len(list)-1].Seq)
		res, err := tx.Exec(`INSERT INTO view_search_cursor AS v (community_id, seq, epoch) VALUES ($1, $2, $3)
			ON CONFLICT (community_id) DO UPDATE SET seq = excluded.seq, epoch = excluded.epoch WHERE v.seq = $4 OR v.epoch <> $3`,
			int64(c), last, epoch, int64(at))
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
		for i := range list {
			e := &list[i]
			if !searchable(e) {
				continue
			}
			ats, seqs, groups = append(ats, e.At.UnixMilli()), append(seqs, int64(e.Seq)), append(groups, int64(e.Group))
			texts = append(texts, joinGrams(grams(e.Body.Text)))
		}
		// An array of arrays must be rectangular, so each row's tokens travel as one text.
		_, err = tx.Exec(`INSERT INTO view_search (community_id, at, seq, group_id, grams)
			SELECT $1, u.at, u.seq, u.group_id, string_to_array(u.grams, ' ')
			FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[]) AS u (at, seq, group_id, grams) ON CONFLICT DO NOTHING`,
			int64(c), ats, seqs, groups, texts)
		return err
	})
}
