package wecomrobot

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the platform's checksum
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"

	"qunying/community"
	"qunying/connector"
)

// The platform's limits, in bytes where nothing else is said.
const (
	mostText     = 2048
	mostMarkdown = 4096
	mostPicture  = 2 << 20
	mostFile     = 20 << 20
	leastFile    = 5
	mostVoice    = 2 << 20
	mostTitle    = 128
	mostAbout    = 512
	mostLinks    = 8 // in one message
)

// Names of parts of community.Text that say how they are written.
const (
	markdown  = "markdown"
	markdown2 = "markdown_v2"
)

// piece is one message, or one that a file has to be uploaded for.
type piece struct {
	message message
	kind    string          // of an upload: "file" or "voice"
	upload  *community.Part // nil: none
}

// compose checks an action against the platform's limits and makes messages of
// it, so that nothing is sent of what cannot be sent whole.
func compose(a connector.Action) ([]piece, error) {
	var out []piece
	ids := users(a)
	if a.Text != "" {
		if err := within("the text", a.Text, mostText); err != nil {
			return nil, err
		}
		body := message{"content": a.Text}
		if len(ids) > 0 {
			body["mentioned_list"] = ids
		}
		out = append(out, piece{message: message{"msgtype": "text", "text": body}})
	}
	for i := 0; i < len(a.Parts); i++ {
		if a.Parts[i].Content == community.Link {
			n := i
			for n < len(a.Parts) && n-i < mostLinks && a.Parts[n].Content == community.Link {
				n++
			}
			p, err := news(a.Parts[i:n])
			if err != nil {
				return nil, err
			}
			out, i = append(out, p), n-1
			continue
		}
		var tail string
		if len(out) == 0 {
			tail = mentions(ids)
		}
		p, err := part(a.Parts[i], tail)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	if len(out) == 0 {
		return nil, connector.Because(connector.Empty, community.Errorf(community.Invalid, "the message is empty"))
	}
	if a.MentionAll && a.Text == "" {
		return nil, connector.Because(connector.NoMention, community.Errorf(community.Unsupported, "only a plain text mentions everybody").WithHint("write a text to go with it"))
	}
	if len(ids) > 0 && a.Text == "" && a.Parts[0].Content != community.Text {
		return nil, connector.Because(connector.NoMention, community.Errorf(community.Invalid, "members can be mentioned in a text only").WithHint("write a text to go with it"))
	}
	return out, nil
}

// mentions are members as Markdown names them.
func mentions(ids []string) string {
	var b strings.Builder
	for _, id := range ids {
		b.WriteString("<@" + id + ">")
	}
	return b.String()
}

// part makes a message of one part. tail goes behind Markdown.
func part(p community.Part, tail string) (piece, error) {
	switch p.Content {
	case community.Text:
		return marked(p, tail)
	case community.Image:
		return picture(p)
	case community.File:
		return uploaded(p, "file", leastFile, mostFile)
	case community.Voice:
		if len(p.Data) > 0 && !bytes.HasPrefix(p.Data, []byte("#!AMR")) {
			return piece{}, connector.Because(connector.NoSuchForm, community.Errorf(community.Invalid, "the voice message is no AMR recording").WithHint("record it as AMR, at most 60 s"))
		}
		return uploaded(p, "voice", leastFile, mostVoice)
	case community.Other:
		return card(p)
	}
	return piece{}, connector.Because(connector.NoSuchForm, community.Errorf(community.Unsupported, "a robot cannot send a %s", p.Content))
}

// marked is a text in Markdown of either kind.
func marked(p community.Part, tail string) (piece, error) {
	if p.Name != markdown && p.Name != markdown2 {
		return piece{}, connector.Because(connector.NoSuchForm, community.Errorf(community.Invalid, "a part of text must be named markdown or markdown_v2"))
	}
	text := p.Text
	switch {
	case text == "":
		return piece{}, connector.Because(connector.Empty, community.Errorf(community.Invalid, "the Markdown is empty"))
	case tail == "":
	case p.Name == markdown2:
		return piece{}, connector.Because(connector.NoMention, community.Errorf(community.Unsupported, "Markdown of the second version mentions nobody").WithHint("use markdown, or write a text to go with it"))
	default:
		text += "\n" + tail
	}
	if err := within("the Markdown", text, mostMarkdown); err != nil {
		return piece{}, err
	}
	return piece{message: message{"msgtype": p.Name, p.Name: message{"content": text}}}, nil
}

func within(what, text string, most int) error {
	if len(text) > most {
		return connector.Because(connector.TooLong, community.Errorf(community.Invalid, "%s has %d bytes, the platform takes %d", what, len(text), most).
			WithHint("a Chinese character is three bytes: shorten it, or send it in several messages"))
	}
	return nil
}

// picture is sent with its bytes; the platform fetches nothing.
func picture(p community.Part) (piece, error) {
	jpeg, png := bytes.HasPrefix(p.Data, []byte("\xff\xd8\xff")), bytes.HasPrefix(p.Data, []byte("\x89PNG\r\n\x1a\n"))
	switch {
	case len(p.Data) == 0:
		return piece{}, connector.Because(connector.NoContent, community.Errorf(community.Invalid, "the picture itself is missing").WithHint("attach the file: the platform fetches no addresses"))
	case len(p.Data) > mostPicture:
		return piece{}, connector.Because(connector.TooLarge, community.Errorf(community.Invalid, "the picture has %d bytes, the platform takes %d", len(p.Data), mostPicture))
	case !jpeg && !png:
		return piece{}, connector.Because(connector.NoSuchForm, community.Errorf(community.Invalid, "the picture is neither JPEG nor PNG"))
	}
	sum := md5.Sum(p.Data) //nolint:gosec // the platform's checksum
	return piece{message: message{"msgtype": "image", "image": message{
		"base64": base64.StdEncoding.EncodeToString(p.Data), "md5": hex.EncodeToString(sum[:])}}}, nil
}

// uploaded is a file that goes up first, or one that is there already.
func uploaded(p community.Part, kind string, least, most int) (piece, error) {
	switch {
	case len(p.Data) == 0 && p.Media != "":
		return piece{message: message{"msgtype": kind, kind: message{"media_id": p.Media}}}, nil
	case len(p.Data) < least:
		return piece{}, connector.Because(connector.TooLarge, community.Errorf(community.Invalid, "the file has %d bytes, the platform wants at least %d", len(p.Data), least))
	case len(p.Data) > most:
		return piece{}, connector.Because(connector.TooLarge, community.Errorf(community.Invalid, "the file has %d bytes, the platform takes %d", len(p.Data), most))
	}
	return piece{kind: kind, upload: &p}, nil
}

// fileName is what members see a file called.
func fileName(p community.Part) string {
	name := strings.Map(func(r rune) rune {
		if r < ' ' || r == '/' || r == '\\' || r == '"' {
			return '_'
		}
		return r
	}, p.Name)
	if name == "" {
		name = map[community.Content]string{community.Voice: "voice.amr"}[p.Content]
	}
	if name == "" {
		name = "file"
	}
	return name
}

// news is up to eight links.
func news(links []community.Part) (piece, error) {
	articles := make([]message, len(links))
	for i, p := range links {
		if p.Title == "" {
			return piece{}, connector.Because(connector.Incomplete, community.Errorf(community.Invalid, "a link needs a title"))
		}
		if err := address(p.URL); err != nil {
			return piece{}, err
		}
		if err := within("the link's title", p.Title, mostTitle); err != nil {
			return piece{}, err
		}
		if err := within("the link's description", p.Text, mostAbout); err != nil {
			return piece{}, err
		}
		articles[i] = message{"title": p.Title, "description": p.Text, "url": p.URL, "picurl": p.Picture}
	}
	return piece{message: message{"msgtype": "news", "news": message{"articles": articles}}}, nil
}

func address(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return connector.Because(connector.Incomplete, community.Errorf(community.Invalid, "a link's address is no web address").WithHint("write it with https:// in front"))
	}
	return nil
}

// card is a notice that opens an address: with a picture where it has one.
func card(p community.Part) (piece, error) {
	if p.Title == "" {
		return piece{}, connector.Because(connector.Incomplete, community.Errorf(community.Invalid, "a card needs a title"))
	}
	if err := address(p.URL); err != nil {
		return piece{}, err
	}
	body := message{"card_type": "text_notice", "main_title": message{"title": p.Title, "desc": p.Text},
		"card_action": message{"type": 1, "url": p.URL}}
	if p.Picture != "" {
		body["card_type"] = "news_notice"
		body["card_image"] = message{"url": p.Picture}
	}
	return piece{message: message{"msgtype": "template_card", "template_card": body}}, nil
}
