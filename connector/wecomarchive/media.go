package wecomarchive

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"hash"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wecomarchive/pipe"
)

var _ connector.Fetcher = (*account)(nil)

// fileID names a file of the archive and how to tell that it is whole. Written
// "md5:size:sdkfileid" it is Data["media"] of the message that carries it.
type fileID struct {
	sum  string // MD5 in hex, "" if the platform told none
	size int64  // in bytes, 0 if it told none
	file string // the platform's own ID
}

func (f fileID) String() string { return f.sum + ":" + strconv.FormatInt(f.size, 10) + ":" + f.file }

var hexSum = regexp.MustCompile(`^([0-9a-fA-F]{32})?$`)

// mostFileID bounds the platform's ID, in bytes; it uses some hundreds.
const mostFileID = 8 << 10

func parseFileID(s string) (fileID, error) {
	bad := community.Errorf(community.Invalid, "that is no file of the archive")
	sum, rest, ok := strings.Cut(s, ":")
	size, file, ok2 := strings.Cut(rest, ":")
	n, err := strconv.ParseInt(size, 10, 64)
	if !ok || !ok2 || err != nil || n < 0 || file == "" || len(file) > mostFileID || !hexSum.MatchString(sum) || strings.ContainsRune(file, 0) {
		return fileID{}, bad
	}
	return fileID{sum: strings.ToLower(sum), size: n, file: file}, nil
}

const (
	// MostMedia bounds a file that Media reads, in bytes.
	MostMedia  = 256 << 20
	mediaTries = 3 // of a piece, and of a file whose sum is wrong
)

// Fetch reads what a message carries.
func (a *account) Fetch(ctx context.Context, f connector.File) (connector.Fetched, error) {
	if f.ID == "" || f.Stale {
		return connector.Fetched{}, community.Errorf(community.Unsupported, "the archive gives no way to this file")
	}
	body, _, err := a.Media(ctx, f.ID)
	return connector.Fetched{Body: body}, err
}

// Media reads a file, named as in Data["media"] of its message, into a temporary
// file that is gone when it is closed. It waits until all of it is there and its
// sum is right; size is in bytes. The platform keeps files as long as messages.
// Errors: Invalid for what is no file's name, NotFound when the platform has it no
// longer, Unavailable when it comes wrong or not at all.
func (a *account) Media(ctx context.Context, id string) (file io.ReadCloser, size int64, err error) {
	f, err := parseFileID(id)
	if err != nil {
		return nil, 0, err
	}
	if f.size > MostMedia {
		return nil, 0, tooBig()
	}
	defer a.rest()
	t, err := os.CreateTemp("", "qunying-archive-*")
	if err != nil {
		return nil, 0, err
	}
	whole := &temporary{t}
	defer func() {
		if err != nil {
			whole.Close()
		}
	}()
	for range mediaTries {
		sum := md5.New()
		if size, err = a.fetch(ctx, f.file, t, sum); err != nil {
			return nil, 0, err
		}
		if f.sum == "" || f.sum == hex.EncodeToString(sum.Sum(nil)) {
			_, err = t.Seek(0, io.SeekStart)
			return whole, size, err
		}
	}
	return nil, 0, community.Errorf(community.Unavailable, "the file did not come whole: its sum is wrong")
}

func tooBig() error {
	return community.Errorf(community.Unsupported, "the file is larger than %d MiB", MostMedia>>20)
}

// fetch reads a file from its beginning, piece by piece.
func (a *account) fetch(ctx context.Context, file string, to *os.File, sum hash.Hash) (int64, error) {
	if _, err := to.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	if err := to.Truncate(0); err != nil {
		return 0, err
	}
	var size int64
	for index := ""; ; {
		piece, err := a.piece(ctx, file, index)
		if err != nil {
			return 0, err
		}
		size += int64(len(piece.Data))
		if size > MostMedia {
			return 0, tooBig()
		}
		if _, err := io.MultiWriter(to, sum).Write(piece.Data); err != nil {
			return 0, err
		}
		if piece.Finished {
			return size, nil
		}
		if piece.Index == index && len(piece.Data) == 0 {
			return 0, community.Errorf(community.Unavailable, "the platform does not go on with the file")
		}
		index = piece.Index
	}
}

// piece reads one piece; one that does not come is asked for again.
func (a *account) piece(ctx context.Context, file, index string) (p pipe.Answer, err error) {
	for range mediaTries {
		p, err = a.helper.call(ctx, pipe.Request{Do: pipe.Media, File: file, Index: index})
		if community.CodeOf(err) != community.Unavailable {
			break
		}
	}
	return p, err
}

// temporary is a file that is deleted when it is closed.
type temporary struct{ *os.File }

func (t *temporary) Close() error {
	err := t.File.Close()
	if rerr := os.Remove(t.Name()); err == nil {
		err = rerr
	}
	return err
}
