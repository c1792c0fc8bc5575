package transcript

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
)

const smallTSV = "time\tname\ttext\n1588291203\tli\ta\n1588291204\tli\tb\n"

type file struct{ name, content string }

func writeTemp(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipped(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.Create(f.name)
		if err == nil {
			_, err = io.WriteString(w, f.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tarred(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		err := w.WriteHeader(&tar.Header{Name: f.name, Size: int64(len(f.content)), Mode: 0o600, Typeflag: tar.TypeReg})
		if err == nil {
			_, err = io.WriteString(w, f.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestContainersGiveEveryMember(t *testing.T) {
	files := []file{
		{"readme.md", "nothing to see"},
		{"chat/.DS_Store", "x"},
		{"chat/群一.tsv", smallTSV},
		{"chat/log-2010-03-04.txt", "[22:01] <li> c\n"},
		{"chat/packed.tsv.gz", string(gzipped(t, []byte(smallTSV)))},
		{"chat/empty.tsv", ""},
	}
	for name, data := range map[string][]byte{
		"all.zip": zipped(t, files...), "all.tar": tarred(t, files...), "all.tar.gz": gzipped(t, tarred(t, files...)), "all.tgz": gzipped(t, tarred(t, files...)),
	} {
		t.Run(name, func(t *testing.T) {
			tr, err := Open(writeTemp(t, name, data), Options{Zone: time.UTC})
			if err != nil {
				t.Fatal(err)
			}
			if tr.Format() != "tsv" {
				t.Errorf("format %s", tr.Format())
			}
			records, rejects, end := drain(tr)
			if end != nil {
				t.Fatal(end)
			}
			var got []string
			for _, r := range records {
				got = append(got, r.GroupName+":"+r.Text)
			}
			if diff := cmp.Diff([]string{"群一:a", "群一:b", "all:c", "packed:a", "packed:b"}, got); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
			if len(rejects) != 2 || rejects[0].File != "readme.md" || rejects[1].File != "chat/empty.tsv" {
				t.Errorf("rejects: %v", rejects)
			}
			want := []FileInfo{{"chat/群一.tsv", "tsv", 2, 0}, {"chat/log-2010-03-04.txt", "irc", 1, 0}, {"chat/packed.tsv", "tsv", 2, 0}}
			if diff := cmp.Diff(want, tr.Files()); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			if done, total := tr.Progress(); done != total || total != int64(len(data)) {
				t.Errorf("progress %d of %d", done, total)
			}
		})
	}
}

func TestCutContainersTell(t *testing.T) {
	files := []file{{"a.tsv", smallTSV}, {"b.tsv", smallTSV}}
	for name, data := range map[string][]byte{"x.zip": zipped(t, files...), "x.tgz": gzipped(t, tarred(t, files...))} {
		path := writeTemp(t, name, nil)
		for n := range data {
			if err := os.WriteFile(path, data[:n], 0o600); err != nil {
				t.Fatal(err)
			}
			records, _, err := readFile(t, path, Options{})
			if community.CodeOf(err) != community.Invalid {
				t.Fatalf("%s cut at %d: %v", name, n, err)
			}
			if len(records) > 4 {
				t.Fatalf("%s cut at %d: %d records", name, n, len(records))
			}
		}
	}
}

// dense is a file that unfolds to n bytes.
func dense(n int) []byte {
	var b strings.Builder
	b.WriteString("time\tname\ttext\n")
	for line := "1588291203\tli\t" + strings.Repeat("x", 4000) + "\n"; b.Len() < n; {
		b.WriteString(line)
	}
	return []byte(b.String())
}

func TestBombsAreRefused(t *testing.T) {
	plain := dense(ratioFrom + 4<<20)
	packed := gzipped(t, plain)
	for _, c := range []struct {
		name, want string
		data       []byte
		opts       Options
	}{
		{"ratio.tsv.gz", "200 times", packed, Options{}},
		{"size.tsv.gz", "unfolds to more than 1000000 bytes", packed, Options{MaxBytes: 1e6}},
		{"ratio.zip", "200 times", zipped(t, file{"a.tsv", string(plain)}), Options{}},
		{"raised.tsv.gz", "", packed, Options{MaxRatio: 1e6}},
		{"plain.tsv", "", plain[:1<<20], Options{MaxBytes: 1000}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := readFile(t, writeTemp(t, c.name, c.data), c.opts)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.want != "" && (community.CodeOf(err) != community.Invalid || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestOpenRefusesWhatNobodyUnderstands(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"prose.txt":   {[]byte("Once upon a time\nthere was a group.\n"), "not understood"},
		"empty.txt":   {nil, "empty"},
		"binary.bin":  {[]byte{0, 1, 2, 3, 0xFF, 0xFE, 0, 0}, "not understood"},
		"other.csv":   {[]byte("a,b,c\n1,2,3\n"), "not understood"},
		"nothing.zip": {zipped(t, file{"x.md", "# x"}), "not understood"},
		"bare.zip":    {zipped(t), "no files"},
		"book.xlsx":   {zipped(t, file{"xl/workbook.xml", "<x/>"}), "spreadsheet"},
	} {
		t.Run(name, func(t *testing.T) {
			tr, err := Open(writeTemp(t, name, c.data), Options{})
			if tr != nil && err == nil {
				t.Fatalf("opened as %s", tr.Format())
			}
			var e *community.Error
			if !errors.As(err, &e) || !strings.Contains(e.Text, c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if strings.Contains(c.want, "understood") && !strings.Contains(e.Hint, "qq-text") {
				t.Errorf("hint %q does not list the formats", e.Hint)
			}
		})
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none"), Options{}); community.CodeOf(err) != community.NotFound {
		t.Errorf("missing file: %v", err)
	}
	if _, err := Open(t.TempDir(), Options{}); community.CodeOf(err) != community.Invalid {
		t.Errorf("folder: %v", err)
	}
	if _, err := OpenReader("x", strings.NewReader("x"), Options{Format: "nope"}); community.CodeOf(err) != community.Invalid {
		t.Errorf("unknown format: %v", err)
	}
}

func TestStem(t *testing.T) {
	for file, want := range map[string]string{
		"a/b.txt.gz": "b", `C:\chats\群 1.0.CSV`: "群 1.0", "li.wang.csv": "li.wang", "2004-11-15_03.raw.txt": "2004-11-15_03", ".txt": ".txt", "x": "x",
	} {
		if got := stem(file); got != want {
			t.Errorf("stem(%q) = %q, want %q", file, got, want)
		}
	}
}

func TestWallClocksNeedAZone(t *testing.T) {
	const chat = "time\tname\ttext\n2020-05-01 08:00:00\tli\ta\n"
	o := readBytes("x.tsv", []byte(chat), Options{})
	if community.CodeOf(o.end) != community.Invalid || !strings.Contains(o.end.Error(), "time zone") {
		t.Errorf("without a zone: %v", o.end)
	}
	if o := readBytes("x.tsv", []byte(smallTSV), Options{}); o.end != nil || len(o.rows) != 2 {
		t.Errorf("instants need no zone: %v", o.end)
	}
}

func TestForcedFormatMustFit(t *testing.T) {
	for _, f := range Formats() {
		o := readBytes("x", []byte("this is none of them\n"), Options{Format: f, Zone: time.UTC})
		if len(o.records()) > 0 || o.end == nil && len(o.rows) == 0 {
			t.Errorf("%s: %+v", f, o)
		}
	}
}

func TestReadingStopsWhenAsked(t *testing.T) {
	for _, path := range goldenInputs(t) {
		tr, err := Open(path, goldenOptions(t, path))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for range tr.Records() {
			n++
			break
		}
		if n != 1 {
			t.Errorf("%s: %d rows", path, n)
		}
		for _, err := range tr.Records() {
			if community.CodeOf(err) != community.Invalid {
				t.Errorf("%s: second reading: %v", path, err)
			}
		}
	}
}

func TestRawIsBounded(t *testing.T) {
	long := strings.Repeat("长", 5000)
	csv := "time,name,text\n1588291203,li," + long + "\n1588291203,li,\"" + long + "\n" + long + "\"\nbad,li," + long + "\n"
	o := readBytes("x.csv", []byte(csv), Options{})
	if len(o.rows) != 3 {
		t.Fatalf("%d rows", len(o.rows))
	}
	for _, row := range o.rows {
		raw := ""
		switch row := row.(type) {
		case Record:
			raw = row.Raw
			if len(row.Text) < len(long) {
				t.Errorf("the text is cut to %d bytes", len(row.Text))
			}
		case *RowError:
			raw = row.Raw
		}
		if raw == "" || len(raw) > maxRaw || strings.Contains(raw, "\uFFFD") {
			t.Errorf("raw of %d bytes", len(raw))
		}
	}
}

func TestOverlongRowsAreRejectedAndReadingGoesOn(t *testing.T) {
	huge := strings.Repeat("x", maxRow+10)
	for name, text := range map[string]string{
		"x.tsv":          "time\tname\ttext\n1588291203\tli\t" + huge + "\n1588291204\tli\tb\n",
		"x.csv":          "time,name,text\n1588291203,li,\"open " + strings.Repeat(huge[:1000]+"\n", maxRow/1000+2) + "1588291204,li,b\n",
		"x.jsonl":        `{"time":1588291204,"name":"li","text":"a"}` + "\n" + huge + "\n" + `{"time":1588291204,"name":"li","text":"b"}` + "\n",
		"2020-05-01.log": "[10:00] <li> " + huge + "\n[10:01] <li> b\n",
		"qq.txt":         "2020-05-01 8:00:00 li(10001)\na\n\n2020-05-01 8:00:01 li(10001)\n" + huge + "\n\n2020-05-01 8:00:02 li(10001)\nb\n\n",
	} {
		opts := Options{Zone: time.UTC}
		if strings.HasSuffix(name, ".log") {
			opts.Format = "irc"
		}
		o := readBytes(name, []byte(text), opts)
		got := o.records()
		if o.end != nil || len(got) == 0 || got[len(got)-1].Text != "b" || len(got) == len(o.rows) {
			t.Errorf("%s: %d records of %d rows, %v", name, len(got), len(o.rows), o.end)
		}
	}
}

// endless gives a table's rows without end.
type endless struct {
	row  []byte
	left int
	pos  int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := copy(p, e.row[e.pos:])
	if e.pos += n; e.pos == len(e.row) {
		e.pos = 0
	}
	e.left -= n
	return n, nil
}

func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	row := []byte("2020-05-01T08:00:00Z\tli\t" + strings.Repeat("x", 100) + "\n")
	const rows = 500_000
	tr, err := OpenReader("x.tsv", io.MultiReader(strings.NewReader("time\tname\ttext\n"), &endless{row: row, left: rows * len(row)}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	var most, before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for _, err := range tr.Records() {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == rows-1 {
			runtime.GC()
			runtime.ReadMemStats(&most)
		}
	}
	if n != rows {
		t.Fatalf("%d rows", n)
	}
	if grown := int64(most.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("the heap grew by %d bytes over %d bytes of text", grown, rows*len(row))
	}
}

// A table whose last column is the time shows that its last row is whole; any
// other may end in half a text. Cutting it anywhere still gives nothing wrong.
func TestALastRowWithoutALineBreak(t *testing.T) {
	const memotrace = "localId,TalkerId,Type,SubType,IsSender,CreateTime,Status,StrContent,StrTime\n" +
		"1,7,1,0,1,1609254801,0,早,2020-12-29 23:13:21\n2,7,1,0,1,1609254802,0,\"说\"\"好\"\"\",2020-12-29 23:13:22"
	for _, c := range []struct {
		name, text string
		records    int
	}{
		{"memotrace.csv", memotrace, 2},
		{"seconds.csv", "name,text,time\nli,a,1588291203\nli,b,1588291204", 2},
		{"milliseconds.tsv", "name\ttext\ttime\nli\ta\t1588291203123\nli\tb\t1588291204123", 2},
		{"quoted.csv", "name,text,time\nli,a,\"2020-05-01T08:00:00.123+08:00\"\nli,b,\"2020-05-01T08:00:01.123+08:00\"", 2},
		{"unlike.csv", "name,text,time\nli,a,1588291203123\nli,b,1588291204", 1}, // cut, or of another exactness
		{"short.csv", "name,text,time\nli,a,2020-05-01 8:00\nli,b,2020-05-01 8:00", 1},
		{"alone.csv", "name,text,time\nli,b,1588291204", 0},
		{"text.csv", "time,name,text\n1588291203,li,a\n1588291204,li,b", 1},
		{"closed.csv", "time,name,text\n1588291203,li,a\n1588291204,li,\"b\"", 1}, // or the half of \"b\"\"c\"
	} {
		opts := Options{Zone: time.UTC}
		if whole := readBytes(c.name, []byte(c.text), opts); len(whole.records()) != c.records {
			t.Errorf("%s: %d records of %d rows, want %d, %v", c.name, len(whole.records()), len(whole.rows), c.records, whole.end)
		}
		ended := readBytes(c.name, []byte(c.text+"\n"), opts)
		for n := range len(c.text) + 1 {
			cut := readBytes(c.name, []byte(c.text[:n]), opts)
			want, got := ended.records(), cut.records()
			if len(got) > len(want) || len(got) > 0 && !cmp.Equal(want[:len(got)], got) {
				t.Errorf("%s cut at %d:\n%s", c.name, n, cmp.Diff(want, got))
			}
		}
	}
}

func TestEncodingsOfLateBytes(t *testing.T) {
	// The first character that is not ASCII comes after what is looked at first.
	ascii := "time\tname\ttext\n" + strings.Repeat("1588291203\tli\tplain\n", sniffSize/20+100)
	gb := "1588291203\t\xd0\xa1\xc0\xee\t\xd4\xe7\xc9\xcf\xba\xc3\n" // 小李 早上好
	for name, tail := range map[string]string{"GB18030": gb, "UTF-8": "1588291203\t小李\t早上好\n"} {
		o := readBytes("x.tsv", []byte(ascii+tail), Options{})
		got := o.records()
		if last := got[len(got)-1]; o.end != nil || last.SenderName != "小李" || last.Text != "早上好" {
			t.Errorf("%s: %q %q, %v", name, last.SenderName, last.Text, o.end)
		}
	}
	// Western bytes within UTF-8 are damage, not Chinese.
	o := readBytes("x.tsv", []byte("time\tname\ttext\n1588291203\tli\tcaf\xe9 au lait\n"), Options{})
	if got := o.records(); len(got) != 1 || got[0].Text != "caf\uFFFD au lait" {
		t.Errorf("got %+v", o.rows)
	}
}

func TestRandomTablesComeBack(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"a", "\"", ",", "\n", "中", " ", "=", "'"}
	var b strings.Builder
	b.WriteString("time,name,text\n")
	var want []string
	for range 2000 {
		var text strings.Builder
		for range rnd.IntN(8) {
			text.WriteString(pieces[rnd.IntN(len(pieces))])
		}
		want = append(want, text.String())
		fmt.Fprintf(&b, "1588291203,\"li\",\"%s\"\n", strings.ReplaceAll(text.String(), `"`, `""`))
	}
	o := readBytes("x.csv", []byte(b.String()), Options{})
	var got []string
	for _, r := range o.records() {
		got = append(got, r.Text)
	}
	if diff := cmp.Diff(want, got); diff != "" || o.end != nil {
		t.Errorf("%v (-want +got):\n%s", o.end, diff)
	}
}
