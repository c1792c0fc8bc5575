package satori

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
)

// params of a call.
type params map[string]any

// call calls a method and reads its result into out, if any. Where the platform
// may have acted though no answer says so, the error is a connector.Uncertain;
// callers of methods that may be repeated take certain(err).
func (a *account) call(ctx context.Context, method string, p params, out any) error {
	if !a.has(method) {
		return unsupported(method)
	}
	answer, err := wire.Post(ctx, a.client, a.config.Address+"/v1/"+method, a.config.header(a.login()), p)
	if err != nil {
		return err
	}
	if err := a.judge(method, answer); err != nil {
		return err
	}
	body := bytes.TrimSpace(answer.Body)
	if out == nil || len(body) == 0 || body[0] != '{' && body[0] != '[' { // OK
		return nil
	}
	if err := decode(body, out); err != nil {
		return connector.Because(connector.Garbled, community.Errorf(community.Unavailable, "the gateway's answer to %s cannot be read", method))
	}
	return nil
}

// certain is err of a call that may be repeated without harm.
func certain(err error) error {
	var u *connector.Uncertain
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func unsupported(method string) error {
	return connector.Because(connector.NotOffered, community.Errorf(community.Unsupported, "the gateway does not offer %s for this account", method))
}

// judge makes an error of an answer that says no. The protocol has no form for
// errors: the status and a word of text are all there is.
func (a *account) judge(method string, answer wire.Answer) error {
	said := excerpt(answer.Body)
	says := func(code string, err error) error { return connector.Quoting(said, connector.Because(code, err)) }
	low := strings.ToLower(said)
	switch s := answer.Status; {
	case s >= 200 && s < 300:
		return nil
	case s == http.StatusNotImplemented, strings.Contains(low, "method not found"), strings.Contains(low, "not implemented"), strings.Contains(low, "is not a function"):
		a.lacks(method)
		return unsupported(method)
	case strings.Contains(low, "bot not found"), strings.Contains(low, "login not found"):
		return says("no_login", community.Errorf(community.NotFound, "the gateway does not know this login: %s", said).WithHint("platform and self_id must be those of a login of the gateway"))
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		return says("refused", community.Errorf(community.Forbidden, "the gateway refuses: %s", said).WithHint("compare the token with the gateway's settings"))
	case s == http.StatusNotFound:
		return connector.Quoting(said, community.Errorf(community.NotFound, "the gateway knows no such thing: %s", said))
	case s == http.StatusTooManyRequests, s == http.StatusServiceUnavailable:
		return says(connector.Busy, community.Errorf(community.Unavailable, "the gateway is busy: %s", said))
	case s >= 300 && s < 400:
		return community.Errorf(community.Invalid, "the address answers with a redirect, %d", s).WithHint("enter the address to which it leads")
	case s < 500:
		return says(connector.Declined, community.Errorf(community.Invalid, "the gateway refuses the call, %d: %s", s, said))
	case method == messageList && len(a.login().Features) == 0: // gateways without features answer so for what they lack
		a.lacks(method)
		return unsupported(method)
	default: // it failed while it acted
		return &connector.Uncertain{Err: connector.Quoting(said, community.Errorf(community.Unavailable, "the gateway failed, %d: %s", s, said))}
	}
}

// excerpt is the beginning of what somebody answered, as one line.
func excerpt(b []byte) string {
	s := strings.Join(strings.Fields(strings.ToValidUTF8(string(b[:min(len(b), 400)]), "")), " ")
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "")
	}
	return s
}

// page is one of a list.
type page[T any] struct {
	Data []T    `json:"data"`
	Prev string `json:"prev"`
	Next string `json:"next"`
}

// mostPages bounds a list that goes on and on.
const mostPages = 1_000

// list reads all pages of a list, at most most entries.
func list[T any](ctx context.Context, a *account, method string, p params, most int) ([]T, error) {
	var all []T
	for range mostPages {
		var x page[T]
		if err := a.call(ctx, method, p, &x); err != nil {
			return nil, certain(err)
		}
		all = append(all, x.Data...)
		if x.Next == "" || x.Next == p["next"] || len(all) >= most {
			break
		}
		p["next"] = x.Next
	}
	return all[:min(len(all), most)], nil
}

// decode reads JSON, leaving out parts of an unexpected form.
func decode(b []byte, out any) error {
	var odd *json.UnmarshalTypeError
	if err := json.Unmarshal(b, out); err != nil && !errors.As(err, &odd) {
		return err
	}
	return nil
}
