package wecom

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
	"qunying/connector/wire/wxcrypt"
)

// call is what WeCom says in a call to our address, of all kinds.
type call struct {
	From       string `xml:"FromUserName"`
	CreateTime int64
	MsgType    string
	MsgID      string `xml:"MsgId"`
	AgentID    string

	Content   string
	PicURL    string `xml:"PicUrl"`
	MediaID   string `xml:"MediaId"`
	Format    string
	LocationX string `xml:"Location_X"`
	LocationY string `xml:"Location_Y"`
	Label     string
	Title     string
	About     string `xml:"Description"`
	URL       string `xml:"Url"`

	Event          string
	ChangeType     string
	ChatID         string `xml:"ChatId"`
	UpdateDetail   string
	JoinScene      int
	QuitScene      int
	Changed        []string `xml:"MemChangeList>Item"`
	Version        string   `xml:"CurMemVer"`
	UserID         string
	ExternalUserID string
	State          string
	WelcomeCode    string
	Source         string
	FailReason     string
}

// maxRaw bounds what is kept of a call that nobody understands yet.
const maxRaw = 64 << 10

func parseCall(plain []byte) (call, error) {
	var c call
	if err := xml.Unmarshal(plain, &c); err != nil {
		return call{}, &community.Error{Code: community.Invalid, Text: "the call cannot be read", Err: err}
	}
	if c.MsgType == "" {
		return call{}, community.Errorf(community.Invalid, "the call does not say what it is")
	}
	return c, nil
}

func (c call) at() time.Time { return time.Unix(c.CreateTime, 0).UTC() }

// id of an event, which WeCom gives none: what tells two of them apart, as the
// platform advises.
func (c call) id() string {
	return strings.Join([]string{c.Event, c.ChangeType, c.From, c.UserID, c.ExternalUserID, c.ChatID, strconv.FormatInt(c.CreateTime, 10)}, "/")
}

// forms of messages to the app.
var forms = map[string]community.Content{
	"text": community.Text, "image": community.Image, "voice": community.Voice, "video": community.Video,
	"location": community.Location, "link": community.Link, "file": community.File,
}

// observe translates a call that can be understood by itself; for what was said of a
// customer group see change.
func (c call) observe(plain []byte) connector.Observation {
	o := connector.Observation{At: c.at(), ID: c.MsgID, Group: c.ChatID, Direct: c.ChatID == "", Sender: connector.Member{ID: c.From}}
	if form, ok := forms[c.MsgType]; ok {
		o.Kind, o.Content, o.Text = community.MessagePosted, form, c.Content
		o.Data = details("url", c.PicURL+c.URL, "media", c.MediaID, "format", c.Format, "description", c.About)
		switch form {
		case community.Location:
			o.Text = c.Label
			o.Data = details("latitude", c.LocationX, "longitude", c.LocationY)
		case community.Link:
			o.Text = c.Title
		}
		return o
	}
	o.ID = c.id()
	switch c.Event + "." + c.ChangeType {
	case "change_external_contact.add_external_contact", "change_external_contact.add_half_external_contact":
		o.Kind = community.ContactAdded
		o.Data = details("state", c.State, "welcome", c.WelcomeCode)
		if c.ChangeType == "add_half_external_contact" {
			o.Data["half"] = "true" // they have yet to agree
		}
	case "change_external_contact.del_external_contact":
		o.Kind, o.Data = community.ContactRemoved, details("way", "removed", "source", c.Source)
	case "change_external_contact.del_follow_user":
		o.Kind, o.Data = community.ContactRemoved, details("way", "quit")
	case "change_external_chat.dismiss":
		o.Kind, o.Data, o.Sender = community.GroupGone, details("why", "dismissed"), connector.Member{}
	default:
		return c.unknown(o, plain)
	}
	if o.Kind != community.GroupGone {
		o.Sender, o.Operator = connector.Member{ID: c.ExternalUserID}, connector.Member{ID: c.UserID}
	}
	return o
}

// unknown keeps a call as it came.
func (c call) unknown(o connector.Observation, plain []byte) connector.Observation {
	sum := sha256.Sum256(plain)
	o.Kind = community.PlatformOther
	o.ID += "/" + hex.EncodeToString(sum[:8])
	o.Data = details("event", c.Event, "change", c.ChangeType, "reason", c.FailReason)
	o.Raw = plain[:min(len(plain), maxRaw)]
	if c.ExternalUserID != "" {
		o.Sender, o.Operator = connector.Member{ID: c.ExternalUserID}, connector.Member{ID: c.UserID}
	} else if c.From == "sys" {
		o.Sender = connector.Member{ID: c.UserID}
	}
	return o
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

// patience is how long a call may take: WeCom gives up after 5 s. nameTime of it may
// be spent on asking who somebody is.
const (
	patience = 4 * time.Second
	nameTime = 1500 * time.Millisecond
)

// ServeHTTP takes WeCom's calls: GET tries the address, POST brings something.
func (a *Account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		echo, err := a.crypt.Verify(r.URL.Query())
		if err != nil {
			w.WriteHeader(status(err))
			return
		}
		a.called()
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(echo)
		return
	}
	if r.Method != http.MethodPost {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	body, err := wire.ReadAll(http.MaxBytesReader(w, r.Body, wxcrypt.MaxEnvelope), wxcrypt.MaxEnvelope)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	plain, err := a.crypt.Open(r.URL.Query(), body)
	if err != nil {
		w.WriteHeader(status(err))
		return
	}
	a.called()
	c, err := parseCall(plain)
	if err != nil {
		w.WriteHeader(status(err))
		return
	}
	a.serving.RLock()
	defer a.serving.RUnlock()
	if a.running == nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	ctx, cancel := context.WithTimeout(a.running.ctx, patience)
	defer cancel()
	if err := a.take(ctx, a.running, c, plain); err != nil {
		w.WriteHeader(http.StatusServiceUnavailable) // WeCom calls again
		return
	}
	w.WriteHeader(http.StatusOK) // with an empty body: nothing to reply
}

func status(err error) int {
	switch community.CodeOf(err) {
	case community.Forbidden:
		return http.StatusForbidden
	case community.Invalid:
		return http.StatusBadRequest
	}
	return http.StatusServiceUnavailable
}

// take handles one call. nil means that it may be acknowledged.
func (a *Account) take(ctx context.Context, run *run, c call, plain []byte) error {
	if c.Event == "change_external_chat" && c.ChatID != "" && (c.ChangeType == "update" || c.ChangeType == "create") {
		a.queue.changed(c.ChatID, change{at: c.at(), detail: c.UpdateDetail, removed: c.QuitScene == 1, who: c.Changed, version: c.Version})
		return nil
	}
	o := c.observe(plain)
	if o.Kind == community.ContactAdded {
		a.introduce(ctx, &o)
	}
	if err := a.put(ctx, run, o); err != nil {
		return err
	}
	if o.Kind == community.GroupGone {
		a.forget(o.Group)
	}
	return nil
}

// introduce adds the name and the way of a new customer, if WeCom tells in time: the
// welcome has twenty seconds, and the call must be answered.
func (a *Account) introduce(ctx context.Context, o *connector.Observation) {
	ctx, cancel := context.WithTimeout(ctx, nameTime)
	defer cancel()
	who, err := a.client.Customer(ctx, o.Sender.ID)
	if err != nil {
		return // what is not told stays unknown
	}
	o.Sender.Name = who.Name
	for _, f := range who.Followers {
		if f.UserID == o.Operator.ID && f.Way != 0 {
			o.Data["way"] = wayOf(f.Way)
		}
	}
}

// put emits, again while it is Unavailable and ctx lasts. At any other error Run ends
// with it.
func (a *Account) put(ctx context.Context, run *run, o ...connector.Observation) error {
	unlock := a.order.lock(o[0].Group)
	defer unlock()
	err := wire.Store(ctx, run.emit, o...)
	if err != nil && ctx.Err() == nil {
		run.fail(err)
	}
	return err
}
