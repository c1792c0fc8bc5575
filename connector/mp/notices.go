package mp

import (
	"context"
	"net/url"
	"strconv"
	"time"
	"unicode/utf8"

	"qunying/community"
	"qunying/connector"
)

// MiniProgram is where a notice leads, instead of a page.
type MiniProgram struct {
	AppID string `json:"appid"`
	Path  string `json:"pagepath"`
}

// Notice is a message after a template of the platform.
type Notice struct {
	To       string            // openid
	Template string            // its ID
	URL      string            // page that it leads to, or ""
	Mini     *MiniProgram      // or the mini program
	Values   map[string]string // by the template's names: "thing1"
	Key      string            // of SendTemplate: a repeated key is sent once; up to 32 letters, or ""
}

func (n Notice) body() map[string]any {
	data := map[string]any{}
	for k, v := range n.Values {
		data[k] = map[string]string{"value": v}
	}
	b := map[string]any{"touser": n.To, "template_id": n.Template, "data": data}
	if n.Mini != nil {
		b["miniprogram"] = n.Mini
	}
	return b
}

// SendTemplate sends a template message (模板消息) to a follower and returns its ID,
// under which the platform tells later whether it arrived.
func (c *Client) SendTemplate(ctx context.Context, n Notice) (int64, error) {
	b := n.body()
	if n.URL != "" {
		b["url"] = n.URL
	}
	if n.Key != "" {
		b["client_msg_id"] = n.Key
	}
	var answer struct {
		errcode
		ID int64 `json:"msgid"`
	}
	err := c.post(ctx, "cgi-bin/message/template/send", b, &answer)
	return answer.ID, err
}

// SendNotice sends a subscription notice (订阅通知) to somebody who allowed it, once for
// each time they did. Forbidden with code 43101 means that they did not.
func (c *Client) SendNotice(ctx context.Context, n Notice) error {
	b := n.body()
	if n.URL != "" {
		b["page"] = n.URL
	}
	var answer errcode
	return c.post(ctx, "cgi-bin/message/subscribe/bizsend", b, &answer)
}

// Code is a QR code that follows the account and tells which code it was.
type Code struct {
	Ticket  string
	URL     string        // what the code holds
	Picture string        // address of its picture
	Lasts   time.Duration // 0 for ever
}

const (
	mostScene = 64
	mostLasts = 30 * 24 * time.Hour
)

// CreateCode makes a code with a scene of 1 to 64 letters, which comes back as
// Data["state"] of who scanned it. It lasts up to 30 days; 0 is for ever, of which an
// account has 100,000 in all.
func (c *Client) CreateCode(ctx context.Context, scene string, lasts time.Duration) (Code, error) {
	if n := utf8.RuneCountInString(scene); n < 1 || n > mostScene {
		return Code{}, community.Errorf(community.Invalid, "the scene has %d letters", n).WithHint("write 1 to 64")
	}
	if lasts < 0 || lasts > mostLasts || lasts > 0 && lasts < time.Minute {
		return Code{}, community.Errorf(community.Invalid, "a code cannot last %v", lasts).WithHint("take a minute to 30 days, or for ever")
	}
	body := map[string]any{"action_name": "QR_LIMIT_STR_SCENE", "action_info": map[string]any{"scene": map[string]string{"scene_str": scene}}}
	if lasts > 0 {
		body["action_name"], body["expire_seconds"] = "QR_STR_SCENE", int(lasts/time.Second)
	}
	var answer struct {
		errcode
		Ticket  string `json:"ticket"`
		Seconds int    `json:"expire_seconds"`
		URL     string `json:"url"`
	}
	if err := c.post(ctx, "cgi-bin/qrcode/create", body, &answer); err != nil {
		return Code{}, err
	}
	return Code{Ticket: answer.Ticket, URL: answer.URL, Lasts: time.Duration(answer.Seconds) * time.Second,
		Picture: "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=" + url.QueryEscape(answer.Ticket)}, nil
}

// Button is an entry of the account's menu.
type Button = connector.MenuButton

// Menu reads the account's menu, empty if it has none.
func (c *Client) Menu(ctx context.Context) ([]Button, error) {
	var answer struct {
		errcode
		Menu struct {
			Buttons []Button `json:"button"`
		} `json:"menu"`
	}
	err := c.get(ctx, "cgi-bin/menu/get", url.Values{}, &answer)
	if codeOf(err) == codeNoMenu {
		return nil, nil
	}
	return answer.Menu.Buttons, err
}

const (
	mostButtons = 3
	mostSub     = 5
)

// AddSceneCode makes a code for who connects the account.
func (a *account) AddSceneCode(ctx context.Context, scene string, lasts time.Duration) (connector.SceneCode, error) {
	code, err := a.CreateCode(ctx, scene, lasts)
	c := connector.SceneCode{Scene: scene, Holds: code.URL}
	if code.Lasts > 0 {
		c.Until = a.now().Add(code.Lasts)
	}
	if err == nil && c.Holds == "" {
		return c, &connector.Uncertain{Err: connector.Because(connector.Garbled, community.Errorf(community.Unavailable, "the platform's answer holds no code"))}
	}
	return c, err
}

// SetMenu replaces the menu: up to 3 buttons with up to 5 below each. People see it
// within a day.
func (c *Client) SetMenu(ctx context.Context, buttons []Button) error {
	if n := len(buttons); n < 1 || n > mostButtons {
		return community.Errorf(community.Invalid, "the menu has %d buttons", n).WithHint("take 1 to " + strconv.Itoa(mostButtons))
	}
	for _, b := range buttons {
		switch {
		case b.Name == "":
			return community.Errorf(community.Invalid, "a button has no name")
		case len(b.Sub) > mostSub:
			return community.Errorf(community.Invalid, "%q has %d buttons below it", b.Name, len(b.Sub)).WithHint("take up to " + strconv.Itoa(mostSub))
		case len(b.Sub) == 0 && b.Type == "":
			return community.Errorf(community.Invalid, "%q does nothing", b.Name)
		}
	}
	var answer errcode
	return c.post(ctx, "cgi-bin/menu/create", map[string]any{"button": buttons}, &answer)
}

// DeleteMenu takes the menu away.
func (c *Client) DeleteMenu(ctx context.Context) error {
	var answer errcode
	return c.get(ctx, "cgi-bin/menu/delete", url.Values{}, &answer)
}
