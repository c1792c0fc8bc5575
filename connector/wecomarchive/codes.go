package wecomarchive

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"qunying/community"
	"qunying/connector"
)

// platformError is a number that the library or the platform answered with. It is
// what community errors of this package wrap, so that the number can be told.
type platformError int

func (e platformError) Error() string { return "code " + strconv.Itoa(int(e)) }

// PlatformCode is the number, by which the console explains it.
func (e platformError) PlatformCode() int { return int(e) }

// codeOf finds the platform's number in an error, 0 if it has none.
func codeOf(err error) int {
	var e platformError
	if errors.As(err, &e) {
		return int(e)
	}
	return 0
}

// The library's codes.
const (
	codeNoFile   = 10005
	codeDecrypt  = 10006
	codeNoKey    = 10007
	codeBadKey   = 10008
	codeTooOld   = 10010
	codeAddress  = 10009
	codeArgument = 10000
)

// meanings are those of the library's codes.
var meanings = map[int]struct {
	class community.Code
	text  string
}{
	codeArgument: {community.Invalid, "the archive's library was asked for something impossible"},
	10001:        {community.Unavailable, "the archive's library does not reach the platform"},
	10002:        {community.Unavailable, "the archive's library cannot read what the platform answered"},
	10003:        {community.Unavailable, "the platform has an internal fault"},
	10004:        {community.Invalid, "the platform has no valid public key of ours"},
	codeNoFile:   {community.NotFound, "there is no such file in the archive"},
	codeDecrypt:  {community.Invalid, "a message cannot be decrypted"},
	codeNoKey:    {community.Invalid, "there is no public key of that version"},
	codeBadKey:   {community.Invalid, "a message's key is wrong"},
	codeAddress:  {community.Forbidden, "the address of this server is not among the archive's trusted ones"},
	codeTooOld:   {community.NotFound, "it is older than what the archive keeps"},
	10011:        {community.Unavailable, "the platform's certificate was not accepted"},
}

// libraryError makes an error of a code of the library.
func libraryError(code int) error {
	m, ok := meanings[code]
	if !ok {
		return &community.Error{Code: community.Unavailable, Text: "the archive's library failed", Err: platformError(code)}
	}
	return &community.Error{Code: m.class, Text: m.text, Err: platformError(code)}
}

// Codes of the interface that pass by themselves (busy; too many calls; a token that
// ran out), and those that somebody has to mend.
var (
	passing    = []int{-1, 45009, 45033, 40014, 42001}
	forbidding = []int{40001, 40091, 40013, 48002, 60020, 60011, 301042}
)

// interfaceError makes an error of an errcode of the platform's interface. text is
// its errmsg.
func interfaceError(code int, text string) error {
	class := community.Invalid
	switch {
	case slices.Contains(passing, code):
		class = community.Unavailable
	case slices.Contains(forbidding, code):
		class = community.Forbidden
	}
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "")
	}
	return connector.Quoting(text, &community.Error{Code: class, Text: fmt.Sprintf("the platform refused: %q", text), Err: platformError(code)})
}
