package wecomtest

import (
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// order is what another program asks of the corporation; doc.go lists what each needs.
type order struct {
	Group, Member, Name, Owner, Text, State string
	Inviter, Employee, Message, Path, URL   string
	Scene, Count, Code, Status              int
	Removed, Cut                            bool
	DelayMS                                 int `json:"delay_ms"`
}

// control lets other programs script the corporation.
func (s *Server) control() {
	now := func() time.Time { return s.Now() }
	for what, f := range map[string]func(o order) (any, error){
		"found": func(o order) (any, error) { return s.Found(o.Group, o.Name, o.Owner), nil },
		"join": func(o order) (any, error) {
			return nil, s.Join(o.Group, Member{ID: o.Member, Name: o.Name, Invitor: o.Inviter, State: o.State, Scene: o.Scene}, now())
		},
		"leave":    func(o order) (any, error) { return nil, s.Leave(o.Group, o.Member, o.Removed, now()) },
		"rename":   func(o order) (any, error) { return nil, s.Change(o.Group, o.Text, "", "", now()) },
		"announce": func(o order) (any, error) { return nil, s.Change(o.Group, "", o.Text, "", now()) },
		"owner":    func(o order) (any, error) { return nil, s.Change(o.Group, "", "", o.Member, now()) },
		"resign":   func(o order) (any, error) { s.Resign(o.Member); return nil, nil },
		"dissolve": func(o order) (any, error) { return nil, s.Dissolve(o.Group, now()) },
		"say":      func(o order) (any, error) { return s.Say(o.Member, o.Text, now()), nil },
		"befriend": func(o order) (any, error) { return s.Befriend(o.Member, o.Name, o.Employee, o.State, now()), nil },
		"unfriend": func(o order) (any, error) { s.Unfriend(o.Member, o.Employee, now()); return nil, nil },
		"confirm":  func(o order) (any, error) { return nil, s.Confirm(o.Message, now()) },
		"seat":     func(o order) (any, error) { s.Seat(o.Member, o.Text); return nil, nil },
		"consent":  func(o order) (any, error) { return nil, s.Consent(o.Group, o.Member, o.State, now()) },
		"fail": func(o order) (any, error) {
			s.Fail(o.Path, max(1, min(o.Count, 1000)), Fault{Code: o.Code, Status: o.Status, Cut: o.Cut, Delay: time.Duration(o.DelayMS) * time.Millisecond})
			return nil, nil
		},
		"expire": func(order) (any, error) { s.Expire(); return nil, nil },
		"hook":   func(o order) (any, error) { return nil, s.Hook(o.URL) },
		"state":  func(order) (any, error) { return s.state(), nil },
	} {
		s.mux.HandleFunc("POST /_control/"+what, func(w http.ResponseWriter, r *http.Request) {
			var o order
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
			if err == nil && len(body) > 0 {
				err = json.Unmarshal(body, &o)
			}
			var out any
			if err == nil {
				out, err = f(o)
			}
			w.Header().Set("Content-Type", "application/json")
			if err != nil {
				w.WriteHeader(http.StatusUnprocessableEntity)
				_ = json.NewEncoder(w).Encode(map[string]any{"ok": false, "error": err.Error()})
				return
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "result": out})
		})
	}
}

// state is what is there, for whoever scripts from outside.
func (s *Server) state() any {
	out := map[string]any{"posted": s.Posted(), "masses": s.Masses(), "unacknowledged": s.Unacknowledged()}
	s.mu.Lock()
	defer s.mu.Unlock()
	chats := []Chat{}
	for _, c := range s.chats {
		x := *c
		x.Members = append([]Member(nil), c.Members...)
		chats = append(chats, x)
	}
	out["chats"] = chats
	return out
}
