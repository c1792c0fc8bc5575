package cases

import (
	"context"
	"database/sql"
	"unicode/utf8"

	"qunying/community"
	"qunying/internal/store"
)

// SettingsUnderAt lists the settings of the community (0) or a group whose keys
// begin with prefix, in force for events from seq on, without their values; 0 is
// the newest.
func SettingsUnderAt(ctx context.Context, q store.Querier, c community.ID, g community.GroupID, prefix string, seq community.Seq) ([]store.Setting, error) {
	return list(ctx, q, func(rows *sql.Rows) (s store.Setting, err error) {
		s.Group = g
		err = rows.Scan(&s.Key, &s.Version)
		return s, err
	}, `SELECT key, MAX(version) FROM setting WHERE community_id = $1 AND group_id = $2 AND substr(key, 1, $4) = $3 AND (seq <= $5 OR $5 = 0) GROUP BY key ORDER BY key`,
		int64(c), int64(g), prefix, utf8.RuneCountInString(prefix), int64(seq))
}

// SettingValue reads one version of a setting.
func SettingValue(ctx context.Context, q store.Querier, c community.ID, s store.Setting) (value string, err error) {
	err = q.QueryRowContext(ctx, `SELECT value FROM setting WHERE community_id = $1 AND group_id = $2 AND key = $3 AND version = $4`,
		int64(c), int64(s.Group), s.Key, s.Version).Scan(&value)
	return value, err
}
