package api

import (
	"context"
	"net/http"
	"strings"

	"qunying/community"
)

// Connections are our accounts on chat networks.
type Connections interface {
	// Networks tells what can be connected, and what a wizard must ask for.
	Networks(ctx context.Context) (NetworksAnswer, error)
	// Connections lists them by name, without secrets.
	Connections(ctx context.Context, c community.ID) (ConnectionsAnswer, error)
	// Save adds one, or changes it as the version after in.Version; it fails with
	// Invalid, naming the field, and with Conflict.
	Save(ctx context.Context, c community.ID, by community.StaffID, name string, in ConnectionInput) (ConnectionSavedAnswer, error)
	// Remove disconnects; what the connection brought stays.
	Remove(ctx context.Context, c community.ID, by community.StaffID, name string, version int64) error
	// Test tries settings on the platform and changes nothing.
	Test(ctx context.Context, c community.ID, in ConnectionTestInput) (FindingsAnswer, error)
}

// Adoption says in which groups connections listen.
type Adoption interface {
	// Login tells how far a person's letting the account in is, and from when on
	// the connection was how.
	Health(ctx context.Context, c community.ID, name string) (ConnectionHealthAnswer, error)
	// Offers lists groups that the account is in and nobody has adopted.
	Offers(ctx context.Context, c community.ID, name string) (OffersAnswer, error)
	Adopt(ctx context.Context, c community.ID, by community.StaffID, name string, groups []string) (AdoptedAnswer, error)
	// DropGroup ends listening; what was logged stays.
	DropGroup(ctx context.Context, c community.ID, by community.StaffID, g community.GroupID) error
	// Receiver takes what a platform sends to a connection; false: there is none.
	Receiver(ctx context.Context, slug, name string) (http.Handler, bool)
}

// NetworksAnswer lists what can be connected.
type NetworksAnswer struct {
	Networks []NetworkView `json:"networks"`
}

// NetworkView is one way to connect. The console has its words by the name.
type NetworkView struct {
	Name       string        `json:"name"`
	Network    string        `json:"network" doc:"whose groups it serves: several ways can serve one network"`
	Official   bool          `json:"official" doc:"false: the platform does not offer this interface, and using it may cost the account"`
	Hook       bool          `json:"hook" doc:"the platform calls our address"`
	HookUnless string        `json:"hook_unless,omitempty" doc:"field=value: with it the platform does not, and we call it"`
	Fields     []FieldView   `json:"fields"`
	Limits     AccountLimits `json:"limits" doc:"what the platform bears"`
	ReadsOnly  bool          `json:"reads_only" doc:"it never sends, so nothing limits it"`
}

// FieldView is one setting that a wizard asks for.
type FieldView struct {
	Name      string   `json:"name"`
	Kind      string   `json:"kind" enum:"text,secret,key,address,number,choice,flag,file" doc:"file: its name, a line's end, its content; it is served at the root of the domain"`
	Required  bool     `json:"required"`
	Default   string   `json:"default,omitempty"`
	Choices   []string `json:"choices,omitempty"`
	Generated bool     `json:"generated" doc:"left empty, a value is made up and shown once"`
	When      string   `json:"when,omitempty" doc:"field=value: is asked only then"`
}

// AccountLimits are what an account may do at most; 0 does not limit.
type AccountLimits struct {
	PerMinute int     `json:"per_minute" minimum:"0" maximum:"100000"`
	PerDay    int     `json:"per_day" minimum:"0" maximum:"10000000"`
	PerGroup  int     `json:"per_group" minimum:"0" maximum:"100000" doc:"messages to one group a minute"`
	Pause     float64 `json:"pause" minimum:"0" maximum:"3600" doc:"seconds between two acts"`
	Warmup    []int   `json:"warmup,omitempty" maxItems:"60" doc:"ceilings for the first days of a new account"`
}

// ConnectionsAnswer lists connections.
type ConnectionsAnswer struct {
	Answer
	Connections []ConnectionView `json:"connections"`
}

// ConnectionView is a connection as people see it.
type ConnectionView struct {
	Name     string         `json:"name"`
	Title    string         `json:"title"`
	Driver   string         `json:"driver"`
	Official bool           `json:"official"`
	Version  int64          `json:"version" doc:"of the settings; 0: the server was started with it, and it cannot be changed here"`
	Config   map[string]any `json:"config" doc:"without secrets: true says that one is set"`
	AdoptAll bool           `json:"adopt_all"`
	Paused   bool           `json:"paused"`
	DryRun   bool           `json:"dry_run"`
	Limits   *AccountLimits `json:"limits,omitempty" doc:"absent: the platform's"`
	Created  int64          `json:"created_at"`
	Health   HealthView     `json:"health"`
	Groups   int            `json:"groups" doc:"in which it listens"`
	Offers   int            `json:"offers" doc:"groups that nobody has adopted"`
	Hook     string         `json:"hook,omitempty" doc:"path of the address that the platform is to call"`
}

// HealthView is how a connection is doing.
type HealthView struct {
	State   string `json:"state" enum:"online,degraded,offline,waiting"`
	Since   int64  `json:"since"`
	Why     string `json:"why,omitempty" doc:"in the platform's words"`
	Code    string `json:"code,omitempty"`
	EventAt int64  `json:"event_at" doc:"when anything of a group was heard last; 0: not since the start"`
	Lag     int64  `json:"lag" doc:"ms between that event's time there and here"`
	Heard   int64  `json:"heard" doc:"events since the start"`
	Errors  int64  `json:"errors" doc:"troubles since the start"`
}

// ConnectionInput is what people type about a connection.
type ConnectionInput struct {
	Driver   string         `json:"driver" minLength:"1" maxLength:"40"`
	Title    string         `json:"title" maxLength:"100"`
	Config   map[string]any `json:"config" doc:"by the network's fields; a secret that is left out stays as it was"`
	AdoptAll bool           `json:"adopt_all"`
	Paused   bool           `json:"paused,omitempty" doc:"absent: as it was"`
	DryRun   bool           `json:"dry_run,omitempty" doc:"absent: as it was"`
	Limits   *AccountLimits `json:"limits,omitempty" doc:"absent: the platform's"`
	Version  int64          `json:"version" minimum:"0" doc:"as it was read; 0: a new one"`
}

// ConnectionSavedAnswer is what was saved.
type ConnectionSavedAnswer struct {
	Answer
	Connection ConnectionView    `json:"connection"`
	Made       map[string]string `json:"made,omitempty" doc:"values that were made up, shown this once: enter them on the platform"`
}

// ConnectionTestInput are settings to be tried.
type ConnectionTestInput struct {
	Name   string         `json:"name,omitempty" maxLength:"40" doc:"of a connection that exists: its secrets stand in for those left out"`
	Driver string         `json:"driver" minLength:"1" maxLength:"40"`
	Config map[string]any `json:"config,omitempty"`
}

// FindingsAnswer is what a test found, in order.
type FindingsAnswer struct {
	Answer
	OK       bool          `json:"ok"`
	Findings []FindingView `json:"findings"`
}

// FindingView is one check.
type FindingView struct {
	Check  string `json:"check"`
	OK     bool   `json:"ok"`
	Code   string `json:"code,omitempty" doc:"the console has a sentence for it"`
	Detail string `json:"detail,omitempty" doc:"in the platform's words"`
}

// ConnectionHealthAnswer is how a connection is and was.
type ConnectionHealthAnswer struct {
	Answer
	Health   HealthView   `json:"health"`
	Login    *LoginView   `json:"login,omitempty" doc:"absent: nobody has to let the account in"`
	Timeline []HealthMark `json:"timeline" doc:"of the last 30 days, newest first"`
}

// LoginView is how far a person's letting the account in is.
type LoginView struct {
	Step string `json:"step" doc:"'' not needed, starting, waiting, scanned, confirmed, refused"`
	Code string `json:"code,omitempty" doc:"to be shown as a QR code while waiting"`
	At   int64  `json:"at"`
	Name string `json:"name,omitempty"`
}

// HealthMark is a change of a connection.
type HealthMark struct {
	At         int64  `json:"at"`
	State      string `json:"state" enum:"online,degraded,offline,waiting"`
	MissedFrom int64  `json:"missed_from,omitempty" doc:"from when on events may be missing"`
	Code       string `json:"code,omitempty"`
	Why        string `json:"why,omitempty"`
}

// OffersAnswer lists groups that nobody has adopted.
type OffersAnswer struct {
	Answer
	Offers []OfferView `json:"offers"`
}

// OfferView is a group that an account is in; nothing of it is logged.
type OfferView struct {
	Group   string `json:"group" doc:"the platform's ID"`
	Name    string `json:"name"`
	Members int    `json:"members" doc:"0: not told"`
	SeenAt  int64  `json:"seen_at"`
	Heard   int64  `json:"heard" doc:"how often something happened that was not logged"`
}

// AdoptInput names groups.
type AdoptInput struct {
	Groups []string `json:"groups" minItems:"1" maxItems:"2000"`
}

// AdoptedAnswer says how many were adopted.
type AdoptedAnswer struct {
	Answer
	Adopted int `json:"adopted"`
}

// InConnection is the input of one connection.
type InConnection struct {
	InCommunity
	Connection string `path:"connection" maxLength:"40" pattern:"^[a-z0-9][a-z0-9-]*$"`
}

func (s *Server) networks(ctx context.Context, _ call, _ *nothing) (NetworksAnswer, error) {
	return s.needs.Connections.Networks(ctx)
}

func (s *Server) connections(ctx context.Context, c call, _ *InCommunity) (ConnectionsAnswer, error) {
	return s.needs.Connections.Connections(ctx, c.community.ID)
}

type saveConnectionInput struct {
	InConnection
	RawBody []byte
	Body    ConnectionInput
}

func (s *Server) saveConnection(ctx context.Context, c call, in *saveConnectionInput) (ConnectionSavedAnswer, error) {
	if err := keep(in.RawBody, func() (kept struct {
		Paused bool `json:"paused"`
		DryRun bool `json:"dry_run"`
	}, err error) {
		all, err := s.needs.Connections.Connections(ctx, c.community.ID)
		is, err := oneOf(all.Connections, err, func(v ConnectionView) bool { return v.Name == in.Connection })
		kept.Paused, kept.DryRun = is.Paused, is.DryRun
		return kept, err
	}, &in.Body); err != nil {
		return ConnectionSavedAnswer{}, err
	}
	out, err := s.needs.Connections.Save(ctx, c.community.ID, c.visitor.staff.ID, in.Connection, in.Body)
	if err == nil && out.Connection.Hook != "" {
		out.Connection.Hook = hookPath(c.community.Slug, in.Connection)
	}
	return out, err
}

type removeConnectionInput struct {
	InConnection
	Version int64 `query:"version" minimum:"1" required:"true" doc:"as it was read"`
}

func (s *Server) removeConnection(ctx context.Context, c call, in *removeConnectionInput) (Answer, error) {
	return Answer{}, s.needs.Connections.Remove(ctx, c.community.ID, c.visitor.staff.ID, in.Connection, in.Version)
}

type testConnectionInput struct {
	InCommunity
	Body ConnectionTestInput
}

func (s *Server) testConnection(ctx context.Context, c call, in *testConnectionInput) (FindingsAnswer, error) {
	return s.needs.Connections.Test(ctx, c.community.ID, in.Body)
}

func (s *Server) connectionHealth(ctx context.Context, c call, in *InConnection) (ConnectionHealthAnswer, error) {
	out, err := s.needs.Adoption.Health(ctx, c.community.ID, in.Connection)
	if out.Login != nil && !may(c.visitor.staff.Role, manage) {
		out.Login.Code = "" // who scans it, is in
	}
	return out, err
}

func (s *Server) offers(ctx context.Context, c call, in *InConnection) (OffersAnswer, error) {
	return s.needs.Adoption.Offers(ctx, c.community.ID, in.Connection)
}

type adoptInput struct {
	InConnection
	Body AdoptInput
}

func (s *Server) adopt(ctx context.Context, c call, in *adoptInput) (AdoptedAnswer, error) {
	return s.needs.Adoption.Adopt(ctx, c.community.ID, c.visitor.staff.ID, in.Connection, in.Body.Groups)
}

func (s *Server) dropGroup(ctx context.Context, c call, in *InGroup) (Answer, error) {
	return Answer{}, s.needs.Adoption.DropGroup(ctx, c.community.ID, c.visitor.staff.ID, in.Group)
}

const hooks = "/hooks/"

func hookPath(slug, name string) string { return hooks + slug + "/" + name + "/" }

// hook hands what a platform sends to the connection that it is for. The
// connection itself checks who calls: the permission is public.
func (s *Server) hook(w http.ResponseWriter, r *http.Request) {
	slug, name := r.PathValue("community"), r.PathValue("connection")
	h, ok := s.needs.Adoption.Receiver(r.Context(), slug, name)
	if !ok {
		newProblem(http.StatusNotFound, "no connection takes calls here", "compare the address with the one on the connections page").write(w)
		return
	}
	http.StripPrefix(strings.TrimSuffix(hookPath(slug, name), "/"), h).ServeHTTP(w, r)
}
