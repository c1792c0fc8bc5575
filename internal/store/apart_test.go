package store_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/internal/store"
)

// Two communities with the same outside names see nothing of each other.
func TestCommunitiesAreApart(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		if err := db.AddCommunity(t.Context(), 2, "two", "Two", "UTC"); err != nil {
			t.Fatal(err)
		}
		for range 3 { // numbers of the first run ahead
			mustAppend(t, db.DB, 1, message("x", "before", store.Outside{ID: "before"}, "", begin))
		}
		// In one commit, with the very same keys.
		write(t, db.DB, func(tx *store.Tx) error {
			for _, c := range []community.ID{2, 1, 2} {
				if _, err := tx.Append(c, []store.Draft{numbered(1), numbered(2)}); err != nil {
					return err
				}
			}
			return nil
		})
		one, two := logOf(t, db.DB, 1), logOf(t, db.DB, 2)
		checkDense(t, one)
		checkDense(t, two)
		if len(one) != 3 || len(two) != 2 || one[1].Group != 2 || two[0].Group != 1 || one[1].Identity != 2 || two[0].Identity != 1 {
			t.Errorf("%+v\n%+v", one, two)
		}
		key := community.Key{1}
		setting := store.Setting{Group: 1, Key: "welcome", Value: `{"on":true}`}
		write(t, db.DB, func(tx *store.Tx) error {
			change := store.Draft{Event: community.Event{Key: community.Key{9}, At: begin, Source: "staff"}}
			if _, err := tx.SaveSetting(2, setting, 0, 1, change); err != nil {
				return err
			}
			for _, err := range []error{
				tx.Enqueue(community.Action{Community: 2, Group: 1, Key: key, Kind: community.Send, Text: "two", DueAt: begin}, store.Queued),
				tx.Schedule(2, store.Due{Key: key, At: begin, Kind: "send", Data: "{}"}),
				tx.Link(2, 1, 2, 1), tx.RecordOutcome(2, store.Outcome{Seq: 1, Result: "{}"}), tx.Park(2, store.Decide, 1, "why", 1),
			} {
				if err != nil {
					return err
				}
			}
			_, err := tx.AddImport(2, store.Import{File: "a.txt", State: "ready", At: begin})
			return err
		})
		for _, c := range []struct {
			community community.ID
			want      int
		}{{1, 0}, {2, 1}} {
			seen := read(t, db.DB, func(ctx context.Context, q store.Querier) (map[string]int, error) {
				return countsOf(ctx, q, c.community)
			})
			want := map[string]int{}
			for _, what := range []string{"settings", "outbox", "by cause", "dues", "links", "outcomes", "parked", "imports"} {
				want[what] = c.want
			}
			if diff := cmp.Diff(want, seen); diff != "" {
				t.Errorf("community %d: %s", c.community, diff)
			}
		}
		// What is done to one leaves the other's of the same key.
		write(t, db.DB, func(tx *store.Tx) error {
			if settled, err := tx.Settle(1, key, store.Done, begin, "", store.Trouble{}); err != nil || settled {
				t.Errorf("community 1 has settled an action of community 2: %v, %v", settled, err)
			}
			if unparked, err := tx.Unpark(1, store.Decide, 1); err != nil || unparked {
				t.Errorf("community 1 has unparked an event of community 2: %v, %v", unparked, err)
			}
			if saved, err := tx.SaveImport(1, store.Import{ID: 1, State: "done"}); err != nil || saved {
				t.Errorf("community 1 has saved an import of community 2: %v, %v", saved, err)
			}
			return tx.DropDue(1, key)
		})
		if seen := read(t, db.DB, func(ctx context.Context, q store.Querier) (map[string]int, error) { return countsOf(ctx, q, 2) }); seen["dues"] != 1 || seen["outbox"] != 1 {
			t.Errorf("%v", seen)
		}
	})
}

func countsOf(ctx context.Context, q store.Querier, c community.ID) (map[string]int, error) {
	n := map[string]int{}
	_, found, err := store.SettingAt(ctx, q, c, 1, "welcome", 0)
	if err != nil {
		return nil, err
	}
	if n["settings"] = 0; found {
		n["settings"] = 1
	}
	queued, err := store.DueActions(ctx, q, c, begin, 10)
	if err != nil {
		return nil, err
	}
	caused, err := store.OutboxByCause(ctx, q, c, 0)
	if err != nil {
		return nil, err
	}
	dues, err := store.Dues(ctx, q, c, begin)
	if err != nil {
		return nil, err
	}
	links, err := store.LinksAt(ctx, q, c, 100)
	if err != nil {
		return nil, err
	}
	_, answered, err := store.OutcomeOf(ctx, q, c, numbered(1).Event.Key)
	if err != nil {
		return nil, err
	}
	if n["outcomes"] = 0; answered {
		n["outcomes"] = 1
	}
	parked, err := store.Parked(ctx, q, c)
	if err != nil {
		return nil, err
	}
	imports, err := store.Imports(ctx, q, c, 0)
	n["outbox"], n["by cause"], n["dues"], n["links"], n["parked"], n["imports"] = len(queued), len(caused), len(dues), len(links), len(parked), len(imports)
	return n, err
}
