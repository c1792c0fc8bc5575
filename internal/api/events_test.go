package api

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"qunying/community"
	"qunying/internal/store"
	"qunying/internal/store/team"
)

// listening is an open event stream.
type listening struct {
	t     *testing.T
	lines *bufio.Scanner
	close func()
}

func (b *browser) listen(lastID string, since ...string) *listening {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 2*time.Minute)
	req, err := http.NewRequestWithContext(ctx, "GET", b.url+root+"/communities/default/events?since="+strings.Join(since, ""), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	resp, err := b.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	if ct := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || !strings.HasPrefix(ct, "text/event-stream") {
		b.t.Fatalf("status %d, %s", resp.StatusCode, ct)
	}
	l := &listening{b.t, bufio.NewScanner(resp.Body), func() { cancel(); resp.Body.Close() }}
	b.t.Cleanup(l.close)
	if id, _, ok := l.next(); !ok || id != "" {
		b.t.Fatalf("the stream begins with %q, %v", id, ok)
	}
	return l
}

// next reads one block; comments and the block with retry have no ID.
func (l *listening) next() (id string, e StaleEvent, ok bool) {
	l.t.Helper()
	for l.lines.Scan() {
		line := l.lines.Text()
		switch {
		case line == "":
			return id, e, true
		case strings.HasPrefix(line, "id: "):
			id = line[4:]
		case strings.HasPrefix(line, "event: ") && line != "event: stale":
			l.t.Fatalf("%q", line)
		case strings.HasPrefix(line, "data: "):
			if err := json.Unmarshal([]byte(line[6:]), &e); err != nil {
				l.t.Fatal(err)
			}
		}
	}
	return "", StaleEvent{}, false
}

func change(seq community.Seq, group community.GroupID, what ...string) Change {
	return Change{At: Position{3, seq}, Groups: []community.GroupID{group}, What: what}
}

func TestEventsAreDeliveredAndResumed(t *testing.T) {
	s := newStand(t, sqlite(t))
	b := s.as("viewer")
	l := b.listen("")
	s.feed.Publish(1, change(10, 5, "numbers"))
	s.feed.Publish(2, change(11, 6, "numbers")) // another community
	id, e, _ := l.next()
	want := StaleEvent{Answer: Answer{10}, Groups: []community.GroupID{5}, What: []string{"numbers"}}
	if id != "3.10" || !cmp.Equal(e, want) {
		t.Errorf("%s %s", id, cmp.Diff(want, e))
	}
	l.close()

	s.feed.Publish(1, change(12, 7, "stream"))
	s.feed.Publish(1, change(13, 6, "numbers", "stream"))
	id, e, _ = b.listen(id).next()
	want = StaleEvent{Answer: Answer{13}, Groups: []community.GroupID{5, 6, 7}, What: []string{"numbers", "stream"}}
	if id != "3.13" || !cmp.Equal(e, want) { // what is at the position itself is told again
		t.Errorf("%s %s", id, cmp.Diff(want, e))
	}

	for _, lastID := range []string{"2.10", "3.9", "3.99", "nonsense", "-1.5", "3."} {
		id, e, _ = b.listen(lastID).next()
		if id != "3.13" || !e.All {
			t.Errorf("after %q: %s %+v, want everything", lastID, id, e)
		}
	}
}

func TestStreamEndsWithItsSession(t *testing.T) {
	s := newStand(t, sqlite(t))
	s.server.beat = 5 * time.Millisecond
	b := s.as("viewer")
	l := b.listen("")
	if _, _, ok := l.next(); !ok { // a sign of life
		t.Fatal("the stream ended early")
	}
	if err := s.db.Write(t.Context(), func(tx *store.Tx) error { return team.RevokeAll(t.Context(), tx, 1) }); err != nil {
		t.Fatal(err)
	}
	for { // ends, or the listener's time does
		if _, _, ok := l.next(); !ok {
			break
		}
	}
	if err := l.lines.Err(); err != nil {
		t.Errorf("the stream did not end by itself: %v", err)
	}
	b.do("GET", root+"/communities/default/events", nil).problem(http.StatusUnauthorized, "unauthorized")
}

// TestStreamSincePageWasRead: what changed between an answer and the opening of the
// stream is told first.
func TestStreamSincePageWasRead(t *testing.T) {
	s := newStand(t, sqlite(t))
	if err := s.feed.Begin(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	b := s.as("owner")
	var list CommunitiesAnswer
	b.do("GET", root+"/communities", nil).want(200).read(&list)
	s.feed.Publish(1, Change{At: Position{Epoch: 1, Seq: 7}, Groups: []community.GroupID{3}, What: []string{"numbers"}})
	l := b.listen("", list.Communities[0].Position)
	if id, e, ok := l.next(); !ok || id != "1.7" || e.All || !slices.Equal(e.Groups, []community.GroupID{3}) {
		t.Errorf("the stream begins with %s %+v, %v", id, e, ok)
	}
}

// nowhere is the position of a log that nothing is in.
func nowhere(context.Context, community.ID) (Position, error) { return Position{Epoch: 1}, nil }

// TestFeedFromWhereItBegan: who was there when the feed began has missed nothing
// until something changes.
func TestFeedFromWhereItBegan(t *testing.T) {
	f := NewFeed(nowhere)
	if err := f.Begin(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	at := Position{Epoch: 1}
	if got, some := f.communities[1].since(at, at); some {
		t.Errorf("missed %+v of nothing", got)
	}
	if got, some := f.communities[1].since(Position{Epoch: 1, Seq: 5}, Position{Epoch: 1, Seq: 5}); some { // its answer is newer than the last change
		t.Errorf("missed %+v of nothing", got)
	}
	f.Publish(1, Change{At: at, What: []string{"outbox"}}) // no event of the log
	if got, some := f.communities[1].since(at, at); !some || got.All || !slices.Equal(got.What, []string{"outbox"}) {
		t.Errorf("missed %+v, %v", got, some)
	}
	if got, some := f.communities[1].since(Position{Epoch: 2}, at); !some || !got.All {
		t.Errorf("after a restore: %+v, %v", got, some)
	}
}

func TestFeedMergesWhileNobodyReads(t *testing.T) {
	f := NewFeed(nowhere)
	ctx, cancel := context.WithCancel(t.Context())
	changes := f.Subscribe(ctx, 1, Position{})
	for i := range community.Seq(5000) {
		f.Publish(1, change(i+1, community.GroupID(i%3+1), "numbers"))
	}
	var got Change
	events := 0
	for got.At.Seq < 5000 {
		got = <-changes
		events++
	}
	if events > 3 {
		t.Errorf("%d events for what nobody waited for", events)
	}
	cancel()
	for range changes { // closes
	}
	if n := len(f.communities[1].recent); n > remembered {
		t.Errorf("%d changes are remembered", n)
	}
}

// TestFeedTellsEverythingMissed: whoever resumes anywhere learns at least what
// was published after it.
func TestFeedTellsEverythingMissed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := NewFeed(nowhere)
		n := rapid.IntRange(1, 3000).Draw(t, "published")
		at := community.Seq(0)
		var all []Change
		for range n {
			at += community.Seq(rapid.IntRange(0, 2).Draw(t, "step"))
			c := change(at, community.GroupID(rapid.IntRange(1, 9).Draw(t, "group")), "numbers")
			all = append(all, c)
			f.Publish(1, c)
		}
		seen := rapid.IntRange(0, n-1).Draw(t, "seen")
		since := all[seen].At
		got, some := f.communities[1].since(since, all[n-1].At)
		if !some || got.At != all[n-1].At {
			t.Fatalf("since %v: %+v", since, got)
		}
		if got.All {
			return
		}
		for _, c := range all[seen:] {
			if !slices.Contains(got.Groups, c.Groups[0]) {
				t.Fatalf("group %d changed after %v and is not told", c.Groups[0], since)
			}
		}
	})
}

func FuzzPosition(f *testing.F) {
	for _, s := range []string{"", "3.10", "x", ".", "-1.-1", "9223372036854775808.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, id string) {
		p := parsePosition(id)
		if (p == Position{}) && id != "" && strings.Trim(id, "+0.") != "" {
			t.Errorf("%q is read as the beginning", id)
		}
	})
}
