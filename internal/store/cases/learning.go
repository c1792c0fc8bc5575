package cases

import (
	"context"
	"database/sql"
	"errors"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/store"
)

// Examples lists the texts on which people decided, by rulings of (after, upTo],
// in the order of the last ruling on each: what it was labelled last counts, and
// what was taken back does not. Texts that were erased, and names, are left out.
func Examples(ctx context.Context, q store.Querier, c community.ID, after, upTo int64) ([]casework.Example, error) {
	// The text of an appeal's card is the appeal, so that of its verdict is taken.
	type row struct {
		casework.Example
		of             [2]int64 // the card, or the verdict that an appeal is about
		what, category string
	}
	rows, err := list(ctx, q, func(rows *sql.Rows) (r row, err error) {
		var against int64
		var kind string
		var name, said, judgedName, judged sql.NullString
		if err := rows.Scan(&r.Ruling, &r.of[0], &against, &kind, &r.what, &r.Label, &r.category, &name, &said, &judgedName, &judged); err != nil {
			return r, err
		}
		if kind == string(casework.Appeal) {
			r.of, name, said = [2]int64{0, against}, judgedName, judged
		}
		if said.String != name.String { // a card about a name has it for its text
			r.Text = said.String
		}
		return r, nil
	}, `SELECT g.ruling_id, r.review_id, r.verdict_id, r.kind, g.what, g.label, r.category, rb.name, rb.text, vb.name, vb.text FROM ruling g
		JOIN review r ON r.community_id = g.community_id AND r.review_id = g.review_id
		LEFT JOIN review_body rb ON rb.community_id = r.community_id AND rb.review_id = r.review_id
		LEFT JOIN verdict_body vb ON vb.community_id = r.community_id AND vb.verdict_id = r.verdict_id
		WHERE g.community_id = $1 AND g.ruling_id > $2 AND g.ruling_id <= $3 ORDER BY g.ruling_id`, int64(c), after, upTo)
	if err != nil {
		return nil, err
	}
	last := map[[2]int64]int{}
	for i, r := range rows {
		switch r.what {
		case casework.Accept, casework.Change, casework.Overturn, casework.Train, casework.Grant, casework.Reject, casework.Undo:
			last[r.of] = i
		}
	}
	var out []casework.Example
	for i := range rows {
		r := &rows[i]
		if at, ok := last[r.of]; !ok || at != i || r.Text == "" || r.what == casework.Undo {
			continue
		}
		switch r.what {
		case casework.Grant:
			r.Label = casework.Fine
		case casework.Reject:
			r.Label = r.category
		}
		if r.Label == casework.Fine || casework.Advertising(r.Label) {
			out = append(out, r.Example)
		}
	}
	return out, nil
}

// Ordinary reads the latest messages on which there is no verdict, the latest first.
func Ordinary(ctx context.Context, q store.Querier, c community.ID, limit int) ([]string, error) {
	return list(ctx, q, func(rows *sql.Rows) (s string, err error) { return s, rows.Scan(&s) },
		`SELECT b.text FROM event e JOIN event_body b ON b.community_id = e.community_id AND b.seq = e.seq
		WHERE e.community_id = $1 AND e.kind = 'message.posted' AND b.text <> ''
		AND NOT EXISTS (SELECT 1 FROM verdict v WHERE v.community_id = e.community_id AND v.seq = e.seq)
		ORDER BY e.seq DESC LIMIT $2`, int64(c), limit)
}

// LastRuling is the number of the newest decision.
func LastRuling(ctx context.Context, q store.Querier, c community.ID) (n int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT COALESCE(MAX(ruling_id), 0) FROM ruling WHERE community_id = $1`, int64(c)).Scan(&n)
	return n, store.Unavailable(err)
}

// Weights reads what was learnt; found is false where it was dropped.
func Weights(ctx context.Context, q store.Querier, c community.ID, id int64) (weights string, found bool, err error) {
	err = q.QueryRowContext(ctx, `SELECT weights FROM learnt WHERE community_id = $1 AND learnt_id = $2`, int64(c), id).Scan(&weights)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return weights, err == nil, store.Unavailable(err)
}

// keptWeights is how many generations of weights are kept: decide may be behind.
const keptWeights = 5

// AddWeights writes what was learnt under a number.
func AddWeights(tx *store.Tx, c community.ID, id int64, weights string) error {
	if err := exec(tx, `DELETE FROM learnt WHERE community_id = $1 AND learnt_id <= $2`, int64(c), id-keptWeights); err != nil {
		return err
	}
	return exec(tx, `INSERT INTO learnt (community_id, learnt_id, weights) VALUES ($1, $2, $3)`, int64(c), id, weights)
}

// DropWeights forgets the weights before a number.
func DropWeights(tx *store.Tx, c community.ID, before int64) error {
	return exec(tx, `DELETE FROM learnt WHERE community_id = $1 AND learnt_id < $2`, int64(c), before)
}
