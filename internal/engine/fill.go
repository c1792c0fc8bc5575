package engine

import (
	"context"
	"iter"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
)

// Fill writes observations into the log as history, many to a transaction: for
// simulated communities and for measuring. It answers how many were new.
func (e *Engine) Fill(ctx context.Context, c community.ID, network community.Network, zone *time.Location,
	list iter.Seq[connector.Observation], progress func(ImportProgress)) (int64, error) {
	e.reading.Add(1)
	defer e.reading.Add(-1)
	a := &account{name: "", community: c, network: network, stable: true}
	var drafts []store.Draft
	var done int64
	last := e.now()
	flush := func() error {
		err := e.db.Write(ctx, func(tx *store.Tx) error {
			appended, err := tx.Append(c, drafts)
			for _, a := range appended {
				if !a.Duplicate {
					done++
				}
			}
			return err
		})
		drafts = drafts[:0]
		return err
	}
	for o := range list {
		if ctx.Err() != nil {
			return done, ctx.Err()
		}
		d, err := draftOf(a, &o)
		if err != nil {
			return done, err
		}
		d.Zone, d.Event.Origin, d.Event.Source = zone.String(), community.History, "import/simulated"
		if drafts = append(drafts, d); len(drafts) < 2*importBatch {
			continue
		}
		if err := flush(); err != nil {
			return done, err
		}
		if now := e.now(); progress != nil && now.Sub(last) > time.Second {
			last = now
			progress(ImportProgress{Rows: done})
		}
	}
	return done, flush()
}
