package store

import (
	"fmt"
	"strings"
)

// severalRows is how many rows one statement inserts on SQLite. More are no
// faster, and the rest of a stretch is written row by row.
const severalRows = 16

// Many runs an INSERT … VALUES ($1, …) [ON CONFLICT …] for n rows: several with
// a statement that stays prepared on SQLite, as one statement over arrays on
// PostgreSQL. types has a letter per column: i BIGINT, t TEXT, b BLOB. No two
// rows may hit the same key.
func (tx *Tx) Many(insert, types string, n int, row func(i int) []any) error {
	if n == 0 {
		return nil
	}
	if tx.db.Dialect == SQLite {
		return unavailable(tx.several(insert, len(types), n, row))
	}
	const most = 20_000 // keeps one statement's message small
	for from := 0; from < n; from += most {
		args, err := columnsOf(types, min(most, n-from), func(i int) []any { return row(from + i) })
		if err != nil {
			return err
		}
		if _, err := tx.Exec(unnested(insert, types), args...); err != nil {
			return unavailable(err)
		}
	}
	return nil
}

// several runs an INSERT … VALUES ($1, …) [ON CONFLICT …] for n rows, as many to
// a statement as fit.
func (tx *Tx) several(insert string, columns, n int, row func(i int) []any) error {
	i := 0
	if n >= severalRows {
		query := repeated(insert, columns)
		args := make([]any, 0, columns*severalRows)
		for ; i+severalRows <= n; i += severalRows {
			args = args[:0]
			for k := range severalRows {
				args = append(args, row(i+k)...)
			}
			if _, err := tx.Exec(query, args...); err != nil {
				return err
			}
		}
	}
	for ; i < n; i++ {
		if _, err := tx.Exec(insert, row(i)...); err != nil {
			return err
		}
	}
	return nil
}

// repeated rewrites VALUES ($1, $2) for several rows, without numbers: SQLite
// looks a numbered place up by going through all of them.
func repeated(insert string, columns int) string {
	head, rest, _ := strings.Cut(insert, "VALUES (")
	_, tail, _ := strings.Cut(rest, ")")
	row := "(" + strings.Repeat("?, ", columns-1) + "?)"
	return head + "VALUES " + strings.Repeat(row+", ", severalRows-1) + row + tail
}

// unnested rewrites VALUES ($1, $2) as SELECT * FROM unnest($1::bigint[], $2::text[]).
func unnested(insert, types string) string {
	head, rest, _ := strings.Cut(insert, "VALUES (")
	_, tail, _ := strings.Cut(rest, ")")
	casts := make([]string, len(types))
	for i, t := range types {
		casts[i] = fmt.Sprintf("$%d::%s[]", i+1, map[rune]string{'i': "bigint", 't': "text", 'b': "bytea"}[t])
	}
	return head + "SELECT * FROM unnest(" + strings.Join(casts, ", ") + ")" + tail
}

func columnsOf(types string, n int, row func(i int) []any) ([]any, error) {
	ints, texts, blobs := map[int][]int64{}, map[int][]string{}, map[int][][]byte{}
	for i := range n {
		for j, v := range row(i) {
			switch v := v.(type) {
			case int64:
				ints[j] = append(ints[j], v)
			case string:
				texts[j] = append(texts[j], v)
			case []byte:
				blobs[j] = append(blobs[j], v)
			default:
				return nil, fmt.Errorf("store: column %d of a bulk insert is a %T", j+1, v)
			}
		}
	}
	args := make([]any, len(types))
	for j, t := range types {
		switch t {
		case 'i':
			args[j] = ints[j]
		case 't':
			args[j] = texts[j]
		default:
			args[j] = blobs[j]
		}
	}
	return args, nil
}
