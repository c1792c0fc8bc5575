package wecomarchive

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"time"

	"qunying/community"
	"qunying/connector/wecomarchive/pipe"
)

// helper keeps the helper process: started when it is needed, one call at a time,
// killed when it hangs.
type helper struct {
	program string
	open    pipe.Request  // the first request to each new process
	seconds int           // that the library may wait for the platform
	grace   time.Duration // after which it hangs

	turn chan struct{} // holds one token: whose turn it is to call
	proc *process      // nil when none runs
	form string        // of DecryptData, "" until one was seen to work
}

// process is a helper that runs.
type process struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers chan pipe.Answer // closed when it is gone
}

func newHelper(program string, open pipe.Request, patience, grace time.Duration) *helper {
	h := &helper{program: program, open: open, seconds: max(1, int(patience/time.Second)), grace: grace, turn: make(chan struct{}, 1)}
	h.turn <- struct{}{}
	return h
}

// errDied is wrapped by errors of calls in which the helper was lost.
var errDied = errors.New("the helper process died")

// errMissing is wrapped by errors of starting what is not there.
var errMissing = errors.New("missing")

func died(how string) error {
	return &community.Error{Code: community.Unavailable, Text: "the archive's library " + how + " and is started again", Err: errDied}
}

// call makes a request of a helper that is ready, which it starts if there is none.
// A context that ends kills the helper. Errors carry the library's code
// (codeOf), or errDied, or errMissing.
func (h *helper) call(ctx context.Context, q pipe.Request) (pipe.Answer, error) {
	select {
	case <-h.turn:
		defer func() { h.turn <- struct{}{} }()
	case <-ctx.Done():
		return pipe.Answer{}, ctx.Err()
	}
	if h.proc == nil {
		if err := h.start(ctx); err != nil {
			return pipe.Answer{}, err
		}
	}
	if q.Do == pipe.Decrypt {
		return h.decrypt(ctx, q)
	}
	return h.ask(ctx, q)
}

// start starts a process and lets it load the library.
func (h *helper) start(ctx context.Context) error {
	cmd := exec.Command(h.program)
	cmd.Dir, cmd.Env = "/", environment()
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	// Its standard error goes nowhere: nobody knows what the library writes there.
	if err := cmd.Start(); err != nil {
		return &community.Error{Code: community.Invalid, Text: "the helper program cannot be started",
			Hint: "put qunying-archive beside qunying, or name its path", Err: errors.Join(errMissing, err)}
	}
	p := &process{cmd: cmd, in: in, answers: make(chan pipe.Answer)}
	h.proc = p
	go p.read(out)
	if _, err := h.ask(ctx, h.open); err != nil {
		h.kill()
		return err
	}
	return nil
}

// environment is what of ours a library may need: where libraries, certificates
// and time zones are. The rest may hold secrets of the server.
func environment() []string {
	var kept []string
	for _, name := range []string{"PATH", "HOME", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"} {
		if v, ok := os.LookupEnv(name); ok {
			kept = append(kept, name+"="+v)
		}
	}
	return kept
}

// read hands answers on until the process is gone.
func (p *process) read(out io.Reader) {
	defer close(p.answers)
	r := bufio.NewReaderSize(out, 1<<16)
	for {
		var a pipe.Answer
		if pipe.Read(r, &a) != nil {
			_ = p.cmd.Process.Kill() // it talks nonsense, or is gone already
			_ = p.cmd.Wait()
			return
		}
		p.answers <- a
	}
}

// ask makes one request of the process that runs.
func (h *helper) ask(ctx context.Context, q pipe.Request) (pipe.Answer, error) {
	q.Seconds, q.Proxy, q.ProxyPassword = h.seconds, h.open.Proxy, h.open.ProxyPassword
	limit := time.NewTimer(time.Duration(h.seconds)*time.Second + h.grace)
	defer limit.Stop()
	p := h.proc
	wrote := make(chan error, 1)
	go func() { wrote <- pipe.Write(p.in, q) }()
	var a pipe.Answer
	var ok bool
	select {
	case a, ok = <-p.answers:
	case <-limit.C:
		h.kill()
		return a, died("hung")
	case <-ctx.Done():
		h.kill()
		return a, ctx.Err()
	}
	if err := <-wrote; !ok || err != nil {
		h.kill()
		return a, died("crashed")
	}
	return a, fault(a)
}

// fault is what an answer says went wrong.
func fault(a pipe.Answer) error {
	switch {
	case a.Fault == pipe.NoLibrary:
		return &community.Error{Code: community.Invalid, Text: "the archive's library cannot be loaded",
			Hint: "check its path, that it is made for this processor, and that what it needs is installed", Err: errors.Join(errMissing, errors.New(a.Detail))}
	case a.Fault == pipe.TooLong:
		return errTooLong
	case a.Fault != "":
		return community.Errorf(community.Internal, "the helper program is of another version").WithHint("install both from one release")
	case a.Code != 0:
		return libraryError(a.Code)
	}
	return nil
}

// errTooLong is an answer that does not fit the pipe.
var errTooLong = community.Errorf(community.Unavailable, "the archive's library answered more than can be read at once")

// decrypt finds out with the first message which form DecryptData has. The wrong
// form ruins the memory of the process, so it does not live on.
func (h *helper) decrypt(ctx context.Context, q pipe.Request) (pipe.Answer, error) {
	if h.form != "" {
		q.Form = h.form
		return h.ask(ctx, q)
	}
	var first error
	for _, form := range []string{pipe.KeyFirst, pipe.SDKFirst} {
		if h.proc == nil {
			if err := h.start(ctx); err != nil {
				return pipe.Answer{}, err
			}
		}
		q.Form = form
		a, err := h.ask(ctx, q)
		if err == nil {
			h.form = form
			return a, nil
		}
		if first == nil {
			first = err
		}
		if ctx.Err() != nil {
			break
		}
		h.kill()
	}
	return pipe.Answer{}, first
}

// kill ends the process, if there is one, and waits until it is gone.
func (h *helper) kill() {
	p := h.proc
	if p == nil {
		return
	}
	h.proc = nil
	_ = p.cmd.Process.Kill() // it may be gone already
	_ = p.in.Close()
	for range p.answers { // until its reader has seen the end
	}
}

// stop ends the process when nobody is calling.
func (h *helper) stop() {
	<-h.turn
	h.kill()
	h.turn <- struct{}{}
}
