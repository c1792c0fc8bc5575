package main

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/api"
	"qunying/internal/api/answers"
	"qunying/internal/engine"
	"qunying/internal/store"
	"qunying/internal/store/team"
	"qunying/transcript"
)

// console joins the engine to the API: it puts what the one knows into the
// shapes of the other.
type console struct {
	*machine
	answers *answers.Reader
	feed    *api.Feed
	now     func() time.Time
}

func (m *machine) needs() (api.Needs, *console) {
	c := &console{machine: m, now: time.Now}
	c.feed = api.NewFeed(c.position)
	c.answers = &answers.Reader{DB: m.db, Index: m.search, Now: c.now, Capabilities: c.capabilities, Staff: m.engine.StaffIdentities}
	return api.Needs{
		Groups: c.answers, Insight: c.answers, Queries: queries{c.answers, c}, Explorer: explorer{c.answers, c}, Views: views{c}, Reports: reports{c.answers, c}, Archive: c.answers, People: everybody{c.answers, c},
		Imports: importSteps{c}, Exports: exports{c}, Folder: exports{c}, Rosters: c, Settings: c, Machine: c, Commands: c, Changes: c.feed, Metrics: answers.Metrics,
		Connections: connections{c}, Adoption: connections{c}, Actions: actions{c}, Tasks: actions{c}, Delivery: actions{c}, Webhooks: webhooks{c}, Scale: scale{c.answers, c}, Entrance: connections{c}, Corporation: corporation{m.engine}, Following: following{m.engine},
		Alerts:      alerts{c},
		Contingency: contingency{c}, Snapshots: contingency{c},
		Reviews: reviews{c}, Rules: rules{c}, Lexicons: rules{c}, Judges: judges{c}, CaseBook: caseBook{c}, Backtests: newBacktests(c), Points: ledger{c}, Personal: personal{c},

		Measures: measures{c},

		Health: health{c.answers, c}, Today: c.answers,

		House: house{c}, Profiles: profiles{c}, Edits: edits{c}, Media: pictures{c},
	}, c
}

// capabilities of a group, from its connector; of a group without one, none are
// shown: it was only imported.
func (c *console) capabilities(g community.Group) []api.Capability {
	can, ok := c.engine.Capabilities(g)
	if !ok {
		return []api.Capability{}
	}
	list := []api.Capability{}
	for _, a := range []struct {
		name string
		can  connector.Can
	}{
		{"read", can.Read}, {"joins", can.Joins}, {"members", can.Members}, {"send", can.Send}, {"recall", can.Recall}, {"recall_own", can.RecallOwn},
		{"mute", can.Mute}, {"mute_all", can.MuteAll}, {"remove", can.Remove}, {"announce", can.Announce}, {"rename", can.Rename}, {"invite", can.Invite}, {"approve", can.Approve},
	} {
		if a.can == "" {
			a.can = connector.Nobody
		}
		list = append(list, api.Capability{Ability: a.name, Can: string(a.can)})
	}
	return list
}

func (c *console) asOf(ctx context.Context, id community.ID) (a api.Answer, err error) {
	err = c.db.Read(ctx, func(q store.Querier) error {
		a.AsOf, err = store.Cursor(ctx, q, id, store.Project)
		return err
	})
	return a, err
}

// Commands.

func (c *console) Do(ctx context.Context, id community.ID, cmd api.Command) (o api.Outcome, err error) {
	do := engine.Command{Kind: cmd.Kind, Key: cmd.Key, By: cmd.By, Group: cmd.Group, Text: cmd.Text, At: cmd.At, Targets: cmd.Targets,
		Action: cmd.Action, Batch: cmd.Batch, Task: community.Seq(cmd.Task), Alert: community.Seq(cmd.Alert), How: cmd.How, Case: cmd.Case, Undo: cmd.Undo, Tags: cmd.Tags, Points: cmd.Points}
	if cmd.Kind == community.MessageSend {
		if err := c.maySend(ctx, id, cmd.Group); err != nil {
			return o, err
		}
	}
	if cmd.Entry != "" {
		if do.Action.Key, err = keyOf(cmd.Entry); err != nil {
			return o, err
		}
	}
	if cmd.Seq != 0 {
		if err := c.concerning(ctx, id, cmd.Seq, &do); err != nil {
			return o, err
		}
	}
	answer, err := c.engine.Do(ctx, id, do)
	if err != nil {
		return o, err
	}
	o.AsOf, o.Result = answer.Seq, json.RawMessage(answer.Result)
	var result struct {
		Person    community.PersonID `json:"person"`
		Key       string             `json:"key"`
		DueAt     int64              `json:"due_at"`
		Cancelled int                `json:"cancelled"`
	}
	if err := json.Unmarshal([]byte(answer.Result), &result); err != nil {
		return o, err
	}
	o.Person, o.Count = result.Person, result.Cancelled
	if cmd.Kind != community.MessageSend && cmd.Kind != community.ActionAsk {
		return o, nil
	}
	// What is scheduled for later is in the outbox when its time has come.
	entry := api.OutboxEntry{Key: result.Key, Group: cmd.Group, Kind: string(community.Send), Text: cmd.Text, State: string(store.Queued),
		Class: string(community.Routine), Cause: "staff", CauseSeq: answer.Seq, By: cmd.By, DueAt: result.DueAt}
	if cmd.Kind == community.ActionAsk {
		entry.Kind, entry.Text, entry.Member = string(cmd.Action.Kind), cmd.Action.Text, cmd.Action.Target
	}
	if is, err := (actions{c}).Action(ctx, id, result.Key); err == nil {
		entry = is
	} else if community.CodeOf(err) != community.NotFound {
		return o, err
	}
	o.Outbox = &entry
	return o, nil
}

func (c *console) maySend(ctx context.Context, id community.ID, group community.GroupID) error {
	var g community.Group
	if err := c.db.Read(ctx, func(q store.Querier) (err error) {
		g, err = store.Group(ctx, q, id, group)
		return err
	}); err != nil {
		return err
	}
	if can, ok := c.engine.Capabilities(g); !ok || can.Of(community.Send) == connector.Nobody {
		return community.Errorf(community.Unsupported, "nothing can be sent to %s from here", g.Name).
			WithHint("the group was imported, or its platform does not allow it")
	}
	return nil
}

// concerning fills in whom and which message an action concerns, from the event
// that a person pointed at.
func (c *console) concerning(ctx context.Context, id community.ID, seq community.Seq, cmd *engine.Command) error {
	return c.db.Read(ctx, func(q store.Querier) error {
		ev, err := store.Event(ctx, q, id, seq)
		if err != nil {
			return err
		}
		if ev.Group != cmd.Group {
			return community.Errorf(community.Invalid, "the message is of another group")
		}
		if cmd.Action.Target == 0 && cmd.Action.Kind != community.Recall {
			cmd.Action.Target = ev.Identity
		}
		if cmd.Action.MessageID == "" && ev.Body != nil {
			cmd.Action.MessageID = ev.Body.MessageID
		}
		cmd.Action.Detail.Own = ev.Flags&community.FromUs != 0
		return nil
	})
}

func entryOf(o store.Outgoing) api.OutboxEntry {
	return api.OutboxEntry{Key: o.Key.String(), Group: o.Group, Kind: string(o.Kind), Class: string(o.Class), Text: o.Text, Member: o.Target,
		Reason: o.Detail.Reason, State: string(o.State), Connection: o.Account, Batch: o.Detail.Batch, Cause: o.Cause.Rule, CauseSeq: o.Cause.Seq,
		By: o.Detail.By, DueAt: milli(o.DueAt), Until: milli(o.Until), DoneAt: milli(o.DoneAt), Attempts: o.Attempts, Code: o.Code, Said: o.Said, Error: o.Error, Handled: milli(o.Handled)}
}

// Machine.

func (c *console) Loops(ctx context.Context, id community.ID) (a api.LoopsAnswer, err error) {
	status, err := c.engine.Status(ctx, id)
	if err != nil {
		return a, err
	}
	a.AsOf = status.Cursor("project")
	for _, l := range status.Loops {
		a.Loops = append(a.Loops, api.Loop{Name: l.Name, Cursor: l.Cursor, Head: status.Head, Behind: int64(status.Head - l.Cursor)})
	}
	return a, nil
}

func (c *console) Outbox(ctx context.Context, id community.ID, want api.OutboxQuery) (a api.OutboxAnswer, next api.Place, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, next, err
	}
	var found []store.Outgoing
	limit := want.Limit
	if limit <= 0 {
		limit = 50
	}
	err = c.db.Read(ctx, func(q store.Querier) error {
		before, within := community.Seq(want.After.Number), api.Within(ctx)
		if want.Group != 0 {
			within = []community.GroupID{want.Group}
		}
		list, err := store.OutboxWithin(ctx, q, id, store.OutboxState(want.State), within, before, limit+1)
		if err != nil {
			return err
		}
		if len(list) > limit {
			list = list[:limit]
			next = api.Place{Number: int64(list[limit-1].Cause.Seq), ID: 1}
		}
		found = list
		return nil
	})
	if err != nil {
		return a, next, err
	}
	a.Entries, err = c.entries(ctx, id, found)
	return a, next, err
}

func (c *console) Parked(ctx context.Context, id community.ID, after api.Place, limit int) (a api.ParkedAnswer, next api.Place, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, next, err
	}
	a.Parked = []api.Parked{}
	if limit <= 0 {
		limit = 50
	}
	err = c.db.Read(ctx, func(q store.Querier) error {
		list, err := store.Parked(ctx, q, id)
		for _, p := range list {
			if after.Number != 0 && int64(p.Event.Seq) >= after.Number {
				continue
			}
			if len(a.Parked) == limit {
				next = api.Place{Number: int64(a.Parked[limit-1].Seq), ID: 1}
				break
			}
			a.Parked = append(a.Parked, parkedOf(p))
		}
		return err
	})
	return a, next, err
}

func parkedOf(p store.ParkedEvent) api.Parked {
	return api.Parked{Seq: p.Event.Seq, Kind: string(p.Event.Kind), Group: p.Event.Group, At: p.Event.At.UnixMilli(), Error: firstLine(p.Error), State: p.State}
}

// firstLine leaves the stack of a panic to the log.
func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

func (c *console) Retry(ctx context.Context, id community.ID, seq community.Seq, by community.StaffID) (a api.ParkedEventAnswer, err error) {
	if err := c.engine.Retry(ctx, id, seq, by); err != nil {
		return a, err
	}
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	err = c.db.Read(ctx, func(q store.Querier) error {
		list, err := store.Parked(ctx, q, id)
		for _, p := range list {
			if p.Event.Seq == seq {
				a.Event = parkedOf(p)
			}
		}
		return err
	})
	return a, err
}

// Settings.

func (c *console) GroupSettings(ctx context.Context, id community.ID, g community.GroupID) (api.GroupSettingsAnswer, error) {
	return c.answers.GroupSettings(ctx, id, g)
}

// Imports.

func (c *console) Upload(ctx context.Context, id community.ID, by community.StaffID, name string, body io.Reader) (api.ImportAnswer, error) {
	return c.importAnswer(ctx, id)(c.engine.Upload(ctx, id, by, name, body))
}

func (c *console) importAnswer(ctx context.Context, id community.ID) func(engine.ImportState, error) (api.ImportAnswer, error) {
	return func(s engine.ImportState, err error) (a api.ImportAnswer, _ error) {
		if err != nil {
			return a, err
		}
		if a.Answer, err = c.asOf(ctx, id); err != nil {
			return a, err
		}
		a.Import, err = c.importOf(ctx, id, s)
		return a, err
	}
}

func (c *console) Imports(ctx context.Context, id community.ID) (a api.ImportsAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	list, err := c.engine.ImportStates(ctx, id)
	if err != nil {
		return a, err
	}
	a.Imports = []api.Import{}
	for _, s := range list {
		i, err := c.importOf(ctx, id, s)
		if err != nil {
			return a, err
		}
		a.Imports = append(a.Imports, i)
	}
	return a, nil
}

func (c *console) Import(ctx context.Context, id community.ID, n int64) (api.ImportAnswer, error) {
	return c.importAnswer(ctx, id)(c.engine.ImportState(ctx, id, n))
}

func (c *console) Change(ctx context.Context, id community.ID, n int64, with api.ImportChange) (api.ImportAnswer, error) {
	s, err := c.engine.ImportState(ctx, id, n)
	if err != nil {
		return api.ImportAnswer{}, err
	}
	if !slices.Contains([]string{engine.ImportPreview, engine.ImportReady, engine.ImportFailed}, s.State) || s.DoneRows > 0 {
		return api.ImportAnswer{}, community.Errorf(community.Conflict, "the import has started").WithHint("cancel it, and upload the file again to read it another way")
	}
	to := s.Settings
	if with.Group != nil {
		to.Group = *with.Group
	}
	if with.Zone != nil {
		to.Zone = *with.Zone
	}
	if with.Map != nil {
		to.Map = *with.Map
	}
	if with.Format != nil {
		to.Format = *with.Format
	}
	if with.LastRow != nil {
		to.LastRow = *with.LastRow
	}
	return c.importAnswer(ctx, id)(c.engine.ChangeImport(ctx, id, n, to))
}

// Steps of an import; named apart from Commands.Do by its type.
type importSteps struct{ *console }

func (c importSteps) Do(ctx context.Context, id community.ID, n int64, _ community.StaffID, step api.ImportStep) (api.ImportAnswer, error) {
	do := c.engine.StartImport
	if step == api.ImportCancel {
		do = c.engine.CancelImport
	}
	return c.importAnswer(ctx, id)(do(ctx, id, n))
}

func (c *console) Rejects(ctx context.Context, id community.ID, n int64) (io.ReadCloser, error) {
	s, err := c.engine.ImportState(ctx, id, n)
	if err != nil {
		return nil, err
	}
	if s.Rejects == "" {
		return nil, community.Errorf(community.NotFound, "no row of this import was refused")
	}
	return os.Open(s.Rejects)
}

func (c *console) importOf(ctx context.Context, id community.ID, s engine.ImportState) (api.Import, error) {
	i := api.Import{ID: s.ID, File: s.File, State: s.State, Error: s.Error, Hint: s.Hint, At: s.At.UnixMilli(),
		Progress: api.ImportProgress{Share: s.Share, Rows: s.Rows, PerSecond: s.Speed, Counted: s.Counted, Indexed: s.Indexed}}
	if s.Share > 0 && s.Speed > 0 && s.Share < 1 {
		i.Progress.Left = float64(s.Rows) / s.Speed * (1 - s.Share) / s.Share
	}
	zone, err := community.LoadZone(s.Settings.Zone)
	if err != nil {
		return i, err
	}
	if err := c.db.Read(ctx, func(q store.Querier) error {
		by, err := team.ByID(ctx, q, s.Staff)
		if i.By = by.Name; community.CodeOf(err) == community.NotFound {
			return nil
		}
		return err
	}); err != nil {
		return i, err
	}
	if p := s.Preview; p != nil {
		i.Format = p.Format
		i.Preview = &api.ImportPreview{Rows: p.Rows, Rejects: p.Rejects, Map: s.Settings.Map, Columns: p.Columns, Sample: []api.Message{}, Groups: []api.ImportGroup{}, Refused: []api.RefusedRows{},
			LastRow: p.LastRow, LastRowTaken: s.Settings.LastRow}
		for _, g := range p.Groups {
			a := api.ImportGroup{Name: g.Name, Group: g.Known, Rows: g.Rows, Messages: g.Rows, People: int64(g.People),
				From: g.From.UnixMilli(), To: g.To.UnixMilli(), Gaps: answers.Gaps(g.Gaps)}
			if g.Messages != nil {
				a.Messages = *g.Messages
			}
			i.Preview.Groups = append(i.Preview.Groups, a)
		}
		for _, r := range p.Refused {
			i.Preview.Refused = append(i.Preview.Refused, api.RefusedRows{File: r.File, Line: r.Line, Reason: r.Reason, Hint: r.Hint,
				Row: string([]rune(r.Raw)[:min(200, utf8.RuneCountInString(r.Raw))]), Rows: r.Rows})
		}
		for _, rec := range p.Sample {
			i.Preview.Sample = append(i.Preview.Sample, api.Message{GroupName: rec.GroupName, Name: cmp.Or(rec.SenderName, rec.SenderID), At: rec.At.UnixMilli(),
				Content: string(rec.Content), Text: rec.Text, Kind: string(rec.Kind)})
		}
	}
	if s.State == engine.ImportPreview || s.State == engine.ImportReady {
		return i, nil
	}
	r := &api.ImportResult{Imported: s.Counts.Imported, Duplicates: s.Counts.Duplicates, Rejected: s.Counts.Rejected, Members: s.Counts.Members,
		Gaps: []api.Gap{}, Groups: s.Groups, Names: make([]string, len(s.Groups)), RejectFile: s.Rejects, LastRow: s.Counts.LastRow}
	if r.Groups == nil {
		r.Groups = []community.GroupID{}
	}
	if err := c.db.Read(ctx, func(q store.Querier) error {
		names, err := store.GroupNames(ctx, q, id, s.Groups)
		for n, g := range s.Groups {
			r.Names[n] = names[g]
		}
		return err
	}); err != nil {
		return i, err
	}
	if r.RejectFile != "" {
		r.RejectFile = "rejects.csv" // where the server keeps it is nobody's business
	}
	if s.Counts.From != 0 {
		r.From, r.To = time.UnixMilli(s.Counts.From).In(zone).Format(time.RFC3339), time.UnixMilli(s.Counts.To).In(zone).Format(time.RFC3339)
	}
	if s.State == engine.ImportDone && len(s.Groups) <= 20 {
		for _, g := range s.Groups {
			_, gaps, err := c.engine.Gaps(ctx, id, g)
			if err != nil {
				return i, err
			}
			r.Gaps = append(r.Gaps, answers.Gaps(gaps)...)
		}
	}
	i.Result = r
	return i, nil
}

// Rosters.

func (c *console) Roster(ctx context.Context, id community.ID, _ community.StaffID, in api.RosterInput) (a api.RosterAnswer, err error) {
	list, err := transcript.ParseRoster(in.FileName, rosterBytes(in), transcript.Options{Zone: time.UTC})
	if err != nil {
		return a, err
	}
	at := time.Time{}
	if in.At != 0 {
		at = time.UnixMilli(in.At)
	}
	r, err := c.engine.Roster(ctx, id, engine.RosterInput{Group: in.Group, At: at, Members: list.Members, Apply: in.Apply})
	if err != nil {
		return a, err
	}
	a.Members, a.Joined, a.Left, a.Preview = nonNil(r.Members), nonNil(r.Joined), nonNil(r.Left), !in.Apply
	a.Answer, err = c.asOf(ctx, id)
	return a, err
}

func rosterBytes(in api.RosterInput) []byte {
	if len(in.File) > 0 {
		return in.File
	}
	return []byte(in.Text)
}

func nonNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// Changes.

// tellChanges hands on what the engine says has changed until ctx ends. It has
// begun to listen when it returns.
func (c *console) tellChanges(ctx context.Context) error {
	changes, stop := c.engine.Changes()
	var list []community.Community
	if err := c.db.Read(ctx, func(q store.Querier) (err error) {
		list, err = store.Communities(ctx, q)
		return err
	}); err != nil {
		stop()
		return err
	}
	for _, one := range list {
		if err := c.feed.Begin(ctx, one.ID); err != nil {
			stop()
			return err
		}
	}
	go func() {
		defer stop()
		for {
			select {
			case <-ctx.Done():
				return
			case ch := <-changes:
				now, err := c.position(ctx, ch.Community)
				if err != nil {
					if ctx.Err() == nil {
						c.log.Warn("a change could not be told", "err", err)
					}
					continue
				}
				c.feed.Publish(ch.Community, changeOf(ch, now))
			}
		}
	}()
	return nil
}

func (c *console) position(ctx context.Context, id community.ID) (p api.Position, err error) {
	err = c.db.Read(ctx, func(q store.Querier) error {
		if p.Epoch, err = store.Epoch(ctx, q, id); err != nil {
			return err
		}
		p.Seq, err = store.Cursor(ctx, q, id, store.Project)
		return err
	})
	return p, err
}

// changeOf is an engine's change in the words of the API.
func changeOf(ch engine.Change, now api.Position) api.Change {
	what := map[string][]string{"numbers": {"numbers", "people", "stream"}, "all": {"alerts", "connections", "imports", "numbers", "outbox", "people", "reviews", "settings", "stream", "tasks"}}[ch.What]
	if what == nil {
		what = []string{ch.What}
	}
	return api.Change{At: now, All: ch.What == "all", Groups: slices.Compact(slices.Sorted(slices.Values(ch.Groups))), What: what}
}
