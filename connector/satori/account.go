package satori

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
)

// account is one login of a gateway: the connector.
type account struct {
	name   string
	config Config
	now    func() time.Time
	client *http.Client
	dead   time.Duration // how long a gateway may be silent
	rooms  *rooms
	own    *own

	running sync.Mutex // held by the one Run
	run     atomic.Pointer[run]
	called  atomic.Bool // the gateway has called us

	mu      sync.Mutex
	self    login           // platform and ID, as soon as they are known
	known   bool            // self is what a gateway told, with its features
	refused map[string]bool // methods that the gateway turned out not to have
	private map[string]id   // channel of a talk with one person
	left    time.Time       // from when on a Run that gave up left events behind
}

var (
	_ connector.Connector = (*account)(nil)
	_ connector.Recaller  = (*account)(nil)
	_ connector.Muter     = (*account)(nil)
	_ connector.Remover   = (*account)(nil)
	_ connector.Renamer   = (*account)(nil)
	_ connector.Approver  = (*account)(nil)
	_ connector.Roster    = (*account)(nil)
	_ connector.Lister    = (*account)(nil)
	_ connector.Historian = (*account)(nil)
	_ connector.Prober    = (*account)(nil)
	_ connector.Receiver  = (*account)(nil)
	_ connector.Realm     = (*account)(nil)
)

// Realm is the one of the settings.
func (a *account) Realm() string { return a.config.Realm }

// Methods of Satori that we use.
const (
	messageCreate = "message.create"
	messageDelete = "message.delete"
	messageList   = "message.list"
	channelList   = "channel.list"
	channelUpdate = "channel.update"
	channelMute   = "channel.mute"
	guildList     = "guild.list"
	guildApprove  = "guild.approve"
	memberList    = "guild.member.list"
	memberKick    = "guild.member.kick"
	memberMute    = "guild.member.mute"
	memberApprove = "guild.member.approve"
	privateCreate = "user.channel.create"
	loginGet      = "login.get"
	meta          = "meta"
)

// Run listens until ctx ends, connecting anew by itself.
func (a *account) Run(ctx context.Context, emit connector.Emit) error {
	if !a.running.TryLock() {
		return community.Errorf(community.Conflict, "account %s is connected already", a.name)
	}
	defer a.running.Unlock()
	r := &run{account: a, emit: emit, sure: a.resume(), ctx: ctx}
	if a.config.Mode == modeHook {
		return r.watch(ctx)
	}
	return r.connect(ctx)
}

// leave notes that what came after a time was read but is not on disk.
func (a *account) leave(since time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.left = since
}

// resume is from when on a new Run may lack something.
func (a *account) resume() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	left := a.left
	a.left = time.Time{}
	if left.IsZero() {
		return a.now()
	}
	return left
}

// login is who we are, as far as that is known.
func (a *account) login() login {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.self
}

// meet learns which of a gateway's logins is ours: the one that the settings
// name, the one that it was before, otherwise the first.
func (a *account) meet(logins []login) (login, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, l := range logins {
		l.tidy()
		if l.User.ID == "" || l.Platform == "" || a.self.User.ID != "" && !l.is(&a.self) {
			continue
		}
		a.learn(l)
		return l, nil
	}
	if a.self.User.ID == "" {
		return login{}, community.Errorf(community.NotFound, "the gateway has no login").WithHint("add a bot to the gateway and let it sign in")
	}
	return login{}, community.Errorf(community.NotFound, "the gateway has no login %s on %s", a.self.User.ID, a.self.Platform).WithHint("compare platform and self_id with what the test of the settings lists")
}

// update takes what an event tells of our login.
func (a *account) update(l login) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if l.Features == nil {
		l.Features = a.self.Features
	}
	a.learn(l)
}

func (a *account) learn(l login) {
	a.self, a.known = l, true
	a.refused = nil
}

// has says whether the gateway offers a method for our login. Where it lists no
// features, all are assumed until one was refused.
func (a *account) has(method string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.refused[method] {
		return false
	}
	return len(a.self.Features) == 0 || method == meta || method == loginGet || slices.Contains(a.self.Features, method)
}

// lacks notes that a method was refused as unknown.
func (a *account) lacks(method string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.refused == nil {
		a.refused = map[string]bool{}
	}
	a.refused[method] = true
}

// mutesNobody are platforms whose own clients silence nobody and take back no
// message of somebody else.
var mutesNobody = []string{"wechat", "wechaty", "weixin", "wxhelper", "gewechat", "padlocal", "whatsapp", "line", "mail"}

// Capabilities follow the login's features. What the gateway does not offer, a
// person does in the platform's client, but for what the platform does not have.
func (a *account) Capabilities(group string) connector.Capabilities {
	can := func(method string, otherwise connector.Can) connector.Can {
		if a.has(method) {
			return connector.Machine
		}
		return otherwise
	}
	ordered := connector.Human
	if slices.Contains(mutesNobody, a.login().Platform) {
		ordered = connector.Nobody
	}
	recall := can(messageDelete, ordered)
	if ordered == connector.Nobody {
		recall = connector.Nobody
	}
	own := can(messageDelete, connector.Human)
	if group == "" {
		own = connector.Nobody // it wants the conversation's channel, which a private message's ID does not tell
	}
	return connector.Capabilities{
		Read: connector.Machine, Joins: connector.Machine,
		Members: can(memberList, connector.Human), Send: can(messageCreate, connector.Human),
		Recall: recall, RecallOwn: own, Mute: can(memberMute, ordered), MuteAll: can(channelMute, ordered),
		Remove: can(memberKick, connector.Human), Rename: can(channelUpdate, connector.Human),
		Approve: can(memberApprove, connector.Human), Backfill: can(messageList, connector.Nobody),
		Announce: connector.Human, Invite: connector.Human,
		Echoes: a.own.echoes(),
	}
}

// run is one Run: what it heard and told.
type run struct {
	*account
	emit connector.Emit
	ctx  context.Context // of Run, for what the gateway's calls bring

	hook sync.Mutex // of webhook mode: one event after the other

	mu     sync.Mutex
	sure   time.Time     // up to when all has come
	lag    time.Duration // how far the platform's clock is behind ours
	asked  time.Time     // when a sign of life was asked for that has not come
	serial number        // of the last event that is on disk
	state  connector.State
	code   community.Code // of why the state is so
	missed time.Time      // from when on something may be missing, while not Online
}

// refusal is an error of emit after which Run gives up.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// put emits until it is on disk. Unavailable is tried again.
func (r *run) put(ctx context.Context, list ...connector.Observation) error {
	err := wire.Store(ctx, r.emit, list...)
	if err != nil && ctx.Err() == nil {
		return refusal{err}
	}
	return err
}

// tell emits the state where it is another one than before, or so for another
// reason. A gap begins with missed and ends with Online.
func (r *run) tell(ctx context.Context, s connector.State, missed time.Time, why error) error {
	code := community.Code("")
	if why != nil {
		code = community.CodeOf(why)
	}
	r.mu.Lock()
	if s == r.state && code == r.code {
		r.mu.Unlock()
		return nil
	}
	if r.missed.IsZero() || !missed.IsZero() && missed.Before(r.missed) {
		r.missed = missed
	}
	o := connector.Changed(s, r.now(), r.missed, why)
	r.state, r.code = s, code
	if s == connector.Online {
		r.missed = time.Time{}
	}
	r.mu.Unlock()
	return r.put(ctx, o)
}

// mostLag is how far behind us a gateway's clock is believed to be.
const mostLag = 10 * time.Minute

// hear notes that an event came, with the time that the platform gives it, if
// any. What follows it is not earlier by the platform's clock, which is the clock
// of what may be missing: ours is set back by as much as the platform's is behind.
func (r *run) hear(platform time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if lag := now.Sub(platform); !platform.IsZero() && lag <= mostLag {
		r.lag = max(lag, 0)
	}
	r.sure = now.Add(-r.lag)
}

// ready notes that the gateway delivers from now on.
func (r *run) ready() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sure, r.asked = r.now().Add(-r.lag), time.Time{}
}

// ask notes that the gateway is asked for a sign of life.
func (r *run) ask() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asked.IsZero() {
		r.asked = r.now()
	}
}

// answered notes the sign of life: all that was sent before we asked has come.
func (r *run) answered() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t := r.asked.Add(-r.lag); !r.asked.IsZero() && t.After(r.sure) {
		r.sure = t
	}
	r.asked = time.Time{}
}

// lastSure is up to when all has come, by the platform's clock.
func (r *run) lastSure() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sure
}
