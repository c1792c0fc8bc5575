package engine

import (
	"context"
	"time"

	"qunying/community"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

const (
	talkDays  = 2000                   // are looked for at once
	talkRead  = 30_000                 // messages, about, are looked through at once
	talkLeast = 100                    // is what a stretch of days counts as where little was said
	talkSpell = 100 * time.Millisecond // of counting at a time, while days go on
	// While days go on, counting rests so many times as long as it took: today is
	// counted again and again, beside those who append and decide.
	talkRest      = 9
	talkRestLeast = 3 * time.Second
	talkRestEach  = time.Millisecond // for each message that was looked through: at most a hundredth of a core
)

// talkPace is when answers of a community are counted next, and from where on.
// Its ears hold as long as every event after those heard passed by.
type talkPace struct {
	next  time.Time
	after insightdb.GroupDay
	ears  insightdb.Ears
}

// countTalks counts the answers of days on which something was said since they
// were counted last: of some groups at a time, one after the other, and at once
// where history came in.
func (e *Engine) countTalks(ctx context.Context, c community.ID, at community.Seq, paced bool) (more bool, err error) {
	pace := e.talks[c]
	begun := e.now()
	if paced && begun.Before(pace.next) {
		return false, nil
	}
	var list []insightdb.DayTalk
	history, looked := false, 0
	if err := e.db.Read(ctx, func(q store.Querier) error {
		days, err := insightdb.StaleTalks(ctx, q, c, pace.after, talkDays)
		if err == nil && len(days) == 0 && pace.after != (insightdb.GroupDay{}) {
			days, err = insightdb.StaleTalks(ctx, q, c, insightdb.GroupDay{}, talkDays)
		}
		if err != nil {
			return err
		}
		for left := talkRead; left > 0 && len(days) > 0 && (len(list) == 0 || history || e.now().Sub(begun) < talkSpell); {
			to := 0 // the last of the first group's that follow each other
			for to+1 < len(days) && days[to+1].Group == days[0].Group && days[to+1].Day == days[to].Day+1 {
				to++
			}
			g, err := store.Group(ctx, q, c, days[0].Group)
			if err != nil {
				return err
			}
			counted, read, err := pace.ears.CountTalks(ctx, q, g, days[0].Day, days[to].Day, at, left)
			if err != nil {
				return err
			}
			list, days = append(list, counted...), days[len(counted):]
			left -= max(read, talkLeast)
			looked += read
			history = history || counted[0].Day < community.DayOf(begun, g.Zone)-1
		}
		return nil
	}); err != nil {
		return false, err
	}
	if len(list) == 0 {
		pace.next, pace.after = begun.Add(talkRestLeast), insightdb.GroupDay{}
		return false, nil
	}
	if err := e.db.Write(ctx, func(tx *store.Tx) error {
		if err := tx.MoveCursor(c, store.Insight, at, at); err != nil {
			return err
		}
		return insightdb.SaveTalks(tx, c, list)
	}); err != nil {
		pace.ears = insightdb.Ears{}
		return false, err
	}
	pace.after = list[len(list)-1].GroupDay
	if history || !paced {
		return true, nil
	}
	pace.next = e.now().Add(max(talkRest*e.now().Sub(begun), talkRestLeast, time.Duration(looked)*talkRestEach))
	return false, nil
}
