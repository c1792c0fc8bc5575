package onebot

import (
	"encoding/json"
	"strings"

	"qunying/community"
	"qunying/connector"
)

// segment is a piece of a message.
type segment struct {
	Type string            `json:"type"`
	Data map[string]scalar `json:"data"`
}

// segments reads a message: an array of segments, one alone, or text with CQ codes.
func segments(raw json.RawMessage) ([]segment, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	switch raw[0] {
	case '"':
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil, err
		}
		return parseCQ(text), nil
	case '{':
		var one segment
		err := json.Unmarshal(raw, &one)
		return []segment{one}, err
	}
	var all []segment
	err := json.Unmarshal(raw, &all)
	return all, err
}

var (
	unescapeText = strings.NewReplacer("&amp;", "&", "&#91;", "[", "&#93;", "]")
	unescapeData = strings.NewReplacer("&amp;", "&", "&#91;", "[", "&#93;", "]", "&#44;", ",")
)

// parseCQ reads "[CQ:at,qq=42] hi". What is no code is text.
func parseCQ(s string) []segment {
	var out []segment
	text := func(t string) {
		if t != "" {
			out = append(out, segment{"text", map[string]scalar{"text": scalar(unescapeText.Replace(t))}})
		}
	}
	for {
		begin := strings.Index(s, "[CQ:")
		if begin < 0 {
			break
		}
		end := strings.IndexByte(s[begin:], ']')
		if end < 0 {
			break
		}
		text(s[:begin])
		name, rest, _ := strings.Cut(s[begin+len("[CQ:"):begin+end], ",")
		code := segment{name, map[string]scalar{}}
		for rest != "" {
			var pair string
			pair, rest, _ = strings.Cut(rest, ",")
			if k, v, ok := strings.Cut(pair, "="); ok {
				code.Data[k] = scalar(unescapeData.Replace(v))
			}
		}
		out = append(out, code)
		s = s[begin+end+1:]
	}
	text(s)
	return out
}

// fill writes what the segments say into an observation. name finds how a member
// is called, or "".
func fill(o *connector.Observation, all []segment, name func(id string) string) {
	var text strings.Builder
	o.Content = community.Text
	form := func(c community.Content) {
		if o.Content == community.Text { // the first that is not text names the form
			o.Content = c
		}
	}
	put := func(key string, values ...scalar) {
		for _, v := range values {
			if v != "" && o.Data[key] == "" {
				if o.Data == nil {
					o.Data = map[string]string{}
				}
				o.Data[key] = string(v)
				return
			}
		}
	}
	symbols := false
	for _, s := range all {
		d := s.Data
		switch s.Type {
		case "text":
			text.WriteString(string(d["text"]))
		case "at", "mention":
			id := d["qq"] + d["user_id"]
			if id == "all" {
				o.MentionAll = true
				text.WriteString("@" + everybody)
				continue
			}
			m := connector.Member{ID: string(id), Name: strings.TrimPrefix(string(d["name"]), "@")}
			if m.Name == "" {
				m.Name = name(m.ID)
			}
			o.Mentions = append(o.Mentions, m)
			if m.Name == "" {
				m.Name = m.ID
			}
			text.WriteString("@" + m.Name)
		case "mention_all":
			o.MentionAll = true
			text.WriteString("@" + everybody)
		case "reply":
			o.ReplyTo = string(d["id"] + d["message_id"])
		case "face", "rps", "dice":
			symbols = true
		default:
			form(formOf(s))
			put("url", webOnly(d["url"]), webOnly(d["file"]))
			put("file", d["name"], d["file_name"], fileOnly(d["file"]), d["file_id"])
			put("media", d["file_id"], d["id"])
			put("title", d["title"])
			put("size", d["file_size"], d["size"])
			if s.Type == "json" {
				text.WriteString(cardPrompt(d["data"]))
			}
			if t := d["title"]; t != "" && text.Len() == 0 && (s.Type == "share" || s.Type == "music" || s.Type == "location") {
				text.WriteString(string(t))
			}
		}
	}
	o.Text = strings.TrimSpace(text.String())
	if symbols && o.Text == "" && o.Content == community.Text {
		o.Content = community.Sticker
	}
}

// everybody is how QQ itself writes a mention of all in a message's text.
const everybody = "全体成员"

// webOnly drops what is no address: implementations put paths of their machine
// and whole files into the same place.
func webOnly(s scalar) scalar {
	if strings.HasPrefix(string(s), "http://") || strings.HasPrefix(string(s), "https://") {
		return s
	}
	return ""
}

// fileOnly drops what is no plain name.
func fileOnly(s scalar) scalar {
	if len(s) > 300 || strings.Contains(string(s), "://") {
		return ""
	}
	return s
}

func formOf(s segment) community.Content {
	switch s.Type {
	case "image":
		if n := s.Data["sub_type"] + s.Data["subType"]; n == "1" { // QQ's own mark of a sticker
			return community.Sticker
		}
		return community.Image
	case "mface", "marketface":
		return community.Sticker
	case "record", "voice", "audio":
		return community.Voice
	case "video":
		return community.Video
	case "file":
		return community.File
	case "share", "music":
		return community.Link
	case "location":
		return community.Location
	case "contact":
		return community.Card
	case "forward", "node":
		return community.Forward
	case "redbag":
		return community.RedPacket
	case "poke", "shake":
		return community.Poke
	case "json":
		return cardForm(s.Data["data"])
	}
	return community.Other
}

// card is what QQ puts into a json segment.
type card struct {
	App    string `json:"app"`
	Prompt string `json:"prompt"`
}

func readCard(text scalar) card {
	var c card
	_ = json.Unmarshal([]byte(text), &c) // of another shape: neither app nor prompt is known
	return c
}

func cardPrompt(text scalar) string { return readCard(text).Prompt }

func cardForm(text scalar) community.Content {
	switch app := readCard(text).App; {
	case strings.HasPrefix(app, "com.tencent.miniapp"):
		return community.MiniProgram
	case app == "com.tencent.multimsg":
		return community.Forward
	case app == "com.tencent.structmsg", strings.HasPrefix(app, "com.tencent.tuwen"), strings.HasPrefix(app, "com.tencent.music"):
		return community.Link
	case app == "com.tencent.map":
		return community.Location
	case strings.HasPrefix(app, "com.tencent.contact"), strings.HasPrefix(app, "com.tencent.troopsharecard"):
		return community.Card
	}
	return community.Other
}
