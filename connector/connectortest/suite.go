// Package connectortest is the one suite that every connector passes. It scripts
// a platform, a real one's stand-in or a simulated one, and looks at what the
// connector makes of it.
package connectortest

import (
	"testing"
	"testing/synctest"
	"time"

	"qunying/connector"
)

// Harness makes platforms.
type Harness struct {
	// Start makes a platform on which nothing has happened, for one check.
	Start func(t *testing.T) *Platform
	// InProcess says that platform and connector talk without sockets, so that
	// each check can run in a bubble of simulated time (testing/synctest).
	InProcess bool
}

// Platform is what the suite scripts. Group is required. A function that is nil
// needs its reason in Lacks, under the function's name; without Say, as of
// platforms that only take messages, all that is heard is skipped. A time is
// the platform's; all come back as Observation.At.
type Platform struct {
	Driver  connector.Driver
	Account string
	Config  []byte
	Group   string   // exists, and can do the most
	Others  []string // more groups, whose capabilities differ
	// Acknowledges says that the platform keeps what was not acknowledged, over a
	// restart of the connector. False needs a reason in Lacks.
	Acknowledges bool

	Say       func(group, member, text string, at time.Time) (id string) // id "" where messages have none
	Join      func(group, member, inviter string, at time.Time)
	Leave     func(group, member, remover string, at time.Time)
	Rename    func(group, member, name string, at time.Time)
	Recall    func(group, message string, at time.Time)
	Redeliver func(group string, count int) // the last count observations once more
	// Disconnect breaks the connection. Where the platform keeps nothing for who
	// is away, it returns when the connector is back.
	Disconnect func()
	Outage     func(from, to time.Time)               // what is said in [from, to) is not delivered live
	Unknown    func(group string, raw []byte)         // something that no connector has heard of, raw JSON
	Own        func(group, text string, at time.Time) // our account says something, though not through us
	// Malformed and Oversized deliver something that is none of the protocol, and
	// something longer than the connector reads. refused says that the platform was
	// told so, as callers of an HTTP hook are.
	Malformed  func() (refused bool)
	Oversized  func() (refused bool)
	Slow       func(by time.Duration)              // every delivery and every answer takes so long from now on
	FailNext   func(count int)                     // actions fail before anything was done, for a reason that passes
	CutMidSend func()                              // the next message arrives, but its answer does not
	Messages   func(group string) (texts []string) // what our account has posted, as members see it

	// Secrets of Config must not appear in anything that is emitted or failed with.
	Secrets []string
	Lacks   map[string]string
}

// MostRaw is how much of what nobody understands is kept, in bytes.
const MostRaw = 64 << 10

// TimeLimit of every single wait.
const TimeLimit = 2 * time.Minute

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	t.Helper()
	checks := []struct {
		name  string
		check func(t *testing.T, p *Platform)
		deaf  bool // goes without Say
	}{
		{"opens without waiting and refuses nonsense", opens, true},
		{"capabilities agree with abilities", abilities, true},
		{"what cannot be done is refused as unsupported", unsupported, false},
		{"the settings are described", described, true},
		{"the settings can be tried", probes, true},
		{"the connection's state is told", states, true},
		{"observations of a group arrive in order", order, false},
		{"the platform's clock is kept", clocks, false},
		{"members come and go", comings, false},
		{"a recall names its message", recalls, false},
		{"unknown kinds are kept raw", unknowns, false},
		{"the state is told once the store is there", late, true},
		{"a refused emission is delivered again", refusals, false},
		{"nothing is acknowledged before it is on disk", crash, false},
		{"a restart replays nothing", restart, false},
		{"a broken connection is mended", reconnects, false},
		{"malformed frames are survived", malformed, false},
		{"oversized frames are survived", oversized, false},
		{"a slow platform is borne", slow, false},
		{"redelivered copies have the same key", redelivery, false},
		{"back-filled copies have the same key", backfill, false},
		{"what was missed is owned up to", outage, false},
		{"our own messages are known", ownMessages, false},
		{"what our account says elsewhere is known", ownElsewhere, false},
		{"a failed action can be repeated", failures, true},
		{"a cut while sending leaves it uncertain", cutMidSend, true},
		{"the roster lists members", roster, false},
	}
	for _, c := range checks {
		run := func(t *testing.T) {
			p := h.Start(t)
			if !c.deaf {
				p.need(t, "Say", p.Say != nil)
			}
			c.check(t, p)
		}
		t.Run(c.name, func(t *testing.T) {
			if h.InProcess {
				synctest.Test(t, run)
				return
			}
			run(t)
		})
	}
}

// need skips the check where the platform has no such thing, and says why.
func (p *Platform) need(t *testing.T, name string, has bool) {
	t.Helper()
	if has {
		return
	}
	why, ok := p.Lacks[name]
	if !ok {
		t.Fatalf("the harness gives neither %s nor a reason in Lacks", name)
	}
	t.Skipf("%s: %s", name, why)
}
