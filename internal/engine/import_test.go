package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// line is a row of an export, written as CSV or as JSON lines.
type line struct {
	after     time.Duration
	who, text string
	group, id string
	senderID  string
}

const stamp = "2006-01-02T15:04:05Z07:00"

// file writes an export; the ending says which kind.
func (w *world) file(ending string, lines ...line) string {
	w.t.Helper()
	var b strings.Builder
	if ending == "csv" {
		b.WriteString("time,sender,text,group,msgid,senderid\n")
	}
	for _, l := range lines {
		if l.group == "" {
			l.group = "g"
		}
		at := begin.Add(l.after).Format(stamp)
		if l.text == "broken" {
			at = "no time"
		}
		if ending == "csv" {
			fmt.Fprintf(&b, "%s,%s,%s,%s,%s,%s\n", at, l.who, l.text, l.group, l.id, l.senderID)
			continue
		}
		j, err := json.Marshal(map[string]string{"time": at, "sender": l.who, "text": l.text, "group": l.group, "msgid": l.id, "senderid": l.senderID})
		if err != nil {
			w.t.Fatal(err)
		}
		b.Write(append(j, '\n'))
	}
	w.said++
	path := filepath.Join(w.t.TempDir(), fmt.Sprintf("export%d.%s", w.said, ending))
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// importFile counts what is there, as the loop would have, and imports.
func (w *world) importFile(path string, change ...func(*ImportOptions)) ImportCounts {
	w.t.Helper()
	w.project()
	o := ImportOptions{Path: path, Zone: time.UTC}
	for _, f := range change {
		f(&o)
	}
	r, err := w.e.Import(w.t.Context(), 1, o)
	if err != nil {
		w.t.Fatal(err)
	}
	w.project()
	return r.ImportCounts
}

// takes fails unless an import added so many rows and recognised so many.
func (w *world) takes(what, path string, imported, duplicates int64, change ...func(*ImportOptions)) {
	w.t.Helper()
	if got := w.importFile(path, change...); got.Imported != imported || got.Duplicates != duplicates {
		w.t.Errorf("%s: %d imported and %d recognised, want %d and %d", what, got.Imported, got.Duplicates, imported, duplicates)
	}
}

func into(g community.GroupID) func(*ImportOptions) { return func(o *ImportOptions) { o.Group = g } }

func TestEqualLinesAreCountedNotMerged(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		lines := []line{{0, "甲", "好", "", "", ""}, {0, "甲", "好", "", "", ""}, {0, "乙", "好", "", "", ""}, {time.Minute, "甲", "好", "", "", ""}}
		w.takes("the first time", w.file("csv", lines...), 4, 0)
		w.takes("once more", w.file("csv", lines...), 0, 4)
		w.takes("a longer one that overlaps", w.file("csv", append(slices.Clone(lines[1:]), line{time.Hour, "甲", "好", "", "", ""})...), 1, 3)
		w.takes("another kind of export", w.file("jsonl", lines...), 0, 4)
		w.takes("another kind, with one more of the equal lines", w.file("jsonl", append(lines[:1:1], lines...)...), 1, 4)
	})
}

// A chat that an account has heard live is recognised in an export that tells
// seconds, with the platform's IDs or without.
func TestALiveChatIsRecognisedInAnExport(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		var live []connector.Observation
		for i := range 4 {
			o := w.say("g", fmt.Sprint("u", i%2), "好")
			o.Sender.Name = []string{"甲", "乙"}[i%2]
			o.At = begin.Add(time.Duration(i/2)*time.Second + 437*time.Millisecond)
			live = append(live, o)
		}
		w.observe(live...)
		w.project()
		lines := []line{{0, "甲", "好", "", "", ""}, {0, "乙", " 好 ", "", "", ""}, {time.Second, "甲", "好", "", "", ""}, {time.Second, "乙", "好", "", "", ""}}
		w.takes("by name", w.file("csv", lines...), 0, 4, into(1))
		withIDs := slices.Clone(lines)
		for i := range withIDs {
			withIDs[i].id, withIDs[i].senderID, withIDs[i].who = fmt.Sprint("x", i), fmt.Sprint("u", i%2), "又改名"
		}
		w.takes("by ID", w.file("jsonl", withIDs...), 0, 4, into(1))
		w.takes("with a line that was not heard", w.file("csv", append(lines, lines[0])...), 1, 4, into(1))
		w.takes("and again", w.file("csv", append(lines, lines[0])...), 0, 5, into(1))
		w.observe(live...) // delivered again
		if n := w.kinds()[community.MessagePosted]; n != 5 {
			t.Errorf("%d messages, want 5", n)
		}
	})
}

// What another source told once recognises one row, also where groups alternate.
func TestAMessageRecognisesOneRow(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.takes("once", w.file("csv", line{0, "甲", "好", "g", "", ""}), 1, 0)
		w.takes("twice, with another group between", w.file("jsonl", line{0, "甲", "好", "g", "", ""}, line{0, "甲", "好", "h", "", ""}, line{0, "甲", "好", "g", "", ""}), 2, 1)
	})
}

// A message that comes live while an import runs recognises one row, whether the
// views have counted it already or not.
func TestAMessageDuringAnImport(t *testing.T) {
	for name, counted := range map[string]bool{"counted already": true, "not counted yet": false} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, w *world) {
				w.observe(w.say("g", "u", "早"))
				told := false
				w.e.now = func() time.Time { w.advance(time.Second); return w.now() } // progress after every row
				path := w.file("csv", line{time.Hour, "u", "始", "", "", ""}, line{2 * time.Hour, "u", "好", "", "", ""}, line{2 * time.Hour, "u", "好", "", "", ""})
				w.takes("the file", path, 2, 1, into(1), func(o *ImportOptions) {
					o.Progress = func(ImportProgress) {
						if told {
							return
						}
						told = true
						o := w.say("g", "u", "好")
						o.At = begin.Add(2*time.Hour + 10*time.Millisecond)
						w.observe(o)
						if counted {
							w.project()
						}
					}
				})
			})
		})
	}
}

// An import that was stopped goes on where it was and ends with the same log.
func TestAStoppedImportEndsTheSame(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		if err := w.db.AddCommunity(t.Context(), 2, "two", "Two", "UTC"); err != nil {
			t.Fatal(err)
		}
		var lines []line
		for i := range 1600 {
			lines = append(lines, line{time.Duration(i/3) * time.Second, fmt.Sprint("u", i%11), fmt.Sprint("好", i%2), fmt.Sprint("g", i%2), "", ""})
			if i%500 == 250 || i == 1000 || i == 1001 {
				lines = append(lines, line{0, "u", "broken", "", "", ""})
			}
		}
		path := w.file("csv", lines...)
		whole, err := w.e.Import(t.Context(), 2, ImportOptions{Path: path, Zone: time.UTC})
		if err != nil {
			t.Fatal(err)
		}
		var rows int64
		var counts ImportCounts
		for run := 0; ; run++ {
			w.project()
			ctx, stop := context.WithCancel(t.Context())
			r, err := w.e.Import(ctx, 1, ImportOptions{Path: path, Zone: time.UTC, skip: rows, counts: counts,
				commit: func(tx *store.Tx, n int64, c ImportCounts) error {
					tx.AfterCommit(func() {
						rows, counts = n, c
						stop() // after every batch
					})
					return nil
				}})
			stop()
			if err == nil {
				if diff := cmp.Diff(whole.ImportCounts, r.ImportCounts); diff != "" {
					t.Errorf("after %d stops: %s", run, diff)
				}
				break
			}
			if run > 20 {
				t.Fatal(err)
			}
		}
		ignore := cmpopts.IgnoreFields(community.Event{}, "Community", "LoggedAt")
		if diff := cmp.Diff(w.log(2), w.log(1), ignore); diff != "" {
			t.Errorf("the logs differ: %.2000s", diff)
		}
		if n := len(w.log(1)); n != 1600 {
			t.Errorf("%d events", n)
		}
	})
}

func TestRecallsJoinTheirMessagesInAnyOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		var all []connector.Observation
		for range 2 {
			m := w.say("g", "a", "手滑")
			all = append(all, m, connector.Observation{Kind: community.MessageRecalled, Group: "g", Sender: m.Sender, At: m.At.Add(time.Second), ID: m.ID, Data: map[string]string{"message": m.ID}})
		}
		slices.Reverse(all[2:]) // the second recall comes before its message
		w.observe(all...)
		w.observe(all...)
		w.decide()
		w.project()
		w.read(func(ctx context.Context, q store.Querier) error {
			d, err := insightdb.Day(ctx, q, 1, 1, community.DayOf(begin, time.FixedZone("", 8*3600)))
			if err == nil && (d.Messages != 2 || d.Recalled != 2) {
				t.Errorf("%+v", d)
			}
			var n int
			if err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM view_recall r JOIN event_body b ON b.community_id = r.community_id AND b.message_id = r.message_id
				JOIN event e ON e.community_id = b.community_id AND e.seq = b.seq WHERE r.community_id = 1 AND e.kind = 'message.posted'`).Scan(&n); err != nil || n != 2 {
				t.Errorf("%d messages are known as recalled, %v", n, err)
			}
			return err
		})
	})
}

// What arrives late belongs to the day on which it happened.
func TestLateEventsLandInTheirOwnDay(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.observe(w.say("g", "a", "today"))
		w.project()
		late := w.say("g", "b", "yesterday")
		late.At = begin.Add(-20 * time.Hour)
		w.observe(late)
		w.project()
		shanghai := time.FixedZone("", 8*3600)
		for at, who := range map[time.Time]community.IdentityID{begin: 1, late.At: 2} {
			w.read(func(ctx context.Context, q store.Querier) error {
				d, err := insightdb.Day(ctx, q, 1, 1, community.DayOf(at, shanghai))
				if err == nil && (d.Messages != 1 || d.Posts[who] != 1) {
					t.Errorf("%v: %+v", at, d)
				}
				return err
			})
		}
	})
}

// The same days read back twice, overlapping, add nothing.
func TestAnOverlappingBackfill(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for i := range 10 {
			w.net.Say("g", "a", "好", begin.Add(time.Duration(i)*time.Minute))
		}
		a := w.e.accounts[0]
		back := a.conn.(connector.Historian)
		for _, span := range [][2]int{{0, 6}, {4, 10}, {0, 10}, {3, 5}} {
			if err := back.Backfill(t.Context(), "g", begin.Add(time.Duration(span[0])*time.Minute), begin.Add(time.Duration(span[1])*time.Minute),
				func(ctx context.Context, o ...connector.Observation) error { return w.e.observe(ctx, a, o, true) }); err != nil {
				t.Fatal(err)
			}
		}
		w.hear(func() bool { return w.kinds()[community.MessagePosted] >= 10 }) // what was delivered live meanwhile
		if n := w.kinds()[community.MessagePosted]; n != 10 {
			t.Errorf("%d messages, want 10", n)
		}
	})
}

// From upload to the end, as the console does it, without a pause between.
func TestAnImportFromUploadToEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.e.now, w.db.Now = time.Now, time.Now
		changes, unsubscribe := w.e.Changes()
		defer unsubscribe()
		ctx, stop := context.WithTimeout(t.Context(), 2*patience)
		ended := make(chan error, 1)
		go func() { ended <- w.e.Run(ctx) }()
		defer func() {
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}()
		content, err := os.ReadFile(w.file("csv", line{0, "甲", "一", "", "", ""}, line{0, "甲", "二", "", "", ""}))
		if err != nil {
			t.Fatal(err)
		}
		var ids []int64
		for range 5 {
			s, err := w.e.Upload(ctx, 1, 1, "群.csv", strings.NewReader(string(content)))
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, s.ID)
		}
		want := map[string]func(int64){ImportReady: func(id int64) {
			if _, err := w.e.StartImport(ctx, 1, id); err != nil {
				t.Error(err)
			}
		}}
		for done := 0; done < len(ids); {
			done = 0
			for _, id := range ids {
				s, err := w.e.ImportState(ctx, 1, id)
				if err != nil {
					t.Fatal(err)
				}
				if act := want[s.State]; act != nil {
					act(id)
				}
				if s.State == ImportDone {
					done++
				}
			}
			if done == len(ids) {
				break
			}
			poll := time.NewTimer(5 * time.Millisecond)
			select {
			case <-changes:
			case <-poll.C:
			case <-ctx.Done():
				t.Fatal("an import did not end")
			}
			poll.Stop()
		}
		if n := w.kinds()[community.MessagePosted]; n != 2 {
			t.Errorf("%d messages, want 2", n)
		}
	})
}
