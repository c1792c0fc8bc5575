package cases

import (
	"context"
	"database/sql"

	"qunying/community"
	"qunying/internal/moderation/read"
	"qunying/internal/store"
)

// wordsKept is for how many days it is known how often a word was hit.
const wordsKept = 40

// CountWords counts the entries of lexicons that were among what a rule fired for,
// each once, on a day (UTC).
func CountWords(tx *store.Tx, c community.ID, day community.Day, hits []read.Hit) error {
	type word struct{ lexicon, entry string }
	seen := map[word]bool{}
	for _, h := range hits {
		w := word{clean(h.Lexicon), clean(h.Entry)}
		if h.Exception || seen[w] {
			continue
		}
		seen[w] = true
		if err := exec(tx, `INSERT INTO word_hit (community_id, lexicon, entry, day, hits) VALUES ($1, $2, $3, $4, 1)
			ON CONFLICT (community_id, lexicon, entry, day) DO UPDATE SET hits = word_hit.hits + 1`, int64(c), w.lexicon, w.entry, int64(day)); err != nil {
			return err
		}
		if err := exec(tx, `DELETE FROM word_hit WHERE community_id = $1 AND lexicon = $2 AND entry = $3 AND day < $4`,
			int64(c), w.lexicon, w.entry, int64(day-wordsKept)); err != nil {
			return err
		}
	}
	return nil
}

// WordHits is how often an entry was hit.
type WordHits struct {
	Lexicon, Entry string
	Hits           int64
}

// HitWords lists the entries of a lexicon ("": of all) that were hit since a day,
// the most frequent first.
func HitWords(ctx context.Context, q store.Querier, c community.ID, lexicon string, since community.Day, limit int) ([]WordHits, error) {
	return list(ctx, q, func(rows *sql.Rows) (h WordHits, err error) {
		err = rows.Scan(&h.Lexicon, &h.Entry, &h.Hits)
		return h, err
	}, `SELECT lexicon, entry, SUM(hits) AS n FROM word_hit WHERE community_id = $1 AND (lexicon = $2 OR $2 = '') AND day >= $3
		GROUP BY lexicon, entry ORDER BY n DESC, lexicon, entry LIMIT $4`, int64(c), lexicon, int64(since), limit)
}

// HitLexicons counts how often anything of each lexicon was hit since a day.
func HitLexicons(ctx context.Context, q store.Querier, c community.ID, since community.Day) (map[string]int64, error) {
	all := map[string]int64{}
	err := each(ctx, q, func(rows *sql.Rows) error {
		var lexicon string
		var n int64
		err := rows.Scan(&lexicon, &n)
		all[lexicon] = n
		return err
	}, `SELECT lexicon, SUM(hits) FROM word_hit WHERE community_id = $1 AND day >= $2 GROUP BY lexicon`, int64(c), int64(since))
	return all, err
}
