// Package testdb gives tests a PostgreSQL database of their own on the server
// that scripts/with-postgres started.
package testdb

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server names the environment variable with the URL of a PostgreSQL server on
// which the user may create databases.
const Server = "QUNYING_TEST_POSTGRES"

// patience is how long the server may take to make or drop a database. A
// loaded machine needs seconds, as the files are synced to disk.
const patience = time.Minute

// Postgres returns the URL of a new, empty database, which is dropped when the
// test is over, whoever is still connected. Without a server the test is
// skipped, but where CI=true it fails: nothing may pass there because it did
// not run.
func Postgres(t testing.TB) string {
	t.Helper()
	server := os.Getenv(Server)
	if server == "" {
		const without = Server + " is not set: not tested on PostgreSQL; run: scripts/with-postgres go test ./…"
		if os.Getenv("CI") == "true" {
			t.Fatal(without)
		}
		t.Skip("SKIPPED: " + without)
	}
	u, err := url.Parse(server)
	if err != nil {
		// The error would show the password; the form is enough.
		t.Fatalf("%s is not a URL of the form postgres://user:password@host:port/database", Server)
	}

	name := "test_" + strings.ToLower(rand.Text())
	run(t, server, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	t.Cleanup(func() {
		run(t, server, "DROP DATABASE "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
	})
	u.Path = "/" + name
	return u.String()
}

// run executes one statement on a connection of its own. It must not use
// t.Context, which is cancelled before cleanup.
func run(t testing.TB, server, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatalf("%s: %v", Server, err)
	}
	_, err = c.Exec(ctx, statement)
	if err := cmp.Or(err, c.Close(ctx)); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
