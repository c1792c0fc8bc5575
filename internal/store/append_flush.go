package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// appendAtOnce writes on PostgreSQL the batches in which everybody is known, in
// one transaction and one round trip: what is sent in one flush begins with the
// locks, in the order of the communities, and commits at its end. It answers
// who is in them and returns the others: with names to be looked up, of
// communities that are not there, or all of them if PostgreSQL refused a
// statement, which leaves nothing.
func (db *DB) appendAtOnce(list []*batch) (open []*batch) {
	var ready []*flushed
	for _, b := range list {
		if f, ok := db.prepareFlush(b); ok {
			ready = append(ready, f)
		} else {
			open = append(open, b)
		}
	}
	if len(ready) == 0 {
		return open
	}
	err := db.flush(ready)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.SeverityUnlocalized == "ERROR" {
		return list
	}
	if err != nil {
		// It may have committed before the connection broke. Who sends again finds
		// out; to try here would call it a duplicate of itself.
		for _, f := range ready {
			f.batch.answer(err)
		}
		return open
	}
	db.announce()
	for _, f := range ready {
		if !f.locked {
			open = append(open, f.batch)
			continue
		}
		db.names.putAll(f.numbers.fresh)
		f.batch.answer(nil)
	}
	return open
}

// flushed is a batch with numbers for its names, ready to be sent.
type flushed struct {
	*batch
	numbers *numbers
	columns *eventColumns
	locked  bool // the community has a log
}

func (db *DB) prepareFlush(b *batch) (*flushed, bool) {
	n := &numbers{tx: &Tx{db: db}, cached: true, log: &logRow{now: db.now()}, community: b.community, fresh: map[nameKey]named{}}
	rows, err := n.resolve(cleanDrafts(b.drafts))
	if err != nil {
		return nil, false
	}
	b.result = resultOf(rows)
	return &flushed{batch: b, numbers: n, columns: columnsOfEvents(rows, b.result)}, true
}

func (db *DB) flush(list []*flushed) error {
	ctx := context.Background()
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return unavailable(err)
	}
	defer conn.Close()
	var all pgx.Batch
	for _, f := range list {
		f.queue(&all)
	}
	return unavailable(conn.Raw(func(driver any) error {
		return driver.(*stdlib.Conn).Conn().SendBatch(ctx, &all).Close()
	}))
}

// queue adds the batch's statements. The first takes the lock by itself, so that
// the others see what was committed before it. It also lets appendEvents keep its
// plan where connections are told to plan anew each time: to plan it takes longer
// than to run it.
func (f *flushed) queue(all *pgx.Batch) {
	all.Queue(`SELECT set_config('plan_cache_mode', 'auto', true) FROM log WHERE community_id = $1 FOR UPDATE`, int64(f.community)).Query(func(rows pgx.Rows) error {
		f.locked = rows.Next()
		rows.Close()
		return rows.Err()
	})
	if sql, args := f.numbers.keepGroups(); sql != "" {
		all.Queue(sql, args...)
	}
	if sql, args := f.numbers.keepNames(); sql != "" {
		all.Queue(sql, args...).Query(func(rows pgx.Rows) error { return f.numbers.namesKept(rows) })
	}
	all.Queue(appendEvents, f.columns.args(f.community, f.numbers.log.now)...).Query(func(rows pgx.Rows) error {
		return f.columns.numbered(rows, f.result)
	})
}
