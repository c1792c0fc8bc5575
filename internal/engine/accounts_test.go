package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/seal"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// plug is a network whose connection a test holds in its hand.
type plug struct {
	name   string
	shared bool
	realm  string

	mu     sync.Mutex
	emit   connector.Emit
	ready  chan struct{} // closed when Run was called
	token  string        // of the config it was opened with
	opened int           // how often it was
	keeps  []connector.Observation
	fails  error         // of reading back
	recall connector.Can // of our own messages, in private
	did    []string      // what it took back
}

func newPlug(name string) *plug { return &plug{name: name, ready: make(chan struct{})} }

func (p *plug) Network() community.Network { return community.Network(p.name) }
func (p *plug) StableTimes() bool          { return true }
func (p *plug) About() connector.About {
	return connector.About{Name: p.name, SharedIDs: p.shared, Fields: []connector.Field{
		{Name: "token", Kind: connector.SecretField, Required: true, Generated: "token"},
		{Name: "address", Kind: connector.AddressField, Default: "http://localhost"},
		{Name: "proof", Kind: connector.FileField},
	}}
}

func (p *plug) Open(_ string, config []byte) (connector.Connector, error) {
	var c struct{ Token, Address string }
	if err := json.Unmarshal(config, &c); err != nil || c.Address == "" {
		return nil, community.Errorf(community.Invalid, "address is missing")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.token = c.Token
	p.opened++
	return &plugged{plug: p, with: c.Token}, nil
}

type plugged struct {
	*plug
	with string // the token it was opened with
	at   string // the position it was told
}

func (p *plugged) Position() string { return "" }
func (p *plugged) Resume(at string) { p.at = at }
func (p *plugged) Probe(context.Context) []connector.Finding {
	return []connector.Finding{{Check: "keys", OK: true, Detail: p.with + " at " + p.at}}
}

func (p *plugged) Run(ctx context.Context, emit connector.Emit) error {
	p.mu.Lock()
	p.emit = emit
	select {
	case <-p.ready:
	default:
		close(p.ready)
	}
	p.mu.Unlock()
	<-ctx.Done()
	return nil
}

func (p *plugged) Send(context.Context, connector.Action) (connector.Receipt, error) {
	return connector.Receipt{}, nil
}

func (p *plugged) Recall(_ context.Context, a connector.Action) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.did = append(p.did, fmt.Sprint(a.Group, a.Direct, a.Message))
	return nil
}

func (p *plugged) Capabilities(group string) connector.Capabilities {
	can := connector.Capabilities{Read: connector.Machine, Send: connector.Machine}
	if group == "" {
		can.RecallOwn = p.recall
	}
	if p.kept() != nil {
		can.Backfill = connector.Machine
	}
	return can
}

func (p *plugged) Realm() string { return p.realm }

func (p *plug) kept() []connector.Observation {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.keeps
}

func (p *plugged) Backfill(ctx context.Context, group string, from, to time.Time, emit connector.Emit) error {
	p.mu.Lock()
	fails := p.fails
	p.mu.Unlock()
	if fails != nil {
		return fails
	}
	for _, o := range p.kept() {
		if o.Group == group && !o.At.Before(from) && o.At.Before(to) {
			if err := emit(ctx, o); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *plugged) Groups(context.Context) ([]connector.Group, error) {
	return []connector.Group{{ID: "g", Name: "跑步群", Members: 12}, {ID: "h", Name: "读书群"}}, nil
}

// plugIn starts the world's engine with networks that people can connect.
func (w *world) plugIn(drivers ...connector.Driver) {
	w.t.Helper()
	keys, err := seal.Open(filepath.Join(w.t.TempDir(), "key"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.e.sealer = keys
	for _, d := range drivers {
		w.e.drivers[d.About().Name] = d
	}
	w.e.prompt = true
	ctx, cancel := context.WithCancel(context.Background())
	w.e.mu.Lock()
	w.e.running = ctx
	w.e.mu.Unlock()
	w.t.Cleanup(func() { cancel(); w.e.work.Wait() })
}

func (w *world) save(name string, s AccountSettings, version int64) map[string]string {
	w.t.Helper()
	made, err := w.e.SaveAccount(w.t.Context(), 1, name, s, version, 1)
	if err != nil {
		w.t.Fatal(err)
	}
	return made
}

func (p *plug) say(t *testing.T, list ...connector.Observation) {
	t.Helper()
	<-p.ready
	p.mu.Lock()
	emit := p.emit
	p.mu.Unlock()
	if err := emit(t.Context(), list...); err != nil {
		t.Fatal(err)
	}
}

func posted(group, id, text string, at time.Time) connector.Observation {
	return connector.Observation{Kind: community.MessagePosted, Group: group, ID: id, Text: text, Content: community.Text, At: at,
		Sender: connector.Member{ID: "u1", Name: "小李"}}
}

func (w *world) posted() (list []string) {
	w.t.Helper()
	w.look(func(q store.Querier) error {
		rows, err := q.QueryContext(w.t.Context(), `SELECT b.text FROM event e JOIN event_body b ON b.community_id = e.community_id AND b.seq = e.seq
			WHERE e.kind = 'message.posted' ORDER BY e.seq`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				return err
			}
			list = append(list, s)
		}
		return rows.Err()
	})
	return list
}

// look reads the database.
func (w *world) look(f func(store.Querier) error) {
	w.t.Helper()
	if err := w.db.Read(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
}

func TestGroupsAreLoggedOnceAdopted(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := newPlug("plug")
		p.keeps = []connector.Observation{posted("g", "old", "之前说的", w.now().Add(-time.Hour))}
		w.plugIn(p)
		w.save("mine", AccountSettings{Driver: "plug"}, 0)
		p.say(t, connector.Changed(connector.Online, w.now(), time.Time{}, nil))
		p.say(t, posted("g", "1", "没人收养", w.now()), posted("g", "2", "还是没有", w.now()))
		if got := w.posted(); len(got) != 0 {
			t.Fatalf("logged of groups that nobody adopted: %v", got)
		}
		offers, err := w.e.Offered(t.Context(), 1, "mine")
		if err != nil || len(offers) != 2 || offers[1].Name != "跑步群" || offers[1].Heard != 2 || offers[1].Members != 12 {
			t.Fatalf("offered: %+v, %v", offers, err)
		}
		if n, err := w.e.Adopt(t.Context(), 1, "mine", []string{"g"}, 1); err != nil || n != 1 {
			t.Fatalf("adopted %d, %v", n, err)
		}
		w.e.work.Go(func() {}) // what adopting began is waited for below
		p.say(t, posted("g", "3", "现在有了", w.now()), posted("h", "4", "别的群", w.now()))
		deadline := time.Now().Add(patience)
		for len(w.posted()) < 2 && time.Now().Before(deadline) {
			w.project()
		}
		if got := strings.Join(w.posted(), " "); !strings.Contains(got, "之前说的") || !strings.Contains(got, "现在有了") || strings.Contains(got, "别的群") {
			t.Errorf("logged: %s", got)
		}
		if offers, _ := w.e.Offered(t.Context(), 1, "mine"); len(offers) != 1 || offers[0].OutsideID != "h" || offers[0].Heard != 1 {
			t.Errorf("still offered: %+v", offers)
		}
		var id community.GroupID
		w.look(func(q store.Querier) error {
			g, found, err := store.GroupByOutside(t.Context(), q, 1, "plug", "g")
			if !found || g.Account != "mine" {
				t.Errorf("the group is %+v, %v", g, found)
			}
			id = g.ID
			return err
		})
		if err := w.e.Drop(t.Context(), 1, id, 1); err != nil {
			t.Fatal(err)
		}
		p.say(t, posted("g", "5", "又没人听了", w.now()))
		if got := strings.Join(w.posted(), " "); strings.Contains(got, "又没人听了") {
			t.Errorf("logged after it was dropped: %s", got)
		}
	})
}

func TestSecretsAreSealedAndStayWhereTheyAreLeftOut(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := newPlug("plug")
		w.plugIn(p)
		made := w.save("mine", AccountSettings{Driver: "plug"}, 0)
		token := made["token"]
		if len(token) != 32 || p.token != token {
			t.Fatalf("made up %q, opened with %q", token, p.token)
		}
		if made := w.save("mine", AccountSettings{Driver: "plug", Title: "新名字", Config: map[string]any{"token": true}}, 1); len(made) != 0 || p.token != token {
			t.Errorf("saved again: made %v, opened with %q", made, p.token)
		}
		w.save("mine", AccountSettings{Driver: "plug", Config: map[string]any{"token": "hush-hush-2"}}, 2)
		if p.token != "hush-hush-2" {
			t.Errorf("opened with %q", p.token)
		}
		for _, table := range []string{"setting", "audit", "event_body"} {
			w.look(func(q store.Querier) error {
				column := map[string]string{"setting": "value", "audit": "before_json || after_json", "event_body": "COALESCE(data, '') || text"}[table]
				rows, err := q.QueryContext(t.Context(), `SELECT `+column+` FROM `+table)
				if err != nil {
					return err
				}
				defer rows.Close()
				for rows.Next() {
					var s string
					if err := rows.Scan(&s); err != nil {
						return err
					}
					if strings.Contains(s, token) || strings.Contains(s, "hush-hush") {
						t.Errorf("%s holds a secret: %s", table, s)
					}
				}
				return rows.Err()
			})
		}
		list, err := w.e.Accounts(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range list {
			if a.Name == "mine" && a.Config["token"] != true {
				t.Errorf("shown: %v", a.Config)
			}
		}
		if _, err := w.e.SaveAccount(t.Context(), 1, "mine", AccountSettings{Driver: "plug"}, 1, 1); community.CodeOf(err) != community.Conflict {
			t.Errorf("saved over a newer version: %v", err)
		}
		if _, err := w.e.SaveAccount(t.Context(), 1, "Not a name", AccountSettings{Driver: "plug"}, 0, 1); community.CodeOf(err) != community.Invalid {
			t.Errorf("a bad name: %v", err)
		}
		if err := w.e.RemoveAccount(t.Context(), 1, "mine", 3, 1); err != nil {
			t.Fatal(err)
		}
		if a := w.e.accountNamed(1, "mine"); a != nil {
			t.Error("it is connected after it was removed")
		}
		if made := w.save("mine", AccountSettings{Driver: "plug"}, 0); made["token"] == "" || made["token"] == token {
			t.Errorf("added again under its name: made %v", made)
		}
	})
}

func TestALostConnectionIsAGapThatClosesWithWhatCanBeReadBack(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := newPlug("plug")
		w.plugIn(p)
		w.save("mine", AccountSettings{Driver: "plug", AdoptAll: true}, 0)
		p.say(t, connector.Changed(connector.Online, w.now(), time.Time{}, nil))
		p.say(t, posted("g", "1", "早", w.now()))
		away := func() []insightdb.Away {
			w.project()
			var list []insightdb.Away
			w.look(func(q store.Querier) (err error) {
				g, _, err := store.GroupByOutside(t.Context(), q, 1, "plug", "g")
				if err == nil {
					list, err = insightdb.Coverage(t.Context(), q, 1, g.ID)
				}
				return err
			})
			return list
		}
		lost := w.now().Add(time.Minute)
		w.advance(2 * time.Minute)
		p.say(t, connector.Changed(connector.Offline, w.now(), lost, community.Errorf(community.Unavailable, "cut")))
		if list := away(); len(list) != 1 || list[0].From != lost.UnixMilli() || list[0].To != 0 {
			t.Fatalf("while it is away: %+v", list)
		}
		w.advance(time.Hour)
		back := w.now()
		p.say(t, connector.Changed(connector.Online, back, lost, nil))
		if list := away(); len(list) != 1 || list[0].To != back.UnixMilli() {
			t.Fatalf("nothing could be read back: %+v", list)
		}

		lost = w.now().Add(time.Minute)
		w.advance(3 * time.Minute)
		p.mu.Lock()
		p.keeps = []connector.Observation{posted("g", "2", "离线时说的", lost.Add(time.Minute))}
		p.mu.Unlock()
		p.say(t, connector.Changed(connector.Offline, w.now(), lost, nil))
		if list := away(); len(list) != 2 {
			t.Fatalf("away again: %+v", list)
		}
		w.advance(time.Minute)
		p.say(t, connector.Changed(connector.Online, w.now(), lost, nil))
		if list := away(); len(list) != 1 {
			t.Errorf("a gap that was read back is still one: %+v", list)
		}
		if got := w.posted(); len(got) != 2 || got[1] != "离线时说的" {
			t.Errorf("logged: %v", got)
		}
		var marks []store.Moment
		w.look(func(q store.Querier) (err error) {
			marks, err = store.Timeline(t.Context(), q, 1, "mine", time.Time{}, 10)
			return err
		})
		if len(marks) != 5 || marks[0].State != "online" || marks[3].Why == "" || marks[3].Code != "unavailable" {
			t.Errorf("the timeline: %+v", marks)
		}
	})
}

func TestPrivateMessagesAreKeptApartAndNotCounted(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := newPlug("plug")
		w.plugIn(p)
		w.save("mine", AccountSettings{Driver: "plug"}, 0)
		o := posted("", "1", "你好", w.now())
		o.Direct = true
		p.say(t, o)
		w.project()
		w.look(func(q store.Querier) error {
			g, found, err := store.GroupByOutside(t.Context(), q, 1, "plug", "direct:mine")
			if err != nil || !found || !g.Direct || g.Account != "mine" {
				t.Errorf("the conversation: %+v, %v, %v", g, found, err)
			}
			people, err := store.GroupsAfter(t.Context(), q, 1, "", 0, 10)
			if err != nil || len(people) != 0 {
				t.Errorf("groups of people: %+v, %v", people, err)
			}
			var n int
			err = q.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM view_group_day`).Scan(&n)
			if n != 0 {
				t.Errorf("%d days were counted", n)
			}
			return err
		})
	})
}

// An archive may wait for the very key that was typed: it is tried on what comes next.
func TestATestTriesWhatWasTypedWhereTheConnectionGoesOn(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.plugIn(newPlug("plug"))
		w.save("mine", AccountSettings{Driver: "plug", Config: map[string]any{"token": "saved"}}, 0)
		if err := w.db.Write(t.Context(), func(tx *store.Tx) error { return tx.SetFact("position/1/mine", "7@1") }); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name   string
			config map[string]any
			want   string
		}{
			{"mine", map[string]any{"token": "typed"}, "typed at 7@1"},
			{"mine", map[string]any{"address": "http://other"}, "saved at 7@1"},
			{"", map[string]any{"token": "new"}, "new at "},
		} {
			list, err := w.e.ProbeAccount(t.Context(), 1, c.name, "plug", c.config)
			if err != nil || len(list) != 1 || list[0].Detail != c.want {
				t.Errorf("%v of %q: %+v, %v, want %q", c.config, c.name, list, err, c.want)
			}
		}
	})
}

// In private only what we said ourselves can be taken back, where the platform does that.
func TestOurAnswerInPrivateIsTakenBackWhereThePlatformDoesThat(t *testing.T) {
	for _, can := range []connector.Can{connector.Machine, connector.Nobody} {
		t.Run(string(can), func(t *testing.T) {
			onBoth(t, func(t *testing.T, w *world) {
				p := newPlug("plug")
				p.recall = can
				w.plugIn(p)
				w.save("mine", AccountSettings{Driver: "plug"}, 0)
				o := posted("", "1", "你好", w.now())
				o.Direct = true
				p.say(t, o)
				recall := func(key string, own bool) Command {
					c := ask(key, community.Action{Kind: community.Recall, MessageID: "m", Detail: community.Detail{Own: own}})
					w.look(func(q store.Querier) error {
						g, _, err := store.GroupByOutside(t.Context(), q, 1, "plug", "direct:mine")
						c.Group = g.ID
						return err
					})
					return c
				}
				if _, err := answered[Asked](w, recall("theirs", false)); community.CodeOf(err) != community.Unsupported {
					t.Errorf("a person's: %v", err)
				}
				_, err := answered[Asked](w, recall("ours", true))
				want := []string(nil)
				if can == connector.Machine {
					want = []string{fmt.Sprint("", true, "m")}
				}
				if (err == nil) != (can == connector.Machine) || err != nil && community.CodeOf(err) != community.Unsupported {
					t.Fatalf("ours: %v", err)
				}
				w.dispatch()
				if !slices.Equal(p.did, want) {
					t.Errorf("taken back: %q, want %q", p.did, want)
				}
			})
		})
	}
}

func TestTwoAccountsInOneGroupLogItOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		first, second := newPlug("plug"), newPlug("plug")
		w.plugIn(first)
		w.save("one", AccountSettings{Driver: "plug", AdoptAll: true}, 0)
		w.e.drivers["plug"] = second
		w.save("two", AccountSettings{Driver: "plug", AdoptAll: true}, 0)
		first.say(t, posted("g", "a1", "同一句", w.now()))
		second.say(t, posted("g", "b1", "同一句", w.now())) // the IDs are the account's own
		if got := w.posted(); len(got) != 1 {
			t.Errorf("logged: %v", got)
		}
		if err := w.e.RemoveAccount(t.Context(), 1, "one", 1, 1); err != nil {
			t.Fatal(err)
		}
		second.say(t, posted("g", "b2", "换一个听", w.now()))
		if got := w.posted(); len(got) != 2 {
			t.Errorf("after the first is gone: %v", got)
		}
	})
}

func TestAdoptingEverythingCanBeSwitchedOnWhileItRuns(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := newPlug("plug")
		w.plugIn(p)
		made := w.save("mine", AccountSettings{Driver: "plug"}, 0)
		p.say(t, posted("g", "1", "没人收养", w.now()))
		w.save("mine", AccountSettings{Driver: "plug", AdoptAll: true, Config: map[string]any{"token": made["token"]}}, 1)
		p.say(t, posted("g", "2", "现在有了", w.now()))
		if got := w.posted(); len(got) != 1 || got[0] != "现在有了" {
			t.Errorf("logged: %v", got)
		}
	})
}

func TestWhatCouldNotBeReadBackIsAGapUntilItIs(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := newPlug("plug")
		p.keeps = []connector.Observation{posted("g", "missed", "停机时说的", w.now().Add(30*time.Minute))}
		w.plugIn(p)
		w.save("mine", AccountSettings{Driver: "plug", AdoptAll: true}, 0)
		p.say(t, connector.Changed(connector.Online, w.now(), time.Time{}, nil))
		p.say(t, posted("g", "1", "早", w.now()))
		gaps := func() []insightdb.Away {
			w.project()
			var list []insightdb.Away
			w.look(func(q store.Querier) (err error) {
				g, _, err := store.GroupByOutside(t.Context(), q, 1, "plug", "g")
				if err == nil {
					list, err = insightdb.Coverage(t.Context(), q, 1, g.ID)
				}
				return err
			})
			return list
		}
		// again is a start of the server: the same settings, another life.
		again := func(fails error) {
			a := w.e.accountNamed(1, "mine")
			if err := w.e.writeBeats(t.Context()); err != nil {
				t.Fatal(err)
			}
			a.halt()
			w.e.replace(1, "mine", nil)
			w.advance(time.Hour)
			p.mu.Lock()
			p.ready, p.fails = make(chan struct{}), fails
			p.mu.Unlock()
			if err := w.e.reload(t.Context(), 1, "mine"); err != nil {
				t.Fatal(err)
			}
			p.say(t, connector.Changed(connector.Online, w.now(), time.Time{}, nil))
		}
		from := w.now()
		again(community.Errorf(community.Unavailable, "the history broke off"))
		if list := gaps(); len(list) != 1 || list[0].From != from.UnixMilli() || list[0].To != w.now().UnixMilli() {
			t.Fatalf("after it broke off: %+v, want from %d to %d", list, from.UnixMilli(), w.now().UnixMilli())
		}
		again(community.Errorf(community.Unavailable, "and again"))
		if list := gaps(); len(list) != 2 {
			t.Fatalf("after it broke off twice: %+v", list)
		}
		again(nil)
		if list := gaps(); len(list) != 0 {
			t.Errorf("after it was read: %+v", list)
		}
		if got := w.posted(); len(got) != 2 || got[1] != "停机时说的" {
			t.Errorf("logged: %v", got)
		}
	})
}

func TestSavingOneAccountOpensNoOther(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := newPlug("plug")
		w.plugIn(p)
		w.save("one", AccountSettings{Driver: "plug"}, 0)
		one := w.e.accountNamed(1, "one")
		opened := p.opened
		w.save("two", AccountSettings{Driver: "plug"}, 0)
		if n := p.opened - opened; n != 2 { // once to see whether it can be
			t.Errorf("%d accounts were opened", n)
		}
		if w.e.accountNamed(1, "one") != one {
			t.Error("the other account is another one now")
		}
		if err := w.e.RemoveAccount(t.Context(), 1, "two", 1, 1); err != nil {
			t.Fatal(err)
		}
		if w.e.accountNamed(1, "one") != one || w.e.accountNamed(1, "two") != nil {
			t.Error("removing one did not leave the other alone")
		}
	})
}

func TestRealmsKeepEqualIDsApart(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		first, second := newPlug("plug"), newPlug("plug")
		second.realm, first.shared, second.shared = "other", true, true
		w.plugIn(first)
		w.save("one", AccountSettings{Driver: "plug", AdoptAll: true}, 0)
		w.e.drivers["plug"] = second
		w.save("two", AccountSettings{Driver: "plug", AdoptAll: true}, 0)
		first.say(t, posted("g", "1", "这个群", w.now()))
		second.say(t, posted("g", "1", "那个群", w.now()))
		if got := w.posted(); len(got) != 2 {
			t.Errorf("logged: %v", got)
		}
		for network, name := range map[community.Network]string{"plug": "one", "plug/other": "two"} {
			w.look(func(q store.Querier) error {
				g, found, err := store.GroupByOutside(t.Context(), q, 1, network, "g")
				if err != nil || !found {
					t.Errorf("%s: %v, %v", network, found, err)
				}
				if list := w.e.accountsOf(g); len(list) != 1 || list[0].name != name {
					t.Errorf("%s is served by %d accounts", network, len(list))
				}
				return err
			})
		}
	})
}

func TestAVerificationFileIsServedForAsLongAsItsConnectionHasIt(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := newPlug("plug")
		w.plugIn(p)
		served := func(name, want string) {
			t.Helper()
			if got, ok := w.e.VerificationFile(name); got != want || ok != (want != "") {
				t.Errorf("%q is served as %q, want %q", name, got, want)
			}
		}
		with := func(file any) AccountSettings {
			return AccountSettings{Driver: "plug", Config: map[string]any{"token": "t", "proof": file}}
		}
		served("", "")
		w.save("mine", with(""), 0)
		served("", "")
		wire := w.e.accountNamed(1, "mine").conn
		w.save("mine", with("WW_verify_Ab12.txt\nAb12\r\n"), 1)
		w.save("other", with("MP_verify_Ab12.txt\nof the other"), 0)
		served("WW_verify_Ab12.txt", "Ab12\r\n")
		served("MP_verify_Ab12.txt", "of the other")
		served("WW_verify_ab12.txt", "")
		served("", "")
		if now := w.e.accountNamed(1, "mine"); strings.Contains(string(now.config), "Ab12") || now.conn != wire {
			t.Errorf("a file concerns the wire: opened with %s, anew: %v", now.config, now.conn != wire)
		}
		paused := with("WW_verify_Ab12.txt\nAb12")
		paused.Paused = true
		w.save("mine", paused, 2)
		served("WW_verify_Ab12.txt", "Ab12")
		if err := w.e.reload(t.Context(), 1, ""); err != nil { // as at the start
			t.Fatal(err)
		}
		served("WW_verify_Ab12.txt", "Ab12")
		w.save("mine", with("WW_verify_new.txt\nnew"), 3)
		served("WW_verify_Ab12.txt", "")
		served("WW_verify_new.txt", "new")
		for file, says := range map[any]string{
			"verify.txt\nx": "called", "WW_verify_.txt\nx": "called", "WW_verify_a.txt.html\nx": "called",
			"../WW_verify_a.txt\nx": "called", "ww_verify_a.txt\nx": "called", "WW_verify_a.txt\r\nx": "called", 7: "called",
			"WW_verify_" + strings.Repeat("a", 65) + ".txt\nx": "called",
			"WW_verify_a.txt": "empty", "WW_verify_a.txt\n \n": "empty",
			"WW_verify_a.txt\n<\x00>": "besides", "WW_verify_a.txt\n验证": "besides", "WW_verify_a.txt\n\x7f": "besides",
			"WW_verify_a.txt\n" + strings.Repeat("x", 1025): "1025 bytes",
		} {
			_, err := w.e.SaveAccount(t.Context(), 1, "mine", with(file), 4, 1)
			if community.CodeOf(err) != community.Invalid || !strings.HasPrefix(err.Error(), "proof ") || !strings.Contains(err.Error(), says) {
				t.Errorf("%.40q: %v, want invalid, about proof, %q", file, err, says)
			}
		}
		w.save("mine", with("WW_verify_"+strings.Repeat("a", 64)+".txt\n"+strings.Repeat("x", 1024)), 4)
		served("WW_verify_"+strings.Repeat("a", 64)+".txt", strings.Repeat("x", 1024))
		if err := w.e.RemoveAccount(t.Context(), 1, "mine", 5, 1); err != nil {
			t.Fatal(err)
		}
		served("WW_verify_"+strings.Repeat("a", 64)+".txt", "")
		served("MP_verify_Ab12.txt", "of the other")
	})
}

// The domain has one root: of two files of one name only one could be served.
func TestFilesOfOneNameHaveOneContent(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.plugIn(newPlug("plug"))
		if err := w.db.AddCommunity(t.Context(), 2, "two", "Two", "UTC"); err != nil {
			t.Fatal(err)
		}
		save := func(c community.ID, name, content string, based int64) error {
			_, err := w.e.SaveAccount(t.Context(), c, name, AccountSettings{Driver: "plug", Config: map[string]any{"token": "t", "proof": "WW_verify_a.txt\n" + content}}, based, 1)
			return err
		}
		serves := func(want string) {
			t.Helper()
			if got, _ := w.e.VerificationFile("WW_verify_a.txt"); got != want {
				t.Errorf("%q is served, want %q", got, want)
			}
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		refused := func(err error, whose string) {
			t.Helper()
			var e *community.Error
			if !errors.As(err, &e) || e.Code != community.Conflict || !strings.HasPrefix(e.Text, "proof: "+whose) || e.Hint == "" {
				t.Errorf("%v, want a conflict about proof with %s", err, whose)
			}
		}
		must(save(1, "first", "one", 0))
		refused(save(1, "second", "two", 0), "the connection first has")
		refused(save(2, "second", "two", 0), "a connection of another community has")
		serves("one")
		if list, err := w.e.Accounts(t.Context(), 1); err != nil || slices.ContainsFunc(list, func(a Account) bool { return a.Name == "second" }) {
			t.Errorf("a connection that was refused is there: %v", err)
		}
		must(save(1, "second", "one\r\n", 0)) // the same, as another browser read it
		refused(save(1, "first", "two", 1), "the connection second has")
		must(w.e.RemoveAccount(t.Context(), 1, "first", 1, 1))
		serves("one\r\n")
		must(save(1, "second", "two", 1)) // nobody else has it any more
		serves("two")
		keys := w.e.sealer
		w.e.sealer = nil // the secrets cannot be read: the connection is not opened
		must(w.e.reload(t.Context(), 1, "second"))
		w.e.sealer = keys
		serves("")
		refused(save(1, "third", "three", 0), "the connection second has")
		must(w.e.reload(t.Context(), 1, "second"))
		serves("two")

		var both sync.WaitGroup
		answers := make([]error, 2)
		for i, name := range []string{"left", "right"} {
			both.Go(func() {
				_, answers[i] = w.e.SaveAccount(context.Background(), 1, name, AccountSettings{Driver: "plug", Config: map[string]any{"token": "t", "proof": "WW_verify_b.txt\n" + name}}, 0, 1)
			})
		}
		both.Wait()
		if (answers[0] == nil) == (answers[1] == nil) {
			t.Errorf("at once: %v", answers)
		}
	})
}
