// Testsummary runs the stages of a test run one after the other, shows what
// fails, and ends with one line that counts all of them:
//
//	testsummary check:format='…' go:unit='go test -json ./...' vitest:web='…'
//
// A stage is KIND:NAME=COMMAND, the command for sh. The kind says how its
// results are read: check by its exit status alone, go from the JSON events on
// its standard output, vitest and playwright from the JSON report that the
// command writes to the file $REPORT. A failing stage does not keep the next
// from running, and a check that leaves with status 77 counts as skipped. The exit
// status is 1 when anything failed.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// tally is the outcome of some tests.
type tally struct {
	passed  int
	failed  []string // their names
	skipped []string // their names with the reason, if one was given
	again   []string // of those that passed, the names of those that did only when tried again
}

func (t *tally) add(u tally) {
	t.passed += u.passed
	t.failed = append(t.failed, u.failed...)
	t.skipped = append(t.skipped, u.skipped...)
	t.again = append(t.again, u.again...)
}

// stage is one command whose results count.
type stage struct {
	kind, name, command string
}

// kinds are the ways to run a stage and read its results. An error means that
// the stage did not go well, whatever its results say.
var kinds = map[string]func(s stage, out io.Writer) (tally, error){
	"check":      runCheck,
	"go":         runGo,
	"vitest":     func(s stage, out io.Writer) (tally, error) { return runReport(s, out, readVitest) },
	"playwright": func(s stage, out io.Writer) (tally, error) { return runReport(s, out, readPlaywright) },
}

func main() {
	stages, err := parseStages(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "testsummary:", err)
		os.Exit(2)
	}
	if !run(stages, os.Stdout) {
		os.Exit(1)
	}
}

func parseStages(args []string) ([]stage, error) {
	var stages []stage
	for _, a := range args {
		head, command, ok := strings.Cut(a, "=")
		kind, name, ok2 := strings.Cut(head, ":")
		if !ok || !ok2 || name == "" || command == "" {
			return nil, fmt.Errorf("%q is not of the form KIND:NAME=COMMAND", a)
		}
		if kinds[kind] == nil {
			return nil, fmt.Errorf("%q is not a kind of stage: check, go, vitest or playwright", kind)
		}
		stages = append(stages, stage{kind, name, command})
	}
	if len(stages) == 0 {
		return nil, fmt.Errorf("no stages: KIND:NAME=COMMAND …")
	}
	return stages, nil
}

// run runs the stages and reports whether nothing failed.
func run(stages []stage, out io.Writer) bool {
	var all tally
	for _, s := range stages {
		began := time.Now()
		if s.kind != "check" {
			fmt.Fprintf(out, "== %s\n", s.name)
		}
		t, err := kinds[s.kind](s, out)
		switch {
		case err != nil && len(t.failed) == 0:
			t.failed = append(t.failed, fmt.Sprintf("%s: %v", s.name, err))
		case err == nil && t.passed+len(t.failed)+len(t.skipped) == 0:
			t.failed = append(t.failed, s.name+": no test ran")
		}
		fmt.Fprintf(out, "%s took %.1f s\n", s.name, time.Since(began).Seconds())
		all.add(t)
	}
	summarise(all, out)
	return len(all.failed) == 0
}

// summarise lists what was skipped, what had to be tried again and what failed; the
// last line is the count.
func summarise(all tally, out io.Writer) {
	fmt.Fprintln(out)
	slices.Sort(all.skipped)
	for _, s := range all.skipped {
		fmt.Fprintf(out, "skipped: %s\n", s)
	}
	for _, a := range all.again {
		fmt.Fprintf(out, "passed when tried again: %s\n", a)
	}
	for _, f := range all.failed {
		fmt.Fprintf(out, "failed: %s\n", f)
	}
	fmt.Fprintf(out, "%d passed, %d failed\n", all.passed, len(all.failed))
}

// shell prepares a stage's command. Errors go where the output goes, so that
// both stay in order.
func shell(s stage, out io.Writer) *exec.Cmd {
	cmd := exec.Command("sh", "-c", s.command)
	cmd.Stdout, cmd.Stderr = out, out
	return cmd
}

// skipStatus is the exit status of a check that could not be made.
const skipStatus = 77

// runCheck counts the command as one test and shows its output when it fails.
func runCheck(s stage, out io.Writer) (tally, error) {
	var text bytes.Buffer
	err := shell(s, &text).Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		fmt.Fprintf(out, "ok   %s\n", s.name)
		return tally{passed: 1}, nil
	case errors.As(err, &exit) && exit.ExitCode() == skipStatus:
		return tally{skipped: []string{s.name + reason(text.String())}}, nil
	}
	fmt.Fprintf(out, "FAIL %s\n%s", s.name, text.String())
	return tally{failed: []string{s.name}}, nil
}

// runReport runs a command that prints for people and leaves a report in $REPORT.
func runReport(s stage, out io.Writer, read func([]byte) (tally, error)) (tally, error) {
	folder, err := os.MkdirTemp("", "testsummary")
	if err != nil {
		return tally{}, err
	}
	defer func() {
		if err := os.RemoveAll(folder); err != nil {
			fmt.Fprintf(out, "testsummary: %v\n", err)
		}
	}()
	report := filepath.Join(folder, "report.json")
	cmd := shell(s, out)
	cmd.Env = append(os.Environ(), "REPORT="+report)
	runErr := cmd.Run()
	text, err := os.ReadFile(report)
	if err != nil {
		if runErr != nil {
			return tally{}, runErr
		}
		return tally{}, fmt.Errorf("no report: %w", err)
	}
	t, err := read(text)
	if err != nil {
		return tally{}, fmt.Errorf("report: %w", err)
	}
	return t, runErr
}
