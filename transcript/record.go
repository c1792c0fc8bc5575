package transcript

import (
	"fmt"
	"time"

	"qunying/community"
)

// maxRaw bounds Record.Raw and RowError.Raw, in bytes.
const maxRaw = 4 << 10

// Networks whose exports are known. Mapped files are of the network "import".
const (
	WeChat community.Network = "wechat"
	QQ     community.Network = "qq"
	IRC    community.Network = "irc"
	Import community.Network = "import"
)

// Record is one thing that happened in a group, as an export tells it.
//
// The account whose client wrote the export appears in system texts as 你 (you):
// as the one concerned it has FromSelf and no name, as the operator it has
// Data["operator"] = "self" and no name.
type Record struct {
	Line                     int // of the row's first line (messages of a JSON array: of its end), from 1
	Kind                     community.Kind
	At                       time.Time     // UTC
	Precision                time.Duration // how exactly the format tells At: 1 ms, 1 s, 1 min; 12 h where a clock lacks am and pm
	Network                  community.Network
	GroupID, GroupName       string // GroupID is "" where the format has only names
	SenderID, SenderName     string // whom it is about: the author, who joined, left or was renamed
	OperatorID, OperatorName string // who did it, when that is somebody else
	Content                  community.Content
	Text                     string // valid UTF-8 without NULs
	MessageID, ReplyTo       string
	Mentions                 []string // names or IDs after @, as written
	MentionAll               bool
	FromSelf                 bool
	Data                     map[string]string // details by kind, and columns without a field of their own
	Raw                      string            // the row, at most 4 KiB of it, for reject files
}

// set adds a detail.
func (r *Record) set(key, value string) {
	if r.Data == nil {
		r.Data = make(map[string]string, 2)
	}
	r.Data[key] = value
}

// RowError is one row that could not be read. Reading goes on after it.
type RowError struct {
	File   string
	Line   int    // from 1; 0 when the whole file is meant
	Reason string // what is wrong
	Hint   string // what to do about it, or ""
	Raw    string // the row, at most 4 KiB of it
	// Last says that the row is refused only because no line break ends the file, so
	// that it may be cut; Options.Whole takes it.
	Last bool `json:",omitempty"`
}

func (e *RowError) Error() string {
	s := e.File
	if e.Line > 0 {
		s = fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	s += ": " + e.Reason
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	return s
}

// bounded cuts s to maxRaw bytes without cutting a character.
func bounded(s string) string {
	if len(s) <= maxRaw {
		return s
	}
	n := maxRaw
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
