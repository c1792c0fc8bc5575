package insight

import (
	"slices"
	"strings"
	"unicode/utf8"

	"qunying/community"
)

// Deed is something that a person did, or that happened to them, as funnels and
// cohorts see it.
type Deed struct {
	Kind    community.Kind
	Person  community.PersonID
	As      community.IdentityID // the identity by which they did it
	Group   community.GroupID    // 0: outside of groups, as a scanned code
	Day     community.Day        // in the group's zone, outside of groups in the community's
	At      int64                // ms since 1970
	Seq     community.Seq
	By      community.PersonID // of joins: who invited; 0: unknown
	Way     string             // of joins, leaves and contacts: how, in the platform's terms
	Code    string             // of contacts and scans: the code's state, which stands for a channel
	Content community.Content  // of messages
	Text    string             // of messages and reactions; only where a pick asks for it
	Tag     string             // of PersonTag
}

// Deeds are the kinds that a pick may name. Two of them are not taken from events
// but from the records that events led to: PersonTag is a tag put on, PointsGive are
// points that somebody got.
var Deeds = []community.Kind{
	community.MessagePosted, community.MemberJoined, community.MemberLeft, community.MemberRequested, community.MemberRenamed,
	community.MessageRecalled, community.ReactionAdded, community.CodeScanned, community.ContactAdded, community.ContactRemoved,
	community.PersonTag, community.PointsGive,
}

// outside are the kinds that happen in no group.
var outside = []community.Kind{community.CodeScanned, community.ContactAdded, community.ContactRemoved, community.PersonTag, community.PointsGive}

// Pick chooses deeds: of a kind, and where more is said, such ones only.
type Pick struct {
	Kind    community.Kind    `json:"kind"`
	Text    string            `json:"text,omitempty"` // what the text holds, upper and lower case alike
	Content community.Content `json:"content,omitempty"`
	Way     string            `json:"way,omitempty"`
	Code    string            `json:"code,omitempty"`
	Tag     string            `json:"tag,omitempty"`
	After   int               `json:"after,omitempty"` // of funnels: days after entering before which it does not count
}

const longestPick = 100 // characters of what a pick looks for

// check says what is wrong with a pick; field names it in errors.
func (p Pick) check(field string) error {
	if !slices.Contains(Deeds, p.Kind) {
		return community.Errorf(community.Invalid, "%s: nothing can be counted by %q", field, string(p.Kind)).WithHint("allowed are: " + joined(Deeds))
	}
	for _, f := range []struct {
		name, value string
		kinds       []community.Kind
	}{
		{"text", p.Text, []community.Kind{community.MessagePosted, community.ReactionAdded, community.MemberRequested}},
		{"content", string(p.Content), []community.Kind{community.MessagePosted}},
		{"way", p.Way, []community.Kind{community.MemberJoined, community.MemberLeft, community.ContactAdded, community.ContactRemoved}},
		{"code", p.Code, []community.Kind{community.MemberJoined, community.ContactAdded, community.CodeScanned}},
		{"tag", p.Tag, []community.Kind{community.PersonTag}},
	} {
		switch {
		case f.value == "":
		case !slices.Contains(f.kinds, p.Kind):
			return community.Errorf(community.Invalid, "%s: %s has no %s", field, string(p.Kind), f.name).WithHint(f.name + " goes with: " + joined(f.kinds))
		case utf8.RuneCountInString(f.value) > longestPick:
			return community.Errorf(community.Invalid, "%s: %s is longer than %d characters", field, f.name, longestPick).WithHint("look for less")
		}
	}
	return nil
}

// ErrTooMuch is that a question would take too long.
var ErrTooMuch = community.Errorf(community.Invalid, "from: too much happened in the period to be looked through at once").
	WithHint("choose a shorter period, fewer groups, or a narrower step")

// Plain says that every deed of the kind is chosen.
func (p Pick) Plain() bool { return p == Pick{Kind: p.Kind} }

// Takes says whether a deed is chosen. Funnels look at After themselves.
func (p *Pick) Takes(d *Deed) bool {
	return d.Kind == p.Kind && (p.Content == "" || d.Content == p.Content) && (p.Way == "" || d.Way == p.Way) &&
		(p.Code == "" || d.Code == p.Code) && (p.Tag == "" || d.Tag == p.Tag) &&
		(p.Text == "" || strings.Contains(strings.ToLower(d.Text), strings.ToLower(p.Text)))
}

// Needs says what has to be read for a pick alone.
func (p Pick) Needs() Needs { return needsOf([]Pick{p}, false)[0] }

// Needs says what has to be read of a kind of deeds.
type Needs struct {
	Kind community.Kind
	Text bool // what was written
	Data bool // way and code
	Ours bool // what our own accounts did, too
}

// needsOf gathers what picks need, each kind once; data adds way and code of the
// first.
func needsOf(picks []Pick, data bool) []Needs {
	var list []Needs
	for i, p := range picks {
		at := slices.IndexFunc(list, func(n Needs) bool { return n.Kind == p.Kind })
		if at < 0 {
			list, at = append(list, Needs{Kind: p.Kind}), len(list)
		}
		list[at].Text = list[at].Text || p.Text != ""
		list[at].Data = list[at].Data || p.Way != "" || p.Code != "" || data && i == 0
	}
	return list
}
