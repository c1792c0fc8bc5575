package wecom

import (
	"encoding/json"
	"hash/maphash"
	"net/url"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
	"qunying/connector/wire/wxcrypt"
)

// name of the driver, and of the network: the customer groups and customers of a
// corporation have the same IDs for all its apps.
const name = "wecom"

// Driver opens self-built apps of WeCom. The zero value works.
type Driver struct {
	// Guard decides which addresses may be called; the zero value allows public ones.
	Guard wire.Guard
	// Now is the clock, nil is time.Now.
	Now func() time.Time
	// Base is the address of the interface, "" WeCom's own. Simulators set it.
	Base string
	// Settle are the pauses after which a group is read again whose details did not
	// show yet what a call told; nil is 1, 5 and 30 s.
	Settle []time.Duration
}

var _ connector.Driver = Driver{}

// Config of an account.
type Config struct {
	CorpID  string `json:"corp_id"`
	AgentID int64  `json:"agent_id"`
	Secret  string `json:"secret"`
	Token   string `json:"token"`
	AESKey  string `json:"aes_key"`
	// Reconcile is every how many hours all groups are read, 1 to 168; 0 is 6.
	Reconcile int64 `json:"reconcile_hours"`
	// Quota is how often a group may receive a mass message: "month" as often a month
	// as it has days, "week" seven times a week, "day" once a day. "" is "month".
	Quota string `json:"quota"`
	// AppChats are the IDs of groups that the app created, apart by commas: WeCom
	// lists them to nobody.
	AppChats string `json:"app_chats"`
	// ConsoleURL is where staff opens the console inside WeCom: on the domain that the
	// app trusts, "" for nowhere.
	ConsoleURL string `json:"console_url"`
}

// Network is "wecom".
func (Driver) Network() community.Network { return name }

// StableTimes is true: whatever brings an event, its time is the platform's.
func (Driver) StableTimes() bool { return true }

// About tells what the wizard asks for. The limits are a thirtieth of what WeCom
// allows a corporation in a minute, which other apps share.
func (Driver) About() connector.About {
	return connector.About{Name: name, Official: true, Hook: true, SharedIDs: true,
		Fields: []connector.Field{
			{Name: "corp_id", Kind: connector.TextField, Required: true},
			{Name: "agent_id", Kind: connector.NumberField, Required: true},
			{Name: "secret", Kind: connector.SecretField, Required: true},
			{Name: "token", Kind: connector.SecretField, Required: true, Generated: "token"},
			{Name: "aes_key", Kind: connector.SecretField, Required: true, Generated: "aes"},
			{Name: "quota", Kind: connector.ChoiceField, Default: "month", Choices: []string{"month", "week", "day"}},
			{Name: "reconcile_hours", Kind: connector.NumberField, Default: "6"},
			{Name: "app_chats", Kind: connector.TextField},
			{Name: "console_url", Kind: connector.TextField},
			{Name: "verify_file", Kind: connector.FileField},
		},
		Limits: connector.Limits{PerMinute: 300, PerGroup: 20}}
}

// Open checks the settings; errors are Invalid and name the field.
func (d Driver) Open(account string, config []byte) (connector.Connector, error) {
	var c Config
	if err := json.Unmarshal(config, &c); err != nil {
		return nil, &community.Error{Code: community.Invalid, Text: "the account's settings cannot be read", Err: err}
	}
	c.CorpID, c.Secret = strings.TrimSpace(c.CorpID), strings.TrimSpace(c.Secret)
	switch {
	case account == "":
		return nil, community.Errorf(community.Invalid, "the account has no name")
	case c.CorpID == "":
		return nil, community.Errorf(community.Invalid, "corp_id is empty").WithHint("it begins with ww")
	case c.AgentID <= 0:
		return nil, community.Errorf(community.Invalid, "agent_id is %d", c.AgentID).WithHint("the number on the app's page")
	case c.Secret == "":
		return nil, community.Errorf(community.Invalid, "secret is empty")
	case c.Reconcile < 0 || c.Reconcile > 168:
		return nil, community.Errorf(community.Invalid, "reconcile_hours is %d", c.Reconcile).WithHint("1 to 168")
	}
	period, err := periodOf(c.Quota)
	if err != nil {
		return nil, err
	}
	crypt, err := wxcrypt.New(strings.TrimSpace(c.Token), strings.TrimSpace(c.AESKey), c.CorpID)
	if err != nil {
		return nil, err
	}
	if s := strings.TrimSpace(c.ConsoleURL); s != "" {
		if u, err := url.Parse(s); err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
			return nil, community.Errorf(community.Invalid, "console_url is no address of the console").WithHint("write it as https://host, without a path")
		}
	}
	if c.Reconcile == 0 {
		c.Reconcile = 6
	}
	now := d.Now
	if now == nil {
		now = time.Now
	}
	settle := d.Settle
	if settle == nil {
		settle = []time.Duration{time.Second, 5 * time.Second, 30 * time.Second}
	}
	a := &Account{
		client: newClient(d.Base, c.CorpID, c.AgentID, c.Secret, d.Guard.Client(callTimeout), now),
		crypt:  crypt, now: now, settle: settle, every: time.Duration(c.Reconcile) * time.Hour, period: period,
		appChats: strings.FieldsFunc(c.AppChats, func(r rune) bool { return r == ',' || r == ' ' || r == '，' || r == '\n' }),
		console:  strings.TrimSpace(c.ConsoleURL), queue: newQueue(), chats: map[string]*chat{}, order: locks{seed: maphash.MakeSeed()}, tally: newTally(),
	}
	return a, nil
}

// callTimeout of one call to WeCom.
const callTimeout = 15 * time.Second
