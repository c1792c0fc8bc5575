// Package rig starts third-party endpoints of chat protocols for tests: programs
// of testdata/rigs on Node, with packages of their own from npm, on loopback and
// free ports. They are stopped with the test.
package rig

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long installing may take, ready how long starting, on a loaded
// machine.
const (
	patience = 5 * time.Minute
	ready    = 5 * time.Minute
)

// Rig is a program that runs.
type Rig struct {
	t    testing.TB
	name string
	main string
	env  []string

	mu      sync.Mutex
	cmd     *exec.Cmd
	ended   chan struct{}
	lines   []Line
	changed chan struct{} // closed at every new line
	errors  bytes.Buffer
}

// Line is a line of JSON that the program printed: what it was asked to do, what
// it saw.
type Line map[string]any

// Port finds a free port on loopback, below those that the system gives to
// outgoing connections: one of these would take it before the program does.
func Port(t testing.TB) int {
	t.Helper()
	var last error
	for range 100 {
		port := 20_000 + rand.IntN(12_000)
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err == nil {
			l.Close()
			return port
		}
		last = err
	}
	t.Fatal(last)
	return 0
}

// Start runs main of testdata/rigs/name with an environment ("TOKEN=t0"), and
// returns when it printed a line with "ev":"ready". Where Node is missing the
// test is skipped, but where CI=true it fails.
func Start(t testing.TB, name, main string, env ...string) *Rig {
	t.Helper()
	folder := install(t, name)
	r := &Rig{t: t, name: name, main: filepath.Join(folder, main), env: env, changed: make(chan struct{})}
	r.Restart()
	t.Cleanup(func() {
		r.Kill()
		if t.Failed() {
			r.mu.Lock()
			defer r.mu.Unlock()
			for _, l := range r.lines[max(0, len(r.lines)-20):] {
				t.Logf("%s: %v", name, l)
			}
			t.Logf("%s: %s", name, r.errors.String())
		}
	})
	return r
}

// Kill ends the program at once.
func (r *Rig) Kill() {
	r.mu.Lock()
	cmd, ended := r.cmd, r.ended
	r.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // its group: it may have children
	<-ended
}

// Restart starts the program, again after a Kill, with the same environment.
func (r *Rig) Restart() {
	r.t.Helper()
	cmd := exec.Command("node", r.main)
	cmd.Dir = filepath.Dir(r.main)
	cmd.Env = append(os.Environ(), r.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	cmd.Stderr = &locked{r}
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	ended := make(chan struct{})
	r.mu.Lock()
	r.cmd, r.ended = cmd, ended
	from := len(r.lines)
	r.mu.Unlock()
	go func() {
		defer close(ended)
		r.read(out)
		_ = cmd.Wait() // it was killed, or its lines tell
	}()
	r.await("ready", ready, from, func(l Line) bool { return l["ev"] == "ready" })
}

type locked struct{ *Rig }

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.errors.Len() > 1<<16 {
		l.errors.Reset()
	}
	return l.errors.Write(p)
}

func (r *Rig) read(out io.Reader) {
	s := bufio.NewScanner(out)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var l Line
		if json.Unmarshal(s.Bytes(), &l) != nil {
			continue // its own chatter
		}
		r.mu.Lock()
		r.lines = append(r.lines, l)
		close(r.changed)
		r.changed = make(chan struct{})
		r.mu.Unlock()
	}
}

// Lines are all that the program printed so far.
func (r *Rig) Lines() []Line {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lines)
}

// Await waits for a line that fits, also an earlier one.
func (r *Rig) Await(what string, fits func(Line) bool) Line {
	r.t.Helper()
	return r.await(what, 20*time.Second, 0, fits)
}

func (r *Rig) await(what string, limit time.Duration, from int, fits func(Line) bool) Line {
	r.t.Helper()
	over := time.NewTimer(limit)
	defer over.Stop()
	for {
		r.mu.Lock()
		for _, l := range r.lines[from:] {
			if fits(l) {
				r.mu.Unlock()
				return l
			}
		}
		changed, ended := r.changed, r.ended
		r.mu.Unlock()
		select {
		case <-changed:
		case <-ended:
			r.mu.Lock()
			defer r.mu.Unlock()
			r.t.Fatalf("%s ended before %s: %s", r.name, what, r.errors.String())
		case <-over.C:
			r.t.Fatalf("%s: no %s within %v", r.name, what, limit)
		}
	}
}

// Post sends JSON to a control port of the program and reads its answer.
func (r *Rig) Post(port int, path string, body any) Line {
	r.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		r.t.Fatal(err)
	}
	res, err := http.Post("http://127.0.0.1:"+strconv.Itoa(port)+path, "application/json", bytes.NewReader(b))
	if err != nil {
		r.t.Fatalf("%s %s: %v", r.name, path, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil || res.StatusCode != http.StatusOK {
		r.t.Fatalf("%s %s: %s %s %v", r.name, path, res.Status, text, err)
	}
	var l Line
	_ = json.Unmarshal(text, &l) // some answer with nothing
	return l
}

// install puts a rig's packages into .cache/rigs/name, once for all tests.
func install(t testing.TB, name string) (folder string) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("node is missing: the third-party endpoints cannot run")
		}
		t.Skip("SKIPPED: node is missing: the third-party endpoints cannot run")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(root(t), "scripts", "rig"), name)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // npm is its child
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the packages of %s could not be installed: %v\n%s", name, err, said.String())
	}
	return strings.TrimSpace(string(out))
}

// root is the folder of the repository: tests run in folders below it.
func root(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		if folder == filepath.Dir(folder) {
			break
		}
		folder = filepath.Dir(folder)
	}
	t.Fatalf("this is not a folder of the repository: %v", err)
	return ""
}
