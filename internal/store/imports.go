package store

import (
	"context"
	"time"

	"qunying/community"
)

// Import is a file on its way into the log. Options, Preview, Result and Counts
// are JSON of whoever runs it.
type Import struct {
	ID       int64
	File     string // as the person named it
	Path     string // where it is kept
	State    string
	Options  string
	Preview  string
	Result   string
	Error    string
	DoneRows int64
	Counts   string
	Staff    community.StaffID
	At       time.Time
}

// AddImport writes a new import and numbers it.
func (tx *Tx) AddImport(c community.ID, i Import) (Import, error) {
	if err := tx.QueryRowContext(context.Background(), `SELECT COALESCE(MAX(import_id), 0) + 1 FROM import WHERE community_id = $1`, int64(c)).Scan(&i.ID); err != nil {
		return i, unavailable(err)
	}
	_, err := tx.Exec(`INSERT INTO import (community_id, import_id, file, path, state, options, preview, result, error, done_rows, counts, staff_id, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`, int64(c), i.ID, cleanText(i.File), i.Path, i.State, i.Options, i.Preview, i.Result,
		i.Error, i.DoneRows, i.Counts, int64(i.Staff), millis(i.At))
	return i, unavailable(err)
}

// SaveImport writes an import as it is now. It reports false when its state was
// not one of those given, and then changes nothing.
func (tx *Tx) SaveImport(c community.ID, i Import, was ...string) (bool, error) {
	query := `UPDATE import SET path = $3, state = $4, options = $5, preview = $6, result = $7, error = $8, done_rows = $9, counts = $10
		WHERE community_id = $1 AND import_id = $2`
	for n, w := range was {
		switch n {
		case 0:
			query += ` AND (state = '` + w + `'`
		default:
			query += ` OR state = '` + w + `'`
		}
	}
	if len(was) > 0 {
		query += `)`
	}
	res, err := tx.Exec(query, int64(c), i.ID, i.Path, i.State, i.Options, i.Preview, i.Result, cleanText(i.Error), i.DoneRows, i.Counts)
	if err != nil {
		return false, unavailable(err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// MarkImport writes how far an import's file is done, in the batch's transaction.
func (tx *Tx) MarkImport(c community.ID, id, rows int64, counts string) error {
	_, err := tx.Exec(`UPDATE import SET done_rows = $3, counts = $4 WHERE community_id = $1 AND import_id = $2`, int64(c), id, rows, counts)
	return unavailable(err)
}

// ImportOf finds the newest import of a file by where it is kept.
func ImportOf(ctx context.Context, q Querier, c community.ID, path string) (i Import, ok bool, err error) {
	var id int64
	if err := q.QueryRowContext(ctx, `SELECT COALESCE(MAX(import_id), 0) FROM import WHERE community_id = $1 AND path = $2`, int64(c), path).Scan(&id); err != nil || id == 0 {
		return i, false, unavailable(err)
	}
	list, err := Imports(ctx, q, c, id)
	if err != nil || len(list) == 0 {
		return i, false, err
	}
	return list[0], true, nil
}

// Imports lists imports, newest first; id 0 means all.
func Imports(ctx context.Context, q Querier, c community.ID, id int64) ([]Import, error) {
	rows, err := q.QueryContext(ctx, `SELECT import_id, file, path, state, options, preview, result, error, done_rows, counts, staff_id, at
		FROM import WHERE community_id = $1 AND (import_id = $2 OR $2 = 0) ORDER BY import_id DESC LIMIT 200`, int64(c), id)
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []Import
	for rows.Next() {
		var i Import
		var at int64
		if err := rows.Scan(&i.ID, &i.File, &i.Path, &i.State, &i.Options, &i.Preview, &i.Result, &i.Error, &i.DoneRows, &i.Counts, (*int64)(&i.Staff), &at); err != nil {
			return nil, unavailable(err)
		}
		i.At = fromMillis(at)
		list = append(list, i)
	}
	return list, unavailable(rows.Err())
}
