package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"qunying/community"
	"qunying/connector"
)

// followed stands for an account that people follow. It remembers what it was last
// asked.
type followed struct{ corp }

func (f *followed) SceneCodes(context.Context, community.ID, string) ([]SceneCodeView, error) {
	return []SceneCodeView{{ID: "c1", Name: "门店海报", Scene: "store", Followed: 3}}, nil
}

func (f *followed) AddSceneCode(_ context.Context, _ community.ID, _, key string, in SceneCodeInput, _ community.StaffID) (string, error) {
	f.note(key, in.Name, in.Lasts())
	return "c1", nil
}

func (f *followed) ChangeSceneCode(_ context.Context, _ community.ID, _, id string, in ChangeSceneCodeInput, _ community.StaffID) error {
	f.note(id, in.Renew, in.Version)
	return nil
}

func (f *followed) ForgetSceneCode(_ context.Context, _ community.ID, _, id string, version int64, _ community.StaffID) error {
	f.note(id, version)
	return nil
}

func (f *followed) Menu(context.Context, community.ID, string) ([]connector.MenuButton, string, error) {
	return nil, "m1", nil
}

func (f *followed) SaveMenu(_ context.Context, _ community.ID, _ string, buttons []connector.MenuButton, mark string, _ community.StaffID) error {
	if mark != "m1" {
		return community.Errorf(community.Conflict, "changed")
	}
	f.note(len(buttons), mark)
	return nil
}

func TestAnAccountThatPeopleFollowIsManaged(t *testing.T) {
	f := &followed{}
	s := newStand(t, sqlite(t), func(o *Options) { o.Needs.Following = f })
	b := s.as("owner")
	at := root + "/communities/default/connections/mp/following"

	var codes SceneCodesAnswer
	b.do(get, at+"/codes", nil).want(http.StatusOK).read(&codes)
	if len(codes.Codes) != 1 || codes.Codes[0].Followed != 3 {
		t.Errorf("the codes are %+v", codes)
	}
	b.do(post, at+"/codes", SceneCodeInput{Name: "海报"}, "Idempotency-Key", "").problem(http.StatusUnprocessableEntity, "invalid") // without a key
	b.do(post, at+"/codes", SceneCodeInput{Name: "海报", Days: 31}, "Idempotency-Key", "key-00001").problem(http.StatusUnprocessableEntity, "invalid")
	var made MadeAnswer
	b.do(post, at+"/codes", SceneCodeInput{Name: "海报", Days: 7}, "Idempotency-Key", "key-00002").want(http.StatusOK).read(&made)
	if made.ID != "c1" || f.asked[0] != "key-00002" || f.asked[2] != SceneCodeInput.Lasts(SceneCodeInput{Days: 7}) {
		t.Errorf("made %+v, asked %v", made, f.asked)
	}
	b.do(put, at+"/codes/c1", ChangeSceneCodeInput{Name: "海报", Renew: true, Version: 2}).want(http.StatusOK)
	if !slices.Equal(f.asked, []any{"c1", true, int64(2)}) {
		t.Errorf("asked %v", f.asked)
	}
	b.do(del, at+"/codes/c1", nil).problem(http.StatusUnprocessableEntity, "invalid") // without the version that was seen
	b.do(del, at+"/codes/c1?version=3", nil).want(http.StatusOK)

	var menu MenuAnswer
	b.do(get, at+"/menu", nil).want(http.StatusOK).read(&menu)
	if menu.Mark != "m1" || menu.Buttons == nil {
		t.Errorf("the menu is %+v", menu)
	}
	view := connector.MenuButton{Type: "view", Name: "签到", URL: "https://x.cn"}
	b.do(put, at+"/menu", MenuInput{Buttons: []connector.MenuButton{view}, Mark: "m1"}).want(http.StatusOK)
	if !slices.Equal(f.asked, []any{1, "m1"}) {
		t.Errorf("asked %v", f.asked)
	}
	b.do(put, at+"/menu", MenuInput{Buttons: []connector.MenuButton{view}, Mark: "m0"}).problem(http.StatusConflict, "conflict")
	b.do(put, at+"/menu", MenuInput{Buttons: slices.Repeat([]connector.MenuButton{view}, 4), Mark: "m1"}).problem(http.StatusUnprocessableEntity, "invalid")
	view.Name = strings.Repeat("长", 61)
	b.do(put, at+"/menu", MenuInput{Buttons: []connector.MenuButton{view}, Mark: "m1"}).problem(http.StatusUnprocessableEntity, "invalid")
}
