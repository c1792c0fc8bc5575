package engine

import (
	"context"
	"fmt"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// remark draws a message of a talk that mostly goes forward, with some that are
// told late, and says when it was.
func remark(rt *rapid.T, n int, now time.Time) (store.Draft, time.Time) {
	minutes := rapid.SampledFrom([]int{0, 1, 5, 29, 61, 300, -1, -40, -1500}).Draw(rt, "later")
	at := now.Add(time.Duration(minutes) * time.Minute)
	e := community.Event{
		Key:  community.KeyParts{Kind: community.MessagePosted, Network: "sim", Group: "g", ID: fmt.Sprint(n)}.Key(),
		Kind: community.MessagePosted, Origin: community.Live, At: at, Source: "test", Content: community.Text,
		Body: &community.Body{MessageID: fmt.Sprint(n), Text: rapid.SampledFrom([]string{"几点上课？", "好的", "名1：八点"}).Draw(rt, "text")},
	}
	if rapid.IntRange(0, 9).Draw(rt, "ours") == 0 {
		e.Flags |= community.FromUs
	}
	d := store.Draft{Network: "sim", Group: "g", Zone: "Asia/Shanghai"}
	who := rapid.IntRange(1, 3).Draw(rt, "who")
	d.Subject = store.Outside{ID: fmt.Sprint("u", who), Name: fmt.Sprint("名", who)}
	switch rapid.IntRange(0, 3).Draw(rt, "answers") {
	case 0:
		e.Flags |= community.Replies
		e.Body.Text, e.Body.Data = "好的", map[string]string{"reply_to": fmt.Sprint(rapid.IntRange(0, n).Draw(rt, "quotes"))}
	case 1:
		e.Mentions, e.Body.Text = 1, "好的"
		d.Targets = []store.Outside{{ID: fmt.Sprint("u", rapid.IntRange(1, 3).Draw(rt, "mentions"))}}
	}
	d.Event = e
	if at.Before(now) {
		at = now
	}
	return d, at
}

// Answers that are counted on as messages come in equal those counted from the log
// at once, also where messages come late.
func TestAnswersCountedOnEqualThoseCountedAnew(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ctx, next, answers := context.Background(), community.ID(1), 0
		rapid.Check(t, func(rt *rapid.T) {
			if int(next) > few(80, 8) {
				return
			}
			next++
			c := next
			check := func(err error) {
				if err != nil {
					rt.Helper()
					rt.Fatal(err)
				}
			}
			check(w.db.AddCommunity(ctx, c, fmt.Sprint("c", c), "c", "Asia/Shanghai"))
			now := begin
			for n, total := 0, rapid.IntRange(10, 60).Draw(rt, "messages"); n < total; {
				var drafts []store.Draft
				for range rapid.IntRange(1, 8).Draw(rt, "batch") {
					var d store.Draft
					d, now = remark(rt, n, now)
					drafts = append(drafts, d)
					n++
				}
				_, err := w.db.Append(ctx, c, drafts...)
				check(err)
				check(w.e.catchUp(ctx, c))
			}
			check(w.db.Read(ctx, func(q store.Querier) error {
				groups, err := store.Groups(ctx, q, c)
				check(err)
				from, to := community.DayOf(begin, groups[0].Zone)-2, community.DayOf(now, groups[0].Zone)
				head, err := store.Head(ctx, q, c)
				check(err)
				anew, _, err := new(insightdb.Ears).CountTalks(ctx, q, groups[0], from, to, head, 1<<30)
				check(err)
				known, err := insightdb.TalksOf(ctx, q, c, groups[0].ID, from)
				check(err)
				want, got := map[community.Day]*insight.Talk{}, map[community.Day]*insight.Talk{}
				for d := from; d <= to; d++ {
					want[d], got[d] = insight.NewTalk(), insight.NewTalk()
				}
				for _, d := range anew {
					want[d.Day] = d.Talk
					answers += d.Answers()
				}
				for _, d := range known {
					got[d.Day] = d.Talk
				}
				if diff := gocmp.Diff(want, got); diff != "" {
					rt.Fatal(diff)
				}
				return nil
			}))
		})
		if answers < 20 {
			t.Errorf("only %d answers", answers)
		}
	})
}
