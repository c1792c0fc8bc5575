package detect

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qunying/internal/moderation/normal"
)

// TestRealChats counts what is found in real talk, most of which is harmless:
// the log shows samples to be judged by people, and all links without an address. Contact details in more than
// one message of two hundred would mean that plain numbers are taken for them.
func TestRealChats(t *testing.T) {
	dir := os.Getenv("QUNYING_DATA")
	if dir == "" {
		t.Skip("SKIPPED: QUNYING_DATA does not name the folder with real chats")
	}
	for _, name := range []string{"haskell-china/messages.jsonl.gz", "live-chat/2020-05.tsv.gz"} {
		file, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Skipf("SKIPPED: %v", err)
		}
		defer file.Close()
		unpacked, err := gzip.NewReader(file)
		if err != nil {
			t.Fatal(err)
		}
		var text normal.Text
		messages, changed, links, odd, contacts, everyone := 0, 0, 0, 0, 0, 0
		lines := bufio.NewScanner(unpacked)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			message := lines.Text()
			if strings.HasSuffix(name, ".jsonl.gz") {
				var m struct{ Text string }
				if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
					t.Fatal(err)
				}
				message = m.Text
			} else {
				message = message[strings.LastIndexByte(message, '\t')+1:]
			}
			messages++
			normal.Default().Read(&text, message)
			if text.Words.String() != message {
				changed++
			}
			found := Links(&text, Hosts{})
			if len(found) > 0 {
				links++
			}
			for _, l := range found {
				if l.Kind == Command || l.Kind == MiniProgram || !strings.Contains(l.Host, ".") {
					odd++
					t.Logf("%s %s in %.80q", l.Kind, message[l.At.Start:l.At.End], message)
				}
			}
			if found := Contacts(normal.Default(), &text); len(found) > 0 {
				if contacts++; contacts <= 25 {
					t.Logf("%s %s in %.80q", found[0].Kind, found[0].Value, message)
				}
			}
			if _, ok := Everyone(&text); ok {
				everyone++
			}
		}
		t.Logf("%s: %d messages, %d changed by normalising, %d with links (%d links have no address), %d with contacts, %d to everyone",
			name, messages, changed, links, odd, contacts, everyone)
		if messages == 0 || contacts*200 > messages {
			t.Errorf("%s: %d of %d messages have contact details", name, contacts, messages)
		}
	}
}
