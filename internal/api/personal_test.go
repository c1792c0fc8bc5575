package api

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
)

// A link opens without signing in, is in no log, and is not to be guessed.
func TestALinkNeedsNoSignIn(t *testing.T) {
	s := newStand(t, sqlite(t))
	nobody := s.browser()
	const in = root + "/personal/default/"
	nobody.do("GET", in+"good", nil).want(http.StatusOK)
	nobody.do("POST", in+"good/appeal", map[string]string{"text": "我只是转述"}).want(http.StatusOK)
	nobody.do("POST", in+"good/report", map[string]string{"text": strings.Repeat("长", 501)}).problem(http.StatusUnprocessableEntity, "invalid")
	for range addressLimit.free {
		nobody.do("GET", in+"forged-"+strings.Repeat("x", 20), nil)
	}
	if got := nobody.do("GET", in+"forged-"+strings.Repeat("x", 20), nil); got.Status != http.StatusTooManyRequests {
		t.Errorf("after many links that are none: %d", got.Status)
	}
	nobody.do("GET", in+"good", nil).want(http.StatusOK) // who has one is not held back
	if strings.Contains(s.log.String(), "forged-") {
		t.Error("the log holds a token")
	}
}

// The members' page loads nothing from elsewhere, tells nobody where it was, and is
// in no index.
func TestTheMembersPageIsClosed(t *testing.T) {
	s := newStand(t, sqlite(t), func(o *Options) {
		o.Member = fstest.MapFS{"index.html": {Data: []byte("<!doctype html>page")}, "assets/a.js": {Data: []byte("1")}}
	})
	nobody := s.browser()
	page := nobody.do("GET", "/m/default/some-token", nil).want(http.StatusOK)
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex", "Cache-Control": "no-store",
	} {
		if got := page.Header.Get(name); !strings.Contains(got, want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	if file := nobody.do("GET", "/m/assets/a.js", nil).want(http.StatusOK); string(file.Body) != "1" || !strings.Contains(file.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("%q, %v", file.Body, file.Header)
	}
	nobody.do("GET", "/m/assets/none.js", nil).want(http.StatusNotFound)
	if strings.Contains(s.log.String(), "some-token") {
		t.Error("the log holds a token")
	}
}

// An address is right where this program's own page answers, and nowhere else.
func TestAnAddressIsTried(t *testing.T) {
	s := newStand(t, sqlite(t), func(o *Options) { o.Member = fstest.MapFS{"index.html": {Data: []byte("<!doctype html>page")}} })
	owner, viewer := s.as("owner"), s.as("viewer")
	const at = root + "/communities/default/settings/moderation/address"
	for address, want := range map[string]AddressAnswer{
		"https://qun.example.com/":  {OK: true, Safe: true, Answer: "ours"},
		"http://other.example.com":  {Answer: "other"},
		"https://none.example.com/": {Safe: true, Answer: "none", Error: "nothing answers under this address", Hint: "look at the name"},
	} {
		var got AddressAnswer
		owner.do("POST", at, AddressInput{address}).want(http.StatusOK).read(&got)
		if got != want {
			t.Errorf("%s: %+v, want %+v", address, got, want)
		}
	}
	viewer.do("POST", at, AddressInput{"https://qun.example.com"}).problem(http.StatusForbidden, "forbidden")
	viewer.do("POST", root+"/communities/default/people/1/link", nil).problem(http.StatusForbidden, "forbidden")
	owner.do("POST", root+"/communities/default/people/1/link", nil).want(http.StatusOK)
	owner.do("POST", root+"/communities/default/people/2/link", nil).problem(http.StatusNotFound, "not_found")
}
