package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"qunying/community"
)

// patientReader gives a slow sender time as long as something arrives, and the
// handler time to answer after the last of it.
type patientReader struct {
	body    io.Reader
	control *http.ResponseController
}

// streamPatience is how long a slow listener is waited for at least.
const streamPatience = 10 * time.Second

// uploadIdle is how long an upload may stand still.
const uploadIdle = 60 * time.Second

func (p *patientReader) Read(b []byte) (int, error) {
	now := time.Now()
	if err := errors.Join(
		ignoreUnsupported(p.control.SetReadDeadline(now.Add(uploadIdle))),
		ignoreUnsupported(p.control.SetWriteDeadline(now.Add(2*uploadIdle))),
	); err != nil {
		return 0, err
	}
	return p.body.Read(b)
}

// ignoreUnsupported: a writer without deadlines, as in tests, does without.
func ignoreUnsupported(err error) error {
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}

func (s *Server) rejects(ctx context.Context, c call, in *InImport) (stream, error) {
	rows, err := s.needs.Imports.Rejects(ctx, c.community.ID, in.Import)
	if err != nil {
		return nil, err
	}
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="rejects-%d.csv"`, in.Import))
		pour(w, rows)
	}, nil
}

type eventsInput struct {
	InCommunity
	Since       string `query:"since" maxLength:"64" doc:"the position of a community, as its list gave it: what changed after it comes first"`
	LastEventID string `header:"Last-Event-ID" maxLength:"64" doc:"where a broken stream ended; sent by the browser, and goes before since"`
}

// events streams what became stale, at most one event in s.rest: in between,
// changes are merged. Each event's ID is its position, with which
// a browser resumes. Between events there is a comment now and then, at which
// the session is looked at again: one that has ended ends its stream.
func (s *Server) events(ctx context.Context, c call, in *eventsInput) (stream, error) {
	since := parsePosition(cmp.Or(in.LastEventID, in.Since))
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		control := http.NewResponseController(w)
		if err := ignoreUnsupported(control.SetReadDeadline(time.Time{})); err != nil {
			return
		}
		changes := s.needs.Changes.Subscribe(ctx, c.community.ID, since)
		s.measures.streams.Inc()
		defer s.measures.streams.Dec()
		w.Header().Set("X-Accel-Buffering", "no")
		send := func(text string) bool {
			if err := ignoreUnsupported(control.SetWriteDeadline(time.Now().Add(max(2*s.beat, streamPatience)))); err != nil {
				return false
			}
			if _, err := io.WriteString(w, text); err != nil {
				return false
			}
			return control.Flush() == nil
		}
		beat := time.NewTicker(s.beat)
		defer beat.Stop()
		next := changes
		var rested <-chan time.Time
		for ok := send("retry: 2000\n\n"); ok; {
			select {
			case <-ctx.Done():
				return
			case <-s.stop:
				return
			case <-beat.C:
				still, err := s.stillMay(ctx, r, c.visitor) // and is limited as before
				ok = err == nil && still && send(": still here\n\n")
			case change, open := <-next:
				if !open {
					return
				}
				change, mine := c.of(change)
				if !mine {
					continue
				}
				ok = send(changeText(change))
				next, rested = nil, time.After(s.rest)
			case <-rested:
				next = changes
			}
		}
	}, nil
}

// stillMay says whether the session of a stream is alive and allows it.
func (s *Server) stillMay(ctx context.Context, r *http.Request, was visitor) (bool, error) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return false, nil
	}
	v, err := s.visitorOf(ctx, cookie.Value)
	return v.staff.ID == was.staff.ID && may(v.staff.Role, read) && slices.Equal(v.staff.Groups, was.staff.Groups), err
}

func changeText(c Change) string {
	e := noNullLists(StaleEvent{Answer{c.At.Seq}, c.All, c.Groups, c.What})
	data, err := json.Marshal(e)
	if err != nil {
		panic("api: an event that is not plain data: " + err.Error())
	}
	return fmt.Sprintf("id: %s\nevent: stale\ndata: %s\n\n", c.At, data)
}

// String is the position as an event's ID.
func (p Position) String() string { return fmt.Sprintf("%d.%d", p.Epoch, p.Seq) }

// parsePosition reads an event's ID. What is none counts as one of another
// epoch: whoever sends it has seen something, we do not know what.
func parsePosition(id string) Position {
	if id == "" {
		return Position{}
	}
	epoch, seq, ok := strings.Cut(id, ".")
	e, err1 := strconv.ParseInt(epoch, 10, 64)
	q, err2 := strconv.ParseInt(seq, 10, 64)
	if !ok || err1 != nil || err2 != nil || e < 0 || q < 0 {
		return Position{Epoch: -1}
	}
	return Position{e, community.Seq(q)}
}

// pour answers with a file, however long it takes, and closes it.
func pour(w http.ResponseWriter, f io.ReadCloser) {
	defer f.Close()
	control := http.NewResponseController(w)
	buf := make([]byte, 32<<10)
	for {
		n, readErr := f.Read(buf)
		if err := ignoreUnsupported(control.SetWriteDeadline(time.Now().Add(writeTime))); err != nil {
			return
		}
		if _, err := w.Write(buf[:n]); err != nil {
			return // the client has gone
		}
		if readErr == io.EOF {
			return
		}
		if readErr != nil { // the status is out: break the answer off, so that it does not look whole
			panic(http.ErrAbortHandler)
		}
	}
}
