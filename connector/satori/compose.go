package satori

import (
	"encoding/base64"
	"net/http"
	"strings"

	"qunying/community"
	"qunying/connector"
)

// Bounds of what is sent.
const (
	mostSent = 16 << 20 // bytes of a picture or file in the message itself
	mostSaid = 256 << 10
)

var (
	escapeText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	escapeAttr = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\n", "&#10;")
)

// compose writes a message as elements.
func compose(a connector.Action) (string, error) {
	var out strings.Builder
	if a.ReplyTo != "" {
		element(&out, "quote", "id", a.ReplyTo)
	}
	if len(a.Text) > mostSaid {
		return "", connector.Because(connector.TooLong, community.Errorf(community.Invalid, "the message is longer than %d bytes", mostSaid))
	}
	said := mentionsIn(&out, a)
	for _, p := range a.Parts {
		if err := part(&out, p); err != nil {
			return "", err
		}
	}
	if !said && len(a.Parts) == 0 {
		return "", connector.Because(connector.Empty, community.Errorf(community.Invalid, "the message is empty"))
	}
	return out.String(), nil
}

// mentionsIn writes the text. A member whose @name is in the text is mentioned
// there, any other in front of it.
func mentionsIn(out *strings.Builder, a connector.Action) (said bool) {
	marks := []string{}
	said = a.Text != "" || a.MentionAll || len(a.Mentions) > 0
	if a.MentionAll {
		if strings.Contains(a.Text, "@所有人") {
			marks = append(marks, "@所有人", `<at type="all"/>`)
		} else {
			element(out, "at", "type", "all")
			out.WriteString(" ")
		}
	}
	for _, m := range a.Mentions {
		if m.ID == "" {
			continue
		}
		var at strings.Builder
		element(&at, "at", "id", m.ID, "name", m.Name)
		if m.Name != "" && strings.Contains(a.Text, "@"+m.Name) {
			marks = append(marks, "@"+m.Name, at.String())
			continue
		}
		out.WriteString(at.String() + " ")
	}
	text(out, a.Text, marks)
	return said
}

// text writes escaped text with the marks (old, new, …) replaced. Gateways trim
// line ends beside elements and at both ends, so there they become elements.
func text(out *strings.Builder, s string, marks []string) {
	for s != "" {
		at, mark := len(s), -1
		for i := 0; i < len(marks); i += 2 {
			if j := strings.Index(s, marks[i]); j >= 0 && j < at {
				at, mark = j, i
			}
		}
		plain := s[:at]
		body := strings.Trim(plain, " \t\r\n")
		lead := plain[:len(plain)-len(strings.TrimLeft(plain, " \t\r\n"))]
		trail := plain[len(lead)+len(body):]
		out.WriteString(strings.ReplaceAll(lead, "\n", "<br/>") + escapeText.Replace(body) + strings.ReplaceAll(trail, "\n", "<br/>"))
		if mark < 0 {
			return
		}
		out.WriteString(marks[mark+1])
		s = s[at+len(marks[mark]):]
	}
}

// element writes an empty element; attributes without a value are left out.
func element(out *strings.Builder, name string, attrs ...string) {
	out.WriteString("<" + name)
	for i := 0; i < len(attrs); i += 2 {
		if attrs[i+1] != "" {
			out.WriteString(" " + attrs[i] + `="` + escapeAttr.Replace(attrs[i+1]) + `"`)
		}
	}
	out.WriteString("/>")
}

func part(out *strings.Builder, p community.Part) error {
	name := map[community.Content]string{community.Image: "img", community.Sticker: "img", community.Voice: "audio", community.Video: "video", community.File: "file"}[p.Content]
	switch {
	case name != "":
		src, err := source(p)
		if err != nil {
			return err
		}
		element(out, name, "src", src, "title", first(p.Name, p.Title))
		return nil
	case p.Content == community.Link && p.URL != "":
		if out.Len() > 0 {
			out.WriteString("<br/>")
		}
		out.WriteString(`<a href="` + escapeAttr.Replace(p.URL) + `">` + escapeText.Replace(first(p.Title, p.URL)) + "</a>")
		if p.Text != "" {
			out.WriteString("<br/>")
			text(out, p.Text, nil)
		}
		return nil
	case p.Content == community.Text:
		text(out, p.Text, nil)
		return nil
	}
	return connector.Because(connector.NoSuchForm, community.Errorf(community.Unsupported, "a part of the form %q cannot be sent through Satori", p.Content))
}

// source is where the gateway finds a picture or file: an address, its own ID, or
// the bytes themselves.
func source(p community.Part) (string, error) {
	switch {
	case len(p.Data) > mostSent:
		return "", connector.Because(connector.TooLarge, community.Errorf(community.Invalid, "a file in a message may have at most %d bytes", mostSent).WithHint("give its address instead"))
	case len(p.Data) > 0:
		kind, _, _ := strings.Cut(http.DetectContentType(p.Data), ";")
		return "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(p.Data), nil
	case p.URL != "":
		return p.URL, nil
	case p.Media != "":
		return p.Media, nil
	}
	return "", connector.Because(connector.NoContent, community.Errorf(community.Invalid, "a part of the form %q has neither an address nor bytes", p.Content))
}
