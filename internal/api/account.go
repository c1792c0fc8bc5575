package api

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"qunying/community"
	"qunying/internal/store"
	"qunying/internal/store/team"
)

// Sealer keeps secrets at rest: seal.Sealer.
type Sealer interface {
	Seal(text, where string) string
	Unseal(sealed, where string) (string, error)
}

const (
	secondIssuer  = "Qunying 群英"
	secondPeriod  = 30 // seconds of a step, as every app assumes (RFC 6238)
	secondBegun   = 15 * time.Minute
	recoveryCodes = 10
)

// AccountAnswer is my account.
type AccountAnswer struct {
	Staff    StaffView    `json:"staff"`
	Second   bool         `json:"second_factor" doc:"a code is asked for when signing in"`
	Recovery int          `json:"recovery_codes" doc:"that are left"`
	SignIns  []SignInView `json:"sign_ins" doc:"the last used first"`
}

// SignInView is a browser that is signed in.
type SignInView struct {
	ID        string `json:"id"`
	Here      bool   `json:"here" doc:"the one that asks"`
	Agent     string `json:"agent" doc:"the browser's own name"`
	Address   string `json:"address"`
	CreatedAt int64  `json:"created_at"`
	SeenAt    int64  `json:"seen_at"`
	ExpiresAt int64  `json:"expires_at"`
}

func (s *Server) account(ctx context.Context, c call, _ *nothing) (AccountAnswer, error) {
	var a AccountAnswer
	err := s.db.Read(ctx, func(q store.Querier) error {
		m, err := team.ByID(ctx, q, c.visitor.staff.ID)
		if err != nil {
			return err
		}
		a = AccountAnswer{Staff: staffView(m), Second: m.Second != "", Recovery: len(m.Recovery)}
		a.SignIns, err = s.signInsOf(ctx, q, m.ID, c.visitor.token)
		return err
	})
	return a, err
}

func (s *Server) signInsOf(ctx context.Context, q store.Querier, id community.StaffID, here []byte) ([]SignInView, error) {
	all, err := team.SignIns(ctx, q, id)
	var views []SignInView
	for _, in := range all {
		if in.ExpiresAt.After(s.now()) {
			views = append(views, SignInView{signInID(in.TokenHash), subtle.ConstantTimeCompare(in.TokenHash, here) == 1, in.Agent, in.Address,
				in.CreatedAt.UnixMilli(), in.SeenAt.UnixMilli(), in.ExpiresAt.UnixMilli()})
		}
	}
	return views, err
}

// signInID names a sign-in without betraying the hash that it is looked up by.
func signInID(hash []byte) string { return hex.EncodeToString(hashOf("sign-in " + string(hash)))[:16] }

type passwordInput struct{ Body PasswordInput }

// PasswordInput changes one's password.
type PasswordInput struct {
	Password string `json:"password" minLength:"1" maxLength:"256" doc:"as it is"`
	New      string `json:"new" minLength:"10" maxLength:"256"`
}

func (s *Server) changePassword(ctx context.Context, c call, in *passwordInput) (AccountAnswer, error) {
	m, err := s.confirmed(ctx, c, in.Body.Password)
	if err != nil {
		return AccountAnswer{}, err
	}
	var encoded string
	if err := s.hashing.do(ctx, func() { encoded = HashPassword(in.Body.New) }); err != nil {
		return AccountAnswer{}, err
	}
	r := requestOf(ctx)
	err = s.db.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		all, err := team.SignIns(ctx, tx, m.ID)
		if err != nil {
			return err
		}
		if err := team.SetPassword(ctx, tx, m.ID, encoded); err != nil {
			return err
		}
		for _, one := range all { // every other sign-in has ended with the old password
			if subtle.ConstantTimeCompare(one.TokenHash, c.visitor.token) == 1 {
				one.Address = r.from.String()
				if err := team.AddSignIn(ctx, tx, one); err != nil {
					return err
				}
			}
		}
		return s.noteSelf(ctx, tx, c, "password.change")
	})
	if err != nil {
		return AccountAnswer{}, err
	}
	return s.account(ctx, c, nil)
}

// confirmed asks for the password again before something that a stranger at an
// open browser must not do. It slows guessing down as signing in does.
func (s *Server) confirmed(ctx context.Context, c call, password string) (team.Staff, error) {
	var m team.Staff
	if err := s.db.Read(ctx, func(q store.Querier) (err error) {
		m, err = team.ByID(ctx, q, c.visitor.staff.ID)
		return err
	}); err != nil {
		return m, err
	}
	from := requestOf(ctx).from
	if wait := s.throttle.begin(m.Name, from, s.now()); wait > 0 {
		return m, throttled(wait)
	}
	var right bool
	var checked error
	if err := s.hashing.do(ctx, func() { right, checked = checkPassword(m.Password, password) }); err != nil {
		return m, err
	}
	if checked != nil {
		return m, checked
	}
	if !right {
		return m, community.Errorf(community.Forbidden, "the password is wrong").WithHint("it is the one that you sign in with")
	}
	s.throttle.succeed(m.Name, from)
	return m, nil
}

type beginSecondInput struct{ Body BeginSecondInput }

// BeginSecondInput asks for a second factor.
type BeginSecondInput struct {
	Password string `json:"password" minLength:"1" maxLength:"256"`
}

// SecondAnswer is what an app for second factors needs.
type SecondAnswer struct {
	URL    string `json:"url" doc:"otpauth://…, as a QR code"`
	Secret string `json:"secret" doc:"to type in where no code can be scanned"`
	Token  string `json:"token" doc:"goes back with the first code, within 15 minutes"`
}

// begunSecond is what the token holds, sealed.
type begunSecond struct {
	Secret string            `json:"secret"`
	Staff  community.StaffID `json:"staff"`
	Until  int64             `json:"until"` // ms
}

func (s *Server) beginSecond(ctx context.Context, c call, in *beginSecondInput) (SecondAnswer, error) {
	if s.options.Sealer == nil {
		return SecondAnswer{}, community.Errorf(community.Unsupported, "this server has no key file to keep second factors with")
	}
	m, err := s.confirmed(ctx, c, in.Body.Password)
	if err != nil {
		return SecondAnswer{}, err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: secondIssuer, AccountName: m.Name, Period: secondPeriod, SecretSize: 20})
	if err != nil {
		return SecondAnswer{}, err
	}
	text, err := json.Marshal(begunSecond{key.Secret(), m.ID, s.now().Add(secondBegun).UnixMilli()})
	if err != nil {
		return SecondAnswer{}, err
	}
	return SecondAnswer{key.URL(), key.Secret(), s.options.Sealer.Seal(string(text), "second factor, begun")}, nil
}

type confirmSecondInput struct{ Body ConfirmSecondInput }

// ConfirmSecondInput proves that the app has the secret.
type ConfirmSecondInput struct {
	Token string `json:"token" minLength:"1" maxLength:"2000"`
	Code  string `json:"code" minLength:"6" maxLength:"10"`
}

// RecoveryAnswer are codes that stand in for a lost app.
type RecoveryAnswer struct {
	Codes []string `json:"codes" doc:"each works once; they are shown this once"`
}

func (s *Server) confirmSecond(ctx context.Context, c call, in *confirmSecondInput) (RecoveryAnswer, error) {
	var begun begunSecond
	late := community.Errorf(community.Invalid, "this took too long, or belongs to somebody else").WithHint("begin again")
	if s.options.Sealer == nil {
		return RecoveryAnswer{}, late
	}
	text, err := s.options.Sealer.Unseal(in.Body.Token, "second factor, begun")
	if err != nil || json.Unmarshal([]byte(text), &begun) != nil || begun.Staff != c.visitor.staff.ID || s.now().UnixMilli() > begun.Until {
		return RecoveryAnswer{}, late
	}
	step := stepOf(begun.Secret, in.Body.Code, s.now())
	if step == 0 {
		return RecoveryAnswer{}, community.Errorf(community.Invalid, "the code is wrong").WithHint("scan the picture again; the clock of the phone must be right")
	}
	var a RecoveryAnswer
	var hashes []string
	for range recoveryCodes {
		code := strings.ToLower(rand.Text()[:12])
		a.Codes = append(a.Codes, code[:4]+"-"+code[4:8]+"-"+code[8:])
		hashes = append(hashes, hex.EncodeToString(hashOf(code)))
	}
	err = s.db.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		sealed := s.options.Sealer.Seal(begun.Secret, secondPlace(begun.Staff))
		if err := team.SetSecond(ctx, tx, begun.Staff, sealed, hashes); err != nil {
			return err
		}
		if _, err := team.UseStep(ctx, tx, begun.Staff, step); err != nil {
			return err
		}
		return s.noteSelf(ctx, tx, c, "second_factor.on")
	})
	return a, err
}

func secondPlace(id community.StaffID) string { return "second factor of staff " + itoa(int64(id)) }

func (s *Server) dropSecond(ctx context.Context, c call, in *beginSecondInput) (AccountAnswer, error) {
	m, err := s.confirmed(ctx, c, in.Body.Password)
	if err != nil {
		return AccountAnswer{}, err
	}
	if err := s.db.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		if err := team.SetSecond(ctx, tx, m.ID, "", nil); err != nil {
			return err
		}
		return s.noteSelf(ctx, tx, c, "second_factor.off")
	}); err != nil {
		return AccountAnswer{}, err
	}
	return s.account(ctx, c, nil)
}

// askSecond checks the code of somebody whose password was right.
func (s *Server) askSecond(ctx context.Context, m team.Staff, code string) error {
	if m.Second == "" {
		return nil
	}
	wanted := newProblem(http.StatusUnauthorized, "a code of the second factor is needed", "look into the app on your phone")
	wanted.Type = "second_factor"
	code = strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(code))
	if code == "" {
		return wanted
	}
	wanted.Detail, wanted.Hint = "the code is wrong or was used before", "wait for the next code; the clock of the phone must be right"
	if s.options.Sealer == nil {
		return community.Errorf(community.Unavailable, "the second factor cannot be read").WithHint("start the server with its key file")
	}
	secret, err := s.options.Sealer.Unseal(m.Second, secondPlace(m.ID))
	if err != nil {
		return err
	}
	var took bool
	err = s.db.Write(context.WithoutCancel(ctx), func(tx *store.Tx) (err error) {
		if step := stepOf(secret, code, s.now()); step != 0 {
			took, err = team.UseStep(ctx, tx, m.ID, step)
			return err
		}
		hash := hex.EncodeToString(hashOf(code))
		if i := slices.Index(m.Recovery, hash); i >= 0 {
			took, err = team.UseRecovery(ctx, tx, m.ID, m.Recovery, slices.Delete(slices.Clone(m.Recovery), i, i+1))
		}
		return err
	})
	if err == nil && !took {
		return wanted
	}
	return err
}

// stepOf finds the step to which a code belongs, the present one or a neighbour;
// 0: none.
func stepOf(secret, code string, now time.Time) int64 {
	for _, by := range []time.Duration{0, -secondPeriod * time.Second, secondPeriod * time.Second} {
		at := now.Add(by)
		want, err := totp.GenerateCodeCustom(secret, at, totp.ValidateOpts{Period: secondPeriod, Digits: otp.DigitsSix})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return at.Unix() / secondPeriod
		}
	}
	return 0
}

type endSignInsInput struct{ Body EndSignInsInput }

// EndSignInsInput ends sign-ins.
type EndSignInsInput struct {
	ID string `json:"id,omitempty" maxLength:"32" doc:"which; left out: all but this one"`
}

func (s *Server) endSignIns(ctx context.Context, c call, in *endSignInsInput) (AccountAnswer, error) {
	err := s.db.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		all, err := team.SignIns(ctx, tx, c.visitor.staff.ID)
		if err != nil {
			return err
		}
		ended := false
		for _, one := range all {
			here := subtle.ConstantTimeCompare(one.TokenHash, c.visitor.token) == 1
			if in.Body.ID == signInID(one.TokenHash) || in.Body.ID == "" && !here {
				ended = true
				if err := team.Revoke(ctx, tx, one.TokenHash); err != nil {
					return err
				}
			}
		}
		if in.Body.ID != "" && !ended {
			return community.Errorf(community.NotFound, "there is no such sign-in").WithHint("it may have ended already")
		}
		return s.noteSelf(ctx, tx, c, "sign_in.end")
	})
	if err != nil {
		return AccountAnswer{}, err
	}
	return s.account(ctx, c, nil)
}

// noteSelf puts what somebody did to their own account into the audit.
func (s *Server) noteSelf(ctx context.Context, tx *store.Tx, c call, act string) error {
	return s.audited(ctx, tx, community.DefaultID, c.visitor.staff.ID, act, "staff/"+itoa(int64(c.visitor.staff.ID)), nil, nil)
}
