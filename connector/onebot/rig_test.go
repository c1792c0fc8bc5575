package onebot_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"qunying/internal/rig"
)

// TestAnotherApplicationUnderstandsTheImplementation takes our simulated
// implementation to an application that somebody else wrote. What that
// application understands and asks for is what the driver is tested against.
func TestAnotherApplicationUnderstandsTheImplementation(t *testing.T) {
	for _, protocol := range []string{"ws", "ws-reverse"} {
		t.Run(protocol, func(t *testing.T) {
			m := newImplementation(t, "11")
			port, control := rig.Port(t), rig.Port(t)
			r := rig.Start(t, "onebot-app", "app.js", "PROTOCOL="+protocol, "ENDPOINT="+m.socketAddress(), "TOKEN="+m.token,
				"SELF_ID="+m.self, fmt.Sprintf("PORT=%d", port), fmt.Sprintf("CTRL_PORT=%d", control))
			if protocol == "ws-reverse" {
				m.dial(fmt.Sprintf("ws://127.0.0.1:%d/onebot", port), "Universal")
			}
			r.Await("its sign-in", func(l rig.Line) bool { return l["ev"] == "login" && l["name"] == "Bot" })

			now := time.Now()
			event := func(kind string, raw []byte, fits func(rig.Line) bool) {
				t.Helper()
				m.deliver(raw, false)
				r.Await(kind, func(l rig.Line) bool {
					return l["ev"] == "event" && l["type"] == kind && l["guild"] == "1000" && fits(l)
				})
			}
			id, raw := m.said("1000", "42", "hello [you] & me", now)
			event("message-created", raw, func(l rig.Line) bool {
				return l["user"] == "42" && l["content"] == "hello [you] &amp; me" && l["message_id"] == id
			})
			m.change(func() { m.asText = true })
			_, raw = m.said("1000", "42", "as [text] & code", now)
			event("message-created", raw, func(l rig.Line) bool { return l["content"] == "as [text] &amp; code" })
			event("guild-member-added", m.joined("1000", "43", "42", now), func(l rig.Line) bool { return l["user"] == "43" && l["operator"] == "42" })
			event("guild-member-removed", m.left("1000", "43", "7", now), func(l rig.Line) bool { return l["user"] == "43" && l["operator"] == "7" })
			event("message-deleted", m.recalled("1000", id, "42", now), func(l rig.Line) bool { return l["message_id"] == id })

			call := func(path string, body map[string]any) any {
				t.Helper()
				l := r.Post(control, path, body)
				if l["ok"] != true {
					t.Fatalf("%s %v: %v", path, body, l)
				}
				return l["result"]
			}
			call("/send", map[string]any{"channel": "1000", "guild": "1000", "content": "from the application"})
			if got := m.messages("1000"); !slices.Equal(got, []string{"from the application"}) {
				t.Errorf("posted %q", got)
			}
			call("/call", map[string]any{"method": "kickGuildMember", "args": []any{"1000", "42"}})
			call("/call", map[string]any{"method": "muteGuildMember", "args": []any{"1000", "42", 60000}})
			call("/raw", map[string]any{"method": "setGroupWholeBan", "args": []any{"1000", true}})
			call("/call", map[string]any{"method": "deleteMessage", "args": []any{"1000", id}})
			list, _ := call("/raw", map[string]any{"method": "getGroupMemberList", "args": []any{"1000"}}).([]any)
			if len(list) != 3 { // ourselves, 42 and 43
				t.Errorf("it reads %v as the members", list)
			}
			for _, action := range []string{"get_login_info", "send_group_msg", "set_group_kick", "set_group_ban", "set_group_whole_ban", "delete_msg"} {
				if len(m.took(action)) == 0 {
					t.Errorf("it never asked for %s", action)
				}
			}
		})
	}
}
