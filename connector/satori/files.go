package satori

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
)

var _ connector.Fetcher = (*account)(nil)

// internalScheme is of addresses that only the gateway can resolve.
const internalScheme = "internal:"

// Fetch reads what lies at the gateway itself; any other address anybody can read.
// An address that led nowhere is asked of the gateway's proxy, where it has one.
func (a *account) Fetch(ctx context.Context, f connector.File) (connector.Fetched, error) {
	own, proxied := a.ours(f.URL), strings.HasPrefix(f.URL, internalScheme)
	switch {
	case f.URL == "", f.Stale:
		return connector.Fetched{}, community.Errorf(community.Unsupported, "the gateway gives no other way to this file")
	case proxied && (strings.Contains(f.URL, "..") || strings.ContainsAny(f.URL, "?#\\") || strings.Contains(strings.ToLower(f.URL), "%2e")):
		// It is sent on with our token: it must not lead to another call.
		return connector.Fetched{}, community.Errorf(community.Invalid, "that is no address of a file")
	case !own && !proxied:
		return connector.Fetched{URL: f.URL}, nil
	}
	address, header := f.URL, http.Header{}
	if proxied {
		address, header = a.config.Address+"/v1/proxy/"+f.URL, a.config.header(a.login())
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return connector.Fetched{}, community.Errorf(community.Invalid, "that is no address of a file")
	}
	req.Header = header
	body, err := wire.Open(a.client, req)
	return connector.Fetched{Body: body}, err
}

// ours says that an address lies at the gateway: its host and port are those of the
// settings, which people trust. Nothing secret is sent along.
func (a *account) ours(address string) bool {
	of, err := url.Parse(address)
	gateway, err2 := url.Parse(a.config.Address)
	return err == nil && err2 == nil && of.Scheme == gateway.Scheme && of.Host == gateway.Host && of.User == nil
}
