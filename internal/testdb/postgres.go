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
	"sync"
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
	return fresh(t, server(t), "template1")
}

// PostgresLike is Postgres, but the database begins as a copy of the one called
// template. Where the server has none, create makes it in an empty database.
// The template stays: the tests of other packages copy it, too.
func PostgresLike(t testing.TB, template string, create func(ctx context.Context, url string) error) string {
	t.Helper()
	server := server(t)
	if err := ensure(server, template, create); err != nil {
		t.Fatalf("no database could be made to be copied: %v", err)
	}
	return fresh(t, server, template)
}

// server is the URL of the server; without one the test ends here.
func server(t testing.TB) *url.URL {
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
	return u
}

// within is the URL of another database on the server.
func within(server *url.URL, name string) string {
	u := *server
	u.Path = "/" + name
	return u.String()
}

// fresh makes a copy of a template, for as long as the test lasts.
func fresh(t testing.TB, server *url.URL, template string) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text())
	run(t, server, "CREATE DATABASE "+quoted(name)+" TEMPLATE "+quoted(template))
	t.Cleanup(func() { run(t, server, "DROP DATABASE "+quoted(name)+" WITH (FORCE)") })
	return within(server, name)
}

// made are the templates that this process has seen on the server.
var made struct {
	sync.Mutex
	seen map[string]bool
}

// ensure makes a template that is not there yet. Several processes may come at
// once; one that dies on the way leaves nothing under the template's name.
func ensure(server *url.URL, template string, create func(ctx context.Context, url string) error) (err error) {
	made.Lock()
	defer made.Unlock()
	if made.seen[template] {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*patience)
	defer cancel()
	c, err := pgx.Connect(ctx, server.String())
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, c.Close(context.Background())) }()
	// The lock goes with the connection.
	if _, err := c.Exec(ctx, "SELECT pg_advisory_lock(hashtext($1))", template); err != nil {
		return err
	}
	var there bool
	if err := c.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", template).Scan(&there); err != nil {
		return err
	}
	if !there {
		draft := "draft_" + strings.ToLower(rand.Text())
		if _, err := c.Exec(ctx, "CREATE DATABASE "+quoted(draft)); err != nil {
			return err
		}
		if err := create(ctx, within(server, draft)); err != nil {
			return err
		}
		if _, err := c.Exec(ctx, "ALTER DATABASE "+quoted(draft)+" RENAME TO "+quoted(template)); err != nil {
			return err
		}
	}
	if made.seen == nil {
		made.seen = map[string]bool{}
	}
	made.seen[template] = true
	return nil
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

// run executes one statement on a connection of its own. It must not use
// t.Context, which is cancelled before cleanup.
func run(t testing.TB, server *url.URL, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := pgx.Connect(ctx, server.String())
	if err != nil {
		t.Fatalf("%s: %v", Server, err)
	}
	_, err = c.Exec(ctx, statement)
	if err := cmp.Or(err, c.Close(ctx)); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
