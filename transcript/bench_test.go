package transcript

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

const benchText = "今天读到第三章了，@小李 你觉得怎么样？我觉得还不错"

func benchmarkRows(b *testing.B, name, head string, row func(i int) string, tail string) {
	const rows = 50_000
	var s strings.Builder
	s.WriteString(head)
	for i := range rows {
		s.WriteString(row(i))
	}
	s.WriteString(tail)
	data := []byte(s.String())
	zone := shanghai(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		tr, err := OpenReader(name, bytes.NewReader(data), Options{Zone: zone})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for _, err := range tr.Records() {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != rows {
			b.Fatalf("%d rows", n)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func wall(i int) string {
	return time.Unix(1588291203+int64(i), 0).UTC().Format("2006-01-02 15:04:05")
}

func BenchmarkMappedTSV(b *testing.B) {
	benchmarkRows(b, "x.tsv", "time\tname\ttext\n", func(i int) string { return wall(i) + "\t小李\t" + benchText + "\n" }, "")
}

func BenchmarkMappedCSVQuoted(b *testing.B) {
	benchmarkRows(b, "x.csv", "time,name,text\n", func(i int) string { return wall(i) + ",小李,\"" + benchText + ", \"\"x\"\"\"\n" }, "")
}

func BenchmarkMappedLines(b *testing.B) {
	benchmarkRows(b, "x.jsonl", "", func(i int) string {
		return fmt.Sprintf("{\"time\":%q,\"author\":\"小李\",\"text\":%q}\n", wall(i), benchText)
	}, "")
}

func BenchmarkQQText(b *testing.B) {
	benchmarkRows(b, "x.txt", "", func(i int) string { return wall(i) + " 小李(10001)\r\n" + benchText + "\r\n\r\n" }, "")
}

func BenchmarkIRC(b *testing.B) {
	benchmarkRows(b, "2010-03-04.txt", "", func(i int) string { return fmt.Sprintf("[%02d:%02d] <li> %s\n", i/3600%24, i/60%60, benchText) }, "")
}

func BenchmarkChatlogCSV(b *testing.B) {
	benchmarkRows(b, "x.csv", strings.Join(chatlogColumns, ",")+"\n", func(i int) string { return wall(i) + ",小李,wxid_li,群,1@chatroom," + benchText + "\n" }, "")
}

func BenchmarkChatlogJSON(b *testing.B) {
	benchmarkRows(b, "x.json", "[", func(i int) string {
		sep := ","
		if i == 0 {
			sep = ""
		}
		return sep + fmt.Sprintf(`{"seq":%d,"time":%q,"talker":"1@chatroom","talkerName":"群","isChatRoom":true,"sender":"wxid_li","senderName":"小李","isSelf":false,"type":1,"subType":0,"content":%q}`,
			i+1, time.Unix(1588291203+int64(i), 0).UTC().Format(time.RFC3339), benchText) + "\n"
	}, "]")
}

func BenchmarkMemoTrace(b *testing.B) {
	benchmarkRows(b, "x.csv", strings.Join(memoTraceColumns, ",")+",Remark,NickName,Sender\n", func(i int) string {
		return fmt.Sprintf("%d,7,1,0,0,%d,0,%s,%s,,小李,wxid_li\n", i+1, 1588291203+i, benchText, wall(i))
	}, "")
}

func BenchmarkChatLabLines(b *testing.B) {
	benchmarkRows(b, "x.jsonl", `{"_type":"header","chatlab":{"version":"0.0.2"},"meta":{"name":"群","platform":"wechat"}}`+"\n", func(i int) string {
		return fmt.Sprintf(`{"_type":"message","sender":"wxid_li","accountName":"小李","timestamp":%d,"type":0,"content":%q}`+"\n", 1588291203+i, benchText)
	}, "")
}
