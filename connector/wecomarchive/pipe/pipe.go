// Package pipe is what the chat archive's driver and its helper process say to
// each other: one JSON object a line, a Request down and an Answer up, one at a
// time. Secrets travel here and nowhere else.
package pipe

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
)

// What the helper can be asked to do.
const (
	Open    = "open"    // load Library and sign in with Corp and Secret; the first request
	Chat    = "chat"    // Limit records after Seq, as the platform's JSON
	Decrypt = "decrypt" // Message with Key
	Media   = "media"   // the next piece of File, after Index
)

// The two shapes of the library's DecryptData: its versions differ, and nothing
// in the library tells which one it is.
const (
	KeyFirst = "key_first" // (key, message, out)
	SDKFirst = "sdk_first" // (sdk, key, message, out)
)

// MostLine bounds a line, newline included. A thousand messages of text are some
// two megabytes; when more comes, less is asked for.
const MostLine = 8 << 20

// MostData bounds Answer.Data, so that it fits a line in base64.
const MostData = MostLine/4*3 - 4096

// Request is one thing to do.
type Request struct {
	Do      string `json:"do"`
	Library string `json:"library,omitempty"` // path
	Corp    string `json:"corp,omitempty"`
	Secret  string `json:"secret,omitempty"`

	Proxy         string `json:"proxy,omitempty"`          // "http://host:port" or "socks5://host:port", or ""
	ProxyPassword string `json:"proxy_password,omitempty"` // "user:password"
	Seconds       int    `json:"seconds,omitempty"`        // how long the library may wait for the platform

	Seq     uint64 `json:"seq,omitempty"`
	Limit   uint32 `json:"limit,omitempty"`
	Key     string `json:"key,omitempty"`
	Message string `json:"message,omitempty"`
	Form    string `json:"form,omitempty"`
	File    string `json:"file,omitempty"`
	Index   string `json:"index,omitempty"`
}

// Answer is what became of it.
type Answer struct {
	Code     int    `json:"code,omitempty"`  // the library's, 0 is good
	Fault    string `json:"fault,omitempty"` // why the library was not asked at all: see the Faults
	Detail   string `json:"detail,omitempty"`
	Data     []byte `json:"data,omitempty"`
	Index    string `json:"index,omitempty"`    // of Media: what to ask the next piece with
	Finished bool   `json:"finished,omitempty"` // of Media: this was the last piece
}

// Faults.
const (
	NoLibrary = "no_library" // it cannot be loaded, or lacks a function
	TooLong   = "too_long"   // more than MostData
	Confused  = "confused"   // a request that makes no sense
)

// ErrTooLong is a line of more than MostLine bytes.
var ErrTooLong = errors.New("the line is too long")

// Write writes v as one line.
func Write(w io.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(b)+1 > MostLine {
		return ErrTooLong
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// Read reads one line into v. The error is io.EOF when the other side is gone.
func Read(r *bufio.Reader, v any) error {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) > MostLine {
			return ErrTooLong
		}
		if err == nil {
			if line == nil {
				return json.Unmarshal(part, v)
			}
			return json.Unmarshal(append(line, part...), v)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		line = append(line, part...)
	}
}
