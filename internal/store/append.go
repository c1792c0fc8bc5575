package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qunying/community"
)

// Draft is an event on its way into the log, with names where the log has
// numbers. Event.Key must be set. Group "" keeps Event.Group (0: no group), and
// a zero Subject or Operator keeps the event's own numbers.
type Draft struct {
	Event     community.Event
	Network   community.Network
	Group     string // outside ID
	GroupName string
	Zone      string // of a group that is new; "": that of the community
	Account   string // that listens, or ""
	Subject   Outside
	Operator  Outside
	Targets   []Outside
}

// Appended is what became of a draft.
type Appended struct {
	Seq       community.Seq // of the event in the log, 0 for a duplicate
	Duplicate bool
	Group     community.GroupID
}

type appendJob struct {
	community community.ID
	drafts    []Draft
	result    []Appended
	done      chan error
}

// appendBatch is how many events one commit carries at most.
const appendBatch = 512

// Append writes drafts to the log of community c, in order, and returns when
// they are on disk; calls of many goroutines share one commit. A draft whose
// key is in the log already, or is in the same batch, is a duplicate: it has no
// effect and is acknowledged like the first. An error means that none of this
// call's drafts was written.
func (db *DB) Append(ctx context.Context, c community.ID, drafts ...Draft) ([]Appended, error) {
	if len(drafts) == 0 {
		return nil, nil
	}
	job := &appendJob{community: c, drafts: drafts, done: make(chan error, 1)}
	select {
	case db.appends <- job:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-db.stop:
		return nil, errClosed
	}
	err := db.answer(job.done)
	return job.result, err
}

// run is the writer: appends first, and between two commits of appends one
// other write, so that neither starves. A short write shares its commit with
// the appends that wait.
func (db *DB) run() {
	for {
		select {
		case job := <-db.appends:
			select {
			case w := <-db.short:
				db.commitBoth(w, job)
			default:
				db.commitAppends(job)
			}
			select {
			case w := <-db.writes:
				db.carryOut(w)
			default:
			}
		case w := <-db.short:
			select {
			case job := <-db.appends:
				db.commitBoth(w, job)
			default:
				db.carryOut(w)
			}
		case w := <-db.writes:
			db.carryOut(w)
		case <-db.stop:
			return
		}
	}
}

// carryOut runs a write on SQLite's connection and answers once it is committed,
// or only once it is on disk.
func (db *DB) carryOut(w *writeJob) {
	if err := db.inWriter(w.f); err != nil || w.soon {
		w.done <- err
		return
	}
	db.onDisk(func(err error) { w.done <- err })
}

// commitBoth carries out a short write and then, in the same transaction, first
// and whatever else is waiting. Neither fails for the other's sake.
func (db *DB) commitBoth(w *writeJob, first *appendJob) {
	open := batchesOf(db.gather(first))
	appended := false
	err := db.inWriter(func(tx *Tx) (err error) {
		if err := w.f(tx); err != nil {
			return err
		}
		appended, err = tx.attempt(func(tx *Tx) error { return tx.appendBatches(open) })
		return err
	})
	w.done <- err
	if err != nil || !appended {
		db.commitBatches(open)
		return
	}
	db.kept(open)
}

// kept answers everybody in batches that are committed, once they are on disk.
func (db *DB) kept(open []*batch) {
	db.onDisk(func(err error) {
		for _, b := range open {
			b.answer(err)
		}
	})
}

// commitAppends writes first and whatever else is waiting, in one transaction.
func (db *DB) commitAppends(first *appendJob) {
	open := batchesOf(db.gather(first))
	if db.Dialect == PostgreSQL {
		open = db.appendAtOnce(open)
	}
	if len(open) > 0 {
		db.commitBatches(open)
	}
}

// commitBatches writes batches in one transaction and answers everybody in them.
func (db *DB) commitBatches(open []*batch) {
	err := db.appendBatches(open)
	if err == nil {
		db.kept(open)
		return
	}
	if len(open) == 1 && len(open[0].jobs) == 1 {
		open[0].answer(err)
		return
	}
	// One of them may be to blame: let the others through.
	for _, b := range open {
		for _, j := range b.jobs {
			alone := batchesOf([]*appendJob{j})
			if err := db.appendBatches(alone); err != nil {
				alone[0].answer(err)
			} else {
				db.kept(alone)
			}
		}
	}
}

// gather takes what is waiting. Those who were just answered are let run first,
// as they are about to send again: without it every other commit would carry
// the first of them alone. It waits for nobody.
func (db *DB) gather(first *appendJob) []*appendJob {
	jobs, n := []*appendJob{first}, len(first.drafts)
	for waiting := -1; waiting < len(db.appends) && len(db.appends) < appendBatch; {
		waiting = len(db.appends)
		runtime.Gosched()
	}
	for n < appendBatch {
		select {
		case j := <-db.appends:
			jobs, n = append(jobs, j), n+len(j.drafts)
		default:
			return jobs
		}
	}
	return jobs
}

// batch is what one commit adds to one community's log.
type batch struct {
	community community.ID
	jobs      []*appendJob
	drafts    []Draft // of all jobs
	result    []Appended
}

// batchesOf sorts jobs by community, each in the order of their arrival.
func batchesOf(jobs []*appendJob) []*batch {
	var list []*batch
	for _, j := range jobs {
		i, found := slices.BinarySearchFunc(list, j.community, func(b *batch, c community.ID) int { return cmp.Compare(b.community, c) })
		if !found {
			list = slices.Insert(list, i, &batch{community: j.community})
		}
		list[i].jobs = append(list[i].jobs, j)
	}
	for _, b := range list {
		if len(b.jobs) == 1 {
			b.drafts = b.jobs[0].drafts
			continue
		}
		for _, j := range b.jobs {
			b.drafts = append(b.drafts, j.drafts...)
		}
	}
	return list
}

// answer tells everybody in the batch what became of their drafts.
func (b *batch) answer(err error) {
	for _, j := range b.jobs {
		if err == nil {
			j.result, b.result = b.result[:len(j.drafts):len(j.drafts)], b.result[len(j.drafts):]
		}
		j.done <- err
	}
}

// appendBatches writes batches in one transaction.
func (db *DB) appendBatches(list []*batch) error {
	return db.inTx(context.Background(), func(tx *Tx) error { return tx.appendBatches(list) })
}

func (tx *Tx) appendBatches(list []*batch) (err error) {
	for _, b := range list {
		if b.result, err = tx.Append(b.community, b.drafts); err != nil {
			return err
		}
	}
	return nil
}

// logRow is a community's row of the log, locked until the transaction ends.
type logRow struct {
	nextSeq, nextGroup, nextIdentity int64
	now                              int64 // logged_at of this transaction's events
}

// LockLog takes the community's log until the transaction ends: nobody else
// appends meanwhile. Append takes it by itself; who must know before it what the
// log holds takes it first.
func (tx *Tx) LockLog(c community.ID) error {
	_, err := tx.lockLog(c)
	return err
}

// lockLog locks the community's log: its order is ours until the transaction ends.
func (tx *Tx) lockLog(c community.ID) (*logRow, error) {
	lock := ""
	if tx.db.Dialect == PostgreSQL {
		lock = " FOR UPDATE"
	}
	var l logRow
	var last int64
	err := tx.QueryRowContext(context.Background(), `SELECT next_seq, next_group, next_identity, last_at
		FROM log WHERE community_id = $1`+lock, int64(c)).Scan(&l.nextSeq, &l.nextGroup, &l.nextIdentity, &last)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, community.Errorf(community.NotFound, "there is no community %d", c)
	}
	l.now = max(tx.db.now(), last)
	return &l, unavailable(err)
}

// now is the time by which events are logged, in ms.
func (db *DB) now() int64 {
	if db.Now != nil {
		return db.Now().UnixMilli()
	}
	return time.Now().UnixMilli()
}

// Append is DB.Append within a transaction that does more.
func (tx *Tx) Append(c community.ID, drafts []Draft) ([]Appended, error) {
	l, err := tx.lockLog(c)
	if err != nil {
		return nil, err
	}
	before := *l
	n := &numbers{tx: tx, log: l, community: c, fresh: maps.Clone(tx.names)}
	if n.fresh == nil {
		n.fresh = map[nameKey]named{}
	}
	rows, err := n.resolve(cleanDrafts(drafts))
	if err != nil {
		return nil, unavailable(err)
	}
	result := resultOf(rows)
	if tx.db.Dialect == PostgreSQL {
		err = tx.insertPostgres(n, &before, rows, result)
	} else {
		err = tx.insertSQLite(n, &before, rows, result)
	}
	if err != nil {
		return nil, unavailable(err)
	}
	tx.names = n.fresh
	tx.AfterCommit(func() {
		tx.db.names.putAll(n.fresh)
		tx.db.announce()
	})
	return result, nil
}

func resultOf(rows []community.Event) []Appended {
	result := make([]Appended, len(rows))
	for i := range rows {
		result[i].Group = rows[i].Group
	}
	return result
}

// resolve turns names into numbers. Nearly everybody is known already and goes
// by the name they had: only the others are collected, learnt and renamed.
func (n *numbers) resolve(drafts []Draft) ([]community.Event, error) {
	rows := make([]community.Event, len(drafts))
	people := map[nameKey]person{}
	number := func(d *Draft, g community.GroupID, o Outside) community.IdentityID {
		if o.IsZero() {
			return 0
		}
		k := n.keyOf(d.Network, g, o)
		at := d.Event.At.UnixMilli()
		if v, ok := n.lookup(k); ok && (o.Name == "" || o.Name == v.name && at < v.at+sameName) {
			return community.IdentityID(v.number)
		}
		p, known := people[k]
		if !known {
			p.order = len(people)
		}
		if o.Name != "" && at >= p.at {
			p.name, p.at = o.Name, at
		}
		people[k] = p
		return 0
	}
	fill := func(d *Draft, e *community.Event) {
		if !d.Subject.IsZero() {
			e.Identity = number(d, e.Group, d.Subject)
		}
		if !d.Operator.IsZero() {
			e.Operator = number(d, e.Group, d.Operator)
		}
		if len(d.Targets) > 0 {
			e.Targets = make([]community.IdentityID, len(d.Targets))
			for j, t := range d.Targets {
				e.Targets[j] = number(d, e.Group, t)
			}
		}
	}
	var open []int // rows that name somebody who has to be looked at
	for i := range drafts {
		d, e := &drafts[i], &rows[i]
		g, err := n.group(d)
		if err != nil {
			return nil, err
		}
		*e = d.Event
		e.Community, e.Group = n.community, g
		if fill(d, e); hasNobody(d, e) {
			open = append(open, i)
		}
	}
	if err := n.learn(people); err != nil {
		return nil, err
	}
	n.rename(people)
	clear(people)
	number = func(d *Draft, g community.GroupID, o Outside) community.IdentityID {
		v, _ := n.lookup(n.keyOf(d.Network, g, o))
		return community.IdentityID(v.number)
	}
	for _, i := range open {
		fill(&drafts[i], &rows[i])
	}
	for i := range rows {
		if e := &rows[i]; e.Body != nil {
			e.Length = utf8.RuneCountInString(cleanText(e.Body.Text))
		}
	}
	return rows, nil
}

// hasNobody says that somebody whom the draft names has no number yet.
func hasNobody(d *Draft, e *community.Event) bool {
	return e.Identity == 0 && !d.Subject.IsZero() || e.Operator == 0 && !d.Operator.IsZero() || slices.Contains(e.Targets, 0)
}

const insertEvent = `INSERT INTO event (community_id, seq, key, kind, origin, group_id, identity_id, operator_id,
	at, logged_at, content, length, mentions, flags, targets, source)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`

const unlessKnown = ` ON CONFLICT (community_id, key) DO NOTHING`

const insertBody = `INSERT INTO event_body (community_id, seq, name, text, message_id, data, raw) VALUES ($1, $2, $3, $4, $5, $6, $7)`

// insertSQLite writes several rows to a statement where it can be told
// beforehand which of them are in the log already, else row by row. before is
// the log's row as it is there.
func (tx *Tx) insertSQLite(n *numbers, before *logRow, rows []community.Event, result []Appended) error {
	if err := n.keepSQLite(); err != nil {
		return err
	}
	l := n.log
	known, told, err := tx.keysAround(n.community, rows)
	if err != nil {
		return err
	}
	fresh := make([]int, 0, len(rows)) // the rows that are new
	for i := range rows {
		e := &rows[i]
		if told && known[e.Key] {
			result[i].Duplicate = true
			continue
		}
		if told {
			known[e.Key] = true
		} else {
			res, err := tx.Exec(insertEvent+unlessKnown, eventRow(e, l.nextSeq, l.now)...)
			if err != nil {
				return err
			}
			if n, err := res.RowsAffected(); err != nil {
				return err
			} else if n == 0 {
				result[i].Duplicate = true
				continue
			}
		}
		fresh = append(fresh, i)
		result[i].Seq = community.Seq(l.nextSeq)
		l.nextSeq++
	}
	if told {
		if err := tx.several(insertEvent, 16, len(fresh), func(i int) []any {
			return eventRow(&rows[fresh[i]], int64(result[fresh[i]].Seq), l.now)
		}); err != nil {
			return err
		}
	}
	fresh = slices.DeleteFunc(fresh, func(i int) bool { return rows[i].Body == nil })
	if err := tx.several(insertBody, 7, len(fresh), func(i int) []any {
		e := &rows[fresh[i]]
		name, text, id, data := bodyColumns(e.Body)
		return []any{int64(e.Community), int64(result[fresh[i]].Seq), name, text, id, data, e.Body.Raw}
	}); err != nil || *l == *before {
		return err
	}
	_, err = tx.Exec(`UPDATE log SET next_seq = $2, next_group = $3, next_identity = $4, last_at = $5 WHERE community_id = $1`,
		int64(n.community), l.nextSeq, l.nextGroup, l.nextIdentity, l.now)
	return err
}

func eventRow(e *community.Event, seq, now int64) []any {
	return []any{int64(e.Community), seq, e.Key[:], string(e.Kind), string(originAt(e, now)), int64(e.Group),
		int64(e.Identity), int64(e.Operator), e.At.UnixMilli(), now, string(e.Content), int64(e.Length), int64(e.Mentions), int64(e.Flags),
		encodeTargets(e.Targets), e.Source}
}

// keysAround reads the keys of the log between the least and the greatest of the
// rows. Keys begin with their time, so that they are few; told is false when
// they are not, or when asking does not pay.
func (tx *Tx) keysAround(c community.ID, rows []community.Event) (known map[community.Key]bool, told bool, err error) {
	known = make(map[community.Key]bool, len(rows))
	if len(rows) < severalRows {
		return known, false, nil
	}
	low, high := rows[0].Key, rows[0].Key
	for i := range rows {
		if k := &rows[i].Key; bytes.Compare(k[:], low[:]) < 0 {
			low = *k
		} else if bytes.Compare(k[:], high[:]) > 0 {
			high = *k
		}
	}
	found, err := tx.QueryContext(context.Background(), `SELECT key FROM event WHERE community_id = $1 AND key >= $2 AND key <= $3`,
		int64(c), low[:], high[:])
	if err != nil {
		return nil, false, err
	}
	defer found.Close()
	for n := 0; found.Next(); n++ {
		if n == 2*len(rows) {
			return known, false, nil
		}
		var b sql.RawBytes
		if err := found.Scan(&b); err != nil {
			return nil, false, err
		}
		if len(b) == len(low) {
			known[community.Key(b)] = true
		}
	}
	return known, true, found.Err()
}

// originAt is how an event counts that is logged at now, in ms. On PostgreSQL
// the statement does the same, because it knows the time.
func originAt(e *community.Event, now int64) community.Origin {
	switch {
	case e.Origin == community.History:
		return community.History
	case now-e.At.UnixMilli() > community.LateAfter.Milliseconds():
		return community.Late
	}
	return community.Live
}

// bodyColumns cleans what PostgreSQL would refuse: bytes that are no UTF-8, and NUL.
func bodyColumns(b *community.Body) (name, text, id string, data any) {
	if len(b.Data) > 0 {
		clean := make(map[string]string, len(b.Data))
		for k, v := range b.Data {
			clean[k] = cleanText(v)
		}
		j, err := json.Marshal(clean)
		if err != nil { // a map of strings always marshals
			panic(fmt.Sprintf("store: marshal body data: %v", err))
		}
		data = string(j)
	}
	return cleanText(b.Name), cleanText(b.Text), cleanText(b.MessageID), data
}

// cleanDrafts cleans the names of drafts as bodyColumns cleans texts. Drafts of
// the caller stay as they are.
func cleanDrafts(drafts []Draft) []Draft {
	var clean []Draft
	for i := range drafts {
		d := drafts[i]
		dirty := false
		wipe := func(s *string) {
			if c := cleanText(*s); c != *s {
				*s, dirty = c, true
			}
		}
		for _, s := range []*string{&d.Group, &d.GroupName, &d.Account, &d.Event.Source, &d.Subject.ID, &d.Subject.Name, &d.Operator.ID, &d.Operator.Name} {
			wipe(s)
		}
		for j, t := range d.Targets {
			was := t
			wipe(&t.ID)
			wipe(&t.Name)
			if t != was {
				d.Targets = slices.Clone(d.Targets)
				d.Targets[j] = t
			}
		}
		if !dirty {
			continue
		}
		if clean == nil {
			clean = slices.Clone(drafts)
		}
		clean[i] = d
	}
	if clean == nil {
		return drafts
	}
	return clean
}

func cleanText(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

func encodeTargets(t []community.IdentityID) []byte {
	if len(t) == 0 {
		return nil
	}
	b := make([]byte, 0, 4*len(t))
	for _, id := range t {
		b = binary.AppendUvarint(b, uint64(id))
	}
	return b
}

// DecodeTargets reads the targets of an event as its row holds them.
func DecodeTargets(b []byte) ([]community.IdentityID, error) {
	var t []community.IdentityID
	for len(b) > 0 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, community.Errorf(community.Internal, "an event's targets are damaged")
		}
		t = append(t, community.IdentityID(v))
		b = b[n:]
	}
	return t, nil
}

// Watch tells when something was appended: the channel holds a token after
// every commit since the last one was taken. Another process's appends are not
// seen, so poll now and then as well.
func (db *DB) Watch() (signal <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	db.mu.Lock()
	db.waiters[c] = true
	db.mu.Unlock()
	return c, func() {
		db.mu.Lock()
		delete(db.waiters, c)
		db.mu.Unlock()
	}
}

func (db *DB) announce() {
	db.mu.Lock()
	defer db.mu.Unlock()
	for c := range db.waiters {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
