package transcript

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"qunying/community"
)

// maxValue bounds one value of a JSON document, in bytes.
const maxValue = 8 << 20

// document reads JSON value by value.
type document struct {
	in   *input
	dec  *json.Decoder
	feed *lineFeed
}

func newDocument(in *input) *document {
	feed := &lineFeed{r: in.br, line: 1}
	d := &document{in: in, feed: feed, dec: json.NewDecoder(feed)}
	feed.at = d.dec.InputOffset
	return d
}

// lineFeed counts lines for the decoder, and stops values that never end.
type lineFeed struct {
	r      io.Reader
	at     func() int64 // where the decoder is
	read   int64
	breaks []int64 // offsets of line breaks the decoder has not reached
	line   int
}

var errLargeValue = errors.New("a value is larger than 8 MiB")

func (l *lineFeed) Read(p []byte) (int, error) {
	l.now()
	if l.read-l.at() > maxValue {
		return 0, errLargeValue
	}
	n, err := l.r.Read(p)
	for i := 0; i < n; {
		j := bytes.IndexByte(p[i:n], '\n')
		if j < 0 {
			break
		}
		i += j + 1
		l.breaks = append(l.breaks, l.read+int64(i))
	}
	l.read += int64(n)
	return n, err
}

// now is the line at which the decoder is.
func (l *lineFeed) now() int {
	at, i := l.at(), 0
	for i < len(l.breaks) && l.breaks[i] <= at {
		i++
	}
	l.line += i
	l.breaks = append(l.breaks[:0], l.breaks[i:]...)
	return l.line
}

func (d *document) fail(err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, errLargeValue):
		return community.Errorf(community.Invalid, "%s: after line %d: %s", d.in.file, d.feed.now(), err).WithHint("the file may be damaged")
	case errors.As(err, &syntax):
		return &community.Error{Code: community.Invalid, Text: fmt.Sprintf("%s: line %d: this is not JSON", d.in.file, d.feed.now()),
			Hint: "export it again; what came before is right", Err: err}
	}
	return d.in.cut(d.feed.now(), err)
}

func (d *document) token() (json.Token, error) {
	t, err := d.dec.Token()
	if err != nil {
		return nil, d.fail(err)
	}
	return t, nil
}

func (d *document) expect(want json.Delim) error {
	t, err := d.token()
	if err != nil {
		return err
	}
	if t != want {
		return community.Errorf(community.Invalid, "%s: line %d: %v where %v was expected", d.in.file, d.feed.now(), t, want).WithHint(formatsHint())
	}
	return nil
}

// elements calls do for every element of the array that was begun, and reads its
// closing bracket. raw is cut to maxRaw; value is valid during the call.
func (d *document) elements(do func(line int, raw string, value []byte) error) error {
	var value json.RawMessage
	for d.dec.More() {
		value = value[:0]
		if err := d.dec.Decode(&value); err != nil {
			return d.fail(err)
		}
		raw := clean(value[:min(len(value), maxRaw)])
		if err := do(d.feed.now(), raw, value); err != nil {
			return err
		}
	}
	return d.expect(']')
}

// decodeRow fills v; a reason says why it cannot.
func decodeRow(value []byte, v any) (reason string) {
	err := json.Unmarshal(value, v)
	var mismatch *json.UnmarshalTypeError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &mismatch) && mismatch.Field == "":
		return "the value is a JSON " + mismatch.Value + ", not an object"
	case errors.As(err, &mismatch):
		return fmt.Sprintf("%q is a %s", mismatch.Field, mismatch.Value)
	}
	return "this is not JSON: " + err.Error()
}

// skip passes over the next value without holding it.
func (d *document) skip() error {
	for depth := 0; ; {
		t, err := d.token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// end makes sure that nothing follows.
func (d *document) end() error {
	switch t, err := d.dec.Token(); {
	case err == io.EOF:
		return nil
	case err != nil:
		return d.fail(err)
	default:
		return community.Errorf(community.Invalid, "%s: line %d: %v after the end of the document", d.in.file, d.feed.now(), t)
	}
}

func formatInt(n int64) string { return strconv.FormatInt(n, 10) }
