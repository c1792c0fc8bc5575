package engine

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"qunying/community"
	"qunying/internal/store"
	peopledb "qunying/internal/store/people"
	"qunying/internal/store/privacy"
)

// RetentionKey is the setting of a community that says how long what is kept.
const RetentionKey = "retention"

// Retention is for how many days each class of data is kept; absent or 0: always.
type Retention map[privacy.Class]int

const (
	shortestRetention = 1
	longestRetention  = 36500
	retainEvery       = 24 * time.Hour
)

// Check says what is wrong before it is saved.
func (r Retention) Check() error {
	known := map[privacy.Class]bool{}
	for _, c := range privacy.Classes {
		known[c] = true
	}
	for class, days := range r {
		if !known[class] {
			return community.Errorf(community.Invalid, "there is no class of data named %q", class)
		}
		if days != 0 && (days < shortestRetention || days > longestRetention) {
			return community.Errorf(community.Invalid, "data can be kept for %d to %d days, or always (0)", shortestRetention, longestRetention)
		}
	}
	return nil
}

// Retention reads how long what is kept, and the version of that.
func (e *Engine) Retention(ctx context.Context, c community.ID) (r Retention, version int64, err error) {
	err = e.db.Read(ctx, func(q store.Querier) error {
		version, err = store.ReadSetting(ctx, q, c, 0, RetentionKey, &r)
		return err
	})
	return r, version, err
}

// Retained is what retention did when it ran last.
type Retained struct {
	At      time.Time
	Removed map[privacy.Class]int64
}

func retainedFact(c community.ID) string { return fmt.Sprintf("retained/%d", c) }

// Retain removes what need not be kept any longer, now.
func (e *Engine) Retain(ctx context.Context, c community.ID, seen func(share float64)) (Retained, error) {
	done := Retained{At: e.now(), Removed: map[privacy.Class]int64{}}
	keep, _, err := e.Retention(ctx, c)
	if err != nil {
		return done, err
	}
	some := false
	for i, class := range privacy.Classes {
		days := keep[class]
		if days == 0 {
			continue
		}
		n, places, err := privacy.Expire(ctx, e.db, c, class, done.At.AddDate(0, 0, -days))
		if err != nil {
			return done, err
		}
		if err := e.unindex(ctx, c, places); err != nil {
			return done, err
		}
		if class == privacy.Messages { // the names that stood in them, and what they carried
			if _, err := e.expireMedia(ctx, c, done.At.AddDate(0, 0, -days)); err != nil {
				return done, err
			}
			if err := peopledb.DropNames(ctx, e.db, c, community.DayOf(done.At.AddDate(0, 0, -days), time.UTC)); err != nil {
				return done, err
			}
		}
		done.Removed[class] = n
		some = some || n > 0
		seen(float64(i+1) / float64(len(privacy.Classes)))
	}
	if some {
		if err := privacy.Compact(ctx, e.db); err != nil {
			return done, err
		}
	}
	return done, e.db.Write(ctx, func(tx *store.Tx) error {
		if some {
			counts := ""
			for _, class := range privacy.Classes {
				if n := done.Removed[class]; n > 0 {
					counts += string(class) + " " + strconv.FormatInt(n, 10) + " "
				}
			}
			if err := tx.Audit(c, 0, done.At.UnixMilli(), "retention.ran", counts, "", ""); err != nil {
				return err
			}
		}
		return tx.SetFact(retainedFact(c), strconv.FormatInt(done.At.UnixMilli(), 10))
	})
}

// StartRetain does it in the background.
func (e *Engine) StartRetain(c community.ID) error {
	return e.inBackground("retain", func(ctx context.Context, job *Job) error {
		_, err := e.Retain(ctx, c, func(share float64) { e.jobs.seen(job, share) })
		return err
	})
}

// RetainedAt is when retention ran last; zero: never.
func (e *Engine) RetainedAt(ctx context.Context, c community.ID) (at time.Time, err error) {
	err = e.db.Read(ctx, func(q store.Querier) error {
		text, err := store.Fact(ctx, q, retainedFact(c))
		if err != nil || text == "" {
			return err
		}
		ms, err := strconv.ParseInt(text, 10, 64)
		at = time.UnixMilli(ms).UTC()
		return err
	})
	return at, err
}

// retainIfDue runs retention once a day where something is not kept for ever.
func (e *Engine) retainIfDue(ctx context.Context) error {
	return e.eachCommunity(ctx, func(c community.ID) error {
		keep, _, err := e.Retention(ctx, c)
		if err != nil || len(keep) == 0 {
			return err
		}
		at, err := e.RetainedAt(ctx, c)
		if err != nil || e.now().Sub(at) < retainEvery {
			return err
		}
		err = e.StartRetain(c)
		if community.CodeOf(err) == community.Conflict {
			return nil
		}
		return err
	})
}
