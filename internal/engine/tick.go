package engine

import (
	"context"
	"strconv"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

// tickStep appends minute.ticked to a community in which something is due. Its
// key is the minute, so that many nodes make one; a quiet community gets none;
// after a downtime one tick fires.
func (e *Engine) tickStep(ctx context.Context, c community.ID) (bool, error) {
	var next time.Time
	if err := e.db.Read(ctx, func(q store.Querier) error {
		var err error
		next, err = store.NextDue(ctx, q, c)
		return err
	}); err != nil || next.IsZero() {
		return false, err
	}
	minute := e.now().Truncate(time.Minute)
	if next.After(minute) {
		return false, nil
	}
	_, err := e.db.Append(ctx, c, store.Draft{Event: community.Event{
		Key:  community.KeyParts{Kind: community.MinuteTicked, ID: strconv.FormatInt(minute.Unix(), 10)}.Key(),
		Kind: community.MinuteTicked, At: minute, Source: "tick",
	}})
	return false, err
}
