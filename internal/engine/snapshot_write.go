package engine

import (
	"bufio"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"qunying/community"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
	"qunying/transcript"
)

// The files of a snapshot.
const (
	SnapshotMessages = "messages.jsonl" // ChatLab's interchange format, version 0.0.2, as lines
	SnapshotMembers  = "members.csv"
)

// snapshotLayout is how messages are written.
const snapshotLayout = "chatlab-jsonl"

const (
	snapshotTries = 3
	snapshotPage  = 500 // messages that are read at once: long readers let SQLite's log grow
)

// snapshotStep makes one export that waits.
func (e *Engine) snapshotStep(ctx context.Context, c community.ID) (bool, error) {
	var list []store.Snapshot
	if err := e.db.Read(ctx, func(q store.Querier) (err error) {
		list, err = store.WaitingSnapshots(ctx, q, c, 1)
		return err
	}); err != nil || len(list) == 0 {
		return false, err
	}
	x := list[0]
	x.Tries++
	err := e.makeSnapshot(ctx, c, &x)
	if ctx.Err() != nil {
		return false, nil //nolint:nilerr // it is made after the next start
	}
	x.DoneAt = e.now().Truncate(time.Millisecond)
	switch {
	case err == nil:
		x.State = store.SnapshotDone
	case x.Tries < snapshotTries && community.CodeOf(err) != community.NotFound:
		e.log.Warn("a snapshot failed; it is tried again", "community", c, "group", x.Group, "try", x.Tries, "err", err)
		x.Error, x.DoneAt = plainly(err), time.Time{}
	default:
		e.log.Error("a snapshot failed", "community", c, "group", x.Group, "err", err)
		x.State, x.Error = store.SnapshotFailed, plainly(err)
	}
	if err := e.write(ctx, func(tx *store.Tx) error {
		_, err := tx.NoteSnapshot(c, x)
		return err
	}); err != nil {
		return false, err
	}
	e.changes.send(Change{Community: c, Groups: []community.GroupID{x.Group}, What: "settings"})
	if x.State == store.SnapshotWaiting {
		return false, nil
	}
	return true, e.rotateSnapshots(ctx, c, x.Group)
}

// plainly is an error without the paths of this machine.
func plainly(err error) string {
	var ce *community.Error
	var path *fs.PathError
	switch {
	case errors.As(err, &ce):
		return ce.Text
	case errors.As(err, &path):
		return path.Err.Error()
	}
	return "the snapshot could not be written"
}

func (e *Engine) snapshotFolder(c community.ID, g community.GroupID) string {
	return filepath.Join(e.files, "exports", decimal(int64(c)), decimal(int64(g)))
}

// slotName is how the folder of a snapshot is called: its time in UTC.
func slotName(slot time.Time) string { return slot.UTC().Format("20060102T150405.000Z") }

// OpenSnapshot opens a file of a snapshot for somebody, which the audit notes; the
// caller closes it. It fails with NotFound where there is none.
func (e *Engine) OpenSnapshot(ctx context.Context, c community.ID, g community.GroupID, slot time.Time, name string, by community.StaffID) (io.ReadCloser, error) {
	if name != SnapshotMessages && name != SnapshotMembers {
		return nil, community.Errorf(community.NotFound, "a snapshot has no file %q", name)
	}
	if err := e.db.Read(ctx, func(q store.Querier) error {
		x, found, err := store.SnapshotOf(ctx, q, c, g, slot)
		if err == nil && (!found || x.State != store.SnapshotDone) {
			err = community.Errorf(community.NotFound, "there is no such snapshot")
		}
		return err
	}); err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(e.snapshotFolder(c, g), slotName(slot), name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, community.Errorf(community.NotFound, "the files of this snapshot are not here any more")
	}
	if err != nil {
		return nil, err
	}
	if err := e.write(ctx, func(tx *store.Tx) error {
		return tx.Audit(c, by, e.now().UnixMilli(), "snapshot.take", "group/"+decimal(int64(g))+"/"+decimal(slot.UnixMilli())+"/"+name, "", "")
	}); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// makeSnapshot writes the files of a snapshot, all or none.
func (e *Engine) makeSnapshot(ctx context.Context, c community.ID, x *store.Snapshot) (err error) {
	folder := e.snapshotFolder(c, x.Group)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	temporary, err := os.MkdirTemp(folder, "unfinished-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temporary)) }()
	var g community.Group
	if err := e.db.Read(ctx, func(q store.Querier) (err error) {
		if g, err = store.Group(ctx, q, c, x.Group); err != nil {
			return err
		}
		x.AsOf, err = store.Cursor(ctx, q, c, store.Project)
		return err
	}); err != nil {
		return err
	}
	x.Bytes, x.Members, x.Messages = 0, 0, 0
	for name, write := range map[string]func(io.Writer) (int64, error){
		SnapshotMembers: func(w io.Writer) (n int64, err error) {
			x.Members, err = e.snapshotMembers(ctx, g, w)
			return x.Members, err
		},
		SnapshotMessages: func(w io.Writer) (n int64, err error) {
			x.Messages, err = e.snapshotMessages(ctx, g, x.AsOf, w)
			return x.Messages, err
		},
	} {
		size, err := writeFile(filepath.Join(temporary, name), write)
		if err != nil {
			return err
		}
		x.Bytes += size
	}
	to := filepath.Join(folder, slotName(x.Slot))
	if err := os.RemoveAll(to); err != nil { // of a try whose end was not noted
		return err
	}
	return os.Rename(temporary, to)
}

// writeFile writes a file to disk, and tells its size.
func writeFile(name string, write func(io.Writer) (int64, error)) (size int64, err error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 256<<10)
	if _, err := write(w); err != nil {
		return 0, err
	}
	if err := w.Flush(); err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), f.Sync()
}

// rotateSnapshots forgets the oldest snapshots of a group beyond those that are kept,
// and every folder that no snapshot is of.
func (e *Engine) rotateSnapshots(ctx context.Context, c community.ID, g community.GroupID) error {
	keep := map[string]bool{}
	if err := e.write(ctx, func(tx *store.Tx) error {
		clear(keep)
		layers, err := store.LayersAt(ctx, tx, c, g, SnapshotsKey, 0)
		if err != nil {
			return err
		}
		most := *SnapshotPlanIn(layers).Keep
		list, err := store.Snapshots(ctx, tx, c, g, 1000)
		if err != nil {
			return err
		}
		for _, x := range list {
			if x.State == store.SnapshotWaiting {
				continue
			}
			if most--; most < 0 {
				if err := tx.ForgetSnapshot(c, g, x.Slot); err != nil {
					return err
				}
				continue
			}
			keep[slotName(x.Slot)] = true
		}
		return nil
	}); err != nil {
		return err
	}
	folder := e.snapshotFolder(c, g)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, f := range entries {
		if !keep[f.Name()] {
			if err := os.RemoveAll(filepath.Join(folder, f.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// snapshotMembers writes everybody who was ever seen in a group, the most talkative
// first, as CSV in UTF-8 with a mark that spreadsheets know it by.
func (e *Engine) snapshotMembers(ctx context.Context, g community.Group, w io.Writer) (n int64, err error) {
	var list []insightdb.MemberDelta
	who := map[community.IdentityID]store.Identity{}
	in := func(community.IdentityID) string { return "" } // not knowable
	if err := e.db.Read(ctx, func(q store.Querier) error {
		if list, err = insightdb.MembersOf(ctx, q, g.Community, g.ID); err != nil {
			return err
		}
		ids := make([]community.IdentityID, len(list))
		for i, m := range list {
			ids[i] = m.Identity
		}
		if who, err = store.Identities(ctx, q, g.Community, ids); err != nil {
			return err
		}
		present, known, err := insightdb.Present(ctx, q, g.Community, g.ID, community.DayOf(e.now(), g.Zone))
		if known {
			in = func(id community.IdentityID) string { return strconv.FormatBool(present.Contains(uint32(id))) }
		}
		return err
	}); err != nil {
		return 0, err
	}
	slices.SortFunc(list, func(a, b insightdb.MemberDelta) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.Identity, b.Identity))
	})
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return 0, err
	}
	out := csv.NewWriter(w)
	if err := out.Write([]string{"id", "name", "network", "in_group", "messages", "first_seen", "last_seen"}); err != nil {
		return 0, err
	}
	when := func(ms int64) string {
		if ms == 0 {
			return ""
		}
		return time.UnixMilli(ms).In(g.Zone).Format(time.RFC3339)
	}
	for _, m := range list {
		is := who[m.Identity]
		outside := is.Outside
		if is.Group != 0 { // the name is all that is known
			outside = ""
		}
		if err := out.Write([]string{transcript.GuardCell(outside), transcript.GuardCell(cmp.Or(is.Name, is.Outside)), string(is.Network), in(m.Identity), decimal(m.Messages), when(m.FirstAt), when(m.LastAt)}); err != nil {
			return 0, err
		}
	}
	out.Flush()
	return int64(len(list)), out.Error()
}

// snapshotMessages writes what was said in a group up to a place in the log.
func (e *Engine) snapshotMessages(ctx context.Context, g community.Group, upTo community.Seq, w io.Writer) (n int64, err error) {
	layout, err := transcript.LayoutNamed(snapshotLayout)
	if err != nil {
		return 0, err
	}
	lines := layout.Open(w, transcript.Made{At: e.now()})
	defer lines.Drop()
	if err := lines.Begin(groupOf(g)); err != nil {
		return 0, err
	}
	var at store.SaidPlace
	for ctx.Err() == nil {
		var events []community.Event
		var who map[community.IdentityID]store.Identity
		if err := e.db.Read(ctx, func(q store.Querier) error {
			if events, at, err = store.Said(ctx, q, g.Community, g.ID, at, snapshotPage); err != nil {
				return err
			}
			var ids []community.IdentityID
			for i := range events {
				ids = append(ids, events[i].Identity)
			}
			slices.Sort(ids)
			who, err = store.Identities(ctx, q, g.Community, slices.Compact(ids))
			return err
		}); err != nil {
			return n, err
		}
		for i := range events {
			ev := &events[i]
			if ev.Seq > upTo || ev.Kind != community.MessagePosted || ev.Body == nil { // later, or forgotten
				continue
			}
			r := recordOf(who[ev.Identity], ev)
			if err := lines.Write(&r); err != nil {
				return n, err
			}
			n++
		}
		if at == (store.SaidPlace{}) {
			return n, lines.Close()
		}
	}
	return n, ctx.Err()
}

// recordOf is a message as files hold it.
func recordOf(who store.Identity, ev *community.Event) transcript.Record {
	r := transcript.Record{Kind: ev.Kind, At: ev.At, SenderID: who.Outside, SenderName: cmp.Or(ev.Body.Name, who.Name, who.Outside),
		Content: ev.Content, Text: ev.Body.Text, MessageID: ev.Body.MessageID, MentionAll: ev.Flags&community.MentionsAll != 0}
	if who.Group != 0 { // the name is all that is known
		r.SenderID = ""
	}
	if len(ev.Body.Data) > 0 {
		r.Data = maps.Clone(ev.Body.Data)
		r.ReplyTo = r.Data["reply_to"]
		delete(r.Data, "reply_to")
	}
	return r
}
