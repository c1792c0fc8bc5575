package chatapi

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector/wire"
	"qunying/internal/moderation/opinion"
)

const key = "sk-secret-0123456789"

func serve(t *testing.T, h http.HandlerFunc) *Endpoint {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	e, err := New(s.URL+"/v1/", "some-model", key, wire.Guard{Private: true}.Client(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestAsk(t *testing.T) {
	e := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.URL.Path != "/v1/chat/completions" || r.Header.Get("Authorization") != "Bearer "+key ||
			!strings.Contains(string(body), `"model":"some-model"`) || !strings.Contains(string(body), "what is it?") {
			t.Errorf("%s %v %s", r.URL, r.Header, body)
		}
		fmt.Fprint(w, `{"choices":[{"message":{"role":"assistant","content":"an answer"}}]}`)
	})
	if got, err := e.Ask(t.Context(), "judge", "what is it?"); got != "an answer" || err != nil {
		t.Errorf("%q %v", got, err)
	}
}

// TestMisbehaviour asks endpoints that do what they should not.
func TestMisbehaviour(t *testing.T) {
	status := func(n int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, key, n) }
	}
	say := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
	}
	for name, c := range map[string]struct {
		do   http.HandlerFunc
		want community.Code
	}{
		"key refused":  {status(401), community.Forbidden},
		"not found":    {status(404), community.Invalid},
		"too many":     {status(429), community.Unavailable},
		"broken":       {status(500), community.Unavailable},
		"a page":       {say("<html>"), community.Invalid},
		"no choices":   {say(`{"choices":[]}`), community.Invalid},
		"another kind": {say(`{"choices":"x"}`), community.Invalid},
		"endless": {func(w http.ResponseWriter, _ *http.Request) {
			chunk := strings.Repeat("x", 1<<16)
			for range 64 {
				if _, err := io.WriteString(w, chunk); err != nil {
					return
				}
			}
		}, community.Invalid},
		"somewhere else": {func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "elsewhere") {
				t.Error("the redirect was followed")
			}
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, community.Invalid},
		"breaks off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, `{"choices"`)
		}, community.Unavailable},
		"hangs up": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, community.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := serve(t, c.do).Ask(t.Context(), "judge", "what is it?")
			if community.CodeOf(err) != c.want || err == nil {
				t.Fatalf("%v", err)
			}
			if strings.Contains(fmt.Sprintf("%v %+v", err, err), key) {
				t.Errorf("the error tells the key: %v", err)
			}
		})
	}
}

// TestSilence asks an endpoint that never answers, by way of the advisor.
func TestSilence(t *testing.T) {
	e := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not notice that nobody waits any more
		<-r.Context().Done()
	})
	a := opinion.New(e, opinion.Settings{Timeout: 10 * time.Millisecond})
	if _, err := a.Ask(context.Background(), time.Unix(0, 0), "x", nil); community.CodeOf(err) != community.Unavailable {
		t.Errorf("%v", err)
	}
}

func TestNew(t *testing.T) {
	for _, base := range []string{"", "ftp://a.com", "https://", "https://user:pass@a.com/v1", "::"} {
		if _, err := New(base, "m", "", http.DefaultClient); community.CodeOf(err) != community.Invalid {
			t.Errorf("%q: %v", base, err)
		}
	}
	if _, err := New("https://a.com/v1", "", "", http.DefaultClient); community.CodeOf(err) != community.Invalid {
		t.Errorf("no model: %v", err)
	}
	e, err := New("http://127.0.0.1:9/v1", "m", "", wire.Guard{}.Client(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Ask(t.Context(), "a", "b"); community.CodeOf(err) != community.Forbidden {
		t.Errorf("a private address: %v", err)
	}
}
