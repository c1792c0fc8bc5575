package answers_test

import (
	"testing"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
)

// rosters are three groups: two share 小李 and 阿花, the third has a list as well;
// of the fourth only what was said is known.
func rosters() func(func(connector.Observation) bool) {
	at := now.Add(-2 * 3600e9)
	list := func(group string, ids ...string) connector.Observation {
		o := connector.Observation{Kind: community.RosterTaken, Group: group, GroupName: group, At: at}
		for _, id := range ids {
			o.Members = append(o.Members, connector.Member{ID: id, Name: id})
		}
		return o
	}
	return func(yield func(connector.Observation) bool) {
		for _, o := range []connector.Observation{
			list("跑步", "li", "hua", "wang", "zhao"), list("读书", "li", "hua", "sun"), list("菜谱", "qian"),
			{Kind: community.MessagePosted, Group: "闲聊", GroupName: "闲聊", ID: "1", At: at, Content: community.Text, Text: "早", Sender: connector.Member{ID: "wang", Name: "wang"}},
		} {
			if !yield(o) {
				return
			}
		}
	}
}

func TestOverlapAndCapacity(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		if _, err := w.engine.Fill(t.Context(), c, "sim", shanghai, rosters(), nil); err != nil {
			t.Fatal(err)
		}
		w.settle(t)
		running := groupOn(t, w, "跑步")
		a, err := w.Overlap(t.Context(), c, running, 10)
		if err != nil {
			t.Fatal(err)
		}
		if a.People != 4 || !a.Listed || a.Alone != 1 || len(a.Groups) != 2 || a.Groups[0].Name != "读书" || a.Groups[0].Shared != 2 ||
			a.Groups[0].Share != 0.5 || a.Groups[1].Name != "闲聊" || a.Groups[1].Shared != 1 {
			t.Errorf("overlap: %+v", a)
		}
		if a, err := w.Overlap(t.Context(), c, groupOn(t, w, "闲聊"), 10); err != nil || a.Listed || a.People != 1 || a.Alone != 0 {
			t.Errorf("overlap of a group without a list: %+v, %v", a, err)
		}
		_, err = w.Overlap(t.Context(), c, 9999, 10)
		wantCode(t, "overlap of no group", err, community.NotFound)

		full, err := w.Capacity(t.Context(), c, 2)
		if err != nil || len(full.Groups) != 2 || full.Groups[0].Name != "跑步" || full.Groups[0].Members != 4 || full.Groups[0].Cap != 500 ||
			full.Groups[0].Full || full.Unknown != 1 {
			t.Errorf("capacity: %+v, %v", full, err)
		}
		if err := w.engine.SaveSetting(t.Context(), c, 0, "caps", map[string]any{"caps": []map[string]any{{"network": "sim", "cap": 4, "mark": 0.9}}}, 0, 1); err != nil {
			t.Fatal(err)
		}
		if full, err = w.Capacity(t.Context(), c, 10); err != nil || !full.Groups[0].Full || full.Groups[1].Full || full.Groups[0].Share != 1 {
			t.Errorf("capacity with a cap of four: %+v, %v", full, err)
		}
	})
}

// groupOn finds a group of the simulated network.
func groupOn(t *testing.T, w *world, outside string) (id community.GroupID) {
	t.Helper()
	if err := w.DB.Read(t.Context(), func(q store.Querier) error {
		g, _, err := store.GroupByOutside(t.Context(), q, c, "sim", outside)
		id = g.ID
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return id
}
