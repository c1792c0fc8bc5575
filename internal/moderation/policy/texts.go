package policy

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

//go:embed texts.json
var textsFile []byte

type words struct {
	Remind     string        `json:"remind"`
	Warn       string        `json:"warn"`
	WarnLast   string        `json:"warn_last"` // when the next strike removes
	Notice     string        `json:"notice"`
	Overturned string        `json:"overturned"`
	See        string        `json:"see"` // follows our own words where the member has a page
	Acts       map[Do]string `json:"acts"`
}

var ownWords = func() map[string]words {
	var w map[string]words
	if err := json.Unmarshal(textsFile, &w); err != nil {
		panic(fmt.Sprintf("texts.json: %v", err)) // part of the program: every test says so
	}
	return w
}()

func wordsIn(language string) words {
	if w, ok := ownWords[language]; ok {
		return w
	}
	return ownWords["zh-CN"]
}

// Addressee is to whom a text is said.
type Addressee struct {
	Name string
	Link string // personal: to the member's page; "" where there is none
}

// Say writes what the group is told by an act of a verdict: Remind, Warn or
// Notice. Other acts say nothing. language is "zh-CN" or "en", for the product's
// own words; what the operator wrote goes first.
func (j *Judge) Say(do Do, v Verdict, to Addressee, language string) string {
	own := wordsIn(language)
	c, _ := j.Clause(v.Clause)
	left := j.stepsUntilRemoval(v)
	var text string
	switch do {
	case Remind:
		text = either(c.Texts.Remind, own.Remind)
	case Warn:
		standard := own.Warn
		if left <= 1 {
			standard = own.WarnLast
		}
		text = either(c.Texts.Warn, standard)
	case Notice:
		text = either(c.Texts.Notice, own.Notice)
	default:
		return ""
	}
	if to.Link != "" && (do == Remind && c.Texts.Remind == "" || do == Warn && c.Texts.Warn == "") {
		text += own.See
	}
	return fill(text, to, v, left, own)
}

// Overturned is what a member is told whose verdict was taken back.
func Overturned(member, language string) string {
	return fill(wordsIn(language).Overturned, Addressee{Name: member}, Verdict{}, 0, words{})
}

// stepsUntilRemoval counts the strikes that are left, this one not included; 1
// where the ladder removes nobody.
func (j *Judge) stepsUntilRemoval(v Verdict) int {
	for _, c := range j.clauses {
		if c.ID != v.Clause {
			continue
		}
		for n, step := range c.Ladder {
			for _, a := range step.Acts {
				if a.Do == Remove {
					return n + 1 - v.Strike
				}
			}
		}
	}
	return 1
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// fill puts a verdict into a text. What members chose themselves, their name,
// cannot smuggle in another placeholder: all are replaced at once.
func fill(text string, to Addressee, v Verdict, left int, own words) string {
	minutes := 0
	var acts []string
	for _, a := range v.Acts {
		if a.Do == Mute {
			minutes = a.Minutes
		}
		if a.Do != Notice && a.Do != Page && own.Acts[a.Do] != "" {
			acts = append(acts, strings.NewReplacer("{minutes}", strconv.Itoa(a.Minutes), "{points}", strconv.Itoa(a.Points)).Replace(own.Acts[a.Do]))
		}
	}
	return strings.NewReplacer("{name}", to.Name, "{link}", to.Link, "{clause}", v.Name, "{strike}", strconv.Itoa(v.Strike), "{left}", strconv.Itoa(max(left, 0)),
		"{minutes}", strconv.Itoa(minutes), "{acts}", strings.Join(acts, "、")).Replace(text)
}
