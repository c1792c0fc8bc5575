package mp

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/url"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
)

var _ connector.Fetcher = (*account)(nil)

// Fetch says where a picture lies; what has no address, or one that leads nowhere, is
// asked for by its media ID, which the platform keeps for three days.
func (a *account) Fetch(ctx context.Context, f connector.File) (connector.Fetched, error) {
	switch {
	case f.URL != "" && !f.Stale:
		return connector.Fetched{URL: f.URL}, nil
	case f.ID == "":
		return connector.Fetched{}, community.Errorf(community.Unsupported, "the platform gives no way to this file")
	}
	b, err := a.Download(ctx, f.ID)
	return connector.Fetched{Body: io.NopCloser(bytes.NewReader(b))}, err
}

// Download reads what somebody sent, by its media ID. NotFound when its three days
// are over.
func (c *Client) Download(ctx context.Context, media string) ([]byte, error) {
	var file []byte
	var answer struct {
		errcode
		Video string `json:"video_url"`
	}
	err := c.withToken(ctx, &answer, func(token string) (wire.Answer, error) {
		a, err := c.fetch(ctx, "cgi-bin/media/get", url.Values{"access_token": {token}, "media_id": {media}})
		if err != nil || json.Valid(a.Body) {
			return a, err
		}
		file, a.Body = a.Body, []byte("{}") // no JSON: the file itself
		return a, nil
	})
	switch {
	case codeOf(err) == codeMediaGone, codeOf(err) == codeMediaTime:
		return nil, &community.Error{Code: community.NotFound, Text: "the platform has the file no longer", Err: err}
	case err != nil:
		return nil, certain(err)
	case file == nil:
		return nil, community.Errorf(community.Unsupported, "the platform gives the file elsewhere only")
	}
	return file, nil
}

// Codes of files that are not there.
const (
	codeMediaGone = 40007
	codeMediaTime = 42007
)
