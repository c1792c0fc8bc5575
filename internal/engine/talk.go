package engine

import (
	"context"
	"time"

	"qunying/community"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

const (
	talkDays = 2000   // are looked for at once
	talkRead = 30_000 // messages, about, are looked through at once
	// talkLeast is what a stretch of days counts as where little was said.
	talkLeast = 100
	// talkRest is how many times as long as counting took it then rests, while days
	// go on: today is counted again and again.
	talkRest      = 9
	talkRestLeast = 3 * time.Second
)

// talkPace is when answers of a community are counted next.
type talkPace struct {
	next time.Time
	took time.Duration // since it last rested
}

// countTalks counts the answers of days on which something was said since they
// were counted last.
func (e *Engine) countTalks(ctx context.Context, c community.ID, at community.Seq) (more bool, err error) {
	pace := e.talks[c]
	if pace == nil {
		pace = &talkPace{}
		e.talks[c] = pace
	}
	begun := e.now()
	if !e.prompt && begun.Before(pace.next) {
		return false, nil
	}
	var list []insightdb.DayTalk
	if err := e.db.Read(ctx, func(q store.Querier) error {
		days, err := insightdb.StaleTalks(ctx, q, c, talkDays)
		if err != nil || len(days) == 0 {
			return err
		}
		for left := talkRead; left > 0 && len(days) > 0; {
			to := 0 // the last of the first group's that follow each other
			for to+1 < len(days) && days[to+1].Group == days[0].Group && days[to+1].Day == days[to].Day+1 {
				to++
			}
			g, err := store.Group(ctx, q, c, days[0].Group)
			if err != nil {
				return err
			}
			counted, read, err := insightdb.CountTalks(ctx, q, g, days[0].Day, days[to].Day, left)
			if err != nil {
				return err
			}
			list = append(list, counted...)
			left -= max(read, talkLeast)
			days = days[to+1:]
		}
		return nil
	}); err != nil {
		return false, err
	}
	if len(list) == 0 {
		pace.next = e.now().Add(max(talkRest*pace.took, talkRestLeast))
		pace.took = 0
		return false, nil
	}
	err = e.db.Write(ctx, func(tx *store.Tx) error {
		if err := tx.MoveCursor(c, store.Insight, at, at); err != nil {
			return err
		}
		return insightdb.SaveTalks(tx, c, list)
	})
	pace.took += e.now().Sub(begun)
	return err == nil, err
}
