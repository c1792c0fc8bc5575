package store

import (
	"bytes"
	"io/fs"
	"strings"
	"time"
)

// Dialect names the database engine. SQL is one text for both; where they must
// differ, the file says so.
type Dialect string

const (
	SQLite     Dialect = "sqlite"
	PostgreSQL Dialect = "postgres"
)

// translate makes a statement of the shared text fit the engine: only column
// types and WITHOUT ROWID differ, and only in migrations.
func (d Dialect) translate(sql string) string {
	if d == SQLite {
		return sql
	}
	return strings.NewReplacer(
		" BLOB", " BYTEA", " DOUBLE", " DOUBLE PRECISION",
		") WITHOUT ROWID;", ");",
	).Replace(sql)
}

// migrationFS serves the migrations in the words of one engine.
type migrationFS struct {
	fs.FS
	dialect Dialect
}

func (m migrationFS) Open(name string) (fs.File, error) {
	if !strings.HasSuffix(name, ".sql") {
		return m.FS.Open(name)
	}
	text, err := fs.ReadFile(m.FS, name)
	if err != nil {
		return nil, err
	}
	b := []byte(m.dialect.translate(string(text)))
	return &migrationFile{Reader: bytes.NewReader(b), name: name, size: int64(len(b))}, nil
}

func (m migrationFS) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(m.FS, name) }

type migrationFile struct {
	*bytes.Reader
	name string
	size int64
}

func (f *migrationFile) Stat() (fs.FileInfo, error) { return f, nil }
func (f *migrationFile) Close() error               { return nil }
func (f *migrationFile) Name() string               { return f.name }
func (f *migrationFile) Size() int64                { return f.size }
func (f *migrationFile) Mode() fs.FileMode          { return 0o444 }
func (f *migrationFile) ModTime() time.Time         { return time.Time{} }
func (f *migrationFile) IsDir() bool                { return false }
func (f *migrationFile) Sys() any                   { return nil }
