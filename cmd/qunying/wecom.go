package main

import (
	"context"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/api"
	"qunying/internal/engine"
)

// corporation shows to the API what the engine manages on a corporation's platform;
// most of it the engine answers as it is asked.
type corporation struct{ *engine.Engine }

func (m corporation) OwnedGroups(ctx context.Context, c community.ID, name string) ([]api.OwnedGroupView, error) {
	list, err := m.Engine.OwnedGroups(ctx, c, name)
	out := []api.OwnedGroupView{}
	for _, g := range list {
		out = append(out, api.OwnedGroupView{OwnedGroup: g.OwnedGroup, ID: g.ID, Left: g.Quota.Left, Of: g.Quota.Of, QuotaWhy: g.Quota.Why})
	}
	return out, err
}

func (m corporation) Greetings(ctx context.Context, c community.ID, name string) ([]api.GreetingView, error) {
	list, err := m.Engine.Greetings(ctx, c, name)
	out := []api.GreetingView{}
	for _, g := range list {
		g.Value.ID = g.ID
		out = append(out, api.GreetingView{Greeting: g.Value, Version: g.Version, Created: milli(g.CreatedAt)})
	}
	return out, err
}

func (m corporation) JoinCodes(ctx context.Context, c community.ID, name string) ([]api.JoinCodeView, error) {
	list, err := m.Engine.JoinCodes(ctx, c, name)
	out := []api.JoinCodeView{}
	for _, j := range list {
		j.Value.ID = j.ID
		out = append(out, api.JoinCodeView{JoinCode: j.Value, Version: j.Version, Created: milli(j.CreatedAt)})
	}
	return out, err
}

func (m corporation) ContactCodes(ctx context.Context, c community.ID, name string) ([]api.ContactCodeView, error) {
	list, err := m.Engine.ContactCodes(ctx, c, name)
	out := []api.ContactCodeView{}
	for _, k := range list {
		k.Value.ID = k.ID
		out = append(out, api.ContactCodeView{ContactCode: k.Value, Version: k.Version, Created: milli(k.CreatedAt), People: k.Use.People, LastAt: milli(k.Use.LastAt)})
	}
	return out, err
}

func (m corporation) CountedDays(ctx context.Context, c community.ID, name string, days int) ([]api.CountedDayView, error) {
	list, err := m.Engine.CountedDays(ctx, c, name, days)
	out := []api.CountedDayView{}
	for _, d := range list {
		v := api.CountedDayView{Day: d.Day, Theirs: d.Theirs, AskedAt: milli(d.Asked), Read: d.Read}
		if o := d.Ours; o != nil {
			v.Ours = &api.OurCountsView{Groups: o.Groups, SpeakingGroups: o.SpeakingGroups, Joined: o.Joined, Left: o.Left,
				Speakers: o.Speakers, Messages: o.Messages}
		}
		out = append(out, v)
	}
	return out, err
}

func (m corporation) Seats(ctx context.Context, c community.ID, name string) (api.SeatsView, error) {
	list, prices, version, err := m.Engine.Seats(ctx, c, name)
	v := api.SeatsView{Seats: list, Prices: api.SeatPricesInput{Currency: "CNY", Year: map[string]int64{}, Version: version}}
	if version > 0 {
		v.Prices.Currency, v.Prices.Year = prices.Currency, prices.Year
	}
	for _, s := range list {
		if price, ok := v.Prices.Year[s.Edition]; ok {
			v.Cost += price
		} else {
			v.Unknown++
		}
	}
	if v.Seats == nil {
		v.Seats = []connector.SeatHolder{}
	}
	return v, err
}

func (m corporation) SaveSeatPrices(ctx context.Context, c community.ID, name string, in api.SeatPricesInput, by community.StaffID) error {
	return m.Engine.SaveSeatPrices(ctx, c, name, engine.SeatPrices{Currency: in.Currency, Year: in.Year}, in.Version, by)
}

func (m corporation) Consents(ctx context.Context, c community.ID, name string, g community.GroupID) ([]api.ConsentView, error) {
	list, err := m.Engine.Consents(ctx, c, name, g)
	out := []api.ConsentView{}
	for _, x := range list {
		out = append(out, api.ConsentView{Consent: x.Consent, At: milli(x.At), Name: x.Name, MissingSince: milli(x.Missing)})
	}
	return out, err
}
