package satori

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"time"
	"unicode/utf8"
)

// Operation codes of frames, and of the Satori-Opcode header.
const (
	opEvent    = 0
	opPing     = 1
	opPong     = 2
	opIdentify = 3
	opReady    = 4
	opMeta     = 5
)

// id is a string that some gateways write as a number.
type id string

func (s *id) UnmarshalJSON(b []byte) error {
	if len(b) > 1 && b[0] == '"' {
		if bytes.IndexByte(b, '\\') < 0 && utf8.Valid(b) { // as nearly all
			*s = id(b[1 : len(b)-1])
			return nil
		}
		return json.Unmarshal(b, (*string)(s))
	}
	if string(b) != "null" && len(b) < 32 {
		*s = id(b)
	}
	return nil
}

// number is one that some gateways write as a string; anything else is 0.
type number int64

func (n *number) UnmarshalJSON(b []byte) error {
	b = bytes.Trim(b, `"`)
	if v, err := strconv.ParseInt(string(b), 10, 64); err == nil {
		*n = number(v)
	} else if f, err := strconv.ParseFloat(string(b), 64); err == nil && f > -1<<53 && f < 1<<53 {
		*n = number(f)
	}
	return nil
}

// millis is a time in milliseconds since 1970, or the zero time.
func (n number) millis() time.Time {
	if n <= 0 || n > 1<<48 {
		return time.Time{}
	}
	return time.UnixMilli(int64(n)).UTC()
}

type frame struct {
	Op    int             `json:"op"`
	Body  json.RawMessage `json:"body"` // nil where event is not
	event *event          // nil where Op is opEvent: it cannot be read
}

// plainHead is how nearly all events begin.
var plainHead = []byte(`{"op":0,"body":`)

// decodeFrame reads a frame, and its event where it is one; ok is false for what
// is no frame. The event shares nothing with b, the frame's body may.
func decodeFrame(b []byte) (f frame, ok bool) {
	// JSON is read twice where it lies within JSON. An event that is all of the
	// frame but its head is spared that.
	if body, plain := bytes.CutPrefix(b, plainHead); plain {
		if body, plain = bytes.CutSuffix(body, []byte("}")); plain {
			if e, err := decodeEvent(body); err == nil {
				return frame{Op: opEvent, event: e}, true
			}
		}
	}
	f.Op = -1
	if json.Unmarshal(b, &f) != nil || f.Op < 0 {
		return frame{}, false
	}
	if f.Op == opEvent {
		f.event, _ = decodeEvent(f.Body) // nil says so
	}
	return f, true
}

type user struct {
	ID   id     `json:"id"`
	Name string `json:"name"`
	Nick string `json:"nick"`
}

type member struct {
	User *user  `json:"user"`
	Nick string `json:"nick"`
	Name string `json:"name"`
}

type guild struct {
	ID   id     `json:"id"`
	Name string `json:"name"`
}

// Forms of channels.
const (
	textChannel     = 0
	directChannel   = 1
	categoryChannel = 2
)

type channel struct {
	ID   id     `json:"id"`
	Name string `json:"name"`
	Type number `json:"type"`
}

type message struct {
	ID        id       `json:"id"`
	Content   string   `json:"content"`
	CreatedAt number   `json:"created_at"`
	UpdatedAt number   `json:"updated_at"`
	Channel   *channel `json:"channel"`
	Guild     *guild   `json:"guild"`
	Member    *member  `json:"member"`
	User      *user    `json:"user"`
	Quote     *struct {
		ID id `json:"id"`
	} `json:"quote"`
}

// Status of a login: whether the gateway has it on its platform.
const statusOnline = 1

type login struct {
	User     user     `json:"user"`
	SelfID   id       `json:"self_id"` // where user is missing
	Platform string   `json:"platform"`
	Status   *number  `json:"status"` // nil: not told
	Features []string `json:"features"`
}

// tidy puts the login's ID where it belongs.
func (l *login) tidy() {
	if l.User.ID == "" {
		l.User.ID = l.SelfID
	}
}

func (l *login) online() bool { return l.Status == nil || *l.Status == statusOnline }

func (l *login) is(o *login) bool { return l.Platform == o.Platform && l.User.ID == o.User.ID }

type event struct {
	SN        number   `json:"sn"`
	ID        number   `json:"id"` // the old name of sn
	Type      string   `json:"type"`
	Platform  string   `json:"platform"`
	SelfID    id       `json:"self_id"`
	Timestamp number   `json:"timestamp"`
	Login     *loginID `json:"login"`
	Guild     *guild   `json:"guild"`
	Channel   *channel `json:"channel"`
	User      *user    `json:"user"`
	Member    *member  `json:"member"`
	Operator  *user    `json:"operator"`
	Message   *message `json:"message"`
	Emoji     *struct {
		ID   id     `json:"id"`
		Name string `json:"name"`
	} `json:"emoji"`

	login *login // of an event about a login, all of it
	said  said   // Message.Content, read
	raw   []byte // of what we may not understand, at most mostRaw
}

// loginID names a login. Gateways put the whole login into every event; most of it
// is read only where it is what the event is about.
type loginID struct {
	User     *user  `json:"user"`
	SelfID   id     `json:"self_id"`
	Platform string `json:"platform"`
}

// loginEvents are about a login and not about a chat.
var loginEvents = map[string]bool{"login-added": true, "login-updated": true, "login-removed": true}

// mostRaw bounds what is kept of an event that nobody understands.
const mostRaw = 64 << 10

var errNoEvent = errors.New("not an event of Satori")

// decodeEvent reads an event's body. Parts of an unexpected form are left out;
// what is no event at all is an error. The result shares nothing with b.
func decodeEvent(b []byte) (*event, error) {
	var e event
	if err := decode(b, &e); err != nil {
		return nil, errNoEvent
	}
	if e.Type == "" || len(e.Type) > 200 {
		return nil, errNoEvent
	}
	if e.SN == 0 {
		e.SN = e.ID
	}
	if loginEvents[e.Type] {
		var x struct {
			Login login `json:"login"`
		}
		if decode(b, &x) != nil {
			return nil, errNoEvent
		}
		x.Login.tidy()
		e.login = &x.Login
	}
	if m := e.Message; m != nil {
		e.said = read(m.Content)
		m.Content = "" // may hold whole pictures
		e.merge(m)
	}
	if !e.plain() {
		e.raw = bytes.Clone(b[:min(len(b), mostRaw)])
	}
	return &e, nil
}

// merge takes from the message what the event itself does not name.
func (e *event) merge(m *message) {
	if e.Channel == nil {
		e.Channel = m.Channel
	}
	if e.Guild == nil {
		e.Guild = m.Guild
	}
	if e.Member == nil {
		e.Member = m.Member
	}
	if e.User == nil {
		e.User = m.User
	}
	if e.User == nil && e.Member != nil {
		e.User = e.Member.User
	}
	if m.Quote != nil && e.said.replyTo == "" {
		e.said.replyTo = string(m.Quote.ID)
	}
}

// plain says that the event is a message that is understood wholly.
func (e *event) plain() bool {
	return e.Type == "message-created" && e.Message != nil && e.Message.ID != "" && e.Channel != nil && e.User != nil && e.User.ID != "" && !e.said.odd
}

// at is when the event was, by the platform if it told.
func (e *event) at(now time.Time) time.Time {
	if t := e.Timestamp.millis(); !t.IsZero() {
		return t
	}
	return now.UTC()
}

// of is the login that the event came to.
func (e *event) of() login {
	l := login{Platform: e.Platform, User: user{ID: e.SelfID}}
	if x := e.Login; x != nil {
		l.Platform = first(x.Platform, l.Platform)
		switch {
		case x.User != nil && x.User.ID != "":
			l.User = *x.User
		case x.SelfID != "":
			l.User.ID = x.SelfID
		}
	}
	return l
}
