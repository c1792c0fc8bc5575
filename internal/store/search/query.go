package search

import (
	"context"
	"slices"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

// Query asks for messages. Zero fields do not filter.
type Query struct {
	Text       string
	Group      community.GroupID
	Within     []community.GroupID           // nothing outside of these; nil: anywhere
	Identities map[community.IdentityID]bool // of the author
	From, To   time.Time                     // [From, To)
	Content    community.Content
	After      Place // the last hit of the page before
	Limit      int
}

// Place is a message's place in the order of hits: newest first.
type Place struct {
	At  time.Time
	Seq community.Seq
}

const (
	// The first look is short, because most queries are content with it; one that
	// has to look on does so in longer strides.
	firstCandidates = 200
	mostAtOnce      = 3200
	// A query whose candidates all fail (rare letters far apart) stops here and
	// says so, instead of reading the whole log.
	mostCandidates = 20_000
)

// Find answers up to Limit messages, newest first. A search that is cut short,
// because too many candidates did not hold, says from where to go on; further is
// zero otherwise.
func (ix *Index) Find(ctx context.Context, c community.ID, want Query) (hits []community.Event, further Place, err error) {
	needle := fold(strings.TrimSpace(want.Text))
	place, looked := want.After, 0
	for size := firstCandidates; len(hits) < want.Limit; size = min(4*size, mostAtOnce) {
		page, err := ix.candidates(ctx, c, want, place, size)
		if err != nil {
			return nil, Place{}, err
		}
		for i := range page {
			e := &page[i]
			place = Place{e.At, e.Seq}
			if e.Body == nil || !strings.Contains(fold(e.Body.Text), needle) {
				continue
			}
			if !want.at(e) || want.Identities != nil && !want.Identities[e.Identity] || want.Content != "" && e.Content != want.Content {
				continue
			}
			if hits = append(hits, *e); len(hits) == want.Limit {
				return hits, Place{}, nil
			}
		}
		if looked += len(page); len(page) < size {
			return hits, Place{}, nil
		}
		if looked >= ix.most {
			return hits, place, nil
		}
	}
	return hits, Place{}, nil
}

// at says whether a message is where and when the query asks. The index knows
// times to the second only, and groups by a token that a text might hold too.
func (q *Query) at(e *community.Event) bool {
	return (q.Group == 0 || e.Group == q.Group) && (q.Within == nil || slices.Contains(q.Within, e.Group)) && (q.From.IsZero() || !e.At.Before(q.From)) && (q.To.IsZero() || e.At.Before(q.To))
}

// candidates lists the next messages that may match, newest first. Without a
// text every message of the group, or of the log, is one.
func (ix *Index) candidates(ctx context.Context, c community.ID, want Query, after Place, size int) ([]community.Event, error) {
	terms := termsOf(want.Text)
	if len(terms) == 0 && strings.TrimSpace(want.Text) != "" {
		// Only punctuation or emoji: go through the messages themselves.
		terms = nil
	}
	var list []community.Event
	err := ix.db.Read(ctx, func(q store.Querier) error {
		var seqs []community.Seq
		var err error
		switch {
		case len(terms) == 0:
			seqs, err = byTime(ctx, q, c, want, after, size)
		case ix.file == nil:
			seqs, err = ix.findPostgres(ctx, q, c, terms, want, after, size)
		default:
			seqs, err = ix.findSQLite(ctx, c, terms, want, after, size)
		}
		if err != nil {
			return err
		}
		list, err = store.EventsAt(ctx, q, c, seqs)
		return err
	})
	return list, err
}

func (ix *Index) findSQLite(ctx context.Context, c community.ID, terms []term, want Query, after Place, size int) ([]community.Seq, error) {
	match := make([]string, 0, len(terms)+1)
	for _, t := range terms {
		s := `"` + t.token + `"`
		if t.prefix {
			s += "*"
		}
		match = append(match, s)
	}
	if want.Group != 0 {
		match = append(match, `"`+groupToken(want.Group)+`"`)
	}
	low, high := int64(0), int64(1)<<62
	if !want.From.IsZero() {
		low = rowid(want.From, 0)
	}
	if !want.To.IsZero() {
		high = rowid(want.To.Add(999*time.Millisecond), 0)
	}
	if after.Seq != 0 {
		high = min(high, rowid(after.At, after.Seq))
	}
	list, err := seqsOf(ctx, ix.file, `SELECT rowid & 1073741823 FROM `+table(c)+` WHERE `+table(c)+` MATCH ? AND rowid >= ? AND rowid < ?
		ORDER BY rowid DESC LIMIT ?`, strings.Join(match, " AND "), low, high, size)
	if err != nil && strings.Contains(err.Error(), "no such table") { // nothing was indexed yet
		return nil, nil
	}
	return list, err
}

func joinGrams(g []string) string { return strings.Join(g, " ") }

func seqsOf(ctx context.Context, q store.Querier, query string, args ...any) ([]community.Seq, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []community.Seq
	for rows.Next() {
		var seq int64
		if err := rows.Scan(&seq); err != nil {
			return nil, err
		}
		list = append(list, community.Seq(seq))
	}
	return list, rows.Err()
}
