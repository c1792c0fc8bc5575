package engine

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"qunying/community"
	"qunying/internal/engine/chatapi"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/opinion"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// Bounds of asking for second opinions.
const (
	opinionTries = 3 // for one verdict
	opinionBatch = 50
	opinionPause = time.Minute // before the second try, then twice as long
	longestError = 300
)

// adviser is the running side of the second judge of a community.
type adviser struct {
	version  int64 // of the settings
	settings casework.OpinionSettings
	model    string
	advisor  *opinion.Advisor
	desk     *opinion.Desk
	stop     context.CancelFunc

	mu     sync.Mutex
	flying map[int64]casework.Opinion // asked, by verdict
	landed []int64                    // of these: answered, and to be left out once the database is read again
	error  string                     // of the last question, "" after an answer
	code   community.Code             // of that
	tried  time.Time
}

// advisers are those of all communities.
type advisers struct {
	mu sync.Mutex
	of map[community.ID]*adviser
}

// wantOpinion writes that another judge is to be asked about a verdict, if the
// settings in force there say so and the classifiers were not sure. Decide never
// waits for an answer: that comes as an event of its own, or never.
func (c *conclusion) wantOpinion(ctx context.Context, tx *store.Tx, v *casework.Verdict) error {
	var set casework.OpinionSettings
	if _, found, err := c.d.settingOf(ctx, tx, c.ev, settingKey{0, casework.OpinionKey}, &set); err != nil || !found || !set.On {
		return err
	}
	class, score, unsure := set.Unsure(&c.verdict, c.facts.Scores)
	if !unsure || v.Body == nil || v.Body.Text == v.Body.Name {
		return nil
	}
	tx.AfterCommit(c.e.asking.fire)
	return cases.WantOpinion(tx, c.ev.Community, &casework.Opinion{Verdict: v.ID, Review: v.Review, Class: class, Score: score, WantedAt: c.ev.LoggedAt})
}

// opinionGiven takes what another judge said: it is shown with the verdict and
// moves the card beside others of its severity. Nothing is done for it.
func (e *Engine) opinionGiven(ctx context.Context, q store.Querier, ev *community.Event, fx *effects) error {
	if ev.Body == nil {
		return nil // erased
	}
	id, err := strconv.ParseInt(ev.Body.Data["verdict"], 10, 64)
	if err != nil {
		return err
	}
	said, err := opinion.Parse(ev.Body.Data["opinion"])
	if err != nil {
		return err
	}
	o, found, err := cases.OpinionOn(ctx, q, ev.Community, id)
	if err != nil || !found || o.State == casework.OpinionGiven {
		return err
	}
	o.GivenAt, o.GivenSeq, o.Says, o.Probability, o.Why, o.Model = ev.LoggedAt, ev.Seq, said.Class, said.Probability, said.Why, ev.Body.Data["model"]
	if said.Class == "fraud" && o.Class == "advert" {
		said.Class = o.Class // the classifier has one class for both
	}
	o.Joint = opinion.Weigh(o.Class, o.Score, said)
	fx.records = append(fx.records, func(tx *store.Tx) error {
		if err := cases.GiveOpinion(tx, ev.Community, &o); err != nil || ev.LoggedAt.Sub(o.WantedAt) > casework.OpinionLasts {
			return err
		}
		_, err := cases.LeanReview(tx, ev.Community, o.Review, o.Lean())
		return err
	})
	return nil
}

// opinionStep hands what is to be asked to the desk of a community.
func (e *Engine) opinionStep(ctx context.Context, c community.ID) (more bool, err error) {
	now := e.now()
	var wanted []casework.Opinion
	var set casework.OpinionSettings
	var version int64
	var asked cases.Asked
	questions := map[int64]opinion.Question{}
	e.settleAsked(c)
	if err := e.db.Read(ctx, func(q store.Querier) error {
		if version, err = store.ReadSetting(ctx, q, c, 0, casework.OpinionKey, &set); err != nil || version == 0 {
			return err
		}
		if wanted, err = cases.Wanted(ctx, q, c, now, opinionBatch); err != nil {
			return err
		}
		day, err := e.dayOf(ctx, q, c)
		if err != nil {
			return err
		}
		if asked, err = cases.AskedOn(ctx, q, c, day.Format(time.DateOnly)); err != nil {
			return err
		}
		for _, o := range wanted {
			if questions[o.Verdict], err = questionAbout(ctx, q, c, o.Verdict); err != nil {
				return err
			}
		}
		return nil
	}); err != nil || version == 0 {
		return false, err
	}
	a, err := e.adviserFor(ctx, c, set, version)
	if err != nil {
		return false, err
	}
	if len(wanted) > 0 && now.Sub(wanted[0].WantedAt) > casework.OpinionLasts {
		if err := e.db.Write(ctx, func(tx *store.Tx) error { return cases.GiveUp(tx, c, now.Add(-casework.OpinionLasts)) }); err != nil {
			return false, err
		}
	}
	if a == nil {
		return false, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	left := set.Questions() - asked.Asked - len(a.flying)
	for _, o := range wanted {
		_, flies := a.flying[o.Verdict]
		if left <= 0 || now.Before(a.advisor.ClosedUntil()) {
			break // their hour may come later today
		}
		if flies || now.Sub(o.WantedAt) > casework.OpinionLasts || questions[o.Verdict].Message == "" {
			continue
		}
		if !a.desk.Submit(questions[o.Verdict]) {
			break
		}
		a.flying[o.Verdict] = o
		left--
	}
	return false, nil
}

// settleAsked forgets what was answered. What is answered while the database is read
// still counts as asked: it may have been read as it was before.
func (e *Engine) settleAsked(c community.ID) {
	e.advisers.mu.Lock()
	a := e.advisers.of[c]
	e.advisers.mu.Unlock()
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, id := range a.landed {
		delete(a.flying, id)
	}
	a.landed = nil
}

// dayOf is now in the zone in which a community counts its questions.
func (e *Engine) dayOf(ctx context.Context, q store.Querier, c community.ID) (time.Time, error) {
	return inZone(ctx, q, c, e.now())
}

// inZone is a time in the zone of a community.
func inZone(ctx context.Context, q store.Querier, c community.ID, at time.Time) (time.Time, error) {
	list, err := store.Communities(ctx, q)
	for _, is := range list {
		if is.ID == c && is.Zone != nil {
			return at.In(is.Zone), err
		}
	}
	return at.UTC(), err
}

// questionAbout is what is asked about a verdict, with the names that must not
// leave the house. Its message is "" where the text was erased.
func questionAbout(ctx context.Context, q store.Querier, c community.ID, verdict int64) (ask opinion.Question, err error) {
	ask.ID = strconv.FormatInt(verdict, 10)
	v, err := cases.Verdict(ctx, q, c, verdict)
	if err != nil || v.Body == nil {
		return ask, err
	}
	ask.Message = v.Body.Text
	ids := []community.IdentityID{v.Identity}
	ev, err := store.Event(ctx, q, c, v.Seq)
	switch {
	case err == nil:
		ids = append(ids, ev.Targets...)
	case community.CodeOf(err) != community.NotFound:
		return ask, err
	}
	known, err := store.Identities(ctx, q, c, ids)
	if err != nil {
		return ask, err
	}
	ask.Names = append(ask.Names, v.Body.Name)
	for _, who := range known {
		ask.Names = append(ask.Names, who.Name)
	}
	g, err := store.Group(ctx, q, c, v.Group)
	if err == nil {
		ask.Names = append(ask.Names, g.Name)
	} else if community.CodeOf(err) == community.NotFound {
		err = nil
	}
	return ask, err
}

// adviserFor returns the running adviser for settings, nil where nobody is asked.
// Another version of the settings begins anew: what was under way is asked again.
func (e *Engine) adviserFor(ctx context.Context, c community.ID, set casework.OpinionSettings, version int64) (*adviser, error) {
	e.advisers.mu.Lock()
	defer e.advisers.mu.Unlock()
	a := e.advisers.of[c]
	if a != nil && a.version == version {
		if a.desk == nil {
			return nil, nil
		}
		return a, nil
	}
	if a != nil && a.stop != nil {
		a.stop()
	}
	a = &adviser{version: version, settings: set, model: set.Model, flying: map[int64]casework.Opinion{}}
	if e.advisers.of == nil {
		e.advisers.of = map[community.ID]*adviser{}
	}
	e.advisers.of[c] = a
	if !set.On {
		return nil, nil
	}
	asker, err := e.endpoint(c, set)
	if err != nil {
		a.error, a.code, a.tried = shortError(err), community.CodeOf(err), e.now()
		e.log.Error("the second judge cannot be asked", "community", c, "err", err)
		return nil, nil // until the settings change
	}
	low, high := set.Band()
	a.advisor = opinion.New(asker, opinion.Settings{Low: low, High: high, PerDay: set.Questions(), Timeout: set.WaitFor()})
	a.desk = opinion.NewDesk(a.advisor, e.now, func(q opinion.Question, o opinion.Opinion, err error) {
		if ctx.Err() == nil {
			e.answered(ctx, c, a, q, o, err)
		}
	})
	running, stop := context.WithCancel(ctx)
	a.stop = stop
	e.work.Go(func() { a.desk.Run(running) })
	return a, nil
}

// endpoint is where settings say to ask, with the key opened.
func (e *Engine) endpoint(c community.ID, set casework.OpinionSettings) (*chatapi.Endpoint, error) {
	key := set.Key
	if key != "" {
		if e.sealer == nil {
			return nil, community.Errorf(community.Unavailable, "there is no key file to open secrets with")
		}
		var err error
		if key, err = e.sealer.Unseal(key, opinionSecret(c)); err != nil {
			return nil, err
		}
	}
	return chatapi.New(set.Base, set.Model, key, e.guard.Client(set.WaitFor()))
}

func opinionSecret(c community.ID) string { return fmt.Sprintf("%d/%s", c, casework.OpinionKey) }

// answered takes an answer, or that there is none, from the desk.
func (e *Engine) answered(ctx context.Context, c community.ID, a *adviser, q opinion.Question, o opinion.Opinion, failed error) {
	id, _ := strconv.ParseInt(q.ID, 10, 64) // ours
	a.mu.Lock()
	about := a.flying[id]
	a.mu.Unlock()
	spent := cases.Asked{Asked: 1, Answered: 1}
	switch {
	case errors.Is(failed, opinion.ErrNotAsked):
		spent = cases.Asked{}
	case failed != nil:
		spent.Answered = 0
	case o.Known:
		spent = cases.Asked{Known: 1}
	}
	err := e.keepAnswer(ctx, c, about, a.model, o, failed, spent)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.landed = append(a.landed, id)
	if !errors.Is(failed, opinion.ErrNotAsked) {
		a.tried, a.error = e.now(), ""
		if failed != nil {
			a.error, a.code = shortError(failed), community.CodeOf(failed)
		}
	}
	if err != nil && ctx.Err() == nil {
		e.log.Error("a second opinion could not be kept", "community", c, "verdict", id, "err", err)
	}
}

// keepAnswer writes what was spent, and an answer into the log.
func (e *Engine) keepAnswer(ctx context.Context, c community.ID, about casework.Opinion, model string, o opinion.Opinion, failed error, spent cases.Asked) error {
	now := e.now()
	if err := e.db.Write(ctx, func(tx *store.Tx) error {
		if spent != (cases.Asked{}) {
			day, err := e.dayOf(ctx, tx, c)
			if err == nil {
				err = cases.CountAsked(tx, c, day.Format(time.DateOnly), spent)
			}
			if err != nil {
				return err
			}
		}
		switch {
		case failed == nil:
			return nil
		case errors.Is(failed, opinion.ErrNotAsked):
			return cases.PutOff(tx, c, about.Verdict, about.Tries, now.Add(opinionPause), shortError(failed))
		}
		next := now.Add(opinionPause << about.Tries)
		if about.Tries+1 >= opinionTries {
			next = time.Time{}
		}
		return cases.PutOff(tx, c, about.Verdict, about.Tries+1, next, shortError(failed))
	}); err != nil || failed != nil {
		return err
	}
	var v casework.Verdict
	if err := e.db.Read(ctx, func(q store.Querier) (err error) {
		v, err = cases.Verdict(ctx, q, c, about.Verdict)
		return err
	}); err != nil {
		return err
	}
	said, err := jsonText(o)
	if err != nil {
		return err
	}
	id := strconv.FormatInt(about.Verdict, 10)
	_, err = e.db.Append(ctx, c, store.Draft{Event: community.Event{
		Key: community.KeyParts{Kind: community.OpinionGiven, Network: "opinion", ID: id}.Key(), Kind: community.OpinionGiven, Group: v.Group, Identity: v.Identity,
		At: now.Truncate(time.Millisecond), Source: "opinion", Body: &community.Body{Data: map[string]string{"verdict": id, "opinion": said, "model": model}}}})
	return err
}

func shortError(err error) string {
	text := err.Error()
	if ce := (*community.Error)(nil); errors.As(err, &ce) {
		text = ce.Text // causes are for the log
	}
	if runes := []rune(text); len(runes) > longestError {
		text = string(runes[:longestError])
	}
	return text
}

// OpinionHealth is how the second judge is doing.
type OpinionHealth struct {
	Today   cases.Asked
	Waiting int
	Paused  time.Time      // nobody is asked until then, because of failures; zero: no pause
	Error   string         // of the last question, "" after an answer
	Code    community.Code // of that
	Tried   time.Time      // zero: not since the start
}

// Opinions tells what is set, without the key, and how it goes.
func (e *Engine) Opinions(ctx context.Context, c community.ID) (set casework.OpinionSettings, hasKey bool, version int64, h OpinionHealth, err error) {
	err = e.db.Read(ctx, func(q store.Querier) error {
		if version, err = store.ReadSetting(ctx, q, c, 0, casework.OpinionKey, &set); err != nil {
			return err
		}
		day, err := e.dayOf(ctx, q, c)
		if err != nil {
			return err
		}
		if h.Today, err = cases.AskedOn(ctx, q, c, day.Format(time.DateOnly)); err != nil {
			return err
		}
		h.Waiting, err = cases.WaitingOpinions(ctx, q, c)
		return err
	})
	hasKey, set.Key = set.Key != "", ""
	e.advisers.mu.Lock()
	a := e.advisers.of[c]
	e.advisers.mu.Unlock()
	if a == nil {
		return set, hasKey, version, h, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	h.Error, h.Code, h.Tried = a.error, a.code, a.tried
	if a.advisor != nil {
		if until := a.advisor.ClosedUntil(); until.After(e.now()) {
			h.Paused = until
		}
	}
	return set, hasKey, version, h, err
}

// SaveOpinions saves whom to ask as the version after based. An empty key stays as
// it was while the server does.
func (e *Engine) SaveOpinions(ctx context.Context, c community.ID, set casework.OpinionSettings, based int64, by community.StaffID) error {
	set, err := e.withKey(ctx, c, set)
	if err != nil {
		return err
	}
	if set.Base != "" { // also before it is switched on
		if _, err := e.endpoint(c, set); err != nil {
			return err
		}
	}
	if err := e.SaveSetting(ctx, c, 0, casework.OpinionKey, set, based, by); err != nil {
		return err
	}
	e.asking.fire()
	return nil
}

// withKey checks settings, seals the key and fills in the saved one where none is
// given. That never goes to another server than the one it was typed for.
func (e *Engine) withKey(ctx context.Context, c community.ID, set casework.OpinionSettings) (casework.OpinionSettings, error) {
	set.Base, set.Model, set.Key = strings.TrimSpace(set.Base), strings.TrimSpace(set.Model), strings.TrimSpace(set.Key)
	if err := set.Check(); err != nil {
		return set, err
	}
	if set.Key != "" {
		if e.sealer == nil {
			return set, community.Errorf(community.Unavailable, "there is no key file to keep secrets with")
		}
		set.Key = e.sealer.Seal(set.Key, opinionSecret(c))
		return set, nil
	}
	var old casework.OpinionSettings
	err := e.db.Read(ctx, func(q store.Querier) error {
		_, err := store.ReadSetting(ctx, q, c, 0, casework.OpinionKey, &old)
		return err
	})
	if server(old.Base) == server(set.Base) {
		set.Key = old.Key
	}
	return set, err
}

// server is the part of an address that tells who gets a key.
func server(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// TryOpinion asks about one text by settings that need not be saved, so that
// people see whether it works, and tells how long it took. It counts as a question
// of the day.
func (e *Engine) TryOpinion(ctx context.Context, c community.ID, set casework.OpinionSettings, text string) (o opinion.Opinion, masked string, took time.Duration, err error) {
	set.On = true
	if set, err = e.withKey(ctx, c, set); err != nil {
		return o, "", 0, err
	}
	asker, err := e.endpoint(c, set)
	if err != nil {
		return o, "", 0, err
	}
	if err := e.db.Write(ctx, func(tx *store.Tx) error {
		day, err := e.dayOf(ctx, tx, c)
		if err != nil {
			return err
		}
		spent, err := cases.AskedOn(ctx, tx, c, day.Format(time.DateOnly))
		if err == nil && spent.Asked >= set.Questions() {
			err = community.Errorf(community.Unavailable, "the day's %d questions are used up", set.Questions()).WithHint("allow more, or wait until tomorrow")
		}
		if err != nil {
			return err
		}
		return cases.CountAsked(tx, c, day.Format(time.DateOnly), cases.Asked{Asked: 1})
	}); err != nil {
		return o, "", 0, err
	}
	begun := time.Now()
	o, err = opinion.New(asker, opinion.Settings{Timeout: set.WaitFor()}).Ask(ctx, e.now(), text, nil)
	took = time.Since(begun)
	if err != nil {
		return o, "", took, err
	}
	err = e.db.Write(ctx, func(tx *store.Tx) error {
		day, err := e.dayOf(ctx, tx, c)
		if err != nil {
			return err
		}
		return cases.CountAsked(tx, c, day.Format(time.DateOnly), cases.Asked{Answered: 1})
	})
	return o, opinion.Mask(text, nil), took, err
}
