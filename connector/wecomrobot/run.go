package wecomrobot

import (
	"context"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
)

var (
	_ connector.Connector = (*robot)(nil)
	_ connector.Lister    = (*robot)(nil)
	_ connector.Prober    = (*robot)(nil)
)

// Run has nothing to listen to. It tells that the robot can be used, and when a
// message shows that it can no longer, or can again.
func (r *robot) Run(ctx context.Context, emit connector.Emit) error {
	state, code := connector.State(""), community.Code("")
	tell := func(s connector.State, why error) error {
		c := community.Code("")
		if why != nil {
			c = community.CodeOf(why)
		}
		if s == state && c == code {
			return nil
		}
		state, code = s, c
		return wire.Store(ctx, emit, connector.Changed(s, r.now(), zeroTime, why))
	}
	err := tell(connector.Online, nil)
	for err == nil {
		select {
		case <-ctx.Done():
			return nil
		case m := <-r.states:
			if m.failure != nil {
				err = tell(connector.Offline, m.failure)
			} else {
				err = tell(connector.Online, nil)
			}
		}
	}
	if ctx.Err() != nil {
		err = nil // it only ended
	}
	return err
}

// met is what a message met: a failure that concerns the robot, or nil.
type met struct{ failure error }

// note keeps what a message met for Run; only the latest counts.
func (r *robot) note(why error) {
	for {
		select {
		case r.states <- met{why}:
			return
		default:
		}
		select {
		case <-r.states:
		default:
		}
	}
}

// Capabilities of the robot's group: it writes. What people can do in WeCom
// itself is left to them; nobody recalls what a robot said, and whom a robot
// cannot see it cannot name.
func (r *robot) Capabilities(group string) connector.Capabilities {
	if group != r.group {
		return connector.Capabilities{}
	}
	h, n := connector.Human, connector.Nobody
	return connector.Capabilities{Send: connector.Machine, Remove: h, Announce: h, Rename: h, Invite: h,
		Read: n, Joins: n, Members: n, Recall: n, RecallOwn: n, Mute: n, MuteAll: n, Approve: n, Backfill: n, SendsPerMin: perMinute}
}

// Groups is the one group.
func (r *robot) Groups(context.Context) ([]connector.Group, error) {
	return []connector.Group{{ID: r.group, Name: r.title}}, nil
}

// Probe sends a message without content, which the platform refuses: with one
// code if it knows the robot and with another if it does not. Nothing appears in
// the group.
func (r *robot) Probe(ctx context.Context) []connector.Finding {
	a, err := r.post(ctx, message{"msgtype": "text", "text": message{"content": ""}})
	if err != nil {
		return []connector.Finding{{Check: "address", Code: connector.Unanswered(err), Detail: r.words(err.Error())}}
	}
	found := []connector.Finding{{Check: "address", OK: true}}
	switch a.Code {
	case codeEmpty, codeOK, codeTooOften, codeBusy:
		return append(found, connector.Finding{Check: "sign_in", OK: true})
	case codeNoRobot, codeRemoved:
		return append(found, connector.Finding{Check: "sign_in", Code: "refused", Detail: r.words(a.Text)})
	}
	return append(found, connector.Finding{Check: "sign_in", Code: a.name(), Detail: r.words(a.Text)})
}
