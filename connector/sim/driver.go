package sim

import (
	"cmp"
	"encoding/json"
	"time"

	"qunying/community"
	"qunying/connector"
)

// networkName is under which simulated groups and people are kept.
const networkName community.Network = "sim"

// Driver opens accounts on a simulated platform.
type Driver struct {
	// Platform that accounts connect to; nil gives each account one of its own.
	Platform *Network
	// Apart gives an account with a platform of its own a realm of its own, its
	// name: the IDs of two such platforms are alike and mean others.
	Apart bool
	// Clock is asked for the time; nil is time.Now. A Platform has its own.
	Clock func() time.Time
}

var _ connector.Driver = Driver{}

// Config of an account.
type Config struct {
	Seed    uint64  `json:"seed"`
	Groups  int     `json:"groups"`  // 0: only what a script founds
	Members int     `json:"members"` // mean per group, 0 is 40
	Days    int     `json:"days"`    // of history that can be back-filled
	Rate    float64 `json:"rate"`    // messages per member and day of that history, 0 is DefaultRate
	Zone    string  `json:"zone"`    // IANA name, "" is Asia/Shanghai
	Pace    string  `json:"pace"`    // between messages at lively hours: "2s"; "" is 2s, "0" is silent
	Answers float64 `json:"answers"` // how likely a member answers what we write, 0 to 1
	Slumps  int     `json:"slumps"`  // how many groups fall nearly silent in the last days of that history
	Trouble string  `json:"trouble"` // between two things that break the rules: "90s"; "" never
	// Personal gives every n-th group the capabilities of a personal chat
	// application (PersonalCapabilities); 0 none.
	Personal int `json:"personal"`
}

// Network is "sim".
func (Driver) Network() community.Network { return networkName }

// StableTimes is true: every copy of an observation is the same.
func (Driver) StableTimes() bool { return true }

// About: a simulated platform needs nothing and bears a lot.
func (Driver) About() connector.About {
	return connector.About{Name: string(networkName), Official: true, SharedIDs: true, Fields: []connector.Field{
		{Name: "groups", Kind: connector.NumberField, Default: "8"},
		{Name: "members", Kind: connector.NumberField, Default: "60"},
		{Name: "days", Kind: connector.NumberField, Default: "90"},
	}}
}

// Open prepares an account; config is a Config as JSON, empty for its zero value.
// On a shared Platform the first account that asks for groups brings them to life.
func (d Driver) Open(account string, config []byte) (connector.Connector, error) {
	var c Config
	if len(config) > 0 {
		if err := json.Unmarshal(config, &c); err != nil {
			return nil, &community.Error{Code: community.Invalid, Text: "the account's settings cannot be read", Hint: `write JSON such as {"groups":8}`, Err: err}
		}
	}
	if account == "" {
		return nil, community.Errorf(community.Invalid, "the account has no name")
	}
	if c.Answers < 0 || c.Answers > 1 {
		return nil, community.Errorf(community.Invalid, "answers is %g", c.Answers).WithHint("write a number from 0 to 1")
	}
	n := d.Platform
	if n == nil {
		n = NewNetwork(d.Clock)
	}
	box := n.connect(account)
	if c.Groups != 0 && n.empty() {
		if err := n.settle(c); err != nil {
			return nil, err
		}
	}
	l := &login{network: n, name: account, inbox: box}
	if d.Apart && d.Platform == nil {
		l.realm = account
	}
	return l, nil
}

func (n *Network) empty() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.life == nil
}

// settle brings the groups of a config to life.
func (n *Network) settle(c Config) error {
	if c.Zone == "" {
		c.Zone = "Asia/Shanghai"
	}
	if c.Members == 0 {
		c.Members = 40
	}
	if c.Pace == "" {
		c.Pace = "2s"
	}
	zone, err := community.LoadZone(c.Zone)
	if err != nil {
		return err
	}
	pace, err := time.ParseDuration(c.Pace)
	if err != nil || pace < 0 {
		return community.Errorf(community.Invalid, "%q is not a pace", c.Pace).WithHint(`write "2s", or "0" for silence`)
	}
	trouble, err := time.ParseDuration(cmp.Or(c.Trouble, "0"))
	if err != nil || trouble < 0 {
		return community.Errorf(community.Invalid, "%q is no time between troubles", c.Trouble).WithHint(`write "90s", or nothing for none`)
	}
	g, err := New(Plan{Seed: c.Seed, Groups: c.Groups, Members: c.Members, Days: c.Days, Zone: zone,
		Start: community.DayOf(n.clock(), zone) - community.Day(c.Days), MessagesPerMemberDay: c.Rate, Slumps: c.Slumps})
	if err != nil {
		return err
	}
	n.Populate(g, pace, c.Answers)
	n.Trouble(trouble)
	if c.Personal > 0 {
		for i, id := range n.Groups() {
			if (i+1)%c.Personal == 0 {
				n.SetCapabilities(id, PersonalCapabilities())
			}
		}
	}
	return nil
}

// connect finds or opens an account's inbox; a new one learns every roster.
func (n *Network) connect(account string) *inbox {
	n.mu.Lock()
	defer n.mu.Unlock()
	b, ok := n.inboxes[account]
	if !ok {
		b = &inbox{wake: make(chan struct{}, 1), cut: make(chan struct{})}
		n.inboxes[account] = b
		for _, id := range n.order {
			b.queue = append(b.queue, n.rooms[id].roster(n.now()))
		}
	}
	return b
}
