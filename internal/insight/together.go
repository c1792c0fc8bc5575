package insight

import (
	"cmp"
	"maps"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"qunying/community"
)

// Together unites the rows of several groups, day by day and ascending, into
// the rows of a group 0. Hours and days are those of each group's own zone.
// Joins, leaves and member lists are left out: who leaves one group may stay in
// another, so that membership cannot be followed in the union.
func Together(groups ...[]*GroupDay) []*GroupDay {
	days := map[community.Day]*GroupDay{}
	speakers := map[community.Day][]*roaring.Bitmap{}
	for _, rows := range groups {
		for _, d := range rows {
			all := days[d.Day]
			if all == nil {
				all = NewGroupDay(0, d.Day)
				days[d.Day] = all
			}
			all.add(d)
			speakers[d.Day] = append(speakers[d.Day], d.Speakers)
		}
	}
	for day, sets := range speakers {
		days[day].Speakers = roaring.FastOr(sets...)
	}
	return slices.SortedFunc(maps.Values(days), func(a, b *GroupDay) int { return cmp.Compare(a.Day, b.Day) })
}

// add counts another group's day in, but for the sets.
func (d *GroupDay) add(o *GroupDay) {
	d.Messages += o.Messages
	d.Ours += o.Ours
	d.Mentions += o.Mentions
	d.Recalled += o.Recalled
	for hour, n := range o.Hours {
		d.Hours[hour] += n
	}
	for content, n := range o.Contents {
		d.Contents[content] += n
	}
	for id, n := range o.Posts {
		d.Posts[id] += n
	}
}
