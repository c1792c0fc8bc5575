// Package satori connects accounts through Satori v1, the common protocol of many
// chat gateways (Koishi and its kin). A gateway holds logins on platforms; an
// account here is one login. A channel in which people talk is a group.
package satori

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
)

// networkName is under which groups and people of all Satori gateways are kept.
const networkName community.Network = "satori"

// How events come in.
const (
	modeSocket = "websocket" // we connect to the gateway
	modeHook   = "webhook"   // the gateway calls us
)

// Driver opens accounts of Satori gateways.
type Driver struct {
	// Guard is widened to private addresses: a gateway is run beside us.
	Guard wire.Guard
	// Now is asked for the time; nil is time.Now.
	Now func() time.Time
	// Patience is how long the platform may take for an answer; 0 is 30 s.
	Patience time.Duration
}

var _ connector.Driver = Driver{}

// Config of an account.
type Config struct {
	Address   string `json:"address"` // "http://127.0.0.1:5140/satori", what stands before /v1
	Token     string `json:"token"`
	Mode      string `json:"mode"`       // "websocket", also where empty, or "webhook"
	HookToken string `json:"hook_token"` // what the gateway shows us with every event
	Platform  string `json:"platform"`   // of the login; empty: the gateway's first
	SelfID    string `json:"self_id"`
	// Realm tells gateways apart whose platforms give out the same IDs for other
	// groups and people: "" or a name of small letters, digits and hyphens.
	Realm string `json:"realm"`
}

// Network is "satori".
func (Driver) Network() community.Network { return networkName }

// StableTimes is false: a gateway gives live events the time at which it made
// them, and listed messages the platform's, and nothing says that they agree.
func (Driver) StableTimes() bool { return false }

// About tells what a Satori account needs. The limits are ours: the protocol has
// none, and what the platform behind the gateway bears is not told.
func (Driver) About() connector.About {
	return connector.About{
		Name: string(networkName), Hook: true, HookUnless: "mode=" + modeSocket,
		Fields: []connector.Field{
			{Name: "address", Kind: connector.AddressField, Required: true, Default: "http://127.0.0.1:5140/satori"},
			{Name: "token", Kind: connector.SecretField},
			{Name: "mode", Kind: connector.ChoiceField, Default: modeSocket, Choices: []string{modeSocket, modeHook}},
			{Name: "hook_token", Kind: connector.SecretField, Required: true, Generated: "token", When: "mode=webhook"},
			{Name: "platform", Kind: connector.TextField},
			{Name: "self_id", Kind: connector.TextField},
			{Name: "realm", Kind: connector.TextField},
		},
		Limits: connector.Limits{PerMinute: 30, PerGroup: 10, Pause: time.Second},
	}
}

// Open prepares an account; config is a Config as JSON.
func (d Driver) Open(name string, config []byte) (connector.Connector, error) {
	var c Config
	if err := json.Unmarshal(config, &c); err != nil { // its text may hold a token
		return nil, community.Errorf(community.Invalid, "the account's settings cannot be read").WithHint(`write JSON such as {"address":"http://127.0.0.1:5140/satori"}`)
	}
	if name == "" {
		return nil, community.Errorf(community.Invalid, "the account has no name")
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	d.Guard.Private = true
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Patience <= 0 {
		d.Patience = 30 * time.Second
	}
	client := d.Guard.Client(d.Patience)
	return &account{
		name: name, config: c, now: d.Now, client: client, dead: deadAfter,
		self: login{Platform: c.Platform, User: user{ID: id(c.SelfID)}}, rooms: newRooms(), own: newOwn(d.Now),
	}, nil
}

var realmName = regexp.MustCompile(`^[a-z0-9-]{0,40}$`)

// check cleans the settings and says which cannot be right.
func (c *Config) check() error {
	c.Address = strings.TrimRight(strings.TrimSpace(c.Address), "/")
	c.Address = strings.TrimSuffix(strings.TrimSuffix(c.Address, "/events"), "/v1")
	for ws, plain := range map[string]string{"ws://": "http://", "wss://": "https://"} {
		if rest, ok := strings.CutPrefix(c.Address, ws); ok {
			c.Address = plain + rest
		}
	}
	u, err := url.Parse(c.Address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return community.Errorf(community.Invalid, "address is not the address of a gateway").WithHint("write it as http://127.0.0.1:5140/satori, without /v1 and without a token")
	}
	if !realmName.MatchString(c.Realm) {
		return community.Errorf(community.Invalid, "realm is %q", c.Realm).WithHint("leave it empty, or use up to 40 small letters, digits and hyphens")
	}
	if c.Mode == "" {
		c.Mode = modeSocket
	}
	if c.Mode != modeSocket && c.Mode != modeHook {
		return community.Errorf(community.Invalid, "mode is %q", c.Mode).WithHint("write websocket or webhook")
	}
	if c.Mode == modeHook && len(c.HookToken) < 8 {
		return community.Errorf(community.Invalid, "hook_token is missing or shorter than 8 characters").WithHint("the gateway shows it with every event; without it anybody could make some up")
	}
	for name, v := range map[string]string{"token": c.Token, "hook_token": c.HookToken, "platform": c.Platform, "self_id": c.SelfID} {
		if len(v) > 4096 || strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return community.Errorf(community.Invalid, "%s has characters that cannot be sent", name)
		}
	}
	if (c.Platform == "") != (c.SelfID == "") {
		return community.Errorf(community.Invalid, "platform and self_id belong together").WithHint("give both, or neither to take the gateway's first login")
	}
	return nil
}

// header is what every call carries: today's names of the login's headers and
// those that older gateways read.
func (c *Config) header(l login) http.Header {
	h := http.Header{}
	if c.Token != "" {
		h.Set("Authorization", "Bearer "+c.Token)
	}
	if l.Platform != "" {
		h.Set("Satori-Platform", l.Platform)
		h.Set("X-Platform", l.Platform)
	}
	if l.User.ID != "" {
		h.Set("Satori-User-ID", string(l.User.ID))
		h.Set("X-Self-ID", string(l.User.ID))
	}
	return h
}
