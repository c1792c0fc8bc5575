package engine

import (
	"context"
	"slices"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

// A chat may reach us twice: live with the platform's IDs, and from an export
// without them, or from two kinds of export. Keys cannot tell, so an import is
// matched as a multiset against what other sources told of the group: as many
// equal rows as they have are left out. Times are compared at the coarser of
// the two resolutions.

// candidate is an event of another source that a row may be.
type candidate struct {
	seq     community.Seq
	kind    community.Kind
	content community.Content
	at      time.Time
	exact   time.Duration // resolution of at
	outside string        // ID of the author, or their name
	name    string
	text    string
}

// unmatched returns the drafts of the rows that no other source has told.
func (im *importer) unmatched(ctx context.Context, tx *store.Tx, batch []row) ([]store.Draft, error) {
	if err := im.follow(ctx, tx); err != nil {
		return nil, err
	}
	drafts := make([]store.Draft, 0, len(batch))
	for from := 0; from < len(batch); {
		g := im.group(&batch[from].draft)
		to := from + 1
		for to < len(batch) && im.group(&batch[to].draft) == g {
			to++
		}
		part := batch[from:to]
		from = to
		known, err := im.known(ctx, tx, g, part)
		if err != nil {
			return nil, err
		}
		own := map[community.Key]community.Seq{}
		if known.byText != nil {
			keys := make([]community.Key, len(part))
			for i := range part {
				keys[i] = part[i].draft.Event.Key
			}
			if own, err = store.KnownKeys(ctx, tx, im.c, keys); err != nil {
				return nil, err
			}
		}
		// A row that is in the log under its own key uses up nothing but that,
		// which may be what another source told.
		for _, seq := range own {
			if known.drop(seq) {
				im.use(seq)
			}
		}
		for i := range part {
			if own[part[i].draft.Event.Key] == 0 {
				if seq, ok := known.take(&part[i]); ok {
					im.use(seq)
					continue
				}
			}
			drafts = append(drafts, part[i].draft)
		}
	}
	return drafts, nil
}

// known collects what other sources told of a group around the rows.
func (im *importer) known(ctx context.Context, tx *store.Tx, g *importGroup, part []row) (*multiset, error) {
	if g.id == 0 {
		found, ok, err := store.GroupByOutside(ctx, tx, im.c, part[0].draft.Network, part[0].draft.Group)
		if err != nil || !ok {
			return &multiset{}, err
		}
		g.id = found.ID
		if g.others, err = store.HasOtherSource(ctx, tx, im.c, g.id, im.source); err != nil {
			return nil, err
		}
	}
	if !g.others && len(im.late[g.id]) == 0 {
		return &multiset{}, nil
	}
	low, high, precision := part[0].at, part[0].at, time.Duration(0)
	for i := range part {
		if part[i].at.Before(low) {
			low = part[i].at
		}
		if part[i].at.After(high) {
			high = part[i].at
		}
		precision = max(precision, part[i].precision)
	}
	precision = max(precision, time.Minute)
	m := &multiset{}
	if g.others {
		list, err := store.ToldByOthers(ctx, tx, im.c, g.id, im.source, low.Add(-precision), high.Add(precision))
		if err != nil {
			return nil, err
		}
		for i := range list {
			im.offer(m, candidateOf(&list[i]))
		}
	}
	for _, c := range im.late[g.id] {
		im.offer(m, c)
	}
	return m, nil
}

// follow notes what other sources have told since the import began.
func (im *importer) follow(ctx context.Context, tx *store.Tx) error {
	list, upTo, err := store.ToldSince(ctx, tx, im.c, im.tail, im.source)
	if err != nil {
		return err
	}
	im.tail = upTo
	for i := range list {
		if g := list[i].Event.Group; g != 0 {
			im.late[g] = append(im.late[g], candidateOf(&list[i]))
		}
	}
	return nil
}

// offer adds a candidate, unless a row was found to be it before or it is there
// already: what others told lately may be in the timeline too.
func (im *importer) offer(m *multiset, c candidate) {
	if m.has[c.seq] == "" && !im.taken[c.seq] && !im.takenBefore[c.seq] {
		m.add(c)
	}
}

func (im *importer) use(seq community.Seq) {
	if len(im.taken) >= 100_000 {
		im.takenBefore, im.taken = im.taken, map[community.Seq]bool{}
	}
	im.taken[seq] = true
}

func candidateOf(t *store.Told) candidate {
	c := candidate{seq: t.Event.Seq, kind: t.Event.Kind, content: t.Event.Content, at: t.Event.At, outside: t.Outside, name: t.Event.Body.Name,
		text: strings.TrimSpace(t.Event.Body.Text), exact: time.Millisecond}
	if t.Event.At.Nanosecond() == 0 {
		c.exact = time.Second
		if t.Event.At.Second() == 0 && strings.HasPrefix(t.Event.Source, "import/") {
			c.exact = time.Minute
		}
	}
	return c
}

// multiset holds candidates by what they say.
type multiset struct {
	byText map[string][]candidate
	has    map[community.Seq]string // under which text
}

func (m *multiset) add(c candidate) {
	if m.byText == nil {
		m.byText, m.has = map[string][]candidate{}, map[community.Seq]string{}
	}
	k := textKey(c.kind, c.content, c.text)
	m.byText[k] = append(m.byText[k], c)
	m.has[c.seq] = k
}

func textKey(k community.Kind, content community.Content, text string) string {
	if content != community.Text && content != "" {
		text = "" // sources put different words for a picture
	}
	return string(k) + "\x00" + string(content) + "\x00" + text
}

// drop takes a candidate out and says whether it was there.
func (m *multiset) drop(seq community.Seq) bool {
	k, ok := m.has[seq]
	if ok {
		delete(m.has, seq)
		m.byText[k] = slices.DeleteFunc(m.byText[k], func(c candidate) bool { return c.seq == seq })
	}
	return ok
}

// take uses up the candidate that the row is, if there is one.
func (m *multiset) take(r *row) (community.Seq, bool) {
	if m.byText == nil {
		return 0, false
	}
	e := &r.draft.Event
	k := textKey(e.Kind, e.Content, strings.TrimSpace(e.Body.Text))
	list := m.byText[k]
	for i, c := range list {
		coarse := max(r.precision, c.exact)
		if !c.at.Truncate(coarse).Equal(r.at.Truncate(coarse)) || !sameAuthor(c, r.draft.Subject) {
			continue
		}
		m.byText[k] = append(list[:i:i], list[i+1:]...)
		return c.seq, true
	}
	return 0, false
}

func sameAuthor(c candidate, o store.Outside) bool {
	return o.ID != "" && o.ID == c.outside || o.Name != "" && (o.Name == c.name || o.Name == c.outside) || o.IsZero() && c.outside == "" && c.name == ""
}
