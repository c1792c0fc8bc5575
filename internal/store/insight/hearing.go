package insightdb

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
)

const (
	// earsKeep is how many messages are held of all groups together: some 30 MB.
	earsKeep = 100_000
	// earLeast is what a group counts as beside its messages.
	earLeast = 10
	// soFarEach is how many messages of a day are put together in the time in which
	// one is read.
	soFarEach = 32
)

// Ears remember what groups said last, so that a day that goes on is counted on
// instead of from its beginning. They hold as long as they are told of everything
// that is logged: Missed.
type Ears struct {
	of    map[community.GroupID]*ear
	held  int // messages
	clock int
}

// ear has heard all that was said in a group within a time, up to a place in the log.
type ear struct {
	*insight.Listener
	zone string
	from community.Day // the first that can be answered
	at   int64         // the last message: its time in ms, and its number
	seq  community.Seq
	held int
	used int
}

// Missed forgets what was heard where something was logged that belongs before it.
func (e *Ears) Missed(t *Touch) {
	for g, at := range t.First {
		if ear := e.of[g]; ear != nil && at < ear.at {
			e.drop(g)
		}
	}
}

// CountTalks counts the answers of days of one group, [from, to], from what was
// logged up to a place: said on them, within 24 hours before and on the day after.
// It stops after so many messages, on a whole day, and answers the days that it has
// counted, at least one, and about how many messages' worth of reading that was.
func (e *Ears) CountTalks(ctx context.Context, q store.Querier, g community.Group, from, to community.Day, upTo community.Seq, most int) (done []DayTalk, read int, err error) {
	begin := from.Start(g.Zone).Add(-insight.AnswerWithin).UnixMilli()
	a := e.of[g.ID]
	e.drop(g.ID) // comes back when all went well
	if a == nil || a.zone != g.Zone.String() || from < a.from || a.at < begin {
		a = &ear{Listener: insight.NewListener(g.Zone), zone: g.Zone.String(), from: from, at: begin}
	}
	rows, err := q.QueryContext(ctx, `SELECT e.seq, e.identity_id, e.at, e.flags, e.content, e.targets, b.message_id, b.name,
			CASE WHEN (e.flags / 8) % 2 = 1 THEN b.data END, CASE WHEN e.content = 'text' THEN b.text END
		FROM view_timeline t JOIN event e ON e.community_id = t.community_id AND e.seq = t.seq
		LEFT JOIN event_body b ON b.community_id = t.community_id AND b.seq = t.seq
		WHERE t.community_id = $1 AND t.group_id = $2 AND t.at >= $3 AND (t.at > $3 OR t.seq > $4) AND t.at < $5 AND t.seq <= $6 AND e.kind = 'message.posted'
		ORDER BY t.at, t.seq`, int64(g.Community), int64(g.ID), a.at, int64(a.seq), (to + 1).Start(g.Zone).Add(insight.AnswerWithin).UnixMilli(), int64(upTo))
	if err != nil {
		return nil, read, err
	}
	defer rows.Close()
	for rows.Next() {
		s, err := scanSaid(rows)
		if err != nil {
			return nil, read, err
		}
		for !s.At.Before((a.from + 1).Start(g.Zone).Add(insight.AnswerWithin)) { // nothing can be answered to it any more
			if t := a.Take(a.from); a.from >= from && a.from <= to {
				done = append(done, DayTalk{GroupDay{g.ID, a.from}, t})
			}
			a.from++
		}
		if read++; read > most && len(done) > 0 {
			e.keep(g.ID, a)
			return done, read, nil
		}
		a.Hear(s)
		a.at, a.seq = s.At.UnixMilli(), s.Seq
	}
	if err := rows.Err(); err != nil {
		return nil, read, err
	}
	for d := max(a.from, from); d <= to; d++ {
		done = append(done, DayTalk{GroupDay{g.ID, d}, a.SoFar(d)})
	}
	e.keep(g.ID, a)
	return done, read + a.Kept()/soFarEach, nil
}

// keep remembers what was heard of a group, and for it forgets of others what was
// not asked for the longest time.
func (e *Ears) keep(g community.GroupID, a *ear) {
	a.Forget(a.from)
	a.held = earLeast + a.Kept()
	if e.of == nil {
		e.of = map[community.GroupID]*ear{}
	}
	e.clock++
	a.used = e.clock
	e.of[g] = a
	e.held += a.held
	if e.held <= earsKeep {
		return
	}
	for _, old := range slices.SortedFunc(maps.Keys(e.of), func(a, b community.GroupID) int { return cmp.Compare(e.of[a].used, e.of[b].used) }) {
		if e.held > earsKeep/2 {
			e.drop(old)
		}
	}
}

func (e *Ears) drop(g community.GroupID) {
	if a := e.of[g]; a != nil {
		e.held -= a.held
		delete(e.of, g)
	}
}
