package engine

import (
	"context"
	"encoding/json"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"qunying/community"
	office "qunying/connector/wecom"
	"qunying/connector/wecom/wecomtest"
	"qunying/connector/wire"
	"qunying/internal/store"
	"qunying/internal/store/team"
)

// A task and an alert reach staff as messages of WeCom, through its interface: each
// person once, in their language, with the way to the page.
func TestStaffIsToldThroughWeCom(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		corp, err := wecomtest.New(wecomtest.Options{Secret: "secret-of-the-app", Token: "callbacktoken"})
		if err != nil {
			t.Fatal(err)
		}
		api := httptest.NewServer(corp)
		t.Cleanup(api.Close)
		w.ready(byHand())
		config := map[string]any{}
		if err := json.Unmarshal(corp.Config(), &config); err != nil {
			t.Fatal(err)
		}
		config["console_url"] = "https://qunying.example.com/"
		b, err := json.Marshal(config)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.e.Connect(1, "office", office.Driver{Guard: wire.Guard{Private: true}, Base: api.URL, Now: w.now}, b); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"李四", "Wang"} {
			if err := w.db.Write(t.Context(), func(tx *store.Tx) error {
				_, err := team.Add(t.Context(), tx, team.Staff{Name: name, Role: "owner", Password: "x", CreatedAt: w.now()})
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		var ids []community.StaffID
		w.read(func(ctx context.Context, q store.Querier) error {
			all, err := team.All(ctx, q)
			for _, s := range all {
				ids = append(ids, s.ID)
			}
			return err
		})
		lisi, wang := decimal(int64(ids[0])), decimal(int64(ids[1]))
		w.typed(1, KeeperKey, `{"staff":`+wang+`,"backup":`+lisi+`}`)
		w.typed(0, ContactKey+lisi, `{"wecom":"lisi"}`)
		w.typed(0, ContactKey+wang, `{"wecom":"wang","language":"en"}`)

		w.asked(ask("1", community.Action{Kind: community.Remove, Target: w.who("a"), Detail: community.Detail{Reason: "ads"}}))
		w.dispatch() // the task
		w.decide()
		w.dispatch() // its message
		w.dispatch()
		got := saidTo(corp)
		if want := "[To do] 群: please remove a\nBecause: ads\n"; len(got["wang"]) != 1 || !strings.HasPrefix(got["wang"][0], want) ||
			!strings.HasSuffix(got["wang"][0], "\nOpen the task: https://qunying.example.com/enter/default/office?to=%2Ftasks%3Fgroup%3D1") || len(got["lisi"]) != 0 {
			t.Fatalf("of the task they were told %q", got)
		}

		draft := store.Draft{Event: community.Event{Key: community.Key{9}, Kind: community.AlertOpened, Group: 1, At: w.now(), Source: "watch",
			Body: &community.Body{Data: map[string]string{"cause": "overdue", "subject": "group/1", "severity": "watch", "count": "2", "since": decimal(w.now().UnixMilli())}}},
			Network: keeperNetwork}
		w.read(func(ctx context.Context, q store.Querier) (err error) {
			draft.Targets, err = w.e.contactsFor(ctx, q, 1, 1)
			return err
		})
		for range 2 { // told twice, it is one alert
			if _, err := w.db.Append(t.Context(), 1, draft); err != nil {
				t.Fatal(err)
			}
			w.decide()
			w.dispatch()
			w.dispatch()
		}
		got = saidTo(corp)
		if len(got["wang"]) != 2 || len(got["lisi"]) != 1 {
			t.Fatalf("of the alert they were told %q", got)
		}
		if s := got["wang"][1]; !strings.HasPrefix(s, `[Alert] "群" has 2 overdue tasks`) || !strings.HasSuffix(s, "?to=%2Ftasks%3Fgroup%3D1") {
			t.Errorf("in English: %q", s)
		}
		if s := got["lisi"][0]; !strings.HasPrefix(s, "【预警】“群”有 2 件待办超时") || !strings.HasSuffix(s, "打开：https://qunying.example.com/enter/default/office?to=%2Ftasks%3Fgroup%3D1") {
			t.Errorf("in Chinese: %q", s)
		}
	})
}

// saidTo is what an app told employees, by employee.
func saidTo(corp *wecomtest.Server) map[string][]string {
	got := map[string][]string{}
	for _, p := range corp.Posted() {
		got[p.To] = append(got[p.To], p.Text)
	}
	return got
}

// Whatever staff is told of is told in both languages, and none of it is empty.
func TestWhatStaffIsToldIsInBothLanguages(t *testing.T) {
	for _, notes := range []map[string]string{{chinese: keeperZh, "en": keeperEn}, {chinese: alertZh, "en": alertEn}} {
		for _, word := range []string{`"remove"`, `"send"`, `"page"`, `"waiting"`, `"drill"`, `"connection"`, `"silent"`, `"overdue"`, `"distrust"`, `"band"`} {
			if a, b := strings.Contains(notes[chinese], word), strings.Contains(notes["en"], word); a != b {
				t.Errorf("%s is in one language only", word)
			}
		}
	}
	for _, c := range slices.Sorted(maps.Keys(alertNotes)) {
		s, err := written(alertNotes, c, map[string]any{"Cause": "later", "Data": map[string]string{}, "Group": "g", "Over": true, "Since": "1", "Ended": "2", "Link": ""})
		if err != nil || s == "" {
			t.Errorf("%s: %q, %v", c, s, err)
		}
	}
}

// That a clause was taken back is said in words, and leads to where it was offered.
func TestWhatIsSaidOfAClauseTakenBack(t *testing.T) {
	a := store.Alert{Cause: CauseDistrust, Data: map[string]string{"name": "广告引流", "of": "9", "overturned": "4"}}
	for language, want := range map[string]string{
		chinese: "【预警】“茶友会”的条款“广告引流”改回建议：最近 9 件自动处理里有 4 件被撤销\n",
		"en":    `[Alert] Clause "广告引流" of "茶友会" only suggests again: 4 of its last 9 automatic decisions were overturned` + "\n",
	} {
		got, err := alertWords(&a, "茶友会", time.UTC, language, "https://qy.example.com", alertPage(&a))
		if err != nil || !strings.HasPrefix(got, want) || !strings.Contains(got, "https://qy.example.com/moderation/measures") {
			t.Errorf("%s: %q, %v", language, got, err)
		}
	}
}
