package transcript

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func kept(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The lists of a Slack archive name people and channels, wherever in it they stand.
func TestSlackArchives(t *testing.T) {
	day := kept(t, "testdata/slack/2023-05-01.json")
	path := writeTemp(t, "slack.zip", zipped(t,
		file{"general/2023-05-01.json", day},
		file{"general/2023-05-02.json", `[{"type":"message","text":"<@U2> <#C7|random>","user":"U1","ts":"1682985600.000100"}]`},
		file{"channels.json", `[{"id":"C1","name":"general","members":["U1"]}]`},
		file{"dms.json", `[]`},
		file{"canvases.json", `[{"id":"F9","name":"general","title":"general"}]`},
		file{"huddle_transcripts.json", `[]`},
		file{"users.json", `[{"id":"U1","name":"li","profile":{"display_name":"小李"}},{"id":"U2","name":"zhen","real_name":"阿珍","profile":{}},{"id":"U3","name":"new"}]`},
	))
	records, rejects, err := readFile(t, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != 9 || len(rejects) != 1 || rejects[0].File != "general/2023-05-01.json" {
		t.Fatalf("%d records, %v", len(records), rejects)
	}
	for _, r := range records {
		if r.GroupID != "C1" || r.GroupName != "general" || r.Network != Slack {
			t.Errorf("%s: group %s %q", r.MessageID, r.GroupID, r.GroupName)
		}
	}
	first, joined, last := records[0], records[2], records[8]
	if first.Text != "早 <b> @阿珍 看 这里 (https://example.org)" || first.SenderName != "小李" {
		t.Errorf("first: %q by %q", first.Text, first.SenderName)
	}
	if joined.SenderName != "new" || joined.OperatorName != "小李" {
		t.Errorf("joined: %q by %q", joined.SenderName, joined.OperatorName)
	}
	if last.Text != "@阿珍 #random" {
		t.Errorf("last: %q", last.Text)
	}
}

// The manifest of a chunked export names the group, wherever it stands.
func TestChunkedQQArchives(t *testing.T) {
	path := writeTemp(t, "chat.zip", zipped(t,
		file{"chat/chunks/c000001.jsonl", kept(t, "testdata/qqexporter/c000001.jsonl")},
		file{"chat/chunks/c000002.jsonl", `{"id":"8","timestamp":1682899300000,"sender":{"uid":"u","uin":"10009","name":"晚"},"content":{"text":"晚安","elements":[]}}` + "\n"},
		file{"chat/manifest.json", `{"metadata":{"version":"5"},"chatInfo":{"name":"晨读群","type":"group","peerUin":"123456"},"chunked":{"chunks":[]}}`},
	))
	records, rejects, err := readFile(t, path, Options{Zone: time.UTC})
	if err != nil || len(rejects) > 0 {
		t.Fatalf("%v, %v", err, rejects)
	}
	var got []string
	for _, r := range records {
		got = append(got, r.GroupID+" "+r.GroupName+" "+r.SenderName+" "+r.Text)
	}
	want := []string{"123456 晨读群 晨读-小李 打卡 第3天", "123456 晨读群 阿珍 收到", "123456 晨读群 阿珍 [图片]", "123456 晨读群 阿珍 ", "123456 晨读群 新人 新人加入本群。", "123456 晨读群 晚 晚安"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A log of another program has a time in every line, too.
func TestOtherLogsAreNoMemoTrace(t *testing.T) {
	for name, text := range map[string]string{
		"log":  "2023-05-01 08:00:00 INFO begun\n2023-05-01 08:00:01 INFO done\n",
		"none": "2023-05-01 08:00:00\n",
	} {
		if tr, err := Open(writeTemp(t, name+".txt", []byte(text)), Options{Zone: time.UTC}); err == nil {
			t.Errorf("%s is understood as %s", name, tr.Format())
			tr.Close()
		}
	}
}

// JSON that is no object a line is no table, however many commas it holds.
func TestBrokenJSONHasNoColumns(t *testing.T) {
	for _, text := range []string{`{"name":"x","type":"y","messages":[{"id":1,`, `[{"id":1,"a":2,"b":3},`} {
		if columns, err := Columns(writeTemp(t, "a.json", []byte(text))); err == nil {
			t.Errorf("%s: columns %q", text, columns)
		}
	}
}
