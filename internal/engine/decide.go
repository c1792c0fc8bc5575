package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"qunying/community"
	"qunying/internal/automation"
	"qunying/internal/moderation/policy"
	"qunying/internal/moderation/read"
	"qunying/internal/store"
)

// decideBatch is how many events decide takes at once, decideSpan how far it
// looks for them past history that is not for it.
const (
	decideBatch = 500
	decideSpan  = 20_000
)

// decider is decide's memory for one community: settings and links as of its
// cursor. It is dropped when the cursor is lost.
type decider struct {
	at       community.Seq // the cursor as of which this is remembered
	sealer   Sealer        // opens contacts of staff; nil: there is no key
	today    bool          // settings of today, not of the event's place in the log
	links    store.Links
	kin      map[community.PersonID][]community.IdentityID
	settings map[settingKey][]store.Layer
	waits    map[community.GroupID]automation.Waiting
	zones    map[community.GroupID]*time.Location
	groups   map[community.GroupID]community.Group // those of the batch
	slug     string                                // of the community
	tasks    map[community.GroupID]bool            // groups in which something may wait to be proved done
	docket   docket                                // of keeping order
	later    []store.Draft                         // what the batch appends in the end: the outbox is locked before the log, here as in dispatch
	lastly   []func(*store.Tx) error               // what it does in the end, for the same reason
}

type settingKey struct {
	group community.GroupID
	key   string
}

// effects are what one event brings about. They are collected before anything
// is written, so that a failing event leaves nothing behind.
type effects struct {
	actions []store.Outgoing // State is Queued or Suggested
	settle  []settled
	dues    []store.Due
	done    []community.Key // dues that have been brought about
	links   []link
	derived []store.Draft
	outcome *store.Outcome
	records []func(tx *store.Tx) error // of keeping order: written with the event
	paged   bool                       // somebody on duty is called
	later   []store.Draft              // appended at the end of the batch
	// finish does what only the transaction can tell the outcome of; its answer is
	// that of the command.
	finish func(tx *store.Tx) (any, error)
	// also does, of an event that is no command, what only the transaction can.
	also func(tx *store.Tx) error
}

// settled is an action with what became of it.
type settled struct {
	store.Outgoing
	settlement
}

type link struct {
	identity community.IdentityID
	person   community.PersonID
}

// decideStep takes one batch of a community from the log: inspect in parallel,
// apply in order, commit together with the cursor.
func (e *Engine) decideStep(ctx context.Context, c community.ID) (more bool, err error) {
	e.deciding.Lock()
	defer e.deciding.Unlock()
	var from, head, to community.Seq
	var events, before []community.Event // before: what a new decider has to remember
	var missing map[community.GroupID]*sources
	d := e.decides[c]
	if err := e.db.Read(ctx, func(q store.Querier) error {
		var err error
		if from, err = store.Cursor(ctx, q, c, store.Decide); err != nil {
			return err
		}
		if head, err = store.Head(ctx, q, c); err != nil || head == from {
			return err
		}
		to = min(head, from+decideSpan)
		if events, err = store.Undecided(ctx, q, c, from, to, decideBatch); err != nil {
			return err
		}
		if d == nil || d.at != from { // another process was faster: what it passed is not remembered here
			if d, err = e.newDecider(ctx, q, c, from); err != nil {
				return err
			}
			if before, err = d.before(ctx, q, c, from, e.now()); err != nil {
				return err
			}
		}
		all := events
		if len(before) > 0 {
			all = slices.Concat(before, events)
		}
		if missing, err = e.gather(ctx, q, c, d, from+1, all); err != nil {
			return err
		}
		return d.meet(ctx, q, c, events)
	}); err != nil || head == from {
		return false, err
	}
	if len(events) == decideBatch {
		to = events[len(events)-1].Seq
	}
	// A changed setting holds from its place in the log on: what comes after it
	// is another batch. So is what comes after a command that appends, because
	// the outbox is locked before the log, here as in dispatch.
	for i := range events {
		if k := events[i].Kind; k == community.SettingsChanged || k == community.PersonMerge || k == community.PersonSplit || k == community.PersonUndo {
			events, to = events[:i+1], events[i].Seq
			break
		}
	}
	e.makeReady(c, d, missing)
	e.recall(d, before)
	findings := e.inspectAll(d, events)
	wake := false
	err = e.db.WriteShort(ctx, func(tx *store.Tx) error {
		if err := tx.MoveCursor(c, store.Decide, from, to); err != nil {
			return err
		}
		d.later, d.lastly = nil, nil
		for i := range events {
			w, err := e.applyOne(ctx, tx, d, &events[i], findings[i])
			if err != nil {
				return err
			}
			wake = wake || w
		}
		return d.appendLater(tx, c)
	})
	if err != nil {
		delete(e.decides, c)
		return false, err
	}
	d.at = to
	e.decides[c] = d
	if len(events) > 0 {
		e.decided.fire()
	}
	if wake {
		e.outgoing.fire()
	}
	return to < head, nil
}

func (e *Engine) newDecider(ctx context.Context, q store.Querier, c community.ID, at community.Seq) (*decider, error) {
	d := &decider{at: at, sealer: e.sealer, settings: map[settingKey][]store.Layer{}, waits: map[community.GroupID]automation.Waiting{}, zones: map[community.GroupID]*time.Location{}}
	var err error
	if d.tasks, err = store.TaskGroups(ctx, q, c); err != nil {
		return nil, err
	}
	if err := d.readLinks(ctx, q, c); err != nil {
		return nil, err
	}
	if err := d.readSlug(ctx, q, c); err != nil {
		return nil, err
	}
	d.docket, err = readDocket(ctx, q, c, e.now())
	return d, err
}

// readLinks reads who is who. Links are written by decide alone, with its cursor,
// so that all of them count, also those whose event is still to be passed.
func (d *decider) readLinks(ctx context.Context, q store.Querier, c community.ID) error {
	links, err := store.LinksAt(ctx, q, c, math.MaxInt64)
	if err != nil {
		return err
	}
	d.links = links
	d.index()
	return nil
}

func (d *decider) index() {
	d.kin = map[community.PersonID][]community.IdentityID{}
	for id, p := range d.links {
		d.kin[p] = append(d.kin[p], id)
	}
}

// finding is what inspection learnt of an event: pure, over the message alone.
type finding struct {
	err     error
	reading *read.Reading // nil: not judged
	scores  policy.Scores
}

// inspectAll inspects a batch on all cores.
func (e *Engine) inspectAll(d *decider, events []community.Event) []finding {
	findings := make([]finding, len(events))
	workers := runtime.GOMAXPROCS(0)
	if len(events) < 32 {
		workers = 1
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(events); i += workers {
				findings[i] = e.inspect(d, &events[i])
			}
		})
	}
	wg.Wait()
	return findings
}

// inspect learns what can be learnt of an event without any state but the rules.
func (e *Engine) inspect(d *decider, ev *community.Event) (f finding) {
	err := guard(func() error {
		if isCommand(ev.Kind) && ev.Body == nil {
			return errors.New("the command has lost its body")
		}
		f = d.reading(ev, e.score)
		return nil
	})
	f.err = err
	return f
}

// applyOne decides an event and writes its effects. An event that cannot be
// decided is parked, and the group goes on.
func (e *Engine) applyOne(ctx context.Context, tx *store.Tx, d *decider, ev *community.Event, f finding) (wake bool, err error) {
	fx := &effects{}
	err = f.err
	if err == nil {
		err = guard(func() error { return e.apply(ctx, tx, d, ev, f, fx) })
	}
	if err != nil {
		if community.CodeOf(err) == community.Unavailable || ctx.Err() != nil {
			return false, err // the database, or we are being stopped: not the event
		}
		e.log.Error("event parked", "community", ev.Community, "group", ev.Group, "seq", ev.Seq, "kind", ev.Kind, "err", err)
		if isCommand(ev.Kind) { // somebody is waiting for an answer
			if err := tx.RecordOutcome(ev.Community, store.Outcome{Seq: ev.Seq, Code: community.Internal, Result: "the command could not be carried out and was set aside"}); err != nil {
				return false, err
			}
		}
		return false, tx.Park(ev.Community, store.Decide, ev.Seq, err.Error(), ev.LoggedAt.UnixMilli())
	}
	if fx.touches() {
		settles := len(fx.settle) > 0 || fx.finish != nil
		tx.AfterCommit(func() {
			e.changes.send(Change{Community: ev.Community, Groups: []community.GroupID{ev.Group}, What: "outbox"})
			if settles { // and perhaps what a person was asked to do
				e.changes.send(Change{Community: ev.Community, Groups: []community.GroupID{ev.Group}, What: "tasks"})
			}
		})
	}
	if len(fx.records) > 0 {
		tx.AfterCommit(func() {
			e.changes.send(Change{Community: ev.Community, Groups: []community.GroupID{ev.Group}, What: "reviews"})
		})
	}
	return len(fx.actions) > 0 || fx.finish != nil || fx.also != nil || ev.Kind == community.SettingsChanged, fx.write(tx, d, ev)
}

// touches says that the outbox or the tasks are changed.
func (fx *effects) touches() bool {
	return len(fx.actions)+len(fx.settle) > 0 || fx.finish != nil || fx.paged
}

func (d *decider) appendLater(tx *store.Tx, c community.ID) error {
	for _, do := range d.lastly {
		if err := do(tx); err != nil {
			return err
		}
	}
	d.lastly = nil
	if len(d.later) == 0 {
		return nil
	}
	_, err := tx.Append(c, d.later)
	d.later = nil
	return err
}

// apply computes the effects of an event. It writes nothing.
func (e *Engine) apply(ctx context.Context, q store.Querier, d *decider, ev *community.Event, f finding, fx *effects) error {
	if isCommand(ev.Kind) {
		return fx.answer(ev, func() (any, error) { return e.command(ctx, q, d, ev, fx) })
	}
	switch ev.Kind {
	case community.MemberJoined:
		if err := e.welcome(ctx, q, d, ev, fx); err != nil {
			return err
		}
	case community.ContactAdded:
		return d.welcomeContact(ctx, q, ev, fx)
	case community.MessagePosted:
		if o, found, err := d.echo(ctx, q, ev, fx); err != nil {
			return err
		} else if found {
			if o.Detail.By != 0 { // somebody wrote it in the console
				return e.awaitAnswer(ctx, q, d, ev, fx)
			}
			return nil
		}
	case community.MinuteTicked:
		return e.tick(ctx, q, d, ev, fx)
	case community.ActionHanded:
		d.tasks[ev.Group] = true
		return nil
	case community.AlertOpened:
		return e.alertOpened(ctx, q, d, ev, fx)
	case community.AlertClosed:
		e.alertClosed(ev, fx)
		return nil
	case community.OpinionGiven:
		return e.opinionGiven(ctx, q, ev, fx)
	case community.PersonLinked: // by a retry in another process, perhaps
		return d.readLinks(ctx, q, ev.Community)
	case community.SettingsChanged:
		clear(d.settings)
		clear(d.waits)
		clear(d.zones)
		clear(d.docket.rules)
		clear(d.docket.staff)
		d.docket.reach = nil
		e.out.settingsChanged(ev.Community)
		return e.planned(ctx, q, ev, fx)
	case QuestionWaits:
		return e.openWait(ctx, q, d, ev, fx)
	case community.DrillDue:
		fx.also = func(tx *store.Tx) error { return e.openDrill(ctx, tx, ev) }
		return nil
	}
	if err := e.moderate(ctx, q, d, ev, f, fx); err != nil {
		return err
	}
	if err := e.awaitAnswer(ctx, q, d, ev, fx); err != nil {
		return err
	}
	return d.prove(ctx, q, ev, fx)
}

// command carries a person's act out.
func (e *Engine) command(ctx context.Context, q store.Querier, d *decider, ev *community.Event, fx *effects) (any, error) {
	switch ev.Kind {
	case community.MessageSend:
		return d.send(ctx, q, ev, fx)
	case community.ActionAsk:
		return e.ask(ctx, q, d, ev, fx)
	case community.ActionAllow:
		return d.allow(ctx, q, ev, fx)
	case community.ActionCancel:
		return d.cancel(ctx, q, ev, fx)
	case community.TaskClose:
		return d.closeTask(ctx, q, ev, fx)
	case community.TaskRemind:
		return e.remindTask(ctx, q, ev, fx)
	case community.AlertSee:
		return e.seeAlert(ev, fx)
	case community.ContingencyBegin:
		return e.beginSwitch(ctx, q, d, ev, fx)
	case community.ContingencyEnd:
		return e.endSwitch(ev, fx)
	case community.DrillBegin:
		return e.beginDrill(ctx, q, ev, fx)
	case community.PersonMerge:
		return d.merge(ctx, q, ev, fx)
	case community.PersonSplit:
		return d.split(ctx, q, ev, fx)
	case community.PointsGive:
		return d.givePoints(ctx, q, ev, fx)
	case community.PersonUndo:
		return d.undo(ctx, q, ev, fx)
	case community.PersonTag:
		return e.tag(ctx, q, d, ev, fx)
	}
	return e.caseCommand(ctx, q, d, ev, fx)
}

func (d *decider) scene(ctx context.Context, q store.Querier, ev *community.Event) (community.Scene, error) {
	s := community.Scene{Community: ev.Community, Group: ev.Group, Now: ev.LoggedAt}
	if ev.Group == 0 {
		return s, nil
	}
	zone := d.zones[ev.Group]
	if zone == nil {
		g, err := store.Group(ctx, q, ev.Community, ev.Group)
		if err != nil {
			return s, err
		}
		zone = g.Zone
		d.zones[ev.Group] = zone
	}
	s.Zone = zone
	return s, nil
}

// setting reads what is in force for an event with everything that its group
// inherits. version is that of the nearest layer; found is false where nobody
// typed anything.
func (d *decider) setting(ctx context.Context, q store.Querier, ev *community.Event, key string, into any) (version int64, found bool, err error) {
	return d.settingOf(ctx, q, ev, settingKey{ev.Group, key}, into)
}

// settingOf reads a setting, of a group or of the community (0), as setting does.
func (d *decider) settingOf(ctx context.Context, q store.Querier, ev *community.Event, k settingKey, into any) (version int64, found bool, err error) {
	layers, err := d.layers(ctx, q, ev, k)
	if err != nil || len(layers) == 0 {
		return 0, false, err
	}
	if len(layers) == 1 {
		return layers[0].Version, true, json.Unmarshal([]byte(layers[0].Value), into)
	}
	value, _, err := store.Inherit(layers)
	if err != nil {
		return 0, false, err
	}
	return layers[0].Version, true, json.Unmarshal(value, into)
}

// layers are what is said under a key, remembered until a change passes: sets and
// settings are those at the event's place in the log.
func (d *decider) layers(ctx context.Context, q store.Querier, ev *community.Event, k settingKey) ([]store.Layer, error) {
	if layers, ok := d.settings[k]; ok {
		return layers, nil
	}
	at := ev.Seq
	if d.today {
		at = 0
	}
	layers, err := store.LayersAt(ctx, q, ev.Community, k.group, k.key, at)
	if err == nil {
		d.settings[k] = layers
	}
	return layers, err
}

func (e *Engine) welcome(ctx context.Context, q store.Querier, d *decider, ev *community.Event, fx *effects) error {
	var w automation.Welcome
	version, found, err := d.setting(ctx, q, ev, automation.WelcomeKey, &w)
	if err != nil || !found {
		return err
	}
	scene, err := d.scene(ctx, q, ev)
	if err != nil {
		return err
	}
	link := ""
	if strings.Contains(w.Text, "{link}") {
		if link, err = e.reportLink(ctx, q, d, ev); err != nil {
			return err
		}
	}
	if a, ok := w.Greet(scene, ev, version, link); ok {
		fx.act(ev, a)
	}
	return nil
}

// welcomeContact greets who has just become a contact of one of our people, as the
// connection that told of it is set to.
func (d *decider) welcomeContact(ctx context.Context, q store.Querier, ev *community.Event, fx *effects) error {
	if ev.Origin != community.Live {
		return nil // the code is worthless by now
	}
	var w automation.ContactWelcome
	version, found, err := d.settingOf(ctx, q, ev, settingKey{0, automation.ContactWelcomeKey + ev.Source}, &w)
	if err != nil || !found {
		return err
	}
	scene, err := d.scene(ctx, q, ev)
	if err != nil {
		return err
	}
	if a, ok := w.Greet(scene, ev, version); ok {
		fx.act(ev, a)
	}
	return nil
}

// act queues an action; what a late event would have caused is only suggested.
func (fx *effects) act(ev *community.Event, a community.Action) {
	a.Cause.Ordinal = len(fx.actions)
	a.Key = actionKey(a)
	state := store.Queued
	if ev.Origin == community.Late {
		state = store.Suggested
	} else if a.ExpiresAt.IsZero() {
		a.ExpiresAt = a.DueAt.Add(staleAfter(a.Class))
	}
	fx.actions = append(fx.actions, store.Outgoing{Action: a, State: state})
}

// actionKey is the same for the same cause, however often it is computed.
func actionKey(a community.Action) community.Key {
	return community.KeyParts{
		Kind: "action", Network: community.Network(a.Cause.Rule), ID: fmt.Sprintf("%d/%d/%d", a.Community, a.Cause.Seq, a.Cause.Ordinal),
	}.Key()
}

// echo settles an action whose message came back to us.
func (d *decider) echo(ctx context.Context, q store.Querier, ev *community.Event, fx *effects) (o store.Outgoing, found bool, err error) {
	if ev.Flags&community.FromUs == 0 || ev.Body == nil || ev.Body.Data["action"] == "" {
		return o, false, nil
	}
	key, ok := parseKey(ev.Body.Data["action"])
	if !ok {
		return o, false, nil
	}
	o, found, err = store.OutboxByKey(ctx, q, ev.Community, key)
	if found && o.State != store.Done {
		fx.settle = append(fx.settle, settled{o, settlement{kind: community.ActionDone, state: store.Done, receipt: ev.Body.MessageID}})
	}
	return o, found, err
}

// write carries the effects out in the transaction of the batch.
func (fx *effects) write(tx *store.Tx, d *decider, ev *community.Event) error {
	for _, a := range fx.actions {
		if err := tx.Enqueue(a.Action, a.State); err != nil {
			return err
		}
	}
	for _, write := range fx.records {
		if err := write(tx); err != nil {
			return err
		}
	}
	for i := range fx.settle {
		s := &fx.settle[i]
		_, draft, err := settleIn(tx, &s.Outgoing, s.settlement, ev.LoggedAt)
		if err != nil {
			return err
		}
		if draft != nil { // the log says so too, after an action.unknown perhaps
			d.later = append(d.later, *draft)
		}
	}
	if fx.finish != nil {
		if err := fx.answer(ev, func() (any, error) { return fx.finish(tx) }); err != nil {
			return err
		}
	}
	if fx.also != nil {
		if err := fx.also(tx); err != nil {
			return err
		}
	}
	d.later = append(d.later, fx.later...)
	for _, due := range fx.dues {
		if err := tx.Schedule(ev.Community, due); err != nil {
			return err
		}
	}
	for _, key := range fx.done {
		if err := tx.DropDue(ev.Community, key); err != nil {
			return err
		}
	}
	if len(fx.derived) > 0 {
		appended, err := tx.Append(ev.Community, fx.derived)
		if err != nil {
			return err
		}
		for _, l := range fx.links {
			if err := tx.Link(ev.Community, appended[0].Seq, l.identity, l.person); err != nil {
				return err
			}
			if community.PersonID(l.identity) == l.person {
				delete(d.links, l.identity)
			} else {
				d.links[l.identity] = l.person
			}
		}
		if len(fx.links) > 0 {
			d.index()
		}
	}
	if fx.outcome != nil {
		return tx.RecordOutcome(ev.Community, *fx.outcome)
	}
	return nil
}

// Retry decides a parked event again, with the settings of today.
func (e *Engine) Retry(ctx context.Context, c community.ID, seq community.Seq, by community.StaffID) error {
	e.deciding.Lock()
	defer e.deciding.Unlock()
	delete(e.decides, c) // it may bring about links
	return e.db.Write(ctx, func(tx *store.Tx) error {
		parked, err := tx.Unpark(c, store.Decide, seq)
		if err != nil {
			return err
		}
		if !parked {
			return community.Errorf(community.NotFound, "event %d is not parked", seq)
		}
		if err := tx.Audit(c, by, e.now().UnixMilli(), "parked.retry", strconv.FormatInt(int64(seq), 10), "", ""); err != nil {
			return err
		}
		ev, err := store.Event(ctx, tx, c, seq)
		if err != nil {
			return err
		}
		at, err := store.Cursor(ctx, tx, c, store.Decide)
		if err != nil {
			return err
		}
		d, err := e.newDecider(ctx, tx, c, at)
		if err != nil {
			return err
		}
		d.today = true
		missing, err := e.gather(ctx, tx, c, d, ev.Seq, []community.Event{*ev})
		if err != nil {
			return err
		}
		e.makeReady(c, d, missing)
		wake, err := e.applyOne(ctx, tx, d, ev, e.inspect(d, ev))
		if err != nil {
			return err
		}
		if err := d.appendLater(tx, c); err != nil {
			return err
		}
		tx.AfterCommit(func() {
			e.decided.fire()
			if wake {
				e.outgoing.fire()
			}
		})
		return nil
	})
}
