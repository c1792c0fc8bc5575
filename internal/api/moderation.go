package api

import (
	"context"
	"encoding/json"
	"strconv"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
)

// Reviews reads what was judged and what waits for people.
type Reviews interface {
	// Reviews answers the riskiest first, then the newest, and the place of the last line.
	Reviews(ctx context.Context, c community.ID, q ReviewsQuery) (ReviewsAnswer, Place, error)
	// Review fails with NotFound.
	Review(ctx context.Context, c community.ID, id int64) (ReviewAnswer, error)
	// Verdict fails with NotFound.
	Verdict(ctx context.Context, c community.ID, id int64) (VerdictView, error)
	// MemberCases takes any identity of theirs; it fails with NotFound.
	MemberCases(ctx context.Context, c community.ID, p community.PersonID) (MemberCasesAnswer, error)
	// Amnesty answers what a pardon of many would forgive.
	Amnesty(ctx context.Context, c community.ID, what casework.Command) (AmnestyAnswer, error)
	// Lists answers the newest first, and the place of the last line.
	Lists(ctx context.Context, c community.ID, q ListsQuery) (ListsAnswer, Place, error)
}

// ReviewsQuery asks for cards. Zero fields do not filter.
type ReviewsQuery struct {
	State    string
	Kind     string
	Group    community.GroupID
	Clause   string
	Category string
	Claimed  community.StaffID
	After    Place
	Limit    int
}

// ReviewsAnswer is a page of the review queue.
type ReviewsAnswer struct {
	Answer
	Page
	Reviews []ReviewCard   `json:"reviews"`
	Open    map[string]int `json:"open" doc:"how many wait, by kind: suggest, report, appeal"`
	Overdue int            `json:"overdue" doc:"of these, past their time"`
}

// ReviewCard is a card of the review queue: messages that are nearly the same are
// on one, and are decided as one.
type ReviewCard struct {
	ID           int64                `json:"id"`
	Kind         string               `json:"kind" enum:"suggest,auto,report,appeal,unsure" doc:"auto: the machine has acted, and nobody has to do anything; unsure: people say whether it is an advert, and nothing is proposed"`
	State        string               `json:"state" enum:"open,claimed,asked,acted,decided" doc:"asked: decided by one, waits for a second person"`
	Clause       string               `json:"clause"`
	ClauseName   string               `json:"clause_name" doc:"empty: members reported it, no clause did"`
	Category     string               `json:"category"`
	Severity     int                  `json:"severity" minimum:"1" maximum:"3" doc:"1 is the worst"`
	Group        community.GroupID    `json:"group" doc:"of its first message"`
	GroupName    string               `json:"group_name"`
	Member       community.IdentityID `json:"member" doc:"who wrote that"`
	Person       community.PersonID   `json:"person"`
	Name         string               `json:"name"`
	Text         string               `json:"text" doc:"of the message, or of the appeal; absent: erased"`
	Seq          community.Seq        `json:"seq" doc:"the event of its first message"`
	Verdict      int64                `json:"verdict,omitempty" doc:"of an appeal: what it is against"`
	Acts         []policy.Act         `json:"acts" doc:"what is proposed, or was done"`
	Items        int                  `json:"items" doc:"messages on the card"`
	Groups       int                  `json:"groups" doc:"in how many groups"`
	People       int                  `json:"people" doc:"by how many members"`
	Reporters    int                  `json:"reporters" doc:"members who reported it"`
	OpenedAt     int64                `json:"opened_at"`
	NewestAt     int64                `json:"newest_at"`
	DueAt        int64                `json:"due_at,omitempty" doc:"when the person on duty is called; of an appeal, when it should be decided"`
	PagedAt      int64                `json:"paged_at,omitempty" doc:"when the person on duty was called"`
	ClaimedBy    community.StaffID    `json:"claimed_by,omitempty"`
	ClaimedUntil int64                `json:"claimed_until,omitempty"`
	DecidedBy    community.StaffID    `json:"decided_by,omitempty" doc:"where a second person is asked: the first"`
	DecidedAt    int64                `json:"decided_at,omitempty"`
	Decision     string               `json:"decision,omitempty" enum:"accept,change,overturn,grant,reject,settled"`
	Talk         *TalkView            `json:"talk,omitempty" doc:"absent: it was never moved to private talk"`
	UndoUntil    int64                `json:"undo_until,omitempty" doc:"until then the decision can be taken back with nothing done"`
}

// ReviewAnswer is one card with everything on it.
type ReviewAnswer struct {
	Answer
	Review   ReviewCard    `json:"review"`
	Verdicts []VerdictView `json:"verdicts" doc:"the oldest first, at most 200"`
	Rulings  []RulingView  `json:"rulings" doc:"the oldest first"`
	Context  []Message     `json:"context" doc:"what was said around its first message"`
	Strikes  int           `json:"strikes" doc:"of the member, that count today"`
	Against  *VerdictView  `json:"against,omitempty" doc:"of an appeal: the verdict"`
	Appealed []int64       `json:"appealed" doc:"cards of appeals against these verdicts"`
}

// VerdictView is a verdict with its receipt (处理凭据).
type VerdictView struct {
	ID            int64                `json:"id"`
	Seq           community.Seq        `json:"seq" doc:"the event that was judged"`
	At            int64                `json:"at"`
	JudgedAt      int64                `json:"judged_at"`
	Group         community.GroupID    `json:"group"`
	GroupName     string               `json:"group_name"`
	Member        community.IdentityID `json:"member"`
	Name          string               `json:"name"`
	Clause        string               `json:"clause"`
	Category      string               `json:"category"`
	PolicyGroup   community.GroupID    `json:"policy_group" doc:"whose policy: 0 the community's"`
	PolicyVersion int64                `json:"policy_version" doc:"0: the one that the product comes with"`
	Severity      int                  `json:"severity"`
	Stage         string               `json:"stage" enum:"shadow,suggest,auto"`
	Lowered       string               `json:"lowered,omitempty" enum:"stopped,late,cap,overturned,second" doc:"why it did not act by itself"`
	Strike        int                  `json:"strike" doc:"the how-manieth; 0: none is counted"`
	Review        int64                `json:"review,omitempty"`
	Receipt       *casework.Receipt    `json:"receipt,omitempty" doc:"absent: erased"`
	Media         []MediaView          `json:"media,omitempty" doc:"pictures and files of the message"`
	Actions       []OutboxEntry        `json:"actions" doc:"what was done by itself, and what became of it"`
	Opinion       *OpinionView         `json:"opinion,omitempty" doc:"absent: nobody else was asked, or has answered"`
}

// OpinionView is what another judge said of a message about which the classifier
// was not sure. It moves the card and does nothing else.
type OpinionView struct {
	Class       string  `json:"class" enum:"abuse,advert,fraud,harmless"`
	Probability float64 `json:"probability" doc:"by that judge"`
	Joint       float64 `json:"joint" doc:"of the classifier's class, by both"`
	Why         string  `json:"why,omitempty"`
	At          int64   `json:"at"`
}

// RulingView is a decision of a person.
type RulingView struct {
	ID      int64             `json:"id"`
	Review  int64             `json:"review"`
	At      int64             `json:"at"`
	Staff   community.StaffID `json:"staff"`
	What    string            `json:"what" doc:"accept, change, overturn, train, undo, grant, reject, mediate, settled, unsettled; asked/… where a second person was asked"`
	Acts    []policy.Act      `json:"acts"`
	Label   string            `json:"label,omitempty"`
	Note    string            `json:"note,omitempty"`
	Actions []OutboxEntry     `json:"actions" doc:"what was done, and what became of it"`
}

// RulingInput decides cards.
type RulingInput struct {
	Reviews []int64      `json:"reviews" minItems:"1" maxItems:"200" uniqueItems:"true"`
	What    string       `json:"what" enum:"accept,change,overturn,train,undo,grant,reject" doc:"accept: what is proposed; change: acts instead; overturn: it was nothing; train: only say what it was; grant and reject: of appeals"`
	Acts    []policy.Act `json:"acts,omitempty" maxItems:"10"`
	Label   string       `json:"label,omitempty" maxLength:"40" doc:"of train: a category, or fine"`
	Note    string       `json:"note,omitempty" maxLength:"1000"`
}

// ClaimInput takes cards, or lets them go.
type ClaimInput struct {
	Reviews []int64 `json:"reviews" minItems:"1" maxItems:"200" uniqueItems:"true"`
	Release bool    `json:"release,omitempty"`
}

// RuledAnswer says where cards are after a command.
type RuledAnswer struct {
	Answer
	Cards []RuledView `json:"cards"`
}

// RuledView is where a card is after a command.
type RuledView struct {
	ID        int64        `json:"id"`
	State     string       `json:"state" enum:"open,acted,asked,decided" doc:"asked: a second person has to agree"`
	Actions   int          `json:"actions" doc:"that were queued"`
	Skipped   []policy.Act `json:"skipped,omitempty" doc:"what nobody can do there"`
	UndoUntil int64        `json:"undo_until,omitempty"`
}

// OpenedAnswer names the card that came of a report or an appeal.
type OpenedAnswer struct {
	Answer
	Review int64 `json:"review"`
}

// MemberCasesAnswer is what is on record of a person.
type MemberCasesAnswer struct {
	Answer
	Person   community.PersonID `json:"person"`
	Name     string             `json:"name"`
	Strikes  int                `json:"strikes" doc:"that count today, by the community's policy"`
	Verdicts []VerdictView      `json:"verdicts" doc:"the newest first, at most 100 for each identity"`
	History  []StrikeView       `json:"history" doc:"strikes given and taken back, the newest first"`
	Lists    []ListLine         `json:"lists"`
	Notes    []NoteView         `json:"notes"`
}

// StrikeView is a strike given (+1) or taken back (−1).
type StrikeView struct {
	At      int64             `json:"at"`
	Group   community.GroupID `json:"group"`
	Verdict int64             `json:"verdict"`
	Delta   int               `json:"delta"`
	Why     string            `json:"why" doc:"verdict, accept, change, overturn, undo, pardon"`
}

// NoteView is what staff wrote down about a member.
type NoteView struct {
	At    int64             `json:"at"`
	Staff community.StaffID `json:"staff"`
	Text  string            `json:"text"`
}

// ListsQuery asks for lines of the lists.
type ListsQuery struct {
	List  string
	All   bool // ended ones too
	After Place
	Limit int
}

// ListsAnswer is a page of the blocklist and the allowlist.
type ListsAnswer struct {
	Answer
	Page
	Lines []ListLine `json:"lines"`
}

// ListLine is a line of the blocklist (黑名单) or the allowlist (白名单).
type ListLine struct {
	ID        int64                `json:"id"`
	List      string               `json:"list" enum:"block,allow"`
	Member    community.IdentityID `json:"member,omitempty"`
	Name      string               `json:"name,omitempty"`
	Pattern   string               `json:"pattern,omitempty" doc:"a part of names"`
	Group     community.GroupID    `json:"group" doc:"0: all groups"`
	GroupName string               `json:"group_name,omitempty"`
	Reason    string               `json:"reason"`
	By        community.StaffID    `json:"by" doc:"0: a rule"`
	At        int64                `json:"at"`
	ExpiresAt int64                `json:"expires_at,omitempty"`
	EndedAt   int64                `json:"ended_at,omitempty"`
	EndedBy   community.StaffID    `json:"ended_by,omitempty"`
}

// ListInput puts somebody on a list.
type ListInput struct {
	List    string               `json:"list" enum:"block,allow"`
	Member  community.IdentityID `json:"member,omitempty" minimum:"0"`
	Pattern string               `json:"pattern,omitempty" maxLength:"100" doc:"a part of names, instead of a member"`
	Group   community.GroupID    `json:"group,omitempty" minimum:"0" doc:"0: all groups"`
	Days    int                  `json:"days,omitempty" minimum:"0" maximum:"3650" doc:"0: for good"`
	Reason  string               `json:"reason,omitempty" maxLength:"1000"`
}

type reviewsInput struct {
	InCommunity
	InPage
	State    string            `query:"state" enum:"open,claimed,asked,acted,decided" doc:"absent: all; open: also those that wait for a second person"`
	Kind     string            `query:"kind" enum:"suggest,auto,report,appeal,unsure"`
	Group    community.GroupID `query:"group" minimum:"0"`
	Clause   string            `query:"clause" maxLength:"60"`
	Category string            `query:"category" maxLength:"60"`
	Mine     bool              `query:"mine" doc:"only what the caller has claimed"`
}

func (s *Server) reviews(ctx context.Context, c call, in *reviewsInput) (ReviewsAnswer, error) {
	q := ReviewsQuery{State: in.State, Kind: in.Kind, Group: in.Group, Clause: in.Clause, Category: in.Category, Limit: in.Limit}
	if in.Mine {
		q.Claimed = c.visitor.staff.ID
	}
	seal := sealOf("reviews", c.community.ID, q)
	var err error
	if q.After, err = openCursor(in.Cursor, seal); err != nil {
		return ReviewsAnswer{}, err
	}
	out, last, err := s.needs.Reviews.Reviews(ctx, c.community.ID, q)
	out.Next = writeCursor(last, seal)
	return out, err
}

type InReview struct {
	InCommunity
	Review int64 `path:"review" minimum:"1"`
}

func (s *Server) review(ctx context.Context, c call, in *InReview) (ReviewAnswer, error) {
	return s.needs.Reviews.Review(ctx, c.community.ID, in.Review)
}

// IdempotencyKey is what makes a repeated command harmless.
type IdempotencyKey struct {
	Key string `header:"Idempotency-Key" required:"true" minLength:"8" maxLength:"200" doc:"the same key again answers the same, and does nothing"`
}

// caseStep carries a command about keeping order out.
func (s *Server) caseStep(ctx context.Context, c call, kind community.Kind, key string, g community.GroupID, cmd casework.Command, into any) (Answer, error) {
	out, err := s.needs.Commands.Do(ctx, c.community.ID, Command{Kind: kind, Key: key, By: c.visitor.staff.ID, Group: g, Case: cmd})
	if err != nil {
		return Answer{}, err
	}
	if into != nil && len(out.Result) > 0 {
		err = json.Unmarshal(out.Result, into)
	}
	return Answer{out.AsOf}, err
}

type rulingInput struct {
	InCommunity
	IdempotencyKey
	Body RulingInput
}

func (s *Server) decideReviews(ctx context.Context, c call, in *rulingInput) (out RuledAnswer, err error) {
	out.Cards = []RuledView{}
	b := in.Body
	out.Answer, err = s.caseStep(ctx, c, community.VerdictReview, in.Key, 0, casework.Command{Reviews: b.Reviews, What: b.What, Acts: b.Acts, Label: b.Label, Note: b.Note}, &out)
	return out, err
}

type claimInput struct {
	InCommunity
	IdempotencyKey
	Body ClaimInput
}

func (s *Server) claimReviews(ctx context.Context, c call, in *claimInput) (out RuledAnswer, err error) {
	out.Cards = []RuledView{}
	out.Answer, err = s.caseStep(ctx, c, community.VerdictClaim, in.Key, 0, casework.Command{Reviews: in.Body.Reviews, Release: in.Body.Release}, &out)
	return out, err
}

// ReportInput reports a message.
type ReportInput struct {
	Seq  community.Seq `json:"seq" minimum:"1" doc:"the event of the message"`
	Note string        `json:"note,omitempty" maxLength:"1000"`
}

type reportInput struct {
	InCommunity
	IdempotencyKey
	Body ReportInput
}

type opened struct {
	Card int64 `json:"card"`
}

func (s *Server) makeReport(ctx context.Context, c call, in *reportInput) (out OpenedAnswer, err error) {
	var o opened
	out.Answer, err = s.caseStep(ctx, c, community.ReportMake, in.Key, 0, casework.Command{Seq: in.Body.Seq, Note: in.Body.Note}, &o)
	out.Review = o.Card
	return out, err
}

type InVerdict struct {
	InCommunity
	Verdict int64 `path:"verdict" minimum:"1"`
}

// VerdictAnswer is one verdict.
type VerdictAnswer struct {
	Answer
	Verdict VerdictView `json:"verdict"`
}

func (s *Server) verdict(ctx context.Context, c call, in *InVerdict) (out VerdictAnswer, err error) {
	out.Verdict, err = s.needs.Reviews.Verdict(ctx, c.community.ID, in.Verdict)
	return out, err
}

// NoteInput is what staff writes.
type NoteInput struct {
	Text string `json:"text" maxLength:"1000"`
}

type appealInput struct {
	InVerdict
	IdempotencyKey
	Body NoteInput
}

func (s *Server) makeAppeal(ctx context.Context, c call, in *appealInput) (out OpenedAnswer, err error) {
	var o opened
	out.Answer, err = s.caseStep(ctx, c, community.AppealMake, in.Key, 0, casework.Command{Verdict: in.Verdict, Note: in.Body.Text}, &o)
	out.Review = o.Card
	return out, err
}

type InPersonCases struct {
	InCommunity
	Person community.PersonID `path:"person" minimum:"1" doc:"any identity of theirs"`
}

func (s *Server) memberCases(ctx context.Context, c call, in *InPersonCases) (MemberCasesAnswer, error) {
	return s.needs.Reviews.MemberCases(ctx, c.community.ID, in.Person)
}

type personNoteInput struct {
	InPersonCases
	IdempotencyKey
	Body NoteInput
}

func (s *Server) pardon(ctx context.Context, c call, in *personNoteInput) (MemberCasesAnswer, error) {
	return s.personStep(ctx, c, community.StrikePardon, in)
}

func (s *Server) writeNote(ctx context.Context, c call, in *personNoteInput) (MemberCasesAnswer, error) {
	return s.personStep(ctx, c, community.MemberNote, in)
}

func (s *Server) personStep(ctx context.Context, c call, kind community.Kind, in *personNoteInput) (MemberCasesAnswer, error) {
	cmd := casework.Command{Member: community.IdentityID(in.Person), Note: in.Body.Text}
	if _, err := s.caseStep(ctx, c, kind, in.Key, 0, cmd, nil); err != nil {
		return MemberCasesAnswer{}, err
	}
	return s.needs.Reviews.MemberCases(ctx, c.community.ID, in.Person)
}

type listsInput struct {
	InCommunity
	InPage
	List string `query:"list" enum:"block,allow"`
	All  bool   `query:"all" doc:"ended ones too"`
}

func (s *Server) lists(ctx context.Context, c call, in *listsInput) (ListsAnswer, error) {
	q := ListsQuery{List: in.List, All: in.All, Limit: in.Limit}
	seal := sealOf("lists", c.community.ID, q)
	var err error
	if q.After, err = openCursor(in.Cursor, seal); err != nil {
		return ListsAnswer{}, err
	}
	out, last, err := s.needs.Reviews.Lists(ctx, c.community.ID, q)
	out.Next = writeCursor(last, seal)
	return out, err
}

type listInput struct {
	InCommunity
	IdempotencyKey
	Body ListInput
}

// ListedAnswer names a line of a list.
type ListedAnswer struct {
	Answer
	Line int64 `json:"line"`
}

func (s *Server) addToList(ctx context.Context, c call, in *listInput) (out ListedAnswer, err error) {
	var listed struct {
		Entry int64 `json:"entry"`
	}
	b := in.Body
	out.Answer, err = s.caseStep(ctx, c, community.ListChange, in.Key, b.Group, casework.Command{List: b.List, Member: b.Member, Pattern: b.Pattern, Days: b.Days, Note: b.Reason}, &listed)
	out.Line = listed.Entry
	return out, err
}

type unlistInput struct {
	InCommunity
	Line int64 `path:"line" minimum:"1"`
}

func (s *Server) takeOffList(ctx context.Context, c call, in *unlistInput) (out ListedAnswer, err error) {
	out.Line = in.Line
	out.Answer, err = s.caseStep(ctx, c, community.ListChange, "list/"+strconv.FormatInt(in.Line, 10), 0, casework.Command{Entry: in.Line}, nil)
	return out, err
}
