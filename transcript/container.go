package transcript

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"qunying/community"
)

// Bounds on what a compressed file may unfold to.
const (
	defaultMaxBytes = 16 << 30
	defaultMaxRatio = 200
	ratioFrom       = 32 << 20 // small files may be as dense as they like
	maxMembers      = 100_000
)

// member is one file, alone or out of a container.
type member struct {
	name  string
	r     io.Reader
	whole bool // its end proves itself: a sum or a length stands in the container
}

// container gives members one after the other; reading the next ends the one
// before. The end is io.EOF.
type container interface {
	next() (member, error)
}

// meter counts what is read of the source and what comes out of it.
type meter struct {
	in, out  atomic.Int64
	total    int64
	maxBytes int64
	maxRatio int64
}

// source counts bytes of the source as they are read.
func (m *meter) source(r io.Reader) io.Reader { return &countReader{r: r, n: &m.in} }

type countReader struct {
	r io.Reader
	n *atomic.Int64
}

func (c *countReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// countReaderAt counts for zip, whose directory is read twice; the counter may
// therefore pass the size by a little and Progress holds it to the total.
type countReaderAt struct {
	r io.ReaderAt
	n *atomic.Int64
}

func (c *countReaderAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.r.ReadAt(p, off)
	c.n.Add(int64(n))
	return n, err
}

// unfolded bounds what is decompressed.
type unfolded struct {
	r io.Reader
	m *meter
}

func (u *unfolded) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	out := u.m.out.Add(int64(n))
	switch in := u.m.in.Load(); {
	case out > u.m.maxBytes:
		return 0, community.Errorf(community.Invalid, "the file unfolds to more than %d bytes", u.m.maxBytes).
			WithHint("raise the limit (MaxBytes) if it is meant to be that large")
	case out > ratioFrom && out/u.m.maxRatio > in:
		return 0, community.Errorf(community.Invalid, "the file unfolds to more than %d times its size", u.m.maxRatio).
			WithHint("it may be made to exhaust the machine; raise the limit (MaxRatio) if it is sound")
	}
	return n, err
}

// openStream finds out what r is, by its first bytes.
func openStream(name string, r io.Reader, m *meter) (container, error) {
	br := bufio.NewReaderSize(m.source(r), sniffSize)
	head, err := br.Peek(512)
	if err != nil && err != io.EOF {
		return nil, cutError(name, 0, err)
	}
	switch {
	case isGzip(head):
		gz, err := gzip.NewReader(br)
		if err != nil {
			return nil, cutError(name, 0, err)
		}
		inner := bufio.NewReaderSize(&unfolded{gz, m}, sniffSize)
		if head, err = inner.Peek(512); err != nil && err != io.EOF {
			return nil, cutError(name, 0, err)
		}
		if isTar(head) {
			return &tarFile{name: name, tr: tar.NewReader(inner), m: m, whole: inner}, nil
		}
		return &single{member{strings.TrimSuffix(name, ".gz"), inner, true}, false}, nil
	case isTar(head):
		return &tarFile{name: name, tr: tar.NewReader(br), m: m, whole: br}, nil
	case isZip(head):
		return nil, community.Errorf(community.Unsupported, "%s: a zip file cannot be read from a stream", name).
			WithHint("save it and open the file")
	}
	return &single{member{name, br, false}, false}, nil
}

func isGzip(head []byte) bool { return bytes.HasPrefix(head, []byte{0x1F, 0x8B}) }
func isZip(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06"))
}
func isTar(head []byte) bool {
	return len(head) == 512 && bytes.HasPrefix(head[257:], []byte("ustar"))
}

// single is a plain or gzip file.
type single struct {
	m    member
	done bool
}

func (s *single) next() (member, error) {
	if s.done {
		return member{}, io.EOF
	}
	s.done = true
	return s.m, nil
}

// tarFile gives the regular files of a tar archive.
type tarFile struct {
	name  string
	tr    *tar.Reader
	m     *meter
	whole io.Reader
	count int
}

func (t *tarFile) next() (member, error) {
	for {
		h, err := t.tr.Next()
		if err == io.EOF {
			return member{}, t.end()
		}
		if err != nil {
			return member{}, cutError(t.name, 0, err)
		}
		if t.count++; t.count > maxMembers {
			return member{}, tooManyMembers(t.name)
		}
		if h.Typeflag == tar.TypeReg && worthReading(h.Name) {
			return unfoldMember(h.Name, t.tr, t.m)
		}
	}
}

// end reads what follows the archive's last block, so that a compressed stream
// gets to check its sum.
func (t *tarFile) end() error {
	if _, err := io.Copy(io.Discard, t.whole); err != nil {
		return cutError(t.name, 0, err)
	}
	return io.EOF
}

// zipFile gives the files of a zip archive in the order of its directory, lists
// of people and groups first.
type zipFile struct {
	name  string
	files []*zip.File
	open  io.Closer
	m     *meter
}

func openZip(name string, r io.ReaderAt, size int64, m *meter) (container, error) {
	z, err := zip.NewReader(&countReaderAt{r, &m.in}, size)
	if err != nil {
		return nil, cutError(name, 0, err)
	}
	if len(z.File) > maxMembers {
		return nil, tooManyMembers(name)
	}
	for _, f := range z.File {
		if f.Name == "xl/workbook.xml" {
			return nil, community.Errorf(community.Unsupported, "%s is a spreadsheet", name).
				WithHint("save its sheet as CSV; a member list is read as a spreadsheet, too")
		}
	}
	files := slices.Clone(z.File)
	slices.SortStableFunc(files, func(a, b *zip.File) int { return listsFirst(zipName(a)) - listsFirst(zipName(b)) })
	return &zipFile{name: name, files: files, m: m}, nil
}

func (z *zipFile) next() (member, error) {
	if z.open != nil {
		z.open.Close()
		z.open = nil
	}
	for len(z.files) > 0 {
		f := z.files[0]
		z.files = z.files[1:]
		name := zipName(f)
		if f.FileInfo().IsDir() || !worthReading(name) {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return member{}, cutError(z.name, 0, fmt.Errorf("%s: %w", name, err))
		}
		z.open = r
		return unfoldMember(name, &unfolded{r, z.m}, z.m)
	}
	return member{}, io.EOF
}

// listsFirst puts files that say how the others' people are called before them.
func listsFirst(name string) int {
	if isList(name) {
		return 0
	}
	return 1
}

// zipName reads names that older Chinese programs wrote in GB18030.
func zipName(f *zip.File) string {
	if !utf8.ValidString(f.Name) {
		if s, err := simplifiedchinese.GB18030.NewDecoder().String(f.Name); err == nil {
			return cleanString(s)
		}
	}
	return cleanString(f.Name)
}

// unfoldMember opens a compressed file within a container, one level deep.
func unfoldMember(name string, r io.Reader, m *meter) (member, error) {
	name = cleanString(name)
	if !strings.HasSuffix(name, ".gz") {
		return member{name, r, true}, nil
	}
	gz, err := gzip.NewReader(bufio.NewReader(r))
	if err != nil {
		return member{}, cutError(name, 0, err)
	}
	return member{strings.TrimSuffix(name, ".gz"), &unfolded{gz, m}, true}, nil
}

// worthReading leaves out what systems add to archives.
func worthReading(name string) bool {
	base := path.Base(strings.ReplaceAll(name, `\`, "/"))
	return !strings.HasPrefix(base, ".") && !strings.HasPrefix(name, "__MACOSX/")
}

func tooManyMembers(name string) error {
	return community.Errorf(community.Invalid, "%s holds more than %d files", name, maxMembers).
		WithHint("split the archive")
}

// cutError says that a file ends too early or is damaged. Line is 0 when the
// place is not known.
func cutError(file string, line int, err error) error {
	var e *community.Error
	if errors.As(err, &e) {
		return e
	}
	where := file
	if line > 0 {
		where = fmt.Sprintf("%s: after line %d", file, line)
	}
	text := where + ": the file is damaged"
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, errCutCharacter) {
		text = where + ": the file is cut off"
	}
	return &community.Error{Code: community.Invalid, Text: text, Hint: "copy or export it again; what came before is right", Err: err}
}
