package engine

import (
	"context"
	"encoding/json"
	"slices"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/classify"
	"qunying/internal/moderation/policy"
	"qunying/internal/moderation/read"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// learntAt reads what was learnt from the community's own decisions as far as it
// counts for events from seq on; zero seq: today. ID 0: nothing does.
func learntAt(ctx context.Context, q store.Querier, c community.ID, seq community.Seq) (l casework.Learnt, err error) {
	s, found, err := store.SettingAt(ctx, q, c, 0, casework.LearntKey, seq)
	if err != nil || !found {
		return l, err
	}
	if err := json.Unmarshal([]byte(s.Value), &l); err != nil {
		return l, err
	}
	var said casework.Learning
	if s, found, err = store.SettingAt(ctx, q, c, 0, casework.LearningKey, seq); err != nil {
		return l, err
	}
	if found {
		if err := json.Unmarshal([]byte(s.Value), &said); err != nil {
			return l, err
		}
	}
	if !l.Counts(said) {
		return casework.Learnt{}, nil
	}
	return l, nil
}

// teach gives rules what was learnt. The rulebook is locked.
func (e *Engine) teach(c community.ID, r *rules, s *sources) error {
	r.learnt = s.local
	if r.learnt == nil && s.lessons != "" {
		made := &classify.Local{}
		if err := json.Unmarshal([]byte(s.lessons), made); err != nil {
			return err
		}
		e.rulebook.learnt[lesson{c, s.learnt.ID}] = made
		r.learnt = made
	}
	if r.learnt != nil {
		r.lesson = s.learnt.ID
	}
	return nil
}

// scores are what the classifiers say of a message with what was learnt.
func (r *rules) scores(score Scorer, m read.Message, of *read.Reading) policy.Scores {
	s := score(m, of, r.learnt)
	s.Lesson = r.lesson
	return s
}

// Bounds of learning.
const (
	leastNew = 5  // decisions after which it is worth learning again,
	newShare = 20 // or one in so many of those that were learnt from
)

// Taught is how learning stands.
type Taught struct {
	casework.Learning
	Version int64           // of the setting
	Learnt  casework.Learnt // in force; ID 0: nothing
	Bad     int             // decisions that there are by now: that it was an advert,
	Fine    int             // and that it was none
}

// Taught tells how learning stands in a community.
func (e *Engine) Taught(ctx context.Context, c community.ID) (t Taught, err error) {
	err = e.db.Read(ctx, func(q store.Querier) error {
		if t.Version, err = store.ReadSetting(ctx, q, c, 0, casework.LearningKey, &t.Learning); err != nil {
			return err
		}
		if t.Learnt, err = learntAt(ctx, q, c, 0); err != nil {
			return err
		}
		last, err := cases.LastRuling(ctx, q, c)
		if err != nil {
			return err
		}
		examples, err := cases.Examples(ctx, q, c, t.After, last)
		t.Bad, t.Fine = tally(examples)
		return err
	})
	return t, err
}

func tally(examples []casework.Example) (bad, fine int) {
	for _, x := range examples {
		if x.Label == casework.Fine {
			fine++
		} else {
			bad++
		}
	}
	return bad, fine
}

// SaveLearning saves how it is learnt, After excepted; forget leaves out everything
// that was decided until now, from this place in the log on.
func (e *Engine) SaveLearning(ctx context.Context, c community.ID, now casework.Learning, forget bool, based int64, by community.StaffID) error {
	if err := now.Check(); err != nil {
		return err
	}
	var set casework.Learning
	if err := e.db.Read(ctx, func(q store.Querier) error {
		_, err := store.ReadSetting(ctx, q, c, 0, casework.LearningKey, &set)
		if err == nil && forget {
			set.After, err = cases.LastRuling(ctx, q, c)
		}
		return err
	}); err != nil {
		return err
	}
	now.After = set.After
	if err := e.SaveSetting(ctx, c, 0, casework.LearningKey, now, based, by); err != nil {
		return err
	}
	e.lessons.fire()
	return nil
}

// uncertain is the verdict on a message that no clause is about where the model of
// adverts is not sure and the community wants to be asked: it proposes nothing. The
// same text is asked about once a day, and so many messages a day at most.
func (e *Engine) uncertain(ctx context.Context, q store.Querier, d *decider, ev *community.Event, r *rules, facts *policy.Facts, gist uint64, near bool) (v policy.Verdict, err error) {
	var set casework.Learning
	if _, _, err := d.settingOf(ctx, q, ev, settingKey{0, casework.LearningKey}, &set); err != nil || !set.Asks(facts.Scores.Advert) ||
		facts.Member.Allowed || slices.Contains(r.judge.Policy().Exempt.Roles, facts.Member.Role) {
		return v, err
	}
	i := slices.IndexFunc(d.docket.cards, func(k *card) bool { return k.like(gist, near) && ev.LoggedAt.Sub(k.newest) < cardSpan })
	if i < 0 {
		at, err := inZone(ctx, q, ev.Community, ev.LoggedAt)
		if err != nil {
			return v, err
		}
		asked, err := cases.AskedSince(ctx, q, ev.Community, community.DayOf(at, at.Location()).Start(at.Location()))
		if err != nil || asked >= set.ADay() {
			return v, err
		}
	} else if k := d.docket.cards[i]; !k.open || k.kind != casework.Uncertain || !near && k.identity != ev.Identity {
		return v, nil // people have told, or are told more of it
	}
	return policy.Verdict{Clause: casework.UncertainClause, Name: caseWords(r.set.Language).Uncertain, Category: "advert", Severity: policy.Light, Stage: policy.Suggest,
		Reasons: []policy.Reason{{Kind: "score", Name: "advert", Value: facts.Scores.Advert}}}, nil
}

// learnStep learns from what people of a community decided on adverts, when there
// is enough that is new or something was erased. What comes of it is a setting, so
// that it counts from an exact place in the log.
func (e *Engine) learnStep(ctx context.Context, c community.ID) (more bool, err error) {
	var said casework.Learning
	var old casework.Learnt
	var version, last int64
	var erased bool
	var examples []casework.Example
	var ordinary []string
	if err := e.db.Read(ctx, func(q store.Querier) error {
		if _, err := store.ReadSetting(ctx, q, c, 0, casework.LearningKey, &said); err != nil || said.Off {
			return err
		}
		if version, err = store.ReadSetting(ctx, q, c, 0, casework.LearntKey, &old); err != nil {
			return err
		}
		if last, err = cases.LastRuling(ctx, q, c); err != nil {
			return err
		}
		if old.Counts(said) {
			var found bool
			if _, found, err = cases.Weights(ctx, q, c, old.ID); err != nil {
				return err
			}
			erased = !found
		}
		upTo := last
		if old.After != said.After {
			old = casework.Learnt{After: said.After, UpTo: said.After, ID: old.ID}
		}
		if !erased && last-old.UpTo < max(leastNew, int64(old.Bad+old.Fine)/newShare) {
			return nil
		}
		if examples, err = cases.Examples(ctx, q, c, said.After, upTo); err == nil {
			ordinary, err = cases.Ordinary(ctx, q, c, classify.MostOrdinary)
		}
		return err
	}); err != nil || said.Off || len(examples) == 0 && !erased {
		return false, err
	}
	bad, fine := tally(examples)
	now := casework.Learnt{After: said.After, UpTo: last, Bad: bad, Fine: fine, Erased: erased}
	weights := ""
	judged := make([]classify.Judged, len(examples))
	for i, x := range examples {
		judged[i] = classify.Judged{Text: x.Text, Bad: x.Label != casework.Fine}
	}
	local, err := classify.Default().Learn(classify.Advert, judged, ordinary)
	switch {
	case community.CodeOf(err) == community.Invalid && !erased:
		return false, nil // too few yet
	case community.CodeOf(err) == community.Invalid:
		now.Bad, now.Fine = 0, 0 // too few are left: nothing is known any more
	case err != nil:
		return false, err
	default:
		if weights, err = jsonText(local); err != nil {
			return false, err
		}
	}
	return false, e.saveLesson(ctx, c, now, weights, version)
}

// saveLesson saves what was learnt as the version after based; somebody else who
// was faster is right as well.
func (e *Engine) saveLesson(ctx context.Context, c community.ID, l casework.Learnt, weights string, based int64) error {
	if weights != "" {
		l.ID = based + 1
	}
	text, err := jsonText(l)
	if err != nil {
		return err
	}
	err = e.db.Write(ctx, func(tx *store.Tx) error {
		if l.Erased {
			if err := cases.DropWeights(tx, c, based+1); err != nil {
				return err
			}
		}
		if weights != "" {
			if err := cases.AddWeights(tx, c, based+1, weights); err != nil {
				return err
			}
		}
		_, err := tx.SaveSetting(c, store.Setting{Key: casework.LearntKey, Value: text}, based, 0, settingChange(casework.LearntKey, 0, based, e.now()))
		return err
	})
	if community.CodeOf(err) == community.Conflict {
		return nil
	}
	if err == nil {
		e.changes.send(Change{Community: c, Groups: []community.GroupID{0}, What: "settings"})
	}
	return err
}
