package satori

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"

	"github.com/coder/websocket"

	"qunying/community"
	"qunying/connector"
)

// Probe tries the settings: "address" (does a gateway answer), "sign_in" (does it
// accept the token), "login" (is our login there), "online" (is it on its
// platform), "groups" (is it in any), "history" (can what was missed be read back), "callback" (did the gateway call).
func (a *account) Probe(ctx context.Context) []connector.Finding {
	logins, err := a.probeLogins(ctx)
	if err != nil {
		return failed(err)
	}
	found := []connector.Finding{{Check: "address", OK: true}, {Check: "sign_in", OK: true}}
	there := []string{}
	for _, l := range logins {
		l.tidy()
		there = append(there, fmt.Sprintf("%s %s", l.Platform, l.User.ID))
	}
	l, err := a.meet(logins)
	if err != nil {
		return append(found, connector.Finding{Check: "login", Code: missing(logins), Detail: strings.Join(there, ", ")})
	}
	found = append(found, connector.Finding{Check: "login", OK: true, Detail: strings.Join(there, ", ")})
	if !l.online() {
		return append(found, connector.Finding{Check: "online", Code: "login_offline", Detail: fmt.Sprintf("%s %s", l.Platform, l.User.ID)})
	}
	found = append(found, connector.Finding{Check: "online", OK: true})
	groups, err := a.Groups(ctx)
	switch {
	case community.CodeOf(err) == community.Unsupported && err != nil:
		found = append(found, connector.Finding{Check: "groups", OK: true, Code: "not_listed"})
	case err != nil:
		code, _ := probeCode(err)
		found = append(found, connector.Finding{Check: "groups", Code: code, Detail: detail(err)})
	case len(groups) == 0:
		found = append(found, connector.Finding{Check: "groups", OK: true, Code: "no_groups"})
	default:
		found = append(found, connector.Finding{Check: "groups", OK: true, Detail: fmt.Sprint(len(groups))})
	}
	history := connector.Finding{Check: "history", OK: true}
	if !a.has(messageList) {
		history.Code = "not_kept"
	}
	found = append(found, history)
	if a.config.Mode == modeHook {
		callback := connector.Finding{Check: "callback", OK: true}
		if !a.called.Load() {
			callback.Code = "nothing_yet"
		}
		found = append(found, callback)
	}
	return found
}

// failed are the checks that were good, and the one that was not.
func failed(err error) []connector.Finding {
	code, check := probeCode(err)
	bad := connector.Finding{Check: check, Code: code, Detail: detail(err)}
	found := []connector.Finding{}
	for _, good := range []string{"address", "sign_in", "login"} {
		if good == check {
			return append(found, bad)
		}
		found = append(found, connector.Finding{Check: good, OK: true})
	}
	return []connector.Finding{bad}
}

// probeLogins asks the gateway which logins it has.
func (a *account) probeLogins(ctx context.Context) ([]login, error) {
	if a.config.Mode == modeHook {
		l, err := a.look(ctx)
		if err != nil {
			return nil, err
		}
		return []login{l}, nil
	}
	r := &run{account: a}
	conn, logins, err := r.identify(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close(websocket.StatusNormalClosure, "")
	return logins, nil
}

// missing is the code for a gateway without our login.
func missing(logins []login) string {
	if len(logins) == 0 {
		return "no_login"
	}
	return "login_missing"
}

// because gives what keeps us from the gateway the code of a finding.
func because(err error) error {
	if err == nil {
		return nil
	}
	code, _ := probeCode(err)
	return connector.Because(code, err)
}

// probeCode says which check an error concerns, and its code.
func probeCode(err error) (code, check string) {
	var (
		ce     *community.Error
		name   *net.DNSError
		tlsErr *tls.CertificateVerificationError
		record tls.RecordHeaderError
	)
	switch community.CodeOf(err) {
	case community.Forbidden:
		if errors.As(err, &ce) && ce.Err != nil { // the guard's
			return "guarded", "address"
		}
		return "refused", "sign_in"
	case community.NotFound, community.Unsupported:
		return "not_satori", "address"
	case community.Invalid:
		if errors.As(err, &ce) && strings.Contains(ce.Text, "does not list its logins") {
			return "login_needed", "login"
		}
		return "not_satori", "address"
	}
	switch {
	case errors.As(err, &name):
		return "no_such_host", "address"
	case errors.As(err, &tlsErr):
		return "certificate", "address"
	case errors.As(err, &record):
		return "not_https", "address"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nobody_listens", "address"
	case errors.Is(err, context.DeadlineExceeded):
		return "no_answer", "address"
	}
	return "unreachable", "address"
}

// detail is what an error says, without its causes.
func detail(err error) string {
	var ce *community.Error
	if errors.As(err, &ce) {
		return ce.Text
	}
	return ""
}
