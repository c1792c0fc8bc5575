package wecomrobot

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
)

// Driver opens robots. Its zero value works.
type Driver struct {
	Guard wire.Guard
	// Now is asked for the time; nil is time.Now.
	Now func() time.Time
	// Base is where the platform is; "" is its public address.
	Base string
	// Gap is the wait between the pieces of one message; zero is 3 s, by which the
	// platform's limit is kept.
	Gap time.Duration
}

var _ connector.Driver = Driver{}

// Config of an account, which is one robot in one group.
type Config struct {
	Key   string `json:"key"`   // of the webhook; its whole address will do
	Group string `json:"group"` // the ID that the group is to have with us
	Title string `json:"title"` // what it is called, "" as its ID
}

const (
	publicBase = "https://qyapi.weixin.qq.com"
	perMinute  = 20
	pause      = 3 * time.Second
	// callLimit bounds one request; files of 20 MB go up in one.
	callLimit = time.Minute
	mostName  = 128
)

// Network is "wecom-robot": its groups have the IDs that people gave them here,
// not WeCom's.
func (Driver) Network() community.Network { return "wecom-robot" }

// StableTimes is false: nothing is read that could have a time.
func (Driver) StableTimes() bool { return false }

// About names the settings and the platform's 20 messages a minute.
func (Driver) About() connector.About {
	return connector.About{
		Name: "wecom-robot", Official: true,
		Fields: []connector.Field{
			{Name: "key", Kind: connector.SecretField, Required: true},
			{Name: "group", Kind: connector.TextField, Required: true},
			{Name: "title", Kind: connector.TextField},
		},
		Limits: connector.Limits{PerMinute: perMinute, PerGroup: perMinute, Pause: pause},
	}
}

// Open checks the settings.
func (d Driver) Open(account string, config []byte) (connector.Connector, error) {
	var c Config
	if err := json.Unmarshal(config, &c); err != nil {
		return nil, community.Errorf(community.Invalid, "the account's settings cannot be read").WithHint(`write JSON such as {"key":"…","group":"notices"}`)
	}
	if account == "" {
		return nil, community.Errorf(community.Invalid, "the account has no name")
	}
	key, ok := keyOf(c.Key)
	if !ok {
		return nil, community.Errorf(community.Invalid, "key is not that of a robot").WithHint("copy the robot's webhook address, or what follows key= in it")
	}
	group, title := strings.TrimSpace(c.Group), strings.TrimSpace(c.Title)
	for name, value := range map[string]string{"group": group, "title": title} {
		if len(value) > mostName || !utf8.ValidString(value) {
			return nil, community.Errorf(community.Invalid, "%s is longer than %d bytes", name, mostName)
		}
	}
	if group == "" {
		return nil, community.Errorf(community.Invalid, "group is empty").WithHint("give the group a short name of its own, such as notices")
	}
	if title == "" {
		title = group
	}
	r := &robot{key: key, base: d.Base, group: group, title: title, now: d.Now, gap: d.Gap,
		client: d.Guard.Client(callLimit), states: make(chan met, 1)}
	if r.base == "" {
		r.base = publicBase
	}
	if r.now == nil {
		r.now = time.Now
	}
	if r.gap <= 0 {
		r.gap = pause
	}
	return r, nil
}

// keyOf finds the key in what people paste: the key, or the webhook's address.
func keyOf(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if strings.Contains(s, "://") {
		u, err := url.Parse(s)
		if err != nil {
			return "", false
		}
		s = u.Query().Get("key")
	}
	odd := strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_'
	})
	return s, len(s) >= 8 && len(s) <= 128 && !odd
}

// robot is one robot: the connector.
type robot struct {
	key, base    string
	group, title string
	now          func() time.Time
	gap          time.Duration
	client       *http.Client
	states       chan met // what the last message met, for Run to tell
}
