package watch

import (
	"slices"
	"time"

	"qunying/community"
	"qunying/internal/moderation/read"
)

// Span is how far back a Watch looks; an older log need not be fed.
const Span = 24 * time.Hour

// Limits bound the memory of a Watch. Zeros stand for what is said here.
type Limits struct {
	Members int // in groups, of whom rates are known; 20,000, at most 1 kB each
	Texts   int // that are known again; 20,000, at most 1 kB each
	Groups  int // whose talk is followed; 2,000, at most 5 kB each
}

// Config is what a Watch is made of.
type Config struct {
	Limits
	Repeat  time.Duration // in which a member repeats a text; 0 is 10 minutes
	Hostile float64       // score from which a message is hostile; 0 is 0.7
}

// Post is a message as a Watch sees it.
type Post struct {
	At      time.Time // the platform's time
	Day     community.Day
	Group   community.GroupID
	Person  community.PersonID
	Form    community.Content // "" is text
	Reading *read.Reading
	Text    Text    // of the reading, where it was computed before; otherwise its zero value
	Hostile float64 // how hostile a classifier takes it to be, 0 to 1; a word of abuse is enough, too
	Codes   bool    // it was seen before, and is now with what the codes in its pictures say
}

// Facts are what is known of a message from those before it. Counts include it.
type Facts struct {
	MessagesIn10s   int           `json:"messages_in_10s"`  // by the person in the group, at most 32
	MessagesIn60s   int           `json:"messages_in_60s"`  // the same
	MediaIn60s      int           `json:"media_in_60s"`     // of these images, voices, videos, files and stickers
	Repeats         int           `json:"repeats"`          // earlier ones of these, within Config.Repeat, with the same or nearly the same text
	GroupsWithSame  int           `json:"groups_with_same"` // groups in which the same or nearly the same text was posted in 24 hours, at most 64; 0 if it has too little text to be known again
	PeopleWithSame  int           `json:"people_with_same"` // the same for persons
	PromotionsToday int           `json:"promotions_today"` // by the person in the group on the group's day; 0 if this promotes nothing (Promotes)
	SinceJoined     time.Duration `json:"since_joined"`     // since the person came into the group; 0 if that is not known or longer ago than Span

	// Conversations call people and are no ground for a penalty.
	Quarrel   []community.PersonID `json:"quarrel,omitempty"`   // who quarrels, told once for each quarrel
	Complaint []community.PersonID `json:"complaint,omitempty"` // who complains of the same within an hour, told when it becomes several and with every further one
}

// Watch is the memory of one community. It belongs to one goroutine.
type Watch struct {
	config  Config
	newest  int64 // ms
	members members
	texts   texts
	talks   talks
}

// New makes a watch that has seen nothing.
func New(c Config) *Watch {
	standard := func(n *int, value int) {
		if *n <= 0 {
			*n = value
		}
	}
	standard(&c.Members, 20_000)
	standard(&c.Texts, 20_000)
	standard(&c.Groups, 2_000)
	if c.Repeat <= 0 {
		c.Repeat = 10 * time.Minute
	}
	c.Repeat = min(c.Repeat, Span)
	if c.Hostile <= 0 {
		c.Hostile = 0.7
	}
	return &Watch{config: c, members: newMembers(c.Members), texts: newTexts(c.Texts), talks: newTalks(c.Groups)}
}

// See takes in a message and tells its facts. What is older than Span before the
// newest one seen is not taken in and has no facts.
func (w *Watch) See(p Post) Facts {
	at := p.At.UnixMilli()
	if at <= w.newest-Span.Milliseconds() {
		return Facts{}
	}
	w.newest = max(w.newest, at)
	text := p.Text
	if text == (Text{}) {
		text = TextOf(p.Reading)
	}
	m := w.members.get(member{p.Group, p.Person})
	var f Facts
	if !p.Codes {
		m.add(mark{at, text, media(p.Form)})
		m.count(&f, at, text, w.config.Repeat)
	}
	if Promotes(p.Reading) && !(p.Codes && promotedBefore(p.Reading)) {
		f.PromotionsToday = m.promote(p.Day)
	}
	if m.joined > 0 && at >= m.joined && at-m.joined < Span.Milliseconds() {
		f.SinceJoined = time.Duration(max(at-m.joined, 1)) * time.Millisecond
	}
	if text.known() {
		f.GroupsWithSame, f.PeopleWithSame = w.texts.see(text, at, p.Group, p.Person)
	}
	if p.Codes {
		return f
	}
	t := w.talks.get(p.Group)
	if p.Hostile >= w.config.Hostile || p.Reading.Category("abuse") != nil {
		f.Quarrel = t.hostile(at, p.Person)
	}
	if p.Reading.Detector(read.Complaint) != nil {
		f.Complaint = t.complain(at, p.Person)
	}
	return f
}

// Join takes in that somebody came into a group.
func (w *Watch) Join(at time.Time, group community.GroupID, person community.PersonID) {
	ms := at.UnixMilli()
	if ms > w.newest-Span.Milliseconds() {
		w.members.get(member{group, person}).joined = ms
	}
}

// media tells whether a form fills the screen.
func media(c community.Content) bool {
	switch c {
	case community.Image, community.Voice, community.Video, community.File, community.Sticker:
		return true
	}
	return false
}

// Promotes tells whether a message promotes something (S16): it has a word of
// the advert category, a link that is not allowed, a contact detail, a code or
// a card.
func Promotes(r *read.Reading) bool {
	if r.Category("advert") != nil {
		return true
	}
	for i := range r.Found {
		switch r.Found[i].Detector {
		case read.Link, read.Phone, read.WeChat, read.QQ, read.Telegram, read.Number, read.QR, read.Card, read.MiniProgram:
			return true
		}
	}
	return false
}

// promotedBefore tells whether a message with codes promoted something before they
// were read: in its own words.
func promotedBefore(r *read.Reading) bool {
	own := *r
	own.Found = slices.DeleteFunc(slices.Clone(r.Found), func(f read.Found) bool { return f.End == 0 })
	return Promotes(&own)
}
