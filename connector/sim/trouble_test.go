package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"qunying/community"
	"qunying/connector"
)

// An hour of troubles: strangers come and post the same in two groups, members say
// what is not said on quiet days.
func TestTrouble(t *testing.T) {
	for every, want := range map[string]int{"": 0, "2m": 30} {
		synctest.Test(t, func(t *testing.T) {
			c, err := Driver{}.Open("us", []byte(`{"seed":5,"groups":4,"members":30,"pace":"0","trouble":"`+every+`"}`))
			if err != nil {
				t.Fatal(err)
			}
			heard := listenTo(t, c)
			joined := map[string][]connector.Observation{} // by stranger
			posts := map[string][]connector.Observation{}
			said := 0
			for end := time.After(time.Hour); end != nil; {
				select {
				case o := <-heard:
					switch o.Kind {
					case community.MemberJoined:
						joined[o.Sender.ID] = append(joined[o.Sender.ID], o)
					case community.MessagePosted:
						said++
						posts[o.Sender.ID] = append(posts[o.Sender.ID], o)
					}
				case <-end:
					end = nil
				}
			}
			if len(joined) != want/2 {
				t.Errorf("%q: %d strangers came, want %d", every, len(joined), want/2)
			}
			for id, in := range joined {
				p := posts[id]
				if len(in) != 2 || len(p) != 2 || p[0].Group == p[1].Group || p[0].Text != p[1].Text || p[0].ID == p[1].ID || !p[0].At.After(in[0].At) {
					t.Errorf("%q: %s joined %v and posted %v", every, id, in, p)
				}
			}
			if quarrels := said - 2*len(joined); quarrels < want/2 || want == 0 && quarrels > 0 {
				t.Errorf("%q: members said %d things", every, quarrels)
			}
		})
	}
}

// A slump is a fifth of what a group said before, in that group alone.
func TestSlump(t *testing.T) {
	perDay := func(slumps int) (before, last [2]float64) {
		g, err := New(Plan{Seed: 3, Groups: 2, Members: 80, Days: 60, Start: 20_000, MessagesPerMemberDay: 1, Slumps: slumps})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for range g.WithTruth(func(d GroupDay) {
			k := n % 2
			if n/2 < 60-slumpDays {
				before[k] += float64(d.Messages) / (60 - slumpDays)
			} else {
				last[k] += float64(d.Messages) / slumpDays
			}
			n++
		}) {
		}
		return before, last
	}
	for _, slumps := range []int{0, 1} {
		before, last := perDay(slumps)
		for k := range before {
			if share := last[k] / before[k]; (share < 0.4) != (k < slumps) {
				t.Errorf("with %d slumps group %d says %.2f of what it used to", slumps, k+1, share)
			}
		}
	}
}
