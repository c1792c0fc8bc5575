package search

import (
	"context"
	"fmt"
	"strings"

	"qunying/community"
	"qunying/internal/store"
)

// On PostgreSQL the index is a table with the tokens of each message under a GIN
// index: a column type that SQLite does not have, so it is made here and not in
// the shared migrations.
//
// GIN knows no order. Asked for the newest messages with a common word, it would
// gather all that have it and sort them. So a message also has tokens for the
// day and the 32 days it is of, and a query goes back in time from era to era,
// each a few times as long as the one before, until it has enough, or until what
// it found lets expect that it may gather all the rest. How long an era is, in
// days, follows from how many messages each day has.

const (
	firstEra = 10_000 // messages
	eraGrows = 4
	// So many messages are gathered and sorted sooner than cut by eras.
	fewEnough = 2000
	// More days than these are asked for by the 32, more of those not at all.
	mostTokens = 32

	dayLength = 24 * 60 * 60 * 1000 // ms

	// PostgreSQL takes a megabyte of tokens. Pairs are twice as long as their text.
	longestText = 400_000 // bytes; the rest is not searchable
)

func (ix *Index) openPostgres(ctx context.Context) error {
	return ix.db.Write(ctx, func(tx *store.Tx) error {
		for _, s := range []string{
			`SELECT pg_advisory_xact_lock(7391)`, // two nodes may start at once
			// What was indexed without days is indexed anew.
			`DO $$ BEGIN IF to_regclass('view_search') IS NOT NULL THEN DROP TABLE view_search, view_search_cursor; END IF; END $$`,
			`CREATE TABLE IF NOT EXISTS view_search_message (community_id BIGINT NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL,
				tokens TSVECTOR NOT NULL, PRIMARY KEY (community_id, seq))`,
			// Every query reads what is not in the tree yet, so that is kept short.
			`CREATE INDEX IF NOT EXISTS view_search_grams ON view_search_message USING gin (tokens) WITH (gin_pending_list_limit = 1024)`,
			`CREATE TABLE IF NOT EXISTS view_search_day (community_id BIGINT NOT NULL, day BIGINT NOT NULL, messages BIGINT NOT NULL,
				PRIMARY KEY (community_id, day))`,
			`CREATE TABLE IF NOT EXISTS view_search_cursor (community_id BIGINT NOT NULL PRIMARY KEY, seq BIGINT NOT NULL, epoch BIGINT NOT NULL)`,
		} {
			if _, err := tx.ExecContext(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
}

func dropPostgres(tx *store.Tx, c community.ID) error {
	for _, t := range []string{"view_search_message", "view_search_day"} {
		if _, err := tx.Exec(`DELETE FROM `+t+` WHERE community_id = $1`, int64(c)); err != nil {
			return err
		}
	}
	return nil
}

func (ix *Index) stepPostgres(ctx context.Context, c community.ID, s *stretch) error {
	var ats, seqs []int64
	var texts []string
	perDay := map[int64]int64{}
	for _, m := range s.list {
		at := m.at.UnixMilli()
		perDay[dayOf(at)]++
		ats, seqs = append(ats, at), append(seqs, int64(m.seq))
		tokens := append(grams(begins(m.text, longestText)), groupToken(m.group), dayToken(dayOf(at)), daysToken(dayOf(at)))
		texts = append(texts, joinGrams(tokens))
	}
	var days [][]any
	for day, n := range perDay {
		days = append(days, []any{int64(c), day, n})
	}
	return ix.db.Write(ctx, func(tx *store.Tx) error {
		if s.from == 0 {
			if err := dropPostgres(tx, c); err != nil {
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
		if err := tx.Many(`INSERT INTO view_search_day AS d (community_id, day, messages) VALUES ($1, $2, $3)
			ON CONFLICT (community_id, day) DO UPDATE SET messages = d.messages + excluded.messages`, "iii",
			len(days), func(i int) []any { return days[i] }); err != nil {
			return err
		}
		// An array of arrays must be rectangular, so each row's tokens travel as one text.
		_, err = tx.Exec(`INSERT INTO view_search_message (community_id, at, seq, tokens)
			SELECT $1, u.at, u.seq, array_to_tsvector(string_to_array(u.tokens, ' '))
			FROM unnest($2::bigint[], $3::bigint[], $4::text[]) AS u (at, seq, tokens) ON CONFLICT DO NOTHING`,
			int64(c), ats, seqs, texts)
		return err
	})
}

// begins is the beginning of a text, of whole characters and at most so many bytes.
func begins(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "")
}

func dayOf(ms int64) int64 {
	if ms < 0 {
		ms -= dayLength - 1
	}
	return ms / dayLength
}

// Like groupToken these begin with a sign that no text's tokens have.
func dayToken(day int64) string  { return fmt.Sprintf("@d%d", day) }
func daysToken(day int64) string { return fmt.Sprintf("@m%d", day>>5) }

// era is some days on end, from the first to the last.
type era struct{ first, last, messages int64 }

// tokens lists what stands for an era's days, and perhaps some around them; none
// if there are too many.
func (e era) tokens() []string {
	var list []string
	switch {
	case e.last-e.first < mostTokens:
		for day := e.first; day <= e.last; day++ {
			list = append(list, dayToken(day))
		}
	case e.last>>5-e.first>>5 < mostTokens:
		for day := e.first; day>>5 <= e.last>>5; day += 32 {
			list = append(list, daysToken(day))
		}
	}
	return list
}

// eras cuts the days in [first, last] that have messages, the newest first.
func (ix *Index) eras(ctx context.Context, q store.Querier, c community.ID, first, last int64) ([]era, error) {
	rows, err := q.QueryContext(ctx, `SELECT day, messages FROM view_search_day WHERE community_id = $1 AND day >= $2 AND day <= $3 ORDER BY day DESC`,
		int64(c), first, last)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []era
	enough := ix.era
	for rows.Next() {
		var day, messages int64
		if err := rows.Scan(&day, &messages); err != nil {
			return nil, err
		}
		last := len(list) - 1
		switch {
		case last < 0:
			list = append(list, era{day, day, messages})
		case list[last].messages >= enough:
			list = append(list, era{day, day, messages})
			enough *= eraGrows
		default:
			list[last].first = day
			list[last].messages += messages
		}
	}
	return list, rows.Err()
}

func (ix *Index) findPostgres(ctx context.Context, q store.Querier, c community.ID, terms []term, want Query, after Place, size int) ([]community.Seq, error) {
	low, high := int64(-1)<<50, int64(1)<<50 // ms, [low, high)
	if !want.From.IsZero() {
		low = want.From.UnixMilli()
	}
	if !want.To.IsZero() {
		high = want.To.UnixMilli()
	}
	if after.Seq != 0 {
		high = min(high, after.At.UnixMilli()+1)
	}
	list, err := ix.eras(ctx, q, c, dayOf(low), dayOf(high-1))
	if err != nil {
		return nil, err
	}
	var left, looked int64 // messages of the eras
	for _, e := range list {
		left += e.messages
	}
	match := matching(terms, want.Group)
	var seqs []community.Seq
	for i := 0; i < len(list) && len(seqs) < size; i++ {
		e := list[i]
		query, args := `SELECT seq FROM view_search_message WHERE community_id = $1 AND tokens @@ $2::text::tsquery`, []any{int64(c), match}
		arg := func(v any) string { args = append(args, v); return fmt.Sprintf("$%d", len(args)) }
		if int64(len(seqs)+1)*left <= fewEnough*looked {
			e.first, i = list[len(list)-1].first, len(list)
		} else if days := e.tokens(); len(days) > 0 {
			// By itself, not within the other: GIN then goes through the days only
			// where the words are.
			query += ` AND tokens @@ ` + arg("'"+strings.Join(days, "' | '")+"'") + `::text::tsquery`
		}
		query += ` AND at >= ` + arg(max(low, e.first*dayLength)) + ` AND at < ` + arg(min(high, (e.last+1)*dayLength))
		if after.Seq != 0 {
			query += ` AND (at < ` + arg(after.At.UnixMilli()) + ` OR seq < ` + arg(int64(after.Seq)) + `)`
		}
		part, err := seqsOf(ctx, q, query+fmt.Sprintf(` ORDER BY at DESC, seq DESC LIMIT %d`, size-len(seqs)), args...)
		if err != nil {
			return nil, err
		}
		seqs = append(seqs, part...)
		looked, left = looked+e.messages, left-e.messages
	}
	return seqs, nil
}

// matching writes terms as a tsquery. Tokens are of letters and digits, so that
// none ends its quotes.
func matching(terms []term, g community.GroupID) string {
	all := make([]string, 0, len(terms)+1)
	for _, t := range terms {
		s := "'" + t.token + "'"
		if t.prefix {
			s += ":*"
		}
		all = append(all, s)
	}
	if g != 0 {
		all = append(all, "'"+groupToken(g)+"'")
	}
	return strings.Join(all, " & ")
}
