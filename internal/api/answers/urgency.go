package answers

import (
	"context"
	"slices"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/insight"
	"qunying/internal/store"
	"qunying/internal/store/cases"
	insightdb "qunying/internal/store/insight"
)

// urgency is why a group needs people.
type urgency struct {
	alerts, tasks, reviews int
	health                 *insightdb.GroupHealth
}

// Kept lists the groups whose keeper or backup somebody is, by number.
func (r *Reader) Kept(ctx context.Context, c community.ID, who community.StaffID) (mine []community.GroupID, err error) {
	err = r.DB.Read(ctx, func(q store.Querier) error {
		keepers, err := keepersOf(ctx, q, c)
		for g, k := range keepers {
			if k.Staff == who || k.Backup == who {
				mine = append(mine, g)
			}
		}
		return err
	})
	slices.Sort(mine)
	return mine, err
}

// urge reads why groups need people: what fires, what waits, which bands are bad.
func urge(ctx context.Context, q store.Querier, c community.ID, bands *insightdb.Judgements) (map[community.GroupID]*urgency, error) {
	all := map[community.GroupID]*urgency{}
	of := func(g community.GroupID) *urgency {
		if all[g] == nil {
			all[g] = &urgency{}
		}
		return all[g]
	}
	firing, err := store.FiringAlerts(ctx, q, c)
	if err != nil {
		return nil, err
	}
	for i := range firing {
		of(firing[i].Group).alerts++
	}
	tasks, err := store.OpenTasksByGroup(ctx, q, c)
	if err != nil {
		return nil, err
	}
	for g, n := range tasks {
		of(g).tasks = n
	}
	reviews, err := cases.WaitingByGroup(ctx, q, c)
	if err != nil {
		return nil, err
	}
	for g, n := range reviews {
		of(g).reviews = n
	}
	healths, _, err := bands.Bands(ctx, q, c)
	for i := range healths {
		of(healths[i].ID).health = &healths[i]
	}
	return all, err
}

// rank orders groups by how much they need people: what fires first, then the worst
// band, then what waits. 0: nothing does. Bands of a group that nobody listens to
// any more call nobody.
func (u *urgency) rank() int64 {
	if u == nil {
		return 0
	}
	const most = 1<<15 - 1
	n := int64(min(u.alerts, most)) << 32
	if h := u.health; h != nil && h.Account != "" {
		switch bandOf(h, "") {
		case insight.BandAlert:
			n += 2 << 30
		case insight.BandWatch:
			n += 1 << 30
		}
	}
	return n + int64(min(u.reviews+u.tasks, most))
}

// show writes it on a card.
func (u *urgency) show(card *api.GroupCard) {
	if u == nil {
		return
	}
	card.Alerts, card.Tasks, card.Reviews = u.alerts, u.tasks, u.reviews
	if h := u.health; h != nil {
		card.Band, card.Worst, card.Lever = string(bandOf(h, "")), h.Worst, string(h.Lever)
	}
}
