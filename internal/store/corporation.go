package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"qunying/community"
	"qunying/connector"
)

// Made finds what a request had made on a platform. known is false for a request
// that nobody has seen; outside is "" where nobody knows whether it was made.
func Made(ctx context.Context, q Querier, c community.ID, account, key string) (outside string, known bool, err error) {
	err = q.QueryRowContext(ctx, `SELECT outside_id FROM made WHERE community_id = $1 AND account = $2 AND key = $3`,
		int64(c), account, key).Scan(&outside)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return outside, err == nil, unavailable(err)
}

// NoteMaking says that a request is being carried out.
func (tx *Tx) NoteMaking(c community.ID, account, key string, by community.StaffID, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO made (community_id, account, key, outside_id, staff_id, at) VALUES ($1, $2, $3, '', $4, $5)`,
		int64(c), account, key, int64(by), millis(at))
	return unavailable(err)
}

// NoteMade says what a request had made; "" says that it made nothing, and may be
// tried again.
func (tx *Tx) NoteMade(c community.ID, account, key, outside string) error {
	if outside == "" {
		_, err := tx.Exec(`DELETE FROM made WHERE community_id = $1 AND account = $2 AND key = $3`, int64(c), account, key)
		return unavailable(err)
	}
	_, err := tx.Exec(`UPDATE made SET outside_id = $4 WHERE community_id = $1 AND account = $2 AND key = $3`, int64(c), account, key, outside)
	return unavailable(err)
}

// SavePlatformDay keeps what a platform counted of a day by owner, and that it was
// asked for at.
func (tx *Tx) SavePlatformDay(c community.ID, account string, d community.Day, list []connector.OwnerCounts, at time.Time) error {
	if _, err := tx.Exec(`DELETE FROM platform_day WHERE community_id = $1 AND account = $2 AND day = $3`, int64(c), account, int64(d)); err != nil {
		return unavailable(err)
	}
	rows := append([]connector.OwnerCounts{{}}, list...)
	for i, r := range rows {
		if i > 0 && r.Owner == "" {
			continue
		}
		if _, err := tx.Exec(`INSERT INTO platform_day (community_id, account, day, owner, groups, new_groups, speaking_groups, members, new_members,
			speaking_members, messages, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING`,
			int64(c), account, int64(d), r.Owner, r.Groups, r.NewGroups, r.SpeakingGroups, r.Members, r.NewMembers, r.SpeakingMembers, r.Messages,
			millis(at)); err != nil {
			return unavailable(err)
		}
	}
	return nil
}

// PlatformDay is what a platform counted of a day, over all owners.
type PlatformDay struct {
	Day   community.Day
	Asked time.Time
	connector.PlatformCounts
}

// PlatformDays lists the days in [from, to] that a platform was asked for, the oldest
// first.
func PlatformDays(ctx context.Context, q Querier, c community.ID, account string, from, to community.Day) ([]PlatformDay, error) {
	rows, err := q.QueryContext(ctx, `SELECT day, MAX(at), CAST(SUM(groups) AS BIGINT), CAST(SUM(new_groups) AS BIGINT), CAST(SUM(speaking_groups) AS BIGINT), CAST(SUM(members) AS BIGINT), CAST(SUM(new_members) AS BIGINT),
		CAST(SUM(speaking_members) AS BIGINT), CAST(SUM(messages) AS BIGINT) FROM platform_day WHERE community_id = $1 AND account = $2 AND day >= $3 AND day <= $4
		GROUP BY day ORDER BY day`, int64(c), account, int64(from), int64(to))
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []PlatformDay
	for rows.Next() {
		var p PlatformDay
		var at int64
		if err := rows.Scan((*int32)(&p.Day), &at, &p.Groups, &p.NewGroups, &p.SpeakingGroups, &p.Members, &p.NewMembers,
			&p.SpeakingMembers, &p.Messages); err != nil {
			return nil, unavailable(err)
		}
		p.Asked = fromMillis(at)
		list = append(list, p)
	}
	return list, unavailable(rows.Err())
}
