package engine

import (
	"context"
	"io"
	"regexp"
	"slices"
	"unicode/utf8"

	"qunying/community"
	"qunying/internal/store"
	"qunying/transcript"
)

// ExportsKey is the setting that holds the saved exports of a community.
const ExportsKey = "exports"

// SavedExports are exports that people take again and again: each time only what
// is new.
type SavedExports struct {
	Exports []SavedExport `json:"exports"`
}

// SavedExport is one of them.
type SavedExport struct {
	Name   string       `json:"name"` // its address: letters, digits, - and _ of any script
	Layout string       `json:"layout"`
	Filter ExportFilter `json:"filter"`
}

// ExportState is a saved export and how far it has come.
type ExportState struct {
	SavedExport
	Last *store.ExportRun // nil: it was never taken, or not since the log was restored
}

const mostSavedExports = 100

var exportName = regexp.MustCompile(`^[\pL\pN][\pL\pN_-]*$`)

// Check says what is wrong before it is saved.
func (s SavedExports) Check() error {
	if len(s.Exports) > mostSavedExports {
		return community.Errorf(community.Invalid, "there are more than %d saved exports", mostSavedExports)
	}
	names := map[string]bool{}
	for _, x := range s.Exports {
		if !exportName.MatchString(x.Name) || utf8.RuneCountInString(x.Name) > 40 {
			return community.Errorf(community.Invalid, "%q is no name of an export", x.Name).WithHint("write up to 40 letters, digits, - and _")
		}
		if names[x.Name] {
			return community.Errorf(community.Invalid, "two exports are called %q", x.Name)
		}
		names[x.Name] = true
		if _, err := transcript.LayoutNamed(x.Layout); err != nil {
			return err
		}
		if err := x.Filter.Check(); err != nil {
			return err
		}
	}
	return nil
}

// Exports lists the saved exports with how far they have come, and the version of
// the setting that holds them.
func (e *Engine) Exports(ctx context.Context, c community.ID) (list []ExportState, version int64, err error) {
	err = e.db.Read(ctx, func(q store.Querier) error {
		var saved SavedExports
		if version, err = store.ReadSetting(ctx, q, c, 0, ExportsKey, &saved); err != nil {
			return err
		}
		epoch, err := store.Epoch(ctx, q, c)
		if err != nil {
			return err
		}
		for _, x := range saved.Exports {
			s := ExportState{SavedExport: x}
			run, ok, err := store.LastExport(ctx, q, c, x.Name)
			if err != nil {
				return err
			}
			if ok && run.Epoch == epoch {
				s.Last = &run
			}
			list = append(list, s)
		}
		return nil
	})
	return list, version, err
}

// same tells whether two filters leave the same.
func (f ExportFilter) same(as ExportFilter) bool {
	return slices.Equal(f.Groups, as.Groups) && slices.Equal(f.Kinds, as.Kinds) &&
		f.From == as.From && f.To == as.To && f.Person == as.Person && f.Text == as.Text && f.Content == as.Content
}

// SaveExports replaces the saved exports. based is the version that the person
// saw; another one in force is a Conflict. One that is left out begins at the
// beginning if its name is ever used again, and so does one with other filters: what
// it passed over until then would be lost.
func (e *Engine) SaveExports(ctx context.Context, c community.ID, s SavedExports, based int64, by community.StaffID) error {
	if err := s.Check(); err != nil {
		return err
	}
	before, _, err := e.Exports(ctx, c)
	if err != nil {
		return err
	}
	if err := e.SaveSetting(ctx, c, 0, ExportsKey, s, based, by); err != nil {
		return err
	}
	return e.db.Write(ctx, func(tx *store.Tx) error {
		for _, x := range before {
			if slices.ContainsFunc(s.Exports, func(is SavedExport) bool { return is.Name == x.Name && is.Filter.same(x.Filter) }) {
				continue
			}
			if err := tx.ForgetExport(c, x.Name); err != nil {
				return err
			}
		}
		return nil
	})
}

// Ways in which a saved export is taken.
const (
	ExportNew   = "new"   // what came since the last time
	ExportAgain = "again" // the same as the last time
	ExportAll   = "all"   // from the beginning
)

// PreparedExport is an export that can be written: nothing about it can be refused
// any more.
type PreparedExport struct {
	Name   string // of the saved export, or ""
	Layout transcript.Layout
	work   *exporting
	was    store.ExportRun
	epoch  int64
	again  bool
}

// Prepare finds what an export has to write. Errors are those of Export.
func (e *Engine) Prepare(ctx context.Context, c community.ID, o ExportOptions) (*PreparedExport, error) {
	x, err := e.prepareExport(ctx, c, o)
	if err != nil {
		return nil, err
	}
	return &PreparedExport{Layout: x.layout, work: x}, nil
}

// Next finds what a saved export has to write. It fails with NotFound where there
// is no such export, and with Conflict for ExportAgain before the first time.
func (e *Engine) Next(ctx context.Context, c community.ID, name, way string, by community.StaffID) (*PreparedExport, error) {
	list, _, err := e.Exports(ctx, c)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(s ExportState) bool { return s.Name == name })
	if i < 0 {
		return nil, community.Errorf(community.NotFound, "there is no saved export %q", name)
	}
	n := &PreparedExport{Name: name, again: way == ExportAgain}
	o := ExportOptions{Layout: list[i].Layout, Filter: list[i].Filter, By: by}
	var ok bool
	if err := e.db.Read(ctx, func(q store.Querier) error {
		if n.epoch, err = store.Epoch(ctx, q, c); err != nil {
			return err
		}
		n.was, ok, err = store.LastExport(ctx, q, c, name)
		return err
	}); err != nil {
		return nil, err
	}
	current := ok && n.was.Epoch == n.epoch
	switch {
	case n.again && !current:
		return nil, community.Errorf(community.Conflict, "this export was not taken yet").WithHint("take what is new first")
	case n.again:
		o.After = n.was.After
	case way == ExportNew && current:
		o.After = n.was.UpTo
	}
	if n.work, err = e.prepareExport(ctx, c, o); err != nil {
		return nil, err
	}
	if n.again {
		n.work.result.UpTo = n.was.UpTo
	}
	n.Layout = n.work.layout
	return n, nil
}

// Write writes it to w. Only when everything is written does the export count as
// taken: a part that broke off is written again the next time. Two that are taken
// at once are the same part; the second of them is a Conflict at its end.
func (n *PreparedExport) Write(ctx context.Context, w io.Writer) (ExportResult, error) {
	x := n.work
	if err := x.e.auditExport(ctx, x.c, "export.run", n.Name, x.o); err != nil {
		return x.result, err
	}
	if err := x.run(ctx, w); err != nil || n.again || n.Name == "" {
		return x.result, err
	}
	run := store.ExportRun{Name: n.Name, Epoch: n.epoch, After: x.o.After, UpTo: x.result.UpTo, Rows: x.result.Rows, Forgotten: x.result.Forgotten,
		Staff: x.o.By, At: x.e.now()}
	err := x.e.db.Write(ctx, func(tx *store.Tx) error {
		saved, err := tx.SaveExportRun(x.c, run, n.was)
		if err == nil && !saved {
			err = community.Errorf(community.Conflict, "somebody else took this export meanwhile").WithHint("both files hold the same; keep one")
		}
		return err
	})
	return x.result, err
}
