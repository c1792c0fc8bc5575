package connector

import (
	"context"
	"time"

	"qunying/community"
)

// What an organisation manages on its platform beside its groups' messages: each
// ability is one thing, and an account has those that its platform has. Errors are
// community errors; a method that changes something returns *Uncertain where nobody
// knows whether it did.

// Resender keeps an eye on messages that wait for colleagues to press send.
type Resender interface {
	// Pending lists messages that were put before colleagues in [from, to), the
	// newest first, at most a hundred.
	Pending(ctx context.Context, from, to time.Time) ([]Pending, error)
	// PendingAt tells of one who has sent it and where it arrived.
	PendingAt(ctx context.Context, id string) (PendingState, error)
}

// Pending is a message that colleagues have to send.
type Pending struct {
	ID      string    `json:"id"`
	Text    string    `json:"text" doc:"'' where it has none"`
	Creator string    `json:"creator" doc:"the platform's ID of who prepared it, '' where a program did"`
	At      time.Time `json:"-"`
}

// PendingState is how far that is. Groups are the platform's IDs.
type PendingState struct {
	Waiting  []string `json:"waiting" doc:"colleagues who have yet to press send, by the platform's IDs"`
	Sent     []string `json:"sent" doc:"colleagues who have"`
	Open     []string `json:"open" doc:"groups it has not reached"`
	Arrived  []string `json:"arrived" doc:"groups it reached"`
	Limit    []string `json:"limit" doc:"groups that had received as many as the platform allows"`
	Refused  []string `json:"refused" doc:"groups that could not be reached"`
	Reminded int      `json:"reminded" doc:"reminders by this server within 24 hours"`
	Most     int      `json:"most" doc:"reminders that the platform allows within 24 hours"`
}

// Greeter keeps welcomes that the platform itself says to newcomers of the groups
// whose owners choose them.
type Greeter interface {
	// AddGreeting makes one; notify tells the owners.
	AddGreeting(ctx context.Context, g Greeting, notify bool) (id string, err error)
	ChangeGreeting(ctx context.Context, g Greeting) error
	// ReadGreeting tells how it is on the platform. NotFound if it is not there.
	ReadGreeting(ctx context.Context, id string) (Greeting, error)
	DeleteGreeting(ctx context.Context, id string) error
}

// Greeting is such a welcome.
type Greeting struct {
	ID   string      `json:"id"`
	Text string      `json:"text"`
	Link *LinkedPage `json:"link,omitempty"`
}

// LinkedPage is a page that goes with a text.
type LinkedPage struct {
	Title   string `json:"title" minLength:"1" maxLength:"128"`
	About   string `json:"about,omitempty" maxLength:"512"`
	URL     string `json:"url" minLength:"8" maxLength:"2000"`
	Picture string `json:"picture,omitempty" maxLength:"2000" doc:"address of its picture"`
}

// Part is what a message carries of it.
func (l *LinkedPage) Part() community.Part {
	return community.Part{Content: community.Link, Title: l.Title, Text: l.About, URL: l.URL, Picture: l.Picture}
}

// JoinCodes are codes by which people join one of several groups, whichever has
// room (群活码).
type JoinCodes interface {
	AddJoinCode(ctx context.Context, j JoinCode) (id string, err error)
	// JoinCode tells what it leads to now. NotFound if it is not there.
	JoinCode(ctx context.Context, id string) (JoinCodeState, error)
	// ChangeJoinCode replaces what it leads to; its picture stays.
	ChangeJoinCode(ctx context.Context, j JoinCode) error
	DeleteJoinCode(ctx context.Context, id string) error
	// JoinCodePicture fetches the code to be scanned, a PNG or JPEG.
	JoinCodePicture(ctx context.Context, id string) ([]byte, error)
}

// JoinCode is such a code. State comes back with everybody who used it.
type JoinCode struct {
	ID     string   `json:"id"`
	Remark string   `json:"remark"`
	State  string   `json:"state"`
	Groups []string `json:"groups" doc:"the platform's IDs of the groups it leads to, in this order"`
	Found  bool     `json:"found" doc:"when all are full the platform founds another group"`
	Name   string   `json:"name" doc:"of the groups that it founds, before their number"`
	From   int64    `json:"from" doc:"number of the first one that it founds"`
}

// JoinCodeState is how a code is on the platform.
type JoinCodeState struct {
	JoinCode
	Rooms []JoinRoom `json:"rooms" doc:"in the order in which they fill"`
}

// JoinRoom is a group that a code leads to.
type JoinRoom struct {
	Group   string `json:"group" doc:"the platform's ID"`
	Name    string `json:"name"`
	Members int    `json:"members"`
	ByCode  int    `json:"by_code" doc:"who came by this code and is still there"`
	Gone    bool   `json:"gone" doc:"the group is not there any more"`
}

// ContactCodes are codes by which people become contacts of colleagues (渠道活码).
type ContactCodes interface {
	AddContactCode(ctx context.Context, k ContactCode) (id string, err error)
	// ChangeContactCode replaces what it leads to; its picture stays.
	ChangeContactCode(ctx context.Context, k ContactCode) error
	DeleteContactCode(ctx context.Context, id string) error
	// ContactCodePicture fetches the code to be scanned, a PNG or JPEG. NotFound if it
	// is not there.
	ContactCodePicture(ctx context.Context, id string) ([]byte, error)
}

// ContactCode is such a code. State comes back as Data["state"] of contact.added.
type ContactCode struct {
	ID         string   `json:"id"`
	Remark     string   `json:"remark" doc:"for staff: where it is used"`
	State      string   `json:"state" doc:"the state of contact.added of who used it"`
	Employees  []string `json:"employees" doc:"the platform's IDs of colleagues; it chooses one of them"`
	SkipVerify bool     `json:"skip_verify" doc:"nobody has to agree"`
}

// Successor hands groups over to another owner (在职/离职继承).
type Successor interface {
	// Owned lists groups with who owns them.
	Owned(ctx context.Context) ([]OwnedGroup, error)
	// HandOver gives up to a hundred groups to another owner: those of somebody who
	// resigned, or of somebody at work. It tells which could not be handed over.
	HandOver(ctx context.Context, groups []string, owner string, resigned bool) ([]NotHanded, error)
}

// OwnedGroup is a group with its owner.
type OwnedGroup struct {
	Group   string `json:"group" doc:"the platform's ID"`
	Name    string `json:"name" doc:"'' as long as it was not read"`
	Owner   string `json:"owner" doc:"the platform's ID, '' as long as it was not read"`
	Members int    `json:"members" doc:"0: not read yet"`
	State   string `json:"state" enum:"owned,resigned,handing,handed" doc:"resigned: its owner has left, and it waits for another one"`
}

// NotHanded is a group that stayed with its owner, and why.
type NotHanded struct {
	Group string `json:"group" doc:"the platform's ID"`
	Code  int    `json:"code" doc:"the platform's; the console has a sentence for it"`
	Why   string `json:"why" doc:"in the platform's words"`
}

// ContactTags are tags that colleagues put on their customers (企业标签).
type ContactTags interface {
	Tags(ctx context.Context) ([]CorpTagGroup, error)
	// AddTags puts tags into the group of that name, which is made if there is none;
	// those that it has already stay as they are.
	AddTags(ctx context.Context, group string, names []string) (CorpTagGroup, error)
	// RenameTag gives a tag or a group of tags another name.
	RenameTag(ctx context.Context, id, name string) error
	// DeleteTags takes tags, and groups with all they hold, off all customers.
	DeleteTags(ctx context.Context, tags, groups []string) error
	// Mark puts tags on a customer of a colleague and takes others off.
	Mark(ctx context.Context, colleague, customer string, add, remove []string) error
}

// CorpTagGroup holds tags.
type CorpTagGroup struct {
	ID   string    `json:"id"`
	Name string    `json:"name"`
	Tags []CorpTag `json:"tags"`
}

// CorpTag is one of them.
type CorpTag struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// ContactBook lists the customers of colleagues.
type ContactBook interface {
	// Customers lists a page of up to a hundred; next is "" after the last.
	Customers(ctx context.Context, colleague, cursor string) (list []Customer, next string, err error)
}

// Customer is somebody from outside whom a colleague knows.
type Customer struct {
	ID     string    `json:"id"`
	Name   string    `json:"name"`
	Remark string    `json:"remark" doc:"what the colleague calls them"`
	Tags   []CorpTag `json:"tags"`
}

// WordRules keep colleagues from writing words to customers (敏感词). They do nothing
// about what customers write.
type WordRules interface {
	// WordRules lists them without their words.
	WordRules(ctx context.Context) ([]WordRule, error)
	WordRule(ctx context.Context, id string) (WordRule, error)
	AddWordRule(ctx context.Context, r WordRule) (id string, err error)
	ChangeWordRule(ctx context.Context, r WordRule) error
	DeleteWordRule(ctx context.Context, id string) error
}

// WordRule is one of them.
type WordRule struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Words       []string `json:"words"`
	Phones      bool     `json:"phones" doc:"telephone numbers are caught as well"`
	Mails       bool     `json:"mails" doc:"mail addresses are"`
	RedPackets  bool     `json:"red_packets" doc:"red packets are"`
	WarnOnly    bool     `json:"warn_only" doc:"the message is sent nevertheless"`
	Colleagues  []string `json:"colleagues" doc:"for whom it holds, by the platform's IDs"`
	Departments []int64  `json:"departments" doc:"for whom it holds, by the platform's numbers"`
}

// WordExporter makes of a lexicon what its platform's own moderation takes.
type WordExporter interface {
	ExportWords(name string, words []string) WordExport
}

// WordExport is a lexicon for the platform.
type WordExport struct {
	Rules []WordRule `json:"rules" doc:"ready to be added, but for whom they hold"`
	Paste []string   `json:"paste" doc:"for the platform's page against spam: a word a line, in parts that it takes"`
	Left  []string   `json:"left" doc:"words that the platform cannot hold"`
	Most  int        `json:"most" doc:"words in a part"`
}

// DayCounter tells what the platform counted of groups on a day.
type DayCounter interface {
	// DayCounts of a whole day in the platform's zone, by owner. Invalid for a day
	// that it does not tell (any more).
	DayCounts(ctx context.Context, d community.Day) ([]OwnerCounts, error)
	// CountsReach are the first and last day that it tells now.
	CountsReach(now time.Time) (first, last community.Day)
}

// OwnerCounts are those of one owner's groups.
type OwnerCounts struct {
	Owner string `json:"owner"`
	PlatformCounts
}

// PlatformCounts are what a platform counted of groups on a day.
type PlatformCounts struct {
	Groups          int64 `json:"groups"`
	NewGroups       int64 `json:"new_groups"`
	SpeakingGroups  int64 `json:"speaking_groups" doc:"in which anything was said"`
	Members         int64 `json:"members"`
	NewMembers      int64 `json:"new_members"`
	SpeakingMembers int64 `json:"speaking_members" doc:"who said anything"`
	Messages        int64 `json:"messages"`
}

// Plus adds counts up.
func (p PlatformCounts) Plus(o PlatformCounts) PlatformCounts {
	return PlatformCounts{p.Groups + o.Groups, p.NewGroups + o.NewGroups, p.SpeakingGroups + o.SpeakingGroups, p.Members + o.Members,
		p.NewMembers + o.NewMembers, p.SpeakingMembers + o.SpeakingMembers, p.Messages + o.Messages}
}

// Witness can say who is read, and who agreed to that.
type Witness interface {
	// SeatHolders lists the colleagues whose conversations are read.
	SeatHolders(ctx context.Context) ([]SeatHolder, error)
	// Consents tells of everybody from outside in a group whether they agreed.
	Consents(ctx context.Context, group string) ([]Consent, error)
}

// SeatHolder is a colleague who is read.
type SeatHolder struct {
	Colleague string `json:"colleague" doc:"the platform's ID"`
	Edition   string `json:"edition" doc:"what the seat costs and keeps: office, service, enterprise"`
}

// Consent is what somebody decided about being read.
type Consent struct {
	Member string    `json:"member" doc:"the platform's ID"`
	Agreed bool      `json:"agreed"`
	State  string    `json:"state" doc:"the platform's word"`
	At     time.Time `json:"-"`
}
