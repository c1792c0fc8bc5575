package engine

import (
	"context"

	"qunying/community"
	"qunying/internal/store"
)

// searchYields is how far behind the views may be before the search index, which
// can wait, leaves them the machine.
const searchYields = 5000

// searchStep indexes the next stretch of the log, unless a file is coming in or
// the views are behind.
func (e *Engine) searchStep(ctx context.Context, c community.ID) (bool, error) {
	if e.reading.Load() > 0 {
		return false, nil
	}
	var head, counted community.Seq
	if err := e.db.Read(ctx, func(q store.Querier) error {
		var err error
		if head, err = store.Head(ctx, q, c); err != nil {
			return err
		}
		counted, err = store.Cursor(ctx, q, c, store.Project)
		return err
	}); err != nil || head-counted > searchYields {
		return false, err
	}
	return e.search.Step(ctx, c)
}
