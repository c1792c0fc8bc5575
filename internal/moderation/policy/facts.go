package policy

import "time"

// Facts are what a message is judged by beside what is in it.
type Facts struct {
	Now     time.Time `json:"now"` // the message's time, in the group's zone
	Form    string    `json:"form"`
	Member  Member    `json:"member"`
	Recent  Recent    `json:"recent"`
	Scores  Scores    `json:"scores"`
	Members int       `json:"members,omitempty"` // of the group; 0: not known
	Late    bool      `json:"late,omitempty"`    // over ten minutes old: nothing happens by itself
	CheckIn bool      `json:"check_in,omitempty"`
}

// Member is who wrote it, as of the message.
type Member struct {
	Hours    float64 `json:"hours"`    // in the group; -1: not known
	Messages int     `json:"messages"` // seen of the member in this group before
	Strikes  int     `json:"strikes"`  // that count today, in all groups of the community
	Role     string  `json:"role,omitempty"`
	Staff    bool    `json:"staff,omitempty"`
	Allowed  bool    `json:"allowed,omitempty"` // on the allowlist
	Blocked  bool    `json:"blocked,omitempty"` // on the blocklist
}

// Recent is what the message is like beside others (moderation/watch).
type Recent struct {
	In10s      int `json:"in_10s"` // messages of the member, this one included
	In60s      int `json:"in_60s"`
	Repeats    int `json:"repeats"`    // how often the member said the same or nearly the same before, in this group
	Groups     int `json:"groups"`     // groups in which the same or nearly the same was said in 24 hours, this one included
	Media60s   int `json:"media_60s"`  // pictures, videos, stickers of the member
	Promotions int `json:"promotions"` // messages with a link, code or contact of the member today, this one included
	Quarrel    int `json:"quarrel"`    // members who are hostile to each other within five minutes; 0: no quarrel
	Complaints int `json:"complaints"` // members who complain of the same within an hour
}

// Scores are what the classifiers say, calibrated, from 0 to 1.
type Scores struct {
	Abuse  float64 `json:"abuse"`
	Advert float64 `json:"advert"`
	Known  bool    `json:"known"`            // false: the message could not be read
	Lesson int64   `json:"lesson,omitempty"` // what the community's own decisions had taught; 0: nothing
}
