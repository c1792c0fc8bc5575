package satoritest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// methods are what the gateway has; nil results are void. They are called with the
// server's lock held.
func methods() map[string]func(s *Server, login string, p Object) (any, int) {
	return map[string]func(s *Server, login string, p Object) (any, int){
		"meta":                 (*Server).meta,
		"login.get":            func(s *Server, login string, _ Object) (any, int) { return s.loginObject(login), 200 },
		"message.create":       (*Server).create,
		"message.delete":       (*Server).remove,
		"message.list":         (*Server).list,
		"guild.list":           (*Server).guildList,
		"guild.member.list":    (*Server).memberList,
		"guild.member.kick":    (*Server).kick,
		"guild.member.mute":    void,
		"guild.member.approve": void,
		"guild.approve":        void,
		"channel.list":         (*Server).channelList,
		"channel.mute":         void,
		"channel.update":       void,
		"user.channel.create": func(_ *Server, _ string, p Object) (any, int) {
			return Object{"id": "private:" + text(p, "user_id"), "type": 1}, 200
		},
	}
}

func void(*Server, string, Object) (any, int) { return nil, 200 }

func text(p Object, name string) string {
	s, _ := p[name].(string)
	return s
}

// method serves a call.
func (s *Server) method(w http.ResponseWriter, q *http.Request) {
	name := q.PathValue("method")
	do := methods()[name]
	if do == nil || name == "meta" && s.o.Old {
		http.Error(w, "method not found", http.StatusNotFound)
		return
	}
	if s.o.Token != "" && q.Header.Get("Authorization") != "Bearer "+s.o.Token {
		http.Error(w, "invalid token", http.StatusForbidden)
		return
	}
	platform, login := q.Header.Get("Satori-Platform"), q.Header.Get("Satori-User-ID")
	if s.o.Old {
		platform, login = q.Header.Get("X-Platform"), q.Header.Get("X-Self-ID")
	}
	if name != "meta" && (platform != s.o.Platform || !slices.Contains(s.o.Logins, login)) {
		http.Error(w, "login not found", http.StatusForbidden)
		return
	}
	var p Object
	if json.NewDecoder(q.Body).Decode(&p) != nil {
		http.Error(w, "no JSON", http.StatusBadRequest)
		return
	}
	if !s.delay(q.Context()) {
		return
	}
	s.mu.Lock()
	if s.faults.fail > 0 {
		s.faults.fail--
		status := s.faults.status
		s.mu.Unlock()
		http.Error(w, http.StatusText(status), status)
		return
	}
	result, status := do(s, login, p)
	if status == 200 {
		s.calls = append(s.calls, Call{name, p})
		s.changed()
	}
	cut := name == "message.create" && s.faults.cutSends > 0
	if cut {
		s.faults.cutSends--
	}
	s.mu.Unlock()
	if cut {
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			c.Close()
		}
		return
	}
	s.answer(w, result, status)
}

func (s *Server) answer(w http.ResponseWriter, result any, status int) {
	switch {
	case status != 200:
		http.Error(w, http.StatusText(status), status)
	case result == nil && s.o.Old:
		_, _ = w.Write([]byte("OK"))
	case result == nil:
		_, _ = w.Write([]byte("{}"))
	default:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(result)
	}
}

func (s *Server) meta(string, Object) (any, int) {
	logins := []Object{}
	for _, id := range s.o.Logins {
		logins = append(logins, s.loginObject(id))
	}
	return Object{"logins": logins, "proxy_urls": []string{}}, 200
}

// find a channel by its ID.
func (s *Server) find(id string) (*guild, *channel) {
	for _, name := range s.order {
		for _, c := range s.guilds[name].channels {
			if c.id == id {
				return s.guilds[name], c
			}
		}
	}
	return nil, nil
}

func (s *Server) create(login string, p Object) (any, int) {
	g, c := s.find(text(p, "channel_id"))
	if c == nil {
		if !strings.HasPrefix(text(p, "channel_id"), "private:") {
			return nil, 404
		}
		s.said++
		return []Object{{"id": "p" + strconv.FormatInt(s.said, 10), "content": text(p, "content")}}, 200
	}
	s.said++
	id, ms := "m"+strconv.FormatInt(s.said, 10), millis(zero)
	m := Object{"id": id, "content": text(p, "content"), "user": who(login), "created_at": ms}
	c.messages = append(c.messages, m)
	if s.o.Echo {
		s.tell(login, Object{"type": "message-created", "timestamp": ms, "guild": Object{"id": g.id}, "channel": Object{"id": c.id, "type": 0},
			"user": who(login), "message": m})
	}
	return []Object{m}, 200
}

func (s *Server) remove(_ string, p Object) (any, int) {
	_, c := s.find(text(p, "channel_id"))
	if c == nil {
		return nil, 404
	}
	had := len(c.messages)
	c.messages = slices.DeleteFunc(c.messages, func(m Object) bool { return m["id"] == text(p, "message_id") })
	if len(c.messages) == had {
		return nil, 404
	}
	return nil, 200
}

// list gives a page of at most 7 messages before a token, oldest first.
func (s *Server) list(_ string, p Object) (any, int) {
	_, c := s.find(text(p, "channel_id"))
	if c == nil {
		return nil, 404
	}
	end := len(c.messages)
	if n, err := strconv.Atoi(text(p, "next")); err == nil {
		end = min(n, end)
	}
	from := max(0, end-7)
	out := Object{"data": c.messages[from:end], "next": strconv.Itoa(len(c.messages))}
	if from > 0 {
		out["prev"] = strconv.Itoa(from)
	}
	return out, 200
}

// paged gives three entries and where to go on.
func paged(all []Object, p Object) (any, int) {
	from, _ := strconv.Atoi(text(p, "next"))
	from = min(max(from, 0), len(all))
	to := min(from+3, len(all))
	out := Object{"data": all[from:to]}
	if to < len(all) {
		out["next"] = strconv.Itoa(to)
	}
	return out, 200
}

func (s *Server) guildList(_ string, p Object) (any, int) {
	all := []Object{}
	for _, id := range s.order {
		all = append(all, Object{"id": id, "name": s.guilds[id].name})
	}
	return paged(all, p)
}

func (s *Server) channelList(_ string, p Object) (any, int) {
	g := s.guilds[text(p, "guild_id")]
	if g == nil {
		return nil, 404
	}
	all := []Object{}
	for _, c := range g.channels {
		all = append(all, Object{"id": c.id, "type": 0, "name": c.name})
	}
	return paged(all, p)
}

func (s *Server) memberList(_ string, p Object) (any, int) {
	g := s.guilds[text(p, "guild_id")]
	if g == nil {
		return Object{"data": []Object{}}, 200 // as some platforms do
	}
	all := []Object{}
	for _, m := range g.members {
		all = append(all, Object{"user": who(m), "nick": m})
	}
	return paged(all, p)
}

func (s *Server) kick(_ string, p Object) (any, int) {
	g := s.guilds[text(p, "guild_id")]
	if g == nil || !slices.Contains(g.members, text(p, "user_id")) {
		return nil, 404
	}
	g.members = slices.DeleteFunc(g.members, func(m string) bool { return m == text(p, "user_id") })
	return nil, 200
}
