package read

import (
	"qunying/community"
	"qunying/internal/moderation/detect"
)

// Message is what a Reader looks at.
type Message struct {
	Text        string            // what people read; of a card its title and description
	Name        string            // how the author is called in the group
	Form        community.Content // "" is text
	URL         string            // where a link, card or mini-program leads, if known
	Codes       []string          // what the QR codes in its images say (detect.Codes)
	MentionsAll bool              // the platform says so
	Mentions    int               // how many members it mentions
}

// Reading is what was found in a message. Policies decide on it, receipts and
// `inspect` show it.
type Reading struct {
	Normal    string  `json:"normal"`           // the text with its disguises undone
	Hits      []Hit   `json:"hits"`             // entries of lexicons, by place; those with Exception do not count
	Found     []Found `json:"found"`            // by detector
	Signature uint64  `json:"signature,string"` // SimHash of the normalised text, 0 when it is too short for one; of a message with codes a hash of these
	Length    int     `json:"length"`           // visible characters without spaces
	Unread    bool    `json:"unread"`           // voice or video that nobody read (未判定)
}

// Hit is an entry of a lexicon that the text satisfies.
type Hit struct {
	Lexicon   string `json:"lexicon"`
	Category  string `json:"category"`
	Entry     string `json:"entry"`
	Way       string `json:"way"`       // lexicon.Way: how it was found
	Start     int    `json:"start"`     // bytes of Message.Text
	End       int    `json:"end"`       // not included
	Exception bool   `json:"exception"` // lies inside an exception of its category: shown, but does not count
}

// Detectors, as Found.Detector names them. Contact details have the name of
// their kind.
const (
	Link        = "link"         // Value is the host, Kind plain, shortener, invite or denied; of a command the app's host or the token, of a miniprogram its name
	LinkAllowed = "link-allowed" // to a host that the operator allows
	Phone       = "phone"        // Value has plain digits, as in all contact numbers
	WeChat      = "wechat"
	QQ          = "qq"
	Telegram    = "telegram"
	Number      = "number"      // written in several scripts, so meant to be dialled or added
	QR          = "qr"          // Value is what the code says
	Everyone    = "everyone"    // calls all members
	Mentions    = "mentions"    // calls many members; Value is how many
	Card        = "card"        // a contact card
	MiniProgram = "miniprogram" // a mini-program card
	Forward     = "forward"     // a forwarded chat record
	Long        = "long"        // Value is the number of characters, or of lines with Kind lines
	Complaint   = "complaint"   // of what was sold or promised; Value is the word. Several members together matter, see package watch
	NameAdvert  = "name-advert" // the author's name carries a contact, a link or an advert; Kind says which; the place is in Message.Name
)

// Found is what a detector found. Start and End are both 0 where it is not in
// the text.
type Found struct {
	Detector string `json:"detector"`
	Value    string `json:"value,omitempty"`
	Kind     string `json:"kind,omitempty"`
	Start    int    `json:"start"` // bytes of Message.Text
	End      int    `json:"end"`   // not included
}

// Name is what the finding is called in receipts: the detector, of links without an
// address their kind.
func (f *Found) Name() string {
	if f.Detector == Link && (f.Kind == string(detect.Command) || f.Kind == string(detect.MiniProgram)) {
		return f.Kind
	}
	return f.Detector
}

// Category returns the first hit of a category that counts, or nil.
func (r *Reading) Category(name string) *Hit {
	for i := range r.Hits {
		if h := &r.Hits[i]; h.Category == name && !h.Exception {
			return h
		}
	}
	return nil
}

// Detector returns the first finding of a detector, or nil.
func (r *Reading) Detector(name string) *Found {
	for i := range r.Found {
		if r.Found[i].Detector == name {
			return &r.Found[i]
		}
	}
	return nil
}
