package main

import (
	"encoding/json"
	"fmt"
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
		}
	}
}

// readPlaywright reads Playwright's JSON report. A test that passed only when it
// was tried again has failed.
func readPlaywright(text []byte) (tally, error) {
	var report struct {
		Suites []playwrightSuite
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal(text, &report); err != nil {
		return tally{}, err
	}
	var t tally
	for _, s := range report.Suites {
		s.count(nil, &t)
	}
	for _, e := range report.Errors {
		first, _, _ := strings.Cut(e.Message, "\n")
		t.failed = append(t.failed, first)
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
			switch test.Status {
			case "expected":
				t.passed++
			case "skipped":
				t.skipped = append(t.skipped, name)
			default:
				t.failed = append(t.failed, name)
			}
		}
	}
	for _, sub := range s.Suites {
		sub.count(path, t)
	}
}
