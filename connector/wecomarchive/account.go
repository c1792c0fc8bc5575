package wecomarchive

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wecomarchive/pipe"
)

// account is a corporation's archive: the connector.
type account struct {
	*Client
	keys   keyring
	helper *helper
	names  *names
	now    func() time.Time
	every  time.Duration
	first  time.Duration

	running atomic.Bool // Run keeps the helper

	mu   sync.Mutex
	read mark
}

// mark is how far the archive was read.
type mark struct {
	seq   uint64    // of the last record that was emitted or passed over
	heard time.Time // when the platform last answered, zero for never
}

var (
	_ connector.Connector = (*account)(nil)
	_ connector.Resumer   = (*account)(nil)
	_ connector.Prober    = (*account)(nil)
	_ connector.Witness   = (*account)(nil)
)

func (d Driver) open(c Config, keys keyring) *account {
	now, base := d.Now, d.Base
	if now == nil {
		now = time.Now
	}
	if base == "" {
		base = official
	}
	client := &Client{http: d.Guard.Client(15 * time.Second), base: base, corp: c.CorpID, secret: c.Secret, now: now}
	return &account{
		Client: client, keys: keys, now: now, every: or(d.Every, 10*time.Second), first: or(d.First, time.Second),
		helper: newHelper(c.Helper, pipe.Request{Do: pipe.Open, Library: c.Library, Corp: c.CorpID, Secret: c.Secret,
			Proxy: c.Proxy, ProxyPassword: c.ProxyPassword}, or(d.Patience, 20*time.Second), or(d.Grace, 5*time.Second)),
		names: &names{client: client, now: now, rooms: map[string]room{}},
	}
}

// Send is for the account of the driver wecom: the archive only tells.
func (a *account) Send(context.Context, connector.Action) (connector.Receipt, error) {
	return connector.Receipt{}, community.Errorf(community.Unsupported, "the chat archive only reads").
		WithHint("connect an app of the same corporation as well")
}

// Capabilities: the archive reads. Whatever else is possible in the group is told
// by the account of the driver wecom.
func (a *account) Capabilities(string) connector.Capabilities {
	return connector.Capabilities{Read: connector.Machine}
}

// SeatHolders lists whose conversations are archived.
func (a *account) SeatHolders(ctx context.Context) ([]connector.SeatHolder, error) {
	seats, err := a.Seats(ctx)
	list := []connector.SeatHolder{}
	for _, s := range seats {
		list = append(list, connector.SeatHolder{Colleague: s.User, Edition: s.Edition})
	}
	return list, err
}

// Consents tells who of those from outside in a group agreed to be archived.
func (a *account) Consents(ctx context.Context, group string) ([]connector.Consent, error) {
	agreements, err := a.Consent(ctx, group)
	list := []connector.Consent{}
	for _, x := range agreements {
		list = append(list, connector.Consent{Member: x.External, Agreed: x.Agreed, State: x.State, At: x.At})
	}
	return list, err
}

// Position is how far the archive was read: "<seq>@<ms>", the number of the last
// record and when the platform last answered.
func (a *account) Position() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.read.heard.IsZero() {
		return ""
	}
	return strconv.FormatUint(a.read.seq, 10) + "@" + strconv.FormatInt(a.read.heard.UnixMilli(), 10)
}

// Resume goes on after a Position; what is none is not heeded: then everything is
// read that the platform still has.
func (a *account) Resume(position string) {
	seq, ms, ok := strings.Cut(position, "@")
	n, err := strconv.ParseUint(seq, 10, 64)
	at, err2 := strconv.ParseInt(ms, 10, 64)
	if !ok || err != nil || err2 != nil || at <= 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.read = mark{seq: n, heard: time.UnixMilli(at).UTC()}
}

func (a *account) marked() mark {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.read
}

func (a *account) markRead(seq uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.read.seq = seq
}

func (a *account) markHeard(at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.read.heard = at
}

// rest stops the helper after a call that was made while Run does not run.
func (a *account) rest() {
	if !a.running.Load() {
		a.helper.stop()
	}
}
