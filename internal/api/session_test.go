package api

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/store"
	"qunying/internal/store/team"
)

func TestSetupLinkWorksOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		s := newStand(t, dsn)
		first, err := s.server.SetupToken(t.Context())
		if err != nil || first == "" {
			t.Fatalf("token %q, %v", first, err)
		}
		token, err := s.server.SetupToken(t.Context())
		if err != nil || token == first {
			t.Fatalf("the second token is %q, %v", token, err)
		}
		var before SessionAnswer
		s.browser().do("GET", root+"/session", nil).want(http.StatusOK).read(&before)
		if !before.SetupNeeded || before.Staff != nil {
			t.Errorf("before: %+v", before)
		}
		s.browser().do("POST", root+"/setup", SetupInput{first, "小李", rightPassword}).problem(http.StatusForbidden, "forbidden")
		s.browser().do("POST", root+"/setup", SetupInput{token, "  ", rightPassword}).problem(http.StatusUnprocessableEntity, "invalid")
		s.browser().do("POST", root+"/setup", SetupInput{token, "小李", "short"}).problem(http.StatusUnprocessableEntity, "invalid")

		// Of many who come with the link at once, one gets in.
		statuses := make([]int, 4)
		owner := s.browser()
		var wg sync.WaitGroup
		for i := range statuses {
			wg.Go(func() {
				b := owner
				if i > 0 {
					b = s.browser()
				}
				r := b.do("POST", root+"/setup", SetupInput{token, "小李" + strconv.Itoa(i), rightPassword})
				statuses[i] = r.Status
			})
		}
		wg.Wait()
		in := 0
		for _, status := range statuses {
			switch status {
			case http.StatusOK:
				in++
			case http.StatusForbidden:
			default:
				t.Errorf("status %d", status)
			}
		}
		if in != 1 {
			t.Fatalf("%d got in: %v", in, statuses)
		}
		if again, err := s.server.SetupToken(t.Context()); err != nil || again != "" {
			t.Errorf("a token after setup: %q, %v", again, err)
		}
		var after SessionAnswer
		s.browser().do("GET", root+"/session", nil).want(http.StatusOK).read(&after)
		if after.SetupNeeded {
			t.Error("setup is still needed")
		}
	})
}

func TestSetupSignsIn(t *testing.T) {
	s := newStand(t, sqlite(t))
	token, err := s.server.SetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := s.browser()
	r := b.do("POST", root+"/setup", SetupInput{token, " 小李 ", rightPassword}).want(http.StatusOK)
	cookie := r.Header.Get("Set-Cookie")
	for _, part := range []string{cookieName + "=", "HttpOnly", "SameSite=Strict", "Path=/"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("the cookie lacks %s: %s", part, cookie)
		}
	}
	var a SessionAnswer
	b.do("GET", root+"/session", nil).want(http.StatusOK).read(&a)
	if a.Staff == nil || a.Staff.Name != "小李" || a.Staff.Role != "owner" || len(a.Staff.May) != len(permissions) {
		t.Errorf("session %+v", a.Staff)
	}
	b.do("GET", root+"/communities", nil).want(http.StatusOK)
	if strings.Contains(s.log.String(), token) || strings.Contains(s.log.String(), "correct horse") {
		t.Error("a secret is in the log")
	}
}

func TestSignInAndOut(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		s := newStand(t, dsn)
		id := s.staff("li", "owner")
		b := s.browser()
		wrong := b.signIn("li", "wrong").problem(http.StatusUnauthorized, "unauthorized")
		unknown := b.signIn("nobody", "wrong").problem(http.StatusUnauthorized, "unauthorized")
		if wrong.Detail != unknown.Detail {
			t.Error("the answer tells which names exist")
		}
		b.signIn("li", rightPassword).want(http.StatusOK)
		other := s.browser()
		other.signIn("li", rightPassword).want(http.StatusOK)
		b.do("DELETE", root+"/session", nil).want(http.StatusNoContent)
		b.do("GET", root+"/communities", nil).problem(http.StatusUnauthorized, "unauthorized")
		other.do("GET", root+"/communities", nil).want(http.StatusOK)

		// A new password ends the sessions that are open; disabling, too.
		write := func(f func(tx *store.Tx) error) {
			t.Helper()
			if err := s.db.Write(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
		write(func(tx *store.Tx) error {
			return team.SetPassword(t.Context(), tx, id, HashPassword("another password"))
		})
		other.do("GET", root+"/communities", nil).want(http.StatusUnauthorized)
		other.signIn("li", "another password").want(http.StatusOK)
		write(func(tx *store.Tx) error { return team.Disable(t.Context(), tx, id, s.clock.now()) })
		other.do("GET", root+"/communities", nil).want(http.StatusUnauthorized)
		other.signIn("li", "another password").problem(http.StatusUnauthorized, "unauthorized")
	})
}

func TestTokensAreKeptAsHashes(t *testing.T) {
	s := newStand(t, sqlite(t))
	id := s.staff("li", "owner")
	b := s.browser()
	r := b.signIn("li", rightPassword).want(http.StatusOK)
	token, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Set-Cookie"), cookieName+"="), ";")
	var kept []team.SignIn
	err := s.db.Read(t.Context(), func(q store.Querier) (err error) {
		kept, err = team.SignIns(t.Context(), q, id)
		return err
	})
	if err != nil || len(kept) != 1 {
		t.Fatalf("%v, %v", kept, err)
	}
	if string(kept[0].TokenHash) == token || string(kept[0].TokenHash) != string(hashOf(token)) {
		t.Error("the token itself is in the database")
	}
	if kept[0].Address != "127.0.0.1" || kept[0].Agent == "" {
		t.Errorf("%+v", kept[0])
	}
}

func TestSessionExpires(t *testing.T) {
	s := newStand(t, sqlite(t))
	b := s.as("viewer")
	ask := func() int { return b.do("GET", root+"/communities", nil).Status }

	s.clock.add(sessionIdle - time.Second)
	if got := ask(); got != http.StatusOK {
		t.Fatalf("within the idle time: %d", got)
	}
	s.clock.add(sessionIdle - time.Second) // used meanwhile, so it was extended
	if got := ask(); got != http.StatusOK {
		t.Fatalf("after use: %d", got)
	}
	s.clock.add(sessionIdle)
	if got := ask(); got != http.StatusUnauthorized {
		t.Fatalf("after the idle time: %d", got)
	}

	b.signIn("a viewer", rightPassword).want(http.StatusOK)
	for range int(sessionLong/(24*time.Hour)) - 1 {
		s.clock.add(24 * time.Hour)
		if got := ask(); got != http.StatusOK {
			t.Fatalf("in daily use: %d", got)
		}
	}
	s.clock.add(24 * time.Hour)
	if got := ask(); got != http.StatusUnauthorized {
		t.Fatalf("after the longest time: %d", got)
	}
}

func TestThrottlingByName(t *testing.T) {
	s := newStand(t, sqlite(t))
	s.staff("li", "owner")
	b := s.browser()
	var r *reply
	failures := 0
	for ; failures < 20; failures++ {
		if r = b.signIn("li", "wrong"); r.Status == http.StatusTooManyRequests {
			break
		}
	}
	if failures != nameLimit.free {
		t.Errorf("%d failures went through at once, want %d", failures, nameLimit.free)
	}
	r.problem(http.StatusTooManyRequests, "throttled")
	seconds, err := strconv.Atoi(r.Header.Get("Retry-After"))
	if err != nil || seconds < 1 {
		t.Fatalf("Retry-After %q", r.Header.Get("Retry-After"))
	}
	b.signIn(" LI ", rightPassword).problem(http.StatusTooManyRequests, "throttled") // nor the right one, nor another spelling
	s.clock.add(time.Duration(seconds) * time.Second)
	b.signIn("li", rightPassword).want(http.StatusOK)
	b.signIn("li", "wrong").want(http.StatusUnauthorized) // forgiven
}

func TestThrottle(t *testing.T) {
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	addr := netip.MustParseAddr
	t.Run("an address waits longer and longer", func(t *testing.T) {
		th := newThrottle()
		at, last, tries := now, time.Duration(0), 0
		for i := range 60 {
			name := "name " + strconv.Itoa(i)
			wait := th.begin(name, addr("192.0.2.1"), at)
			if wait == 0 {
				tries++
				continue
			}
			if wait < last || wait > addressLimit.longest {
				t.Fatalf("wait %s after %s", wait, last)
			}
			last = wait
			at = at.Add(wait)
		}
		if last != addressLimit.longest {
			t.Errorf("the longest wait is %s", last)
		}
		if wait := th.begin("name", addr("192.0.2.2"), at); wait != 0 {
			t.Errorf("another address waits %s", wait)
		}
	})
	t.Run("a name never waits long", func(t *testing.T) {
		th := newThrottle()
		for i := range 100 {
			from := addr("192.0.2." + strconv.Itoa(i))
			if wait := th.begin("li", from, now); wait > nameLimit.longest {
				t.Fatalf("wait %s", wait)
			}
			now = now.Add(nameLimit.longest)
		}
	})
	t.Run("an IPv6 network is one address", func(t *testing.T) {
		a, b := keysOf("x", addr("2001:db8::1")), keysOf("x", addr("2001:db8::ffff:1"))
		if a != b {
			t.Errorf("%v and %v", a, b)
		}
	})
	t.Run("memory is bounded", func(t *testing.T) {
		th := newThrottle()
		for i := range 3 * triesKept {
			th.begin("name "+strconv.Itoa(i), addr("192.0.2.1").Next(), now.Add(time.Duration(i)*time.Hour))
		}
		if len(th.lines) > triesKept+2 {
			t.Errorf("%d lines are kept", len(th.lines))
		}
	})
}

func TestOtherSitesAreRefused(t *testing.T) {
	s := newStand(t, sqlite(t))
	b := s.as("owner")
	send := root + "/communities/default/groups/1/messages"
	body := SendInput{Text: "hello"}
	b.do("POST", send, body, "Sec-Fetch-Site", "cross-site").problem(http.StatusForbidden, "forbidden")
	b.do("POST", send, body, "Sec-Fetch-Site", "same-site").problem(http.StatusForbidden, "forbidden")
	b.do("POST", send, body, "Origin", "https://evil.example").problem(http.StatusForbidden, "forbidden")
	b.do("DELETE", root+"/session", nil, "Sec-Fetch-Site", "cross-site").want(http.StatusForbidden)
	b.do("POST", send, body, "Sec-Fetch-Site", "same-origin").want(http.StatusOK)
	b.do("POST", send, body, "Origin", s.url).want(http.StatusOK)
	b.do("POST", send, body).want(http.StatusOK) // not a browser
}

func TestForeignNamesAreRefused(t *testing.T) {
	s := newStand(t, sqlite(t), func(o *Options) { o.Hosts = []string{"chat.example"} })
	b := s.browser()
	for host, status := range map[string]int{
		"localhost:8080": 200, "127.0.0.1": 200, "[::1]:8080": 200, "192.168.1.7:80": 200, "chat.example": 200, "Chat.Example:443": 200,
		"evil.example": 421, "localhost.evil.example": 421, "127.0.0.1.nip.io": 421,
	} {
		if got := b.do("GET", "/healthz", nil, "Host", host).Status; got != status {
			t.Errorf("%s: %d, want %d", host, got, status)
		}
	}
}

func TestProxiesAreBelievedWhereTrusted(t *testing.T) {
	cookie := func(s *stand) string {
		s.staff("li", "owner")
		r := s.browser().do("POST", root+"/session", SignInInput{Name: "li", Password: rightPassword},
			"X-Forwarded-For", "6.6.6.6, 203.0.113.9, 127.0.0.2", "X-Forwarded-Proto", "https")
		return r.want(http.StatusOK).Header.Get("Set-Cookie")
	}
	address := func(s *stand) string {
		var kept []team.SignIn
		if err := s.db.Read(t.Context(), func(q store.Querier) (err error) {
			kept, err = team.SignIns(t.Context(), q, 1)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return kept[0].Address
	}
	s := newStand(t, sqlite(t))
	if c := cookie(s); strings.Contains(c, "Secure") || address(s) != "127.0.0.1" {
		t.Errorf("a stranger was believed: %s, %s", c, address(s))
	}
	s = newStand(t, sqlite(t), func(o *Options) { o.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	if c := cookie(s); !strings.Contains(c, "Secure") || address(s) != "203.0.113.9" {
		t.Errorf("the proxy was not believed: %s, %s", c, address(s))
	}
}

func TestPasswords(t *testing.T) {
	a, b := HashPassword("群英"), HashPassword("群英")
	if a == b {
		t.Error("no salt")
	}
	for password, want := range map[string]bool{"群英": true, "群": false, "": false} {
		if got, err := checkPassword(a, password); err != nil || got != want {
			t.Errorf("%q: %v, %v", password, got, err)
		}
	}
	for _, bad := range []string{"", "plain", "$argon2i$v=19$m=1,t=1,p=1$aa$aa", "$argon2id$v=19$m=99999999,t=1,p=1$aaaa$aaaa", "$argon2id$v=19$m=8,t=0,p=0$aaaa$aaaa", "$argon2id$v=19$m=8,t=1,p=1$!$aaaa", strings.Replace(a, "v=19", "v=18", 1)} {
		if _, err := checkPassword(bad, "x"); community.CodeOf(err) != community.Internal || err == nil {
			t.Errorf("%q was read: %v", bad, err)
		}
	}
}
