package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRunCountsEveryStage(t *testing.T) {
	cases := []struct {
		name   string
		stages []string
		want   string // the end of the output
		ok     bool
	}{
		{"all is well", []string{"check:one=true", "check:two=true"}, "\n2 passed, 0 failed\n", true},
		{"the next stage runs all the same", []string{"check:one=echo why; false", "check:two=true"},
			"FAIL one\nwhy\nok   two\n\nfailed: one\n1 passed, 1 failed\n", false},
		{"a check that cannot be made", []string{"check:one=true", "check:net=echo no network; exit 77"},
			"ok   one\n\nskipped: net: no network\n1 passed, 0 failed\n", true},
		{"nothing to count", []string{`go:none=true`}, "failed: none: no test ran\n0 passed, 1 failed\n", false},
		{"failing without a failed test", []string{`go:odd=echo '{"Action":"pass","Package":"p","Test":"T"}'; echo '{"Action":"pass","Package":"p"}'; exit 3`},
			"failed: odd: exit status 3\n1 passed, 1 failed\n", false},
		{"no report", []string{"vitest:web=true"}, "no such file or directory\n0 passed, 1 failed\n", false},
		{"a report that is none", []string{"playwright:web=echo nothing > $REPORT"}, "0 passed, 1 failed\n", false},
		{"a report", []string{`vitest:web=echo '{"testResults":[{"assertionResults":[{"status":"passed"}]}]}' > $REPORT`},
			"== web\n\n1 passed, 0 failed\n", true},
		{"a report of no tests", []string{`vitest:web=echo '{}' > $REPORT`}, "failed: web: no test ran\n0 passed, 1 failed\n", false},
	}
	took := regexp.MustCompile(`(?m)^\w+ took \d+\.\d s\n`)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			stages, err := parseStages(c.stages)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			if ok := run(stages, &out); ok != c.ok {
				t.Errorf("ok = %v, want %v", ok, c.ok)
			}
			if got := took.ReplaceAllString(out.String(), ""); !strings.HasSuffix(got, c.want) {
				t.Errorf("got %q, want it to end with %q", got, c.want)
			}
		})
	}
}

func TestParseStagesRefuses(t *testing.T) {
	for _, args := range [][]string{nil, {"check"}, {"check=true"}, {"check:=true"}, {"check:x="}, {"pytest:x=true"}} {
		if _, err := parseStages(args); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}

func TestReadGo(t *testing.T) {
	cases := []struct {
		name   string
		events string // ACTION PACKAGE TEST OUTPUT, or a line as it is
		want   tally
		output string
	}{
		{
			"a test with subtests counts through them",
			"pass p T/a\npass p T/b\npass p T\npass p U\npass p",
			tally{passed: 3}, "ok   p\t0.0s\t3 tests\n",
		},
		{
			"a failing subtest counts once",
			"output p T/a bad\nfail p T/a\npass p T/b\nfail p T\nfail p",
			tally{passed: 1, failed: []string{"p T/a"}}, "FAIL p T\nFAIL p T/a\nbad\nFAIL p\n",
		},
		{
			"a test that fails beside its subtests counts",
			"pass p T/a\nfail p T\nfail p",
			tally{passed: 1, failed: []string{"p T"}}, "FAIL p T\nFAIL p\n",
		},
		{
			"the output of what passed is not shown",
			"output p T noise\npass p T\npass p",
			tally{passed: 1}, "ok   p\t0.0s\t1 tests\n",
		},
		{
			"skipped, and why",
			"output p T === RUN\noutput p T t.go:3: no data\nskip p T\npass p",
			tally{skipped: []string{"p T: t.go:3: no data"}}, "ok   p\t0.0s\t0 tests\n",
		},
		{
			"ended in the middle of a test",
			"run p T\noutput p T waiting\nfail p",
			tally{failed: []string{"p T"}}, "FAIL p T\nwaiting\nFAIL p\n",
		},
		{
			"the events end in the middle",
			"pass p T\nrun p U",
			tally{passed: 1, failed: []string{"p U"}}, "FAIL p U\nFAIL p\n",
		},
		{
			"does not build",
			`{"Action":"build-output","ImportPath":"p","Output":"p.go:1: no\n"}` + "\noutput p  build failed\nfail p",
			tally{failed: []string{"p"}}, "p.go:1: no\nFAIL p\nbuild failed\n",
		},
		{"no tests", "skip p", tally{}, ""},
		{"the go command itself", "go: no such module", tally{}, "go: no such module\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			got, err := readGo(strings.NewReader(events(c.events)), &out)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(tally{})); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(c.output, out.String()); diff != "" {
				t.Errorf("output (-want +got)\n%s", diff)
			}
		})
	}
}

// events writes the short form of the cases as JSON.
func events(short string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(short, "\n") {
		f := append(strings.SplitN(line, " ", 4), "", "", "")
		switch f[0] {
		case "run", "output", "pass", "fail", "skip":
			if f[3] != "" {
				f[3] += `\n`
			}
			fmt.Fprintf(&b, `{"Action":%q,"Package":%q,"Test":%q,"Output":"%s"}`+"\n", f[0], f[1], f[2], f[3])
		default:
			fmt.Fprintln(&b, line)
		}
	}
	return b.String()
}

func TestReadReports(t *testing.T) {
	vitest, err := readVitest([]byte(`{"testResults": [
		{"name": "a.test.ts", "status": "failed", "assertionResults": [
			{"fullName": "adds", "status": "passed"},
			{"fullName": "divides", "status": "failed"},
			{"fullName": "later", "status": "todo"}]},
		{"name": "b.test.ts", "status": "failed", "message": "cannot load", "assertionResults": []}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := tally{passed: 1, failed: []string{"divides", "b.test.ts"}, skipped: []string{"later"}}
	if diff := cmp.Diff(want, vitest, cmp.AllowUnexported(tally{})); diff != "" {
		t.Errorf("vitest (-want +got)\n%s", diff)
	}

	playwright, err := readPlaywright([]byte(`{"suites": [{"title": "a.spec.ts",
		"specs": [{"title": "opens", "tests": [
			{"projectName": "wide", "status": "expected"}, {"projectName": "phone", "status": "unexpected"}]}],
		"suites": [{"title": "signed in", "specs": [
			{"title": "reads", "tests": [{"status": "flaky", "results": [
				{"error": {"message": "\u001b[2mnot\u001b[22m there\n  at y", "location": {"line": 12}}}, {}]}]},
			{"title": "writes", "tests": [{"status": "skipped"}]}]}]}],
		"errors": [{"message": "no server\n  at x"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want = tally{
		passed:  2,
		again:   []string{"a.spec.ts › signed in › reads: line 12: not there"},
		failed:  []string{"[phone] a.spec.ts › opens", "no server"},
		skipped: []string{"a.spec.ts › signed in › writes"},
	}
	if diff := cmp.Diff(want, playwright, cmp.AllowUnexported(tally{})); diff != "" {
		t.Errorf("playwright (-want +got)\n%s", diff)
	}
}
