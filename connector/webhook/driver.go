// Package webhook connects anything that can post signed JSON: what happened
// comes in as batches of events, and what we want done goes out as actions to an
// address of the other side. docs/webhooks.md is the specification.
package webhook

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
)

// Driver opens accounts. The zero value is ready, and calls public addresses only.
type Driver struct {
	Guard wire.Guard
	// Now is asked for the time; nil is time.Now.
	Now func() time.Time
	// Patience with the answer to an action; 0 is 30 s.
	Patience time.Duration
}

var _ connector.Driver = Driver{}

// settings of an account.
type settings struct {
	Secret    string `json:"secret"`     // of what comes in
	URL       string `json:"url"`        // where actions go, "" takes none
	OutSecret string `json:"out_secret"` // of what goes out
	Can       list   `json:"can"`        // what the address carries out
	People    list   `json:"people"`     // what people can do on that platform by hand
}

// list is written as an array or with commas.
type list []string

// UnmarshalJSON takes both.
func (l *list) UnmarshalJSON(b []byte) error {
	*l = nil
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return json.Unmarshal(b, (*[]string)(l))
	}
	for s := range strings.SplitSeq(text, ",") {
		if s = strings.TrimSpace(s); s != "" {
			*l = append(*l, s)
		}
	}
	return nil
}

// What an address can be asked for. The first are kinds of actions.
const (
	listMembers = "members"
	listGroups  = "groups"
)

var abilities = []string{
	string(community.Send), string(community.Recall), string(community.Mute), string(community.MuteAll), string(community.Remove),
	string(community.Announce), string(community.Rename), string(community.Invite), string(community.Approve), listMembers, listGroups,
}

// Network is "webhook".
func (Driver) Network() community.Network { return "webhook" }

// StableTimes is false: a sender may well tell another time when it repeats an
// event. The event's ID is what makes it one.
func (Driver) StableTimes() bool { return false }

// About: the interface is our own. IDs are the sender's, and another sender's
// are not the same.
func (Driver) About() connector.About {
	return connector.About{Name: "webhook", Official: true, Hook: true, Fields: []connector.Field{
		{Name: "secret", Kind: connector.SecretField, Required: true, Generated: "token"},
		{Name: "url", Kind: connector.AddressField},
		{Name: "out_secret", Kind: connector.SecretField, Generated: "token"},
		{Name: "can", Kind: connector.TextField, Default: string(community.Send)},
		{Name: "people", Kind: connector.TextField},
	}}
}

// shortestSecret is 16 characters: anybody may try our address.
const shortestSecret = 16

// Open prepares an account; config is JSON with the members of About.
func (d Driver) Open(name string, config []byte) (connector.Connector, error) {
	if name == "" {
		return nil, community.Errorf(community.Invalid, "the account has no name")
	}
	var s settings
	if err := json.Unmarshal(config, &s); err != nil {
		return nil, &community.Error{Code: community.Invalid, Text: "the account's settings cannot be read", Hint: `write JSON such as {"secret":"…"}`, Err: err}
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Patience <= 0 {
		d.Patience = 30 * time.Second
	}
	return &account{now: d.Now, set: s, client: d.Guard.Client(d.Patience), turn: make(chan struct{}, 1), waiting: make(chan struct{}, mostWaiting)}, nil
}

func (s *settings) check() error {
	if len(s.Secret) < shortestSecret {
		return community.Errorf(community.Invalid, "secret has less than %d characters", shortestSecret).WithHint("leave it empty in the console to have one made")
	}
	if s.URL = strings.TrimSpace(s.URL); s.URL == "" {
		s.Can = nil
	} else {
		u, err := url.Parse(s.URL)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return community.Errorf(community.Invalid, "url is no web address").WithHint("write it as https://host/path")
		}
		if u.User != nil {
			return community.Errorf(community.Invalid, "url holds a password").WithHint("requests are signed: the receiver checks that instead")
		}
		if len(s.OutSecret) < shortestSecret {
			return community.Errorf(community.Invalid, "out_secret has less than %d characters", shortestSecret).WithHint("leave it empty in the console to have one made")
		}
		if s.OutSecret == s.Secret {
			return community.Errorf(community.Invalid, "out_secret is the same as secret").WithHint("two directions need two secrets")
		}
	}
	for field, l := range map[string]list{"can": s.Can, "people": s.People} {
		for _, x := range l {
			if !slices.Contains(abilities, x) {
				return community.Errorf(community.Invalid, "%s names %q", field, x).WithHint("choose among " + strings.Join(abilities, ", "))
			}
		}
	}
	return nil
}

var _ http.Handler = (*account)(nil)
