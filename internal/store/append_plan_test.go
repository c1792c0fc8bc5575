package store

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"qunying/internal/testdb"
)

// What is looked up for every event goes by the index over what is looked for,
// also by a plan that was made before the tables held anything, or little.
func TestPlansMadeEarlyGoByTheRightIndex(t *testing.T) {
	t.Parallel()
	ctx, dsn := t.Context(), testdb.Postgres(t)
	db, err := Open(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(ctx) })
	exec := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatal(err)
		}
	}
	exec(`SET plan_cache_mode = force_generic_plan`)
	for _, held := range []int{0, 100, 3000} {
		exec(fmt.Sprintf(`INSERT INTO event SELECT 1, n, decode(md5(n::text), 'hex'), 'k', 'live', 1, 1, 0, n, n, 'text', 1, 0, 0, NULL, 's'
			FROM generate_series((SELECT count(*) FROM event) + 1, %d) n`, held))
		exec(fmt.Sprintf(`INSERT INTO identity SELECT 1, n, 'sim', 0, n::text, 'n', n
			FROM generate_series((SELECT count(*) FROM identity) + 1, %d) n`, held))
		if held > 0 {
			exec(`ANALYZE`)
		}
		for _, c := range []struct {
			statement, index, table string
			args                    int
		}{{appendEvents, "event_key", "event e", 22}, {knownIdentities, "identity_outside", "identity", 4}} {
			exec(`PREPARE early AS ` + c.statement)
			plan, err := explain(t, conn, `EXPLAIN EXECUTE early (1`+strings.Repeat(", NULL", c.args-1)+`)`)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(plan, " using "+c.index+" on "+c.table) || strings.Contains(plan, "Seq Scan on "+c.table) {
				t.Errorf("with %d rows:\n%s", held, plan)
			}
			exec(`DEALLOCATE early`)
		}
	}
}

func explain(t *testing.T, conn *pgx.Conn, sql string) (string, error) {
	rows, err := conn.Query(t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		return "", err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return strings.Join(lines, "\n"), err
}
