// Package ready gives tests databases whose tables are made: copies of one that
// the migrations ran on. To run them for each test anew took longer than most
// tests do. What tests the migrations themselves takes an empty database.
package ready

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"qunying/internal/store"
	"qunying/internal/testdb"
)

// SQLite returns the path of a database of the test's own.
func SQLite(t testing.TB) string {
	t.Helper()
	file, err := template()
	if err != nil {
		t.Fatalf("no database could be made to be copied: %v", err)
	}
	path := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Postgres is testdb.Postgres with the tables made. All packages whose tests use
// one server share what is copied there.
func Postgres(t testing.TB) string {
	t.Helper()
	return testdb.PostgresLike(t, "qunying_"+store.Schema(), open)
}

// template is a SQLite database in which nothing happened yet.
var template = sync.OnceValues(func() (file []byte, err error) {
	dir, err := os.MkdirTemp("", "qunying-tables")
	if err != nil {
		return nil, err
	}
	defer func() { err = cmp.Or(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "test.db")
	if err := open(context.Background(), path); err != nil {
		return nil, err
	}
	// What stands in the write-ahead log is not in the file.
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		return nil, errors.New("the write-ahead log was not carried over")
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return os.ReadFile(path)
})

func open(ctx context.Context, dsn string) error {
	db, err := store.Open(ctx, dsn)
	if err != nil {
		return err
	}
	return db.Close()
}
