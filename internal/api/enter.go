package api

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"qunying/community"
	"qunying/internal/store"
	"qunying/internal/store/team"
)

// Entrance lets staff in who open the console inside a platform's client.
type Entrance interface {
	// SignInPage is where the platform asks who they are; false where the connection
	// cannot tell.
	SignInPage(ctx context.Context, slug, connection, back, state string) (string, bool)
	// Employee tells which member of staff came back with a code. It fails with
	// Forbidden when the platform knows them and we do not.
	Employee(ctx context.Context, slug, connection, code string) (community.StaffID, error)
	// VerificationFile is the content of a file by which a platform sees that the
	// domain is ours; false where no connection has one of that name.
	VerificationFile(name string) (string, bool)
}

// enterCookie holds the state of a silent sign-in on its way, so that nobody can
// be signed in by a link that somebody else began.
const (
	enterCookie = "qunying_enter"
	enterPath   = "/enter/"
	enterTime   = 600 // seconds
)

// enter sends whoever opens it inside the platform's client to be recognised.
func (s *Server) enter(w http.ResponseWriter, r *http.Request) {
	in := requestOf(r.Context())
	slug, name := r.PathValue("community"), r.PathValue("connection")
	scheme := "http"
	if in.secure {
		scheme = "https"
	}
	state := rand.Text()
	back := scheme + "://" + r.Host + enterPath + slug + "/" + name + "/back"
	page, ok := s.needs.Entrance.SignInPage(r.Context(), slug, name, back, state)
	if !ok {
		newProblem(http.StatusNotFound, "nobody can be recognised by this connection", "sign in with name and password").write(w)
		return
	}
	value := state
	if to := r.URL.Query().Get("to"); enterable.MatchString(to) {
		value += to
	}
	// Lax: the platform sends them back from another site.
	http.SetCookie(w, &http.Cookie{Name: enterCookie, Value: value, Path: enterPath, MaxAge: enterTime, HttpOnly: true, Secure: in.secure, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, page, http.StatusFound)
}

// The session's cookie is not sent along on the way from another site: a page of
// ours has to lie between.
const enteredPage = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=%[1]s"><title>群英</title><a href="%[1]s">群英</a>`

// enterable are the pages that a link in a message may lead to.
var enterable = regexp.MustCompile(`^/(tasks|alerts)(\?group=[0-9]{1,18})?$`)

// entered lets in whoever the platform recognised.
func (s *Server) entered(w http.ResponseWriter, r *http.Request) {
	ctx, in := r.Context(), requestOf(r.Context())
	refuse := func(err error) { s.problem(ctx, err).write(w) }
	if wait := s.throttle.begin(enterPath, in.from, s.now()); wait > 0 {
		refuse(throttled(wait))
		return
	}
	kept, err := r.Cookie(enterCookie)
	state := r.URL.Query().Get("state")
	begun, to := "", "/tasks"
	if err == nil {
		var page string
		if begun, page, _ = strings.Cut(kept.Value, "/"); enterable.MatchString("/" + page) {
			to = "/" + page
		}
	}
	if err != nil || state == "" || subtle.ConstantTimeCompare([]byte(begun), []byte(state)) != 1 {
		refuse(community.Errorf(community.Forbidden, "the sign-in was not begun here, or took too long").WithHint("open the link again"))
		return
	}
	id, err := s.needs.Entrance.Employee(ctx, r.PathValue("community"), r.PathValue("connection"), r.URL.Query().Get("code"))
	if err != nil {
		refuse(err)
		return
	}
	var cookie http.Cookie
	err = s.db.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		m, err := team.ByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if !m.DisabledAt.IsZero() {
			return community.Errorf(community.Forbidden, "%s may not sign in any more", m.Name)
		}
		cookie, err = s.newSession(ctx, tx, id, in)
		return err
	})
	if err != nil {
		refuse(err)
		return
	}
	s.throttle.succeed(enterPath, in.from)
	http.SetCookie(w, &cookie)
	http.SetCookie(w, &http.Cookie{Name: enterCookie, Path: enterPath, MaxAge: -1, HttpOnly: true, Secure: in.secure, SameSite: http.SameSiteLaxMode})
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, enteredPage, to)
}

// ContactView is under which IDs a member of staff goes on platforms.
type ContactView struct {
	Stamp
	WeCom string `json:"wecom" maxLength:"64" doc:"userid in 企业微信: tasks are told there, and the console opens there without a password; '' for none"`
	// Language in which they are told.
	Language string `json:"language,omitempty" enum:"zh-CN,en" doc:"absent: as it was; in which they are told of tasks and alerts, Chinese unless set"`
	Mail     string `json:"mail,omitempty" maxLength:"254" doc:"absent: as it was; e-mail address: alerts go there; '' for none"`
	Lost     bool   `json:"lost,omitempty" readOnly:"true" doc:"something of it was sealed with another key file and reaches nobody until it is typed anew"`
	Version  int64  `json:"version" minimum:"0"`
}

type InStaff struct {
	InCommunity
	Staff community.StaffID `path:"staff" minimum:"1"`
}

func (s *Server) contact(ctx context.Context, c call, in *InStaff) (ContactView, error) {
	return s.needs.Delivery.Contact(ctx, c.community.ID, in.Staff)
}

type saveContactInput struct {
	InStaff
	RawBody []byte
	Body    ContactView
}

func (s *Server) saveContact(ctx context.Context, c call, in *saveContactInput) (ContactView, error) {
	if err := keep(in.RawBody, func() (ContactView, error) { return s.needs.Delivery.Contact(ctx, c.community.ID, in.Staff) }, &in.Body); err != nil {
		return ContactView{}, err
	}
	return s.needs.Delivery.SaveContact(ctx, c.community.ID, c.visitor.staff.ID, in.Staff, in.Body)
}
