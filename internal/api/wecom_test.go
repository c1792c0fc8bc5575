package api

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/automation"
)

// corp stands for what a corporation manages. It remembers what it was last asked.
type corp struct {
	mu    sync.Mutex
	asked []any
}

func (f *corp) note(v ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = v
}

func (f *corp) OwnedGroups(context.Context, community.ID, string) ([]OwnedGroupView, error) {
	return []OwnedGroupView{{OwnedGroup: connector.OwnedGroup{Group: "wr1", Owner: "zhang", State: "resigned"}, ID: 3, Left: 4, Of: 30}}, nil
}

func (f *corp) HandOver(_ context.Context, _ community.ID, name string, groups []string, owner string, resigned bool, _ community.StaffID) ([]connector.NotHanded, error) {
	f.note(name, strings.Join(groups, " "), owner, resigned)
	return []connector.NotHanded{{Group: "wr2", Code: 90500, Why: "no"}}, nil
}

func (f *corp) PendingSends(context.Context, community.ID, string, int) ([]connector.Pending, error) {
	return []connector.Pending{{ID: "m1", Text: "活动", At: time.UnixMilli(1000)}}, nil
}

func (f *corp) PendingSend(context.Context, community.ID, string, string) (connector.PendingState, error) {
	return connector.PendingState{}, nil
}

func (f *corp) RemindSend(_ context.Context, _ community.ID, _, id string, _ community.StaffID) error {
	if id == "worn" {
		return community.Errorf(community.Conflict, "they were reminded 3 times within a day")
	}
	return nil
}

func (f *corp) Greetings(context.Context, community.ID, string) ([]GreetingView, error) {
	return []GreetingView{}, nil
}

func (f *corp) AddGreeting(_ context.Context, _ community.ID, _, key string, g connector.Greeting, notify bool, _ community.StaffID) (string, error) {
	f.note(key, g.Text, notify)
	return "t1", nil
}

func (f *corp) ChangeGreeting(_ context.Context, _ community.ID, _ string, g connector.Greeting, version int64, _ community.StaffID) error {
	f.note(g.ID, version)
	return nil
}

func (f *corp) DeleteGreeting(context.Context, community.ID, string, string, int64, community.StaffID) error {
	return nil
}

func (f *corp) ContactWelcome(context.Context, community.ID, string) (automation.ContactWelcome, int64, error) {
	return automation.ContactWelcome{On: true, Text: "你好", Link: &community.Part{Content: community.Link, Title: "群规", URL: "https://x.cn"}}, 2, nil
}

func (f *corp) SaveContactWelcome(_ context.Context, _ community.ID, _ string, w automation.ContactWelcome, version int64, _ community.StaffID) error {
	f.note(w.Text, w.Link != nil && w.Link.Content == community.Link, version)
	return nil
}

func (f *corp) JoinCodes(context.Context, community.ID, string) ([]JoinCodeView, error) {
	return []JoinCodeView{}, nil
}

func (f *corp) AddJoinCode(_ context.Context, _ community.ID, _, _ string, j connector.JoinCode, _ community.StaffID) (string, error) {
	f.note(j.Remark)
	return "j1", nil
}

func (f *corp) JoinCode(context.Context, community.ID, string, string) (connector.JoinCodeState, error) {
	return connector.JoinCodeState{}, nil
}

func (f *corp) JoinCodePicture(context.Context, community.ID, string, string) ([]byte, error) {
	return []byte("\x89PNG\r\n\x1a\n…"), nil
}

func (f *corp) ChangeJoinCode(context.Context, community.ID, string, connector.JoinCode, int64, community.StaffID) error {
	return nil
}

func (f *corp) DeleteJoinCode(context.Context, community.ID, string, string, int64, community.StaffID) error {
	return nil
}

func (f *corp) ContactCodes(context.Context, community.ID, string) ([]ContactCodeView, error) {
	return []ContactCodeView{{ContactCode: connector.ContactCode{ID: "k1", Remark: "海报", State: "store", Employees: []string{"zhang"}}, Version: 1, People: 2}}, nil
}

func (f *corp) AddContactCode(_ context.Context, _ community.ID, _, key string, k connector.ContactCode, _ community.StaffID) (string, error) {
	f.note(key, k.Remark, k.State, strings.Join(k.Employees, " "), k.SkipVerify)
	return "k1", nil
}

func (f *corp) ContactCodePicture(context.Context, community.ID, string, string) ([]byte, error) {
	return []byte("\x89PNG\r\n\x1a\n…"), nil
}

func (f *corp) ChangeContactCode(_ context.Context, _ community.ID, _ string, k connector.ContactCode, version int64, _ community.StaffID) error {
	if version != 1 {
		return community.Errorf(community.Conflict, "changed")
	}
	f.note(k.ID, k.Remark, version)
	return nil
}

func (f *corp) DeleteContactCode(_ context.Context, _ community.ID, _, id string, version int64, _ community.StaffID) error {
	f.note(id, version)
	return nil
}

func (f *corp) CorpTags(context.Context, community.ID, string) ([]connector.CorpTagGroup, error) {
	return []connector.CorpTagGroup{}, nil
}

func (f *corp) AddCorpTags(context.Context, community.ID, string, string, []string, community.StaffID) (connector.CorpTagGroup, error) {
	return connector.CorpTagGroup{}, nil
}

func (f *corp) RenameCorpTag(context.Context, community.ID, string, string, string, community.StaffID) error {
	return nil
}

func (f *corp) DeleteCorpTags(context.Context, community.ID, string, []string, []string, community.StaffID) error {
	return nil
}

func (f *corp) MarkCustomer(context.Context, community.ID, string, string, string, []string, []string, community.StaffID) error {
	return nil
}

func (f *corp) CorpCustomers(context.Context, community.ID, string, string, string) ([]connector.Customer, string, error) {
	return []connector.Customer{}, "", nil
}

func (f *corp) WordRules(context.Context, community.ID, string) ([]connector.WordRule, error) {
	return []connector.WordRule{}, nil
}

func (f *corp) WordRule(_ context.Context, _ community.ID, _, id string) (connector.WordRule, error) {
	return connector.WordRule{ID: id}, nil
}

func (f *corp) AddWordRule(_ context.Context, _ community.ID, _, _ string, r connector.WordRule, _ community.StaffID) (string, error) {
	return r.Name, nil
}

func (f *corp) ChangeWordRule(context.Context, community.ID, string, connector.WordRule, community.StaffID) error {
	return nil
}

func (f *corp) DeleteWordRule(context.Context, community.ID, string, string, community.StaffID) error {
	return nil
}

func (f *corp) ExportWords(context.Context, community.ID, string, string, []string) (connector.WordExport, error) {
	return connector.WordExport{}, nil
}

func (f *corp) CountedDays(_ context.Context, _ community.ID, _ string, days int) ([]CountedDayView, error) {
	return make([]CountedDayView, days), nil
}

func (f *corp) Seats(context.Context, community.ID, string) (SeatsView, error) {
	return SeatsView{}, nil
}

func (f *corp) SaveSeatPrices(context.Context, community.ID, string, SeatPricesInput, community.StaffID) error {
	return nil
}

func (f *corp) Consents(context.Context, community.ID, string, community.GroupID) ([]ConsentView, error) {
	return []ConsentView{}, nil
}

func TestACorporationIsManaged(t *testing.T) {
	f := &corp{}
	s := newStand(t, sqlite(t), func(o *Options) { o.Needs.Corporation = f })
	b := s.as("owner")
	at := root + "/communities/default/connections/app/wecom"

	var groups OwnedGroupsAnswer
	b.do(get, at+"/groups", nil).want(http.StatusOK).read(&groups)
	if len(groups.Groups) != 1 || groups.Groups[0].Owner != "zhang" || groups.Groups[0].Of != 30 {
		t.Errorf("the groups are %+v", groups)
	}
	var handed HandOverAnswer
	b.do(post, at+"/handover", HandOverInput{Groups: []string{"wr1", "wr2"}, Owner: "li", Resigned: true}).want(http.StatusOK).read(&handed)
	if handed.Handed != 1 || len(handed.Failed) != 1 || f.asked[1] != "wr1 wr2" || f.asked[3] != true {
		t.Errorf("handed over %+v, asked %v", handed, f.asked)
	}
	b.do(post, at+"/handover", HandOverInput{Groups: []string{}, Owner: "li"}).problem(http.StatusUnprocessableEntity, "invalid")
	b.do(post, at+"/sends/worn/remind", nil).problem(http.StatusConflict, "conflict")

	b.do(post, at+"/greetings", GreetingInput{Text: "欢迎"}, "Idempotency-Key", "").problem(http.StatusUnprocessableEntity, "invalid") // without a key
	var made MadeAnswer
	b.do(post, at+"/greetings", GreetingInput{Text: "欢迎", Notify: true}, "Idempotency-Key", "key-00001").want(http.StatusOK).read(&made)
	if made.ID != "t1" || f.asked[0] != "key-00001" || f.asked[2] != true {
		t.Errorf("made %+v, asked %v", made, f.asked)
	}
	b.do(put, at+"/greetings/t1", GreetingInput{Text: "你好", Version: 3}).want(http.StatusOK)
	if f.asked[0] != "t1" || f.asked[1] != int64(3) {
		t.Errorf("asked %v", f.asked)
	}
	b.do(del, at+"/greetings/t1", nil).problem(http.StatusUnprocessableEntity, "invalid") // without the version that was seen
	b.do(del, at+"/greetings/t1?version=3", nil).want(http.StatusOK)

	var codes ContactCodesAnswer
	b.do(get, at+"/contact-codes", nil).want(http.StatusOK).read(&codes)
	if len(codes.Codes) != 1 || codes.Codes[0].People != 2 || codes.Codes[0].State != "store" {
		t.Errorf("the codes are %+v", codes)
	}
	poster := ContactCodeInput{Remark: "海报", State: "store", Employees: []string{"zhang", "li"}, SkipVerify: true}
	b.do(post, at+"/contact-codes", poster, "Idempotency-Key", "").problem(http.StatusUnprocessableEntity, "invalid") // without a key
	b.do(post, at+"/contact-codes", poster, "Idempotency-Key", "key-00003").want(http.StatusOK).read(&made)
	if made.ID != "k1" || !slices.Equal(f.asked, []any{"key-00003", "海报", "store", "zhang li", true}) {
		t.Errorf("made %+v, asked %v", made, f.asked)
	}
	for _, bad := range []ContactCodeInput{{Employees: []string{"li"}}, {Remark: "x", Employees: []string{}}, {Remark: "x", Employees: make([]string, 101)}, {Remark: strings.Repeat("长", 31), Employees: []string{"li"}}} {
		b.do(post, at+"/contact-codes", bad, "Idempotency-Key", "key-00004").problem(http.StatusUnprocessableEntity, "invalid")
	}
	poster.Version = 2
	b.do(put, at+"/contact-codes/k1", poster).problem(http.StatusConflict, "conflict")
	poster.Version = 1
	b.do(put, at+"/contact-codes/k1", poster).want(http.StatusOK)
	b.do(del, at+"/contact-codes/k1", nil).problem(http.StatusUnprocessableEntity, "invalid") // without the version that was seen
	b.do(del, at+"/contact-codes/k1?version=3", nil).want(http.StatusOK)
	if !slices.Equal(f.asked, []any{"k1", int64(3)}) {
		t.Errorf("asked %v", f.asked)
	}
	b.do(get, at+"/contact-codes/k1/picture", nil).want(http.StatusOK)

	var welcome ContactWelcomeAnswer
	b.do(put, at+"/contact-welcome", ContactWelcomeView{On: true, Text: "你好", Link: &connector.LinkedPage{Title: "群规", URL: "https://x.cn"}, Version: 1}).want(http.StatusOK).read(&welcome)
	if f.asked[1] != true || f.asked[2] != int64(1) || welcome.Welcome.Version != 2 || welcome.Welcome.Link == nil {
		t.Errorf("asked %v, answered %+v", f.asked, welcome)
	}
	b.do(post, at+"/join-codes", JoinCodeInput{Remark: "x", Groups: make([]string, 6)}, "Idempotency-Key", "key-00002").problem(http.StatusUnprocessableEntity, "invalid")
	b.do(post, at+"/word-rules", WordRuleInput{Name: strings.Repeat("长", 21)}, "Idempotency-Key", "key-00003").problem(http.StatusUnprocessableEntity, "invalid")
	var days CountedDaysAnswer
	b.do(get, at+"/counts?days=7", nil).want(http.StatusOK).read(&days)
	if len(days.Days) != 7 {
		t.Errorf("%d days", len(days.Days))
	}

	res := b.send(get, at+"/join-codes/j1/picture", "")
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.Header.Get("Content-Type") != "image/png" || !strings.HasPrefix(string(body), "\x89PNG") {
		t.Errorf("the picture is %s %q, %v", res.Header.Get("Content-Type"), body, err)
	}
}
