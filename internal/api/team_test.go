package api

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"qunying/internal/seal"
)

const inDefault = root + "/communities/default"

// withSealer gives the server a key file.
func withSealer(t *testing.T) func(*Options) {
	keys, err := seal.Open(t.TempDir() + "/secret.key")
	if err != nil {
		t.Fatal(err)
	}
	return func(o *Options) { o.Sealer = keys }
}

func TestInvitationsLetPeopleInOnce(t *testing.T) {
	s := newStand(t, sqlite(t))
	owner := s.as("owner")
	var link LinkAnswer
	owner.do("POST", inDefault+"/invitations", InviteInput{Name: "小红", Role: "operator"}).want(http.StatusOK).read(&link)
	token, ok := strings.CutPrefix(link.Path, "/join?token=")
	if !ok {
		t.Fatal(link.Path)
	}
	var team TeamAnswer
	owner.do("GET", inDefault+"/team", nil).want(http.StatusOK).read(&team)
	if len(team.Invitations) != 1 || team.Invitations[0].Name != "小红" || len(team.Staff) != 1 || !team.Staff[0].SignIns[0].CreatedAtIs(s.clock.now()) {
		t.Errorf("%+v", team)
	}
	new := s.browser()
	var what InvitedAnswer
	new.do("POST", root+"/join/look", LookInput{Token: token}).want(http.StatusOK).read(&what)
	if what.Role != "operator" || what.Reset {
		t.Errorf("%+v", what)
	}
	new.do("POST", root+"/join", JoinInput{Token: token, Password: "a long password"}).problem(http.StatusUnprocessableEntity, "invalid")
	var in SessionAnswer
	new.do("POST", root+"/join", JoinInput{Token: token, Name: "红", Password: "a long password"}).want(http.StatusOK).read(&in)
	if in.Staff == nil || in.Staff.Role != "operator" || in.Staff.Name != "红" {
		t.Fatalf("%+v", in)
	}
	new.do("GET", inDefault+"/groups", nil).want(http.StatusOK)
	new.do("GET", inDefault+"/team", nil).problem(http.StatusForbidden, "forbidden")
	s.browser().do("POST", root+"/join", JoinInput{Token: token, Name: "again", Password: "a long password"}).problem(http.StatusNotFound, "not_found")

	owner.do("POST", inDefault+"/invitations", InviteInput{Name: "later", Role: "viewer"}).want(http.StatusOK).read(&link)
	s.clock.add(inviteTime)
	s.browser().do("POST", root+"/join/look", LookInput{Token: strings.TrimPrefix(link.Path, "/join?token=")}).problem(http.StatusNotFound, "not_found")
}

// CreatedAtIs compares with a time.
func (v SignInView) CreatedAtIs(at time.Time) bool { return v.CreatedAt == at.UnixMilli() }

func TestSomebodyStaysOwner(t *testing.T) {
	s := newStand(t, sqlite(t))
	owner := s.as("owner")
	off := true
	owner.do("PATCH", inDefault+"/staff/1", ChangeStaffInput{Role: "viewer"}).problem(http.StatusConflict, "conflict")
	owner.do("PATCH", inDefault+"/staff/1", ChangeStaffInput{Disabled: &off}).problem(http.StatusConflict, "conflict")
	viewer := s.as("viewer")
	owner.do("PATCH", inDefault+"/staff/2", ChangeStaffInput{Role: "lead"}).want(http.StatusOK)
	viewer.do("GET", inDefault+"/audit", nil).want(http.StatusOK) // the new role holds at once
	owner.do("PATCH", inDefault+"/staff/2", ChangeStaffInput{Disabled: &off}).want(http.StatusOK)
	viewer.do("GET", inDefault+"/groups", nil).problem(http.StatusUnauthorized, "unauthorized")
	owner.do("PATCH", inDefault+"/staff/9", ChangeStaffInput{Role: "lead"}).problem(http.StatusNotFound, "not_found")
	var a AuditAnswer
	owner.do("GET", inDefault+"/audit?act=staff&limit=1", nil).want(http.StatusOK).read(&a)
	if len(a.Entries) != 1 || a.Next == "" || string(a.Entries[0].After) != `{"disabled":true,"groups":null,"role":"lead"}` || a.Entries[0].Name != "a owner" {
		t.Errorf("%+v", a)
	}
	owner.do("GET", inDefault+"/audit?act=staff&cursor="+a.Next, nil).want(http.StatusOK).read(&a)
	if len(a.Entries) != 1 || string(a.Entries[0].Before) != `{"disabled":false,"groups":null,"role":"viewer"}` {
		t.Errorf("%+v", a)
	}
	owner.do("GET", inDefault+"/people/1/export", nil).want(http.StatusOK)
	owner.do("GET", inDefault+"/audit?act=person", nil).want(http.StatusOK).read(&a)
	if len(a.Entries) != 1 || a.Entries[0].Act != "person.export" || a.Entries[0].Subject != "person/1" {
		t.Errorf("who took out what is on file of somebody is not known: %+v", a.Entries)
	}
	csv := string(owner.do("GET", inDefault+"/audit.csv", nil).want(http.StatusOK).Body)
	if strings.Count(csv, "\n") != 4 || !strings.HasPrefix(csv, "\ufeffid,at,staff") {
		t.Error(csv)
	}
}

func TestSecondFactor(t *testing.T) {
	s := newStand(t, sqlite(t), withSealer(t))
	b := s.as("owner")
	code := func(secret string) string {
		c, err := totp.GenerateCodeCustom(secret, s.clock.now(), totp.ValidateOpts{Period: 30, Digits: otp.DigitsSix})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	b.do("POST", root+"/account/second-factor", BeginSecondInput{"wrong password"}).problem(http.StatusForbidden, "forbidden")
	var begun SecondAnswer
	b.do("POST", root+"/account/second-factor", BeginSecondInput{rightPassword}).want(http.StatusOK).read(&begun)
	if !strings.HasPrefix(begun.URL, "otpauth://totp/") || strings.Contains(begun.Token, begun.Secret) {
		t.Errorf("%+v", begun)
	}
	b.do("PUT", root+"/account/second-factor", ConfirmSecondInput{begun.Token, "000000"}).problem(http.StatusUnprocessableEntity, "invalid")
	var recovery RecoveryAnswer
	b.do("PUT", root+"/account/second-factor", ConfirmSecondInput{begun.Token, code(begun.Secret)}).want(http.StatusOK).read(&recovery)
	if len(recovery.Codes) != recoveryCodes {
		t.Fatalf("%+v", recovery)
	}
	s.clock.add(time.Minute)
	signIn := func(code string) *reply {
		s.clock.add(time.Minute) // the throttle counts failures
		return s.browser().do("POST", root+"/session", SignInInput{Name: "a owner", Password: rightPassword, Code: code})
	}
	signIn("").problem(http.StatusUnauthorized, "second_factor")
	signIn("123456").problem(http.StatusUnauthorized, "second_factor")
	s.clock.add(time.Minute)
	now := code(begun.Secret)
	s.browser().do("POST", root+"/session", SignInInput{Name: "a owner", Password: rightPassword, Code: now}).want(http.StatusOK)
	s.browser().do("POST", root+"/session", SignInInput{Name: "a owner", Password: rightPassword, Code: now}).problem(http.StatusUnauthorized, "second_factor")
	signIn(strings.ToUpper(recovery.Codes[3])).want(http.StatusOK)
	signIn(recovery.Codes[3]).problem(http.StatusUnauthorized, "second_factor")
	var a AccountAnswer
	b.do("GET", root+"/account", nil).want(http.StatusOK).read(&a)
	if !a.Second || a.Recovery != recoveryCodes-1 || len(a.SignIns) != 3 {
		t.Errorf("%+v", a)
	}
	b.do("POST", root+"/account/sign-ins/end", EndSignInsInput{}).want(http.StatusOK).read(&a)
	if len(a.SignIns) != 1 || !a.SignIns[0].Here {
		t.Errorf("%+v", a.SignIns)
	}
	b.do("POST", root+"/account/second-factor/drop", BeginSecondInput{rightPassword}).want(http.StatusOK)
	signIn("").want(http.StatusOK)
}

func TestOwnPassword(t *testing.T) {
	s := newStand(t, sqlite(t))
	b := s.as("owner")
	other := s.browser()
	other.do("POST", root+"/session", SignInInput{Name: "a owner", Password: rightPassword}).want(http.StatusOK)
	b.do("POST", root+"/account/password", PasswordInput{"wrong", "another long one"}).problem(http.StatusForbidden, "forbidden")
	b.do("POST", root+"/account/password", PasswordInput{rightPassword, "another long one"}).want(http.StatusOK)
	b.do("GET", root+"/account", nil).want(http.StatusOK)
	other.do("GET", root+"/account", nil).problem(http.StatusUnauthorized, "unauthorized")
	var link LinkAnswer
	b.do("POST", inDefault+"/staff/1/password-link", struct{}{}).want(http.StatusOK).read(&link)
	token := strings.TrimPrefix(link.Path, "/join?token=")
	var in SessionAnswer
	s.browser().do("POST", root+"/join", JoinInput{Token: token, Password: "the third long one"}).want(http.StatusOK).read(&in)
	if in.Staff == nil || in.Staff.ID != 1 {
		t.Errorf("%+v", in)
	}
	b.do("GET", root+"/account", nil).problem(http.StatusUnauthorized, "unauthorized")
}

func TestKeys(t *testing.T) {
	s := newStand(t, sqlite(t))
	b := s.as("owner")
	b.do("POST", inDefault+"/keys", MakeKeyInput{Name: "all", Scopes: []string{"staff"}, Days: 1}).problem(http.StatusUnprocessableEntity, "invalid")
	var k KeyAnswer
	offered, asked := []string{}, reflect.TypeFor[MakeKeyInput]()
	for _, p := range scopes {
		offered = append(offered, string(p))
	}
	if f, _ := asked.FieldByName("Scopes"); f.Tag.Get("enum") != strings.Join(offered, ",") {
		t.Errorf("%s can be asked for, %v is offered", f.Tag.Get("enum"), offered)
	}
	b.do("POST", inDefault+"/keys", MakeKeyInput{Name: "report", Scopes: []string{"read"}, Days: 1}).want(http.StatusOK).read(&k)
	program := s.browser()
	as := func(key string) []string { return []string{"Authorization", "Bearer " + key} }
	program.do("GET", inDefault+"/groups", nil, as(k.Key)...).want(http.StatusOK)
	program.do("GET", inDefault+"/team", nil, as(k.Key)...).problem(http.StatusForbidden, "forbidden")
	program.do("GET", root+"/account", nil, as(k.Key)...).problem(http.StatusForbidden, "forbidden")
	program.do("GET", inDefault+"/groups", nil, as(k.Key+"x")...).problem(http.StatusUnauthorized, "unauthorized")
	var team TeamAnswer
	b.do("GET", inDefault+"/team", nil).want(http.StatusOK).read(&team)
	if len(team.Keys) != 1 || team.Keys[0].SeenAt == 0 || team.Keys[0].Name != "report" {
		t.Errorf("%+v", team.Keys)
	}
	if strings.Contains(s.log.String(), k.Key) {
		t.Error("the key is in the log")
	}
	b.do("DELETE", inDefault+"/keys/1", nil).want(http.StatusOK)
	program.do("GET", inDefault+"/groups", nil, as(k.Key)...).problem(http.StatusUnauthorized, "unauthorized")
	b.do("POST", inDefault+"/keys", MakeKeyInput{Name: "report", Scopes: []string{"read"}, Days: 1}).want(http.StatusOK).read(&k)
	s.clock.add(25 * time.Hour)
	program.do("GET", inDefault+"/groups", nil, as(k.Key)...).problem(http.StatusUnauthorized, "unauthorized")
}
