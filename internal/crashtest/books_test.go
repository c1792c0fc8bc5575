package crashtest

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/engine"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
	"qunying/internal/store/search"
)

// books audits the database from outside of the machine.
type books struct {
	t       *testing.T
	p       *platform
	dialect store.Dialect
	dsn     string

	db  *sql.DB
	tx  *sql.Tx // one snapshot
	ids map[int64]string

	seen    community.Seq  // of the log
	entries map[string]int // fingerprints of what the network told, as logged
	heard   map[string]int // how many acknowledgements of each room were checked
	cursors map[string]int64
	rows    int // of the outbox
}

// open takes a snapshot. The connection does not outlive it: the next child
// shall find the files as the dead one left them.
func (b *books) open() {
	b.t.Helper()
	driver, dsn, opts := "pgx", b.dsn, sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}
	if b.dialect == store.SQLite {
		driver, dsn, opts = "sqlite", "file:"+store.EscapePath(b.dsn)+"?_pragma=busy_timeout(10000)&_pragma=query_only(1)", sql.TxOptions{ReadOnly: true}
	}
	var err error
	if b.db, err = sql.Open(driver, dsn); err == nil {
		b.tx, err = b.db.BeginTx(b.t.Context(), &opts)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	if b.entries == nil {
		b.entries, b.heard, b.cursors = map[string]int{}, map[string]int{}, map[string]int64{}
	}
	b.ids = map[int64]string{}
	b.each(`SELECT identity_id, outside_id FROM identity WHERE community_id = 1 ORDER BY identity_id`, func(scan func(...any)) {
		var id int64
		var outside string
		scan(&id, &outside)
		b.ids[id] = outside
		if len(b.ids) != int(id) {
			b.t.Errorf("identity %d is number %d: there is a hole", id, len(b.ids))
		}
	})
}

func (b *books) close() {
	b.t.Helper()
	if err := errors.Join(b.tx.Rollback(), b.db.Close()); err != nil {
		b.t.Fatal(err)
	}
}

// each runs a query and hands over its rows.
func (b *books) each(query string, row func(scan func(...any)), args ...any) {
	b.t.Helper()
	rows, err := b.tx.QueryContext(b.t.Context(), query, args...)
	if err != nil {
		b.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		row(func(into ...any) {
			if err := rows.Scan(into...); err != nil {
				b.t.Fatal(err)
			}
		})
	}
	if err := rows.Err(); err != nil {
		b.t.Fatal(err)
	}
}

func (b *books) int(query string, args ...any) (n int64) {
	b.t.Helper()
	b.each(query, func(scan func(...any)) { scan(&n) }, args...)
	return n
}

func (b *books) events(after community.Seq) []community.Event {
	b.t.Helper()
	list, err := store.Events(b.t.Context(), b.tx, community.DefaultID, after, 1<<30, true)
	if err != nil {
		b.t.Fatal(err)
	}
	return list
}

// glance is what is looked at after every start.
func (b *books) glance() {
	b.t.Helper()
	news := b.events(b.seen)
	groups := b.groups()
	for i := range news {
		e := &news[i]
		if e.Seq != b.seen+1 {
			b.t.Errorf("event %d follows %d in the log", e.Seq, b.seen)
		}
		b.seen = e.Seq
		if e.Source != account || e.Kind == community.CoverageLost || e.Kind == community.CoverageBack {
			continue // the machine itself says when it was away
		}
		f := fingerprint(e.Kind, groups[e.Group], b.ids[int64(e.Identity)], e.At, e.Body.MessageID, e.Body.Text)
		if b.entries[f]++; b.entries[f] > 1 {
			b.t.Errorf("%s stands %d times in the log", f, b.entries[f])
		}
	}
	if n := b.int(`SELECT COUNT(*) FROM event WHERE community_id = 1`); n != int64(b.seen) {
		b.t.Errorf("the log has %d events and ends at %d", n, b.seen)
	}
	b.p.mu.Lock()
	defer b.p.mu.Unlock()
	for _, r := range b.p.rooms {
		for _, o := range r.acked[b.heard[r.name]:] {
			if f := printOf(&o); b.entries[f] == 0 {
				b.t.Errorf("acknowledged and not in the log: %s", f)
			}
		}
		b.heard[r.name] = len(r.acked)
	}
	if all, once := b.int(`SELECT COUNT(*) FROM outbox`), b.int(`SELECT COUNT(*) FROM (SELECT DISTINCT cause_seq, cause_rule, ordinal FROM outbox) AS x`); all != once {
		b.t.Errorf("the outbox has %d rows for %d causes", all, once)
	}
	for _, text := range b.p.doubles {
		b.t.Error(text)
	}
	b.each(`SELECT loop, seq FROM cursor WHERE community_id = 1`, func(scan func(...any)) {
		var loop string
		var seq int64
		if scan(&loop, &seq); seq < b.cursors[loop] || seq > int64(b.seen) {
			b.t.Errorf("%s went from %d to %d in a log that ends at %d", loop, b.cursors[loop], seq, b.seen)
		}
		b.cursors[loop] = seq
	})
	if n := b.int(`SELECT COUNT(*) FROM parked`); n != 0 {
		b.t.Errorf("%d events are parked", n)
	}
}

func (b *books) groups() map[community.GroupID]string {
	names := map[community.GroupID]string{}
	b.each(`SELECT group_id, outside_id FROM chat_group WHERE community_id = 1`, func(scan func(...any)) {
		var id int64
		var outside string
		scan(&id, &outside)
		names[community.GroupID(id)] = outside
	})
	return names
}

// fingerprint tells what the network told apart, in outside names.
func fingerprint(k community.Kind, group, who string, at time.Time, message, text string) string {
	return fmt.Sprintf("%s in %s by %q at %s, message %q: %q", k, group, who, at.UTC().Format("01-02T15:04:05.000"), message, text)
}

func printOf(o *connector.Observation) string {
	return fingerprint(o.Kind, o.Group, o.Sender.ID, o.At, o.ID, o.Text)
}

// heads checks that every loop has come to the end.
func (b *books) heads() {
	b.t.Helper()
	for _, loop := range []store.Loop{store.Decide, store.Project} {
		if b.cursors[string(loop)] != int64(b.seen) {
			b.t.Errorf("%s is at %d of %d", loop, b.cursors[string(loop)], b.seen)
		}
	}
}

// log compares the whole log with what happened.
func (b *books) log(exported []export) {
	b.t.Helper()
	happened := map[string]int{}
	for _, r := range b.p.rooms {
		for i := range r.acked {
			happened[printOf(&r.acked[i])]++
		}
	}
	for f := range happened {
		happened[f] = 1 // a fingerprint is of one thing
	}
	if diff := cmp.Diff(happened, b.entries); diff != "" {
		b.t.Errorf("what happened (-) and what is logged of it (+):\n%s", diff)
	}
	want, got := map[export]int{}, map[export]int{}
	for _, r := range exported {
		want[r]++
	}
	groups, zone := b.groups(), shanghai(b.t)
	for _, e := range b.events(0) {
		if groups[e.Group] == exportedGroup {
			got[export{e.At.In(zone).Format(time.DateTime), e.Body.Name, e.Body.Text}]++
		}
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(export{})); diff != "" {
		b.t.Errorf("what the exports have (-) and what is logged of them (+):\n%s", diff)
	}
}

func shanghai(t *testing.T) *time.Location {
	t.Helper()
	zone, err := community.LoadZone("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// welcomes reads the versions of the setting, by group.
func (b *books) welcomes() map[community.GroupID]map[community.Seq]string {
	all := map[community.GroupID]map[community.Seq]string{}
	b.each(`SELECT group_id, seq, value FROM setting WHERE community_id = 1 AND key = 'welcome' ORDER BY version`, func(scan func(...any)) {
		var group, seq int64
		var value string
		scan(&group, &seq, &value)
		var w struct{ Text string }
		if err := json.Unmarshal([]byte(value), &w); err != nil {
			b.t.Fatal(err)
		}
		if all[community.GroupID(group)] == nil {
			all[community.GroupID(group)] = map[community.Seq]string{}
		}
		all[community.GroupID(group)][community.Seq(seq)] = w.Text
	})
	return all
}

// effect is what an event should have brought about.
type effect struct {
	group     string
	text      string
	suggested bool
}

// expected works out from the log what the outbox should hold, by cause.
func (b *books) expected() map[community.Seq]effect {
	want := map[community.Seq]effect{}
	groups, welcomes := b.groups(), b.welcomes()
	refused := map[community.Seq]bool{}
	for _, o := range b.p.commands {
		if o.answer.Code != "" {
			refused[o.answer.Seq] = true
		}
	}
	for _, e := range b.events(0) {
		switch e.Kind {
		case community.MessageSend:
			want[e.Seq] = effect{group: groups[e.Group], text: e.Body.Text}
		case community.MemberJoined:
			versions := welcomes[e.Group]
			inForce := community.Seq(0)
			for seq := range versions {
				if seq <= e.Seq {
					inForce = max(inForce, seq)
				}
			}
			if inForce != 0 {
				want[e.Seq] = effect{groups[e.Group], strings.ReplaceAll(versions[inForce], "{name}", e.Body.Name), e.Origin == community.Late}
			}
		}
	}
	return want
}

// outbox compares the outbox with its causes in the log, and with what stands
// in the groups.
func (b *books) outbox() {
	b.t.Helper()
	list, err := store.Outbox(b.t.Context(), b.tx, community.DefaultID, "", 0, 0, 1<<30)
	if err != nil {
		b.t.Fatal(err)
	}
	b.rows = len(list)
	groups, want, got := b.groups(), b.expected(), map[community.Seq]effect{}
	noted := map[string]map[community.Kind]int{} // outcomes in the log, by action
	for _, e := range b.events(0) {
		switch e.Kind {
		case community.ActionDone, community.ActionFailed, community.ActionUnknown:
			k := e.Body.Data["action"]
			if noted[k] == nil {
				noted[k] = map[community.Kind]int{}
			}
			noted[k][e.Kind]++
		}
	}
	states := map[string]int{}
	keys := map[community.Key]bool{}
	for i := range list {
		o := &list[i]
		group := groups[o.Group]
		keys[o.Key] = true
		states[group+" "+string(o.State)]++
		got[o.Cause.Seq] = effect{group, o.Text, o.State == store.Suggested}
		times, echoed := 0, false
		if d := b.p.sent[o.Key]; d != nil {
			times, echoed = d.times, d.echoed
			if d.Text != o.Text || d.Group != group {
				b.t.Errorf("%q was sent to %s as %q to %s", o.Text, group, d.Text, d.Group)
			}
		}
		b.reconcile(o, group, times, echoed, noted[o.Key.String()])
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(effect{})); diff != "" {
		b.t.Errorf("what should have been brought about (-) and what is in the outbox (+):\n%s", diff)
	}
	for k, d := range b.p.sent {
		if !keys[k] {
			b.t.Errorf("%q was sent by nobody", d.Text)
		}
	}
	for _, s := range slices.Sorted(maps.Keys(states)) {
		b.t.Logf("outbox: %d %s", states[s], s)
	}
}

// reconcile holds the state of an action against how often it stands in the group.
func (b *books) reconcile(o *store.Outgoing, group string, times int, echoed bool, noted map[community.Kind]int) {
	b.t.Helper()
	complain := func(why string) {
		b.t.Errorf("%s: %q in %s is %s (%s), stands %d times, echoed %t, outcomes in the log %v", why, o.Text, group, o.State, o.Error, times, echoed, noted)
	}
	switch {
	case o.State == store.Suggested:
		if times != 0 {
			complain("a suggestion was sent")
		}
	case capabilities(group).Deduplicates:
		if o.State != store.Done || times != 1 {
			complain("not exactly once")
		}
	case o.State == store.Done:
		if times != 1 {
			complain("done, and not there")
		}
	case o.State == store.Unknown:
		if times > 1 || times == 1 && echoed {
			complain("it could have been known")
		}
		if o.Error == "" || noted[community.ActionUnknown] != 1 {
			complain("unknown, and not shown")
		}
	default:
		complain("neither done nor unknown")
	}
	for k, n := range noted {
		if n > 1 {
			complain(fmt.Sprintf("%s is in the log %d times", k, n))
		}
	}
}

// rebuild compares the views with those that are built anew from the log.
func (b *books) rebuild(c clock) {
	b.t.Helper()
	ctx := b.t.Context()
	db, err := store.Open(ctx, b.dsn)
	if err != nil {
		b.t.Fatal(err)
	}
	db.Now = c.now
	ix, err := search.Open(ctx, db)
	if err != nil {
		b.t.Fatal(err)
	}
	e := engine.New(engine.Options{DB: db, Search: ix, Now: c.now, Files: b.t.TempDir()})
	b.find(ix)
	b.open()
	before := b.dump()
	b.close()
	started := time.Now()
	n, err := e.Rebuild(ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	if n != int64(b.seen) {
		b.t.Errorf("rebuilt from %d of %d events", n, b.seen)
	}
	b.open()
	after := b.dump()
	if !maps.EqualFunc(before, after, slices.Equal) { // a difference is slow to tell, equality is quick
		b.t.Errorf("views before (-) and after a rebuild (+):\n%.4000s", cmp.Diff(before, after))
	}
	b.t.Logf("rebuilt in %.1f s", time.Since(started).Seconds())
	b.close()
	b.find(ix)
	if err := errors.Join(ix.Close(), db.Close()); err != nil {
		b.t.Fatal(err)
	}
}

// dump writes every row of every view as a line.
func (b *books) dump() map[string][]string {
	all := map[string][]string{}
	for _, table := range insightdb.Views {
		rows, err := b.tx.QueryContext(b.t.Context(), `SELECT * FROM `+table)
		if err != nil {
			b.t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			b.t.Fatal(err)
		}
		for rows.Next() {
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				b.t.Fatal(err)
			}
			all[table] = append(all[table], fmt.Sprintf("%v", values))
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			b.t.Fatal(err)
		}
		slices.Sort(all[table])
	}
	return all
}

// find looks for a few messages of which there is one each.
func (b *books) find(ix *search.Index) {
	b.t.Helper()
	looked := 0
	for _, r := range b.p.rooms {
		for i := 0; i < len(r.acked) && looked < 40; i += 1 + len(r.acked)/200 {
			o := &r.acked[i]
			if o.Kind != community.MessagePosted || !strings.HasPrefix(o.Text, "第") {
				continue
			}
			looked++
			hits, _, err := ix.Find(b.t.Context(), community.DefaultID, search.Query{Text: o.Text, Limit: 10})
			if err != nil {
				b.t.Fatal(err)
			}
			if len(hits) != 1 || hits[0].Body.MessageID != o.ID {
				b.t.Errorf("search for %q found %d messages", o.Text, len(hits))
			}
		}
	}
	if looked == 0 {
		b.t.Error("there was nothing to search for")
	}
}
