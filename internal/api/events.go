package api

import (
	"context"
	"io"
	"net/http"
	"time"
)

// patientReader gives a slow sender time as long as something arrives.
type patientReader struct {
	body    io.Reader
	control *http.ResponseController
}

// uploadIdle is how long an upload may stand still.
const uploadIdle = 60 * time.Second

func (p *patientReader) Read(b []byte) (int, error) {
	if err := p.control.SetReadDeadline(time.Now().Add(uploadIdle)); err != nil {
		return 0, err
	}
	return p.body.Read(b)
}

func (s *Server) rejects(context.Context, call, *InImport) (stream, error) { return nil, notYet() }

type eventsInput struct {
	InCommunity
	LastEventID string `header:"Last-Event-ID" maxLength:"64" doc:"where a broken stream ended; sent by the browser"`
}

func (s *Server) events(context.Context, call, *eventsInput) (stream, error) { return nil, notYet() }
