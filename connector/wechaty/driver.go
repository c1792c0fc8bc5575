package wechaty

import (
	"encoding/json"
	"net"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
)

// Driver opens accounts on Wechaty gateways. Its zero value works.
type Driver struct {
	// Now is asked for the time; nil is time.Now.
	Now func() time.Time
	// Quiet is how long a gateway may be silent before it is asked for a sign of
	// life; after three times that the connection counts as dead. Zero is 20 s.
	Quiet time.Duration
	// Gap is the wait between the pieces of one message; zero is a second.
	Gap time.Duration
}

var _ connector.Driver = Driver{}

// Config of an account.
type Config struct {
	Endpoint  string `json:"endpoint"`  // host:port of the gateway
	Token     string `json:"token"`     // what it was started with
	TLS       string `json:"tls"`       // "wechaty" (or ""), "own", "off"
	CA        string `json:"ca"`        // PEM, of TLS "own"
	Numbering string `json:"numbering"` // of message types: "node" (or ""), "proto"
}

// How the gateway is reached, and how it numbers the types of messages.
const (
	tlsWechaty = "wechaty"
	tlsOwn     = "own"
	tlsOff     = "off"

	numberingNode  = "node"
	numberingProto = "proto"
)

// perGroup is how many messages a group bears in a minute. Neither the protocol
// nor WeChat names numbers; these are on the careful side.
const perGroup = 6

// Network is "wechat": the groups are those of WeChat, whatever leads there.
func (Driver) Network() community.Network { return "wechat" }

// StableTimes is false: some gateways tell a message's time in seconds at first
// and in milliseconds when they are asked again.
func (Driver) StableTimes() bool { return false }

// About names the settings, and limits an account that nobody has agreed to
// bears: few acts, far apart, fewer in its first two weeks.
func (Driver) About() connector.About {
	return connector.About{
		Name: "wechaty",
		Fields: []connector.Field{
			{Name: "endpoint", Kind: connector.AddressField, Required: true},
			{Name: "token", Kind: connector.SecretField, Required: true},
			{Name: "tls", Kind: connector.ChoiceField, Default: tlsWechaty, Choices: []string{tlsWechaty, tlsOwn, tlsOff}},
			{Name: "ca", Kind: connector.KeyField, When: "tls=" + tlsOwn},
			{Name: "numbering", Kind: connector.ChoiceField, Default: numberingNode, Choices: []string{numberingNode, numberingProto}},
		},
		Limits: connector.Limits{PerMinute: 20, PerDay: 500, PerGroup: perGroup, Pause: 2 * time.Second,
			Warmup: []int{20, 30, 40, 60, 80, 100, 120, 150, 180, 210, 250, 300, 350, 400}},
	}
}

// Open checks the settings.
func (d Driver) Open(name string, config []byte) (connector.Connector, error) {
	var c Config
	if err := json.Unmarshal(config, &c); err != nil {
		return nil, community.Errorf(community.Invalid, "the account's settings cannot be read").WithHint(`write JSON such as {"endpoint":"127.0.0.1:8788","token":"insecure_…"}`)
	}
	if name == "" {
		return nil, community.Errorf(community.Invalid, "the account has no name")
	}
	g := gateway{endpoint: strings.TrimSpace(c.Endpoint), token: strings.TrimSpace(c.Token)}
	host, port, err := net.SplitHostPort(g.endpoint)
	if err != nil || host == "" || port == "" || strings.ContainsAny(g.endpoint, "/@ ") {
		return nil, community.Errorf(community.Invalid, "endpoint is not an address").WithHint("write the gateway's host and port, such as 10.0.0.5:8788, without http://")
	}
	if g.token == "" || strings.ContainsFunc(g.token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, community.Errorf(community.Invalid, "token is missing or has characters that a token cannot have").WithHint("copy the token with which the gateway was started (WECHATY_TOKEN)")
	}
	if g.tls, err = encryption(c, g.token, host); err != nil {
		return nil, err
	}
	a := &account{name: name, gateway: g, now: d.Now, quiet: d.Quiet, gap: d.Gap, frames: make(chan frame, mostFrames)}
	switch c.Numbering {
	case "", numberingNode:
		a.forms = nodeForms
	case numberingProto:
		a.forms = protoForms
	default:
		return nil, community.Errorf(community.Invalid, "numbering is %q", c.Numbering).WithHint("write node or proto")
	}
	if a.now == nil {
		a.now = time.Now
	}
	if a.quiet <= 0 {
		a.quiet = 20 * time.Second
	}
	if a.gap <= 0 {
		a.gap = time.Second
	}
	a.names = newNames(a.now)
	a.echoes.now = a.now
	return a, nil
}

// guard lets gateways be where people run them: beside us.
var guard = wire.Guard{Private: true}
