package insight

import (
	"encoding/binary"
	"math"

	"qunying/community"
)

// Window is a metric's value over seven days.
type Window struct {
	Value *float64 // nil: cannot be known, see Why
	Of    float64  // of a share of persons how many they are, otherwise 0
	Why   Why      // also MembersSeen, of a value that is known
}

// Weeks are a group's banded metrics over windows of seven days: OwnWeeks of them
// and the one that is judged, which ends on End and comes last. Seven days hold
// every weekday once, so that windows can be compared whatever day it is; a
// single day is never judged (S75).
type Weeks struct {
	End    community.Day
	Values map[string][]Window // by metric, OwnWeeks+1 each
}

// windowCovered is how many of its seven days must be covered for a window to be
// judged: what little came in around an outage is no slump.
const windowCovered = 4

// Weeks computes the banded metrics of the nine windows up to a day. What came later
// changes nothing of them: they are kept until something of their own days comes in.
func (h *History) Weeks(end community.Day) Weeks {
	return h.until(end).windows(end)
}

func (h *History) windows(end community.Day) Weeks {
	w := Weeks{End: end, Values: make(map[string][]Window, len(banded))}
	for _, b := range banded {
		w.Values[b.Metric] = make([]Window, OwnWeeks+1)
	}
	for i := range OwnWeeks + 1 {
		to := end - community.Day(7*(OwnWeeks-i))
		s := Span{to - 6, to}
		whole, _ := h.coverage(s)
		for _, b := range banded {
			at := &w.Values[b.Metric][i]
			if whole < windowCovered {
				at.Why = h.missing(s)
				continue
			}
			f := h.figure(b.Metric, s)
			*at = Window{Value: maybe(f.value, f.known), Why: f.why}
			if b.People && f.known {
				at.Of = f.of
			}
		}
	}
	return w
}

// LastWhole is the last day of which everything is known.
func (h *History) LastWhole() community.Day { return h.last }

// Now is the value of the window that is judged.
func (w Weeks) Now(metric string) Window {
	if list := w.Values[metric]; len(list) > 0 {
		return list[len(list)-1]
	}
	return Window{Why: TooYoung}
}

// WeeksForm is the version of the bytes below, their first; a row of another one is
// counted anew.
const WeeksForm = 3

// whys are the reasons as they are written, by their place; only append.
var whys = []Why{"", NoRoster, NoMessages, InGap, TooYoung, MembersSeen}

// AppendBinary appends the weeks' bytes: the same weeks have the same bytes. It
// never fails.
func (w Weeks) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, WeeksForm)
	b = binary.AppendVarint(b, int64(w.End))
	n := 0
	for _, m := range banded {
		if w.Values[m.Metric] != nil {
			n++
		}
	}
	b = binary.AppendUvarint(b, uint64(n))
	for _, m := range banded {
		list := w.Values[m.Metric]
		if list == nil {
			continue
		}
		b = appendBytes(b, []byte(m.Metric))
		b = binary.AppendUvarint(b, uint64(len(list)))
		for _, v := range list {
			mark := byte(0)
			for i, why := range whys {
				if why == v.Why {
					mark = byte(i) << 1
				}
			}
			if v.Value == nil {
				b = append(b, mark)
				continue
			}
			b = append(b, mark|1)
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(*v.Value))
			b = binary.AppendUvarint(b, uint64(v.Of))
		}
	}
	return b, nil
}

// DecodeWeeks reads what AppendBinary wrote; ok is false for anything else, also
// for what another version wrote.
func DecodeWeeks(b []byte) (w Weeks, ok bool) {
	r := reader{left: b}
	if r.byte() != WeeksForm {
		return w, false
	}
	w = Weeks{End: community.Day(r.varint()), Values: map[string][]Window{}}
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		metric := string(r.bytes())
		count := r.uvarint()
		if count > OwnWeeks+1 {
			return w, false
		}
		list := make([]Window, count)
		for i := range list {
			mark := r.byte()
			if int(mark>>1) >= len(whys) {
				return w, false
			}
			list[i].Why = whys[mark>>1]
			if mark&1 == 0 {
				continue
			}
			if len(r.left) < 8 {
				return w, false
			}
			v := math.Float64frombits(binary.LittleEndian.Uint64(r.left))
			r.left, list[i].Value = r.left[8:], &v
			list[i].Of = float64(r.uvarint())
		}
		w.Values[metric] = list
	}
	return w, !r.bad && len(r.left) == 0
}
