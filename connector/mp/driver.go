// Package mp connects an Official Account (公众号, 服务号). There are no groups: people
// follow the account, write to it and scan its codes, all of it alone with it
// (Observation.Direct), and it may answer them for a while. It is where a group's
// code, its member page and what concerns one person go.
package mp

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
	"qunying/connector/wire/wxcrypt"
)

const (
	name     = "mp"
	official = "https://api.weixin.qq.com"
)

// Driver opens Official Accounts. The zero value works.
type Driver struct {
	// Guard decides which addresses may be called; the zero value allows public ones.
	Guard wire.Guard
	// Now is the clock, nil is time.Now.
	Now func() time.Time
	// Base is the address of the interface, "" WeChat's own. Simulators set it.
	Base string
	// First is the shortest pause after a failure, 0 is 1 s.
	First time.Duration
}

var _ connector.Driver = Driver{}

// Config of an account.
type Config struct {
	AppID  string `json:"app_id"`
	Secret string `json:"secret"`
	Token  string `json:"token"`
	// Mode is how messages come: "safe" (安全模式 or 兼容模式), encrypted, or "plain"
	// (明文模式), where who once saw a call can repeat and change it. "" is "safe".
	Mode   string `json:"mode"`
	AESKey string `json:"aes_key"` // of Mode "safe": 43 letters and digits
}

// Network is "mp".
func (Driver) Network() community.Network { return name }

// StableTimes is true: a call that is repeated carries the same time.
func (Driver) StableTimes() bool { return true }

// About tells what the wizard asks for. IDs of people are the account's own.
func (Driver) About() connector.About {
	return connector.About{Name: name, Official: true, Hook: true, SharedIDs: true,
		Limits: connector.Limits{PerMinute: 300},
		Fields: []connector.Field{
			{Name: "app_id", Kind: connector.TextField, Required: true},
			{Name: "secret", Kind: connector.SecretField, Required: true},
			{Name: "token", Kind: connector.SecretField, Required: true, Generated: "token"},
			{Name: "mode", Kind: connector.ChoiceField, Default: "safe", Choices: []string{"safe", "plain"}},
			{Name: "aes_key", Kind: connector.SecretField, Generated: "aes", When: "mode=safe"},
			{Name: "verify_file", Kind: connector.FileField},
		}}
}

// tokens are what the platform's page takes.
var tokens = regexp.MustCompile(`^[A-Za-z0-9]{3,32}$`)

// Open checks the settings and calls nobody.
func (d Driver) Open(account string, config []byte) (connector.Connector, error) {
	var c Config
	if err := json.Unmarshal(config, &c); err != nil {
		// The decoder's own words may quote a value.
		return nil, community.Errorf(community.Invalid, "the account's settings cannot be read")
	}
	c.AppID, c.Secret, c.Token, c.AESKey = strings.TrimSpace(c.AppID), strings.TrimSpace(c.Secret), strings.TrimSpace(c.Token), strings.TrimSpace(c.AESKey)
	switch {
	case account == "":
		return nil, community.Errorf(community.Invalid, "the account has no name")
	case c.AppID == "":
		return nil, community.Errorf(community.Invalid, "app_id is empty").WithHint("copy the AppID from the platform's page of basic settings")
	case c.Secret == "":
		return nil, community.Errorf(community.Invalid, "secret is empty").WithHint("copy the AppSecret from the platform's page of basic settings")
	case !tokens.MatchString(c.Token):
		return nil, community.Errorf(community.Invalid, "token is not 3 to 32 letters and digits")
	}
	var crypt *wxcrypt.Crypt
	switch c.Mode {
	case "plain":
	case "", "safe":
		var err error
		if crypt, err = wxcrypt.New(c.Token, c.AESKey, c.AppID); err != nil {
			return nil, &community.Error{Code: community.Invalid, Text: "aes_key cannot be used", Hint: "copy its 43 letters and digits", Err: err}
		}
	default:
		return nil, community.Errorf(community.Invalid, "mode is neither safe nor plain")
	}
	return d.open(c, crypt), nil
}
