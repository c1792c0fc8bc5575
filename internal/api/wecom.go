package api

import (
	"context"
	"net/http"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/automation"
	"qunying/internal/store"
)

// Corporation is what a corporation manages on its platform beside groups' messages.
// Every method takes a connection's name; it fails with NotFound where there is none,
// and with Unsupported where its platform has nothing like that.
type Corporation interface {
	Owners
	PendingSends
	Greetings
	JoinCodes
	ContactCodes
	CorpTags
	WordRules
	CorpCounts
	Seats
}

// Owners tells whose groups are whose.
type Owners interface {
	OwnedGroups(ctx context.Context, c community.ID, connection string) ([]OwnedGroupView, error)
	// HandOver tells which groups stayed with their owners.
	HandOver(ctx context.Context, c community.ID, connection string, groups []string, owner string, resigned bool, by community.StaffID) ([]connector.NotHanded, error)
}

// PendingSends keeps an eye on messages that colleagues have to send.
type PendingSends interface {
	PendingSends(ctx context.Context, c community.ID, connection string, days int) ([]connector.Pending, error)
	PendingSend(ctx context.Context, c community.ID, connection, id string) (connector.PendingState, error)
	// RemindSend fails with Conflict where the platform allows no more reminders.
	RemindSend(ctx context.Context, c community.ID, connection, id string, by community.StaffID) error
}

// OwnedGroupView is a group with its owner and its quota.
type OwnedGroupView struct {
	connector.OwnedGroup
	ID       community.GroupID `json:"id" doc:"its number here; 0: nobody adopted it"`
	Left     int               `json:"left" doc:"messages that it may still receive in this period"`
	Of       int               `json:"of" doc:"of how many; 0: not told"`
	QuotaWhy string            `json:"quota_why,omitempty" doc:"why the quota is not told"`
}

// OwnedGroupsAnswer lists groups with their owners.
type OwnedGroupsAnswer struct {
	Answer
	Groups []OwnedGroupView `json:"groups"`
}

// HandOverInput gives groups to another owner.
type HandOverInput struct {
	Groups   []string `json:"groups" minItems:"1" maxItems:"100" doc:"the platform's IDs"`
	Owner    string   `json:"owner" minLength:"1" maxLength:"64" doc:"the platform's ID of the new owner"`
	Resigned bool     `json:"resigned" doc:"the groups of somebody who resigned; otherwise of somebody at work"`
}

// HandOverAnswer tells what was not handed over.
type HandOverAnswer struct {
	Answer
	Handed int                   `json:"handed"`
	Failed []connector.NotHanded `json:"failed"`
}

// PendingView is a message that colleagues have to send.
type PendingView struct {
	connector.Pending
	At int64 `json:"at" doc:"when it was prepared"`
}

// PendingAnswer lists such messages, the newest first.
type PendingAnswer struct {
	Answer
	Sends []PendingView `json:"sends"`
}

// PendingStateAnswer is how far one is.
type PendingStateAnswer struct {
	Answer
	Send connector.PendingState `json:"send"`
}

// CorpCounts compares what the platform counted with what we did.
type CorpCounts interface {
	CountedDays(ctx context.Context, c community.ID, connection string, days int) ([]CountedDayView, error)
}

// CountedDayView is a day of all groups of a network.
type CountedDayView struct {
	Day     community.Day             `json:"day"`
	Theirs  *connector.PlatformCounts `json:"theirs,omitempty" doc:"absent: not fetched"`
	AskedAt int64                     `json:"asked_at" doc:"when the platform told it; 0: it did not"`
	Ours    *OurCountsView            `json:"ours,omitempty" doc:"absent: nobody listened yet"`
	Read    bool                      `json:"read" doc:"what is said can be read in some of these groups; otherwise our messages and speakers are not knowable"`
}

// OurCountsView is what was counted here, of groups that are listened in.
type OurCountsView struct {
	Groups         int64 `json:"groups" doc:"in which anything happened"`
	SpeakingGroups int64 `json:"speaking_groups"`
	Joined         int64 `json:"joined" doc:"somebody who came into two groups counts twice"`
	Left           int64 `json:"left"`
	Speakers       int64 `json:"speakers" doc:"somebody who spoke in two groups counts twice"`
	Messages       int64 `json:"messages"`
}

// CountedDaysAnswer lists days, the oldest first.
type CountedDaysAnswer struct {
	Answer
	Days []CountedDayView `json:"days"`
}

// Seats are of the archive that makes messages readable.
type Seats interface {
	Seats(ctx context.Context, c community.ID, connection string) (SeatsView, error)
	SaveSeatPrices(ctx context.Context, c community.ID, connection string, in SeatPricesInput, by community.StaffID) error
	Consents(ctx context.Context, c community.ID, connection string, g community.GroupID) ([]ConsentView, error)
}

// SeatsView is who is read, and what that costs.
type SeatsView struct {
	Seats   []connector.SeatHolder `json:"seats"`
	Prices  SeatPricesInput        `json:"prices" doc:"as people typed them; version 0: nobody did"`
	Cost    int64                  `json:"cost" doc:"of a year, in the currency's smallest unit, of the seats that have a price"`
	Unknown int                    `json:"unknown" doc:"seats without a price"`
}

// SeatPricesInput is what a seat costs a year, in the currency's smallest unit.
type SeatPricesInput struct {
	Currency string           `json:"currency" minLength:"3" maxLength:"3"`
	Year     map[string]int64 `json:"year" doc:"by edition: office, service, enterprise"`
	Version  int64            `json:"version" minimum:"0"`
}

// SeatsAnswer is who is read.
type SeatsAnswer struct {
	Answer
	SeatsView
}

// ConsentView is what a member decided about being read.
type ConsentView struct {
	connector.Consent
	At           int64  `json:"at" doc:"when they did"`
	Name         string `json:"name" doc:"'' where it is not known"`
	MissingSince int64  `json:"missing_since" doc:"what they say is not in the log since then; 0: it is"`
}

// ConsentsAnswer lists members, those who refuse first.
type ConsentsAnswer struct {
	Answer
	Members []ConsentView `json:"members"`
}

// ContactWelcomeView is what new contacts are told.
type ContactWelcomeView struct {
	On      bool                  `json:"on"`
	Text    string                `json:"text" maxLength:"3500" doc:"{name} stands for the contact's name"`
	Link    *connector.LinkedPage `json:"link,omitempty" doc:"absent: none"`
	Version int64                 `json:"version" minimum:"0"`
}

// ContactWelcomeAnswer is it.
type ContactWelcomeAnswer struct {
	Answer
	Welcome ContactWelcomeView `json:"welcome"`
}

func (v ContactWelcomeView) welcome() automation.ContactWelcome {
	w := automation.ContactWelcome{On: v.On, Text: v.Text}
	if v.Link != nil {
		part := v.Link.Part()
		w.Link = &part
	}
	return w
}

func contactWelcomeView(w automation.ContactWelcome, version int64) ContactWelcomeView {
	v := ContactWelcomeView{On: w.On, Text: w.Text, Version: version}
	if w.Link != nil {
		v.Link = &connector.LinkedPage{Title: w.Link.Title, About: w.Link.Text, URL: w.Link.URL, Picture: w.Link.Picture}
	}
	return v
}

func (s *Server) ownedGroups(ctx context.Context, c call, in *InConnection) (a OwnedGroupsAnswer, err error) {
	if a.Answer, err = s.asOf(ctx, c); err == nil {
		a.Groups, err = s.needs.Corporation.OwnedGroups(ctx, c.community.ID, in.Connection)
	}
	return a, err
}

type handOverInput struct {
	InConnection
	Body HandOverInput
}

func (s *Server) handOver(ctx context.Context, c call, in *handOverInput) (a HandOverAnswer, err error) {
	b := in.Body
	if a.Failed, err = s.needs.Corporation.HandOver(ctx, c.community.ID, in.Connection, b.Groups, b.Owner, b.Resigned, c.visitor.staff.ID); err != nil {
		return a, err
	}
	a.Handed = len(b.Groups) - len(a.Failed)
	a.Answer, err = s.asOf(ctx, c)
	return a, err
}

type pendingInput struct {
	InConnection
	Days int `query:"days" minimum:"1" maximum:"30" default:"14"`
}

func (s *Server) pendingSends(ctx context.Context, c call, in *pendingInput) (a PendingAnswer, err error) {
	list, err := s.needs.Corporation.PendingSends(ctx, c.community.ID, in.Connection, in.Days)
	if err != nil {
		return a, err
	}
	a.Sends = []PendingView{}
	for _, p := range list {
		a.Sends = append(a.Sends, PendingView{p, p.At.UnixMilli()})
	}
	a.Answer, err = s.asOf(ctx, c)
	return a, err
}

type InSend struct {
	InConnection
	Send string `path:"send" minLength:"1" maxLength:"128"`
}

func (s *Server) pendingSend(ctx context.Context, c call, in *InSend) (a PendingStateAnswer, err error) {
	if a.Answer, err = s.asOf(ctx, c); err == nil {
		a.Send, err = s.needs.Corporation.PendingSend(ctx, c.community.ID, in.Connection, in.Send)
	}
	return a, err
}

func (s *Server) remindSend(ctx context.Context, c call, in *InSend) (Answer, error) {
	if err := s.needs.Corporation.RemindSend(ctx, c.community.ID, in.Connection, in.Send, c.visitor.staff.ID); err != nil {
		return Answer{}, err
	}
	return s.asOf(ctx, c)
}

type countedInput struct {
	InConnection
	Days int `query:"days" minimum:"1" maximum:"180" default:"30"`
}

func (s *Server) countedDays(ctx context.Context, c call, in *countedInput) (a CountedDaysAnswer, err error) {
	if a.Answer, err = s.asOf(ctx, c); err == nil {
		a.Days, err = s.needs.Corporation.CountedDays(ctx, c.community.ID, in.Connection, in.Days)
	}
	return a, err
}

func (s *Server) seats(ctx context.Context, c call, in *InConnection) (a SeatsAnswer, err error) {
	if a.Answer, err = s.asOf(ctx, c); err == nil {
		a.SeatsView, err = s.needs.Corporation.Seats(ctx, c.community.ID, in.Connection)
	}
	return a, err
}

type seatPricesInput struct {
	InConnection
	Body SeatPricesInput
}

func (s *Server) saveSeatPrices(ctx context.Context, c call, in *seatPricesInput) (SeatsAnswer, error) {
	if err := s.needs.Corporation.SaveSeatPrices(ctx, c.community.ID, in.Connection, in.Body, c.visitor.staff.ID); err != nil {
		return SeatsAnswer{}, err
	}
	return s.seats(ctx, c, &in.InConnection)
}

type consentsInput struct {
	InConnection
	Group community.GroupID `query:"group" minimum:"1" required:"true"`
}

func (s *Server) consents(ctx context.Context, c call, in *consentsInput) (a ConsentsAnswer, err error) {
	if a.Answer, err = s.asOf(ctx, c); err == nil {
		a.Members, err = s.needs.Corporation.Consents(ctx, c.community.ID, in.Connection, in.Group)
	}
	return a, err
}

func (s *Server) contactWelcome(ctx context.Context, c call, in *InConnection) (a ContactWelcomeAnswer, err error) {
	w, version, err := s.needs.Corporation.ContactWelcome(ctx, c.community.ID, in.Connection)
	if err != nil {
		return a, err
	}
	a.Welcome = contactWelcomeView(w, version)
	a.Answer, err = s.asOf(ctx, c)
	return a, err
}

type contactWelcomeInput struct {
	InConnection
	Body ContactWelcomeView
}

func (s *Server) saveContactWelcome(ctx context.Context, c call, in *contactWelcomeInput) (ContactWelcomeAnswer, error) {
	if err := s.needs.Corporation.SaveContactWelcome(ctx, c.community.ID, in.Connection, in.Body.welcome(), in.Body.Version, c.visitor.staff.ID); err != nil {
		return ContactWelcomeAnswer{}, err
	}
	return s.contactWelcome(ctx, c, &in.InConnection)
}

// picture writes a PNG or JPEG as an answer of its own.
func picture(b []byte) stream {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", http.DetectContentType(b))
		w.Header().Set("Cache-Control", "private, max-age=300")
		_, _ = w.Write(b) // whoever asked may be gone
	}
}

// asOf is how far what this server itself knows goes. What the platform is asked for
// is as of now.
func (s *Server) asOf(ctx context.Context, c call) (a Answer, err error) {
	err = s.db.Read(ctx, func(q store.Querier) error {
		a.AsOf, err = store.Cursor(ctx, q, c.community.ID, store.Project)
		return err
	})
	return a, err
}
