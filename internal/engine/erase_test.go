package engine

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
	"qunying/internal/store/backup"
	"qunying/internal/store/privacy"
	"qunying/internal/store/search"
	"qunying/internal/testdb/ready"
)

// What must be found nowhere once they are erased.
const (
	secretID   = "wxid_zhenhuan_77"
	secretName = "莞嫔娘娘"
	oldName    = "碎玉轩主"
	listName   = "甘露寺来客" // on a member list alone
	secretText = "龘靐暗号是梅花"
)

var secrets = []string{secretID, secretName, oldName, listName, "龘靐", "暗号是梅花"}

// gossip lets somebody be in the middle of 600 messages of others, leave traces
// wherever there are any, and be talked about.
func (w *world) gossip() (person community.IdentityID) {
	w.t.Helper()
	w.set(1, 0, welcomeOn)
	her := func(name string) connector.Member { return connector.Member{ID: secretID, Name: name} }
	w.observe(connector.Observation{Kind: community.RosterTaken, Group: "g", Members: []connector.Member{her(listName)}, At: w.now()})
	w.advance(time.Second)
	w.observe(connector.Observation{Kind: community.MemberJoined, Group: "g", Sender: her(oldName), At: w.now()})
	for i := range 600 {
		w.advance(time.Second)
		who := fmt.Sprint("u", i%40)
		list := []connector.Observation{w.say("g", who, strings.Repeat(fmt.Sprint("第", i, "句闲话，"), 1+i%7))}
		if i%20 == 7 {
			o := w.say("g", who, fmt.Sprint(secretText, i))
			o.Sender, o.Raw = her(oldName), []byte(`{"from":"`+secretID+`"}`)
			list = append(list, o)
		}
		w.observe(list...)
	}
	w.observe(connector.Observation{Kind: community.MemberRenamed, Group: "g", Sender: her(secretName), At: w.now(), Data: map[string]string{"old": oldName}})
	about := w.say("g", "u1", "@"+secretName+" 在吗")
	about.Raw = []byte(`{"at":["` + secretID + `"]}`)
	w.observe(about)
	w.decide()
	w.project()
	w.read(func(ctx context.Context, q store.Querier) error {
		return q.QueryRowContext(ctx, `SELECT identity_id FROM identity WHERE community_id = 1 AND outside_id = $1`, secretID).Scan((*uint32)(&person))
	})
	err := w.db.Write(w.t.Context(), func(tx *store.Tx) error {
		for _, s := range []string{
			`INSERT INTO verdict (community_id, verdict_id, seq, at, logged_at, group_id, identity_id, clause, category, policy_group, policy_version, severity, stage, lowered, strike, review_id)
				VALUES (1, 901, 1, 0, 0, 1, $1, 'ad', 'ad', 0, 0, 1, '', '', 1, 1)`,
			`INSERT INTO verdict_body (community_id, verdict_id, name, text, message_id, receipt) SELECT 1, 901, '` + secretName + `', '` + secretText + `', 'm', '{"who":"` + secretName + `"}' WHERE $1 > 0`,
			`INSERT INTO strike (community_id, strike_id, identity_id, group_id, verdict_id, delta, at, cause_seq, why) VALUES (1, 901, $1, 1, 901, 1, 0, 1, 'verdict')`,
			`INSERT INTO case_entry (community_id, entry_id, kind, ref, identity_id, at, envelope, digest) VALUES (1, 901, 'verdict', 901, $1, 0, '{}', '')`,
			`INSERT INTO case_body (community_id, entry_id, salt, body) SELECT 1, 901, 'pepper', '{"name":"` + secretName + `"}' WHERE $1 > 0`,
			`INSERT INTO member_note (community_id, note_id, identity_id, staff_id, at, text) VALUES (1, 901, $1, 1, 0, '` + secretName + ` 脾气不好')`,
			`INSERT INTO audit (community_id, audit_id, at, staff_id, act, subject, before_json, after_json) SELECT 1, 900, 0, 1, 'note', 'x', '', '{"name":"` + secretName + `","id":"` + secretID + `"}' WHERE $1 > 0`,
			`INSERT INTO import (community_id, import_id, file, path, state, options, preview, result, error, done_rows, counts, staff_id, at)
				SELECT 1, 1, 'f', 'p', 'done', '', '[{"name":"` + oldName + `","text":"@` + secretName + ` hi"}]', '', '', 1, '', 1, 0 WHERE $1 > 0`,
		} {
			if _, err := tx.Exec(strings.NewReplacer("'pepper'", bytesOf(w, "pepper"), "'{}', '')", "'{}', "+bytesOf(w, "")+")").Replace(s), int64(person)); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return person
}

// bytesOf writes a binary value as the database wants it.
func bytesOf(w *world, text string) string {
	if w.db.Dialect == store.PostgreSQL {
		return "'" + text + "'::bytea"
	}
	return "CAST('" + text + "' AS BLOB)"
}

// everything writes all rows of all tables.
func (w *world) everything() string {
	w.t.Helper()
	var all strings.Builder
	w.read(func(ctx context.Context, q store.Querier) error {
		names := `SELECT name FROM sqlite_master WHERE type = 'table'`
		if w.db.Dialect == store.PostgreSQL {
			names = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`
		}
		rows, err := q.QueryContext(ctx, names)
		if err != nil {
			return err
		}
		var tables []string
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				return err
			}
			tables = append(tables, name)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		for _, table := range tables {
			rows, err := q.QueryContext(ctx, `SELECT * FROM `+table)
			if err != nil {
				return err
			}
			columns, err := rows.Columns()
			if err != nil {
				return err
			}
			for rows.Next() {
				values, places := make([]any, len(columns)), make([]any, len(columns))
				for i := range values {
					places[i] = &values[i]
				}
				if err := rows.Scan(places...); err != nil {
					return err
				}
				fmt.Fprintf(&all, "%s %s\n", table, values)
			}
			if err := rows.Err(); err != nil {
				return err
			}
		}
		return nil
	})
	return all.String()
}

// counted are the views but for words, which freeze when texts leave.
func (w *world) counted() []string {
	all := w.dumpViews(1)
	for i := range all {
		if strings.HasPrefix(all[i], "view_weeks") {
			all[i], _, _ = strings.Cut(all[i], " found=")
		}
	}
	return slices.DeleteFunc(all, func(line string) bool {
		return strings.HasPrefix(line, "view_words") || strings.HasPrefix(line, "view_name") // they hold words, not numbers
	})
}

// inFiles looks for texts in the bytes of the files of a folder.
func inFiles(t *testing.T, folder string, texts []string) (found []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil || info.IsDir() {
			continue
		}
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			if n := bytes.Count(content, []byte(text)); n > 0 {
				found = append(found, fmt.Sprintf("%s: %q %d times", filepath.Base(file), text, n))
			}
		}
	}
	return found
}

// TestAnErasedPersonIsNowhere (S97): not in a table, not in a byte of the files,
// not in later backups; and the books stand.
func TestAnErasedPersonIsNowhere(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		her := w.gossip()
		folder := filepath.Dir(w.dsn)
		before, events := w.counted(), len(w.log(1))
		if w.db.Dialect == store.SQLite {
			if found := inFiles(t, folder, secrets); len(found) < len(secrets) {
				t.Fatalf("the test looks in the wrong place: %v", found)
			}
		}
		if hits, _, err := w.e.search.Find(t.Context(), 1, search.Query{Text: "暗号", Limit: 5}); err != nil || len(hits) == 0 {
			t.Fatalf("nothing to be erased is found: %v", err)
		}
		is, err := w.e.Erase(t.Context(), 1, her, 7)
		if err != nil || is.Person != community.PersonID(her) {
			t.Fatalf("%+v, %v", is, err)
		}
		if err := w.e.EraseWaiting(t.Context(), func(float64) {}); err != nil {
			t.Fatal(err)
		}
		list, err := w.e.erasures(t.Context(), 1)
		if err != nil || len(list) != 1 || list[0].DoneAt.IsZero() || list[0].Bodies < 30 || list[0].Rows < 5 {
			t.Errorf("%+v, %v", list, err)
		}
		for _, line := range strings.Split(w.everything(), "\n") {
			for _, s := range secrets {
				if strings.Contains(line, s) && !strings.HasPrefix(line, "view_words") {
					t.Errorf("%s is in %s", s, line)
				}
			}
		}
		if w.db.Dialect == store.SQLite {
			if found := inFiles(t, folder, secrets); len(found) > 0 {
				t.Errorf("bytes are left: %v", found)
			}
		}
		made := t.TempDir()
		if _, err := backup.Make(t.Context(), w.db, backup.Options{Folder: made, Now: w.now()}); err != nil {
			t.Fatal(err)
		}
		if found := inFiles(t, made, secrets); len(found) > 0 {
			t.Errorf("a later backup has %v", found)
		}
		if hits, _, err := w.e.search.Find(t.Context(), 1, search.Query{Text: "暗号", Limit: 5}); err != nil || len(hits) != 0 {
			t.Errorf("found: %+v, %v", hits, err)
		}

		if diff := gocmp.Diff(before, w.counted()); diff != "" {
			t.Errorf("the totals have moved:\n%s", diff)
		}
		if _, err := w.e.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(before, w.counted()); diff != "" {
			t.Errorf("built anew, the totals differ:\n%s", diff)
		}
		if n := len(w.log(1)); n != events {
			t.Errorf("%d events, want %d", n, events)
		}

		// Who comes back under the same ID is somebody new.
		o := w.say("g", secretID, "我回来了")
		w.observe(o)
		all := w.log(1)
		if last := all[len(all)-1]; last.Identity == her || last.Identity == 0 {
			t.Errorf("the number %d was taken up again", last.Identity)
		}
	})
}

// TestAnErasureSurvivesARestore brings a copy back that was made before it.
func TestAnErasureSurvivesARestore(t *testing.T) {
	w := newWorld(t, ready.SQLite(t))
	her := w.gossip()
	made := w.e.BackupFolder()
	m, err := backup.Make(t.Context(), w.db, backup.Options{Folder: made, Now: w.now()})
	if err != nil {
		t.Fatal(err)
	}
	w.advance(time.Hour)
	if _, err := w.e.Erase(t.Context(), 1, her, 7); err != nil {
		t.Fatal(err)
	}
	back := *w
	back.dsn = filepath.Join(t.TempDir(), "back.db")
	if _, err := backup.Restore(t.Context(), made, m, backup.Target{Path: back.dsn, Now: w.now()}); err != nil {
		t.Fatal(err)
	}
	back.db, back.e = back.open()
	back.e.files = t.TempDir() // of another machine: what is known lies beside the copy
	if err := MergeErased(made, back.e.files); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(back.everything(), secretID) {
		t.Fatal("the copy should have her")
	}
	if n, err := back.e.EraseAgain(t.Context(), m.At); err != nil || n != 1 {
		t.Fatalf("%d people, %v", n, err)
	}
	if all := back.everything(); strings.Contains(all, secretID) || strings.Contains(all, "龘靐") {
		t.Error("she is back")
	}
	if n, err := back.e.EraseAgain(t.Context(), w.now().Add(time.Hour)); err != nil || n != 0 {
		t.Errorf("who was erased before the copy: %d, %v", n, err)
	}
}

// TestWhatIsNotKeptLeaves (S97): each class by its own days, and the counts stay.
func TestWhatIsNotKeptLeaves(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.gossip()
		w.advance(10 * 24 * time.Hour)
		w.observe(w.say("g", "u1", "新的一句"))
		w.decide()
		w.project()
		before := w.counted()
		texts := func() (old, fresh int) {
			for _, e := range w.log(1) {
				if e.Kind == community.MessagePosted && e.Body != nil && e.Body.Text != "" {
					if w.now().Sub(e.At) > 24*time.Hour {
						old++
					} else {
						fresh++
					}
				}
			}
			return old, fresh
		}
		if err := w.e.SaveSetting(t.Context(), 1, 0, RetentionKey, Retention{privacy.Messages: 30, privacy.Cases: 5, privacy.Notes: 5}, 0, 1); err != nil {
			t.Fatal(err)
		}
		done, err := w.e.Retain(t.Context(), 1, func(float64) {})
		if old, _ := texts(); err != nil || done.Removed[privacy.Messages] != 0 || old != 631 {
			t.Fatalf("%+v, %v: %d old texts", done, err, old)
		}
		if done.Removed[privacy.Cases] < 2 || done.Removed[privacy.Notes] != 1 {
			t.Errorf("%+v", done)
		}
		if err := w.e.SaveSetting(t.Context(), 1, 0, RetentionKey, Retention{privacy.Messages: 5, privacy.Audit: 1}, 1, 1); err != nil {
			t.Fatal(err)
		}
		done, err = w.e.Retain(t.Context(), 1, func(float64) {})
		if old, fresh := texts(); err != nil || done.Removed[privacy.Messages] != 631 || old != 0 || fresh != 1 {
			t.Fatalf("%+v, %v: %d old texts and %d new", done, err, old, fresh)
		}
		if hits, _, err := w.e.search.Find(t.Context(), 1, search.Query{Text: "闲话", Limit: 5}); err != nil || len(hits) != 0 {
			t.Errorf("found: %d, %v", len(hits), err)
		}
		if hits, _, err := w.e.search.Find(t.Context(), 1, search.Query{Text: "新的", Limit: 5}); err != nil || len(hits) != 1 {
			t.Errorf("what is kept: %d, %v", len(hits), err)
		}
		if diff := gocmp.Diff(before, w.counted()); diff != "" {
			t.Errorf("the totals have moved:\n%s", diff)
		}
		if _, err := w.e.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(before, w.counted()); diff != "" {
			t.Errorf("built anew, the totals differ:\n%s", diff)
		}
		for _, bad := range []Retention{{"nonsense": 5}, {privacy.Raw: -1}, {privacy.Raw: 99999}} {
			if err := bad.Check(); community.CodeOf(err) != community.Invalid {
				t.Errorf("%v: %v", bad, err)
			}
		}
	})
}

// TestARestoredBackupGivesTheSameNumbers (S98), and goes on: what comes again is
// known, what is new is counted.
func TestARestoredBackupGivesTheSameNumbers(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.gossip()
		before := w.dumpViews(1)
		m, err := w.e.backup(t.Context(), func(float64, int64) {})
		if err != nil {
			t.Fatal(err)
		}
		have, err := w.e.Backups(t.Context())
		if err != nil || len(have.Here) != 1 || have.ShareHere != 1 || have.Has {
			t.Fatalf("%+v, %v", have, err)
		}
		back := *w
		back.dsn = filepath.Join(t.TempDir(), "back.db")
		if _, err := backup.Restore(t.Context(), w.e.BackupFolder(), m, backup.Target{Path: back.dsn, Now: w.now()}); err != nil {
			t.Fatal(err)
		}
		back.db, back.e = back.open()
		if err := back.db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := backup.Settle(tx, w.now())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(before, back.dumpViews(1)); w.db.Dialect == store.SQLite && diff != "" {
			t.Errorf("the copy's views differ:\n%s", diff)
		}
		if _, err := back.e.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(before, back.dumpViews(1)); diff != "" {
			t.Errorf("the numbers differ:\n%s", diff)
		}
		back.observe(back.say("g", "u1", "后来"))
		back.decide()
		back.project()
		if hits, _, err := back.e.search.Find(t.Context(), 1, search.Query{Text: "后来", Limit: 5}); err != nil || len(hits) != 1 {
			t.Errorf("it does not go on: %d, %v", len(hits), err)
		}
	})
}

// TestBackupsByPlan makes copies when they are due, keeps as many as it shall and
// carries them elsewhere.
func TestBackupsByPlan(t *testing.T) {
	w := newWorld(t, ready.SQLite(t))
	w.e.elsewhere = t.TempDir()
	w.e.running = t.Context()
	due := func() int {
		if err := w.e.backupIfDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.e.work.Wait()
		list, err := w.e.Backups(t.Context())
		if err != nil || len(list.Elsewhere) != len(list.Here) {
			t.Fatalf("%+v, %v", list, err)
		}
		return len(list.Here)
	}
	if n := due(); n != 0 {
		t.Errorf("%d copies without a plan", n)
	}
	if err := w.e.SaveSetting(t.Context(), 1, 0, BackupKey, BackupPlan{Every: 6, Keep: 2}, 0, 1); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{1, 1, 2, 2, 2} {
		if n := due(); n != want {
			t.Errorf("round %d: %d copies, want %d", i, n, want)
		}
		w.advance(3*time.Hour + time.Second)
	}
	jobs := w.e.Jobs()
	if len(jobs) != 1 || jobs[0].Kind != "backup" || jobs[0].Share != 1 || jobs[0].Err != nil {
		t.Errorf("%+v", jobs)
	}
	w.observe(w.say("g", "u", "one more"))
	have, err := w.e.Backups(t.Context())
	if err != nil || have.Share <= 0 || have.Share >= 1 {
		t.Errorf("%v of the events are elsewhere: %v", have.Share, err)
	}
}
