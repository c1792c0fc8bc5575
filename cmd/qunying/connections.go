package main

import (
	"context"
	"net/http"
	"slices"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/mp"
	"qunying/connector/onebot"
	"qunying/connector/satori"
	"qunying/connector/sim"
	"qunying/connector/webhook"
	"qunying/connector/wechaty"
	"qunying/connector/wecom"
	"qunying/connector/wecomarchive"
	"qunying/connector/wecomrobot"
	"qunying/connector/wire"
	"qunying/internal/api"
	"qunying/internal/engine"
	"qunying/internal/store"
)

// reach is how connectors reach their platforms.
type reach struct {
	guard wire.Guard // for those on the internet; gateways that people run themselves may be anywhere
	wecom string     // address of WeCom's interface, "" its own
	mp    string     // the same of WeChat's
	sim   bool       // people can connect simulated networks
	// follow is how soon a platform is asked what became of a proposal, 0 as usual.
	follow time.Duration
}

// drivers are the networks that people can connect.
func (r reach) drivers() []connector.Driver {
	list := []connector.Driver{
		satori.Driver{},
		onebot.Driver{},
		wechaty.Driver{},
		wecom.Driver{Guard: r.guard, Base: r.wecom},
		wecomarchive.Driver{Guard: r.guard, Base: r.wecom},
		mp.Driver{Guard: r.guard, Base: r.mp},
		wecomrobot.Driver{Guard: r.guard},
		webhook.Driver{Guard: r.guard},
	}
	if r.sim {
		list = append(list, sim.Driver{Apart: true})
	}
	return list
}

// connections shows the engine's accounts to the API.
type connections struct{ *console }

func (c connections) Networks(context.Context) (api.NetworksAnswer, error) {
	a := api.NetworksAnswer{Networks: []api.NetworkView{}}
	for _, d := range c.engine.Drivers() {
		n := api.NetworkView{Name: d.Name, Network: string(c.engine.NetworkOf(d.Name)), Official: d.Official, Hook: d.Hook, HookUnless: d.HookUnless,
			Fields: []api.FieldView{}, Limits: limitsView(d.Limits), ReadsOnly: d.ReadsOnly}
		for _, f := range d.Fields {
			n.Fields = append(n.Fields, api.FieldView{Name: f.Name, Kind: string(f.Kind), Required: f.Required, Default: f.Default,
				Choices: f.Choices, Generated: f.Generated != "", When: f.When})
		}
		a.Networks = append(a.Networks, n)
	}
	return a, nil
}

func limitsView(l connector.Limits) api.AccountLimits {
	return api.AccountLimits{PerMinute: l.PerMinute, PerDay: l.PerDay, PerGroup: l.PerGroup, Pause: l.Pause.Seconds(), Warmup: l.Warmup}
}

func limitsOf(v *api.AccountLimits) *connector.Limits {
	if v == nil {
		return nil
	}
	return &connector.Limits{PerMinute: v.PerMinute, PerDay: v.PerDay, PerGroup: v.PerGroup,
		Pause: time.Duration(v.Pause * float64(time.Second)), Warmup: v.Warmup}
}

func (c connections) Connections(ctx context.Context, id community.ID) (a api.ConnectionsAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	slug, err := c.slug(ctx, id)
	if err != nil {
		return a, err
	}
	list, err := c.engine.Accounts(ctx, id)
	a.Connections = []api.ConnectionView{}
	for _, account := range list {
		a.Connections = append(a.Connections, connectionView(slug, account))
	}
	return a, err
}

func (c connections) slug(ctx context.Context, id community.ID) (slug string, err error) {
	err = c.db.Read(ctx, func(q store.Querier) error {
		list, err := store.Communities(ctx, q)
		for _, is := range list {
			if is.ID == id {
				slug = is.Slug
			}
		}
		return err
	})
	return slug, err
}

func connectionView(slug string, a engine.Account) api.ConnectionView {
	v := api.ConnectionView{Name: a.Name, Title: a.Title, Driver: a.Driver, Official: a.About.Official, Version: a.Version, Config: a.Config,
		AdoptAll: a.AdoptAll, Paused: a.Paused, DryRun: a.DryRun, Created: a.CreatedAt, Health: healthView(a.Health), Groups: a.Groups, Offers: a.Offers}
	if v.Config == nil {
		v.Config = map[string]any{}
	}
	if a.Limits != nil {
		l := limitsView(*a.Limits)
		v.Limits = &l
	}
	if a.About.Called(a.Config) {
		v.Hook = "/hooks/" + slug + "/" + a.Name + "/"
	}
	return v
}

func healthView(h engine.Health) api.HealthView {
	return api.HealthView{State: string(h.State), Since: milli(h.Since), Why: h.Why, Code: h.Code, EventAt: milli(h.EventAt),
		Lag: h.Lag.Milliseconds(), Heard: h.Heard, Errors: h.Errors}
}

func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func (c connections) Save(ctx context.Context, id community.ID, by community.StaffID, name string, in api.ConnectionInput) (a api.ConnectionSavedAnswer, err error) {
	a.Made, err = c.engine.SaveAccount(ctx, id, name, engine.AccountSettings{Driver: in.Driver, Title: in.Title, Config: in.Config,
		AdoptAll: in.AdoptAll, Paused: in.Paused, DryRun: in.DryRun, Limits: limitsOf(in.Limits)}, in.Version, by)
	if err != nil {
		return a, err
	}
	list, err := c.Connections(ctx, id)
	a.Answer = list.Answer
	if i := slices.IndexFunc(list.Connections, func(v api.ConnectionView) bool { return v.Name == name }); i >= 0 {
		a.Connection = list.Connections[i]
	}
	return a, err
}

func (c connections) Remove(ctx context.Context, id community.ID, by community.StaffID, name string, version int64) error {
	return c.engine.RemoveAccount(ctx, id, name, version, by)
}

func (c connections) Test(ctx context.Context, id community.ID, in api.ConnectionTestInput) (a api.FindingsAnswer, err error) {
	list, err := c.engine.ProbeAccount(ctx, id, in.Name, in.Driver, in.Config)
	a.OK, a.Findings = err == nil, []api.FindingView{}
	for _, f := range list {
		a.OK = a.OK && f.OK
		a.Findings = append(a.Findings, api.FindingView{Check: f.Check, OK: f.OK, Code: f.Code, Detail: f.Detail})
	}
	return a, err
}

// account is one connection; it fails with NotFound.
func (c connections) account(ctx context.Context, id community.ID, name string) (engine.Account, error) {
	list, err := c.engine.Accounts(ctx, id)
	if err != nil {
		return engine.Account{}, err
	}
	i := slices.IndexFunc(list, func(v engine.Account) bool { return v.Name == name })
	if i < 0 {
		return engine.Account{}, community.Errorf(community.NotFound, "there is no connection %s", name)
	}
	return list[i], nil
}

func (c connections) Health(ctx context.Context, id community.ID, name string) (a api.ConnectionHealthAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	is, err := c.account(ctx, id, name)
	if err != nil {
		return a, err
	}
	a.Health = healthView(is.Health)
	if l, ok := c.engine.Login(id, name); ok {
		a.Login = &api.LoginView{Step: l.Step, Code: l.Code, At: milli(l.At), Name: l.Name}
	}
	a.Timeline = []api.HealthMark{}
	err = c.db.Read(ctx, func(q store.Querier) error {
		marks, err := store.Timeline(ctx, q, id, name, c.now().Add(-30*24*time.Hour), 500)
		for _, m := range marks {
			a.Timeline = append(a.Timeline, api.HealthMark{At: milli(m.At), State: m.State, MissedFrom: milli(m.MissedFrom), Code: m.Code, Why: m.Why})
		}
		return err
	})
	return a, err
}

func (c connections) Offers(ctx context.Context, id community.ID, name string) (a api.OffersAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	if _, err := c.account(ctx, id, name); err != nil {
		return a, err
	}
	list, err := c.engine.Offered(ctx, id, name)
	a.Offers = []api.OfferView{}
	for _, o := range list {
		a.Offers = append(a.Offers, api.OfferView{Group: o.OutsideID, Name: o.Name, Members: o.Members, SeenAt: milli(o.SeenAt), Heard: o.Heard})
	}
	return a, err
}

func (c connections) Adopt(ctx context.Context, id community.ID, by community.StaffID, name string, groups []string) (a api.AdoptedAnswer, err error) {
	if a.Adopted, err = c.engine.Adopt(ctx, id, name, groups, by); err != nil {
		return a, err
	}
	a.Answer, err = c.asOf(ctx, id)
	return a, err
}

func (c connections) DropGroup(ctx context.Context, id community.ID, by community.StaffID, g community.GroupID) error {
	return c.engine.Drop(ctx, id, g, by)
}

func (c connections) Receiver(ctx context.Context, slug, name string) (http.Handler, bool) {
	if id := c.named(ctx, slug); id != 0 {
		return c.engine.Hook(id, name)
	}
	return nil, false
}

// named finds a community, 0 if there is none.
func (c connections) named(ctx context.Context, slug string) (id community.ID) {
	if err := c.db.Read(ctx, func(q store.Querier) error {
		list, err := store.Communities(ctx, q)
		for _, is := range list {
			if is.Slug == slug {
				id = is.ID
			}
		}
		return err
	}); err != nil {
		c.log.Warn("a community could not be found", "err", err)
	}
	return id
}

func (c connections) SignInPage(ctx context.Context, slug, name, back, state string) (string, bool) {
	i, ok := c.engine.Identifier(c.named(ctx, slug), name)
	if !ok {
		return "", false
	}
	return i.SignInPage(back, state), true
}

func (c connections) VerificationFile(name string) (string, bool) {
	return c.engine.VerificationFile(name)
}

func (c connections) Employee(ctx context.Context, slug, name, code string) (community.StaffID, error) {
	id := c.named(ctx, slug)
	i, ok := c.engine.Identifier(id, name)
	if !ok {
		return 0, community.Errorf(community.NotFound, "there is no connection %s that can tell", name)
	}
	employee, err := i.SignedIn(ctx, code)
	if err != nil {
		return 0, err
	}
	return c.engine.StaffByContact(ctx, id, "wecom", employee)
}
