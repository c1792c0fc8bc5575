package engine

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// overturn takes back what a card brought about: strikes are given back, mutes
// lifted, blocks ended, and members told.
func (b *bench) overturn(ctx context.Context, r *casework.Review, rules *rules, due time.Time) error {
	list, err := cases.VerdictsOf(ctx, b.q, b.ev.Community, r.ID, mostItems)
	if err != nil {
		return err
	}
	causes := []community.Seq{}
	if r.RulingSeq != 0 {
		causes = append(causes, r.RulingSeq)
	}
	return b.takeBack(ctx, list, causes, rules, due)
}

// takeBack takes back what verdicts and decisions over them brought about.
func (b *bench) takeBack(ctx context.Context, list []casework.Verdict, causes []community.Seq, rules *rules, due time.Time) error {
	type member struct {
		group community.GroupID
		id    community.IdentityID
	}
	told, names := map[member]bool{}, map[community.IdentityID]string{}
	for _, v := range list {
		if v.Body != nil {
			names[v.Identity] = v.Body.Name
		}
		causes = append(causes, v.Seq)
		strikes, err := cases.StrikesFor(ctx, b.q, b.ev.Community, v.ID)
		if err != nil {
			return err
		}
		returned, err := b.returnFor(ctx, &v)
		if err != nil {
			return err
		}
		if returned {
			told[member{v.Group, v.Identity}] = true
		}
		for _, s := range strikes {
			told[member{v.Group, v.Identity}] = true
			s.Delta, s.At, s.CauseSeq, s.Why = -1, b.ev.LoggedAt, b.ev.Seq, casework.Overturn
			b.fx.records = append(b.fx.records, func(tx *store.Tx) error { return b.d.strike(tx, b.ev.Community, s) })
		}
	}
	slices.Sort(causes)
	concerns := func(o *store.Outgoing) bool { // a decision over several cards caused what is not of this one
		return slices.ContainsFunc(list, func(v casework.Verdict) bool {
			return v.Group == o.Group && (o.Target == v.Identity || o.Target == 0 && (len(o.Detail.Mentions) == 0 || slices.Contains(o.Detail.Mentions, v.Identity)))
		})
	}
	for _, seq := range slices.Compact(causes) {
		actions, err := store.OutboxByCause(ctx, b.q, b.ev.Community, seq)
		if err != nil {
			return err
		}
		for i := range actions {
			o := &actions[i]
			if o.Cause.Rule == ModerationRule && concerns(o) && b.reverse(o, due) && o.Target != 0 {
				told[member{o.Group, o.Target}] = true
			}
		}
		entries, err := cases.EntriesBy(ctx, b.q, b.ev.Community, seq)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			b.fx.records = append(b.fx.records, func(tx *store.Tx) error {
				_, err := b.d.unlist(ctx, tx, b.ev.Community, entry.ID, b.ev.LoggedAt, b.by)
				return err
			})
		}
	}
	for _, v := range list { // in their order, so that the same command gives the same actions
		k := member{v.Group, v.Identity}
		if !told[k] {
			continue
		}
		told[k] = false
		b.say(v.Group, v.Identity, policy.Overturned(names[v.Identity], rules.set.Language), due)
	}
	return nil
}

// reverse cancels an action that has not begun, and undoes one that can be undone.
// It reports whether the member has felt something.
func (b *bench) reverse(o *store.Outgoing, due time.Time) bool {
	switch o.State {
	case store.Cancelled, store.Failed, store.Expired, store.Suggested:
		return false
	case store.Queued, store.Handed:
		b.fx.records = append(b.fx.records, func(tx *store.Tx) error {
			_, err := cancelOne(tx, b.ev, o)
			return err
		})
		return false
	}
	back := community.Action{Community: b.ev.Community, Group: o.Group, Class: community.Moderation, Target: o.Target, DueAt: due, ExpiresAt: due.Add(24 * time.Hour),
		Cause: community.Cause{Seq: b.ev.Seq, Rule: ModerationRule}, Detail: community.Detail{Reason: casework.Overturn, By: b.by}}
	switch o.Kind {
	case community.Mute:
		if o.Until.After(b.ev.LoggedAt) {
			back.Kind = community.Mute
			b.fx.order(b.ev, back)
		}
		return true
	case community.MuteAll:
		if o.Until.IsZero() || o.Until.After(b.ev.LoggedAt) {
			back.Kind = community.MuteAll
			b.fx.order(b.ev, back)
		}
		return false
	case community.Remove:
		back.Kind = community.Invite
		b.fx.order(b.ev, back)
		return true
	}
	return o.Kind == community.Recall
}

// say tells a member something in their group.
func (b *bench) say(g community.GroupID, to community.IdentityID, text string, due time.Time) {
	b.fx.order(b.ev, community.Action{Community: b.ev.Community, Group: g, Kind: community.Send, Class: community.Moderation, Text: text, DueAt: due,
		ExpiresAt: due.Add(staleAfter(community.Moderation)), Cause: community.Cause{Seq: b.ev.Seq, Rule: ModerationRule},
		Detail: community.Detail{Mentions: []community.IdentityID{to}, By: b.by}})
}

// hear decides an appeal.
func (b *bench) hear(ctx context.Context, r *casework.Review, rules *rules, what string, due time.Time) error {
	v, err := cases.Verdict(ctx, b.q, b.ev.Community, r.Verdict)
	if err != nil {
		return err
	}
	if what == casework.Reject {
		name := ""
		if v.Body != nil {
			name = v.Body.Name
		}
		b.say(v.Group, v.Identity, strings.ReplaceAll(caseWords(rules.set.Language).AppealRejected, "{name}", name), due)
		return nil
	}
	var causes []community.Seq
	if v.Review != 0 {
		of, err := cases.Review(ctx, b.q, b.ev.Community, v.Review)
		if err != nil {
			return err
		}
		if of.RulingSeq != 0 {
			causes = append(causes, of.RulingSeq)
		}
	}
	return b.takeBack(ctx, []casework.Verdict{v}, causes, rules, due)
}

// undo takes a decision back of which nothing has been done yet, at any time one that
// waits for a second person.
func (b *bench) undo(ctx context.Context, r *casework.Review) (out RuledCard, err error) {
	if r.State == casework.Asked {
		if r.Acts, err = b.proposed(ctx, r); err != nil {
			return out, err
		}
		return b.reopen(r, "asked/"+casework.Undo), nil
	}
	actions, err := store.OutboxByCause(ctx, b.q, b.ev.Community, r.RulingSeq)
	if err != nil {
		return out, err
	}
	for i := range actions {
		o := &actions[i]
		switch o.State {
		case store.Cancelled:
		case store.Queued, store.Suggested:
			b.fx.records = append(b.fx.records, func(tx *store.Tx) error {
				_, err := cancelOne(tx, b.ev, o)
				return err
			})
		default:
			return out, community.Errorf(community.Conflict, "it is too late: something has been done already").WithHint("overturn the decision")
		}
	}
	strikes, err := cases.StrikesCausedBy(ctx, b.q, b.ev.Community, r.RulingSeq)
	if err != nil {
		return out, err
	}
	for _, s := range strikes {
		s.Delta, s.At, s.CauseSeq, s.Why = -s.Delta, b.ev.LoggedAt, b.ev.Seq, casework.Undo
		b.fx.records = append(b.fx.records, func(tx *store.Tx) error { return b.d.strike(tx, b.ev.Community, s) })
	}
	if err := b.undoPoints(ctx, r); err != nil {
		return out, err
	}
	entries, err := cases.EntriesBy(ctx, b.q, b.ev.Community, r.RulingSeq)
	if err != nil {
		return out, err
	}
	for _, entry := range entries {
		b.fx.records = append(b.fx.records, func(tx *store.Tx) error {
			_, err := b.d.unlist(ctx, tx, b.ev.Community, entry.ID, b.ev.LoggedAt, b.by)
			return err
		})
	}
	return b.reopen(r, casework.Undo), nil
}

// reopen leaves a card as if nobody had decided.
func (b *bench) reopen(r *casework.Review, what string) RuledCard {
	r.State = casework.Open
	if r.Kind == casework.Acted {
		r.State = casework.Done
	}
	r.DecidedBy, r.DecidedAt, r.Decision, r.UndoUntil, r.RulingSeq = 0, time.Time{}, "", time.Time{}, 0
	b.save(r, what, nil, "")
	return RuledCard{ID: r.ID, State: r.State}
}

// proposed is what a card proposed before somebody asked for something else; what they
// asked for where that was erased.
func (b *bench) proposed(ctx context.Context, r *casework.Review) (acts []policy.Act, err error) {
	if r.Kind == casework.Report {
		return reportActs(), nil
	}
	list, err := cases.VerdictsOf(ctx, b.q, b.ev.Community, r.ID, mostItems)
	if err != nil {
		return nil, err
	}
	for i := range list {
		var receipt casework.Receipt
		if list[i].Body == nil || json.Unmarshal([]byte(list[i].Body.Receipt), &receipt) != nil {
			return r.Acts, nil
		}
		if i == 0 || list[i].Strike > 0 && len(receipt.Verdict.Acts) > len(acts) { // as they came onto it
			acts = receipt.Verdict.Acts
		}
	}
	return acts, nil
}

// pardon forgives all strikes of a member (amnesty).
func (d *decider) pardon(ctx context.Context, q store.Querier, ev *community.Event, cmd *casework.Command, fx *effects) (any, error) {
	n := 0
	for _, id := range d.identitiesOf(d.links.Person(cmd.Member)) {
		for _, s := range d.docket.strikes[id] {
			n++
			s.Delta, s.At, s.CauseSeq, s.Why = -1, ev.LoggedAt, ev.Seq, "pardon"
			fx.records = append(fx.records, func(tx *store.Tx) error { return d.strike(tx, ev.Community, s) })
		}
	}
	if n > 0 {
		fx.records = append(fx.records, func(tx *store.Tx) error {
			return recordPlain(tx, ev, "pardon", int64(ev.Seq), cmd.Member, map[string]any{"staff": staffOf(ev), "member": cmd.Member, "strikes": n}, cmd.Note)
		})
	}
	return Pardoned{n}, nil
}

// Pardoned is the answer to StrikePardon.
type Pardoned struct {
	Strikes int `json:"strikes"`
}

// writeDown keeps a note about a member.
func (d *decider) writeDown(ctx context.Context, q store.Querier, ev *community.Event, cmd *casework.Command, fx *effects) (any, error) {
	known, err := store.Identities(ctx, q, ev.Community, []community.IdentityID{cmd.Member})
	if err != nil {
		return nil, err
	}
	if _, ok := known[cmd.Member]; !ok {
		return nil, community.Errorf(community.NotFound, "there is no identity %d", cmd.Member)
	}
	note := &casework.Note{Identity: cmd.Member, Staff: staffOf(ev), At: ev.LoggedAt, Text: cmd.Note}
	fx.records = append(fx.records, func(tx *store.Tx) error { return cases.AddNote(tx, ev.Community, note) })
	return struct{}{}, nil
}
