package connectortest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/connectortest"
	"qunying/connector/sim"
)

// faulty is a connector with one mistake.
type faulty struct {
	connector.Connector
	fault string
}

type faultyDriver struct {
	sim.Driver
	fault string
}

func (d faultyDriver) Open(account string, config []byte) (connector.Connector, error) {
	c, err := d.Driver.Open(account, config)
	if err != nil {
		return nil, err
	}
	f := &faulty{c, d.fault}
	switch d.fault {
	case "no method":
		return f, nil
	case "backfilled times":
		return struct {
			*faulty
			all
		}{f, roundedHistory{c.(all)}}, nil
	}
	return struct {
		*faulty
		all
	}{f, c.(all)}, nil
}

type all interface {
	connector.Recaller
	connector.Muter
	connector.Remover
	connector.Announcer
	connector.Renamer
	connector.Inviter
	connector.Roster
	connector.Historian
}

type roundedHistory struct{ all }

func (h roundedHistory) Backfill(ctx context.Context, group string, from, to time.Time, emit connector.Emit) error {
	return h.all.Backfill(ctx, group, from, to, func(ctx context.Context, o ...connector.Observation) error {
		for i := range o {
			o[i].At = o[i].At.Add(time.Millisecond)
		}
		return emit(ctx, o...)
	})
}

func (f *faulty) Run(ctx context.Context, emit connector.Emit) error {
	if f.fault == "replays" {
		if err := f.Connector.(all).Backfill(ctx, "room", time.Time{}, time.Now().AddDate(100, 0, 0), emit); err != nil {
			return err
		}
	}
	dead := false // after a frame that could not be read
	err := f.Connector.Run(ctx, func(ctx context.Context, o ...connector.Observation) error {
		o = slices.Clone(o)
		for i := range o {
			if o[i].Text == junk {
				o[i] = connector.Changed(connector.Degraded, o[i].At, o[i].At, nil)
				if f.fault == "passes over junk" {
					o[i] = connector.Changed(connector.Online, o[i].At, time.Time{}, nil)
				}
				dead = f.fault == "dies of junk"
			}
			switch f.fault {
			case "forgets who it is":
				o[i].FromUs = false
			case "own clock":
				o[i].At = time.Now()
			case "loses raw":
				o[i].Raw = nil
			case "tells secrets":
				o[i].Data = map[string]string{"token": "hush"}
			case "states of groups":
				if o[i].Kind == community.ConnectionChanged {
					o[i].Group = "room"
				}
			case "all by members":
				o[i].FromUs = o[i].FromUs && o[i].ActionKey != community.Key{}
			}
		}
		if f.fault == "never online" {
			o = slices.DeleteFunc(o, func(o connector.Observation) bool { return o.Kind == community.ConnectionChanged })
		}
		if dead {
			return nil
		}
		if n := len(o); f.fault == "swaps" && n > 1 {
			o[n-2], o[n-1] = o[n-1], o[n-2]
		}
		err := emit(ctx, o...)
		if f.fault == "acknowledges early" {
			return nil
		}
		return err
	})
	if f.fault == "ends badly" && err == nil {
		return ctx.Err()
	}
	return err
}

func (f *faulty) Send(ctx context.Context, a connector.Action) (connector.Receipt, error) {
	if f.fault == "sends twice" {
		a.Key = community.Key{}
	}
	r, err := f.Connector.Send(ctx, a)
	var u *connector.Uncertain
	if f.fault == "sure of itself" && errors.As(err, &u) {
		return r, u.Err
	}
	if f.fault == "sure when late" && err != nil && ctx.Err() != nil {
		return r, community.Errorf(community.Forbidden, "the platform refuses")
	}
	return r, err
}

func (f *faulty) Capabilities(group string) connector.Capabilities {
	c := f.Connector.Capabilities(group)
	if f.fault == "modest" {
		c.Announce = connector.Human
	}
	return c
}

// junk stands for a frame that is none of the protocol.
const junk = "\x00"

const faultVariable = "QUNYING_TEST_FAULT"

// TestFaulty runs the suite on a connector with the fault that the environment names.
func TestFaulty(t *testing.T) {
	fault, ok := os.LookupEnv(faultVariable)
	if !ok {
		t.Skip("run by TestSuiteFindsFaults only")
	}
	connectortest.Run(t, connectortest.Harness{InProcess: true, Start: func(t *testing.T) *connectortest.Platform {
		n := sim.NewNetwork(nil)
		n.AddGroup("room", "room")
		return &connectortest.Platform{
			Driver: faultyDriver{sim.Driver{Platform: n}, fault}, Account: "us", Group: "room", Acknowledges: true,
			Say: n.Say, Join: n.Join, Leave: n.Leave, Rename: n.Rename, Recall: n.Recall, Redeliver: n.Redeliver,
			Disconnect: n.Disconnect, Outage: n.Outage, CutMidSend: n.CutMidSend,
			Unknown: func(group string, raw []byte) {
				n.Post(group, connector.Observation{Kind: community.PlatformOther, Raw: raw[:min(len(raw), connectortest.MostRaw)]})
			},
			FailNext: func(count int) { n.FailNext(count, community.Errorf(community.Unavailable, "busy")) },
			Messages: func(string) (texts []string) {
				for _, d := range n.Sent() {
					texts = append(texts, d.Action.Text)
				}
				return texts
			},
			Slow: n.SlowBy, Secrets: []string{"hush"},
			Own: func(group, text string, at time.Time) {
				n.Post(group, connector.Observation{Kind: community.MessagePosted, Sender: connector.Member{ID: "us"}, ID: "by hand", At: at,
					Content: community.Text, Text: text, FromUs: true})
			},
			// A frame that cannot be read comes to the faulty connector as a message.
			Malformed: func() bool { n.Say("room", "ann", junk, time.Time{}); return false },
			Lacks:     map[string]string{"Oversized": "as malformed", "Probe": "there is nothing to set up"},
		}
	}})
}

func TestSuiteFindsFaults(t *testing.T) {
	found := map[string]string{ // fault → the check that must fail
		"":                   "",
		"no method":          "capabilities_agree_with_abilities",
		"modest":             "capabilities_agree_with_abilities",
		"swaps":              "observations_of_a_group_arrive_in_order",
		"replays":            "a_restart_replays_nothing",
		"own clock":          "the_platform's_clock_is_kept",
		"loses raw":          "unknown_kinds_are_kept_raw",
		"never online":       "the_connection's_state_is_told",
		"states of groups":   "the_connection's_state_is_told",
		"tells secrets":      "observations_of_a_group_arrive_in_order",
		"dies of junk":       "malformed_frames_are_survived",
		"passes over junk":   "malformed_frames_are_survived",
		"all by members":     "what_our_account_says_elsewhere_is_known",
		"sure when late":     "a_slow_platform_is_borne",
		"acknowledges early": "nothing_is_acknowledged_before_it_is_on_disk",
		"ends badly":         "a_restart_replays_nothing",
		"backfilled times":   "back-filled_copies_have_the_same_key",
		"forgets who it is":  "our_own_messages_are_known",
		"sends twice":        "our_own_messages_are_known",
		"sure of itself":     "a_cut_while_sending_leaves_it_uncertain",
	}
	for fault, check := range found {
		t.Run(fault, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFaulty$", "-test.v")
			cmd.Env = append(os.Environ(), faultVariable+"="+fault)
			out, err := cmd.CombinedOutput()
			if check == "" {
				if err != nil {
					t.Errorf("a sound connector fails:\n%s", out)
				}
				return
			}
			if err == nil || !strings.Contains(string(out), "--- FAIL: TestFaulty/"+check) {
				t.Errorf("check %s did not fail: %v\n%s", check, err, out)
			}
		})
	}
}
