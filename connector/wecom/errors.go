package wecom

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"qunying/community"
)

// APIError is what WeCom answered instead of what was asked for. It is the cause of
// the community.Error that methods return.
type APIError struct {
	Code    int
	Message string // as WeCom wrote it, cut, without secrets
}

func (e *APIError) Error() string { return fmt.Sprintf("errcode %d: %s", e.Code, e.Message) }

// PlatformCode is WeCom's number, by which the console explains it.
func (e *APIError) PlatformCode() int { return e.Code }

// PlatformWords are WeCom's own.
func (e *APIError) PlatformWords() string { return e.Message }

// Codes that the connector acts upon. The rest of the table is in answers.
const (
	codeBusy         = -1
	codeBadSecret    = 40001
	codeBadCorp      = 40013
	codeBadToken     = 40014
	codeTokenExpired = 42001
	codeRate         = 45009
	codeConcurrency  = 45033
	codeForbidden    = 48002
	codeAddress      = 60020
	codeManyOwners   = 81017
)

// answer is what an error code means to us.
type answer struct {
	code community.Code
	text string
	hint string
}

// answers are the codes of the platform's list that can be explained better than
// by its own words. What is not here is Invalid, with WeCom's words.
var answers = map[int]answer{
	codeBusy:         {community.Unavailable, "WeCom is busy", ""},
	codeRate:         {community.Unavailable, "WeCom allows no more calls for now", "it goes on with the next minute"},
	codeConcurrency:  {community.Unavailable, "WeCom allows no more calls at the same time", ""},
	codeBadToken:     {community.Unavailable, "WeCom refused its own access token twice", ""},
	codeTokenExpired: {community.Unavailable, "WeCom refused its own access token twice", ""},
	codeBadSecret:    {community.Forbidden, "the app's secret is wrong", "copy it again from the app's page; it is another one for each app"},
	codeBadCorp:      {community.Invalid, "the corporation's ID is wrong", "copy it from 我的企业, at the bottom of the page"},
	codeForbidden:    {community.Forbidden, "the app may not call this", "add it to 客户联系 – 可调用接口的应用"},
	codeAddress:      {community.Forbidden, "WeCom does not trust our address", "enter it at the app's 企业可信IP"},
	60011:            {community.Forbidden, "the app may not see this employee or department", "widen its 可见范围"},
	40003:            {community.NotFound, "there is no such employee", ""},
	40058:            {community.Invalid, "WeCom finds a value wrong", ""},
	40096:            {community.NotFound, "there is no such customer", ""},
	84061:            {community.NotFound, "they are no customer of that employee", ""},
	41051:            {community.Conflict, "the welcome cannot be sent any more", "it has twenty seconds, once, and only before they have chatted"},
	81013:            {community.NotFound, "none of the receivers can be reached", "they must be in the app's 可见范围"},
	codeManyOwners:   {community.Invalid, "there are too many owners for one question", "ask for up to a hundred owners at a time"},
	600018:           {community.Invalid, "statistics reach from yesterday back to 180 days ago, thirty days at a time", ""},
	301002:           {community.Forbidden, "the agent ID belongs to another app than the secret", "copy both from the same app's page"},
	701008:           {community.Forbidden, "the licence for calling the interface has ended", "renew it at WeCom"},
	// From memory of the platform's list, seen nowhere: what groups that are not there answer.
	40050: {community.NotFound, "there is no such group", ""},
	49008: {community.NotFound, "the group was dissolved", ""},
	86001: {community.NotFound, "there is no such group", ""},
	86003: {community.NotFound, "there is no such group", ""},
	// From memory as well: why a group was not handed over.
	90500: {community.Conflict, "the group's owner has not resigned", "hand it over as that of somebody at work"},
	90501: {community.Invalid, "this is no customer group", ""},
	90502: {community.Conflict, "the group's owner has resigned", "hand it over as that of somebody who resigned"},
	40129: {community.Conflict, "the group is being handed over already", ""},
}

// maxMessage bounds what is kept of WeCom's words, in bytes.
const maxMessage = 300

// refusal makes an error of an errcode that is not 0. Secrets are cut out of WeCom's
// words.
func refusal(code int, message string, secrets ...string) error {
	for _, s := range secrets {
		if s != "" {
			message = strings.ReplaceAll(message, s, "…")
		}
	}
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "")
	}
	cause := &APIError{Code: code, Message: message}
	a, ok := answers[code]
	if !ok {
		a = answer{community.Invalid, "WeCom refused: " + message + " (" + strconv.Itoa(code) + ")", ""}
	}
	if ip := cause.IP(); code == codeAddress && ip != "" {
		a.text = "WeCom does not trust our address " + ip
	}
	return &community.Error{Code: a.code, Text: a.text, Hint: a.hint, Err: cause}
}

var fromIP = regexp.MustCompile(`from ip: ([0-9a-fA-F.:]{2,45})`)

// IP is our address as WeCom sees it, where its words name it.
func (e *APIError) IP() string {
	if m := fromIP.FindStringSubmatch(e.Message); m != nil {
		return strings.TrimRight(m[1], ".:")
	}
	return ""
}

// codeOf returns WeCom's code of an error, 0 if it has none.
func codeOf(err error) int {
	var e *APIError
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// settings says that an error will stay until a person changed something: the
// secret, the trusted address, the permission.
func settings(err error) bool {
	switch codeOf(err) {
	case codeBadSecret, codeBadCorp, codeAddress, codeForbidden, 701008:
		return true
	}
	return false
}
