package engine

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// listDue is the kind of due row that ends a line of a list.
const listDue = "list-end"

// BlockClause is what verdicts name as their clause that follow from the
// blocklist alone.
const BlockClause = "blocklist"

// listed finds the line of a list that concerns somebody in a group, nil if none
// does.
func (d *decider) listed(which string, g community.GroupID, p community.PersonID, name string, now time.Time) *casework.ListEntry {
	for i := range d.docket.lists {
		e := &d.docket.lists[i]
		if e.List != which || e.Group != 0 && e.Group != g || !e.ExpiresAt.IsZero() && !e.ExpiresAt.After(now) {
			continue
		}
		if e.Identity != 0 && d.links.Person(e.Identity) == p || e.Pattern != "" && strings.Contains(strings.ToLower(name), strings.ToLower(e.Pattern)) {
			return e
		}
	}
	return nil
}

// rejoined notes when somebody came, and shows blocked members the door again.
func (e *Engine) rejoined(ctx context.Context, q store.Querier, d *decider, ev *community.Event, fx *effects) error {
	if ev.Identity == 0 {
		return nil
	}
	if m := d.docket.members[cases.Seat{Group: ev.Group, Identity: ev.Identity}]; m != nil {
		m.joined = ev.At
	}
	person := d.links.Person(ev.Identity)
	d.docket.watch.Join(ev.At, ev.Group, person)
	fx.records = append(fx.records, func(tx *store.Tx) error { return cases.Joined(tx, ev.Community, ev.Group, ev.Identity, ev.At) })
	name := ""
	if ev.Body != nil {
		name = ev.Body.Name
	}
	line := d.listed(casework.Block, ev.Group, person, name, ev.LoggedAt)
	if line == nil || ev.Origin != community.Live || d.listed(casework.Allow, ev.Group, person, name, ev.LoggedAt) != nil {
		return nil
	}
	if staff, err := d.isStaff(ctx, q, ev); staff || err != nil {
		return err
	}
	r := d.docket.rules[ev.Group]
	v := policy.Verdict{Clause: BlockClause, Name: line.Reason, Category: BlockClause, Severity: policy.Serious, Stage: policy.Auto,
		Acts: []policy.Act{{Do: policy.Remove}}, Reasons: []policy.Reason{{Kind: "member", Name: "member.blocked", Text: line.Pattern}}}
	if r.off() {
		return nil
	}
	g, err := store.Group(ctx, q, ev.Community, ev.Group)
	if err != nil {
		return err
	}
	m := messageOf(ev)
	reading := r.reader.Read(m)
	gist, _ := gistOf(&reading)
	if r.set.Stopped {
		v = v.Lower("stopped")
	}
	c := &conclusion{d: d, ev: ev, rules: r, judge: r.judge, group: g, reading: &reading, verdict: v, gist: gist,
		facts: policy.Facts{Now: ev.At.In(g.Zone), Member: policy.Member{Blocked: true, Hours: 0}}}
	return e.conclude(ctx, q, c, fx)
}

// changeList puts somebody on a list, or takes them off it.
func (d *decider) changeList(ctx context.Context, q store.Querier, ev *community.Event, cmd *casework.Command, fx *effects) (any, error) {
	if cmd.Entry != 0 {
		if _, err := cases.EntryByID(ctx, q, ev.Community, cmd.Entry); err != nil {
			return nil, err
		}
		fx.finish = func(tx *store.Tx) (any, error) {
			_, err := d.unlist(ctx, tx, ev.Community, cmd.Entry, ev.LoggedAt, staffOf(ev))
			return Listed{cmd.Entry}, err
		}
		return nil, nil
	}
	if cmd.Member != 0 {
		known, err := store.Identities(ctx, q, ev.Community, []community.IdentityID{cmd.Member})
		if err != nil {
			return nil, err
		}
		if _, ok := known[cmd.Member]; !ok {
			return nil, community.Errorf(community.NotFound, "there is no identity %d", cmd.Member)
		}
	}
	if ev.Group != 0 {
		if _, err := store.Group(ctx, q, ev.Community, ev.Group); err != nil {
			return nil, err
		}
	}
	entry := &casework.ListEntry{List: cmd.List, Identity: cmd.Member, Pattern: cmd.Pattern, Group: ev.Group, Reason: cmd.Note, Staff: staffOf(ev), Seq: ev.Seq, At: ev.LoggedAt}
	if cmd.Days > 0 {
		entry.ExpiresAt = ev.LoggedAt.Add(time.Duration(cmd.Days) * 24 * time.Hour)
	}
	fx.finish = func(tx *store.Tx) (any, error) {
		for _, is := range d.docket.lists { // the same again lasts as long as the later one says
			if is.List == entry.List && is.Identity == entry.Identity && is.Pattern == entry.Pattern && is.Group == entry.Group {
				if _, err := d.unlist(ctx, tx, ev.Community, is.ID, ev.LoggedAt, entry.Staff); err != nil {
					return nil, err
				}
				break
			}
		}
		err := d.list(tx, ev.Community, entry)
		return Listed{entry.ID}, err
	}
	return nil, nil
}

// Listed is the answer to ListChange.
type Listed struct {
	Entry int64 `json:"entry"`
}

// expire ends a line of a list whose time is over.
func (d *decider) expire(ctx context.Context, ev *community.Event, due store.Due, fx *effects) error {
	var id int64
	if err := json.Unmarshal([]byte(due.Data), &id); err != nil {
		return err
	}
	fx.records = append(fx.records, func(tx *store.Tx) error {
		_, err := d.unlist(ctx, tx, ev.Community, id, ev.LoggedAt, 0)
		return err
	})
	return nil
}
