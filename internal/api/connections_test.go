package api

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"qunying/community"
)

// wires stands for connections and what is sent over them.
type wires struct{ *rest }

func (wires) Networks(context.Context) (NetworksAnswer, error) { return NetworksAnswer{}, nil }

func (wires) Connections(context.Context, community.ID) (ConnectionsAnswer, error) {
	return ConnectionsAnswer{}, nil
}

func (wires) Save(_ context.Context, _ community.ID, _ community.StaffID, name string, in ConnectionInput) (ConnectionSavedAnswer, error) {
	return ConnectionSavedAnswer{Connection: ConnectionView{Name: name, Driver: in.Driver, Hook: "x"}, Made: map[string]string{"token": "t"}}, nil
}

func (wires) Remove(context.Context, community.ID, community.StaffID, string, int64) error {
	return nil
}

func (wires) Test(context.Context, community.ID, ConnectionTestInput) (FindingsAnswer, error) {
	return FindingsAnswer{}, nil
}

func (wires) Health(context.Context, community.ID, string) (ConnectionHealthAnswer, error) {
	return ConnectionHealthAnswer{Login: &LoginView{Step: "waiting", Code: "scan me"}}, nil
}

func (wires) Offers(context.Context, community.ID, string) (OffersAnswer, error) {
	return OffersAnswer{}, nil
}

func (wires) Adopt(_ context.Context, _ community.ID, _ community.StaffID, _ string, groups []string) (AdoptedAnswer, error) {
	return AdoptedAnswer{Adopted: len(groups)}, nil
}

func (wires) DropGroup(context.Context, community.ID, community.StaffID, community.GroupID) error {
	return nil
}

func (wires) Receiver(_ context.Context, slug, name string) (http.Handler, bool) {
	if slug != "default" || name != "hooked" {
		return nil, false
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Write([]byte(r.URL.Path + " " + string(body)))
	}), true
}

func (wires) VerificationFile(name string) (string, bool) {
	return "a0b1c2d3", name == "WW_verify_a0b1c2d3.txt"
}

func (wires) Preview(context.Context, community.ID, []community.GroupID, community.Action) (PreviewAnswer, error) {
	return PreviewAnswer{}, nil
}

func (wires) Action(_ context.Context, _ community.ID, key string) (OutboxEntry, error) {
	return OutboxEntry{Key: key}, nil
}

func (wires) Matrix(context.Context, community.ID, string, Place, int) (MatrixAnswer, Place, error) {
	return MatrixAnswer{}, Place{}, nil
}

func (wires) Attention(context.Context, community.ID) (AttentionAnswer, error) {
	return AttentionAnswer{}, nil
}

func (wires) Tasks(context.Context, community.ID, TasksQuery) (TasksAnswer, Place, error) {
	return TasksAnswer{}, Place{}, nil
}

func (wires) Task(_ context.Context, _ community.ID, id int64) (TaskView, error) {
	return TaskView{ID: id}, nil
}

func (wires) Alerts(context.Context, community.ID, AlertsQuery) (AlertsAnswer, Place, error) {
	return AlertsAnswer{}, Place{}, nil
}

func (wires) Alert(_ context.Context, _ community.ID, id int64) (AlertView, error) {
	return AlertView{ID: id}, nil
}

func (wires) Alerting(context.Context, community.ID, Scope) (AlertingAnswer, error) {
	return AlertingAnswer{}, nil
}

func (wires) SaveAlerting(context.Context, community.ID, Scope, community.StaffID, AlertingView) (AlertingAnswer, error) {
	return AlertingAnswer{}, nil
}

func (wires) MailServer(context.Context, community.ID) (MailServerView, error) {
	return MailServerView{}, nil
}

func (wires) SaveMailServer(context.Context, community.ID, community.StaffID, MailServerInput) (MailServerView, error) {
	return MailServerView{}, nil
}

func (wires) TryMail(context.Context, community.ID, MailTestInput) error { return nil }

func (wires) Delivery(context.Context, community.ID, Scope) (DeliveryAnswer, error) {
	return DeliveryAnswer{}, nil
}

func (wires) SaveDelivery(_ context.Context, _ community.ID, _ Scope, _ community.StaffID, d DeliveryView) (DeliveryAnswer, error) {
	return DeliveryAnswer{Delivery: d}, nil
}

func (wires) SaveKeeper(_ context.Context, _ community.ID, _ community.GroupID, _ community.StaffID, k KeeperView) (KeeperView, error) {
	return k, nil
}

func (wires) Keeper(context.Context, community.ID, community.GroupID) (KeeperView, error) {
	return KeeperView{}, nil
}

func (wires) Contact(context.Context, community.ID, community.StaffID) (ContactView, error) {
	return ContactView{}, nil
}

func (wires) SaveContact(_ context.Context, _ community.ID, _, _ community.StaffID, v ContactView) (ContactView, error) {
	return v, nil
}

func (wires) SignInPage(_ context.Context, _, connection, back, state string) (string, bool) {
	return "https://platform.example/?back=" + back + "&state=" + state, connection == "wecom"
}

func (wires) Employee(_ context.Context, _, _, code string) (community.StaffID, error) {
	if code != "good" {
		return 0, community.Errorf(community.Forbidden, "nobody of ours")
	}
	return 1, nil
}

func (wires) Staff(context.Context, community.ID) (StaffAnswer, error) { return StaffAnswer{}, nil }

func (wires) Webhooks(context.Context, community.ID) (WebhooksAnswer, error) {
	return WebhooksAnswer{}, nil
}

func (wires) SaveWebhook(context.Context, community.ID, community.StaffID, string, WebhookInput) (WebhookSavedAnswer, error) {
	return WebhookSavedAnswer{}, nil
}

func (wires) RemoveWebhook(context.Context, community.ID, community.StaffID, string, int64) error {
	return nil
}

func (wires) Replay(context.Context, community.ID, community.StaffID, string, community.Seq) (WebhookView, error) {
	return WebhookView{}, nil
}

func (wires) Overlap(context.Context, community.ID, community.GroupID, int) (OverlapAnswer, error) {
	return OverlapAnswer{}, nil
}

func (wires) Capacity(context.Context, community.ID, int) (CapacityAnswer, error) {
	return CapacityAnswer{}, nil
}

func (wires) Caps(context.Context, community.ID) (CapsView, error) { return CapsView{}, nil }

func (wires) SaveCaps(_ context.Context, _ community.ID, _ community.StaffID, v CapsView) (CapsView, error) {
	return v, nil
}

func (wires) Sets(context.Context, community.ID) (SetsView, error) { return SetsView{}, nil }

func (wires) SaveSets(_ context.Context, _ community.ID, _ community.StaffID, v SetsView) (SetsView, error) {
	return v, nil
}

func TestAHookReachesItsConnectionOnly(t *testing.T) {
	s := newStand(t, sqlite(t))
	nobody := s.browser()
	resp := nobody.send("POST", "/hooks/default/hooked/events/x?token=hush", "hello")
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != "/events/x hello" {
		t.Errorf("the connection was handed %q, %v", body, err)
	}
	for _, path := range []string{"/hooks/default/other/", "/hooks/elsewhere/hooked/"} {
		nobody.do("POST", path, nil).problem(http.StatusNotFound, "not_found")
	}
}

func TestMadeUpSecretsAreToldOnceAndCodesToThoseWhoMayConnect(t *testing.T) {
	s := newStand(t, sqlite(t))
	owner, viewer := s.as("owner"), s.as("viewer")
	const path = root + "/communities/default/connections/hooked"
	saved := owner.do("PUT", path, map[string]any{"driver": "onebot", "title": "x", "config": map[string]any{}, "adopt_all": true, "version": 0}).want(http.StatusOK).text()
	if !strings.Contains(saved, `"hook":"/hooks/default/hooked/"`) || !strings.Contains(saved, `"made":{"token":"t"}`) {
		t.Errorf("saved: %s", saved)
	}
	if health := owner.do("GET", path+"/health", nil).want(http.StatusOK).text(); !strings.Contains(health, "scan me") {
		t.Errorf("the owner sees no code: %s", health)
	}
	if health := viewer.do("GET", path+"/health", nil).want(http.StatusOK).text(); strings.Contains(health, "scan me") {
		t.Errorf("a viewer sees the code: %s", health)
	}
}

func TestStaffComeInThroughThePlatform(t *testing.T) {
	s := newStand(t, sqlite(t))
	s.staff("小李", "owner")
	guest := s.browser()
	guest.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	out := guest.do("GET", "/enter/default/wecom", nil).want(http.StatusFound)
	to := out.Header.Get("Location")
	_, state, ok := strings.Cut(to, "&state=")
	if !ok || !strings.Contains(to, "/enter/default/wecom/back") {
		t.Fatalf("sent to %s", to)
	}
	guest.do("GET", "/enter/default/other", nil).problem(http.StatusNotFound, "not_found")
	stranger := s.browser()
	stranger.do("GET", "/enter/default/wecom/back?code=good&state="+state, nil).problem(http.StatusForbidden, "forbidden")
	guest.do("GET", "/enter/default/wecom/back?code=good&state=other", nil).problem(http.StatusForbidden, "forbidden")
	guest.do("GET", "/enter/default/wecom/back?code=bad&state="+state, nil).problem(http.StatusForbidden, "forbidden")
	guest.do("GET", "/enter/default/wecom", nil)
	guest.do("GET", root+"/communities", nil).problem(http.StatusUnauthorized, "unauthorized")
	to = guest.do("GET", "/enter/default/wecom", nil).Header.Get("Location")
	_, state, _ = strings.Cut(to, "&state=")
	if page := string(guest.do("GET", "/enter/default/wecom/back?code=good&state="+state, nil).want(http.StatusOK).Body); !strings.Contains(page, "url=/tasks\"") {
		t.Errorf("without a page they land on %s", page)
	}
	for to, lands := range map[string]string{"/alerts": "/alerts", "/tasks?group=12": "/tasks?group=12", "//elsewhere.example": "/tasks", "/alerts\"><script>": "/tasks"} {
		at := guest.do("GET", "/enter/default/wecom?to="+url.QueryEscape(to), nil).Header.Get("Location")
		_, state, _ := strings.Cut(at, "&state=")
		page := string(guest.do("GET", "/enter/default/wecom/back?code=good&state="+state, nil).want(http.StatusOK).Body)
		if !strings.Contains(page, "url="+lands+"\"") {
			t.Errorf("%s leads to %s", to, page)
		}
	}
	guest.do("GET", root+"/communities", nil).want(http.StatusOK)
}

func (r *reply) text() string { return string(r.Body) }

// A platform signs in nowhere: it gets the file by its name, and nothing by any other.
func TestVerificationFilesAreForEverybody(t *testing.T) {
	s := newStand(t, sqlite(t))
	nobody := s.browser()
	for _, method := range []string{"GET", "HEAD"} {
		got := nobody.do(method, "/WW_verify_a0b1c2d3.txt", nil).want(http.StatusOK)
		want := "a0b1c2d3"
		if method == "HEAD" {
			want = ""
		}
		if string(got.Body) != want || got.Header.Get("Content-Type") != "text/plain; charset=utf-8" || got.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %q, %v", method, got.Body, got.Header)
		}
	}
	for _, path := range []string{"/WW_verify_other.txt", "/MP_verify_a0b1c2d3.txt", "/WW_verify_a0b1c2d3.txt/", "/WW_verify_a0b1c2d3.txt.gz", "/WW_verify_", "/MP_verify_..%2f..%2fetc%2fpasswd"} {
		nobody.do("GET", path, nil).problem(http.StatusNotFound, "not_found")
	}
	if page := nobody.do("GET", "/groups", nil).want(http.StatusOK); !strings.Contains(page.Header.Get("Content-Type"), "text/html") {
		t.Errorf("another path is no page of the console: %v", page.Header)
	}
}
