package store

import (
	"context"
	"slices"

	"qunying/community"
)

// Layering is everything that is said under one key, for asking about many groups.
type Layering struct {
	all  *Layer // of the community
	sets []GroupSet
	set  map[int64]Layer
	own  map[community.GroupID]Layer
}

// LayeringOf reads the newest of all settings under a key: of the community, of
// its sets, of its groups.
func LayeringOf(ctx context.Context, q Querier, c community.ID, key string) (*Layering, error) {
	l := &Layering{set: map[int64]Layer{}, own: map[community.GroupID]Layer{}}
	layers, err := LayersAt(ctx, q, c, 0, key, 0)
	if err != nil {
		return nil, err
	}
	if len(layers) > 0 {
		l.all = &layers[0]
	}
	sets, _, err := SetsAt(ctx, q, c, 0)
	if err != nil {
		return nil, err
	}
	l.sets = sets.Sets
	for _, set := range sets.Sets {
		if set.ID == 0 {
			continue
		}
		s, found, err := SettingAt(ctx, q, c, 0, SetKey(set.ID, key), 0)
		if err != nil {
			return nil, err
		}
		if found {
			l.set[set.ID] = Layer{Setting: s, Level: OfSet, Set: set.ID, Name: set.Name}
		}
	}
	rows, err := q.QueryContext(ctx, `SELECT group_id, version, value, seq FROM setting s WHERE community_id = $1 AND group_id <> 0 AND key = $2
		AND version = (SELECT MAX(version) FROM setting n WHERE n.community_id = s.community_id AND n.group_id = s.group_id AND n.key = s.key)`, int64(c), key)
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	for rows.Next() {
		own := Layer{Setting: Setting{Key: key}, Level: OfGroup}
		if err := rows.Scan((*int64)(&own.Group), &own.Version, &own.Value, (*int64)(&own.Seq)); err != nil {
			return nil, unavailable(err)
		}
		l.own[own.Group] = own
	}
	return l, unavailable(rows.Err())
}

// Of is what LayersAt reads for a group: the nearest first.
func (l *Layering) Of(g community.GroupID) (layers []Layer) {
	if own, ok := l.own[g]; ok {
		layers = append(layers, own)
	}
	for _, set := range l.sets {
		if of, ok := l.set[set.ID]; ok && slices.Contains(set.Groups, g) {
			layers = append(layers, of)
		}
	}
	if l.all != nil {
		layers = append(layers, *l.all)
	}
	return layers
}
