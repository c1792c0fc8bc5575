package api

import (
	"context"
	"io"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"qunying/community"
	"qunying/internal/store"
)

type nothing struct{}

// InCommunity is the input of what lives in a community. The community is
// resolved, and its existence checked, before the handler is called.
type InCommunity struct {
	Community string `path:"community" maxLength:"64" doc:"slug of the community" example:"default"`
}

type InGroup struct {
	InCommunity
	Group community.GroupID `path:"group" minimum:"1"`
}

type InImport struct {
	InCommunity
	Import int64 `path:"import" minimum:"1"`
}

type InPeriod struct {
	From dayParam `query:"from" doc:"first day; absent: 30 days up to the last"`
	To   dayParam `query:"to" doc:"last day, inclusive; absent: today, or the last day with messages"`
}

// Resolve refuses a period that ends before it begins.
func (in InPeriod) Resolve(huma.Context) []error {
	if in.From.day != 0 && in.To.day != 0 && in.From.day > in.To.day {
		return []error{&huma.ErrorDetail{Location: "query.from", Message: "the first day is after the last"}}
	}
	return nil
}

func (in InPeriod) period() Period { return Period{From: in.From.day, To: in.To.day} }

type InPage struct {
	Cursor string `query:"cursor" maxLength:"1000" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

func (s *Server) metricCatalogue(context.Context, call, *nothing) (MetricsAnswer, error) {
	return MetricsAnswer{Metrics: s.needs.Metrics()}, nil
}

func (s *Server) communities(ctx context.Context, _ call, _ *nothing) (CommunitiesAnswer, error) {
	var list []community.Community
	err := s.db.Read(ctx, func(q store.Querier) (err error) {
		list, err = store.Communities(ctx, q)
		return err
	})
	if err != nil {
		return CommunitiesAnswer{}, err
	}
	var out CommunitiesAnswer
	for _, c := range list {
		at, err := s.needs.Changes.Position(ctx, c.ID)
		if err != nil {
			return CommunitiesAnswer{}, err
		}
		v := CommunityView{ID: c.ID, Slug: c.Slug, Name: c.Name, Position: at.String()}
		if c.Zone != nil {
			v.Zone = c.Zone.String()
		}
		out.Communities = append(out.Communities, v)
	}
	return out, nil
}

type groupsInput struct {
	InCommunity
	InPage
	InWhose
	Text    string   `query:"q" maxLength:"200" doc:"part of the name"`
	Sort    string   `query:"sort" enum:"name,messages,speakers,last,urgent" default:"messages" doc:"urgent: what fires first, then by the worst band, then by what waits"`
	Only    string   `query:"only" enum:"gaps,falling,silent,no_roster,urgent,unkept,away" doc:"only groups with a gap in the period, with over a fifth fewer messages than before, without messages, without a member list, that need people, without a keeper, or put away"`
	Kind    string   `query:"kind" enum:"product,interest,resource,service,knowledge,commerce,consumption,brand,mixed" doc:"only groups of a type"`
	Network string   `query:"network" maxLength:"40" doc:"only groups of a network"`
	Days    int      `query:"days" minimum:"1" maximum:"3660" default:"30"`
	To      dayParam `query:"to" doc:"last day of the period; absent: today, or the last day with messages"`
}

func (s *Server) groups(ctx context.Context, c call, in *groupsInput) (GroupsAnswer, error) {
	whose, mine, err := s.whose(ctx, c, in.Whose)
	if err != nil {
		return GroupsAnswer{}, err
	}
	if mine != nil {
		ctx = WithWithin(ctx, mine)
	}
	q := GroupsQuery{Text: in.Text, Sort: in.Sort, Only: in.Only, Kind: in.Kind, Network: in.Network, Days: in.Days, To: in.To.day, Limit: in.Limit, Whose: whose.Whose}
	seal := sealOf("groups", c.community.ID, q)
	if q.After, err = openCursor(in.Cursor, seal); err != nil {
		return GroupsAnswer{}, err
	}
	out, last, err := s.needs.Groups.Groups(ctx, c.community.ID, q)
	out.Next, out.WhoseView = writeCursor(last, seal), whose
	if !c.visitor.may(viewCases) {
		for i := range out.Groups {
			out.Groups[i].Reviews = 0
		}
	}
	return out, err
}

func (s *Server) group(ctx context.Context, c call, in *InGroup) (GroupAnswer, error) {
	return s.needs.Groups.Group(ctx, c.community.ID, in.Group)
}

type periodInput struct {
	InGroup
	InPeriod
}

func (s *Server) numbers(ctx context.Context, c call, in *periodInput) (NumbersAnswer, error) {
	return s.needs.Insight.Numbers(ctx, c.community.ID, in.Group, in.period())
}

type trendInput struct {
	InGroup
	InPeriod
	Grain string `query:"grain" enum:"day,week,month" default:"day"`
}

func (s *Server) trend(ctx context.Context, c call, in *trendInput) (TrendAnswer, error) {
	return s.needs.Insight.Trend(ctx, c.community.ID, in.Group, in.period(), in.Grain)
}

func (s *Server) rhythm(ctx context.Context, c call, in *periodInput) (RhythmAnswer, error) {
	return s.needs.Insight.Rhythm(ctx, c.community.ID, in.Group, in.period())
}

type retentionInput struct {
	InGroup
	InPeriod
	Of string `query:"of" enum:"speaking,membership" default:"speaking"`
}

func (s *Server) retention(ctx context.Context, c call, in *retentionInput) (RetentionAnswer, error) {
	return s.needs.Insight.Retention(ctx, c.community.ID, in.Group, in.period(), in.Of)
}

type topInput struct {
	InGroup
	InPeriod
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"10"`
}

func (s *Server) speakers(ctx context.Context, c call, in *topInput) (SpeakersAnswer, error) {
	return s.needs.Insight.Speakers(ctx, c.community.ID, in.Group, in.period(), in.Limit)
}

func (s *Server) words(ctx context.Context, c call, in *topInput) (WordsAnswer, error) {
	return s.needs.Insight.Words(ctx, c.community.ID, in.Group, in.period(), in.Limit)
}

type streamInput struct {
	InGroup
	Before community.Seq `query:"before" minimum:"1" doc:"what came before this event"`
	After  community.Seq `query:"after" minimum:"1" doc:"what came after this event"`
	Around community.Seq `query:"around" minimum:"1" doc:"this event, and what came before and after"`
	Limit  int           `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

func (s *Server) stream(ctx context.Context, c call, in *streamInput) (StreamAnswer, error) {
	given := 0
	for _, seq := range []community.Seq{in.Before, in.After, in.Around} {
		if seq != 0 {
			given++
		}
	}
	if given > 1 {
		return StreamAnswer{}, community.Errorf(community.Invalid, "before, after and around exclude each other").WithHint("give one of them, or none for the newest")
	}
	q := StreamQuery{Before: in.Before, After: in.After, Around: in.Around, Limit: in.Limit}
	return s.needs.Archive.Stream(ctx, c.community.ID, in.Group, q)
}

type searchInput struct {
	InCommunity
	InPeriod
	InPage
	Text    string             `query:"q" maxLength:"200" doc:"what the text holds"`
	Group   community.GroupID  `query:"group" minimum:"0"`
	Person  community.PersonID `query:"person"`
	Content community.Content  `query:"content" enum:"text,image,voice,video,file,sticker,link,location,card,mini_program,forward,red_packet,transfer,poke,call,other"`
}

func (s *Server) search(ctx context.Context, c call, in *searchInput) (SearchAnswer, error) {
	q := SearchQuery{Text: in.Text, Group: in.Group, Person: in.Person, Period: in.period(), Content: in.Content, Limit: in.Limit}
	seal := sealOf("messages", c.community.ID, q)
	var err error
	if q.After, err = openCursor(in.Cursor, seal); err != nil {
		return SearchAnswer{}, err
	}
	out, last, err := s.needs.Archive.Search(ctx, c.community.ID, q)
	out.Next = writeCursor(last, seal)
	return out, err
}

type contextInput struct {
	InCommunity
	Seq    community.Seq `path:"seq" minimum:"1"`
	Before int           `query:"before" minimum:"0" maximum:"100" default:"10"`
	After  int           `query:"after" minimum:"0" maximum:"100" default:"10"`
}

func (s *Server) around(ctx context.Context, c call, in *contextInput) (StreamAnswer, error) {
	return s.needs.Archive.Context(ctx, c.community.ID, in.Seq, in.Before, in.After)
}

// InCommand makes a repeat of the same request harmless.
type InCommand struct {
	Key string `header:"Idempotency-Key" required:"true" minLength:"8" maxLength:"128" doc:"made up by the caller; the same key again answers what the first call did"`
}

type sendInput struct {
	InGroup
	InCommand
	Body SendInput
}

func (s *Server) send(ctx context.Context, c call, in *sendInput) (OutboxEntryAnswer, error) {
	cmd := Command{Kind: community.MessageSend, Key: in.Key, By: c.visitor.staff.ID, Group: in.Group, Text: in.Body.Text}
	if in.Body.At != 0 {
		cmd.At = time.UnixMilli(in.Body.At).UTC()
	}
	done, err := s.needs.Commands.Do(ctx, c.community.ID, cmd)
	if err != nil {
		return OutboxEntryAnswer{}, err
	}
	if done.Outbox == nil {
		return OutboxEntryAnswer{}, community.Errorf(community.Internal, "the message was settled without an outbox entry")
	}
	return OutboxEntryAnswer{Answer{done.AsOf}, *done.Outbox}, nil
}

type mergeInput struct {
	InCommunity
	InCommand
	Body MergeInput
}

func (s *Server) merge(ctx context.Context, c call, in *mergeInput) (PersonChangedAnswer, error) {
	return s.relink(ctx, c, community.PersonMerge, in.Key, in.Body.Identities)
}

type splitInput struct {
	InCommunity
	InCommand
	Body SplitInput
}

func (s *Server) split(ctx context.Context, c call, in *splitInput) (PersonChangedAnswer, error) {
	return s.relink(ctx, c, community.PersonSplit, in.Key, []community.IdentityID{in.Body.Identity})
}

func (s *Server) relink(ctx context.Context, c call, kind community.Kind, key string, targets []community.IdentityID) (PersonChangedAnswer, error) {
	cmd := Command{Kind: kind, Key: key, By: c.visitor.staff.ID, Targets: targets}
	done, err := s.needs.Commands.Do(ctx, c.community.ID, cmd)
	return PersonChangedAnswer{Answer{done.AsOf}, done.Person}, err
}

func (s *Server) upload(ctx context.Context, c call, _ *InCommunity, name string, body io.Reader) (ImportAnswer, error) {
	return s.needs.Imports.Upload(ctx, c.community.ID, c.visitor.staff.ID, name, body)
}

type rosterInput struct {
	InCommunity
	Body RosterInput
}

func (s *Server) roster(ctx context.Context, c call, in *rosterInput) (RosterAnswer, error) {
	if (in.Body.Text == "") == (len(in.Body.File) == 0) {
		return RosterAnswer{}, community.Errorf(community.Invalid, "a member list is a text or a file").WithHint("give either text or file")
	}
	return s.needs.Rosters.Roster(ctx, c.community.ID, c.visitor.staff.ID, in.Body)
}

func (s *Server) importList(ctx context.Context, c call, _ *InCommunity) (ImportsAnswer, error) {
	return s.needs.Imports.Imports(ctx, c.community.ID)
}

func (s *Server) importOne(ctx context.Context, c call, in *InImport) (ImportAnswer, error) {
	return s.needs.Imports.Import(ctx, c.community.ID, in.Import)
}

type importChangeInput struct {
	InImport
	Body ImportChange
}

func (s *Server) importChange(ctx context.Context, c call, in *importChangeInput) (ImportAnswer, error) {
	return s.needs.Imports.Change(ctx, c.community.ID, in.Import, in.Body)
}

func (s *Server) importDo(step ImportStep) func(context.Context, call, *InImport) (ImportAnswer, error) {
	return func(ctx context.Context, c call, in *InImport) (ImportAnswer, error) {
		return s.needs.Imports.Do(ctx, c.community.ID, in.Import, c.visitor.staff.ID, step)
	}
}

func (s *Server) groupSettings(ctx context.Context, c call, in *InGroup) (GroupSettingsAnswer, error) {
	return s.needs.Settings.GroupSettings(ctx, c.community.ID, in.Group)
}

type outboxInput struct {
	InCommunity
	InPage
	State string            `query:"state" enum:"queued,sending,done,failed,unknown,suggested,expired,cancelled,handed,dry"`
	Group community.GroupID `query:"group" minimum:"0"`
}

func (s *Server) outbox(ctx context.Context, c call, in *outboxInput) (OutboxAnswer, error) {
	q := OutboxQuery{State: in.State, Group: in.Group, Limit: in.Limit}
	seal := sealOf("outbox", c.community.ID, q)
	var err error
	if q.After, err = openCursor(in.Cursor, seal); err != nil {
		return OutboxAnswer{}, err
	}
	out, last, err := s.needs.Machine.Outbox(ctx, c.community.ID, q)
	out.Next = writeCursor(last, seal)
	return out, err
}

func (s *Server) loops(ctx context.Context, c call, _ *InCommunity) (LoopsAnswer, error) {
	return s.needs.Machine.Loops(ctx, c.community.ID)
}

type parkedInput struct {
	InCommunity
	InPage
}

func (s *Server) parked(ctx context.Context, c call, in *parkedInput) (ParkedAnswer, error) {
	seal := sealOf("parked", c.community.ID, nil)
	after, err := openCursor(in.Cursor, seal)
	if err != nil {
		return ParkedAnswer{}, err
	}
	out, last, err := s.needs.Machine.Parked(ctx, c.community.ID, after, in.Limit)
	out.Next = writeCursor(last, seal)
	return out, err
}

type retryInput struct {
	InCommunity
	Seq community.Seq `path:"seq" minimum:"1"`
}

func (s *Server) retry(ctx context.Context, c call, in *retryInput) (ParkedEventAnswer, error) {
	return s.needs.Machine.Retry(ctx, c.community.ID, in.Seq, c.visitor.staff.ID)
}
