package store_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"qunying/internal/store"
	"qunying/internal/store/search"
)

// apart are the tables without a community, with why.
var apart = map[string]string{
	"installation":     "facts of the installation itself: one program, whatever communities it has",
	"staff":            "somebody may work for several communities; who may see which is a grant",
	"invitation":       "lets people into the installation, and is looked up before any community is known",
	"api_key":          "belongs to staff, and is looked up before any community is known",
	"sign_in":          "belongs to staff, and is looked up before any community is known",
	"goose_db_version": "which migrations have run; made by goose",
	"sqlite_sequence":  "made by SQLite for goose's table",
}

// elsewhere are indexes that do not begin with the community, with why.
var elsewhere = map[string]string{
	"view_search_grams": "GIN holds no numbers; the query's community_id and the tokens are both asked",
	"community.slug":    "the community itself: its slug is unique in the installation",
}

// Every key begins with the community, so that one can be sharded, dumped and
// dropped without a look at the others.
func TestEveryKeyBeginsWithTheCommunity(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		if ix, err := search.Open(t.Context(), db.DB); err != nil { // makes tables of its own on PostgreSQL
			t.Fatal(err)
		} else {
			t.Cleanup(func() { ix.Close() })
		}
		keys := keysOfPostgres
		if db.Dialect == store.SQLite {
			keys = keysOfSQLite
		}
		tables := read(t, db.DB, keys)
		if len(tables) < 20 {
			t.Fatalf("only %d tables were found", len(tables))
		}
		for _, table := range slices.Sorted(maps.Keys(tables)) {
			if apart[table] != "" {
				continue
			}
			if len(tables[table]) == 0 {
				t.Errorf("%s has no key", table)
			}
			for name, columns := range tables[table] {
				if columns[0] != "community_id" && elsewhere[name] == "" && elsewhere[table+"."+columns[0]] == "" {
					t.Errorf("%s: the key %s is on %v", table, name, columns)
				}
			}
		}
		for table := range apart {
			if _, ok := tables[table]; !ok && !strings.HasPrefix(table, "sqlite_") {
				t.Errorf("the list names %s, which is no table", table)
			}
		}
	})
}

// keysOfSQLite lists the columns of every primary key and index by table.
func keysOfSQLite(ctx context.Context, q store.Querier) (map[string]map[string][]string, error) {
	return keysIn(ctx, q, `SELECT t.name, i.name, c.name FROM sqlite_master t
		JOIN pragma_index_list(t.name) i JOIN pragma_index_info(i.name) c WHERE t.type = 'table'
		UNION ALL SELECT t.name, 'rowid', c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c
			WHERE t.type = 'table' AND c.pk = 1 AND NOT EXISTS (SELECT 1 FROM pragma_index_list(t.name) i WHERE i.origin = 'pk')
		UNION ALL SELECT name, '', '' FROM sqlite_master WHERE type = 'table'`)
}

func keysOfPostgres(ctx context.Context, q store.Querier) (map[string]map[string][]string, error) {
	return keysIn(ctx, q, `SELECT t.relname, i.relname, a.attname FROM pg_index x
		JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = t.relnamespace
		JOIN LATERAL unnest(x.indkey::int[]) WITH ORDINALITY AS k (attnum, ord) ON true
		JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum
		WHERE n.nspname = 'public'
		UNION ALL SELECT table_name, '', '' FROM information_schema.tables WHERE table_schema = 'public'`)
}

func keysIn(ctx context.Context, q store.Querier, query string) (map[string]map[string][]string, error) {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string]map[string][]string{}
	for rows.Next() {
		var table, key, column string
		if err := rows.Scan(&table, &key, &column); err != nil {
			return nil, err
		}
		if all[table] == nil {
			all[table] = map[string][]string{}
		}
		if key != "" {
			all[table][key] = append(all[table][key], column)
		}
	}
	return all, rows.Err()
}
