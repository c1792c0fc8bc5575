package crashtest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// patience is how long a child may take for anything on a busy machine. It tells a
// hang from haste: beside a dozen other processes coming to rest took half a minute.
const patience = 3 * time.Minute

// life is one child, from its start to its end.
type life struct {
	t    *testing.T
	p    *platform
	cmd  *exec.Cmd
	in   io.WriteCloser
	dead chan struct{} // closed after the child's last word was heard

	writing sync.Mutex
	enc     *json.Encoder
	last    atomic.Int64

	mu      sync.Mutex
	waiting map[int64]chan fromChild
	failure string

	ready   chan fromChild
	streams sync.WaitGroup
}

// begin starts a child and waits until it is ready.
func begin(t *testing.T, p *platform, b birth) *life {
	t.Helper()
	l := &life{t: t, p: p, dead: make(chan struct{}), waiting: map[int64]chan fromChild{}, ready: make(chan fromChild, 1)}
	born, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	l.cmd = exec.Command(os.Args[0])
	l.cmd.Env = append(os.Environ(), childEnv+"="+string(born))
	l.cmd.Stderr = os.Stderr
	if l.in, err = l.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	l.enc = json.NewEncoder(l.in)
	out, err := l.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go l.hear(out)
	return l
}

// awake waits until the child's loops and its connector run.
func (l *life) awake() fromChild {
	l.t.Helper()
	select {
	case f := <-l.ready:
		return f
	case <-l.dead:
		l.t.Fatal("the child ended before it was ready")
	case <-time.After(patience):
		l.t.Fatal("the child did not become ready")
	}
	return fromChild{}
}

func (l *life) hear(out io.Reader) {
	defer close(l.dead)
	rng := rand.New(rand.NewPCG(uint64(l.cmd.Process.Pid), 2)) // pauses only: nothing depends on them
	dec := json.NewDecoder(bufio.NewReader(out))
	for {
		var f fromChild
		if err := dec.Decode(&f); err != nil {
			return // killed, perhaps in the middle of a word
		}
		switch {
		case f.Ready:
			l.ready <- f
		case f.Send != nil:
			r := l.p.send(*f.Send)
			time.AfterFunc(time.Duration(rng.IntN(3000))*time.Microsecond, func() { _ = l.write(toChild{ID: f.ID, Receipt: &r}) }) // it may be dead
		default:
			if f.Failed != "" {
				l.mu.Lock()
				l.failure = f.Failed
				l.mu.Unlock()
			}
			l.mu.Lock()
			c := l.waiting[f.ID]
			delete(l.waiting, f.ID)
			l.mu.Unlock()
			if c != nil {
				c <- f
			}
		}
	}
}

func (l *life) write(m toChild) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	return l.enc.Encode(m)
}

var errDead = errors.New("the child is dead")

// ask says something and waits for what comes back.
func (l *life) ask(m toChild) (fromChild, error) {
	m.ID = l.last.Add(1)
	c := make(chan fromChild, 1)
	l.mu.Lock()
	l.waiting[m.ID] = c
	l.mu.Unlock()
	if err := l.write(m); err != nil {
		return fromChild{}, errDead
	}
	select {
	case f := <-c:
		return answerOf(f)
	case <-l.dead:
		select {
		case f := <-c: // its last word
			return answerOf(f)
		default:
			return fromChild{}, errDead
		}
	}
}

func answerOf(f fromChild) (fromChild, error) {
	if f.Failed != "" {
		return f, fmt.Errorf("the machine says: %s", f.Failed)
	}
	return f, nil
}

// serve delivers the groups and gives the staff's commands until the life ends.
func (l *life) serve() {
	for _, r := range l.p.rooms {
		l.every(4*time.Millisecond, func() error {
			batch, fresh := l.p.next(r)
			if fresh == 0 {
				return nil
			}
			_, err := l.ask(toChild{Emit: batch})
			if err == nil {
				l.p.acknowledge(r, fresh)
			}
			return err
		})
	}
	l.every(25*time.Millisecond, func() error {
		o := l.p.order()
		if o == nil {
			return nil
		}
		f, err := l.ask(toChild{Do: &o.command})
		if err == nil {
			l.p.answered(o, *f.Answer)
		}
		return err
	})
}

func (l *life) every(pause time.Duration, do func() error) {
	l.streams.Go(func() {
		beat := time.NewTicker(pause)
		defer beat.Stop()
		for do() == nil {
			select {
			case <-beat.C:
			case <-l.dead:
				return
			}
		}
	})
}

// drain waits until the machine has nothing left to do and the platform nothing
// left to deliver. A machine that does not come to rest shows its goroutines.
func (l *life) drain(settled bool) {
	l.t.Helper()
	over := time.AfterFunc(patience, func() { _ = l.cmd.Process.Signal(syscall.SIGQUIT) }) // it may be dead already
	defer over.Stop()
	for calm := 0; calm < 2; {
		if _, err := l.ask(toChild{Drain: true, Settled: settled}); err != nil {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.t.Fatalf("drain: %v; left are %s; the machine said %q", err, l.p.left(), l.failure)
		}
		if calm++; l.p.left() != "" {
			calm = 0
			time.Sleep(10 * time.Millisecond) // the machine has nothing to do but what is being delivered
		}
	}
}

// kill ends the child as a power cut of its process would, and waits until its
// last word was heard.
func (l *life) kill() {
	l.t.Helper()
	if err := l.cmd.Process.Kill(); err != nil {
		l.t.Fatal(err)
	}
	<-l.dead
	_ = l.cmd.Wait() // it was killed: that is its error
	l.streams.Wait()
	if l.failure != "" {
		l.t.Errorf("the machine said: %s", l.failure)
	}
}

// end lets the child stop by itself.
func (l *life) end() {
	l.t.Helper()
	if err := l.in.Close(); err != nil {
		l.t.Error(err)
	}
	<-l.dead
	if err := l.cmd.Wait(); err != nil {
		l.t.Errorf("the child stopped with %v", err)
	}
	l.streams.Wait()
	if l.failure != "" {
		l.t.Errorf("the machine said: %s", l.failure)
	}
}
