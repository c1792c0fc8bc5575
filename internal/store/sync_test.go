package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"qunying/community"
)

// heldDisk is a database whose log comes to disk only when told.
func heldDisk(t *testing.T) (db *DB, let chan error) {
	t.Helper()
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "q.db"))
	if err != nil {
		t.Fatal(err)
	}
	let = make(chan error)
	db.syncer.disk = func() error { return <-let }
	return db, let
}

func someDraft(n int) Draft {
	at := time.UnixMilli(1_700_000_000_000 + int64(n))
	return Draft{
		Network: "sim", Group: "g", GroupName: "G", Zone: "Asia/Shanghai", Subject: Outside{ID: "a", Name: "A"},
		Event: community.Event{Kind: community.MessagePosted, Origin: community.Live, At: at, Source: "sim", Content: community.Text,
			Key: community.KeyParts{Kind: community.MessagePosted, Network: "sim", Group: "g", ID: fmt.Sprint(n)}.Key(), Body: &community.Body{Text: "x"}},
	}
}

func TestAnAppendIsAnsweredWhenItIsOnDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, let := heldDisk(t)
		answers := make(chan string, 10)
		do := func(what string, f func() error) {
			go func() {
				if err := f(); err != nil {
					what += ": " + err.Error()
				}
				answers <- what
			}()
			synctest.Wait()
		}
		told := func() (list []string) {
			synctest.Wait()
			for len(answers) > 0 {
				list = append(list, <-answers)
			}
			return list
		}
		is := func(when string, want ...string) {
			t.Helper()
			if got := told(); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: answered %q, want %q", when, got, want)
			}
		}
		ctx := context.Background()
		nothing := func(tx *Tx) error { return nil }
		move := func(tx *Tx) error { return tx.MoveCursor(community.DefaultID, Project, 0, 0) }
		do("append", func() error { _, err := db.Append(ctx, community.DefaultID, someDraft(1)); return err })
		is("while the disk works on the first")
		do("the same again", func() error { _, err := db.Append(ctx, community.DefaultID, someDraft(1)); return err })
		do("a view", func() error { return db.WriteSoon(ctx, move) })
		do("decide", func() error { return db.WriteShort(ctx, nothing) })
		is("what need not wait", "a view", "decide")
		if head := headOf(t, db); head != 1 {
			t.Errorf("the log ends at %d while the disk works, want 1: others read on", head)
		}
		do("write", func() error { return db.Write(ctx, nothing) })
		do("sync", func() error { return db.Sync(ctx) })
		is("still while it works")
		let <- nil
		is("the first is on disk", "append")
		let <- nil
		if got := told(); len(got) != 3 {
			t.Errorf("answered %q, want the second append, the write and the sync", got)
		}
		do("sync of nothing new", func() error { return db.Sync(ctx) })
		is("there is nothing to bring", "sync of nothing new")

		do("last", func() error { _, err := db.Append(ctx, community.DefaultID, someDraft(2)); return err })
		do("close", db.Close)
		is("closing waits for the disk")
		let <- nil
		if got := told(); len(got) != 2 {
			t.Errorf("answered %q, want the last append and the end", got)
		}
		do("after the end", func() error { return db.Sync(ctx) })
		if got := told(); len(got) != 1 {
			t.Errorf("answered %q", got)
		}
	})
}

func TestADiskThatFailsOnceIsNotTrustedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, let := heldDisk(t)
		ctx := context.Background()
		done := make(chan error, 1)
		go func() { _, err := db.Append(ctx, community.DefaultID, someDraft(1)); done <- err }()
		synctest.Wait()
		full := errors.New("no room")
		let <- full
		if err := <-done; !errors.Is(err, full) || community.CodeOf(err) != community.Unavailable {
			t.Errorf("the append was answered %v", err)
		}
		for what, f := range map[string]func() error{
			"append": func() error { _, err := db.Append(ctx, community.DefaultID, someDraft(2)); return err },
			"write":  func() error { return db.Write(ctx, func(*Tx) error { return nil }) },
			"short":  func() error { return db.WriteShort(ctx, func(*Tx) error { return nil }) },
			"sync":   func() error { return db.Sync(ctx) },
		} {
			if err := f(); !errors.Is(err, full) {
				t.Errorf("%s after it was answered %v", what, err)
			}
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
}

func headOf(t *testing.T, db *DB) (head community.Seq) {
	t.Helper()
	if err := db.Read(t.Context(), func(q Querier) (err error) {
		head, err = Head(t.Context(), q, community.DefaultID)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return head
}
