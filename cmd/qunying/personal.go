package main

import (
	"context"
	"encoding/json"
	"slices"
	"time"
	"unicode/utf8"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/engine"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
	"qunying/internal/moderation/read"
	"qunying/internal/store"
	"qunying/internal/store/cases"
	"qunying/internal/store/points"
)

// personal is the member's own page.
type personal struct{ *console }

func (c personal) Look(ctx context.Context, id community.ID, token string) (api.PersonalAnswer, error) {
	p, err := c.engine.OpenPass(id, token)
	if err != nil {
		return api.PersonalAnswer{}, err
	}
	return c.show(ctx, id, p)
}

func (c personal) Appeal(ctx context.Context, id community.ID, token, text string) (api.PersonalAnswer, error) {
	return c.do(ctx, id, token, community.AppealMake, text)
}

func (c personal) Report(ctx context.Context, id community.ID, token, text string) (api.PersonalAnswer, error) {
	a, err := c.do(ctx, id, token, community.ReportMake, text)
	a.Reported = err == nil
	return a, err
}

func (c personal) LinkOf(ctx context.Context, id community.ID, p community.PersonID, by community.StaffID) (a api.PersonalLink, err error) {
	var ids []community.IdentityID
	if err := c.db.Read(ctx, func(q store.Querier) error {
		s, err := newShown(ctx, q, id)
		if err != nil {
			return err
		}
		ids = s.identitiesOf(s.links.Person(community.IdentityID(p)))
		known, err := store.Identities(ctx, q, id, ids)
		if err == nil && len(known) == 0 {
			err = community.Errorf(community.NotFound, "there is no person %d", p)
		}
		return err
	}); err != nil {
		return a, err
	}
	link, until, err := c.engine.PrivateLink(ctx, id, ids, by)
	return api.PersonalLink{Link: link, Until: milli(until)}, err
}

func (c personal) Visit(ctx context.Context, address string) ([]byte, error) {
	return c.engine.Visit(ctx, address)
}

func (c personal) do(ctx context.Context, id community.ID, token string, kind community.Kind, text string) (api.PersonalAnswer, error) {
	p, err := c.engine.OpenPass(id, token)
	if err != nil {
		return api.PersonalAnswer{}, err
	}
	if _, err := c.engine.DoFor(ctx, id, p, kind, text); err != nil {
		return api.PersonalAnswer{}, err
	}
	return c.show(ctx, id, p)
}

// show puts together what a pass lets its member see.
func (c personal) show(ctx context.Context, id community.ID, p engine.Pass) (a api.PersonalAnswer, err error) {
	a = api.PersonalAnswer{State: "open", Language: "zh-CN", Zone: "Asia/Shanghai"}
	if !p.Until.After(c.now()) {
		a.State = "expired"
		return a, nil
	}
	err = c.db.Read(ctx, func(q store.Querier) error {
		s, err := newShown(ctx, q, id)
		if err != nil {
			return err
		}
		g, err := store.Group(ctx, q, id, p.Group)
		if err != nil && community.CodeOf(err) != community.NotFound {
			return err
		}
		if err == nil {
			a.Group, a.Zone = g.Name, g.Zone.String()
		}
		set, err := engine.ModerationOf(ctx, q, id, p.Group)
		if err != nil {
			return err
		}
		if set.Language != "" {
			a.Language = set.Language
		}
		if a.Name, err = s.name(p.Member); err != nil {
			return err
		}
		if p.Private { // others read a link that stands in a group
			if err := s.balance(p.Member, &a); err != nil {
				return err
			}
		}
		if p.Seq == 0 {
			return nil
		}
		v, err := engine.VerdictOfPass(ctx, q, id, p)
		if community.CodeOf(err) == community.NotFound {
			a.State = "gone"
			return nil
		}
		if err != nil {
			return err
		}
		return c.showCase(s, &v, set, &a)
	})
	return a, err
}

// balance says what points the person of an identity has.
func (s *shown) balance(id community.IdentityID, a *api.PersonalAnswer) (err error) {
	ids := s.identitiesOf(s.links.Person(id))
	if a.Points, err = points.Balance(s.ctx, s.q, s.c, ids); err != nil {
		return err
	}
	for _, is := range ids {
		list, err := points.Of(s.ctx, s.q, s.c, is, 1)
		if err != nil {
			return err
		}
		a.Ledger = a.Ledger || len(list) > 0
	}
	return nil
}

// showCase is the receipt in short form.
func (c personal) showCase(s *shown, v *casework.Verdict, set casework.Settings, a *api.PersonalAnswer) error {
	if v.Body == nil {
		a.State = "erased"
		return nil
	}
	var receipt casework.Receipt
	if err := json.Unmarshal([]byte(v.Body.Receipt), &receipt); err != nil {
		return err
	}
	rules, _, _, err := policyNow(s.ctx, s.q, s.c, v.Group)
	if err != nil {
		return err
	}
	k := shortOf(v, &receipt.Verdict)
	k.Days = int(rules.Strikes.Lasting() / (24 * time.Hour))
	felt, at, acts, waits := v.Stage == policy.Auto, v.LoggedAt, receipt.Verdict.Acts, v.AtOnce
	if v.Review != 0 {
		card, err := cases.Review(s.ctx, s.q, s.c, v.Review)
		if err != nil {
			return err
		}
		switch {
		case card.Decision == casework.Overturn:
			k.TakenBack = true
		case v.Stage != policy.Auto && card.State == casework.Decided:
			felt, at, waits = true, card.DecidedAt, false
			if len(acts) == 0 {
				acts = card.Acts
			}
			if card.Decision == casework.Change {
				if acts, err = s.changedTo(card.ID); err != nil {
					return err
				}
			}
		}
	}
	waits = waits && !k.TakenBack
	acts = happened(k, &receipt.Verdict, acts, waits)
	if felt = felt || waits; !felt && !k.TakenBack {
		a.State = "gone"
		return nil
	}
	for _, act := range acts {
		if done, shown := personalAct(act, at); shown && felt {
			k.Happened = append(k.Happened, done)
		}
	}
	if k.Appeal, err = c.appealOf(s, v, set, k); err != nil {
		return err
	}
	if waits {
		k.Appeal = api.PersonalAppeal{State: "none"} // there is nothing to appeal against yet
	}
	a.Case = k
	return nil
}

// happened are the acts that a member has felt: while people are still to decide, those
// that were done at once, and no strike counts.
func happened(k *api.PersonalCase, is *policy.Verdict, decided []policy.Act, waits bool) []policy.Act {
	if waits {
		k.Strike, k.Waits = 0, true
		return is.AtOnce
	}
	return slices.Concat(is.AtOnce, decided)
}

// doneByItself says that something was done about a verdict before anybody decided.
func doneByItself(v *api.VerdictView) bool {
	return v.Stage == string(policy.Auto) || v.Receipt != nil && len(v.Receipt.Verdict.AtOnce) > 0
}

// shortOf says what a verdict is about. Of somebody on the blocklist the name of
// the verdict is what staff noted there for themselves.
func shortOf(v *casework.Verdict, is *policy.Verdict) *api.PersonalCase {
	k := &api.PersonalCase{At: milli(v.At), About: "message", Said: []api.Piece{}, Strike: v.Strike, Happened: []api.PersonalAct{}}
	if is.Clause == engine.BlockClause {
		k.About = "blocklist"
		return k
	}
	if v.Body.MessageID == "" && v.Body.Text == v.Body.Name {
		k.About = "name"
	}
	k.Rule = is.Name
	k.Said = pieces(v.Body.Text, slices.DeleteFunc(slices.Clone(is.Reasons), func(r policy.Reason) bool {
		return k.About == "message" && r.Name == read.NameAdvert // its place is in the name
	}))
	return k
}

// changedTo is what a card was changed to by its last decision.
func (s *shown) changedTo(card int64) ([]policy.Act, error) {
	rulings, err := cases.Rulings(s.ctx, s.q, s.c, card)
	for _, is := range slices.Backward(rulings) {
		if is.What == casework.Change {
			return is.Acts, err
		}
	}
	return nil, err
}

// personalAct leaves out what is not done to the member.
func personalAct(a policy.Act, at time.Time) (api.PersonalAct, bool) {
	out := api.PersonalAct{Do: string(a.Do), Points: a.Points}
	switch a.Do {
	case policy.Mute, policy.MuteAll:
		if a.Minutes > 0 {
			out.Until = milli(at.Add(time.Duration(a.Minutes) * time.Minute))
		}
	case policy.Block:
		if a.Days > 0 {
			out.Until = milli(at.Add(time.Duration(a.Days) * 24 * time.Hour))
		}
	case policy.Page, policy.Notice:
		return out, false
	}
	return out, true
}

// appealOf is where the appeal against a verdict is.
func (c personal) appealOf(s *shown, v *casework.Verdict, set casework.Settings, k *api.PersonalCase) (a api.PersonalAppeal, err error) {
	list, err := cases.ReviewsOf(s.ctx, s.q, s.c, casework.Appeal, 0, v.ID)
	if err != nil {
		return a, err
	}
	until := v.LoggedAt.Add(set.AppealDays())
	switch {
	case len(list) > 0 && list[0].State != casework.Decided:
		a = api.PersonalAppeal{State: "open", DueAt: milli(list[0].DueAt)}
	case len(list) > 0 && list[0].Decision == casework.Grant:
		k.TakenBack = true
		a = api.PersonalAppeal{State: "granted", At: milli(list[0].DecidedAt)}
	case len(list) > 0:
		a = api.PersonalAppeal{State: "rejected", At: milli(list[0].DecidedAt)}
	case k.TakenBack:
		a.State = "none"
	case !until.After(c.now()):
		a.State = "late"
	default:
		a = api.PersonalAppeal{State: "possible", Until: milli(until)}
	}
	return a, nil
}

// pieces cuts what was said where something was found in it. Places that are none
// of the text, which a careless rule could name, are left out.
func pieces(text string, reasons []policy.Reason) []api.Piece {
	hit := make([]bool, len(text))
	for _, r := range reasons {
		for i := max(0, r.Start); i < min(r.End, len(text)); i++ {
			hit[i] = true
		}
	}
	out := []api.Piece{}
	for i := 0; i < len(text); {
		_, size := utf8.DecodeRuneInString(text[i:])
		if n := len(out); n > 0 && out[n-1].Hit == hit[i] {
			out[n-1].Text += text[i : i+size]
		} else {
			out = append(out, api.Piece{Text: text[i : i+size], Hit: hit[i]})
		}
		i += size
	}
	return out
}
