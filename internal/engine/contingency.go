package engine

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
)

// ContingencyKey is the setting that says where a group goes when it cannot be
// used any more (应急预案, S88), of the community, of sets and of groups.
const ContingencyKey = "contingency"

// Contingency is what people typed about it. A field left out is inherited.
type Contingency struct {
	Backup *community.GroupID `json:"backup_group,omitempty"` // another group of ours; 0: none
	Way    *string            `json:"way,omitempty"`          // a link, a WeChat number, in words
	Text   *string            `json:"text,omitempty"`         // the announcement; {way} stands for the backup channel
	Drills *bool              `json:"drills,omitempty"`       // it is tried every quarter (S94)
}

// Bounds of what is typed, in characters.
const (
	longestWay          = 500
	longestAnnouncement = 2000
)

const wayMark = "{way}"

//go:embed contingency.txt
var contingencyText string

// DefaultContingency is in force where nobody typed anything.
func DefaultContingency() Contingency {
	return Contingency{Backup: new(community.GroupID(0)), Way: new(""), Text: new(strings.TrimSpace(contingencyText)), Drills: new(false)}
}

// Check says what is wrong before it is saved for a group, 0 for several.
func (c Contingency) Check(of community.GroupID) error {
	switch {
	case c.Backup != nil && *c.Backup != 0 && *c.Backup == of:
		return community.Errorf(community.Invalid, "a group cannot be its own backup").WithHint("choose another group")
	case c.Way != nil && utf8.RuneCountInString(*c.Way) > longestWay:
		return community.Errorf(community.Invalid, "the backup channel is longer than %d characters", longestWay)
	case c.Text != nil && utf8.RuneCountInString(*c.Text) > longestAnnouncement:
		return community.Errorf(community.Invalid, "the announcement is longer than %d characters", longestAnnouncement).WithHint("shorten it")
	}
	return nil
}

// ContingencyIn lays layers over each other and over the defaults; the nearest is
// the first. What cannot be read counts as saying nothing.
func ContingencyIn(layers []store.Layer) Contingency {
	c := DefaultContingency()
	for _, l := range slices.Backward(layers) {
		var own Contingency
		if json.Unmarshal([]byte(l.Value), &own) != nil {
			continue
		}
		c.Backup, c.Way = cmp.Or(own.Backup, c.Backup), cmp.Or(own.Way, c.Way)
		c.Text, c.Drills = cmp.Or(own.Text, c.Text), cmp.Or(own.Drills, c.Drills)
	}
	return c
}

// Prepared says that there is somewhere to go.
func (c Contingency) Prepared() bool { return *c.Backup != 0 || strings.TrimSpace(*c.Way) != "" }

// Announcement is what a group is told, with the backup channel in its place. name
// is that of the backup group, "" without one.
func (c Contingency) Announcement(name string) string {
	way := strings.TrimSpace(*c.Way)
	if name != "" {
		way = strings.TrimSpace("“" + name + "” " + way)
	}
	text := strings.TrimSpace(*c.Text)
	if !strings.Contains(text, wayMark) {
		return strings.TrimSpace(text + "\n" + way)
	}
	return strings.ReplaceAll(text, wayMark, way)
}

// Kinds of tasks that stand for themselves.
const (
	// ContingencyTask is to tell the people of a group by hand where to go.
	ContingencyTask = "contingency"
	// DrillTask is to try whether the backup channel, the snapshots and the people are
	// there (应急演练, S94).
	DrillTask = "drill"
)

// Switched is the answer to ContingencyBegin and ContingencyEnd.
type Switched struct {
	Group  community.GroupID `json:"group"`
	Way    string            `json:"way,omitempty"`    // machine: through the outbox; task: a person says it
	Action string            `json:"action,omitempty"` // key of the outbox row
}

// beginSwitch sends the people of a group to its backup channel.
func (e *Engine) beginSwitch(ctx context.Context, q store.Querier, d *decider, ev *community.Event, fx *effects) (any, error) {
	g, err := store.Group(ctx, q, ev.Community, ev.Group)
	if err != nil {
		return nil, err
	}
	if last, err := store.Switches(ctx, q, ev.Community, g.ID, 1); err != nil {
		return nil, err
	} else if len(last) > 0 && last[0].EndedAt.IsZero() {
		return nil, community.Errorf(community.Conflict, "the backup channel is in use already").WithHint("end it first")
	}
	layers, err := d.layers(ctx, q, ev, settingKey{ev.Group, ContingencyKey})
	if err != nil {
		return nil, err
	}
	set := ContingencyIn(layers)
	if !set.Prepared() {
		return nil, community.Errorf(community.Conflict, "no backup channel is prepared for this group").WithHint("name one first")
	}
	name := ""
	if *set.Backup != 0 {
		to, err := store.Group(ctx, q, ev.Community, *set.Backup)
		if err != nil {
			return nil, err
		}
		name = to.Name
	}
	s := store.Switch{ID: ev.Seq, Group: g.ID, Backup: *set.Backup, Text: set.Announcement(name), Way: "task", BegunAt: ev.LoggedAt, BegunBy: staffOf(ev)}
	answer := Switched{Group: g.ID, Way: "task"}
	if kind := e.reaches(g); kind != "" {
		// It goes before everything else and does not wait for the morning.
		fx.act(ev, community.Action{Community: ev.Community, Group: g.ID, Kind: kind, Class: community.Moderation, Text: s.Text,
			Cause: community.Cause{Seq: ev.Seq, Rule: ContingencyKey}, DueAt: ev.LoggedAt, ExpiresAt: ev.LoggedAt.Add(24 * time.Hour),
			Detail: community.Detail{By: staffOf(ev)}})
		s.Way, s.Action = "machine", fx.actions[0].Key
		answer.Way, answer.Action = "machine", s.Action.String()
	}
	fx.finish = func(tx *store.Tx) (any, error) {
		if err := tx.BeginSwitch(ev.Community, s); err != nil {
			return nil, err
		}
		e.tellAfter(tx, ev)
		if s.Way == "machine" {
			return answer, nil
		}
		return answer, e.openOwn(ctx, tx, &store.Task{Community: ev.Community, ID: ev.Seq, Kind: ContingencyTask, Group: g.ID, Text: s.Text,
			OpenedAt: ev.LoggedAt, DueAt: ev.LoggedAt.Add(time.Hour)}, g)
	}
	return nil, nil
}

// reaches says how the machine can tell a group something: by announcing it where
// it can, else by a message; "" where it cannot at all, or no account is online.
func (e *Engine) reaches(g community.Group) community.ActionKind {
	if !slices.ContainsFunc(e.accountsOf(g), func(a *account) bool {
		return !slices.Contains([]connector.State{connector.Offline, connector.Waiting}, a.health().State) && !a.settings.Paused
	}) {
		return ""
	}
	for _, kind := range []community.ActionKind{community.Announce, community.Send} {
		if can, served, known := e.caps(g, kind, false); served && known && can == connector.Machine {
			return kind
		}
	}
	return ""
}

// Reaches says that the machine can tell a group something now.
func (e *Engine) Reaches(g community.Group) bool { return e.reaches(g) != "" }

// endSwitch notes that a group can be used again.
func (e *Engine) endSwitch(ev *community.Event, fx *effects) (any, error) {
	fx.finish = func(tx *store.Tx) (any, error) {
		ended, err := tx.EndSwitch(ev.Community, ev.Group, ev.LoggedAt, staffOf(ev))
		if err == nil && !ended {
			err = community.Errorf(community.Conflict, "no backup channel is in use for this group")
		}
		e.tellAfter(tx, ev)
		return Switched{Group: ev.Group}, err
	}
	return nil, nil
}

func (e *Engine) tellAfter(tx *store.Tx, ev *community.Event) {
	tx.AfterCommit(func() {
		for _, what := range []string{"settings", "tasks"} {
			e.changes.send(Change{Community: ev.Community, Groups: []community.GroupID{ev.Group}, What: what})
		}
	})
}

// openOwn opens a task that stands for itself, for the keeper of its group, who is
// told where they can be reached. Its ID and times are given.
func (e *Engine) openOwn(ctx context.Context, tx *store.Tx, t *store.Task, g community.Group) error {
	var k Keeper
	if _, err := store.ReadSetting(ctx, tx, t.Community, t.Group, KeeperKey, &k); err != nil && !notJSON(err) {
		return err
	}
	if t.Keeper == 0 {
		t.Keeper = cmp.Or(k.Staff, k.Backup)
		if k.Staff != 0 && k.Backup != k.Staff {
			t.Backup = k.Backup
		}
	}
	t.Action.Key = ownTaskKey(t.Kind, t.ID)
	t.Action.Kind, t.Action.Text = community.ActionKind(t.Kind), t.Text
	contact, err := e.contactOf(ctx, tx, t)
	if err != nil {
		return err
	}
	if contact != "" {
		told, err := e.tellKeeper(ctx, tx, t, g, contact)
		if err != nil {
			return err
		}
		if told {
			t.ToldAt = t.OpenedAt
		}
	}
	if t.Backup != 0 {
		if err := tx.Schedule(t.Community, passing(t)); err != nil {
			return err
		}
	}
	tx.AfterCommit(func() {
		e.changes.send(Change{Community: t.Community, Groups: []community.GroupID{t.Group}, What: "tasks"})
		e.outgoing.fire()
	})
	return tx.OpenTask(*t)
}

// ownTaskKey is that of a task that stands for itself.
func ownTaskKey(kind string, id community.Seq) community.Key {
	return community.KeyParts{Kind: community.Kind(kind), Network: "task", ID: decimal(int64(id))}.Key()
}

// drillDue is the kind of due row that begins the quarter's drills.
const drillDue = "drill"

// Drills begin on the first day of a quarter, at this hour, and have so long.
const (
	drillHour = 10
	drillTime = 14 * 24 * time.Hour
)

// nextQuarter is when the next drills begin after a time.
func nextQuarter(after time.Time, zone *time.Location) time.Time {
	local := after.In(zone)
	first := time.Month((int(local.Month())-1)/3*3 + 1)
	begin := time.Date(local.Year(), first, 1, drillHour, 0, 0, 0, zone)
	if !begin.After(after) {
		begin = time.Date(local.Year(), first+3, 1, drillHour, 0, 0, 0, zone)
	}
	return begin
}

// scheduleDrills has the next quarter's drills begun.
func scheduleDrills(ctx context.Context, q store.Querier, ev *community.Event, after time.Time, fx *effects) error {
	_, zone, err := placeOf(ctx, q, ev.Community, 0)
	if err != nil {
		return err
	}
	at := nextQuarter(after, zone)
	fx.dues = append(fx.dues, store.Due{Key: community.KeyParts{Kind: drillDue, ID: decimal(at.Unix())}.Key(), At: at, Kind: drillDue, CauseSeq: ev.Seq, Data: "{}"})
	return nil
}

// beginDrills tells the log of every group that has a drill to do; one that is
// still under way is not begun again.
func (e *Engine) beginDrills(ctx context.Context, q store.Querier, d *decider, ev *community.Event, due store.Due, fx *effects) error {
	groups, err := store.Groups(ctx, q, ev.Community)
	if err != nil {
		return err
	}
	said, err := store.LayeringOf(ctx, q, ev.Community, ContingencyKey)
	if err != nil {
		return err
	}
	last, err := store.LastTasks(ctx, q, ev.Community, DrillTask)
	if err != nil {
		return err
	}
	wanted := false
	for _, g := range groups {
		if !*ContingencyIn(said.Of(g.ID)).Drills {
			continue
		}
		wanted = true
		if last[g.ID].Open != 0 {
			continue
		}
		draft := store.Draft{Event: community.Event{
			Key:  community.KeyParts{Kind: community.DrillDue, Group: decimal(int64(g.ID)), ID: decimal(due.At.Unix())}.Key(),
			Kind: community.DrillDue, Group: g.ID, At: ev.LoggedAt, Source: "decide"}}
		contacts, err := e.contactsFor(ctx, q, ev.Community, g.ID)
		if err != nil {
			return err
		}
		if len(contacts) > 0 { // to be told they need a number
			draft.Network, draft.Targets = keeperNetwork, contacts
		}
		fx.later = append(fx.later, draft)
	}
	if !wanted { // nobody wants any: what is saved begins anew
		return nil
	}
	return scheduleDrills(ctx, q, ev, ev.At, fx)
}

// Drilled is the answer to DrillBegin.
type Drilled struct {
	Task community.Seq `json:"task"`
}

// beginDrill opens a group's drill now, because a person wants it.
func (e *Engine) beginDrill(ctx context.Context, q store.Querier, ev *community.Event, fx *effects) (any, error) {
	if _, err := store.Group(ctx, q, ev.Community, ev.Group); err != nil {
		return nil, err
	}
	fx.finish = func(tx *store.Tx) (any, error) {
		last, err := store.LastTasks(ctx, tx, ev.Community, DrillTask)
		if err != nil {
			return nil, err
		}
		if open := last[ev.Group].Open; open != 0 {
			return Drilled{open}, nil
		}
		return Drilled{ev.Seq}, e.openDrill(ctx, tx, ev)
	}
	return nil, nil
}

func (e *Engine) openDrill(ctx context.Context, tx *store.Tx, ev *community.Event) error {
	g, err := store.Group(ctx, tx, ev.Community, ev.Group)
	if err != nil {
		return err
	}
	return e.openOwn(ctx, tx, &store.Task{Community: ev.Community, ID: ev.Seq, Kind: DrillTask, Group: ev.Group, OpenedAt: ev.LoggedAt,
		DueAt: ev.LoggedAt.Add(drillTime)}, g)
}

// planned schedules what a changed setting wants done by the clock.
func (e *Engine) planned(ctx context.Context, q store.Querier, ev *community.Event, fx *effects) error {
	if ev.Body == nil {
		return nil
	}
	key := ev.Body.Data["key"]
	if _, rest, ok := strings.Cut(key, "/"); ok && strings.HasPrefix(key, "set/") {
		_, key, _ = strings.Cut(rest, "/")
	}
	switch key {
	case ContingencyKey:
		return scheduleDrills(ctx, q, ev, ev.LoggedAt, fx)
	case SnapshotsKey, store.SetsKey:
		return scheduleSnapshots(ctx, q, ev, ev.LoggedAt, fx)
	}
	return nil
}

// SaveContingency saves where a group goes, or what holds for several.
func (e *Engine) SaveContingency(ctx context.Context, c community.ID, g community.GroupID, key string, set Contingency, based int64, by community.StaffID) error {
	if err := set.Check(g); err != nil {
		return err
	}
	if set.Backup != nil && *set.Backup != 0 {
		if err := e.db.Read(ctx, func(q store.Querier) error {
			to, err := store.Group(ctx, q, c, *set.Backup)
			if err == nil && to.Direct {
				err = community.Errorf(community.NotFound, "there is no group %s", strconv.FormatInt(int64(*set.Backup), 10))
			}
			return err
		}); err != nil {
			return err
		}
	}
	return e.SaveSetting(ctx, c, g, key, set, based, by)
}
