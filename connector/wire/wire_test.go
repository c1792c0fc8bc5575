package wire

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
)

func TestGuardAllows(t *testing.T) {
	for _, c := range []struct {
		address         string
		public, private bool
	}{
		{"1.1.1.1", true, true},
		{"2606:4700::1111", true, true},
		{"127.0.0.1", false, true},
		{"::1", false, true},
		{"10.1.2.3", false, true},
		{"192.168.0.1", false, true},
		{"100.64.0.1", false, true},
		{"fd12::1", false, true},
		{"::ffff:127.0.0.1", false, true},
		{"169.254.169.254", false, false},
		{"fe80::1", false, false},
		{"fd00:ec2::254", false, false},
		{"0.0.0.0", false, false},
		{"224.0.0.1", false, false},
	} {
		a := netip.MustParseAddr(c.address)
		if got := (Guard{}).Allows(a); got != c.public {
			t.Errorf("Guard{}.Allows(%s) = %v", a, got)
		}
		if got := (Guard{Private: true}).Allows(a); got != c.private {
			t.Errorf("Guard{Private}.Allows(%s) = %v", a, got)
		}
	}
}

func TestClientRefusesPrivateAddressesByName(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	_, err := Post(t.Context(), Guard{}.Client(time.Second), "http://localhost:"+port+"/?token=hush", nil, 1)
	if community.CodeOf(err) != community.Forbidden {
		t.Fatalf("a call to localhost: %v, want forbidden", err)
	}
	a, err := Post(t.Context(), Guard{Private: true}.Client(time.Second), "http://localhost:"+port, nil, 1)
	if err != nil || a.Status != http.StatusNotFound {
		t.Fatalf("an allowed call: %v, %v", a.Status, err)
	}
}

func TestPostTellsWhetherTheRequestLeft(t *testing.T) {
	client := Guard{Private: true}.Client(time.Second)
	cut := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			c.Close()
		}
	}))
	defer cut.Close()
	var uncertain *connector.Uncertain
	if _, err := Post(t.Context(), client, cut.URL+"/?token=hush", nil, 1); !errors.As(err, &uncertain) || strings.Contains(err.Error(), "hush") {
		t.Errorf("cut after the request: %v, want uncertain and no token", err)
	}
	gone := "http://" + cut.Listener.Addr().String()
	cut.Close()
	if _, err := Post(t.Context(), client, gone, nil, 1); errors.As(err, &uncertain) || community.CodeOf(err) != community.Unavailable {
		t.Errorf("nobody there: %v, want unavailable and certain", err)
	}
}

func TestPauseGrowsAndBeginsAnew(t *testing.T) {
	p := Pause{First: 100 * time.Millisecond, Most: time.Second}
	for i, ms := range []int{100, 200, 400, 800, 1000, 1000} {
		most := time.Duration(ms) * time.Millisecond
		if d := p.Next(); d > most || d < most/2 {
			t.Errorf("pause %d is %v, want up to %v", i, d, most)
		}
	}
	p.Reset()
	if d := p.Next(); d > 100*time.Millisecond {
		t.Errorf("after Reset %v", d)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait with an ended context: %v", err)
	}
}

func TestReadAllIsBounded(t *testing.T) {
	if b, err := ReadAll(strings.NewReader("abcd"), 4); err != nil || len(b) != 4 {
		t.Errorf("at the limit: %q, %v", b, err)
	}
	if _, err := ReadAll(strings.NewReader("abcde"), 4); !errors.Is(err, ErrTooLong) {
		t.Errorf("over the limit: %v", err)
	}
}
