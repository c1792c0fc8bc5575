package engine

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

// Status is how far the loops of a community are.
type Status struct {
	Head  community.Seq
	Loops []LoopStatus
}

// LoopStatus is one loop's place in the log.
type LoopStatus struct {
	Name   string
	Cursor community.Seq
}

// Cursor of a loop, 0 for one that does not exist.
func (s Status) Cursor(name string) community.Seq {
	for _, l := range s.Loops {
		if l.Name == name {
			return l.Cursor
		}
	}
	return 0
}

// Status reads how far the loops are.
func (e *Engine) Status(ctx context.Context, c community.ID) (Status, error) {
	var s Status
	err := e.db.Read(ctx, func(q store.Querier) error {
		var err error
		if s.Head, err = store.Head(ctx, q, c); err != nil {
			return err
		}
		for _, l := range []store.Loop{store.Decide, store.Project, store.Insight} {
			at, err := store.Cursor(ctx, q, c, l)
			if err != nil {
				return err
			}
			s.Loops = append(s.Loops, LoopStatus{string(l), at})
		}
		return nil
	})
	if err != nil || e.search == nil {
		return s, err
	}
	at, err := e.search.Position(ctx, c)
	s.Loops = append(s.Loops, LoopStatus{"search", at})
	return s, err
}

// SaveSetting saves what a person typed, as the version after based. It holds for
// every event after its own place in the log, on every node.
func (e *Engine) SaveSetting(ctx context.Context, c community.ID, g community.GroupID, key string, value any, based int64, by community.StaffID) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	change := settingChange(key, g, based, e.now())
	err = e.db.Write(ctx, func(tx *store.Tx) error {
		if g != 0 {
			if _, err := store.Group(ctx, tx, c, g); err != nil {
				return err
			}
		}
		_, err := tx.SaveSetting(c, store.Setting{Group: g, Key: key, Value: string(text)}, based, by, change)
		return err
	})
	if err == nil {
		e.changes.send(Change{Community: c, Groups: []community.GroupID{g}, What: "settings"})
	}
	return err
}

// settingChange is the event that says that a setting has a version after based.
func settingChange(key string, g community.GroupID, based int64, now time.Time) store.Draft {
	return store.Draft{Event: community.Event{At: now.Truncate(time.Millisecond), Source: "staff",
		Key: community.KeyParts{Kind: community.SettingsChanged, Group: strconv.FormatInt(int64(g), 10), ID: key, Revision: strconv.FormatInt(based+1, 10)}.Key()}}
}
