package transcript

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
)

var update = flag.Bool("update", false, "write the expected records of testdata anew")

// goldenInputs are the files below testdata that are exports. Next to each are
// its records, one a line, and the column map if it needs one.
func goldenInputs(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/*/*")
	if err != nil {
		t.Fatal(err)
	}
	paths = slices.DeleteFunc(paths, func(p string) bool {
		return strings.HasSuffix(p, ".records.jsonl") || strings.HasSuffix(p, ".map") ||
			strings.HasPrefix(p, "testdata/roster/") || strings.HasPrefix(p, "testdata/fuzz/")
	})
	if len(paths) == 0 {
		t.Fatal("testdata holds no exports")
	}
	return paths
}

func goldenOptions(t testing.TB, path string) Options {
	t.Helper()
	opts := Options{Zone: shanghai(t)}
	if b, err := os.ReadFile(path + ".map"); err == nil {
		if opts.Map, err = ParseMap(strings.TrimSpace(string(b))); err != nil {
			t.Fatal(err)
		}
	}
	return opts
}

// outcome is what reading gave, in order.
type outcome struct {
	rows []any // Record or *RowError
	end  error
}

func (o outcome) records() []Record {
	var out []Record
	for _, r := range o.rows {
		if r, ok := r.(Record); ok {
			out = append(out, r)
		}
	}
	return out
}

func readBytes(name string, data []byte, opts Options) outcome {
	tr, err := OpenReader(name, bytes.NewReader(data), opts)
	if err != nil {
		return outcome{end: err}
	}
	return outcomeOf(tr)
}

func outcomeOf(tr *Transcript) outcome {
	var o outcome
	for r, err := range tr.Records() {
		var row *RowError
		switch {
		case err == nil:
			o.rows = append(o.rows, r)
		case errors.As(err, &row):
			o.rows = append(o.rows, row)
		default:
			o.end = err
		}
	}
	return o
}

func (o outcome) lines(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	for _, r := range o.rows {
		j, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(j)
		b.WriteByte('\n')
	}
	if o.end != nil {
		fmt.Fprintf(&b, "end: %v\n", o.end)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	for _, path := range goldenInputs(t) {
		t.Run(strings.TrimPrefix(path, "testdata/"), func(t *testing.T) {
			tr, err := Open(path, goldenOptions(t, path))
			if err != nil {
				t.Fatal(err)
			}
			got := outcomeOf(tr).lines(t)
			golden := path + ".records.jsonl"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("records differ (-want +got):\n%s", diff)
			}
		})
	}
}

// mayEndOpen says that the last record of a cut file of this format may have the
// beginning of its text only.
func mayEndOpen(format string) bool {
	return format == "qq-text" || format == "irc" || format == "memotrace-text"
}

// checkCut asserts that the outcome of a cut file is a prefix of the whole one's.
func checkCut(t *testing.T, format string, whole, cut outcome, n int) {
	t.Helper()
	want, got := whole.records(), cut.records()
	if len(got) > len(want) {
		t.Fatalf("cut at %d: %d records of %d", n, len(got), len(want))
	}
	for i := range got {
		w, g := want[i], got[i]
		if format == "irc" { // its group stands in lines that may be cut off
			w.GroupName, g.GroupName = "", ""
		}
		if i == len(got)-1 && mayEndOpen(format) && strings.HasPrefix(w.Text, g.Text) && w.Kind == community.MessagePosted {
			// What follows from the text goes with it.
			w.Text, w.Raw, w.Mentions, w.MentionAll, w.Content = g.Text, g.Raw, g.Mentions, g.MentionAll, g.Content
		}
		if diff := cmp.Diff(w, g); diff != "" {
			t.Fatalf("cut at %d: record %d is wrong (-want +got):\n%s", n, i, diff)
		}
	}
	if len(got) < len(want) && cut.end == nil && !mayEndOpen(format) && !endsBetweenRows(whole, cut) {
		t.Fatalf("cut at %d: %d of %d records and not a word about it", n, len(got), len(want))
	}
}

// endsBetweenRows reports that the file was cut where one row ends and the next
// begins, which in a table nobody can see.
func endsBetweenRows(whole, cut outcome) bool {
	if len(cut.rows) == 0 {
		return true
	}
	if _, bad := cut.rows[len(cut.rows)-1].(*RowError); bad {
		return true
	}
	return cmp.Equal(whole.rows[:len(cut.rows)], cut.rows)
}

func TestCutAtEveryByte(t *testing.T) {
	for _, path := range goldenInputs(t) {
		t.Run(strings.TrimPrefix(path, "testdata/"), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			opts := goldenOptions(t, path)
			name := filepath.Base(path)
			tr, err := OpenReader(name, bytes.NewReader(data), opts)
			if err != nil {
				t.Fatal(err)
			}
			whole := outcomeOf(tr)
			for n := range data {
				checkCut(t, tr.Format(), whole, readBytes(name, data[:n], opts), n)
			}
		})
	}
}

func TestCutGzipAlwaysTells(t *testing.T) {
	for _, path := range goldenInputs(t) {
		t.Run(strings.TrimPrefix(path, "testdata/"), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			opts, name := goldenOptions(t, path), filepath.Base(path)
			whole := readBytes(name, data, opts)
			packed := gzipped(t, data)
			if got := readBytes(name+".gz", packed, opts); got.lines(t) != whole.lines(t) {
				t.Fatal("compressed and plain differ")
			}
			for n := range packed {
				cut := readBytes(name+".gz", packed[:n], opts)
				if cut.end == nil {
					t.Fatalf("cut at %d: no error", n)
				}
				var e *community.Error
				if !errors.As(cut.end, &e) || e.Code != community.Invalid {
					t.Fatalf("cut at %d: %v is not an Invalid error", n, cut.end)
				}
				got, want := cut.records(), whole.records()
				if len(got) > len(want) {
					t.Fatalf("cut at %d: more records", n)
				}
				for i := range got {
					g, w := got[i], want[i]
					if opts.Group == "" && g.Network == IRC {
						g.GroupName, w.GroupName = "", ""
					}
					if diff := cmp.Diff(w, g); diff != "" {
						t.Fatalf("cut at %d: %s", n, diff)
					}
				}
			}
		})
	}
}

func gzipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.Copy(z, bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
