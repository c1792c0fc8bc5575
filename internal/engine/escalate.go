package engine

import (
	"context"
	"encoding/json"

	"qunying/community"
	"qunying/internal/store"
)

// passDue is the kind of due row that makes a task its backup's.
const passDue = "pass"

// passed is what such a row holds.
type passed struct {
	Task community.Seq `json:"task"`
}

// passing is when a task becomes its backup's: when half of its time is over.
func passing(t *store.Task) store.Due {
	data, err := json.Marshal(passed{t.ID})
	if err != nil {
		panic(err) // two numbers
	}
	return store.Due{Key: community.KeyParts{Kind: passDue, Network: "task", ID: decimal(int64(t.ID))}.Key(), At: t.OpenedAt.Add(t.DueAt.Sub(t.OpenedAt) / 2),
		Kind: passDue, Group: t.Group, CauseSeq: t.ID, Data: string(data)}
}

// pass makes a task that nobody did the backup's, and tells them.
func (e *Engine) pass(ctx context.Context, q store.Querier, ev *community.Event, due store.Due, fx *effects) error {
	var p passed
	if err := json.Unmarshal([]byte(due.Data), &p); err != nil {
		return err
	}
	t, found, err := store.TaskByID(ctx, q, ev.Community, p.Task)
	if err != nil || !found || t.State != store.TaskOpen || t.Backup == 0 {
		return err
	}
	g, err := store.Group(ctx, q, ev.Community, t.Group)
	if err != nil {
		return err
	}
	before := fx.also
	fx.also = func(tx *store.Tx) error {
		if before != nil { // several fall due in one minute
			if err := before(tx); err != nil {
				return err
			}
		}
		ok, err := tx.PassTask(ev.Community, t.ID, t.Keeper)
		if err != nil || !ok {
			return err
		}
		tx.AfterCommit(func() {
			e.changes.send(Change{Community: ev.Community, Groups: []community.GroupID{t.Group}, What: "tasks"})
		})
		t.Keeper, t.Backup = t.Backup, 0
		contact, err := e.contactOf(ctx, tx, &t)
		if err != nil || contact == "" {
			return err
		}
		t.Reminders++ // its note is another than the keeper's
		_, err = e.tellKeeper(ctx, tx, &t, g, contact)
		return err
	}
	return nil
}
