package engine

import (
	"context"

	"qunying/community"
)

// searchStep indexes the next stretch of the log.
func (e *Engine) searchStep(ctx context.Context, c community.ID) (bool, error) {
	return e.search.Step(ctx, c)
}
