package engine

import (
	"context"
	"time"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

const (
	// insightRead is how many events are looked through at once for the days that
	// they change.
	insightRead = 20_000
	// insightLag is how far behind the log the views may be: further, days are still
	// being filled.
	insightLag = 50_000
	// insightGroups is how many groups are looked for at once whose weeks are to be
	// counted, and insightSpell how long they are counted at a time.
	insightGroups = 250
	insightSpell  = 100 * time.Millisecond
	// insightDay is how soon it is noticed that another day has begun.
	insightDay = 30 * time.Second
)

// weekPace is when a community's groups are looked through next for weeks that are
// not counted: soon after another day has begun, and when history came in or a
// group that was not met before.
type weekPace struct {
	next time.Time
	at   community.Seq // the cursor
	met  map[community.GroupID]bool
}

// insightStep works out what needs whole days: it follows the project loop,
// forgets the weeks of groups one of whose days has changed, counts again who
// answered whom on such days, and counts the weeks that are not there or whose last
// whole day is over. While a file is coming in or the views are being rebuilt it
// waits, because the same days would be counted again and again.
func (e *Engine) insightStep(ctx context.Context, c community.ID) (more bool, err error) {
	return e.insightAt(ctx, c, !e.prompt)
}

// insightAt is insightStep; paced puts off what is counted again and again.
func (e *Engine) insightAt(ctx context.Context, c community.ID, paced bool) (more bool, err error) {
	if e.reading.Load() > 0 {
		return false, nil
	}
	var at, counted community.Seq
	var touched insightdb.Touch
	behind := false
	if err := e.db.Read(ctx, func(q store.Querier) error {
		if at, err = store.Cursor(ctx, q, c, store.Insight); err != nil {
			return err
		}
		if counted, err = store.Cursor(ctx, q, c, store.Project); err != nil || counted == at {
			return err
		}
		head, err := store.Head(ctx, q, c)
		if behind = head > counted+insightLag; behind || err != nil {
			return err
		}
		touched, err = insightdb.Touched(ctx, q, c, at, counted, insightRead)
		return err
	}); err != nil {
		return false, err
	}
	if behind {
		return false, nil
	}
	if counted < at { // the views are being rebuilt by another process
		return false, nil
	}
	pace := e.weeks[c]
	if pace == nil || at < pace.at { // the views are being built anew
		pace = &weekPace{met: map[community.GroupID]bool{}}
		e.weeks[c] = pace
	}
	talks := e.talks[c]
	if talks == nil {
		talks = &talkPace{}
		e.talks[c] = talks
	}
	if at != pace.at { // another process went on, or this one is new
		talks.ears = insightdb.Ears{}
	}
	pace.at = at
	if counted > at {
		talks.ears.Missed(&touched)
		look := false
		if err := e.db.WriteSoon(ctx, func(tx *store.Tx) error {
			if err := tx.MoveCursor(c, store.Insight, at, touched.To); err != nil {
				return err
			}
			dropped, err := insightdb.DropWeeks(tx, c, touched.Groups)
			if err != nil {
				return err
			}
			look = dropped
			for g, from := range touched.Groups {
				look = look || !pace.met[g] || from < community.DayOf(e.now(), time.UTC)-1
			}
			return insightdb.MarkTalks(tx, c, &touched)
		}); err != nil {
			return false, err
		}
		pace.at = touched.To
		for g := range touched.Groups {
			pace.met[g] = true
		}
		if look {
			pace.next = time.Time{}
		}
		return true, nil
	}
	if more, err := e.countTalks(ctx, c, at, paced); more || err != nil {
		return more, err
	}
	return e.countWeeks(ctx, c, at, paced)
}

// countWeeks counts the weeks of some groups that lack them.
func (e *Engine) countWeeks(ctx context.Context, c community.ID, at community.Seq, paced bool) (more bool, err error) {
	var list []insightdb.GroupWeeks
	now, pace := e.now(), e.weeks[c]
	if paced && now.Before(pace.next) {
		return false, nil
	}
	if err := e.db.Read(ctx, func(q store.Querier) error {
		stale, err := insightdb.StaleWeeks(ctx, q, c, now, insightGroups)
		if err != nil || len(stale) == 0 {
			return err
		}
		links, err := insightdb.LinksNow(ctx, q, c)
		if err != nil {
			return err
		}
		for _, h := range stale {
			if len(list) > 0 && e.now().Sub(now) >= insightSpell {
				break
			}
			w, err := insightdb.CountWeeks(ctx, q, h, links, now)
			if err != nil {
				return err
			}
			found, err := insightdb.FindWords(ctx, q, h, insight.Span{From: w.End - insightdb.FoundDays + 1, To: w.End}, insightdb.FoundTexts)
			if err != nil {
				return err
			}
			list = append(list, insightdb.GroupWeeks{Group: h.ID, Weeks: w, Found: found})
		}
		return nil
	}); err != nil {
		return false, err
	}
	if len(list) == 0 {
		pace.next = now.Add(insightDay)
		return false, nil
	}
	return true, e.db.WriteSoon(ctx, func(tx *store.Tx) error {
		// The cursor did not move: what changed since will be looked at, and then
		// these weeks are forgotten again where it concerns them.
		if err := tx.MoveCursor(c, store.Insight, at, at); err != nil {
			return err
		}
		return insightdb.SaveWeeks(tx, c, list)
	})
}
