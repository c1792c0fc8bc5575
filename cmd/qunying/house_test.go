package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/engine"
	"qunying/internal/seal"
	"qunying/internal/store"
	"qunying/internal/store/media"
	"qunying/internal/store/team"
)

// command runs one command on a data folder and answers its JSON.
func command(t *testing.T, want int, into any, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), append(args, "--json"), &stdout, &stderr); code != want {
		t.Fatalf("%v ends with %d: %s %s", args, code, stdout.String(), stderr.String())
	}
	if into != nil {
		if err := json.Unmarshal(stdout.Bytes(), into); err != nil {
			t.Fatalf("%v in %s", err, stdout.String())
		}
	}
	return stderr.String()
}

// TestBackupAndRestoreByHand copies an installation with its key file, and brings
// it back in another folder: the numbers are the same.
func TestBackupAndRestoreByHand(t *testing.T) {
	data, to, back := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "back")
	pass := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(pass, []byte("a sentence nobody guesses\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	command(t, 0, nil, "simulate", "--data", data, "--groups", "1", "--members", "5", "--days", "3")
	key := []byte(strings.Repeat("ab", 32) + "\n")
	if err := os.WriteFile(filepath.Join(data, keyFile), key, 0o600); err != nil {
		t.Fatal(err)
	}
	var made struct {
		Name   string
		Events int64
		Key    string
	}
	command(t, 0, &made, "backup", "--data", data, "--to", to, "--passphrase-file", pass)
	if made.Events == 0 || made.Key == "" || strings.Contains(made.Key, "abab") {
		t.Fatalf("%+v", made)
	}
	from := filepath.Join(to, made.Name)
	var done restoredView
	command(t, 0, &done, "restore", from, "--data", back, "--passphrase-file", pass)
	if done.Events != made.Events || !done.Key {
		t.Errorf("%+v", done)
	}
	if got, err := os.ReadFile(filepath.Join(back, keyFile)); err != nil || !bytes.Equal(got, key) {
		t.Errorf("the key file: %q, %v", got, err)
	}
	if text := command(t, 1, nil, "restore", from, "--data", back); !strings.Contains(text, "--replace") {
		t.Errorf("over a database that is there: %s", text)
	}
	command(t, 0, &done, "restore", from, "--data", back, "--replace")
	if done.Aside == "" {
		t.Errorf("%+v", done)
	}
	var was, is struct{ Events int64 }
	command(t, 0, &was, "rebuild", "--data", data)
	command(t, 0, &is, "rebuild", "--data", back)
	if is.Events != was.Events+1 { // sending was paused: a setting was saved
		t.Errorf("%d events, want %d and one more", is.Events, was.Events)
	}
	if err := os.WriteFile(pass, []byte("another sentence\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text := command(t, 1, nil, "restore", from, "--data", t.TempDir(), "--passphrase-file", pass); !strings.Contains(text, "passphrase") {
		t.Errorf("the wrong passphrase: %s", text)
	}
}

// TestPicturesComeBackByHand: pictures go along with a backup and come back with it;
// one that is damaged meanwhile stays behind, and its place says so.
func TestPicturesComeBackByHand(t *testing.T) {
	data, to := t.TempDir(), t.TempDir()
	command(t, 0, nil, "simulate", "--data", data, "--groups", "1", "--members", "5", "--days", "3")
	var sums []string
	shown := [][]byte{[]byte("\x89PNG\r\n\x1a\nthe first"), []byte("\x89PNG\r\n\x1a\nthe second")}
	files := &media.Files{Folder: filepath.Join(data, "media")}
	db, err := store.Open(t.Context(), filepath.Join(data, "qunying.db"))
	if err != nil {
		t.Fatal(err)
	}
	for n, bytesOf := range shown {
		i := media.Item{Community: community.DefaultID, Seq: community.Seq(n + 1), Group: 1, Content: community.Image, State: media.Waiting}
		if _, err := files.Put(t.Context(), i.Community, bytes.NewReader(bytesOf), 1000, nil, func(s media.Stored) error {
			sums = append(sums, s.Sum)
			return db.Write(t.Context(), func(tx *store.Tx) error {
				if err := media.Want(tx, i.Community, []media.Item{i}); err != nil {
					return err
				}
				i.State, i.Sum, i.Type, i.Bytes = media.Kept, s.Sum, s.Type, s.Bytes
				_, err := media.Note(tx, i)
				return err
			})
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	var made struct{ Name string }
	command(t, 0, &made, "backup", "--data", data, "--to", to)
	bring := func(pictures int) (folder, words string) {
		t.Helper()
		folder = filepath.Join(t.TempDir(), "back")
		var done restoredView
		words = command(t, 0, &done, "restore", filepath.Join(to, made.Name), "--data", folder)
		if done.Pictures != pictures || done.Damaged != len(shown)-pictures {
			t.Errorf("%d pictures are back and %d damaged, want %d: %s", done.Pictures, done.Damaged, pictures, words)
		}
		db, err := store.Open(t.Context(), filepath.Join(folder, "qunying.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := db.Read(t.Context(), func(q store.Querier) error {
			needed, err := media.Needed(t.Context(), q, community.DefaultID, sums)
			if len(needed) != len(sums) {
				t.Errorf("the database knows of %v", needed)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return folder, words
	}
	at := func(folder, sum string) string { return filepath.Join(folder, "media", "1", sum[:2], sum) }
	folder, _ := bring(2)
	for n, sum := range sums {
		if is, err := os.ReadFile(at(folder, sum)); err != nil || !bytes.Equal(is, shown[n]) {
			t.Errorf("picture %d: %q, %v", n, is, err)
		}
	}
	spoilt := at(to, sums[0])
	if err := os.Remove(spoilt); err != nil { // it may be the very file of the data folder
		t.Fatal(err)
	}
	if err := os.WriteFile(spoilt, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	folder, _ = bring(1)
	if _, err := os.Stat(at(folder, sums[0])); !os.IsNotExist(err) {
		t.Errorf("the damaged picture is there: %v", err)
	}
	if _, err := os.Stat(at(folder, sums[1])); err != nil {
		t.Error(err)
	}
}

// TestDoctor: a healthy installation passes, and each thing that is wrong is told
// with what to do.
func TestDoctor(t *testing.T) {
	var found struct{ Findings []api.Finding }
	state := func(check string) string {
		for _, f := range found.Findings {
			if f.Check == check {
				if f.State != api.Good && f.Hint == "" {
					t.Errorf("%s is wrong, and nothing says what to do: %+v", check, f)
				}
				return f.State
			}
		}
		return ""
	}
	language := "en"
	visit := func(data string, want int) {
		t.Helper()
		found.Findings = nil
		command(t, want, &found, "doctor", "--data", data, "--listen", "127.0.0.1:0", "--language", language)
		for _, f := range found.Findings {
			if f.Text == "" || strings.ContainsAny(f.Text, "{}") || language == "zh-CN" && !strings.ContainsFunc(f.Text, func(r rune) bool { return r > 0x2e80 }) {
				t.Errorf("in %s: %+v", language, f)
			}
		}
	}
	visit(filepath.Join(t.TempDir(), "nowhere"), 1)
	if state("folder") != api.Bad || state("database") != api.Bad {
		t.Errorf("%+v", found.Findings)
	}
	data := t.TempDir()
	if err := os.Chmod(data, 0o700); err != nil {
		t.Fatal(err)
	}
	command(t, 0, nil, "simulate", "--data", data, "--groups", "1", "--members", "5", "--days", "3")
	if err := os.WriteFile(filepath.Join(data, keyFile), []byte(strings.Repeat("ab", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	visit(data, 0)
	for check, want := range map[string]string{"folder": api.Good, "key": api.Good, "zone": api.Good, "port": api.Good, "database": api.Good, "parked": api.Good, "clock": api.Good, "backup": api.Watch} {
		if got := state(check); got != want {
			t.Errorf("%s is %q, want %q: %+v", check, got, want, found.Findings)
		}
	}
	unreachable(t, data)
	visit(data, 1)
	if state("contacts") != api.Bad {
		t.Errorf("with another key file: %+v", found.Findings)
	}
	mended(t, data)
	command(t, 0, nil, "backup", "--data", data)
	visit(data, 0)
	if state("backup") != api.Good {
		t.Errorf("after a backup: %+v", found.Findings)
	}
	if err := os.Chmod(filepath.Join(data, keyFile), 0o644); err != nil {
		t.Fatal(err)
	}
	visit(data, 1)
	if state("key") != api.Bad {
		t.Errorf("others can read the key: %+v", found.Findings)
	}
	if err := os.WriteFile(filepath.Join(data, keyFile), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	visit(data, 1)
	if state("key") != api.Bad {
		t.Errorf("the key is damaged: %+v", found.Findings)
	}
	language = "zh-CN"
	file := filepath.Join(data, "qunying.db")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := 40_000; i < len(content); i += 4096 { // into the middle of many pages
		copy(content[i:], "nonsense")
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	visit(data, 1)
	if state("database") != api.Bad {
		t.Errorf("a damaged database: %+v", found.Findings)
	}
}

// unreachable adds a colleague whose contact was sealed with a key that is not there.
func unreachable(t *testing.T, data string) {
	t.Helper()
	other, err := seal.Open(filepath.Join(t.TempDir(), keyFile))
	if err != nil {
		t.Fatal(err)
	}
	inDatabase(t, data, func(m *machine) error {
		var who community.StaffID
		if err := m.db.Write(t.Context(), func(tx *store.Tx) (err error) {
			who, err = team.Add(t.Context(), tx, team.Staff{Name: "li", Role: "owner", Password: "x", CreatedAt: time.Now()})
			return err
		}); err != nil {
			return err
		}
		contact := map[string]string{"wecom": other.Seal("lisi", fmt.Sprintf("1/%s%d/wecom", engine.ContactKey, who)), "language": "en"}
		return m.engine.SaveSetting(t.Context(), 1, 0, fmt.Sprint(engine.ContactKey, who), contact, 0, who)
	})
}

// mended types the contact anew.
func mended(t *testing.T, data string) {
	t.Helper()
	inDatabase(t, data, func(m *machine) error {
		return m.engine.SaveContact(t.Context(), 1, 1, engine.StaffContact{"wecom": "lisi"}, 1, 1)
	})
}

// inDatabase opens the database of a data folder for a while.
func inDatabase(t *testing.T, data string, do func(m *machine) error) {
	t.Helper()
	m, err := (&place{Data: data}).open(t.Context(), slog.New(slog.DiscardHandler), true)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(do(m), m.close()); err != nil {
		t.Fatal(err)
	}
}
