package sim

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/connectortest"
)

func TestDriver(t *testing.T) {
	connectortest.Run(t, connectortest.Harness{InProcess: true, Start: func(t *testing.T) *connectortest.Platform {
		n := NewNetwork(nil)
		n.AddGroup("room", "晨光跑团")
		n.AddGroup("personal", "老友群")
		n.SetCapabilities("personal", PersonalCapabilities())
		return platform(n, "room", "personal")
	}})
}

// A platform that does not recognise repeated keys.
func TestDriverWithoutKeys(t *testing.T) {
	connectortest.Run(t, connectortest.Harness{InProcess: true, Start: func(t *testing.T) *connectortest.Platform {
		n := NewNetwork(nil)
		n.AddGroup("room", "读书会")
		n.AddGroup("full", "晨光跑团")
		c := FullCapabilities()
		c.Deduplicates = false
		n.SetCapabilities("room", c)
		return platform(n, "room", "full")
	}})
}

func platform(n *Network, group string, others ...string) *connectortest.Platform {
	return &connectortest.Platform{
		Driver: Driver{Platform: n}, Account: "us", Group: group, Others: others, Acknowledges: true,
		Say: n.Say, Join: n.Join, Leave: n.Leave, Rename: n.Rename, Recall: n.Recall,
		Redeliver: n.Redeliver, Disconnect: n.Disconnect, Outage: n.Outage, CutMidSend: n.CutMidSend,
		Unknown: func(group string, raw []byte) {
			n.Post(group, connector.Observation{Kind: community.PlatformOther, Raw: raw[:min(len(raw), connectortest.MostRaw)]})
		},
		Slow:     n.SlowBy,
		FailNext: func(count int) { n.FailNext(count, community.Errorf(community.Unavailable, "too busy")) },
		Lacks: map[string]string{
			"Own":       "nobody but us uses a simulated account",
			"Malformed": "inside the process there are no frames",
			"Oversized": "inside the process there are no frames",
			"Probe":     "there is nothing to set up",
		},
		Messages: func(group string) (texts []string) {
			for _, d := range n.Sent() {
				if d.Kind == community.Send && d.Action.Group == group {
					texts = append(texts, d.Action.Text)
				}
			}
			return texts
		},
	}
}

// listenTo runs an account and hands every observation over.
func listenTo(t *testing.T, c connector.Connector) <-chan connector.Observation {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	got := make(chan connector.Observation, 100_000)
	ended := make(chan error)
	go func() {
		ended <- c.Run(ctx, func(_ context.Context, o ...connector.Observation) error {
			for _, x := range o {
				if x.Kind != community.ConnectionChanged {
					got <- x
				}
			}
			return nil
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return got
}

func TestLiveTalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		evening := func() time.Time { return time.Now().Add(12 * time.Hour) } // 20:00 in Shanghai
		c, err := Driver{Clock: evening}.Open("us", []byte(`{"seed":3,"groups":6,"members":30,"pace":"2s","answers":1,"personal":3}`))
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		got := listenTo(t, c)
		counts := map[community.Kind]int{}
		last := map[string]time.Time{}
		ids := map[string]bool{}
		for time.Since(began) < time.Hour {
			o := <-got
			counts[o.Kind]++
			if o.At.Before(last[o.Group]) {
				t.Fatalf("%s goes back in time: %v after %v", o.Group, o.At, last[o.Group])
			}
			if o.Kind == community.MessagePosted && ids[o.ID] {
				t.Fatalf("message ID %s given twice", o.ID)
			}
			ids[o.ID] = true
			last[o.Group] = o.At
		}
		if counts[community.RosterTaken] != 6 {
			t.Errorf("%d rosters, want 6", counts[community.RosterTaken])
		}
		if n := counts[community.MessagePosted]; n < 500 || n > 2000 {
			t.Errorf("%d messages in a lively hour at a pace of 2 s, want 500 to 2,000", n)
		}
		if counts[community.MemberJoined] == 0 {
			t.Error("nobody joined in an hour")
		}
		if _, err := c.Send(t.Context(), connector.Action{Key: community.Key{1}, Group: "g1", Text: "大家好"}); err != nil {
			t.Fatal(err)
		}
		sent := time.Now()
		for o := range got {
			if o.FromUs {
				break
			}
		}
		answered := false
		for time.Since(sent) < 10*time.Second {
			o := <-got
			answered = answered || o.Group == "g1" && o.ID[0] == 's'
		}
		if !answered {
			t.Error("nobody answered what we wrote")
		}
		if c.Capabilities("g3").Mute != connector.Nobody || c.Capabilities("g3").Remove != connector.Human || c.Capabilities("g1").Mute != connector.Machine {
			t.Error("every third group should be a personal one")
		}
	})
}

func TestHistoryIsBackfilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := []byte(`{"seed":3,"groups":4,"members":20,"days":10,"rate":1,"pace":"0"}`)
		c, err := Driver{}.Open("us", config)
		if err != nil {
			t.Fatal(err)
		}
		zone, err := community.LoadZone("Asia/Shanghai")
		if err != nil {
			t.Fatal(err)
		}
		g, err := New(Plan{Seed: 3, Groups: 4, Members: 20, Days: 10, Zone: zone, Start: community.DayOf(time.Now(), zone) - 10, MessagesPerMemberDay: 1})
		if err != nil {
			t.Fatal(err)
		}
		var want, got []connector.Observation
		for o := range g.Observations() {
			if o.Group == "g2" {
				want = append(want, o)
			}
		}
		err = c.(connector.Historian).Backfill(t.Context(), "g2", time.Time{}, time.Now(), func(_ context.Context, o ...connector.Observation) error {
			got = append(got, o...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); len(want) == 0 || d != "" {
			t.Errorf("back-filled against generated history of %d:\n%s", len(want), d)
		}
	})
}

func TestSlowPlatform(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNetwork(nil)
		n.AddGroup("room", "room")
		c, err := Driver{Platform: n}.Open("us", nil)
		if err != nil {
			t.Fatal(err)
		}
		n.SlowBy(3 * time.Second)
		began := time.Now()
		if _, err := c.Send(t.Context(), connector.Action{Group: "room", Text: "x"}); err != nil || time.Since(began) != 3*time.Second {
			t.Errorf("Send took %v, %v; want 3s", time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = c.Send(ctx, connector.Action{Group: "room", Text: "y"})
		if community.CodeOf(err) != community.Unavailable || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Send that ran out of time: %v", err)
		}
		if sent := n.Sent(); len(sent) != 1 {
			t.Errorf("the platform did %d things, want 1", len(sent))
		}
	})
}

func TestModeration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNetwork(nil)
		n.AddGroup("room", "room", connector.Member{ID: "ann", Name: "安"}, connector.Member{ID: "spam", Name: "广告"})
		c, err := Driver{Platform: n}.Open("us", nil)
		if err != nil {
			t.Fatal(err)
		}
		got := listenTo(t, c)
		<-got // roster
		id := n.Say("room", "spam", "加微信领资料", time.Time{})
		<-got
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		key := byte(0)
		act := func(a connector.Action) connector.Action {
			key++
			a.Group, a.Key = "room", community.Key{key}
			return a
		}
		must(c.(connector.Recaller).Recall(t.Context(), act(connector.Action{Message: id})))
		if o := <-got; o.Kind != community.MessageRecalled || !o.FromUs || o.Data["message"] != id || o.Operator.ID != "us" || o.Sender.ID != "spam" {
			t.Errorf("our recall came back as %+v", o)
		}
		must(c.(connector.Muter).Mute(t.Context(), act(connector.Action{Member: "spam", Until: time.Now().Add(time.Hour)})))
		if id := n.Say("room", "spam", "again", time.Time{}); id != "" {
			t.Error("a muted member could write")
		}
		must(c.(connector.Remover).Remove(t.Context(), act(connector.Action{Member: "spam"})))
		if o := <-got; o.Kind != community.MemberLeft || !o.FromUs || o.Operator.ID != "us" {
			t.Errorf("our removal came back as %+v", o)
		}
		if err := c.(connector.Remover).Remove(t.Context(), act(connector.Action{Member: "spam"})); community.CodeOf(err) != community.NotFound {
			t.Errorf("removing somebody who has gone: %v, want NotFound", err)
		}
		must(c.(connector.Announcer).Announce(t.Context(), act(connector.Action{Text: "周六七点"})))
		if o := <-got; o.Kind != community.GroupAnnounced || o.Text != "周六七点" {
			t.Errorf("our announcement came back as %+v", o)
		}
		list, err := c.(connector.Roster).Members(t.Context(), "room")
		if d := cmp.Diff([]connector.Member{{ID: "ann", Name: "安"}}, list); err != nil || d != "" {
			t.Errorf("members: %v\n%s", err, d)
		}
		if k := len(n.Sent()); k != 4 {
			t.Errorf("the platform did %d things, want 4", k)
		}
	})
}

func TestDroppedEcho(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNetwork(nil)
		n.AddGroup("room", "room")
		c, err := Driver{Platform: n}.Open("us", nil)
		if err != nil {
			t.Fatal(err)
		}
		other, err := Driver{Platform: n}.Open("colleague", nil)
		if err != nil {
			t.Fatal(err)
		}
		ours, theirs := listenTo(t, c), listenTo(t, other)
		<-ours
		<-theirs
		n.DropEcho()
		for _, text := range []string{"silent", "heard"} {
			if _, err := c.Send(t.Context(), connector.Action{Key: community.Key{text[0]}, Group: "room", Text: text}); err != nil {
				t.Fatal(err)
			}
		}
		if o := <-ours; o.Text != "heard" || !o.FromUs {
			t.Errorf("we see %+v", o)
		}
		if o := <-theirs; o.Text != "heard" || o.FromUs || o.ActionKey != (community.Key{}) {
			t.Errorf("another account sees %+v", o)
		}
	})
}

func TestOneRunAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := Driver{}.Open("us", nil)
		if err != nil {
			t.Fatal(err)
		}
		listenTo(t, c)
		synctest.Wait()
		if err := c.Run(t.Context(), nil); community.CodeOf(err) != community.Conflict {
			t.Errorf("a second Run: %v, want Conflict", err)
		}
	})
}
