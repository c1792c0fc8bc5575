package store

import (
	"context"
	"database/sql"
	"time"
)

// SQLite's writer carries its write-ahead log over into the file at the end of a
// commit, when the log has become long, and everybody who waits for that commit
// waits for the disk. A connection of its own does it beside the writer instead,
// who only has the few pages left that came meanwhile.
const (
	carryEvery = 200 * time.Millisecond
	// carryFrom is from how many pages on it is worth two syncs.
	carryFrom = 1000
	// carryWhole is how long the log may become before the writer is asked for a
	// moment: only when everything is carried over does SQLite begin the log anew.
	carryWhole = 4000
	// carryLate is the length at which the writer does everything itself, should
	// nobody else: the log's 64 MB.
	carryLate = "16000"
)

// carry carries over until the database closes.
func (db *DB) carry(own *sql.DB) {
	defer db.done.Done()
	defer own.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		defer cancel()
		<-db.stop
	}()
	tick := time.NewTicker(carryEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		pages, done, err := checkpoint(ctx, own, "NOOP")
		if err != nil || pages-done < carryFrom {
			continue // without us the writer's own limit holds
		}
		if pages, _, err = checkpoint(ctx, own, "PASSIVE"); err == nil && pages >= carryWhole {
			db.between(ctx, func(q conn) error { // where it fails, the next tick tries again
				_, _, err := checkpoint(ctx, q, "PASSIVE")
				return err
			})
		}
	}
}

// checkpoint carries over what can be without waiting for anybody (PASSIVE) or
// nothing (NOOP), and tells how many pages the log holds and how many of them are
// in the file.
func checkpoint(ctx context.Context, q Querier, mode string) (pages, done int64, err error) {
	var busy int64
	err = q.QueryRowContext(ctx, "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &pages, &done)
	return pages, done, err
}
