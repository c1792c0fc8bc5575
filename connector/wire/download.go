package wire

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"qunying/community"
)

// mostHops bounds how often a download is sent on.
const mostHops = 4

// Download reads what lies at an address of http or https, following redirects:
// every address on the way is subject to the client's guard. It carries no secrets
// and takes no cookies. The reader is not bounded; it fails when the file ends too
// early. Errors: Invalid for what is no such address, Forbidden for a private one,
// NotFound where it leads nowhere any more (a signed address that has expired
// included), Unavailable otherwise. None names the address.
func Download(ctx context.Context, client *http.Client, address string) (io.ReadCloser, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, community.Errorf(community.Invalid, "that is no address of a file")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, community.Errorf(community.Invalid, "that is no address of a file")
	}
	follows := *client
	follows.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		if len(via) > mostHops || next.URL.Scheme != "http" && next.URL.Scheme != "https" {
			return community.Errorf(community.NotFound, "the address leads round in circles")
		}
		next.Header.Del("Referer")
		return nil
	}
	return Open(&follows, req)
}

// Open makes a request for a file and answers its body, with errors as of Download.
func Open(client *http.Client, req *http.Request) (io.ReadCloser, error) {
	res, err := client.Do(req)
	if err != nil {
		return nil, failure(err, false)
	}
	switch s := res.StatusCode; {
	case s == http.StatusOK:
		return whole{res.Body}, nil
	case s == http.StatusTooManyRequests, s == http.StatusRequestTimeout, s >= 500:
		err = community.Errorf(community.Unavailable, "the file could not be read for now, %d", s)
	default:
		err = community.Errorf(community.NotFound, "the file is not there any more, %d", s)
	}
	return nil, errors.Join(err, res.Body.Close())
}

// whole says of a body that ends too early that it can be tried again.
type whole struct{ io.ReadCloser }

func (w whole) Read(b []byte) (int, error) {
	n, err := w.ReadCloser.Read(b)
	if err != nil && err != io.EOF {
		err = &community.Error{Code: community.Unavailable, Text: "the file did not come to its end", Err: err}
	}
	return n, err
}
