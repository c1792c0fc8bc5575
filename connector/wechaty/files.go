package wechaty

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"google.golang.org/grpc"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wechaty/puppet"
)

var _ connector.Fetcher = (*account)(nil)

// asSent asks for a picture as it was sent, not for a small one.
const asSent = 3

// Fetch asks the gateway for what a message carries.
func (a *account) Fetch(ctx context.Context, f connector.File) (connector.Fetched, error) {
	if f.ID == "" || f.Stale {
		return connector.Fetched{}, community.Errorf(community.Unsupported, "the gateway gives no other way to this file")
	}
	client, err := a.ready()
	if err != nil {
		return connector.Fetched{}, err
	}
	var written string
	if f.Content == community.Image {
		var answer *puppet.MessageImageResponse
		answer, err = client.MessageImage(ctx, &puppet.MessageImageRequest{Id: f.ID, Type: asSent})
		written = answer.GetFileBox()
	} else {
		var answer *puppet.MessageFileResponse
		answer, err = client.MessageFile(ctx, &puppet.MessageFileRequest{Id: f.ID})
		written = answer.GetFileBox()
	}
	if err != nil {
		return connector.Fetched{}, a.gateway.failure(err, nil)
	}
	box, err := readBox(written)
	switch {
	case err != nil:
		return connector.Fetched{}, err
	case box.Type == boxURL:
		return connector.Fetched{URL: box.URL}, nil
	case box.Type == boxUUID:
		body, err := a.download(ctx, client, box.UUID)
		return connector.Fetched{Body: body}, err
	}
	return connector.Fetched{Body: io.NopCloser(bytes.NewReader(box.Base64))}, nil
}

// readBox reads a file box. Kinds that lead nowhere outside of the gateway are
// Unsupported.
func readBox(written string) (fileBox, error) {
	var box fileBox
	if json.Unmarshal([]byte(written), &box) != nil {
		return box, community.Errorf(community.Unavailable, "the gateway's file cannot be read")
	}
	if box.Type == boxBase64 && len(box.Base64) > 0 || box.Type == boxURL && box.URL != "" || box.Type == boxUUID && box.UUID != "" {
		return box, nil
	}
	return box, community.Errorf(community.Unsupported, "the gateway wraps its file in a way that cannot be opened here").
		WithHint("file box of type " + strconv.Itoa(box.Type))
}

// download reads a file that waits at the gateway.
func (a *account) download(ctx context.Context, client puppet.PuppetClient, uuid string) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancel(ctx)
	stream, err := client.Download(ctx, &puppet.DownloadRequest{Id: uuid})
	if err != nil {
		cancel()
		return nil, a.gateway.failure(err, nil)
	}
	return &chunks{stream: stream, cancel: cancel, failure: func(err error) error { return a.gateway.failure(err, nil) }}, nil
}

// chunks reads a stream of pieces as one file.
type chunks struct {
	stream  grpc.ServerStreamingClient[puppet.DownloadResponse]
	cancel  context.CancelFunc
	failure func(error) error
	left    []byte
}

func (p *chunks) Read(b []byte) (int, error) {
	for len(p.left) == 0 {
		answer, err := p.stream.Recv()
		if errors.Is(err, io.EOF) {
			return 0, io.EOF
		}
		if err != nil {
			return 0, p.failure(err)
		}
		p.left = answer.GetChunk()
	}
	n := copy(b, p.left)
	p.left = p.left[n:]
	return n, nil
}

func (p *chunks) Close() error {
	p.cancel()
	return nil
}
