package mp

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire/wxcrypt"
	"qunying/internal/rig"
)

func TestWhoMayCall(t *testing.T) {
	s := newStage(t)
	query := func(change ...string) url.Values {
		q := url.Values{"timestamp": {"1700000000"}, "nonce": {"1001"}, "echostr": {"<b>8888"}}
		q.Set("signature", wxcrypt.SignPlain(testToken, "1700000000", "1001"))
		for i := 0; i < len(change); i += 2 {
			q.Set(change[i], change[i+1])
		}
		return q
	}
	s.opened()
	if status, _ := s.call(http.MethodGet, query(), ""); status != http.StatusServiceUnavailable {
		t.Errorf("before Run: %d, want 503", status)
	}
	_, seen := s.started()
	if status, body := s.call(http.MethodGet, query(), ""); status != http.StatusOK || body != "<b>8888" {
		t.Errorf("a trial: %d %q", status, body)
	}
	plainText := event("oAnn", noon, "MsgType", "text", "Content", "not encrypted", "MsgId", "1")
	good, encrypted := s.crypt.Call([]byte(plainText), noon)
	good.Set("signature", wxcrypt.SignPlain(testToken, good.Get("timestamp"), good.Get("nonce")))
	envelope := "<xml><Encrypt>" + encrypted + "</Encrypt></xml>"
	wrong := url.Values{}
	for k, v := range good {
		wrong[k] = v
	}
	wrong.Set("msg_signature", strings.Repeat("0", 40))
	for name, c := range map[string]struct {
		method string
		query  url.Values
		body   string
		want   int
	}{
		"wrong signature":           {http.MethodGet, query("signature", strings.Repeat("0", 40)), "", http.StatusUnauthorized},
		"no signature":              {http.MethodPost, url.Values{}, envelope, http.StatusUnauthorized},
		"no echo":                   {http.MethodGet, query("echostr", ""), "", http.StatusBadRequest},
		"a long echo":               {http.MethodGet, query("echostr", strings.Repeat("x", mostEcho+1)), "", http.StatusBadRequest},
		"another method":            {http.MethodPut, query(), "", http.StatusMethodNotAllowed},
		"plain in safe mode":        {http.MethodPost, query(), plainText, http.StatusBadRequest},
		"a wrong envelope":          {http.MethodPost, wrong, envelope, http.StatusUnauthorized},
		"a good one":                {http.MethodPost, good, envelope, http.StatusOK},
		"no XML in a good envelope": {http.MethodPost, nil, "", http.StatusBadRequest},
	} {
		var status int
		if c.query == nil {
			status, _ = s.push("no XML")
		} else {
			status, _ = s.call(c.method, c.query, c.body)
		}
		if status != c.want {
			t.Errorf("%s: %d, want %d", name, status, c.want)
		}
	}
	if o := next(t, seen, "message", of(community.MessagePosted)); o.Text != "not encrypted" {
		t.Errorf("emitted %q", o.Text)
	}
	select {
	case o := <-seen:
		t.Errorf("a refused call was emitted: %+v", o)
	default:
	}
}

func TestCallsThatCannotBeStoredAreOwnedUpTo(t *testing.T) {
	s := newStage(t)
	a := s.opened()
	var full atomic.Bool
	full.Store(true)
	states := make(chan connector.Observation, 10)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- a.Run(ctx, func(_ context.Context, o ...connector.Observation) error {
			if o[0].Kind == community.ConnectionChanged {
				states <- o[0]
				return nil
			}
			if full.Load() {
				return errors.New("the disk is full")
			}
			return nil
		})
	}()
	next(t, states, "state", of(community.ConnectionChanged))
	before := time.Now()
	call := event("oAnn", noon, "MsgType", "text", "Content", "x", "MsgId", "1")
	if status, body := s.push(call); status != http.StatusServiceUnavailable || body == "success" {
		t.Errorf("a call that is not on disk was answered with %d %q", status, body)
	}
	full.Store(false)
	if status, _ := s.push(call); status != http.StatusOK {
		t.Errorf("the second try was answered with %d", status)
	}
	o := next(t, states, "state that owns up", func(o connector.Observation) bool { return o.Data["missed_from"] != "" })
	if o.Data["state"] != string(connector.Online) || o.At.Before(before) {
		t.Errorf("owned up to as %+v", o)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestThirdParty lets a program of others verify our address and push to it.
func TestThirdParty(t *testing.T) {
	s := newStage(t)
	_, seen := s.started()
	for _, lib := range []string{"wecom", "wechat-crypto"} {
		r := rig.Start(t, "wecom-crypto", "push.js", "URL="+s.hook.URL+"/", "KIND=mp", "TOKEN="+testToken, "AES_KEY="+testKey, "RECEIVE_ID="+testApp, "LIB="+lib, "STAY=1")
		for _, ev := range []string{"verify", "verify-bad-signature", "push-bad-signature"} {
			if l := r.Await(ev, func(l rig.Line) bool { return l["ev"] == ev }); l["ok"] != true {
				t.Errorf("%s with %s: %v", ev, lib, l)
			}
		}
		for _, ev := range []string{"push", "push-duplicate"} {
			if l := r.Await(ev, func(l rig.Line) bool { return l["ev"] == ev }); l["status"] != 200.0 || l["body"] != "success" {
				t.Errorf("%s with %s: %v", ev, lib, l)
			}
		}
		first := next(t, seen, "pushed message", of(community.MessagePosted))
		second := next(t, seen, "the same once more", of(community.MessagePosted))
		if first.Text != "你好 & <hi>" || first.Sender.ID != "oRig" || first.ID != second.ID || !first.At.Equal(second.At) {
			t.Errorf("pushed with %s: %+v and %+v", lib, first, second)
		}
	}
}
