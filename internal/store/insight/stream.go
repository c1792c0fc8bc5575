package insightdb

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
)

// stream reads the histories of many groups one after the other, with few statements
// and no more of their days than a question needs.
type stream struct {
	community community.ID
	heads     map[community.GroupID]Head
	parts     map[community.GroupID]insight.Part
	links     store.Links
	extent    insight.Extent
	now       time.Time
}

// each yields the histories of groups, which ascend.
func (s *stream) each(ctx context.Context, q store.Querier, groups []community.GroupID, yield func(community.GroupID, *insight.History)) error {
	for len(groups) > 0 {
		n := 1
		for n < len(groups) && groups[n]-groups[n-1] <= nearGroups && !(s.extent.Talks && n == talkGroups) {
			n++
		}
		if err := s.run(ctx, q, groups[:n], yield); err != nil {
			return err
		}
		groups = groups[n:]
	}
	return nil
}

// nearGroups is how far apart groups' numbers may be to be read by one statement:
// what lies between them is read in vain.
const nearGroups = 4

// talkGroups is of how many groups at most who answered whom is in memory at once.
const talkGroups = 10

// run reads groups whose numbers are near each other.
func (s *stream) run(ctx context.Context, q store.Querier, groups []community.GroupID, yield func(community.GroupID, *insight.History)) error {
	var talks map[community.GroupID][]insight.TalkDay
	if s.extent.Talks {
		var err error
		if talks, err = talksBetween(ctx, q, s.community, groups[0], groups[len(groups)-1]); err != nil {
			return err
		}
	}
	rows, err := q.QueryContext(ctx, s.statement(), int64(s.community), int64(groups[0]), int64(groups[len(groups)-1]), int64(s.extent.Posts), int64(s.extent.Speakers))
	if err != nil {
		return err
	}
	defer rows.Close()
	last := groups[len(groups)-1]
	var days []*insight.GroupDay
	settle := func(next community.GroupID) { // next is the group whose days come
		for len(groups) > 0 && groups[0] < next {
			g := groups[0]
			var own []*insight.GroupDay
			if len(days) > 0 && days[0].Group == g {
				own, days = days, nil
			}
			yield(g, insight.NewHistory(insight.Record{Days: own, Talks: talks[g], Person: s.links.Person, Last: s.heads[g].last(s.now), Unread: s.heads[g].Unread, Away: s.parts[g].Away}))
			groups = groups[1:]
		}
	}
	for rows.Next() {
		d, err := scanReadDay(rows)
		if err != nil {
			return err
		}
		if len(days) > 0 && days[0].Group != d.Group || len(groups) > 0 && groups[0] < d.Group {
			settle(d.Group)
			days = nil
		}
		if len(groups) > 0 && groups[0] == d.Group {
			days = append(days, d)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	settle(last + 1)
	return nil
}

// statement reads the days of a stretch of groups. What is large is left where it is
// on days on which nobody asks for it.
func (s *stream) statement() string {
	hours := `NULL`
	if s.extent.Hours {
		hours = `hours`
	}
	return `SELECT group_id, day, messages, ours, mentions, recalled, ` + hours + `, CASE WHEN day >= $4 THEN posts END,
		CASE WHEN day >= $5 THEN speakers END, joined, left_group, roster
		FROM view_group_day WHERE community_id = $1 AND group_id >= $2 AND group_id <= $3 ORDER BY group_id, day`
}

// noMembers stands for every empty set of days that are only read.
var noMembers = roaring.New()

func scanReadDay(rows *sql.Rows) (*insight.GroupDay, error) {
	d := &insight.GroupDay{Speakers: noMembers, Joined: noMembers, Left: noMembers}
	var hours, speakers, joined, left, roster []byte
	if err := rows.Scan((*int64)(&d.Group), (*int32)(&d.Day), &d.Messages, &d.Ours, &d.Mentions, &d.Recalled, &hours, &d.Packed,
		&speakers, &joined, &left, &roster); err != nil {
		return nil, err
	}
	for i := 0; i < len(d.Hours) && hours != nil; i++ {
		v, n := binary.Uvarint(hours)
		if n <= 0 {
			return nil, damaged(d, errors.New("hours"))
		}
		d.Hours[i], hours = uint32(v), hours[n:]
	}
	err := insight.EachPost(d.Packed, func(community.IdentityID, uint32) {})
	for _, set := range []struct {
		b    []byte
		into **roaring.Bitmap
	}{{speakers, &d.Speakers}, {joined, &d.Joined}, {left, &d.Left}, {roster, &d.Roster}} {
		if err == nil && set.b != nil {
			*set.into = roaring.New()
			_, err = (*set.into).FromBuffer(set.b)
		}
	}
	if err != nil {
		return nil, damaged(d, err)
	}
	return d, nil
}
