package mp

import (
	"errors"
	"fmt"
	"strings"

	"qunying/community"
)

// APIError is what the platform answered instead of what was asked for. It is the
// cause of the community.Error that methods return.
type APIError struct {
	Code    int
	Message string // as the platform wrote it, cut
}

func (e *APIError) Error() string { return fmt.Sprintf("errcode %d: %s", e.Code, e.Message) }

// PlatformCode is the platform's number, by which the console explains it.
func (e *APIError) PlatformCode() int { return e.Code }

// PlatformWords are the platform's own.
func (e *APIError) PlatformWords() string { return e.Message }

// codeOf finds the platform's code in an error, 0 if it has none.
func codeOf(err error) int {
	var e *APIError
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

const (
	codeBusy      = -1
	codeBadSecret = 40001 // of a token as well
	codeNoMenu    = 46003
	mostMessage   = 300
)

// badToken says that a token was refused, and with it the call.
func badToken(code int) bool { return code == codeBadSecret || code == 40014 || code == 42001 }

// meanings are the codes that can be explained better than by the platform's words.
// What is not here is Invalid.
var meanings = map[int]struct {
	class community.Code
	text  string
	hint  string
}{
	codeBusy:      {community.Unavailable, "the platform is busy", ""},
	codeBadSecret: {community.Forbidden, "the AppSecret or a token is refused", "copy the AppSecret again"},
	40014:         {community.Unavailable, "the platform refused its own token", ""},
	42001:         {community.Unavailable, "the platform refused its own token", ""},
	40002:         {community.Forbidden, "the account may not have a token", ""},
	40003:         {community.NotFound, "nobody follows this account under that ID", ""},
	40013:         {community.Forbidden, "the AppID is wrong", "copy it again"},
	40125:         {community.Forbidden, "the AppSecret is wrong", "copy it again; a reset makes the old one useless"},
	40164:         {community.Forbidden, "this server's address is not on the account's list", "add it to the IP allow-list"},
	40243:         {community.Forbidden, "the AppSecret is frozen", "thaw it on the platform's page"},
	40029:         {community.Invalid, "the sign-in code is wrong or too old", "begin anew"},
	40163:         {community.Conflict, "the sign-in code was used already", "begin anew"},
	40037:         {community.NotFound, "there is no such template", ""},
	43004:         {community.Forbidden, "they do not follow the account", ""},
	43101:         {community.Forbidden, "they did not allow this notice", ""},
	45009:         {community.Forbidden, "the platform allows no more calls of this kind today", ""},
	45011:         {community.Unavailable, "the platform allows no more calls this minute", ""},
	45015:         {community.Forbidden, "they have not written for too long: the account may no longer write to them", "wait until they write, follow or scan"},
	45047:         {community.Forbidden, "the account has written as often as it may since they last wrote", "wait until they write again"},
	codeNoMenu:    {community.NotFound, "the account has no menu", ""},
	48001:         {community.Forbidden, "the account is not allowed to do this", "it may have to be verified, or be a service account"},
	50002:         {community.Forbidden, "the account is restricted", ""},
}

// refusal makes an error of an errcode and its errmsg.
func refusal(code int, text string) error {
	if len(text) > mostMessage {
		text = strings.ToValidUTF8(text[:mostMessage], "")
	}
	cause := &APIError{Code: code, Message: text}
	if m, ok := meanings[code]; ok {
		return &community.Error{Code: m.class, Text: m.text, Hint: m.hint, Err: cause}
	}
	return &community.Error{Code: community.Invalid, Text: "the platform refused", Err: cause}
}
