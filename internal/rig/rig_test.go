package rig

import (
	"fmt"
	"testing"
)

func TestAProgramIsStartedKilledAndStartedAgain(t *testing.T) {
	port, control := Port(t), Port(t)
	r := Start(t, "satori-server", "server.js", fmt.Sprintf("PORT=%d", port), fmt.Sprintf("CTRL_PORT=%d", control), "TOKEN=t0")
	if l := r.Post(control, "/status", nil); l["ok"] != true {
		t.Fatalf("its status is %v", l)
	}
	r.Kill()
	r.Restart()
	r.Post(control, "/push", map[string]any{"type": "message-created", "guild": map[string]any{"id": "g1"},
		"channel": map[string]any{"id": "g1", "type": 0}, "user": map[string]any{"id": "u1"}, "message": map[string]any{"id": "x", "content": "hello"}})
	r.Await("the pushed event", func(l Line) bool { return l["ev"] == "pushed" })
	n := 0
	for _, l := range r.Lines() {
		if l["ev"] == "ready" {
			n++
		}
	}
	if n != 2 {
		t.Errorf("it was ready %d times, want 2", n)
	}
}
