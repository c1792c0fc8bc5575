package engine

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"qunying/community"
	"qunying/internal/store"
)

// StaffByContact finds whose ID on a network that is. It fails with Forbidden:
// the platform knows them, and we do not.
func (e *Engine) StaffByContact(ctx context.Context, c community.ID, network community.Network, outside string) (id community.StaffID, err error) {
	err = e.db.Read(ctx, func(q store.Querier) error {
		list, err := store.SettingsUnder(ctx, q, c, ContactKey)
		for _, s := range list {
			var contact StaffContact
			if json.Unmarshal([]byte(s.Value), &contact) != nil || outside == "" || contact[network] != outside {
				continue
			}
			n, err := strconv.ParseInt(strings.TrimPrefix(s.Key, ContactKey), 10, 64)
			if err != nil {
				return err
			}
			id = community.StaffID(n)
		}
		return err
	})
	if err == nil && id == 0 {
		err = community.Errorf(community.Forbidden, "nobody of the staff has the ID %s there", outside).
			WithHint("an owner enters it under settings, staff")
	}
	return id, err
}
