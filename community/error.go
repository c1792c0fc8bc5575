package community

import (
	"errors"
	"fmt"
)

// Code is the class of an error. Unavailable is retried; everything else is
// shown to whoever can mend it.
type Code string

const (
	Invalid     Code = "invalid"     // the input is wrong: say which part and what to write
	NotFound    Code = "not_found"   // there is no such thing
	Conflict    Code = "conflict"    // it was changed or taken by somebody else meanwhile
	Forbidden   Code = "forbidden"   // this caller may not
	Unsupported Code = "unsupported" // the platform or format cannot do it, whoever asks
	Unavailable Code = "unavailable" // not now: retry
	Internal    Code = "internal"    // our mistake
)

// Error is the one error type that crosses packages.
type Error struct {
	Code Code
	Text string // one sentence: what happened
	Hint string // what to do about it, or ""
	Err  error  // cause, for the log; never shown
}

func (e *Error) Error() string {
	s := e.Text
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an error of the given class.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// WithHint returns e with advice for the person who reads it.
func (e *Error) WithHint(hint string) *Error {
	c := *e
	c.Hint = hint
	return &c
}

// CodeOf returns the class of err; errors from elsewhere are Internal.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}
