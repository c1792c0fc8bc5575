package wecomarchive

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

// Client asks the platform's interface about the archive: who has a seat, who
// consented, what groups are called. It is safe for concurrent use. Errors are
// community errors; none is Uncertain, for nothing is changed.
type Client struct {
	http   *http.Client
	base   string
	corp   string
	secret string
	now    func() time.Time

	mu      sync.Mutex
	token   string
	expires time.Time
}

// errcode is what every answer of the platform begins with.
type errcode struct {
	Code int    `json:"errcode"`
	Text string `json:"errmsg"`
}

func (e errcode) err() error {
	if e.Code == 0 {
		return nil
	}
	return interfaceError(e.Code, e.Text)
}

// early is how long before its end a token is fetched anew.
const early = 5 * time.Minute

// sign returns a token, a new one if the last was spent. One fetch at a time.
func (c *Client) sign(ctx context.Context, spent string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token != "" && c.token != spent && c.now().Before(c.expires) {
		return c.token, nil
	}
	var answer struct {
		errcode
		Token   string `json:"access_token"`
		Seconds int    `json:"expires_in"`
	}
	query := url.Values{"corpid": {c.corp}, "corpsecret": {c.secret}}
	if err := c.do(ctx, http.MethodGet, "cgi-bin/gettoken", query, nil, &answer); err != nil {
		return "", err
	}
	if err := answer.err(); err != nil {
		return "", err
	}
	c.token = answer.Token
	c.expires = c.now().Add(max(time.Duration(answer.Seconds)*time.Second-early, time.Minute))
	return c.token, nil
}

// post asks with a token, and once more with a new one if it had run out.
func (c *Client) post(ctx context.Context, path string, body any, into interface{ err() error }) error {
	spent := ""
	for {
		token, err := c.sign(ctx, spent)
		if err != nil {
			return err
		}
		if err := c.do(ctx, http.MethodPost, path, url.Values{"access_token": {token}}, body, into); err != nil {
			return err
		}
		err = into.err()
		if code := codeOf(err); spent == "" && (code == 40014 || code == 42001) {
			spent = token
			continue
		}
		return err
	}
}

// do makes one call.
func (c *Client) do(ctx context.Context, method, path string, query url.Values, body, into any) error {
	address := wire.Join(c.base, path) + "?" + query.Encode()
	var answer wire.Answer
	var err error
	if method == http.MethodPost {
		answer, err = wire.Post(ctx, c.http, address, nil, body)
	} else {
		var req *http.Request
		if req, err = http.NewRequestWithContext(ctx, method, address, nil); err != nil {
			return community.Errorf(community.Invalid, "the address cannot be read")
		}
		answer, err = wire.Do(c.http, req)
	}
	if err != nil {
		return certain(err)
	}
	if answer.Status != http.StatusOK {
		return connector.Because(connector.Answered(answer.Status), community.Errorf(community.Unavailable, "the platform answered with status %d", answer.Status))
	}
	if err := json.Unmarshal(answer.Body, into); err != nil {
		return connector.Because(connector.Garbled, community.Errorf(community.Unavailable, "the platform's answer cannot be read"))
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

// Seat is an employee whose conversations are archived.
type Seat struct {
	User    string // userid
	Edition string // "office", "service" or "enterprise": what the seat costs and keeps
}

// editions are the platform's types of seats; it lists them one by one.
var editions = []string{1: "office", 2: "service", 3: "enterprise"}

// Seats lists who has a seat. What is said in groups without any of them is
// nowhere.
func (c *Client) Seats(ctx context.Context) ([]Seat, error) {
	var seats []Seat
	for kind, edition := range editions {
		if kind == 0 {
			continue
		}
		var answer struct {
			errcode
			IDs []string `json:"ids"`
		}
		if err := c.post(ctx, "cgi-bin/msgaudit/get_permit_user_list", map[string]int{"type": kind}, &answer); err != nil {
			return nil, err
		}
		for _, id := range answer.IDs {
			seats = append(seats, Seat{User: id, Edition: edition})
		}
	}
	return seats, nil
}

// Agreement is what somebody from outside decided about being archived.
type Agreement struct {
	External string    // external_userid
	User     string    // userid of the employee it holds for, "" of a room
	Agreed   bool      // also where the corporation's settings agree by default
	State    string    // the platform's word: "Agree", "Disagree", "Default_Agree"
	At       time.Time // since when
}

type agreement struct {
	At       int64  `json:"status_change_time"` // seconds
	User     string `json:"userid"`
	External string `json:"exteranalopenid"` // the platform's own spelling
	Spelled  string `json:"externalopenid"`  // should it ever be mended
	State    string `json:"agree_status"`
}

type agreements struct {
	errcode
	List []agreement `json:"agreeinfo"`
}

func (a agreements) all() []Agreement {
	var out []Agreement
	for _, x := range a.List {
		if x.External == "" {
			x.External = x.Spelled
		}
		out = append(out, Agreement{External: x.External, User: x.User, State: x.State, At: time.Unix(x.At, 0).UTC(),
			Agreed: x.State == "Agree" || x.State == "Default_Agree"})
	}
	return out
}

// Consent tells of everybody from outside in a group whether they agreed. What
// those say who did not is not in the archive.
func (c *Client) Consent(ctx context.Context, room string) ([]Agreement, error) {
	var answer agreements
	if err := c.post(ctx, "cgi-bin/msgaudit/check_room_agree", map[string]string{"roomid": room}, &answer); err != nil {
		return nil, err
	}
	return answer.all(), nil
}

// Pair is an employee and somebody from outside.
type Pair struct {
	User     string `json:"userid"`
	External string `json:"exteranalopenid"`
}

// mostPairs the platform answers about in one call.
const mostPairs = 100

// SingleConsent tells the same of private conversations, a hundred at most.
func (c *Client) SingleConsent(ctx context.Context, pairs []Pair) ([]Agreement, error) {
	if len(pairs) == 0 || len(pairs) > mostPairs {
		return nil, community.Errorf(community.Invalid, "%d conversations cannot be asked about", len(pairs)).WithHint("ask about 1 to 100")
	}
	var answer agreements
	if err := c.post(ctx, "cgi-bin/msgaudit/check_single_agree", map[string]any{"info": pairs}, &answer); err != nil {
		return nil, err
	}
	return answer.all(), nil
}
