// Package media keeps pictures, voice and files of messages: what is known of each
// in the table media, its bytes in a file that is named for their SHA-256, once
// however often it was posted.
package media

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"qunying/community"
)

// Files is the folder of the files; each community has one of its own below it.
// One process writes to it.
type Files struct {
	Folder string

	// settling is held while a file gets its name and its line, and while lines and
	// files go: a file that is posted again must not go with its older copy.
	settling sync.Mutex
}

// ErrTooLarge is what Put fails with when there are more bytes than allowed.
var ErrTooLarge = errors.New("media: more bytes than allowed")

// ErrEmpty is what Put fails with when there is nothing.
var ErrEmpty = errors.New("media: no bytes")

// Stored is a file that was put.
type Stored struct {
	Sum   string // SHA-256, in hex
	Bytes int64
	Type  string // told by the bytes themselves, whatever anybody says: "image/png"
}

const (
	partPrefix = "part-"
	sniffed    = 512 // bytes that http.DetectContentType looks at
)

var sumForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (f *Files) of(c community.ID) string {
	return filepath.Join(f.Folder, strconv.FormatInt(int64(c), 10))
}

func (f *Files) path(c community.ID, sum string) (string, error) {
	if !sumForm.MatchString(sum) {
		return "", community.Errorf(community.Invalid, "that is no SHA-256")
	}
	return filepath.Join(f.of(c), sum[:2], sum), nil
}

// Put reads to the end and keeps what it read. Once that is on disk, commit writes
// what is known of it. Half a file leaves nothing behind, and a crash only what
// Orphans removes. check sees the type before anything is kept; nil allows all.
func (f *Files) Put(ctx context.Context, c community.ID, r io.Reader, most int64, check func(contentType string) error, commit func(Stored) error) (s Stored, err error) {
	if err := os.MkdirAll(f.of(c), 0o700); err != nil {
		return s, unwritable(err)
	}
	part, err := os.CreateTemp(f.of(c), partPrefix+"*")
	if err != nil {
		return s, unwritable(err)
	}
	defer func() {
		if err != nil {
			part.Close()
			os.Remove(part.Name())
		}
	}()
	sum := sha256.New()
	head := &beginning{}
	n, err := io.Copy(io.MultiWriter(onDisk{part}, sum, head), io.LimitReader(stopping{ctx, r}, most+1))
	switch {
	case err != nil:
		return s, err
	case n > most:
		return s, ErrTooLarge
	case n == 0:
		return s, ErrEmpty
	}
	s = Stored{Sum: hex.EncodeToString(sum.Sum(nil)), Bytes: n, Type: TypeOf(head.Bytes())}
	if check != nil {
		if err := check(s.Type); err != nil {
			return s, err
		}
	}
	if err := errors.Join(part.Sync(), part.Close()); err != nil {
		return s, unwritable(err)
	}
	to, err := f.path(c, s.Sum)
	if err != nil {
		return s, err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return s, unwritable(err)
	}
	f.settling.Lock()
	defer f.settling.Unlock()
	if err := os.Rename(part.Name(), to); err != nil { // over an equal one, if there is one
		return s, unwritable(err)
	}
	if err := syncFolder(filepath.Dir(to)); err != nil {
		return s, unwritable(err)
	}
	return s, commit(s)
}

// TypeOf tells from the first bytes what a file is.
func TypeOf(head []byte) string {
	kind, _, _ := strings.Cut(http.DetectContentType(head), ";")
	if kind == "application/octet-stream" && (bytes.HasPrefix(head, []byte("#!AMR")) || bytes.HasPrefix(head, []byte("#!SILK")) || bytes.HasPrefix(head, []byte("\x02#!SILK"))) {
		return "audio/amr" // what chat apps record
	}
	return kind
}

// Pictures are the types that a browser may show by itself.
var Pictures = []string{"image/png", "image/jpeg", "image/gif", "image/webp"}

// IsPicture says that a browser may show a type by itself.
func IsPicture(contentType string) bool { return slices.Contains(Pictures, contentType) }

// Open opens a file. It fails with NotFound.
func (f *Files) Open(c community.ID, sum string) (*os.File, error) {
	path, err := f.path(c, sum)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, community.Errorf(community.NotFound, "the file is not there any more").WithHint("it was removed, or is not in the backup that was brought back")
	}
	return file, err
}

// Removing runs a transaction that answers which files nobody needs any more, and
// removes these.
func (f *Files) Removing(c community.ID, transaction func() (sums []string, err error)) error {
	f.settling.Lock()
	defer f.settling.Unlock()
	sums, err := transaction()
	if err != nil {
		return err
	}
	return f.remove(c, sums)
}

// remove removes files; those that are gone already are none the worse for it.
func (f *Files) remove(c community.ID, sums []string) error {
	for _, sum := range sums {
		path, err := f.path(c, sum)
		if err != nil {
			return err
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return unwritable(err)
		}
	}
	return nil
}

// Orphans removes files that keep does not want, and parts, if they are older than
// a time: what a crash left behind. It answers how many that were.
func (f *Files) Orphans(ctx context.Context, c community.ID, before time.Time, keep func(sums []string) (wanted map[string]bool, err error)) (removed int, err error) {
	var old []string
	settle := func() error {
		if len(old) == 0 {
			return nil
		}
		defer func() { old = nil }()
		return f.Removing(c, func() ([]string, error) {
			wanted, err := keep(old)
			gone := slices.DeleteFunc(old, func(sum string) bool { return wanted[sum] })
			if err == nil {
				removed += len(gone)
			}
			return gone, err
		})
	}
	err = filepath.WalkDir(f.of(c), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if d.IsDir() {
			return nil
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.ModTime().Before(before) {
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case strings.HasPrefix(d.Name(), partPrefix):
			removed++
			return os.Remove(path)
		case sumForm.MatchString(d.Name()):
			if old = append(old, d.Name()); len(old) == 500 {
				return settle()
			}
		}
		return nil
	})
	if err == nil {
		err = settle()
	}
	return removed, err
}

// onDisk marks errors of writing, which are ours and not the platform's.
type onDisk struct{ *os.File }

func (o onDisk) Write(b []byte) (int, error) {
	n, err := o.File.Write(b)
	return n, unwritable(err)
}

func unwritable(err error) error {
	if err == nil {
		return nil
	}
	return &community.Error{Code: community.Unavailable, Text: "the folder for pictures cannot be written", Hint: "check the room on the disk and the rights of the data folder", Err: fmt.Errorf("%w: %w", ErrDisk, err)}
}

// ErrDisk marks what went wrong here and not at the platform.
var ErrDisk = errors.New("media: our own disk")

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// beginning keeps the first bytes.
type beginning struct{ bytes.Buffer }

func (b *beginning) Write(p []byte) (int, error) {
	if room := sniffed - b.Len(); room > 0 {
		b.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
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
