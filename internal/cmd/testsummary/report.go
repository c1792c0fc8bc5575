package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// readVitest reads Vitest's JSON report, which has the shape of Jest's.
func readVitest(text []byte) (tally, error) {
	var report struct {
		TestResults []struct {
			Name             string
			Status           string
			Message          string
			AssertionResults []struct {
				FullName string
				Status   string // passed, failed, skipped, pending, todo
			}
		}
	}
	if err := json.Unmarshal(text, &report); err != nil {
		return tally{}, err
	}
	var t tally
	for _, file := range report.TestResults {
		failed := false
		for _, a := range file.AssertionResults {
			switch a.Status {
			case "passed":
				t.passed++
			case "failed":
				t.failed = append(t.failed, a.FullName)
				failed = true
			default:
				t.skipped = append(t.skipped, a.FullName)
			}
		}
		if file.Status == "failed" && !failed { // it could not be loaded
			t.failed = append(t.failed, file.Name)
		}
	}
	return t, nil
}

// playwrightSuite is a file or a describe block of Playwright's JSON report.
type playwrightSuite struct {
	Title  string
	Suites []playwrightSuite
	Specs  []struct {
		Title string
		Tests []struct {
			ProjectName string
			Status      string // expected, unexpected, flaky, skipped
			Results     []struct{ Error *playwrightError }
		}
	}
}

type playwrightError struct {
	Message  string
	Location *struct{ Line int }
}

// colours are what Playwright writes for terminals.
var colours = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// String is the error's first line with the line of the test it came from.
func (e *playwrightError) String() string {
	first, _, _ := strings.Cut(colours.ReplaceAllString(e.Message, ""), "\n")
	if e.Location != nil {
		first = fmt.Sprintf("line %d: %s", e.Location.Line, first)
	}
	return first
}

// readPlaywright reads Playwright's JSON report. A test that passed only when it
// was tried again is told apart, with what went wrong before.
func readPlaywright(text []byte) (tally, error) {
	var report struct {
		Suites []playwrightSuite
		Errors []playwrightError
	}
	if err := json.Unmarshal(text, &report); err != nil {
		return tally{}, err
	}
	var t tally
	for _, s := range report.Suites {
		s.count(nil, &t)
	}
	for _, e := range report.Errors {
		t.failed = append(t.failed, e.String())
	}
	return t, nil
}

func (s playwrightSuite) count(above []string, t *tally) {
	path := append(above[:len(above):len(above)], s.Title)
	for _, spec := range s.Specs {
		for _, test := range spec.Tests {
			name := strings.Join(append(path[:len(path):len(path)], spec.Title), " › ")
			if test.ProjectName != "" {
				name = fmt.Sprintf("[%s] %s", test.ProjectName, name)
			}
			why := name
			for _, r := range test.Results {
				if r.Error != nil {
					why += ": " + r.Error.String()
					break
				}
			}
			switch test.Status {
			case "expected":
				t.passed++
			case "flaky":
				t.passed++
				t.again = append(t.again, why)
			case "skipped":
				t.skipped = append(t.skipped, name)
			default:
				t.failed = append(t.failed, why)
			}
		}
	}
	for _, sub := range s.Suites {
		sub.count(path, t)
	}
}
