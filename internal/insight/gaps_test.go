package insight

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"qunying/community"
)

// daysWhere lists the days from 0 to n-1 that pass.
func daysWhere(n int, pass func(d community.Day) bool) []community.Day {
	var out []community.Day
	for d := range community.Day(n) {
		if pass(d) {
			out = append(out, d)
		}
	}
	return out
}

func TestSuspectGaps(t *testing.T) {
	but := func(s Span) func(community.Day) bool { return func(d community.Day) bool { return !s.Has(d) } }
	gap := func(from, to community.Day, k GapKind) Gap { return Gap{Span: Span{from, to}, Kind: k} }
	tests := []struct {
		name   string
		active []community.Day
		known  []Span
		want   []Gap
	}{
		{name: "no history"},
		{name: "one day", active: []community.Day{5}},
		{name: "daily, two days silent", active: daysWhere(100, but(Span{50, 51}))},
		{name: "daily, three days silent", active: daysWhere(100, but(Span{50, 52})), want: []Gap{gap(50, 52, Suspected)}},
		{name: "two messages a month apart", active: []community.Day{0, 30}},
		{name: "too little around it", active: daysWhere(40, func(d community.Day) bool { return d < 5 || d > 33 })},
		{name: "leading and trailing silence", active: daysWhere(60, but(Span{0, 9}))},
		{name: "every other day, 19 silent", active: daysWhere(200, func(d community.Day) bool { return d%2 == 0 && (d <= 100 || d >= 120) })},
		{name: "every other day, 23 silent", active: daysWhere(200, func(d community.Day) bool { return d%2 == 0 && (d <= 100 || d >= 124) }), want: []Gap{gap(101, 123, Suspected)}},
		{
			name: "two missing months with a week between", active: daysWhere(200, func(d community.Day) bool { return d < 60 || d >= 90 && d < 97 || d >= 127 }),
			want: []Gap{gap(60, 89, Suspected), gap(97, 126, Suspected)},
		},
		{
			name: "terms of three weeks are a habit", active: daysWhere(210, func(d community.Day) bool { return d%42 < 21 }),
		},
		{name: "known alone", known: []Span{{3, 4}, {4, 6}, {7, 7}, {9, 8}}, want: []Gap{gap(3, 7, Known)}},
		{name: "known after the last day", active: daysWhere(50, func(community.Day) bool { return true }), known: []Span{{52, 60}}, want: []Gap{gap(52, 60, Known)}},
		{name: "known explains most of the silence", active: daysWhere(100, but(Span{50, 59})), known: []Span{{51, 59}}, want: []Gap{gap(51, 59, Known)}},
		{name: "known within a suspected one", active: daysWhere(100, but(Span{50, 59})), known: []Span{{52, 53}}, want: []Gap{gap(50, 59, Suspected)}},
		{name: "known covers most of a suspected one", active: daysWhere(100, but(Span{50, 59})), known: []Span{{54, 70}}, want: []Gap{gap(50, 70, Known)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := SuspectGaps(tt.active, nil, tt.known)
			for i := range got {
				if (got[i].Kind == Suspected) != (got[i].Chance > 0 && got[i].Chance < gapChance) {
					t.Errorf("%+v: only suspected gaps have a chance, below the threshold", got[i])
				}
				got[i].Chance = 0
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// naiveChance reads the eight weeks around a silence day by day.
func naiveChance(active, away map[community.Day]bool, first, last, from, to community.Day) (float64, bool) {
	n, a, b := 0, 0, 0
	for d := first; d <= last; d++ {
		switch {
		case away[d]:
		case d >= from && d <= to:
			n++
		case d == from-1 || d == to+1 || d < from-29 || d > to+29:
		case active[d]:
			a++
		default:
			b++
		}
	}
	if a+b < 14 || a < 7 || n < 3 {
		return 1, false
	}
	chance := 1.0
	for range n {
		chance *= (float64(b) + 0.5) / float64(a+b+1)
	}
	return chance, chance < 1e-6
}

func TestSuspectGapsAgreesWithTheOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		share := rapid.SampledFrom([]int{5, 30, 60, 90, 100}).Draw(t, "active %")
		n := rapid.IntRange(0, 150).Draw(t, "days")
		hole := Span{community.Day(rapid.IntRange(0, 150).Draw(t, "hole")), 0}
		hole.To = hole.From + community.Day(rapid.IntRange(-1, 40).Draw(t, "length"))
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		days := daysWhere(n, func(d community.Day) bool { return r.IntN(100) < share && !hole.Has(d) })
		var known []Span
		away := map[community.Day]bool{}
		for range rapid.IntRange(0, 2).Draw(t, "aways") {
			k := Span{community.Day(rapid.IntRange(-5, 160).Draw(t, "away")), 0}
			k.To = k.From + community.Day(rapid.IntRange(0, 9).Draw(t, "for"))
			known = append(known, k)
			for d := k.From; d <= k.To; d++ {
				away[d] = true
			}
		}
		missing := map[community.Day]bool{} // every day that is in some gap
		active := map[community.Day]bool{}
		for _, d := range days {
			active[d] = true
		}
		for d := range away {
			missing[d] = true
		}
		for i := 1; i < len(days); i++ {
			from, to := days[i-1]+1, days[i]-1
			if _, ok := naiveChance(active, away, days[0], days[len(days)-1], from, to); !ok || naiveHabit(days, away, from, to) {
				continue
			}
			for d := from; d <= to; d++ {
				missing[d] = true
			}
		}
		var got []community.Day
		last := community.Day(-1000)
		for _, g := range SuspectGaps(days, nil, known) {
			if g.From <= last+1 || g.Days() == 0 {
				t.Fatalf("gap %v touches the one before, or is empty", g)
			}
			last = g.To
			for d := g.From; d <= g.To; d++ {
				got = append(got, d)
			}
		}
		if d := cmp.Diff(slices.Sorted(keys(missing)), got); d != "" {
			t.Fatalf("(-oracle +got):\n%s", d)
		}
	})
}

func TestABusyGroupMissesASingleDay(t *testing.T) {
	for _, c := range []struct {
		name   string
		days   int
		least  int // messages of the least lively day
		silent []community.Day
		known  []Span
		want   []Gap
	}{
		{name: "one day", days: 40, least: 100, silent: []community.Day{12}, want: []Gap{{Span: Span{12, 12}, Kind: Suspected}}},
		{name: "two days", days: 40, least: 400, silent: []community.Day{12, 13}, want: []Gap{{Span: Span{12, 13}, Kind: Suspected}}},
		{name: "not so busy", days: 40, least: 99, silent: []community.Day{12}},
		{name: "often silent", days: 40, least: 200, silent: []community.Day{12, 25}},
		{name: "too little is known", days: 15, least: 200, silent: []community.Day{7}},
		{name: "too lively to be silent", days: 15, least: 500, silent: []community.Day{7}, want: []Gap{{Span: Span{7, 7}, Kind: Suspected}}},
		{name: "a day here and there", days: 60, least: 500, silent: slices.DeleteFunc(daysWhere(60, func(community.Day) bool { return true }),
			func(d community.Day) bool { return d == 0 || d == 29 || d == 59 }), want: []Gap{{Span: Span{1, 28}, Kind: Suspected}, {Span: Span{30, 58}, Kind: Suspected}}},
		{name: "two days tell nothing", days: 60, least: 500, silent: slices.DeleteFunc(daysWhere(60, func(community.Day) bool { return true }),
			func(d community.Day) bool { return d == 0 || d == 59 })},
		{name: "the other silence is known", days: 40, least: 500, silent: []community.Day{12, 25}, known: []Span{{25, 25}},
			want: []Gap{{Span: Span{12, 12}, Kind: Suspected}, {Span: Span{25, 25}, Kind: Known}}},
		{name: "nobody spoke, but some came", days: 40, least: 0, silent: []community.Day{12}},
	} {
		t.Run(c.name, func(t *testing.T) {
			active := daysWhere(c.days, func(d community.Day) bool { return !slices.Contains(c.silent, d) })
			messages := func(d community.Day) int {
				if slices.Contains(c.silent, d) {
					return 0
				}
				return c.least + int(d%7)*c.least
			}
			got := SuspectGaps(active, messages, c.known)
			for i := range got {
				if (got[i].Kind == Suspected) != (got[i].Chance > 0 && got[i].Chance < gapChance) {
					t.Errorf("%+v: only suspected gaps have a chance, below the threshold", got[i])
				}
				got[i].Chance = 0
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// The chance of a busy group's day of silence, against the same sums done by hand.
func TestTheChanceOfASingleDay(t *testing.T) {
	const silent = 30 // a Saturday: day 0 is a Thursday
	for _, c := range []struct {
		name     string
		messages func(d community.Day) int
		want     float64
	}{
		// Of the 56 days that lie 2 to 29 days beside it; k = M²/(V-M).
		{"never another number", func(community.Day) int { return 100 }, gapLeast},
		{"uneven", func(d community.Day) int { return 100 + int(d)*37%11*90 }, 1.4344459824444824e-08},
		{"half the days are ten times as lively", func(d community.Day) int {
			if (d-silent)%2 == 0 {
				return 1000
			}
			return 100
		}, 0.00016353699803726046},
		{"one day in nine is wild", func(d community.Day) int {
			if (d-silent)%9 == 0 {
				return 9000
			}
			return 100
		}, 0.38991890397194773},
		{"Saturdays are quiet", func(d community.Day) int {
			if d.Weekday() == time.Saturday {
				return 110
			}
			return 200 + int(d)*37%11*90
		}, 1.4826028601385966e-05},
	} {
		t.Run(c.name, func(t *testing.T) {
			active := daysWhere(61, func(d community.Day) bool { return d != silent })
			chance, ok := busyChance(silence{Span{silent, silent}, 1}, active, c.messages, nil)
			if !ok || math.Abs(chance/c.want-1) > 1e-9 {
				t.Errorf("the chance is %v (%t), want %v", chance, ok, c.want)
			}
			var want []Gap
			if c.want < gapChance {
				want = []Gap{{Span: Span{silent, silent}, Kind: Suspected, Chance: chance}}
			}
			if d := cmp.Diff(want, SuspectGaps(active, c.messages, nil)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// naiveHabit counts the comparable silences day by day.
func naiveHabit(days []community.Day, away map[community.Day]bool, from, to community.Day) bool {
	length := func(from, to community.Day) int {
		n := 0
		for d := from; d <= to; d++ {
			if !away[d] {
				n++
			}
		}
		return n
	}
	count, total := 0, 0
	for i := 1; i < len(days); i++ {
		if n := length(days[i-1]+1, days[i]-1); n > 0 && n >= (length(from, to)+1)/2 {
			count, total = count+1, total+n
		}
	}
	return count >= 3 && float64(total) > float64(days[len(days)-1]-days[0]+1)/4
}

// No pattern of weekdays makes a gap, not even when a random tenth of its days
// is missed.
func TestWeekdayPatternsMakeNoGaps(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for pattern := 1; pattern < 128; pattern++ {
		for _, missed := range []float64{0, 0.1} {
			days := daysWhere(365, func(d community.Day) bool {
				return pattern>>(int(d.Weekday()))&1 == 1 && r.Float64() >= missed
			})
			if got := SuspectGaps(days, nil, nil); got != nil {
				t.Errorf("weekdays %07b with %v missed: %v", pattern, missed, got)
			}
		}
	}
}

// A year of a group whose days are independent gives a false gap less than once
// in a hundred years, whatever its share of active days.
func TestQuietGroupsMakeNoGaps(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const years = 2000
	for _, p := range []float64{0.01, 0.03, 0.1, 0.2, 0.35, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 1} {
		wolves := 0
		for range years {
			days := daysWhere(365, func(community.Day) bool { return r.Float64() < p })
			wolves += len(SuspectGaps(days, nil, nil))
		}
		if wolves > years/100 {
			t.Errorf("share %v: %d false gaps in %d years", p, wolves, years)
		}
	}
}

// Of a group with a share p of active days, a hole of the length that the rule
// names is found, whatever the weather.
func TestHolesAreFound(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, p := range []float64{0.2, 0.35, 0.5, 0.7, 0.9, 1} {
		hole := Span{150, 0}
		hole.To = hole.From + community.Day(3+1.5*math.Log(1e-6)/math.Log(1.01-p))
		found := 0
		for range 200 {
			days := daysWhere(365, func(d community.Day) bool { return r.Float64() < p && !hole.Has(d) })
			for _, g := range SuspectGaps(days, nil, nil) {
				if g.From <= hole.From && g.To >= hole.To {
					found++
				}
			}
		}
		if found < 180 {
			t.Errorf("share %v, hole of %d days: found %d times of 200", p, hole.Days(), found)
		}
	}
}

// realData is where the published chat logs lie; see the notes on data.
const realData = "QUNYING_DATA"

func TestHaskellChinaMissesSeptember2017(t *testing.T) {
	dir := os.Getenv(realData)
	if dir == "" {
		t.Skipf("set %s to the folder of the published logs: the real gap is NOT tested", realData)
	}
	f, err := os.Open(filepath.Join(dir, "haskell-china", "messages.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	heard := map[community.Day]bool{}
	for lines := bufio.NewScanner(z); lines.Scan(); {
		var m struct{ Time string }
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		heard[day(t, m.Time[:10])] = true
	}
	gaps := SuspectGaps(slices.Sorted(keys(heard)), nil, nil)
	september := Span{day(t, "2017-09-01"), day(t, "2017-09-30")}
	for _, g := range gaps {
		t.Logf("%s to %s, %d days, chance %.2g", g.From, g.To, g.Days(), g.Chance)
	}
	if len(gaps) != 1 || gaps[0].meet(september) != september {
		t.Errorf("gaps %v do not hold September 2017 and nothing else", gaps)
	}
}
