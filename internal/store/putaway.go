package store

import (
	"context"
	"encoding/json"

	"qunying/community"
)

// PutAwayKey is the setting that takes a group out of all lists.
const PutAwayKey = "put-away"

// PutAway is its value.
type PutAway struct {
	Away    bool   `json:"away"`
	Account string `json:"account,omitempty"` // that listened until then
}

// Away tells which groups are put away.
func Away(ctx context.Context, q Querier, c community.ID) (map[community.GroupID]bool, error) {
	typed, err := SettingOfGroups(ctx, q, c, PutAwayKey)
	away := map[community.GroupID]bool{}
	for g, v := range typed {
		var is PutAway
		if json.Unmarshal([]byte(v), &is) == nil && is.Away {
			away[g] = true
		}
	}
	return away, err
}
