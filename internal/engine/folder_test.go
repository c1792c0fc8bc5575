package engine

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/testdb/ready"
)

// inFolder lists the files below the watched folder, by path.
func (w *world) inFolder() []string {
	w.t.Helper()
	var list []string
	if err := filepath.WalkDir(w.e.FolderPath(), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(w.e.FolderPath(), path)
			list = append(list, rel)
		}
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

// lookInto lets the folder be looked at, and what was begun come to its end.
func (w *world) lookInto() {
	w.t.Helper()
	w.project() // imports wait for what was logged before them to be counted
	if _, err := w.e.folderStep(w.t.Context(), 1); err != nil {
		w.t.Fatal(err)
	}
	w.e.work.Wait()
	w.project()
}

func (w *world) put(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.e.FolderPath(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Chtimes(path, w.now(), w.now()); err != nil {
		w.t.Fatal(err)
	}
}

// restart begins as another process would, on the same folder.
func (w *world) restart() {
	w.t.Helper()
	files := w.e.files
	w.db, w.e = w.open()
	w.e.files = files
	w.begin()
}

// begin lets imports work without the loops, which take steps when the test says so.
func (w *world) begin() {
	ctx, stop := context.WithCancel(w.t.Context())
	w.t.Cleanup(func() {
		stop()
		w.e.work.Wait()
	})
	w.e.running = ctx
}

const chatOne = "time,sender,text\n2026-03-01 08:00:00,甲,一\n坏了,甲,二\n2026-03-01 08:00:02,乙,三\n"

func TestTheFolderTakesWhatIsComplete(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.begin()
		w.lookInto() // off: nothing is there
		if err := w.e.SaveFolder(t.Context(), 1, Folder{On: true, Zone: "Asia/Shanghai"}, 0, 1); err != nil {
			t.Fatal(err)
		}
		w.put("晨读.csv", chatOne)
		w.put("later.csv.part", chatOne)
		w.put(".hidden.csv", chatOne)
		w.put("prose.txt", "见字如面。\n")
		w.lookInto()
		w.advance(20 * time.Second)
		w.put("晨读.csv", chatOne+"2026-03-01 08:00:03,乙,四\n") // somebody is still writing it
		w.lookInto()
		w.advance(20 * time.Second)
		w.lookInto()
		if got := w.kinds()[community.MessagePosted]; got != 0 {
			t.Fatalf("%d messages of a file that was still changing", got)
		}
		w.advance(20 * time.Second)
		w.lookInto()
		w.lookInto()
		want := []string{".hidden.csv", "done/晨读.csv", "done/晨读.csv.rejects.csv", "done/晨读.csv.report.json",
			"failed/prose.txt", "failed/prose.txt.report.json", "later.csv.part"}
		if got := w.inFolder(); !slices.Equal(got, want) {
			t.Fatalf("the folder holds\n%q, want\n%q", got, want)
		}
		var r folderReport
		b, err := os.ReadFile(filepath.Join(w.e.FolderPath(), "done", "晨读.csv.report.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &r); err != nil || r.Imported != 3 || r.Rejected != 1 || r.State != ImportDone || r.File != "晨读.csv" {
			t.Errorf("report %+v, %v", r, err)
		}
		states, err := w.e.ImportStates(t.Context(), 1)
		if err != nil || len(states) != 2 {
			t.Fatalf("%+v, %v", states, err)
		}
		// The same file again adds nothing and overwrites nothing.
		w.put("晨读.csv", chatOne)
		for range 3 {
			w.lookInto()
			w.advance(31 * time.Second)
		}
		w.lookInto()
		if got := w.inFolder(); !slices.Contains(got, "done/晨读 (2).csv") || !slices.Contains(got, "done/晨读.csv") {
			t.Errorf("the folder holds %q", got)
		}
		if got := w.kinds()[community.MessagePosted]; got != 3 {
			t.Errorf("%d messages", got)
		}
		// Renamed, it is complete.
		if err := os.Rename(filepath.Join(w.e.FolderPath(), "later.csv.part"), filepath.Join(w.e.FolderPath(), "later.csv")); err != nil {
			t.Fatal(err)
		}
		if err := w.e.SaveFolder(t.Context(), 1, Folder{Zone: "Asia/Shanghai"}, 1, 1); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			w.lookInto()
			w.advance(31 * time.Second)
		}
		if got := w.inFolder(); !slices.Contains(got, "later.csv") {
			t.Errorf("switched off, it took a file: %q", got)
		}
	})
}

// A process that stops on its way leaves nothing behind and does nothing twice.
func TestTheFolderGoesOnAfterARestart(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.begin()
		if err := w.e.SaveFolder(t.Context(), 1, Folder{On: true, Zone: "Asia/Shanghai"}, 0, 1); err != nil {
			t.Fatal(err)
		}
		// Taken, and not written down.
		dir := filepath.Join(w.e.FolderPath(), folderWork, "file-1")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "a.csv"), []byte(chatOne), 0o600); err != nil {
			t.Fatal(err)
		}
		w.restart()
		w.lookInto()
		w.restart() // imported, and not put away
		w.lookInto()
		if got := w.inFolder(); !slices.Equal(got, []string{"done/a.csv", "done/a.csv.rejects.csv", "done/a.csv.report.json"}) {
			t.Errorf("the folder holds %q", got)
		}
		states, err := w.e.ImportStates(t.Context(), 1)
		if err != nil || len(states) != 1 || states[0].State != ImportDone || w.kinds()[community.MessagePosted] != 2 {
			t.Errorf("%+v, %v, %v", states, err, w.kinds())
		}
	})
}

func TestTheFolderIsChecked(t *testing.T) {
	w := newWorld(t, ready.SQLite(t))
	if err := w.e.SaveFolder(t.Context(), 1, Folder{On: true, Zone: "Nowhere"}, 0, 1); community.CodeOf(err) != community.Invalid {
		t.Errorf("a zone that is none: %v", err)
	}
	if err := w.e.SaveFolder(t.Context(), 2, Folder{Zone: "UTC"}, 0, 1); community.CodeOf(err) != community.Unsupported {
		t.Errorf("another community: %v", err)
	}
	for name, want := range map[string]bool{"a.csv": true, "a.PART": false, ".a": false, "a.crdownload": false, "a": true} {
		if isFinished(name) != want {
			t.Errorf("%s", name)
		}
	}
}
