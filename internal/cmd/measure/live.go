package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"qunying/connector/satori/satoritest"
)

// crowd is what is measured: connections to one gateway, groups that are spread
// over them, and a stream of messages.
type crowd struct {
	binary      string
	data        string
	connections int
	groups      int
	rate        int // messages a second
	load, idle  time.Duration

	c      *client
	pid    int
	server *satoritest.Server
}

// live measures a server with many Satori connections, from outside: its address
// space and processor time from /proc, its loops and its log over its own API.
//
//	go run ./internal/cmd/measure live --data DIR
func live(args []string) error {
	var m crowd
	f := flag.NewFlagSet("live", flag.ContinueOnError)
	f.StringVar(&m.binary, "binary", "bin/qunying", "the server")
	f.StringVar(&m.data, "data", "", "an empty folder for its data")
	f.IntVar(&m.connections, "connections", 200, "Satori connections")
	f.IntVar(&m.groups, "groups", 2000, "groups, spread over the connections")
	f.IntVar(&m.rate, "rate", 2000, "messages a second")
	f.DurationVar(&m.load, "for", 10*time.Minute, "how long messages are sent")
	f.DurationVar(&m.idle, "idle", 30*time.Second, "how long the server is watched doing nothing")
	if err := f.Parse(args); err != nil {
		return err
	}
	if m.data == "" {
		return errors.New("--data is missing: name an empty folder")
	}
	return m.measure()
}

func (m *crowd) measure() (err error) {
	o := satoritest.Options{}
	for i := range m.connections {
		o.Logins = append(o.Logins, "bot"+strconv.Itoa(i))
	}
	m.server = satoritest.New(o)
	defer m.server.Close()
	process := exec.Command(m.binary, "serve", "--listen", "127.0.0.1:0", "--json", "--data", m.data, "--log-level", "error", "--allow-private")
	process.Stderr = os.Stderr
	out, err := process.StdoutPipe()
	if err != nil {
		return err
	}
	if err := process.Start(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, process.Process.Signal(os.Interrupt), process.Wait()) }()
	m.pid = process.Process.Pid
	var hello struct {
		Address string `json:"address"`
		Link    string `json:"setup_link"`
	}
	if err := json.NewDecoder(out).Decode(&hello); err != nil {
		return fmt.Errorf("the server said nothing: %w", err)
	}
	if m.c, err = newClient(hello.Address); err != nil {
		return err
	}
	if err := m.c.signIn(hello.Link); err != nil {
		return err
	}
	for _, step := range []func() error{m.connect, m.loaded, m.still, m.again} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// put sends a change to the API.
func (c *client) put(method, path string, in, into any) error {
	b, err := json.Marshal(in)
	if err != nil {
		return err
	}
	q, err := http.NewRequest(method, c.base+path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	q.Header.Set("Content-Type", "application/json")
	r, err := c.http.Do(q)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if b, err = io.ReadAll(r.Body); err != nil {
		return err
	}
	if r.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s %s", method, path, r.Status, b)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(b, into)
}

// connect adds the connections, which listen in whatever group they hear of.
func (m *crowd) connect() error {
	began := time.Now()
	for i := range m.connections {
		name := "bot" + strconv.Itoa(i)
		if err := m.c.put(http.MethodPut, m.c.api+"/connections/"+name, map[string]any{"driver": "satori", "title": name, "adopt_all": true, "version": 0,
			"config": map[string]any{"address": m.server.Address(), "platform": "test", "self_id": name}}, nil); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := m.server.Await(ctx, m.connections); err != nil {
		return err
	}
	fmt.Printf("adding %d connections over the API\t%.1f s\n", m.connections, time.Since(began).Seconds())
	return nil
}

// progress is how far the loops are.
type progress struct {
	head, decided, counted int64
}

func (m *crowd) progress() (p progress, err error) {
	var a struct {
		Loops []struct {
			Name   string `json:"name"`
			Cursor int64  `json:"cursor"`
			Head   int64  `json:"head"`
		} `json:"loops"`
	}
	if err := m.c.get(m.c.api+"/loops", &a); err != nil {
		return p, err
	}
	for _, l := range a.Loops {
		p.head = max(p.head, l.Head)
		switch l.Name {
		case "decide":
			p.decided = l.Cursor
		case "project":
			p.counted = l.Cursor
		}
	}
	return p, nil
}

// sample is up to where the log was decided at a time.
type sample struct {
	at      time.Time
	decided int64
}

// sampleEvery is how often the loops are asked, and so how much too late an event
// may look decided.
const sampleEvery = 10 * time.Millisecond

// watch samples the decide loop until stop is closed and all is decided.
func (m *crowd) watch(stop <-chan struct{}) (list []sample, err error) {
	every := time.NewTicker(sampleEvery)
	defer every.Stop()
	for stopped := false; ; {
		select {
		case <-stop:
			stopped, stop = true, nil
		case <-every.C:
		}
		p, err := m.progress()
		if err != nil {
			return nil, err
		}
		if n := len(list); n == 0 || list[n-1].decided != p.decided {
			list = append(list, sample{time.Now(), p.decided})
		}
		if stopped && p.decided == p.head {
			return list, nil
		}
	}
}

// loaded sends messages and looks for each in the log.
func (m *crowd) loaded() error {
	warm, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	m.server.Run(warm, satoritest.Load{Rate: m.rate, Groups: m.groups}) // every group is adopted when it is first heard
	cancel()
	if err := m.settled(); err != nil {
		return err
	}
	start, err := m.progress()
	if err != nil {
		return err
	}
	cpu, err := cpuTime(m.pid)
	if err != nil {
		return err
	}
	stop := make(chan struct{})
	var watching sync.WaitGroup
	var samples []sample
	var watchErr error
	watching.Go(func() { samples, watchErr = m.watch(stop) })
	ctx, cancel := context.WithTimeout(context.Background(), m.load)
	defer cancel()
	began := time.Now()
	sent := m.server.Run(ctx, satoritest.Load{Rate: m.rate, Groups: m.groups})
	took := time.Since(began)
	close(stop)
	watching.Wait()
	if watchErr != nil {
		return watchErr
	}
	after, err := cpuTime(m.pid)
	if err != nil {
		return err
	}
	if err := m.memory("memory after the load"); err != nil {
		return err
	}
	fmt.Printf("processor time under load\t%.0f %% of a core\n", 100*(after-cpu).Seconds()/took.Seconds())
	return m.account(start.head, sent, samples, took)
}

// settled waits until everything in the log is decided and counted.
func (m *crowd) settled() error {
	over := time.Now().Add(time.Minute)
	for {
		p, err := m.progress()
		if err != nil || p.head > 0 && p.decided == p.head && p.counted == p.head {
			return err
		}
		if time.Now().After(over) {
			return fmt.Errorf("the loops do not catch up: %+v", p)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// told is what a webhook heard of the log.
type told struct {
	mu    sync.Mutex
	upTo  int64
	last  int64          // event
	next  map[string]int // number expected next of a group
	sent  map[int64]time.Time
	log   []float64 // ms from sending to the time in the log
	lost  int
	again int
}

func (t *told) ServeHTTP(_ http.ResponseWriter, q *http.Request) {
	var p struct {
		UpTo   int64 `json:"up_to"`
		Events []struct {
			Seq   int64  `json:"seq"`
			Text  string `json:"text"`
			Log   int64  `json:"logged_at"`
			Group struct {
				Outside string `json:"outside_id"`
			} `json:"group"`
		} `json:"events"`
	}
	if json.NewDecoder(q.Body).Decode(&p) != nil {
		return // it looks as if all of them were lost
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range p.Events {
		n, at, ok := satoritest.Sent(e.Text)
		if !ok || e.Seq <= t.last {
			continue
		}
		t.last, t.sent[e.Seq] = e.Seq, at
		t.log = append(t.log, ms(time.UnixMilli(e.Log).Sub(at)))
		switch want := t.next[e.Group.Outside]; {
		case n > want:
			t.lost += n - want
		case n < want:
			t.again++
		}
		t.next[e.Group.Outside] = n + 1
	}
	t.upTo = max(t.upTo, p.UpTo)
}

// account lets a webhook tell the log from a place on, and compares it with what
// was sent and with when it was decided.
func (m *crowd) account(from int64, sent []int, samples []sample, took time.Duration) error {
	t := &told{next: map[string]int{}, sent: map[int64]time.Time{}}
	receiver := httptest.NewServer(t)
	defer receiver.Close()
	hook := m.c.api + "/webhooks/measure"
	if err := m.c.put(http.MethodPut, hook, map[string]any{"url": receiver.URL, "version": 0, "kinds": []string{"message.posted"}}, nil); err != nil {
		return err
	}
	if err := m.c.put(http.MethodPost, hook+"/replay", map[string]any{"after": from}, nil); err != nil {
		return err
	}
	end, err := m.progress()
	if err != nil {
		return err
	}
	total := 0
	for _, n := range sent {
		total += n
	}
	for over := time.Now().Add(time.Minute + m.load); ; time.Sleep(100 * time.Millisecond) {
		t.mu.Lock()
		done := t.upTo >= end.head || len(t.sent) == total
		t.mu.Unlock()
		if done {
			break
		}
		if time.Now().After(over) {
			return fmt.Errorf("the webhook was told up to %d of %d", t.upTo, end.head)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	missing := 0
	for g, n := range sent {
		missing += n - t.next["g"+strconv.Itoa(g)]
	}
	var delays []float64
	i := 0
	for _, seq := range slices.Sorted(maps.Keys(t.sent)) {
		for i < len(samples) && samples[i].decided < seq {
			i++
		}
		if i == len(samples) {
			return fmt.Errorf("event %d was never decided", seq)
		}
		delays = append(delays, ms(samples[i].at.Sub(t.sent[seq])))
	}
	fmt.Printf("messages sent in %s\t%d, %.0f a second\n", took.Round(time.Second), total, float64(total)/took.Seconds())
	fmt.Printf("lost, out of order or twice\t%d\n", t.lost+t.again+missing)
	fmt.Printf("sent to the log's time\tp50 %.1f, p95 %.1f, p99 %.1f, most %.1f ms\n", quantile(t.log, 0.5), quantile(t.log, 0.95), quantile(t.log, 0.99), quantile(t.log, 1))
	fmt.Printf("sent to decided\tp50 %.1f, p95 %.1f, p99 %.1f, most %.1f ms (seen every %s)\n",
		quantile(delays, 0.5), quantile(delays, 0.95), quantile(delays, 0.99), quantile(delays, 1), sampleEvery)
	return m.c.put(http.MethodDelete, hook+"?version=1", nil, nil)
}

// still watches the server while nothing happens.
func (m *crowd) still() error {
	if err := m.settled(); err != nil {
		return err
	}
	time.Sleep(5 * time.Second) // what it put off
	before, err := cpuTime(m.pid)
	if err != nil {
		return err
	}
	time.Sleep(m.idle)
	after, err := cpuTime(m.pid)
	if err != nil {
		return err
	}
	fmt.Printf("processor time while nothing happens\t%.1f %% of a core\n", 100*(after-before).Seconds()/m.idle.Seconds())
	return m.memory("memory while nothing happens")
}

// again breaks all connections, and then lets the gateway be away for a while.
func (m *crowd) again() error {
	for _, away := range []time.Duration{0, 20 * time.Second} {
		m.server.Away(true)
		time.Sleep(away)
		m.server.Away(false)
		began := time.Now()
		var half time.Duration
		last, most := m.server.Connections(), 0
		for n := 0; n < m.connections; {
			if time.Since(began) > time.Minute {
				return fmt.Errorf("%d connections came back within a minute", n)
			}
			time.Sleep(100 * time.Millisecond)
			n = m.server.Connections()
			most, last = max(most, n-last), n
			if half == 0 && n >= m.connections/2 {
				half = time.Since(began)
			}
		}
		fmt.Printf("all connections back after the gateway was away for %s\t%.1f s, half of them after %.1f s, at most %d within 100 ms\n",
			away, time.Since(began).Seconds(), half.Seconds(), most)
	}
	return m.memory("memory at the end")
}

func (m *crowd) memory(when string) error {
	rss, err := resident(m.pid)
	if err == nil {
		fmt.Printf("%s\t%.0f MB\n", when, rss)
	}
	return err
}

// tick is the unit of processor time in /proc.
const tick = 10 * time.Millisecond

// cpuTime is what a process has used so far (Linux).
func cpuTime(pid int) (time.Duration, error) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(b), ") ") // the name may hold anything
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0, errors.New("no processor time in /proc")
	}
	user, err := strconv.ParseInt(f[11], 10, 64)
	system, err2 := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * tick, errors.Join(err, err2)
}
