package engine

import (
	"context"
	"slices"
	"strings"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
)

// Codes by which people become contacts of a corporation's employees (渠道活码). As
// with its other codes it is done on the platform at once, and kept as settings.

const (
	contactCodes     = "contact_code"
	mostContactCodes = 1000 // of one account
	mostCodeStaff    = 100  // employees behind one code
)

// UsedContactCode is a code with how often it was used in the last thirty days.
type UsedContactCode struct {
	Kept[connector.ContactCode]
	Use store.CodeUse
}

// ContactCodes lists the codes that were made here.
func (e *Engine) ContactCodes(ctx context.Context, c community.ID, account string) ([]UsedContactCode, error) {
	if _, err := able[connector.ContactCodes](e, c, account); err != nil {
		return nil, err
	}
	list, err := listKept[connector.ContactCode](ctx, e, c, account, contactCodes)
	if err != nil {
		return nil, err
	}
	uses, err := e.codeUses(ctx, c, account)
	if err != nil {
		return nil, err
	}
	out := make([]UsedContactCode, 0, len(list))
	for _, k := range list {
		out = append(out, UsedContactCode{k, uses[k.Value.State]})
	}
	return out, nil
}

// checkContactCode makes a code as it is kept of what was typed.
func checkContactCode(k *connector.ContactCode) error {
	k.Remark, k.State = strings.TrimSpace(k.Remark), strings.TrimSpace(k.State)
	var staff []string
	for _, id := range k.Employees {
		if id = strings.TrimSpace(id); id != "" && !slices.Contains(staff, id) {
			staff = append(staff, id)
		}
	}
	k.Employees = staff
	switch {
	case k.Remark == "":
		return community.Errorf(community.Invalid, "remark: the code has no name").WithHint("write where it is used")
	case len(staff) == 0 || len(staff) > mostCodeStaff:
		return community.Errorf(community.Invalid, "employees: the code leads to %d", len(staff)).WithHint("1 to 100")
	}
	return nil
}

// AddContactCode makes a code. One without a State is given one of its own, so that who
// came by it can be told. key is the request's. Conflict where another code of the
// account carries the same State.
func (e *Engine) AddContactCode(ctx context.Context, c community.ID, account, key string, k connector.ContactCode, by community.StaffID) (string, error) {
	p, err := able[connector.ContactCodes](e, c, account)
	if err != nil {
		return "", err
	}
	if err := checkContactCode(&k); err != nil {
		return "", err
	}
	list, err := listKept[connector.ContactCode](ctx, e, c, account, contactCodes)
	if err != nil {
		return "", err
	}
	if len(list) >= mostContactCodes {
		return "", community.Errorf(community.Conflict, "the connection has %d codes", len(list)).WithHint("delete some that nobody uses any more")
	}
	d := deed{c: c, account: account, by: by, act: "contact_code.add", subject: contactCodes, after: k}
	return e.once(ctx, d, key, func(ctx context.Context, mark string) (string, error) {
		if k.State == "" {
			k.State = "q" + mark[:12]
		}
		if slices.ContainsFunc(list, func(o Kept[connector.ContactCode]) bool { return o.Value.State == k.State }) {
			return "", community.Errorf(community.Conflict, "state: another code carries the same").WithHint("choose another one, or leave it empty")
		}
		return p.AddContactCode(ctx, k)
	}, func(tx *store.Tx, id string) error {
		k.ID = id
		return e.saveIn(tx, c, keptKey(account, contactCodes, id), kept[connector.ContactCode]{Value: k, CreatedAt: e.now().UnixMilli()}, 0, by)
	})
}

// ContactCodePicture fetches what is to be scanned.
func (e *Engine) ContactCodePicture(ctx context.Context, c community.ID, account, id string) ([]byte, error) {
	p, err := able[connector.ContactCodes](e, c, account)
	if err != nil {
		return nil, err
	}
	return p.ContactCodePicture(ctx, id)
}

// ChangeContactCode replaces where a code is used and whom it leads to; its picture and
// its State stay. Conflict when based is not the version in force.
func (e *Engine) ChangeContactCode(ctx context.Context, c community.ID, account string, k connector.ContactCode, based int64, by community.StaffID) error {
	p, err := able[connector.ContactCodes](e, c, account)
	if err != nil {
		return err
	}
	if err := checkContactCode(&k); err != nil {
		return err
	}
	was, err := keptAt[connector.ContactCode](ctx, e, c, account, contactCodes, k.ID, based)
	if err != nil {
		return err
	}
	k.State = was.Value.State
	return change(ctx, e, deed{c: c, account: account, by: by}, contactCodes, k.ID, based, &k, func(ctx context.Context) error { return p.ChangeContactCode(ctx, k) })
}

// DeleteContactCode makes a code worthless.
func (e *Engine) DeleteContactCode(ctx context.Context, c community.ID, account, id string, based int64, by community.StaffID) error {
	p, err := able[connector.ContactCodes](e, c, account)
	if err != nil {
		return err
	}
	return change[connector.ContactCode](ctx, e, deed{c: c, account: account, by: by}, contactCodes, id, based, nil, func(ctx context.Context) error { return p.DeleteContactCode(ctx, id) })
}
