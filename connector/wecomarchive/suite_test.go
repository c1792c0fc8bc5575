//go:build linux

package wecomarchive

import (
	"context"
	"encoding/json"
	"strconv"
	"sync"
	"testing"
	"time"

	"qunying/connector"
	"qunying/connector/connectortest"
)

// remembering keeps the position of its account over restarts, as the engine does.
type remembering struct {
	Driver
	mu       sync.Mutex
	position string
}

func (d *remembering) Open(name string, config []byte) (connector.Connector, error) {
	c, err := d.Driver.Open(name, config)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	a := c.(*account)
	a.Resume(d.position)
	return &remembered{a, d}, nil
}

type remembered struct {
	*account
	driver *remembering
}

func (r *remembered) Run(ctx context.Context, emit connector.Emit) error {
	err := r.account.Run(ctx, emit)
	r.driver.mu.Lock()
	defer r.driver.mu.Unlock()
	r.driver.position = r.Position()
	return err
}

func TestSuite(t *testing.T) {
	const none = "the archive only reads"
	connectortest.Run(t, connectortest.Harness{Start: func(t *testing.T) *connectortest.Platform {
		p := newStandin(t)
		p.answer("msgaudit/get_permit_user_list", map[string]any{"errcode": 0, "ids": []string{"zhang"}})
		return &connectortest.Platform{
			Driver: &remembering{Driver: p.driver()}, Account: "archive", Config: p.config(), Group: "wrOne", Others: []string{"wrTwo"},
			Acknowledges: true,
			Say:          p.say, Recall: p.recall, Redeliver: p.redeliver,
			Disconnect: func() { p.fault("GetChatData crash") },
			Unknown: func(group string, raw []byte) {
				p.archive(map[string]any{"action": "send", "from": "ann", "roomid": group, "msgtime": time.Now().UnixMilli(),
					"msgtype": "hologram", "hologram": json.RawMessage(raw)})
			},
			Own:       func(group, text string, at time.Time) { p.say(group, "wbRobot", text, at) },
			Malformed: func() bool { p.archiveBytes("no message"); return false },
			Oversized: func() bool { p.huge(); return false },
			Slow:      func(by time.Duration) { p.write("slow", strconv.FormatInt(by.Milliseconds(), 10)) },
			Secrets:   []string{"s3cret", pemOf(privateKey())[100:140]},
			Lacks: map[string]string{
				"Join":       "who comes and goes is told by the driver wecom",
				"Leave":      "who comes and goes is told by the driver wecom",
				"Rename":     "who is renamed is told by the driver wecom",
				"Outage":     "the platform keeps messages for five days, whoever is away; see TestALongAbsenceIsOwnedUpTo",
				"Backfill":   "the platform cannot be asked about a time: reading goes on where it ended",
				"Members":    "members are listed by the driver wecom",
				"Send":       none,
				"FailNext":   none,
				"CutMidSend": none,
				"Messages":   none,
			},
		}
	}})
}
