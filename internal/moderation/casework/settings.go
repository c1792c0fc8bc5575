package casework

import (
	"net/url"
	"slices"
	"time"

	"qunying/community"
)

// Keys of settings.
const (
	Key         = "moderation" // Settings, of the community and of a group
	LexiconKey  = "lexicon/"   // begins the keys of lexicons: the name follows
	DetectorKey = "detectors"  // Detectors
)

// Settings are about keeping order as a whole. A group's Stopped, Language and
// Texts count in the group; everything else is the community's.
type Settings struct {
	Stopped  bool                `json:"stopped,omitempty"`  // nothing is done by itself, everything is suggested (kill switch)
	Off      bool                `json:"off,omitempty"`      // nothing is judged
	Duty     []community.StaffID `json:"duty,omitempty"`     // who is called
	Appeal   int                 `json:"appeal,omitempty"`   // days in which a member may appeal; 0: 7
	Answer   int                 `json:"answer,omitempty"`   // hours in which an appeal is to be decided; 0: 48
	Undo     int                 `json:"undo,omitempty"`     // seconds before what a person decided is done; 0: 10
	Language string              `json:"language,omitempty"` // of the texts sent: zh-CN or en; "" is zh-CN
	Address  string              `json:"address,omitempty"`  // under which members reach their page, "https://…"; "": there are no personal links
	Promote  float64             `json:"promote,omitempty"`  // lower bound of the precision from which a clause may act by itself; 0: 0.95
	Enough   int                 `json:"enough,omitempty"`   // decided cases without which it may not; 0: 30
	Demote   float64             `json:"demote,omitempty"`   // share of overturns above which it no longer may; 0: 0.1
	Window   int                 `json:"window,omitempty"`   // newest decided cases of which that is the share; 0: 20
}

// AppealDays is how long a member may appeal.
func (s Settings) AppealDays() time.Duration {
	return time.Duration(orInt(s.Appeal, 7)) * 24 * time.Hour
}

// AnswerWithin is how long an appeal may wait.
func (s Settings) AnswerWithin() time.Duration { return time.Duration(orInt(s.Answer, 48)) * time.Hour }

// UndoWithin is how long a decision can be taken back before anything is done.
func (s Settings) UndoWithin() time.Duration { return time.Duration(orInt(s.Undo, 10)) * time.Second }

// PromoteFrom is the lower bound of the precision from which a clause may act by
// itself.
func (s Settings) PromoteFrom() float64 { return orShare(s.Promote, 0.95) }

// EnoughCases is how many cases people must have decided before a clause may.
func (s Settings) EnoughCases() int { return orInt(s.Enough, 30) }

// DemoteFrom is the share of overturns above which a clause no longer may.
func (s Settings) DemoteFrom() float64 { return orShare(s.Demote, 0.1) }

// NewestCases is of how many decided cases that is the share.
func (s Settings) NewestCases() int { return orInt(s.Window, 20) }

func orInt(n, standard int) int {
	if n == 0 {
		return standard
	}
	return n
}

func orShare(f, standard float64) float64 {
	if f == 0 {
		return standard
	}
	return f
}

// Check says what is wrong before it is saved.
func (s Settings) Check() error {
	within := func(n, most int) bool { return n >= 0 && n <= most }
	switch {
	case !within(s.Appeal, 365) || !within(s.Answer, 24*90):
		return community.Errorf(community.Invalid, "a member has at most 365 days to appeal, staff at most 90 days to answer")
	case !within(s.Undo, 600):
		return community.Errorf(community.Invalid, "a decision waits at most ten minutes")
	case s.Language != "" && !slices.Contains(Languages, s.Language):
		return community.Errorf(community.Invalid, "there are no texts in %q", s.Language).WithHint("zh-CN or en")
	case s.Address != "" && !IsAddress(s.Address):
		return community.Errorf(community.Invalid, "%q is no address of a site", s.Address).WithHint("write it as https://qun.example.com, without a path")
	case s.Promote < 0 || s.Promote > 1 || s.Demote < 0 || s.Demote > 1:
		return community.Errorf(community.Invalid, "a share is between 0 and 1")
	case !within(s.Enough, 100_000) || !within(s.Window, 1000):
		return community.Errorf(community.Invalid, "at most 100,000 cases make a clause trusted, and at most 1,000 make it lose that")
	case len(s.Duty) > 100:
		return community.Errorf(community.Invalid, "at most 100 people are on duty")
	}
	return nil
}

// IsAddress says that a text is a site and nothing below it.
func IsAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && len(text) <= 200 && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && (u.Path == "" || u.Path == "/") && u.RawQuery == "" && u.Fragment == ""
}

// Languages are those of the texts that members are sent.
var Languages = []string{"zh-CN", "en"}

// Detectors are the operator's settings of detectors.
type Detectors struct {
	Allow    []string `json:"allow,omitempty"`    // hosts that may be linked
	Deny     []string `json:"deny,omitempty"`     // hosts that may not
	Long     int      `json:"long,omitempty"`     // characters from which a text is long; 0: 500
	Mentions int      `json:"mentions,omitempty"` // members from which many are mentioned; 0: 5
}

// Bounds of what is kept in one setting.
const (
	MostLexicon  = 8 << 20 // bytes of the entries of one lexicon
	MostLexicons = 50
	mostHosts    = 10_000
)

// Check says what is wrong before it is saved.
func (d Detectors) Check() error {
	if len(d.Allow)+len(d.Deny) > mostHosts {
		return community.Errorf(community.Invalid, "at most %d hosts can be listed", mostHosts)
	}
	for _, h := range slices.Concat(d.Allow, d.Deny) {
		if h == "" || len(h) > 253 {
			return community.Errorf(community.Invalid, "%q is not a host", h).WithHint("write example.com")
		}
	}
	return nil
}

// StarterID is the end of the key under which it is kept whether the lists that
// the product comes with are used.
const StarterID = "starter"

// Lexicon is a word list as it is saved. The name is in the setting's key.
type Lexicon struct {
	Name     string `json:"name"`
	Category string `json:"category"` // of entries that say none
	Text     string `json:"text"`     // an entry a line, as lexicon.TXT
	Pinyin   bool   `json:"pinyin,omitempty"`
	Similar  bool   `json:"similar,omitempty"`
	Off      bool   `json:"off,omitempty"` // kept, and not used
	Starter  bool   `json:"starter,omitempty"`
}
