package mp

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
)

// Client asks the platform's interface. It is safe for concurrent use. Its errors
// are community errors and hold no secrets; where something may have happened
// though nobody answered, they are a *connector.Uncertain.
type Client struct {
	http   *http.Client
	base   string
	appID  string
	secret string
	now    func() time.Time

	mu     sync.Mutex // one fetch at a time
	token  kept
	ticket kept
	forced time.Time // when a token was last forced to be new
	skew   time.Duration
}

// kept is something the platform lends for a while.
type kept struct {
	value   string
	expires time.Time
}

const (
	// early is how long before its end a token is fetched anew.
	early = 5 * time.Minute
	// forceAgain is the least time between two tokens forced to be new: a day has
	// twenty of them.
	forceAgain = 75 * time.Minute
)

// lent is until when something is good that the platform lends for so many seconds.
func (c *Client) lent(value string, seconds int) kept {
	return kept{value, c.now().Add(max(time.Duration(seconds)*time.Second-early, time.Minute))}
}

// sign returns a token. spent is one that was refused, "" none. fresh asks the
// platform even if the last one should still be good.
func (c *Client) sign(ctx context.Context, spent string, fresh bool) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !fresh && c.token.value != "" && c.token.value != spent && c.now().Before(c.token.expires) {
		return c.token.value, nil
	}
	token, err := c.fetchToken(ctx, false)
	// The stable token is the same until it ends. One that is refused all the same
	// was made invalid by somebody, and only force brings another.
	if err == nil && spent != "" && token.value == spent && c.now().Sub(c.forced) >= forceAgain {
		c.forced = c.now()
		token, err = c.fetchToken(ctx, true)
	}
	if err != nil {
		return "", err
	}
	c.token = token
	return token.value, nil
}

func (c *Client) fetchToken(ctx context.Context, force bool) (kept, error) {
	var answer struct {
		errcode
		Token   string `json:"access_token"`
		Seconds int    `json:"expires_in"`
	}
	body := map[string]any{"grant_type": "client_credential", "appid": c.appID, "secret": c.secret, "force_refresh": force}
	a, err := wire.Post(ctx, c.http, wire.Join(c.base, "cgi-bin/stable_token"), nil, body)
	if err := read(a, err, &answer); err != nil {
		return kept{}, certain(err)
	}
	if t, err := http.ParseTime(a.Header.Get("Date")); err == nil {
		c.skew = c.now().Sub(t)
	}
	if err := answer.err(); err != nil {
		return kept{}, err
	}
	if answer.Token == "" {
		return kept{}, community.Errorf(community.Unavailable, "the platform gave no token")
	}
	return c.lent(answer.Token, answer.Seconds), nil
}

// errcode is in every answer of the platform that tells of a failure.
type errcode struct {
	Code int    `json:"errcode"`
	Text string `json:"errmsg"`
}

// reset forgets a failure: what is good does not always say so.
func (e *errcode) reset() { *e = errcode{} }

// result is what an answer is decoded into: a struct with an errcode in it.
type result interface {
	err() error
	reset()
}

func (e errcode) err() error {
	if e.Code == 0 {
		return nil
	}
	return refusal(e.Code, e.Text)
}

// post asks with a token, and once more with a new one if it was refused: a refused
// token means that nothing was done.
func (c *Client) post(ctx context.Context, path string, body any, into result) error {
	return c.withToken(ctx, into, func(token string) (wire.Answer, error) {
		return wire.Post(ctx, c.http, c.address(path, url.Values{"access_token": {token}}), nil, body)
	})
}

// get is the same for what only reads, so that its errors leave no doubt.
func (c *Client) get(ctx context.Context, path string, query url.Values, into result) error {
	return certain(c.withToken(ctx, into, func(token string) (wire.Answer, error) {
		query.Set("access_token", token)
		return c.fetch(ctx, path, query)
	}))
}

func (c *Client) withToken(ctx context.Context, into result, call func(token string) (wire.Answer, error)) error {
	spent := ""
	for {
		token, err := c.sign(ctx, spent, false)
		if err != nil {
			return err
		}
		into.reset()
		answer, err := call(token)
		if err := read(answer, err, into); err != nil {
			return err
		}
		err = into.err()
		if spent == "" && badToken(codeOf(err)) {
			spent = token
			continue
		}
		return err
	}
}

// fetch makes a call that only reads.
func (c *Client) fetch(ctx context.Context, path string, query url.Values) (wire.Answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.address(path, query), nil)
	if err != nil {
		return wire.Answer{}, community.Errorf(community.Invalid, "the address cannot be read")
	}
	return wire.Do(c.http, req)
}

func (c *Client) address(path string, query url.Values) string {
	return wire.Join(c.base, path) + "?" + query.Encode()
}

// read decodes an answer. One that is none leaves open what was done.
func read(a wire.Answer, err error, into any) error {
	if err != nil {
		return err
	}
	if a.Status != http.StatusOK {
		return &connector.Uncertain{Err: connector.Because(connector.Answered(a.Status), community.Errorf(community.Unavailable, "the platform answered with status %d", a.Status))}
	}
	if json.Unmarshal(a.Body, into) != nil { // the decoder's own words may quote what came
		return &connector.Uncertain{Err: connector.Because(connector.Garbled, community.Errorf(community.Unavailable, "the platform's answer cannot be read"))}
	}
	return nil
}

// certain takes the doubt off an error: who only reads can read again.
func certain(err error) error {
	var u *connector.Uncertain
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
