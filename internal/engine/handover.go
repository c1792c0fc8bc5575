package engine

import (
	"context"
	"encoding/json"
	"time"

	"qunying/community"
	"qunying/internal/store"
	"qunying/internal/store/team"
)

// HandOver says what one colleague gives to another.
type HandOver struct {
	From, To community.StaffID
	Keeper   bool // the groups whose keeper From is
	Backup   bool // the groups whose backup From is
	Tasks    bool // the open tasks that wait for From, now or as backup
}

// Handed counts what was handed over, or would be.
type Handed struct {
	Keeper int // groups that get another keeper
	Backup int // groups that get another backup
	Alone  int // of these groups, those that To now has alone: they were its other half
	Tasks  int
}

// HandingOver is one hand-over as it is kept.
type HandingOver struct {
	ID       int64
	By       community.StaffID
	At       time.Time
	From, To community.StaffID
	Handed
	UndoneAt time.Time // zero: it stands
}

// handed is what a hand-over moved.
type handed struct {
	Groups []handedGroup `json:"groups"`
	Tasks  []handedTask  `json:"tasks"`
}

type handedGroup struct {
	Group   community.GroupID `json:"group"`
	Before  Keeper            `json:"before"`
	After   Keeper            `json:"after"`
	version int64
}

type handedTask struct {
	Task   community.Seq `json:"task"`
	Before Keeper        `json:"before"`
	After  Keeper        `json:"after"`
}

// give is a pair after From's part in it went to To. Nobody is their own backup.
func (h HandOver) give(k Keeper, keeper, backup bool) Keeper {
	if keeper && k.Staff == h.From {
		k.Staff = h.To
	}
	if backup && k.Backup == h.From {
		k.Backup = h.To
	}
	if k.Staff == k.Backup {
		k.Backup = 0
	}
	return k
}

func (m *handed) count() (n Handed) {
	for _, g := range m.Groups {
		if g.Before.Staff != g.After.Staff {
			n.Keeper++
		}
		if g.Before.Backup != g.After.Backup && g.After.Backup != 0 {
			n.Backup++
		}
		if g.Before.Backup != 0 && g.After.Backup == 0 {
			n.Alone++
		}
	}
	n.Tasks = len(m.Tasks)
	return n
}

// toHandOver reads what a hand-over would move. It fails with Invalid and NotFound.
func toHandOver(ctx context.Context, q store.Querier, c community.ID, h HandOver) (m handed, err error) {
	if h.From == h.To {
		return m, community.Errorf(community.Invalid, "nobody can hand over to themselves")
	}
	for _, who := range []community.StaffID{h.From, h.To} {
		is, err := team.ByID(ctx, q, who)
		if err != nil {
			return m, err
		}
		if who == h.To && !is.DisabledAt.IsZero() {
			return m, community.Errorf(community.Invalid, "%s does not work here any more", is.Name)
		}
	}
	typed, err := store.LayeringOf(ctx, q, c, KeeperKey)
	if err != nil {
		return m, err
	}
	groups, err := store.Groups(ctx, q, c)
	if err != nil {
		return m, err
	}
	for _, g := range groups {
		layers := typed.Of(g.ID)
		var k Keeper
		if len(layers) == 0 || layers[0].Level != store.OfGroup || json.Unmarshal([]byte(layers[0].Value), &k) != nil {
			continue
		}
		if after := h.give(k, h.Keeper, h.Backup); after != k {
			m.Groups = append(m.Groups, handedGroup{Group: g.ID, Before: k, After: after, version: layers[0].Version})
		}
	}
	if !h.Tasks {
		return m, nil
	}
	open, err := store.OpenTasksOf(ctx, q, c, h.From)
	for _, t := range open {
		was := Keeper{Staff: t.Keeper, Backup: t.Backup}
		m.Tasks = append(m.Tasks, handedTask{Task: t.ID, Before: was, After: h.give(was, true, true)})
	}
	return m, err
}

// CountKeeping counts what a hand-over would move; it changes nothing.
func (e *Engine) CountKeeping(ctx context.Context, c community.ID, h HandOver) (n Handed, err error) {
	err = e.db.Read(ctx, func(q store.Querier) error {
		m, err := toHandOver(ctx, q, c, h)
		n = m.count()
		return err
	})
	return n, err
}

// HandKeeping gives what one colleague keeps to another, all of it or nothing, and
// tells how it can be taken back.
func (e *Engine) HandKeeping(ctx context.Context, c community.ID, h HandOver, by community.StaffID) (done HandingOver, err error) {
	now := e.now().Truncate(time.Millisecond)
	var m handed
	err = e.db.Write(ctx, func(tx *store.Tx) error {
		if m, err = toHandOver(ctx, tx, c, h); err != nil {
			return err
		}
		done = HandingOver{By: by, At: now, From: h.From, To: h.To, Handed: m.count()}
		if len(m.Groups)+len(m.Tasks) == 0 {
			return community.Errorf(community.Invalid, "there is nothing to hand over")
		}
		for _, g := range m.Groups {
			if err := saveKeeper(tx, c, g.Group, g.After, g.version, by, now); err != nil {
				return err
			}
		}
		for _, t := range m.Tasks {
			if _, err := tx.GiveTask(c, t.Task, t.Before.Staff, t.Before.Backup, t.After.Staff, t.After.Backup); err != nil {
				return err
			}
		}
		text, err := json.Marshal(m)
		if err != nil {
			return err
		}
		if done.ID, err = tx.KeepHandover(c, store.Handover{By: by, At: now, From: h.From, To: h.To, Moved: string(text)}); err != nil {
			return err
		}
		return auditHandover(tx, c, by, now, "keeper.handover", &done, done.Handed)
	})
	if err == nil {
		e.handedOver(c, &m)
	}
	return done, err
}

// TakeBack undoes a hand-over: groups and tasks that have become somebody else's
// since then stay theirs. It tells how many of either were given back, and of how
// many the rest is. A second time it fails with Conflict.
func (e *Engine) TakeBack(ctx context.Context, c community.ID, id int64, by community.StaffID) (back Handed, stayed int, err error) {
	now := e.now().Truncate(time.Millisecond)
	var m handed
	err = e.db.Write(ctx, func(tx *store.Tx) error {
		is, err := store.HandoverByID(ctx, tx, c, id)
		if err != nil {
			return err
		}
		if !is.UndoneAt.IsZero() {
			return community.Errorf(community.Conflict, "this was taken back already")
		}
		if err := json.Unmarshal([]byte(is.Moved), &m); err != nil {
			return err
		}
		var given handed
		for _, g := range m.Groups {
			var k Keeper
			version, err := store.ReadSetting(ctx, tx, c, g.Group, KeeperKey, &k)
			if err != nil {
				return err
			}
			if k != g.After {
				stayed++
				continue
			}
			if err := saveKeeper(tx, c, g.Group, g.Before, version, by, now); err != nil {
				return err
			}
			given.Groups = append(given.Groups, g)
		}
		for _, t := range m.Tasks {
			ok, err := tx.GiveTask(c, t.Task, t.After.Staff, t.After.Backup, t.Before.Staff, t.Before.Backup)
			if err != nil {
				return err
			}
			if !ok {
				stayed++
				continue
			}
			given.Tasks = append(given.Tasks, t)
		}
		back = given.count()
		if err := tx.UndoHandover(c, id, now); err != nil {
			return err
		}
		return auditHandover(tx, c, by, now, "keeper.handback", &HandingOver{ID: id, From: is.To, To: is.From}, back)
	})
	if err == nil {
		e.handedOver(c, &m)
	}
	return back, stayed, err
}

func saveKeeper(tx *store.Tx, c community.ID, g community.GroupID, k Keeper, based int64, by community.StaffID, now time.Time) error {
	text, err := json.Marshal(k)
	if err != nil {
		return err
	}
	_, err = tx.SaveSetting(c, store.Setting{Group: g, Key: KeeperKey, Value: string(text)}, based, by, settingChange(KeeperKey, g, based, now))
	return err
}

func auditHandover(tx *store.Tx, c community.ID, by community.StaffID, now time.Time, act string, h *HandingOver, n Handed) error {
	after, err := json.Marshal(map[string]int64{"from": int64(h.From), "to": int64(h.To), "keeper": int64(n.Keeper), "backup": int64(n.Backup), "tasks": int64(n.Tasks)})
	if err != nil {
		return err
	}
	return tx.Audit(c, by, now.UnixMilli(), act, "handover/"+decimal(h.ID), "", string(after))
}

func (e *Engine) handedOver(c community.ID, m *handed) {
	change := Change{Community: c, What: "settings"}
	for _, g := range m.Groups {
		change.Groups = append(change.Groups, g.Group)
	}
	e.changes.send(change)
	e.changes.send(Change{Community: c, What: "tasks"})
}

// HandOvers lists the latest hand-overs, the newest first.
func (e *Engine) HandOvers(ctx context.Context, c community.ID, limit int) (list []HandingOver, err error) {
	err = e.db.Read(ctx, func(q store.Querier) error {
		kept, err := store.Handovers(ctx, q, c, limit)
		for _, is := range kept {
			var m handed
			if err := json.Unmarshal([]byte(is.Moved), &m); err != nil {
				return err
			}
			list = append(list, HandingOver{ID: is.ID, By: is.By, At: is.At, From: is.From, To: is.To, Handed: m.count(), UndoneAt: is.UndoneAt})
		}
		return err
	})
	return list, err
}
