package transcript

import (
	"slices"
	"strconv"
	"strings"

	"qunying/community"
)

// MemoTrace (留痕) writes one CSV per chat, named after it. Older versions end
// after StrTime: then nothing tells who wrote a message that is not our own.

var memoTraceColumns = []string{"localId", "TalkerId", "Type", "SubType", "IsSender", "CreateTime", "Status", "StrContent", "StrTime"}

func knowsMemoTrace(in *input) bool {
	line, ok := in.headerLine()
	return ok && isMemoTrace(splitHeader(line, ','))
}

func isMemoTrace(header []string) bool {
	n := len(memoTraceColumns)
	return len(header) >= n && slices.Equal(header[:n], memoTraceColumns)
}

func readMemoTrace(in *input, out *output) error {
	t := newTable(in, ',')
	header, err := t.header(in)
	if err != nil {
		return err
	}
	if !isMemoTrace(header) {
		return invalidHeader(in, "its columns are not those of MemoTrace")
	}
	header = slices.Clone(header)
	t.endsInTime = header[len(header)-1] == "StrTime"
	group := strings.TrimSuffix(in.groupName(), "_utf8")
	return t.rows(in, out, len(header), func() error {
		r := Record{Line: t.line, Kind: community.MessagePosted, Network: WeChat, GroupName: group, Raw: t.raw}
		f := t.fields
		kind, err1 := strconv.ParseInt(f[2], 10, 64)
		sub, err2 := strconv.ParseInt(f[3], 10, 64)
		created, err3 := strconv.ParseInt(f[5], 10, 64)
		if err1 != nil || err2 != nil || err3 != nil {
			return out.reject(t.line, t.raw, "Type, SubType or CreateTime is not a number", "")
		}
		var ok bool
		if r.At, r.Precision, ok = secondsAt(created); !ok {
			return out.reject(t.line, t.raw, badTime, "CreateTime is Unix seconds")
		}
		if f[0] != "" && f[0] != "0" {
			r.set("localId", f[0])
		}
		if kind == wechatSystem {
			return out.all(systemRecords(r, f[7]))
		}
		r.FromSelf = f[4] == "1"
		r.memoTraceSender(header, f)
		r.setWeChatContent(kind, sub)
		r.memoTraceText(f[7])
		return out.record(r)
	})
}

// memoTraceSender takes the newer columns; what has no field of its own is kept.
func (r *Record) memoTraceSender(header, f []string) {
	var remark string
	for i := len(memoTraceColumns); i < len(header); i++ {
		switch header[i] {
		case "Remark":
			remark = f[i]
		case "NickName":
			r.SenderName = f[i]
		case "Sender":
			r.SenderID = f[i]
		default:
			if f[i] != "" {
				r.set(header[i], f[i])
			}
		}
	}
	if r.SenderName == "" {
		r.SenderName = remark
	} else if remark != "" && remark != r.SenderName {
		r.set("remark", remark)
	}
}

// memoTraceText keeps what people read: of cards, which are XML, the title.
func (r *Record) memoTraceText(text string) {
	if r.Content != community.Text || isXML(text) {
		if isXML(text) {
			text = xmlTitle(text)
		}
		r.Text = text
		if r.Content != community.Text {
			return
		}
	}
	r.setText(text)
}
