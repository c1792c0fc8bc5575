package engine

import (
	"cmp"
	"maps"
	"slices"

	"qunying/community"
	"qunying/internal/insight"
	insightdb "qunying/internal/store/insight"
)

// daysOf is what plain SQL says of a group, day by day.
type daysOf struct {
	o       *oracle
	inGap   func(community.Day) bool
	heard   insight.Span // to the last whole day
	posts   map[community.Day]int64
	spoke   map[community.Day]map[int64]int64 // messages by identity
	joined  map[community.Day]int64
	left    map[community.Day]int64
	members func(community.Day) (n int64, known bool)
}

func (o *oracle) days(h *insight.History, heard insight.Span, inGap func(community.Day) bool) *daysOf {
	o.t.Helper()
	d := &daysOf{o: o, inGap: inGap, heard: heard, posts: map[community.Day]int64{}, spoke: map[community.Day]map[int64]int64{},
		joined: map[community.Day]int64{}, left: map[community.Day]int64{}}
	for _, r := range o.ask(o.day()+`, identity_id, COUNT(*)`, byMembers, `GROUP BY 1, 2`) {
		day := community.Day(r[0])
		if d.spoke[day] == nil {
			d.spoke[day] = map[int64]int64{}
		}
		d.posts[day] += r[2]
		if r[1] != 0 {
			d.spoke[day][r[1]] = r[2]
		}
	}
	for kind, days := range map[string]map[community.Day]int64{"member.joined": d.joined, "member.left": d.left} {
		for _, r := range o.ask(o.day()+`, COUNT(DISTINCT identity_id)`, `kind = $3`, `GROUP BY 1`, kind) {
			days[community.Day(r[0])] = r[1]
		}
	}
	there := map[community.Day]int64{} // who is there is held against the simulation elsewhere
	d.members = func(day community.Day) (int64, bool) {
		if _, known := h.Members(day); !known {
			return 0, false
		}
		if n, ok := there[day]; ok {
			return n, true
		}
		present, _, err := insightdb.Present(o.ctx, o.q, o.c, o.g.ID, day)
		if err != nil {
			o.t.Fatal(err)
		}
		there[day] = int64(present.GetCardinality())
		return there[day], true
	}
	return d
}

// covered counts the days of a span that were heard.
func (d *daysOf) covered(s insight.Span) (n int) {
	d.each(s, func(community.Day) { n++ })
	return n
}

func (d *daysOf) each(s insight.Span, do func(community.Day)) {
	for day := max(s.From, d.heard.From); day <= min(s.To, d.heard.To); day++ {
		if !d.inGap(day) {
			do(day)
		}
	}
}

// wrote counts the messages of a span by identity, those in gaps too.
func (d *daysOf) wrote(s insight.Span) (by map[int64]int64, all int64) {
	by = map[int64]int64{}
	for day := s.From; day <= s.To; day++ {
		all += d.posts[day]
		for who, n := range d.spoke[day] {
			by[who] += n
		}
	}
	return by, all
}

// mean is what is counted a day / members where it says so, over the covered days.
func (d *daysOf) mean(s insight.Span, of func(community.Day) int64, perMember bool) (mean float64, known bool) {
	sum, n := 0.0, 0
	d.each(s, func(day community.Day) {
		by := int64(1)
		if perMember {
			if by, _ = d.members(day); by == 0 {
				return
			}
		}
		sum += float64(of(day)) / float64(by)
		n++
	})
	return sum / float64(max(n, 1)), n > 0
}

// numbers compares the figures of a period that nothing else here compares.
func (o *oracle) numbers(h *insight.History, s insight.Span, d *daysOf) {
	o.t.Helper()
	back := func(days int) insight.Span {
		return insight.Span{From: s.To - community.Day(days) + 1, To: s.To}
	}
	half := func(w insight.Span) bool { return 2*d.covered(w) >= w.Days() }
	share := func(a, b int64) float64 { return float64(a) / float64(max(b, 1)) }
	by, all := d.wrote(s)
	heard := d.covered(s) > 0
	o.near(h, "messages", s, float64(all), heard)
	o.near(h, "speakers", s, float64(len(by)), heard)
	for metric, days := range map[string]int{"dau": 1, "wau": 7, "mau": 30} {
		w, _ := d.wrote(back(days))
		o.near(h, metric, s, float64(len(w)), d.covered(back(days)) > 0)
	}
	posts := func(day community.Day) int64 { return d.posts[day] }
	spoke := func(day community.Day) int64 { return int64(len(d.spoke[day])) }
	for metric, m := range map[string]struct {
		of        func(community.Day) int64
		perMember bool
	}{"messages_mean": {posts, false}, "dau_mean": {spoke, false}, "messages_per_member": {posts, true}, "activity_rate": {spoke, true}} {
		mean, known := d.mean(s, m.of, m.perMember)
		o.near(h, metric, s, mean, known)
	}

	now, _ := d.mean(back(30), posts, false)
	earlier := insight.Span{From: s.To - 59, To: s.To - 30}
	before, _ := d.mean(earlier, posts, false)
	o.near(h, "message_decay", s, 1-now/before, half(back(30)) && half(earlier) && before > 0)

	most := slices.SortedFunc(maps.Values(by), func(a, b int64) int { return cmp.Compare(b, a) })
	for metric, n := range map[string]int{"top1_share": 1, "top5_share": 5} {
		sum := int64(0)
		for _, x := range most[:min(n, len(most))] {
			sum += x
		}
		o.near(h, metric, s, share(sum, all), heard && all > 0)
	}
	month, said := d.wrote(back(30))
	loud := int64(0)
	for _, n := range month {
		if n > 20 {
			loud += n
		}
	}
	o.near(h, "kol_output", s, share(loud, said), half(back(30)) && said > 0)
	d.ofMembers(h, s, back, half)
	d.cameBack(h, s)
}

// ofMembers compares what is divided by members, and how many come and go.
func (d *daysOf) ofMembers(h *insight.History, s insight.Span, back func(int) insight.Span, half func(insight.Span) bool) {
	o := d.o
	o.t.Helper()
	base := map[int64]bool{}
	n, roster := d.members(s.To)
	if roster {
		present, _, err := insightdb.Present(o.ctx, o.q, o.c, o.g.ID, s.To)
		if err != nil {
			o.t.Fatal(err)
		}
		for _, id := range present.ToArray() {
			base[int64(id)] = true
		}
	} else {
		ever, _ := d.wrote(insight.Span{From: d.heard.From, To: s.To})
		for who := range ever {
			base[who] = true
		}
	}
	of := float64(max(len(base), 1))
	spoke, _ := d.wrote(s)
	o.near(h, "speaking_share", s, float64(len(spoke))/of, d.covered(s) > 0 && len(base) > 0)
	count := func(days int, in func(n int64) bool) (n float64) {
		wrote, _ := d.wrote(back(days))
		for who := range base {
			if in(wrote[who]) {
				n++
			}
		}
		return n
	}
	o.near(h, "silent_share", s, count(30, func(n int64) bool { return n == 0 })/of, half(back(30)) && roster && n > 0)
	o.near(h, "few_share", s, count(14, func(n int64) bool { return n < 3 })/of, half(back(14)) && len(base) > 0)
	o.near(h, "kol_share", s, count(30, func(n int64) bool { return n > 20 })/of, half(back(30)) && len(base) > 0)
	o.near(h, "members", s, float64(n), roster && !d.inGap(s.To))

	low := 0
	for day := s.To; day >= d.heard.From; day-- {
		if d.inGap(day) {
			continue
		}
		if have, known := d.members(day); !known || have == 0 || float64(len(d.spoke[day]))/float64(have) >= 0.15 {
			break
		}
		low++
	}
	o.near(h, "low_activity_days", s, float64(low), roster && d.covered(back(1)) == 1)

	if len(h.Inferred(insight.Span{From: 0, To: s.To})) > 0 {
		return // lists gave joins and leaves away that no event tells of
	}
	sum := func(of map[community.Day]int64, w insight.Span) (n int64) {
		for day := w.From; day <= w.To; day++ {
			n += of[day]
		}
		return n
	}
	for metric, days := range map[string]map[community.Day]int64{"joins": d.joined, "leaves": d.left} {
		if v, _ := h.Number(metric, s); v.Value != nil {
			o.near(h, metric, s, float64(sum(days, s)), true)
		} else if sum(days, s) > 0 {
			o.t.Errorf("%s: %s are unknown (%s), and there are some", o.g.Name, metric, v.Why)
		}
	}
	for metric, days := range map[string]int{"weekly_leave_rate": 7, "leave_rate": 30} {
		w := back(days)
		had, known := d.members(w.From - 1)
		_, seen := h.Leaves(w)
		o.near(h, metric, s, float64(sum(d.left, w))/float64(max(had, 1)), half(w) && known && had > 0 && seen)
	}
	quarter, stayed := back(90), int64(0)
	for quarter.Days() > 0 {
		if _, known := d.members(quarter.From); known {
			break
		}
		quarter.From++
	}
	for day := quarter.From; day <= quarter.To; day++ {
		have, _ := d.members(day)
		stayed += have
	}
	_, seen := h.Leaves(quarter)
	o.near(h, "stay", s, float64(stayed)/float64(max(sum(d.left, quarter), 1)), quarter.Days() >= 30 && half(quarter) && seen && stayed > 0)
}

// cameBack compares who came back in the next week or month of those who spoke first in
// one that was followed by it in the period.
func (d *daysOf) cameBack(h *insight.History, s insight.Span) {
	o := d.o
	o.t.Helper()
	for metric, step := range map[string]struct {
		begin, next func(community.Day) community.Day
	}{
		"next_week_retention":  {community.Day.Week, func(day community.Day) community.Day { return day + 7 }},
		"next_month_retention": {community.Day.Month, func(day community.Day) community.Day { return (day + 31).Month() }},
	} {
		first, there := map[int64]community.Day{}, map[community.Day]map[int64]int64{}
		for from := step.begin(d.heard.From); from <= s.To; from = step.next(from) {
			there[from], _ = d.wrote(insight.Span{From: from, To: step.next(from) - 1})
			for who := range there[from] {
				if _, known := first[who]; !known {
					first[who] = from
				}
			}
		}
		size, back := 0, 0
		for from := range there {
			next := insight.Span{From: step.next(from), To: step.next(step.next(from)) - 1}
			gaps := 0
			for day := next.From; day <= next.To; day++ {
				if d.inGap(day) {
					gaps++
				}
			}
			if !s.Has(next.To) || next.To > d.heard.To || 2*gaps > next.Days() {
				continue
			}
			for who, began := range first {
				if began == from {
					size++
					if there[next.From][who] > 0 {
						back++
					}
				}
			}
		}
		o.near(h, metric, s, float64(back)/float64(max(size, 1)), size > 0)
	}
}
