package connectortest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/connector"
)

func opens(t *testing.T, p *Platform) {
	if p.Driver.Network() == "" {
		t.Error("the driver names no network")
	}
	if _, err := p.Driver.Open(p.Account, []byte("{")); community.CodeOf(err) != community.Invalid {
		t.Errorf("Open with broken settings: %v, want an error that is Invalid", err)
	}
	began := time.Now()
	open(t, p)
	if d := time.Since(began); d > TimeLimit {
		t.Errorf("Open took %v: it must not wait for the network", d)
	}
}

// saySome lets three members write count messages, a second apart.
func saySome(p *Platform, from time.Time, prefix string, count int) []string {
	var out []string
	for i := range count {
		text := fmt.Sprintf("%s %d", prefix, i)
		p.Say(p.Group, []string{"ann", "bo", "cai"}[i%3], text, from.Add(time.Duration(i)*time.Second))
		out = append(out, text)
	}
	return out
}

func order(t *testing.T, p *Platform) {
	s := start(t, p, nil)
	want := saySome(p, noon, "line", 60)
	s.await("last line", said(want[len(want)-1]))
	got := messages(s.all())
	if d := cmp.Diff(want, texts(got)); d != "" {
		t.Errorf("messages (-said +emitted):\n%s", d)
	}
	ids := map[string]bool{}
	for _, o := range got {
		if o.Group != p.Group || o.Sender == (connector.Member{}) || o.Content != community.Text || o.FromUs {
			t.Fatalf("a member's text is emitted as %+v", o)
		}
		if o.ID != "" && ids[o.ID] {
			t.Errorf("message ID %q was given twice", o.ID)
		}
		ids[o.ID] = true
	}
	if s.overlap {
		t.Error("an observation was emitted before the one before it in its group had returned")
	}
}

func clocks(t *testing.T, p *Platform) {
	s := start(t, p, nil)
	for i, skew := range []time.Duration{-26 * time.Hour, 0, 3 * time.Hour} {
		text, at := fmt.Sprint("skewed ", i), time.Now().Add(skew).Truncate(time.Second)
		p.Say(p.Group, "ann", text, at)
		if got := s.await(text, said(text)).At; !got.Equal(at) {
			t.Errorf("the platform said %v, emitted as %v", at, got)
		}
	}
	if d := cmp.Diff([]string{"skewed 0", "skewed 1", "skewed 2"}, texts(s.all())); d != "" {
		t.Errorf("messages of a platform whose clock is wrong (-said +emitted):\n%s", d)
	}
}

func comings(t *testing.T, p *Platform) {
	p.need(t, "Join", p.Join != nil)
	p.need(t, "Leave", p.Leave != nil)
	s := start(t, p, nil)
	p.Say(p.Group, "ann", "hello", noon)
	p.Join(p.Group, "dee", "ann", noon.Add(time.Minute))
	joined := s.await("join", kind(community.MemberJoined, "dee"))
	if joined.Operator != (connector.Member{}) && subject(joined.Operator) != "ann" {
		t.Errorf("dee was invited by %+v, want ann or nobody known", joined.Operator)
	}
	p.Leave(p.Group, "dee", "", noon.Add(2*time.Minute))
	if left := s.await("leave", kind(community.MemberLeft, "dee")); left.Operator != (connector.Member{}) {
		t.Errorf("dee left by choice, emitted as removed by %+v", left.Operator)
	}
	if p.Rename == nil {
		p.need(t, "Rename", false)
	}
	p.Rename(p.Group, "ann", "Annie", noon.Add(3*time.Minute))
	if o := s.await("rename", func(o connector.Observation) bool { return o.Kind == community.MemberRenamed }); o.Sender.Name != "Annie" {
		t.Errorf("ann is now called %q, want Annie", o.Sender.Name)
	}
}

func recalls(t *testing.T, p *Platform) {
	p.need(t, "Recall", p.Recall != nil)
	s := start(t, p, nil)
	id := p.Say(p.Group, "ann", "oops", noon)
	p.Recall(p.Group, id, noon.Add(time.Second))
	o := s.await("recall", func(o connector.Observation) bool { return o.Kind == community.MessageRecalled })
	if o.Data["message"] != id || o.FromUs {
		t.Errorf("recall of %q emitted as %+v", id, o)
	}
	if keyOf(p, o) == keyOf(p, s.await("message", said("oops"))) {
		t.Error("a recall has the key of its message")
	}
}

func unknowns(t *testing.T, p *Platform) {
	p.need(t, "Unknown", p.Unknown != nil)
	s := start(t, p, nil)
	raw := []byte(`{"what":"nobody knows"}`)
	p.Unknown(p.Group, raw)
	o := s.await("unknown", func(o connector.Observation) bool { return o.Kind == community.PlatformOther })
	if len(o.Raw) == 0 || o.Group != p.Group {
		t.Errorf("emitted without its raw text or group: %+v", o)
	}
	p.Unknown(p.Group, []byte(`{"what":"`+strings.Repeat("long", MostRaw/4)+`"}`))
	o = s.awaitNth("a long unknown", 2, func(o connector.Observation) bool { return o.Kind == community.PlatformOther })
	if len(o.Raw) == 0 || len(o.Raw) > MostRaw {
		t.Errorf("a long unknown is kept with %d bytes, want 1 to %d", len(o.Raw), MostRaw)
	}
	p.Say(p.Group, "ann", "after", noon)
	s.await("after", said("after"))
}

// late: the store is away when the connector starts. It tries again and does not
// give up, and tells how it is as soon as somebody listens.
func late(t *testing.T, p *Platform) {
	var left atomic.Int32
	left.Store(3)
	s := start(t, p, func(context.Context, []connector.Observation) error { // it returns once the state was told
		if left.Add(-1) >= 0 {
			return community.Errorf(community.Unavailable, "the database is away")
		}
		return nil
	})
	s.stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.starts != 1 || left.Load() >= 0 {
		t.Errorf("Run began %d times and the store was asked %d times, want once and more than 3", s.starts, 3-left.Load())
	}
}

// refusals: whatever the error, either the same comes again or Run stops, and
// after a new start it comes again.
func refusals(t *testing.T, p *Platform) {
	codes := []community.Code{community.Unavailable}
	if p.Acknowledges { // else what a stop leaves behind is gone
		codes = append(codes, community.Internal)
	}
	for _, code := range codes {
		var left atomic.Int32
		left.Store(3)
		s := start(t, p, func(context.Context, []connector.Observation) error {
			if left.Add(-1) >= 0 {
				return community.Errorf(code, "the disk is full")
			}
			return nil
		})
		want := saySome(p, noon, string(code), 12)
		s.await("last line", said(want[len(want)-1]))
		if d := cmp.Diff(want, unique(texts(s.all()))); d != "" {
			t.Errorf("after refusals as %s (-said +emitted):\n%s", code, d)
		}
		s.stop()
	}
}

// unique drops repeats: a platform may deliver again what it holds unacknowledged.
func unique(in []string) []string {
	out := []string{}
	for _, x := range in {
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

// crash: the process ends while an observation is being stored.
func crash(t *testing.T, p *Platform) {
	p.need(t, "Acknowledges", p.Acknowledges)
	reached := make(chan struct{}, 1000)
	s := start(t, p, func(ctx context.Context, o []connector.Observation) error {
		if !slices.ContainsFunc(o, said("in flight")) {
			return nil
		}
		reached <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	})
	p.Say(p.Group, "ann", "in flight", noon)
	select {
	case <-reached:
	case <-time.After(TimeLimit):
		t.Fatal("the message was never emitted")
	}
	s.stop()
	again := start(t, p, nil)
	again.await("the message that was in flight", said("in flight"))
}

func restart(t *testing.T, p *Platform) {
	s := start(t, p, nil)
	want := saySome(p, noon, "before", 20)
	s.await("last line", said(want[len(want)-1]))
	s.stop()
	again := start(t, p, nil)
	p.Say(p.Group, "ann", "after", noon.Add(time.Hour))
	again.await("a message after the restart", said("after"))
	if d := cmp.Diff([]string{"after"}, texts(again.all())); d != "" {
		t.Errorf("messages after a restart (-want +emitted):\n%s", d)
	}
}

func reconnects(t *testing.T, p *Platform) {
	p.need(t, "Disconnect", p.Disconnect != nil)
	s := start(t, p, nil)
	p.Say(p.Group, "ann", "one", noon)
	s.await("one", said("one"))
	want := []string{"one"}
	for i := range 3 {
		before, seen := time.Now(), len(s.all())
		p.Disconnect()
		text := fmt.Sprint("after cut ", i)
		p.Say(p.Group, "bo", text, noon.Add(time.Duration(i+1)*time.Minute))
		s.await(text, said(text))
		want = append(want, text)
		if !p.Acknowledges { // what happened meanwhile is gone, and that must be told
			back := s.awaitBack(seen)
			if m := missedFrom(back); m.IsZero() || m.After(before) {
				t.Errorf("back after a cut at %v that lost what was said, missed from %v", before, m)
			}
		}
	}
	if d := cmp.Diff(want, unique(texts(s.all()))); d != "" {
		t.Errorf("around cuts (-said +emitted):\n%s", d)
	}
	s.keptOn()
}

// keptOn checks that Run did not give up.
func (s *session) keptOn() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.starts != 1 {
		s.t.Errorf("Run gave up %d times: it must go on by itself", s.starts-1)
	}
}

func malformed(t *testing.T, p *Platform) {
	p.need(t, "Malformed", p.Malformed != nil)
	survives(t, p, p.Malformed)
}

func oversized(t *testing.T, p *Platform) {
	p.need(t, "Oversized", p.Oversized != nil)
	survives(t, p, p.Oversized)
}

// survives: around a frame that cannot be read nothing is lost, and that one may
// be missing is told, either to the platform or to us.
func survives(t *testing.T, p *Platform, deliver func() (refused bool)) {
	s := start(t, p, nil)
	p.Say(p.Group, "ann", "before", noon)
	s.await("before", said("before"))
	told := func() (n int) {
		for _, o := range s.all() {
			if o.Kind == community.PlatformOther || o.Kind == community.CoverageLost || o.Kind == community.ConnectionChanged && o.Data["state"] != string(connector.Online) {
				n++
			}
		}
		return n
	}
	was := told()
	refused := deliver()
	p.Say(p.Group, "ann", "after", noon.Add(time.Second))
	s.await("after", said("after"))
	if d := cmp.Diff([]string{"before", "after"}, unique(texts(s.all()))); d != "" {
		t.Errorf("around a frame that cannot be read (-said +emitted):\n%s", d)
	}
	if !refused && told() == was {
		t.Error("a frame that could not be read was passed over in silence")
	}
	s.keptOn()
}

// states: a connector says how its connection is from the start, as of no group,
// and says again what it becomes.
func states(t *testing.T, p *Platform) {
	s := start(t, p, nil)
	s.hello()
	words := []connector.State{connector.Online, connector.Degraded, connector.Offline, connector.Waiting}
	last := connector.Observation{}
	for _, o := range s.all() {
		if o.Kind != community.ConnectionChanged {
			continue
		}
		if o.Group != "" || o.At.IsZero() || !slices.Contains(words, connector.State(o.Data["state"])) {
			t.Errorf("a state is told as %+v", o)
		}
		if o.Data["state"] == last.Data["state"] && o.Data["code"] == last.Data["code"] {
			t.Errorf("told twice: %+v", o)
		}
		last = o
	}
	if !state(connector.Online)(last) {
		t.Errorf("the last state of a connection that works is %+v", last)
	}
}

func redelivery(t *testing.T, p *Platform) {
	p.need(t, "Redeliver", p.Redeliver != nil)
	s := start(t, p, nil)
	want := saySome(p, noon, "twice", 5)
	s.await("last line", said(want[4]))
	p.Redeliver(p.Group, 5)
	second := s.awaitNth("last line again", 2, said(want[4]))
	first := s.await("last line", said(want[4]))
	sameEvent(t, p, first, second)
	for _, text := range want {
		sameEvent(t, p, s.await(text, said(text)), s.awaitNth(text, 2, said(text)))
	}
}

func sameEvent(t *testing.T, p *Platform, a, b connector.Observation) {
	t.Helper()
	if keyOf(p, a) != keyOf(p, b) {
		t.Errorf("two copies of one event have different keys:\n%+v\n%+v", a, b)
	}
	if p.Driver.StableTimes() && !a.At.Equal(b.At) {
		t.Errorf("StableTimes, yet copies of one event say %v and %v", a.At, b.At)
	}
}

func backfill(t *testing.T, p *Platform) {
	s := start(t, p, nil)
	h, ok := s.c.(connector.Historian)
	p.need(t, "Backfill", ok)
	want := saySome(p, noon, "kept", 20)
	s.await("last line", said(want[19]))
	var copies []connector.Observation
	collect := func(_ context.Context, o ...connector.Observation) error {
		copies = append(copies, o...)
		return nil
	}
	if err := h.Backfill(t.Context(), p.Group, noon.Add(5*time.Second), noon.Add(15*time.Second), collect); err != nil {
		t.Fatalf("Backfill: %v", err)
	}
	if d := cmp.Diff(want[5:15], texts(copies)); d != "" {
		t.Errorf("back-filled [5 s, 15 s) (-said +emitted):\n%s", d)
	}
	for _, o := range messages(copies) {
		sameEvent(t, p, s.await(o.Text, said(o.Text)), o)
	}
	full := errors.New("full")
	err := h.Backfill(t.Context(), p.Group, noon, noon.Add(time.Hour), func(context.Context, ...connector.Observation) error { return full })
	if !errors.Is(err, full) {
		t.Errorf("Backfill whose emissions are refused: %v, want the refusal", err)
	}
}

// ownedUp stands for all that says that something may be missing.
const ownedUp = "(owned up to)"

func outage(t *testing.T, p *Platform) {
	p.need(t, "Outage", p.Outage != nil)
	s := start(t, p, nil)
	p.Say(p.Group, "ann", "before", noon)
	s.await("before", said("before"))
	from, to := noon.Add(time.Minute), noon.Add(time.Hour)
	p.Outage(from, to)
	p.Say(p.Group, "ann", "missed", noon.Add(10*time.Minute))
	p.Say(p.Group, "ann", "after", noon.Add(2*time.Hour))
	s.await("after", said("after"))
	var got []string
	for _, o := range s.all() {
		switch {
		case o.Kind == community.MessagePosted:
			got = append(got, o.Text)
			continue
		case o.Kind == community.CoverageLost && o.Group == p.Group && o.At.After(from),
			o.Kind == community.CoverageBack && o.Group == p.Group && o.At.Before(to):
			t.Errorf("%s at %v, want to cover [%v, %v)", o.Kind, o.At, from, to)
		case (o.Kind == community.CoverageLost || o.Kind == community.CoverageBack) && o.Group == p.Group:
		case !missedFrom(o).IsZero(): // the engine makes coverage of it
		default:
			continue
		}
		if len(got) > 0 && got[len(got)-1] != ownedUp {
			got = append(got, ownedUp)
		}
	}
	if d := cmp.Diff([]string{"before", ownedUp, "after"}, got); d != "" {
		t.Errorf("around an outage (-want +emitted):\n%s", d)
	}
	h, ok := s.c.(connector.Historian)
	if !ok {
		return
	}
	var copies []connector.Observation
	err := h.Backfill(t.Context(), p.Group, from, to, func(_ context.Context, o ...connector.Observation) error {
		copies = append(copies, o...)
		return nil
	})
	if d := cmp.Diff([]string{"missed"}, texts(copies)); err != nil || d != "" {
		t.Errorf("back-filled outage: %v (-want +emitted):\n%s", err, d)
	}
}
