package wecom

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
)

var _ connector.Fetcher = (*Account)(nil)

// codeMediaGone is WeCom's answer for a file that it does not know, or no longer.
const codeMediaGone = 40007

// Fetch says where a picture that an employee sent to the app lies; what has no
// address, or one that leads nowhere, is asked for by its media ID, which WeCom keeps
// for three days.
func (a *Account) Fetch(ctx context.Context, f connector.File) (connector.Fetched, error) {
	switch {
	case f.URL != "" && !f.Stale:
		return connector.Fetched{URL: f.URL}, nil
	case f.ID == "":
		return connector.Fetched{}, community.Errorf(community.Unsupported, "WeCom gives no way to this file")
	}
	b, err := a.client.Download(ctx, f.ID)
	return connector.Fetched{Body: io.NopCloser(bytes.NewReader(b))}, err
}

// Download reads what somebody sent to the app, by its media ID. NotFound when its
// three days are over.
func (c *Client) Download(ctx context.Context, media string) (file []byte, err error) {
	const path = "/cgi-bin/media/get"
	err = certain(c.signed(ctx, path, func(q url.Values) error {
		token := q.Get("access_token")
		q.Set("media_id", media)
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, wire.Join(c.base, path)+"?"+q.Encode(), nil)
		if err != nil {
			return err
		}
		a, err := wire.Do(c.http, req)
		if err != nil {
			return err
		}
		if a.Status == http.StatusOK && !json.Valid(a.Body) {
			file = a.Body // no JSON: the file itself
			return nil
		}
		return c.answered(a, token, nil)
	}))
	switch {
	case codeOf(err) == codeMediaGone:
		return nil, &community.Error{Code: community.NotFound, Text: "WeCom has the file no longer", Err: err}
	case err == nil && file == nil:
		err = connector.Because(connector.Garbled, community.Errorf(community.Unavailable, "WeCom's answer cannot be read"))
	}
	return file, err
}
