package onebot

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"strings"

	"qunying/community"
	"qunying/connector"
)

var _ connector.Fetcher = (*account)(nil)

// Fetch says where a file lies; where its address has expired, or there is none, the
// implementation is asked for it.
func (a *account) Fetch(ctx context.Context, f connector.File) (connector.Fetched, error) {
	if f.URL != "" && !f.Stale {
		return connector.Fetched{URL: f.URL}, nil
	}
	none := community.Errorf(community.Unsupported, "the implementation gives no way to this file")
	action, params := "get_file", map[string]any{"file_id": f.ID, "type": "data"}
	if a.set.Version != "12" {
		name := f.Name
		if name == "" {
			name = f.ID
		}
		action, params = map[community.Content]string{community.Image: "get_image", community.Sticker: "get_image", community.Voice: "get_record"}[f.Content], map[string]any{"file": name}
		if action == "get_record" {
			params["out_format"] = "amr"
		}
		if f.ID == "" && f.Name == "" {
			action = ""
		}
	} else if f.ID == "" {
		action = ""
	}
	if action == "" {
		return connector.Fetched{}, none
	}
	var got struct {
		URL    string `json:"url"`
		Base64 string `json:"base64"` // of v11, where implementations add it
		Data   string `json:"data"`   // of v12, the same
	}
	if err := a.learnFrom(ctx, action, params, &got); err != nil {
		return connector.Fetched{}, err
	}
	got.Base64 = strings.TrimPrefix(got.Base64+got.Data, "base64://")
	switch {
	case got.Base64 != "":
		return connector.Fetched{Body: io.NopCloser(base64.NewDecoder(base64.StdEncoding, bytes.NewReader([]byte(got.Base64))))}, nil
	case webOnly(scalar(got.URL)) != "" && got.URL != f.URL:
		return connector.Fetched{URL: got.URL}, nil
	}
	return connector.Fetched{}, none // a path on the machine of the implementation
}
