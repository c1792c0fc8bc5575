package onebot

import (
	"context"
	"strconv"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
)

// Probe tries to connect, signs in, and looks which version is spoken, whether
// the account is online and which groups it has.
func (a *account) Probe(ctx context.Context) []connector.Finding {
	ask, found, end := a.probeWay(ctx)
	defer end()
	if ask == nil {
		return found
	}
	info := "get_login_info"
	if a.set.Version == "12" {
		info = "get_self_info"
	}
	var self struct {
		UserID   scalar `json:"user_id"`
		Nickname scalar `json:"nickname"`
		UserName scalar `json:"user_name"`
	}
	err := ask(info, nil, &self)
	found = append(found, finding("sign_in", err, string(self.Nickname+self.UserName)))
	if err != nil {
		return found
	}
	if a.set.SelfID != "" && string(self.UserID) != a.set.SelfID {
		return append(found, connector.Finding{Check: "self", Code: "other_account", Detail: string(self.UserID)})
	}
	var version struct {
		App      scalar `json:"app_name"`
		Impl     scalar `json:"impl"`
		Number   scalar `json:"app_version"`
		Version  scalar `json:"version"`
		Protocol scalar `json:"protocol_version"`
		OneBot   scalar `json:"onebot_version"`
	}
	action := "get_version_info"
	if a.set.Version == "12" {
		action = "get_version"
	}
	err = ask(action, nil, &version)
	f := finding("version", err, cut(string(version.App+version.Impl+" "+version.Number+version.Version), 100))
	if said := strings.TrimPrefix(string(version.Protocol+version.OneBot), "v"); err == nil && said != "" && said != a.set.Version {
		f.OK, f.Code = false, "other_version"
	}
	found = append(found, f)
	var status struct {
		Online *bool `json:"online"`
		Good   *bool `json:"good"`
	}
	err = ask("get_status", nil, &status)
	f = finding("account", err, "")
	if status.Online != nil && !*status.Online {
		f.OK, f.Code = false, "signed_out"
	}
	found = append(found, f)
	var groups []struct {
		ID scalar `json:"group_id"`
	}
	err = ask("get_group_list", nil, &groups)
	return append(found, finding("groups", err, strconv.Itoa(len(groups))))
}

func finding(check string, err error, detail string) connector.Finding {
	if err == nil {
		return connector.Finding{Check: check, OK: true, Detail: strings.TrimSpace(detail)}
	}
	code := map[community.Code]string{community.Forbidden: "refused", community.Unavailable: "unreachable", community.Unsupported: "missing"}[community.CodeOf(err)]
	if code == "" {
		code = "failed"
	}
	return connector.Finding{Check: check, Code: code, Detail: cut(err.Error(), 300)}
}

// probeWay finds a way to ask: what is connected already, else a connection of
// its own. Where the implementation dials us there is nothing to do but wait.
func (a *account) probeWay(ctx context.Context) (ask func(string, map[string]any, any) error, found []connector.Finding, end func()) {
	end = func() {}
	ask = func(action string, params map[string]any, into any) error {
		return a.learnFrom(ctx, action, params, into)
	}
	a.mu.Lock()
	linked, running := a.links["calls"] != nil, a.run != nil
	a.mu.Unlock()
	switch {
	case a.set.Mode == overHTTP:
		err := ask("get_status", nil, nil)
		if c := community.CodeOf(err); err != nil && c != community.Unsupported {
			return nil, []connector.Finding{finding("address", err, "")}, end
		}
		return ask, []connector.Finding{{Check: "address", OK: true}}, end
	case linked && running:
		check := "address"
		if a.set.Mode == reverse {
			check = "callback"
		}
		return ask, []connector.Finding{{Check: check, OK: true}}, end
	case a.set.Mode == reverse:
		return nil, []connector.Finding{{Check: "callback", Code: "waiting"}}, end
	}
	conn, err := a.dial(ctx)
	if err != nil {
		return nil, []connector.Finding{finding("address", err, "")}, end
	}
	s := newSocket(conn)
	over, cancel := context.WithCancel(ctx)
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = s.serve(over, func([]byte, head) (time.Duration, bool) { return 0, true }) // asking fails when it ended
	}()
	ask = func(action string, params map[string]any, into any) error {
		ctx, cancel := context.WithTimeout(ctx, a.driver.Patience)
		defer cancel()
		got, err := s.call(ctx, request{Action: action, Params: params})
		return a.read(action, got, err, into)
	}
	return ask, []connector.Finding{{Check: "address", OK: true}}, func() { cancel(); <-served }
}
