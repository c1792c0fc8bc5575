package mp

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net/url"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector/wire/wxcrypt"
)

// Scopes of a sign-in.
const (
	ScopeBase = "snsapi_base"     // silent, only who it is
	ScopeUser = "snsapi_userinfo" // asks them, and tells name and picture
)

// AuthorizeURL is where a page inside WeChat sends somebody to learn who they are.
// They come back to redirect with a code and the state. session is what their
// browser is known by (a cookie): CheckState refuses a state of another one.
func (c *Client) AuthorizeURL(redirect, scope, session string) (string, error) {
	u, err := url.Parse(redirect)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", community.Errorf(community.Invalid, "the address to come back to cannot be read")
	}
	if scope != ScopeBase && scope != ScopeUser {
		return "", community.Errorf(community.Invalid, "there is no such scope")
	}
	if session == "" {
		return "", community.Errorf(community.Invalid, "the session is empty")
	}
	// The order matters to old clients.
	return "https://open.weixin.qq.com/connect/oauth2/authorize?appid=" + url.QueryEscape(c.appID) +
		"&redirect_uri=" + url.QueryEscape(redirect) + "&response_type=code&scope=" + scope +
		"&state=" + c.state(session, c.now()) + "#wechat_redirect", nil
}

const (
	stateLasts = 10 * time.Minute
	noncePart  = 12 // bytes before the mark: 8 at random, 4 of time
)

// state is made of chance, the minute and a mark over both and the session: letters
// and digits only, below the platform's 128.
func (c *Client) state(session string, now time.Time) string {
	var b [noncePart]byte
	_, _ = rand.Read(b[:8]) // never fails
	binary.BigEndian.PutUint32(b[8:], uint32(now.Unix()/60))
	return hex.EncodeToString(b[:]) + hex.EncodeToString(c.mark(session, b[:]))
}

func (c *Client) mark(session string, nonce []byte) []byte {
	key := sha256.Sum256([]byte("qunying sign-in state\x00" + c.appID + "\x00" + c.secret))
	m := hmac.New(sha256.New, key[:])
	m.Write(nonce)
	m.Write([]byte(session))
	return m.Sum(nil)
}

// CheckState says that a state was made for this session, in the last ten minutes.
// Forbidden otherwise.
func (c *Client) CheckState(state, session string) error {
	b, err := hex.DecodeString(state)
	if err != nil || len(b) != noncePart+sha256.Size || session == "" || !hmac.Equal(b[noncePart:], c.mark(session, b[:noncePart])) {
		return community.Errorf(community.Forbidden, "the sign-in was begun by somebody else").WithHint("open the page again")
	}
	begun := time.Unix(int64(binary.BigEndian.Uint32(b[8:]))*60, 0)
	if age := c.now().Sub(begun); age > stateLasts+time.Minute || age < -time.Minute {
		return community.Errorf(community.Forbidden, "the sign-in took too long").WithHint("open the page again")
	}
	return nil
}

// Visitor is who signed in.
type Visitor struct {
	OpenID  string
	UnionID string // the same in all accounts of one owner, if they have an open platform
	Scope   string
	// Snapshot says that they look at a page without having agreed: the platform
	// made up a person.
	Snapshot bool
	token    string // for Profile, two hours
}

// Visitor redeems the code of a sign-in, once, within five minutes. Check the state
// first.
func (c *Client) Visitor(ctx context.Context, code string) (Visitor, error) {
	var answer struct {
		errcode
		Token    string `json:"access_token"`
		OpenID   string `json:"openid"`
		UnionID  string `json:"unionid"`
		Scope    string `json:"scope"`
		Snapshot int    `json:"is_snapshotuser"`
	}
	query := url.Values{"appid": {c.appID}, "secret": {c.secret}, "code": {code}, "grant_type": {"authorization_code"}}
	a, err := c.fetch(ctx, "sns/oauth2/access_token", query)
	if err := read(a, err, &answer); err != nil {
		return Visitor{}, certain(err)
	}
	if err := answer.err(); err != nil {
		return Visitor{}, err
	}
	if answer.OpenID == "" {
		return Visitor{}, community.Errorf(community.Unavailable, "the platform does not tell who it is")
	}
	return Visitor{OpenID: answer.OpenID, UnionID: answer.UnionID, Scope: answer.Scope, Snapshot: answer.Snapshot == 1, token: answer.Token}, nil
}

// Profile is what somebody let us know about themselves.
type Profile struct {
	OpenID  string `json:"openid"`
	UnionID string `json:"unionid"`
	Name    string `json:"nickname"`
	Picture string `json:"headimgurl"`
}

// Profile reads name and picture of a visitor who agreed (ScopeUser).
func (c *Client) Profile(ctx context.Context, v Visitor) (Profile, error) {
	var answer struct {
		errcode
		Profile
	}
	a, err := c.fetch(ctx, "sns/userinfo", url.Values{"access_token": {v.token}, "openid": {v.OpenID}, "lang": {"zh_CN"}})
	if err := read(a, err, &answer); err != nil {
		return Profile{}, certain(err)
	}
	return answer.Profile, answer.err()
}

// PageSignature is what a page needs to use the platform's functions in its browser
// (JS-SDK, wx.config).
type PageSignature struct {
	AppID     string `json:"appId"`
	Timestamp int64  `json:"timestamp"`
	Nonce     string `json:"nonceStr"`
	Signature string `json:"signature"`
}

// SignPage signs for the page at address; what follows its "#" does not count.
func (c *Client) SignPage(ctx context.Context, address string) (PageSignature, error) {
	ticket, err := c.pageTicket(ctx)
	if err != nil {
		return PageSignature{}, err
	}
	address, _, _ = strings.Cut(address, "#")
	s := PageSignature{AppID: c.appID, Timestamp: c.now().Unix(), Nonce: rand.Text()}
	s.Signature = wxcrypt.SignPage(ticket, s.Nonce, s.Timestamp, address)
	return s, nil
}

// pageTicket is lent for two hours; few calls a day are allowed.
func (c *Client) pageTicket(ctx context.Context) (string, error) {
	c.mu.Lock()
	t := c.ticket
	c.mu.Unlock()
	if t.value != "" && c.now().Before(t.expires) {
		return t.value, nil
	}
	var answer struct {
		errcode
		Ticket  string `json:"ticket"`
		Seconds int    `json:"expires_in"`
	}
	if err := c.get(ctx, "cgi-bin/ticket/getticket", url.Values{"type": {"jsapi"}}, &answer); err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ticket = c.lent(answer.Ticket, answer.Seconds)
	return answer.Ticket, nil
}
