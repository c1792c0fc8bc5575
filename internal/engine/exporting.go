package engine

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/store"
	"qunying/transcript"
)

// ExportFilter says what of the log is written. Zero fields do not filter.
type ExportFilter struct {
	Groups []community.GroupID `json:"groups,omitempty"`
	From   community.Day       `json:"from,omitempty"` // first day, in each group's zone
	To     community.Day       `json:"to,omitempty"`   // last day, inclusive
	Kinds  []community.Kind    `json:"kinds,omitempty"`
	Person community.PersonID  `json:"person,omitempty"` // all identities of theirs
	Text   string              `json:"text,omitempty"`   // what the text holds; case does not matter
	// Content is the form of the messages asked for; what is no message has none.
	Content community.Content `json:"content,omitempty"`
}

// ExportOptions say what is exported, and for whom.
type ExportOptions struct {
	Layout   string // one of transcript.Layouts
	Filter   ExportFilter
	After    community.Seq // only what was logged after this place; 0: everything
	By       community.StaffID
	Progress func(rows int64) // told now and then, from the exporting goroutine; may be nil
}

// ExportResult is what an export wrote.
type ExportResult struct {
	Rows      int64         `json:"rows"`
	Groups    int           `json:"groups"`
	Forgotten int64         `json:"forgotten"` // events whose text and names were erased: they are left out
	After     community.Seq `json:"after"`     // it holds what was logged after this place …
	UpTo      community.Seq `json:"up_to"`     // … up to this one
}

// exportPage is how many rows are read at a time: a reader that stays long keeps
// the database from tidying up.
const exportPage = 1000

// Check says what is wrong with a filter before anything is written.
func (f ExportFilter) Check() error {
	for _, k := range f.Kinds {
		if !slices.Contains(transcript.Exported(), k) {
			return community.Errorf(community.Invalid, "events of kind %q cannot be exported", string(k))
		}
	}
	if f.From != 0 && f.To != 0 && f.From > f.To {
		return community.Errorf(community.Invalid, "the first day is after the last")
	}
	return nil
}

// Export writes events of a community to w, group by group, each by the
// platform's time, as far as the views have counted the log: what comes while it
// writes is for the next one. That it was asked for is written into the audit
// before the first row. An error leaves w with the beginning of a file; it is
// Invalid for a filter or layout that makes no sense, NotFound for a group or
// person that is not there.
func (e *Engine) Export(ctx context.Context, c community.ID, w io.Writer, o ExportOptions) (ExportResult, error) {
	p, err := e.Prepare(ctx, c, o)
	if err != nil {
		return ExportResult{}, err
	}
	return p.Write(ctx, w)
}

// exporting is one export at work.
type exporting struct {
	e      *Engine
	c      community.ID
	o      ExportOptions
	layout transcript.Layout
	groups []community.Group
	news   map[community.GroupID]store.ExportNews // nil: everything is asked for
	who    map[community.IdentityID]bool          // nil: everybody
	kinds  map[community.Kind]bool
	needle string
	result ExportResult
}

// prepareExport finds out what is to be written, so that what makes no sense is
// refused before the first byte.
func (e *Engine) prepareExport(ctx context.Context, c community.ID, o ExportOptions) (*exporting, error) {
	x := &exporting{e: e, c: c, o: o, kinds: map[community.Kind]bool{}, needle: strings.ToLower(strings.TrimSpace(o.Filter.Text)),
		result: ExportResult{After: o.After}}
	var err error
	if x.layout, err = transcript.LayoutNamed(o.Layout); err != nil {
		return nil, err
	}
	if err := o.Filter.Check(); err != nil {
		return nil, err
	}
	kinds := o.Filter.Kinds
	if len(kinds) == 0 {
		kinds = transcript.Exported()
	}
	for _, k := range kinds {
		x.kinds[k] = true
	}
	err = e.db.Read(ctx, func(q store.Querier) error {
		if x.result.UpTo, err = store.Cursor(ctx, q, c, store.Project); err != nil {
			return err
		}
		if err := x.findGroups(ctx, q); err != nil {
			return err
		}
		return x.findPerson(ctx, q)
	})
	return x, err
}

// findGroups lists the groups to be written: those asked for, in which there is
// something new.
func (x *exporting) findGroups(ctx context.Context, q store.Querier) error {
	all, err := store.Groups(ctx, q, x.c)
	if err != nil {
		return err
	}
	x.groups = all
	if want := x.o.Filter.Groups; len(want) > 0 {
		x.groups = slices.DeleteFunc(all, func(g community.Group) bool { return !slices.Contains(want, g.ID) })
		for _, id := range want {
			if !slices.ContainsFunc(x.groups, func(g community.Group) bool { return g.ID == id }) {
				return community.Errorf(community.NotFound, "there is no group %d", id)
			}
		}
	}
	if x.o.After == 0 {
		return nil
	}
	news, err := store.ExportNewsSince(ctx, q, x.c, x.o.After, x.result.UpTo)
	if err != nil {
		return err
	}
	x.news = make(map[community.GroupID]store.ExportNews, len(news))
	for _, n := range news {
		x.news[n.Group] = n
	}
	x.groups = slices.DeleteFunc(x.groups, func(g community.Group) bool { _, there := x.news[g.ID]; return !there })
	return nil
}

// findPerson lists the identities of the person asked for.
func (x *exporting) findPerson(ctx context.Context, q store.Querier) error {
	if x.o.Filter.Person == 0 {
		return nil
	}
	id := community.IdentityID(x.o.Filter.Person)
	known, err := store.Identities(ctx, q, x.c, []community.IdentityID{id})
	if err != nil {
		return err
	}
	if _, ok := known[id]; !ok {
		return community.Errorf(community.NotFound, "there is no person %d", x.o.Filter.Person)
	}
	links, err := store.LinksAt(ctx, q, x.c, x.result.UpTo)
	if err != nil {
		return err
	}
	person := links.Person(id)
	x.who = map[community.IdentityID]bool{community.IdentityID(person): true}
	for other, p := range links {
		if p == person {
			x.who[other] = true
		}
	}
	return nil
}

func (x *exporting) run(ctx context.Context, out io.Writer) error {
	w := x.layout.Open(out, transcript.Made{At: x.e.now()})
	defer w.Drop()
	for _, g := range x.groups {
		if err := x.writeGroup(ctx, w, g); err != nil {
			return err
		}
	}
	return w.Close()
}

// writeGroup writes one group, page by page.
func (x *exporting) writeGroup(ctx context.Context, w transcript.Writer, g community.Group) error {
	span := store.ExportSpan{Group: g.ID, After: x.o.After, UpTo: x.result.UpTo}
	if x.o.Filter.From != 0 {
		span.From = x.o.Filter.From.Start(g.Zone)
	}
	if x.o.Filter.To != 0 {
		span.To = (x.o.Filter.To + 1).Start(g.Zone)
	}
	if n, ok := x.news[g.ID]; ok {
		if span.From.Before(n.From) {
			span.From = n.From
		}
		if end := n.To.Add(time.Millisecond); span.To.IsZero() || end.Before(span.To) {
			span.To = end
		}
	}
	begun := false
	var place store.ExportPlace
	for {
		var page []store.Exported
		if err := x.e.db.Read(ctx, func(q store.Querier) (err error) {
			page, err = store.ExportPage(ctx, q, x.c, span, place, exportPage)
			return err
		}); err != nil {
			return err
		}
		for i := range page {
			r, ok := x.take(&page[i])
			if !ok {
				continue
			}
			if !begun {
				begun = true
				x.result.Groups++
				if err := w.Begin(groupOf(g)); err != nil {
					return err
				}
			}
			if err := w.Write(&r); err != nil {
				return err
			}
			x.result.Rows++
		}
		if x.o.Progress != nil {
			x.o.Progress(x.result.Rows)
		}
		if len(page) < exportPage {
			return nil
		}
		last := page[len(page)-1].Event
		place = store.ExportPlace{At: last.At, Seq: last.Seq}
	}
}

func groupOf(g community.Group) transcript.Group {
	t := transcript.Group{Network: g.Network, ID: g.OutsideID, Name: g.Name, Zone: g.Zone}
	if t.ID == t.Name { // it was named after its name
		t.ID = ""
	}
	return t
}

// take makes a record of an event that is asked for.
func (x *exporting) take(ev *store.Exported) (transcript.Record, bool) {
	e := &ev.Event
	if f := x.o.Filter.Content; !x.kinds[e.Kind] || x.who != nil && !x.who[e.Identity] || f != "" && e.Content != f {
		return transcript.Record{}, false
	}
	if e.Body == nil {
		x.result.Forgotten++
		return transcript.Record{}, false
	}
	if x.needle != "" && !strings.Contains(strings.ToLower(e.Body.Text), x.needle) {
		return transcript.Record{}, false
	}
	r := transcript.Record{Kind: e.Kind, At: e.At, SenderID: ev.Subject.ID, SenderName: ev.Subject.Name, OperatorID: ev.Operator.ID, OperatorName: ev.Operator.Name,
		Content: e.Content, Text: e.Body.Text, MessageID: e.Body.MessageID, MentionAll: e.Flags&community.MentionsAll != 0}
	if len(e.Body.Data) > 0 {
		r.Data = maps.Clone(e.Body.Data)
		r.ReplyTo = r.Data["reply_to"]
		delete(r.Data, "reply_to")
	}
	return r, true
}

// auditExport writes down who took what out, before it goes.
func (e *Engine) auditExport(ctx context.Context, c community.ID, act, name string, o ExportOptions) error {
	what, err := json.Marshal(struct {
		Layout string        `json:"layout"`
		Filter ExportFilter  `json:"filter"`
		After  community.Seq `json:"after,omitempty"`
	}{o.Layout, o.Filter, o.After})
	if err != nil {
		return err
	}
	subject := "messages"
	if name != "" {
		subject = "export/" + name
	}
	return e.db.Write(ctx, func(tx *store.Tx) error {
		return tx.Audit(c, o.By, e.now().UnixMilli(), act, subject, "", string(what))
	})
}
