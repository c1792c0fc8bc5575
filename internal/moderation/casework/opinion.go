package casework

import (
	"strings"
	"time"
	"unicode/utf8"

	"qunying/community"
	"qunying/internal/moderation/policy"
)

// OpinionKey is the setting of the community that says whom to ask for a second
// opinion (第二意见).
const OpinionKey = "opinion"

// OpinionSettings say whether and where another judge is asked. Nobody is asked
// unless On.
type OpinionSettings struct {
	On     bool    `json:"on,omitempty"`
	Base   string  `json:"base,omitempty"` // https://…/v1 of an OpenAI-compatible endpoint
	Model  string  `json:"model,omitempty"`
	Key    string  `json:"key,omitempty"`     // sealed at rest
	PerDay int     `json:"per_day,omitempty"` // questions, in the community's zone; 0: 500
	Low    float64 `json:"low,omitempty"`     // scores between which the classifiers are not sure;
	High   float64 `json:"high,omitempty"`    // both 0: 0.3 and 0.95
	Wait   int     `json:"wait,omitempty"`    // seconds for an answer; 0: 10
}

// Questions is how often somebody is asked on a day.
func (s OpinionSettings) Questions() int { return orInt(s.PerDay, 500) }

// WaitFor is how long an answer is waited for.
func (s OpinionSettings) WaitFor() time.Duration {
	return time.Duration(orInt(s.Wait, 10)) * time.Second
}

// Band are the scores between which the classifiers are not sure. Up to 0.95 by
// default: the rules that come with the product act on scores from 0.6 to 0.9,
// and what is just above is as little certain as what is just below.
func (s OpinionSettings) Band() (low, high float64) {
	if s.Low == 0 && s.High == 0 {
		return 0.3, 0.95
	}
	return s.Low, s.High
}

// Check says what is wrong before it is saved.
func (s OpinionSettings) Check() error {
	low, high := s.Band()
	switch {
	case low < 0 || high > 1 || low >= high:
		return community.Errorf(community.Invalid, "the scores that count as unsure are not between 0 and 1, or the first is not below the second")
	case s.PerDay < 0 || s.PerDay > 100_000:
		return community.Errorf(community.Invalid, "at most 100000 questions a day can be allowed")
	case s.Wait < 0 || s.Wait > 60:
		return community.Errorf(community.Invalid, "an answer is waited for at most 60 seconds")
	case len(s.Base) > 500 || utf8.RuneCountInString(s.Model) > 200:
		return community.Errorf(community.Invalid, "the address or the name of the model is too long")
	case s.On && (s.Base == "" || strings.TrimSpace(s.Model) == ""):
		return community.Errorf(community.Invalid, "an address and a model are needed before anybody can be asked")
	}
	return nil
}

// OpinionState is where a second opinion is.
type OpinionState string

const (
	OpinionWaiting OpinionState = "waiting"
	OpinionGiven   OpinionState = "given"
	OpinionFailed  OpinionState = "failed" // nobody answered in time: the machine's verdict stands alone
)

// Harmless is what another judge calls a message that is nothing.
const Harmless = "harmless"

// Opinion is what another judge was asked and said about a verdict.
type Opinion struct {
	Verdict     int64
	Review      int64
	Class       string  // the classifier's: abuse or advert
	Score       float64 // what that said
	WantedAt    time.Time
	State       OpinionState
	Tries       int
	Error       string // why the last try failed
	GivenAt     time.Time
	GivenSeq    community.Seq
	Says        string // abuse, advert, fraud or harmless
	Probability float64
	Joint       float64 // of Class, by both
	Why         string
	Model       string
}

// OpinionLasts is how long after its message an answer may still move a card.
const OpinionLasts = time.Hour

// Unsure tells which classifier had a part in a verdict and whether it was unsure.
// It is that whose score the verdict rests on; of a verdict that rests on none,
// that of its category.
func (s OpinionSettings) Unsure(v *policy.Verdict, scores policy.Scores) (class string, score float64, unsure bool) {
	if !scores.Known {
		return "", 0, false
	}
	for _, r := range v.Reasons {
		if r.Kind == "score" && (r.Name == "abuse" || r.Name == "advert") {
			class = r.Name
			break
		}
	}
	if class == "" {
		switch v.Category {
		case "abuse":
			class = "abuse"
		case "advert", "fraud":
			class = "advert"
		default:
			return "", 0, false
		}
	}
	score = scores.Advert
	if class == "abuse" {
		score = scores.Abuse
	}
	low, high := s.Band()
	return class, score, score >= low && score <= high
}

// Lean is where an opinion moves a card beside others of its severity: 1 up, -1
// down.
func (o *Opinion) Lean() int {
	if o.Says == Harmless == (o.Probability >= 0.5) {
		return -1
	}
	return 1
}
