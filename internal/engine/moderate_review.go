package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/moderation/casebook"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// mostItems bounds how many messages of one card are dealt with at once.
const mostItems = 500

// Ruled is the answer to VerdictReview and VerdictClaim.
type Ruled struct {
	Cards []RuledCard `json:"cards"`
}

// RuledCard is where a card is after a command.
type RuledCard struct {
	ID        int64          `json:"id"`
	State     casework.State `json:"state"`
	Actions   int            `json:"actions"`              // that were queued
	Skipped   []policy.Act   `json:"skipped,omitempty"`    // what nobody can do there
	UndoUntil int64          `json:"undo_until,omitempty"` // ms
}

func caseOf(ev *community.Event) (*casework.Command, error) {
	var cmd casework.Command
	if err := json.Unmarshal([]byte(ev.Body.Data["case"]), &cmd); err != nil {
		return nil, &community.Error{Code: community.Invalid, Text: "the command cannot be read", Err: err}
	}
	return &cmd, cmd.Check(ev.Kind)
}

// caseCommand carries out what a person asks for in keeping order.
func (e *Engine) caseCommand(ctx context.Context, q store.Querier, d *decider, ev *community.Event, fx *effects) (any, error) {
	cmd, err := caseOf(ev)
	if err != nil {
		return nil, err
	}
	switch ev.Kind {
	case community.VerdictReview:
		return e.ruleOn(ctx, q, d, ev, cmd, fx)
	case community.VerdictClaim:
		return claim(ctx, q, ev, cmd, fx)
	case community.ListChange:
		return d.changeList(ctx, q, ev, cmd, fx)
	case community.AppealMake:
		return e.appeal(ctx, q, d, ev, cmd, fx)
	case community.ReportMake:
		return e.report(ctx, q, d, ev, cmd, fx)
	case community.StrikePardon:
		switch cmd.What {
		case casework.Amnesty:
			return d.amnesty(ev, cmd, fx)
		case casework.Undo:
			return d.undoAmnesty(ctx, q, ev, cmd, fx)
		}
		return d.pardon(ctx, q, ev, cmd, fx)
	}
	return d.writeDown(ctx, q, ev, cmd, fx)
}

// claim takes cards, so that nobody else decides them for a while, or lets them go.
func claim(ctx context.Context, q store.Querier, ev *community.Event, cmd *casework.Command, fx *effects) (any, error) {
	out, by := Ruled{}, staffOf(ev)
	for _, id := range cmd.Reviews {
		r, err := cases.Review(ctx, q, ev.Community, id)
		if err != nil {
			return nil, err
		}
		if holder := r.HeldBy(ev.LoggedAt); holder != 0 && holder != by {
			return nil, takenBy(&r)
		}
		r.ClaimedBy, r.ClaimedTil = by, ev.LoggedAt.Add(casework.ClaimLasts)
		if cmd.Release {
			r.ClaimedBy, r.ClaimedTil = 0, time.Time{}
		}
		fx.records = append(fx.records, func(tx *store.Tx) error { return cases.SaveReview(tx, ev.Community, &r) })
		out.Cards = append(out.Cards, RuledCard{ID: id, State: r.State})
	}
	return out, nil
}

func takenBy(r *casework.Review) error {
	return community.Errorf(community.Conflict, "somebody else is deciding card %d", r.ID).WithHint("wait until they have, or ask them to let it go")
}

// bench is a decision of one person over cards, on its way.
type bench struct {
	e    *Engine
	d    *decider
	ev   *community.Event
	q    store.Querier
	cmd  *casework.Command
	by   community.StaffID
	fx   *effects
	done map[string]bool // what was ordered, once for each member
}

// ruleOn decides cards.
func (e *Engine) ruleOn(ctx context.Context, q store.Querier, d *decider, ev *community.Event, cmd *casework.Command, fx *effects) (any, error) {
	b := &bench{e, d, ev, q, cmd, staffOf(ev), fx, map[string]bool{}}
	out := Ruled{}
	for _, id := range cmd.Reviews {
		r, err := cases.Review(ctx, q, ev.Community, id)
		if err != nil {
			return nil, err
		}
		if holder := r.HeldBy(ev.LoggedAt); holder != 0 && holder != b.by {
			return nil, takenBy(&r)
		}
		card, err := b.decide(ctx, &r)
		if err != nil {
			return nil, err
		}
		out.Cards = append(out.Cards, card)
	}
	return out, nil
}

// decide deals with one card.
func (b *bench) decide(ctx context.Context, r *casework.Review) (out RuledCard, err error) {
	rules, err := b.e.rulesIn(ctx, b.q, b.d, b.ev, r.Group)
	if err != nil {
		return out, err
	}
	switch b.cmd.What {
	case casework.Mediate:
		return b.mediate(ctx, r, rules)
	case casework.Settled, casework.Unsettled:
		return b.endTalk(r, rules)
	}
	if err := b.allowed(ctx, r); err != nil {
		return out, err
	}
	before := len(b.fx.actions)
	undo := b.ev.LoggedAt.Add(rules.set.UndoWithin())
	what, acts, label := b.cmd.What, r.Acts, b.cmd.Label
	if what == casework.Change {
		acts = b.cmd.Acts
	}
	if r.State == casework.Asked && what == casework.Accept {
		what = r.Decision // what the first person decided
	}
	imposes := r.Kind != casework.Acted && (r.Kind != casework.Uncertain || what == casework.Change) // "it is one" says nothing of what to do
	if (what == casework.Accept || what == casework.Change) && imposes && b.needsSecond(rules, r, acts) {
		first, err := b.trusted(ctx, r)
		if err != nil {
			return out, err
		}
		if first == 0 || first == b.by || what == casework.Change {
			r.State, r.DecidedBy, r.DecidedAt, r.Decision, r.Acts = casework.Asked, b.by, b.ev.LoggedAt, what, acts
			r.ClaimedBy, r.ClaimedTil = 0, time.Time{} // the second may look at once
			b.save(r, "asked/"+what, acts, "")
			return RuledCard{ID: r.ID, State: r.State}, nil
		}
	}
	switch what {
	case casework.Accept, casework.Change:
		label = cmp.Or(label, r.Category)
		if imposes {
			out.Skipped, err = b.impose(ctx, r, rules, what, acts, undo)
		}
	case casework.Overturn:
		label = casework.Fine
		err = b.overturn(ctx, r, rules, undo)
	case casework.Grant, casework.Reject:
		err = b.hear(ctx, r, rules, what, undo)
	case casework.Undo:
		return b.undo(ctx, r)
	case casework.Train:
		b.save(r, what, nil, label)
		return RuledCard{ID: r.ID, State: r.State}, nil
	}
	if err != nil {
		return out, err
	}
	r.State, r.DecidedBy, r.DecidedAt, r.Decision, r.RulingSeq, r.UndoUntil = casework.Decided, b.by, b.ev.LoggedAt, what, b.ev.Seq, undo
	r.ClaimedBy, r.ClaimedTil = 0, time.Time{}
	b.save(r, what, acts, label)
	out.ID, out.State, out.Actions, out.UndoUntil = r.ID, r.State, len(b.fx.actions)-before, undo.UnixMilli()
	return out, nil
}

// allowed says why a card cannot be decided so, now, by this person.
func (b *bench) allowed(ctx context.Context, r *casework.Review) error {
	what := b.cmd.What
	switch {
	case r.Talking() && what != casework.Train:
		return community.Errorf(community.Conflict, "card %d is being talked over with a mediator", r.ID).WithHint("say how the talk ended, then decide")
	case (r.Kind == casework.Appeal) != (what == casework.Grant || what == casework.Reject) && what != casework.Undo && what != casework.Train:
		return community.Errorf(community.Invalid, "an appeal is granted or rejected, and nothing else is").WithHint("choose one of these for the appeal")
	case what == casework.Undo && r.State == casework.Asked:
		if r.DecidedBy != b.by {
			return community.Errorf(community.Forbidden, "only who asked for a second person can withdraw it").WithHint("agree, or say that it is fine")
		}
	case what == casework.Undo && (r.State != casework.Decided || !r.UndoUntil.After(b.ev.LoggedAt)):
		return community.Errorf(community.Conflict, "it is too late to take the decision back").WithHint("overturn it")
	case r.State == casework.Decided && what != casework.Overturn && what != casework.Undo && what != casework.Train:
		return community.Errorf(community.Conflict, "card %d is decided already", r.ID).WithHint("overturn the decision if it was wrong")
	case r.State == casework.Decided && what == casework.Overturn && r.Decision == casework.Overturn:
		return community.Errorf(community.Conflict, "card %d is overturned already", r.ID)
	case r.State == casework.Asked && r.DecidedBy == b.by && what == casework.Accept:
		return community.Errorf(community.Conflict, "a second person has to agree").WithHint("ask a colleague")
	}
	if r.Kind != casework.Appeal || what == casework.Undo || what == casework.Train {
		return nil
	}
	v, err := cases.Verdict(ctx, b.q, b.ev.Community, r.Verdict)
	if err != nil {
		return err
	}
	if by, err := b.decidedBefore(ctx, v.Review, b.by); err != nil || by {
		return cmp.Or[error](err, community.Errorf(community.Forbidden, "an appeal is decided by somebody else than the first decision").WithHint("ask a colleague"))
	}
	return nil
}

// decidedBefore says that somebody decided over a card. Saying what a message was,
// and talking it over, are no decisions.
func (b *bench) decidedBefore(ctx context.Context, card int64, who community.StaffID) (bool, error) {
	if card == 0 {
		return false, nil
	}
	list, err := cases.Rulings(ctx, b.q, b.ev.Community, card)
	return slices.ContainsFunc(list, func(is casework.Ruling) bool {
		switch is.What {
		case casework.Train, casework.Mediate, casework.Settled, casework.Unsettled:
			return false
		}
		return is.Staff == who
	}), err
}

// needsSecond says that a second person has to agree (双人复核).
func (b *bench) needsSecond(r *rules, card *casework.Review, acts []policy.Act) bool {
	if card.State == casework.Asked && card.DecidedBy != b.by && b.cmd.What == casework.Accept {
		return false // this is the second
	}
	a := r.judge.Policy().Approval
	return a.Binds(acts) || a.Bulk && (len(b.cmd.Reviews) > 1 || card.Items > 1)
}

// trusted is who agreed to what a card proposes before it was there, because they let
// its clause act by itself; 0 where nobody did so with all that is on it.
func (b *bench) trusted(ctx context.Context, r *casework.Review) (first community.StaffID, err error) {
	list, err := cases.VerdictsOf(ctx, b.q, b.ev.Community, r.ID, mostItems)
	if err != nil || r.State != casework.Open || len(list) < r.Items {
		return 0, err
	}
	for i := range list {
		var receipt casework.Receipt
		if list[i].Body == nil || json.Unmarshal([]byte(list[i].Body.Receipt), &receipt) != nil {
			return 0, nil // erased
		}
		by := receipt.Verdict.First
		if by == 0 || first != 0 && by != first {
			return 0, nil
		}
		first = by
	}
	return first, nil
}

// save writes a card, what was decided over it, and the entry in the case log.
func (b *bench) save(r *casework.Review, what string, acts []policy.Act, label string) {
	ruling := &casework.Ruling{Review: r.ID, Seq: b.ev.Seq, At: b.ev.LoggedAt, Staff: b.by, What: what, Acts: acts, Label: label, Note: b.cmd.Note}
	kept := *r
	b.fx.records = append(b.fx.records, func(tx *store.Tx) error {
		if err := b.keep(tx, &kept, what); err != nil {
			return err
		}
		if err := cases.AddRuling(tx, b.ev.Community, ruling); err != nil {
			return err
		}
		if what == casework.Overturn || what == casework.Grant {
			if err := scheduleTrust(tx, b.ev, &kept); err != nil {
				return err
			}
		}
		envelope, err := casework.RulingEnvelope(ruling)
		if err != nil {
			return err
		}
		body := ""
		if ruling.Note != "" {
			if body, err = jsonText(map[string]string{"note": ruling.Note}); err != nil {
				return err
			}
		}
		return cases.Record(tx, b.ev.Community, casebook.Entry{Kind: "ruling", Ref: ruling.ID, Identity: kept.Identity, At: ruling.At, Envelope: envelope}, body)
	})
}

// keep writes a card, and ends the call to look at it once it is decided.
func (b *bench) keep(tx *store.Tx, r *casework.Review, what string) error {
	if err := cases.SaveReview(tx, b.ev.Community, r); err != nil {
		return err
	}
	for _, k := range b.d.docket.cards {
		if k.id == r.ID {
			k.open = r.State == casework.Open || r.State == casework.Done
		}
	}
	if r.State != casework.Decided {
		return nil
	}
	_, err := tx.CloseTask(b.ev.Community, pageKey(r.ID), store.Closing{State: store.TaskDone, At: b.ev.LoggedAt, By: b.by, How: "person", Proof: what})
	return err
}

// impose does what a card proposes, or something else instead, counts a strike and
// takes points for every member concerned: the same text in several groups is one
// breach.
func (b *bench) impose(ctx context.Context, r *casework.Review, rules *rules, what string, acts []policy.Act, due time.Time) (skipped []policy.Act, err error) {
	list, err := cases.VerdictsOf(ctx, b.q, b.ev.Community, r.ID, mostItems)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		if r.Seq == 0 { // a report that names no message
			return nil, nil
		}
		list = []casework.Verdict{b.reported(r, rules)}
	}
	struck, fined := map[community.IdentityID]bool{}, map[community.IdentityID]bool{}
	for i := range list {
		v := &list[i]
		g, err := store.Group(ctx, b.q, b.ev.Community, v.Group)
		if err != nil {
			return nil, err
		}
		o := b.orderOf(v, rules, due)
		o.link = b.e.verdictLink(b.d, b.ev.Community, &rules.set, v, b.ev.LoggedAt)
		does := acts
		if what == casework.Accept && o.verdict.Fired() && v.ID != 0 {
			if does = o.verdict.Acts; v.Clause != r.Clause { // it was a lesser offence in its group
				does = append(slices.DeleteFunc(slices.Clone(does), func(a policy.Act) bool {
					return a.Do != policy.Recall || slices.Contains(acts, a)
				}), acts...)
			}
		}
		possible := []policy.Act{}
		for _, a := range does {
			if b.e.possible(g, a) {
				possible = append(possible, a)
			} else if !slices.Contains(skipped, a) {
				skipped = append(skipped, a)
			}
		}
		if err := b.e.impose(o, possible); err != nil {
			return nil, err
		}
		counts := v.Strike > 0 || what == casework.Change && slices.ContainsFunc(does, func(a policy.Act) bool {
			return a.Do == policy.Warn || a.Do == policy.Mute || a.Do == policy.Remove
		})
		if v.ID == 0 {
			b.fx.records = append(b.fx.records, func(tx *store.Tx) error {
				if err := cases.AddVerdict(tx, b.ev.Community, v); err != nil {
					return err
				}
				return recordVerdict(tx, b.ev.Community, v)
			})
		}
		if !fined[v.Identity] {
			fined[v.Identity] = true
			b.fx.records = append(b.fx.records, func(tx *store.Tx) error { return fine(tx, b.ev, v, possible, b.by) })
		}
		if counts && !struck[v.Identity] {
			struck[v.Identity] = true
			b.fx.records = append(b.fx.records, func(tx *store.Tx) error {
				return b.d.strike(tx, b.ev.Community, casework.Strike{Identity: v.Identity, Group: v.Group, Verdict: v.ID, Delta: 1, At: b.ev.LoggedAt, CauseSeq: b.ev.Seq, Why: what})
			})
		}
	}
	return skipped, nil
}

// reported is the verdict that accepting a report makes of the message.
func (b *bench) reported(r *casework.Review, rules *rules) casework.Verdict {
	strike := b.d.strikesOf(b.d.links.Person(r.Identity), b.ev.LoggedAt.Add(-rules.judge.Policy().Strikes.Lasting())) + 1
	v := policy.Verdict{Clause: r.Clause, Name: caseWords(rules.set.Language).Report, Category: r.Category, Severity: r.Severity, Stage: policy.Suggest, Strike: strike, Acts: r.Acts}
	text, err := jsonText(casework.Receipt{Verdict: v})
	if err != nil {
		text = "{}"
	}
	made := casework.Verdict{Seq: r.Seq, At: b.ev.LoggedAt, LoggedAt: b.ev.LoggedAt, Group: r.Group, Identity: r.Identity, Clause: r.Clause, Category: r.Category,
		PolicyGroup: rules.owner.Group, PolicyVersion: rules.owner.Version, PolicySet: rules.owner.Set, Severity: r.Severity, Stage: policy.Suggest, Strike: strike, Review: r.ID}
	if r.Body != nil {
		made.Body = &casework.VerdictBody{Name: r.Body.Name, Text: r.Body.Text, MessageID: r.Body.MessageID, Receipt: text}
	}
	return made
}

// orderOf is what a decision orders about one verdict.
func (b *bench) orderOf(v *casework.Verdict, rules *rules, due time.Time) *order {
	o := &order{ev: b.ev, fx: b.fx, d: b.d, judge: rules.judge, group: v.Group, target: v.Identity, version: v.PolicyVersion, lang: rules.set.Language, by: b.by, due: due, done: b.done,
		verdict: policy.Verdict{Clause: v.Clause, Category: v.Category, Severity: v.Severity, Strike: v.Strike}}
	if v.Body != nil {
		o.name, o.message = v.Body.Name, v.Body.MessageID
		var receipt casework.Receipt
		if json.Unmarshal([]byte(v.Body.Receipt), &receipt) == nil {
			o.verdict = receipt.Verdict
			if slices.Contains(receipt.Verdict.AtOnce, policy.Act{Do: policy.Recall}) {
				o.once(policy.Recall, v.Group, v.Identity, o.message) // it is gone already
			}
		}
	}
	return o
}

// possible says that somebody can do an act in a group.
func (e *Engine) possible(g community.Group, a policy.Act) bool {
	kind, asks := a.Do.Action()
	if !asks {
		return true
	}
	can, served, known := e.caps(g, kind, false)
	return !served || !known || can != connector.Nobody
}

// rulesIn are the rules of a group as of a command.
func (e *Engine) rulesIn(ctx context.Context, q store.Querier, d *decider, ev *community.Event, g community.GroupID) (*rules, error) {
	if r := d.docket.rules[g]; r != nil && r.judge != nil {
		return r, nil
	}
	at := ev.Seq
	if d.today {
		at = 0
	}
	s, err := e.sourcesOf(ctx, q, ev.Community, g, at)
	if err != nil {
		return nil, err
	}
	r := e.rulesOf(ev.Community, g, s)
	if r == nil {
		return nil, community.Errorf(community.Invalid, "the rules of this group cannot be used").WithHint("look at the policy and save it again")
	}
	d.docket.rules[g] = r
	return r, nil
}

func jsonText(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}
