package connector

import (
	"errors"
	"strconv"

	"qunying/community"
)

// Codes of what often goes wrong on every network (Because). What a driver's own
// texts do not say of a code, the console says in general.
const (
	Empty       = "empty"        // there is nothing to send
	TooLong     = "too_long"     // the text
	TooLarge    = "too_large"    // a picture or file, or too small a one
	NoContent   = "no_content"   // a picture or file without bytes and without an address that can be used
	Incomplete  = "incomplete"   // a link, card or the like lacks a part
	NoSuchForm  = "no_such_form" // the platform takes no part of that form
	NoMention   = "no_mention"   // nobody, or not everybody, can be mentioned there
	Unnamed     = "unnamed"      // who or what it is about is not said
	NotAdmin    = "not_admin"    // the account may not in this group
	NotOffered  = "not_offered"  // the gateway or receiver does not offer it
	NotLinked   = "not_linked"   // there is no connection now
	Unreachable = "unreachable"  // nothing answers at the address
	Garbled     = "garbled"      // what answers cannot be understood
	Down        = "down"         // the platform answers that it is itself in trouble
	Partly      = "partly"       // only the beginning arrived
	Busy        = "busy"         // the other side wants less
	TooLate     = "too_late"     // its time on the platform is over
	Guarded     = "guarded"      // the address leads into a private network
	Declined    = "declined"     // the platform says no without a number
)

// Because gives an error the code under which texts have a sentence for people:
// those of the connector, which has the same codes in its findings (Prober), or the
// general ones.
func Because(code string, err error) error { return &because{code, err} }

// Answered is the code of an HTTP status that is no success and says nothing else.
func Answered(status int) string {
	if status >= 500 {
		return Down
	}
	return Garbled
}

// Unanswered is the code of a Finding where a platform gave no answer of its own:
// Down and Garbled where something answered, else Unreachable.
func Unanswered(err error) string {
	switch r := Reason(err); r {
	case Down, Garbled:
		return r
	}
	return Unreachable
}

type because struct {
	code string
	error
}

func (b *because) Unwrap() error { return b.error }

// Reason is the code that an error was given by Because, else the platform's own
// number, else that of community.Error; "" for nil. It is the outermost that counts.
func Reason(err error) string {
	for e := err; e != nil; e = errors.Unwrap(e) {
		switch e := e.(type) { //nolint:errorlint // each link of the chain is looked at by itself
		case *because:
			return e.code
		case interface{ PlatformCode() int }:
			return strconv.Itoa(e.PlatformCode())
		}
	}
	if err == nil {
		return ""
	}
	return string(community.CodeOf(err))
}

// Quoting keeps a platform's own words with an error, to be shown to people as they
// are. They must be short and hold no secret.
func Quoting(words string, err error) error {
	if words == "" {
		return err
	}
	return &quoting{words, err}
}

type quoting struct {
	words string
	error
}

func (q *quoting) PlatformWords() string { return q.words }
func (q *quoting) Unwrap() error         { return q.error }

// Quoted is what the platform itself said of an error, "" if it said nothing.
func Quoted(err error) string {
	var said interface{ PlatformWords() string }
	if errors.As(err, &said) {
		return said.PlatformWords()
	}
	return ""
}
