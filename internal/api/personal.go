package api

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"qunying/community"
)

// Personal is a member's own page, opened by a signed link. Each method fails with
// NotFound where the link is not valid.
type Personal interface {
	Look(ctx context.Context, c community.ID, token string) (PersonalAnswer, error)
	// Appeal fails with Conflict where there is an appeal or the time for it is over.
	Appeal(ctx context.Context, c community.ID, token, text string) (PersonalAnswer, error)
	// Report fails with Conflict where the member has written too many within a day.
	Report(ctx context.Context, c community.ID, token, text string) (PersonalAnswer, error)
	// LinkOf makes a link that only its person is to be given, which shows more. It
	// fails with NotFound, and with Unsupported where members have no address.
	LinkOf(ctx context.Context, c community.ID, p community.PersonID, by community.StaffID) (PersonalLink, error)
	// Visit reads what a browser is given under an address, at most 1 MiB. It fails
	// with Invalid where the address is none, with Unavailable where nothing answers.
	Visit(ctx context.Context, address string) ([]byte, error)
}

// PersonalLink opens a member's page.
type PersonalLink struct {
	Link  string `json:"link" doc:"a secret: whoever has it is taken for the member"`
	Until int64  `json:"until" doc:"it works until then"`
}

// AddressInput is where members are said to reach this installation.
type AddressInput struct {
	Address string `json:"address" minLength:"1" maxLength:"200" doc:"https://…, without a path"`
}

// AddressAnswer is what was found there.
type AddressAnswer struct {
	OK     bool   `json:"ok" doc:"the members' page of this installation is there"`
	Safe   bool   `json:"safe" doc:"the way there is encrypted"`
	Error  string `json:"error,omitempty"`
	Hint   string `json:"hint,omitempty"`
	Answer string `json:"answer" enum:"ours,other,none" doc:"ours: our own page answered; other: something else did; none: nothing did"`
}

// PersonalAnswer is what a member is shown of themselves, in short.
type PersonalAnswer struct {
	State    string        `json:"state" enum:"open,expired,gone,erased" doc:"expired: the link no longer works; gone: nothing came of it, or it was never felt; erased: what was said was deleted"`
	Group    string        `json:"group" doc:"its name"`
	Zone     string        `json:"zone" doc:"IANA name, of the group"`
	Language string        `json:"language" doc:"in which the group is written to: zh-CN or en"`
	Name     string        `json:"name"`
	Points   int64         `json:"points" doc:"that the member has; 0 where a link does not show it"`
	Ledger   bool          `json:"ledger" doc:"whether there ever were points, and the link was given to the member alone: one that stands in a group shows no balance"`
	Case     *PersonalCase `json:"case,omitempty" doc:"absent: the link only takes reports"`
	Reported bool          `json:"reported,omitempty" doc:"a report has just been taken"`
}

// PersonalCase is a verdict's receipt in short form.
type PersonalCase struct {
	At        int64          `json:"at"`
	About     string         `json:"about" enum:"message,name,blocklist" doc:"name: the member's name in the group; blocklist: the member stood on it, why is for staff"`
	Said      []Piece        `json:"said" doc:"what was said, or the name, in pieces; of the blocklist nothing"`
	Rule      string         `json:"rule" doc:"empty of the blocklist"`
	Strike    int            `json:"strike" doc:"the how-manieth; 0: none is counted"`
	Waits     bool           `json:"waits,omitempty" doc:"people are still to decide whether anything else follows"`
	Days      int            `json:"days" doc:"for so many days a strike counts"`
	Happened  []PersonalAct  `json:"happened"`
	TakenBack bool           `json:"taken_back" doc:"it was wrong, and was taken back"`
	Appeal    PersonalAppeal `json:"appeal"`
}

// Piece is a stretch of what was said.
type Piece struct {
	Text string `json:"text"`
	Hit  bool   `json:"hit,omitempty" doc:"the rule found it here"`
}

// PersonalAct is something that was done.
type PersonalAct struct {
	Do     string `json:"do" enum:"recall,remind,warn,mute,mute_all,remove,block,points"`
	Until  int64  `json:"until,omitempty"`
	Points int    `json:"points,omitempty"`
}

// PersonalAppeal is where the member's appeal is.
type PersonalAppeal struct {
	State string `json:"state" enum:"possible,late,none,open,granted,rejected" doc:"none: there is nothing to appeal against"`
	Until int64  `json:"until,omitempty" doc:"while it is possible: until when"`
	DueAt int64  `json:"due_at,omitempty" doc:"while it is open: when it should be decided"`
	At    int64  `json:"at,omitempty" doc:"when it was decided"`
}

// InLink is the way to a personal page. The token is a secret: it is in no log.
type InLink struct {
	InCommunity
	Token string `path:"token" minLength:"1" maxLength:"128"`
}

type linkTextInput struct {
	InLink
	Body struct {
		Text string `json:"text" maxLength:"500"`
	}
}

// tried slows down who tries links that are none, by address. It holds back
// nobody who has one: they are not looked up, and cannot be guessed.
func (s *Server) tried(ctx context.Context, in *InLink, err error) error {
	if community.CodeOf(err) != community.NotFound {
		return err
	}
	if wait := s.links.begin(in.Token, requestOf(ctx).from, s.now()); wait > 0 {
		return newProblem(http.StatusTooManyRequests, "too many links that are not valid", "try again in "+wait.Round(time.Second).String())
	}
	return err
}

func (s *Server) look(ctx context.Context, c call, in *InLink) (PersonalAnswer, error) {
	out, err := s.needs.Personal.Look(ctx, c.community.ID, in.Token)
	return out, s.tried(ctx, in, err)
}

func (s *Server) appealByLink(ctx context.Context, c call, in *linkTextInput) (PersonalAnswer, error) {
	out, err := s.needs.Personal.Appeal(ctx, c.community.ID, in.Token, in.Body.Text)
	return out, s.tried(ctx, &in.InLink, err)
}

func (s *Server) reportByLink(ctx context.Context, c call, in *linkTextInput) (PersonalAnswer, error) {
	out, err := s.needs.Personal.Report(ctx, c.community.ID, in.Token, in.Body.Text)
	return out, s.tried(ctx, &in.InLink, err)
}

type addressInput struct {
	InCommunity
	Body AddressInput
}

// tryAddress looks whether the members' page of this very program is there: its
// files carry the marks of their contents in their names.
func (s *Server) tryAddress(ctx context.Context, _ call, in *addressInput) (out AddressAnswer, _ error) {
	out.Safe = strings.HasPrefix(in.Body.Address, "https://")
	got, err := s.needs.Personal.Visit(ctx, strings.TrimRight(in.Body.Address, "/")+memberPath)
	if err != nil {
		out.Answer, out.Error = "none", err.Error()
		var is *community.Error
		if errors.As(err, &is) {
			out.Error, out.Hint = is.Text, is.Hint
		}
		return out, nil
	}
	out.Answer = "other"
	if files := s.options.Member; files != nil {
		index, err := fs.ReadFile(files, "index.html")
		if err != nil {
			return out, err
		}
		if bytes.Equal(got, index) {
			out.OK, out.Answer = true, "ours"
		}
	}
	return out, nil
}

func (s *Server) linkOf(ctx context.Context, c call, in *InPersonCases) (PersonalLink, error) {
	return s.needs.Personal.LinkOf(ctx, c.community.ID, in.Person, c.visitor.staff.ID)
}

// memberPath is where the members' page is.
const memberPath = "/m/"

// memberPolicy lets the page load its own files and ask this server, nothing else.
const memberPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// memberPage serves the page that a personal link opens. The link itself is read
// by the page, which asks the API.
func (s *Server) memberPage(w http.ResponseWriter, r *http.Request) {
	files := s.options.Member
	if files == nil {
		newProblem(http.StatusNotFound, "this binary was built without the members' page", "build it with the web pages").write(w)
		return
	}
	if name, ok := strings.CutPrefix(r.URL.Path, memberPath+assets); ok {
		served, err := serveFile(w, r, files, assets+name)
		switch {
		case err != nil:
			s.problem(r.Context(), err).write(w)
		case !served:
			newProblem(http.StatusNotFound, "there is no such file", "reload the page").write(w)
		}
		return
	}
	index, err := fs.ReadFile(files, "index.html")
	if err != nil {
		s.problem(r.Context(), err).write(w)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", memberPolicy)
	h.Set("X-Robots-Tag", "noindex, nofollow, noarchive")
	if r.Method != http.MethodHead {
		_, _ = w.Write(index) // the client has gone if this fails
	}
}
