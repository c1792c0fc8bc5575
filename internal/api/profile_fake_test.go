package api

import (
	"context"

	"qunying/community"
)

// portraits stands for what groups are for.
type portraits struct {
	*rest
	kept map[community.StaffID][]community.GroupID
}

func (portraits) Profile(context.Context, community.ID, Scope) (ProfileAnswer, error) {
	return ProfileAnswer{Answer: Answer{42}}, nil
}

func (portraits) SaveProfile(_ context.Context, _ community.ID, _ Scope, _ community.StaffID, v ProfileView) (ProfileAnswer, error) {
	return ProfileAnswer{Answer: Answer{43}, Profile: v}, nil
}

func (portraits) Zone(context.Context, community.ID, community.GroupID) (ZoneAnswer, error) {
	return ZoneAnswer{Answer: Answer{42}}, nil
}

func (portraits) SaveZone(context.Context, community.ID, community.GroupID, community.StaffID, ZoneInput) (ZoneAnswer, error) {
	return ZoneAnswer{Answer: Answer{43}}, nil
}

func (p portraits) Kept(_ context.Context, _ community.ID, who community.StaffID) ([]community.GroupID, error) {
	return p.kept[who], nil
}

func (portraits) Leave(context.Context, community.ID, community.GroupID, bool, community.StaffID) error {
	return nil
}

func (portraits) Return(context.Context, community.ID, community.GroupID, community.StaffID) (bool, error) {
	return true, nil
}

func (portraits) Handover(context.Context, community.ID, community.StaffID, HandoverInput) (HandoverAnswer, error) {
	return HandoverAnswer{Answer: Answer{43}}, nil
}

func (portraits) Handovers(context.Context, community.ID) (HandoversAnswer, error) {
	return HandoversAnswer{Answer: Answer{42}}, nil
}

func (portraits) TakeBack(context.Context, community.ID, community.StaffID, int64) (TakeBackAnswer, error) {
	return TakeBackAnswer{Answer: Answer{43}}, nil
}
