package engine

import (
	"context"

	"qunying/community"
	"qunying/internal/store"
)

// Leave ends listening in a group, and where away says so puts it away as well: it
// is in no list and counts nowhere any more, its history stays. No connection can
// leave a group on its platform by itself: the account stays in it until a person
// takes it out in the client. It fails with NotFound, and with Invalid where
// nothing would change.
func (e *Engine) Leave(ctx context.Context, c community.ID, g community.GroupID, away bool, by community.StaffID) error {
	var is store.PutAway
	var version int64
	var account string
	if err := e.db.Read(ctx, func(q store.Querier) (err error) {
		if _, err = store.Group(ctx, q, c, g); err != nil {
			return err
		}
		if account, err = store.AccountOf(ctx, q, c, g); err != nil {
			return err
		}
		version, err = store.ReadSetting(ctx, q, c, g, store.PutAwayKey, &is)
		return err
	}); err != nil {
		return err
	}
	if account == "" && (!away || is.Away) {
		return community.Errorf(community.Invalid, "nobody listens in this group")
	}
	if account != "" {
		if err := e.Drop(ctx, c, g, by); err != nil {
			return err
		}
		is.Account = account
	}
	is.Away = away
	return e.SaveSetting(ctx, c, g, store.PutAwayKey, is, version, by)
}

// Return undoes Leave: the group is in the lists again, and the account that
// listened in it does so again. It reports whether one listens now; what was said
// meanwhile is read back where the platform keeps it.
func (e *Engine) Return(ctx context.Context, c community.ID, id community.GroupID, by community.StaffID) (listens bool, err error) {
	var is store.PutAway
	var version int64
	var g community.Group
	if err := e.db.Read(ctx, func(q store.Querier) (err error) {
		if g, err = store.Group(ctx, q, c, id); err != nil {
			return err
		}
		version, err = store.ReadSetting(ctx, q, c, id, store.PutAwayKey, &is)
		return err
	}); err != nil {
		return false, err
	}
	if !is.Away && is.Account == "" {
		return g.Account != "", nil
	}
	listens = g.Account != ""
	if !listens && is.Account != "" && e.accountNamed(c, is.Account) != nil {
		n, err := e.Adopt(ctx, c, is.Account, []string{g.OutsideID}, by)
		if err != nil {
			return false, err
		}
		listens = n > 0
	}
	return listens, e.SaveSetting(ctx, c, id, store.PutAwayKey, store.PutAway{}, version, by)
}
