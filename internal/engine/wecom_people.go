package engine

import (
	"context"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
)

// Quota is what of a platform's quota a group has left: Of is 0 where it is not told,
// and Why says why.
type Quota struct {
	Left, Of int
	Why      string
}

// OwnedGroup is a group with its owner, its number here (0: nobody adopted it) and
// its quota.
type OwnedGroup struct {
	connector.OwnedGroup
	ID    community.GroupID
	Quota Quota
}

// OwnedGroups lists the groups that a connection sees, with their owners and what may
// still be sent to them.
func (e *Engine) OwnedGroups(ctx context.Context, c community.ID, account string) ([]OwnedGroup, error) {
	s, err := able[connector.Successor](e, c, account)
	if err != nil {
		return nil, err
	}
	list, err := s.Owned(ctx)
	if err != nil {
		return nil, err
	}
	ids := map[string]community.Group{}
	if err := e.db.Read(ctx, func(q store.Querier) error {
		groups, err := store.GroupsOn(ctx, q, c, e.accountNetwork(c, account))
		for _, g := range groups {
			ids[g.OutsideID] = g
		}
		return err
	}); err != nil {
		return nil, err
	}
	quoter, _ := s.(connector.Quoter)
	why := ""
	out := []OwnedGroup{}
	for _, g := range list {
		o := OwnedGroup{OwnedGroup: g, ID: ids[g.Group].ID}
		if o.Name == "" {
			o.Name = ids[g.Group].Name
		}
		if quoter != nil && why == "" {
			left, of, err := quoter.Quota(ctx, g.Group)
			if err != nil { // it would be asked in vain for all of them
				why = err.Error()
			}
			o.Quota = Quota{Left: left, Of: of}
		}
		o.Quota.Why = why
		out = append(out, o)
	}
	return out, nil
}

// accountNetwork is the network of a connection, "" if there is none.
func (e *Engine) accountNetwork(c community.ID, account string) community.Network {
	if a := e.accountNamed(c, account); a != nil {
		return a.network
	}
	return ""
}

// HandOver gives groups to another owner, and tells which stayed and why.
func (e *Engine) HandOver(ctx context.Context, c community.ID, account string, groups []string, owner string, resigned bool, by community.StaffID) (failed []connector.NotHanded, err error) {
	p, err := able[connector.Successor](e, c, account)
	if err != nil {
		return nil, err
	}
	after := map[string]any{"groups": groups, "owner": owner, "resigned": resigned}
	err = e.carryOut(ctx, deed{c: c, account: account, by: by, act: "group.hand_over", subject: "groups", after: after}, func(ctx context.Context) (err error) {
		failed, err = p.HandOver(ctx, groups, owner, resigned)
		after["failed"] = len(failed)
		return err
	})
	return failed, err
}

// PendingSends lists messages of the last days that wait, or waited, for colleagues.
func (e *Engine) PendingSends(ctx context.Context, c community.ID, account string, days int) ([]connector.Pending, error) {
	p, err := able[connector.Resender](e, c, account)
	if err != nil {
		return nil, err
	}
	now := e.now()
	return p.Pending(ctx, now.Add(-time.Duration(days)*24*time.Hour), now)
}

// PendingSend tells of one who has not sent it yet, and where it arrived.
func (e *Engine) PendingSend(ctx context.Context, c community.ID, account, id string) (connector.PendingState, error) {
	p, err := able[connector.Resender](e, c, account)
	if err != nil {
		return connector.PendingState{}, err
	}
	return p.PendingAt(ctx, id)
}

// RemindSend asks those again who have not sent a message. Conflict where the
// platform allows no more reminders for now.
func (e *Engine) RemindSend(ctx context.Context, c community.ID, account, id string, by community.StaffID) error {
	p, err := able[connector.Proposer](e, c, account)
	if err != nil {
		return err
	}
	return e.carryOut(ctx, deed{c: c, account: account, by: by, act: "send.remind", subject: "sends/" + id}, func(ctx context.Context) error {
		return p.Remind(ctx, "", id)
	})
}

// CorpTags lists a corporation's tags.
func (e *Engine) CorpTags(ctx context.Context, c community.ID, account string) ([]connector.CorpTagGroup, error) {
	p, err := able[connector.ContactTags](e, c, account)
	if err != nil {
		return nil, err
	}
	return p.Tags(ctx)
}

// AddCorpTags puts tags into a group of tags; done twice it is done once.
func (e *Engine) AddCorpTags(ctx context.Context, c community.ID, account, group string, names []string, by community.StaffID) (g connector.CorpTagGroup, err error) {
	p, err := able[connector.ContactTags](e, c, account)
	if err != nil {
		return g, err
	}
	d := deed{c: c, account: account, by: by, act: "tag.add", subject: "tags", after: map[string]any{"group": group, "tags": names}}
	err = e.carryOut(ctx, d, func(ctx context.Context) (err error) {
		g, err = p.AddTags(ctx, group, names)
		return err
	})
	return g, err
}

// RenameCorpTag gives a tag or a group of tags another name.
func (e *Engine) RenameCorpTag(ctx context.Context, c community.ID, account, id, name string, by community.StaffID) error {
	p, err := able[connector.ContactTags](e, c, account)
	if err != nil {
		return err
	}
	d := deed{c: c, account: account, by: by, act: "tag.rename", subject: "tags/" + id, after: map[string]string{"name": name}}
	return e.carryOut(ctx, d, func(ctx context.Context) error { return p.RenameTag(ctx, id, name) })
}

// DeleteCorpTags takes tags, and groups of tags, off all customers for good.
func (e *Engine) DeleteCorpTags(ctx context.Context, c community.ID, account string, tags, groups []string, by community.StaffID) error {
	p, err := able[connector.ContactTags](e, c, account)
	if err != nil {
		return err
	}
	all, err := p.Tags(ctx) // the audit is to tell what they were
	if err != nil {
		return err
	}
	d := deed{c: c, account: account, by: by, act: "tag.delete", subject: "tags", before: all, after: map[string][]string{"tags": tags, "groups": groups}}
	return e.carryOut(ctx, d, func(ctx context.Context) error { return p.DeleteTags(ctx, tags, groups) })
}

// MarkCustomer puts tags on a customer of a colleague and takes others off.
func (e *Engine) MarkCustomer(ctx context.Context, c community.ID, account, colleague, customer string, add, remove []string, by community.StaffID) error {
	p, err := able[connector.ContactTags](e, c, account)
	if err != nil {
		return err
	}
	d := deed{c: c, account: account, by: by, act: "tag.mark", subject: "customers/" + customer,
		after: map[string]any{"colleague": colleague, "add": add, "remove": remove}}
	return e.carryOut(ctx, d, func(ctx context.Context) error { return p.Mark(ctx, colleague, customer, add, remove) })
}

// CorpCustomers lists a page of a colleague's customers.
func (e *Engine) CorpCustomers(ctx context.Context, c community.ID, account, colleague, cursor string) (list []connector.Customer, next string, err error) {
	p, err := able[connector.ContactBook](e, c, account)
	if err != nil {
		return nil, "", err
	}
	return p.Customers(ctx, colleague, cursor)
}

// WordRules lists the rules that keep colleagues from writing words.
func (e *Engine) WordRules(ctx context.Context, c community.ID, account string) ([]connector.WordRule, error) {
	p, err := able[connector.WordRules](e, c, account)
	if err != nil {
		return nil, err
	}
	return p.WordRules(ctx)
}

// WordRule reads a rule with its words.
func (e *Engine) WordRule(ctx context.Context, c community.ID, account, id string) (connector.WordRule, error) {
	p, err := able[connector.WordRules](e, c, account)
	if err != nil {
		return connector.WordRule{}, err
	}
	return p.WordRule(ctx, id)
}

// AddWordRule makes a rule. key is the request's.
func (e *Engine) AddWordRule(ctx context.Context, c community.ID, account, key string, r connector.WordRule, by community.StaffID) (string, error) {
	p, err := able[connector.WordRules](e, c, account)
	if err != nil {
		return "", err
	}
	return e.once(ctx, deed{c: c, account: account, by: by, act: "word_rule.add", subject: "word_rules", after: r}, key,
		func(ctx context.Context, _ string) (string, error) { return p.AddWordRule(ctx, r) }, nil)
}

// ChangeWordRule replaces a rule.
func (e *Engine) ChangeWordRule(ctx context.Context, c community.ID, account string, r connector.WordRule, by community.StaffID) error {
	p, err := able[connector.WordRules](e, c, account)
	if err != nil {
		return err
	}
	was, err := p.WordRule(ctx, r.ID)
	if err != nil {
		return err
	}
	d := deed{c: c, account: account, by: by, act: "word_rule.change", subject: "word_rules/" + r.ID, before: was, after: r}
	return e.carryOut(ctx, d, func(ctx context.Context) error { return p.ChangeWordRule(ctx, r) })
}

// DeleteWordRule deletes a rule.
func (e *Engine) DeleteWordRule(ctx context.Context, c community.ID, account, id string, by community.StaffID) error {
	p, err := able[connector.WordRules](e, c, account)
	if err != nil {
		return err
	}
	was, err := p.WordRule(ctx, id)
	if err != nil {
		return err
	}
	d := deed{c: c, account: account, by: by, act: "word_rule.delete", subject: "word_rules/" + id, before: was}
	return e.carryOut(ctx, d, func(ctx context.Context) error { return p.DeleteWordRule(ctx, id) })
}

// ExportWords makes of a lexicon what the platform's own moderation takes.
func (e *Engine) ExportWords(_ context.Context, c community.ID, account, name string, words []string) (connector.WordExport, error) {
	p, err := able[connector.WordExporter](e, c, account)
	if err != nil {
		return connector.WordExport{}, err
	}
	return p.ExportWords(name, words), nil
}
