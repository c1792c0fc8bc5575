package satoritest

import (
	"context"
	"strings"
	"time"
)

// faults are what the gateway does wrong.
type faults struct {
	slow     time.Duration
	fail     int // calls still to be refused
	status   int // with which
	cutSends int // messages still to arrive without an answer
	away     bool
	offline  bool
	from, to time.Time // an outage: events of [from, to) are not delivered
}

// cut breaks all connections.
func (s *Server) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		delete(s.conns, c)
		c.cancel()
		go c.ws.CloseNow()
	}
}

// Disconnect breaks all connections. Nothing is kept for who is away.
func (s *Server) Disconnect() { s.cut() }

// Away breaks all connections and lets nobody in until it is called with false.
func (s *Server) Away(away bool) {
	s.mu.Lock()
	s.faults.away = away
	s.mu.Unlock()
	if away {
		s.cut()
	}
}

// SlowBy delays every event and every answer by d from now on.
func (s *Server) SlowBy(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.slow = d
}

// delay waits as long as the gateway is slow; false if ctx ended meanwhile.
func (s *Server) delay(ctx context.Context) bool {
	s.mu.Lock()
	slow := s.faults.slow
	s.mu.Unlock()
	if slow <= 0 {
		return true
	}
	timer := time.NewTimer(slow)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// FailNext answers the next count calls with a status, nothing done.
func (s *Server) FailNext(count, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.fail, s.faults.status = count, status
}

// CutMidSend lets the next message arrive while its answer does not.
func (s *Server) CutMidSend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.cutSends++
}

// Outage keeps the events of [from, to) to itself, and breaks the connections.
func (s *Server) Outage(from, to time.Time) {
	s.mu.Lock()
	s.faults.from, s.faults.to = from, to
	s.mu.Unlock()
	s.cut()
}

// missed says whether an event falls into the outage.
func (s *Server) missed(e Object) bool {
	ms, ok := e["timestamp"].(int64)
	at := time.UnixMilli(ms)
	return ok && !at.Before(s.faults.from) && at.Before(s.faults.to)
}

// SetOnline lets our logins lose their platform, or find it again.
func (s *Server) SetOnline(online bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.offline = !online
	l := s.loginObject(s.o.Logins[0])
	s.sn++
	f := frameOf(opEvent, Object{"sn": s.sn, "type": "login-updated", "timestamp": time.Now().UnixMilli(), "login": l})
	for c := range s.conns {
		c.push(f)
	}
}

// Garbage sends a frame that is none of Satori.
func (s *Server) Garbage() { s.frame([]byte(`{"op":0,"body":{"type":`)) }

// Huge sends an event of that many bytes.
func (s *Server) Huge(bytes int) {
	s.frame(frameOf(opEvent, Object{"sn": 1, "type": "message-created", "_data": strings.Repeat("x", bytes)}))
}

func (s *Server) frame(f []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.push(f)
	}
}
