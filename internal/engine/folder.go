package engine

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

// FolderKey is the setting of the watched folder: files that are put into it are
// imported. It is the first community's.
const FolderKey = "import_folder"

// Folder is what people typed about it.
type Folder struct {
	On   bool   `json:"on"`
	Zone string `json:"zone"` // of files that do not tell it
}

// Check says what is wrong before it is saved.
func (f Folder) Check() error {
	_, err := community.LoadZone(f.Zone)
	return err
}

const (
	folderName  = "import"
	folderWork  = ".working" // files that are being imported, each in a folder of its own
	folderDone  = "done"
	folderLost  = "failed"
	folderQuiet = 30 * time.Second // how long a file must not change to count as complete
	folderMost  = 2                // imports of the folder at a time
)

// unfinished are endings of files that somebody is still writing.
var unfinished = []string{".part", ".tmp", ".crdownload", ".download", ".partial", ".filepart"}

// sighting is a file in the folder as it was when it last changed.
type sighting struct {
	size    int64
	changed time.Time // as the file says
	since   time.Time // that it has been so
}

// FolderPath is the watched folder.
func (e *Engine) FolderPath() string { return filepath.Join(e.files, folderName) }

// FolderSetting reads what people typed; it is off where nobody did.
func (e *Engine) FolderSetting(ctx context.Context, c community.ID) (f Folder, version int64, err error) {
	f.Zone = "Asia/Shanghai"
	err = e.db.Read(ctx, func(q store.Querier) error {
		version, err = store.ReadSetting(ctx, q, c, 0, FolderKey, &f)
		return err
	})
	return f, version, err
}

// SaveFolder switches the folder on or off, and makes it. based is the version that
// the person saw; another one in force is a Conflict.
func (e *Engine) SaveFolder(ctx context.Context, c community.ID, f Folder, based int64, by community.StaffID) error {
	if c != community.DefaultID {
		return community.Errorf(community.Unsupported, "only the first community has a watched folder")
	}
	if err := f.Check(); err != nil {
		return err
	}
	if f.On {
		if err := os.MkdirAll(e.FolderPath(), 0o700); err != nil {
			return &community.Error{Code: community.Unavailable, Text: "the watched folder cannot be made", Hint: "check the rights of the data folder", Err: err}
		}
	}
	return e.SaveSetting(ctx, c, 0, FolderKey, f, based, by)
}

// folderStep looks into the folder once: what is complete is taken, what was taken
// and is done is put away. A file is taken by moving it, so that nobody takes it
// again, whatever happens then; what was taken and not written down yet when the
// process stopped is found where it was moved to.
func (e *Engine) folderStep(ctx context.Context, c community.ID) (bool, error) {
	if c != community.DefaultID || e.files == "" {
		return false, nil
	}
	f, _, err := e.FolderSetting(ctx, c)
	if err != nil {
		return false, err
	}
	busy, err := e.putAway(ctx, c, f)
	if err != nil || !f.On {
		return false, err
	}
	entries, err := os.ReadDir(e.FolderPath())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	now, seen := e.now(), map[string]sighting{}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() || !isFinished(entry.Name()) {
			continue // gone meanwhile, a folder, a link, or not for us yet
		}
		s := sighting{info.Size(), info.ModTime(), now}
		if was, ok := e.sightings[entry.Name()]; ok && was.size == s.size && was.changed.Equal(s.changed) {
			s.since = was.since
		}
		if busy < folderMost && s.size > 0 && now.Sub(s.since) >= folderQuiet {
			if err := e.takeFile(ctx, c, f, entry.Name()); err != nil {
				return false, err
			}
			busy++
			continue
		}
		seen[entry.Name()] = s
	}
	e.sightings = seen
	return false, nil
}

// within says that a path lies below a folder.
func within(folder, path string) bool {
	return strings.HasPrefix(path, folder+string(filepath.Separator))
}

// isFinished says that a name is not that of a file that is still being written.
func isFinished(name string) bool {
	return !strings.HasPrefix(name, ".") && !slices.Contains(unfinished, strings.ToLower(filepath.Ext(name)))
}

// takeFile moves a file to where only we look and begins its import.
func (e *Engine) takeFile(ctx context.Context, c community.ID, f Folder, name string) error {
	work := filepath.Join(e.FolderPath(), folderWork)
	if err := os.MkdirAll(work, 0o700); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(work, "file-*")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, name)
	if err := os.Rename(filepath.Join(e.FolderPath(), name), path); err != nil {
		if errors.Is(err, fs.ErrNotExist) { // somebody else was quicker
			err = nil
		}
		return errors.Join(err, os.Remove(dir))
	}
	return e.beginTaken(ctx, c, f, path)
}

// beginTaken writes an import down and starts it, without a preview.
func (e *Engine) beginTaken(ctx context.Context, c community.ID, f Folder, path string) error {
	options, err := json.Marshal(ImportSettings{Zone: f.Zone})
	if err != nil {
		return err
	}
	i := store.Import{File: filepath.Base(path), Path: path, State: ImportRunning, Options: string(options), At: e.now()}
	if err := e.db.Write(ctx, func(tx *store.Tx) error {
		i, err = tx.AddImport(c, i)
		return err
	}); err != nil {
		return err
	}
	e.startRun(c, i)
	e.changes.send(Change{Community: c, What: "imports"})
	return nil
}

// putAway moves taken files whose import has ended, and counts those still at work.
func (e *Engine) putAway(ctx context.Context, c community.ID, f Folder) (busy int, err error) {
	taken, err := filepath.Glob(filepath.Join(escapeGlob(e.FolderPath()), folderWork, "file-*", "*"))
	if err != nil || len(taken) == 0 {
		return 0, err
	}
	for _, path := range taken {
		var i store.Import
		var known bool
		if err := e.db.Read(ctx, func(q store.Querier) error {
			i, known, err = store.ImportOf(ctx, q, c, path)
			return err
		}); err != nil {
			return busy, err
		}
		switch {
		case !known: // taken, and the process stopped before it was written down
			busy++
			err = e.beginTaken(ctx, c, f, path)
		case i.State == ImportRunning || i.State == ImportPreview:
			busy++
		case i.State == ImportDone:
			err = e.shelve(ctx, c, i, folderDone)
		default:
			err = e.shelve(ctx, c, i, folderLost)
		}
		if err != nil {
			return busy, err
		}
	}
	return busy, nil
}

// escapeGlob keeps signs of a path from being taken for a pattern.
func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// folderReport is what is put beside a file that was imported.
type folderReport struct {
	File   string `json:"file"`
	Import int64  `json:"import"` // its number in the console
	State  string `json:"state"`
	At     string `json:"at"`
	ImportCounts
	Error string `json:"error,omitempty"`
	Hint  string `json:"hint,omitempty"`
}

// shelve puts a file into the folder for its outcome, with a report and the refused
// rows beside it. Done twice, it ends in the same.
func (e *Engine) shelve(ctx context.Context, c community.ID, i store.Import, folder string) error {
	dir := filepath.Join(e.FolderPath(), folder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	to := freeName(dir, i.File)
	r := folderReport{File: i.File, Import: i.ID, State: i.State, At: e.now().UTC().Format(time.RFC3339), Error: i.Error}
	if i.Counts != "" {
		if err := json.Unmarshal([]byte(i.Counts), &r.ImportCounts); err != nil {
			return err
		}
	}
	if i.Result != "" {
		var result importResult
		if err := json.Unmarshal([]byte(i.Result), &result); err != nil {
			return err
		}
		r.Hint = result.Hint
		if result.Rejects != "" {
			if err := copyFile(result.Rejects, to+".rejects.csv"); err != nil {
				return err
			}
		}
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(to+".report.json", append(text, '\n'), 0o600); err != nil {
		return err
	}
	from := i.Path
	i.Path = to // where it is found when somebody goes on with it
	if err := e.db.Write(ctx, func(tx *store.Tx) error {
		moved, err := tx.SaveImport(c, i, i.State)
		if err != nil || !moved { // somebody goes on with it
			return err
		}
		return os.Rename(from, to)
	}); err != nil {
		return err
	}
	if err := os.Remove(filepath.Dir(from)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		e.log.Warn("a folder of an import could not be deleted", "folder", filepath.Dir(from), "err", err)
	}
	return nil
}

// freeName is a path in a folder at which there is neither a file nor a report.
func freeName(dir, name string) string {
	ext := filepath.Ext(name)
	for n := 1; ; n++ {
		path := filepath.Join(dir, name)
		if n > 1 {
			path = filepath.Join(dir, strings.TrimSuffix(name, ext)+" ("+strconv.Itoa(n)+")"+ext)
		}
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			return path
		}
	}
}

// copyFile copies a file that may be gone: then there is nothing to copy.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
