package transcript

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A last row without a line break may be cut in a plain file. An archive's sums
// and lengths prove that it is not.
func TestTheLastRowOfAnArchiveIsWhole(t *testing.T) {
	for name, text := range map[string]string{
		"a.csv":          "time,sender,text\n2024-05-01 08:00:00,li,a\n2024-05-01 08:00:05,li,b",
		"b.csv":          "time,sender,text\n2024-05-01 08:00:00,li,a\n2024-05-01 08:00:05,li,\"b\"",
		"a.tsv":          "time\tsender\ttext\n2024-05-01 08:00:00\tli\ta\n2024-05-01 08:00:05\tli\tb",
		"留痕.txt":         "2024-05-01 08:00:00 li\na\n\n2024-05-01 08:00:05 li\nb",
		"2024-05-01.log": "[08:00] <li> a\n[08:01] * li b",
	} {
		t.Run(name, func(t *testing.T) {
			opts := Options{Zone: time.UTC}
			plain := readBytes(name, []byte(text), opts)
			if got := plain.records(); plain.end != nil || len(got) != 1 || len(plain.rows) == len(got) {
				t.Errorf("plain: %d records of %d rows, %v", len(got), len(plain.rows), plain.end)
			}
			if e, _ := plain.rows[len(plain.rows)-1].(*RowError); e == nil || !e.Last {
				t.Errorf("plain: the last row is refused with %+v", e)
			}
			opts.Whole = true
			if got := readBytes(name, []byte(text), opts).records(); len(got) != 2 || got[1].Text != "b" {
				t.Errorf("plain, and a person says that it is whole: %+v", got)
			}
			opts.Whole = false
			for kind, data := range map[string][]byte{
				name + ".gz": gzipped(t, []byte(text)), "x.zip": zipped(t, file{name, text}),
				"x.tar": tarred(t, file{name, text}), "x.tgz": gzipped(t, tarred(t, file{name, text})),
			} {
				records, rejects, err := readFile(t, writeTemp(t, kind, data), opts)
				if err != nil || len(rejects) > 0 || len(records) != 2 || records[1].Text != "b" {
					t.Errorf("%s: %+v, %v, %v", kind, records, rejects, err)
				}
			}
		})
	}
}

// Saying that a table is whole changes what becomes of the row that is refused as its
// last, and nothing else: not of a row with too few columns or an open quote, either.
func TestSayingWholeTakesOnlyTheLastRow(t *testing.T) {
	const table = "time,sender,text\n2024-05-01 08:00:00,li,a\n"
	for cut, text := range map[string]string{
		"in the columns": table + "2024-05-01 08:00:05,li", "in a quote": table + "2024-05-01 08:00:05,li,\"b", "between rows": table,
	} {
		before, said := readBytes("a.csv", []byte(text), Options{Zone: time.UTC}), readBytes("a.csv", []byte(text), Options{Zone: time.UTC, Whole: true})
		if len(said.records()) != 1 || len(before.records()) != 1 {
			t.Errorf("cut %s: %+v", cut, said.records())
		}
		for _, row := range before.rows {
			if e, _ := row.(*RowError); e != nil && e.Last {
				t.Errorf("cut %s: %v is offered", cut, e)
			}
		}
	}
	for _, path := range goldenInputs(t) {
		if ext := filepath.Ext(path); ext != ".csv" && ext != ".tsv" {
			continue // brackets tell; in running text the line belongs to the message before it
		}
		t.Run(strings.TrimPrefix(path, "testdata/"), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			opts, name := goldenOptions(t, path), filepath.Base(path)
			said := opts
			said.Whole = true
			for n := max(0, len(data)-300); n < len(data); n++ { // the end is enough: TestCutAtEveryByte has the rest
				before, with := readBytes(name, data[:n], opts).records(), readBytes(name, data[:n], said)
				after := with.records()
				if len(after) < len(before) {
					t.Fatalf("cut at %d: %d records, %d when it is said to be whole", n, len(before), len(after))
				}
				for i := range before {
					if diff := cmp.Diff(before[i], after[i]); diff != "" {
						t.Fatalf("cut at %d (-before +said):\n%s", n, diff)
					}
				}
				for _, row := range with.rows {
					if e, _ := row.(*RowError); e != nil && e.Last {
						t.Fatalf("cut at %d: still %v", n, e)
					}
				}
			}
		})
	}
}

func TestEndedEndsWhatIsThere(t *testing.T) {
	for _, text := range []string{"", "a", "a\nb", "a\n"} {
		want := text
		if text != "" {
			want += "\n\n"
		}
		if err := iotest.TestReader(&ended{r: strings.NewReader(text)}, []byte(want)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// In an archive of one channel's logs, those that do not name it belong to it; of
// several channels nobody knows.
func TestLogsOfOneChannel(t *testing.T) {
	const first, second, third = "2010-03-04.txt", "2010-03-05.txt", "2010-03-06.txt"
	const names, silent = "=== li has joined #Ubuntu\n[08:00] <li> a\n", "[08:00] <li> b\n"
	other := strings.ReplaceAll(names, "#Ubuntu", "#debian")
	for _, c := range []struct {
		name  string
		opts  Options
		files []file
		want  []string
	}{
		{"the first names it", Options{}, []file{{first, names}, {second, silent}}, []string{"#ubuntu", "#ubuntu", "#ubuntu"}},
		{"nobody said the group", Options{Group: "logs", Guessed: true}, []file{{first, names}, {second, silent}}, []string{"#ubuntu", "#ubuntu", "#ubuntu"}},
		{"a person said it", Options{Group: "mine"}, []file{{first, names}, {second, silent}}, []string{"#ubuntu", "#ubuntu", "mine"}},
		{"two are named", Options{}, []file{{first, names}, {second, other}, {third, silent}}, []string{"#ubuntu", "#ubuntu", "#debian", "#debian", "all"}},
		{"none is named", Options{Group: "logs", Guessed: true}, []file{{first, silent}}, []string{"logs"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.opts.Zone = time.UTC
			records, rejects, err := readFile(t, writeTemp(t, "all.tar.gz", gzipped(t, tarred(t, c.files...))), c.opts)
			if err != nil || len(rejects) > 0 {
				t.Fatalf("%v, %v", rejects, err)
			}
			var got []string
			for _, r := range records {
				got = append(got, r.GroupName)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("groups (-want +got):\n%s", diff)
			}
		})
	}
}

func TestClocksWithoutAmAndPm(t *testing.T) {
	const half = 12 * time.Hour
	for _, c := range []struct {
		name   string
		clocks string
		want   string
		exact  time.Duration // of the last
	}{
		{"noon", "11:50 0:05", "04 11:50, 04 12:05", half},
		{"noon written as 12", "12:50 1:05", "04 12:50, 04 13:05", half},
		{"midnight, as 13:00 comes later", "11:50 0:05 13:00", "04 11:50, 05 00:05, 05 13:00", time.Minute},
		{"midnight, as it shows 12 and 0", "12:20 0:05", "04 12:20, 05 00:05", time.Minute},
		{"midnight", "23:50 0:05", "04 23:50, 05 00:05", time.Minute},
		{"a line out of order", "12:20 12:19", "04 12:20, 04 12:19", time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			var text strings.Builder
			for clock := range strings.FieldsSeq(c.clocks) {
				text.WriteString("[" + clock + "] <li> a\n")
			}
			o := readBytes("2010-03-04.txt", []byte(text.String()), Options{Zone: time.UTC})
			var got []string
			list := o.records()
			for _, r := range list {
				got = append(got, r.At.Format("02 15:04"))
			}
			if s := strings.Join(got, ", "); s != c.want || list[len(list)-1].Precision != c.exact {
				t.Errorf("%s within %v, want %s within %v", s, list[len(list)-1].Precision, c.want, c.exact)
			}
		})
	}
}
