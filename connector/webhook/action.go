package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
	"qunying/connector/wire/signed"
)

// Capabilities are what the settings say, in every group.
func (a *account) Capabilities(string) connector.Capabilities {
	can := func(what string) connector.Can {
		switch {
		case slices.Contains(a.set.Can, what):
			return connector.Machine
		case slices.Contains(a.set.People, what):
			return connector.Human
		}
		return connector.Nobody
	}
	kind := func(k community.ActionKind) connector.Can { return can(string(k)) }
	return connector.Capabilities{Read: connector.Machine, Joins: connector.Machine, Members: can(listMembers), Send: kind(community.Send),
		Recall: kind(community.Recall), RecallOwn: kind(community.Recall), Mute: kind(community.Mute), MuteAll: kind(community.MuteAll), Remove: kind(community.Remove),
		Announce: kind(community.Announce), Rename: kind(community.Rename), Invite: kind(community.Invite), Approve: kind(community.Approve),
		Backfill: connector.Nobody, Deduplicates: true}
}

// request is what goes out.
type request struct {
	Kind       string           `json:"kind"`
	Key        string           `json:"key,omitempty"`
	Group      string           `json:"group,omitempty"`
	Direct     bool             `json:"direct,omitempty"`
	Member     string           `json:"member,omitempty"`
	Message    string           `json:"message,omitempty"`
	Text       string           `json:"text,omitempty"`
	Parts      []community.Part `json:"parts,omitempty"`
	Mentions   []outMember      `json:"mentions,omitempty"`
	MentionAll bool             `json:"mention_all,omitempty"`
	ReplyTo    string           `json:"reply_to,omitempty"`
	Until      string           `json:"until,omitempty"` // RFC 3339; absent lifts a mute
}

type outMember struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// done is what the receiver may answer.
type done struct {
	MessageID string          `json:"message_id"`
	At        json.RawMessage `json:"at"`
	Members   []member        `json:"members"`
	Groups    []struct {
		ID      string `json:"id"`
		Name    string `json:"name"`
		Members int    `json:"members"`
		Owner   member `json:"owner"`
	} `json:"groups"`
}

// act posts an action under its key. ability is what the settings must name.
func (a *account) act(ctx context.Context, kind community.ActionKind, ability community.ActionKind, x connector.Action) (done, error) {
	if !slices.Contains(a.set.Can, string(ability)) {
		return done{}, connector.Because(connector.NotOffered, community.Errorf(community.Unsupported, "the receiver does not carry out %s", kind).WithHint("name it in the account's settings where it does"))
	}
	q := request{Kind: string(kind), Key: x.Key.String(), Group: x.Group, Direct: x.Direct, Member: x.Member, Message: x.Message, Text: x.Text,
		Parts: x.Parts, MentionAll: x.MentionAll, ReplyTo: x.ReplyTo}
	for _, m := range x.Mentions {
		q.Mentions = append(q.Mentions, outMember(m))
	}
	if !x.Until.IsZero() {
		q.Until = x.Until.UTC().Format(time.RFC3339)
	}
	return a.post(ctx, q)
}

// post sends a signed request and reads the outcome.
func (a *account) post(ctx context.Context, q request) (done, error) {
	body, err := json.Marshal(q)
	if err != nil {
		return done{}, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.set.URL, bytes.NewReader(body))
	if err != nil {
		return done{}, community.Errorf(community.Invalid, "url cannot be read")
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Qunying")
	if q.Key != "" {
		r.Header.Set("Idempotency-Key", q.Key)
	}
	signed.Sign(r.Header, body, a.now(), a.set.OutSecret)
	res, err := wire.Do(a.client, r)
	if err != nil {
		return done{}, err
	}
	var d done
	if s := res.Status; s >= 200 && s < 300 || s == http.StatusConflict { // 409: done under that key before
		if len(bytes.TrimSpace(res.Body)) > 0 && json.Unmarshal(res.Body, &d) != nil {
			d = done{} // it was done, whatever it said
		}
		return d, nil
	}
	return done{}, refused(res)
}

// refused is what an answer's status means.
func refused(res wire.Answer) error {
	var p problem
	_ = json.Unmarshal(res.Body, &p) // it may say why
	said := clip(p.Text, 200)
	fail := func(reason string, code community.Code, text, hint string) error {
		if said != "" {
			text += ": " + said
		}
		return connector.Quoting(said, connector.Because(reason, &community.Error{Code: code, Text: text, Hint: hint}))
	}
	switch s := res.Status; {
	case s == http.StatusTooManyRequests, s == http.StatusServiceUnavailable:
		return fail(connector.Busy, community.Unavailable, "the receiver is busy", "")
	case s >= 500 && s != http.StatusNotImplemented:
		return &connector.Uncertain{Err: fail("broke", community.Unavailable, "the receiver failed", "")}
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		return fail("refused", community.Forbidden, "the receiver refuses", "look whether it knows out_secret, and at both clocks")
	case s == http.StatusNotFound, s == http.StatusGone:
		return fail(string(community.NotFound), community.NotFound, "the receiver knows nothing of it", "")
	case s == http.StatusNotImplemented, s == http.StatusMethodNotAllowed:
		return fail(connector.NotOffered, community.Unsupported, "the receiver cannot do it", "")
	case s >= 300 && s < 400:
		return fail("elsewhere", community.Invalid, "the receiver sends us elsewhere", "enter the address that it names: redirects are not followed")
	}
	return fail(connector.Declined, community.Invalid, "the receiver does not understand it", "")
}

// Send posts a message.
func (a *account) Send(ctx context.Context, x connector.Action) (connector.Receipt, error) {
	d, err := a.act(ctx, community.Send, community.Send, x)
	if err != nil {
		return connector.Receipt{}, err
	}
	var at moment
	if len(d.At) > 0 && at.UnmarshalJSON(d.At) != nil {
		at = moment{}
	}
	return connector.Receipt{MessageID: clip(d.MessageID, mostID), At: at.Time}, nil
}

// do is act for what has no receipt.
func (a *account) do(ctx context.Context, kind, ability community.ActionKind, x connector.Action) error {
	_, err := a.act(ctx, kind, ability, x)
	return err
}

// Recall takes a message back.
func (a *account) Recall(ctx context.Context, x connector.Action) error {
	return a.do(ctx, community.Recall, community.Recall, x)
}

// Mute silences a member, or everybody.
func (a *account) Mute(ctx context.Context, x connector.Action) error {
	kind := community.Mute
	if x.Member == "" {
		kind = community.MuteAll
	}
	return a.do(ctx, kind, kind, x)
}

// Remove puts a member out.
func (a *account) Remove(ctx context.Context, x connector.Action) error {
	return a.do(ctx, community.Remove, community.Remove, x)
}

// Announce sets the announcement.
func (a *account) Announce(ctx context.Context, x connector.Action) error {
	return a.do(ctx, community.Announce, community.Announce, x)
}

// Rename gives the group another name.
func (a *account) Rename(ctx context.Context, x connector.Action) error {
	return a.do(ctx, community.Rename, community.Rename, x)
}

// Invite brings somebody in.
func (a *account) Invite(ctx context.Context, x connector.Action) error {
	return a.do(ctx, community.Invite, community.Invite, x)
}

// Answer lets somebody in, or not.
func (a *account) Answer(ctx context.Context, x connector.Action, yes bool) error {
	if yes {
		return a.do(ctx, community.Approve, community.Approve, x)
	}
	return a.do(ctx, community.Refuse, community.Approve, x)
}

// ask posts what changes nothing: there is no doubt about outcomes.
func (a *account) ask(ctx context.Context, what, group string) (done, error) {
	if !slices.Contains(a.set.Can, what) {
		return done{}, community.Errorf(community.Unsupported, "the receiver does not list %s", what)
	}
	d, err := a.post(ctx, request{Kind: what, Group: group})
	var u *connector.Uncertain
	if errors.As(err, &u) {
		return d, u.Err
	}
	return d, err
}

// Members lists a group.
func (a *account) Members(ctx context.Context, group string) ([]connector.Member, error) {
	d, err := a.ask(ctx, listMembers, group)
	if err != nil {
		return nil, err
	}
	return members(d.Members), nil
}

// Groups lists what the account is in.
func (a *account) Groups(ctx context.Context) ([]connector.Group, error) {
	d, err := a.ask(ctx, listGroups, "")
	if err != nil {
		return nil, err
	}
	out := make([]connector.Group, 0, len(d.Groups))
	for _, g := range d.Groups {
		if g.ID != "" {
			out = append(out, connector.Group{ID: g.ID, Name: g.Name, Members: g.Members, Owner: connector.Member(g.Owner)})
		}
	}
	return out, nil
}

// Probe looks whether something has come, and pings the receiver.
func (a *account) Probe(ctx context.Context) []connector.Finding {
	f := connector.Finding{Check: "callback", OK: a.heard.Load()}
	if !f.OK {
		f.Code = "waiting"
	}
	found := []connector.Finding{f}
	if a.set.URL == "" {
		return found
	}
	_, err := a.post(ctx, request{Kind: "ping"})
	f = connector.Finding{Check: "address", OK: err == nil}
	if err != nil {
		f.Detail = clip(err.Error(), 300)
		f.Code = map[community.Code]string{community.Forbidden: "refused", community.Unavailable: "unreachable"}[community.CodeOf(err)]
		if strings.Contains(f.Detail, "private network") {
			f.Code = "private"
		}
		if f.Code == "" {
			f.Code = "failed"
		}
	}
	return append(found, f)
}
