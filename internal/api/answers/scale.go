package answers

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// Overlap lists the groups that share the most people with a group.
func (r *Reader) Overlap(ctx context.Context, c community.ID, g community.GroupID, limit int) (a api.OverlapAnswer, err error) {
	err = r.DB.Read(ctx, func(q store.Querier) error {
		if a.Answer, err = asOf(ctx, q, c); err != nil {
			return err
		}
		if _, err := store.Group(ctx, q, c, g); err != nil {
			return err
		}
		links, err := insightdb.LinksNow(ctx, q, c)
		if err != nil {
			return err
		}
		people, listed, err := peopleOf(ctx, q, c, g, links)
		if err != nil {
			return err
		}
		a.Listed, a.People = listed, int64(people.GetCardinality())
		shared, err := insightdb.GroupsOfPeople(ctx, q, c, people, links)
		if err != nil {
			return err
		}
		delete(shared, g)
		elsewhere := roaring.New()
		for id, who := range shared {
			elsewhere.Or(who)
			other, err := store.Group(ctx, q, c, id)
			if err != nil {
				return err
			}
			a.Groups = append(a.Groups, api.OverlapLine{Group: id, Name: other.Name, Shared: int64(who.GetCardinality()),
				Share: float64(who.GetCardinality()) / float64(max(a.People, 1))})
		}
		a.Alone = a.People - int64(elsewhere.GetCardinality())
		slices.SortFunc(a.Groups, func(x, y api.OverlapLine) int {
			return cmp.Or(cmp.Compare(y.Shared, x.Shared), cmp.Compare(x.Group, y.Group))
		})
		a.Groups = slices.Clip(a.Groups[:min(limit, len(a.Groups))])
		if a.Groups == nil {
			a.Groups = []api.OverlapLine{}
		}
		return nil
	})
	return a, err
}

// peopleOf are the members of a group, as persons, where a member list is known;
// otherwise everybody who was seen in it.
func peopleOf(ctx context.Context, q store.Querier, c community.ID, g community.GroupID, links store.Links) (*roaring.Bitmap, bool, error) {
	present, known, err := insightdb.Present(ctx, q, c, g, community.Day(1<<30))
	if err != nil {
		return nil, false, err
	}
	if !known {
		if present, err = insightdb.SeenIn(ctx, q, c, g); err != nil {
			return nil, false, err
		}
	}
	people := roaring.New()
	for it := present.Iterator(); it.HasNext(); {
		people.Add(uint32(links.Person(community.IdentityID(it.Next()))))
	}
	return people, known, nil
}

// CapsKey is the setting that says how many members groups can have.
const CapsKey = "caps"

// DefaultCaps are what is known of the platforms' own numbers.
var DefaultCaps = []api.CapView{
	{Network: "wecom", Cap: 200, Mark: 0.9, Source: "企业微信外部群 · WeCom external groups", Date: "2026-11-22"},
	{Network: "*", Cap: 500, Mark: 0.9, Source: "微信群 · WeChat groups", Date: "2026-11-22"},
}

// Caps are those that people typed, or the defaults.
func (r *Reader) Caps(ctx context.Context, c community.ID) (v api.CapsView, err error) {
	err = r.DB.Read(ctx, func(q store.Querier) error {
		v, err = capsIn(ctx, q, c)
		return err
	})
	return v, err
}

func capsIn(ctx context.Context, q store.Querier, c community.ID) (v api.CapsView, err error) {
	if v.Version, err = store.ReadSetting(ctx, q, c, 0, CapsKey, &v); err == nil && len(v.Caps) == 0 {
		v.Caps = slices.Clone(DefaultCaps)
	}
	return v, err
}

// capOf is the cap of a network, zero if none is known.
func capOf(caps []api.CapView, network community.Network) api.CapView {
	any := api.CapView{}
	for _, is := range caps {
		switch is.Network {
		case string(network):
			return is
		case "*":
			any = is
		}
	}
	return any
}

// Capacity lists the groups that are nearest to being full.
func (r *Reader) Capacity(ctx context.Context, c community.ID, limit int) (a api.CapacityAnswer, err error) {
	a.Groups = []api.CapacityLine{}
	err = r.DB.Read(ctx, func(q store.Querier) error {
		if a.Answer, err = asOf(ctx, q, c); err != nil {
			return err
		}
		caps, err := capsIn(ctx, q, c)
		if err != nil {
			return err
		}
		heads, _, err := insightdb.Shown(ctx, q, c)
		if err != nil {
			return err
		}
		for _, h := range heads {
			present, known, err := insightdb.Present(ctx, q, c, h.ID, community.DayOf(r.Now().Add(24*time.Hour), h.Zone))
			if err != nil {
				return err
			}
			limit := capOf(caps.Caps, h.Network)
			if !known || limit.Cap == 0 {
				a.Unknown++
				continue
			}
			n := int64(present.GetCardinality())
			a.Groups = append(a.Groups, api.CapacityLine{Group: h.ID, Name: h.Name, Network: string(h.Network), Members: n, Cap: limit.Cap,
				Share: float64(n) / float64(limit.Cap), Full: float64(n) >= limit.Mark*float64(limit.Cap)})
		}
		return nil
	})
	slices.SortFunc(a.Groups, func(x, y api.CapacityLine) int {
		return cmp.Or(cmp.Compare(y.Share, x.Share), cmp.Compare(x.Group, y.Group))
	})
	a.Groups = a.Groups[:min(limit, len(a.Groups))]
	return a, err
}

// Sets are the named sets of groups.
func (r *Reader) Sets(ctx context.Context, c community.ID) (v api.SetsView, err error) {
	err = r.DB.Read(ctx, func(q store.Querier) error {
		var sets store.GroupSets
		sets, v.Version, err = store.SetsAt(ctx, q, c, 0)
		v.Sets = []api.SetView{}
		for _, is := range sets.Sets {
			v.Sets = append(v.Sets, api.SetView{ID: is.ID, Name: is.Name, Groups: is.Groups})
		}
		return err
	})
	return v, err
}
