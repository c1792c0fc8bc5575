package api

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"

	"qunying/community"
	"qunying/internal/members"
	"qunying/internal/store"
	"qunying/transcript"
)

// People reads what is known of people over all groups. Where a person is asked
// for, any identity of theirs will do; all of these fail with NotFound.
type People interface {
	// People answers one page and the place of its last line, which is zero when no
	// page follows.
	People(ctx context.Context, c community.ID, q PeopleQuery) (PeopleAnswer, Place, error)
	Person(ctx context.Context, c community.ID, p community.PersonID) (PersonAnswer, error)
	// Year counts what they wrote by day.
	Year(ctx context.Context, c community.ID, p community.PersonID) (YearAnswer, error)
	// Talks tells whom they talk with.
	Talks(ctx context.Context, c community.ID, p community.PersonID, limit int) (TalksAnswer, error)
	// Alike tells who may be the same person.
	Alike(ctx context.Context, c community.ID, p community.PersonID) (AlikeAnswer, error)
	// Links tells which merges and splits made them who they are.
	Links(ctx context.Context, c community.ID, p community.PersonID) (PersonLinksAnswer, error)
	// AlikeSets answers a page of all who may be the same, and the place of its last
	// line, which is zero when no page follows.
	AlikeSets(ctx context.Context, c community.ID, after Place, limit int) (AlikeSetsAnswer, Place, error)
	// SayApart keeps that people are not one, or takes that back. A repeat changes
	// nothing. It fails with NotFound where one of them is not there.
	SayApart(ctx context.Context, c community.ID, in ApartInput, by community.StaffID) (Answer, error)
	Tags(ctx context.Context, c community.ID) (TagsAnswer, error)
	// Collect answers everything that is on file of a person but what keeping order
	// holds: the answer to a wish to see one's data. An erasure goes through the same
	// (peopledb.EachEvent).
	Collect(ctx context.Context, c community.ID, p community.PersonID) (PersonExport, error)
}

// PeopleQuery asks for a page of people. Zero fields do not filter.
type PeopleQuery struct {
	Text   string
	Group  community.GroupID
	Within []community.GroupID // nil: anywhere
	Tag    string
	Only   string // silent, newcomers, staff
	Sort   string // spoke, first
	After  Place
	Limit  int
}

// PeopleAnswer is a page of people.
type PeopleAnswer struct {
	Answer
	Page
	Total  int          `json:"total" doc:"how many there are; -1: not counted"`
	People []PersonLine `json:"people"`
}

// PersonLine is a person in a list.
type PersonLine struct {
	ID       community.PersonID `json:"id"`
	Name     string             `json:"name"`
	Earlier  []string           `json:"earlier" doc:"other names, the last first, at most 3"`
	Networks []string           `json:"networks"`
	Groups   int                `json:"groups" doc:"in how many they were seen"`
	Some     []string           `json:"some" doc:"names of up to 3 of these"`
	Tags     []string           `json:"tags"`
	Messages int64              `json:"messages"`
	FirstAt  int64              `json:"first_at" doc:"when first seen"`
	SpokeAt  int64              `json:"spoke_at" doc:"of the last message; 0: never spoke"`
	Staff    bool               `json:"staff" doc:"somebody who works here"`
}

// NameView is what somebody was called.
type NameView struct {
	Name string        `json:"name"`
	From community.Day `json:"from" doc:"first and last day, UTC"`
	To   community.Day `json:"to"`
}

// StayView is that somebody joined a group or left it.
type StayView struct {
	Group    community.GroupID  `json:"group"`
	At       int64              `json:"at"`
	Left     bool               `json:"left"`
	Way      string             `json:"way" doc:"how they came, in the platform's terms; empty where it does not say"`
	By       community.PersonID `json:"by" doc:"who invited or removed them; 0: not knowable"`
	Operator string             `json:"by_name"`
}

// YearAnswer is what somebody wrote by day, over all groups.
type YearAnswer struct {
	Answer
	From     community.Day   `json:"from" doc:"a Monday"`
	To       community.Day   `json:"to"`
	Days     []community.Day `json:"days" doc:"with messages"`
	Messages []int64         `json:"messages"`
}

// TalksAnswer is whom somebody talks with.
type TalksAnswer struct {
	Answer
	Since int64      `json:"since" doc:"of the stretch that was looked at: the last days on which they wrote; 0: they wrote nothing"`
	Talks []TalkLine `json:"talks" doc:"the most first"`
}

// TalkLine is one of them.
type TalkLine struct {
	Person community.PersonID `json:"person"`
	Name   string             `json:"name"`
	To     int                `json:"to" doc:"answers and mentions by the person"`
	From   int                `json:"from" doc:"by the other"`
}

// AlikeAnswer is who may be the same person.
type AlikeAnswer struct {
	Answer
	People []AlikeLine `json:"people" doc:"the likeliest first"`
}

// AlikeLine is one of them.
type AlikeLine struct {
	Person   community.PersonID `json:"person"`
	Name     string             `json:"name"`
	Reason   string             `json:"reason" enum:"id,renamed,name" doc:"the same ID on another network; a name that one of them gave up for another; the same rare name"`
	Detail   string             `json:"detail" doc:"the ID or the name"`
	Groups   int                `json:"groups" doc:"in which both were seen"`
	Messages int64              `json:"messages"`
}

// PersonLinksAnswer is how a person came to be.
type PersonLinksAnswer struct {
	Answer
	Links []PersonLink `json:"links" doc:"the newest first, 50 at most"`
}

// PersonLink is one merge or split, or one that was undone.
type PersonLink struct {
	Undo   community.Seq     `json:"undo" doc:"what the undoing names"`
	At     int64             `json:"at"`
	By     community.StaffID `json:"by" doc:"0: not on record any more"`
	Joined bool              `json:"joined" doc:"they became one with the other; false: they were parted from them"`
	Names  []string          `json:"names" doc:"of the identities that changed their person"`
	Other  string            `json:"other" doc:"name of the person they came to, or were of"`
	Open   bool              `json:"open" doc:"whose they are has not changed since: it can be undone"`
}

// AlikeSetsAnswer is a page of people who may be the same.
type AlikeSetsAnswer struct {
	Answer
	Page
	Sets []AlikeSet `json:"sets" doc:"those under the same ID on two networks first, then by name"`
}

// AlikeSet are people who may be one.
type AlikeSet struct {
	Reason string       `json:"reason" enum:"id,renamed,name" doc:"the same ID on two networks; a name that one of them gave up for another; the same rare name"`
	Detail string       `json:"detail" doc:"the ID or the name"`
	Shared int          `json:"shared" doc:"groups in which more than one of them was seen"`
	People []PersonLine `json:"people" doc:"two or three"`
}

// ApartInput says of people that they are not one.
type ApartInput struct {
	People []community.PersonID `json:"people" minItems:"2" maxItems:"5"`
	Apart  bool                 `json:"apart" doc:"false takes it back"`
}

// TagsAnswer are the tags that are in use.
type TagsAnswer struct {
	Answer
	Tags []TagLine `json:"tags" doc:"the most used first"`
}

// TagLine is a tag and how many people have it.
type TagLine struct {
	Tag    string `json:"tag"`
	People int    `json:"people"`
}

// PersonExport is everything on file of a person.
type PersonExport struct {
	MadeAt int64              `json:"made_at"`
	Person PersonView         `json:"person"`
	IDs    []OutsideID        `json:"ids"`
	Events []PersonEvent      `json:"events" doc:"by group and time"`
	Record *MemberCasesAnswer `json:"record,omitempty" doc:"what keeping order holds, for those who may see it"`
}

// OutsideID is under what a platform knows somebody.
type OutsideID struct {
	Network string `json:"network"`
	ID      string `json:"id"`
}

// PersonEvent is something that a person did or that happened to them.
type PersonEvent struct {
	At      int64             `json:"at"`
	Kind    string            `json:"kind"`
	Group   community.GroupID `json:"group"`
	Name    string            `json:"group_name"`
	Called  string            `json:"called" doc:"how they were called then"`
	Content string            `json:"content,omitempty"`
	Text    string            `json:"text,omitempty"`
}

type peopleInput struct {
	InCommunity
	InPage
	Text  string            `query:"q" maxLength:"200" doc:"part of any name they ever had, or a whole platform ID"`
	Group community.GroupID `query:"group" minimum:"0"`
	Tag   string            `query:"tag" maxLength:"200"`
	Only  string            `query:"only" enum:"silent,newcomers,staff" doc:"who wrote nothing for 30 days; first seen within 7 days; who works here"`
	Sort  string            `query:"sort" enum:"spoke,first" default:"spoke" doc:"by the last message, or by when they were first seen; the newest first"`
}

func (s *Server) people(ctx context.Context, c call, in *peopleInput) (PeopleAnswer, error) {
	q := PeopleQuery{Text: in.Text, Group: in.Group, Within: c.visitor.staff.Groups, Tag: in.Tag, Only: in.Only, Sort: in.Sort, Limit: in.Limit}
	seal := sealOf("people", c.community.ID, q)
	var err error
	if q.After, err = openCursor(in.Cursor, seal); err != nil {
		return PeopleAnswer{}, err
	}
	out, last, err := s.needs.People.People(ctx, c.community.ID, q)
	out.Next = writeCursor(last, seal)
	return out, err
}

// InPerson is the input of what concerns one person.
type InPerson struct {
	InCommunity
	Person community.PersonID `path:"person" minimum:"1"`
}

func (s *Server) person(ctx context.Context, c call, in *InPerson) (PersonAnswer, error) {
	a, err := s.needs.People.Person(ctx, c.community.ID, in.Person)
	if err != nil {
		return a, err
	}
	return a, maySee(c, &a.Person)
}

// maySee refuses a person to staff who are limited to groups in which the person
// never was.
func maySee(c call, p *PersonView) error {
	limits := c.visitor.staff.Groups
	if limits == nil || slices.ContainsFunc(p.Groups, func(g PersonInGroup) bool { return slices.Contains(limits, g.Group) }) {
		return nil
	}
	return community.Errorf(community.NotFound, "there is no person %d", p.ID)
}

// seen checks that a person is there and may be seen.
func (s *Server) seen(ctx context.Context, c call, in *InPerson) error {
	_, err := s.person(ctx, c, in)
	return err
}

func (s *Server) personYear(ctx context.Context, c call, in *InPerson) (YearAnswer, error) {
	if err := s.seen(ctx, c, in); err != nil {
		return YearAnswer{}, err
	}
	return s.needs.People.Year(ctx, c.community.ID, in.Person)
}

type talksInput struct {
	InPerson
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

func (s *Server) personTalks(ctx context.Context, c call, in *talksInput) (TalksAnswer, error) {
	if err := s.seen(ctx, c, &in.InPerson); err != nil {
		return TalksAnswer{}, err
	}
	return s.needs.People.Talks(ctx, c.community.ID, in.Person, in.Limit)
}

func (s *Server) personAlike(ctx context.Context, c call, in *InPerson) (AlikeAnswer, error) {
	if err := s.seen(ctx, c, in); err != nil {
		return AlikeAnswer{}, err
	}
	return s.needs.People.Alike(ctx, c.community.ID, in.Person)
}

func (s *Server) personLinks(ctx context.Context, c call, in *InPerson) (PersonLinksAnswer, error) {
	if err := s.seen(ctx, c, in); err != nil {
		return PersonLinksAnswer{}, err
	}
	return s.needs.People.Links(ctx, c.community.ID, in.Person)
}

type alikeSetsInput struct {
	InCommunity
	InPage
}

func (s *Server) alikeSets(ctx context.Context, c call, in *alikeSetsInput) (AlikeSetsAnswer, error) {
	seal := sealOf("alike", c.community.ID, in.Limit)
	after, err := openCursor(in.Cursor, seal)
	if err != nil {
		return AlikeSetsAnswer{}, err
	}
	out, last, err := s.needs.People.AlikeSets(ctx, c.community.ID, after, min(in.Limit, alikeMost))
	out.Next = writeCursor(last, seal)
	return out, err
}

// alikeMost is how many sets a page has at most: each is looked up by itself.
const alikeMost = 50

type apartInput struct {
	InCommunity
	Body ApartInput
}

func (s *Server) sayApart(ctx context.Context, c call, in *apartInput) (Answer, error) {
	return s.needs.People.SayApart(ctx, c.community.ID, in.Body, c.visitor.staff.ID)
}

func (s *Server) tags(ctx context.Context, c call, _ *InCommunity) (TagsAnswer, error) {
	return s.needs.People.Tags(ctx, c.community.ID)
}

// TagsInput is which tags are put on a person and which are taken off.
type TagsInput struct {
	Put  []string `json:"put,omitempty" maxItems:"20"`
	Take []string `json:"take,omitempty" maxItems:"20"`
}

type tagInput struct {
	InCommunity
	InCommand
	Person community.PersonID `path:"person" minimum:"1"`
	Body   TagsInput
}

func (s *Server) tagPerson(ctx context.Context, c call, in *tagInput) (PersonAnswer, error) {
	person := InPerson{in.InCommunity, in.Person}
	if err := s.seen(ctx, c, &person); err != nil {
		return PersonAnswer{}, err
	}
	cmd := Command{Kind: community.PersonTag, Key: in.Key, By: c.visitor.staff.ID, Targets: []community.IdentityID{community.IdentityID(in.Person)},
		Tags: members.TagChange{Put: in.Body.Put, Take: in.Body.Take}}
	if _, err := s.needs.Commands.Do(ctx, c.community.ID, cmd); err != nil {
		return PersonAnswer{}, err
	}
	return s.person(ctx, c, &person)
}

type undoLinkInput struct {
	InCommunity
	InCommand
	Body struct {
		Undo community.Seq `json:"undo" minimum:"1" doc:"as_of of the answer to the merge or split, or undo of a line of how a person came to be"`
	}
}

func (s *Server) undoLink(ctx context.Context, c call, in *undoLinkInput) (PersonChangedAnswer, error) {
	done, err := s.needs.Commands.Do(ctx, c.community.ID, Command{Kind: community.PersonUndo, Key: in.Key, By: c.visitor.staff.ID, Undo: in.Body.Undo})
	return PersonChangedAnswer{Answer{done.AsOf}, done.Person}, err
}

type personExportInput struct {
	InPerson
	Format string `query:"format" enum:"json,csv" default:"json" doc:"csv: the events alone, one a line"`
}

func (s *Server) exportPerson(ctx context.Context, c call, in *personExportInput) (stream, error) {
	if err := s.seen(ctx, c, &in.InPerson); err != nil {
		return nil, err
	}
	all, err := s.needs.People.Collect(ctx, c.community.ID, in.Person)
	if err != nil {
		return nil, err
	}
	if limits := c.visitor.staff.Groups; limits != nil {
		all.Events = slices.DeleteFunc(all.Events, func(e PersonEvent) bool { return !slices.Contains(limits, e.Group) })
	}
	if c.visitor.may(viewCases) {
		record, err := s.needs.Reviews.MemberCases(ctx, c.community.ID, in.Person)
		if err != nil {
			return nil, err
		}
		all.Record = &record
	}
	if err := s.db.Write(ctx, func(tx *store.Tx) error {
		return s.audited(ctx, tx, c.community.ID, c.visitor.staff.ID, "person.export", "person/"+itoa(int64(in.Person)), nil, nil)
	}); err != nil {
		return nil, err
	}
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fmt.Sprintf("person-%d.%s", all.Person.ID, in.Format)}))
		if in.Format == "csv" {
			h.Set("Content-Type", "text/csv; charset=utf-8")
			writePersonCSV(w, all.Events)
			return
		}
		h.Set("Content-Type", "application/json")
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		_ = e.Encode(all) // the client has gone if this fails
	}, nil
}

// writePersonCSV writes events with times in UTC. Texts that a spreadsheet would
// take for formulas are made plain.
func writePersonCSV(w http.ResponseWriter, events []PersonEvent) {
	_, _ = w.Write([]byte("\ufeff")) // spreadsheets need it to see UTF-8
	out := csv.NewWriter(w)
	_ = out.Write([]string{"at", "kind", "group", "group_name", "called", "content", "text"})
	for _, e := range events {
		_ = out.Write([]string{time.UnixMilli(e.At).UTC().Format(time.RFC3339), e.Kind, strconv.FormatInt(int64(e.Group), 10),
			transcript.GuardCell(e.Name), transcript.GuardCell(e.Called), e.Content, transcript.GuardCell(e.Text)})
	}
	out.Flush() // the client has gone if this fails
}
