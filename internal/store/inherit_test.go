package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"qunying/community"
	"qunying/internal/store"
)

// saved saves a setting and tells its place in the log.
func saved(t *testing.T, db *opened, g community.GroupID, key, value string) community.Seq {
	t.Helper()
	var seq community.Seq
	if err := db.Write(t.Context(), func(tx *store.Tx) error {
		old, _, err := store.SettingAt(t.Context(), tx, 1, g, key, 0)
		if err != nil {
			return err
		}
		s, err := tx.SaveSetting(1, store.Setting{Group: g, Key: key, Value: value}, old.Version, 1, store.Draft{Event: community.Event{
			Key: community.KeyParts{Kind: community.SettingsChanged, Group: fmt.Sprint(g), ID: key, Revision: fmt.Sprint(old.Version)}.Key(), Source: "staff"}})
		seq = s.Seq
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return seq
}

func TestAGroupInheritsFieldByField(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		type value struct {
			A, B, C, D string
			E          *bool
		}
		read := func(g community.GroupID, seq community.Seq) (v value, from map[string]store.Layer) {
			t.Helper()
			if err := db.Read(t.Context(), func(q store.Querier) error {
				layers, err := store.LayersAt(context.Background(), q, 1, g, "k", seq)
				if err != nil {
					return err
				}
				text, f, err := store.Inherit(layers)
				if err != nil {
					return err
				}
				from = f
				return json.Unmarshal(text, &v)
			}); err != nil {
				t.Fatal(err)
			}
			return v, from
		}
		saved(t, db, 0, "k", `{"A":"all","B":"all","C":"all","D":"all","E":true}`)
		before := saved(t, db, 0, store.SetsKey, `{"sets":[{"id":2,"name":"新手","groups":[7]},{"id":1,"name":"会员","groups":[7,8]},{"name":"旧","groups":[7]}],"last":2}`)
		saved(t, db, 0, store.SetKey(1, "k"), `{"A":"one","B":"one","C":"one"}`)
		saved(t, db, 0, store.SetKey(2, "k"), `{"A":"two","B":"two","C":null}`)
		last := saved(t, db, 7, "k", `{"A":"own","E":false}`)
		if v, from := read(7, 0); v.A != "own" || v.B != "two" || v.C != "one" || v.D != "all" || *v.E ||
			from["A"].Level != store.OfGroup || from["B"].Name != "新手" || from["C"].Set != 1 || from["D"].Level != store.OfCommunity {
			t.Errorf("%+v from %+v", v, from)
		}
		if v, _ := read(8, 0); v.A != "one" || v.D != "all" || !*v.E {
			t.Errorf("in one set: %+v", v)
		}
		if v, from := read(9, 0); v.A != "all" || from["A"].Level != store.OfCommunity {
			t.Errorf("in none: %+v", v)
		}
		if v, _ := read(7, before); v.A != "all" {
			t.Errorf("before the sets said anything: %+v", v)
		}
		saved(t, db, 0, store.SetsKey, `{"sets":[{"id":1,"name":"会员","groups":[7,8]}],"last":2}`)
		if v, _ := read(7, last); v.B != "two" {
			t.Errorf("while it was in the set: %+v", v)
		}
		if v, _ := read(7, 0); v.B != "one" {
			t.Errorf("after it left the set: %+v", v)
		}
		saved(t, db, 7, "k", `[]`)
		if v, _ := read(7, 0); v.A != "one" {
			t.Errorf("with a value that is no object: %+v", v)
		}
	})
}
