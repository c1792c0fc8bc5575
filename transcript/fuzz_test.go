package transcript

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"qunying/community"
)

// fuzzFormat feeds a format's reader and asserts what holds for every input:
// no panic, an end, only known errors, and clean records.
func fuzzFormat(f *testing.F, format, folder string, opts Options) {
	paths, err := filepath.Glob("testdata/" + folder + "/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, p := range paths {
		if strings.HasSuffix(p, ".records.jsonl") || strings.HasPrefix(p, "testdata/fuzz/") || strings.HasPrefix(p, "testdata/rapid/") {
			continue
		}
		data, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	opts.Format = format
	f.Fuzz(func(t *testing.T, data []byte) {
		tr, err := OpenReader("2010-03-04.txt", bytes.NewReader(data), opts)
		if err != nil {
			checkEnd(t, err)
			return
		}
		for r, err := range tr.Records() {
			var row *RowError
			switch {
			case errors.As(err, &row):
				if row.Reason == "" || !utf8.ValidString(row.Raw) {
					t.Fatalf("bad row error %+v", row)
				}
			case err != nil:
				checkEnd(t, err)
			default:
				checkRecord(t, r)
			}
		}
	})
}

func checkEnd(t *testing.T, err error) {
	t.Helper()
	var e *community.Error
	if !errors.As(err, &e) || e.Code != community.Invalid && e.Code != community.Unsupported {
		t.Fatalf("ended with %v", err)
	}
}

func checkRecord(t *testing.T, r Record) {
	t.Helper()
	texts := []string{r.GroupID, r.GroupName, r.SenderID, r.SenderName, r.OperatorID, r.OperatorName, r.Text, r.MessageID, r.ReplyTo, r.Raw}
	texts = append(texts, r.Mentions...)
	for k, v := range r.Data {
		texts = append(texts, k, v)
	}
	for _, s := range texts {
		if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
			t.Fatalf("unclean text %q in %+v", s, r)
		}
	}
	if r.Kind == "" || r.Line < 1 || r.At.Year() < 1989 || r.At.Year() > 2201 || r.At.Location() != time.UTC || r.Precision <= 0 || len(r.Raw) > maxRaw {
		t.Fatalf("bad record %+v", r)
	}
	if (r.Kind == community.MessagePosted) != (r.Content != "") {
		t.Fatalf("kind %s with content %q", r.Kind, r.Content)
	}
}

func FuzzChatlogCSV(f *testing.F)  { fuzzFormat(f, "chatlog-csv", "chatlog", Options{Zone: time.UTC}) }
func FuzzChatlogJSON(f *testing.F) { fuzzFormat(f, "chatlog-json", "chatlog", Options{Zone: time.UTC}) }
func FuzzMemoTrace(f *testing.F)   { fuzzFormat(f, "memotrace", "memotrace", Options{Zone: time.UTC}) }
func FuzzQQText(f *testing.F)      { fuzzFormat(f, "qq-text", "qqtext", Options{Zone: time.UTC}) }
func FuzzChatLab(f *testing.F)     { fuzzFormat(f, "chatlab", "chatlab", Options{Zone: time.UTC}) }
func FuzzChatLabLines(f *testing.F) {
	fuzzFormat(f, "chatlab-jsonl", "chatlab", Options{Zone: time.UTC})
}
func FuzzIRC(f *testing.F)         { fuzzFormat(f, "irc", "irc", Options{Zone: time.UTC}) }
func FuzzMappedTable(f *testing.F) { fuzzFormat(f, "csv", "mapped", Options{Zone: time.UTC}) }
func FuzzMappedLines(f *testing.F) { fuzzFormat(f, "jsonl", "mapped", Options{Zone: time.UTC}) }
func FuzzOwnCSV(f *testing.F)      { fuzzFormat(f, "qunying-csv", "own", Options{Zone: time.UTC}) }
func FuzzMemoTraceText(f *testing.F) {
	fuzzFormat(f, "memotrace-text", "memotracetext", Options{Zone: time.UTC})
}
func FuzzPyWxDump(f *testing.F) {
	fuzzFormat(f, "pywxdump", "pywxdump", Options{Zone: time.UTC})
}
func FuzzPyWxDumpJSON(f *testing.F) {
	fuzzFormat(f, "pywxdump-json", "pywxdump", Options{Zone: time.UTC})
}
func FuzzWeFlow(f *testing.F) {
	fuzzFormat(f, "weflow", "weflow", Options{Zone: time.UTC})
}
func FuzzQQExporter(f *testing.F) {
	fuzzFormat(f, "qq-chat-exporter", "qqexporter", Options{Zone: time.UTC})
}
func FuzzQQExporterLines(f *testing.F) {
	fuzzFormat(f, "qq-chat-exporter-jsonl", "qqexporter", Options{Zone: time.UTC})
}
func FuzzTelegram(f *testing.F) {
	fuzzFormat(f, "telegram", "telegram", Options{Zone: time.UTC})
}
func FuzzDiscordJSON(f *testing.F) {
	fuzzFormat(f, "discord", "discord", Options{Zone: time.UTC})
}
func FuzzDiscordCSV(f *testing.F) {
	fuzzFormat(f, "discord-csv", "discord", Options{Zone: time.UTC})
}
func FuzzSlack(f *testing.F) {
	fuzzFormat(f, "slack", "slack", Options{Zone: time.UTC})
}
func FuzzAnyFormat(f *testing.F) { fuzzFormat(f, "", "*", Options{Zone: time.UTC}) }

func FuzzSystemText(f *testing.F) {
	f.Add(`"A"邀请你和"B、C"加入了群聊`)
	f.Add(`X 加入本群。`)
	f.Fuzz(func(t *testing.T, text string) {
		text = cleanString(text)
		for _, r := range systemRecords(Record{Line: 1, At: time.Unix(1588291203, 0).UTC(), Precision: time.Second}, text) {
			checkRecord(t, r)
		}
	})
}

func FuzzRoster(f *testing.F) {
	paths, err := filepath.Glob("testdata/roster/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	path := filepath.Join(f.TempDir(), "list")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := ReadRoster(path, Options{Zone: time.UTC})
		if err != nil {
			checkEnd(t, err)
			return
		}
		for _, m := range r.Members {
			if m.ID == "" && m.Name == "" && m.Remark == "" || !utf8.ValidString(m.Name) {
				t.Fatalf("bad member %+v", m)
			}
		}
	})
}
