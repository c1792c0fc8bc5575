package store_test

import (
	"context"
	"testing"
	"time"

	"qunying/internal/store"
	"qunying/internal/testdb/ready"
)

// Who reads waits for no writer, not even with a connection that is opened just
// then: otherwise a long import keeps pages and commands from being answered.
func TestReadingWaitsForNoWriter(t *testing.T) {
	db, err := store.Open(t.Context(), ready.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	err = db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(`UPDATE community SET name = $1`, "held"); err != nil {
			return err
		}
		// Each in the other, so that each needs a connection of its own.
		return db.Read(ctx, func(store.Querier) error {
			return db.Read(ctx, func(q store.Querier) error {
				_, err := store.Communities(ctx, q)
				return err
			})
		})
	})
	if err != nil {
		t.Error(err)
	}
}
