package transcript

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"qunying/community"
)

// Message types of WeChat clients.
const (
	wechatText   = 1
	wechatApp    = 49
	wechatSystem = 10000
)

// wechatContent maps a client's type and sub-type. ok is false for numbers that
// are not known; they stay Other.
func wechatContent(kind, sub int64) (c community.Content, ok bool) {
	switch kind {
	case wechatText:
		return community.Text, true
	case 3:
		return community.Image, true
	case 34:
		return community.Voice, true
	case 42:
		return community.Card, true
	case 43:
		return community.Video, true
	case 47:
		return community.Sticker, true
	case 48:
		return community.Location, true
	case 50:
		return community.Call, true
	case wechatApp:
		switch sub {
		case 3, 5:
			return community.Link, true
		case 6:
			return community.File, true
		case 19:
			return community.Forward, true
		case 33, 36:
			return community.MiniProgram, true
		case 57:
			return community.Text, true // answers another message
		case 2000:
			return community.Transfer, true
		case 2001:
			return community.RedPacket, true
		}
	}
	return community.Other, false
}

// setWeChatContent sets r.Content and keeps an unknown number.
func (r *Record) setWeChatContent(kind, sub int64) {
	c, ok := wechatContent(kind, sub)
	r.Content = c
	if !ok {
		r.set("type", strconv.FormatInt(kind, 10))
		if sub != 0 {
			r.set("subtype", strconv.FormatInt(sub, 10))
		}
	}
}

// contentNames are the words for types in tables.
var contentNames = map[string]community.Content{
	"text": community.Text, "文本": community.Text, "文字": community.Text, "文本消息": community.Text,
	"image": community.Image, "photo": community.Image, "picture": community.Image, "图片": community.Image, "图片消息": community.Image,
	"voice": community.Voice, "audio": community.Voice, "语音": community.Voice, "语音消息": community.Voice,
	"video": community.Video, "视频": community.Video, "视频消息": community.Video,
	"file": community.File, "文件": community.File, "文件消息": community.File,
	"sticker": community.Sticker, "emoji": community.Sticker, "表情": community.Sticker, "动画表情": community.Sticker, "表情包": community.Sticker,
	"link": community.Link, "链接": community.Link, "分享": community.Link, "卡片式链接": community.Link,
	"location": community.Location, "位置": community.Location,
	"card": community.Card, "名片": community.Card,
	"mini_program": community.MiniProgram, "小程序": community.MiniProgram,
	"forward": community.Forward, "聊天记录": community.Forward, "合并转发": community.Forward,
	"red_packet": community.RedPacket, "红包": community.RedPacket,
	"transfer": community.Transfer, "转账": community.Transfer,
	"poke": community.Poke, "拍一拍": community.Poke,
	"call": community.Call, "通话": community.Call, "语音通话": community.Call, "视频通话": community.Call,
}

// placeholder is the content of a text that stands for something that text
// cannot hold, such as [图片], or Text.
func placeholder(text string) community.Content {
	if len(text) > 2 && len(text) < 32 && text[0] == '[' && text[len(text)-1] == ']' {
		switch c := contentNames[text[1:len(text)-1]]; c {
		case community.Image, community.Voice, community.Video, community.File, community.Sticker,
			community.RedPacket, community.Transfer, community.Forward, community.Location:
			return c
		}
	}
	return community.Text
}

// longestMention in characters.
const longestMention = 40

// mentions finds @name in a message. A name ends at U+2005, which clients put
// after it and which lets it hold spaces, else at white space or the end. An @
// within a word of ASCII letters is an address.
func mentions(text string) (names []string, all bool) {
	for from := 0; ; {
		i := strings.IndexByte(text[from:], '@')
		if i < 0 {
			return names, all
		}
		i += from
		from = i + 1
		if i > 0 && partOfAddress(text[i-1]) {
			continue
		}
		name := mentionAt(text[from:])
		if name == "" {
			continue
		}
		from += len(name)
		if strings.HasPrefix(name, "所有人") || strings.HasPrefix(name, "全体成员") || strings.EqualFold(name, "all") {
			all = true
			continue
		}
		names = append(names, name)
	}
}

func partOfAddress(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '.' || b == '_' || b == '-' || b == '/' || b == '@'
}

func mentionAt(s string) string {
	space := -1 // end of the name, if no U+2005 follows
	for i, n := 0, 0; i < len(s) && n <= longestMention; n++ {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\u2005':
			return s[:i]
		case r == '\n' || r == '@':
			if space < 0 {
				space = i
			}
			return s[:space]
		case unicode.IsSpace(r) && space < 0:
			space = i
		}
		if i += size; i == len(s) && space < 0 {
			return s
		}
	}
	return s[:max(space, 0)]
}

// setText sets the text of a message and what it mentions.
func (r *Record) setText(text string) {
	r.Text = text
	r.Mentions, r.MentionAll = mentions(text)
}

// xmlTitle is the title of an app message, which exports give as XML.
func xmlTitle(s string) string {
	_, s, ok := strings.Cut(s, "<title>")
	if !ok {
		return ""
	}
	s, _, ok = strings.Cut(s, "</title>")
	if !ok {
		return ""
	}
	s = strings.TrimSuffix(strings.TrimPrefix(s, "<![CDATA["), "]]>")
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'", "&#10;", "\n", "&amp;", "&").Replace(s)
}

func isXML(s string) bool {
	s = strings.TrimSpace(s)
	return strings.HasPrefix(s, "<?xml") || strings.HasPrefix(s, "<msg>") || strings.HasPrefix(s, "<msg ")
}
