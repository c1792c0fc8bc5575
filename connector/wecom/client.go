package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
)

// apiAddress is where WeCom's interface is.
const apiAddress = "https://qyapi.weixin.qq.com"

// Client calls WeCom's interface as one app of one corporation. It is safe for
// concurrent use. Errors are community.Error with an APIError as their cause; a
// method that changes something returns *connector.Uncertain where nobody knows
// whether it did.
type Client struct {
	base   string
	corp   string
	agent  int64
	secret string
	http   *http.Client
	now    func() time.Time

	fetching chan struct{} // holds one while the token is fetched
	mu       sync.Mutex
	token    string
	until    time.Time // of the token
	failed   error     // why the last fetch failed, and until when it is not tried again
	again    time.Time
	closed   map[string]time.Time // calls over their rate, and until when
	heard    time.Time            // when WeCom last answered anything
	skew     time.Duration        // its clock minus ours, of its last answer
}

// newClient prepares a client; base "" is WeCom itself.
func newClient(base, corp string, agent int64, secret string, h *http.Client, now func() time.Time) *Client {
	if base == "" {
		base = apiAddress
	}
	return &Client{base: base, corp: corp, agent: agent, secret: secret, http: h, now: now,
		fetching: make(chan struct{}, 1), closed: map[string]time.Time{}}
}

// Pauses of the client.
const (
	afterFailure = 2 * time.Second // before a failed sign-in is tried again
	busyTries    = 3               // of a reading call while WeCom says that it is busy
)

// ok is what every answer begins with.
type ok struct {
	Errcode int    `json:"errcode"`
	Errmsg  string `json:"errmsg"`
}

// accessToken returns the token in force. One fetch runs at a time; who waited for
// it takes its outcome.
func (c *Client) accessToken(ctx context.Context) (string, error) {
	select {
	case c.fetching <- struct{}{}:
		defer func() { <-c.fetching }()
	case <-ctx.Done():
		return "", unreachable(ctx.Err())
	}
	c.mu.Lock()
	token, until, failed, again := c.token, c.until, c.failed, c.again
	c.mu.Unlock()
	now := c.now()
	if token != "" && now.Before(until) {
		return token, nil
	}
	if failed != nil && now.Before(again) {
		return "", failed
	}
	token, lasts, err := c.signIn(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		if ctx.Err() == nil {
			c.failed, c.again = err, c.now().Add(afterFailure)
		}
		return "", err
	}
	c.token, c.failed = token, nil
	c.until = c.now().Add(lasts - min(lasts/10, 5*time.Minute))
	return token, nil
}

func (c *Client) signIn(ctx context.Context) (token string, lasts time.Duration, err error) {
	var got struct {
		Token string `json:"access_token"`
		Lasts int64  `json:"expires_in"` // seconds
	}
	q := url.Values{"corpid": {c.corp}, "corpsecret": {c.secret}}
	if err := c.once(ctx, http.MethodGet, "/cgi-bin/gettoken", q, nil, &got); err != nil {
		return "", 0, certain(err)
	}
	if got.Token == "" || got.Lasts <= 0 || got.Lasts > 1<<20 {
		return "", 0, community.Errorf(community.Unavailable, "WeCom answered the sign-in with no token")
	}
	return got.Token, time.Duration(got.Lasts) * time.Second, nil
}

// drop forgets a token that WeCom refused, unless another one is in force already.
func (c *Client) drop(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token == token {
		c.token = ""
	}
}

// read asks for something, with a new try while WeCom is busy.
func (c *Client) read(ctx context.Context, path string, in, out any) error {
	pause := wire.Pause{First: 200 * time.Millisecond, Most: 2 * time.Second}
	for try := 1; ; try++ {
		err := certain(c.act(ctx, path, in, out))
		if codeOf(err) != codeBusy || try == busyTries {
			return err
		}
		if e := pause.Wait(ctx); e != nil {
			return unreachable(e)
		}
	}
}

// act asks WeCom to do something, once. An expired token is fetched anew.
func (c *Client) act(ctx context.Context, path string, in, out any) error {
	return c.signed(ctx, path, func(q url.Values) error { return c.once(ctx, http.MethodPost, path, q, in, out) })
}

// get is read for the calls that take their values in the query.
func (c *Client) get(ctx context.Context, path string, values url.Values, out any) error {
	return certain(c.signed(ctx, path, func(q url.Values) error {
		for k, v := range values {
			q[k] = v
		}
		return c.once(ctx, http.MethodGet, path, q, nil, out)
	}))
}

// signed makes a call with a token, and once more with a new one if it was refused:
// WeCom checks it before it does anything.
func (c *Client) signed(ctx context.Context, path string, call func(q url.Values) error) error {
	if err := c.open(path); err != nil {
		return err
	}
	for try := 1; ; try++ {
		token, err := c.accessToken(ctx)
		if err != nil {
			return err
		}
		err = call(url.Values{"access_token": {token}})
		switch codeOf(err) {
		case codeBadToken, codeTokenExpired:
			c.drop(token)
			if try == 1 {
				continue
			}
		case codeRate:
			c.close(path)
		}
		return err
	}
}

// close keeps a call whose rate is used up from being made before the next minute.
func (c *Client) close(path string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed[path] = c.now().Truncate(time.Minute).Add(time.Minute)
}

func (c *Client) open(path string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if until, ok := c.closed[path]; ok {
		if c.now().Before(until) {
			return refusal(codeRate, "not asked again before the next minute")
		}
		delete(c.closed, path)
	}
	return nil
}

// once makes one call and reads its answer into out.
func (c *Client) once(ctx context.Context, method, path string, q url.Values, in, out any) error {
	address := wire.Join(c.base, path) + "?" + q.Encode()
	var a wire.Answer
	var err error
	if method == http.MethodPost {
		a, err = wire.Post(ctx, c.http, address, nil, in)
	} else {
		var req *http.Request
		if req, err = http.NewRequestWithContext(ctx, method, address, nil); err == nil {
			a, err = wire.Do(c.http, req)
		}
	}
	if err != nil {
		return err
	}
	return c.answered(a, q.Get("access_token"), out)
}

// answered looks at an answer's status and errcode.
func (c *Client) answered(a wire.Answer, token string, out any) error {
	now := c.now()
	c.mu.Lock()
	c.heard = now
	if at, err := http.ParseTime(a.Header.Get("Date")); err == nil {
		c.skew = at.Sub(now)
	}
	c.mu.Unlock()
	if a.Status != http.StatusOK {
		return &connector.Uncertain{Err: connector.Because(connector.Answered(a.Status), community.Errorf(community.Unavailable, "WeCom answered with HTTP status %d", a.Status))}
	}
	var o ok
	if err := json.Unmarshal(a.Body, &o); err != nil {
		return &connector.Uncertain{Err: connector.Because(connector.Garbled, &community.Error{Code: community.Unavailable, Text: "WeCom's answer cannot be read", Err: err})}
	}
	if o.Errcode != 0 {
		return refusal(o.Errcode, o.Errmsg, c.secret, token)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(a.Body, out); err != nil {
		return &connector.Uncertain{Err: connector.Because(connector.Garbled, &community.Error{Code: community.Unavailable, Text: "WeCom's answer cannot be read", Err: err})}
	}
	return nil
}

// certain takes the doubt off the error of a call that changes nothing.
func certain(err error) error {
	var u *connector.Uncertain
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func unreachable(err error) error {
	return connector.Because(connector.Unreachable, &community.Error{Code: community.Unavailable, Text: "WeCom could not be reached", Err: err})
}

// Heard is when WeCom last answered a call, zero if never, and by how much its clock
// was ahead of ours then, to the second.
func (c *Client) Heard() (at time.Time, skew time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.heard, c.skew
}

// pages follows a cursor through at most mostPages answers; page returns the next
// cursor, "" at the end.
func pages(page func(cursor string) (next string, err error)) error {
	cursor := ""
	for range mostPages {
		next, err := page(cursor)
		if err != nil || next == "" {
			return err
		}
		if next == cursor {
			break
		}
		cursor = next
	}
	return community.Errorf(community.Unavailable, "WeCom's list has no end")
}

const mostPages = 1000

func fromSeconds(s int64) time.Time {
	if s <= 0 {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}

func tooMany(what string, got, most int) error {
	return community.Errorf(community.Invalid, "%d %s are too many", got, what).WithHint("at most " + strconv.Itoa(most))
}

// between checks the length of a text in characters.
func between(what, text string, least, most int) error {
	if n := len([]rune(text)); n < least || n > most {
		return community.Errorf(community.Invalid, "%s has %d characters", what, n).WithHint(fmt.Sprintf("%d to %d", least, most))
	}
	return nil
}
