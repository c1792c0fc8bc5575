package store_test

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/store"
	"qunying/internal/testdb/ready"
)

// begin is when these stories begin: 16:00 in Shanghai.
var begin = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// opened is a database of one test with its clock and address.
type opened struct {
	*store.DB
	dsn   string
	clock *atomic.Int64 // ms
}

func (o *opened) setClock(at time.Time) { o.clock.Store(at.UnixMilli()) }

// again opens the same database once more, as another process would.
func (o *opened) again(t *testing.T) *store.DB {
	t.Helper()
	return open(t, o.dsn, o.clock)
}

func open(t *testing.T, dsn string, clock *atomic.Int64) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	db.Now = func() time.Time { return time.UnixMilli(clock.Load()) }
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(t *testing.T, db *opened)) {
	t.Parallel() // they wait for disks more than they work
	for _, c := range []struct {
		name string
		dsn  func(testing.TB) string
	}{
		{"sqlite", ready.SQLite},
		{"postgres", ready.Postgres},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := &opened{dsn: c.dsn(t), clock: &atomic.Int64{}}
			o.setClock(begin)
			o.DB = open(t, o.dsn, o.clock)
			test(t, o)
		})
	}
}

// slow says that the race detector is on: SQLite takes ten times as long then,
// and what runs on one goroutine has nothing to show it.
func slow() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// few is how many cases of many are enough.
func few(many, underRace int) int {
	if slow() {
		return underRace
	}
	return many
}

// message is a draft of what somebody writes, with a platform's IDs.
func message(id, group string, who store.Outside, text string, at time.Time) store.Draft {
	return store.Draft{
		Network: "sim", Group: group, Zone: "Asia/Shanghai", Subject: who,
		Event: community.Event{
			Key:  community.KeyParts{Kind: community.MessagePosted, Network: "sim", Group: group, ID: id, At: at, TimeSafe: true}.Key(),
			Kind: community.MessagePosted, At: at, Content: community.Text, Source: "test",
			Body: &community.Body{Name: who.Name, Text: text, MessageID: id},
		},
	}
}

// numbered is a draft that differs from others by its number alone.
func numbered(n int) store.Draft {
	return message(fmt.Sprint(n), "g", store.Outside{ID: fmt.Sprint("u", n%7), Name: "小李"}, "打卡", begin.Add(time.Duration(n)*time.Millisecond))
}

func mustAppend(t *testing.T, db *store.DB, c community.ID, drafts ...store.Draft) []store.Appended {
	t.Helper()
	done, err := db.Append(t.Context(), c, drafts...)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func write(t *testing.T, db *store.DB, f func(tx *store.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func read[T any](t *testing.T, db *store.DB, f func(ctx context.Context, q store.Querier) (T, error)) (v T) {
	t.Helper()
	if err := db.Read(t.Context(), func(q store.Querier) (err error) {
		v, err = f(t.Context(), q)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return v
}

// logOf reads the whole log of a community.
func logOf(t *testing.T, db *store.DB, c community.ID) []community.Event {
	t.Helper()
	return read(t, db, func(ctx context.Context, q store.Querier) ([]community.Event, error) {
		return store.Events(ctx, q, c, 0, 1<<20, true)
	})
}

// nameOf reads under which name an outside ID is known.
func nameOf(t *testing.T, db *store.DB, c community.ID, outside string) string {
	t.Helper()
	return read(t, db, func(ctx context.Context, q store.Querier) (string, error) {
		id, err := store.IdentityByOutside(ctx, q, c, "sim", 0, outside)
		if err != nil {
			return "", err
		}
		all, err := store.Identities(ctx, q, c, []community.IdentityID{id})
		return all[id].Name, err
	})
}
