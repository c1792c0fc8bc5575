package transcript

import (
	"strings"
	"time"

	"qunying/community"
)

// stamp is a time as written: an instant, or a wall clock that needs a zone.
type stamp struct {
	at        time.Time // where instant
	instant   bool
	y, mo, d  int
	h, mi, s  int
	ms        int
	precision time.Duration
}

// in resolves the stamp. The zone is that of wall clocks.
func (s stamp) in(in *input) (time.Time, error) {
	if s.instant {
		return s.at, nil
	}
	zone, err := in.zone()
	if err != nil {
		return time.Time{}, err
	}
	return time.Date(s.y, time.Month(s.mo), s.d, s.h, s.mi, s.s, s.ms*1e6, zone).UTC(), nil
}

// knownYear refuses times that no chat program can have written: a wrong unit or
// a damaged row.
func knownYear(y int) bool { return y >= 1990 && y < 2200 }

// number reads at most most digits from the front of s.
func number(s string, most int) (n, digits int) {
	for digits < len(s) && digits < most && s[digits] >= '0' && s[digits] <= '9' {
		n = n*10 + int(s[digits]-'0')
		digits++
	}
	return n, digits
}

// parseDate reads 2006-1-2, 2006/01/02, 2006.1.2 or 2006年1月2日 from the front of
// s into t and returns the rest.
func (t *stamp) parseDate(s string) (rest string, ok bool) {
	var n int
	if t.y, n = number(s, 4); n != 4 {
		return s, false
	}
	s = s[4:]
	var sep, last string
	switch {
	case strings.HasPrefix(s, "年"):
		sep, last = "月", "日"
		s = s[len("年"):]
	case s != "" && strings.IndexByte("-/.", s[0]) >= 0:
		sep = s[:1]
		s = s[1:]
	default:
		return s, false
	}
	if t.mo, n = number(s, 2); n == 0 || t.mo < 1 || t.mo > 12 {
		return s, false
	}
	if s, ok = strings.CutPrefix(s[n:], sep); !ok {
		return s, false
	}
	if t.d, n = number(s, 2); n == 0 || t.d < 1 || t.d > daysIn(t.y, t.mo) {
		return s, false
	}
	if s, ok = strings.CutPrefix(s[n:], last); !ok {
		return s, false
	}
	return s, knownYear(t.y)
}

func daysIn(y, m int) int {
	switch {
	case m == 2 && y%4 == 0 && (y%100 != 0 || y%400 == 0):
		return 29
	case m == 2:
		return 28
	case m == 4 || m == 6 || m == 9 || m == 11:
		return 30
	}
	return 31
}

// parseClock reads 3:04, 03:04:05, 03:04:05.678, 3:04:05 PM or 下午3:04:05 from the
// front of s into t and returns the rest.
func (t *stamp) parseClock(s string) (rest string, ok bool) {
	half := 0 // 1 am, 2 pm
	if after, found := strings.CutPrefix(s, "上午"); found {
		half, s = 1, strings.TrimLeft(after, " ")
	} else if after, found := strings.CutPrefix(s, "下午"); found {
		half, s = 2, strings.TrimLeft(after, " ")
	}
	var n int
	if t.h, n = number(s, 2); n == 0 || t.h > 23 || len(s) <= n || s[n] != ':' {
		return s, false
	}
	s = s[n+1:]
	if t.mi, n = number(s, 2); n != 2 || t.mi > 59 {
		return s, false
	}
	s = s[n:]
	t.s, t.ms, t.precision = 0, 0, time.Minute
	if s != "" && s[0] == ':' {
		if t.s, n = number(s[1:], 2); n != 2 || t.s > 59 {
			return s, false
		}
		s = s[3:]
		t.precision = time.Second
		if len(s) > 1 && (s[0] == '.' || s[0] == ',') {
			if ms, n := number(s[1:], 3); n > 0 {
				_, all := number(s[1:], 9)
				for ; n < 3; n++ {
					ms *= 10
				}
				t.ms, t.precision = ms, time.Millisecond
				s = s[1+all:]
			}
		}
	}
	switch {
	case strings.HasPrefix(s, " AM"):
		half, s = 1, s[3:]
	case strings.HasPrefix(s, " PM"):
		half, s = 2, s[3:]
	}
	if half > 0 {
		if t.h == 0 && half == 2 || t.h > 12 {
			return s, half == 2 && t.h > 12 // 下午15:04 is written, too
		}
		t.h = t.h % 12
		if half == 2 {
			t.h += 12
		}
	}
	return s, true
}

// parseStamp reads a whole cell: RFC 3339, a date and a clock, or a Unix time in
// seconds (10 digits, possibly with a fraction) or milliseconds (13).
func parseStamp(cell string) (stamp, bool) {
	cell = strings.TrimSpace(cell)
	var t stamp
	if n, digits := number(cell, 13); digits >= 9 {
		return parseUnix(n, digits, cell[digits:])
	}
	s, ok := t.parseDate(cell)
	if !ok || s == "" {
		return t, false
	}
	if s[0] == 'T' || s[0] == 't' {
		s = s[1:]
	} else if trimmed := strings.TrimLeft(s, " "); trimmed != s {
		s = trimmed
	} else {
		return t, false
	}
	if s, ok = t.parseClock(s); !ok {
		return t, false
	}
	return t.parseOffset(s)
}

func parseUnix(n, digits int, rest string) (stamp, bool) {
	t := stamp{instant: true, precision: time.Second}
	switch {
	case digits == 13 && rest == "":
		t.at, t.precision = time.UnixMilli(int64(n)).UTC(), time.Millisecond
	case digits <= 10 && rest == "":
		t.at = time.Unix(int64(n), 0).UTC()
	case digits <= 10 && rest[0] == '.':
		ms, got := number(rest[1:], 3)
		if _, all := number(rest[1:], 20); got == 0 || all != len(rest)-1 {
			return t, false
		}
		for ; got < 3; got++ {
			ms *= 10
		}
		t.at, t.precision = time.UnixMilli(int64(n)*1000+int64(ms)).UTC(), time.Millisecond
	default:
		return t, false
	}
	return t, knownYear(t.at.Year())
}

// parseOffset reads the zone after a clock: nothing, Z, +08:00, +0800 or +08.
func (t *stamp) parseOffset(s string) (stamp, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return *t, true
	}
	offset := 0
	if s != "Z" && s != "z" && s != "UTC" {
		sign := 1
		switch s[0] {
		case '+':
		case '-':
			sign = -1
		default:
			return *t, false
		}
		h, n := number(s[1:], 2)
		if n != 2 || h > 14 {
			return *t, false
		}
		s = strings.TrimPrefix(s[3:], ":")
		m := 0
		if s != "" {
			if m, n = number(s, 2); n != 2 || m > 59 || len(s) != 2 {
				return *t, false
			}
		}
		offset = sign * (h*60 + m)
	}
	t.at = time.Date(t.y, time.Month(t.mo), t.d, t.h, t.mi-offset, t.s, t.ms*1e6, time.UTC)
	t.instant = true
	return *t, true
}

// secondsAt is the time of a numeric field in seconds, or in milliseconds where
// the number is too large for seconds.
func secondsAt(n int64) (at time.Time, precision time.Duration, ok bool) {
	at, precision = time.Unix(n, 0).UTC(), time.Second
	if n > 1e11 {
		at, precision = time.UnixMilli(n).UTC(), time.Millisecond
	}
	return at, precision, knownYear(at.Year())
}

const badTime = "the time is not understood"

// timeHint says which times are understood.
const timeHint = "write 2006-01-02 15:04:05, RFC 3339, or Unix seconds or milliseconds"

// invalidHeader is a format that was asked for and is not there.
func invalidHeader(in *input, text string) error {
	return community.Errorf(community.Invalid, "%s: %s", in.file, text).WithHint(formatsHint())
}
