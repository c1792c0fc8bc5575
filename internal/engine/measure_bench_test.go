package engine

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"qunying/community"
	"qunying/internal/store"
)

// BenchmarkMeasure measures how well order was kept in 2,000 groups, of all, of a
// hundred of them and of one: the figure of docs/benchmarks.md.
func BenchmarkMeasure(b *testing.B) {
	const groups, stories = 2000, 40_000
	w := newWorld(b, filepath.Join(b.TempDir(), "qunying.db"))
	day, err := community.ParseDay("2026-02-19")
	if err != nil {
		b.Fatal(err)
	}
	if err := w.db.Write(b.Context(), func(tx *store.Tx) error {
		for g := range groups {
			if _, err := tx.Exec(`INSERT INTO chat_group (community_id, group_id, network, outside_id, name, zone, account, created_at)
				VALUES (1, $1, 'sim', $2, $2, 'Asia/Shanghai', '', 0)`, int64(g+1), fmt.Sprintf("g%d", g+1)); err != nil {
				return err
			}
		}
		for n := range 60 {
			if _, err := tx.Exec(`INSERT INTO view_community_day (community_id, day, messages, speakers)
				VALUES (1, $1, 400000, x'')`, int64(day)+int64(n)); err != nil {
				return err
			}
			for g := range groups {
				if _, err := tx.Exec(`INSERT INTO view_group_day (community_id, group_id, day, messages, ours, mentions, recalled, hours, contents, posts, speakers)
					VALUES (1, $1, $2, 200, 0, 0, 0, x'', '{}', x'', x'')`, int64(g+1), int64(day)+int64(n)); err != nil {
					return err
				}
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(7, 25))
	list := tellStories(r, stories)
	for _, s := range list {
		s.card.Group = community.GroupID(1 + r.IntN(groups))
		for i := range s.verdicts {
			s.verdicts[i].Group = s.card.Group
		}
	}
	w.write(list)
	var hundred []community.GroupID
	for g := range 100 {
		hundred = append(hundred, community.GroupID(g*20+1))
	}
	for _, c := range []struct {
		name   string
		group  community.GroupID
		within []community.GroupID
		days   community.Day
	}{{"all", 0, nil, 56}, {"hundred", 0, hundred, 56}, {"one", 7, nil, 56}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				m, err := w.e.Measure(b.Context(), 1, c.group, c.within, day+45-c.days, day+45)
				if err != nil || len(m.Groups) == 0 {
					b.Fatal(err, m)
				}
			}
		})
	}
}
