package onebot

import (
	"encoding/json"
	"math"
	"strconv"
	"time"

	"qunying/community"
)

// scalar is a JSON string, number or bool as text. Implementations disagree on
// which of them an ID, a flag or a parameter of a segment is. Anything else is "".
type scalar string

// UnmarshalJSON never fails.
func (s *scalar) UnmarshalJSON(b []byte) error {
	*s = ""
	if len(b) == 0 {
		return nil
	}
	switch b[0] {
	case '"':
		var text string
		if json.Unmarshal(b, &text) == nil {
			*s = scalar(text)
		}
	case '{', '[', 'n':
	default:
		*s = scalar(b)
	}
	return nil
}

// number is s as a whole number, 0 where it is none.
func (s scalar) number() int64 {
	if n, err := strconv.ParseInt(string(s), 10, 64); err == nil {
		return n
	}
	f, err := strconv.ParseFloat(string(s), 64)
	if err != nil || math.Abs(f) > 1<<53 {
		return 0
	}
	return int64(f)
}

// member is s as a member's ID: "" for the 0 by which v11 says nobody.
func (s scalar) member() string {
	if s == "0" {
		return ""
	}
	return string(s)
}

// time reads seconds since 1970, with a fraction in v12. Anything outside of the
// years 2000 to 2200 is no time.
func (s scalar) time() (time.Time, bool) {
	f, err := strconv.ParseFloat(string(s), 64)
	if err != nil || !(f > 946684800 && f < 7258118400) {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(math.Round(f * 1000))).UTC(), true
}

// whole is an ID as the integer that v11 wants. What is no integer cannot be the
// ID of anything there.
func whole(what, id string) (json.Number, error) {
	if n, err := strconv.ParseInt(id, 10, 64); err != nil || strconv.FormatInt(n, 10) != id {
		return "", community.Errorf(community.NotFound, "there is no %s %q", what, id).WithHint("IDs of OneBot v11 are whole numbers")
	}
	return json.Number(id), nil
}
