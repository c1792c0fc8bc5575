package store

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"qunying/community"
)

// SetsKey is the setting of the community that holds its sets of groups (分组).
const SetsKey = "group-sets"

// GroupSet is a named set of groups. What is set for it holds in its groups,
// where a group says nothing itself; of several sets of a group the first that
// says something counts.
type GroupSet struct {
	ID     int64               `json:"id"` // never given twice; 0 of one that was saved before sets had settings
	Name   string              `json:"name"`
	Groups []community.GroupID `json:"groups"`
}

// GroupSets are the sets of a community, in the order in which they count.
type GroupSets struct {
	Sets []GroupSet `json:"sets"`
	Last int64      `json:"last"` // the highest number that was given
}

// SetsAt reads the sets in force for events from seq on; zero seq: the newest.
// The version is 0 if none were ever saved.
func SetsAt(ctx context.Context, q Querier, c community.ID, seq community.Seq) (sets GroupSets, version int64, err error) {
	s, found, err := SettingAt(ctx, q, c, 0, SetsKey, seq)
	if err != nil || !found {
		return sets, 0, err
	}
	return sets, s.Version, json.Unmarshal([]byte(s.Value), &sets)
}

// SetKey is under which key of the community a setting of a set is kept.
func SetKey(set int64, key string) string { return "set/" + strconv.FormatInt(set, 10) + "/" + key }

// Level says whose a setting is.
type Level string

const (
	OfGroup     Level = "group"
	OfSet       Level = "set"
	OfCommunity Level = "community"
	OfNobody    Level = "default" // nobody typed it
)

// Layer is one of the settings that a group's is made of.
type Layer struct {
	Setting
	Level Level
	Set   int64  // of OfSet
	Name  string // of OfSet
}

// LayersAt reads everything that is said under a key for a group, the nearest
// first: its own, that of its sets in their order, that of the community. What
// was never saved is left out. Zero seq reads the newest versions, another those
// in force for events from there on. Group 0 asks for the community alone.
func LayersAt(ctx context.Context, q Querier, c community.ID, g community.GroupID, key string, seq community.Seq) ([]Layer, error) {
	var layers []Layer
	add := func(group community.GroupID, key string, l Layer) error {
		s, found, err := SettingAt(ctx, q, c, group, key, seq)
		if found {
			l.Setting = s
			layers = append(layers, l)
		}
		return err
	}
	if g != 0 {
		if err := add(g, key, Layer{Level: OfGroup}); err != nil {
			return nil, err
		}
		sets, _, err := SetsAt(ctx, q, c, seq)
		if err != nil {
			return nil, err
		}
		for _, set := range sets.Sets {
			if set.ID == 0 || !slices.Contains(set.Groups, g) {
				continue
			}
			if err := add(0, SetKey(set.ID, key), Layer{Level: OfSet, Set: set.ID, Name: set.Name}); err != nil {
				return nil, err
			}
		}
	}
	return layers, add(0, key, Layer{Level: OfCommunity})
}

// SetLayersAt is the same for a set of groups: its own and that of the community.
func SetLayersAt(ctx context.Context, q Querier, c community.ID, set int64, key string, seq community.Seq) ([]Layer, error) {
	s, found, err := SettingAt(ctx, q, c, 0, SetKey(set, key), seq)
	if err != nil {
		return nil, err
	}
	layers, err := LayersAt(ctx, q, c, 0, key, seq)
	if found {
		layers = append([]Layer{{Setting: s, Level: OfSet, Set: set}}, layers...)
	}
	return layers, err
}

// Inherit lays layers over each other, field by field: a field is the nearest
// one's that has it and says something else than null. from tells which layer
// each field is of. A layer that is no JSON object counts as saying nothing.
func Inherit(layers []Layer) (value []byte, from map[string]Layer, err error) {
	merged, from := map[string]json.RawMessage{}, map[string]Layer{}
	for _, l := range slices.Backward(layers) {
		var fields map[string]json.RawMessage
		if json.Unmarshal([]byte(l.Value), &fields) != nil {
			continue
		}
		for name, v := range fields {
			if string(v) != "null" {
				merged[name], from[name] = v, l
			}
		}
	}
	value, err = json.Marshal(merged)
	return value, from, err
}

// ReadInherited reads the newest of a setting with everything that a group
// inherits into a value, and tells where each field is from.
func ReadInherited(ctx context.Context, q Querier, c community.ID, g community.GroupID, key string, into any) (map[string]Layer, error) {
	layers, err := LayersAt(ctx, q, c, g, key, 0)
	if err != nil {
		return nil, err
	}
	value, from, err := Inherit(layers)
	if err != nil {
		return nil, err
	}
	return from, json.Unmarshal(value, into)
}
