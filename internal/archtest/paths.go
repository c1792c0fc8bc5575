package archtest

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
)

// machinePath finds the folders of somebody's own machine. What stands before
// tells them from a part of an address (https://example.org/work/) and of a
// relative path. They are put together here, or this file would be found.
var machinePath = regexp.MustCompile(`(^|[^\w.-])/` + `(work|root)/`)

// made are the folders that building fills; .gitignore names them too.
var made = []string{".git", ".cache", "bin", "data", "node_modules", "dist", "test-results", "playwright-report"}

// MachinePaths returns the places in text files that speak of a path which
// exists on one machine only.
func MachinePaths(root fs.FS) ([]Finding, error) {
	var found []Finding
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains(made, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() || path.Base(name) == ".git" { // a linked work tree has a file .git
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		if bytes.IndexByte(text[:min(len(text), 8000)], 0) >= 0 {
			return nil // not a text
		}
		n := 0
		for line := range bytes.Lines(text) {
			n++
			if m := machinePath.Find(line); m != nil {
				found = append(found, Finding{name, n, fmt.Sprintf("%q is a path of one machine", bytes.TrimSpace(m))})
			}
		}
		return nil
	})
	return found, err
}
