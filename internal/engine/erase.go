package engine

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"qunying/community"
	"qunying/internal/store"
	"qunying/internal/store/privacy"
	"qunying/internal/store/search"
)

// erasedFile is beside the database: who was erased since a backup was made can be
// erased again after it was brought back. It holds numbers only.
const erasedFile = "erased.jsonl"

// erasedLine is one line of it.
type erasedLine struct {
	Community  community.ID           `json:"community"`
	Identities []community.IdentityID `json:"identities"`
	At         time.Time              `json:"at"`
}

// Erase notes that a person is to be erased, and does it in the background. It
// cannot be taken back. Earlier backups still hold them until these are gone.
func (e *Engine) Erase(ctx context.Context, c community.ID, of community.IdentityID, by community.StaffID) (privacy.Erasure, error) {
	begun := privacy.Erasure{By: by, At: e.now().Truncate(time.Millisecond)}
	if err := e.db.Read(ctx, func(q store.Querier) (err error) {
		begun.Identities, err = privacy.Identities(ctx, q, c, of)
		return err
	}); err != nil {
		return begun, err
	}
	begun.Person = community.PersonID(begun.Identities[0])
	if err := e.db.Write(ctx, func(tx *store.Tx) (err error) {
		if begun, err = privacy.Begin(tx, c, begun); err != nil {
			return err
		}
		return tx.Audit(c, by, begun.At.UnixMilli(), "person.erase", "person/"+strconv.FormatInt(int64(begun.Person), 10), "", "")
	}); err != nil {
		return begun, err
	}
	if err := e.noteErased(c, begun); err != nil {
		return begun, err
	}
	err := e.resumeErasures(ctx)
	if code := community.CodeOf(err); code == community.Conflict || code == community.Unavailable { // its turn will come
		err = nil
	}
	return begun, err
}

// resumeErasures goes on with what was begun.
func (e *Engine) resumeErasures(ctx context.Context) error {
	waiting := false
	if err := e.eachCommunity(ctx, func(c community.ID) error {
		list, err := e.erasures(ctx, c)
		waiting = waiting || slices.ContainsFunc(list, func(is privacy.Erasure) bool { return is.DoneAt.IsZero() })
		return err
	}); err != nil || !waiting {
		return err
	}
	err := e.inBackground("erase", func(ctx context.Context, job *Job) error {
		return e.EraseWaiting(ctx, func(share float64) { e.jobs.seen(job, share) })
	})
	if community.CodeOf(err) == community.Conflict {
		return nil
	}
	return err
}

func (e *Engine) erasures(ctx context.Context, c community.ID) (list []privacy.Erasure, err error) {
	err = e.db.Read(ctx, func(q store.Querier) error {
		list, err = privacy.Erasures(ctx, q, c)
		return err
	})
	return list, err
}

// EraseWaiting erases whoever is to be, one after the other.
func (e *Engine) EraseWaiting(ctx context.Context, seen func(share float64)) error {
	list, err := e.communities(ctx)
	if err != nil {
		return err
	}
	for _, c := range list {
		all, err := e.erasures(ctx, c.ID)
		if err != nil {
			return err
		}
		for _, is := range slices.Backward(all) {
			if !is.DoneAt.IsZero() {
				continue
			}
			if err := e.erase(ctx, c.ID, is, seen); err != nil {
				return err
			}
		}
	}
	return nil
}

// erase removes everything personal of somebody. Each part can be done again, and
// their names are taken last: without them the rest would not be found.
func (e *Engine) erase(ctx context.Context, c community.ID, is privacy.Erasure, seen func(share float64)) error {
	traces, err := privacy.Gather(ctx, e.db, c, is.Identities)
	if err != nil {
		return err
	}
	places, err := privacy.Bodies(ctx, e.db, c, is.Identities, traces, func(share float64) { seen(0.9 * share) })
	if err != nil {
		return err
	}
	pictures, err := e.eraseMedia(ctx, c, is.Identities)
	if err != nil {
		return err
	}
	if is.Rows, err = privacy.Sweep(ctx, e.db, c, traces); err != nil {
		return err
	}
	is.Rows += pictures
	if err := e.db.Write(ctx, func(tx *store.Tx) error {
		n, err := privacy.Records(tx, c, is.Identities)
		if err != nil {
			return err
		}
		is.Rows += n
		return privacy.Forget(tx, c, is.Identities)
	}); err != nil {
		return err
	}
	is.Bodies = int64(len(places))
	if err := e.unindex(ctx, c, places); err != nil {
		return err
	}
	if err := privacy.Compact(ctx, e.db); err != nil {
		return err
	}
	if err := e.eraseSnapshots(ctx, c, is.Identities); err != nil {
		return err
	}
	is.DoneAt = e.now()
	if err := e.db.Write(ctx, func(tx *store.Tx) error { return privacy.Finish(tx, c, is) }); err != nil {
		return err
	}
	e.changes.send(Change{Community: c, What: "people"})
	e.log.Info("a person was erased", "community", c, "person", is.Person, "bodies", is.Bodies, "rows", is.Rows)
	return nil
}

// unindex takes messages out of the search index.
func (e *Engine) unindex(ctx context.Context, c community.ID, places []privacy.Place) error {
	if e.search == nil || len(places) == 0 {
		return nil
	}
	list := make([]search.Place, len(places))
	for i, p := range places {
		list[i] = search.Place{At: p.At, Seq: p.Seq}
	}
	return e.search.Erase(ctx, c, list)
}

// noteErased writes down, beside the database, who was erased.
func (e *Engine) noteErased(c community.ID, is privacy.Erasure) error {
	if e.files == "" {
		return nil
	}
	line, err := json.Marshal(erasedLine{c, is.Identities, is.At})
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(e.files, erasedFile), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return &community.Error{Code: community.Unavailable, Text: "it could not be noted who was erased", Hint: "check the rights of the data folder", Err: err}
	}
	_, err = f.Write(append(line, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	for _, folder := range []string{e.BackupFolder(), e.elsewhere} {
		if _, err := os.Stat(folder); folder == "" || err != nil {
			continue // the next copy takes it along
		}
		if err := MergeErased(e.files, folder); err != nil {
			e.log.Warn("the list of who was erased is not beside the copies yet; the next copy takes it along", "folder", folder, "err", err)
		}
	}
	return nil
}

// MergeErased adds to the list of who was erased in one folder what the list in
// another has besides: copies carry it, so that it is known wherever one is brought
// back.
func MergeErased(from, to string) error {
	more, err := os.ReadFile(filepath.Join(from, erasedFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	path := filepath.Join(to, erasedFile)
	have, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	known := map[string]bool{"": true}
	for line := range bytes.Lines(have) {
		known[string(bytes.TrimSpace(line))] = true
	}
	var add []byte
	for line := range bytes.Lines(more) {
		if line = bytes.TrimSpace(line); !known[string(line)] {
			add = append(append(add, line...), '\n')
		}
	}
	if len(add) == 0 {
		return nil
	}
	if len(have) > 0 && have[len(have)-1] != '\n' {
		add = append([]byte{'\n'}, add...) // a line that was cut off by a crash
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(add)
	return errors.Join(err, f.Sync(), f.Close())
}

// EraseAgain erases, after a backup was brought back, whoever was erased since it
// was made. It answers how many people that are.
func (e *Engine) EraseAgain(ctx context.Context, since time.Time) (people int, err error) {
	f, err := os.Open(filepath.Join(e.files, erasedFile))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var l erasedLine
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil || len(l.Identities) == 0 {
			continue // a line that was cut off by a crash
		}
		if l.At.Before(since.Add(-time.Minute)) {
			continue
		}
		// The list of the copy may lack some of them, or all.
		err := e.db.Write(ctx, func(tx *store.Tx) error {
			known, err := store.Identities(ctx, tx, l.Community, l.Identities)
			if err != nil || len(known) == 0 {
				return err
			}
			_, err = privacy.Begin(tx, l.Community, privacy.Erasure{Person: community.PersonID(l.Identities[0]), Identities: l.Identities, At: l.At})
			people++
			return err
		})
		if err != nil {
			return people, err
		}
	}
	if err := lines.Err(); err != nil || people == 0 {
		return people, err
	}
	return people, e.EraseWaiting(ctx, func(float64) {})
}
