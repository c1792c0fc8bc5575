package insightdb

import (
	"context"
	"encoding/json"
	"slices"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
)

// GroupHealth is how a group is doing.
type GroupHealth struct {
	Head
	Type insight.GroupType
	insight.Health
	Settings insight.BandSettings // by which it was judged
}

// Healths judges every group that conversations are counted of, by number. What
// alerts, the page of today, reports and the overview say about bands comes from
// here. waiting counts groups whose weeks have not been counted yet; they are left out.
func Healths(ctx context.Context, q store.Querier, c community.ID) (list []GroupHealth, waiting int, err error) {
	m, err := readMaterial(ctx, q, c)
	if err != nil {
		return nil, 0, err
	}
	j := newJudge(m)
	return eachShown(ctx, q, c, func(h Head) (GroupHealth, bool) {
		w, ok := j.weeks[h.ID]
		if !ok {
			return GroupHealth{}, false
		}
		return j.judge(h, w), true
	})
}

// eachShown judges the groups that are not put away, and counts those that cannot be.
func eachShown(ctx context.Context, q store.Querier, c community.ID, judge func(Head) (GroupHealth, bool)) (list []GroupHealth, waiting int, err error) {
	heads, _, err := Shown(ctx, q, c)
	if err != nil {
		return nil, 0, err
	}
	for _, h := range heads {
		if h.Direct {
			continue
		}
		if is, ok := judge(h); ok {
			list = append(list, is)
		} else {
			waiting++
		}
	}
	return list, waiting, nil
}

// judge holds what all groups of a community are judged by.
type judge struct {
	weeks    map[community.GroupID]insight.Weeks
	types    map[community.GroupID]insight.GroupType
	settings func(community.GroupID) []insight.BandSettings
	peers    map[peerKey]insight.Peers
}

// peerKey says which groups are compared: those of a type that are judged by
// windows that end in the same calendar week.
type peerKey struct {
	of   insight.GroupType
	week community.Day
}

// material is what groups are judged by, as it is on file.
type material struct {
	weeks []weeksRow // by group
	types map[community.GroupID]insight.GroupType
	saved map[community.GroupID]map[string]string // of bands
	sets  store.GroupSets
}

func readMaterial(ctx context.Context, q store.Querier, c community.ID) (m material, err error) {
	if m.weeks, err = allWeeks(ctx, q, c); err != nil {
		return m, err
	}
	if m.types, err = GroupTypes(ctx, q, c); err != nil {
		return m, err
	}
	if m.saved, err = newest(ctx, q, c, insight.BandsKey); err != nil {
		return m, err
	}
	m.sets, _, err = store.SetsAt(ctx, q, c, 0)
	return m, err
}

func newJudge(m material) *judge {
	j := &judge{peers: map[peerKey]insight.Peers{}, types: m.types, settings: bandSettings(m.saved, m.sets),
		weeks: make(map[community.GroupID]insight.Weeks, len(m.weeks))}
	for _, row := range m.weeks {
		if w, ok := insight.DecodeWeeks(row.weeks); ok {
			j.weeks[row.group] = w
		}
	}
	return j
}

func (j *judge) judge(h Head, w insight.Weeks) GroupHealth {
	of := j.types[h.ID]
	s := insight.InheritBands(j.settings(h.ID), of)
	return GroupHealth{Head: h, Type: of, Settings: s, Health: insight.Judge(w, j.peersOf(of, w.End), of, s)}
}

// peersOf gathers the groups of a type, each time once.
func (j *judge) peersOf(of insight.GroupType, end community.Day) insight.Peers {
	k := peerKey{of, end.Week()}
	if p, ok := j.peers[k]; ok {
		return p
	}
	var list []insight.Weeks
	for g, w := range j.weeks {
		if j.types[g] == of && w.End.Week() == k.week {
			list = append(list, w)
		}
	}
	p := insight.NewPeers(list)
	j.peers[k] = p
	return p
}

// newest reads the newest version of all settings under a key: those of groups,
// of sets and of the community, by group and key.
func newest(ctx context.Context, q store.Querier, c community.ID, key string) (map[community.GroupID]map[string]string, error) {
	rows, err := q.QueryContext(ctx, `SELECT group_id, key, value FROM setting WHERE community_id = $1 AND (key = $2 OR key LIKE $3)
		ORDER BY group_id, key, version`, int64(c), key, "set/%/"+key)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[community.GroupID]map[string]string{}
	for rows.Next() {
		var g int64
		var k, v string
		if err := rows.Scan(&g, &k, &v); err != nil {
			return nil, err
		}
		if all[community.GroupID(g)] == nil {
			all[community.GroupID(g)] = map[string]string{}
		}
		all[community.GroupID(g)][k] = v // versions ascend
	}
	return all, rows.Err()
}

// bandSettings tells what is said about bands: the layers of a group, the nearest
// first and always with the community's at the end.
func bandSettings(saved map[community.GroupID]map[string]string, sets store.GroupSets) func(community.GroupID) []insight.BandSettings {
	read := func(g community.GroupID, key string) (s insight.BandSettings, ok bool) {
		v, ok := saved[g][key]
		return s, ok && json.Unmarshal([]byte(v), &s) == nil
	}
	typed := map[community.GroupID][]insight.BandSettings{} // sets' own, in their order
	for _, set := range sets.Sets {
		if set.ID == 0 {
			continue
		}
		if s, ok := read(0, store.SetKey(set.ID, insight.BandsKey)); ok {
			for _, g := range set.Groups {
				typed[g] = append(typed[g], s)
			}
		}
	}
	whole, _ := read(0, insight.BandsKey)
	return func(g community.GroupID) []insight.BandSettings {
		var layers []insight.BandSettings
		if s, ok := read(g, insight.BandsKey); ok {
			layers = append(layers, s)
		}
		return append(append(layers, typed[g]...), whole)
	}
}

// GroupTypes tells what groups are for, as far as the field's figures tell types
// apart (S50); groups of which nobody said so are left out.
func GroupTypes(ctx context.Context, q store.Querier, c community.ID) (map[community.GroupID]insight.GroupType, error) {
	kinds, err := GroupKinds(ctx, q, c)
	types := make(map[community.GroupID]insight.GroupType, len(kinds))
	for g, k := range kinds {
		if of := k.Type(); of != "" {
			types[g] = of
		}
	}
	return types, err
}

// GroupKinds tells what sort of groups they are; those of which nobody said so are
// left out. A group says it itself, or the first of its sets that does, or the
// community.
func GroupKinds(ctx context.Context, q store.Querier, c community.ID) (map[community.GroupID]insight.Kind, error) {
	saved, err := newest(ctx, q, c, insight.ProfileKey)
	types := map[community.GroupID]insight.Kind{}
	if err != nil || len(saved) == 0 {
		return types, err
	}
	say := func(value string, groups ...community.GroupID) {
		var p insight.Profile
		if json.Unmarshal([]byte(value), &p) != nil || p.Type == nil {
			return
		}
		for _, g := range groups {
			types[g] = *p.Type
		}
	}
	if all := saved[0][insight.ProfileKey]; all != "" {
		groups, err := store.Groups(ctx, q, c)
		if err != nil {
			return nil, err
		}
		for _, g := range groups {
			say(all, g.ID)
		}
	}
	sets, _, err := store.SetsAt(ctx, q, c, 0)
	if err != nil {
		return nil, err
	}
	for _, set := range slices.Backward(sets.Sets) {
		if set.ID != 0 {
			say(saved[0][store.SetKey(set.ID, insight.ProfileKey)], set.Groups...)
		}
	}
	for g, keys := range saved {
		if g != 0 {
			say(keys[insight.ProfileKey], g)
		}
	}
	return types, nil
}
