package wecomrobot

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
)

// The platform's codes that matter to us.
const (
	codeOK       = 0
	codeBusy     = -1
	codeTooOften = 45009
	codeNoRobot  = 93000 // no such webhook
	codeRemoved  = 93017 // the robot was taken out of its group
	codeEmpty    = 44004
)

// mostWords bounds what is repeated of the platform's words, in bytes.
const mostWords = 300

var zeroTime time.Time

// message is a JSON object that is sent.
type message map[string]any

// answer is what the platform answers to everything.
type answer struct {
	Code    int    `json:"errcode"`
	Text    string `json:"errmsg"`
	MediaID string `json:"media_id"`
}

func (a answer) name() string { return strconv.Itoa(a.Code) }

// read reads an answer. An error says that it is none, so that nobody knows what
// became of the request.
func read(body []byte) (answer, error) {
	var given struct {
		Code *int `json:"errcode"`
	}
	var a answer
	if json.Unmarshal(body, &given) != nil || given.Code == nil || json.Unmarshal(body, &a) != nil {
		return answer{}, connector.Because(connector.Garbled, community.Errorf(community.Unavailable, "the platform's answer cannot be read"))
	}
	return a, nil
}

// hints say what to do about a code.
var hints = map[int]struct {
	code       community.Code
	text, hint string
}{
	codeBusy:     {community.Unavailable, "the platform is busy", ""},
	codeTooOften: {community.Unavailable, "the robot has said too much", "a robot may send 20 messages a minute"},
	codeNoRobot:  {community.Forbidden, "the platform knows no such robot", "copy the webhook address from the robot's page in the group again"},
	codeRemoved:  {community.Forbidden, "the robot was taken out of the group", "add a robot to the group and enter its key"},
	codeEmpty:    {community.Invalid, "the message is empty", ""},
	45033:        {community.Unavailable, "the platform has too many requests of the robot at once", ""},
	60020:        {community.Forbidden, "the platform does not allow this server's address", "add the server's public address to those that may use the robot"},
	40007:        {community.Invalid, "the platform does not have the uploaded file", "uploads last three days: send the file itself"},
	40008:        {community.Invalid, "the platform does not take this kind of message", ""},
	40009:        {community.Invalid, "the picture is too large", "pictures may have 2 MB"},
	40058:        {community.Invalid, "the platform does not take a part of the message", ""},
	41006:        {community.Invalid, "the uploaded file is not named", ""},
	45002:        {community.Invalid, "the message is too long", "a text may have 2048 bytes, Markdown 4096"},
}

// refusal is what the platform answered instead of taking a message.
type refusal struct {
	code  int
	words string // short, without the key
}

func (e *refusal) Error() string { return strconv.Itoa(e.code) + " " + e.words }

// PlatformCode is the platform's number, by which the console explains it.
func (e *refusal) PlatformCode() int { return e.code }

// PlatformWords are the platform's own.
func (e *refusal) PlatformWords() string { return e.words }

// failure is the error of an answer, or nil.
func (r *robot) failure(a answer) error {
	if a.Code == codeOK {
		return nil
	}
	said := &refusal{a.Code, r.words(a.Text)}
	if h, ok := hints[a.Code]; ok {
		return &community.Error{Code: h.code, Text: h.text, Hint: h.hint, Err: said}
	}
	return &community.Error{Code: community.Conflict, Text: "the platform refused the message", Err: said}
}

// words are the platform's words, short and without the key.
func (r *robot) words(s string) string {
	s = strings.ReplaceAll(s, r.key, "…")
	if len(s) > mostWords {
		s = s[:mostWords]
	}
	return strings.ToValidUTF8(s, "")
}

// address of a call: the key is nowhere but here.
func (r *robot) address(call string, query url.Values) string {
	query.Set("key", r.key)
	return wire.Join(r.base, "cgi-bin/webhook", call) + "?" + query.Encode()
}

// post sends a message and reads the answer.
func (r *robot) post(ctx context.Context, m message) (answer, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // a length that was checked stays
	if err := e.Encode(m); err != nil {
		return answer{}, err
	}
	return r.call(ctx, r.address("send", url.Values{}), "application/json", b.Bytes())
}

// call makes a request. Errors are those of wire.Do, and *connector.Uncertain
// where there is an answer that tells nothing.
func (r *robot) call(ctx context.Context, address, kind string, body []byte) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return answer{}, community.Errorf(community.Invalid, "the platform's address cannot be read")
	}
	req.Header.Set("Content-Type", kind)
	res, err := wire.Do(r.client, req)
	if err != nil {
		return answer{}, err
	}
	a, err := read(res.Body)
	switch {
	case err == nil && (a.Code != codeOK || res.Status == http.StatusOK):
		return a, nil
	case res.Status == http.StatusTooManyRequests:
		return answer{}, connector.Because(connector.Busy, community.Errorf(community.Unavailable, "the platform wants fewer requests"))
	case res.Status >= 400 && res.Status < 500:
		return answer{}, connector.Because(connector.Garbled, community.Errorf(community.Conflict, "the platform answered with status %d", res.Status))
	}
	return answer{}, &connector.Uncertain{Err: connector.Because(connector.Answered(res.Status), community.Errorf(community.Unavailable, "the platform answered with status %d and nothing that can be read", res.Status))}
}
