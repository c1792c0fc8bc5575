package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf8"

	"qunying/community"
)

// Setting is a version of something that people typed.
type Setting struct {
	Group   community.GroupID // 0: the whole community
	Key     string
	Version int64
	Value   string // JSON
	Seq     community.Seq
}

// SettingAt reads the setting in force for events from seq on: the newest
// version whose settings.changed is not after seq. Zero seq: the newest of all.
func SettingAt(ctx context.Context, q Querier, c community.ID, g community.GroupID, key string, seq community.Seq) (Setting, bool, error) {
	s := Setting{Group: g, Key: key}
	err := q.QueryRowContext(ctx, `SELECT version, value, seq FROM setting WHERE community_id = $1 AND group_id = $2 AND key = $3
		AND (seq <= $4 OR $4 = 0) ORDER BY version DESC LIMIT 1`, int64(c), int64(g), key, int64(seq)).Scan(&s.Version, &s.Value, (*int64)(&s.Seq))
	if errors.Is(err, sql.ErrNoRows) {
		return s, false, nil
	}
	return s, err == nil, unavailable(err)
}

// SettingBy tells who saved a version of a setting, 0 for the machine.
func SettingBy(ctx context.Context, q Querier, c community.ID, s Setting) (by community.StaffID, err error) {
	err = q.QueryRowContext(ctx, `SELECT staff_id FROM setting WHERE community_id = $1 AND group_id = $2 AND key = $3 AND version = $4`,
		int64(c), int64(s.Group), s.Key, s.Version).Scan((*int64)(&by))
	return by, unavailable(err)
}

// SaveSetting writes the next version of a setting, the audit entry, and
// settings.changed into the log, so that it holds from an exact place on. based
// is the version that the person saw: another one is a conflict.
func (tx *Tx) SaveSetting(c community.ID, s Setting, based int64, staff community.StaffID, change Draft) (Setting, error) {
	old, _, err := SettingAt(context.Background(), tx, c, s.Group, s.Key, 0)
	if err != nil {
		return s, err
	}
	if old.Version != based {
		return s, community.Errorf(community.Conflict, "somebody else has changed this setting meanwhile").WithHint("look at the new version and change it again")
	}
	if s.Key == ZoneKey {
		if err := checkPlan(s, old.Value, change.Event.At); err != nil {
			return s, err
		}
	}
	s.Version = based + 1
	change.Event.Kind = community.SettingsChanged
	change.Event.Group = s.Group
	change.Event.Body = &community.Body{Data: map[string]string{"key": s.Key, "version": strconv.FormatInt(s.Version, 10)}}
	done, err := tx.Append(c, []Draft{change})
	if err != nil {
		return s, err
	}
	s.Seq = done[0].Seq
	at := millis(change.Event.At)
	if _, err := tx.Exec(`INSERT INTO setting (community_id, group_id, key, version, value, seq, staff_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		int64(c), int64(s.Group), s.Key, s.Version, s.Value, int64(s.Seq), int64(staff), at); err != nil {
		return s, unavailable(err)
	}
	if s.Key == ZoneKey {
		if _, err := tx.Exec(`UPDATE chat_group SET zone_changes = $3 WHERE community_id = $1 AND group_id = $2`, int64(c), int64(s.Group), s.Value); err != nil {
			return s, unavailable(err)
		}
	}
	subject := s.Key
	if s.Group != 0 {
		subject = "group/" + strconv.FormatInt(int64(s.Group), 10) + "/" + s.Key
	}
	return s, tx.Audit(c, staff, at, "setting.save", subject, old.Value, s.Value)
}

// RewriteSettings lets f write anew what the versions of the community's settings under
// a prefix say, and what the audit says of them. It is for how something is kept, not
// for what it means: the log is told nothing.
func (tx *Tx) RewriteSettings(c community.ID, prefix string, f func(key, value string) string) error {
	ctx := context.Background()
	type row struct {
		key, value, before, after string
		n                         int64
	}
	read := func(query string, into func(*row) []any, arg ...any) (list []row, err error) {
		rows, err := tx.QueryContext(ctx, query, arg...)
		if err != nil {
			return nil, unavailable(err)
		}
		defer rows.Close()
		for rows.Next() {
			var r row
			if err := rows.Scan(into(&r)...); err != nil {
				return nil, unavailable(err)
			}
			list = append(list, r)
		}
		return list, unavailable(rows.Err())
	}
	length := utf8.RuneCountInString(prefix)
	saved, err := read(`SELECT key, version, value FROM setting WHERE community_id = $1 AND group_id = 0 AND substr(key, 1, $3) = $2`,
		func(r *row) []any { return []any{&r.key, &r.n, &r.value} }, int64(c), prefix, length)
	if err != nil {
		return err
	}
	for _, r := range saved {
		if value := f(r.key, r.value); value != r.value {
			if _, err := tx.Exec(`UPDATE setting SET value = $4 WHERE community_id = $1 AND group_id = 0 AND key = $2 AND version = $3`, int64(c), r.key, r.n, value); err != nil {
				return unavailable(err)
			}
		}
	}
	if len(saved) == 0 {
		return nil
	}
	noted, err := read(`SELECT subject, audit_id, before_json, after_json FROM audit WHERE community_id = $1 AND act = 'setting.save' AND substr(subject, 1, $3) = $2`,
		func(r *row) []any { return []any{&r.key, &r.n, &r.before, &r.after} }, int64(c), prefix, length)
	if err != nil {
		return err
	}
	for _, r := range noted {
		if before, after := f(r.key, r.before), f(r.key, r.after); before != r.before || after != r.after {
			if _, err := tx.Exec(`UPDATE audit SET before_json = $3, after_json = $4 WHERE community_id = $1 AND audit_id = $2`, int64(c), r.n, before, after); err != nil {
				return unavailable(err)
			}
		}
	}
	return nil
}

// Audit writes who changed what, with before and after as JSON or "".
func (tx *Tx) Audit(c community.ID, staff community.StaffID, atMillis int64, act, subject, before, after string) error {
	_, err := tx.Exec(`INSERT INTO audit (community_id, audit_id, at, staff_id, act, subject, before_json, after_json)
		SELECT $1, COALESCE(MAX(audit_id), 0) + 1, $2, $3, $4, $5, $6, $7 FROM audit WHERE community_id = $1`,
		int64(c), atMillis, int64(staff), act, subject, before, after)
	return unavailable(err)
}

// ReadSetting reads the newest version of a setting into a value, and tells
// which version that is, 0 if it was never set.
func ReadSetting(ctx context.Context, q Querier, c community.ID, g community.GroupID, key string, into any) (version int64, err error) {
	s, found, err := SettingAt(ctx, q, c, g, key, 0)
	if err != nil || !found {
		return 0, err
	}
	return s.Version, json.Unmarshal([]byte(s.Value), into)
}

// Fact reads a fact of the installation, "" if it is not set.
func Fact(ctx context.Context, q Querier, key string) (string, error) {
	var v string
	err := q.QueryRowContext(ctx, `SELECT value FROM installation WHERE key = $1`, key).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return v, unavailable(err)
}

// SetFact writes a fact of the installation.
func (tx *Tx) SetFact(key, value string) error {
	_, err := tx.Exec(`INSERT INTO installation (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
	return unavailable(err)
}
