package wecom

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"qunying/community"
	"qunying/connector/wecom/wecomtest"
)

func TestJoinWays(t *testing.T) {
	s := set(t, nil)
	c, ctx := s.a.client, t.Context()
	g := s.sim.Found("", "群", "zhang")
	id := must[string](t)(c.AddJoinWay(ctx, JoinWay{Scene: 2, Groups: []string{g}, State: "poster-1", Found: 1, Name: "福利群", From: 2}))
	w := must[JoinWay](t)(c.JoinWay(ctx, id))
	if w.ID != id || w.State != "poster-1" || w.Code == "" || !slices.Equal(w.Groups, []string{g}) || w.Name != "福利群" || w.From != 2 {
		t.Errorf("the code is %+v", w)
	}
	w.State = "poster-2"
	check(t, c.ChangeJoinWay(ctx, w))
	if w := must[JoinWay](t)(c.JoinWay(ctx, id)); w.State != "poster-2" || w.Code == "" {
		t.Errorf("changed it is %+v", w)
	}
	check(t, c.DeleteJoinWay(ctx, id))
	if _, err := c.JoinWay(ctx, id); err == nil {
		t.Error("a deleted code is read")
	}
	for _, bad := range []JoinWay{{Scene: 2}, {Scene: 3, Groups: []string{g}}, {Scene: 2, Groups: make([]string, 6)}, {Scene: 2, Groups: []string{g}, State: strings.Repeat("x", 31)}} {
		if _, err := c.AddJoinWay(ctx, bad); community.CodeOf(err) != community.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestContactWays(t *testing.T) {
	s := set(t, nil)
	c, ctx := s.a.client, t.Context()
	id, picture, err := c.AddContactWay(ctx, ContactWay{Type: 1, Scene: 2, Employees: []string{"zhang"}, State: "shop"})
	if err != nil || picture == "" {
		t.Fatalf("%q, %v", picture, err)
	}
	w := must[ContactWay](t)(c.ContactWay(ctx, id))
	if w.State != "shop" || w.Code != picture || !slices.Equal(w.Employees, []string{"zhang"}) {
		t.Errorf("the code is %+v", w)
	}
	w.Type, w.Employees = 2, []string{"zhang", "li"}
	check(t, c.ChangeContactWay(ctx, w))
	if ids := must[[]string](t)(c.ContactWays(ctx)); !slices.Equal(ids, []string{id}) {
		t.Errorf("the codes are %v", ids)
	}
	if w := must[ContactWay](t)(c.ContactWay(ctx, id)); w.Type != 2 || len(w.Employees) != 2 {
		t.Errorf("changed it is %+v", w)
	}
	check(t, c.DeleteContactWay(ctx, id))
	if ids := must[[]string](t)(c.ContactWays(ctx)); len(ids) != 0 {
		t.Errorf("the codes are %v", ids)
	}
	for _, bad := range []ContactWay{{Type: 1, Scene: 2}, {Type: 1, Scene: 2, Employees: []string{"a", "b"}}, {Scene: 2, Employees: []string{"a"}}, {Type: 2, Employees: []string{"a"}},
		{Type: 2, Scene: 2, Employees: make([]string, 101)}, {Type: 2, Scene: 2, Employees: []string{"a"}, Remark: strings.Repeat("长", 31)}} {
		if _, _, err := c.AddContactWay(ctx, bad); community.CodeOf(err) != community.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	s.sim.Befriend(customer, "小李", "zhang", "", noon)
	check(t, c.EndTemporaryChat(ctx, "zhang", customer))
	if err := c.EndTemporaryChat(ctx, "zhang", another); community.CodeOf(err) != community.NotFound {
		t.Errorf("the end of no chat: %v", err)
	}
}

func TestTemplates(t *testing.T) {
	s := set(t, nil)
	c, ctx := s.a.client, t.Context()
	for _, part := range []*community.Part{nil,
		{Content: community.Link, Title: "群规", URL: "https://example.com/rules", Text: "先看这里", Picture: "https://example.com/p.png"},
		{Content: community.Image, URL: "https://example.com/p.png"},
		{Content: community.MiniProgram, Title: "签到", URL: "wx0123/pages/index", Media: "M1"},
		{Content: community.File, Media: "M2"},
	} {
		id := must[string](t)(c.AddTemplate(ctx, Template{Text: "欢迎 %NICKNAME%", Part: part}))
		got := must[Template](t)(c.Template(ctx, id))
		if got.Text != "欢迎 %NICKNAME%" || (part == nil) != (got.Part == nil) {
			t.Fatalf("the welcome is %+v", got)
		}
		if part != nil {
			want := *part
			if want.Content == community.MiniProgram {
				want.Media = "" // its cover is not told
			}
			if fmt.Sprint(*got.Part) != fmt.Sprint(want) {
				t.Errorf("it carries %+v, want %+v", *got.Part, want)
			}
		}
		got.Text, got.Part = "新的", nil
		check(t, c.ChangeTemplate(ctx, got))
		if got := must[Template](t)(c.Template(ctx, id)); got.Text != "新的" {
			t.Errorf("changed it is %+v", got)
		}
		check(t, c.DeleteTemplate(ctx, id))
		if _, err := c.Template(ctx, id); err == nil {
			t.Error("a deleted welcome is read")
		}
	}
	if _, err := c.AddTemplate(ctx, Template{}); community.CodeOf(err) != community.Invalid {
		t.Errorf("an empty welcome: %v", err)
	}
}

func TestGroupsAreHandedOver(t *testing.T) {
	s := set(t, nil)
	g := s.sim.Found("", "群", "zhang")
	for _, resigned := range []bool{false, true} {
		if resigned {
			if failed, err := s.a.client.HandOver(t.Context(), []string{g}, "wang", true); err != nil || len(failed) != 1 || codeOf(failed[0].Err) != 90500 {
				t.Errorf("of somebody at work: %+v, %v", failed, err)
			}
			s.sim.Resign("li")
			if failed, err := s.a.client.HandOver(t.Context(), []string{g}, "wang", false); err != nil || len(failed) != 1 || codeOf(failed[0].Err) != 90502 {
				t.Errorf("of somebody who resigned: %+v, %v", failed, err)
			}
		}
		failed, err := s.a.client.HandOver(t.Context(), []string{g, "wrNoSuchGroup00"}, "li", resigned)
		if err != nil || len(failed) != 1 || failed[0].Group != "wrNoSuchGroup00" || community.CodeOf(failed[0].Err) != community.NotFound {
			t.Errorf("failed are %+v, %v", failed, err)
		}
	}
	if c, _ := s.sim.Chat(g); c.Owner != "li" {
		t.Errorf("the owner is %s", c.Owner)
	}
	if s.sim.Calls("/cgi-bin/externalcontact/groupchat/transfer") != 2 {
		t.Error("resigned owners have a call of their own")
	}
	for _, groups := range [][]string{nil, make([]string, 101)} {
		if _, err := s.a.client.HandOver(t.Context(), groups, "li", false); community.CodeOf(err) != community.Invalid {
			t.Errorf("%d groups: %v", len(groups), err)
		}
	}
}

func TestStatistics(t *testing.T) {
	s := set(t, nil)
	c, ctx := s.a.client, t.Context()
	g := s.sim.Found("", "群", "zhang")
	s.sim.Found("", "群二", "li")
	check(t, s.sim.Join(g, wecomtest.Member{ID: customer}, noon.Add(-time.Hour)))
	s.pass(48 * time.Hour) // the groups were founded two days ago
	by := must[[]OwnerCounts](t)(c.CountsByOwner(ctx, noon, noon.Add(24*time.Hour), nil))
	if len(by) != 2 || by[1].Owner != "zhang" || by[1].Counts != (GroupCounts{NewGroups: 1, Groups: 1, NewMembers: 2, Members: 2}) {
		t.Errorf("by owner %+v", by)
	}
	if by := must[[]OwnerCounts](t)(c.CountsByOwner(ctx, noon, noon, []string{"li"})); len(by) != 1 || by[0].Owner != "li" {
		t.Errorf("of one owner %+v", by)
	}
	days := must[[]DayCounts](t)(c.CountsByDay(ctx, noon.Add(-24*time.Hour), noon.Add(24*time.Hour), nil))
	if len(days) != 3 || days[0].Counts.NewMembers != 0 || days[1].Counts.NewMembers != 3 || days[1].Day.Format("2006-01-02 15:04") != "2025-11-12 00:00" {
		t.Errorf("by day %+v", days)
	}
	now := s.now()
	for name, r := range map[string][2]time.Time{
		"today":     {noon, now},
		"backwards": {noon, noon.Add(-24 * time.Hour)},
		"long ago":  {now.AddDate(0, 0, -181), now.AddDate(0, 0, -170)},
		"31 days":   {now.AddDate(0, 0, -31), now.AddDate(0, 0, -1)},
	} {
		if _, err := c.CountsByDay(ctx, r[0], r[1], nil); community.CodeOf(err) != community.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := s.sim.Calls("/cgi-bin/externalcontact/groupchat/statistic_group_by_day"); n != 1 {
		t.Errorf("WeCom was asked %d times: what it would refuse should not be asked", n)
	}
	for _, r := range [][2]time.Time{{now.AddDate(0, 0, -30), now.AddDate(0, 0, -1)}, {now.AddDate(0, 0, -180), now.AddDate(0, 0, -151)}} {
		must[[]DayCounts](t)(c.CountsByDay(ctx, r[0], r[1], nil)) // the longest, and the oldest
	}
	for code, want := range map[int]community.Code{600018: community.Invalid, 81017: community.Invalid} {
		s.sim.Fail("/cgi-bin/externalcontact/groupchat/statistic", 1, wecomtest.Fault{Code: code})
		if _, err := c.CountsByOwner(ctx, noon, noon, nil); community.CodeOf(err) != want || codeOf(err) != code {
			t.Errorf("%d: %v", code, err)
		}
	}
}

func TestTags(t *testing.T) {
	s := set(t, nil)
	c, ctx := s.a.client, t.Context()
	g := must[TagGroup](t)(c.AddTags(ctx, "意向", "高", "中"))
	if len(g.Tags) != 2 || g.ID == "" {
		t.Fatalf("the tags are %+v", g)
	}
	must[TagGroup](t)(c.AddTags(ctx, "意向", "低"))
	check(t, c.RenameTag(ctx, g.Tags[0].ID, "很高"))
	all := must[[]TagGroup](t)(c.Tags(ctx))
	if len(all) != 1 || len(all[0].Tags) != 3 || all[0].Tags[0].Name != "很高" || all[0].Name != "意向" {
		t.Errorf("the tags are %+v", all)
	}
	s.sim.Befriend(customer, "小李", "zhang", "", noon)
	check(t, c.MarkCustomer(ctx, "zhang", customer, []string{g.Tags[0].ID, g.Tags[1].ID}, nil))
	check(t, c.MarkCustomer(ctx, "zhang", customer, nil, []string{g.Tags[1].ID}))
	who := must[Customer](t)(c.Customer(ctx, customer))
	if len(who.Followers) != 1 || len(who.Followers[0].Tags) != 1 || who.Followers[0].Tags[0].Name != "很高" {
		t.Errorf("the customer is %+v", who)
	}
	if ids := must[[]string](t)(c.Customers(ctx, "zhang")); !slices.Equal(ids, []string{customer}) {
		t.Errorf("the customers are %v", ids)
	}
	if ids := must[[]string](t)(c.Customers(ctx, "li")); len(ids) != 0 {
		t.Errorf("the customers of li are %v", ids)
	}
	if err := c.MarkCustomer(ctx, "li", customer, []string{g.Tags[0].ID}, nil); community.CodeOf(err) != community.NotFound {
		t.Errorf("somebody else's customer: %v", err)
	}
	check(t, c.DeleteTags(ctx, nil, []string{g.ID}))
	if all := must[[]TagGroup](t)(c.Tags(ctx)); len(all) != 0 {
		t.Errorf("the tags are %+v", all)
	}
}

func TestRules(t *testing.T) {
	s := set(t, nil)
	c, ctx := s.a.client, t.Context()
	id := must[string](t)(c.AddRule(ctx, Rule{Name: "广告", Words: []string{"加微信", "返利"}, Phones: true, Employees: []string{"zhang", "li"}}))
	r := must[Rule](t)(c.Rule(ctx, id))
	if r.Name != "广告" || len(r.Words) != 2 || !r.Phones || r.Mails || r.WarnOnly || !slices.Equal(r.Employees, []string{"zhang", "li"}) {
		t.Errorf("the rule is %+v", r)
	}
	r.Words, r.WarnOnly, r.Employees = []string{"返利"}, true, []string{"li", "wang"}
	check(t, c.ChangeRule(ctx, r))
	if r := must[Rule](t)(c.Rule(ctx, id)); len(r.Words) != 1 || !r.WarnOnly || !r.Phones || !slices.Equal(r.Employees, []string{"li", "wang"}) {
		t.Errorf("changed it is %+v", r)
	}
	if all := must[[]Rule](t)(c.Rules(ctx)); len(all) != 1 || all[0].ID != id || all[0].Name != "广告" {
		t.Errorf("the rules are %+v", all)
	}
	check(t, c.DeleteRule(ctx, id))
	if all := must[[]Rule](t)(c.Rules(ctx)); len(all) != 0 {
		t.Errorf("the rules are %+v", all)
	}
	for _, bad := range []Rule{{Words: []string{"x"}, Employees: []string{"a"}}, {Name: "x", Words: []string{""}, Employees: []string{"a"}}, {Name: "x"},
		{Name: strings.Repeat("长", 21), Employees: []string{"a"}}, {Name: "x", Words: make([]string, 301), Employees: []string{"a"}},
		{Name: "x", Words: []string{strings.Repeat("长", 33)}, Employees: []string{"a"}}, {Name: "x", Employees: make([]string, 1001)}} {
		if _, err := c.AddRule(ctx, bad); community.CodeOf(err) != community.Invalid {
			t.Errorf("%.80v: %v", bad, err)
		}
	}
}

func TestALexiconBecomesRules(t *testing.T) {
	var lexicon []string
	for i := range 700 {
		lexicon = append(lexicon, fmt.Sprintf(" 词%d ", i), "词0")
	}
	long := strings.Repeat("长", 33)
	n := InterceptRules("很长很长很长很长很长很长很长的词库名字", append(lexicon, long, "", "  "))
	if len(n.Rules) != 3 || len(n.Paste) != 3 || !slices.Equal(n.Left, []string{long}) {
		t.Fatalf("%d rules, %d parts, left %v", len(n.Rules), len(n.Paste), n.Left)
	}
	total := 0
	names := map[string]bool{}
	for i, r := range n.Rules {
		r.Employees = []string{"a"}
		check(t, r.check())
		total += len(r.Words)
		names[r.Name] = true
		if n.Paste[i] != strings.Join(r.Words, "\n") || utf8.RuneCountInString(r.Name) > 20 {
			t.Errorf("rule %d is %q", i, r.Name)
		}
	}
	if total != 700 || len(names) != 3 {
		t.Errorf("%d words in rules named %v", total, names)
	}
	if n := InterceptRules("广告", []string{"返利"}); len(n.Rules) != 1 || n.Rules[0].Name != "广告" || n.Paste[0] != "返利" {
		t.Errorf("a short lexicon becomes %+v", n)
	}
	if n := InterceptRules("广告", nil); len(n.Rules) != 0 {
		t.Errorf("no lexicon becomes %+v", n)
	}
	lexicon = nil
	for i := range 30_001 {
		lexicon = append(lexicon, fmt.Sprint(i))
	}
	if n := InterceptRules("大", lexicon); len(n.Rules) != 100 || len(n.Left) != 1 {
		t.Errorf("30,001 words become %d rules, and %d are left", len(n.Rules), len(n.Left))
	}
}

func TestSilentSignIn(t *testing.T) {
	s := set(t, nil)
	u, err := url.Parse(s.a.client.SignInPage("https://q.example.com/in?x=1", "st&te"))
	check(t, err)
	if q := u.Query(); u.Host != "open.weixin.qq.com" || q.Get("redirect_uri") != "https://q.example.com/in?x=1" || q.Get("state") != "st&te" ||
		q.Get("appid") != s.sim.CorpID || u.Fragment != "wechat_redirect" {
		t.Errorf("the page is %v", u)
	}
	if v := must[Visitor](t)(s.a.client.SignedIn(t.Context(), "code-zhang")); v.Employee != "zhang" {
		t.Errorf("the visitor is %+v", v)
	}
	for _, code := range []string{"", "x", strings.Repeat("x", 600)} {
		if _, err := s.a.client.SignedIn(t.Context(), code); community.CodeOf(err) != community.Invalid {
			t.Errorf("code %.10q: %v", code, err)
		}
	}
}

func TestUploads(t *testing.T) {
	s := set(t, nil)
	must[string](t)(s.a.client.Upload(t.Context(), "file", "群规\"1\".pdf", []byte("%PDF-1.4 …")))
	s.sim.Expire()
	if u := must[string](t)(s.a.client.UploadPicture(t.Context(), "p.png", []byte("picture"))); !strings.HasPrefix(u, "https://") {
		t.Errorf("the picture is at %q", u)
	}
	if _, err := s.a.client.Upload(t.Context(), "file", "x", nil); community.CodeOf(err) != community.Invalid {
		t.Errorf("an empty file: %v", err)
	}
	s.sim.Fail("/cgi-bin/media/upload", 1, wecomtest.Fault{Status: 502})
	if _, err := s.a.client.Upload(t.Context(), "file", "x", []byte("12345")); community.CodeOf(err) != community.Unavailable {
		t.Errorf("a broken upload: %v", err)
	}
}

func TestAGroupBehindAMiniProgram(t *testing.T) {
	s := set(t, nil)
	g := s.sim.Found("", "群", "zhang")
	if id := must[string](t)(s.a.client.ChatOfOpenGID(t.Context(), "og"+g)); id != g {
		t.Errorf("the group is %q", id)
	}
}
