package wechaty

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"qunying/connector/wechaty/puppet"
)

const simToken = "insecure_a-token-of-the-tests"

// simGateway stands for a gateway: it speaks the wire and keeps rooms, contacts
// and messages. It can misbehave.
type simGateway struct {
	puppet.UnimplementedPuppetServer
	t       testing.TB
	address string

	mu       sync.Mutex
	changed  chan struct{} // closed at every change
	conns    map[net.Conn]bool
	stream   chan *puppet.EventResponse // of the one listener, or nil
	streams  int                        // how many there were
	self     string                     // who is signed in, or ""
	contacts map[string]string
	rooms    map[string]*puppet.RoomPayloadResponse
	aliases  map[seat]string
	messages map[string]*puppet.MessagePayloadResponse
	fetched  map[string]int
	said     map[string][]string // by room, our account's
	history  []*puppet.EventResponse
	calls    []string // what was asked for that changes something
	numbers  int

	failNext  int           // acts fail before anything is done
	failWith  error         // as this
	failOn    string        // only calls that begin so
	cutNext   bool          // the next message arrives, its answer does not
	withIDs   bool          // messages that are sent answer with their ID
	mute      bool          // no sign of life
	loseNext  int           // payloads of so many messages are not known
	refuseAll bool          // recalls do not succeed
	starts    int           // how often Start was called
	delay     time.Duration // before every answer and every event
}

func startGateway(t testing.TB) *simGateway {
	return startGatewayWith(t, nil)
}

func startGatewayWith(t testing.TB, secure *tls.Config) *simGateway {
	t.Helper()
	g := &simGateway{t: t, changed: make(chan struct{}), conns: map[net.Conn]bool{}, self: "bot",
		contacts: map[string]string{"bot": "小助手", "ann": "Ann", "bo": "Bo", "cai": "蔡", "dee": "Dee"},
		rooms: map[string]*puppet.RoomPayloadResponse{
			"g1@chatroom": {Id: "g1@chatroom", Topic: "读书群", OwnerId: "bot", MemberIds: []string{"bot", "ann", "bo", "cai"}},
			"g2@chatroom": {Id: "g2@chatroom", Topic: "别人的群", OwnerId: "ann", MemberIds: []string{"bot", "ann", "bo"}},
		},
		aliases: map[seat]string{}, messages: map[string]*puppet.MessagePayloadResponse{}, fetched: map[string]int{},
		said: map[string][]string{}, withIDs: true}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g.address = l.Addr().String()
	options := []grpc.ServerOption{grpc.UnaryInterceptor(g.unary), grpc.StreamInterceptor(g.streaming)}
	if secure != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(secure)))
	}
	server := grpc.NewServer(options...)
	puppet.RegisterPuppetServer(server, g)
	go func() { _ = server.Serve(counted{l, g}) }() // until it is stopped
	t.Cleanup(func() {
		g.cut()
		server.Stop()
	})
	return g
}

// counted notes a listener's connections so that they can be broken.
type counted struct {
	net.Listener
	g *simGateway
}

func (l counted) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.g.mu.Lock()
		l.g.conns[c] = true
		l.g.mu.Unlock()
	}
	return c, err
}

func (g *simGateway) config() []byte {
	b, err := json.Marshal(Config{Endpoint: g.address, Token: simToken, TLS: tlsOff})
	if err != nil {
		g.t.Fatal(err)
	}
	return b
}

func (g *simGateway) bump() {
	close(g.changed)
	g.changed = make(chan struct{})
}

// await waits until something holds; fits is called with the gateway locked.
func (g *simGateway) await(what string, fits func() bool) {
	g.t.Helper()
	limit := time.NewTimer(2 * time.Minute)
	defer limit.Stop()
	for {
		g.mu.Lock()
		ok, changed := fits(), g.changed
		g.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-limit.C:
			g.t.Errorf("the gateway waits in vain for %s", what)
			return
		}
	}
}

// cut breaks all connections.
func (g *simGateway) cut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for c := range g.conns {
		c.Close()
	}
	clear(g.conns)
	g.stream = nil
	g.bump()
}

func (g *simGateway) authorize(ctx context.Context) error {
	md, _ := metadata.FromIncomingContext(ctx)
	if got := md.Get("authorization"); len(got) != 1 || got[0] != "Wechaty "+simToken {
		return status.Errorf(codes.Unauthenticated, "Invalid Wechaty TOKEN %q", strings.TrimPrefix(strings.Join(got, ""), "Wechaty "))
	}
	return nil
}

func (g *simGateway) unary(ctx context.Context, q any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if err := g.authorize(ctx); err != nil {
		return nil, err
	}
	g.mu.Lock()
	delay := g.delay
	g.mu.Unlock()
	linger(ctx, delay)
	return next(ctx, q)
}

func (g *simGateway) streaming(srv any, s grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	if err := g.authorize(s.Context()); err != nil {
		return err
	}
	return next(srv, s)
}

// slow makes every answer and every event take so long from now on.
func (g *simGateway) slow(by time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.delay = by
}

func linger(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// event makes an event of JSON.
func event(kind puppet.EventType, payload any) *puppet.EventResponse {
	b, err := json.Marshal(payload)
	if err != nil {
		panic(err)
	}
	return &puppet.EventResponse{Type: kind, Payload: string(b)}
}

// emit sends an event to the listener, if there is one. The gateway is locked.
func (g *simGateway) emit(e *puppet.EventResponse) {
	if g.stream != nil {
		g.stream <- e
	}
}

// tell sends an event once there is a listener.
func (g *simGateway) tell(e *puppet.EventResponse) {
	g.t.Helper()
	g.await("a listener", func() bool {
		if g.stream == nil {
			return false
		}
		g.emit(e)
		g.history = append(g.history, e)
		return true
	})
}

func (g *simGateway) Event(_ *puppet.EventRequest, out grpc.ServerStreamingServer[puppet.EventResponse]) error {
	queue := make(chan *puppet.EventResponse, 10_000)
	g.mu.Lock()
	if g.stream != nil {
		g.mu.Unlock()
		return status.Error(codes.AlreadyExists, "GrpcServerImpl.event() can not call twice.")
	}
	g.stream = queue
	g.streams++
	queue <- event(puppet.EventType_EVENT_TYPE_HEARTBEAT, map[string]string{"data": "Wechaty Puppet gRPC stream connect successfully"})
	if g.self != "" {
		queue <- event(puppet.EventType_EVENT_TYPE_LOGIN, map[string]string{"contactId": g.self})
	}
	g.bump()
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.stream == queue {
			g.stream = nil
			g.bump()
		}
	}()
	for {
		select {
		case <-out.Context().Done():
			return out.Context().Err()
		case e := <-queue:
			g.mu.Lock()
			delay := g.delay
			g.mu.Unlock()
			linger(out.Context(), delay)
			if err := out.Send(e); err != nil {
				return err
			}
		}
	}
}

func (g *simGateway) Start(context.Context, *puppet.StartRequest) (*puppet.StartResponse, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.starts++
	g.bump()
	return &puppet.StartResponse{}, nil
}

func (g *simGateway) Version(context.Context, *puppet.VersionRequest) (*puppet.VersionResponse, error) {
	return &puppet.VersionResponse{Version: "1.0"}, nil
}

func (g *simGateway) Ding(_ context.Context, q *puppet.DingRequest) (*puppet.DingResponse, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.mute {
		g.emit(event(puppet.EventType_EVENT_TYPE_DONG, map[string]string{"data": q.GetData()}))
	}
	return &puppet.DingResponse{}, nil
}

func (g *simGateway) ContactPayload(_ context.Context, q *puppet.ContactPayloadRequest) (*puppet.ContactPayloadResponse, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	name, ok := g.contacts[q.GetId()]
	if !ok {
		return nil, status.Errorf(codes.Unknown, "no payload found for id %s", q.GetId())
	}
	return &puppet.ContactPayloadResponse{Id: q.GetId(), Name: name}, nil
}

func (g *simGateway) MessagePayload(_ context.Context, q *puppet.MessagePayloadRequest) (*puppet.MessagePayloadResponse, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.loseNext > 0 {
		g.loseNext--
		return nil, status.Errorf(codes.Unknown, "no payload found for id %s", q.GetId())
	}
	m, ok := g.messages[q.GetId()]
	if !ok {
		return nil, status.Errorf(codes.Unknown, "no payload found for id %s", q.GetId())
	}
	g.fetched[q.GetId()]++
	g.bump()
	return m, nil
}

func (g *simGateway) MessageUrl(_ context.Context, q *puppet.MessageUrlRequest) (*puppet.MessageUrlResponse, error) {
	return &puppet.MessageUrlResponse{UrlLink: &puppet.UrlLinkPayload{Title: "标题 " + q.GetId(), Description: "说明", Url: "https://example.org/a"}}, nil
}

func (g *simGateway) RoomList(context.Context, *puppet.RoomListRequest) (*puppet.RoomListResponse, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.self == "" {
		return nil, status.Error(codes.Unknown, "puppet is not logged in")
	}
	out := &puppet.RoomListResponse{}
	for id := range g.rooms {
		out.Ids = append(out.Ids, id)
	}
	slices.Sort(out.Ids)
	return out, nil
}

func (g *simGateway) RoomPayload(_ context.Context, q *puppet.RoomPayloadRequest) (*puppet.RoomPayloadResponse, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	r, ok := g.rooms[q.GetId()]
	if !ok {
		return nil, status.Errorf(codes.Unknown, "no payload found for id %s", q.GetId())
	}
	return &puppet.RoomPayloadResponse{Id: r.Id, Topic: r.Topic, OwnerId: r.OwnerId, AdminIds: r.AdminIds, MemberIds: slices.Clone(r.MemberIds)}, nil
}

func (g *simGateway) RoomMemberList(_ context.Context, q *puppet.RoomMemberListRequest) (*puppet.RoomMemberListResponse, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	r, ok := g.rooms[q.GetId()]
	if !ok {
		return nil, status.Errorf(codes.Unknown, "no payload found for id %s", q.GetId())
	}
	return &puppet.RoomMemberListResponse{MemberIds: slices.Clone(r.MemberIds)}, nil
}

func (g *simGateway) RoomMemberPayload(_ context.Context, q *puppet.RoomMemberPayloadRequest) (*puppet.RoomMemberPayloadResponse, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return &puppet.RoomMemberPayloadResponse{Id: q.GetMemberId(), RoomAlias: g.aliases[seat{q.GetId(), q.GetMemberId()}], Name: g.contacts[q.GetMemberId()]}, nil
}

func (g *simGateway) RoomInvitationPayload(_ context.Context, q *puppet.RoomInvitationPayloadRequest) (*puppet.RoomInvitationPayloadResponse, error) {
	return &puppet.RoomInvitationPayloadResponse{Id: q.GetId(), InviterId: "ann", Topic: "新群", ReceiveTime: timestamppb.New(time.UnixMilli(1_760_000_000_000))}, nil
}

func (g *simGateway) FriendshipPayload(_ context.Context, q *puppet.FriendshipPayloadRequest) (*puppet.FriendshipPayloadResponse, error) {
	kind := int32(2)
	if strings.HasPrefix(q.GetId(), "confirmed") {
		kind = friendConfirmed
	}
	return &puppet.FriendshipPayloadResponse{Id: q.GetId(), ContactId: "dee", Hello: "你好", Type: kind}, nil
}

// refuse fails an act as it was told to. The gateway is locked.
func (g *simGateway) refuse(call string) error {
	if g.failNext > 0 && strings.HasPrefix(call, g.failOn) {
		g.failNext--
		if g.failWith != nil {
			return g.failWith
		}
		return status.Error(codes.Unavailable, "busy")
	}
	g.calls = append(g.calls, call)
	g.bump()
	return nil
}

func (g *simGateway) RoomInvitationAccept(_ context.Context, q *puppet.RoomInvitationAcceptRequest) (*puppet.RoomInvitationAcceptResponse, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return &puppet.RoomInvitationAcceptResponse{}, g.refuse("accept " + q.GetId())
}

func (g *simGateway) RoomDel(_ context.Context, q *puppet.RoomDelRequest) (*puppet.RoomDelResponse, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.refuse("del " + q.GetId() + " " + q.GetContactId()); err != nil {
		return nil, err
	}
	g.leave(q.GetId(), q.GetContactId(), g.self, time.Now())
	return &puppet.RoomDelResponse{}, nil
}

func (g *simGateway) RoomAdd(_ context.Context, q *puppet.RoomAddRequest) (*puppet.RoomAddResponse, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.refuse("add " + q.GetId() + " " + q.GetContactId()); err != nil {
		return nil, err
	}
	g.join(q.GetId(), q.GetContactId(), g.self, time.Now())
	return &puppet.RoomAddResponse{}, nil
}

func (g *simGateway) RoomTopic(_ context.Context, q *puppet.RoomTopicRequest) (*puppet.RoomTopicResponse, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.refuse("topic " + q.GetId() + " " + q.GetTopic()); err != nil {
		return nil, err
	}
	r := g.rooms[q.GetId()]
	old := r.Topic
	r.Topic = q.GetTopic()
	g.record(event(puppet.EventType_EVENT_TYPE_ROOM_TOPIC, map[string]any{"changerId": g.self, "newTopic": r.Topic, "oldTopic": old, "roomId": r.Id, "timestamp": time.Now().UnixMilli()}))
	return &puppet.RoomTopicResponse{}, nil
}

func (g *simGateway) RoomAnnounce(_ context.Context, q *puppet.RoomAnnounceRequest) (*puppet.RoomAnnounceResponse, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return &puppet.RoomAnnounceResponse{}, g.refuse("announce " + q.GetId() + " " + q.GetText())
}

func (g *simGateway) MessageRecall(_ context.Context, q *puppet.MessageRecallRequest) (*puppet.MessageRecallResponse, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.refuse("recall " + q.GetId()); err != nil {
		return nil, err
	}
	if m, ok := g.messages[q.GetId()]; ok && !g.refuseAll {
		g.post(&puppet.MessagePayloadResponse{RoomId: m.RoomId, TalkerId: g.self, Text: q.GetId(), Type: 13}, time.Now())
	}
	return &puppet.MessageRecallResponse{Success: !g.refuseAll}, nil
}

func (g *simGateway) MessageSendText(_ context.Context, q *puppet.MessageSendTextRequest) (*puppet.MessageSendTextResponse, error) {
	id, err := g.send(q.GetConversationId(), &puppet.MessagePayloadResponse{Text: q.GetText(), MentionIds: q.GetMentionalIds(), Type: 7}, "text "+q.GetText())
	return &puppet.MessageSendTextResponse{Id: id}, err
}

func (g *simGateway) MessageSendFile(_ context.Context, q *puppet.MessageSendFileRequest) (*puppet.MessageSendFileResponse, error) {
	var box fileBox
	if err := json.Unmarshal([]byte(q.GetFileBox()), &box); err != nil {
		return nil, status.Error(codes.InvalidArgument, "no file box")
	}
	id, err := g.send(q.GetConversationId(), &puppet.MessagePayloadResponse{Filename: box.Name, Type: 6}, fmt.Sprintf("file %d %s %d %s", box.Type, box.Name, len(box.Base64), box.URL))
	return &puppet.MessageSendFileResponse{Id: id}, err
}

func (g *simGateway) MessageSendUrl(_ context.Context, q *puppet.MessageSendUrlRequest) (*puppet.MessageSendUrlResponse, error) {
	id, err := g.send(q.GetConversationId(), &puppet.MessagePayloadResponse{Type: 14}, "url "+q.GetUrlLink().GetUrl())
	return &puppet.MessageSendUrlResponse{Id: id}, err
}

func (g *simGateway) MessageSendContact(_ context.Context, q *puppet.MessageSendContactRequest) (*puppet.MessageSendContactResponse, error) {
	id, err := g.send(q.GetConversationId(), &puppet.MessagePayloadResponse{Type: 3}, "contact "+q.GetContactId())
	return &puppet.MessageSendContactResponse{Id: id}, err
}

// send posts a message of our account. With cutNext the message comes back and
// its answer does not.
func (g *simGateway) send(to string, m *puppet.MessagePayloadResponse, call string) (string, error) {
	g.mu.Lock()
	if err := g.refuse(call); err != nil {
		g.mu.Unlock()
		return "", err
	}
	m.TalkerId = g.self
	if _, room := g.rooms[to]; room {
		m.RoomId = to
	} else {
		m.ListenerId = to
	}
	g.said[to] = append(g.said[to], m.Text)
	id := g.post(m, time.Now())
	cut, tell := g.cutNext, g.withIDs
	g.cutNext = false
	g.mu.Unlock()
	if cut {
		g.await("the echo to be read", func() bool { return g.fetched[id] > 0 })
		g.cut()
	}
	if !tell {
		return "", nil
	}
	return id, nil
}

// record emits an event and keeps it to be delivered again. The gateway is locked.
func (g *simGateway) record(e *puppet.EventResponse) {
	g.history = append(g.history, e)
	g.emit(e)
}

// post makes a message and emits it. The gateway is locked.
func (g *simGateway) post(m *puppet.MessagePayloadResponse, at time.Time) string {
	g.numbers++
	m.Id = "m" + strconv.Itoa(g.numbers)
	if m.ReceiveTime == nil && !at.IsZero() {
		m.ReceiveTime = timestamppb.New(at)
	}
	g.messages[m.Id] = m
	g.record(event(puppet.EventType_EVENT_TYPE_MESSAGE, map[string]string{"messageId": m.Id}))
	return m.Id
}

// say lets a message come and returns when its payload was asked for: what is
// said while nobody listens is gone, so it is said again to the next listener.
func (g *simGateway) say(m *puppet.MessagePayloadResponse, at time.Time) string {
	g.t.Helper()
	var id string
	streams := 0
	g.await("a listener to hear "+m.GetText(), func() bool {
		switch {
		case id != "" && g.fetched[id] > 0:
			return true
		case g.stream == nil:
			return false
		case id == "":
			id = g.post(m, at)
			streams = g.streams
		case streams != g.streams:
			streams = g.streams
			g.emit(event(puppet.EventType_EVENT_TYPE_MESSAGE, map[string]string{"messageId": id}))
		}
		return false
	})
	return id
}

func (g *simGateway) join(room, who, by string, at time.Time) {
	r := g.rooms[room]
	r.MemberIds = append(r.MemberIds, who)
	g.record(event(puppet.EventType_EVENT_TYPE_ROOM_JOIN, map[string]any{"inviteeIdList": []string{who}, "inviterId": by, "roomId": room, "timestamp": at.UnixMilli()}))
}

func (g *simGateway) leave(room, who, by string, at time.Time) {
	r := g.rooms[room]
	r.MemberIds = slices.DeleteFunc(r.MemberIds, func(m string) bool { return m == who })
	g.record(event(puppet.EventType_EVENT_TYPE_ROOM_LEAVE, map[string]any{"removeeIdList": []string{who}, "removerId": by, "roomId": room, "timestamp": at.UnixMilli()}))
}

// locked does something with the gateway once there is a listener.
func (g *simGateway) locked(do func()) {
	g.t.Helper()
	g.await("a listener", func() bool {
		if g.stream == nil {
			return false
		}
		do()
		return true
	})
}

// has says whether a call was made.
func (g *simGateway) has(call string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Contains(g.calls, call)
}
