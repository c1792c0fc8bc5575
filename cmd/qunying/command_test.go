package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"qunying/internal/testdb"
)

// outcome is what a run of the program left behind.
type outcome struct {
	code   int
	stdout string
	stderr string
}

func program(t *testing.T, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), args, &stdout, &stderr)
	return outcome{code, stdout.String(), stderr.String()}
}

// object runs a command with --json: it must print one object and nothing else.
func object(t *testing.T, args ...string) map[string]any {
	t.Helper()
	o := program(t, args...)
	if o.code != 0 {
		t.Fatalf("%v: exit %d\n%s", args, o.code, o.stderr)
	}
	d := json.NewDecoder(strings.NewReader(o.stdout))
	v := map[string]any{}
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v: %v in %q", args, err, o.stdout)
	}
	if d.More() {
		t.Fatalf("%v: more than one object: %q", args, o.stdout)
	}
	return v
}

// expect compares some of an object's fields.
func expect(t *testing.T, got map[string]any, want map[string]any) {
	t.Helper()
	for k, v := range want {
		if fmt.Sprint(got[k]) != fmt.Sprint(v) {
			t.Errorf("%s is %v, want %v", k, got[k], v)
		}
	}
}

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const chat = "time,sender,text\n2020-01-01 10:00:00,小李,你好\n2020-01-01 10:00:05,小王,在吗\nnonsense,小李,x\n2020-01-02 10:00:00,小李,再见\n"

func TestImportOnBoth(t *testing.T) {
	for _, on := range []struct {
		name string
		args func(t *testing.T) []string
	}{
		{"sqlite", func(t *testing.T) []string { return []string{"--json", "--data", t.TempDir()} }},
		{"postgres", func(t *testing.T) []string {
			return []string{"--json", "--data", t.TempDir(), "--database", testdb.Postgres(t)}
		}},
	} {
		t.Run(on.name, func(t *testing.T) { testImport(t, on.args(t)) })
	}
}

func testImport(t *testing.T, place []string) {
	do := func(args ...string) map[string]any { return object(t, slices.Concat(args, place)...) }
	path := file(t, "读书会.csv", chat)
	span := map[string]any{"from": "2020-01-01T10:00:00+08:00", "to": "2020-01-02T10:00:00+08:00", "members": 2, "gaps": []any{}, "groups": []any{"读书会"}}

	dry := do("import", "--dry-run", path)
	expect(t, dry, span)
	expect(t, dry, map[string]any{"imported": 3, "rejected": 1, "dry_run": true})
	first := do("import", path)
	expect(t, first, span)
	expect(t, first, map[string]any{"imported": 3, "duplicates": 0, "rejected": 1})
	for _, k := range []string{"imported", "duplicates", "rejected", "members", "from", "to", "gaps"} {
		if v, ok := first[k]; !ok || v == nil {
			t.Errorf("there is no %s in %v", k, first)
		}
	}
	rejects, ok := first["rejects"].([]any)
	if !ok || len(rejects) != 1 {
		t.Fatalf("rejects files %v", first["rejects"])
	}
	kept, err := os.ReadFile(rejects[0].(string))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"读书会.csv", ",4,", "nonsense", "小李", "the time is not understood"} {
		if !strings.Contains(string(kept), part) {
			t.Errorf("there is no %q in the rejects file:\n%s", part, kept)
		}
	}
	// From another folder it is the same group.
	again := do("import", file(t, "读书会.csv", chat))
	expect(t, again, span)
	expect(t, again, map[string]any{"imported": 0, "duplicates": 3, "rejected": 1})

	table := file(t, "table.csv", "when,who,what\n2021-05-01 08:00:00,li,a\n2021-05-01 08:00:01,hua,b\n")
	expect(t, do("import", "--group", "英语角", "--map", "time=when,sender=who,text=what", table),
		map[string]any{"imported": 2, "rejected": 0, "groups": []any{"英语角"}})
	expect(t, do("rebuild"), map[string]any{"events": 5})
}

func TestDryRunWritesNothing(t *testing.T) {
	data := t.TempDir()
	object(t, "import", "--json", "--data", data, "--dry-run", file(t, "a.csv", chat))
	expect(t, object(t, "import", "--json", "--data", data, "--dry-run", "--roster", "--group", "新群", file(t, "names.txt", "小李\n小王\n")),
		map[string]any{"members": 2, "dry_run": true, "groups": []any{"新群"}})
	if _, err := os.Stat(filepath.Join(data, "rejects")); err == nil {
		t.Error("a rejects file was written")
	}
	expect(t, object(t, "rebuild", "--json", "--data", data), map[string]any{"events": 0})
	// A group that the dry run had made would be met here: its name is new.
	expect(t, object(t, "import", "--json", "--data", data, "--roster", "--group", "新群", "--at", "2020-01-01 08:00", file(t, "names.txt", "小李\n小王\n")),
		map[string]any{"imported": 1, "members": 2})
	expect(t, object(t, "rebuild", "--json", "--data", data), map[string]any{"events": 1})
}

func TestMemberLists(t *testing.T) {
	data := t.TempDir()
	list := func(at, names string) map[string]any {
		return object(t, "import", "--json", "--data", data, "--roster", "--group", "读书会", "--at", at, file(t, "names.txt", names))
	}
	first := list("2026-01-01 08:00", "小李\n小王\n阿花\n")
	expect(t, first, map[string]any{"members": 3, "from": "2026-01-01T08:00:00+08:00"})
	if first["joined"] != nil || first["left"] != nil {
		t.Errorf("the first list: %v", first)
	}
	expect(t, list("2026-01-08 08:00", "小李\n阿花\n小张\n小赵\n"), map[string]any{"members": 4, "joined": 2, "left": 1})
	if again := list("2026-01-08 08:00", "小李\n阿花\n小张\n小赵\n"); again["joined"] != nil || again["left"] != nil {
		t.Errorf("the same list again: %v", again)
	}
	third := program(t, "import", "--data", data, "--roster", "--group", "读书会", "--at", "2026-01-15 08:00", file(t, "names.txt", "小李\n阿花\n阿强\n"))
	if want := "1 member list of 读书会 taken in: 3 people on 2026-01-15T08:00:00+08:00; 1 joined, 2 left since the list before\n"; third.code != 0 || third.stdout != want {
		t.Errorf("exit %d, %q, want %q", third.code, third.stdout, want)
	}
	expect(t, object(t, "rebuild", "--json", "--data", data), map[string]any{"events": 3})
}

func TestSimulateTwice(t *testing.T) {
	data := t.TempDir()
	args := []string{"simulate", "--json", "--data", data, "--groups", "3", "--members", "10", "--days", "5", "--end", "2026-01-31"}
	first := object(t, args...)
	if n, ok := first["events"].(float64); !ok || n < 10 {
		t.Errorf("%v", first)
	}
	expect(t, object(t, args...), map[string]any{"events": 0, "groups": 3})
	expect(t, object(t, "rebuild", "--json", "--data", data), map[string]any{"events": first["events"]})
}

// What goes wrong is said in a sentence with a hint, on stderr; on stdout only for
// programs, as one object.
func TestRefusals(t *testing.T) {
	data, path := t.TempDir(), file(t, "a.csv", chat)
	folder := file(t, "not-a-folder", "")
	for name, args := range map[string][]string{
		"unknown format":     {"import", "--format", "morse", path},
		"not understood":     {"import", file(t, "a.bin", "\x00\x01\x02\x03")},
		"missing file":       {"import", filepath.Join(data, "missing.csv")},
		"missing list":       {"import", "--roster", "--group", "a", filepath.Join(data, "missing.txt")},
		"a folder":           {"import", t.TempDir()},
		"bad zone":           {"import", "--zone", "Mars/Olympus", path},
		"bad map":            {"import", "--map", "colour=red", path},
		"bad time":           {"import", "--roster", "--group", "a", "--at", "noon", path},
		"list without group": {"import", "--roster", path},
		"no file":            {"import"},
		"unreadable folder":  {"import", "--data", filepath.Join(folder, "data"), path},
		"no such database":   {"import", "--database", "postgres://nobody@127.0.0.1:1/none", path},
		"no groups":          {"simulate", "--groups", "0"},
		"bad end":            {"simulate", "--end", "yesterday"},
		"bad proxy":          {"serve", "--proxies", "everyone"},
		"bad address":        {"serve", "--listen", "256.0.0.1:99999"},
		"unknown command":    {"fly"},
	} {
		t.Run(name, func(t *testing.T) {
			if !slices.Contains(args, "--data") && args[0] != "fly" {
				args = append(args, "--data", data)
			}
			o := program(t, args...)
			if o.code == 0 || o.stdout != "" {
				t.Errorf("exit %d, on stdout %q", o.code, o.stdout)
			}
			said, hint, _ := strings.Cut(o.stderr, "\n  → ")
			if !strings.Contains(said, "qunying: ") || hint == "" {
				t.Errorf("stderr has no sentence with a hint:\n%s", o.stderr)
			}
			forPrograms := program(t, append(args, "--json")...)
			if forPrograms.code != o.code {
				t.Errorf("exit %d, with --json %d", o.code, forPrograms.code)
			}
			var told struct{ Error, Code, Hint string }
			d := json.NewDecoder(strings.NewReader(forPrograms.stdout))
			d.DisallowUnknownFields()
			if err := d.Decode(&told); err != nil || d.More() {
				t.Fatalf("not one object: %q, %v", forPrograms.stdout, err)
			}
			if told.Code == "" || told.Hint == "" || !strings.Contains(forPrograms.stderr, told.Error) {
				t.Errorf("%+v, in words\n%s", told, forPrograms.stderr)
			}
		})
	}
	expect(t, object(t, "rebuild", "--json", "--data", data), map[string]any{"events": 0})
}

// Who interrupts an import is told what stays and how to go on.
func TestStoppedImport(t *testing.T) {
	data, path := t.TempDir(), file(t, "a.csv", chat)
	object(t, "import", "--json", "--data", data, path)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for _, args := range [][]string{{}, {"--dry-run"}, {"--roster", "--group", "a"}} {
		var stdout, stderr bytes.Buffer
		args = append([]string{"import", "--json", "--data", data, path}, args...)
		code := run(ctx, args, &stdout, &stderr)
		var told struct{ Error, Code, Hint string }
		if err := json.Unmarshal(stdout.Bytes(), &told); code != 1 || err != nil || told.Code != "unavailable" ||
			!strings.HasPrefix(told.Error, "stopped; ") || !strings.HasPrefix(told.Hint, "run the same command again") {
			t.Errorf("%v: exit %d, %v, %s%s", args, code, err, &stdout, &stderr)
		}
	}
	some := (&importCmd{}).stopped(importReport{Imported: 7, Duplicates: 5}, ctx.Err())
	if want := "stopped; what was imported stays: 7 rows, and 5 were there already"; !strings.HasPrefix(some.Error(), want) {
		t.Errorf("%q, want %q", some, want)
	}
	expect(t, object(t, "import", "--json", "--data", data, path), map[string]any{"imported": 0, "duplicates": 3})
}

func TestVersion(t *testing.T) {
	if o := program(t, "version"); o.code != 0 || o.stdout != "qunying "+version+"\n" {
		t.Errorf("exit %d, %q", o.code, o.stdout)
	}
	expect(t, object(t, "version", "--json", "--data", t.TempDir()), map[string]any{"version": version})
}
