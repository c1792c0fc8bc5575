package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/moderation/read"
	"qunying/internal/rule"
)

var night = time.Date(2026, 3, 4, 23, 30, 0, 0, time.UTC)

func ptr(f float64) *float64 { return &f }

func judge(t testing.TB, p Policy) *Judge {
	t.Helper()
	j, err := Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// one is a policy of one clause.
func one(c Clause) Policy {
	standard := Clause{ID: "a", Name: "A", Layer: Basic, Category: "advert", Severity: Light, Stage: Auto,
		When: When{Tests: []Test{{What: "words", Any: []string{"advert"}}}}}
	if c.ID == "" {
		c.ID = standard.ID
	}
	if c.Stage == "" {
		c.Stage = standard.Stage
	}
	if c.Severity == 0 {
		c.Severity = standard.Severity
	}
	if c.When.Text() == "" {
		c.When = standard.When
	}
	c.Name, c.Layer, c.Category = standard.Name, standard.Layer, standard.Category
	return Policy{Clauses: []Clause{c}}
}

var advert = &read.Reading{Normal: "加微信 abc12345 领红包", Length: 13,
	Hits:  []read.Hit{{Lexicon: "starter", Category: "advert", Entry: "领红包", Start: 17, End: 26}, {Category: "abuse", Exception: true}},
	Found: []read.Found{{Detector: read.WeChat, Value: "abc12345", Start: 10, End: 18}}}

func newcomer(strikes int) *Facts {
	return &Facts{Now: night, Form: "text", Member: Member{Hours: 2, Strikes: strikes}, Recent: Recent{In10s: 1, Groups: 3}}
}

var ladder = []Step{{[]Act{{Do: Warn}}}, {[]Act{{Do: Mute, Minutes: 60}}}, {[]Act{{Do: Remove}, {Do: Block, Days: 30}}}}

func TestLadder(t *testing.T) {
	j := judge(t, one(Clause{Ladder: ladder, Always: []Act{{Do: Recall}}}))
	noMute := j.For(connector.Capabilities{Send: connector.Machine, Remove: connector.Human})
	for strikes, want := range []struct{ everywhere, noMute string }{
		{"recall warn", "remind"}, {"recall mute", "warn"}, {"recall remove block", "remove block"}, {"recall remove block", "remove block"},
	} {
		for name, c := range map[string]struct {
			j    *Judge
			want string
		}{"everything": {j, want.everywhere}, "no mute": {noMute, want.noMute}} {
			v := c.j.Judge(advert, newcomer(strikes))
			if got := does(v.Acts); got != c.want || v.Strike != strikes+1 {
				t.Errorf("%s, after %d strikes: %q as strike %d, want %q as %d", name, strikes, got, v.Strike, c.want, strikes+1)
			}
		}
	}
	v := noMute.Judge(advert, newcomer(0))
	if got := does(v.Skipped); got != "recall mute" {
		t.Errorf("skipped %q, want recall and mute", got)
	}
	if v := j.For(connector.Capabilities{}).Judge(advert, newcomer(2)); does(v.Acts) != "block" {
		t.Errorf("where nothing can be done: %q, want block alone", does(v.Acts))
	}
}

// What a step costs in points stays at its strike when the step itself is skipped.
func TestPointsStayAtTheirStrike(t *testing.T) {
	points := func(n int) Act { return Act{Do: Points, Points: n} }
	j := judge(t, one(Clause{Ladder: []Step{{[]Act{{Do: Warn}, points(1)}}, {[]Act{{Do: Mute, Minutes: 60}, points(2)}}, {[]Act{{Do: Remove}, points(3)}}, {[]Act{points(4)}}}}))
	noMute := j.For(connector.Capabilities{Send: connector.Human, Remove: connector.Human})
	for strikes, want := range [][]Act{{{Do: Remind}, points(1)}, {{Do: Warn}, points(2)}, {{Do: Remove}, points(3)}, {points(4)}} {
		if v := noMute.Judge(advert, newcomer(strikes)); !slices.Equal(v.Acts, want) {
			t.Errorf("after %d strikes: %v, want %v", strikes, v.Acts, want)
		}
	}
}

func does(acts []Act) string {
	var names []string
	for _, a := range acts {
		names = append(names, string(a.Do))
	}
	return strings.Join(names, " ")
}

func TestWhoIsSpared(t *testing.T) {
	p := one(Clause{Ladder: ladder, Spare: []string{"helper"}})
	p.Exempt.Roles = []string{"owner"}
	j := judge(t, p)
	for name, c := range map[string]struct {
		member Member
		want   string
	}{
		"member":    {Member{Role: "member"}, ""},
		"staff":     {Member{Staff: true}, "staff"},
		"allowlist": {Member{Allowed: true}, "allowlist"},
		"owner":     {Member{Role: "owner"}, "role"},
		"helper":    {Member{Role: "helper"}, "role"},
	} {
		f := newcomer(0)
		f.Member = c.member
		v := j.Judge(advert, f)
		if v.Clause != "a" || v.Spared != c.want || (v.Spared != "") != (len(v.Acts) == 0) {
			t.Errorf("%s: %+v, want it spared for %q", name, v, c.want)
		}
	}
}

func TestWhichClauseDecides(t *testing.T) {
	clause := func(id string, s Severity, stage Stage) Clause {
		p := one(Clause{ID: id, Severity: s, Stage: stage})
		return p.Clauses[0]
	}
	for name, c := range map[string]struct {
		clauses []Clause
		want    string
	}{
		"the severest":                {[]Clause{clause("light", Light, Auto), clause("grave", Grave, Suggest)}, "grave"},
		"one that acts before shadow": {[]Clause{clause("grave", Grave, Shadow), clause("light", Light, Suggest)}, "light"},
		"auto before suggest":         {[]Clause{clause("first", Light, Suggest), clause("second", Light, Auto)}, "second"},
		"the first of equals":         {[]Clause{clause("first", Light, Auto), clause("second", Light, Auto)}, "first"},
		"none that is off":            {[]Clause{clause("off", Grave, Off), clause("on", Light, Shadow)}, "on"},
	} {
		v := judge(t, Policy{Clauses: c.clauses}).Judge(advert, newcomer(0))
		if v.Clause != c.want {
			t.Errorf("%s: %q decides, want %q", name, v.Clause, c.want)
		}
	}
}

func TestLowered(t *testing.T) {
	p := one(Clause{Ladder: ladder})
	f := newcomer(0)
	if v := judge(t, p).Judge(advert, f); v.Stage != Auto || v.Lowered != "" {
		t.Errorf("%+v, want it automatic", v)
	}
	f.Late = true
	if v := judge(t, p).Judge(advert, f); v.Stage != Suggest || v.Lowered != "late" {
		t.Errorf("%+v, want a suggestion because it is late", v)
	}
	p.Guard.Stopped = true
	if v := judge(t, p).Judge(advert, newcomer(0)); v.Stage != Suggest || v.Lowered != "stopped" {
		t.Errorf("%+v, want a suggestion because everything is stopped", v)
	}
}

// TestAReasonIsToldOnce: a word that sounds like several entries is one reason, and so
// is what two alternatives of an expression ask for.
func TestAReasonIsToldOnce(t *testing.T) {
	r := &read.Reading{Normal: "加微信 abc12345", Found: []read.Found{{Detector: read.WeChat, Value: "abc12345", Start: 10, End: 18}}, Hits: []read.Hit{
		{Lexicon: "a", Category: "advert", Entry: "加威信", Way: "sounded", End: 9}, {Lexicon: "a", Category: "advert", Entry: "加维信", Way: "sounded", End: 9},
		{Lexicon: "b", Category: "advert", Entry: "加薇信", Way: "sounded", End: 9}, {Lexicon: "b", Category: "advert", Entry: "加微信", Way: "written", End: 9}}}
	for name, when := range map[string]When{
		"form": {Tests: []Test{{What: "words", Any: []string{"advert"}}, {What: "found", Any: []string{"wechat"}}}},
		"text": {Expr: `"advert" in words && "wechat" in found || score.advert < 0.5 && "wechat" in found`},
	} {
		j, err := Compile(Policy{Clauses: []Clause{{ID: "one", Name: "one", Layer: Basic, Category: "advert", Severity: Light, Stage: Suggest, When: when}}})
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, reason := range j.Judge(r, &Facts{}).Reasons {
			if reason.Kind != "expr" {
				told = append(told, reason.Text)
			}
		}
		if d := cmp.Diff([]string{"加威信", "加微信", "abc12345"}, slices.DeleteFunc(told, func(s string) bool { return s == "" })); d != "" {
			t.Errorf("%s: (-want +got)\n%s", name, d)
		}
	}
}

func TestReasons(t *testing.T) {
	want := []Reason{
		{Kind: "word", Name: "advert", Text: "领红包", Start: 17, End: 26},
		{Kind: "found", Name: "wechat", Text: "abc12345", Start: 10, End: 18},
	}
	tests := When{Tests: []Test{{What: "words", Any: []string{"advert"}}, {What: "found", Any: []string{"wechat"}}, {What: "member.hours", Max: ptr(24)}}}
	v := judge(t, one(Clause{When: tests})).Judge(advert, newcomer(0))
	if d := cmp.Diff(append(slices.Clone(want), Reason{Kind: "member", Name: "member.hours", Value: 2}), v.Reasons); d != "" {
		t.Errorf("reasons of tests (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"without/words", "without/found", "without/member.hours"}, v.Unless); d != "" {
		t.Errorf("what would have changed it (-want +got):\n%s", d)
	}
	v = judge(t, one(Clause{When: When{Expr: `"advert" in words && "wechat" in found`}})).Judge(advert, newcomer(0))
	if d := cmp.Diff(want, v.Reasons); d != "" {
		t.Errorf("reasons of an expression (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"without/words", "without/found"}, v.Unless); d != "" {
		t.Errorf("what would have changed it (-want +got):\n%s", d)
	}
	// What is enough by itself would not have changed it, nor what had to be absent.
	v = judge(t, one(Clause{When: When{Expr: `("advert" in words || length > 3) && member.hours <= 24.0 && !("fraud" in words)`}})).Judge(advert, newcomer(0))
	if d := cmp.Diff([]string{"without/member.hours"}, v.Unless); d != "" {
		t.Errorf("what would have changed it (-want +got):\n%s", d)
	}
	// More than an outline can say is told as it is written.
	v = judge(t, one(Clause{When: When{Expr: `"advert" in words && "wechat" in found && text.size() > 3`}})).Judge(advert, newcomer(0))
	expr := []Reason{{Kind: "expr", Name: "expr", Text: `"advert" in words`}, want[0], {Kind: "expr", Name: "expr", Text: `"wechat" in found`}, want[1],
		{Kind: "expr", Name: "expr", Text: "text.size() > 3"}}
	if d := cmp.Diff(expr, v.Reasons); d != "" {
		t.Errorf("reasons of an expression (-want +got):\n%s", d)
	}
}

// TestTestsMeanTheirText: the form and the expression that it shows agree on
// random messages, known and unknown facts included.
func TestTestsMeanTheirText(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	held := 0
	for n := range 3000 {
		w := When{Match: []string{"", "all", "any"}[r.IntN(3)]}
		for range 1 + r.IntN(3) {
			w.Tests = append(w.Tests, randomTest(r))
		}
		form := judge(t, one(Clause{When: w}))
		text, slow := judge(t, one(Clause{When: When{Expr: w.Text()}})), judge(t, one(Clause{When: When{Expr: w.Text()}}))
		if text.clauses[0].quick == nil {
			t.Errorf("%s is not understood without CEL", w.Text())
		}
		throughCEL(slow)
		for range 5 {
			reading, f := randomMessage(r)
			a, b, c := form.Judge(reading, f).Fired(), text.Judge(reading, f).Fired(), slow.Judge(reading, f).Fired()
			if a != b || a != c {
				t.Fatalf("round %d: the form says %v, %s says %v and through CEL %v of %+v, %+v", n, a, w.Text(), b, c, reading, f)
			}
			if a {
				held++
			}
		}
	}
	if held < 1000 || held > 14000 {
		t.Errorf("%d of 15000 conditions held: that shows too little", held)
	}
}

// throughCEL makes a judge ask every clause, and CEL whatever is an expression.
func throughCEL(j *Judge) {
	for i := range j.clauses {
		j.clauses[i].quick, j.clauses[i].needs = nil, 0
	}
}

// TestExpressionsMeanTheSameWithoutCEL holds expressions as people write them, and
// some that only CEL understands, against CEL.
func TestExpressionsMeanTheSameWithoutCEL(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	terms := []string{
		`"advert" in words`, `!("abuse" in words)`, `found.exists(x, x in ["link", "wechat"])`, `hosts.exists(h, h == "a.example")`, `words.exists(text, text == "abuse")`,
		`score.advert >= 0.5`, `score.abuse > 0`, `score.abuse != 0.25`, `score.advert < 1`, `member.hours <= 2.0`, `member.hours < 24`, `member.strikes == 1`, `member.strikes != 2`,
		`recent.repeats in [1, 3]`, `recent.groups > 1`, `member.strikes < 2`, `recent.groups >= 1.5`, `form == "image"`, `form != "text"`, `member.role in ["owner", "admin"]`, `check_in`, `!member.blocked`,
		`length > -1`, `minute >= 1380 || minute < 420`, `weekday in [6, 7]`, `lexicons.exists(x, x in [])`,
		`text.contains("advert")`, `size(words) > 1`, `member.strikes + 1 == 2`, `words.exists(x, x.startsWith("ad"))`, `(length > 2 ? check_in : member.blocked)`, `words == ["advert"]`,
	}
	understood, held, told := 0, 0, 0
	const rounds = 1000
	for range rounds {
		expr := terms[r.IntN(len(terms))]
		for range r.IntN(4) {
			expr = fmt.Sprintf("%s(%s) %s %s", []string{"", "!"}[r.IntN(2)], expr, []string{"&&", "||"}[r.IntN(2)], terms[r.IntN(len(terms))])
		}
		quickly, slow := judge(t, one(Clause{When: When{Expr: expr}})), judge(t, one(Clause{When: When{Expr: expr}}))
		throughCEL(slow)
		if quickly.clauses[0].quick != nil {
			understood++
		}
		said := (&When{Expr: expr}).Alternatives()
		if said != nil {
			told++
		}
		for range 5 {
			reading, f := randomMessage(r)
			if r.IntN(2) == 0 {
				f.Scores, reading.Hits, reading.Found = Scores{}, nil, nil
			}
			a, b := quickly.Judge(reading, f).Fired(), slow.Judge(reading, f).Fired()
			if a != b {
				t.Fatalf("%s is %v, and %v through CEL, of %+v, %+v", expr, a, b, reading, f)
			}
			if a {
				held++
			}
			if said != nil && anyHolds(t, said, &subject{reading: reading, facts: f}) != a {
				t.Fatalf("%s is %v, and %+v is not, of %+v, %+v", expr, a, said, reading, f)
			}
		}
	}
	if told < rounds/4 || told == understood {
		t.Errorf("%d of %d expressions are told in words: that shows too little", told, understood)
	}
	if understood < rounds/3 || understood == rounds || held < rounds || held > 4*rounds {
		t.Errorf("%d of %d expressions are understood, %d of %d held: that shows too little", understood, rounds, held, 5*rounds)
	}
}

// anyHolds says whether all tests of one of the lists hold.
func anyHolds(t *testing.T, lists [][]Test, s *subject) bool {
	return slices.ContainsFunc(lists, func(list []Test) bool {
		return !slices.ContainsFunc(list, func(of Test) bool {
			made, err := of.ready()
			if err != nil {
				t.Fatalf("%+v: %v", of, err)
			}
			return !made.holds(s)
		})
	})
}

// TestHarmlessMessagesTakeNoMemory: what nearly every message meets.
func TestHarmlessMessagesTakeNoMemory(t *testing.T) {
	j := judge(t, Default())
	r, f := &read.Reading{Normal: "大家早", Length: 3}, &Facts{Now: night, Form: "text", Member: Member{Hours: -1}, Recent: Recent{In10s: 1, In60s: 1}}
	if n := testing.AllocsPerRun(100, func() { j.Judge(r, f) }); n > 1 { // the subject
		t.Errorf("%v allocations", n)
	}
}

func randomTest(r *rand.Rand) Test {
	if r.IntN(8) == 0 {
		from := r.IntN(24)
		return Test{What: clock, From: fmt.Sprintf("%02d:00", from), To: fmt.Sprintf("%02d:30", r.IntN(24))}
	}
	a := aspects[r.IntN(len(aspects))]
	t := Test{What: a.name}
	pick := func(values ...string) []string {
		return []string{values[r.IntN(len(values))], values[r.IntN(len(values))]}
	}
	switch a.kind {
	case rule.Int, rule.Number:
		if r.IntN(2) == 0 {
			t.Min = ptr(float64(r.IntN(4)))
		} else {
			t.Max = ptr(float64(r.IntN(40)) / 4)
		}
		if a.kind == rule.Int && r.IntN(3) == 0 {
			t.Any = pick("1", "2", "3")
		}
		return t
	case rule.Bool:
		t.Any = pick("true", "false")[:1]
		return t
	}
	values := pick("advert", "abuse", "wechat", "link", "text", "image", "owner", "a.example", "he said \"no\"", "starter")
	if r.IntN(3) == 0 {
		t.None = values
	} else {
		t.Any = values
	}
	return t
}

func randomMessage(r *rand.Rand) (*read.Reading, *Facts) {
	pick := func(values ...string) string { return values[r.IntN(len(values))] }
	m := &read.Reading{Normal: pick("text", "advert", "he said \"no\""), Length: r.IntN(5)}
	for range r.IntN(3) {
		m.Hits = append(m.Hits, read.Hit{Category: pick("advert", "abuse"), Lexicon: pick("starter", "own"), Exception: r.IntN(3) == 0})
		m.Found = append(m.Found, read.Found{Detector: pick("link", "wechat"), Value: pick("a.example", "b.example")})
	}
	return m, &Facts{
		Now: night.Add(time.Duration(r.IntN(10000)) * time.Minute), Form: pick("text", "image"),
		Member:  Member{Hours: float64(r.IntN(4) - 1), Messages: r.IntN(4), Strikes: r.IntN(4), Role: pick("", "owner", "member"), Blocked: r.IntN(2) == 0},
		Recent:  Recent{r.IntN(4), r.IntN(4), r.IntN(4), r.IntN(4), r.IntN(4), r.IntN(4), r.IntN(3), r.IntN(3)},
		Scores:  Scores{Abuse: r.Float64(), Advert: r.Float64(), Known: true},
		Members: r.IntN(5), CheckIn: r.IntN(2) == 0,
	}
}

func TestNewcomersMustBeKnown(t *testing.T) {
	j := judge(t, one(Clause{When: When{Tests: []Test{{What: "member.hours", Max: ptr(24)}}}}))
	f := newcomer(0)
	f.Member.Hours = -1
	if j.Judge(advert, f).Fired() {
		t.Error("a member of whom nobody knows since when they are there counts as a newcomer")
	}
}

func TestMistakesAreTold(t *testing.T) {
	for name, c := range map[string]struct {
		change func(c *Clause)
		want   string
	}{
		"ID":        {func(c *Clause) { c.ID = "Ä" }, "the ID"},
		"name":      {func(c *Clause) { c.Name = " " }, "the name is empty"},
		"layer":     {func(c *Clause) { c.Layer = "x" }, "the layer"},
		"stage":     {func(c *Clause) { c.Stage = "x" }, "the stage"},
		"category":  {func(c *Clause) { c.Category = "" }, "the category is empty"},
		"at_once":   {func(c *Clause) { c.AtOnce = []Do{Warn} }, "cannot be done at once"},
		"severity":  {func(c *Clause) { c.Severity = 4 }, "the severity is 4"},
		"condition": {func(c *Clause) { c.When = When{} }, "it has no condition"},
		"what":      {func(c *Clause) { c.When.Tests[0].What = "mood" }, `nothing is called "mood"`},
		"nothing":   {func(c *Clause) { c.When.Tests[0].Any = nil }, "asks nothing"},
		"number":    {func(c *Clause) { c.When.Tests[0].Min = ptr(1) }, "is no number"},
		"clock":     {func(c *Clause) { c.When.Tests[0] = Test{What: clock, From: "25:00", To: "07:00"} }, `"25:00" is no time of day`},
		"expr":      {func(c *Clause) { c.When.Expr = "advert in words" }, `no variable "advert"`},
		"mute":      {func(c *Clause) { c.Ladder = []Step{{[]Act{{Do: Mute}}}} }, "a mute lasts 0 minutes"},
		"act":       {func(c *Clause) { c.Always = []Act{{Do: "shout"}} }, `nothing is called "shout"`},
		"text":      {func(c *Clause) { c.Texts.Warn = strings.Repeat("长", 1001) }, "longer than 1000"},
	} {
		p := one(Clause{})
		c.change(&p.Clauses[0])
		_, err := Compile(p)
		field := name
		if f := map[string]string{"condition": "when", "what": "when", "nothing": "when", "number": "when", "clock": "when", "expr": "when",
			"ID": "id", "mute": "ladder", "act": "ladder", "text": "texts"}[name]; f != "" {
			field = f
		}
		var m *Mistake
		if !errors.As(err, &m) || m.Clause != 1 || m.Field != field {
			t.Errorf("%s: %+v, want a mistake in clause 1", name, m)
		}
		if community.CodeOf(err) != community.Invalid || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "clause 1") {
			t.Errorf("%s: %v, want Invalid that names clause 1 and %q", name, err, c.want)
		}
	}
	p := one(Clause{})
	p.Clauses = append(p.Clauses, p.Clauses[0])
	if _, err := Compile(p); err == nil || !strings.Contains(err.Error(), "clause 2") {
		t.Errorf("two clauses of one ID: %v", err)
	}
}

// Who changes a policy made of a preset changes no other.
func TestPresetsShareNothing(t *testing.T) {
	for _, id := range Presets() {
		want, err := Preset(id, "zh-CN")
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want.Clauses {
			c := &want.Clauses[i]
			c.Always, c.Spare = append(c.Always[:0], Act{Do: Page}), append(c.Spare[:0], "changed")
			for k := range c.When.Tests {
				c.When.Tests[k].What = "changed"
			}
			for k := range c.Ladder {
				c.Ladder[k].Acts = append(c.Ladder[k].Acts[:0], Act{Do: Page})
			}
		}
		for k := range want.Exempt.Roles {
			want.Exempt.Roles[k] = "changed"
		}
		got, err := Preset(id, "zh-CN")
		if err != nil {
			t.Fatal(err)
		}
		after, err := json.Marshal(got)
		if err != nil || string(after) != string(text) {
			t.Errorf("%s: %v, changed from\n%s to\n%s", id, err, text, after)
		}
	}
}

func TestPresets(t *testing.T) {
	for _, id := range Presets() {
		for _, language := range []string{"zh-CN", "en"} {
			p, err := Preset(id, language)
			if err != nil {
				t.Fatal(err)
			}
			judge(t, p)
			for _, c := range p.Clauses {
				if c.Stage == Auto && !(id == "night" && c.ID == "curfew") {
					t.Errorf("%s: %s acts by itself", id, c.ID)
				}
			}
			text, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			var again Policy
			if err := json.Unmarshal(text, &again); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(p, again); d != "" {
				t.Errorf("%s is not what was saved (-saved +read):\n%s", id, d)
			}
		}
	}
	if _, err := Preset("none", "en"); community.CodeOf(err) != community.NotFound {
		t.Errorf("Preset(none): %v", err)
	}
	missing := 0
	for _, e := range Default().Completeness() {
		if !e.Met {
			missing++
		}
	}
	if missing == 0 || missing > 5 {
		t.Errorf("%d elements are missing from the default policy: it has no curfew, and the rest should be there", missing)
	}
}

// TestDefaultExplains: whatever clause of a preset fires says because of what.
func TestDefaultExplains(t *testing.T) {
	f := newcomer(0)
	f.Recent.Groups = 1
	v := judge(t, Default()).Judge(advert, f)
	found := map[string]bool{}
	for _, r := range v.Reasons {
		found[r.Kind] = true
	}
	if v.Clause != "advert" || !found["word"] || !found["found"] || found["expr"] {
		t.Errorf("%s because of %+v", v.Clause, v.Reasons)
	}
}

// TestPresetsMeetAdvertsDifferently is X4.
func TestPresetsMeetAdvertsDifferently(t *testing.T) {
	f := newcomer(0)
	f.Recent.Groups = 1
	for preset, want := range map[string]string{"general": "recall warn", "interest": "recall mute", "resource": "recall remove block notice"} {
		p, err := Preset(preset, "en")
		if err != nil {
			t.Fatal(err)
		}
		if v := judge(t, p).Judge(advert, f); v.Category != "advert" || does(v.Acts) != want {
			t.Errorf("%s: %s does %q, want %q", preset, v.Clause, does(v.Acts), want)
		}
	}
	f.Recent.Groups = 2
	if v := judge(t, Default()).Judge(advert, f); v.Clause != "newcomer-advert" {
		t.Errorf("the same advert of a newcomer in two groups falls under %q", v.Clause)
	}
}

func TestSay(t *testing.T) {
	j := judge(t, one(Clause{Ladder: ladder, Texts: Texts{Remind: "{name}: {clause}"}}))
	for strikes, want := range map[int]string{0: "第 1 次，再有 2 次会被移出", 1: "第 2 次，再违反会被移出"} {
		v := j.Judge(advert, newcomer(strikes))
		if got := j.Say(Warn, v, Addressee{Name: "{clause}小李"}, "zh-CN"); !strings.Contains(got, want) || !strings.Contains(got, "@{clause}小李") {
			t.Errorf("after %d strikes: %s", strikes, got)
		}
	}
	v := j.Judge(advert, newcomer(2))
	if got := j.Say(Notice, v, Addressee{Name: "Ann"}, "en"); !strings.Contains(got, "removed、blocked") {
		t.Errorf("notice: %s", got)
	}
	if got := j.Say(Remind, v, Addressee{Name: "Ann"}, "en"); got != "Ann: A" {
		t.Errorf("the operator's own words: %s", got)
	}
	if Overturned("Ann", "xx") == "" || j.Say(Mute, v, Addressee{Name: "Ann"}, "en") != "" {
		t.Error("an act that says nothing speaks, or one that should does not")
	}
}

func FuzzCompile(f *testing.F) {
	text, err := json.Marshal(Default())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"clauses":[{"id":"a","name":"A","layer":"basic","category":"x","severity":1,"stage":"auto","when":{"tests":[{"what":"clock","from":"1:0","to":"2:0"}]}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var p Policy
		if json.Unmarshal(text, &p) != nil {
			return
		}
		j, err := Compile(p)
		if err != nil {
			if community.CodeOf(err) != community.Invalid {
				t.Errorf("Compile: %v, want Invalid", err)
			}
			return
		}
		v := j.For(connector.Capabilities{Send: connector.Machine}).Judge(advert, newcomer(1))
		j.Say(Warn, v, Addressee{Name: "Ann"}, "en")
	})
}

func BenchmarkJudge(b *testing.B) {
	j := judge(b, Default())
	harmless := &read.Reading{Normal: "大家早上好", Length: 5}
	f := newcomer(0)
	for b.Loop() {
		if j.Judge(harmless, f).Fired() {
			b.Fatal("fired")
		}
	}
}

// TestReasonsSayHowAWordWasFound: one that does not stand there as it is written is
// told as what it was taken for, and how.
func TestReasonsSayHowAWordWasFound(t *testing.T) {
	r := &read.Reading{Normal: "加微信", Length: 3, Hits: []read.Hit{
		{Lexicon: "a", Category: "advert", Entry: "加威信", Way: "sounded", End: 9}, {Lexicon: "a", Category: "advert", Entry: "微信", Way: "written", Start: 3, End: 9}}}
	v := judge(t, one(Clause{When: When{Tests: []Test{{What: "words", Any: []string{"advert"}}}}})).Judge(r, &Facts{})
	want := []Reason{{Kind: "word", Name: "advert", Text: "加威信", Way: "sounded", End: 9}, {Kind: "word", Name: "advert", Text: "微信", Start: 3, End: 9}}
	if d := cmp.Diff(want, v.Reasons); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}
