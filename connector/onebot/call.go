package onebot

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
)

// do carries out an action. After an *connector.Uncertain nobody knows whether it
// was done.
func (a *account) do(ctx context.Context, action string, params map[string]any, into any) error {
	ctx, cancel := context.WithTimeout(ctx, a.driver.Patience)
	defer cancel()
	q := request{Action: action, Params: params}
	a.mu.Lock()
	s, run := a.links["calls"], a.run
	if a.set.Version == "12" && a.set.SelfID != "" && a.platform != "" {
		q.Self = &self12out{Platform: a.platform, UserID: a.set.SelfID}
	}
	a.mu.Unlock()
	var got answer
	var err error
	switch {
	case a.set.Mode == overHTTP:
		got, err = a.post(ctx, q)
	case run == nil || s == nil:
		return errNotConnected()
	default:
		got, err = s.call(ctx, q)
	}
	return a.read(q.Action, got, err, into)
}

func (a *account) read(action string, got answer, err error, into any) error {
	var data json.RawMessage
	if err == nil {
		data, err = got.result(a.dialect)
	}
	if community.CodeOf(err) == community.Unsupported && err != nil {
		a.rooms.lacks(action)
	}
	if err != nil || into == nil || len(data) == 0 || string(data) == "null" {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return connector.Because(connector.Garbled, community.Errorf(community.Internal, "what the implementation answered to %s cannot be read", action))
	}
	return nil
}

// learnFrom is do for what changes nothing: there is no doubt about outcomes.
func (a *account) learnFrom(ctx context.Context, action string, params map[string]any, into any) error {
	err := a.do(ctx, action, params, into)
	var u *connector.Uncertain
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// post carries an action over HTTP.
func (a *account) post(ctx context.Context, q request) (answer, error) {
	header := http.Header{}
	if a.set.Token != "" {
		header.Set("Authorization", "Bearer "+a.set.Token)
	}
	address, body := wire.Join(a.set.API, q.Action), any(q.Params)
	if a.set.Version == "12" {
		address, body = wire.Join(a.set.API), q
	} else if q.Params == nil {
		body = map[string]any{}
	}
	res, err := wire.Post(ctx, a.client, address, header, body)
	if err != nil {
		return answer{}, err
	}
	if res.Status != http.StatusOK {
		return answer{}, ofStatus(res.Status, "")
	}
	var got answer
	if err := json.Unmarshal(res.Body, &got); err != nil || got.Status == "" && got.Retcode == "" {
		return answer{}, uncertain("what answers there does not speak OneBot")
	}
	return got, nil
}

// pollEvery is how often an implementation that cannot be connected to is asked
// how it is.
const pollEvery = 20 * time.Second

// poll follows an implementation over HTTP.
func (a *account) poll(r *run) {
	t := time.NewTicker(pollEvery)
	defer t.Stop()
	greeted := false
	for {
		var status struct {
			Online *bool `json:"online"`
			Good   *bool `json:"good"`
			Bots   []struct {
				Self   self12 `json:"self"`
				Online bool   `json:"online"`
			} `json:"bots"`
		}
		err := a.learnFrom(r.ctx, "get_status", nil, &status)
		if r.ctx.Err() != nil {
			return
		}
		if c := community.CodeOf(err); err != nil && c != community.Unsupported {
			a.health.link(false, false, err)
			greeted = false
		} else {
			a.health.hear()
			a.health.link(true, true, nil)
			online := status.Online == nil || *status.Online
			for _, b := range status.Bots {
				if string(b.Self.UserID) == a.selfID() {
					online = b.Online
				}
			}
			a.health.status(online, status.Good == nil || *status.Good)
			if !greeted {
				greeted = true
				r.wants(lookup{greet: true})
			}
		}
		select {
		case <-r.ctx.Done():
			return
		case <-t.C:
		}
	}
}
