package engine

import (
	"context"
	"slices"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// seatPricesKey is the setting that says what archive seats cost, by connection.
const seatPricesKey = "seat_prices/"

// SeatPrices are what a seat costs a year, by its edition, in the smallest unit of
// Currency (分). No platform tells them: people type them from their contract.
type SeatPrices struct {
	Currency string           `json:"currency"` // ISO 4217
	Year     map[string]int64 `json:"year"`
}

// Check says what is wrong before it is saved.
func (p SeatPrices) Check() error {
	if len(p.Currency) != 3 {
		return community.Errorf(community.Invalid, "%q is no currency", p.Currency).WithHint("write its three letters, as CNY")
	}
	for edition, price := range p.Year {
		if !slices.Contains([]string{"office", "service", "enterprise"}, edition) || price < 0 || price > 1e9 {
			return community.Errorf(community.Invalid, "the price of a seat %q is wrong", edition)
		}
	}
	return nil
}

// Seats lists whose conversations an archive reads, and what was typed about prices.
func (e *Engine) Seats(ctx context.Context, c community.ID, account string) (list []connector.SeatHolder, p SeatPrices, version int64, err error) {
	w, err := able[connector.Witness](e, c, account)
	if err != nil {
		return nil, p, 0, err
	}
	if err := e.db.Read(ctx, func(q store.Querier) (err error) {
		version, err = store.ReadSetting(ctx, q, c, 0, seatPricesKey+account, &p)
		return err
	}); err != nil {
		return nil, p, 0, err
	}
	list, err = w.SeatHolders(ctx)
	return list, p, version, err
}

// SaveSeatPrices keeps what seats cost.
func (e *Engine) SaveSeatPrices(ctx context.Context, c community.ID, account string, p SeatPrices, based int64, by community.StaffID) error {
	if _, err := able[connector.Witness](e, c, account); err != nil {
		return err
	}
	if err := p.Check(); err != nil {
		return err
	}
	return e.SaveSetting(ctx, c, 0, seatPricesKey+account, p, based, by)
}

// MemberConsent is what a member of a group decided, as the platform tells it now,
// and since when what they say has been missing here (zero: it is not).
type MemberConsent struct {
	connector.Consent
	Name    string
	Missing time.Time
}

// Consents tells of everybody from outside in a group whether they agreed to be read.
// Refusals that we recorded and the platform does not tell any more are listed too.
func (e *Engine) Consents(ctx context.Context, c community.ID, account string, id community.GroupID) ([]MemberConsent, error) {
	w, err := able[connector.Witness](e, c, account)
	if err != nil {
		return nil, err
	}
	network := e.accountNetwork(c, account)
	var g community.Group
	if err := e.db.Read(ctx, func(q store.Querier) (err error) {
		g, err = store.Group(ctx, q, c, id)
		return err
	}); err != nil {
		return nil, err
	}
	if g.Network != network {
		return nil, community.Errorf(community.NotFound, "the group is not of this connection's network")
	}
	list, err := w.Consents(ctx, g.OutsideID)
	if err != nil {
		return nil, err
	}
	out := []MemberConsent{}
	err = e.db.Read(ctx, func(q store.Querier) error {
		away, err := insightdb.CoverageAndRefusals(ctx, q, c, id)
		if err != nil {
			return err
		}
		since := map[community.IdentityID]time.Time{}
		for _, a := range away {
			if a.Why != "" && a.To == 0 && a.Who != 0 {
				since[a.Who] = time.UnixMilli(a.From)
			}
		}
		for _, x := range list {
			m := MemberConsent{Consent: x}
			who, err := store.IdentityByOutside(ctx, q, c, network, 0, x.Member)
			if err != nil {
				return err
			}
			if who != 0 {
				is, err := store.Identities(ctx, q, c, []community.IdentityID{who})
				if err != nil {
					return err
				}
				m.Name, m.Missing = is[who].Name, since[who]
				delete(since, who)
			}
			out = append(out, m)
		}
		for who, from := range since {
			is, err := store.Identities(ctx, q, c, []community.IdentityID{who})
			if err != nil {
				return err
			}
			out = append(out, MemberConsent{Consent: connector.Consent{Member: is[who].Outside, State: "", At: from}, Name: is[who].Name, Missing: from})
		}
		return nil
	})
	slices.SortFunc(out, func(a, b MemberConsent) int {
		switch {
		case a.Agreed != b.Agreed && a.Agreed:
			return 1
		case a.Agreed != b.Agreed:
			return -1
		}
		return b.At.Compare(a.At)
	})
	return out, err
}
