package transcript

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"qunying/community"
)

// Options say what a file cannot tell itself.
type Options struct {
	Zone     *time.Location // of wall clocks; nil refuses formats that have only those
	Format   string         // one of Formats, or "" to find out
	Group    string         // the group's name where the file tells none
	Guessed  bool           // nobody said Group: what other files of the archive tell goes before it
	Map      ColumnMap      // which column is what in a table or JSON lines
	MaxBytes int64          // that a compressed file may unfold to; 0 means 16 GiB
	MaxRatio int64          // of unfolded to compressed bytes; 0 means 200
	Whole    bool           // a person says that the file is not cut: its last row is taken without a line break, too
}

// FileInfo is what was found in one file.
type FileInfo struct {
	Name     string
	Format   string
	Records  int // given out so far
	Rejected int // rows refused so far
}

// Transcript is an open export. Records may be called once; Format, Files and
// Progress may be called from other goroutines meanwhile.
type Transcript struct {
	name   string
	opts   Options
	meter  meter
	source container
	closer io.Closer
	first  *opened // found by Open
	missed []error // members before the first that nobody understands
	used   bool
	names  *directory // of the archive

	mu    sync.Mutex
	files []FileInfo
}

// opened is a member of which the format is known.
type opened struct {
	in     *input
	format *format
}

// Open opens a file: plain, .gz, .zip, .tar or .tar.gz. It is Invalid when
// nothing in it is understood, Unsupported for kinds of files that never are,
// NotFound when there is no such file.
func Open(name string, opts Options) (*Transcript, error) {
	f, err := os.Open(name)
	if err != nil {
		code := community.Internal
		if errors.Is(err, os.ErrNotExist) {
			code = community.NotFound
		}
		return nil, &community.Error{Code: code, Text: "cannot open " + name, Err: err}
	}
	t, err := openFile(f, opts)
	if err != nil {
		f.Close()
		return nil, err
	}
	t.closer = f
	return t, nil
}

func openFile(f *os.File, opts Options) (*Transcript, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, &community.Error{Code: community.Internal, Text: "cannot read " + f.Name(), Err: err}
	}
	if info.IsDir() {
		return nil, community.Errorf(community.Invalid, "%s is a folder", f.Name()).WithHint("name one file, or pack the folder as zip or tar.gz")
	}
	t := newTranscript(filepath.Base(f.Name()), opts)
	t.meter.total = info.Size()
	head := make([]byte, 4)
	if n, err := f.ReadAt(head, 0); n < len(head) && err != io.EOF {
		return nil, &community.Error{Code: community.Internal, Text: "cannot read " + f.Name(), Err: err}
	}
	if isZip(head) {
		t.source, err = openZip(t.name, f, info.Size(), &t.meter)
	} else {
		t.source, err = openStream(t.name, f, &t.meter)
	}
	if err != nil {
		return nil, err
	}
	return t, t.findFirst()
}

// OpenReader reads an export from a stream; zip needs Open. The name stands in
// for the file's: it may tell the group and, of IRC logs, the day.
func OpenReader(name string, r io.Reader, opts Options) (*Transcript, error) {
	t := newTranscript(name, opts)
	var err error
	if t.source, err = openStream(name, r, &t.meter); err != nil {
		return nil, err
	}
	return t, t.findFirst()
}

func newTranscript(name string, opts Options) *Transcript {
	t := &Transcript{name: name, opts: opts, names: newDirectory()}
	t.meter.maxBytes, t.meter.maxRatio = opts.MaxBytes, opts.MaxRatio
	if t.meter.maxBytes <= 0 {
		t.meter.maxBytes = defaultMaxBytes
	}
	if t.meter.maxRatio <= 0 {
		t.meter.maxRatio = defaultMaxRatio
	}
	return t
}

// findFirst goes to the first member that is understood, so that Open can refuse
// a file in which there is none.
func (t *Transcript) findFirst() error {
	for {
		m, err := t.source.next()
		if err == io.EOF {
			if len(t.missed) == 0 {
				return community.Errorf(community.Invalid, "%s holds no files", t.name)
			}
			return unknown(t.name, t.missed[0])
		}
		if err != nil {
			return err
		}
		o, err := t.detect(m)
		var row *RowError
		switch {
		case errors.As(err, &row):
			t.missed = append(t.missed, row)
			if _, alone := t.source.(*single); alone {
				return unknown(t.name, row)
			}
		case err != nil:
			return err
		default:
			t.first = o
			return nil
		}
	}
}

func unknown(name string, why error) error {
	var row *RowError
	text := name + ": nothing in it is understood"
	hint := formatsHint()
	if errors.As(why, &row) {
		text, hint = name+": "+row.Reason, row.Hint
	}
	return community.Errorf(community.Invalid, "%s", text).WithHint(hint)
}

// detect finds the format of a member. A RowError means that nobody understands it.
func (t *Transcript) detect(m member) (*opened, error) {
	text := decodeText(m.r)
	if m.whole || t.opts.Whole {
		text = &ended{r: text}
	}
	in := &input{
		file:    m.name,
		archive: t.name,
		opts:    t.opts,
		br:      bufio.NewReaderSize(text, sniffSize),
		names:   t.names,
	}
	if _, alone := t.source.(*single); !alone {
		in.packed = true
	}
	head, err := in.br.Peek(sniffSize)
	if err != nil && err != io.EOF {
		return nil, cutError(m.name, 0, err)
	}
	in.head = head
	in.atEnd = err == io.EOF
	if len(head) == 0 {
		return nil, &RowError{File: m.name, Reason: "the file is empty"}
	}
	f, err := findFormat(in)
	if err != nil {
		return nil, err
	}
	in.head = nil // only valid until the first read
	return &opened{in, f}, nil
}

// Records reads the export, in the order of the file. A *RowError stands for one
// row (or one file of a container) that was refused, and reading goes on; any
// other error is the last thing that comes. The file is closed at the end.
func (t *Transcript) Records() iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		if t.used {
			yield(Record{}, community.Errorf(community.Invalid, "%s was read already", t.name).WithHint("open it again"))
			return
		}
		t.used = true
		defer t.Close()
		out := &output{yield: yield}
		if err := t.readAll(out); err != nil && err != errStopped {
			yield(Record{}, err)
		}
	}
}

func (t *Transcript) readAll(out *output) error {
	for _, err := range t.missed {
		if !out.yield(Record{}, err) {
			return errStopped
		}
	}
	for o := t.first; o != nil; {
		out.begin(t, o)
		err := o.format.read(o.in, out)
		out.flushCounts()
		if err != nil {
			return err
		}
		if o, err = t.nextOpened(out); err != nil {
			return err
		}
	}
	return nil
}

// nextOpened goes to the next member that is understood; nil at the end.
func (t *Transcript) nextOpened(out *output) (*opened, error) {
	for {
		m, err := t.source.next()
		if err == io.EOF {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		o, err := t.detect(m)
		var row *RowError
		if errors.As(err, &row) {
			if !out.yield(Record{}, row) {
				return nil, errStopped
			}
			continue
		}
		return o, err
	}
}

// Close ends reading before its end. It may be called again.
func (t *Transcript) Close() error {
	if t.closer == nil {
		return nil
	}
	err := t.closer.Close()
	t.closer = nil
	return err
}

// Format is the format of the first file that is understood.
func (t *Transcript) Format() string { return t.first.format.name }

// Files are the files read so far, with counts that are at most some hundred
// rows old.
func (t *Transcript) Files() []FileInfo {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.files)
}

// Progress tells how many bytes of the source were read, as it is stored
// (compressed, if it is), and how many there are: 0 for a stream.
func (t *Transcript) Progress() (done, total int64) {
	done, total = t.meter.in.Load(), t.meter.total
	if total > 0 {
		done = min(done, total)
	}
	return done, total
}

// errStopped ends reading because the caller wants no more.
var errStopped = errors.New("stopped")

// output hands records out and counts them.
type output struct {
	yield             func(Record, error) bool
	t                 *Transcript
	in                *input
	records, rejected int
}

func (o *output) begin(t *Transcript, m *opened) {
	o.t, o.in, o.records, o.rejected = t, m.in, 0, 0
	t.mu.Lock()
	defer t.mu.Unlock()
	t.files = append(t.files, FileInfo{Name: m.in.file, Format: m.format.name})
}

// record gives r out; an error means that reading shall end.
func (o *output) record(r Record) error {
	r.Raw = bounded(r.Raw)
	if o.records++; o.records&255 == 0 {
		o.flushCounts()
	}
	if !o.yield(r, nil) {
		return errStopped
	}
	return nil
}

// all gives several records of one row out. Their message IDs are made to differ,
// since each is an event of its own.
func (o *output) all(rs []Record) error {
	for i, r := range rs {
		if i > 0 && r.MessageID != "" {
			r.MessageID += "/" + strconv.Itoa(i+1)
		}
		if err := o.record(r); err != nil {
			return err
		}
	}
	return nil
}

// reject gives a bad row out; an error means that reading shall end.
func (o *output) reject(line int, raw, reason, hint string) error {
	return o.refuse(&RowError{Line: line, Reason: reason, Hint: hint, Raw: raw})
}

// rejectLast refuses the row at the end of a file which Options.Whole would take.
func (o *output) rejectLast(line int, raw, reason string) error {
	return o.refuse(&RowError{Line: line, Reason: reason, Hint: cutRowHint, Raw: raw, Last: true})
}

func (o *output) refuse(e *RowError) error {
	o.rejected++
	e.File, e.Raw = o.in.file, bounded(e.Raw)
	if !o.yield(Record{}, e) {
		return errStopped
	}
	return nil
}

func (o *output) flushCounts() {
	o.t.mu.Lock()
	defer o.t.mu.Unlock()
	f := &o.t.files[len(o.t.files)-1]
	f.Records, f.Rejected = o.records, o.rejected
}

// input is one file with what its reader needs to know.
type input struct {
	file    string // as it is called, without .gz
	archive string // the container's name, or file's
	packed  bool   // file is within a container
	opts    Options
	br      *bufio.Reader // text, as UTF-8
	head    []byte        // the beginning, while the format is being found
	atEnd   bool          // head is all there is
	names   *directory    // what other files of the archive have said

	lastID, lastName string // of a group, see nameGroup
}

// groupName is the name to use where the content tells none.
func (in *input) groupName() string {
	if in.opts.Group != "" {
		return in.opts.Group
	}
	return stem(in.file)
}

// extensions say how a file is written, not what it is called.
var extensions = []string{".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".log", ".raw", ".gz", ".tgz", ".tar", ".zip", ".xlsx"}

// stem is a file's name without folders and extensions.
func stem(file string) string {
	s := path.Base(strings.ReplaceAll(file, `\`, "/"))
	for {
		ext := path.Ext(s)
		if ext == s || !slices.Contains(extensions, strings.ToLower(ext)) {
			return s
		}
		s = strings.TrimSuffix(s, ext)
	}
}

// zone is where wall clocks of the file stand.
func (in *input) zone() (*time.Location, error) {
	if in.opts.Zone == nil {
		return nil, community.Errorf(community.Invalid, "%s: its times carry no time zone", in.file).
			WithHint("give the zone in which it was exported, such as Asia/Shanghai")
	}
	return in.opts.Zone, nil
}

func (in *input) cut(line int, err error) error { return cutError(in.file, line, err) }

// formatsHint lists what is understood.
func formatsHint() string {
	return fmt.Sprintf("understood are %s; of other tables name the columns: time=…,sender=…,text=…", strings.Join(Formats(), ", "))
}
