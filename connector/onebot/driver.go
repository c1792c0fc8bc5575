// Package onebot connects to implementations of OneBot v11 and v12: programs
// that hold an account of QQ, WeChat or another network and offer it to
// applications, of which we are one. They connect in three ways: we dial them
// (forward), they dial us (reverse), or both over HTTP.
package onebot

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
)

// The ways in which we and the implementation find each other.
const (
	forward  = "forward" // we dial its WebSocket
	reverse  = "reverse" // it dials ours
	overHTTP = "http"    // it posts events to us, we post actions to it
)

// Driver opens accounts of OneBot implementations. The zero value is ready.
type Driver struct {
	// Guard is replaced: implementations run beside us, so private addresses are
	// always allowed.
	Guard wire.Guard
	// Now is asked for the time; nil is time.Now.
	Now func() time.Time
	// Retry spaces attempts to connect.
	Retry wire.Retry
	// Patience with the answer to an action; 0 is 30 s.
	Patience time.Duration
}

var _ connector.Driver = Driver{}

// settings of an account.
type settings struct {
	Version string `json:"version"` // "11" or "12"
	Mode    string `json:"mode"`
	Address string `json:"address"` // of its WebSocket, where Mode is forward
	API     string `json:"api"`     // of its HTTP server, where Mode is http
	Token   string `json:"token"`
	Secret  string `json:"secret"`  // of X-Signature, where Mode is http and Version 11
	SelfID  string `json:"self_id"` // of the account, "" takes the first that shows itself
}

// Network is "onebot".
func (Driver) Network() community.Network { return "onebot" }

// StableTimes is false: the standard says only that an event has a time, and
// implementations differ in whether it is the server's or the moment of pushing,
// which a back-filled copy cannot repeat.
func (Driver) StableTimes() bool { return false }

// About tells the fields of the three ways.
func (Driver) About() connector.About {
	return connector.About{Name: "onebot", Hook: true, HookUnless: "mode=" + forward,
		Fields: []connector.Field{
			{Name: "version", Kind: connector.ChoiceField, Required: true, Default: "11", Choices: []string{"11", "12"}},
			{Name: "mode", Kind: connector.ChoiceField, Required: true, Default: forward, Choices: []string{forward, reverse, overHTTP}},
			{Name: "address", Kind: connector.AddressField, Required: true, When: "mode=" + forward},
			{Name: "api", Kind: connector.AddressField, Required: true, When: "mode=" + overHTTP},
			{Name: "token", Kind: connector.SecretField, Generated: "token"},
			{Name: "secret", Kind: connector.SecretField, Generated: "token", When: "mode=" + overHTTP},
			{Name: "self_id", Kind: connector.TextField},
		},
		Limits: connector.Limits{PerMinute: 40, PerDay: 2000, PerGroup: 15, Pause: 1500 * time.Millisecond,
			Warmup: []int{20, 40, 80, 150, 300, 500, 800}},
	}
}

// shortestToken is what keeps strangers from our address: anybody may try there.
const shortestToken = 8

func readSettings(config []byte) (settings, error) {
	s := settings{Version: "11", Mode: forward}
	d := json.NewDecoder(bytes.NewReader(config))
	if err := d.Decode(&s); err != nil {
		return s, &community.Error{Code: community.Invalid, Text: "the account's settings cannot be read", Hint: `write JSON such as {"mode":"forward","address":"ws://127.0.0.1:3001"}`, Err: err}
	}
	s.Address, s.API, s.SelfID = strings.TrimSpace(s.Address), strings.TrimSpace(s.API), strings.TrimSpace(s.SelfID)
	if s.Version != "11" && s.Version != "12" {
		return s, community.Errorf(community.Invalid, "version is %q", s.Version).WithHint("choose 11 or 12")
	}
	switch s.Mode {
	case forward:
		return s, checkAddress("address", s.Address, "ws", "wss")
	case reverse:
		return s, checkSecret("token", s.Token)
	case overHTTP:
		if err := checkAddress("api", s.API, "http", "https"); err != nil {
			return s, err
		}
		if s.Version == "12" { // there is no signature
			return s, checkSecret("token", s.Token)
		}
		return s, checkSecret("secret", s.Secret)
	}
	return s, community.Errorf(community.Invalid, "mode is %q", s.Mode).WithHint("choose forward, reverse or http")
}

func checkAddress(field, address string, schemes ...string) error {
	if address == "" {
		return community.Errorf(community.Invalid, "%s is missing", field).WithHint("write where the implementation listens: " + schemes[0] + "://host:port/")
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || !slices.Contains(schemes, u.Scheme) {
		return community.Errorf(community.Invalid, "%s is no address of %s", field, schemes[0]).WithHint("write it as " + schemes[0] + "://host:port/")
	}
	if u.User != nil || u.Query().Has("access_token") {
		return community.Errorf(community.Invalid, "%s holds a secret", field).WithHint("put the token into its own field, where it is encrypted")
	}
	return nil
}

func checkSecret(field, value string) error {
	if len(value) >= shortestToken {
		return nil
	}
	return community.Errorf(community.Invalid, "%s has less than %d characters", field, shortestToken).
		WithHint("anybody may try our address, so it needs one: the same here and in the implementation")
}

// Open prepares an account; config is JSON with the members of About.
func (d Driver) Open(name string, config []byte) (connector.Connector, error) {
	if name == "" {
		return nil, community.Errorf(community.Invalid, "the account has no name")
	}
	s, err := readSettings(config)
	if err != nil {
		return nil, err
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Patience <= 0 {
		d.Patience = 30 * time.Second
	}
	d.Guard = wire.Guard{Private: true}
	a := &account{driver: d, set: s, client: d.Guard.Client(d.Patience), self: s.SelfID}
	a.rooms.init()
	a.health.init(a)
	if s.Version == "12" {
		a.dialect = twelve{}
		return a, nil
	}
	a.dialect = eleven{}
	return &keeper{account: a}, nil
}
