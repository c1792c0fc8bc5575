package insightdb

import (
	"context"
	"time"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
)

// History reads what is on file of a group's days. The last day known whole is
// yesterday for a group that an account of ours listens to, the day of the last
// event for one that was only imported.
func History(ctx context.Context, q store.Querier, g community.Group, now time.Time) (*insight.History, error) {
	days, err := Days(ctx, q, g.Community, g.ID, -1<<30, 1<<30)
	if err != nil {
		return nil, err
	}
	away, err := Coverage(ctx, q, g.Community, g.ID)
	if err != nil {
		return nil, err
	}
	seq, err := store.Cursor(ctx, q, g.Community, store.Project)
	if err != nil {
		return nil, err
	}
	links, err := store.LinksAt(ctx, q, g.Community, seq)
	if err != nil {
		return nil, err
	}
	listened, err := store.Listened(ctx, q, g.Community, g.ID)
	if err != nil {
		return nil, err
	}
	r := insight.Record{Days: days, Person: links.Person, Last: community.DayOf(now, g.Zone) - 1}
	if !listened && len(days) > 0 {
		r.Last = min(days[len(days)-1].Day, community.DayOf(now, g.Zone))
	}
	for _, a := range away {
		to := now
		if a.To != 0 {
			to = time.UnixMilli(a.To)
		}
		r.Away = append(r.Away, insight.Span{From: community.DayOf(time.UnixMilli(a.From), g.Zone), To: community.DayOf(to, g.Zone)})
	}
	return insight.NewHistory(r), nil
}

// Drop empties every view of a community and sets project's cursor to the
// beginning of the log.
func Drop(tx *store.Tx, c community.ID) error {
	for _, t := range Views {
		if _, err := tx.Exec(`DELETE FROM `+t+` WHERE community_id = $1`, int64(c)); err != nil {
			return err
		}
	}
	_, err := tx.Exec(`DELETE FROM cursor WHERE community_id = $1 AND loop = $2`, int64(c), string(store.Project))
	return err
}

// Views are the tables that can be dropped and rebuilt from log and records.
var Views = []string{"view_group", "view_group_day", "view_words", "view_member", "view_community_day", "view_timeline", "view_recall", "view_coverage"}
