package wechaty

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"qunying/connector"
	"qunying/connector/connectortest"
	"qunying/connector/wechaty/puppet"
)

func TestDriver(t *testing.T) {
	for name, withIDs := range map[string]bool{"gateway that tells IDs": true, "gateway that tells none": false} {
		t.Run(name, func(t *testing.T) {
			connectortest.Run(t, connectortest.Harness{Start: func(t *testing.T) *connectortest.Platform { return platform(t, withIDs) }})
		})
	}
}

func platform(t *testing.T, withIDs bool) *connectortest.Platform {
	g := startGateway(t)
	g.withIDs = withIDs
	return &connectortest.Platform{
		Driver: Driver{}, Account: "bot", Config: g.config(), Group: "g1@chatroom", Others: []string{"g2@chatroom", ""}, Secrets: []string{simToken},
		Say: func(group, member, text string, at time.Time) string {
			return g.say(&puppet.MessagePayloadResponse{RoomId: group, TalkerId: member, Text: text, Type: 7}, at)
		},
		Join: func(group, member, inviter string, at time.Time) {
			g.locked(func() { g.join(group, member, inviter, at) })
		},
		Leave: func(group, member, remover string, at time.Time) {
			g.locked(func() { g.leave(group, member, remover, at) })
		},
		Recall: func(group, message string, at time.Time) {
			g.say(&puppet.MessagePayloadResponse{RoomId: group, TalkerId: "ann", Text: message, Type: 13}, at)
		},
		Redeliver: func(_ string, count int) {
			g.locked(func() {
				for _, e := range slices.Clone(g.history[len(g.history)-count:]) {
					g.emit(e)
				}
			})
		},
		Disconnect: func() {
			g.mu.Lock()
			before := g.streams
			g.mu.Unlock()
			g.cut()
			g.await("the connector to come back", func() bool { return g.stream != nil && g.streams > before })
		},
		Unknown: func(group string, raw []byte) {
			g.tell(event(77, map[string]any{"roomId": group, "raw": string(raw)}))
		},
		Own: func(group, text string, at time.Time) {
			g.say(&puppet.MessagePayloadResponse{RoomId: group, TalkerId: "bot", Text: text, Type: 7}, at)
		},
		Malformed: func() bool {
			g.tell(&puppet.EventResponse{Type: puppet.EventType_EVENT_TYPE_MESSAGE, Payload: "{no JSON"})
			return false
		},
		Oversized: func() bool { // more than the connection takes: it breaks
			g.mu.Lock()
			before := g.streams
			g.mu.Unlock()
			g.tell(event(puppet.EventType_EVENT_TYPE_MESSAGE, map[string]string{"messageId": strings.Repeat("x", mostReceived)}))
			g.await("the connector to come back", func() bool { return g.stream != nil && g.streams > before })
			return false
		},
		Slow: g.slow,
		FailNext: func(count int) {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.failNext = count
		},
		CutMidSend: func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.cutNext = true
		},
		Messages: func(group string) []string {
			g.mu.Lock()
			defer g.mu.Unlock()
			return slices.Clone(g.said[group])
		},
		Lacks: map[string]string{
			"Acknowledges": "a gateway keeps nothing for who is away, and there is nothing to acknowledge",
			"Rename":       "gateways do not report that a member took another name; it comes with the next message",
			"Backfill":     "the protocol reads nothing back",
			"Outage":       "a gateway does not know what it missed; the gap of a broken connection is tested by itself",
		},
	}
}

// BenchmarkMessages is how fast messages go from the gateway's event to emitted,
// with the call for each one's content.
func BenchmarkMessages(b *testing.B) {
	g := startGateway(b)
	l := listen(b, Driver{}, g.config())
	l.await("sign-in", 0, state(connector.Online))
	b.ResetTimer()
	g.locked(func() {
		for i := range b.N {
			m := &puppet.MessagePayloadResponse{Id: "b" + strconv.Itoa(i), RoomId: "g1@chatroom", TalkerId: "ann", Text: "n" + strconv.Itoa(i), Type: 7}
			g.messages[m.Id] = m
		}
	})
	for i := range b.N {
		g.tell(event(puppet.EventType_EVENT_TYPE_MESSAGE, map[string]string{"messageId": "b" + strconv.Itoa(i)}))
	}
	l.await("the last message", 0, wrote("n"+strconv.Itoa(b.N-1)))
}
