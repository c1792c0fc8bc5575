package answers

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/store"
)

// mostPeople is how many people go into one file.
const mostPeople = 100_000

// FunnelFile answers a funnel as tables: its steps and who came how far, or only the
// people asked for where a step is named.
func (r *Reader) FunnelFile(ctx context.Context, c community.ID, in api.FunnelPeopleInput, language string) (tables []Table, err error) {
	err = r.DB.Read(ctx, func(q store.Querier) error {
		a, asked, err := r.funnelIn(ctx, q, c, in.Funnel, math.MaxInt)
		if err != nil {
			return err
		}
		paths, err := pathsOf(asked, in)
		if err != nil {
			return err
		}
		people, err := funnelPeople(ctx, q, c, asked, paths[:min(len(paths), mostPeople)])
		if err != nil {
			return err
		}
		if in.Step == 0 {
			tables = append(tables, funnelTable(a, in.Funnel, language))
		}
		tables = append(tables, peopleTable(people, in.Funnel, language))
		return nil
	})
	return tables, err
}

// pickName says in words what a pick chooses.
func pickName(p api.PickInput, language string) string {
	var more []string
	for _, s := range []string{p.Text, p.Content, wayName(p.Way, language), p.Code, p.Tag} {
		if s != "" {
			more = append(more, s)
		}
	}
	name := column("kind."+p.Kind, language)
	if len(more) > 0 {
		name += " (" + strings.Join(more, ", ") + ")"
	}
	return name
}

// wayName is how somebody came or went, in words where there are any.
func wayName(way, language string) string {
	if _, ok := columns["way."+way]; ok {
		return column("way."+way, language)
	}
	return way
}

func funnelTable(a api.FunnelAnswer, f api.FunnelInput, language string) Table {
	t := Table{Name: column("funnel", language)}
	if f.By != "" {
		t.Head = append(t.Head, column(f.By, language))
	}
	for _, name := range []string{"step", "what", "reached", "share_entered", "share_before", "median_hours", "lost", "open"} {
		t.Head = append(t.Head, column(name, language))
	}
	add := func(name string, l api.FunnelLine) {
		for k, s := range l.Steps {
			var row []any
			if f.By != "" {
				row = append(row, name)
			}
			var hours any
			if s.Median != nil {
				hours = float64(*s.Median) / float64(time.Hour/time.Millisecond)
			}
			t.Rows = append(t.Rows, append(row, k+1, pickName(f.Steps[k], language), s.Reached, number(s.Share), number(s.Passed), hours, s.Lost, s.Open))
		}
	}
	for _, l := range a.Lines {
		name := l.Name
		switch {
		case l.Label != nil:
			if name = *l.Label; f.By == "way" {
				name = wayName(name, language)
			}
		case l.Type != nil:
			name = *l.Type
		case l.Inviter != 0:
			name = memberName(name, l.Inviter)
		}
		if name == "" {
			name = "none"
		}
		if l.Type != nil || name == "none" {
			name = column(name, language)
		}
		add(name, l)
	}
	add(column("total", language), a.Total)
	return t
}

func peopleTable(people []api.FunnelPerson, f api.FunnelInput, language string) Table {
	t := Table{Name: column("people", language), Head: []string{column("person", language), "ID", column("group", language)}}
	for _, p := range f.Steps {
		t.Head = append(t.Head, pickName(p, language)+" (UTC)")
	}
	t.Head = append(t.Head, column("open", language))
	for _, p := range people {
		row := []any{p.Name, int(p.Person), p.GroupName}
		for k := range f.Steps {
			if k < len(p.At) {
				row = append(row, time.UnixMilli(p.At[k]).UTC().Format("2006-01-02 15:04:05"))
			} else {
				row = append(row, nil)
			}
		}
		open := any(nil)
		if p.Open {
			open = column("yes", language)
		}
		t.Rows = append(t.Rows, append(row, open))
	}
	return t
}

// CohortTables makes a file's table of a triangle.
func CohortTables(a api.CohortsAnswer, in api.CohortsInput, language string) []Table {
	t := Table{Name: column("cohorts", language), Head: []string{column(a.Grain, language), pickName(in.First, language)}}
	for k := range a.Mean {
		t.Head = append(t.Head, "+"+column("nth_"+a.Grain, language)+" "+strconv.Itoa(k+1))
	}
	for _, row := range a.Rows {
		line := []any{row.At.String(), int(row.Size)}
		for k := range a.Mean {
			if k < len(row.Back) && row.Back[k] != nil {
				line = append(line, int(*row.Back[k]))
			} else {
				line = append(line, nil)
			}
		}
		t.Rows = append(t.Rows, line)
	}
	mean := []any{column("mean_share", language), nil}
	for _, m := range a.Mean {
		mean = append(mean, number(m.Share))
	}
	t.Rows = append(t.Rows, mean)
	return []Table{t, {Name: column("definitions", language), Head: []string{column("what", language), column("formula", language)},
		Rows: [][]any{{pickName(in.First, language), column("cohort_first", language)}, {pickName(in.Back, language), column("cohort_back", language)}}}}
}
