package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"time"

	"qunying/community"
)

// ClearGaps overwrites what rows left behind in SQLite's file where they no longer
// are. secure_delete overwrites a row where it is removed, but when rows move to
// another page because theirs is full, their old bytes can stay between the list of
// a page's rows and the first of them. PostgreSQL has nothing to be done.
//
// Pages are looked at a stretch at a time, which the writer takes in turns with
// other work.
func (db *DB) ClearGaps(ctx context.Context) error {
	if db.Dialect == PostgreSQL {
		return nil
	}
	var size, pages, vacuum int64
	if err := db.Read(ctx, func(q Querier) error {
		for name, value := range map[string]*int64{"page_size": &size, "page_count": &pages, "auto_vacuum": &vacuum} {
			if err := q.QueryRowContext(ctx, `PRAGMA `+name).Scan(value); err != nil {
				return unavailable(err)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	if vacuum == 0 {
		return community.Errorf(community.Unsupported, "the database was not made by this program: it has no pointer map").WithHint("make a backup and restore it with --replace")
	}
	// A page of the pointer map, then the pages that it tells of, five bytes each:
	// https://www.sqlite.org/fileformat2.html#ptrmapformat
	stretch := size/5 + 1
	for from := int64(2); from <= pages; from += stretch { // page 1 holds the names of tables
		began := time.Now()
		var found []page
		look := func(q Querier) (err error) {
			found, err = gaps(ctx, q, from, from+stretch)
			return err
		}
		if err := db.Read(ctx, look); err != nil {
			return unavailable(err)
		}
		if len(found) == 0 {
			continue
		}
		if err := db.WriteSoon(ctx, func(tx *Tx) error {
			if err := look(tx); err != nil { // as they are now
				return unavailable(err)
			}
			for _, p := range found {
				if _, err := tx.Exec(`UPDATE sqlite_dbpage SET data = $1 WHERE pgno = $2`, p.content, p.number); err != nil {
					return unavailable(err)
				}
			}
			return nil
		}); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Since(began)): // others write as well
		}
	}
	return nil
}

// page is a page of SQLite's file.
type page struct {
	number  int64
	content []byte
}

// gaps lists the pages of a stretch in which something stands where no row is, with
// that overwritten. The first page of a stretch is that of the pointer map.
func gaps(ctx context.Context, q Querier, from, end int64) ([]page, error) {
	rows, err := q.QueryContext(ctx, `WITH RECURSIVE n (i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
		SELECT p.pgno, p.data FROM n JOIN sqlite_dbpage p ON p.pgno = n.i`, from, end)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var pointers []byte
	var list []page
	for rows.Next() {
		var p page
		if err := rows.Scan(&p.number, &p.content); err != nil {
			return nil, err
		}
		if p.number == from {
			pointers = p.content
			continue
		}
		const root, inner = 1, 5 // pages of tables and indexes; others have no gaps
		at := 5 * (p.number - from - 1)
		if at >= int64(len(pointers)) || pointers[at] != root && pointers[at] != inner {
			continue
		}
		if gap := gapOf(p.content); len(bytes.Trim(gap, "\x00")) > 0 {
			clear(gap)
			list = append(list, p)
		}
	}
	return list, rows.Err()
}

// gapOf is what lies between the list of a page's rows and the first of them:
// https://www.sqlite.org/fileformat2.html#b_tree_pages
func gapOf(content []byte) []byte {
	const leafIndex, leafTable, innerIndex, innerTable = 10, 13, 2, 5
	head := 8
	switch content[0] {
	case leafIndex, leafTable:
	case innerIndex, innerTable:
		head = 12
	default:
		return nil
	}
	from := head + 2*int(binary.BigEndian.Uint16(content[3:]))
	to := int(binary.BigEndian.Uint16(content[5:]))
	if from > to || to > len(content) {
		return nil
	}
	return content[from:to]
}
