package transcript

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qunying/community"
)

// realData is the folder of real exports. They are nobody's to redistribute, so
// they are not part of the tree.
func realData(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("QUNYING_DATA")
	if dir == "" {
		t.Skip("SKIPPED: QUNYING_DATA is not set; real exports are not tested")
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("SKIPPED: %v; real exports are not tested", err)
	}
	return path
}

func shanghai(t testing.TB) *time.Location {
	t.Helper()
	z, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// readFile reads everything; the last error is the one that ended it.
func readFile(t testing.TB, path string, opts Options) (records []Record, rejects []*RowError, end error) {
	t.Helper()
	tr, err := Open(path, opts)
	if err != nil {
		return nil, nil, err
	}
	return drain(tr)
}

func drain(tr *Transcript) (records []Record, rejects []*RowError, end error) {
	for r, err := range tr.Records() {
		switch err := err.(type) {
		case nil:
			records = append(records, r)
		case *RowError:
			rejects = append(rejects, err)
		default:
			end = err
		}
	}
	return records, rejects, end
}

func TestRealQQExportEqualsPublishedMessages(t *testing.T) {
	qq, bad, err := readFile(t, realData(t, "haskell-china/qq-export.txt.gz"), Options{Zone: shanghai(t)})
	if err != nil || len(bad) > 0 {
		t.Fatalf("QQ text: %v, %v", err, bad)
	}
	m, err := ParseMap("time=time,sender=author,text=text")
	if err != nil {
		t.Fatal(err)
	}
	lines, bad, err := readFile(t, realData(t, "haskell-china/messages.jsonl.gz"), Options{Zone: shanghai(t), Map: m})
	if err != nil || len(bad) > 0 {
		t.Fatalf("JSON lines: %v, %v", err, bad)
	}
	if len(qq) != 12312 || len(lines) != 12312 {
		t.Fatalf("%d and %d messages, want 12312", len(qq), len(lines))
	}
	names := map[string]bool{}
	differ := 0
	for i := range qq {
		q, l := qq[i], lines[i]
		names[q.SenderName] = true
		if q.Kind != community.MessagePosted || q.GroupName != "Haskell 中国" {
			t.Errorf("line %d: kind %s, group %q", q.Line, q.Kind, q.GroupName)
		}
		if !q.At.Equal(l.At) || q.Text != l.Text || q.SenderName != l.SenderName {
			if differ++; differ <= 5 {
				t.Errorf("message %d (line %d):\n %v %q %q\n %v %q %q", i+1, q.Line, q.At, q.SenderName, q.Text, l.At, l.SenderName, l.Text)
			}
		}
	}
	t.Logf("%d messages, %d names, %d differ", len(qq), len(names), differ)
	if len(names) < 300 || len(names) > 400 {
		t.Errorf("%d names", len(names))
	}
}

func TestRealLiveChat(t *testing.T) {
	tr, err := Open(realData(t, "live-chat/2020-05.tsv.gz"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	members := map[string]bool{}
	n := 0
	for r, err := range tr.Records() {
		if err != nil {
			t.Fatal(err)
		}
		members[r.SenderName] = true
		n++
	}
	if n != 401378 || len(members) != 25113 {
		t.Errorf("%d messages of %d members, want 401378 and 25113", n, len(members))
	}
	if done, total := tr.Progress(); done != total {
		t.Errorf("progress %d of %d at the end", done, total)
	}
}

func TestRealIRCWindows(t *testing.T) {
	records, bad, err := readFile(t, realData(t, "irc-ubuntu/logs.tar.gz"), Options{Zone: time.UTC, Group: "#ubuntu"})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[community.Kind]int{}
	groups := map[string]int{}
	days := map[string]bool{}
	others := map[string]bool{}
	for _, r := range records {
		kinds[r.Kind]++
		groups[r.GroupName]++
		days[r.At.Format(time.DateOnly)] = true
		if r.Kind == community.PlatformOther && !strings.HasPrefix(r.Text, "mode/") {
			others[r.Raw] = true
		}
	}
	t.Logf("%d records, %d rejects, %v, groups %v, %d days", len(records), len(bad), kinds, groups, len(days))
	for o := range others {
		t.Logf("other: %.100s", o)
	}
	for _, e := range bad {
		t.Logf("rejected: %v: %.100s", e, e.Raw)
	}
	// The one is a client's way of showing a message to another channel.
	if len(bad) != 1 || bad[0].File != "2006-12-06.train-c.raw.txt" || bad[0].Line != 863 {
		t.Errorf("%d rejects", len(bad))
	}
}

// What members pasted (dates of log lines, names of screenshots, weekdays) tells
// the true day of these windows.
func TestRealIRCWindowsBeginOnTheirDay(t *testing.T) {
	f, err := os.Open(realData(t, "irc-ubuntu/logs.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][2]string{
		"2008-07-03.train-c.raw.txt": {"2008-07-03", "2008-07-04"},
		"2011-04-14.train-c.raw.txt": {"2011-04-14", "2011-04-15"},
		"2011-11-13_02.raw.txt":      {"2011-11-12", "2011-11-13"},
		"2013-05-07.train-a.raw.txt": {"2013-05-06", "2013-05-07"},
		"2013-07-10.train-a.raw.txt": {"2013-07-10", "2013-07-10"},
		"2013-07-19.train-a.raw.txt": {"2013-07-18", "2013-07-19"},
		"2013-10-28.train-a.raw.txt": {"2013-10-27", "2013-10-28"},
		"2017-02-06.train-c.raw.txt": {"2017-02-06", "2017-02-07"},
		"2017-03-02.train-c.raw.txt": {"2017-03-02", "2017-03-03"},
	}
	files := 0
	for tr := tar.NewReader(z); ; {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		files++
		log, err := OpenReader(h.Name, tr, Options{Zone: time.UTC})
		if err != nil {
			t.Fatal(err)
		}
		if log.Format() != "irc" {
			t.Errorf("%s: format %s", h.Name, log.Format())
		}
		records, _, err := drain(log)
		if err != nil || len(records) < 1000 {
			t.Fatalf("%s: %d records, %v", h.Name, len(records), err)
		}
		if w, ok := want[h.Name]; ok {
			got := [2]string{records[0].At.Format(time.DateOnly), records[len(records)-1].At.Format(time.DateOnly)}
			if got != w {
				t.Errorf("%s: %v, want %v", h.Name, got, w)
			}
			delete(want, h.Name)
		}
	}
	if files != 173 || len(want) > 0 {
		t.Errorf("%d files; not seen: %v", files, want)
	}
}
