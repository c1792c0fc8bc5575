package insightdb

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/insight/words"
	"qunying/internal/store"
)

const (
	// FoundDays is how long a period is in whose messages new words are looked for
	// along with the weeks, and FoundTexts in how many of its last ones.
	FoundDays  = 30
	FoundTexts = 6000
)

// Found are words that no dictionary has, of a group's last whole days.
type Found struct {
	End   community.Day `json:"-"`     // the last of FoundDays
	Texts int           `json:"texts"` // messages that were looked through
	Words []FoundWord   `json:"words"` // the most telling first
}

// FoundWord is such a word with how often it was written.
type FoundWord struct {
	Word  string `json:"word"`
	Count int    `json:"count"`
}

// FindWords looks through the last messages, limit at most, of a group's days.
func FindWords(ctx context.Context, q store.Querier, h Head, s insight.Span, limit int) (Found, error) {
	texts, err := LatestTexts(ctx, q, h.Community, h.ID, s.From.Start(h.Zone), (s.To + 1).Start(h.Zone), limit)
	if err != nil {
		return Found{}, err
	}
	f := Found{End: s.To, Texts: len(texts)}
	for _, w := range words.Default().Discover(texts.All(), words.Options{}) {
		f.Words = append(f.Words, FoundWord{w.Word, w.Count})
	}
	return f, nil
}

// FoundOf reads a group's new words as they were found last; ok is false where
// they were not, or not since its days changed.
func FoundOf(ctx context.Context, q store.Querier, c community.ID, g community.GroupID) (f Found, ok bool, err error) {
	var text string
	var end int64
	err = q.QueryRowContext(ctx, `SELECT end_day, found FROM view_weeks WHERE community_id = $1 AND group_id = $2 AND found <> ''`,
		int64(c), int64(g)).Scan(&end, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return f, false, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(text), &f)
		f.End = community.Day(end)
	}
	return f, err == nil, err
}
