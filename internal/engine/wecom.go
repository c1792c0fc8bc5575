package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/automation"
	"qunying/internal/store"
)

// What a corporation manages on its platform beside groups' messages. It is done at
// once and not by way of the outbox, because a person waits for the answer; who did
// what stands in the audit. What the platform does not list by itself (greetings,
// join codes) is kept as settings.

// able finds an ability of a connection. NotFound where there is no such connection,
// Unsupported where its platform has none of it.
func able[A any](e *Engine, c community.ID, name string) (a A, err error) {
	is := e.accountNamed(c, name)
	if is == nil {
		return a, community.Errorf(community.NotFound, "there is no connection %s", name).WithHint("it may be switched off, or its settings cannot be read")
	}
	a, ok := is.conn.(A)
	if !ok {
		return a, community.Errorf(community.Unsupported, "the connection %s has nothing like that", name)
	}
	return a, nil
}

// deed is what a person does on a platform at once.
type deed struct {
	c             community.ID
	account       string
	by            community.StaffID
	act           string // for the audit: "greeting.add"
	subject       string
	before, after any // for the audit, nil for none
}

// deedTimeout bounds what a person does on a platform, whether or not they wait.
const deedTimeout = 40 * time.Second

// doubt says of an error after which nobody knows whether something was done what to
// do about it.
func doubt(err error) error {
	if !unsure(err) {
		return err
	}
	return &community.Error{Code: community.Unavailable, Text: "nobody knows whether it was done", Hint: "look on the platform before you do it again", Err: err}
}

// carryOut does something on a platform and audits it, also where nobody knows
// whether it was done.
func (e *Engine) carryOut(ctx context.Context, d deed, do func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deedTimeout)
	defer cancel()
	err := guard(func() error { return do(ctx) })
	if err != nil && !unsure(err) {
		return err
	}
	return errors.Join(doubt(err), e.write(ctx, func(tx *store.Tx) error { return e.auditDeed(tx, d, err) }))
}

func (e *Engine) auditDeed(tx *store.Tx, d deed, outcome error) error {
	text := func(v any) (string, error) {
		if v == nil {
			return "", nil
		}
		b, err := json.Marshal(v)
		return string(b), err
	}
	before, err := text(d.before)
	if err != nil {
		return err
	}
	after, err := text(d.after)
	if err != nil {
		return err
	}
	act := d.act
	if outcome != nil {
		act += ".unknown"
	}
	return tx.Audit(d.c, d.by, e.now().UnixMilli(), act, "connection/"+d.account+"/"+d.subject, before, after)
}

// once makes something on a platform for a request with a key, and keeps what it is;
// the same request again is answered with the same ID. keep writes in the transaction
// that remembers the request. Conflict where an earlier try was never answered.
func (e *Engine) once(ctx context.Context, d deed, key string, do func(ctx context.Context, mark string) (string, error),
	keep func(tx *store.Tx, id string) error) (id string, err error) {
	sum := sha256.Sum256([]byte(d.act + "\x00" + key))
	mark := hex.EncodeToString(sum[:12])
	known := false
	if err := e.db.Write(ctx, func(tx *store.Tx) error {
		if id, known, err = store.Made(ctx, tx, d.c, d.account, mark); err != nil || known {
			return err
		}
		return tx.NoteMaking(d.c, d.account, mark, d.by, e.now())
	}); err != nil {
		return "", err
	}
	if known && id == "" {
		return "", community.Errorf(community.Conflict, "nobody knows whether an earlier try of this was done").
			WithHint("look on the platform whether it is there before you make it anew")
	}
	if known {
		return id, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deedTimeout)
	defer cancel()
	err = guard(func() (err error) {
		id, err = do(ctx, mark)
		return err
	})
	switch {
	case err != nil && unsure(err):
		return "", errors.Join(doubt(err), e.write(ctx, func(tx *store.Tx) error { return e.auditDeed(tx, d, err) }))
	case err != nil:
		return "", errors.Join(err, e.write(ctx, func(tx *store.Tx) error { return tx.NoteMade(d.c, d.account, mark, "") }))
	}
	d.subject += "/" + id
	err = e.write(ctx, func(tx *store.Tx) error {
		if err := tx.NoteMade(d.c, d.account, mark, id); err != nil {
			return err
		}
		if keep != nil {
			return keep(tx, id) // a setting audits itself
		}
		return e.auditDeed(tx, d, nil)
	})
	return id, err
}

// saveIn writes a setting within a transaction.
func (e *Engine) saveIn(tx *store.Tx, c community.ID, key string, value any, based int64, by community.StaffID) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	change := store.Draft{Event: community.Event{At: e.now().Truncate(time.Millisecond), Source: "staff",
		Key: community.KeyParts{Kind: community.SettingsChanged, Group: "0", ID: key, Revision: decimal(based + 1)}.Key()}}
	_, err = tx.SaveSetting(c, store.Setting{Key: key, Value: string(text)}, based, by, change)
	tx.AfterCommit(func() { e.changes.send(Change{Community: c, What: "settings"}) })
	return err
}

// kept is what the platform keeps and does not list, as it was last written by us.
type kept[T any] struct {
	Value     T     `json:"value"`
	CreatedAt int64 `json:"created_at"` // ms
	Removed   bool  `json:"removed,omitempty"`
}

// Kept is one of those with its version.
type Kept[T any] struct {
	ID        string
	Value     T
	Version   int64
	CreatedAt time.Time
}

func keptKey(account, what, id string) string {
	place := "wecom"
	if what == sceneCodes {
		place = "following"
	}
	return place + "/" + account + "/" + what + "/" + id
}

// listKept lists what is kept of one sort, the newest first.
func listKept[T any](ctx context.Context, e *Engine, c community.ID, account, what string) ([]Kept[T], error) {
	prefix := keptKey(account, what, "")
	list := []Kept[T]{}
	err := e.db.Read(ctx, func(q store.Querier) error {
		set, err := store.SettingsUnder(ctx, q, c, prefix)
		for _, s := range set {
			var k kept[T]
			if err := json.Unmarshal([]byte(s.Value), &k); err != nil {
				return fmt.Errorf("setting %s: %w", s.Key, err)
			}
			if !k.Removed {
				list = append(list, Kept[T]{strings.TrimPrefix(s.Key, prefix), k.Value, s.Version, time.UnixMilli(k.CreatedAt)})
			}
		}
		return err
	})
	slices.SortFunc(list, func(a, b Kept[T]) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return list, err
}

// keptAt reads one of them. NotFound, and Conflict where it is not the version that
// the person saw.
func keptAt[T any](ctx context.Context, e *Engine, c community.ID, account, what, id string, based int64) (k kept[T], err error) {
	var version int64
	if err := e.db.Read(ctx, func(q store.Querier) (err error) {
		version, err = store.ReadSetting(ctx, q, c, 0, keptKey(account, what, id), &k)
		return err
	}); err != nil {
		return k, err
	}
	switch {
	case version == 0 || k.Removed:
		return k, community.Errorf(community.NotFound, "there is no %s %s", what, id)
	case version != based:
		return k, community.Errorf(community.Conflict, "somebody else has changed it meanwhile").WithHint("look at the new version and change it again")
	}
	return k, nil
}

// change does something to what is kept, on the platform first. gone forgets it; what
// the platform has lost already may be forgotten.
func change[T any](ctx context.Context, e *Engine, d deed, what, id string, based int64, to *T, do func(ctx context.Context) error) error {
	k, err := keptAt[T](ctx, e, d.c, d.account, what, id, based)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deedTimeout)
	defer cancel()
	err = guard(func() error { return do(ctx) })
	if to == nil && (community.CodeOf(err) == community.NotFound || community.CodeOf(err) == community.Invalid) {
		err = nil // it is not there: what is left of it goes
	}
	if err != nil {
		return doubt(err)
	}
	if to == nil {
		k.Removed = true
	} else {
		k.Value = *to
	}
	return e.write(ctx, func(tx *store.Tx) error { return e.saveIn(tx, d.c, keptKey(d.account, what, id), k, based, d.by) })
}

// ContactWelcome reads what new contacts are told by a connection.
func (e *Engine) ContactWelcome(ctx context.Context, c community.ID, account string) (w automation.ContactWelcome, version int64, err error) {
	if e.accountNamed(c, account) == nil {
		return w, 0, community.Errorf(community.NotFound, "there is no connection %s", account)
	}
	err = e.db.Read(ctx, func(q store.Querier) error {
		version, err = store.ReadSetting(ctx, q, c, 0, automation.ContactWelcomeKey+account, &w)
		return err
	})
	return w, version, err
}

// SaveContactWelcome says what new contacts are told from now on.
func (e *Engine) SaveContactWelcome(ctx context.Context, c community.ID, account string, w automation.ContactWelcome, based int64, by community.StaffID) error {
	if _, err := able[connector.Greeter](e, c, account); err != nil {
		return err
	}
	if err := w.Check(); err != nil {
		return err
	}
	return e.SaveSetting(ctx, c, 0, automation.ContactWelcomeKey+account, w, based, by)
}

const greetings, joinCodes = "greeting", "join_code"

// Greetings lists the welcomes for groups that were made here: the platform lists
// none.
func (e *Engine) Greetings(ctx context.Context, c community.ID, account string) ([]Kept[connector.Greeting], error) {
	if _, err := able[connector.Greeter](e, c, account); err != nil {
		return nil, err
	}
	return listKept[connector.Greeting](ctx, e, c, account, greetings)
}

// AddGreeting makes a welcome that owners can choose for their groups; notify tells
// them. key is the request's.
func (e *Engine) AddGreeting(ctx context.Context, c community.ID, account, key string, g connector.Greeting, notify bool, by community.StaffID) (string, error) {
	p, err := able[connector.Greeter](e, c, account)
	if err != nil {
		return "", err
	}
	return e.once(ctx, deed{c: c, account: account, by: by, act: "greeting.add", subject: greetings, after: g}, key,
		func(ctx context.Context, _ string) (string, error) { return p.AddGreeting(ctx, g, notify) },
		func(tx *store.Tx, id string) error {
			g.ID = id
			return e.saveIn(tx, c, keptKey(account, greetings, id), kept[connector.Greeting]{Value: g, CreatedAt: e.now().UnixMilli()}, 0, by)
		})
}

// ChangeGreeting replaces a welcome wherever it is chosen.
func (e *Engine) ChangeGreeting(ctx context.Context, c community.ID, account string, g connector.Greeting, based int64, by community.StaffID) error {
	p, err := able[connector.Greeter](e, c, account)
	if err != nil {
		return err
	}
	return change(ctx, e, deed{c: c, account: account, by: by}, greetings, g.ID, based, &g, func(ctx context.Context) error { return p.ChangeGreeting(ctx, g) })
}

// DeleteGreeting deletes a welcome: groups that chose it greet nobody any more.
func (e *Engine) DeleteGreeting(ctx context.Context, c community.ID, account, id string, based int64, by community.StaffID) error {
	p, err := able[connector.Greeter](e, c, account)
	if err != nil {
		return err
	}
	return change[connector.Greeting](ctx, e, deed{c: c, account: account, by: by}, greetings, id, based, nil, func(ctx context.Context) error { return p.DeleteGreeting(ctx, id) })
}

// JoinCodes lists the codes that were made here: the platform lists none.
func (e *Engine) JoinCodes(ctx context.Context, c community.ID, account string) ([]Kept[connector.JoinCode], error) {
	if _, err := able[connector.JoinCodes](e, c, account); err != nil {
		return nil, err
	}
	return listKept[connector.JoinCode](ctx, e, c, account, joinCodes)
}

// AddJoinCode makes a code. One without a State is given one of its own, so that who
// came by it can be told.
func (e *Engine) AddJoinCode(ctx context.Context, c community.ID, account, key string, j connector.JoinCode, by community.StaffID) (string, error) {
	p, err := able[connector.JoinCodes](e, c, account)
	if err != nil {
		return "", err
	}
	return e.once(ctx, deed{c: c, account: account, by: by, act: "join_code.add", subject: joinCodes, after: j}, key,
		func(ctx context.Context, mark string) (string, error) {
			if j.State == "" {
				j.State = "q" + mark[:12]
			}
			return p.AddJoinCode(ctx, j)
		},
		func(tx *store.Tx, id string) error {
			j.ID = id
			return e.saveIn(tx, c, keptKey(account, joinCodes, id), kept[connector.JoinCode]{Value: j, CreatedAt: e.now().UnixMilli()}, 0, by)
		})
}

// JoinCode tells how a code is on the platform now.
func (e *Engine) JoinCode(ctx context.Context, c community.ID, account, id string) (connector.JoinCodeState, error) {
	p, err := able[connector.JoinCodes](e, c, account)
	if err != nil {
		return connector.JoinCodeState{}, err
	}
	return p.JoinCode(ctx, id)
}

// JoinCodePicture fetches what is to be scanned.
func (e *Engine) JoinCodePicture(ctx context.Context, c community.ID, account, id string) ([]byte, error) {
	p, err := able[connector.JoinCodes](e, c, account)
	if err != nil {
		return nil, err
	}
	return p.JoinCodePicture(ctx, id)
}

// ChangeJoinCode replaces what a code leads to; its picture, and its State where none
// is given, stay.
func (e *Engine) ChangeJoinCode(ctx context.Context, c community.ID, account string, j connector.JoinCode, based int64, by community.StaffID) error {
	p, err := able[connector.JoinCodes](e, c, account)
	if err != nil {
		return err
	}
	was, err := keptAt[connector.JoinCode](ctx, e, c, account, joinCodes, j.ID, based)
	if err != nil {
		return err
	}
	if j.State == "" {
		j.State = was.Value.State
	}
	return change(ctx, e, deed{c: c, account: account, by: by}, joinCodes, j.ID, based, &j, func(ctx context.Context) error { return p.ChangeJoinCode(ctx, j) })
}

// DeleteJoinCode makes a code worthless.
func (e *Engine) DeleteJoinCode(ctx context.Context, c community.ID, account, id string, based int64, by community.StaffID) error {
	p, err := able[connector.JoinCodes](e, c, account)
	if err != nil {
		return err
	}
	return change[connector.JoinCode](ctx, e, deed{c: c, account: account, by: by}, joinCodes, id, based, nil, func(ctx context.Context) error { return p.DeleteJoinCode(ctx, id) })
}
