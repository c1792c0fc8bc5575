package api

import (
	"cmp"
	"context"

	"qunying/community"
)

// bands stands for what knows how groups are doing.
type bands struct{ *rest }

func (b bands) Health(_ context.Context, _ community.ID, g community.GroupID) (HealthAnswer, error) {
	return HealthAnswer{Answer: Answer{42}, Group: g, Counts: map[string]int{}, Readings: []BandReading{}}, b.fail
}

func (b bands) Healths(_ context.Context, _ community.ID, q HealthsQuery) (HealthsAnswer, Place, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.after = q.After
	last := Place{Number: -7, ID: 3}
	if q.After == last {
		last = Place{}
	}
	return HealthsAnswer{Answer: Answer{42}, Bands: []BandCount{}, Groups: []HealthLine{}}, last, nil
}

func (b bands) Bands(context.Context, community.ID, Scope) (BandsAnswer, error) {
	return BandsAnswer{Answer: Answer{42}}, nil
}

func (b bands) SaveBands(_ context.Context, _ community.ID, of Scope, _ community.StaffID, v BandsView) (BandsAnswer, error) {
	v.Version++
	return BandsAnswer{Answer: Answer{42}, Bands: v}, nil
}

func (b bands) Today(_ context.Context, _ community.ID, _ community.StaffID, q TodayQuery) (TodayAnswer, error) {
	return TodayAnswer{Answer: Answer{42}, Whose: cmp.Or(q.Whose, "all"), Items: []TodayItem{}, Groups: []HealthLine{}, Waiting: TodayWaiting{Reviews: 3, Oldest: 7}}, nil
}

func (b bands) Order(_ context.Context, _ community.ID, g community.GroupID) (GroupOrder, error) {
	return GroupOrder{Answer: Answer{42}, Group: g, Owner: "default"}, b.fail
}

func (b bands) Tier(context.Context, community.ID, community.GroupID, string, Period, int) (TierAnswer, error) {
	return TierAnswer{Answer: Answer{42}, People: []TierPerson{}}, nil
}
