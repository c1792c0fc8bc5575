package insightdb

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"maps"
	"slices"
	"sync"
	"time"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
)

// Judgements remembers how the groups of communities were judged, for as long as
// nothing is different by which they are: their weeks change once a day, the
// overview asks every few seconds. It is safe for concurrent use; its zero value is
// empty.
type Judgements struct {
	mu   sync.Mutex
	kept map[community.ID]judgement
}

// judgement is of one community.
type judgement struct {
	of     stamp
	groups map[community.GroupID]GroupHealth // without heads
	peers  map[peerKey]insight.Peers
}

// stamp is a digest of what groups are judged by.
type stamp [sha256.Size]byte

// Bands is Healths without everything that the bands were read by: readings have
// no Judged and no Past. What it answers is shared and must not be changed.
func (k *Judgements) Bands(ctx context.Context, q store.Querier, c community.ID) (list []GroupHealth, waiting int, err error) {
	m, err := readMaterial(ctx, q, c)
	if err != nil {
		return nil, 0, err
	}
	groups := k.judged(c, m).groups
	return eachShown(ctx, q, c, func(h Head) (GroupHealth, bool) {
		g, ok := groups[h.ID]
		g.Head = h
		return g, ok
	})
}

// HealthOf judges one group, with everything that its bands were read by. Weeks
// that have not been counted yet are counted on the spot. It fails with NotFound.
func (k *Judgements) HealthOf(ctx context.Context, q store.Querier, c community.ID, g community.GroupID, now time.Time) (GroupHealth, error) {
	head, _, err := HeadOf(ctx, q, c, g)
	if err != nil {
		return GroupHealth{}, err
	}
	m, err := readMaterial(ctx, q, c)
	if err != nil {
		return GroupHealth{}, err
	}
	if i := slices.IndexFunc(m.weeks, func(row weeksRow) bool { return row.group == g }); i >= 0 {
		if w, ok := insight.DecodeWeeks(m.weeks[i].weeks); ok && w.End == head.last(now) {
			j := judge{types: m.types, settings: bandSettings(m.saved, m.sets), peers: maps.Clone(k.judged(c, m).peers)}
			return j.judge(head, w), nil
		}
	}
	links, err := LinksNow(ctx, q, c)
	if err != nil {
		return GroupHealth{}, err
	}
	w, err := CountWeeks(ctx, q, head, links, now)
	if err != nil {
		return GroupHealth{}, err
	}
	j := newJudge(m)
	j.weeks[g] = w
	return j.judge(head, w), nil
}

// judged judges all groups, or remembers how they were.
func (k *Judgements) judged(c community.ID, m material) judgement {
	of := m.stamp()
	k.mu.Lock()
	defer k.mu.Unlock() // who asks at the same time waits for the first instead of judging too
	if is, ok := k.kept[c]; ok && is.of == of {
		return is
	}
	j := newJudge(m)
	groups := make(map[community.GroupID]GroupHealth, len(j.weeks))
	for g, w := range j.weeks {
		h := j.judge(Head{Group: community.Group{ID: g}}, w)
		h.Settings = insight.BandSettings{}
		for i := range h.Readings {
			h.Readings[i].Judged, h.Readings[i].Past = nil, nil
		}
		groups[g] = h
	}
	if k.kept == nil {
		k.kept = map[community.ID]judgement{}
	}
	k.kept[c] = judgement{of, groups, j.peers}
	return k.kept[c]
}

// stamp digests everything that newJudge takes.
func (m *material) stamp() (s stamp) {
	d := digest{sha256.New()}
	d.number(len(m.weeks))
	for _, row := range m.weeks {
		d.number(int(row.group))
		d.text(string(row.weeks))
	}
	for _, g := range slices.Sorted(maps.Keys(m.types)) {
		d.number(int(g))
		d.text(string(m.types[g]))
	}
	d.number(-1)
	for _, g := range slices.Sorted(maps.Keys(m.saved)) {
		for _, key := range slices.Sorted(maps.Keys(m.saved[g])) {
			d.number(int(g))
			d.text(key)
			d.text(m.saved[g][key])
		}
	}
	d.number(-1)
	for _, set := range m.sets.Sets {
		d.number(int(set.ID))
		d.number(len(set.Groups))
		for _, g := range set.Groups {
			d.number(int(g))
		}
	}
	d.Sum(s[:0])
	return s
}

type digest struct{ hash.Hash }

func (d digest) number(n int) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(n))
	d.Write(b[:])
}

func (d digest) text(s string) {
	d.number(len(s))
	d.Write([]byte(s))
}
