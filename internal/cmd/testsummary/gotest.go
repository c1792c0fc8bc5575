package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// goEvent is one line of go test -json (go doc test2json), or of the build
// before it (go help buildjson).
type goEvent struct {
	Action     string
	Package    string
	Test       string
	Elapsed    float64 // seconds
	Output     string
	ImportPath string // of what is being built
}

// goTest is one test, subtest or, with an empty name, the package around them.
type goTest struct {
	action string // pass, fail or skip; "" while it runs
	output strings.Builder
}

// runGo runs go test -json.
func runGo(s stage, out io.Writer) (tally, error) {
	cmd := shell(s, out)
	cmd.Stdout = nil
	events, err := cmd.StdoutPipe()
	if err != nil {
		return tally{}, err
	}
	cmd.Stderr = os.Stderr // what is downloaded, while it is
	if err := cmd.Start(); err != nil {
		return tally{}, err
	}
	t, readErr := readGo(events, out)
	return t, errors.Join(readErr, cmd.Wait())
}

// readGo reads the events of go test -json to their end. It prints a line for
// every package as soon as its tests are over, and the output of those that
// failed.
func readGo(events io.Reader, out io.Writer) (tally, error) {
	var all tally
	packages := map[string]map[string]*goTest{}
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e goEvent
			switch {
			case json.Unmarshal(line, &e) != nil, e.Action == "":
				fmt.Fprintf(out, "%s", line) // the go command speaking for itself
			case e.Action == "build-output":
				fmt.Fprint(out, e.Output)
			case e.Package != "":
				if done := note(packages, e); done != nil {
					all.add(finish(e, done, out))
					delete(packages, e.Package)
				}
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return all, err
		}
	}
	// The go command was ended in the middle.
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		all.add(finish(goEvent{Action: "fail", Package: name}, packages[name], out))
	}
	return all, nil
}

// note files an event away and returns the package's tests when it is over.
func note(packages map[string]map[string]*goTest, e goEvent) map[string]*goTest {
	tests := packages[e.Package]
	if tests == nil {
		tests = map[string]*goTest{}
		packages[e.Package] = tests
	}
	t := tests[e.Test]
	if t == nil {
		t = &goTest{}
		tests[e.Test] = t
	}
	switch e.Action {
	case "output":
		t.output.WriteString(e.Output)
	case "pass", "fail", "skip":
		t.action = e.Action
		if e.Test == "" {
			return tests
		}
	}
	return nil
}

// finish counts and prints the tests of a package. A test with subtests counts
// through them, unless it failed by itself.
func finish(end goEvent, tests map[string]*goTest, out io.Writer) tally {
	var t tally
	parents, failing := map[string]bool{}, map[string]bool{}
	for name, test := range tests {
		// A panic or the time limit ends a package before its tests could say how they went.
		if test.action == "" && end.Action == "fail" {
			test.action = "fail"
		}
		for i, c := range name {
			if c == '/' {
				parents[name[:i]] = true
				failing[name[:i]] = failing[name[:i]] || test.action == "fail"
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		test := tests[name]
		if name == "" {
			continue
		}
		full := end.Package + " " + name
		switch test.action {
		case "fail":
			fmt.Fprintf(out, "FAIL %s\n%s", full, test.output.String())
			if !failing[name] {
				t.failed = append(t.failed, full)
			}
		case "skip":
			if !parents[name] {
				t.skipped = append(t.skipped, full+reason(test.output.String()))
			}
		case "pass":
			if !parents[name] {
				t.passed++
			}
		}
	}
	switch {
	case end.Action == "fail":
		fmt.Fprintf(out, "FAIL %s\n%s", end.Package, tests[""].text())
		if len(t.failed) == 0 { // it did not build, or failed around its tests
			t.failed = append(t.failed, end.Package)
		}
	case len(tests) > 1:
		fmt.Fprintf(out, "ok   %s\t%.1fs\t%d tests\n", end.Package, end.Elapsed, t.passed)
	}
	return t
}

func (t *goTest) text() string {
	if t == nil {
		return ""
	}
	return t.output.String()
}

// reason finds in a test's output why it was skipped.
func reason(output string) string {
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			return ": " + line
		}
	}
	return ""
}
