package insightdb_test

import (
	"fmt"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
	"qunying/internal/testdb/ready"
)

// One member's consent ends their own refusal, and nobody else's.
func TestRefusalsAreOfWhoRefuses(t *testing.T) {
	for name, dsn := range map[string]func(testing.TB) string{
		"sqlite":   ready.SQLite,
		"postgres": ready.Postgres,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := store.Open(t.Context(), dsn(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			at := func(minute int64) time.Time { return time.UnixMilli(minute * 60_000) }
			event := func(minute int64, kind community.Kind, why string, who community.IdentityID) community.Event {
				e := community.Event{Group: 3, Kind: kind, At: at(minute), Identity: who}
				if why != "" {
					e.Body = &community.Body{Data: map[string]string{"why": why}}
				}
				return e
			}
			if err := db.Write(t.Context(), func(tx *store.Tx) error {
				return insightdb.AddCoverage(tx, 1, []community.Event{
					event(1, community.CoverageLost, "disagree", 11),
					event(1, community.CoverageLost, "disagree", 12), // in the same moment
					event(2, community.CoverageLost, "", 0),
					event(3, community.CoverageBack, "agree", 13), // who never refused
					event(4, community.CoverageBack, "agree", 12),
					event(5, community.CoverageBack, "", 0),
				})
			}); err != nil {
				t.Fatal(err)
			}
			var list []insightdb.Away
			if err := db.Read(t.Context(), func(q store.Querier) (err error) {
				list, err = insightdb.CoverageAndRefusals(t.Context(), q, 1, 3)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, a := range list {
				got += fmt.Sprintf("%d-%d %s %d; ", a.From/60_000, a.To/60_000, a.Why, a.Who)
			}
			if want := "1-0 disagree 11; 1-4 disagree 12; 2-5  0; "; got != want {
				t.Errorf("the stretches are %q, want %q", got, want)
			}
		})
	}
}
