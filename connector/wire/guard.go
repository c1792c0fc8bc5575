// Package wire holds what connectors share on their way to a platform: a guarded
// dialer and client, pauses between attempts, and bounded reading.
package wire

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"qunying/community"
)

// Guard decides which addresses may be called. The zero value allows public ones
// only; addresses of the machine's own link, where clouds keep their metadata,
// are never allowed.
type Guard struct {
	// Private allows loopback and private networks as well: gateways that people
	// run beside us live there.
	Private bool
}

// errGuarded is what a refused address fails with.
var errGuarded = errors.New("the address is not public")

// cgnat is shared address space (RFC 6598), which netip does not count as private.
var cgnat = netip.MustParsePrefix("100.64.0.0/10")

// Allows says whether an address may be called.
func (g Guard) Allows(a netip.Addr) bool {
	a = a.Unmap()
	switch {
	case !a.IsValid(), a.IsUnspecified(), a.IsMulticast(), a.IsLinkLocalUnicast(), a == netip.MustParseAddr("fd00:ec2::254"):
		return false
	case a.IsLoopback(), a.IsPrivate(), cgnat.Contains(a):
		return g.Private
	}
	return true
}

// Dialer connects to allowed addresses only. The check is made on the address
// that is dialled, after the name was looked up: a name cannot slip past it.
func (g Guard) Dialer() *net.Dialer {
	return &net.Dialer{
		Timeout: 10 * time.Second, KeepAlive: 30 * time.Second,
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			ap, err := netip.ParseAddrPort(address)
			if err != nil || !g.Allows(ap.Addr()) {
				return &community.Error{Code: community.Forbidden, Text: "the address is in a private network", Err: errGuarded,
					Hint: "use a public address, or allow private ones when the server is started"}
			}
			return nil
		},
	}
}

// Client makes requests to allowed addresses, none longer than timeout. It
// ignores proxies of the environment, which would dial for it, and follows no
// redirects: a platform's interface has none, and they would carry tokens along.
func (g Guard) Client(timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			DialContext: g.Dialer().DialContext, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 8,
			IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: timeout,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
