package wecom

import (
	"context"
	"net/url"

	"qunying/community"
)

// SignInPage is the address that a page opened inside WeCom is sent to, to learn who
// looks at it without asking them. WeCom sends them on to back, with code and state
// in its query; the host of back must be one of the app's 可信域名. state must be
// hard to guess and be compared when it comes back.
func (c *Client) SignInPage(back, state string) string {
	q := url.Values{"appid": {c.corp}, "redirect_uri": {back}, "response_type": {"code"}, "scope": {"snsapi_base"}, "state": {state}}
	return "https://open.weixin.qq.com/connect/oauth2/authorize?" + q.Encode() + "#wechat_redirect"
}

// Visitor is who opened a page inside WeCom: an employee, or somebody from outside.
type Visitor struct {
	Employee string
	Customer string
	OpenID   string // of somebody from outside whom no employee knows
}

// SignedIn tells who came back with a code. A code is good once, for five minutes.
func (c *Client) SignedIn(ctx context.Context, code string) (Visitor, error) {
	if code == "" || len(code) > 512 {
		return Visitor{}, community.Errorf(community.Invalid, "the code of the sign-in is missing")
	}
	var got struct {
		Employee string `json:"userid"`
		Customer string `json:"external_userid"`
		OpenID   string `json:"openid"`
	}
	err := c.get(ctx, "/cgi-bin/auth/getuserinfo", url.Values{"code": {code}}, &got)
	if err != nil {
		return Visitor{}, err
	}
	if got.Employee == "" && got.Customer == "" && got.OpenID == "" {
		return Visitor{}, community.Errorf(community.Forbidden, "WeCom does not tell who it is")
	}
	return Visitor{got.Employee, got.Customer, got.OpenID}, nil
}

// Console is the address under which staff opens the console inside WeCom.
func (a *Account) Console() string { return a.console }
