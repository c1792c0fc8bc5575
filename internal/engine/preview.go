package engine

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
	"qunying/transcript"
)

// Preview says what is in a file before anything is written.
type Preview struct {
	Format  string
	Groups  []PreviewGroup
	Rows    int64
	Rejects int64
	Refused []Refused // one for each reason, at most five
	Sample  []transcript.Record
	Columns []string // of a table that nobody could read: a person says which is what
	// LastRow is the row that is refused only because no line break ends the file;
	// ImportOptions.LastRow takes it.
	LastRow string `json:",omitempty"`
}

// PreviewGroup is one group found in a file.
type PreviewGroup struct {
	Network community.Network
	Outside string
	Name    string
	Known   community.GroupID // 0: it would be new
	Rows    int64
	// Messages are those of the rows that say what somebody wrote; nil in a preview
	// made before they were told apart.
	Messages *int64 `json:",omitempty"`
	People   int
	From     time.Time
	To       time.Time
	Gaps     []insight.Gap
}

// Refused are the rows of a file that are refused for one reason.
type Refused struct {
	transcript.RowError // the first of them
	Rows                int64
}

const (
	previewSample  = 5
	previewReasons = 5
)

func (p *Preview) refuse(bad *transcript.RowError) {
	p.Rejects++
	if i := slices.IndexFunc(p.Refused, func(r Refused) bool { return r.Reason == bad.Reason }); i >= 0 {
		p.Refused[i].Rows++
	} else if len(p.Refused) < previewReasons {
		p.Refused = append(p.Refused, Refused{*bad, 1})
	}
}

type previewing struct {
	PreviewGroup
	people map[string]bool
	days   map[community.Day]int // messages; a day with anything else is there with 0
}

// Preview reads the whole file and writes nothing.
func (e *Engine) Preview(ctx context.Context, c community.ID, o ImportOptions) (Preview, error) {
	t, err := transcript.Open(o.Path, transcript.Options{Zone: o.Zone, Format: o.Format, Group: o.GroupAs, Guessed: !o.GroupSaid, Map: o.Map, Whole: o.LastRow})
	if err != nil {
		// A table of unknown columns is no dead end: a person can name them.
		columns, _ := transcript.Columns(o.Path)
		return Preview{Columns: columns}, err
	}
	defer t.Close()
	p := Preview{Format: t.Format()}
	groups := map[string]*previewing{}
	last := e.now()
	for rec, err := range t.Records() {
		if ctx.Err() != nil {
			return p, ctx.Err()
		}
		p.Rows++
		var bad *transcript.RowError
		if errors.As(err, &bad) {
			p.refuse(bad)
			if bad.Last {
				p.LastRow = bad.Raw
			}
			continue
		}
		if err != nil {
			return p, err
		}
		outside := rec.GroupID
		if outside == "" {
			outside = rec.GroupName
		}
		k := string(rec.Network) + "\x00" + outside
		g := groups[k]
		if g == nil {
			g = &previewing{PreviewGroup{Network: rec.Network, Outside: outside, Name: rec.GroupName, Messages: new(int64), From: rec.At, To: rec.At},
				map[string]bool{}, map[community.Day]int{}}
			groups[k] = g
		}
		g.see(&rec, o.Zone)
		if rec.Kind == community.MessagePosted && len(p.Sample) < previewSample {
			p.Sample = append(p.Sample, rec)
		}
		if now := e.now(); o.Progress != nil && now.Sub(last) > 200*time.Millisecond {
			last = now
			done, total := t.Progress()
			o.Progress(ImportProgress{Share: float64(done) / float64(max(total, 1)), Rows: p.Rows})
		}
	}
	for _, k := range slices.Sorted(maps.Keys(groups)) {
		g := groups[k]
		g.People = len(g.people)
		g.Gaps = insight.SuspectGaps(slices.Sorted(maps.Keys(g.days)), func(d community.Day) int { return g.days[d] }, nil)
		if err := e.db.Read(ctx, func(q store.Querier) error {
			if o.Group != 0 {
				g.Known = o.Group
				return nil
			}
			found, ok, err := store.GroupByOutside(ctx, q, c, g.Network, g.Outside)
			if ok {
				g.Known = found.ID
			}
			return err
		}); err != nil {
			return p, err
		}
		p.Groups = append(p.Groups, g.PreviewGroup)
	}
	return p, nil
}

func (g *previewing) see(rec *transcript.Record, zone *time.Location) {
	g.Rows++
	if rec.At.Before(g.From) {
		g.From = rec.At
	}
	if rec.At.After(g.To) {
		g.To = rec.At
	}
	if who := outsideKey(store.Outside{ID: rec.SenderID, Name: rec.SenderName}); who != "" {
		g.people[who] = true
	}
	said := 0
	if rec.Kind == community.MessagePosted {
		said = 1
	}
	*g.Messages += int64(said)
	g.days[community.DayOf(rec.At, zone)] += said
}
