package wecomrobot

import (
	"testing"
	"time"

	"qunying/connector/connectortest"
	"qunying/connector/wire"
)

// A robot only writes; of the suite it passes what that leaves.
func TestSuite(t *testing.T) {
	connectortest.Run(t, connectortest.Harness{Start: platform})
}

func platform(t *testing.T) *connectortest.Platform {
	const deaf = "a robot hears nothing"
	p := startPlatform(t)
	return &connectortest.Platform{
		Driver:  Driver{Guard: wire.Guard{Private: true}, Base: p.URL, Gap: time.Millisecond},
		Account: "robot", Config: []byte(`{"key":"` + simKey + `","group":"notices","title":"通知群"}`), Group: "notices",
		FailNext: func(count int) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.busy = count
		},
		CutMidSend: func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.next = cut(true)
		},
		Messages: func(string) (texts []string) {
			p.mu.Lock()
			defer p.mu.Unlock()
			for _, m := range p.sent {
				if body, ok := m["text"].(map[string]any); ok {
					text, _ := body["content"].(string)
					texts = append(texts, text)
				}
			}
			return texts
		},
		Secrets: []string{simKey},
		Lacks: map[string]string{
			"Say": deaf, "Join": deaf, "Leave": deaf, "Rename": deaf, "Recall": deaf, "Unknown": deaf, "Acknowledges": deaf,
			"Disconnect": deaf, "Malformed": deaf, "Oversized": deaf, "Slow": deaf, "Redeliver": deaf, "Backfill": deaf,
			"Outage": deaf, "Own": deaf, "Members": deaf,
		},
	}
}
