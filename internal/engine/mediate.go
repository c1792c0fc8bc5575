package engine

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// MediationTask is the kind of a mediator's task: to talk to those concerned.
const MediationTask = "mediation"

// mostParties bounds how many members of one card are told that it moved.
const mostParties = 20

// party is a member whom a dispute concerns, in the group where it arose.
type party struct {
	group community.GroupID
	id    community.IdentityID
	name  string
}

// mediate moves the dispute of a card to private talk (转移至私聊), or hands it to
// another mediator. No decision is made of it until it is said how the talk ended.
func (b *bench) mediate(ctx context.Context, r *casework.Review, rules *rules) (out RuledCard, err error) {
	if r.Talking() && r.Talk.Mediator == b.cmd.Staff {
		return out, community.Errorf(community.Conflict, "they mediate on card %d already", r.ID)
	}
	if err := b.impartial(ctx, r, b.cmd.Staff); err != nil {
		return out, err
	}
	words, before := caseWords(rules.set.Language), len(b.fx.actions)
	if !r.Talking() {
		concerned, err := b.parties(ctx, r)
		if err != nil {
			return out, err
		}
		for _, p := range concerned {
			text := strings.TrimPrefix(strings.ReplaceAll(words.Mediation, "{name}", p.name), "@ ") // nameless
			b.say(p.group, p.id, text, b.ev.LoggedAt)
		}
	}
	earlier := r.Talk
	talk := &casework.Mediation{Seq: b.ev.Seq, Mediator: b.cmd.Staff, OpenedBy: b.by, OpenedAt: b.ev.LoggedAt}
	r.ClaimedBy, r.ClaimedTil = 0, time.Time{}
	b.saveTalk(r, talk, func(tx *store.Tx) error {
		if earlier != nil && earlier.Outcome == "" {
			if err := b.closeTalkTask(tx, earlier.Seq, store.TaskDropped); err != nil {
				return err
			}
		}
		g, err := store.Group(ctx, tx, b.ev.Community, r.Group)
		if err != nil {
			return err
		}
		t := &store.Task{Community: b.ev.Community, ID: b.ev.Seq, Kind: MediationTask, Group: r.Group, Identity: r.Identity, Keeper: talk.Mediator,
			Link: fmt.Sprintf("/moderation/cards/%d", r.ID), OpenedAt: b.ev.LoggedAt, DueAt: b.ev.LoggedAt.Add(rules.set.AnswerWithin())}
		t.Action.Detail.Reason = words.MediationTask
		return b.e.openOwn(ctx, tx, t, g)
	})
	return RuledCard{ID: r.ID, State: r.State, Actions: len(b.fx.actions) - before}, nil
}

// impartial says why somebody cannot mediate: they decided it themselves.
func (b *bench) impartial(ctx context.Context, r *casework.Review, who community.StaffID) error {
	over := []int64{r.ID}
	if r.Kind == casework.Appeal {
		v, err := cases.Verdict(ctx, b.q, b.ev.Community, r.Verdict)
		if err != nil {
			return err
		}
		over = append(over, v.Review)
	}
	for _, card := range over {
		by, err := b.decidedBefore(ctx, card, who)
		if err != nil || by {
			return cmp.Or[error](err, community.Errorf(community.Forbidden, "the mediator is somebody else than who decided").WithHint("choose another colleague"))
		}
	}
	return nil
}

// parties are the members whom the dispute of a card concerns. Who reported
// something is not named in the group: the mediator writes to them.
func (b *bench) parties(ctx context.Context, r *casework.Review) (list []party, err error) {
	if r.Kind == casework.Report && r.Seq == 0 { // only who reported is known
		return nil, nil
	}
	verdicts, err := cases.VerdictsOf(ctx, b.q, b.ev.Community, r.ID, mostItems)
	if err != nil {
		return nil, err
	}
	seen := map[community.IdentityID]bool{}
	add := func(p party) {
		if p.id != 0 && !seen[p.id] && len(list) < mostParties {
			seen[p.id] = true
			list = append(list, p)
		}
	}
	for i := range verdicts {
		v := &verdicts[i]
		p := party{group: v.Group, id: v.Identity}
		if v.Body != nil {
			p.name = v.Body.Name
		}
		add(p)
	}
	own := party{group: r.Group, id: r.Identity}
	if r.Body != nil {
		own.name = r.Body.Name
	}
	add(own)
	return list, nil
}

// endTalk says how a talk ended. Settled, a card that waited is done without a
// penalty; otherwise it waits for a decision again.
func (b *bench) endTalk(r *casework.Review, rules *rules) (out RuledCard, err error) {
	switch {
	case !r.Talking():
		return out, community.Errorf(community.Conflict, "nobody mediates on card %d", r.ID)
	case r.Talk.Mediator != b.by:
		return out, community.Errorf(community.Forbidden, "the mediator says how the talk ended").WithHint("take it over first, or ask them")
	}
	talk := *r.Talk
	talk.Outcome, talk.EndedAt = b.cmd.What, b.ev.LoggedAt
	waits := r.State == casework.Open || r.State == casework.Asked
	switch {
	case waits && b.cmd.What == casework.Settled:
		r.State, r.DecidedBy, r.DecidedAt, r.Decision, r.RulingSeq, r.UndoUntil = casework.Decided, b.by, b.ev.LoggedAt, b.cmd.What, b.ev.Seq, time.Time{}
	case waits:
		r.DueAt = later(r.DueAt, b.ev.LoggedAt.Add(rules.pageAfter()))
	}
	r.ClaimedBy, r.ClaimedTil = 0, time.Time{}
	again := waits && r.State != casework.Decided && r.PagedAt.IsZero()
	b.saveTalk(r, &talk, func(tx *store.Tx) error {
		if again {
			if err := schedulePage(tx, b.ev, r); err != nil {
				return err
			}
		}
		return b.closeTalkTask(tx, talk.Seq, store.TaskDone)
	})
	return RuledCard{ID: r.ID, State: r.State}, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// saveTalk writes a step of a mediation: the card, who mediates, the line among the
// card's rulings, and the entry in the case log.
func (b *bench) saveTalk(r *casework.Review, talk *casework.Mediation, also func(*store.Tx) error) {
	ruling := &casework.Ruling{Review: r.ID, Seq: b.ev.Seq, At: b.ev.LoggedAt, Staff: b.by, What: b.cmd.What, Note: b.cmd.Note}
	b.fx.records = append(b.fx.records, func(tx *store.Tx) error {
		if err := b.keep(tx, r, b.cmd.What); err != nil {
			return err
		}
		if err := cases.SaveMediation(tx, b.ev.Community, r.ID, talk); err != nil {
			return err
		}
		if err := cases.AddRuling(tx, b.ev.Community, ruling); err != nil {
			return err
		}
		if err := recordPlain(tx, b.ev, MediationTask, r.ID, r.Identity, map[string]any{"card": r.ID, "what": b.cmd.What, "staff": b.by, "mediator": talk.Mediator,
			"opened_by": talk.OpenedBy, "opened_at": talk.OpenedAt.UnixMilli()}, b.cmd.Note); err != nil {
			return err
		}
		return also(tx)
	})
}

func (b *bench) closeTalkTask(tx *store.Tx, opened community.Seq, as store.TaskState) error {
	_, err := tx.CloseTask(b.ev.Community, ownTaskKey(MediationTask, opened), store.Closing{State: as, At: b.ev.LoggedAt, By: b.by, How: "person"})
	return err
}
