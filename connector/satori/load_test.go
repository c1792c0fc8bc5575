package satori

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/satori/satoritest"
)

// crowd is many accounts of one gateway, each with groups of its own.
type crowd struct {
	server *satoritest.Server
	groups int

	mu      sync.Mutex
	next    []int // number expected next of each group
	wrong   []string
	delays  []time.Duration
	arrived chan struct{} // closed and made anew
}

func startCrowd(tb testing.TB, o satoritest.Options, connections, groups int) *crowd {
	tb.Helper()
	for i := range connections {
		o.Logins = append(o.Logins, "bot"+strconv.Itoa(i))
	}
	c := &crowd{server: satoritest.New(o), groups: groups, next: make([]int, groups), arrived: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, login := range o.Logins {
		conn, err := Driver{}.Open(login, fmt.Appendf(nil, `{"address":%q,"platform":"test","self_id":%q}`, c.server.Address(), login))
		if err != nil {
			tb.Fatal(err)
		}
		running.Go(func() {
			if err := conn.Run(ctx, c.emit); err != nil {
				tb.Error(err)
			}
		})
	}
	tb.Cleanup(func() {
		cancel()
		running.Wait()
		c.server.Close()
	})
	c.all(tb, connections)
	return c
}

func (c *crowd) all(tb testing.TB, connections int) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 120*time.Second)
	defer cancel()
	if err := c.server.Await(ctx, connections); err != nil {
		tb.Fatal(err)
	}
}

func (c *crowd) emit(_ context.Context, list ...connector.Observation) error {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range list {
		n, at, ok := satoritest.Sent(o.Text)
		if o.Kind != community.MessagePosted || !ok {
			continue
		}
		g, err := strconv.Atoi(o.Group[1:])
		if err != nil || c.next[g] != n {
			c.wrong = append(c.wrong, fmt.Sprintf("%s: %d came, %d was next", o.Group, n, c.next[g]))
		}
		c.next[g] = n + 1
		c.delays = append(c.delays, now.Sub(at))
	}
	close(c.arrived)
	c.arrived = make(chan struct{})
	return nil
}

// run lets the load run and waits until all has arrived.
func (c *crowd) run(tb testing.TB, rate int, d time.Duration) (total int) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	sent := c.server.Run(ctx, satoritest.Load{Rate: rate, Groups: c.groups})
	over := time.After(2 * time.Minute)
	for {
		c.mu.Lock()
		done, changed := slices.Equal(sent, c.next), c.arrived
		c.mu.Unlock()
		if done {
			break
		}
		select {
		case <-changed:
		case <-over:
			tb.Fatalf("sent %v, arrived %v", sent, c.next)
		}
	}
	for _, n := range sent {
		total += n
	}
	return total
}

// heardAll waits until something of every group has come.
func (c *crowd) heardAll(ctx context.Context) {
	for {
		c.mu.Lock()
		silent, changed := slices.Contains(c.next, 0), c.arrived
		c.mu.Unlock()
		if !silent {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

func TestManyConnectionsLoseNothing(t *testing.T) {
	t.Parallel()
	c := startCrowd(t, satoritest.Options{}, 20, 100)
	total := c.run(t, 200, time.Second)
	if len(c.wrong) > 0 || total < 100 {
		t.Errorf("%d messages, out of order: %v", total, c.wrong)
	}
}

// A gateway that keeps what was not heard, and connections that break all the
// time: nothing is lost, nothing comes twice.
func TestCutsLoseNothingThatIsKept(t *testing.T) {
	t.Parallel()
	c := startCrowd(t, satoritest.Options{Resume: true}, 5, 25)
	ctx, cancel := context.WithCancel(t.Context())
	var cutting sync.WaitGroup
	cutting.Go(func() {
		c.heardAll(ctx) // who has heard nothing yet has no place to resume from
		for range 4 {
			if c.server.Await(ctx, 5) != nil {
				return
			}
			c.server.Disconnect()
		}
	})
	total := c.run(t, 400, 4*time.Second)
	cancel()
	cutting.Wait()
	if len(c.wrong) > 0 || total < 400 {
		t.Errorf("%d messages, out of order: %v", total, c.wrong)
	}
}

// BenchmarkLoad is 2,000 messages a second for 2,000 groups of 200 connections,
// from the gateway's clock to emit. Its delays are the figures; ns/op is the time
// that was given.
func BenchmarkLoad(b *testing.B) {
	c := startCrowd(b, satoritest.Options{}, 200, 2000)
	for b.Loop() {
		c.run(b, 2000, 5*time.Second)
		clear(c.next)
	}
	slices.Sort(c.delays)
	at := func(p float64) float64 {
		return float64(c.delays[int(p*float64(len(c.delays)-1))].Microseconds()) / 1000
	}
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(float64(len(c.delays)), "messages")
	if len(c.wrong) > 0 {
		b.Errorf("out of order: %v", c.wrong[:min(len(c.wrong), 5)])
	}
}

// BenchmarkReconnect is the time until 200 connections that broke are back.
func BenchmarkReconnect(b *testing.B) {
	c := startCrowd(b, satoritest.Options{}, 200, 200)
	for b.Loop() {
		c.server.Disconnect()
		c.all(b, 200)
	}
}
