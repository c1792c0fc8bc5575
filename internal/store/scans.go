package store

import (
	"context"
	"encoding/json"
	"time"

	"qunying/community"
)

// CodeUse is how often a code was used that leads people to an account.
type CodeUse struct {
	Followed int64 // times that somebody followed by it
	Scanned  int64 // times that somebody scanned it who followed already
	People   int64 // who did either
	LastAt   time.Time
}

// CodeUses tells of the codes of an account, by what they carry, how often they were
// used since a time. direct is the group of what is said to the account alone. What
// retention and erasure removed does not count.
func CodeUses(ctx context.Context, q Querier, c community.ID, direct community.GroupID, since time.Time) (map[string]CodeUse, error) {
	// The list of kinds is the condition of the index event_deed, word for word:
	// without it SQLite does not use the index.
	rows, err := q.QueryContext(ctx, `SELECT e.kind, e.identity_id, b.data, COUNT(*), MAX(e.at) FROM event e
		JOIN event_body b ON b.community_id = e.community_id AND b.seq = e.seq
		WHERE e.community_id = $1 AND e.kind IN ('member.joined', 'member.left', 'member.requested', 'member.renamed', 'message.recalled', 'reaction.added', 'code.scanned', 'contact.added', 'contact.removed')
		AND e.kind IN ('code.scanned', 'contact.added') AND e.group_id = $2 AND e.at >= $3 AND b.data IS NOT NULL
		GROUP BY e.kind, e.identity_id, b.data`, int64(c), int64(direct), millis(since))
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	uses, people := map[string]CodeUse{}, map[string]map[int64]bool{}
	for rows.Next() {
		var kind, text string
		var who, n, last int64
		if err := rows.Scan(&kind, &who, &text, &n, &last); err != nil {
			return nil, unavailable(err)
		}
		var data map[string]string
		if err := json.Unmarshal([]byte(text), &data); err != nil {
			return nil, err
		}
		code := data["state"]
		if code == "" {
			continue
		}
		u := uses[code]
		if kind == string(community.ContactAdded) {
			u.Followed += n
		} else {
			u.Scanned += n
		}
		if people[code] == nil {
			people[code] = map[int64]bool{}
		}
		people[code][who] = true
		u.People = int64(len(people[code]))
		if at := fromMillis(last); at.After(u.LastAt) {
			u.LastAt = at
		}
		uses[code] = u
	}
	return uses, unavailable(rows.Err())
}
