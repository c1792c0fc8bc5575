package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/engine"
	"qunying/internal/store"
	"qunying/transcript"
)

type exportCmd struct {
	place
	File   string   `arg:"" help:"The file to write; its ending says the kind (.csv, .xlsx, .jsonl). It must not exist yet. - is the standard output." type:"path"`
	Layout string   `help:"Kind of file, where the ending does not say: csv, xlsx, chatlab-jsonl."`
	Group  []string `help:"Only these groups, by name."`
	From   string   `help:"First day, 2006-01-02, in each group's zone."`
	To     string   `help:"Last day, inclusive."`
	Kind   []string `help:"Only these kinds of events, such as message.posted."`
	Person uint32   `help:"Only this person, by number."`
	Text   string   `help:"Only what holds this text."`
	Name   string   `help:"Take the saved export of this name; it says what is written."`
	Again  bool     `help:"With --name: the same as the last time."`
	All    bool     `help:"With --name: from the beginning."`
}

// exportReport is what --json prints.
type exportReport struct {
	engine.ExportResult
	File    string  `json:"file"`
	Layout  string  `json:"layout"`
	Bytes   int64   `json:"bytes"`
	Seconds float64 `json:"seconds"`
}

func (c *exportCmd) Run(ctx context.Context, o *output) error {
	m, err := c.open(ctx, logger(o.stderr, c.JSON, slog.LevelWarn), true)
	if err != nil {
		return err
	}
	start := time.Now()
	var r exportReport
	err = m.working(ctx, func(ctx context.Context) error {
		if err := m.settle(ctx, false); err != nil {
			return err
		}
		p, err := c.prepare(ctx, m)
		if err != nil {
			return err
		}
		r, err = c.write(ctx, o, p)
		return err
	})
	if cerr := m.close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	r.Seconds = time.Since(start).Seconds()
	text := fmt.Sprintf("%d rows of %d groups, %d bytes: %s", r.Rows, r.Groups, r.Bytes, r.File)
	if r.Forgotten > 0 {
		text += fmt.Sprintf("\n%d events were erased and are left out", r.Forgotten)
	}
	if c.File == "-" {
		fmt.Fprintln(o.stderr, text)
		return nil
	}
	return o.result(c.JSON, r, text)
}

func (c *exportCmd) prepare(ctx context.Context, m *machine) (*engine.PreparedExport, error) {
	if c.Name != "" {
		way := engine.ExportNew
		switch {
		case c.Again:
			way = engine.ExportAgain
		case c.All:
			way = engine.ExportAll
		}
		return m.engine.Next(ctx, community.DefaultID, c.Name, way, 0)
	}
	f := engine.ExportFilter{Person: community.PersonID(c.Person), Text: c.Text}
	var err error
	for _, d := range []struct {
		text string
		day  *community.Day
	}{{c.From, &f.From}, {c.To, &f.To}} {
		if d.text == "" {
			continue
		}
		if *d.day, err = community.ParseDay(d.text); err != nil {
			return nil, err
		}
	}
	for _, k := range c.Kind {
		f.Kinds = append(f.Kinds, community.Kind(k))
	}
	if f.Groups, err = groupsNamed(ctx, m, c.Group); err != nil {
		return nil, err
	}
	return m.engine.Prepare(ctx, community.DefaultID, engine.ExportOptions{Layout: c.layout(), Filter: f})
}

// layout is what was asked for, or what the file's ending says.
func (c *exportCmd) layout() string {
	if c.Layout == "" {
		for _, l := range transcript.Layouts() {
			if strings.HasSuffix(strings.ToLower(c.File), l.Ends) {
				return l.Name
			}
		}
	}
	return c.Layout
}

// groupsNamed finds groups by name; of several of one name all are meant.
func groupsNamed(ctx context.Context, m *machine, names []string) (ids []community.GroupID, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	err = m.db.Read(ctx, func(q store.Querier) error {
		list, err := store.Groups(ctx, q, community.DefaultID)
		if err != nil {
			return err
		}
		for _, name := range names {
			before := len(ids)
			for _, g := range list {
				if g.Name == name || g.OutsideID == name {
					ids = append(ids, g.ID)
				}
			}
			if len(ids) == before {
				return community.Errorf(community.NotFound, "there is no group %q", name)
			}
		}
		return nil
	})
	return ids, err
}

// write writes beside the file's place and moves it there when it is whole.
func (c *exportCmd) write(ctx context.Context, o *output, p *engine.PreparedExport) (exportReport, error) {
	r := exportReport{File: c.File, Layout: p.Layout.Name}
	if c.File == "-" {
		count := &countWriter{w: o.stdout}
		var err error
		r.ExportResult, err = p.Write(ctx, count)
		r.Bytes = count.n
		return r, err
	}
	if _, err := os.Stat(c.File); err == nil {
		return r, community.Errorf(community.Conflict, "%s is there already", c.File).WithHint("choose another name, or move the file away")
	}
	f, err := os.CreateTemp(filepath.Dir(c.File), "."+filepath.Base(c.File)+"-*.part")
	if err != nil {
		return r, &community.Error{Code: community.Unavailable, Text: "the file cannot be written", Hint: "check the rights of the folder", Err: err}
	}
	defer os.Remove(f.Name()) // not there any more once it was moved
	count := &countWriter{w: f}
	r.ExportResult, err = p.Write(ctx, count)
	r.Bytes = count.n
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), c.File)
	}
	return r, err
}

// countWriter counts what passes.
type countWriter struct {
	w io.Writer
	n int64
}

func (c *countWriter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}
