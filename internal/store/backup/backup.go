// Package backup copies a database while it is in use, and brings copies back.
// A copy is one file with a manifest beside it: of SQLite its pages, which are an SQLite
// file again, of PostgreSQL its rows. Either can be brought back into either kind.
package backup

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"modernc.org/sqlite"

	"qunying/community"
	"qunying/internal/store"
)

const (
	prefix    = "qunying-"
	suffix    = ".json"
	mostBytes = 1 << 20 // of a manifest
)

// Forms of a copy, each with the end of its file's name.
const (
	ofPages = 1 // an SQLite file
	ofRows  = 2
)

var ends = map[int]string{ofPages: ".db", ofRows: ".rows"}

// Manifest says what a copy holds, and by what it is known to be whole.
type Manifest struct {
	Form     int           `json:"form"`
	Name     string        `json:"name"`    // of the copy's file, beside the manifest
	Program  string        `json:"program"` // version that made it
	Database store.Dialect `json:"database"`
	Schema   int64         `json:"schema"` // the last migration in it
	At       time.Time     `json:"at"`     // UTC; nothing later is in it
	Bytes    int64         `json:"bytes"`
	SHA256   string        `json:"sha256"`
	Events   int64         `json:"events"` // of all communities
	Seconds  float64       `json:"seconds"`
	Key      string        `json:"key,omitempty"` // the key file, locked with a passphrase; left out: it is not in the copy
}

func (m *Manifest) rows() bool { return m.Form == ofRows }

// Options say how to copy.
type Options struct {
	Folder  string
	Program string
	Key     string                           // goes into the manifest as it is: locked
	Now     time.Time                        // dates and names the copy
	Seen    func(share float64, bytes int64) // how far it is; may be nil
}

// Make copies the database into a folder. Who writes to it meanwhile is not
// held up; what they write after the copy began is not in it. Half a copy leaves
// nothing behind.
func Make(ctx context.Context, db *store.DB, o Options) (m Manifest, err error) {
	if err := os.MkdirAll(o.Folder, 0o700); err != nil {
		return m, &community.Error{Code: community.Unavailable, Text: "the folder for backups cannot be made", Hint: "check the rights of its parent", Err: err}
	}
	began := time.Now()
	at := o.Now.UTC().Truncate(time.Second)
	form := ofPages
	if db.Dialect == store.PostgreSQL {
		form = ofRows
	}
	m = Manifest{Form: form, Name: prefix + at.Format("20060102T150405Z") + ends[form], Program: o.Program, Database: db.Dialect, At: at, Key: o.Key}
	file := filepath.Join(o.Folder, m.Name)
	if _, err := os.Stat(file); err == nil {
		return m, community.Errorf(community.Conflict, "there is a backup of this second already").WithHint("wait a second")
	}
	part := file + ".part"
	defer func() { err = errors.Join(err, remove(part, part+"-wal", part+"-shm", part+"-journal")) }()
	if err := remove(part); err != nil {
		return m, err
	}
	if o.Seen == nil {
		o.Seen = func(float64, int64) {}
	}
	if m.rows() {
		err = copyPostgres(ctx, db, part, &m, o.Seen)
	} else if err = copySQLite(ctx, db, part, o.Seen); err == nil {
		err = m.describe(ctx, part)
	}
	if err != nil {
		return m, err
	}
	if err := os.Rename(part, file); err != nil {
		return m, err
	}
	m.Seconds = time.Since(began).Seconds()
	return m, m.write(o.Folder)
}

// describe reads what is in a copy, and its size and sum.
func (m *Manifest) describe(ctx context.Context, file string) error {
	copied, err := store.OpenSQLite("file:" + store.EscapePath(file) + "?mode=ro&_pragma=query_only(1)")
	if err != nil {
		return err
	}
	err = errors.Join(
		copied.QueryRowContext(ctx, `SELECT COALESCE(SUM(next_seq - 1), 0) FROM log`).Scan(&m.Events),
		copied.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied = 1`).Scan(&m.Schema),
		copied.Close())
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := errors.Join(f.Chmod(0o600), f.Sync()); err != nil {
		return err
	}
	m.SHA256, m.Bytes, err = sum(f)
	return err
}

func sum(r io.Reader) (string, int64, error) {
	h := sha256.New()
	n, err := io.Copy(h, r)
	return hex.EncodeToString(h.Sum(nil)), n, err
}

// write puts the manifest beside the copy, whole or not at all.
func (m *Manifest) write(folder string) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, m.Name+".*") // made with mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(folder, manifestOf(m.Name)))
	}
	if err != nil {
		return errors.Join(err, remove(f.Name()))
	}
	return nil
}

func manifestOf(name string) string { return strings.TrimSuffix(name, filepath.Ext(name)) + suffix }

func remove(files ...string) error {
	var errs []error
	for _, f := range files {
		if err := os.Remove(f); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// List reads the manifests in a folder, the newest first. A folder that does not
// exist has none; a file that is no manifest of ours is passed over.
func List(folder string) ([]Manifest, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &community.Error{Code: community.Unavailable, Text: "the folder for backups cannot be read", Hint: "check its rights", Err: err}
	}
	var list []Manifest
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), prefix) || !strings.HasSuffix(e.Name(), suffix) {
			continue
		}
		if m, err := Read(filepath.Join(folder, e.Name())); err == nil && manifestOf(m.Name) == e.Name() {
			list = append(list, m)
		}
	}
	slices.SortFunc(list, func(a, b Manifest) int { return cmp.Or(b.At.Compare(a.At), strings.Compare(b.Name, a.Name)) })
	return list, nil
}

// Read reads a manifest. Its name never leads out of its folder.
func Read(file string) (Manifest, error) {
	f, err := os.Open(file)
	if err != nil {
		return Manifest{}, &community.Error{Code: community.NotFound, Text: "the backup has no manifest", Hint: "it is the .json file beside the copy; both are needed", Err: err}
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostBytes))
	if err != nil {
		return Manifest{}, err
	}
	return parse(text)
}

func parse(text []byte) (Manifest, error) {
	var m Manifest
	err := json.Unmarshal(text, &m)
	if err != nil || m.Form < 1 || m.Name == "" || m.Name != filepath.Base(m.Name) || !strings.HasPrefix(m.Name, prefix) {
		return Manifest{}, &community.Error{Code: community.Invalid, Text: "this is no manifest of a backup", Err: err}
	}
	if ends[m.Form] == "" {
		return Manifest{}, community.Errorf(community.Unsupported, "the backup was made by a newer program (%s)", m.Program).WithHint("install that version, or a newer one")
	}
	if filepath.Ext(m.Name) != ends[m.Form] {
		return Manifest{}, community.Errorf(community.Invalid, "this is no manifest of a backup")
	}
	return m, nil
}

// Verify reads a copy to its end: it has the sum that its manifest tells, and is a
// sound database, or every row can be read.
func Verify(ctx context.Context, folder string, m Manifest) error {
	file := filepath.Join(folder, m.Name)
	f, err := os.Open(file)
	if err != nil {
		return &community.Error{Code: community.NotFound, Text: "the copy is not there", Hint: m.Name + " belongs beside its manifest", Err: err}
	}
	defer f.Close()
	got, n, err := sum(f)
	if err != nil {
		return err
	}
	if got != m.SHA256 || n != m.Bytes {
		return community.Errorf(community.Invalid, "%s is not the file that was made: its sum differs", m.Name).WithHint("take another backup; this one was cut off or changed")
	}
	if m.rows() {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		return soundRows(f)
	}
	db, err := store.OpenSQLite("file:" + store.EscapePath(file) + "?mode=ro&immutable=1")
	if err != nil {
		return err
	}
	defer db.Close()
	return Sound(ctx, db)
}

// Sound asks SQLite whether a file is whole.
func Sound(ctx context.Context, db store.Querier) error {
	var verdict string
	if err := db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&verdict); err != nil {
		return store.Unavailable(err)
	}
	if verdict != "ok" {
		return community.Errorf(community.Invalid, "the database is damaged: %s", verdict).WithHint("restore a backup; keep the damaged file")
	}
	return nil
}

// Carry copies a backup into a folder elsewhere, and reads there what arrived.
func Carry(ctx context.Context, from, to string, m Manifest) error {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return &community.Error{Code: community.Unavailable, Text: "the folder elsewhere cannot be written", Hint: "is the disk or share mounted?", Err: err}
	}
	if err := copyFile(ctx, filepath.Join(from, m.Name), filepath.Join(to, m.Name)); err != nil {
		return err
	}
	if err := Verify(ctx, to, m); err != nil {
		return err
	}
	return m.write(to)
}

// copyFile copies whole or not at all.
func copyFile(ctx context.Context, from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, stopping{ctx, in})
	if err = errors.Join(err, out.Sync(), out.Close()); err == nil {
		err = os.Rename(to+".part", to)
	}
	if err != nil {
		return errors.Join(err, remove(to+".part"))
	}
	return nil
}

// stopping ends a long copy when its context does.
type stopping struct {
	ctx context.Context
	io.Reader
}

func (s stopping) Read(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.Reader.Read(b)
}

// Prune removes all copies of a folder but the newest ones; it never removes the
// last. It answers the names of those that are gone.
func Prune(folder string, keep int) ([]string, error) {
	list, err := List(folder)
	if err != nil {
		return nil, err
	}
	var gone []string
	for _, m := range list[min(len(list), max(keep, 1)):] {
		// The manifest first: a copy without one is no backup any more.
		if err := remove(filepath.Join(folder, manifestOf(m.Name)), filepath.Join(folder, m.Name)); err != nil {
			return gone, err
		}
		gone = append(gone, m.Name)
	}
	return gone, nil
}

// Share is which part of the events now in the database is in a copy, 0 to 1.
func Share(m Manifest, events int64) float64 {
	if events <= 0 {
		return 1
	}
	return min(1, float64(m.Events)/float64(events))
}

// Events counts the events of all communities.
func Events(ctx context.Context, q store.Querier) (n int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT CAST(COALESCE(SUM(next_seq - 1), 0) AS BIGINT) FROM log`).Scan(&n)
	return n, store.Unavailable(err)
}

// portion is how many pages are copied between two looks at the context: 16 MB.
const portion = 4096

// copySQLite copies the pages of one moment: the reading transaction stays open
// until the end, so that writers go on beside it and no page is copied twice.
// What was erased is in no page (secure_delete), so it is in no copy either.
func copySQLite(ctx context.Context, db *store.DB, to string, seen func(float64, int64)) (err error) {
	source, err := sql.Open("sqlite", "file:"+store.EscapePath(db.Path)+"?_pragma=busy_timeout(10000)&_pragma=query_only(1)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	from, err := source.Conn(ctx)
	if err != nil {
		return store.Unavailable(err)
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	var size int64
	if _, err := from.ExecContext(ctx, `BEGIN`); err != nil {
		return store.Unavailable(err)
	}
	if err := from.QueryRowContext(ctx, `PRAGMA page_size`).Scan(&size); err != nil {
		return store.Unavailable(err)
	}
	if err := from.QueryRowContext(ctx, `SELECT 1 FROM sqlite_schema LIMIT 1`).Scan(new(int)); err != nil { // the moment
		return store.Unavailable(err)
	}
	err = from.Raw(func(c any) error {
		// Nobody else sees the copy before it is whole: it needs no journal.
		pages, err := c.(interface {
			NewBackup(file string) (*sqlite.Backup, error)
		}).NewBackup("file:" + store.EscapePath(to) + "?_pragma=journal_mode(off)&_pragma=synchronous(off)&_pragma=cache_size(-16384)")
		if err != nil {
			return err
		}
		for more := true; more; {
			if err := ctx.Err(); err != nil {
				return errors.Join(err, pages.Finish())
			}
			if more, err = pages.Step(portion); err != nil {
				return errors.Join(err, pages.Finish())
			}
			all := pages.PageCount()
			done := int64(all - pages.Remaining())
			seen(float64(done)/float64(max(all, 1)), done*size)
		}
		return pages.Finish()
	})
	if err != nil && ctx.Err() == nil {
		return &community.Error{Code: community.Unavailable, Text: "the database could not be copied", Hint: "is there room for a copy on the disk?", Err: err}
	}
	if err != nil {
		return err
	}
	// The copy says of itself that it has a write-ahead log, as the pages say; alone in
	// its file it can be read from a disk that cannot be written.
	copied, err := store.OpenSQLite("file:" + store.EscapePath(to) + "?_pragma=journal_mode(delete)")
	if err != nil {
		return err
	}
	return errors.Join(store.Unavailable(copied.PingContext(ctx)), copied.Close())
}
