package casework

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
