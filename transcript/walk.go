package transcript

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"qunying/community"
)

// object calls do with every key of the object that comes next; do reads the
// key's value.
func (d *document) object(do func(key string) error) error {
	if err := d.expect('{'); err != nil {
		return err
	}
	for d.dec.More() {
		t, err := d.token()
		if err != nil {
			return err
		}
		key, _ := t.(string) // the decoder allows nothing else here
		if err := do(key); err != nil {
			return err
		}
	}
	return d.expect('}')
}

// rows calls do for every element of the array that comes next, read into a new
// T; what is not one is refused.
func rows[T any](d *document, out *output, do func(line int, raw string, v *T) error) error {
	if err := d.expect('['); err != nil {
		return err
	}
	return d.elements(func(line int, raw string, value []byte) error {
		v := new(T)
		if reason := decodeRow(value, v); reason != "" {
			return out.reject(line, raw, reason, "")
		}
		return do(line, raw, v)
	})
}

// into reads the value that comes next. What it is of no use for stays zero: of
// what stands beside the messages nothing is needed so much that a file without
// it would have to be refused.
func (d *document) into(v any) error {
	var value json.RawMessage
	if err := d.dec.Decode(&value); err != nil {
		return d.fail(err)
	}
	_ = decodeRow(value, v) // see above
	return nil
}

// loose is a JSON string, number or truth value as text; anything else is "".
type loose string

// UnmarshalJSON never fails: programs change their minds about what is a number.
func (l *loose) UnmarshalJSON(b []byte) error {
	switch {
	case len(b) == 0 || b[0] == '{' || b[0] == '[' || string(b) == "null":
		*l = ""
	case b[0] == '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*l = loose(cleanString(s))
	default:
		*l = loose(cleanString(string(b)))
	}
	return nil
}

// yes says that the text means so: true or 1.
func (l loose) yes() bool { return l == "true" || l == "1" }

// looseAt reads a time that a program writes as seconds, milliseconds or text.
func looseAt(in *input, l loose) (at time.Time, precision time.Duration, ok bool, err error) {
	st, ok := parseStamp(string(l))
	if !ok {
		return at, 0, false, nil
	}
	at, err = st.in(in)
	return at, st.precision, err == nil, err
}

// hasAll says that the beginning of a JSON document holds all the keys.
func (in *input) hasAll(opening string, keys ...string) bool {
	head := strings.TrimLeft(string(in.head), " \t\r\n")
	if !strings.HasPrefix(head, opening) {
		return false
	}
	for _, k := range keys {
		if !strings.Contains(head, `"`+k+`"`) {
			return false
		}
	}
	return true
}

// fileContent guesses from a file's name or media type what it shows.
func fileContent(name, media string) community.Content {
	ends := strings.ToLower(name)
	if i := strings.IndexAny(ends, "?#"); i >= 0 {
		ends = ends[:i]
	}
	is := func(class string, list ...string) bool {
		return strings.HasPrefix(media, class+"/") || slices.ContainsFunc(list, func(e string) bool { return strings.HasSuffix(ends, e) })
	}
	switch {
	case is("image", ".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic", ".bmp"):
		return community.Image
	case is("video", ".mp4", ".mov", ".webm", ".mkv", ".avi"):
		return community.Video
	case is("audio", ".ogg", ".mp3", ".m4a", ".wav", ".opus", ".amr", ".silk"):
		return community.Voice
	}
	return community.File
}

// membership makes a record of somebody joining or leaving out of base.
func membership(base Record, kind community.Kind, way string) Record {
	base.Kind, base.Content, base.Mentions, base.MentionAll = kind, "", nil, false
	return base.detail("way", way)
}
