package engine

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"qunying/internal/testdb/ready"
)

// What is said of an upload calls it by the name that the person gave it, and a
// file that nobody understands is no failure of the machine.
func TestAnUploadKeepsItsName(t *testing.T) {
	w := newWorld(t, ready.SQLite(t))
	w.e.now, w.db.Now = time.Now, time.Now
	var said bytes.Buffer // read once the engine has ended
	w.e.log = slog.New(slog.NewTextHandler(&said, nil))
	ctx, stop := context.WithTimeout(t.Context(), 2*patience)
	ended := make(chan error, 1)
	go func() { ended <- w.e.Run(ctx) }()
	changes, unsubscribe := w.e.Changes()
	defer unsubscribe()
	until := func(id int64, state string) ImportState {
		t.Helper()
		for {
			s, err := w.e.ImportState(ctx, 1, id)
			if err != nil {
				t.Fatal(err)
			}
			if s.State == state {
				return s
			}
			poll := time.NewTimer(5 * time.Millisecond)
			select {
			case <-changes:
			case <-poll.C:
			case <-ctx.Done():
				t.Fatalf("the import is %s: %s", s.State, s.Error)
			}
			poll.Stop()
		}
	}
	name := strings.Repeat("晨读", 20) + " 1.0.csv"
	s, err := w.e.Upload(ctx, 1, 1, name, strings.NewReader("time,sender,text\nsoon,甲,一\n2026-03-01 08:00:00,甲,二\n"))
	if err != nil {
		t.Fatal(err)
	}
	until(s.ID, ImportReady)
	if _, err := w.e.StartImport(ctx, 1, s.ID); err != nil {
		t.Fatal(err)
	}
	s = until(s.ID, ImportDone)
	f, err := os.Open(s.Rejects)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][0] != name || rows[1][1] != "2" {
		t.Errorf("rejects %q, %v", rows, err)
	}
	s, err = w.e.Upload(ctx, 1, 1, "../信.txt", strings.NewReader("见字如面。\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s = until(s.ID, ImportFailed); !strings.HasPrefix(s.Error, "信.txt: ") {
		t.Errorf("the person is told %q", s.Error)
	}
	if err := w.e.awaitRun(ctx, 1, s.ID); err != nil { // it tells the log after the database
		t.Fatal(err)
	}
	kept, err := filepath.Glob(filepath.Join(w.e.files, "uploads", "*", "*"))
	if err != nil || len(kept) != 1 || filepath.Base(kept[0]) != "信.txt" {
		t.Errorf("kept are %q, %v", kept, err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if log := said.String(); strings.Contains(log, "level=ERROR") || !strings.Contains(log, "信.txt") {
		t.Error(log)
	}
}

// A preview tells messages from the other rows.
func TestAPreviewCountsMessages(t *testing.T) {
	w := newWorld(t, ready.SQLite(t))
	path := filepath.Join(t.TempDir(), "2026-03-01.txt")
	log := "[09:00] <ann> 早\n[09:01] === bob [bob@example.org] has joined #books\n[09:02] <bob> 早上好\n[09:03] === bob is now known as rob\n"
	if err := os.WriteFile(path, []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := w.e.Preview(t.Context(), 1, ImportOptions{Path: path, GroupAs: "books", Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Groups) != 1 || p.Groups[0].Rows != 4 || *p.Groups[0].Messages != 2 || p.Groups[0].People != 3 {
		t.Errorf("%+v", p)
	}
}

// A row that may be cut is refused and shown; a person's word takes it, and only it.
func TestALastRowWaitsForAPersonsWord(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		path := filepath.Join(t.TempDir(), "books.csv")
		const last = "2026-03-01 09:01:00,bob,hello"
		if err := os.WriteFile(path, []byte("time,sender,text\n2026-03-01 09:00:00,ann,hi\n"+last), 0o600); err != nil {
			t.Fatal(err)
		}
		said := func(o *ImportOptions) { o.LastRow = true }
		for _, o := range []ImportOptions{{Path: path, Zone: time.UTC}, {Path: path, Zone: time.UTC, LastRow: true}} {
			want, rejects := last, int64(1)
			if o.LastRow {
				want, rejects = "", 0
			}
			if p, err := w.e.Preview(t.Context(), 1, o); err != nil || p.LastRow != want || p.Rejects != rejects {
				t.Errorf("said %v: the preview shows %q of %d refused, %v", o.LastRow, p.LastRow, p.Rejects, err)
			}
		}
		if got := w.importFile(path); got.Imported != 1 || got.Rejected != 1 || !got.LastRow {
			t.Errorf("nobody said it: %+v", got)
		}
		if got := w.importFile(path, said); got.Imported != 1 || got.Duplicates != 1 || got.Rejected != 0 || got.LastRow {
			t.Errorf("a person said it: %+v", got)
		}
		w.takes("said again", path, 0, 2, said)
	})
}

// Why rows are refused is said before anything is written: for each reason how many,
// and the first of them.
func TestAPreviewSaysWhyRowsAreRefused(t *testing.T) {
	w := newWorld(t, ready.SQLite(t))
	path := filepath.Join(t.TempDir(), "a.csv")
	rows := "time,sender,text\n2024-05-01 08:00:00,a,hi\nyesterday,a,hi\n2024-05-01 08:01:00,a\n2024-13-01 08:00:00,b,hi\n2024-05-01 08:02:00,a,hi\n"
	if err := os.WriteFile(path, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := w.e.Preview(t.Context(), 1, ImportOptions{Path: path, GroupAs: "books", Zone: time.UTC})
	var got []string
	for _, r := range p.Refused {
		got = append(got, fmt.Sprint(r.Rows, " from line ", r.Line, ": ", r.Reason))
	}
	want := []string{"2 from line 3: the time is not understood", "1 from line 4: the row has 2 fields, the header has 3 fields"}
	if err != nil || p.Rejects != 3 || !slices.Equal(got, want) {
		t.Errorf("%d refused: %q, %v", p.Rejects, got, err)
	}
}
