package engine

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
)

// accountKey is the setting that holds what people typed about an account.
const accountKey = "account/"

// AccountSettings are what people typed about an account.
type AccountSettings struct {
	Driver string `json:"driver"`
	Title  string `json:"title"`
	// Config is as the driver's About.Fields say; secrets are sealed at rest.
	Config map[string]any `json:"config"`
	// AdoptAll logs every group that the account is in, also coming ones; otherwise
	// people adopt them one by one.
	AdoptAll  bool              `json:"adopt_all"`
	Paused    bool              `json:"paused"`  // hears, and does nothing
	DryRun    bool              `json:"dry_run"` // decides everything, and sends nothing
	Limits    *connector.Limits `json:"limits,omitempty"`
	CreatedAt int64             `json:"created_at"` // ms
	Removed   bool              `json:"removed,omitempty"`
}

// Sealer keeps secrets at rest.
type Sealer interface {
	Seal(text, where string) string
	Unseal(sealed, where string) (string, error)
}

// Account is an account as people see it.
type Account struct {
	Name    string
	Version int64 // of the settings, 0: it is none that people typed
	AccountSettings
	About  connector.About
	Health Health
	Groups int // in which it listens
	Offers int // that nobody has adopted
}

var accountName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// Drivers tells which networks can be connected, by name.
func (e *Engine) Drivers() []connector.About {
	var list []connector.About
	for _, name := range slices.Sorted(maps.Keys(e.drivers)) {
		list = append(list, e.drivers[name].About())
	}
	return list
}

// NetworkOf is the network that a driver serves.
func (e *Engine) NetworkOf(driver string) community.Network {
	if d := e.drivers[driver]; d != nil {
		return d.Network()
	}
	return ""
}

// Accounts lists the accounts of a community by name, secrets left out.
func (e *Engine) Accounts(ctx context.Context, c community.ID) ([]Account, error) {
	typed := map[string]Account{}
	offers := map[string]int{}
	if err := e.db.Read(ctx, func(q store.Querier) error {
		list, err := store.SettingsUnder(ctx, q, c, accountKey)
		if err != nil {
			return err
		}
		for _, s := range list {
			a := Account{Name: strings.TrimPrefix(s.Key, accountKey), Version: s.Version}
			if err := json.Unmarshal([]byte(s.Value), &a.AccountSettings); err != nil {
				return fmt.Errorf("setting %s: %w", s.Key, err)
			}
			typed[a.Name] = a
		}
		offered, err := store.OfferedTo(ctx, q, c, "")
		for _, o := range offered {
			offers[o.Account]++
		}
		return err
	}); err != nil {
		return nil, err
	}
	e.mu.Lock()
	live := slices.Clone(e.accounts)
	e.mu.Unlock()
	var list []Account
	for _, a := range live {
		if a.community != c {
			continue
		}
		t, ok := typed[a.name]
		if !ok {
			t = Account{Name: a.name, AccountSettings: AccountSettings{Driver: a.about.Name, AdoptAll: a.adoptAll.Load()}}
		}
		delete(typed, a.name)
		t.About, t.Health = a.about, a.health()
		t.Groups = a.groupCount()
		list = append(list, t)
	}
	for _, t := range typed { // those that could not be opened
		if t.Removed {
			continue
		}
		t.Health = Health{State: connector.Offline, Why: e.trouble(c, t.Name)}
		if d := e.drivers[t.Driver]; d != nil {
			t.About = d.About()
		}
		list = append(list, t)
	}
	for i := range list {
		list[i].Offers = offers[list[i].Name]
		list[i].Config = list[i].public()
	}
	slices.SortFunc(list, func(a, b Account) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// public is the config without secrets: where one is set stands true.
func (a *Account) public() map[string]any {
	config := maps.Clone(a.Config)
	for _, f := range a.About.Fields {
		if v, ok := config[f.Name]; ok && secret(f) {
			config[f.Name] = v != ""
		}
	}
	return config
}

func secret(f connector.Field) bool {
	return f.Kind == connector.SecretField || f.Kind == connector.KeyField
}

// SaveAccount adds an account, or changes one, as the version after based (0:
// none yet). A secret that is left out or empty stays as it was. The values that
// were made up for the person are returned, to be shown once.
func (e *Engine) SaveAccount(ctx context.Context, c community.ID, name string, s AccountSettings, based int64, by community.StaffID) (made map[string]string, err error) {
	if !accountName.MatchString(name) {
		return nil, community.Errorf(community.Invalid, "%q is not a name for a connection", name).WithHint("use up to 40 small letters, digits and hyphens")
	}
	old, version, err := e.accountSettings(ctx, c, name)
	if err != nil {
		return nil, err
	}
	if old.Removed && based == 0 {
		based = version // its name is free again
	}
	if old.Driver != "" && !old.Removed && old.Driver != s.Driver {
		return nil, community.Errorf(community.Conflict, "the connection %s is of %s", name, old.Driver).WithHint("choose another name")
	}
	d := e.drivers[s.Driver]
	if d == nil {
		return nil, community.Errorf(community.Invalid, "there is no network %q", s.Driver)
	}
	s.Title = strings.TrimSpace(s.Title)
	if s.CreatedAt = old.CreatedAt; s.CreatedAt == 0 || old.Removed {
		s.CreatedAt = e.now().UnixMilli()
	}
	if old.Removed {
		old = AccountSettings{}
	}
	plain, made, err := e.fill(c, name, d.About(), s.Config, old.Config)
	if err != nil {
		return nil, err
	}
	config, err := json.Marshal(plain)
	if err != nil {
		return nil, err
	}
	if _, err := d.Open(name, config); err != nil { // it says what is wrong, with the field
		return nil, err
	}
	s.Config = e.sealed(c, name, d.About(), plain)
	e.saving.Lock()
	defer e.saving.Unlock()
	if err := e.keepApart(ctx, c, name, d.About(), plain); err != nil {
		return nil, err
	}
	if err := e.SaveSetting(ctx, c, 0, accountKey+name, s, based, by); err != nil {
		return nil, err
	}
	return made, e.reload(ctx, c, name)
}

// RemoveAccount disconnects an account for good; what it brought stays.
func (e *Engine) RemoveAccount(ctx context.Context, c community.ID, name string, based int64, by community.StaffID) error {
	s, _, err := e.accountSettings(ctx, c, name)
	if err != nil {
		return err
	}
	if s.Driver == "" || s.Removed {
		return community.Errorf(community.NotFound, "there is no connection %s", name)
	}
	s.Removed, s.Config = true, nil // its secrets are gone from the settings in force
	if err := e.SaveSetting(ctx, c, 0, accountKey+name, s, based, by); err != nil {
		return err
	}
	if err := e.db.Write(ctx, func(tx *store.Tx) error { return tx.DropOffer(c, name, "") }); err != nil {
		return err
	}
	return e.reload(ctx, c, name)
}

// ProbeAccount tries settings before or after they are saved. Secrets that are
// left out are those in force.
func (e *Engine) ProbeAccount(ctx context.Context, c community.ID, name, driver string, config map[string]any) ([]connector.Finding, error) {
	d := e.drivers[driver]
	if d == nil {
		return nil, community.Errorf(community.Invalid, "there is no network %q", driver)
	}
	e.mu.Lock()
	var live connector.Connector
	for _, a := range e.accounts {
		if a.community == c && a.name == name && len(config) == 0 {
			live = a.conn
		}
	}
	e.mu.Unlock()
	if live == nil {
		old, _, err := e.accountSettings(ctx, c, name)
		if err != nil {
			return nil, err
		}
		plain, _, err := e.fill(c, name, d.About(), config, old.Config)
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(plain)
		if err != nil {
			return nil, err
		}
		if live, err = d.Open(cmpOr(name, "draft"), text); err != nil {
			return []connector.Finding{{Check: "settings", Code: string(community.CodeOf(err)), Detail: err.Error()}}, nil
		}
		// What is tested is what the saved connection would read next: an archive may
		// wait there for the very key that was just typed.
		if err := e.readAccount(ctx, newAccount(c, name, d, live)); err != nil {
			return nil, err
		}
	}
	p, ok := live.(connector.Prober)
	if !ok {
		return []connector.Finding{{Check: "settings", OK: true}}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	return p.Probe(ctx), nil
}

const probeTimeout = 30 * time.Second

func cmpOr(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func (e *Engine) accountSettings(ctx context.Context, c community.ID, name string) (s AccountSettings, version int64, err error) {
	err = e.db.Read(ctx, func(q store.Querier) error {
		version, err = store.ReadSetting(ctx, q, c, 0, accountKey+name, &s)
		return err
	})
	return s, version, err
}

// fill completes a config: secrets as they were where none is given, made-up
// values where the driver wants them, defaults.
func (e *Engine) fill(c community.ID, name string, about connector.About, given, old map[string]any) (plain map[string]any, made map[string]string, err error) {
	plain, made = map[string]any{}, map[string]string{}
	for _, f := range about.Fields {
		v, ok := given[f.Name]
		if secret(f) {
			if b, yes := v.(bool); yes || v == "" || v == nil { // true: as it is
				_ = b
				ok = false
			}
			if sealed, had := old[f.Name].(string); !ok && had && sealed != "" {
				if v, err = e.unseal(c, name, f.Name, sealed); err != nil {
					return nil, nil, err
				}
				ok = true
			}
		}
		if (!ok || v == "") && f.Generated != "" {
			text, err := generate(f.Generated)
			if err != nil {
				return nil, nil, err
			}
			made[f.Name], v, ok = text, text, true
		}
		if (!ok || v == "") && f.Default != "" {
			v, ok = defaultOf(f), true
		}
		if ok && f.Kind == connector.FileField {
			if v == "" || v == nil {
				continue
			}
			text, _ := v.(string)
			if _, err := readVerification(f.Name, text); err != nil {
				return nil, nil, err
			}
		}
		if ok {
			plain[f.Name] = v
		}
	}
	return plain, made, nil
}

func defaultOf(f connector.Field) any {
	switch f.Kind {
	case connector.NumberField:
		return json.Number(f.Default)
	case connector.FlagField:
		return f.Default == "true"
	}
	return f.Default
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// generate makes a value up that a platform will know us by.
func generate(how string) (string, error) {
	if how == "aes" {
		var key [32]byte
		if _, err := rand.Read(key[:]); err != nil {
			return "", err
		}
		return strings.TrimRight(base64.StdEncoding.EncodeToString(key[:]), "="), nil
	}
	var b strings.Builder
	var random [1]byte
	for b.Len() < 32 {
		if _, err := rand.Read(random[:]); err != nil {
			return "", err
		}
		if n := int(random[0]); n < 256/len(letters)*len(letters) {
			b.WriteByte(letters[n%len(letters)])
		}
	}
	return b.String(), nil
}

func where(c community.ID, account, field string) string {
	return fmt.Sprintf("%d/%s%s/%s", c, accountKey, account, field)
}

func (e *Engine) unseal(c community.ID, account, field, sealed string) (string, error) {
	if e.sealer == nil {
		return "", community.Errorf(community.Unavailable, "there is no key file to open secrets with")
	}
	return e.sealer.Unseal(sealed, where(c, account, field))
}

func (e *Engine) sealed(c community.ID, account string, about connector.About, plain map[string]any) map[string]any {
	out := maps.Clone(plain)
	for _, f := range about.Fields {
		if v, ok := out[f.Name].(string); ok && secret(f) && v != "" {
			out[f.Name] = e.sealer.Seal(v, where(c, account, f.Name))
		}
	}
	return out
}

// open makes an account of its settings.
func (e *Engine) open(c community.ID, name string, s AccountSettings) (*account, error) {
	d := e.drivers[s.Driver]
	if d == nil {
		return nil, community.Errorf(community.Unsupported, "this server knows no network %q", s.Driver)
	}
	plain, file := maps.Clone(s.Config), takeFile(d.About(), s.Config)
	for _, f := range d.About().Fields {
		if f.Kind == connector.FileField {
			delete(plain, f.Name)
		}
		if v, ok := plain[f.Name].(string); ok && secret(f) && v != "" {
			text, err := e.unseal(c, name, f.Name, v)
			if err != nil {
				return nil, err
			}
			plain[f.Name] = text
		}
	}
	config, err := json.Marshal(plain)
	if err != nil {
		return nil, err
	}
	conn, err := d.Open(name, config)
	if err != nil {
		return nil, err
	}
	a := newAccount(c, name, d, conn)
	a.config = config
	a.adoptAll.Store(s.AdoptAll)
	a.settings, a.file = s.running(d.About()), file
	return a, nil
}

// running is what the dispatcher needs of the settings.
func (s AccountSettings) running(about connector.About) accountSettings {
	r := accountSettings{Paused: s.Paused, DryRun: s.DryRun, Limits: about.Limits, NewSince: time.UnixMilli(s.CreatedAt)}
	if s.Limits != nil {
		r.Limits = *s.Limits
	}
	return r
}

// reload makes the running accounts of a community what the settings say: the one
// with a name, or all where it is "".
func (e *Engine) reload(ctx context.Context, c community.ID, only string) error {
	e.reloading.Lock()
	defer e.reloading.Unlock()
	var list []store.Setting
	if err := e.db.Read(ctx, func(q store.Querier) error {
		var err error
		list, err = store.SettingsUnder(ctx, q, c, accountKey)
		return err
	}); err != nil {
		return err
	}
	var errs []error
	for _, set := range list {
		name := strings.TrimPrefix(set.Key, accountKey)
		if only != "" && only != name {
			continue
		}
		var s AccountSettings
		if err := json.Unmarshal([]byte(set.Value), &s); err != nil {
			errs = append(errs, fmt.Errorf("setting %s: %w", set.Key, err))
			continue
		}
		if err := e.reloadOne(ctx, c, name, s); err != nil {
			e.setTrouble(c, name, err.Error())
			e.log.Error("account could not be opened", "account", name, "err", err)
			continue
		}
		e.setTrouble(c, name, "")
	}
	e.changes.send(Change{Community: c, What: "connections"})
	return errors.Join(errs...)
}

func (e *Engine) reloadOne(ctx context.Context, c community.ID, name string, s AccountSettings) error {
	var next *account
	if !s.Removed {
		var err error
		if next, err = e.open(c, name, s); err != nil {
			if old := e.replace(c, name, nil); old != nil {
				old.halt()
			}
			return err
		}
		if now := e.accountNamed(c, name); now != nil && bytes.Equal(now.config, next.config) && now.about.Name == next.about.Name {
			// The wire stays: only how it is used has changed.
			kept := *now
			kept.settings, kept.file = next.settings, next.file
			e.replace(c, name, &kept)
			if had := kept.adoptAll.Swap(s.AdoptAll); s.AdoptAll && !had {
				e.work.Go(func() { e.listGroups(e.running, &kept) })
			}
			return nil
		}
		if err := e.readAccount(ctx, next); err != nil {
			return err
		}
	}
	if old := e.replace(c, name, next); old != nil {
		old.halt()
	}
	if next != nil {
		e.startAccount(next)
	}
	return nil
}

// accountNamed finds a running account, nil if there is none.
func (e *Engine) accountNamed(c community.ID, name string) *account {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, a := range e.accounts {
		if a.community == c && a.name == name {
			return a
		}
	}
	return nil
}

// replace puts an account in the place of the one with its name; nil takes it away.
func (e *Engine) replace(c community.ID, name string, next *account) (old *account) {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := make([]*account, 0, len(e.accounts)+1)
	for _, a := range e.accounts {
		if a.community == c && a.name == name {
			old = a
			continue
		}
		list = append(list, a)
	}
	if next != nil {
		list = append(list, next)
	}
	e.accounts = list
	return old
}

// loadAccounts opens what people typed, at the start.
func (e *Engine) loadAccounts(ctx context.Context) error {
	return e.eachCommunity(ctx, func(c community.ID) error { return e.reload(ctx, c, "") })
}

func (e *Engine) trouble(c community.ID, name string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.troubles[troubleKey{c, name}]
}

func (e *Engine) setTrouble(c community.ID, name, text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if text == "" {
		delete(e.troubles, troubleKey{c, name})
		return
	}
	e.troubles[troubleKey{c, name}] = text
}

type troubleKey struct {
	community community.ID
	name      string
}
