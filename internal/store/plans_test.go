package store

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/testdb"
)

// No connection keeps plans, neither one of several at work nor one on which an
// append let its own statement keep its plan.
func TestConnectionsPlanAnew(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db, err := Open(ctx, testdb.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	for i := range 3 { // the first makes who is in it, the others go in one flush
		id := fmt.Sprint(i)
		if _, err := db.Append(ctx, community.DefaultID, Draft{Network: "sim", Group: "g", Zone: "UTC", Subject: Outside{ID: "u", Name: "小李"}, Event: community.Event{
			Key:  community.KeyParts{Kind: community.MessagePosted, Network: "sim", Group: "g", ID: id}.Key(),
			Kind: community.MessagePosted, At: at, Content: community.Text, Source: "test", Body: &community.Body{Name: "小李", Text: "打卡", MessageID: id},
		}}); err != nil {
			t.Fatal(err)
		}
	}
	var held []*sql.Conn
	for range 4 {
		c, err := db.write.Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		held = append(held, c)
	}
	for i, c := range held {
		var mode string
		if err := c.QueryRowContext(ctx, `SHOW plan_cache_mode`).Scan(&mode); err != nil {
			t.Fatal(err)
		}
		if mode != "force_custom_plan" {
			t.Errorf("connection %d has %s", i, mode)
		}
	}
}
