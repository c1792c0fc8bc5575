package casework

import "qunying/community"

// Keys of the settings about learning.
const (
	LearningKey = "learning" // Learning: what people say of it
	LearntKey   = "learnt"   // Learnt: what came of it
)

// Learning says whether the model of adverts learns from what people of the
// community decide.
type Learning struct {
	Off   bool  `json:"off,omitempty"`
	After int64 `json:"after,omitempty"` // the last decision that does not count: everything was forgotten then
	Ask   bool  `json:"ask,omitempty"`   // messages about which the model is not sure open a card, too
	Most  int   `json:"most,omitempty"`  // such cards a day; 0: 20
}

// UncertainClause is the clause of verdicts by which people are asked. No clause of a
// policy can have its ID.
const UncertainClause = "_uncertain"

// Scores of adverts between which people are asked about messages that no clause is
// about; see docs/moderation-quality.md.
const (
	uncertainFrom = 0.3
	uncertainTo   = 0.6
)

// Asks says that people are to be asked about a message with such a score.
func (l Learning) Asks(advert float64) bool {
	return l.Ask && !l.Off && advert >= uncertainFrom && advert < uncertainTo
}

// ADay is how many cards are opened in a day at most.
func (l Learning) ADay() int { return orInt(l.Most, 20) }

// Check says what is wrong before it is saved.
func (l Learning) Check() error {
	if l.Most < 0 || l.Most > 500 {
		return community.Errorf(community.Invalid, "people are asked about at most 500 messages a day")
	}
	return nil
}

// Learnt names what was learnt. It is saved by the machine; what comes after it in
// the log is judged by it.
type Learnt struct {
	ID     int64 `json:"id"`     // of the weights
	After  int64 `json:"after"`  // as in Learning: of another one it does not count any more
	UpTo   int64 `json:"up_to"`  // the last decision that was looked at
	Bad    int   `json:"bad"`    // decisions that it was an advert
	Fine   int   `json:"fine"`   // that it was none
	Erased bool  `json:"erased"` // learnt anew because texts were erased
}

// Counts says whether what was learnt counts under the settings.
func (l Learnt) Counts(s Learning) bool { return l.ID != 0 && !s.Off && l.After == s.After }

// Example is a text that people decided on.
type Example struct {
	Ruling int64
	Text   string
	Label  string // a category, or Fine
}

// Advertising tells whether a label is what the model of adverts looks for.
func Advertising(label string) bool { return label == "advert" || label == "fraud" }
