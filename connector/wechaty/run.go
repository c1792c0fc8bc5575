package wechaty

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wechaty/puppet"
	"qunying/connector/wire"
)

// account is one account on one gateway: the connector.
type account struct {
	name    string
	gateway gateway
	now     func() time.Time
	quiet   time.Duration // silence after which a sign of life is asked for
	gap     time.Duration // between the pieces of one message
	forms   []community.Content
	names   *names
	echoes  echoes
	running sync.Mutex // held by the one Run

	// What was heard and is not stored yet outlives a broken connection, and Run: a
	// gateway that is still there can be asked for it later.
	frames chan frame
	held   *frame       // taken from frames
	heard  atomic.Int64 // when the last event came, in ms

	mu     sync.Mutex
	client puppet.PuppetClient // nil while not connected
	who    string              // our contact's ID, "" while nobody is signed in
	login  connector.LoginState
}

var (
	_ connector.Connector = (*account)(nil)
	_ connector.Recaller  = (*account)(nil)
	_ connector.Remover   = (*account)(nil)
	_ connector.Announcer = (*account)(nil)
	_ connector.Renamer   = (*account)(nil)
	_ connector.Inviter   = (*account)(nil)
	_ connector.Approver  = (*account)(nil)
	_ connector.Roster    = (*account)(nil)
	_ connector.Lister    = (*account)(nil)
	_ connector.Login     = (*account)(nil)
	_ connector.Prober    = (*account)(nil)
)

// frame is an event and when it was heard.
type frame struct {
	event *puppet.EventResponse
	heard time.Time
}

// mostFrames is how many events wait until those before them are on disk. More
// wait in the gateway.
const mostFrames = 4_096

// mostTries and lookAgain are how often and how far apart a payload is asked for
// while the gateway is too busy.
const (
	mostTries = 3
	lookAgain = 500 * time.Millisecond
)

// run is one call of Run.
type run struct {
	*account
	store connector.Emit

	state  connector.State
	code   community.Code // why it is so
	missed time.Time      // since when events may be missing, or zero
	good   bool           // the present connection got as far as Online
}

// stored wraps an error of emit: what was heard is not on disk.
type stored struct{ error }

func (s stored) Unwrap() error { return s.error }

// Run listens to the gateway and connects anew whenever that breaks. It never
// stops the gateway or signs the account out.
func (a *account) Run(ctx context.Context, emit connector.Emit) error {
	if !a.running.TryLock() {
		return community.Errorf(community.Conflict, "account %s is connected already", a.name)
	}
	defer a.running.Unlock()
	r := &run{account: a, store: emit}
	if last := a.heard.Load(); last != 0 {
		r.missed = time.UnixMilli(last).UTC()
	}
	var retry wire.Retry
	err := r.tell(ctx, connector.Offline, nil)
	for err == nil && !ended(ctx) {
		r.good = false
		err = r.listen(ctx)
		if ended(ctx) {
			return nil
		}
		var failed stored
		if errors.As(err, &failed) {
			break
		}
		if r.good {
			retry.Reset()
		}
		why := err
		if err = r.tell(ctx, connector.Offline, why); err == nil {
			_ = retry.Wait(ctx, why) // the loop sees the end
		}
	}
	if ended(ctx) {
		return nil
	}
	var failed stored
	if errors.As(err, &failed) {
		return failed.error
	}
	return err
}

// emit stores observations, trying again for as long as the store is not
// available.
func (r *run) emit(ctx context.Context, o ...connector.Observation) error {
	if err := wire.Store(ctx, r.store, o...); err != nil {
		return stored{err}
	}
	return nil
}

// tell says that the connection's state is another one. Leaving Online opens
// a gap at the last event that was heard.
func (r *run) tell(ctx context.Context, s connector.State, why error) error {
	code := community.Code("")
	if why != nil {
		code = community.CodeOf(why)
	}
	if s == r.state && code == r.code && (s != connector.Online || r.missed.IsZero()) {
		return nil
	}
	if r.state == connector.Online && s != connector.Online {
		r.missed = time.UnixMilli(r.heard.Load()).UTC()
	}
	if err := r.emit(ctx, connector.Changed(s, r.now(), r.missed, why)); err != nil {
		return err
	}
	r.state, r.code = s, code
	if s == connector.Online {
		r.missed, r.good = time.Time{}, true
	}
	return nil
}

// lost tells that one event could not be understood for want of what belongs to
// it, though the connection is there: a gap of its own.
func (r *run) lost(ctx context.Context, f frame, why error) error {
	if r.state != connector.Online {
		if r.missed.IsZero() || f.heard.Before(r.missed) {
			r.missed = f.heard
		}
		return nil
	}
	now := r.now()
	return r.emit(ctx, connector.Changed(connector.Degraded, now, f.heard, why), connector.Changed(connector.Online, now, f.heard, nil))
}

// session is one connection.
type session struct {
	*run
	client    puppet.PuppetClient
	directory directory
}

// listen connects and handles events until the connection breaks.
func (r *run) listen(ctx context.Context) error {
	a := r.account
	conn, err := a.gateway.dial()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var others sync.WaitGroup
	defer func() {
		a.disconnected()
		cancel()
		conn.Close()
		others.Wait()
	}()
	s := &session{run: r, client: puppet.NewPuppetClient(conn)}
	s.directory = directory{s.client, a.names}
	stream, err := s.client.Event(ctx, &puppet.EventRequest{})
	if err != nil {
		return a.gateway.failure(err, nil)
	}
	r.touch()
	a.names.expire() // what changed meanwhile was not heard
	broken := make(chan error, 3)
	others.Go(func() { broken <- s.receive(ctx, stream.Recv) })
	others.Go(func() { s.start(ctx, broken) })
	others.Go(func() { s.watch(ctx, broken) })
	for {
		if r.held == nil {
			select {
			case err := <-broken:
				return err
			case <-ctx.Done():
				return ctx.Err()
			case f := <-r.frames:
				r.held = &f
			}
		}
		if err := s.handle(ctx, *r.held); err != nil {
			return err
		}
		r.held = nil
	}
}

// touch notes that something was heard.
func (r *run) touch() time.Time {
	now := r.now()
	r.heard.Store(now.UnixMilli())
	return now
}

// receive takes events from the gateway until it breaks. What only says how this
// connection is goes with the connection.
func (s *session) receive(ctx context.Context, next func() (*puppet.EventResponse, error)) error {
	s.keepWhatCounts()
	for began := true; ; began = false {
		e, err := next()
		if err != nil {
			return s.gateway.failure(err, nil)
		}
		heard := s.touch()
		if began {
			s.connected(s.client)
		}
		select {
		case s.frames <- frame{e, heard}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// keepWhatCounts leaves of an earlier connection's events only what happened on
// the platform.
func (s *session) keepWhatCounts() {
	for range len(s.frames) {
		f := <-s.frames
		switch f.event.GetType() {
		case puppet.EventType_EVENT_TYPE_MESSAGE, puppet.EventType_EVENT_TYPE_ROOM_JOIN, puppet.EventType_EVENT_TYPE_ROOM_LEAVE,
			puppet.EventType_EVENT_TYPE_ROOM_TOPIC, puppet.EventType_EVENT_TYPE_ROOM_INVITE, puppet.EventType_EVENT_TYPE_FRIENDSHIP:
			s.frames <- f
		}
	}
}

// startLimit is how long a gateway may take to start its means of WeChat.
const startLimit = 3 * time.Minute

// start lets the gateway start, which changes nothing where it runs.
func (s *session) start(ctx context.Context, broken chan<- error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	_, err := s.client.Start(ctx, &puppet.StartRequest{})
	failed := s.gateway.failure(err, nil)
	if failed != nil && community.CodeOf(failed) != community.Unsupported {
		broken <- failed
	}
}

// watch asks a silent gateway for a sign of life and gives it up after three
// times the silence.
func (s *session) watch(ctx context.Context, broken chan<- error) {
	quiet := s.quiet
	tick := time.NewTicker(quiet / 4)
	defer tick.Stop()
	var asked time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := s.now()
		silence := now.Sub(time.UnixMilli(s.heard.Load()))
		switch {
		case len(s.frames) == cap(s.frames): // it is we who do not listen
		case silence >= 3*quiet:
			broken <- errQuiet
			return
		case silence >= quiet && now.Sub(asked) >= quiet:
			asked = now
			ding, cancel := context.WithTimeout(ctx, quiet/2)
			_, _ = s.client.Ding(ding, &puppet.DingRequest{Data: "qunying"}) // the answer that counts is an event
			cancel()
		}
	}
}

// handle stores what an event says. A connection that breaks meanwhile leaves
// the event to the next one.
func (s *session) handle(ctx context.Context, f frame) error {
	t, err := parse(f.event.GetPayload())
	if err != nil {
		return s.emit(ctx, unknown(f.event, f.heard))
	}
	switch kind := f.event.GetType(); kind {
	case puppet.EventType_EVENT_TYPE_HEARTBEAT, puppet.EventType_EVENT_TYPE_DONG:
		return nil
	case puppet.EventType_EVENT_TYPE_SCAN:
		return s.scanned(ctx, t)
	case puppet.EventType_EVENT_TYPE_LOGIN:
		return s.signedIn(ctx, t.ContactID)
	case puppet.EventType_EVENT_TYPE_READY:
		return s.assume(ctx)
	case puppet.EventType_EVENT_TYPE_LOGOUT:
		s.signedOut("starting", "")
		return s.tell(ctx, connector.Waiting, nil)
	case puppet.EventType_EVENT_TYPE_RESET:
		return errReset
	case puppet.EventType_EVENT_TYPE_DIRTY:
		s.names.dirty(t.PayloadType, t.PayloadID)
		return nil
	case puppet.EventType_EVENT_TYPE_MESSAGE:
		return s.posted(ctx, f, t.MessageID)
	case puppet.EventType_EVENT_TYPE_ROOM_JOIN, puppet.EventType_EVENT_TYPE_ROOM_LEAVE, puppet.EventType_EVENT_TYPE_ROOM_TOPIC:
		return s.changed(ctx, f, t)
	case puppet.EventType_EVENT_TYPE_ROOM_INVITE:
		return s.invited(ctx, f, t.InvitationID)
	case puppet.EventType_EVENT_TYPE_FRIENDSHIP:
		return s.befriended(ctx, f, t.FriendshipID)
	default: // errors of the gateway are among them, which may repeat anything
		o := unknown(f.event, f.heard)
		o.Raw = bytes.ReplaceAll(o.Raw, []byte(s.gateway.token), []byte("…"))
		return s.emit(ctx, o)
	}
}

// ask calls the gateway for what belongs to an event. A gateway that is busy is
// asked again; one that is gone ends the connection; one that does not know loses
// the event, and that is said.
func ask[Q, A any](ctx context.Context, s *session, f frame, call func(context.Context, Q) (A, error), q Q) (answer A, ok bool, err error) {
	for try := 1; ; try++ {
		limited, cancel := context.WithTimeout(ctx, callLimit)
		answer, err = call(limited, q)
		cancel()
		if err == nil {
			return answer, true, nil
		}
		failed := s.gateway.failure(err, nil)
		switch {
		case ended(ctx):
			return answer, false, ctx.Err()
		case community.CodeOf(failed) != community.Unavailable, s.now().Sub(f.heard) > community.LateAfter:
			return answer, false, s.lost(ctx, f, failed)
		case try == mostTries:
			return answer, false, failed
		}
		pause := wire.Pause{First: lookAgain, Most: lookAgain}
		if err := pause.Wait(ctx); err != nil {
			return answer, false, err
		}
	}
}

// assume takes it that the account is signed in where the gateway, as some do,
// has not said whether it is.
func (s *session) assume(ctx context.Context) error {
	if s.state != connector.Offline {
		return nil
	}
	return s.tell(ctx, connector.Online, nil)
}

// posted stores a message.
func (s *session) posted(ctx context.Context, f frame, id string) error {
	if err := s.assume(ctx); err != nil {
		return err
	}
	p, ok, err := ask(ctx, s, f, func(ctx context.Context, q *puppet.MessagePayloadRequest) (*puppet.MessagePayloadResponse, error) {
		return s.client.MessagePayload(ctx, q)
	}, &puppet.MessagePayloadRequest{Id: id})
	if err != nil || !ok {
		return err
	}
	if p.GetId() == "" {
		p.Id = id
	}
	return s.emit(ctx, s.message(ctx, p, f.heard))
}

// changed stores comings, goings and a group's new name.
func (s *session) changed(ctx context.Context, f frame, t told) error {
	self := s.self()
	if f.event.GetType() != puppet.EventType_EVENT_TYPE_ROOM_TOPIC {
		s.names.expireRoom(t.RoomID) // its size and its administrators
	}
	list := happened(f.event.GetType(), t, self, f.heard)
	if len(list) == 0 {
		return s.emit(ctx, unknown(f.event, f.heard))
	}
	if list[0].Kind == community.GroupRenamed {
		s.names.expireRoom(t.RoomID)
	}
	for i := range list {
		o := &list[i]
		if o.FromUs {
			o.ActionKey = s.echoes.match(traceOfChange(*o), "")
		}
		o.Sender = s.directory.member(ctx, o.Group, o.Sender.ID)
		o.Operator = s.directory.member(ctx, o.Group, o.Operator.ID)
		switch o.Kind {
		case community.GroupRenamed:
			o.GroupName = o.Text
		case community.GroupGone: // the gateway no longer knows it
		default:
			o.GroupName = s.directory.topic(ctx, o.Group)
		}
	}
	return s.emit(ctx, list...)
}

// invited stores that our account is asked into a group, which has no ID yet.
func (s *session) invited(ctx context.Context, f frame, id string) error {
	p, ok, err := ask(ctx, s, f, func(ctx context.Context, q *puppet.RoomInvitationPayloadRequest) (*puppet.RoomInvitationPayloadResponse, error) {
		return s.client.RoomInvitationPayload(ctx, q)
	}, &puppet.RoomInvitationPayloadRequest{Id: id})
	if err != nil || !ok {
		return err
	}
	o := connector.Observation{Kind: community.GroupInvited, Direct: true, ID: cut(id, mostID), GroupName: clean(p.GetTopic(), mostName),
		Sender: s.directory.member(ctx, "", p.GetInviterId()), At: f.heard, Text: clean(p.GetTopic(), mostName)}
	if t := p.GetReceiveTime(); t != nil && t.GetSeconds() > 0 && t.GetSeconds() < earliest {
		o.At = moment(t.GetSeconds() * 1000)
	}
	return s.emit(ctx, o)
}

// friendConfirmed is the type of a friendship that both have agreed to.
const friendConfirmed = 1

// befriended stores that somebody became a contact. That somebody asks to become
// one is kept as it came.
func (s *session) befriended(ctx context.Context, f frame, id string) error {
	p, ok, err := ask(ctx, s, f, func(ctx context.Context, q *puppet.FriendshipPayloadRequest) (*puppet.FriendshipPayloadResponse, error) {
		return s.client.FriendshipPayload(ctx, q)
	}, &puppet.FriendshipPayloadRequest{Id: id})
	if err != nil || !ok {
		return err
	}
	o := unknown(f.event, f.heard)
	o.ID, o.Sender, o.Text = cut(id, mostID), s.directory.member(ctx, "", p.GetContactId()), clean(p.GetHello(), mostText)
	if p.GetType() == friendConfirmed {
		o.Kind, o.Raw, o.Data = community.ContactAdded, nil, nil
	}
	return s.emit(ctx, o)
}
