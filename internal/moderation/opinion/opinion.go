// Package opinion asks a second judge, a language model behind any
// OpenAI-compatible endpoint, about messages of which the classifiers are not
// sure. It is optional and never in the way: the machine's own verdict stands
// while nobody has answered, and when nobody answers.
//
// What leaves the house is the text of one message, masked (Mask). It is bounded
// by a number of questions a day, answered from memory where the same was asked
// before, and after some failures nobody is asked for a while.
package opinion

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"qunying/community"
)

//go:embed prompt.txt
var prompt string

// Asker puts a question to a language model and returns the text of its answer.
// Errors are Unavailable (try again later), Forbidden (the key is not accepted) or
// Invalid, and contain no key.
type Asker interface {
	Ask(ctx context.Context, instruction, question string) (string, error)
}

// Settings bound what is asked. Zero values are the defaults.
type Settings struct {
	Low, High float64       // probabilities between which the classifiers are not sure; 0.3 and 0.8
	PerDay    int           // questions a day, in the zone of the time given; 500; below 0 none
	Timeout   time.Duration // for one answer; 10 s
}

func (s Settings) withDefaults() Settings {
	if s.Low == 0 && s.High == 0 {
		s.Low, s.High = 0.3, 0.8
	}
	if s.PerDay == 0 {
		s.PerDay = 500
	}
	if s.Timeout <= 0 {
		s.Timeout = 10 * time.Second
	}
	return s
}

// Opinion is what the second judge says.
type Opinion struct {
	Class       string  `json:"class"`       // abuse, advert, fraud or harmless
	Probability float64 `json:"probability"` // how sure it is, 0 to 1
	Why         string  `json:"why"`         // in its words, at most 100 characters
	Known       bool    `json:"known"`       // from memory: it was not asked again
}

const (
	mostKnown  = 5000 // answers kept
	knownFor   = 7 * 24 * time.Hour
	mostFailed = 3 // in a row, before nobody is asked for a while
	firstPause = time.Minute
	longestWhy = 100
)

// ErrNotAsked is the cause where nobody was asked: the day's questions are used
// up, or there were too many failures.
var ErrNotAsked = errors.New("nobody was asked")

// Advisor asks within the bounds. It may be used from several goroutines.
type Advisor struct {
	asker    Asker
	settings Settings

	mu     sync.Mutex
	known  map[[32]byte]answer
	order  [][32]byte // of known, oldest first
	day    string
	asked  int // today
	failed int // in a row
	closed time.Time
	pause  time.Duration
}

type answer struct {
	opinion Opinion
	at      time.Time
}

// New returns an advisor that asks by way of the asker.
func New(a Asker, s Settings) *Advisor {
	return &Advisor{asker: a, settings: s.withDefaults(), known: map[[32]byte]answer{}}
}

// Unsure tells whether a probability lies in the band in which asking helps.
func (a *Advisor) Unsure(probability float64) bool {
	return probability >= a.settings.Low && probability <= a.settings.High
}

// Ask asks about a message at the given time; names are those that must not
// leave the house. It blocks up to Settings.Timeout, so whoever decides on
// messages does not wait for it. Errors are Unavailable when the day's questions
// are used up, when nobody is asked because of failures, or when no answer came;
// Invalid when the answer makes no sense; otherwise the asker's own.
func (a *Advisor) Ask(ctx context.Context, now time.Time, message string, names []string) (Opinion, error) {
	question := Mask(message, names)
	key := sha256.Sum256([]byte(question))
	if o, ok := a.recall(key, now); ok {
		return o, nil
	}
	if err := a.spend(now); err != nil {
		return Opinion{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, a.settings.Timeout)
	defer cancel()
	text, err := a.asker.Ask(ctx, prompt, `"""`+"\n"+strings.ReplaceAll(question, `"""`, `"`)+"\n"+`"""`)
	if err == nil {
		var o Opinion
		if o, err = Parse(text); err == nil {
			a.learn(key, o, now)
			return o, nil
		}
	} else if ctx.Err() != nil {
		err = &community.Error{Code: community.Unavailable, Text: "the second judge did not answer in time", Err: ctx.Err()}
	}
	a.fail(now)
	return Opinion{}, err
}

// recall returns what was answered to the same question.
func (a *Advisor) recall(key [32]byte, now time.Time) (Opinion, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	known, ok := a.known[key]
	if !ok || now.Sub(known.at) > knownFor {
		return Opinion{}, false
	}
	known.opinion.Known = true
	return known.opinion, true
}

// spend takes a question from the day's, if one may be asked now.
func (a *Advisor) spend(now time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now.Before(a.closed) {
		return &community.Error{Code: community.Unavailable, Text: "the second judge failed too often and is not asked for a while", Err: ErrNotAsked}
	}
	if day := now.Format(time.DateOnly); day != a.day {
		a.day, a.asked = day, 0
	}
	if a.asked >= a.settings.PerDay {
		return &community.Error{Code: community.Unavailable, Text: fmt.Sprintf("the second judge was asked %d times today, as often as was allowed", a.asked), Err: ErrNotAsked}
	}
	a.asked++
	if a.failed >= mostFailed {
		// One question finds out whether it is back; others wait for its answer.
		a.closed = now.Add(a.settings.Timeout)
	}
	return nil
}

// learn keeps an answer.
func (a *Advisor) learn(key [32]byte, o Opinion, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failed, a.pause, a.closed = 0, 0, time.Time{}
	if _, ok := a.known[key]; !ok {
		a.order = append(a.order, key)
	}
	a.known[key] = answer{o, now}
	for len(a.order) > mostKnown {
		delete(a.known, a.order[0])
		a.order = a.order[1:]
	}
}

// ClosedUntil tells until when nobody is asked because of failures; a time that
// has passed: somebody is.
func (a *Advisor) ClosedUntil() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.closed
}

// fail counts a failure; from the third in a row on nobody is asked for a minute,
// then two, four and so on, an hour at most.
func (a *Advisor) fail(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failed++; a.failed < mostFailed {
		return
	}
	a.pause = min(max(2*a.pause, firstPause), time.Hour)
	a.closed = now.Add(a.pause)
}

// Parse reads an answer: the first JSON object in it, whatever stands around it.
// Anything else is Invalid.
func Parse(text string) (Opinion, error) {
	senseless := func(what string) (Opinion, error) {
		return Opinion{}, community.Errorf(community.Invalid, "the second judge's answer %s", what)
	}
	start := strings.IndexByte(text, '{')
	if start < 0 {
		return senseless("has no JSON object")
	}
	var in struct {
		Class       string   `json:"class"`
		Probability *float64 `json:"probability"`
		Why         string   `json:"why"`
	}
	if err := json.NewDecoder(strings.NewReader(text[start:])).Decode(&in); err != nil {
		return senseless("is not the JSON that was asked for")
	}
	switch in.Class {
	case "abuse", "advert", "fraud", "harmless":
	default:
		return senseless("names no class that was asked for")
	}
	if in.Probability == nil || math.IsNaN(*in.Probability) || *in.Probability < 0 || *in.Probability > 1 {
		return senseless("has no probability between 0 and 1")
	}
	why := strings.ToValidUTF8(strings.Join(strings.Fields(in.Why), " "), "")
	if utf8.RuneCountInString(why) > longestWhy {
		why = string([]rune(why)[:longestWhy])
	}
	return Opinion{Class: in.Class, Probability: *in.Probability, Why: why}, nil
}

// Weigh joins the classifier's probability of a class with an opinion: the mean of
// their logs of odds, each bounded to 19:1. A message can tell a language model
// what to answer, so an opinion never outweighs the classifier.
func Weigh(class string, probability float64, o Opinion) float64 {
	second := o.Probability
	if o.Class != class {
		second = 1 - o.Probability
	}
	return 1 / (1 + math.Exp(-(odds(probability)+odds(second))/2))
}

func odds(p float64) float64 {
	p = min(max(p, 0.05), 0.95)
	return math.Log(p / (1 - p))
}
