package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
	"qunying/internal/moderation/watch"
	"qunying/internal/store"
)

// tried are two policies that differ in what they ask, in CEL and in forms.
func tried() (draft, inForce policy.Policy) {
	draft = policy.Default()
	warn := []policy.Step{{Acts: []policy.Act{{Do: policy.Warn}}}, {Acts: []policy.Act{{Do: policy.Mute, Minutes: 10}}}, {Acts: []policy.Act{{Do: policy.Remove}}}}
	one := func(id, expr string, s policy.Severity) policy.Clause {
		return policy.Clause{ID: id, Name: id, Layer: policy.Basic, Category: "flood", Severity: s, Stage: policy.Suggest, Ladder: warn, When: policy.When{Expr: expr}}
	}
	draft.Clauses = append(draft.Clauses, one("again", `recent.repeats >= 2 && !text.contains("早")`, policy.Light), one("code", `"qr" in found`, policy.Serious),
		one("third", `member.strikes >= 2 && length > 6`, policy.Light))
	draft.Clauses[len(draft.Clauses)-1].AtOnce = []policy.Do{policy.Recall}
	inForce = policy.Policy{Clauses: []policy.Clause{one("new", `member.hours < 1.0 && "wechat" in found`, policy.Serious), one("same", `recent.groups >= 2`, policy.Light),
		one("picture", `form == "image" && recent.media_60s >= 2`, policy.Light)}}
	return draft, inForce
}

// talk lets people talk for some hours in three groups, partly late and in no order.
func (w *world) talk(n int) {
	r := rand.New(rand.NewPCG(7, 8))
	texts := []string{"早", "大家早上好呀今天天气不错", "加微信 abc12345 领取资料", "加薇❤信 abc❤12345 领取资料", "看看 http://t.example/a", "傻逼", "退款退款我要投诉你们", "打卡 第三天",
		"高薪兼职日结三百有兴趣的来加微信 xyz98765", "@所有人 开会了"}
	var heard []connector.Observation
	for range n {
		who, group := fmt.Sprint("m", r.IntN(12)), fmt.Sprint("g", r.IntN(3))
		w.advance(time.Duration(r.IntN(40)) * time.Second)
		o := w.say(group, who, texts[r.IntN(len(texts))])
		switch r.IntN(12) {
		case 0:
			o = w.join(group, who, 0)
		case 1, 2:
			o.Content = community.Image
		case 3:
			o.At = o.At.Add(-time.Duration(r.IntN(300)) * time.Second)
		case 4:
			o.Text = fmt.Sprintf("%s %d", o.Text, r.IntN(1000))
		}
		heard = append(heard, o)
	}
	for part := range slices.Chunk(heard, 50) {
		w.observe(part...)
	}
}

// readPictures tells of codes in every third picture.
func (w *world) readPictures() {
	w.t.Helper()
	n := 0
	for _, ev := range w.log(1) {
		if ev.Content != community.Image || ev.Kind != community.MessagePosted {
			continue
		}
		if n++; n%3 != 0 {
			continue
		}
		codes, _ := json.Marshal([]string{"https://weixin.qq.com/g/" + fmt.Sprint(n%2)})
		if err := w.db.Write(w.t.Context(), func(tx *store.Tx) error {
			_, err := tx.Append(1, []store.Draft{{Event: community.Event{Key: community.KeyParts{Kind: CodesRead, ID: fmt.Sprint(ev.Seq)}.Key(), Kind: CodesRead, Group: ev.Group,
				Identity: ev.Identity, At: ev.At, Content: ev.Content, Source: "picture",
				Body: &community.Body{Name: ev.Body.Name, Text: ev.Body.Text, Data: map[string]string{"seq": decimal(int64(ev.Seq)), "part": "0", "codes": string(codes)}}}}})
			return err
		}); err != nil {
			w.t.Fatal(err)
		}
	}
}

// plainly tries a draft the plain way: every event whole, one after the other.
func (w *world) plainly(in Backtest) (out casework.BacktestResult) {
	ctx := w.t.Context()
	draft, err := policy.Compile(in.Policy)
	if err != nil {
		w.t.Fatal(err)
	}
	type person struct {
		mine, theirs []time.Time
		began        map[string]time.Time // of the flood by "again", and by "picture", in a group
	}
	type seat struct {
		group community.GroupID
		who   community.IdentityID
	}
	type severities struct{ mine, theirs policy.Severity }
	see := watch.New(watch.Config{})
	people, joined, written, days := map[community.IdentityID]*person{}, map[seat]time.Time{}, map[seat]int{}, map[community.Day]*casework.BacktestDay{}
	clauses, gone, struck := map[string]int64{}, map[string]int64{}, map[community.Seq]*severities{}
	log := w.log(1)
	slices.SortFunc(log, func(a, b community.Event) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Seq, b.Seq)) })
	zone, _ := community.LoadZone("Asia/Shanghai")
	for i := range log {
		ev := &log[i]
		day, key := community.DayOf(ev.At, zone), seat{ev.Group, ev.Identity}
		if ev.Group == 0 || day < in.From || day > in.To || len(in.Groups) > 0 && !slices.Contains(in.Groups, ev.Group) {
			continue
		}
		if ev.Kind == community.MemberJoined {
			joined[key] = ev.At
			see.Join(ev.At, ev.Group, community.PersonID(ev.Identity))
		}
		if ev.Kind != community.MessagePosted && ev.Kind != CodesRead {
			continue
		}
		rules, err := w.e.rulesFor(ctx, 1, ev.Group, 0)
		if err != nil {
			w.t.Fatal(err)
		}
		r := rules.reader.Read(messageOf(ev))
		facts := policy.Facts{Now: ev.At.In(zone), Form: string(ev.Content), CheckIn: checkIn(r.Normal), Member: policy.Member{Hours: -1, Messages: written[key]}}
		if at, ok := joined[key]; ok {
			facts.Member.Hours = ev.At.Sub(at).Hours()
		}
		if days[day] == nil {
			days[day] = &casework.BacktestDay{Day: day}
		}
		if ev.Kind == community.MessagePosted {
			written[key]++
			days[day].Messages++
			out.Messages++
		}
		facts.Recent = recentOf(see.See(watch.Post{At: ev.At, Day: day, Group: ev.Group, Person: community.PersonID(ev.Identity), Form: ev.Content, Reading: &r, Codes: ev.Kind == CodesRead}))
		p := people[ev.Identity]
		if p == nil {
			p = &person{began: map[string]time.Time{}}
			people[ev.Identity] = p
		}
		facts.Member.Strikes = len(p.mine)
		v := draft.Judge(&r, &facts)
		facts.Member.Strikes = len(p.theirs)
		old := rules.judge.Judge(&r, &facts)
		more := map[string]bool{} // clauses by which it is more of a flood that began less than a minute ago
		for _, clause := range []string{"again", "picture", "flood"} {
			for side, is := range map[string]string{"mine": v.Clause, "theirs": old.Clause} {
				if id := fmt.Sprint(clause, ev.Group, side); is == clause && ev.At.Sub(p.began[id]) < time.Minute {
					more[clause+side] = true
				} else if is == clause {
					p.began[id] = ev.At
				}
			}
		}
		k := struck[saidAt(ev)]
		if k == nil {
			k = &severities{}
			struck[saidAt(ev)] = k
		}
		fires := v.Fired() && (k.mine == 0 || v.Severity < k.mine)
		fired := old.Fired() && (k.theirs == 0 || old.Severity < k.theirs)
		if fires {
			days[day].Hits++
			out.Hits++
			clauses[v.Clause]++
			if len(v.AtOnce) > 0 {
				out.AtOnce++
				gone[v.Clause]++
			}
			k.mine = v.Severity
			if v.Strike > 0 && !more[v.Clause+"mine"] {
				p.mine = append(p.mine, ev.At)
			}
		}
		if fired {
			days[day].InForce++
			k.theirs = old.Severity
			if old.Strike > 0 && !more[old.Clause+"theirs"] {
				p.theirs = append(p.theirs, ev.At)
			}
		}
		switch {
		case fires && fired:
			out.Both++
		case fires:
			out.Only++
		case fired:
			out.Lost++
		}
	}
	for _, d := range days {
		out.Days = append(out.Days, *d)
	}
	slices.SortFunc(out.Days, func(a, b casework.BacktestDay) int { return cmp.Compare(a.Day, b.Day) })
	for id, n := range clauses {
		out.Clauses = append(out.Clauses, casework.BacktestClause{Clause: id, Hits: n, AtOnce: gone[id]})
	}
	slices.SortFunc(out.Clauses, func(a, b casework.BacktestClause) int {
		return cmp.Or(cmp.Compare(b.Hits, a.Hits), cmp.Compare(a.Clause, b.Clause))
	})
	return out
}

// TestBacktestsSayWhatThePlainWaySays: reading in stretches, in parallel, and judging
// only what can be something gives the same as judging everything one by one, codes
// in pictures included.
func TestBacktestsSayWhatThePlainWaySays(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		draft, inForce := tried()
		w.observe(w.say("g0", "a", "hi"))
		w.keep(0, policy.Key, inForce)
		w.talk(few(250, 150))
		w.readPictures()
		w.project()
		day := community.DayOf(begin, time.UTC)
		all := Backtest{Policy: draft, From: day, To: day + 5, Samples: 4}
		part := all
		part.To, part.Groups = day, []community.GroupID{w.group("g1")}
		for name, in := range map[string]Backtest{"everything": all, "one group on one day": part} {
			got, err := w.e.RunBacktest(t.Context(), 1, in)
			if err != nil {
				t.Fatal(err)
			}
			want := w.plainly(in)
			if want.Both == 0 || want.Only == 0 || want.Lost == 0 && len(in.Groups) == 0 || len(want.Clauses) < 4 || want.AtOnce == 0 {
				t.Fatalf("%s: too little is hit to compare: %+v", name, want)
			}
			if d := gocmp.Diff(&want, got, cmpopts.IgnoreFields(casework.BacktestResult{}, "Seconds", "Members", "People", "Removed", "Minutes", "Low", "High"),
				cmpopts.IgnoreFields(casework.BacktestClause{}, "Name", "People", "Samples", "Low", "High")); d != "" {
				t.Errorf("%s (-plainly +quickly):\n%s", name, d)
			}
			w.checkSamples(in, got)
		}
	})
}

// checkSamples holds samples against the log: who wrote what under which name.
func (w *world) checkSamples(in Backtest, got *casework.BacktestResult) {
	w.t.Helper()
	codes := 0
	for _, c := range got.Clauses {
		if len(c.Samples) == 0 || len(c.Samples) > in.Samples {
			w.t.Errorf("clause %s has %d samples", c.Clause, len(c.Samples))
		}
		for _, s := range c.Samples {
			var ev *community.Event
			w.read(func(ctx context.Context, q store.Querier) (err error) {
				ev, err = store.Event(ctx, q, 1, s.Seq)
				return err
			})
			if ev.Kind != community.MessagePosted || ev.Body.Name != s.Name || ev.Body.Text != s.Text || ev.Identity != s.Member || ev.Group != s.Group || ev.At.UnixMilli() != s.At {
				w.t.Errorf("a sample of %s is %+v, the log has %+v %+v", c.Clause, s, ev, ev.Body)
			}
			if c.Clause == "code" {
				codes++
			}
		}
	}
	if codes == 0 && len(in.Groups) == 0 {
		w.t.Error("no code in a picture was tried: " + strconv.Itoa(len(got.Clauses)) + " clauses")
	}
}

// TestBacktestsCountAFloodOnce: a flood is one breach a minute, as for decide; its
// messages are all hits.
func TestBacktestsCountAFloodOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for i := range 24 {
			w.observe(w.say("g", "fast", fmt.Sprint("第", i, "句")))
			w.advance(500 * time.Millisecond)
			if i == 11 {
				w.advance(time.Minute)
			}
		}
		w.project()
		day := community.DayOf(begin, time.UTC)
		got, err := w.e.RunBacktest(t.Context(), 1, Backtest{Policy: policy.Default(), From: day, To: day, Samples: 20})
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Members) != 1 || got.Members[0].Strike != 2 || got.Members[0].Hits != 10 || got.Removed != 0 {
			t.Errorf("%d removed, members %+v, want one with 10 hits and the second strike", got.Removed, got.Members)
		}
	})
}

// TestBacktestsTryWords: words that nobody saved are read by the draft alone, and
// take the place of the list with their name.
func TestBacktestsTryWords(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.keep(0, casework.LexiconKey+"own", casework.Lexicon{Name: "茶", Category: "custom", Text: "红茶"})
		for i, said := range []string{"今天喝红茶", "古 树 茶 返 利", "没有什么", "古树茶返利计算题"} {
			w.observe(w.say("g", fmt.Sprint("m", i), said))
		}
		w.project()
		day := community.DayOf(begin, time.UTC)
		in := Backtest{From: day, To: day, Samples: 5, Words: &casework.Lexicon{Name: "茶", Category: "custom", Text: "古树茶返利\n!古树茶返利计算题"},
			Policy: policy.Policy{Clauses: []policy.Clause{{ID: "words", Name: "茶", Layer: policy.Special, Category: "custom", Severity: policy.Light, Stage: policy.Suggest,
				When: policy.When{Tests: []policy.Test{{What: "lexicons", Any: []string{"茶"}}}}, Ladder: []policy.Step{{Acts: []policy.Act{{Do: policy.Remind}}}}}}}}
		got, err := w.e.RunBacktest(t.Context(), 1, in)
		if err != nil {
			t.Fatal(err)
		}
		if got.Messages != 4 || got.Hits != 1 || got.Only != 1 || got.Clauses[0].Samples[0].Text != "古 树 茶 返 利" {
			t.Errorf("%+v", got)
		}
		in.Words.Text = "/(/"
		if _, err := w.e.RunBacktest(t.Context(), 1, in); community.CodeOf(err) != community.Invalid {
			t.Errorf("words that cannot be read: %v", err)
		}
	})
}
