package satoritest

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

var zero time.Time

// Load is a steady stream of messages.
type Load struct {
	Rate   int // messages a second
	Groups int // in all; group i, "g<i>", belongs to login i modulo their number
}

// tickEvery is how often a due part of a load is sent.
const tickEvery = 5 * time.Millisecond

// Run sends messages until ctx ends and returns how many of each group. The texts
// are "load <number within the group> <time of sending in ns>": see Sent. Every
// login's events go only to the clients that signed in for it.
func (s *Server) Run(ctx context.Context, l Load) (sent []int) {
	sent = make([]int, l.Groups)
	began, total := time.Now(), 0
	every := time.NewTicker(tickEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return sent
		case <-every.C:
		}
		due := int(time.Since(began).Seconds() * float64(l.Rate))
		s.mu.Lock()
		for ; total < due; total++ {
			g := total % l.Groups
			s.load(g, sent[g])
			sent[g]++
		}
		s.mu.Unlock()
	}
}

// load tells one message without keeping it.
func (s *Server) load(group, n int) {
	name, author, now := "g"+strconv.Itoa(group), "u"+strconv.Itoa(group*50+n%50), time.Now()
	s.said++
	s.tell(s.o.Logins[group%len(s.o.Logins)], Object{"type": "message-created", "timestamp": now.UnixMilli(), "guild": Object{"id": name, "name": name},
		"channel": Object{"id": name, "type": 0}, "user": who(author),
		"message": Object{"id": "l" + strconv.FormatInt(s.said, 10), "content": fmt.Sprintf("load %d %d", n, now.UnixNano()), "created_at": now.UnixMilli()}})
}

// Sent reads a text of Run: the how-manieth of its group it is, from 0, and when
// it was sent.
func Sent(text string) (n int, at time.Time, ok bool) {
	f := strings.Fields(text)
	if len(f) != 3 || f[0] != "load" {
		return 0, time.Time{}, false
	}
	n, err := strconv.Atoi(f[1])
	ns, err2 := strconv.ParseInt(f[2], 10, 64)
	return n, time.Unix(0, ns), err == nil && err2 == nil
}
