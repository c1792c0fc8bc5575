package api

import "qunying/community"

// Period is a span of days, both inclusive, in the group's zone.
type Period struct {
	From community.Day `json:"from"`
	To   community.Day `json:"to"`
}

// Answer is what every answer about a community carries.
type Answer struct {
	AsOf community.Seq `json:"as_of" doc:"the log position up to which the answer is complete"`
}

// Stamp is the same for a saved document, which may come back with it to be saved:
// then it counts for nothing. declareAnswer sets it.
type Stamp struct {
	AsOf *community.Seq `json:"as_of,omitempty" doc:"the log position up to which the answer is complete; ignored in what is saved"`
}

func (s *Stamp) stamp(at community.Seq) { s.AsOf = &at }

// stamped is an answer with a Stamp.
type stamped interface{ stamp(at community.Seq) }

// Page is what every answer with pages carries.
type Page struct {
	Next string `json:"next,omitempty" doc:"cursor of the next page; absent on the last one"`
}

// SessionAnswer says who is signed in, and where.
type SessionAnswer struct {
	SetupNeeded bool       `json:"setup_needed" doc:"nobody has set up the installation yet"`
	Staff       *StaffView `json:"staff,omitempty" doc:"absent: nobody is signed in"`
	Version     string     `json:"version"`
	Demo        bool       `json:"demo"`
	Languages   []string   `json:"languages"`
}

// StaffView is a member of staff as the console sees them.
type StaffView struct {
	ID   community.StaffID `json:"id"`
	Name string            `json:"name"`
	Role string            `json:"role" enum:"owner,lead,operator,moderator,analyst,viewer"`
	May  []string          `json:"may" enum:"public,self,read,import,act,manage,audit,staff,moderation.view,moderation.judge,moderation.rules,points.give" doc:"the permissions of the role"`
	// Limited staff are refused what concerns the whole community.
	Limited bool `json:"limited" doc:"sees chosen groups only"`
}

// SetupInput makes the first owner.
type SetupInput struct {
	Token    string `json:"token" minLength:"1" maxLength:"200" doc:"from the one-time link"`
	Name     string `json:"name" minLength:"1" maxLength:"64"`
	Password string `json:"password" minLength:"10" maxLength:"256"`
}

// SignInInput signs in.
type SignInInput struct {
	Name     string `json:"name" minLength:"1" maxLength:"64"`
	Password string `json:"password" minLength:"1" maxLength:"256"`
	Code     string `json:"code,omitempty" maxLength:"40" doc:"of the second factor, or a recovery code; asked for by a problem of type second_factor"`
}

// MetricsAnswer is the metric catalogue.
type MetricsAnswer struct {
	Metrics []MetricEntry `json:"metrics"`
}

// CommunitiesAnswer lists communities.
type CommunitiesAnswer struct {
	Communities []CommunityView `json:"communities"`
}

// CommunityView is a community in a list.
type CommunityView struct {
	ID   community.ID `json:"id"`
	Slug string       `json:"slug" doc:"its name in paths"`
	Name string       `json:"name"`
	Zone string       `json:"zone" doc:"IANA name"`
	// Position is opaque to whoever gets it.
	Position string `json:"position" doc:"give it as since to the stream of changes: it tells what changed after this answer"`
}

// GroupsAnswer is a page of the overview.
type GroupsAnswer struct {
	Answer
	Page
	WhoseView
	Period  Period      `json:"period"`
	Groups  []GroupCard `json:"groups"`
	Total   int64       `json:"total" doc:"groups that match, on all pages"`
	Summary []Number    `json:"summary" doc:"over all groups that match"`
	Urgent  int         `json:"urgent" doc:"groups that match and need people: something fires or waits, or a band is worse than good"`
	Away    int         `json:"away" doc:"groups that were put away, and are in no other list"`
}

// GroupAnswer is one group's head.
type GroupAnswer struct {
	Answer
	Group        GroupCard     `json:"group"`
	Coverage     Coverage      `json:"coverage"`
	Capabilities []Capability  `json:"capabilities"`
	Connection   string        `json:"connection" doc:"that listens in the group, '' for none"`
	Settings     GroupSettings `json:"settings"`
}

// Coverage says of which time messages are there.
type Coverage struct {
	FirstAt int64           `json:"first_at"`
	LastAt  int64           `json:"last_at"`
	Gaps    []Gap           `json:"gaps"`
	Partial []PartialGap    `json:"partial" doc:"the latest stretches in which only a part of a day is missing: somebody refuses to be read, or nobody listened for less than an hour"`
	Sources []SourceOfGroup `json:"sources"`
}

// PartialGap is a stretch in which a part of a group, or of a day, is not covered.
type PartialGap struct {
	From int64  `json:"from"`
	To   int64  `json:"to" doc:"0: still so"`
	Why  string `json:"why" enum:"disagree,away"`
}

// SourceOfGroup is an account or an import that brought messages of a group.
type SourceOfGroup struct {
	Name     string `json:"name"`
	Kind     string `json:"kind" enum:"account,import"`
	Messages int64  `json:"messages"`
	FirstAt  int64  `json:"first_at"`
	LastAt   int64  `json:"last_at"`
}

// Capability says how far an ability goes in a group.
type Capability struct {
	Ability string `json:"ability" enum:"read,joins,members,send,recall,recall_own,mute,mute_all,remove,announce,rename,invite,approve"`
	Can     string `json:"can" enum:"machine,person,nobody" doc:"machine: we can; person: a person can, in the platform's client; nobody: no way"`
}

// GroupSettings are what people set for one group.
type GroupSettings struct {
	Zone    string  `json:"zone"`
	Welcome Welcome `json:"welcome" doc:"in force, with what is inherited; the version is that of the group's own"`
}

// Welcome is the greeting of new members (入群欢迎语). Absent fields are inherited.
type Welcome struct {
	On      *bool   `json:"on,omitempty"`
	Text    *string `json:"text,omitempty" maxLength:"2000"`
	Version int64   `json:"version" minimum:"0" doc:"of the setting as it was read; 0: never set. Saving with another one is a conflict"`
}

// GroupSettingsAnswer are a group's settings.
type GroupSettingsAnswer struct {
	Answer
	Settings GroupSettings `json:"settings"`
}

// NumbersAnswer are the key figures of a group.
type NumbersAnswer struct {
	Answer
	Period  Period   `json:"period"`
	Before  Period   `json:"before" doc:"the period that is compared with"`
	Numbers []Number `json:"numbers"`
	Gaps    []Gap    `json:"gaps"`
}

// TrendAnswer is the trend chart.
type TrendAnswer struct {
	Answer
	Period Period `json:"period"`
	Trend  Trend  `json:"trend"`
}

// RhythmAnswer is the heat map.
type RhythmAnswer struct {
	Answer
	Period Period `json:"period"`
	Rhythm Rhythm `json:"rhythm"`
}

// RetentionAnswer is the cohort triangle.
type RetentionAnswer struct {
	Answer
	Period    Period    `json:"period"`
	Retention Retention `json:"retention"`
}

// SpeakersAnswer is who carries the group.
type SpeakersAnswer struct {
	Answer
	Period   Period    `json:"period"`
	Speakers []Speaker `json:"speakers" doc:"those with the most messages, falling"`
	Others   Others    `json:"others" doc:"all who are not listed"`
}

// Others sums up the lines that are not listed.
type Others struct {
	Persons  int64   `json:"persons"`
	Messages int64   `json:"messages"`
	Share    float64 `json:"share"`
}

// WordsAnswer is what the group talks about.
type WordsAnswer struct {
	Answer
	Period Period    `json:"period"`
	Words  []HotWord `json:"words"`
}

// StreamAnswer is a stretch of the timeline, oldest first.
type StreamAnswer struct {
	Answer
	Messages []Message `json:"messages"`
	Earlier  bool      `json:"earlier" doc:"there is more before the first"`
	Later    bool      `json:"later" doc:"there is more after the last"`
	Gaps     []Gap     `json:"gaps"`
}

// SearchAnswer is a page of hits, newest first.
type SearchAnswer struct {
	Answer
	Page
	Messages  []Message     `json:"messages"`
	IndexedTo community.Seq `json:"indexed_to" doc:"how far the search index is; below as_of it is still catching up"`
	CutShort  bool          `json:"cut_short" doc:"too many messages were looked at in vain; next goes on from there"`
}

// PersonAnswer is what is known of a person.
type PersonAnswer struct {
	Answer
	Person PersonView `json:"person"`
}

// PersonView is a person over all groups.
type PersonView struct {
	ID         community.PersonID `json:"id"`
	Name       string             `json:"name" doc:"how they were called last"`
	Names      []string           `json:"names"`
	Identities []IdentityView     `json:"identities"`
	Groups     []PersonInGroup    `json:"groups"`
	Messages   int64              `json:"messages"`
	FirstAt    int64              `json:"first_at"`
	LastAt     int64              `json:"last_at"`
	SpokeAt    int64              `json:"spoke_at" doc:"of the last message; 0: never spoke"`
	Called     []NameView         `json:"called" doc:"names over time, the last first"`
	Stays      []StayView         `json:"stays" doc:"joins and leaves that are known, the oldest first"`
	Tags       []string           `json:"tags"`
	Staff      bool               `json:"staff" doc:"somebody who works here"`
}

// IdentityView is one name or platform ID under which a person was seen.
type IdentityView struct {
	ID      community.IdentityID `json:"id"`
	Network string               `json:"network"`
	Name    string               `json:"name"`
	Group   community.GroupID    `json:"group" doc:"0: holds in every group of the network"`
	Outside string               `json:"outside" doc:"the platform's ID; empty where only a name is known"`
}

// PersonInGroup is a person's part in one group.
type PersonInGroup struct {
	Group    community.GroupID `json:"group"`
	Name     string            `json:"name" doc:"of the group"`
	Network  string            `json:"network"`
	Messages int64             `json:"messages"`
	FirstAt  int64             `json:"first_at"`
	LastAt   int64             `json:"last_at"`
}

// PersonChangedAnswer says who the identities belong to now.
type PersonChangedAnswer struct {
	Answer
	Person community.PersonID `json:"person"`
}

// MergeInput makes identities one person.
type MergeInput struct {
	Identities []community.IdentityID `json:"identities" minItems:"2" maxItems:"100" uniqueItems:"true"`
}

// SplitInput makes an identity a person of its own.
type SplitInput struct {
	Identity community.IdentityID `json:"identity" minimum:"1"`
}

// SendInput is a message to a group.
type SendInput struct {
	Text string `json:"text" minLength:"1" maxLength:"5000"`
	At   int64  `json:"at,omitempty" minimum:"0" doc:"not before; absent: now"`
}

// OutboxEntryAnswer is one action.
type OutboxEntryAnswer struct {
	Answer
	Entry OutboxEntry `json:"entry"`
}

// OutboxAnswer is a page of actions, newest first.
type OutboxAnswer struct {
	Answer
	Page
	Entries []OutboxEntry `json:"entries"`
}

// ParkedAnswer is a page of events that could not be decided, newest first.
type ParkedAnswer struct {
	Answer
	Page
	Parked []Parked `json:"parked"`
}

// ParkedEventAnswer is one of them.
type ParkedEventAnswer struct {
	Answer
	Event Parked `json:"event"`
}

// LoopsAnswer is how far the loops are.
type LoopsAnswer struct {
	Answer
	Loops []Loop `json:"loops"`
}

// ImportAnswer is one import.
type ImportAnswer struct {
	Answer
	Import Import `json:"import"`
}

// ImportsAnswer lists imports, newest first.
type ImportsAnswer struct {
	Answer
	Imports []Import `json:"imports"`
}

// ImportChange is what can be said about a file before its import starts.
// Absent fields stay as they are.
type ImportChange struct {
	Group  *community.GroupID `json:"group,omitempty" doc:"0: a new group"`
	Zone   *string            `json:"zone,omitempty" maxLength:"64" doc:"IANA name: the zone in which the file's times are written"`
	Map    *string            `json:"map,omitempty" maxLength:"500" doc:"which column is what: time=…,sender=…,text=…"`
	Format *string            `json:"format,omitempty" maxLength:"64"`
	// LastRow is for files that no line break ends.
	LastRow *bool `json:"last_row,omitempty" doc:"the file is whole: take its last row although no line break ends it"`
}

// RosterInput is a member list: pasted text, or a file.
type RosterInput struct {
	Group    community.GroupID `json:"group" minimum:"1"`
	Text     string            `json:"text,omitempty" maxLength:"2000000" doc:"one member a line"`
	File     []byte            `json:"file,omitempty" doc:"a table of members, base64"`
	FileName string            `json:"file_name,omitempty" maxLength:"255"`
	At       int64             `json:"at,omitempty" minimum:"0" doc:"when the list was taken; absent: now"`
	Apply    bool              `json:"apply" doc:"false: only a preview"`
}

// RosterAnswer is what a member list says.
type RosterAnswer struct {
	Answer
	Members []string `json:"members"`
	Joined  []string `json:"joined" doc:"not in the list before"`
	Left    []string `json:"left" doc:"in the list before, not now"`
	Preview bool     `json:"preview" doc:"nothing was written"`
}

// StaleEvent is the data of the server-sent event "stale".
type StaleEvent struct {
	Answer
	All    bool                `json:"all" doc:"everything may be stale"`
	Groups []community.GroupID `json:"groups"`
	What   []string            `json:"what" enum:"numbers,stream,imports,outbox,settings,people"`
}
