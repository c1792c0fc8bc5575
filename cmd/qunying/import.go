package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/engine"
	"qunying/internal/insight"
	"qunying/internal/store"
	"qunying/transcript"
)

type importCmd struct {
	place
	Files  []string `arg:"" help:"Exports: ChatLab, chatlog, MemoTrace, PyWxDump, WeFlow, QQChatExporter, QQ, Telegram, Discord, Slack, IRC, CSV, TSV, JSON lines; plain, .gz, .zip, .tar.gz." type:"path"`
	Zone   string   `help:"Time zone of files that do not tell it." default:"Asia/Shanghai"`
	Group  string   `help:"Name of the group where the file tells none."`
	Format string   `help:"Format, where finding out fails."`
	Map    string   `help:"Columns of a table or JSON lines: time=…,sender=…,text=…[,id=…,sender_id=…,group=…,type=…]."`
	Roster bool     `help:"The files are member lists (xlsx, CSV, names) of --group."`
	At     string   `help:"When a member list was taken (2006-01-02 15:04, in --zone). Default: now."`
	// LastRow is for what a person knows and the file cannot prove.
	LastRow bool `help:"The files are whole: take their last row even where no line break ends it."`
	DryRun  bool `help:"Say what is in the files and write nothing."`
	NoWait  bool `help:"Do not wait for the search index."`
}

// importReport is what --json prints.
type importReport struct {
	Imported   int64       `json:"imported"`
	Duplicates int64       `json:"duplicates"`
	Rejected   int64       `json:"rejected"`
	Members    int64       `json:"members"`
	From       string      `json:"from"`
	To         string      `json:"to"`
	Gaps       []gapReport `json:"gaps"`
	Groups     []string    `json:"groups"`
	Rejects    []string    `json:"rejects,omitempty"`
	// LastRows are the files that no line break ends and whose last row was left out.
	LastRows []string `json:"last_rows_refused,omitempty"`
	Joined   int      `json:"joined,omitempty"` // of member lists
	Left     int      `json:"left,omitempty"`
	Seconds  float64  `json:"seconds"`
	DryRun   bool     `json:"dry_run,omitempty"`
}

type gapReport struct {
	Group string `json:"group"`
	From  string `json:"from"`
	To    string `json:"to"`
	Days  int    `json:"days"`
	Kind  string `json:"kind"`
	// Chance is of suspected ones how likely so long a silence is by chance.
	Chance float64 `json:"chance,omitempty"`
}

func (c *importCmd) Run(ctx context.Context, o *output) error {
	r, err := c.run(ctx, o)
	if err != nil && ctx.Err() != nil {
		return c.stopped(r, err)
	}
	if err != nil {
		return err
	}
	if c.Roster {
		return o.result(c.JSON, r, r.rosterText())
	}
	return o.result(c.JSON, r, r.text())
}

// stopped says of an import that was interrupted what became of it.
func (c *importCmd) stopped(r importReport, err error) error {
	said := &community.Error{Code: community.Unavailable, Text: "stopped; nothing was written", Hint: "run the same command again"}
	if !c.DryRun && !c.Roster {
		said.Text = fmt.Sprintf("stopped; what was imported stays: %d rows, and %d were there already", r.Imported, r.Duplicates)
		said.Hint = "run the same command again: it adds what is missing, and nothing counts twice"
	} else if c.Roster && r.Imported > 0 && !c.DryRun {
		said.Text = fmt.Sprintf("stopped; the first %d member lists stay", r.Imported)
	}
	if !errors.Is(err, context.Canceled) {
		said.Err = err
	}
	return said
}

func (c *importCmd) run(ctx context.Context, o *output) (r importReport, err error) {
	zone, err := community.LoadZone(c.Zone)
	if err != nil {
		return r, err
	}
	var columns transcript.ColumnMap
	if c.Map != "" {
		if columns, err = transcript.ParseMap(c.Map); err != nil {
			return r, err
		}
	}
	for _, path := range c.Files { // before the first is imported
		if _, err := os.Stat(path); err != nil {
			return r, &community.Error{Code: community.NotFound, Text: "cannot open " + path, Hint: "check the path and the rights of the file", Err: err}
		}
	}
	m, err := c.open(ctx, logger(o.stderr, c.JSON, slog.LevelWarn), true)
	if err != nil {
		return r, err
	}
	start := time.Now()
	err = m.working(ctx, func(ctx context.Context) error {
		var err error
		switch {
		case c.Roster:
			r, err = c.rosters(ctx, m, zone)
		case c.DryRun:
			r, err = c.preview(ctx, m, o, zone, columns)
		default:
			r, err = c.all(ctx, m, o, zone, columns)
		}
		return err
	})
	r.Seconds = time.Since(start).Seconds()
	return r, errors.Join(err, m.close())
}

// all imports the files one after the other and waits until the views have
// counted them.
func (c *importCmd) all(ctx context.Context, m *machine, o *output, zone *time.Location, columns transcript.ColumnMap) (importReport, error) {
	r := importReport{Gaps: []gapReport{}}
	var from, to int64
	groups := map[community.GroupID]bool{}
	var broken error
	for _, path := range c.Files {
		bar := &progressBar{out: o, name: filepath.Base(path), start: time.Now(), quiet: c.JSON}
		name := c.Group
		if name == "" {
			name = engine.GroupFromFile(filepath.Base(path))
		}
		res, err := m.engine.Import(ctx, community.DefaultID, engine.ImportOptions{
			Path: path, Name: filepath.Base(path), GroupAs: name, GroupSaid: c.Group != "", Zone: zone, Format: c.Format, Map: columns, LastRow: c.LastRow,
			Rejects:  filepath.Join(c.Data, "rejects", time.Now().Format("20060102-150405-")+filepath.Base(path)+".csv"),
			Progress: bar.show,
		})
		bar.end()
		r.Imported, r.Duplicates, r.Rejected = r.Imported+res.Imported, r.Duplicates+res.Duplicates, r.Rejected+res.Rejected
		r.Members += res.Members
		if res.From != 0 && (from == 0 || res.From < from) {
			from = res.From
		}
		to = max(to, res.To)
		for _, g := range res.Groups {
			groups[g] = true
		}
		if res.LastRow {
			r.LastRows = append(r.LastRows, filepath.Base(path))
		}
		if res.RejectFile != "" {
			r.Rejects = append(r.Rejects, res.RejectFile)
		}
		if err != nil {
			broken = err
			break
		}
	}
	if from != 0 {
		r.From, r.To = time.UnixMilli(from).In(zone).Format(time.RFC3339), time.UnixMilli(to).In(zone).Format(time.RFC3339)
	}
	if err := m.settle(ctx, !c.NoWait); err != nil {
		return r, errors.Join(broken, err)
	}
	for g := range groups {
		name, gaps, err := m.engine.Gaps(ctx, community.DefaultID, g)
		if err != nil {
			return r, errors.Join(broken, err)
		}
		r.Groups = append(r.Groups, name)
		r.Gaps = append(r.Gaps, gapReports(name, gaps)...)
	}
	slices.Sort(r.Groups)
	return r, broken
}

// rosters brings in member lists of one group, oldest first as they are named.
func (c *importCmd) rosters(ctx context.Context, m *machine, zone *time.Location) (importReport, error) {
	r := importReport{Gaps: []gapReport{}, DryRun: c.DryRun}
	if c.Group == "" {
		return r, community.Errorf(community.Invalid, "a member list needs its group").WithHint("say --group NAME")
	}
	at := time.Now()
	if c.At != "" {
		var err error
		if at, err = time.ParseInLocation("2006-01-02 15:04", c.At, zone); err != nil {
			return r, community.Errorf(community.Invalid, "--at %q is not a time", c.At).WithHint("write it as 2006-01-02 15:04")
		}
	}
	// All are read before anything is written: a group is made by its first list.
	lists := make([]transcript.Roster, len(c.Files))
	for i, path := range c.Files {
		var err error
		if lists[i], err = transcript.ReadRoster(path, transcript.Options{Zone: zone}); err != nil {
			return r, err
		}
	}
	var id community.GroupID
	if known, err := groupExists(ctx, m, c.Group); err != nil {
		return r, err
	} else if known || !c.DryRun {
		if id, err = m.engine.GroupNamed(ctx, community.DefaultID, c.Group, zone); err != nil {
			return r, err
		}
	}
	r.Groups = []string{c.Group}
	for _, list := range lists {
		taken := at
		if c.At == "" && !list.At.IsZero() {
			taken = list.At
		}
		r.From, r.To = taken.In(zone).Format(time.RFC3339), taken.In(zone).Format(time.RFC3339)
		if id == 0 { // a first list of a new group: nobody joined or left
			r.Imported, r.Members = r.Imported+1, int64(len(list.Members))
			continue
		}
		res, err := m.engine.Roster(ctx, community.DefaultID, engine.RosterInput{Group: id, At: taken, Members: list.Members, Apply: !c.DryRun})
		if err != nil {
			return r, err
		}
		r.Imported, r.Members = r.Imported+1, int64(len(res.Members))
		r.Joined, r.Left = r.Joined+len(res.Joined), r.Left+len(res.Left)
	}
	return r, m.settle(ctx, false)
}

// groupExists says whether a group goes by the name already.
func groupExists(ctx context.Context, m *machine, name string) (known bool, err error) {
	err = m.db.Read(ctx, func(q store.Querier) error {
		list, err := store.Groups(ctx, q, community.DefaultID)
		known = slices.ContainsFunc(list, func(g community.Group) bool { return g.Name == name || g.OutsideID == name })
		return err
	})
	return known, err
}

// settle waits until views, and if asked the search index, know the whole log.
func (m *machine) settle(ctx context.Context, withSearch bool) error {
	var head community.Seq
	if err := m.db.Read(ctx, func(q store.Querier) error {
		var err error
		head, err = store.Head(ctx, q, community.DefaultID)
		return err
	}); err != nil {
		return err
	}
	if err := m.engine.Settled(ctx, community.DefaultID, head); err != nil || !withSearch {
		return err
	}
	for {
		at, err := m.search.Position(ctx, community.DefaultID)
		if err != nil || at >= head {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (c *importCmd) preview(ctx context.Context, m *machine, o *output, zone *time.Location, columns transcript.ColumnMap) (importReport, error) {
	r := importReport{Gaps: []gapReport{}, DryRun: true}
	var from, to time.Time
	for _, path := range c.Files {
		bar := &progressBar{out: o, name: filepath.Base(path), start: time.Now(), quiet: c.JSON}
		name := c.Group
		if name == "" {
			name = engine.GroupFromFile(filepath.Base(path))
		}
		p, err := m.engine.Preview(ctx, community.DefaultID, engine.ImportOptions{Path: path, GroupAs: name, GroupSaid: c.Group != "", Zone: zone, Format: c.Format, Map: columns, LastRow: c.LastRow, Progress: bar.show})
		bar.end()
		if err != nil {
			return r, err
		}
		r.Imported, r.Rejected = r.Imported+p.Rows-p.Rejects, r.Rejected+p.Rejects
		if p.LastRow != "" {
			r.LastRows = append(r.LastRows, filepath.Base(path))
		}
		for _, g := range p.Groups {
			r.Groups, r.Members = append(r.Groups, g.Name), r.Members+int64(g.People)
			r.Gaps = append(r.Gaps, gapReports(g.Name, g.Gaps)...)
			if from.IsZero() || g.From.Before(from) {
				from = g.From
			}
			if g.To.After(to) {
				to = g.To
			}
		}
	}
	if !from.IsZero() {
		r.From, r.To = from.In(zone).Format(time.RFC3339), to.In(zone).Format(time.RFC3339)
	}
	return r, nil
}

func gapReports(group string, gaps []insight.Gap) []gapReport {
	var list []gapReport
	for _, g := range gaps {
		list = append(list, gapReport{Group: group, From: g.From.String(), To: g.To.String(), Days: g.Days(), Kind: string(g.Kind), Chance: g.Chance})
	}
	return list
}

// rosterText is what member lists brought; what is told of people is of the last one.
func (r *importReport) rosterText() string {
	said := "taken in"
	if r.DryRun {
		said = "would be taken in"
	}
	lists, people := "lists", "people"
	if r.Imported == 1 {
		lists = "list"
	}
	if r.Members == 1 {
		people = "person"
	}
	return fmt.Sprintf("%d member %s of %s %s: %d %s on %s; %d joined, %d left since the list before",
		r.Imported, lists, strings.Join(r.Groups, ", "), said, r.Members, people, r.To, r.Joined, r.Left)
}

func (r *importReport) text() string {
	var b strings.Builder
	verb := "imported"
	if r.DryRun {
		verb = "would be imported"
	}
	fmt.Fprintf(&b, "%d %s, %d already there, %d rejected; %d people, %s to %s", r.Imported, verb, r.Duplicates, r.Rejected, r.Members, orDash(r.From), orDash(r.To))
	if rate := float64(r.Imported+r.Duplicates) / max(r.Seconds, 0.001); !r.DryRun && r.Seconds > 0 {
		fmt.Fprintf(&b, "\n%.1f s, %.0f rows a second", r.Seconds, rate)
	}
	for _, g := range r.Groups {
		fmt.Fprintf(&b, "\ngroup: %s", g)
	}
	for _, g := range r.Gaps {
		fmt.Fprintf(&b, "\n%s gap in %s: %s to %s (%d days); left out of rates, shaded on charts", g.Kind, g.Group, g.From, g.To, g.Days)
	}
	for _, f := range r.LastRows {
		fmt.Fprintf(&b, "\n%s does not end with a line break, so its last row may be cut and is left out; if it is whole, import it again with --last-row", f)
	}
	for _, f := range r.Rejects {
		fmt.Fprintf(&b, "\nrejected rows, with reasons: %s", f)
	}
	return b.String()
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// progressBar shows how an import goes, on a terminal only.
type progressBar struct {
	out   *output
	name  string
	start time.Time
	quiet bool
	shown bool
}

func (b *progressBar) show(p engine.ImportProgress) {
	if b.quiet || !b.out.terminal {
		return
	}
	took := time.Since(b.start).Seconds()
	left := "…"
	if p.Share > 0.01 {
		left = (time.Duration(took*(1-p.Share)/p.Share) * time.Second).Round(time.Second).String()
	}
	b.shown = true
	fmt.Fprintf(b.out.stderr, "\r\x1b[K%s  %3.0f%%  %d rows  %.0f/s  %s left", b.name, 100*p.Share, p.Rows, float64(p.Rows)/max(took, 0.001), left)
}

func (b *progressBar) end() {
	if b.shown {
		fmt.Fprint(b.out.stderr, "\r\x1b[K")
	}
}
