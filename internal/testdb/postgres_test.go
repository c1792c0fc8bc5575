package testdb_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"qunying/internal/testdb"
)

// Two databases are apart, and a connection left open does not keep one alive.
func TestEachDatabaseIsItsOwn(t *testing.T) {
	var first string
	t.Run("used", func(t *testing.T) {
		first = testdb.Postgres(t)
		second := testdb.Postgres(t)
		a, b := connect(t, first), connect(t, second)
		if _, err := a.Exec(t.Context(), "CREATE TABLE note (id BIGINT)"); err != nil {
			t.Fatal(err)
		}
		var found *string
		if err := b.QueryRow(t.Context(), "SELECT to_regclass('note')::text").Scan(&found); err != nil {
			t.Fatal(err)
		}
		if found != nil {
			t.Errorf("a table made in one database is in the other")
		}
	})
	if first == "" {
		t.Skip("SKIPPED: no server")
	}
	if c, err := pgx.Connect(t.Context(), first); err == nil {
		t.Errorf("the database is still there after its test")
		if err := c.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// A power cut must cost the product nothing, so its tests run with what keeps
// that promise switched on.
func TestServerSyncs(t *testing.T) {
	c := connect(t, testdb.Postgres(t))
	for _, name := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		var value string
		if err := c.QueryRow(t.Context(), "SELECT current_setting($1)", name).Scan(&value); err != nil {
			t.Fatal(err)
		}
		if value != "on" {
			t.Errorf("%s = %s, want on", name, value)
		}
	}
}

// The test's own end closes nothing here: DROP … WITH (FORCE) does.
func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
