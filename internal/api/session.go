package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/store"
	"qunying/internal/store/team"
)

const (
	cookieName   = "qunying_session"
	sessionIdle  = 7 * 24 * time.Hour  // a session not used for so long ends
	sessionLong  = 30 * 24 * time.Hour // every session ends
	sessionTouch = 5 * time.Minute     // how exactly its last use is kept
	setupFact    = "setup_token"       // hash of the one-time token, hex
)

// visitor is who calls; staff.ID is 0 when nobody is signed in.
type visitor struct {
	staff  team.Staff
	token  []byte   // hash of the session's token
	key    int64    // of a program, 0: a person's session
	scopes []string // of the key
}

type sessionOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      SessionAnswer
}

type setupInput struct{ Body SetupInput }

type signInInput struct{ Body SignInInput }

type signedOut struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

// SetupToken makes the token of the one-time setup link, /setup?token=…, and
// voids the one before. It is empty once there is staff.
func (s *Server) SetupToken(ctx context.Context) (string, error) {
	token := rand.Text()
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		some, err := team.Anybody(ctx, tx)
		if err != nil || some {
			token = ""
			return err
		}
		return team.SetFact(ctx, tx, setupFact, hex.EncodeToString(hashOf(token)))
	})
	return token, err
}

func (s *Server) session(ctx context.Context, c call, _ *nothing) (SessionAnswer, error) {
	a := s.sessionAnswer(c.visitor.staff)
	if a.Staff != nil {
		return a, nil
	}
	err := s.db.Read(ctx, func(q store.Querier) error {
		some, err := team.Anybody(ctx, q)
		a.SetupNeeded = !some
		return err
	})
	return a, err
}

func (s *Server) sessionAnswer(m team.Staff) SessionAnswer {
	a := SessionAnswer{Version: s.options.Version, Demo: s.options.Demo, Languages: []string{"zh-CN", "en"}}
	if m.ID != 0 {
		v := staffView(m)
		a.Staff = &v
	}
	return a
}

// setUp makes the first owner of whoever holds the one-time token.
func (s *Server) setUp(ctx context.Context, _ call, in *setupInput) (*sessionOutput, error) {
	r := requestOf(ctx)
	name := strings.TrimSpace(in.Body.Name)
	if name == "" {
		return nil, community.Errorf(community.Invalid, "the name is empty").WithHint("choose a name to sign in with")
	}
	if wait := s.throttle.begin(setupFact, r.from, s.now()); wait > 0 {
		return nil, throttled(wait)
	}
	given := hex.EncodeToString(hashOf(in.Body.Token))
	var kept string
	if err := s.db.Read(ctx, func(q store.Querier) (err error) {
		kept, err = team.Fact(ctx, q, setupFact)
		return err
	}); err != nil {
		return nil, err
	}
	used := community.Errorf(community.Forbidden, "the setup link is not valid").
		WithHint("each link works once; start the server again to see a new one, or sign in if somebody has set it up")
	if kept == "" || subtle.ConstantTimeCompare([]byte(kept), []byte(given)) != 1 {
		return nil, used
	}
	m := team.Staff{Name: name, Role: "owner", CreatedAt: s.now()}
	if err := s.hashing.do(ctx, func() { m.Password = HashPassword(in.Body.Password) }); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx) // half a setup is of no use
	var cookie http.Cookie
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		some, err := team.Anybody(ctx, tx)
		if err != nil {
			return err
		}
		took, err := team.TakeFact(ctx, tx, setupFact, given)
		if err != nil {
			return err
		}
		if some || !took {
			return used
		}
		if m.ID, err = team.Add(ctx, tx, m); err != nil {
			return err
		}
		cookie, err = s.newSession(ctx, tx, m.ID, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.throttle.succeed(setupFact, r.from)
	return &sessionOutput{cookie, s.sessionAnswer(m)}, nil
}

// signIn takes as long for a name that does not exist as for a wrong password.
func (s *Server) signIn(ctx context.Context, _ call, in *signInInput) (*sessionOutput, error) {
	r := requestOf(ctx)
	name := strings.TrimSpace(in.Body.Name)
	if wait := s.throttle.begin(name, r.from, s.now()); wait > 0 {
		return nil, throttled(wait)
	}
	var m team.Staff
	err := s.db.Read(ctx, func(q store.Querier) (err error) {
		m, err = team.ByName(ctx, q, name)
		return err
	})
	if err != nil && community.CodeOf(err) != community.NotFound {
		return nil, err
	}
	known := err == nil && m.DisabledAt.IsZero()
	encoded := s.nobodysPassword
	if known {
		encoded = m.Password
	}
	var right bool
	var checked error
	if err := s.hashing.do(ctx, func() { right, checked = checkPassword(encoded, in.Body.Password) }); err != nil {
		return nil, err
	}
	if checked != nil {
		return nil, checked
	}
	if !known || !right {
		return nil, newProblem(http.StatusUnauthorized, "the name or the password is wrong", "check both; after several failures there is a pause")
	}
	if err := s.askSecond(ctx, m, in.Body.Code); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	var cookie http.Cookie
	err = s.db.Write(ctx, func(tx *store.Tx) (err error) {
		if err := team.DropExpired(ctx, tx, s.now()); err != nil {
			return err
		}
		cookie, err = s.newSession(ctx, tx, m.ID, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.throttle.succeed(name, r.from)
	return &sessionOutput{cookie, s.sessionAnswer(m)}, nil
}

func (s *Server) signOut(ctx context.Context, c call, _ *nothing) (*signedOut, error) {
	err := s.db.Write(ctx, func(tx *store.Tx) error { return team.Revoke(ctx, tx, c.visitor.token) })
	if err != nil {
		return nil, err
	}
	cookie := s.cookie("", requestOf(ctx))
	cookie.MaxAge = -1
	return &signedOut{cookie}, nil
}

// newSession keeps a session and makes the cookie that carries its token.
func (s *Server) newSession(ctx context.Context, tx *store.Tx, id community.StaffID, r *request) (http.Cookie, error) {
	token := rand.Text()
	now := s.now()
	err := team.AddSignIn(ctx, tx, team.SignIn{
		TokenHash: hashOf(token), Staff: id, CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(sessionIdle),
		Agent: clip(r.agent, 200), Address: r.from.String(),
	})
	cookie := s.cookie(token, r)
	cookie.MaxAge = int(sessionLong / time.Second)
	return cookie, err
}

// cookie goes over TLS only where it was set over TLS: a first run at home is
// on plain http://localhost.
func (s *Server) cookie(token string, r *request) http.Cookie {
	return http.Cookie{Name: cookieName, Value: token, Path: "/", HttpOnly: true, Secure: r.secure, SameSite: http.SameSiteStrictMode}
}

// visitorOf finds who holds the session's token, and extends the session now
// and then. No or an ended session is nobody, not an error.
func (s *Server) visitorOf(ctx context.Context, token string) (visitor, error) {
	if token == "" || len(token) > 64 {
		return visitor{}, nil
	}
	hash, now := hashOf(token), s.now()
	var in team.SignIn
	var m team.Staff
	err := s.db.Read(ctx, func(q store.Querier) (err error) {
		in, m, err = team.FindSignIn(ctx, q, hash, now)
		return err
	})
	if community.CodeOf(err) == community.NotFound {
		return visitor{}, nil
	}
	if err != nil {
		return visitor{}, err
	}
	if subtle.ConstantTimeCompare(in.TokenHash, hash) != 1 {
		return visitor{}, nil
	}
	if now.Sub(in.SeenAt) >= sessionTouch {
		expires := now.Add(sessionIdle)
		if last := in.CreatedAt.Add(sessionLong); expires.After(last) {
			expires = last
		}
		err := s.db.Write(ctx, func(tx *store.Tx) error { return team.Seen(ctx, tx, hash, now, expires) })
		if err != nil {
			return visitor{}, err
		}
	}
	return visitor{staff: m, token: bytes.Clone(hash)}, nil
}

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// clip cuts text to at most n bytes of valid UTF-8.
func clip(text string, n int) string {
	if len(text) > n {
		text = text[:n]
	}
	return strings.ToValidUTF8(text, "")
}
