package engine

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
	"qunying/transcript"
)

// States of an import.
const (
	ImportPreview   = "preview" // the file is being looked through
	ImportReady     = "ready"
	ImportRunning   = "running"
	ImportDone      = "done"
	ImportCancelled = "cancelled"
	ImportFailed    = "failed"
)

// ImportSettings are what a person chose for an import.
type ImportSettings struct {
	Group  community.GroupID `json:"group,omitempty"` // 0: as the file says
	Zone   string            `json:"zone"`
	Format string            `json:"format,omitempty"` // "": found out
	Map    string            `json:"map,omitempty"`    // transcript.ParseMap
	// LastRow takes the last row of a file that no line break ends.
	LastRow bool `json:"last_row,omitempty"`
}

// ImportState is an import as it is now.
type ImportState struct {
	store.Import
	Settings ImportSettings
	Preview  *Preview
	Counts   ImportCounts
	Share    float64 // of the file, while it is read
	Rows     int64
	Speed    float64 // rows a second, in this run
	Groups   []community.GroupID
	Gaps     []insight.Gap // of the groups it went to, once it is done
	Rejects  string        // path of the rejects file, or ""
	Hint     string
	Counted  float64 // share of the log that the views have caught up with
	Indexed  float64
}

type importKey struct {
	community community.ID
	id        int64
}

// importRun is an import at work in this process.
type importRun struct {
	cancel  context.CancelFunc
	started time.Time
	done    chan struct{}

	mu       sync.Mutex
	progress ImportProgress
	first    int64 // rows that were done before this run
}

type importResult struct {
	Groups  []community.GroupID `json:"groups"`
	Rejects string              `json:"rejects,omitempty"`
	Hint    string              `json:"hint,omitempty"`
}

// Upload keeps a file and begins its preview. It reads body to its end; of a
// file that broke off nothing is kept.
func (e *Engine) Upload(ctx context.Context, c community.ID, by community.StaffID, name string, body io.Reader) (ImportState, error) {
	path, err := e.keep(name, body)
	if err != nil {
		return ImportState{}, err
	}
	settings, err := json.Marshal(ImportSettings{Zone: "Asia/Shanghai"})
	if err != nil {
		return ImportState{}, err
	}
	i := store.Import{File: filepath.Base(name), Path: path, State: ImportPreview, Options: string(settings), Staff: by, At: e.now()}
	if err := e.db.Write(ctx, func(tx *store.Tx) error {
		var err error
		i, err = tx.AddImport(c, i)
		return err
	}); err != nil {
		return ImportState{}, errors.Join(err, dropUpload(path))
	}
	e.startRun(c, i)
	return e.ImportState(ctx, c, i.ID)
}

// uploadFolder begins the name of a folder that holds one upload.
const uploadFolder = "upload-"

// keep writes an upload to the disk, under its own name in a folder of its own:
// what the reader says of a file (reasons, a group's name, a day of a log) is
// what the person knows.
func (e *Engine) keep(name string, body io.Reader) (path string, err error) {
	uploads := filepath.Join(e.files, "uploads")
	refused := func(err error) error {
		return &community.Error{Code: community.Unavailable, Text: "the file cannot be kept", Hint: "check the rights of " + uploads, Err: err}
	}
	if err := os.MkdirAll(uploads, 0o700); err != nil {
		return "", refused(err)
	}
	dir, err := os.MkdirTemp(uploads, uploadFolder+"*")
	if err != nil {
		return "", refused(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, safeName(name)), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", errors.Join(refused(err), os.Remove(dir))
	}
	_, err = io.Copy(f, body)
	if err := errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, dropUpload(f.Name()))
	}
	return f.Name(), nil
}

// dropUpload deletes an upload with its folder. One that is gone is no error.
func dropUpload(path string) error {
	err := os.Remove(path)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	dir := filepath.Dir(path)
	if !strings.HasPrefix(filepath.Base(dir), uploadFolder) {
		return err
	}
	if derr := os.Remove(dir); err == nil && !errors.Is(derr, os.ErrNotExist) {
		err = derr
	}
	return err
}

// longestName is how many bytes of a name are kept; file systems take 255.
const longestName = 240

// safeName keeps of a name what is harmless in a path; the ending matters,
// because it tells the container.
func safeName(name string) string {
	out := strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || unicode.IsControl(r) || r == utf8.RuneError {
			return '_'
		}
		return r
	}, filepath.Base(name))
	for len(out) > longestName {
		_, n := utf8.DecodeRuneInString(out)
		out = out[n:]
	}
	if out == "." || out == ".." {
		return "_"
	}
	return out
}

// ChangeImport sets how a file is read and looks through it again.
func (e *Engine) ChangeImport(ctx context.Context, c community.ID, id int64, s ImportSettings) (ImportState, error) {
	if _, err := community.LoadZone(s.Zone); err != nil {
		return ImportState{}, err
	}
	if s.Map != "" {
		if _, err := transcript.ParseMap(s.Map); err != nil {
			return ImportState{}, err
		}
	}
	options, err := json.Marshal(s)
	if err != nil {
		return ImportState{}, err
	}
	e.stopRun(c, id)
	return e.moveImport(ctx, c, id, func(i *store.Import) { i.State, i.Options, i.Error = ImportPreview, string(options), "" },
		ImportPreview, ImportReady, ImportFailed)
}

// StartImport begins, or goes on with, an import. Doing it twice changes nothing.
func (e *Engine) StartImport(ctx context.Context, c community.ID, id int64) (ImportState, error) {
	return e.moveImport(ctx, c, id, func(i *store.Import) { i.State, i.Error = ImportRunning, "" }, ImportReady, ImportCancelled, ImportFailed)
}

// CancelImport stops an import; what has been written stays.
func (e *Engine) CancelImport(ctx context.Context, c community.ID, id int64) (ImportState, error) {
	e.stopRun(c, id)
	return e.moveImport(ctx, c, id, func(i *store.Import) { i.State = ImportCancelled }, ImportPreview, ImportReady, ImportRunning)
}

// moveImport changes an import that is in one of the given states, and works on
// it when its new state asks for that. In another state it is left as it is.
func (e *Engine) moveImport(ctx context.Context, c community.ID, id int64, change func(*store.Import), was ...string) (ImportState, error) {
	var moved bool
	var i store.Import
	err := e.db.Write(ctx, func(tx *store.Tx) error {
		list, err := store.Imports(ctx, tx, c, id)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return community.Errorf(community.NotFound, "there is no import %d", id)
		}
		i = list[0]
		change(&i)
		moved, err = tx.SaveImport(c, i, was...)
		return err
	})
	if err != nil {
		return ImportState{}, err
	}
	if moved && (i.State == ImportPreview || i.State == ImportRunning) {
		// The run before has written its end and may not have left yet.
		if err := e.awaitRun(ctx, c, id); err != nil {
			return ImportState{}, err
		}
		e.startRun(c, i)
	}
	e.changes.send(Change{Community: c, What: "imports"})
	return e.ImportState(ctx, c, id)
}

// resumeImports goes on with what was running when the process stopped.
func (e *Engine) resumeImports(ctx context.Context) error {
	return e.eachCommunity(ctx, func(c community.ID) error {
		var list []store.Import
		if err := e.db.Read(ctx, func(q store.Querier) error {
			var err error
			list, err = store.Imports(ctx, q, c, 0)
			return err
		}); err != nil {
			return err
		}
		for _, i := range list {
			if i.State == ImportRunning || i.State == ImportPreview {
				e.startRun(c, i)
			}
		}
		return nil
	})
}

// startRun works on an import in the background, until it is done or the engine stops.
func (e *Engine) startRun(c community.ID, i store.Import) {
	e.mu.Lock()
	defer e.mu.Unlock()
	k := importKey{c, i.ID}
	if e.running == nil || e.imports[k] != nil {
		return // before Run: it will be found then
	}
	ctx, cancel := context.WithCancel(e.running)
	run := &importRun{cancel: cancel, started: e.now(), done: make(chan struct{}), first: i.DoneRows}
	e.imports[k] = run
	e.work.Go(func() {
		defer cancel()
		defer close(run.done)
		err := guard(func() error { return e.runImport(ctx, c, i, run) })
		if err != nil && ctx.Err() == nil {
			// A file that cannot be understood is not the machine's fault.
			level := slog.LevelError
			if code := community.CodeOf(err); code == community.Invalid || code == community.Unsupported {
				level = slog.LevelInfo
			}
			e.log.Log(ctx, level, "import failed", "community", c, "import", i.ID, "file", i.File, "err", err)
		}
		e.mu.Lock()
		delete(e.imports, k)
		e.mu.Unlock()
		e.changes.send(Change{Community: c, What: "imports"})
	})
}

func (e *Engine) stopRun(c community.ID, id int64) {
	e.mu.Lock()
	run := e.imports[importKey{c, id}]
	e.mu.Unlock()
	if run != nil {
		run.cancel()
		<-run.done
	}
}

// awaitRun waits until nobody works on an import in this process.
func (e *Engine) awaitRun(ctx context.Context, c community.ID, id int64) error {
	e.mu.Lock()
	run := e.imports[importKey{c, id}]
	e.mu.Unlock()
	if run == nil {
		return nil
	}
	select {
	case <-run.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (e *Engine) runImport(ctx context.Context, c community.ID, i store.Import, run *importRun) error {
	o, err := e.optionsOf(i)
	if err != nil {
		return err
	}
	told := e.now()
	o.Progress = func(p ImportProgress) {
		run.mu.Lock()
		run.progress = p
		run.mu.Unlock()
		if now := e.now(); now.Sub(told) > 500*time.Millisecond {
			told = now
			e.changes.send(Change{Community: c, What: "imports"})
		}
	}
	was := i.State
	var result importResult
	if was == ImportPreview {
		var p Preview
		p, err = e.Preview(ctx, c, o)
		b, merr := json.Marshal(p)
		if merr != nil {
			return merr
		}
		if i.Preview = string(b); err == nil {
			i.State = ImportReady
		}
	} else {
		o.skip = i.DoneRows
		if i.Counts != "" {
			if err := json.Unmarshal([]byte(i.Counts), &o.counts); err != nil {
				return err
			}
		}
		o.commit = func(tx *store.Tx, rows int64, counts ImportCounts) error {
			b, err := json.Marshal(counts)
			if err != nil {
				return err
			}
			i.DoneRows, i.Counts = rows, string(b)
			return tx.MarkImport(c, i.ID, rows, string(b))
		}
		var r ImportResult
		r, err = e.Import(ctx, c, o)
		result.Groups, result.Rejects = r.Groups, r.RejectFile
		if err == nil {
			i.State = ImportDone
		}
		if b, merr := json.Marshal(r.ImportCounts); merr == nil && err == nil {
			i.Counts = string(b)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err() // cancelled, or the engine stops: the row says which
	}
	if err != nil {
		i.State, i.Error = ImportFailed, err.Error()
		var ce *community.Error
		if errors.As(err, &ce) {
			i.Error, result.Hint = ce.Text, ce.Hint
		}
	}
	b, merr := json.Marshal(result)
	if merr != nil {
		return merr
	}
	i.Result = string(b)
	if err := errors.Join(err, e.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.SaveImport(c, i, was)
		return err
	})); err != nil || i.State != ImportDone {
		return err
	}
	if within(e.FolderPath(), i.Path) {
		return nil // it is put away, not thrown away
	}
	// Only now: an import that is found unfinished after a crash needs its file.
	if rerr := dropUpload(i.Path); rerr != nil {
		e.log.Warn("an imported file could not be deleted", "file", i.Path, "err", rerr)
	}
	return nil
}

func (e *Engine) optionsOf(i store.Import) (ImportOptions, error) {
	var s ImportSettings
	if err := json.Unmarshal([]byte(i.Options), &s); err != nil {
		return ImportOptions{}, err
	}
	zone, err := community.LoadZone(s.Zone)
	if err != nil {
		return ImportOptions{}, err
	}
	o := ImportOptions{Path: i.Path, Name: i.File, Group: s.Group, GroupAs: GroupFromFile(i.File), Zone: zone, Format: s.Format, LastRow: s.LastRow,
		Rejects: filepath.Join(e.files, "rejects", "import-"+strconv.FormatInt(i.ID, 10)+".csv")}
	if s.Map != "" {
		o.Map, err = transcript.ParseMap(s.Map)
	}
	return o, err
}

// GroupFromFile names a group after its file, where the file tells no name.
func GroupFromFile(name string) string {
	for ext := filepath.Ext(name); len(ext) > 1 && len(ext) <= 6 && ext != name; ext = filepath.Ext(name) {
		name = name[:len(name)-len(ext)]
	}
	return name
}

// ImportStates lists all imports, newest first.
func (e *Engine) ImportStates(ctx context.Context, c community.ID) ([]ImportState, error) {
	return e.importStates(ctx, c, 0)
}

// ImportState tells how an import is.
func (e *Engine) ImportState(ctx context.Context, c community.ID, id int64) (ImportState, error) {
	list, err := e.importStates(ctx, c, id)
	if err == nil && len(list) == 0 {
		err = community.Errorf(community.NotFound, "there is no import %d", id)
	}
	if err != nil {
		return ImportState{}, err
	}
	return list[0], nil
}

func (e *Engine) importStates(ctx context.Context, c community.ID, id int64) ([]ImportState, error) {
	var list []store.Import
	var head, counted community.Seq
	if err := e.db.Read(ctx, func(q store.Querier) error {
		var err error
		if list, err = store.Imports(ctx, q, c, id); err != nil {
			return err
		}
		if head, err = store.Head(ctx, q, c); err != nil {
			return err
		}
		counted, err = store.Cursor(ctx, q, c, store.Project)
		return err
	}); err != nil {
		return nil, err
	}
	indexed := head
	if e.search != nil {
		var err error
		if indexed, err = e.search.Position(ctx, c); err != nil {
			return nil, err
		}
	}
	states := make([]ImportState, len(list))
	for n, i := range list {
		s := ImportState{Import: i, Share: 1, Counted: shareOf(counted, head), Indexed: shareOf(indexed, head), Rows: i.DoneRows}
		var result importResult
		for _, j := range []struct {
			text string
			into any
		}{{i.Options, &s.Settings}, {i.Preview, &s.Preview}, {i.Counts, &s.Counts}, {i.Result, &result}} {
			if j.text == "" {
				continue
			}
			if err := json.Unmarshal([]byte(j.text), j.into); err != nil {
				return nil, err
			}
		}
		s.Groups, s.Rejects, s.Hint = result.Groups, result.Rejects, result.Hint
		e.mu.Lock()
		run := e.imports[importKey{c, i.ID}]
		e.mu.Unlock()
		if run != nil {
			run.mu.Lock()
			s.Share, s.Rows = run.progress.Share, run.progress.Rows
			if i.State == ImportRunning {
				s.Counts = run.progress.Counts
			}
			if took := e.now().Sub(run.started).Seconds(); took > 0 {
				s.Speed = float64(max(0, s.Rows-run.first)) / took
			}
			run.mu.Unlock()
		}
		states[n] = s
	}
	return states, nil
}

func shareOf(at, head community.Seq) float64 {
	if head == 0 {
		return 1
	}
	return float64(at) / float64(head)
}
