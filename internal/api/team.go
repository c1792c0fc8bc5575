package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/store"
	"qunying/internal/store/team"
	"qunying/transcript"
)

const (
	inviteTime   = 7 * 24 * time.Hour
	passwordTime = 24 * time.Hour
	keyPrefix    = "qy_"
	keyTouch     = 5 * time.Minute // how exactly a key's last use is kept
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func staffView(m team.Staff) StaffView {
	return StaffView{ID: m.ID, Name: m.Name, Role: m.Role, May: permissionsOf(m.Role), Limited: isLimited(m)}
}

// TeamAnswer is who works here.
type TeamAnswer struct {
	Answer
	Staff       []MemberOfStaff  `json:"staff"`
	Invitations []InvitationView `json:"invitations" doc:"that are open"`
	Keys        []KeyView        `json:"keys"`
	Roles       []RoleView       `json:"roles" doc:"what each role may do"`
	Scopes      []string         `json:"scopes" doc:"what a key can be given"`
}

// MemberOfStaff is a member of staff as who manages them sees it.
type MemberOfStaff struct {
	StaffView
	Second     bool                `json:"second_factor"`
	Groups     []community.GroupID `json:"groups" doc:"nothing outside of these; empty: all groups"`
	CreatedAt  int64               `json:"created_at"`
	DisabledAt int64               `json:"disabled_at,omitempty" doc:"may sign in no longer since"`
	SignIns    []SignInView        `json:"sign_ins"`
}

// InvitationView is an open invitation.
type InvitationView struct {
	ID        string              `json:"id"`
	Staff     community.StaffID   `json:"staff,omitempty" doc:"who sets a new password by it; left out: somebody new"`
	Name      string              `json:"name"`
	Role      string              `json:"role,omitempty"`
	Groups    []community.GroupID `json:"groups" doc:"nothing outside of these; empty: all groups"`
	By        community.StaffID   `json:"by"`
	CreatedAt int64               `json:"created_at"`
	ExpiresAt int64               `json:"expires_at"`
}

// KeyView is a key of a program, without the key itself.
type KeyView struct {
	ID        int64             `json:"id"`
	Staff     community.StaffID `json:"staff" doc:"in whose name it acts"`
	Name      string            `json:"name"`
	Scopes    []string          `json:"scopes"`
	CreatedAt int64             `json:"created_at"`
	ExpiresAt int64             `json:"expires_at"`
	SeenAt    int64             `json:"seen_at,omitempty" doc:"last used; left out: never"`
}

// RoleView is a role with what it may do.
type RoleView struct {
	Role string   `json:"role"`
	May  []string `json:"may"`
}

var roles = []string{"owner", "lead", "operator", "moderator", "analyst", "viewer"}

func (s *Server) team(ctx context.Context, c call, _ *InCommunity) (a TeamAnswer, err error) {
	if a.Answer, err = s.asOf(ctx, c); err != nil {
		return a, err
	}
	for _, r := range roles {
		a.Roles = append(a.Roles, RoleView{r, permissionsOf(r)})
	}
	for _, p := range scopes {
		a.Scopes = append(a.Scopes, string(p))
	}
	err = s.db.Read(ctx, func(q store.Querier) error {
		everybody, err := team.All(ctx, q)
		if err != nil {
			return err
		}
		for _, m := range everybody {
			v := MemberOfStaff{StaffView: staffView(m), Groups: m.Groups, Second: m.Second != "", CreatedAt: m.CreatedAt.UnixMilli()}
			if !m.DisabledAt.IsZero() {
				v.DisabledAt = m.DisabledAt.UnixMilli()
			}
			if v.SignIns, err = s.signInsOf(ctx, q, m.ID, nil); err != nil {
				return err
			}
			a.Staff = append(a.Staff, v)
		}
		open, err := team.Invitations(ctx, q, s.now())
		if err != nil {
			return err
		}
		for _, i := range open {
			a.Invitations = append(a.Invitations, invitationView(i))
		}
		keys, err := team.Keys(ctx, q)
		for _, k := range keys {
			a.Keys = append(a.Keys, keyView(k))
		}
		return err
	})
	return a, err
}

func invitationView(i team.Invitation) InvitationView {
	return InvitationView{signInID(i.TokenHash), i.Staff, i.Name, i.Role, i.Groups, i.By, i.CreatedAt.UnixMilli(), i.ExpiresAt.UnixMilli()}
}

func keyView(k team.APIKey) KeyView {
	v := KeyView{ID: k.ID, Staff: k.Staff, Name: k.Name, Scopes: k.Scopes, CreatedAt: k.CreatedAt.UnixMilli(), ExpiresAt: k.ExpiresAt.UnixMilli()}
	if !k.SeenAt.IsZero() {
		v.SeenAt = k.SeenAt.UnixMilli()
	}
	return v
}

type inviteInput struct {
	InCommunity
	Body InviteInput
}

// InviteInput is whom to invite.
type InviteInput struct {
	Name   string              `json:"name" minLength:"1" maxLength:"64" doc:"whom the link is for, so that the list of open ones can be read; they choose their own name"`
	Role   string              `json:"role" enum:"owner,lead,operator,moderator,analyst,viewer"`
	Groups []community.GroupID `json:"groups,omitempty" maxItems:"2000" uniqueItems:"true" doc:"nothing outside of these; empty: all groups. An owner sees all"`
}

// LinkAnswer is a link that works once.
type LinkAnswer struct {
	Path       string         `json:"path" doc:"of the console, with the token; shown this once"`
	Invitation InvitationView `json:"invitation"`
}

func (s *Server) invite(ctx context.Context, c call, in *inviteInput) (LinkAnswer, error) {
	i := team.Invitation{Name: strings.TrimSpace(in.Body.Name), Role: in.Body.Role, ExpiresAt: s.now().Add(inviteTime)}
	var err error
	if i.Groups, err = s.limits(ctx, c.community.ID, i.Role, in.Body.Groups); err != nil {
		return LinkAnswer{}, err
	}
	return s.link(ctx, c, i, "staff.invite")
}

// link keeps an invitation and makes its link.
func (s *Server) link(ctx context.Context, c call, i team.Invitation, act string) (LinkAnswer, error) {
	token := rand.Text()
	i.TokenHash, i.By, i.CreatedAt = hashOf(token), c.visitor.staff.ID, s.now()
	err := s.db.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		if err := team.Invite(ctx, tx, i); err != nil {
			return err
		}
		return s.audited(ctx, tx, c.community.ID, c.visitor.staff.ID, act, i.Name, nil, map[string]any{"role": i.Role, "groups": i.Groups})
	})
	return LinkAnswer{"/join?token=" + token, invitationView(i)}, err
}

type inStaffInput struct{ InStaff }

func (s *Server) passwordLink(ctx context.Context, c call, in *inStaffInput) (LinkAnswer, error) {
	var m team.Staff
	if err := s.db.Read(ctx, func(q store.Querier) (err error) {
		m, err = team.ByID(ctx, q, in.Staff)
		return err
	}); err != nil {
		return LinkAnswer{}, err
	}
	return s.link(ctx, c, team.Invitation{Staff: m.ID, Name: m.Name, Role: m.Role, ExpiresAt: s.now().Add(passwordTime)}, "staff.password_link")
}

type withdrawInput struct {
	InCommunity
	Body WithdrawInput
}

// WithdrawInput names an invitation.
type WithdrawInput struct {
	ID string `json:"id" minLength:"1" maxLength:"32"`
}

func (s *Server) withdraw(ctx context.Context, c call, in *withdrawInput) (TeamAnswer, error) {
	err := s.db.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		open, err := team.Invitations(ctx, tx, s.now())
		if err != nil {
			return err
		}
		at := slices.IndexFunc(open, func(i team.Invitation) bool { return signInID(i.TokenHash) == in.Body.ID })
		if at < 0 {
			return community.Errorf(community.NotFound, "there is no such invitation").WithHint("it may have been used")
		}
		if _, err := team.TakeInvitation(ctx, tx, open[at].TokenHash); err != nil {
			return err
		}
		return s.audited(ctx, tx, c.community.ID, c.visitor.staff.ID, "staff.withdraw", open[at].Name, nil, nil)
	})
	if err != nil {
		return TeamAnswer{}, err
	}
	return s.team(ctx, c, nil)
}

type lookInput struct{ Body LookInput }

// LookInput is the token of a link.
type LookInput struct {
	Token string `json:"token" minLength:"1" maxLength:"200"`
}

// InvitedAnswer says what a link is for.
type InvitedAnswer struct {
	Name   string `json:"name"`
	Role   string `json:"role"`
	Reset  bool   `json:"reset" doc:"it sets a new password; the name stays"`
	Expiry int64  `json:"expires_at"`
}

func (s *Server) lookAtInvitation(ctx context.Context, _ call, in *lookInput) (InvitedAnswer, error) {
	from := requestOf(ctx).from
	if wait := s.throttle.begin("join", from, s.now()); wait > 0 {
		return InvitedAnswer{}, throttled(wait)
	}
	var i team.Invitation
	err := s.db.Read(ctx, func(q store.Querier) (err error) {
		i, err = team.FindInvitation(ctx, q, hashOf(in.Body.Token), s.now())
		return err
	})
	if err != nil {
		return InvitedAnswer{}, err
	}
	s.throttle.succeed("join", from)
	return InvitedAnswer{i.Name, i.Role, i.Staff != 0, i.ExpiresAt.UnixMilli()}, nil
}

type joinInput struct{ Body JoinInput }

// JoinInput uses a link.
type JoinInput struct {
	Token    string `json:"token" minLength:"1" maxLength:"200"`
	Name     string `json:"name,omitempty" maxLength:"64" doc:"to sign in with; of somebody new"`
	Password string `json:"password" minLength:"10" maxLength:"256"`
}

// join makes a member of staff of whoever holds an invitation, or gives one a
// new password. Who has a second factor signs in with it afterwards.
func (s *Server) join(ctx context.Context, _ call, in *joinInput) (*sessionOutput, error) {
	r := requestOf(ctx)
	if wait := s.throttle.begin("join", r.from, s.now()); wait > 0 {
		return nil, throttled(wait)
	}
	hash := hashOf(in.Body.Token)
	var i team.Invitation
	if err := s.db.Read(ctx, func(q store.Querier) (err error) {
		i, err = team.FindInvitation(ctx, q, hash, s.now())
		return err
	}); err != nil {
		return nil, err
	}
	m := team.Staff{Name: strings.TrimSpace(in.Body.Name), Role: i.Role, Groups: i.Groups, CreatedAt: s.now()}
	if i.Staff == 0 && m.Name == "" {
		return nil, community.Errorf(community.Invalid, "the name is empty").WithHint("choose a name to sign in with")
	}
	if err := s.hashing.do(ctx, func() { m.Password = HashPassword(in.Body.Password) }); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	var cookie http.Cookie
	err := s.db.Write(ctx, func(tx *store.Tx) (err error) {
		took, err := team.TakeInvitation(ctx, tx, hash)
		if err != nil {
			return err
		}
		if !took {
			return community.Errorf(community.Conflict, "the invitation was used just now").WithHint("ask for a new one")
		}
		act := "staff.join"
		if i.Staff != 0 {
			act = "password.reset"
			if err := team.SetPassword(ctx, tx, i.Staff, m.Password); err != nil {
				return err
			}
			if m, err = team.ByID(ctx, tx, i.Staff); err != nil {
				return err
			}
		} else if m.ID, err = team.Add(ctx, tx, m); err != nil {
			return err
		}
		if m.Second == "" && m.DisabledAt.IsZero() {
			if cookie, err = s.newSession(ctx, tx, m.ID, r); err != nil {
				return err
			}
		}
		return s.audited(ctx, tx, community.DefaultID, m.ID, act, "staff/"+itoa(int64(m.ID)), nil, map[string]any{"role": m.Role})
	})
	if err != nil {
		return nil, err
	}
	s.throttle.succeed("join", r.from)
	if cookie.Value == "" {
		return &sessionOutput{http.Cookie{}, s.sessionAnswer(team.Staff{})}, nil
	}
	return &sessionOutput{cookie, s.sessionAnswer(m)}, nil
}

type changeStaffInput struct {
	InStaff
	Body ChangeStaffInput
}

// ChangeStaffInput changes a member of staff. What is left out stays.
type ChangeStaffInput struct {
	Role     string               `json:"role,omitempty" enum:"owner,lead,operator,moderator,analyst,viewer"`
	Groups   *[]community.GroupID `json:"groups,omitempty" maxItems:"2000" uniqueItems:"true" doc:"nothing outside of these; empty: all groups. An owner sees all"`
	Disabled *bool                `json:"disabled,omitempty" doc:"true: may sign in no longer, and is signed out everywhere"`
}

func (s *Server) changeStaff(ctx context.Context, c call, in *changeStaffInput) (TeamAnswer, error) {
	var limits []community.GroupID
	var err error
	if in.Body.Groups != nil {
		if limits, err = s.limits(ctx, c.community.ID, in.Body.Role, *in.Body.Groups); err != nil {
			return TeamAnswer{}, err
		}
	}
	err = s.db.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		was, err := team.ByID(ctx, tx, in.Staff)
		if err != nil {
			return err
		}
		now := was
		now.Role = cmp.Or(in.Body.Role, was.Role)
		if now.Role == "owner" {
			now.Groups = nil
		} else if in.Body.Groups != nil {
			now.Groups = limits
		}
		if now.Role != was.Role || !slices.Equal(now.Groups, was.Groups) {
			if err := team.SetRole(ctx, tx, was.ID, now.Role, now.Groups); err != nil {
				return err
			}
		}
		if d := in.Body.Disabled; d != nil && *d != !was.DisabledAt.IsZero() {
			if now.DisabledAt = (time.Time{}); *d {
				now.DisabledAt = s.now()
				err = team.Disable(ctx, tx, was.ID, now.DisabledAt)
			} else {
				err = team.Enable(ctx, tx, was.ID)
			}
			if err != nil {
				return err
			}
		}
		if n, err := team.Owners(ctx, tx); err != nil {
			return err
		} else if n == 0 {
			return community.Errorf(community.Conflict, "somebody has to be owner").WithHint("make somebody else owner first")
		}
		state := func(m team.Staff) any {
			return map[string]any{"role": m.Role, "groups": m.Groups, "disabled": !m.DisabledAt.IsZero()}
		}
		return s.audited(ctx, tx, c.community.ID, c.visitor.staff.ID, "staff.change", was.Name, state(was), state(now))
	})
	if err != nil {
		return TeamAnswer{}, err
	}
	return s.team(ctx, c, nil)
}

func (s *Server) dropSecondOf(ctx context.Context, c call, in *inStaffInput) (TeamAnswer, error) {
	err := s.db.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		if err := team.SetSecond(ctx, tx, in.Staff, "", nil); err != nil {
			return err
		}
		if err := team.RevokeAll(ctx, tx, in.Staff); err != nil {
			return err
		}
		return s.audited(ctx, tx, c.community.ID, c.visitor.staff.ID, "second_factor.drop", "staff/"+itoa(int64(in.Staff)), nil, nil)
	})
	if err != nil {
		return TeamAnswer{}, err
	}
	return s.team(ctx, c, nil)
}

type makeKeyInput struct {
	InCommunity
	Body MakeKeyInput
}

// MakeKeyInput is a key to be made. It acts in the name of who makes it.
type MakeKeyInput struct {
	Name   string   `json:"name" minLength:"1" maxLength:"64" doc:"which program it is for"`
	Scopes []string `json:"scopes" minItems:"1" maxItems:"20" enum:"read,import,act,manage,audit,moderation.view,moderation.judge,moderation.rules,points.give,export.run,export.manage"`
	Days   int      `json:"days" minimum:"1" maximum:"3650" doc:"until it expires"`
}

// KeyAnswer is a new key.
type KeyAnswer struct {
	Key  string  `json:"key" doc:"goes as Authorization: Bearer …; shown this once"`
	View KeyView `json:"view"`
}

func (s *Server) makeKey(ctx context.Context, c call, in *makeKeyInput) (KeyAnswer, error) {
	if c.visitor.key != 0 {
		return KeyAnswer{}, community.Errorf(community.Forbidden, "a key cannot make keys").WithHint("sign in")
	}
	slices.Sort(in.Body.Scopes)
	key := keyPrefix + rand.Text()
	k := team.APIKey{Hash: hashOf(key), Staff: c.visitor.staff.ID, Name: strings.TrimSpace(in.Body.Name), Scopes: slices.Compact(in.Body.Scopes),
		CreatedAt: s.now(), ExpiresAt: s.now().AddDate(0, 0, in.Body.Days)}
	err := s.db.Write(context.WithoutCancel(ctx), func(tx *store.Tx) (err error) {
		if k.ID, err = team.AddKey(ctx, tx, k); err != nil {
			return err
		}
		return s.audited(ctx, tx, c.community.ID, c.visitor.staff.ID, "key.make", k.Name, nil, map[string]any{"scopes": k.Scopes, "days": in.Body.Days})
	})
	return KeyAnswer{key, keyView(k)}, err
}

type inKey struct {
	InCommunity
	Key int64 `path:"key" minimum:"1"`
}

func (s *Server) revokeKey(ctx context.Context, c call, in *inKey) (TeamAnswer, error) {
	err := s.db.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		if err := team.RevokeKey(ctx, tx, in.Key, s.now()); err != nil {
			return err
		}
		return s.audited(ctx, tx, c.community.ID, c.visitor.staff.ID, "key.revoke", "key/"+itoa(in.Key), nil, nil)
	})
	if err != nil {
		return TeamAnswer{}, err
	}
	return s.team(ctx, c, nil)
}

// visitorByKey finds in whose name a program calls.
func (s *Server) visitorByKey(ctx context.Context, key string) (visitor, error) {
	wrong := newProblem(http.StatusUnauthorized, "the key is not valid", "it may have expired or been revoked: make a new one")
	if !strings.HasPrefix(key, keyPrefix) || len(key) > 64 {
		return visitor{}, wrong
	}
	var k team.APIKey
	var m team.Staff
	now := s.now()
	err := s.db.Read(ctx, func(q store.Querier) (err error) {
		k, m, err = team.FindKey(ctx, q, hashOf(key), now)
		return err
	})
	if community.CodeOf(err) == community.NotFound {
		return visitor{}, wrong
	}
	if err != nil {
		return visitor{}, err
	}
	if now.Sub(k.SeenAt) >= keyTouch {
		if err := s.db.Write(ctx, func(tx *store.Tx) error { return team.KeySeen(ctx, tx, k.ID, now) }); err != nil {
			return visitor{}, err
		}
	}
	return visitor{staff: m, key: k.ID, scopes: k.Scopes}, nil
}

// AuditAnswer is a page of the audit.
type AuditAnswer struct {
	Answer
	Page
	Entries []AuditEntry `json:"entries"`
}

// AuditEntry is one change.
type AuditEntry struct {
	ID      int64             `json:"id"`
	At      int64             `json:"at"`
	Staff   community.StaffID `json:"staff" doc:"0: the machine"`
	Name    string            `json:"name" doc:"of the member of staff"`
	Act     string            `json:"act" example:"setting.save"`
	Subject string            `json:"subject"`
	Before  json.RawMessage   `json:"before,omitempty"`
	After   json.RawMessage   `json:"after,omitempty"`
}

// AuditInput narrows the audit.
type AuditInput struct {
	InCommunity
	Staff  community.StaffID `query:"staff" minimum:"0"`
	Act    string            `query:"act" maxLength:"64" doc:"whole, or its first word"`
	Text   string            `query:"q" maxLength:"100" doc:"in the subject, before or after"`
	From   int64             `query:"from" minimum:"0" doc:"milliseconds"`
	To     int64             `query:"to" minimum:"0" doc:"not included"`
	Cursor string            `query:"cursor" maxLength:"200" doc:"next of the page before"`
	Limit  int               `query:"limit" default:"50" minimum:"1" maximum:"200"`
}

func (in *AuditInput) filter() team.Filter {
	f := team.Filter{Staff: in.Staff, Act: in.Act, Text: in.Text, Limit: in.Limit}
	if in.From > 0 {
		f.From = time.UnixMilli(in.From)
	}
	if in.To > 0 {
		f.To = time.UnixMilli(in.To)
	}
	return f
}

func (s *Server) auditList(ctx context.Context, c call, in *AuditInput) (a AuditAnswer, err error) {
	f := in.filter()
	f.Limit = 0 // pages of one list may differ in length
	seal := sealOf("audit", c.community.ID, f)
	after, err := openCursor(in.Cursor, seal)
	if err != nil {
		return a, err
	}
	if a.Answer, err = s.asOf(ctx, c); err != nil {
		return a, err
	}
	f.Before, f.Limit = after.ID, in.Limit+1
	a.Entries, err = s.auditPage(ctx, c.community.ID, f)
	if len(a.Entries) > in.Limit {
		a.Entries = a.Entries[:in.Limit]
		a.Next = writeCursor(Place{ID: a.Entries[in.Limit-1].ID}, seal)
	}
	return a, err
}

func (s *Server) auditPage(ctx context.Context, c community.ID, f team.Filter) (views []AuditEntry, err error) {
	err = s.db.Read(ctx, func(q store.Querier) error {
		entries, err := team.Audit(ctx, q, c, f)
		if err != nil {
			return err
		}
		everybody, err := team.All(ctx, q)
		names := map[community.StaffID]string{}
		for _, m := range everybody {
			names[m.ID] = m.Name
		}
		for _, e := range entries {
			views = append(views, AuditEntry{e.ID, e.At.UnixMilli(), e.Staff, names[e.Staff], e.Act, e.Subject, raw(e.Before), raw(e.After)})
		}
		return err
	})
	return views, err
}

// raw is JSON as it was kept; what is none is shown as text.
func raw(text string) json.RawMessage {
	if text == "" || json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	quoted, err := json.Marshal(text)
	if err != nil {
		return nil
	}
	return quoted
}

func (s *Server) auditFile(ctx context.Context, c call, in *AuditInput) (stream, error) {
	f := in.filter()
	f.Limit = 500
	first, err := s.auditPage(ctx, c.community.ID, f)
	if err != nil {
		return nil, err
	}
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="audit.csv"`)
		_, _ = w.Write([]byte("\ufeff")) // spreadsheets need it to see UTF-8
		out := csv.NewWriter(w)
		out.Write([]string{"id", "at", "staff", "name", "act", "subject", "before", "after"})
		for page := first; len(page) > 0; {
			for _, e := range page {
				out.Write([]string{itoa(e.ID), time.UnixMilli(e.At).In(c.community.Zone).Format(time.RFC3339), itoa(int64(e.Staff)), transcript.GuardCell(e.Name), e.Act,
					transcript.GuardCell(e.Subject), transcript.GuardCell(string(e.Before)), transcript.GuardCell(string(e.After))})
			}
			if out.Flush(); out.Error() != nil {
				return // the client has gone
			}
			f.Before = page[len(page)-1].ID
			if page, err = s.auditPage(r.Context(), c.community.ID, f); err != nil {
				s.log.Error("the export of the audit broke off", "err", err)
				panic(http.ErrAbortHandler) // a file that is cut must not look whole
			}
		}
	}, nil
}

// audited notes a change in the transaction that makes it.
func (s *Server) audited(ctx context.Context, tx *store.Tx, c community.ID, by community.StaffID, act, subject string, before, after any) error {
	text := func(v any) (string, error) {
		if v == nil {
			return "", nil
		}
		b, err := json.Marshal(v)
		return string(b), err
	}
	was, err := text(before)
	if err != nil {
		return err
	}
	is, err := text(after)
	if err != nil {
		return err
	}
	// Entries are numbered one after the other, under the lock of the log's row.
	if _, err := tx.ExecContext(ctx, `UPDATE log SET community_id = community_id WHERE community_id = $1`, int64(c)); err != nil {
		return err
	}
	_, err = team.Note(ctx, tx, team.Entry{Community: c, At: s.now(), Staff: by, Act: act, Subject: subject, Before: was, After: is})
	return err
}
