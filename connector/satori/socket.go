package satori

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
)

const (
	deadAfter   = 30 * time.Second // without any frame; thrice in that time we ask for one
	readyWithin = 10 * time.Second
	lived       = 10 * time.Second // a connection that lasted so long was good

	mostFrame = 4 << 20  // read; what is longer is skipped
	mostSkip  = 64 << 20 // skipped; what is longer yet ends the connection
	waiting   = 256      // events read and not emitted yet
)

// closeRefused is the close code for a wrong token.
const closeRefused = 4004

// connect keeps a WebSocket to the gateway until ctx ends.
func (r *run) connect(ctx context.Context) error {
	r.run.Store(r)
	defer r.run.Store(nil)
	missed := r.lastSure() // nothing is kept for who is not connected
	var retry wire.Retry
	for {
		ready, err := r.listen(ctx, missed)
		if ctx.Err() != nil {
			return nil
		}
		var refused refusal
		if errors.As(err, &refused) {
			return refused.error
		}
		if !ready.IsZero() && r.now().Sub(ready) >= lived {
			retry.Reset()
		}
		missed = r.lastSure()
		if errors.Is(err, errEndless) {
			r.reach(0)
		}
		if err := r.tell(ctx, connector.Offline, missed, because(err)); err != nil {
			return ended(ctx, err)
		}
		if retry.Wait(ctx, err) != nil {
			return nil
		}
	}
}

// ended is err, or nil if it only says that ctx ended.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // to be stopped is no failure
	}
	return err
}

// item is one frame read: an event, or what is wrong with it.
type item struct {
	event  *event
	logins []login // of another READY
	err    error
	since  time.Time // when the frame before was heard
}

// listen opens one connection and emits what comes until it breaks. It returns
// why; what was read before is emitted first. ready is when the gateway had let us
// in, zero if it did not.
func (r *run) listen(ctx context.Context, missed time.Time) (ready time.Time, err error) {
	conn, logins, err := r.identify(ctx)
	if err != nil {
		return time.Time{}, err
	}
	defer conn.CloseNow()
	ready = r.now()
	r.ready()
	if err := r.meetAndTell(ctx, logins, missed); err != nil {
		return ready, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	items := make(chan item, waiting)
	broke := make(chan error, 1)
	go func() {
		defer close(items)
		broke <- r.readAll(ctx, conn, items)
	}()
	go r.ping(ctx, conn)
	if err := r.work(ctx, items); err != nil {
		return ready, err
	}
	return ready, <-broke
}

// identify connects and signs in.
func (r *run) identify(ctx context.Context) (*websocket.Conn, []login, error) {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	// The address begins with http, which the library takes as ws.
	conn, answer, err := websocket.Dial(ctx, r.config.Address+"/v1/events", &websocket.DialOptions{HTTPClient: r.client, HTTPHeader: r.config.header(r.login())})
	if err != nil {
		if answer != nil && answer.StatusCode >= 400 {
			return nil, nil, certain(r.judge("events", wire.Answer{Status: answer.StatusCode}))
		}
		return nil, nil, unreachable(err)
	}
	conn.SetReadLimit(-1) // readFrame has bounds of its own
	body := map[string]any{}
	if r.config.Token != "" {
		body["token"] = r.config.Token
	}
	r.mu.Lock()
	if r.serial > 0 {
		body["sn"], body["sequence"] = r.serial, r.serial // the second is what older gateways read
	}
	r.mu.Unlock()
	hello, err := json.Marshal(map[string]any{"op": opIdentify, "body": body})
	if err == nil {
		err = conn.Write(ctx, websocket.MessageText, hello)
	}
	var buffer bytes.Buffer
	for err == nil {
		var f frame
		if f, err = readFrame(ctx, conn, &buffer); err != nil || f.Op != opReady {
			continue // an event before READY is part of no promise
		}
		var ready struct {
			Logins []login `json:"logins"`
		}
		if err = decode(f.Body, &ready); err == nil {
			return conn, ready.Logins, nil
		}
	}
	conn.CloseNow()
	return nil, nil, lost(err)
}

// unreachable is why no connection could be opened, without the address.
func unreachable(err error) error {
	var ce *community.Error
	if errors.As(err, &ce) {
		return ce
	}
	var ue *url.Error
	if errors.As(err, &ue) { // its text repeats the address
		err = ue.Err
	}
	return connector.Because(connector.Unreachable, &community.Error{Code: community.Unavailable, Text: "the gateway could not be reached", Hint: "see whether it runs and whether the address is right", Err: err})
}

// lost is why a connection ended.
func lost(err error) error {
	var ce *community.Error
	if errors.As(err, &ce) {
		return ce
	}
	if websocket.CloseStatus(err) == closeRefused {
		return connector.Because("refused", community.Errorf(community.Forbidden, "the gateway refuses the token").WithHint("compare the token with the gateway's settings"))
	}
	return &community.Error{Code: community.Unavailable, Text: "the connection to the gateway broke", Err: err}
}

// errFrame is a frame that cannot be read; the connection goes on.
type errFrame struct{ why *community.Error }

func (e errFrame) Error() string { return e.why.Error() }
func (e errFrame) Unwrap() error { return e.why }

// errEndless ends a connection, and must not be asked for again.
var errEndless = community.Errorf(community.Unavailable, "the gateway sent a frame of more than %d bytes", mostSkip)

// readFrame reads one frame into buffer. After an errFrame the next can be read.
func readFrame(ctx context.Context, conn *websocket.Conn, buffer *bytes.Buffer) (frame, error) {
	_, in, err := conn.Reader(ctx)
	if err != nil {
		return frame{}, err
	}
	if buffer.Cap() > 1<<16 {
		*buffer = bytes.Buffer{}
	}
	buffer.Reset()
	if _, err := io.Copy(buffer, io.LimitReader(in, mostFrame)); err != nil {
		return frame{}, err
	}
	if buffer.Len() == mostFrame {
		rest, err := io.Copy(io.Discard, io.LimitReader(in, mostSkip))
		if err != nil || rest == mostSkip {
			return frame{}, errEndless
		}
		if rest > 0 {
			return frame{}, errFrame{community.Errorf(community.Invalid, "the gateway sent a frame of more than %d bytes", mostFrame)}
		}
	}
	f, ok := decodeFrame(buffer.Bytes())
	if !ok {
		return frame{}, errFrame{community.Errorf(community.Invalid, "the gateway sent a frame that is none of Satori")}
	}
	return f, nil
}

// readAll reads frames until the connection breaks, and returns why.
func (r *run) readAll(ctx context.Context, conn *websocket.Conn, items chan<- item) error {
	var silent atomic.Bool
	dead := time.AfterFunc(r.dead, func() {
		silent.Store(true)
		conn.CloseNow()
	})
	defer dead.Stop()
	var buffer bytes.Buffer
	for {
		dead.Reset(r.dead) // not while we are the slow ones
		f, err := readFrame(ctx, conn, &buffer)
		dead.Stop()
		var bad errFrame
		if err != nil && !errors.As(err, &bad) {
			if silent.Load() {
				return community.Errorf(community.Unavailable, "the gateway was silent for %v", r.dead)
			}
			return lost(err)
		}
		x := item{since: r.lastSure()}
		switch {
		case err != nil:
			x.err = bad.why
		case f.Op == opEvent:
			if x.event = f.event; x.event == nil {
				x.err = community.Errorf(community.Invalid, "the gateway sent an event that cannot be read")
				break
			}
			r.hear(x.event.Timestamp.millis())
		case f.Op == opPong:
			r.answered()
			continue
		case f.Op == opReady:
			var ready struct {
				Logins []login `json:"logins"`
			}
			if decode(f.Body, &ready) != nil {
				continue
			}
			x.logins = ready.Logins
		default: // META and whatever comes to be
			continue
		}
		select {
		case items <- x:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// ping asks for a sign of life until ctx ends.
func (r *run) ping(ctx context.Context, conn *websocket.Conn) {
	every := time.NewTicker(r.dead / 3)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		r.ask()
		if conn.Write(ctx, websocket.MessageText, []byte(`{"op":1,"body":{}}`)) != nil {
			return // the reader notices
		}
	}
}

// work emits what was read, all that is waiting at once.
func (r *run) work(ctx context.Context, items <-chan item) error {
	for x := range items {
		batch := []item{x}
	more:
		for len(batch) < waiting {
			select {
			case x, ok := <-items:
				if !ok {
					break more
				}
				batch = append(batch, x)
			default:
				break more
			}
		}
		if err := r.take(ctx, batch); err != nil {
			r.leave(batch[0].since)
			return err
		}
	}
	return nil
}

// take emits a batch in order. Changes of our login and bad frames divide it.
func (r *run) take(ctx context.Context, batch []item) error {
	var list []connector.Observation
	var serial number
	flush := func() error {
		if err := r.put(ctx, list...); err != nil {
			return err
		}
		list = nil
		if serial > 0 {
			r.reach(serial)
		}
		return nil
	}
	for _, x := range batch {
		var err error
		switch {
		case x.err != nil:
			if err = flush(); err == nil {
				err = r.damage(ctx, x)
			}
		case x.event == nil:
			if err = flush(); err == nil {
				err = r.meetAndTell(ctx, x.logins, x.since)
			}
		case loginEvents[x.event.Type]:
			if err = flush(); err == nil {
				err = r.loginChanged(ctx, x)
			}
		default:
			if r.damaged() {
				if err = flush(); err == nil {
					err = r.tell(ctx, connector.Online, time.Time{}, nil)
				}
			}
			list = append(list, r.ours(ctx, x.event)...)
		}
		if err != nil {
			return err
		}
		if x.event != nil {
			serial = x.event.SN
		}
	}
	return flush()
}

// reach notes up to which event everything is on disk.
func (r *run) reach(serial number) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.serial = serial
}

// ours translates an event if it is of our login.
func (r *run) ours(ctx context.Context, e *event) []connector.Observation {
	self, of := r.login(), e.of()
	if self.User.ID == "" && of.User.ID != "" && of.Platform != "" { // the settings name none: the first
		r.update(of)
		self = of
	}
	if of.User.ID != "" && of.User.ID != self.User.ID || of.Platform != "" && self.Platform != "" && of.Platform != self.Platform {
		return nil
	}
	if e.Channel != nil && e.Channel.Type == directChannel && e.User != nil && e.User.ID != self.User.ID {
		r.talks(string(e.User.ID), e.Channel.ID)
	}
	return r.translate(ctx, e)
}

// damage tells that a frame could not be read: an event may be missing.
func (r *run) damage(ctx context.Context, x item) error {
	r.mu.Lock()
	off := r.state == connector.Offline // says more
	r.mu.Unlock()
	if off {
		return nil
	}
	return r.tell(ctx, connector.Degraded, x.since, x.err)
}

// damaged says that the last frame was bad, so that a good event mends it.
func (r *run) damaged() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state == connector.Degraded && r.code == community.Invalid
}

// meetAndTell finds our login among the gateway's and tells how it is.
func (r *run) meetAndTell(ctx context.Context, logins []login, missed time.Time) error {
	l, err := r.meet(logins)
	if err != nil {
		return r.tell(ctx, connector.Offline, missed, connector.Because(missing(logins), err))
	}
	return r.loginIs(ctx, l, missed)
}

func (r *run) loginIs(ctx context.Context, l login, missed time.Time) error {
	if l.online() {
		return r.tell(ctx, connector.Online, missed, nil)
	}
	return r.tell(ctx, connector.Offline, missed, connector.Because("login_offline",
		community.Errorf(community.Unavailable, "the gateway has no connection to the platform").WithHint("look at the bot in the gateway: it may have to sign in again")))
}

// loginChanged takes an event about a login.
func (r *run) loginChanged(ctx context.Context, x item) error {
	l := *x.event.login
	if l.User.ID == "" || l.Platform == "" {
		of := x.event.of()
		l.User.ID, l.Platform = of.User.ID, of.Platform
	}
	self := r.login()
	if self.User.ID == "" && x.event.Type != "login-removed" {
		return r.meetAndTell(ctx, []login{l}, x.since)
	}
	if !l.is(&self) {
		return nil
	}
	if x.event.Type == "login-removed" {
		return r.tell(ctx, connector.Offline, x.since, connector.Because("login_missing", community.Errorf(community.NotFound, "the gateway has removed the login")))
	}
	r.update(l)
	return r.loginIs(ctx, l, x.since)
}
