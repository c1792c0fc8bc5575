package store

import (
	"context"
	"strconv"
	"time"
	"unicode/utf8"

	"qunying/community"
)

// directKind marks the one pseudo-group of an account that holds what is said to
// the account alone.
const directKind = "direct"

// SettingsUnder lists the newest versions of the community's settings whose keys
// begin with prefix, by key.
func SettingsUnder(ctx context.Context, q Querier, c community.ID, prefix string) ([]Setting, error) {
	rows, err := q.QueryContext(ctx, `SELECT key, version, value, seq FROM setting s WHERE community_id = $1 AND group_id = 0
		AND substr(key, 1, $3) = $2 AND version = (SELECT MAX(version) FROM setting n WHERE n.community_id = s.community_id
		AND n.group_id = 0 AND n.key = s.key) ORDER BY key`, int64(c), prefix, utf8.RuneCountInString(prefix))
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []Setting
	for rows.Next() {
		var s Setting
		if err := rows.Scan(&s.Key, &s.Version, &s.Value, (*int64)(&s.Seq)); err != nil {
			return nil, unavailable(err)
		}
		list = append(list, s)
	}
	return list, unavailable(rows.Err())
}

// GroupsOf lists the groups of people in which an account listens, by number.
func GroupsOf(ctx context.Context, q Querier, c community.ID, n community.Network, account string) ([]community.Group, error) {
	return queryGroups(ctx, q, c, ` AND network = $2 AND account = $3 AND kind <> '`+directKind+`' ORDER BY group_id`, string(n), account)
}

// GroupsOn lists the groups of people of a network, by number.
func GroupsOn(ctx context.Context, q Querier, c community.ID, n community.Network) ([]community.Group, error) {
	return queryGroups(ctx, q, c, ` AND network = $2 AND kind <> '`+directKind+`' ORDER BY group_id`, string(n))
}

// GroupsAfter lists groups of people by number, from the one after a given number
// on; with an account only those in which it listens.
func GroupsAfter(ctx context.Context, q Querier, c community.ID, account string, after community.GroupID, limit int) ([]community.Group, error) {
	return queryGroups(ctx, q, c, ` AND group_id > $2 AND (account = $4 OR $4 = '') AND kind <> '`+directKind+`' ORDER BY group_id LIMIT $3`, int64(after), limit, account)
}

// SetListener says which account listens in a group from now on, "" for none.
func (tx *Tx) SetListener(c community.ID, g community.GroupID, account string) error {
	_, err := tx.Exec(`UPDATE chat_group SET account = $3 WHERE community_id = $1 AND group_id = $2`, int64(c), int64(g), account)
	return unavailable(err)
}

// SetDirect says that a group is what is said to its account alone.
func (tx *Tx) SetDirect(c community.ID, g community.GroupID) error {
	_, err := tx.Exec(`UPDATE chat_group SET kind = '`+directKind+`' WHERE community_id = $1 AND group_id = $2`, int64(c), int64(g))
	return unavailable(err)
}

// Offered is a group that an account is in and that nobody has adopted.
type Offered struct {
	Account   string
	OutsideID string
	Name      string
	Members   int // 0: not told
	SeenAt    time.Time
	Heard     int64 // observations that were not logged
}

// Offer notes groups that an account is in, and adds to what was heard there.
func (tx *Tx) Offer(c community.ID, list []Offered) error {
	for _, o := range list {
		if _, err := tx.Exec(`INSERT INTO offered_group (community_id, account, outside_id, name, members, seen_at, heard)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (community_id, account, outside_id) DO UPDATE SET
			name = CASE WHEN excluded.name <> '' THEN excluded.name ELSE offered_group.name END,
			members = CASE WHEN excluded.members > 0 THEN excluded.members ELSE offered_group.members END,
			seen_at = excluded.seen_at, heard = offered_group.heard + excluded.heard`,
			int64(c), o.Account, cleanText(o.OutsideID), cleanText(o.Name), o.Members, millis(o.SeenAt), o.Heard); err != nil {
			return unavailable(err)
		}
	}
	return nil
}

// DropOffer takes a group off the list; outside "" takes off all of the account.
func (tx *Tx) DropOffer(c community.ID, account, outside string) error {
	_, err := tx.Exec(`DELETE FROM offered_group WHERE community_id = $1 AND account = $2 AND (outside_id = $3 OR $3 = '')`, int64(c), account, outside)
	return unavailable(err)
}

// OfferedTo lists the groups that nobody has adopted, by name.
func OfferedTo(ctx context.Context, q Querier, c community.ID, account string) ([]Offered, error) {
	rows, err := q.QueryContext(ctx, `SELECT account, outside_id, name, members, seen_at, heard FROM offered_group
		WHERE community_id = $1 AND (account = $2 OR $2 = '') ORDER BY name, outside_id`, int64(c), account)
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []Offered
	for rows.Next() {
		var o Offered
		var seen int64
		if err := rows.Scan(&o.Account, &o.OutsideID, &o.Name, &o.Members, &seen, &o.Heard); err != nil {
			return nil, unavailable(err)
		}
		o.SeenAt = fromMillis(seen)
		list = append(list, o)
	}
	return list, unavailable(rows.Err())
}

// Moment is how a connection was from At on.
type Moment struct {
	At         time.Time
	State      string
	MissedFrom time.Time // zero: nothing is missing
	Code, Why  string
}

// Timeline lists how an account's connection was, newest first, from since on.
func Timeline(ctx context.Context, q Querier, c community.ID, account string, since time.Time, limit int) ([]Moment, error) {
	rows, err := q.QueryContext(ctx, `SELECT at, state, missed_from, code, why FROM view_connection WHERE community_id = $1 AND account = $2
		AND at >= $3 ORDER BY at DESC, seq DESC LIMIT $4`, int64(c), account, millis(since), limit)
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []Moment
	for rows.Next() {
		var m Moment
		var at, missed int64
		if err := rows.Scan(&at, &m.State, &missed, &m.Code, &m.Why); err != nil {
			return nil, unavailable(err)
		}
		m.At, m.MissedFrom = fromMillis(at), fromMillis(missed)
		list = append(list, m)
	}
	return list, unavailable(rows.Err())
}

// parseMillis reads the milliseconds that an event's data hold, 0 for none.
func parseMillis(s string) int64 {
	ms, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return ms
}

// AddMoment writes a change of a connection into its view.
func (tx *Tx) AddMoment(ev *community.Event) error {
	if ev.Body == nil { // forgotten, and the state with it
		return nil
	}
	_, err := tx.Exec(`INSERT INTO view_connection (community_id, account, at, seq, state, missed_from, code, why)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`, int64(ev.Community), ev.Source, millis(ev.At), int64(ev.Seq),
		ev.Body.Data["state"], parseMillis(ev.Body.Data["missed_from"]), ev.Body.Data["code"], cleanText(ev.Body.Text))
	return unavailable(err)
}
