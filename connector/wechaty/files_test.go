package wechaty

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wechaty/puppet"
)

func (g *simGateway) MessageImage(_ context.Context, q *puppet.MessageImageRequest) (*puppet.MessageImageResponse, error) {
	box := map[string]string{"inline": `{"type":1,"name":"a.png","base64":"cGljdHVyZQ=="}`, "far": `{"type":2,"name":"a.png","url":"https://example.org/a.png"}`,
		"waits": `{"type":7,"name":"a.png","uuid":"u-1"}`, "file": `{"type":5,"name":"/etc/passwd"}`, "odd": `[`}[q.GetId()]
	if box == "" || q.GetType() != 3 {
		return nil, status.Errorf(codes.Unknown, "no image %s", q.GetId())
	}
	return &puppet.MessageImageResponse{FileBox: box}, nil
}

func (g *simGateway) MessageFile(_ context.Context, q *puppet.MessageFileRequest) (*puppet.MessageFileResponse, error) {
	return &puppet.MessageFileResponse{FileBox: `{"type":2,"name":"a.amr","url":"https://example.org/` + q.GetId() + `"}`}, nil
}

func (g *simGateway) Download(q *puppet.DownloadRequest, out grpc.ServerStreamingServer[puppet.DownloadResponse]) error {
	for _, piece := range []string{"pic", "", "ture"} {
		if err := out.Send(&puppet.DownloadResponse{Chunk: []byte(piece)}); err != nil {
			return err
		}
	}
	return nil
}

func TestFilesAreFetched(t *testing.T) {
	g := startGateway(t)
	a := connector.Fetcher(online(t, g, Driver{}).account)
	for id, want := range map[string]string{"inline": "picture", "waits": "picture", "far": "https://example.org/a.png"} {
		got, err := a.Fetch(t.Context(), connector.File{Content: community.Image, ID: id})
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		is := []byte(got.URL)
		if got.Body != nil {
			if is, err = io.ReadAll(got.Body); err != nil {
				t.Error(err)
			}
			if err := got.Body.Close(); err != nil {
				t.Error(err)
			}
		}
		if string(is) != want {
			t.Errorf("%s is %q, want %q", id, is, want)
		}
	}
	if got, err := a.Fetch(t.Context(), connector.File{Content: community.Voice, ID: "v"}); err != nil || got.URL != "https://example.org/v" {
		t.Errorf("a voice lies at %q, %v", got.URL, err)
	}
	for name, c := range map[string]struct {
		f    connector.File
		want community.Code
	}{
		"a path of the gateway's machine": {connector.File{Content: community.Image, ID: "file"}, community.Unsupported},
		"no JSON":                         {connector.File{Content: community.Image, ID: "odd"}, community.Unavailable},
		"asked once more":                 {connector.File{Content: community.Image, ID: "far", Stale: true}, community.Unsupported},
	} {
		if _, err := a.Fetch(t.Context(), c.f); community.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func FuzzReadBox(f *testing.F) {
	for _, s := range []string{`{"type":1,"base64":"YQ=="}`, `{"type":2,"url":"http://x"}`, `{"type":7,"uuid":"u"}`, `{"type":1,"base64":7}`, `[]`, ``} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		box, err := readBox(s)
		if err != nil {
			return
		}
		b, err := json.Marshal(box)
		if err != nil {
			t.Fatal(err)
		}
		again, err := readBox(string(b))
		if err != nil || again.Type != box.Type || again.URL != box.URL && json.Valid([]byte(box.URL)) || !bytes.Equal(again.Base64, box.Base64) {
			t.Errorf("%q is read as %+v and then as %+v, %v", s, box, again, err)
		}
	})
}
