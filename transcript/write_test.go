package transcript

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"qunying/community"
)

// sample holds what layouts have most trouble with.
func sample() []Record {
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	post := func(r Record) Record {
		r.Kind, r.At = community.MessagePosted, at
		if r.Content == "" {
			r.Content = community.Text
		}
		return r
	}
	return []Record{
		post(Record{SenderID: "wxid_1", SenderName: "小李", Text: "打卡 第3天", MessageID: "m1"}),
		post(Record{SenderID: "wxid_1", SenderName: "=1+1", Text: "第一行\n\"第二行\", 完", MessageID: "m2", ReplyTo: "m1"}),
		post(Record{SenderName: "只有名字", Text: "'=cmd", Data: map[string]string{"title": "活跃"}}),
		post(Record{SenderID: "2", SenderName: "b", Content: community.MiniProgram, Text: "小程序", MentionAll: true}),
		post(Record{SenderID: "2", SenderName: "b", Content: community.Forward}),
		{Kind: community.MemberJoined, At: at.Add(123 * time.Millisecond), SenderID: "3", SenderName: "新人", OperatorID: "2", OperatorName: "b", Data: map[string]string{"way": "invite"}},
		{Kind: community.MemberLeft, At: at, SenderID: "3", SenderName: "新人"},
		{Kind: community.MemberRenamed, At: at, SenderID: "3", SenderName: "新名", Data: map[string]string{"old": "新人"}},
		{Kind: community.GroupRenamed, At: at, SenderID: "2", SenderName: "b", Text: "新群名"},
		{Kind: community.GroupAnnounced, At: at, Text: "群公告\n今晚八点"},
		{Kind: community.MessageRecalled, At: at, SenderID: "2", SenderName: "b", Data: map[string]string{"message": "m2"}},
		{Kind: community.PlatformOther, At: at, Text: "看不懂的提示"},
	}
}

func written(t testing.TB, layout string, groups map[string][]Record) []byte {
	t.Helper()
	l, err := LayoutNamed(layout)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := l.Open(&b, Made{At: time.Unix(1772000000, 0)})
	for name, records := range groups {
		if err := w.Begin(Group{Network: WeChat, ID: "g@chatroom", Name: name, Zone: time.UTC}); err != nil {
			t.Fatal(err)
		}
		for i := range records {
			if err := w.Write(&records[i]); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// same compares what was written with what was read.
var same = cmp.Options{cmpopts.IgnoreFields(Record{}, "Line", "Precision", "Raw", "Mentions", "MentionAll", "Network", "GroupID", "GroupName"), cmpopts.EquateEmpty()}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	for layout, format := range map[string]string{"chatlab-jsonl": "chatlab-jsonl", "csv": "qunying-csv"} {
		tr, err := OpenReader("x", bytes.NewReader(written(t, layout, map[string][]Record{"群": sample()})), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if tr.Format() != format {
			t.Errorf("%s is read as %s", layout, tr.Format())
		}
		got, rejects, err := drain(tr)
		if err != nil || len(rejects) > 0 {
			t.Fatalf("%s: %v, %v", layout, err, rejects)
		}
		if diff := cmp.Diff(sample(), got, same); diff != "" {
			t.Errorf("%s (-written +read):\n%s", layout, diff)
		}
		for _, r := range got {
			if r.Network != WeChat || r.GroupID != "g@chatroom" || r.GroupName != "群" {
				t.Errorf("%s: a record of %s/%s/%s", layout, r.Network, r.GroupID, r.GroupName)
			}
		}
	}
}

// Whatever people write, no cell of the table begins like a formula, and all comes back.
func TestAnyTextSurvivesATable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := cleanString(rapid.StringOfN(rapid.RuneFrom([]rune("=+-@\t\r\n'\"，,; a群＝＠\u2028")), 0, 12, -1).Draw(t, "text"))
		guarded := GuardCell(text)
		if strings.TrimLeft(guarded, "'") != guarded && UnguardCell(guarded) != text || startsFormula(guarded) || UnguardCell(guarded) != text {
			t.Fatalf("%q became %q and %q", text, guarded, UnguardCell(guarded))
		}
		r := Record{Kind: community.MessagePosted, At: time.Unix(1772000000, 0).UTC(), Content: community.Text, SenderName: "n" + plainLines(text),
			Text: plainLines(text)}
		var b bytes.Buffer
		w := newCSVWriter(&b, Made{})
		if err := errors.Join(w.Begin(Group{Network: QQ, Name: "g", Zone: time.UTC}), w.Write(&r), w.Close()); err != nil {
			t.Fatal(err)
		}
		got := readBytes("x.csv", b.Bytes(), Options{})
		if got.end != nil || len(got.records()) != 1 {
			t.Fatalf("%q: %+v", b.String(), got)
		}
		if diff := cmp.Diff(r, got.records()[0], same); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestSpreadsheetsAreSplit(t *testing.T) {
	var b bytes.Buffer
	w := newSheetWriter(&b, Made{}).(*sheetWriter)
	w.most = 5
	records := sample()
	records[0].Text = strings.Repeat("长😀", mostLetters)
	if err := w.Begin(Group{Network: WeChat, Name: "群", Zone: time.UTC}); err != nil {
		t.Fatal(err)
	}
	for i := range records {
		if err := w.Write(&records[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if diff := cmp.Diff([]string{"Sheet1", "Sheet2", "Sheet3"}, book.GetSheetList()); diff != "" {
		t.Fatal(diff)
	}
	total := 0
	for _, sheet := range book.GetSheetList() {
		rows, err := book.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(ownColumns, rows[0]); diff != "" || len(rows) > 5 {
			t.Errorf("%s: %d rows, header %s", sheet, len(rows), diff)
		}
		for i, row := range rows[1:] {
			r := records[total]
			total++
			if row[2] != r.SenderName || total > 1 && row[5] != r.Text {
				t.Errorf("%s, row %d: %q, want %q", sheet, i+2, row, ownRow(Group{}, &r))
			}
		}
	}
	if total != len(records) {
		t.Errorf("%d rows of %d", total, len(records))
	}
	long, err := book.GetCellValue("Sheet1", "F2")
	if err != nil || !strings.HasSuffix(long, "…") || len([]rune(long)) < 20_000 {
		t.Errorf("a long text: %d bytes, %v", len(long), err)
	}
	if formula, err := book.GetCellFormula("Sheet1", "C3"); err != nil || formula != "" {
		t.Errorf("a name became the formula %q, %v", formula, err)
	}
}

func TestEmptyFilesHaveAHeader(t *testing.T) {
	if got := string(written(t, "csv", nil)); got != "\uFEFF"+strings.Join(ownColumns, ",")+"\n" {
		t.Errorf("%q", got)
	}
	book, err := excelize.OpenReader(bytes.NewReader(written(t, "xlsx", nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if rows, err := book.GetRows("Sheet1"); err != nil || len(rows) != 1 {
		t.Errorf("%v, %v", rows, err)
	}
}

// The files that a reader has to understand for ever.
func TestOwnFilesAreTheGoldenOnes(t *testing.T) {
	for name, layout := range map[string]string{"export.csv": "csv", "export.jsonl": "chatlab-jsonl"} {
		got := written(t, layout, map[string][]Record{"群": sample()})
		if *update {
			if err := os.WriteFile("testdata/own/"+name, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile("testdata/own/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-kept +written):\n%s", name, diff)
		}
	}
}
