package engine

import (
	"context"
	"errors"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// Rebuild drops every view, the search index included, and counts the whole log
// again. It answers how many events there were. The loops must not run meanwhile
// in this process; in another one, their project loop is told by its cursor.
func (e *Engine) Rebuild(ctx context.Context) (events int64, err error) {
	err = e.eachCommunity(ctx, func(c community.ID) error {
		if err := e.db.Write(ctx, func(tx *store.Tx) error { return insightdb.Drop(tx, c) }); err != nil {
			return err
		}
		delete(e.projects, c)
		if e.search != nil {
			if err := e.search.Drop(ctx, c); err != nil {
				return err
			}
		}
		if err := e.catchUp(ctx, c); err != nil {
			return err
		}
		return e.db.Read(ctx, func(q store.Querier) error {
			head, err := store.Head(ctx, q, c)
			events += int64(head)
			return err
		})
	})
	return events, err
}

// catchUp projects and indexes everything that is in the log. Where another worker
// was quicker it begins again from where that one is.
func (e *Engine) catchUp(ctx context.Context, c community.ID) error {
	for {
		err := e.catchUpOnce(ctx, c)
		if !errors.Is(err, store.ErrLost) {
			return err
		}
		delete(e.projects, c)
	}
}

func (e *Engine) catchUpOnce(ctx context.Context, c community.ID) error {
	for {
		more, err := e.projectStep(ctx, c)
		if err != nil {
			return err
		}
		if more {
			continue
		}
		if p := e.projects[c]; p != nil && p.pending > 0 {
			changed, err := e.flush(ctx, p, nil)
			if err != nil {
				return err
			}
			e.changes.publish(c, changed)
			continue
		}
		break
	}
	for {
		if more, err := e.insightAt(ctx, c, false); err != nil {
			return err
		} else if !more {
			break
		}
	}
	for e.search != nil {
		more, err := e.search.Step(ctx, c)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// History reads what is on file of a group's days. Last is the last day known
// whole: yesterday for a group with an account of ours, the day of the last
// event for one that was only imported.
func (e *Engine) History(ctx context.Context, q store.Querier, g community.Group) (*insight.History, error) {
	return insightdb.History(ctx, q, g, e.now())
}

// Gaps tells the name of a group and where its history has holes.
func (e *Engine) Gaps(ctx context.Context, c community.ID, id community.GroupID) (string, []insight.Gap, error) {
	var g community.Group
	var h *insight.History
	err := e.db.Read(ctx, func(q store.Querier) error {
		var err error
		if g, err = store.Group(ctx, q, c, id); err != nil {
			return err
		}
		h, err = e.History(ctx, q, g)
		return err
	})
	if err != nil {
		return "", nil, err
	}
	return g.Name, h.Gaps(), nil
}
