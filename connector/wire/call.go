package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"qunying/community"
	"qunying/connector"
)

// ErrTooLong is what ReadAll fails with.
var ErrTooLong = errors.New("longer than is allowed")

// ReadAll reads at most limit bytes; more is an error.
func ReadAll(r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		return nil, &community.Error{Code: community.Invalid, Text: fmt.Sprintf("the platform sent more than %d bytes", limit), Err: ErrTooLong}
	}
	return b, err
}

// Answer is what a platform answered over HTTP.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// mostAnswer bounds what is read of an answer.
const mostAnswer = 16 << 20

// Post sends JSON and reads the answer, whatever its status. An error means that
// there is none: Unavailable before the request can have reached the platform,
// Unavailable in a connector.Uncertain from then on. No error names the query of
// the address, where platforms want their tokens.
func Post(ctx context.Context, client *http.Client, address string, header http.Header, body any) (Answer, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return Answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(b))
	if err != nil {
		return Answer{}, community.Errorf(community.Invalid, "the address cannot be read")
	}
	for k, v := range header {
		req.Header[k] = v
	}
	req.Header.Set("Content-Type", "application/json")
	return Do(client, req)
}

// Do makes a request and reads the answer, with errors as of Post.
func Do(client *http.Client, req *http.Request) (Answer, error) {
	sent := false
	req = traceSent(req, &sent)
	res, err := client.Do(req)
	if err != nil {
		return Answer{}, failure(err, sent)
	}
	defer res.Body.Close()
	body, err := ReadAll(res.Body, mostAnswer)
	if err != nil {
		return Answer{}, failure(err, true)
	}
	return Answer{Status: res.StatusCode, Header: res.Header, Body: body}, nil
}

func failure(err error, sent bool) error {
	var ue *url.Error
	if errors.As(err, &ue) { // its text names the whole address
		err = ue.Err
	}
	var ce *community.Error
	if errors.As(err, &ce) && ce.Code != community.Unavailable {
		if errors.Is(ce, errGuarded) {
			return connector.Because(connector.Guarded, ce)
		}
		return ce
	}
	out := connector.Because(connector.Unreachable, &community.Error{Code: community.Unavailable, Text: "the platform could not be reached", Err: err})
	if sent {
		return &connector.Uncertain{Err: out}
	}
	return out
}

// Join puts a path behind an address that people typed, with or without a slash.
func Join(address string, path ...string) string {
	return strings.TrimRight(strings.TrimSpace(address), "/") + "/" + strings.TrimLeft(strings.Join(path, "/"), "/")
}
