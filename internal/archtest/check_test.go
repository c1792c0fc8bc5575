package archtest

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// sample is a small order with everything that a rule can say.
var sample = Rules{
	Module: "m",
	Layers: []Layer{
		{Name: "ground", Packages: []string{"ground/..."}, Reason: "ground", Bans: []Ban{{Imports: []string{notStandard}, Reason: "alone"}}},
		{
			Name: "domain", Packages: []string{"red/...", "blue/..."}, May: []string{"ground"}, InTests: []string{"bench"},
			Apart: true, Reason: "apart",
			Bans: []Ban{
				{Imports: []string{"database/sql/...", "net", "lib.org/driver/..."}, Reason: "no wires"},
				{Uses: []string{"time.Now", "time.Sleep"}, Reason: "no clock"},
			},
		},
		{Name: "wires", Packages: []string{"wire/*/..."}, May: []string{"ground"}, Apart: true, Reason: "one wire"},
		{Name: "bench", Packages: []string{"bench"}, Reason: "tests"},
		{Name: "top", Packages: []string{"top/..."}, May: []string{"ground", "domain", "wires"}, Reason: "top"},
	},
	Soles: []Sole{{"lib.org/loader/...", "wire/two", "it may crash"}},
	Names: []string{"util"},
	Inits: map[string]string{"top": "registers"},
}

// good keeps every rule of sample.
func good() map[string]string {
	return map[string]string{
		"ground/a.go":         `package ground; import "time"; var _ = time.Now`,
		"ground/a_test.go":    `package ground; import _ "lib.org/check"`,
		"red/a.go":            `package red; import ("m/ground"; "m/red/deep"; "net/url"; "time"); var _ = time.UTC; func f() { ground.F() }`,
		"red/a_test.go":       `package red_test; import ("m/bench"; "net"; "time"); func f() { time.Sleep(1) }`,
		"red/deep/a.go":       `package deep; import "m/red"`,
		"blue/a.go":           `package blue; import "lib.org/driven"`,
		"wire/one/a.go":       `package one; import "m/wire/one/codec"`,
		"wire/one/codec/a.go": `package codec`,
		"wire/two/a.go":       `package two; import ("lib.org/loader/v2"; "net")`,
		"wire/two/a_test.go":  `package two; import _ "lib.org/loader"`,
		"wire/one/a_test.go":  `package one; import _ "lib.org/loader"`,
		"bench/a.go":          `package bench`,
		"top/a.go":            `package top; import ("m/red"; "m/wire/two"); func init() {}; type t struct{}; func (t) init() {}`,
		"top/testdata/a.go":   `not Go`,
		"side/go.mod":         `module side`,
		"side/a.go":           `package util`,
		"node_modules/x/a.go": `package util`,
	}
}

func TestCheck(t *testing.T) {
	cases := []struct {
		name string
		file string
		text string // replaces the file; "" removes it
		want []string
	}{
		{name: "all is well"},
		{"up", "ground/a.go", `package ground; import "m/red"`, []string{"ground/a.go:1: ground must not import red: ground"}},
		{"sideways", "red/a.go", `package red; import "m/blue"`, []string{"red/a.go:1: red must not import blue: apart"}},
		{"sideways from below", "red/deep/a.go", "package deep\n\nimport \"m/blue\"", []string{"red/deep/a.go:3: red/deep must not import blue: apart"}},
		{"sideways in a test", "red/a_test.go", `package red_test; import "m/blue"`, []string{"red/a_test.go:1: red must not import blue: apart"}},
		{"sideways among folders of one pattern", "wire/two/a.go", `package two; import ("lib.org/loader"; "m/wire/one/codec")`, []string{"wire/two/a.go:1: wire/two must not import wire/one/codec: one wire"}},
		{"tests only", "red/a.go", `package red; import "m/bench"`, []string{"red/a.go:1: red must not import bench: only its tests may"}},
		{"not even in tests", "blue/a_test.go", `package blue; import "m/top"`, []string{"blue/a_test.go:1: blue must not import top: apart"}},
		{"outside library", "ground/a.go", `package ground; import "lib.org/x"`, []string{"ground/a.go:1: ground must not import lib.org/x: alone"}},
		{"driver", "red/a.go", `package red; import _ "lib.org/driver/v2"`, []string{"red/a.go:1: red must not import lib.org/driver/v2: no wires"}},
		{"driver of the standard library", "red/a.go", `package red; import "database/sql"`, []string{"red/a.go:1: red must not import database/sql: no wires"}},
		{"another's alone", "wire/one/a.go", `package one; import "lib.org/loader"`, []string{"wire/one/a.go:1: wire/one must not import lib.org/loader, which wire/two alone may: it may crash"}},
		{"an import alone that nobody has", "wire/two/a.go", `package two; import "net"`, []string{"rules: wire/two may import lib.org/loader/... and does not: remove the rule"}},
		{"clock called", "red/a.go", "package red\nimport \"time\"\nfunc f() { _ = time.Now() }", []string{"red/a.go:3: red must not use time.Now: no clock"}},
		{"clock handed on", "red/a.go", `package red; import "time"; var now = time.Now`, []string{"red/a.go:1: red must not use time.Now: no clock"}},
		{"clock renamed", "red/a.go", `package red; import clock "time"; var now = clock.Now`, []string{"red/a.go:1: red must not use time.Now: no clock"}},
		{"clock with a dot", "red/a.go", `package red; import . "time"; var now = Now`, []string{"red/a.go:1: red must not import time with a dot: the check cannot see what is used"}},
		{"another's Now", "red/a.go", `package red; import "m/ground"; var now = ground.Now`, nil},
		{"a method Now", "red/a.go", `package red; import "time"; func f(s struct{ Now time.Time }) any { return s.Now }`, nil},
		{"a file for another system", "red/a.go", "//go:build plan9\n\npackage red\n\nimport \"m/blue\"", []string{"red/a.go:5: red must not import blue: apart"}},
		{"no layer", "new/a.go", `package new; import "m/top"`, []string{"new/a.go:1: new is in no layer: give it a place in the rules, and say why"}},
		{"a name that says nothing", "red/util/a.go", `package util`, []string{`red/util/a.go:1: a package named "util" does not say what it is for: name it for what it holds`}},
		{"init", "red/a.go", `package red; func init() {}`, []string{"red/a.go:1: func init works before anybody asked: let main, or the test, call it"}},
		{"an exception that nobody needs", "top/a.go", `package top`, []string{"rules: top may have func init and has none: remove the exception"}},
		{"a layer that is gone", "bench/a.go", "", []string{`rules: layer "bench" holds no package: remove it, or mark it Later`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			files := good()
			switch {
			case c.text != "":
				files[c.file] = c.text
			case c.file != "":
				delete(files, c.file)
			}
			check(t, files, sample, c.want)
		})
	}
}

func TestCheckOfTheRulesThemselves(t *testing.T) {
	change := func(f func(*Layer)) Rules {
		r := sample
		r.Layers = append([]Layer{}, sample.Layers...)
		f(&r.Layers[1])
		return r
	}
	check(t, good(), change(func(l *Layer) { l.Later = true }),
		[]string{`rules: layer "domain" has its first package: remove its mark Later`})
	check(t, good(), change(func(l *Layer) { l.May = []string{"ground", "cellar"} }),
		[]string{`rules: layer "domain" names layer "cellar", which is not there`})
	check(t, good(), change(func(l *Layer) { l.Reason = "" }),
		[]string{`rules: layer "domain" has no reason`})
	check(t, good(), change(func(l *Layer) { l.Bans = []Ban{{Imports: []string{"net/smtp"}}} }),
		[]string{`rules: a ban of layer "domain" has no reason`})
}

// A file that cannot be read must not count as one that keeps the rules.
func TestCheckRefusesWhatIsNotGo(t *testing.T) {
	files := good()
	files["red/a.go"] = "packet red"
	if _, err := Check(tree(files), sample); err == nil {
		t.Error("no error for a file that does not parse")
	}
}

// Every ban of the real rules bites.
func TestEveryBanOfQunying(t *testing.T) {
	for _, l := range Qunying.Layers {
		folder := strings.ReplaceAll(strings.TrimSuffix(l.Packages[0], "/..."), "*", "any")
		for _, b := range l.Bans {
			for _, pattern := range b.Imports {
				path := strings.TrimSuffix(pattern, "/...")
				if pattern == notStandard {
					path = "example.org/lib"
				}
				wantOne(t, folder, `package x; import _ "`+path+`"`)
			}
			for _, use := range b.Uses {
				wantOne(t, folder, `package x; import "time"; var x = `+use)
			}
		}
	}
}

// wantOne expects exactly one finding in a folder's only file.
func wantOne(t *testing.T, folder, text string) {
	t.Helper()
	found, err := Check(tree(map[string]string{folder + "/a.go": text}), Qunying)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range found {
		if f.File != "" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%s in %s: %d findings, want 1", text, folder, n)
	}
}

func TestMachinePaths(t *testing.T) {
	// Put together, so that this file is not found itself.
	work, home := "/"+"work/", "/"+"root/"
	files := map[string]string{
		"a.md":               "one\nsee " + work + "main\n",
		"b.sh":               "cd " + home + "x",
		"c.json":             `{"path":"` + work + `x"}`,
		"d.md":               "https://example.org" + work + "x, ../" + "work/, ./" + "root/x, network" + work,
		"picture.png":        "\x00" + work,
		"node_modules/x.js":  work,
		".git/config":        work,
		"web/dist/bundle.js": " " + work,
		"web/e2e/.hidden":    "\n\n\t" + work,
	}
	found, err := MachinePaths(tree(files))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		got = append(got, strings.SplitN(f.String(), ": ", 2)[0])
	}
	if diff := cmp.Diff([]string{"a.md:2", "b.sh:1", "c.json:1", "web/e2e/.hidden:3"}, got); diff != "" {
		t.Error(diff)
	}
}

func check(t *testing.T, files map[string]string, r Rules, want []string) {
	t.Helper()
	found, err := Check(tree(files), r)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		got = append(got, f.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func tree(files map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}
