package privacy

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

// unswept are tables in which a member's name or ID is not looked for, with why.
var unswept = map[string]string{
	"event":            "an envelope holds no texts",
	"event_body":       "is gone through stretch by stretch",
	"identity":         "is changed last, by number",
	"chat_group":       "its outside IDs are keys of the platform; direct conversations are changed by number",
	"staff":            "staff are not members",
	"sign_in":          "staff are not members",
	"invitation":       "staff are not members",
	"api_key":          "staff are not members",
	"installation":     "facts of the installation",
	"community":        "names of communities",
	"log":              "numbers",
	"cursor":           "numbers",
	"erasure":          "numbers",
	"goose_db_version": "which migrations have run",
	"sqlite_sequence":  "made by SQLite",
	"case_entry":       "what it says is committed to; the personal part is in case_body",
	"case_hash":        "hashes",
	"case_checkpoint":  "signed",
}

func place(n int) string { return strconv.Itoa(n) }

// needle is what is looked for, and what takes its place.
type needle struct{ what, instead string }

// needles are a person's ID anywhere, their names as a whole value in JSON and
// after an @.
func (t *Traces) needles() (list []needle) {
	for _, id := range t.ids {
		list = append(list, needle{id, Gone})
	}
	for _, name := range t.names {
		quoted, err := json.Marshal(name)
		if err != nil {
			continue // cannot happen: any text can be quoted
		}
		list = append(list, needle{string(quoted), `"` + Gone + `"`}, needle{"@" + name, "@" + Gone})
	}
	return list
}

// within writes the condition that a column holds one of the needles, or is a name.
func (t *Traces) within(d store.Dialect, column string, args *[]any) string {
	var or []string
	arg := func(v string) string {
		*args = append(*args, v)
		return "CAST($" + place(len(*args)) + " AS TEXT)"
	}
	for _, n := range t.needles() {
		if d == store.SQLite {
			or = append(or, `instr(`+column+`, `+arg(n.what)+`) > 0`)
		} else {
			or = append(or, `strpos(`+column+`, `+arg(n.what)+`) > 0`)
		}
	}
	for _, name := range t.names {
		or = append(or, column+` = `+arg(name))
	}
	return "(" + strings.Join(or, " OR ") + ")"
}

// without writes a column's value with everything replaced.
func (t *Traces) without(column string, args *[]any) string {
	arg := func(v string) string {
		*args = append(*args, v)
		return "CAST($" + place(len(*args)) + " AS TEXT)"
	}
	value := column
	for _, n := range t.needles() {
		value = `REPLACE(` + value + `, ` + arg(n.what) + `, ` + arg(n.instead) + `)`
	}
	for _, name := range t.names {
		value = `CASE WHEN ` + column + ` = ` + arg(name) + ` THEN '` + Gone + `' ELSE ` + value + ` END`
	}
	return value
}

func (t *Traces) none() bool { return len(t.ids) == 0 && len(t.names) == 0 }

// sweepBodies replaces a person's name and ID in bodies of others.
func sweepBodies(ctx context.Context, tx *store.Tx, d store.Dialect, c community.ID, t *Traces, from, to community.Seq) (places []Place, err error) {
	if t.none() {
		return nil, nil
	}
	span := []any{int64(c), int64(from), int64(to)}
	const inSpan = ` WHERE community_id = $1 AND seq > $2 AND seq <= $3 AND `
	for _, column := range []string{"name", "text", "data"} {
		args := slices.Clone(span)
		statement := `UPDATE event_body SET ` + column + ` = ` + t.without(column, &args)
		statement += inSpan + t.within(d, column, &args) + ` RETURNING seq`
		found, err := numbersOf(ctx, tx, statement, args)
		if err != nil {
			return nil, err
		}
		if column != "text" {
			continue
		}
		for _, seq := range found {
			e, err := store.Event(ctx, tx, c, community.Seq(seq))
			if err != nil {
				return nil, err
			}
			places = append(places, Place{e.Seq, e.At})
		}
	}
	// What the platform sent is not ours to edit: where it names the person, it goes.
	args := slices.Clone(span)
	var or []string
	for _, n := range append(slices.Clone(t.ids), t.names...) {
		args = append(args, []byte(n))
		if d == store.SQLite {
			or = append(or, `instr(raw, $`+place(len(args))+`) > 0`)
		} else {
			or = append(or, `position($`+place(len(args))+`::bytea IN raw) > 0`)
		}
	}
	_, err = tx.Exec(`UPDATE event_body SET raw = NULL`+inSpan+`raw IS NOT NULL AND (`+strings.Join(or, " OR ")+`)`, args...)
	return places, store.Unavailable(err)
}

func numbersOf(ctx context.Context, q store.Querier, query string, args []any) (list []int64, err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, store.Unavailable(err)
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, store.Unavailable(rows.Err())
}

// texts lists the columns of text of every table that is swept, and whether a
// column is part of a key. It asks the database, so that a table that is new is
// not forgotten.
func texts(ctx context.Context, q store.Querier, d store.Dialect) (map[string]map[string]bool, error) {
	query := `SELECT t.name, c.name, c.pk > 0 OR EXISTS (SELECT 1 FROM pragma_index_list(t.name) i JOIN pragma_index_info(i.name) k WHERE i."unique" = 1 AND k.name = c.name)
		FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND c.type = 'TEXT' ORDER BY t.name, c.cid`
	if d == store.PostgreSQL {
		query = `SELECT c.table_name, c.column_name, EXISTS (SELECT 1 FROM pg_index x JOIN pg_class r ON r.oid = x.indrelid JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = ANY (x.indkey)
				WHERE x.indisunique AND r.relname = c.table_name AND a.attname = c.column_name)
			FROM information_schema.columns c WHERE c.table_schema = current_schema() AND c.data_type = 'text' ORDER BY c.table_name, c.ordinal_position`
	}
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return nil, store.Unavailable(err)
	}
	defer rows.Close()
	all := map[string]map[string]bool{}
	for rows.Next() {
		var table, column string
		var key bool
		if err := rows.Scan(&table, &column, &key); err != nil {
			return nil, err
		}
		if unswept[table] != "" {
			continue
		}
		if all[table] == nil {
			all[table] = map[string]bool{}
		}
		all[table][column] = key
	}
	return all, rows.Err()
}

// Sweep replaces a person's name and ID in every table but the log. A line of a
// view whose key they are part of goes: the view makes it anew, without them.
func Sweep(ctx context.Context, db *store.DB, c community.ID, t *Traces) (changed int64, err error) {
	if t.none() {
		return 0, nil
	}
	var all map[string]map[string]bool
	if err := db.Read(ctx, func(q store.Querier) error {
		all, err = texts(ctx, q, db.Dialect)
		return err
	}); err != nil {
		return 0, err
	}
	for table, columns := range all {
		err := db.Write(ctx, func(tx *store.Tx) error {
			for column, key := range columns {
				args := []any{int64(c)}
				statement := `DELETE FROM ` + table
				if key && !strings.HasPrefix(table, "view_") {
					continue // a key of ours: it holds no names
				}
				if !key {
					statement = `UPDATE ` + table + ` SET ` + column + ` = ` + t.without(column, &args)
				}
				done, err := tx.Exec(statement+` WHERE community_id = $1 AND `+t.within(db.Dialect, column, &args), args...)
				if err != nil {
					return store.Unavailable(err)
				}
				n, err := done.RowsAffected()
				if changed += n; err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return changed, err
		}
	}
	return changed, nil
}

// Compact makes what was removed leave the files. On SQLite the free pages go, what
// rows left behind where they moved is overwritten, and the write-ahead log is
// emptied; on PostgreSQL dead rows are cleared away.
func Compact(ctx context.Context, db *store.DB) error {
	if db.Dialect == store.PostgreSQL {
		for _, table := range []string{"event_body", "identity", "verdict_body", "review_body", "case_body", "member_note", "outbox", "audit"} {
			if err := db.Maintain(ctx, `VACUUM `+table); err != nil {
				return err
			}
		}
		return nil
	}
	if err := db.Maintain(ctx, `PRAGMA incremental_vacuum`); err != nil {
		return err
	}
	err := db.ClearGaps(ctx)
	if err != nil {
		return err
	}
	for range 50 { // a reader that is still at it holds the old log; none of ours is long
		if err = db.EmptyLog(ctx); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
	return err
}
