// Package measure is the arithmetic of how well order is kept: rates with their
// intervals, times, how alike decisions are, and when a clause may act by itself.
// It is pure; what it counts comes from the records.
package measure

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
)

// Share is how many of so many, with the 95 % Wilson interval. Without any cases
// nothing is known: the shares are nil.
type Share struct {
	Hits int64    `json:"hits"`
	Of   int64    `json:"of"`
	Rate *float64 `json:"rate" nullable:"true" doc:"hits ÷ of; null: of is 0"`
	Low  *float64 `json:"low" nullable:"true" doc:"lower end of the 95 % Wilson interval"`
	High *float64 `json:"high" nullable:"true" doc:"its upper end"`
}

// ShareOf makes a share. More hits than cases count as all of them.
func ShareOf(hits, of int64) Share {
	s := Share{Hits: min(hits, of), Of: of}
	if of > 0 {
		rate := float64(s.Hits) / float64(of)
		s.Rate = &rate
		s.Low, s.High = casework.Wilson(s.Hits, of)
	}
	return s
}

// Times tells how long something took, in seconds: the middle one, and the one
// that nine of ten are not above (nearest rank).
type Times struct {
	N      int64    `json:"n"`
	Median *float64 `json:"median" nullable:"true" doc:"seconds; null: n is 0"`
	P90    *float64 `json:"p90" nullable:"true" doc:"seconds"`
}

// TimesOf sorts durations, given in milliseconds, and reads their ranks. Those
// below zero, of clocks that disagree, count as zero.
func TimesOf(millis []int64) Times {
	t := Times{N: int64(len(millis))}
	if t.N == 0 {
		return t
	}
	slices.Sort(millis)
	rank := func(of, ten int64) *float64 {
		seconds := float64(max(0, millis[(t.N*of+ten-1)/ten-1])) / 1000
		return &seconds
	}
	t.Median, t.P90 = rank(5, 10), rank(9, 10)
	return t
}

// Penalty is how often somebody gave the same acts for the same offence: a clause
// and the how-manieth time.
type Penalty struct {
	Clause string
	Strike int
	Acts   string // as JSON, as they are on record
	Staff  int64
	N      int64
}

// Offence is how alike the decisions over one offence were.
type Offence struct {
	Clause    string `json:"clause"`
	Strike    int    `json:"strike" doc:"the how-manieth time"`
	Usual     string `json:"usual" doc:"the penalty that was given most often, as acts joined by +: mute/60"`
	Given     Share  `json:"given" doc:"decisions with the usual penalty, of all"`
	Penalties int    `json:"penalties" doc:"different ones"`
	Staff     int    `json:"staff" doc:"people who decided"`
}

// Consistency tells how often the same offence brought the same penalty (S96):
// decisions with the penalty that is the most frequent for their clause and
// strike, of all decisions. Offences that were decided once say nothing and are
// left out. The least alike come first.
func Consistency(list []Penalty) (all Share, by []Offence) {
	type offence struct {
		clause string
		strike int
	}
	given, staff := map[offence]map[string]int64{}, map[offence]map[int64]bool{}
	for _, p := range list {
		o := offence{p.Clause, p.Strike}
		if given[o] == nil {
			given[o], staff[o] = map[string]int64{}, map[int64]bool{}
		}
		given[o][Signature(p.Acts)] += p.N
		staff[o][p.Staff] = true
	}
	var usual, of int64
	for o, penalties := range given {
		line := Offence{Clause: o.clause, Strike: o.strike, Penalties: len(penalties), Staff: len(staff[o])}
		var most, n int64
		for what, times := range penalties {
			n += times
			if times > most || times == most && what < line.Usual {
				most, line.Usual = times, what
			}
		}
		if n < 2 {
			continue
		}
		line.Given = ShareOf(most, n)
		usual, of = usual+most, of+n
		by = append(by, line)
	}
	slices.SortFunc(by, func(a, b Offence) int {
		return cmp.Or(cmp.Compare(*a.Given.Rate, *b.Given.Rate), cmp.Compare(b.Given.Of, a.Given.Of), cmp.Compare(a.Clause, b.Clause), cmp.Compare(a.Strike, b.Strike))
	})
	return ShareOf(usual, of), by
}

// Signature names what a member felt of acts: mute/60+warn. Calling somebody and
// taking the message back are no penalties; acts that cannot be read are "?".
func Signature(acts string) string {
	var list []policy.Act
	if err := json.Unmarshal([]byte(acts), &list); err != nil {
		return "?"
	}
	var felt []string
	for _, a := range list {
		switch a.Do {
		case policy.Recall, policy.Page, policy.Notice:
			continue
		case policy.Mute, policy.MuteAll:
			felt = append(felt, string(a.Do)+"/"+strconv.Itoa(a.Minutes))
		case policy.Block:
			felt = append(felt, string(a.Do)+"/"+strconv.Itoa(a.Days))
		case policy.Points:
			felt = append(felt, string(a.Do)+"/"+strconv.Itoa(a.Points))
		default:
			felt = append(felt, string(a.Do))
		}
	}
	slices.Sort(felt)
	if len(felt) == 0 {
		return "none"
	}
	return strings.Join(slices.Compact(felt), "+")
}
