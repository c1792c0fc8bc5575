package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"

	"qunying/community"
)

// Outside is somebody as a platform or an export names them. Without an ID the
// name itself is the identity, and counts in its group only.
type Outside struct {
	ID   string
	Name string
}

// IsZero says that nobody is meant.
func (o Outside) IsZero() bool { return o.ID == "" && o.Name == "" }

// nameKey is what an outside name is looked up by: groups have group -1.
type nameKey struct {
	community community.ID
	network   community.Network
	group     community.GroupID
	outside   string
}

const groupNames community.GroupID = -1

// nameCache remembers which number a name has. It holds two generations of
// bounded size: what was not asked for during a generation is forgotten.
type nameCache struct {
	mu       sync.Mutex
	new, old map[nameKey]named
}

type named struct {
	number  int64
	name    string // the last name that was written for it
	at      int64  // ms, of people: when they were called so, to the day
	account string // of groups: that listens
}

const cacheGeneration = 50_000

func newNameCache() *nameCache { return &nameCache{new: map[nameKey]named{}} }

func (c *nameCache) get(k nameKey) (named, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n, ok := c.new[k]; ok {
		return n, true
	}
	n, ok := c.old[k]
	if ok {
		c.put(k, n)
	}
	return n, ok
}

func (c *nameCache) put(k nameKey, n named) {
	if len(c.new) >= cacheGeneration {
		c.old, c.new = c.new, make(map[nameKey]named, cacheGeneration)
	}
	c.new[k] = n
}

func (c *nameCache) putAll(m map[nameKey]named) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, n := range m {
		c.put(k, n)
	}
}

// numbers hands out and remembers numbers for one append. Within a transaction
// the log's row is locked, so nobody else can hand out the same.
type numbers struct {
	tx        *Tx
	cached    bool    // the transaction has not begun: nothing can be looked up or handed out
	log       *logRow // then only now is set
	community community.ID
	fresh     map[nameKey]named // learnt by this append, published after it
	groups    []nameKey         // known groups of which it tells something new, to be written
	renames   []rename          // people who are called otherwise now, to be written
}

// rename is somebody's newest name.
type rename struct {
	key   nameKey
	to    named
	was   string // "": not known
	older bool   // than the name on file, which stays: it becomes a former one
}

// errUnknown says that the cache does not know the number of a name.
var errUnknown = errors.New("store: a name is not known")

func (n *numbers) lookup(k nameKey) (named, bool) {
	if v, ok := n.fresh[k]; ok {
		return v, true
	}
	return n.tx.db.names.get(k)
}

// group returns the number of a group, which is made when it is new.
func (n *numbers) group(d *Draft) (community.GroupID, error) {
	if d.Group == "" {
		return d.Event.Group, nil
	}
	k := nameKey{n.community, d.Network, groupNames, d.Group}
	if v, ok := n.lookup(k); ok {
		n.keepGroup(k, v, d)
		return community.GroupID(v.number), nil
	}
	if n.cached {
		return 0, errUnknown
	}
	var v named
	err := n.tx.QueryRowContext(context.Background(), `SELECT group_id, name, account FROM chat_group
		WHERE community_id = $1 AND network = $2 AND outside_id = $3`, int64(n.community), string(d.Network), d.Group).Scan(&v.number, &v.name, &v.account)
	switch {
	case err == nil:
		n.fresh[k] = v
		n.keepGroup(k, v, d)
		return community.GroupID(v.number), nil
	case !errors.Is(err, sql.ErrNoRows):
		return 0, err
	}
	v = named{number: n.log.nextGroup, name: cmp.Or(d.GroupName, d.Group), account: d.Account}
	n.log.nextGroup++
	if _, err := n.tx.Exec(`INSERT INTO chat_group (community_id, group_id, network, outside_id, name, zone, account, created_at)
		SELECT community_id, $2, $3, $4, $5, COALESCE(NULLIF($6, ''), zone), $7, $8 FROM community WHERE community_id = $1`,
		int64(n.community), v.number, string(d.Network), d.Group, v.name, d.Zone, d.Account, n.log.now); err != nil {
		return 0, err
	}
	n.fresh[k] = v
	return community.GroupID(v.number), nil
}

// keepGroup notes what an event that is not old tells of a known group: its
// name, and which account listens.
func (n *numbers) keepGroup(k nameKey, v named, d *Draft) {
	is := v
	if d.Account != "" {
		is.account = d.Account
	}
	name := d.GroupName
	if d.Event.Kind == community.GroupRenamed && d.Event.Body != nil {
		name = cleanText(d.Event.Body.Text)
	}
	// A file of older messages names only a group of which nothing but the ID is known.
	if d.GroupName != "" && v.name == d.Group {
		is.name = d.GroupName
	}
	if name != "" && d.Event.Origin != community.History && n.log.now-d.Event.At.UnixMilli() <= community.LateAfter.Milliseconds() {
		is.name = name
	}
	if is == v {
		return
	}
	n.fresh[k] = is
	if !slices.Contains(n.groups, k) {
		n.groups = append(n.groups, k)
	}
}

// keyOf returns under which key somebody is known in a group.
func (n *numbers) keyOf(network community.Network, g community.GroupID, o Outside) nameKey {
	if o.ID == "" {
		return nameKey{n.community, network, g, o.Name}
	}
	return nameKey{n.community, network, 0, o.ID}
}

// learn finds or makes the numbers of everybody who is not known yet.
func (n *numbers) learn(people map[nameKey]person) error {
	missing := make([]nameKey, 0)
	for k := range people {
		if _, ok := n.lookup(k); !ok {
			missing = append(missing, k)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if n.cached {
		return errUnknown
	}
	sortKeys(missing, people)
	if n.tx.db.Dialect == PostgreSQL {
		return n.learnPostgres(missing, people)
	}
	return n.learnSQLite(missing, people)
}

// person is what a batch says about somebody.
type person struct {
	order int // of first mention in the batch, so that numbers follow the log
	name  string
	at    int64
}

// sameName is how much newer, in ms, an event must be than the last one for an
// unchanged name to be dated again. So an older name that comes late loses, and
// nobody is written at every message.
const sameName = 24 * 3600 * 1000

// rename notes the newest name of people whose name has changed, and what they
// were called before that.
func (n *numbers) rename(people map[nameKey]person) {
	for k, p := range people {
		v, ok := n.lookup(k)
		if !ok || p.name == "" || v.name == p.name && p.at < v.at+sameName {
			continue
		}
		was, older := v.name, p.at < v.at
		v.name, v.at = p.name, p.at
		n.renames = append(n.renames, rename{k, v, was, older})
	}
}

// heardAgain is what becomes of a former name that was one before.
const heardAgain = `ON CONFLICT (community_id, identity_id, name) DO UPDATE SET
	named_at = CASE WHEN excluded.named_at > former_name.named_at THEN excluded.named_at ELSE former_name.named_at END`

// renamed remembers a name that was written, or that another process knows a
// newer one: then the database is asked next time too.
func (n *numbers) renamed(r rename, written bool) {
	if !written {
		v, _ := n.lookup(r.key)
		v.name = ""
		r.to = v
	}
	n.fresh[r.key] = r.to
}
