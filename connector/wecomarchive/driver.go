// Package wecomarchive reads WeCom's chat archive (会话内容存档): the only official
// way to read what is said in customer groups. A corporation pays for it by
// employee; groups without such an employee, and members who did not consent, are
// not in it.
//
// The platform keeps messages for five days under growing numbers. They are
// fetched with WeCom's own C library, which a helper process loads
// (cmd/qunying-archive), unlocked here with the corporation's private keys, and
// emitted under the network and IDs of the driver wecom, which does everything else.
package wecomarchive

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
)

const (
	driverName = "wecom-archive"
	network    = "wecom"                       // groups and people have the same IDs as for the corporation's apps
	official   = "https://qyapi.weixin.qq.com" // the interface's address
	helperName = "qunying-archive"
	libraryIs  = "libWeWorkFinanceSdk" // how the library's name begins
)

// Driver opens chat archives. The zero value works.
type Driver struct {
	// Guard decides which addresses may be called; the zero value allows public
	// ones. The library dials for itself and knows no guard.
	Guard wire.Guard
	// Now is the clock, nil is time.Now.
	Now func() time.Time
	// Base is the address of the interface, "" WeCom's own. Simulators set it.
	Base string
	// Helper is the path of the helper program where an account names none; "" is
	// qunying-archive beside the running executable.
	Helper string
	// Every is how long to wait when there is nothing new, 0 is 10 s.
	Every time.Duration
	// Patience is how long the library may wait for the platform, in whole seconds; 0
	// is 20 s. A call that takes 5 s more is a hang: the helper is killed.
	Patience time.Duration
	// Grace replaces these 5 s.
	Grace time.Duration
	// First is the shortest pause after a failure, 0 is 1 s.
	First time.Duration
}

var _ connector.Driver = Driver{}

// Config of an account.
type Config struct {
	CorpID string `json:"corp_id"`
	Secret string `json:"secret"` // of the chat archive, not of an app
	// Keys are private keys in PEM, each after the version that WeCom shows for its
	// public key: "3:\n-----BEGIN RSA PRIVATE KEY-----…".
	Keys    string `json:"keys"`
	Library string `json:"library"` // path of libWeWorkFinanceSdk_C.so
	Helper  string `json:"helper"`  // path of qunying-archive, "" is Driver.Helper
	// Proxy of the library: "http://host:port" or "socks5://host:port"; "" is none.
	Proxy         string `json:"proxy"`
	ProxyPassword string `json:"proxy_password"` // "user:password"
}

// Network is "wecom".
func (Driver) Network() community.Network { return network }

// StableTimes is true: an archived message keeps its ID and its time in
// milliseconds however often it is fetched, and comes from nowhere else.
func (Driver) StableTimes() bool { return true }

// About tells what the wizard asks for. Nothing is sent, so nothing is limited.
func (Driver) About() connector.About {
	return connector.About{Name: driverName, Official: true, SharedIDs: true, ReadsOnly: true, Fields: []connector.Field{
		{Name: "corp_id", Kind: connector.TextField, Required: true},
		{Name: "secret", Kind: connector.SecretField, Required: true},
		{Name: "keys", Kind: connector.KeyField, Required: true},
		{Name: "library", Kind: connector.TextField, Required: true},
		{Name: "helper", Kind: connector.TextField},
		{Name: "proxy", Kind: connector.TextField},
		{Name: "proxy_password", Kind: connector.SecretField},
	}}
}

// Open checks the settings; it starts nothing.
func (d Driver) Open(name string, config []byte) (connector.Connector, error) {
	var c Config
	if err := json.Unmarshal(config, &c); err != nil {
		// The decoder's own words may quote a value.
		return nil, community.Errorf(community.Invalid, "the account's settings cannot be read")
	}
	if name == "" {
		return nil, community.Errorf(community.Invalid, "the account has no name")
	}
	c.CorpID, c.Secret, c.Proxy = strings.TrimSpace(c.CorpID), strings.TrimSpace(c.Secret), strings.TrimSpace(c.Proxy)
	switch {
	case c.CorpID == "":
		return nil, community.Errorf(community.Invalid, "corp_id is empty").WithHint("copy it from 我的企业 → 企业信息")
	case c.Secret == "":
		return nil, community.Errorf(community.Invalid, "secret is empty").WithHint("copy it from 管理工具 → 会话内容存档")
	}
	keys, err := parseKeys(c.Keys)
	if err != nil {
		return nil, err
	}
	if c.Helper == "" {
		c.Helper = d.helper()
	}
	if err := checkPaths(c); err != nil {
		return nil, err
	}
	if err := checkProxy(c.Proxy); err != nil {
		return nil, err
	}
	return d.open(c, keys), nil
}

// helper is the path of the helper program: beside ours.
func (d Driver) helper() string {
	if d.Helper != "" {
		return d.Helper
	}
	self, err := os.Executable()
	if err != nil {
		return helperName // will not be found, and Probe says so
	}
	return filepath.Join(filepath.Dir(self), helperName)
}

// checkPaths refuses files of other names: who may fill in a form must not be able
// to have any program of the machine run.
func checkPaths(c Config) error {
	if !filepath.IsAbs(c.Library) || !strings.HasPrefix(filepath.Base(c.Library), libraryIs) {
		return community.Errorf(community.Invalid, "library is not the path of %s_C.so", libraryIs).
			WithHint("put WeCom's library on the server and write its whole path, as /opt/wecom/" + libraryIs + "_C.so")
	}
	if filepath.Base(c.Helper) != helperName {
		return community.Errorf(community.Invalid, "helper is not the path of %s", helperName).
			WithHint("leave it empty if the program is beside qunying")
	}
	return nil
}

func checkProxy(proxy string) error {
	if proxy == "" {
		return nil
	}
	u, err := url.Parse(proxy)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "socks5" {
		return community.Errorf(community.Invalid, "proxy is no address of a proxy").
			WithHint("write http://host:port or socks5://host:port; user and password belong into proxy_password")
	}
	return nil
}

// or gives a duration that nobody set its usual value.
func or(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
