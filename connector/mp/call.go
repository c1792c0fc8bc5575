package mp

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"strconv"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
)

// call is what the platform says in a call to our address.
type call struct {
	To         string `xml:"ToUserName"` // the account, "gh_…"
	From       string `xml:"FromUserName"`
	CreateTime int64  // seconds; some senders write milliseconds
	MsgType    string
	MsgID      string `xml:"MsgId"`

	Content     string
	PicURL      string `xml:"PicUrl"`
	MediaID     string `xml:"MediaId"`
	Format      string
	Recognition string // what was said, where the platform wrote it down
	LocationX   string `xml:"Location_X"`
	LocationY   string `xml:"Location_Y"`
	Label       string
	Title       string
	About       string `xml:"Description"`
	URL         string `xml:"Url"`

	Event    string
	EventKey string
	Status   string // of a notice that was sent
	NoticeID string `xml:"MsgID"`
}

// mostRaw bounds what is kept of a call that nobody understands yet.
const mostRaw = 64 << 10

// parseCall reads the XML of a call. Errors are Invalid.
func parseCall(plain []byte) (call, error) {
	var c call
	if err := xml.Unmarshal(plain, &c); err != nil {
		return call{}, &community.Error{Code: community.Invalid, Text: "the call cannot be read", Err: err}
	}
	if c.MsgType == "" || c.From == "" || c.CreateTime <= 0 {
		return call{}, community.Errorf(community.Invalid, "the call does not say what it is, of whom and when")
	}
	return c, nil
}

// milliseconds is a number that is no time in seconds: it would be past the year 5000.
const milliseconds = 100_000_000_000

func (c call) at() time.Time {
	if c.CreateTime >= milliseconds {
		return time.UnixMilli(c.CreateTime).UTC()
	}
	return time.Unix(c.CreateTime, 0).UTC()
}

// id of an event, which the platform gives none: what it advises to tell them apart
// by, and what happened, for one person can do two things in a second.
func (c call) id() string {
	return strings.Join([]string{c.From, strconv.FormatInt(c.CreateTime, 10), c.Event, c.EventKey}, "/")
}

// forms of messages to the account.
var forms = map[string]community.Content{
	"text": community.Text, "image": community.Image, "voice": community.Voice, "video": community.Video,
	"shortvideo": community.Video, "location": community.Location, "link": community.Link,
}

// observe translates a call. plain is its XML.
func (c call) observe(plain []byte) connector.Observation {
	o := connector.Observation{Direct: true, At: c.at(), ID: c.MsgID, Sender: connector.Member{ID: c.From}}
	if form, ok := forms[c.MsgType]; ok {
		o.Kind, o.Content, o.Text = community.MessagePosted, form, c.Content
		o.Data = details("url", c.PicURL+c.URL, "media", c.MediaID, "format", c.Format, "description", c.About)
		switch form {
		case community.Voice:
			o.Text = c.Recognition
		case community.Location:
			o.Text, o.Data = c.Label, details("latitude", c.LocationX, "longitude", c.LocationY)
		case community.Link:
			o.Text = c.Title
		}
		if o.ID == "" {
			o.ID = c.unlike(plain)
		}
		return o
	}
	o.ID = c.id()
	switch {
	case c.MsgType == "event" && c.Event == "subscribe":
		o.Kind, o.Data = community.ContactAdded, details("state", scene(c.EventKey))
		if o.Data["state"] != "" {
			o.Data["way"] = "code"
		}
	case c.MsgType == "event" && c.Event == "unsubscribe":
		o.Kind, o.Data = community.ContactRemoved, details("way", "quit")
	case c.MsgType == "event" && c.Event == "SCAN":
		o.Kind, o.Data = community.CodeScanned, details("state", scene(c.EventKey))
	default:
		o.Kind, o.Raw, o.ID = community.PlatformOther, plain[:min(len(plain), mostRaw)], c.unlike(plain)
		o.Data = details("event", c.Event, "key", c.EventKey, "status", c.Status, "message", c.NoticeID, "type", c.MsgType)
	}
	return o
}

// scene is what a code carries; the platform puts a word before it when who scanned
// did not follow the account yet.
func scene(key string) string { return strings.TrimPrefix(key, "qrscene_") }

// unlike is an ID by all that the call holds.
func (c call) unlike(plain []byte) string {
	sum := sha256.Sum256(plain)
	return c.id() + "/" + hex.EncodeToString(sum[:8])
}

// details makes data of pairs, without the empty ones.
func details(pairs ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			m[pairs[i]] = pairs[i+1]
		}
	}
	return m
}
