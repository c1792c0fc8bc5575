package wechaty

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wechaty/puppet"
)

// Bounds of what is taken over from a gateway, in bytes and in pieces.
const (
	mostText     = 64 << 10
	mostRaw      = 64 << 10
	mostID       = 512
	mostName     = 512
	mostMentions = 500
)

// recalled stands among the forms for a message that says that another one was
// taken back.
const recalled community.Content = "recalled"

// Forms of messages by the number of their type: those of the Node gateways,
// which send the numbers of wechaty-puppet, and those that the protocol itself
// names.
var (
	nodeForms = []community.Content{
		community.Other, community.File, community.Voice, community.Card, community.Forward, community.Sticker,
		community.Image, community.Text, community.Location, community.MiniProgram, community.Other,
		community.Transfer, community.RedPacket, recalled, community.Link, community.Video, community.Other,
	}
	protoForms = []community.Content{
		community.Other, community.File, community.Voice, community.Card, community.Sticker, community.Image,
		community.Text, community.Video, community.Forward, community.Location, community.MiniProgram,
		community.Transfer, community.RedPacket, recalled, community.Link,
	}
)

// form is the form of a message by the number of its type.
func form(forms []community.Content, number int32) community.Content {
	if number < 0 || int(number) >= len(forms) {
		return community.Other
	}
	return forms[number]
}

// earliest is where milliseconds begin: smaller numbers are seconds.
const earliest = 100_000_000_000

// moment reads a gateway's time in milliseconds, or seconds where it has not
// made up its mind; zero is the zero time.
func moment(n int64) time.Time {
	switch {
	case n <= 0:
		return time.Time{}
	case n < earliest:
		n *= 1000
	}
	if n > 253_402_300_799_000 { // the year 9999
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

// saidAt is when a message was written. Gateways put seconds where milliseconds
// belong, so the newer field can hold a thousandth of the time.
func saidAt(p *puppet.MessagePayloadResponse) time.Time {
	if t := p.GetReceiveTime(); t != nil && t.GetSeconds() < earliest {
		if at := moment(t.GetSeconds()*1000 + int64(t.GetNanos())/1_000_000); !at.IsZero() {
			return at
		}
	}
	if n := p.GetTimestampDeprecated(); n < 1<<62 {
		return moment(int64(n))
	}
	return time.Time{}
}

// clean makes a text fit to be kept: valid, bounded, and with plain spaces where
// WeChat marks the end of a mention.
func clean(s string, most int) string {
	return cut(strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\u2005", " "), most)
}

// everybody says that an ID among the mentions stands for all members.
func everybody(id string) bool {
	return id == "all" || strings.HasSuffix(id, "@all")
}

// read turns a message into an observation without asking anybody: people have
// their IDs only. heard is when it arrived, for gateways that tell no time.
func read(p *puppet.MessagePayloadResponse, forms []community.Content, self string, heard time.Time) connector.Observation {
	o := connector.Observation{
		Kind: community.MessagePosted, Group: cut(p.GetRoomId(), mostID), ID: cut(p.GetId(), mostID),
		Sender: connector.Member{ID: cut(p.GetTalkerId(), mostID)}, At: saidAt(p),
		Content: form(forms, p.GetType()), FromUs: self != "" && p.GetTalkerId() == self, Data: map[string]string{},
	}
	o.Direct = o.Group == ""
	if o.At.IsZero() {
		o.At = heard
	}
	if o.Direct && o.FromUs {
		o.Data["to"] = cut(p.GetListenerId(), mostID)
	}
	switch o.Content {
	case recalled:
		o.Kind, o.Content = community.MessageRecalled, ""
		o.Data["message"] = cut(recalledID(p.GetText()), mostID)
		return o
	case community.Text:
		o.Text = clean(p.GetText(), mostText)
	case community.Image, community.Voice, community.Video, community.File, community.Sticker:
		o.Data["media"] = o.ID
		if name := clean(p.GetFilename(), mostName); name != "" {
			o.Data["file"] = name
			if o.Content == community.File {
				o.Text = name
			}
		}
	default: // what gateways put into the text here is WeChat's own XML
		o.Raw = raw(p)
	}
	ids := p.GetMentionIds()
	for _, id := range ids[:min(len(ids), mostMentions)] {
		if everybody(id) {
			o.MentionAll = true
		} else if id != "" {
			o.Mentions = append(o.Mentions, connector.Member{ID: cut(id, mostID)})
		}
	}
	return o
}

// raw is a message as the gateway sent it, bounded.
func raw(p *puppet.MessagePayloadResponse) []byte {
	b, err := protojson.Marshal(p)
	if err != nil {
		return nil // a text of it is no valid UTF-8
	}
	return b[:min(len(b), mostRaw)]
}

// recalledID finds which message was taken back. Gateways give its ID as the
// text of the message that says so, or WeChat's own notice, in which it is named.
func recalledID(text string) string {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "<") {
		return text
	}
	found := map[string]string{}
	d := xml.NewDecoder(bytes.NewReader([]byte(cut(text, mostText))))
	var within string
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) || err != nil {
			break // what was found until here counts
		}
		switch t := t.(type) {
		case xml.StartElement:
			within = t.Name.Local
		case xml.CharData:
			if s := strings.TrimSpace(string(t)); s != "" && found[within] == "" {
				found[within] = s
			}
		}
	}
	return first(found["newmsgid"], found["msgid"])
}

// message turns a message into an observation with everybody's name and with
// what its form has besides text.
func (s *session) message(ctx context.Context, p *puppet.MessagePayloadResponse, heard time.Time) connector.Observation {
	o := read(p, s.forms, s.self(), heard)
	d := s.directory
	o.Sender = d.member(ctx, o.Group, p.GetTalkerId())
	for i, m := range o.Mentions {
		o.Mentions[i] = d.member(ctx, o.Group, m.ID)
	}
	if !o.Direct {
		o.GroupName = d.topic(ctx, o.Group)
	}
	if o.Kind == community.MessagePosted {
		s.details(ctx, &o)
	}
	if o.FromUs {
		o.ActionKey = s.echoes.match(traceOf(o), o.ID)
	} else if o.Kind == community.MessageRecalled {
		// The notice of our own recall can name the author or nobody.
		if key := s.echoes.match(traceOf(o), ""); key != (community.Key{}) {
			o.FromUs, o.ActionKey = true, key
		}
	}
	return o
}

// traceOf is by what one of our own messages is known again.
func traceOf(o connector.Observation) trace {
	if o.Kind == community.MessageRecalled { // the message says where
		return trace{kind: o.Kind, what: o.Data["message"]}
	}
	t := trace{kind: o.Kind, where: o.Group, what: asMedia}
	switch {
	case o.Content == community.Text:
		t.what = plain(o.Text)
	case o.Content == community.Link, o.Content == community.Card:
		t.what = string(o.Content)
	}
	if o.Direct {
		t.where = o.Data["to"]
	}
	return t
}

// details asks for what links, places, mini-programs and cards consist of. What
// the gateway does not tell stays out: the message itself is there.
func (s *session) details(ctx context.Context, o *connector.Observation) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	put := func(k, v string) {
		if v = clean(v, mostName); v != "" {
			o.Data[k] = v
		}
	}
	switch o.Content {
	case community.Link:
		answer, err := s.client.MessageUrl(ctx, &puppet.MessageUrlRequest{Id: o.ID})
		if link := answer.GetUrlLink(); err == nil && link != nil {
			o.Text = clean(first(link.GetTitle(), link.GetDescription(), link.GetUrl()), mostText)
			put("title", link.GetTitle())
			put("description", link.GetDescription())
			o.Data["url"] = cut(link.GetUrl(), 4<<10)
		}
	case community.Location:
		answer, err := s.client.MessageLocation(ctx, &puppet.MessageLocationRequest{Id: o.ID})
		if place := answer.GetLocation(); err == nil && place != nil {
			o.Text = clean(first(place.GetName(), place.GetAddress()), mostText)
			put("address", place.GetAddress())
			put("latitude", strconv.FormatFloat(place.GetLatitude(), 'f', -1, 64))
			put("longitude", strconv.FormatFloat(place.GetLongitude(), 'f', -1, 64))
		}
	case community.MiniProgram:
		answer, err := s.client.MessageMiniProgram(ctx, &puppet.MessageMiniProgramRequest{Id: o.ID})
		if p := answer.GetMiniProgram(); err == nil && p != nil {
			o.Text = clean(first(p.GetTitle(), p.GetDescription()), mostText)
			put("title", p.GetTitle())
			put("app", first(p.GetAppid(), p.GetUsername()))
			put("page", p.GetPagePath())
		}
	case community.Card:
		answer, err := s.client.MessageContact(ctx, &puppet.MessageContactRequest{Id: o.ID})
		if id := answer.GetId(); err == nil && id != "" {
			put("contact", id)
			o.Text = s.directory.contact(ctx, id)
		}
	}
}
