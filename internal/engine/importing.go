package engine

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"qunying/community"
	"qunying/internal/store"
	"qunying/transcript"
)

// ImportOptions say how a file is read and where it goes.
type ImportOptions struct {
	Path    string
	Name    string // as the person knows the file
	Group   community.GroupID
	GroupAs string // name of the group where the file tells none
	// GroupSaid is true where a person said GroupAs; otherwise it was made of the file's name.
	GroupSaid bool
	Zone      *time.Location
	Format    string
	Map       transcript.ColumnMap
	LastRow   bool   // a person says that the file is whole: see transcript.Options.Whole
	Rejects   string // where refused rows are written; made when there is one

	// Progress is told now and then, from the importing goroutine.
	Progress func(ImportProgress)

	skip   int64                                             // rows whose effect has committed in an earlier run
	counts ImportCounts                                      // of that run
	commit func(tx *store.Tx, n int64, c ImportCounts) error // within every batch
}

// ImportProgress is how far an import is.
type ImportProgress struct {
	Share  float64 // of the file's bytes, 0 to 1
	Rows   int64
	Counts ImportCounts
}

// ImportCounts are what an import has done so far.
type ImportCounts struct {
	Imported   int64 `json:"imported"`
	Duplicates int64 `json:"duplicates"`
	Rejected   int64 `json:"rejected"`
	Members    int64 `json:"members"` // different people named in the file
	From       int64 `json:"from"`    // ms, of the first and last row; 0 for none
	To         int64 `json:"to"`
	// LastRow says that the last row was refused because no line break ends the file.
	LastRow bool `json:"last_row_refused,omitempty"`
}

// ImportResult is what an import did.
type ImportResult struct {
	ImportCounts
	Groups     []community.GroupID
	RejectFile string // "" when no row was refused
}

// importBatch is how many rows one transaction carries. Live appends wait for
// it, so it is kept to some tens of milliseconds.
const importBatch = 1000

// Import reads a chat export into the log. Rows that are there already, from
// this file or from another source, add nothing; refused rows go to the rejects
// file and everything good is kept. A cancelled import may simply be run again.
func (e *Engine) Import(ctx context.Context, c community.ID, o ImportOptions) (ImportResult, error) {
	t, err := transcript.Open(o.Path, transcript.Options{Zone: o.Zone, Format: o.Format, Group: o.GroupAs, Guessed: !o.GroupSaid, Map: o.Map, Whole: o.LastRow})
	if err != nil {
		return ImportResult{}, err
	}
	defer t.Close()
	e.reading.Add(1)
	defer e.reading.Add(-1)
	im := &importer{e: e, c: c, o: o, t: t, result: ImportResult{ImportCounts: o.counts},
		groups: map[string]*importGroup{}, late: map[community.GroupID][]candidate{}, taken: map[community.Seq]bool{},
		seen: newGenerations(), people: map[[8]byte]bool{}, rejects: &rejectFile{path: o.Rejects}}
	if err := im.prepare(ctx); err != nil {
		return ImportResult{}, err
	}
	err = im.run(ctx)
	if cerr := im.rejects.close(); err == nil {
		err = cerr
	}
	for _, g := range im.groups {
		if g.id != 0 {
			im.result.Groups = append(im.result.Groups, g.id)
		}
	}
	if im.rejects.n > 0 {
		im.result.RejectFile = o.Rejects
	}
	return im.result, err
}

// importer is one run over one file.
type importer struct {
	e       *Engine
	c       community.ID
	o       ImportOptions
	t       *transcript.Transcript
	source  string // of the events: which kind of export they came from
	target  community.Group
	result  ImportResult
	rows    int64
	batch   []row    // being read
	spare   []row    // being written, or free
	writing *writing // nil: nothing is on its way
	groups  map[string]*importGroup
	seen    *generations
	people  map[[8]byte]bool
	rejects *rejectFile
	tail    community.Seq                     // up to here other sources' events are known to matching
	late    map[community.GroupID][]candidate // what they told since the import began

	// Events of other sources that rows have been found to be; those before are
	// kept for as long again, as equal rows stand close together.
	taken, takenBefore map[community.Seq]bool
}

// row is a record with its draft.
type row struct {
	draft     store.Draft
	at        time.Time
	precision time.Duration
	number    int64 // of the row in the file
	rejected  int64 // rows refused before it
}

type importGroup struct {
	id community.GroupID
	// others says that other sources told of the group before this import.
	others bool
}

// prepare waits until the views know the log, because matching reads them.
func (im *importer) prepare(ctx context.Context) error {
	im.source = "import/" + im.t.Format()
	if im.o.Group != 0 {
		if err := im.e.db.Read(ctx, func(q store.Querier) error {
			var err error
			im.target, err = store.Group(ctx, q, im.c, im.o.Group)
			return err
		}); err != nil {
			return err
		}
	}
	var head community.Seq
	if err := im.e.db.Read(ctx, func(q store.Querier) error {
		var err error
		head, err = store.Head(ctx, q, im.c)
		return err
	}); err != nil {
		return err
	}
	im.tail = head
	return im.e.Settled(ctx, im.c, head)
}

// Settled waits until the views have counted the log up to seq.
func (e *Engine) Settled(ctx context.Context, c community.ID, seq community.Seq) error {
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		var at community.Seq
		if err := e.db.Read(ctx, func(q store.Querier) error {
			var err error
			at, err = store.Cursor(ctx, q, c, store.Project)
			return err
		}); err != nil {
			return err
		}
		if at >= seq {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-poll.C:
		}
	}
}

// run reads the file to its end. A batch is written while the next is read.
func (im *importer) run(ctx context.Context) error {
	err := im.read(ctx)
	if werr := im.wait(); err == nil {
		err = werr
	}
	if err == nil && im.o.Progress != nil {
		im.progress()
	}
	return err
}

func (im *importer) read(ctx context.Context) error {
	last := im.e.now()
	for rec, err := range im.t.Records() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		im.rows++
		var bad *transcript.RowError
		switch {
		case errors.As(err, &bad):
			if im.rows > im.o.skip {
				im.result.Rejected++
			}
			im.result.LastRow = im.result.LastRow || bad.Last
			if err := im.rejects.add(bad); err != nil {
				return err
			}
			continue
		case err != nil:
			// What came before the break is good: keep it, and say what broke.
			return errors.Join(im.flush(ctx), err)
		}
		r := im.take(&rec)
		// Rows of one moment stay together, so that equal ones are counted together.
		if n := len(im.batch); n >= importBatch && (!r.at.Equal(im.batch[n-1].at) || n >= 4*importBatch) {
			if err := im.flush(ctx); err != nil {
				return err
			}
		}
		im.batch = append(im.batch, r)
		if now := im.e.now(); im.o.Progress != nil && now.Sub(last) > 200*time.Millisecond {
			last = now
			im.progress()
		}
	}
	return im.flush(ctx)
}

func (im *importer) progress() {
	done, total := im.t.Progress()
	share := 1.0
	if total > 0 {
		share = min(1, float64(done)/float64(total))
	}
	im.o.Progress(ImportProgress{Share: share, Rows: im.rows, Counts: im.result.ImportCounts})
}

// take turns a record into a draft.
func (im *importer) take(rec *transcript.Record) row {
	network, group, groupName := rec.Network, rec.GroupID, rec.GroupName
	if group == "" {
		group = rec.GroupName
	}
	if im.target.ID != 0 {
		network, group, groupName = im.target.Network, im.target.OutsideID, im.target.Name
	}
	subject := store.Outside{ID: rec.SenderID, Name: rec.SenderName}
	if subject.IsZero() && rec.FromSelf {
		subject.Name = "我"
	}
	operator := store.Outside{ID: rec.OperatorID, Name: rec.OperatorName}
	at := rec.At.Truncate(time.Millisecond)
	parts := community.KeyParts{
		Kind: rec.Kind, Network: network, Group: group, ID: rec.MessageID, Subject: outsideKey(subject), Operator: outsideKey(operator),
		Content: string(rec.Content) + "\x00" + rec.Text, At: at, TimeSafe: true,
	}
	if rec.MessageID == "" {
		parts.Ordinal = im.seen.count(parts.Key())
	}
	data := rec.Data
	if rec.ReplyTo != "" {
		data = withEntry(data, "reply_to", rec.ReplyTo)
	}
	r := row{at: at, precision: rec.Precision, number: im.rows, rejected: im.result.Rejected, draft: store.Draft{
		Network: network, Group: group, GroupName: groupName, Zone: im.o.Zone.String(), Subject: subject, Operator: operator,
		Event: community.Event{
			Key: parts.Key(), Kind: rec.Kind, Origin: community.History, At: at, Content: rec.Content, Mentions: len(rec.Mentions),
			Flags:  flagsOf(rec.Text, false, rec.MentionAll, rec.ReplyTo != "") | community.TimeInKey,
			Source: im.source,
			Body:   &community.Body{Name: subject.Name, Text: rec.Text, MessageID: rec.MessageID, Data: data},
		},
	}}
	if !subject.IsZero() {
		im.meet(network, group, subject)
	}
	if ms := at.UnixMilli(); im.rows > im.o.skip {
		if im.result.From == 0 || ms < im.result.From {
			im.result.From = ms
		}
		im.result.To = max(im.result.To, ms)
	}
	return r
}

func outsideKey(o store.Outside) string {
	if o.ID != "" {
		return o.ID
	}
	return o.Name
}

func withEntry(m map[string]string, k, v string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[k] = v
	return m
}

// meet counts the different people of the file, by a short hash of who they are.
func (im *importer) meet(n community.Network, group string, o store.Outside) {
	if o.ID != "" {
		group = "" // a platform's ID is the same everywhere
	}
	sum := sha256.Sum256([]byte(string(n) + "\x00" + group + "\x00" + outsideKey(o)))
	k := [8]byte(sum[:8])
	if !im.people[k] {
		im.people[k] = true
		im.result.Members = int64(len(im.people))
	}
}

// writing is a batch on its way into the log.
type writing struct {
	done                 chan struct{} // closed when the rest is set
	err                  error
	imported, duplicates int64
}

// flush begins to write the batch, after the one before it has been written.
func (im *importer) flush(ctx context.Context) error {
	if err := im.wait(); err != nil {
		return err
	}
	batch := im.batch
	im.batch, im.spare = im.spare[:0], batch
	for len(batch) > 0 && batch[0].number <= im.o.skip {
		batch = batch[1:] // committed in an earlier run
	}
	if len(batch) == 0 {
		return nil
	}
	w := &writing{done: make(chan struct{})}
	im.writing = w
	counts := im.result.ImportCounts
	go func() {
		defer close(w.done)
		w.err = guard(func() error { return im.write(ctx, w, batch, counts) })
	}()
	return nil
}

// wait takes over what the batch on its way has done.
func (im *importer) wait() error {
	w := im.writing
	if w == nil {
		return nil
	}
	<-w.done
	im.writing = nil
	if w.err == nil {
		im.result.Imported += w.imported
		im.result.Duplicates += w.duplicates
	}
	return w.err
}

// write writes a batch: what is there already is left out, the rest is appended,
// and how far the file is done moves in the same transaction. before is what was
// counted until the batch.
func (im *importer) write(ctx context.Context, w *writing, batch []row, before ImportCounts) error {
	var appended []store.Appended
	var drafts []store.Draft
	err := im.e.db.Write(ctx, func(tx *store.Tx) error {
		w.imported, w.duplicates = 0, 0
		// Nobody may append between the look at what others told and the append.
		if err := tx.LockLog(im.c); err != nil {
			return err
		}
		var err error
		if drafts, err = im.unmatched(ctx, tx, batch); err != nil {
			return err
		}
		w.duplicates += int64(len(batch) - len(drafts))
		if appended, err = tx.Append(im.c, drafts); err != nil {
			return err
		}
		for _, a := range appended {
			if a.Duplicate {
				w.duplicates++
			} else {
				w.imported++
			}
		}
		if im.o.commit == nil {
			return nil
		}
		// Rows refused after the last one of the batch are met again by a later run.
		last := batch[len(batch)-1]
		upTo := before
		upTo.Imported, upTo.Duplicates, upTo.Rejected = before.Imported+w.imported, before.Duplicates+w.duplicates, last.rejected
		return im.o.commit(tx, last.number, upTo)
	})
	if err != nil {
		return err
	}
	for i, a := range appended {
		im.group(&drafts[i]).id = a.Group
	}
	return nil
}

func (im *importer) group(d *store.Draft) *importGroup {
	k := string(d.Network) + "\x00" + d.Group
	g := im.groups[k]
	if g == nil {
		g = &importGroup{}
		im.groups[k] = g
	}
	return g
}

// generations counts how often a key was met, remembering at least the last
// 100,000 different ones: equal rows of a chat stand close together.
type generations struct{ young, old map[community.Key]int }

func newGenerations() *generations {
	return &generations{young: map[community.Key]int{}, old: map[community.Key]int{}}
}

// count returns how often k was met before.
func (g *generations) count(k community.Key) int {
	n, ok := g.young[k]
	if !ok {
		n = g.old[k]
	}
	if len(g.young) >= 100_000 {
		g.old, g.young = g.young, make(map[community.Key]int, 100_000)
	}
	g.young[k] = n + 1
	return n
}

// rejectFile is the table of refused rows. It is made with the first one.
type rejectFile struct {
	path string
	n    int
	f    *os.File
	w    *csv.Writer
}

func (r *rejectFile) add(bad *transcript.RowError) error {
	r.n++
	if r.path == "" {
		return nil
	}
	if r.f == nil {
		if err := os.MkdirAll(filepath.Dir(r.path), 0o700); err != nil {
			return err
		}
		f, err := os.OpenFile(r.path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return &community.Error{Code: community.Unavailable, Text: "the rejects file cannot be written", Hint: "check the rights of " + r.path, Err: err}
		}
		r.f, r.w = f, csv.NewWriter(f)
		if _, err := f.WriteString("\uFEFF"); err != nil { // for spreadsheets
			return err
		}
		if err := r.w.Write([]string{"file", "line", "reason", "hint", "row"}); err != nil {
			return err
		}
	}
	return r.w.Write([]string{bad.File, strconv.Itoa(bad.Line), bad.Reason, bad.Hint, transcript.GuardCell(bad.Raw)})
}

func (r *rejectFile) close() error {
	if r.f == nil {
		return nil
	}
	r.w.Flush()
	return errors.Join(r.w.Error(), r.f.Close())
}
