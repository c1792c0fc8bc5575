package api

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"qunying/community"
)

// TestEveryRouteChecksItsPermission asks every operation of the document as
// nobody, as a viewer and as an owner. Every problem says what to do, and every
// answer about a community how far it goes.
func TestEveryRouteChecksItsPermission(t *testing.T) {
	s := newStand(t, sqlite(t))
	s.rest.fail = nil
	viewer, owner, nobody := s.as("viewer"), s.as("owner"), s.browser()

	document, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Permission Permission `json:"x-permission"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		t.Fatal(err)
	}
	param := regexp.MustCompile(`\{\w+\}`)
	count := 0
	for path, methods := range doc.Paths {
		for method, op := range methods {
			if path == root+"/session" && method == "delete" {
				continue // would sign out: below
			}
			count++
			method, url := strings.ToUpper(method), strings.Replace(path, "{community}", "default", 1)
			url = strings.Replace(url, "{staff}", "99", 1) // nobody: the answers must not depend on the order
			url = param.ReplaceAllString(url, "1")
			for _, who := range []struct {
				*browser
				role string
				no   int
			}{{nobody, "", http.StatusUnauthorized}, {viewer, "viewer", http.StatusForbidden}, {owner, "owner", 0}} {
				resp := who.send(method, url, "{}", "Content-Type", "application/json")
				checkAnswer(t, method, path, resp)
				resp.Body.Close()
				refused := resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden
				switch {
				case !may(who.role, op.Permission) && resp.StatusCode != who.no:
					t.Errorf("%s %s as %q: %d, want %d", method, url, who.role, resp.StatusCode, who.no)
				case may(who.role, op.Permission) && refused && op.Permission != public: // a link that is none is not found, and nobody is asked to sign in
					t.Errorf("%s %s as %q: %d, though it needs %s", method, url, who.role, resp.StatusCode, op.Permission)
				case resp.StatusCode >= 500:
					t.Errorf("%s %s as %q: %d", method, url, who.role, resp.StatusCode)
				}
			}
		}
	}
	if count < 30 {
		t.Errorf("only %d operations were asked", count)
	}
	nobody.do("DELETE", root+"/session", nil).problem(http.StatusUnauthorized, "unauthorized")
	viewer.do("DELETE", root+"/session", nil).want(http.StatusNoContent)
}

// checkAnswer fails for a problem without a hint, and for what is read of a community
// without as_of.
func checkAnswer(t *testing.T, method, path string, resp *http.Response) {
	t.Helper()
	kind := resp.Header.Get("Content-Type")
	if resp.StatusCode < 400 && (method != get || !strings.HasPrefix(path, inC+"/") || kind != "application/json" || madeToBeKept(path)) {
		return
	}
	var is struct {
		Detail, Hint string
		AsOf         *community.Seq `json:"as_of"`
	}
	err := json.NewDecoder(resp.Body).Decode(&is)
	switch {
	case err != nil:
		t.Errorf("%s %s: %d: %v", method, path, resp.StatusCode, err)
	case resp.StatusCode < 400 && is.AsOf == nil:
		t.Errorf("%s %s answers without as_of", method, path)
	case resp.StatusCode >= 400 && (kind != "application/problem+json" || is.Detail == "" || is.Hint == ""):
		t.Errorf("%s %s: %d, %s: %+v does not say what happened and what to do", method, path, resp.StatusCode, kind, is)
	}
}

// madeToBeKept are files, which tell their time instead of as_of.
func madeToBeKept(path string) bool {
	return path == inC+"/people/{person}/export" || path == inC+"/settings/file"
}

// Of whatever went wrong the answer says what to do, also where nobody knew more than
// what happened; what somebody knew is kept.
func TestEveryProblemHasAHint(t *testing.T) {
	s := newStand(t, sqlite(t))
	for code, status := range statusOf {
		p := s.server.problem(t.Context(), community.Errorf(code, "what happened"))
		if p.Status != status || p.Type != string(code) || p.Hint != hintOf[string(code)] || p.Hint == "" {
			t.Errorf("%s: %+v", code, p)
		}
		if p = s.server.problem(t.Context(), community.Errorf(code, "what happened").WithHint("do this")); code != community.Internal && p.Hint != "do this" {
			t.Errorf("%s: %q", code, p.Hint)
		}
	}
	for status := 400; status < 600; status++ {
		if p := newProblem(status, "", ""); http.StatusText(status) != "" && (p.Hint == "" || p.Detail == "") {
			t.Errorf("%+v", p)
		}
	}
}

// TestOneWayToRegister keeps operations from going round the check.
func TestOneWayToRegister(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		calls += strings.Count(string(text), "huma.Register(")
		if strings.Contains(string(text), "huma.Get(") || strings.Contains(string(text), "huma.Post(") {
			t.Errorf("%s registers an operation by itself", name)
		}
	}
	if calls != 1 {
		t.Errorf("huma.Register is called in %d places, want 1: declare operations in routes.go", calls)
	}
}

func TestGrants(t *testing.T) {
	for _, p := range permissions {
		if !may("owner", p) {
			t.Errorf("an owner may not %s", p)
		}
		if p != public && (may("", p) || may("stranger", p)) {
			t.Errorf("nobody may %s", p)
		}
	}
	for _, role := range roles {
		for _, p := range grants[role] {
			if role != "owner" && p == hire {
				t.Errorf("a %s may hire", role)
			}
		}
	}
	for _, p := range []Permission{imports, act, manage} {
		if may("viewer", p) {
			t.Errorf("a viewer may %s", p)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("an unknown permission was accepted")
		}
	}()
	mustBePermission("everything")
}
