package mp

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"qunying/connector/connectortest"
	"qunying/connector/wire/wxcrypt"
)

func TestSuite(t *testing.T) {
	for _, mode := range []string{"safe", "plain"} {
		t.Run(mode, func(t *testing.T) {
			connectortest.Run(t, connectortest.Harness{Start: func(t *testing.T) *connectortest.Platform { return platform(t, mode) }})
		})
	}
}

func platform(t *testing.T, mode string) *connectortest.Platform {
	const alone = "there are no groups: everybody is alone with the account"
	s := newStage(t)
	s.plain = mode == "plain"
	s.set("menu/get", `{"menu":{"button":[]}}`)
	return &connectortest.Platform{
		Driver: s.driver(), Account: "mp", Config: marshal(s.config()), Group: "",
		Say: s.say, Redeliver: s.redeliver,
		Unknown: func(_ string, raw []byte) {
			s.deliver(event("ann", time.Now(), "MsgType", "event", "Event", "hologram", "EventKey", string(raw)))
		},
		Malformed: func() bool { status, _ := s.push("<xml>"); return status == http.StatusBadRequest },
		Oversized: func() bool {
			q := map[string][]string{"timestamp": {"1"}, "nonce": {"n"}, "signature": {wxcrypt.SignPlain(testToken, "1", "n")}}
			status, _ := s.call(http.MethodPost, q, strings.Repeat("x", mostCall+1))
			return status == http.StatusRequestEntityTooLarge
		},
		Slow: func(by time.Duration) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.slow = by
		},
		FailNext: func(count int) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.fail = count
		},
		CutMidSend: func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.cut = true
		},
		Messages: s.texts, Secrets: []string{testSecret, testToken, testKey},
		Lacks: map[string]string{
			"Acknowledges": "the platform makes a call three times in fifteen seconds and then forgets it",
			"Join":         alone, "Leave": alone, "Rename": alone, "Members": alone,
			"Recall":     "the platform does not tell that a message was taken back",
			"Disconnect": "the platform calls us: there is no connection to break",
			"Outage":     "the platform keeps nothing: see TestCallsThatCannotBeStoredAreOwnedUpTo",
			"Backfill":   "the platform keeps nothing that could be read back",
			"Own":        "the platform does not tell us what is written by hand",
		},
	}
}
