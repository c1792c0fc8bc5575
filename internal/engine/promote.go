package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"time"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/measure"
	"qunying/internal/moderation/policy"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// ClauseTrust is what people's decisions say of a clause in force.
type ClauseTrust struct {
	Clause policy.Clause
	Trust  measure.Trust
	Since  int64 // the version of the policy since which the clause is as it is; 0: since the beginning
	Earned bool  // it suggests, and may be let act by itself
	Lost   bool  // it acts by itself, and is about to lose that
}

// Bounds of what is looked at for trust.
const (
	trustVersions = 200  // of a policy, back from the newest
	trustCases    = 2000 // the newest decided
)

// Trust tells, of the clauses of the policy that holds in a group or the community
// (0), what people's decisions say of them; and the policy's version and whose it is.
// within are the groups whose cases are counted, nil for all: some of them say nothing
// of what is earned or lost, unless the policy is that of one of them.
func (e *Engine) Trust(ctx context.Context, c community.ID, g community.GroupID, within []community.GroupID) (list []ClauseTrust, version int64, owner community.GroupID, set casework.Settings, err error) {
	err = e.db.Read(ctx, func(q store.Querier) error {
		p, of, err := policyNow(ctx, q, c, g)
		if err != nil {
			return err
		}
		if set, err = moderationOf(ctx, q, c, g, 0); err != nil {
			return err
		}
		version, owner, list = of.Version, of.Group, nil
		older, err := olderPolicies(ctx, q, c, of)
		if err != nil {
			return err
		}
		all := within == nil || of.Group != 0 && slices.Contains(within, of.Group)
		for _, clause := range p.Clauses {
			t := ClauseTrust{Clause: clause, Since: unchangedSince(of.Version, older, clause, false)}
			decided, err := cases.Decided(ctx, q, c, cases.Under{Clause: clause.ID, Group: of.Group, Set: of.Set, Since: t.Since}, within, false, trustCases)
			if err != nil {
				return err
			}
			t.Trust = measure.TrustIn(decided, set.NewestCases())
			t.Earned = all && clause.Stage == policy.Suggest && t.Trust.Earned(int64(set.EnoughCases()), set.PromoteFrom())
			t.Lost = all && clause.Stage == policy.Auto && t.Trust.Lost(set.NewestCases(), set.DemoteFrom())
			list = append(list, t)
		}
		return nil
	})
	return list, version, owner, set, err
}

// Promote lets a clause act by itself that has earned it. version is that of the
// policy that the person saw. It fails with NotFound, and with Conflict where the
// clause has not earned it or the policy was changed.
func (e *Engine) Promote(ctx context.Context, c community.ID, g community.GroupID, clause string, version int64, by community.StaffID) error {
	list, now, owner, _, err := e.Trust(ctx, c, g, nil)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(t ClauseTrust) bool { return t.Clause.ID == clause })
	switch {
	case i < 0:
		return community.Errorf(community.NotFound, "the policy has no clause %s", clause)
	case owner != g:
		return community.Errorf(community.Conflict, "the group has no policy of its own").WithHint("promote the clause in the policy that it takes over")
	case now != version:
		return community.Errorf(community.Conflict, "somebody else has changed the policy meanwhile").WithHint("look at the new version")
	case !list[i].Earned:
		return community.Errorf(community.Conflict, "people have not decided enough of its cases the same way").WithHint("let it suggest until they have")
	}
	at := e.now().Truncate(time.Millisecond)
	err = e.db.Write(ctx, func(tx *store.Tx) error {
		of, err := PolicyFor(ctx, tx, c, g, 0)
		if err != nil {
			return err
		}
		if of.Group != g || of.Version != version {
			return community.Errorf(community.Conflict, "somebody else has changed the policy meanwhile").WithHint("look at the new version")
		}
		return moveClause(ctx, tx, c, of, clause, policy.Auto, move{by: by, at: at, act: "clause.promote", source: "staff", trust: list[i].Trust})
	})
	if err == nil {
		e.changes.send(Change{Community: c, Groups: []community.GroupID{g}, What: "settings"})
	}
	return err
}

// move says who moves a clause to another stage, and why.
type move struct {
	by          community.StaffID // 0: the machine
	at          time.Time
	act, source string
	trust       measure.Trust
}

// moveClause saves the policy of a group, a set or the community with one clause at
// another stage, and writes down why. The policy that the product comes with becomes
// the community's.
func moveClause(ctx context.Context, tx *store.Tx, c community.ID, of store.Layer, clause string, stage policy.Stage, m move) error {
	p, version, key := policy.Default(), of.Version, cmp.Or(of.Key, policy.Key)
	old, found, err := store.SettingAt(ctx, tx, c, of.Group, key, 0)
	if err != nil {
		return err
	}
	if found {
		p = policy.Policy{}
		if err := json.Unmarshal([]byte(old.Value), &p); err != nil {
			return err
		}
	}
	i := slices.IndexFunc(p.Clauses, func(is policy.Clause) bool { return is.ID == clause })
	if i < 0 {
		return community.Errorf(community.NotFound, "the policy has no clause %s", clause)
	}
	before := p.Clauses[i].Stage
	p.Clauses[i].Stage = stage
	if m.by == 0 { // taken back: nothing of it is done at once either
		p.Clauses[i].AtOnce = nil
	}
	value, err := jsonText(p)
	if err != nil {
		return err
	}
	group := strconv.FormatInt(int64(of.Group), 10)
	change := store.Draft{Event: community.Event{At: m.at, Source: m.source, Key: community.KeyParts{Kind: community.SettingsChanged, Group: group, ID: key,
		Revision: strconv.FormatInt(version+1, 10)}.Key()}}
	if _, err := tx.SaveSetting(c, store.Setting{Group: of.Group, Key: key, Value: value}, version, m.by, change); err != nil {
		return err
	}
	why, err := jsonText(map[string]any{"stage": stage, "version": version + 1, "trust": m.trust})
	if err != nil {
		return err
	}
	return tx.Audit(c, m.by, m.at.UnixMilli(), m.act, subjectOf(of, clause), `{"stage":"`+string(before)+`"}`, why)
}

// subjectOf names a clause of a policy in the audit and in alerts.
func subjectOf(of store.Layer, clause string) string {
	if of.Level == store.OfSet {
		return "clause/set/" + strconv.FormatInt(of.Set, 10) + "/" + clause
	}
	return "clause/" + strconv.FormatInt(int64(of.Group), 10) + "/" + clause
}

// olderPolicies are the versions of a policy before the one in force, the newest
// first; version 0 of the community's is the one that the product comes with.
func olderPolicies(ctx context.Context, q store.Querier, c community.ID, of store.Layer) (list []policy.Policy, err error) {
	for v := of.Version - 1; of.Level != store.OfNobody && v >= 0 && len(list) < trustVersions; v-- {
		p := policy.Default()
		if v == 0 && of.Level != store.OfCommunity {
			break
		}
		if v > 0 {
			value, err := cases.SettingValue(ctx, q, c, store.Setting{Group: of.Group, Key: of.Key, Version: v})
			if err != nil {
				return nil, err
			}
			p = policy.Policy{}
			if json.Unmarshal([]byte(value), &p) != nil { // what is older cannot be compared
				break
			}
		}
		list = append(list, p)
	}
	return list, nil //nolint:nilerr // as said above
}

// unchangedSince finds the version since which a clause fires for the same, and
// where staged is true is at the same stage. older are the versions before, the
// newest first.
func unchangedSince(version int64, older []policy.Policy, clause policy.Clause, staged bool) int64 {
	for _, p := range older {
		i := slices.IndexFunc(p.Clauses, func(is policy.Clause) bool { return is.ID == clause.ID })
		if i < 0 || !reflect.DeepEqual(p.Clauses[i].When, clause.When) || staged && (p.Clauses[i].Stage != clause.Stage || !slices.Equal(p.Clauses[i].AtOnce, clause.AtOnce)) {
			break
		}
		version--
	}
	return version
}

// whoTrusts is who let a clause of the policy in force act by itself, 0 where nobody is
// known to have.
func whoTrusts(ctx context.Context, q store.Querier, c community.ID, of store.Layer, clause string) (community.StaffID, error) {
	if of.Level == store.OfNobody {
		return 0, nil
	}
	value, err := cases.SettingValue(ctx, q, c, store.Setting{Group: of.Group, Key: of.Key, Version: of.Version})
	if err != nil {
		return 0, err
	}
	older, err := olderPolicies(ctx, q, c, of)
	if err != nil {
		return 0, err
	}
	var p policy.Policy
	if err := json.Unmarshal([]byte(value), &p); err != nil {
		return 0, err
	}
	i := slices.IndexFunc(p.Clauses, func(is policy.Clause) bool { return is.ID == clause })
	if i < 0 {
		return 0, nil
	}
	since := unchangedSince(of.Version, older, p.Clauses[i], true)
	return store.SettingBy(ctx, q, c, store.Setting{Group: of.Group, Key: of.Key, Version: since})
}

// trustDue is the kind of due row that asks whether a clause may still act by
// itself.
const trustDue = "trust"

// doubted is what such a row holds.
type doubted struct {
	Clause string `json:"clause"`
}

// scheduleTrust has it asked with the next tick, once however often people
// disagree until then.
func scheduleTrust(tx *store.Tx, ev *community.Event, r *casework.Review) error {
	data, err := jsonText(doubted{r.Clause})
	if err != nil {
		return err
	}
	return tx.Schedule(ev.Community, store.Due{Key: community.KeyParts{Kind: trustDue, Group: strconv.FormatInt(int64(r.Group), 10), ID: r.Clause}.Key(),
		At: ev.LoggedAt, Kind: trustDue, Group: r.Group, CauseSeq: ev.Seq, Data: data})
}

// distrust takes back that a clause acts by itself where people have overturned
// too much of what it did lately.
func (e *Engine) distrust(ctx context.Context, q store.Querier, d *decider, ev *community.Event, due store.Due) error {
	var doubt doubted
	if err := json.Unmarshal([]byte(due.Data), &doubt); err != nil {
		return err
	}
	p, of, err := policyNow(ctx, q, ev.Community, due.Group)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(p.Clauses, func(is policy.Clause) bool {
		return is.ID == doubt.Clause && (is.Stage == policy.Auto || is.Stage == policy.Suggest && len(is.AtOnce) > 0)
	})
	if i < 0 {
		return nil
	}
	clause := p.Clauses[i]
	set, err := moderationOf(ctx, q, ev.Community, 0, 0)
	if err != nil {
		return err
	}
	older, err := olderPolicies(ctx, q, ev.Community, of)
	if err != nil {
		return err
	}
	window := set.NewestCases()
	decided, err := cases.Decided(ctx, q, ev.Community, cases.Under{Clause: clause.ID, Group: of.Group, Set: of.Set, Since: unchangedSince(of.Version, older, clause, true)}, nil, true, window)
	if err != nil {
		return err
	}
	trust := measure.TrustIn(decided, window)
	if !trust.Lost(window, set.DemoteFrom()) {
		return nil
	}
	contacts, err := e.contactsFor(ctx, q, ev.Community, of.Group)
	if err != nil {
		return err
	}
	subject := subjectOf(of, clause.ID)
	told := store.Draft{Event: community.Event{
		Key:  community.KeyParts{Kind: community.AlertOpened, Network: "trust", ID: subject + "/" + strconv.FormatInt(of.Version+1, 10)}.Key(),
		Kind: community.AlertOpened, Group: of.Group, At: ev.LoggedAt, Source: "decide", Body: &community.Body{Data: map[string]string{
			"cause": CauseDistrust, "subject": subject, "severity": string(store.Watch), "since": decimal(ev.LoggedAt.UnixMilli()),
			"clause": clause.ID, "name": clause.Name, "overturned": decimal(trust.Last.Hits), "of": decimal(trust.Last.Of)}}}}
	if len(contacts) > 0 {
		told.Network, told.Targets = keeperNetwork, contacts
	}
	d.lastly = append(d.lastly, func(tx *store.Tx) error {
		now, _, err := store.SettingAt(ctx, tx, ev.Community, of.Group, cmp.Or(of.Key, policy.Key), 0)
		if err != nil {
			return err
		}
		if now.Version != of.Version { // changed meanwhile, perhaps for another group under the same policy
			return tx.Schedule(ev.Community, due)
		}
		d.later = append(d.later, told)
		tx.AfterCommit(func() {
			e.changes.send(Change{Community: ev.Community, Groups: []community.GroupID{of.Group}, What: "settings"})
		})
		return moveClause(ctx, tx, ev.Community, of, clause.ID, policy.Suggest, move{at: ev.LoggedAt, act: "clause.demote", source: "decide", trust: trust})
	})
	return nil
}

// distrustShown is how long an alert stays that a clause was taken back, where
// nobody says that they have seen it.
const distrustShown = 7 * 24 * time.Hour

// distrusted are the alerts of that kind that stay.
func distrusted(firing []store.Alert, now time.Time) (list []trouble) {
	for _, a := range firing {
		if a.Cause == CauseDistrust && a.SeenAt.IsZero() && now.Sub(a.Since) < distrustShown {
			list = append(list, trouble{cause: a.Cause, subject: a.Subject, group: a.Group, severity: a.Severity, since: a.Since, data: a.Data})
		}
	}
	return list
}
