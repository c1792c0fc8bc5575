package engine

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
)

// account is a connector with what the engine knows of it. It is replaced, never
// changed, when people change its settings; what it lives through is in *life.
type account struct {
	name      string
	community community.ID
	network   community.Network
	conn      connector.Connector
	about     connector.About
	stable    bool
	config    []byte // as its driver was given it; holds secrets
	settings  accountSettings
	file      verification
	*life
}

// accountSettings are how an account is used.
type accountSettings struct {
	Paused, DryRun bool
	Limits         connector.Limits
	NewSince       time.Time // when it was added
}

// life is what an account lives through while it is connected.
type life struct {
	cancel context.CancelFunc // ends Run; nil before it began
	ended  chan struct{}      // closed when Run has returned for good
	mend   sync.Mutex         // one recovery of what was missed at a time

	directMarked atomic.Bool // the group of private messages is marked
	adoptAll     atomic.Bool // every group that it is in is logged

	mu       sync.Mutex
	away     time.Time            // since when events may be missing; zero: none are
	lastBeat time.Time            // the last sign of life before this start
	heard    map[string]bool      // groups that were caught up since the start
	listens  map[string]bool      // groups that are logged, by outside ID
	offers   map[string]*offer    // heard of and not logged, since they were last written
	rosters  map[string]time.Time // when the members of a group were last listed
	now      Health
	handler  bool // Run is running: webhooks can be taken
}

type offer struct {
	name  string
	heard int64
}

// Health is how an account is doing.
type Health struct {
	State   connector.State
	Since   time.Time // of State
	Why     string    // the last trouble, in the platform's words
	Code    string
	EventAt time.Time     // when we last heard anything of a group
	Lag     time.Duration // of that event: between its time there and here
	Heard   int64         // events since the start
	Errors  int64         // troubles since the start
	Retries int           // how often in a row Run gave up
}

func newAccount(c community.ID, name string, d connector.Driver, conn connector.Connector) *account {
	about, network := d.About(), d.Network()
	if r, ok := conn.(connector.Realm); ok && r.Realm() != "" {
		network += community.Network("/" + r.Realm())
	}
	return &account{name: name, community: c, network: network, conn: conn, about: about, stable: d.StableTimes(),
		settings: accountSettings{Limits: about.Limits},
		life: &life{heard: map[string]bool{}, listens: map[string]bool{}, offers: map[string]*offer{}, rosters: map[string]time.Time{},
			now: Health{State: connector.Offline}}}
}

// Connect adds an account of a network to a community for as long as this engine
// lives, with every group that it is in. Call it before Run.
func (e *Engine) Connect(c community.ID, name string, d connector.Driver, config []byte) error {
	conn, err := d.Open(name, config)
	if err != nil {
		return err
	}
	a := newAccount(c, name, d, conn)
	a.adoptAll.Store(true)
	e.replace(c, name, a)
	return nil
}

func (a *account) health() Health {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now
}

func (a *account) groupCount() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.listens)
}

// readAccount learns, before it begins, when the account was last served and
// where it listens.
func (e *Engine) readAccount(ctx context.Context, a *account) error {
	return e.db.Read(ctx, func(q store.Querier) error {
		beat, err := factTime(ctx, q, a.factKey("alive"))
		if err != nil {
			return err
		}
		away, err := factTime(ctx, q, a.factKey("away"))
		if err != nil {
			return err
		}
		if r, ok := a.conn.(connector.Resumer); ok {
			at, err := store.Fact(ctx, q, a.factKey("position"))
			if err != nil {
				return err
			}
			r.Resume(at)
		}
		groups, err := store.GroupsOf(ctx, q, a.community, a.network, a.name)
		if err != nil {
			return err
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.lastBeat, a.away = beat, away
		if !away.IsZero() && away.Before(beat) {
			a.lastBeat = away // it was away when the process ended
		}
		for _, g := range groups {
			a.listens[g.OutsideID] = true
		}
		return nil
	})
}

func factTime(ctx context.Context, q store.Querier, key string) (time.Time, error) {
	s, err := store.Fact(ctx, q, key)
	if err != nil || s == "" {
		return time.Time{}, err
	}
	ms, err := strconv.ParseInt(s, 10, 64)
	return time.UnixMilli(ms), err
}

func (a *account) factKey(what string) string {
	return what + "/" + strconv.FormatInt(int64(a.community), 10) + "/" + a.name
}

// startAccount lets an account run, until it is halted or the engine ends.
func (e *Engine) startAccount(a *account) {
	e.mu.Lock()
	ctx := e.running
	e.mu.Unlock()
	if ctx == nil || ctx.Err() != nil || e.passive {
		return
	}
	ctx, a.cancel = context.WithCancel(ctx)
	a.ended = make(chan struct{})
	e.work.Go(func() {
		defer close(a.ended)
		e.runAccount(ctx, a)
	})
}

// halt ends an account and waits until it is quiet.
func (a *account) halt() {
	if a.cancel == nil {
		return
	}
	a.cancel()
	<-a.ended
}

// accountsOf lists the accounts that can serve a group: the one that listens
// there first, then those that see the same IDs and so may act there as well.
func (e *Engine) accountsOf(g community.Group) []*account {
	e.mu.Lock()
	defer e.mu.Unlock()
	var list []*account
	for _, a := range e.accounts {
		if a.community != g.Community || a.network != g.Network {
			continue
		}
		switch {
		case a.name == g.Account:
			list = append([]*account{a}, list...)
		case g.Account == "" || a.about.SharedIDs && !g.Direct:
			list = append(list, a)
		}
	}
	return list
}

// InGroup names the connections that reach a group, the one that acts first before others.
func (e *Engine) InGroup(g community.Group) (names []string) {
	for _, a := range e.accountsOf(g) {
		names = append(names, a.name)
	}
	return names
}

// Capabilities of a group: what the accounts in it can do together; false when
// there is none.
func (e *Engine) Capabilities(g community.Group) (connector.Capabilities, bool) {
	list := e.accountsOf(g)
	if len(list) == 0 {
		return connector.Capabilities{}, false
	}
	all := list[0].conn.Capabilities(g.OutsideID)
	for _, a := range list[1:] {
		all = all.Or(a.conn.Capabilities(g.OutsideID))
	}
	return all, true
}

// Official says that whoever acts in a group does so by a way that the platform
// offers itself; another may cost the account.
func (e *Engine) Official(g community.Group) bool {
	for _, a := range e.accountsOf(g) {
		if !a.about.Official {
			return false
		}
	}
	return true
}

// Login tells how far a person's letting an account in is; false where it needs
// nobody.
func (e *Engine) Login(c community.ID, name string) (connector.LoginState, bool) {
	if a := e.accountNamed(c, name); a != nil {
		if l, ok := a.conn.(connector.Login); ok {
			return l.Login(), true
		}
	}
	return connector.LoginState{}, false
}

// Identifier finds who can tell which employee opened a page.
func (e *Engine) Identifier(c community.ID, name string) (connector.Identifier, bool) {
	a := e.accountNamed(c, name)
	if a == nil {
		return nil, false
	}
	i, ok := a.conn.(connector.Identifier)
	return i, ok
}

// Hook finds who takes what a platform sends to an account.
func (e *Engine) Hook(c community.ID, name string) (connector.Receiver, bool) {
	a := e.accountNamed(c, name)
	if a == nil {
		return nil, false
	}
	r, ok := a.conn.(connector.Receiver)
	return r, ok
}

const beatEvery = 20 * time.Second

// beat writes signs of life of the accounts that are online, so that after a
// crash it is known since when nobody listened, and what else is worth keeping.
func (e *Engine) beat(ctx context.Context) {
	t := time.NewTicker(beatEvery)
	defer t.Stop()
	looked := e.now()
	for {
		if err := e.writeBeats(ctx); err != nil && ctx.Err() == nil {
			e.log.Warn("no sign of life could be written", "err", err)
		}
		select {
		case <-ctx.Done():
			if err := e.writeBeats(ctx); err != nil {
				e.log.Warn("no last sign of life could be written", "err", err)
			}
			return
		case <-t.C:
			if e.now().Sub(looked) >= lookEvery {
				looked = e.now()
				e.look(ctx)
			}
		}
	}
}

// lookEvery is how often groups are listed anew, and members where their list is
// old.
const lookEvery = time.Hour

// look lists the groups of all accounts that are online, and members, and fetches what
// platforms counted.
func (e *Engine) look(ctx context.Context) {
	e.mu.Lock()
	list := slices.Clone(e.accounts)
	e.mu.Unlock()
	for _, a := range list {
		if a.health().State != connector.Online {
			continue
		}
		e.work.Go(func() {
			a.mend.Lock()
			defer a.mend.Unlock()
			e.listGroups(ctx, a)
			e.takeRosters(ctx, a)
			e.fetchCounts(ctx, a)
		})
	}
}

func (e *Engine) writeBeats(ctx context.Context) error {
	now := e.now()
	e.mu.Lock()
	list := append([]*account(nil), e.accounts...)
	e.mu.Unlock()
	if len(list) == 0 {
		return nil
	}
	return e.write(ctx, func(tx *store.Tx) error {
		for _, a := range list {
			if err := e.writeBeat(tx, a, now); err != nil {
				return err
			}
		}
		return nil
	})
}

func (e *Engine) writeBeat(tx *store.Tx, a *account, now time.Time) error {
	a.mu.Lock()
	online := a.now.State == connector.Online || a.now.State == connector.Degraded
	offers := a.offers
	a.offers = map[string]*offer{}
	a.mu.Unlock()
	if online {
		if err := tx.SetFact(a.factKey("alive"), strconv.FormatInt(now.UnixMilli(), 10)); err != nil {
			return err
		}
	}
	if r, ok := a.conn.(connector.Resumer); ok {
		if at := r.Position(); at != "" {
			if err := tx.SetFact(a.factKey("position"), at); err != nil {
				return err
			}
		}
	}
	var list []store.Offered
	for id, o := range offers {
		list = append(list, store.Offered{Account: a.name, OutsideID: id, Name: o.name, SeenAt: now, Heard: o.heard})
	}
	return tx.Offer(a.community, list)
}
