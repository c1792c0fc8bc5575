package wecom

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector/wecom/wecomtest"
)

// Whatever fails, what was emitted gives the members that there really are, and no
// event has two times.
func TestMembersAreRightAfterAStorm(t *testing.T) {
	s := set(t, nil)
	r := rand.New(rand.NewPCG(7, 7))
	var groups []string
	for i := range 10 {
		groups = append(groups, s.sim.Found("", fmt.Sprint("群", i), "zhang"))
	}
	s.run()
	const get = "/cgi-bin/externalcontact/groupchat/get"
	for step := range 400 {
		s.pass(time.Second)
		g := groups[r.IntN(len(groups))]
		member := fmt.Sprintf("wmStorm%022d", r.IntN(40))
		c, _ := s.sim.Chat(g)
		inside := slices.ContainsFunc(c.Members, func(m wecomtest.Member) bool { return m.ID == member })
		switch n := r.IntN(100); {
		case n < 45 && !inside:
			check(t, s.sim.Join(g, wecomtest.Member{ID: member, Scene: 1 + r.IntN(3)}, s.now()))
		case n < 70 && inside:
			check(t, s.sim.Leave(g, member, n%2 == 0, s.now()))
		case n < 80:
			s.sim.Hold()
		case n < 88:
			s.sim.Release(n%2 == 0, 1+r.IntN(2))
		case n < 90:
			s.sim.Lose()
		case n < 93:
			s.sim.Fail(get, r.IntN(4), wecomtest.Fault{Code: []int{-1, 45009, 60011, 42001}[r.IntN(4)]})
		case n < 95:
			s.sim.Fail(get, r.IntN(3), wecomtest.Fault{Cut: true})
		case n < 97:
			s.sim.Redeliver(r.IntN(20))
		case n == 97 && step%3 == 0:
			check(t, s.stop())
			if r.IntN(2) == 0 { // another process
				a := s.open(nil)
				s.mu.Lock()
				s.a = a
				s.mu.Unlock()
			}
			s.run()
		}
	}
	s.sim.Mend()
	s.pass(2 * time.Minute) // the rate is free again
	s.sim.Lose()
	check(t, s.stop())
	s.run()
	s.settled()
	s.sim.Hold()
	for _, g := range groups { // nothing will tell of the last ones
		c, _ := s.sim.Chat(g)
		check(t, s.sim.Leave(g, c.Members[len(c.Members)-1].ID, false, s.now()))
		check(t, s.sim.Join(g, wecomtest.Member{ID: "wmStormLast0000000000000000", Scene: 1}, s.now()))
	}
	s.sim.Lose()
	check(t, s.stop())
	before := s.sim.Calls(get)
	s.run() // the full reading finds what was lost
	s.until("every group is read", func() bool { return s.sim.Calls(get)-before >= len(groups) })
	s.settled()

	members := map[string]map[string]bool{}
	times := map[string]time.Time{}
	for _, o := range s.all() {
		if members[o.Group] == nil {
			members[o.Group] = map[string]bool{}
		}
		switch o.Kind {
		case community.RosterTaken:
			clear(members[o.Group])
			for _, m := range o.Members {
				members[o.Group][m.ID] = true
			}
		case community.MemberJoined:
			members[o.Group][o.Sender.ID] = true
		case community.MemberLeft:
			delete(members[o.Group], o.Sender.ID)
		}
		if at, ok := times[o.ID]; ok && o.ID != "" && !at.Equal(o.At) {
			t.Errorf("%s happened at %v and at %v", o.ID, at, o.At)
		}
		times[o.ID] = o.At
	}
	for _, g := range groups {
		c, _ := s.sim.Chat(g)
		want := map[string]bool{}
		for _, m := range c.Members {
			want[m.ID] = true
			if _, ok := times[fmt.Sprintf("join/%s/%s/%d", g, m.ID, m.Joined)]; !ok {
				t.Errorf("%s's coming into %s was never told", m.ID, g)
			}
		}
		if !maps.Equal(members[g], want) {
			t.Errorf("%s has %d members and %d are believed", g, len(want), len(members[g]))
		}
	}
}
