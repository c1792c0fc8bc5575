package engine

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/sim"
	"qunying/internal/seal"
	"qunying/internal/store"
	"qunying/internal/store/team"
)

// postOffice is a mail server that says what it got.
type postOffice struct {
	mu     sync.Mutex
	refuse bool
	never  string   // whose letters are refused, "" nobody's
	got    []string // whole sessions
}

func openPostOffice(t *testing.T) (*postOffice, int) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &postOffice{}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { p.serve(c) })
		}
	})
	t.Cleanup(func() {
		ln.Close()
		wg.Wait()
	})
	return p, ln.Addr().(*net.TCPAddr).Port
}

func (p *postOffice) serve(c net.Conn) {
	defer c.Close()
	var session strings.Builder
	fmt.Fprint(c, "220 post\r\n")
	in := bufio.NewScanner(c)
	data := false
	for in.Scan() {
		line := in.Text()
		session.WriteString(line + "\n")
		word, _, _ := strings.Cut(strings.ToUpper(line), " ")
		p.mu.Lock()
		refuse := p.refuse || p.never != "" && strings.Contains(line, p.never)
		p.mu.Unlock()
		switch {
		case data && line != ".":
			continue
		case data:
			data = false
			p.mu.Lock()
			p.got = append(p.got, session.String())
			p.mu.Unlock()
			fmt.Fprint(c, "250 taken\r\n")
		case word == "RCPT" && refuse:
			fmt.Fprint(c, "550 5.7.1 not from here\r\n")
		case word == "EHLO":
			fmt.Fprint(c, "250-post\r\n250 8BITMIME\r\n")
		case word == "DATA":
			data = true
			fmt.Fprint(c, "354 go on\r\n")
		case word == "QUIT":
			fmt.Fprint(c, "221 bye\r\n")
			return
		default:
			fmt.Fprint(c, "250 ok\r\n")
		}
	}
}

func (p *postOffice) refusing(r bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = r
}

func (p *postOffice) letters() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.got...)
}

func TestAlertsGoOutByMail(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		office, port := openPostOffice(t)
		w.ready(sim.FullCapabilities())
		if err := w.db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := team.Add(t.Context(), tx, team.Staff{Name: "boss", Role: "owner", Password: "x", CreatedAt: w.now()})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		w.typed(0, ContactKey+"1", `{"mail":"boss@example.com"}`)
		server := MailServer{Host: "127.0.0.1", Port: port, Security: NoTLS, From: "qunying@example.com", To: []string{"duty@example.com"}}
		if err := w.e.SaveMailServer(t.Context(), 1, server, 0, 7); err != nil {
			t.Fatal(err)
		}
		mail := func() {
			t.Helper()
			if _, err := w.e.mailStep(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
		}
		w.health(connector.Offline)
		w.watchOnce()
		w.advance(11 * time.Minute)
		w.watchOnce()
		office.refusing(true)
		mail()
		alert := w.firing()[0]
		if alert.MailTries != 1 || !alert.MailDue.Equal(w.now().Add(time.Minute)) || !strings.Contains(alert.MailError, "not from here") {
			t.Fatalf("%+v", alert)
		}
		mail() // not yet
		office.refusing(false)
		w.advance(time.Minute)
		mail()
		mail()
		got := office.letters()
		if len(got) != 1 || !strings.Contains(got[0], "boss@example.com") || !strings.Contains(got[0], "duty@example.com") || !strings.Contains(got[0], "=?UTF-8?") {
			t.Fatalf("%q", got)
		}
		if alert := w.firing()[0]; alert.MailError != "" || !alert.MailDue.IsZero() {
			t.Errorf("%+v", alert)
		}
		w.health(connector.Online)
		w.watchOnce()
		mail()
		if n := len(office.letters()); n != 2 {
			t.Errorf("%d letters after the end of it", n)
		}
		if err := w.e.TryMail(t.Context(), 1, server, "me@example.com"); err != nil || len(office.letters()) != 3 {
			t.Errorf("a letter to try: %v", err)
		}
		office.refusing(true)
		if err := w.e.TryMail(t.Context(), 1, server, "me@example.com"); err == nil || !strings.Contains(err.Error(), "not from here") {
			t.Errorf("a letter that was refused: %v", err)
		}
	})
}

func TestMailServersThatAreWrong(t *testing.T) {
	good := MailServer{Host: "smtp.example.com", Port: 587, Security: StartTLS, From: "a@example.com"}
	for name, spoil := range map[string]func(*MailServer){
		"host":     func(m *MailServer) { m.Host = "http://x" },
		"port":     func(m *MailServer) { m.Port = 0 },
		"security": func(m *MailServer) { m.Security = "maybe" },
		"plain":    func(m *MailServer) { m.Security, m.User = NoTLS, "me" },
		"from":     func(m *MailServer) { m.From = "nobody" },
		"to":       func(m *MailServer) { m.To = []string{"a@example.com\r\nBcc: b@example.com"} },
	} {
		m := good
		spoil(&m)
		if err := m.check(); community.CodeOf(err) != community.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := good.check(); err != nil {
		t.Error(err)
	}
}

// The password stays with the server and the name that it was typed for, and is
// neither told nor kept in the open.
func TestTheMailPasswordIsKept(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		keys, err := seal.Open(filepath.Join(t.TempDir(), "secret.key"))
		if err != nil {
			t.Fatal(err)
		}
		w.e.sealer = keys
		m := MailServer{Host: "smtp.example.com", Port: 587, Security: StartTLS, User: "me", Password: "geheim", From: "a@example.com"}
		if err := w.e.SaveMailServer(t.Context(), 1, m, 0, 7); err != nil {
			t.Fatal(err)
		}
		told, has, version, err := w.e.MailServer(t.Context(), 1)
		if err != nil || !has || told.Password != "" || version != 1 {
			t.Fatalf("%+v, %v, %d, %v", told, has, version, err)
		}
		w.read(func(ctx context.Context, q store.Querier) error {
			s, _, err := store.SettingAt(ctx, q, 1, 0, MailKey, 0)
			if strings.Contains(s.Value, "geheim") {
				t.Errorf("in the open: %s", s.Value)
			}
			return err
		})
		told.Port = 465
		if same, err := w.e.withPassword(t.Context(), 1, told); err != nil || same.Password != "geheim" {
			t.Errorf("%+v, %v", same, err)
		}
		told.Host = "smtp.elsewhere.example"
		if other, err := w.e.withPassword(t.Context(), 1, told); err != nil || other.Password != "" {
			t.Errorf("to another server: %+v, %v", other, err)
		}
	})
}

func TestWhoIsToldByMailInWhichLanguage(t *testing.T) {
	li, wang := StaffContact{"mail": "li@example.com", "language": "en"}, StaffContact{"mail": "wang@example.com"}
	all := map[community.StaffID]StaffContact{1: li, 2: wang, 3: {"mail": "boss@example.com", "language": "zh-CN"}}
	server := MailServer{To: []string{"duty@example.com", "boss@example.com"}}
	for language, want := range map[string]map[string][]string{
		"":   {"zh-CN": {"duty@example.com", "boss@example.com", "wang@example.com"}, "en": {"li@example.com"}},
		"en": {"zh-CN": {"boss@example.com"}, "en": {"duty@example.com", "li@example.com", "wang@example.com"}},
	} {
		server.Language = language
		if got := addressed(server, []StaffContact{li, wang, {"wecom": "x"}}, all); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, want %v", language, got, want)
		}
	}
}

// Each reads an alert in the language of their own, and nobody twice.
func TestAlertsGoOutByMailInEachLanguage(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		office, port := openPostOffice(t)
		w.ready(sim.FullCapabilities())
		people := w.staffNamed("li", "wang")
		w.typed(0, ContactKey+decimal(int64(people[0])), `{"mail":"li@example.com","language":"en"}`)
		w.typed(0, ContactKey+decimal(int64(people[1])), `{"mail":"wang@example.com"}`)
		server := MailServer{Host: "127.0.0.1", Port: port, Security: NoTLS, From: "qunying@example.com"}
		if err := w.e.SaveMailServer(t.Context(), 1, server, 0, 7); err != nil {
			t.Fatal(err)
		}
		w.health(connector.Offline)
		w.watchOnce()
		w.advance(11 * time.Minute)
		w.watchOnce()
		if _, err := w.e.mailStep(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		got := office.letters()
		if len(got) != 2 {
			t.Fatalf("%d letters: %q", len(got), got)
		}
		slices.Sort(got)
		english := slices.IndexFunc(got, func(s string) bool { return strings.Contains(s, "[Alert] Connection") })
		if english < 0 || !strings.Contains(got[english], "li@example.com") || strings.Contains(got[english], "wang@example.com") || !strings.Contains(got[1-english], "wang@example.com") {
			t.Errorf("%q", got)
		}
	})
}

// Where only one language could be sent, the others are not told again with it, and
// the end of the alert is told in all.
func TestARetriedMailRepeatsNoLanguage(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		office, port := openPostOffice(t)
		w.ready(sim.FullCapabilities())
		people := w.staffNamed("li", "wang")
		w.typed(0, ContactKey+decimal(int64(people[0])), `{"mail":"li@example.com","language":"en"}`)
		w.typed(0, ContactKey+decimal(int64(people[1])), `{"mail":"wang@example.com"}`)
		server := MailServer{Host: "127.0.0.1", Port: port, Security: NoTLS, From: "qunying@example.com"}
		if err := w.e.SaveMailServer(t.Context(), 1, server, 0, 7); err != nil {
			t.Fatal(err)
		}
		mail := func() (to [2]int) { // letters to each so far
			t.Helper()
			if _, err := w.e.mailStep(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			for _, letter := range office.letters() {
				for i, who := range []string{"li@", "wang@"} {
					if strings.Contains(letter, who) {
						to[i]++
					}
				}
			}
			return to
		}
		never := func(who string) {
			office.mu.Lock()
			defer office.mu.Unlock()
			office.never = who
		}
		never("li@example.com") // English, which is tried before Chinese
		w.health(connector.Offline)
		w.watchOnce()
		w.advance(11 * time.Minute)
		w.watchOnce()
		if got := mail(); got != [2]int{0, 1} {
			t.Fatalf("letters %v", got)
		}
		w.advance(time.Minute)
		if got := mail(); got != [2]int{0, 1} {
			t.Errorf("tried again: letters %v", got)
		}
		never("")
		w.advance(2 * time.Minute)
		if got := mail(); got != [2]int{1, 1} {
			t.Errorf("when it works again: letters %v", got)
		}
		if a := w.firing()[0]; len(a.MailTold) != 0 || a.MailError != "" || !a.MailDue.IsZero() {
			t.Errorf("%+v", a)
		}
		w.health(connector.Online)
		w.watchOnce()
		if got := mail(); got != [2]int{2, 2} {
			t.Errorf("after the end of it: letters %v", got)
		}
	})
}

// Where staff can be reached is not in the database in the open: neither what is saved
// now nor what was saved before contacts were sealed, and not in the audit either.
func TestContactsOfStaffAreSealed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		keys, err := seal.Open(filepath.Join(t.TempDir(), "secret.key"))
		if err != nil {
			t.Fatal(err)
		}
		w.ready(sim.FullCapabilities())
		if err := w.e.SaveSetting(t.Context(), 1, 0, ContactKey+"5", StaffContact{"wecom": "lisi", "language": "en"}, 0, 7); err != nil {
			t.Fatal(err)
		}
		w.e.sealer = keys
		if err := w.e.sealContacts(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		if err := w.e.SaveContact(t.Context(), 1, 5, StaffContact{"wecom": "lisi", "mail": "li@example.com", "language": "en"}, 1, 7); err != nil {
			t.Fatal(err)
		}
		who, err := w.e.StaffByContact(t.Context(), 1, "wecom", "lisi")
		if err != nil || who != 5 {
			t.Errorf("%d, %v", who, err)
		}
		w.read(func(ctx context.Context, q store.Querier) error {
			contact, version, err := w.e.Contact(ctx, q, 1, 5)
			if want := (StaffContact{"wecom": "lisi", "mail": "li@example.com", "language": "en"}); err != nil || version != 2 || !reflect.DeepEqual(contact, want) {
				t.Errorf("%v, %d, %v", contact, version, err)
			}
			seen := 0
			for _, query := range []string{`SELECT value FROM setting WHERE key = 'staff-contact/5'`, `SELECT before_json || after_json FROM audit WHERE subject = 'staff-contact/5'`} {
				rows, err := q.QueryContext(ctx, query)
				if err != nil {
					return err
				}
				defer rows.Close()
				for rows.Next() {
					var text string
					if err := rows.Scan(&text); err != nil {
						return err
					}
					if seen++; strings.Contains(text, "lisi") || strings.Contains(text, "li@example.com") || !strings.Contains(text, "sealed:") || !strings.Contains(text, `"language":"en"`) {
						t.Errorf("in the open: %s", text)
					}
				}
				if err := rows.Err(); err != nil {
					return err
				}
			}
			if seen != 4 {
				t.Errorf("%d places were looked at", seen)
			}
			return nil
		})
		w.e.sealer = nil // another key file
		if _, err := w.e.StaffByContact(t.Context(), 1, "wecom", "lisi"); community.CodeOf(err) != community.Forbidden {
			t.Errorf("without the key: %v", err)
		}
		w.read(func(ctx context.Context, q store.Querier) error {
			lost, err := w.e.LostContacts(ctx, q, 1)
			if err != nil || !slices.Equal(lost, []community.StaffID{5}) {
				t.Errorf("lost %v, %v", lost, err)
			}
			w.e.sealer = keys
			if lost, err = w.e.LostContacts(ctx, q, 1); err != nil || len(lost) != 0 {
				t.Errorf("with the key lost %v, %v", lost, err)
			}
			return nil
		})
	})
}
