package main

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// row is a text that somebody judged.
type row struct {
	text      string
	bad       bool
	weight    float64
	shapeless bool // its shape says nothing: parts of it were removed
	copied    int  // 1 and the number of the row of which it is a copy; 0: of none
}

// readCSV reads a table of label and text with a line of headings.
func readCSV(path string) ([]row, error) {
	var out []row
	err := open(path, func(r io.Reader) error {
		c := csv.NewReader(r)
		c.FieldsPerRecord, c.LazyQuotes = 2, true
		all, err := c.ReadAll()
		if err != nil {
			return err
		}
		for _, f := range all[1:] {
			out = append(out, row{text: f[1], bad: f[0] == "1", weight: 1})
		}
		return nil
	})
	return out, err
}

// readLines reads a text a line, all with the same label.
func readLines(path string, bad bool) ([]row, error) {
	var out []row
	err := open(path, func(r io.Reader) error {
		s := bufio.NewScanner(r)
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			if line := strings.TrimSpace(s.Text()); line != "" {
				out = append(out, row{text: line, bad: bad, weight: 1})
			}
		}
		return s.Err()
	})
	return out, err
}

func open(path string, read func(io.Reader) error) error {
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	return read(z)
}
