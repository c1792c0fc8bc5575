package api

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/store"
	"qunying/internal/store/team"
)

// limitedTo is a browser in which a lead is signed in who looks after some groups only.
func (s *stand) limitedTo(groups ...community.GroupID) *browser {
	s.t.Helper()
	id := s.staff("a limited lead", "lead")
	if err := s.db.Write(s.t.Context(), func(tx *store.Tx) error { return team.SetRole(s.t.Context(), tx, id, "lead", groups) }); err != nil {
		s.t.Fatal(err)
	}
	b := s.browser()
	b.signIn("a limited lead", rightPassword).want(http.StatusOK)
	return b
}

// things makes, for the groups 1 and 2, one of everything that a path can name;
// the number of each is its group's.
func (s *stand) things() {
	s.t.Helper()
	err := s.db.Write(s.t.Context(), func(tx *store.Tx) error {
		for _, g := range []int64{1, 2} {
			n := itoa(g)
			for _, statement := range []string{
				`INSERT INTO chat_group (community_id, group_id, network, outside_id, name, zone, account, created_at) VALUES (1, $1, 'sim', '` + n + `', '群` + n + `', 'UTC', '', 0)`,
				`INSERT INTO task (community_id, task_id, kind, group_id, identity_id, keeper, state, link, opened_at, due_at, told_at, reminders, closed_at, closed_by, how, proof)
					VALUES (1, $1, 'action', $1, 0, 0, 'open', '', 0, 0, 0, 0, 0, 0, '', '')`,
				`INSERT INTO alert (community_id, alert_id, cause, subject, group_id, severity, state, data, since, opened_at, resolved_at, times, seen_at, seen_by, note, mail_due, mail_tries, mail_error)
					VALUES (1, $1, 'silent', 'group/` + n + `', $1, 'alert', 'firing', '{}', 0, 0, 0, 1, 0, 0, '', 0, 0, '')`,
				`INSERT INTO event (community_id, seq, key, kind, origin, group_id, identity_id, operator_id, at, logged_at, content, length, mentions, flags, source)
					VALUES (1, $1, '` + strings.Repeat(n, 16) + `', 'message.posted', 'live', $1, $1, 0, 0, 0, 'text', 0, 0, 0, '')`,
				`INSERT INTO verdict (community_id, verdict_id, seq, at, logged_at, group_id, identity_id, clause, category, policy_group, policy_version, severity, stage, lowered, strike, review_id)
					VALUES (1, $1, $1, 0, 0, $1, $1, '', '', 0, 0, 1, '', '', 0, $1)`,
				`INSERT INTO review (community_id, review_id, kind, state, clause, category, severity, group_id, identity_id, seq, verdict_id, gist, near, acts, items, reporters, opened_at, newest_at, due_at,
					paged_at, claimed_by, claimed_until, decided_by, decided_at, decision, ruling_seq, undo_until)
					VALUES (1, $1, 'suggest', 'open', '', '', 1, $1, $1, $1, 0, 0, 0, '[]', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, '', 0, 0)`,
				`INSERT INTO list_entry (community_id, entry_id, list, identity_id, pattern, group_id, reason, staff_id, seq, at, expires_at, ended_at, ended_by)
					VALUES (1, $1, 'block', $1, '', $1, '', 0, $1, 0, 0, 0, 0)`,
				`INSERT INTO group_edit_part (community_id, edit_id, group_id, key, before, after) VALUES (1, $1, $1, 'welcome', 0, 1)`,
				`INSERT INTO report_group (community_id, report_id, group_id) VALUES (1, $1, $1)`,
				`INSERT INTO view_member (community_id, identity_id, group_id, messages, first_at, last_at) VALUES (1, $1, $1, 1, 0, 0)`,
			} {
				if _, err := tx.Exec(statement, g); err != nil {
					return err
				}
			}
			key := []byte(strings.Repeat(string(rune(g)), 16))
			if _, err := tx.Exec(`INSERT INTO outbox (community_id, key, group_id, kind, text, target, message_id, state, cause_seq, cause_rule, cause_version, ordinal, due_at, expires_at,
				claimed_at, done_at, attempts, error, receipt, batch) VALUES (1, $1, $2, 'send', '', 0, '', 'queued', 1, '', 0, 0, 0, 0, 0, 0, 0, '', '', $3)`, key, g, "a batch of "+n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// named is a path whose every part is that of one group's things.
func named(path string, group int64) string {
	n := itoa(group)
	path = strings.Replace(path, "{community}", "default", 1)
	path = strings.Replace(path, "{entry}", strings.Repeat("0"+n, 16), 1)
	path = strings.Replace(path, "{batch}", "a%20batch%20of%20"+n, 1)
	return regexp.MustCompile(`\{\w+\}`).ReplaceAllString(path, n)
}

// TestEveryRouteKeepsToTheGroups asks every operation of the document as somebody
// who is limited to group 1, about group 2 and about everything.
func TestEveryRouteKeepsToTheGroups(t *testing.T) {
	s := newStand(t, sqlite(t))
	s.things()
	lead := s.limitedTo(1)
	document, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			ID         string     `json:"operationId"`
			Permission Permission `json:"x-permission"`
			Parameters []struct {
				Name, In string
			}
		} `json:"paths"`
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		t.Fatal(err)
	}
	status := func(method, url string) int {
		resp := lead.send(strings.ToUpper(method), url, "{}", "Content-Type", "application/json")
		resp.Body.Close()
		return resp.StatusCode
	}
	seen, asked := map[string]bool{}, 0
	for path, methods := range doc.Paths {
		if !strings.Contains(path, "{community}") {
			continue
		}
		names := path
		for name := range lookups {
			names = strings.ReplaceAll(names, "{"+name+"}", "{group}")
		}
		inGroup := strings.Contains(names, "{group}")
		for method, op := range methods {
			seen[op.ID] = true
			if !may("lead", op.Permission) {
				continue
			}
			asked++
			free := open[op.ID] != ""
			theirs, ours := named(path, 2), named(path, 1)
			if inGroup {
				if got := status(method, theirs); got != http.StatusForbidden {
					t.Errorf("%s (%s %s) about a group of others: %d", op.ID, method, theirs, got)
				}
			}
			got := status(method, ours)
			if allowed := free || inGroup; allowed == (got == http.StatusForbidden) {
				t.Errorf("%s (%s %s): %d, and it is allowed: %v", op.ID, method, ours, got, allowed)
			}
			for _, p := range op.Parameters {
				if free && p.In == "query" && p.Name == "group" {
					if got := status(method, ours+"?group=2"); got != http.StatusForbidden {
						t.Errorf("%s with another group to filter by: %d", op.ID, got)
					}
				}
			}
		}
	}
	if asked < 60 {
		t.Errorf("only %d operations were asked", asked)
	}
	for id := range open {
		if !seen[id] {
			t.Errorf("the list names %s, which is no operation", id)
		}
	}
}

func TestLimitsReachIntoBodies(t *testing.T) {
	s := newStand(t, sqlite(t))
	s.things()
	lead := s.limitedTo(1)
	for _, c := range []struct {
		path string
		body any
		want int
	}{
		{"/bulk/preview", BulkInput{Groups: []community.GroupID{1}, Action: ActionInput{Kind: "send", Text: "hi"}}, http.StatusOK},
		{"/bulk/preview", BulkInput{Groups: []community.GroupID{1, 2}, Action: ActionInput{Kind: "send", Text: "hi"}}, http.StatusForbidden},
		{"/bulk", BulkInput{Groups: []community.GroupID{2}, Action: ActionInput{Kind: "send", Text: "hi"}}, http.StatusForbidden},
		{"/reviews/claim", ClaimInput{Reviews: []int64{1}}, http.StatusOK},
		{"/reviews/claim", ClaimInput{Reviews: []int64{1, 2}}, http.StatusForbidden},
		{"/reviews/decide", RulingInput{Reviews: []int64{2}, What: "accept"}, http.StatusForbidden},
		{"/reports", ReportInput{Seq: 2}, http.StatusForbidden},
		{"/amnesty", AmnestyInput{Groups: []community.GroupID{1, 2}}, http.StatusForbidden},
		{"/try", map[string]any{"text": "x", "group": 2}, http.StatusForbidden},
	} {
		if got := lead.do("POST", inDefault+c.path, c.body); got.Status != c.want {
			t.Errorf("%s %+v: %d, want %d: %s", c.path, c.body, got.Status, c.want, got.Body)
		}
	}
}

func TestAnswersAreSifted(t *testing.T) {
	c := call{visitor: visitor{staff: team.Staff{Role: "lead", Groups: []community.GroupID{1}}}}
	all := StreamAnswer{Answer: Answer{7}, Messages: []Message{{Seq: 1, Group: 1}, {Seq: 2, Group: 2}, {Seq: 3}}}
	got, err := sifted(c, &answer{all})
	if err != nil {
		t.Fatal(err)
	}
	if mine := got.Body.(StreamAnswer); len(mine.Messages) != 2 || mine.Messages[1].Seq != 3 || mine.AsOf != 7 {
		t.Errorf("%+v", mine)
	}
	if len(all.Messages) != 3 || all.Messages[1].Group != 2 {
		t.Errorf("what was answered to others has changed: %+v", all.Messages)
	}
	if _, err := sifted(c, &answer{OutboxEntryAnswer{Entry: OutboxEntry{Group: 2}}}); community.CodeOf(err) != community.Forbidden {
		t.Errorf("an answer about another group: %v", err)
	}
	sets, err := sifted(c, &answer{SetsView{Sets: []SetView{{Name: "x", Groups: []community.GroupID{1, 2}}}}})
	if err != nil {
		t.Fatal(err)
	}
	if mine := sets.Body.(SetsView).Sets; len(mine) != 1 || len(mine[0].Groups) != 1 {
		t.Errorf("%+v", mine)
	}
	owner := call{visitor: visitor{staff: team.Staff{Role: "owner", Groups: []community.GroupID{1}}}}
	if got, err := sifted(owner, &answer{all}); err != nil || len(got.Body.(StreamAnswer).Messages) != 3 {
		t.Errorf("an owner sees all: %+v, %v", got, err)
	}
	for _, g := range []struct {
		groups []community.GroupID
		all    bool
		want   bool
	}{{nil, false, true}, {[]community.GroupID{1, 2}, false, true}, {[]community.GroupID{2}, false, false}, {[]community.GroupID{2}, true, true}} {
		change, mine := c.of(Change{Groups: g.groups, All: g.all})
		if mine != g.want || len(change.Groups) > 1 {
			t.Errorf("a change of %v: %+v, %v", g.groups, change, mine)
		}
	}
}

func TestSomebodyIsLimitedAndFreed(t *testing.T) {
	s := newStand(t, sqlite(t))
	s.things()
	owner := s.as("owner")
	id := s.staff("小红", "operator")
	red := s.browser()
	red.signIn("小红", rightPassword).want(http.StatusOK)
	red.do("GET", inDefault+"/groups/2", nil).want(http.StatusOK)
	change := func(groups ...community.GroupID) {
		groups = append([]community.GroupID{}, groups...) // none are [], not null
		owner.do("PATCH", inDefault+"/staff/"+itoa(int64(id)), ChangeStaffInput{Groups: &groups}).want(http.StatusOK)
	}
	owner.do("PATCH", inDefault+"/staff/"+itoa(int64(id)), ChangeStaffInput{Groups: &[]community.GroupID{9}}).problem(http.StatusNotFound, "not_found")
	change(1)
	red.do("GET", inDefault+"/groups/2", nil).problem(http.StatusForbidden, "forbidden")
	red.do("GET", inDefault+"/groups/1", nil).want(http.StatusOK)
	var all TeamAnswer
	owner.do("GET", inDefault+"/team", nil).want(http.StatusOK).read(&all)
	limited := 0
	for _, m := range all.Staff {
		limited += len(m.Groups)
	}
	if limited != 1 {
		t.Errorf("%+v", all.Staff)
	}
	change()
	red.do("GET", inDefault+"/groups/2", nil).want(http.StatusOK)

	var link LinkAnswer
	owner.do("POST", inDefault+"/invitations", InviteInput{Name: "new", Role: "viewer", Groups: []community.GroupID{2}}).want(http.StatusOK).read(&link)
	new := s.browser()
	new.do("POST", root+"/join", JoinInput{Token: strings.TrimPrefix(link.Path, "/join?token="), Name: "new", Password: "a long password"}).want(http.StatusOK)
	new.do("GET", inDefault+"/groups/1", nil).problem(http.StatusForbidden, "forbidden")
}

// TestAnAmnestyOfThoseLimited: who looks after one group sees and forgives what was
// got there, also if none was named.
func TestAnAmnestyOfThoseLimited(t *testing.T) {
	s := newStand(t, sqlite(t))
	s.things()
	lead, owner := s.limitedTo(1), s.as("owner")
	ask := func(b *browser, query string) (a AmnestyAnswer) {
		b.do("GET", inDefault+"/amnesty"+query, nil).want(http.StatusOK).read(&a)
		return a
	}
	for _, query := range []string{"", "?groups=1"} {
		if a := ask(lead, query); !a.Limited || a.Strikes != 1 {
			t.Errorf("%q: %+v", query, a)
		}
	}
	if a := ask(owner, ""); a.Limited || a.Strikes != 0 {
		t.Errorf("the owner is asked about some groups: %+v", a)
	}
	lead.do("GET", inDefault+"/amnesty?groups=2", nil).problem(http.StatusForbidden, "forbidden")
}

// Who wants no time to take it back says 0, which is not the same as saying nothing.
func TestBulkWaitsAsLongAsIsSaid(t *testing.T) {
	s := newStand(t, sqlite(t))
	s.things()
	owner := s.as("owner")
	for undo, want := range map[string]time.Duration{"": 30 * time.Second, `,"undo":0`: 0, `,"undo":5`: 5 * time.Second} {
		var a BulkAnswer
		owner.do("POST", inDefault+"/bulk", json.RawMessage(`{"groups":[1],"action":{"kind":"send","text":"hi"}`+undo+`}`)).want(http.StatusOK).read(&a)
		if got := time.UnixMilli(a.UndoUntil).Sub(s.clock.now()); got != want {
			t.Errorf("with %q it can be taken back for %v, want %v", undo, got, want)
		}
	}
}
