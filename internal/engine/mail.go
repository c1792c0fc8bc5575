package engine

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net/mail"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"qunying/community"
	"qunying/connector/wire"
	"qunying/internal/moderation/casework"
	"qunying/internal/store"
)

// MailKey is the setting of the community that says by which server e-mails go out.
const MailKey = "mail"

// Security is how the way to a mail server is encrypted.
type Security string

const (
	StartTLS Security = "starttls" // asked for and required
	TLS      Security = "tls"      // from the first byte on
	NoTLS    Security = "none"     // only for a server on the same machine or network
)

// MailServer is what people typed about it.
type MailServer struct {
	Host     string   `json:"host"` // "": no e-mails are sent
	Port     int      `json:"port"`
	Security Security `json:"security"`
	User     string   `json:"user,omitempty"`
	Password string   `json:"password,omitempty"` // sealed at rest
	Language string   `json:"language,omitempty"` // of those who chose none themselves; "": Chinese
	From     string   `json:"from"`
	To       []string `json:"to,omitempty"`      // who gets every alert, besides the staff concerned
	Console  string   `json:"console,omitempty"` // where the console is reached, for links; "": none are written
}

const (
	mailTimeout = 20 * time.Second
	mailTries   = 6
	// An alert of which nobody could be told for so long is not news any more.
	mailStale = 6 * time.Hour
	mostTo    = 20
)

// check says what is wrong before it is saved.
func (m *MailServer) check() error {
	if m.Host == "" {
		return nil
	}
	switch {
	case strings.ContainsAny(m.Host, " /:@\r\n"):
		return community.Errorf(community.Invalid, "%q is not the name of a mail server", m.Host).WithHint("write smtp.example.com, without port")
	case m.Port < 1 || m.Port > 65535:
		return community.Errorf(community.Invalid, "%d is not a port", m.Port).WithHint("465 with TLS, 587 with STARTTLS")
	case !slices.Contains([]Security{StartTLS, TLS, NoTLS}, m.Security):
		return community.Errorf(community.Invalid, "there is no security %q", m.Security).WithHint("starttls, tls or none")
	case m.Security == NoTLS && m.User != "":
		return community.Errorf(community.Invalid, "a password must not go to a mail server unencrypted").WithHint("choose TLS or STARTTLS, or leave the name empty")
	case !slices.Contains([]string{"", chinese, "en"}, m.Language):
		return community.Errorf(community.Invalid, "there are no e-mails in %q", m.Language).WithHint("zh-CN or en")
	case m.Console != "" && !casework.IsAddress(m.Console):
		return community.Errorf(community.Invalid, "%q is not an address of the console", m.Console).WithHint("write it as https://qun.example.com, without a path")
	case len(m.To) > mostTo:
		return community.Errorf(community.Invalid, "more than %d addresses get every alert", mostTo)
	}
	for _, a := range append([]string{m.From}, m.To...) {
		if err := CheckMailAddress(a); err != nil {
			return err
		}
	}
	return nil
}

// CheckMailAddress refuses what is no address of a mailbox.
func CheckMailAddress(a string) error {
	if _, err := mail.ParseAddress(a); err != nil || strings.ContainsAny(a, "\r\n") || len(a) > 254 {
		return community.Errorf(community.Invalid, "%q is not an e-mail address", a).WithHint("write name@example.com")
	}
	return nil
}

// mailServer reads the server with its password opened; Host is "" where none is set.
func (e *Engine) mailServer(ctx context.Context, q store.Querier, c community.ID) (m MailServer, version int64, err error) {
	if version, err = store.ReadSetting(ctx, q, c, 0, MailKey, &m); err != nil || m.Password == "" {
		return m, version, err
	}
	if e.sealer == nil {
		return m, version, community.Errorf(community.Unavailable, "there is no key file to open secrets with")
	}
	m.Password, err = e.sealer.Unseal(m.Password, mailSecret(c))
	return m, version, err
}

func mailSecret(c community.ID) string { return fmt.Sprintf("%d/%s", c, MailKey) }

// MailServer tells what is set, without the password; has says that there is one.
func (e *Engine) MailServer(ctx context.Context, c community.ID) (m MailServer, has bool, version int64, err error) {
	err = e.db.Read(ctx, func(q store.Querier) error {
		version, err = store.ReadSetting(ctx, q, c, 0, MailKey, &m)
		return err
	})
	has = m.Password != ""
	m.Password = ""
	return m, has, version, err
}

// SaveMailServer saves it as the version after based. An empty password stays as
// it was while name and host do.
func (e *Engine) SaveMailServer(ctx context.Context, c community.ID, m MailServer, based int64, by community.StaffID) error {
	if err := m.check(); err != nil {
		return err
	}
	m, err := e.withPassword(ctx, c, m)
	if err != nil {
		return err
	}
	if m.Password != "" {
		if e.sealer == nil {
			return community.Errorf(community.Unavailable, "there is no key file to keep secrets with")
		}
		m.Password = e.sealer.Seal(m.Password, mailSecret(c))
	}
	return e.SaveSetting(ctx, c, 0, MailKey, m, based, by)
}

// withPassword fills in the saved password where none is given. It never goes to
// another server or another name than those it was typed for.
func (e *Engine) withPassword(ctx context.Context, c community.ID, m MailServer) (MailServer, error) {
	if m.User == "" {
		m.Password = ""
	}
	if m.Password != "" || m.User == "" {
		return m, nil
	}
	err := e.db.Read(ctx, func(q store.Querier) error {
		old, _, err := e.mailServer(ctx, q, c)
		if old.Host == m.Host && old.User == m.User {
			m.Password = old.Password
		}
		return err
	})
	return m, err
}

// TryMail sends one e-mail by a server that need not be saved, so that people see
// whether it works. What the server refuses comes back in its words.
func (e *Engine) TryMail(ctx context.Context, c community.ID, m MailServer, to string) error {
	if m.Host == "" {
		return community.Errorf(community.Invalid, "no mail server is named")
	}
	if err := m.check(); err != nil {
		return err
	}
	if err := CheckMailAddress(to); err != nil {
		return err
	}
	m, err := e.withPassword(ctx, c, m)
	if err != nil {
		return err
	}
	text, err := alertWords(&store.Alert{Cause: "test", Data: map[string]string{}, Since: e.now()}, "", time.UTC, cmp.Or(m.Language, chinese), "", "")
	if err != nil {
		return err
	}
	return e.sendMail(ctx, m, []string{to}, text, nil)
}

// enclosure is a file that goes with an e-mail; nil: none.
type enclosure struct {
	name    string
	content []byte
}

// sendMail sends one e-mail whose first line is its subject.
func (e *Engine) sendMail(ctx context.Context, m MailServer, to []string, text string, with *enclosure) error {
	subject, body, _ := strings.Cut(text, "\n")
	msg := gomail.NewMsg()
	if err := msg.From(m.From); err != nil {
		return community.Errorf(community.Invalid, "the sender's address cannot be used")
	}
	if err := msg.To(to...); err != nil {
		return community.Errorf(community.Invalid, "the receiver's address cannot be used")
	}
	msg.Subject(subject)
	msg.SetDateWithValue(e.now())
	msg.SetMessageID()
	msg.SetBodyString(gomail.TypeTextPlain, cmp.Or(body, subject))
	if with != nil {
		if err := msg.AttachReader(with.name, bytes.NewReader(with.content)); err != nil {
			return &community.Error{Code: community.Internal, Text: "the file could not be put into the e-mail", Err: err}
		}
	}
	// People run mail servers beside us, so private addresses are allowed.
	dialer := wire.Guard{Private: true}.Dialer()
	options := []gomail.Option{gomail.WithPort(m.Port), gomail.WithTimeout(mailTimeout)}
	switch m.Security {
	case TLS:
		encrypted := tls.Dialer{NetDialer: dialer, Config: &tls.Config{ServerName: m.Host, MinVersion: tls.VersionTLS12}}
		options = append(options, gomail.WithSSL(), gomail.WithDialContextFunc(encrypted.DialContext))
	case StartTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithDialContextFunc(dialer.DialContext))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithDialContextFunc(dialer.DialContext))
	}
	if m.User != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(m.User), gomail.WithPassword(m.Password))
	}
	client, err := gomail.NewClient(m.Host, options...)
	if err != nil {
		return &community.Error{Code: community.Invalid, Text: "the mail server cannot be used", Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, mailTimeout)
	defer cancel()
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		return community.Errorf(community.Unsupported, "the mail server did not take it: %s", inItsWords(err, m.Password)).
			WithHint("check name, port, security, user and password")
	}
	return nil
}

// inItsWords is what a server said, without the password, and not too much of it.
func inItsWords(err error, password string) string {
	text := err.Error()
	if password != "" {
		text = strings.ReplaceAll(text, password, "…")
	}
	if runes := []rune(text); len(runes) > 300 {
		text = string(runes[:300]) + "…"
	}
	return text
}

// mailStep sends the e-mails about alerts that are due.
func (e *Engine) mailStep(ctx context.Context, c community.ID) (bool, error) {
	now := e.now()
	var list []store.Alert
	var server MailServer
	if err := e.db.Read(ctx, func(q store.Querier) (err error) {
		if list, err = store.AlertsToMail(ctx, q, c, now); err != nil || len(list) == 0 {
			return err
		}
		server, _, err = e.mailServer(ctx, q, c)
		return err
	}); err != nil || len(list) == 0 {
		return false, err
	}
	for i := range list {
		a := &list[i]
		if server.Host == "" || now.Sub(a.MailDue) > mailStale {
			if err := e.write(ctx, func(tx *store.Tx) error { return tx.UnmailAlert(c, a.ID) }); err != nil {
				return false, err
			}
			continue
		}
		next, why := time.Time{}, ""
		if err := e.mailAlert(ctx, server, a); err != nil {
			why = err.Error()
			if a.MailTries+1 < mailTries {
				next = now.Add(time.Minute << a.MailTries)
			}
			e.log.Warn("an e-mail about an alert could not be sent", "community", c, "alert", a.ID, "try", a.MailTries+1, "err", err)
		}
		if err := e.write(ctx, func(tx *store.Tx) error { return tx.MailedAlert(c, a.ID, next, why) }); err != nil {
			return false, err
		}
	}
	return false, nil
}

// mailAlert tells everybody of an alert in their own language. Who was told already is
// not told again while others are; a crash between an e-mail and its note tells twice,
// which is better than never.
func (e *Engine) mailAlert(ctx context.Context, server MailServer, a *store.Alert) error {
	var group string
	var zone *time.Location
	var to map[string][]string
	if err := e.db.Read(ctx, func(q store.Querier) error {
		contacts, err := e.staffFor(ctx, q, a.Community, a.Group)
		if err != nil {
			return err
		}
		all, err := e.contacts(ctx, q, a.Community)
		if err != nil {
			return err
		}
		to = addressed(server, contacts, all)
		group, zone, err = placeOf(ctx, q, a.Community, a.Group)
		return err
	}); err != nil {
		return err
	}
	var failed []error
	for _, language := range slices.Sorted(maps.Keys(to)) {
		if slices.Contains(a.MailTold, language) {
			continue
		}
		text, err := alertWords(a, group, zone, language, strings.TrimRight(server.Console, "/"), alertPage(a))
		if err != nil {
			return err
		}
		if err := e.sendMail(ctx, server, to[language], text, nil); err != nil {
			failed = append(failed, err)
			continue
		}
		if err := e.write(ctx, func(tx *store.Tx) error { return tx.ToldAlert(a.Community, a.ID, language) }); err != nil {
			return err
		}
	}
	return errors.Join(failed...)
}

// addressed is who gets an alert, by the language in which they read it: those whom the
// server's settings name and those concerned. Who chose a language is told in it; all
// is everybody whose contact is known.
func addressed(server MailServer, concerned []StaffContact, all map[community.StaffID]StaffContact) map[string][]string {
	chosen := map[string]string{}
	for _, is := range all {
		if is[MailContact] != "" {
			chosen[is[MailContact]] = is[LanguageContact]
		}
	}
	list := slices.Clone(server.To)
	for _, is := range concerned {
		if address := is[MailContact]; address != "" && !slices.Contains(list, address) {
			list = append(list, address)
		}
	}
	to := map[string][]string{}
	for _, address := range list {
		language := cmp.Or(chosen[address], server.Language, chinese)
		to[language] = append(to[language], address)
	}
	return to
}
