package scenario

import (
	"context"
	"fmt"
	"strconv"

	"qunying/community"
	"qunying/internal/engine"
	"qunying/internal/moderation/policy"
	"qunying/internal/store"
	"qunying/internal/store/points"
)

// forge changes one byte of what is on record, past the machine: that the first
// strike was one.
func forge(ctx context.Context, c *call) error {
	return c.w.db.Write(ctx, func(tx *store.Tx) error {
		done, err := tx.Exec(`UPDATE case_entry SET envelope = replace(envelope, '"strike":1', '"strike":2')
			WHERE entry_id = (SELECT min(entry_id) FROM case_entry WHERE envelope LIKE '%"strike":1%')`)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n != 1 {
			return community.Errorf(community.NotFound, "there is no first strike in the case log")
		}
		return nil
	})
}

// expectCaseLog goes through the case log as "qunying verify" does.
func expectCaseLog(ctx context.Context, c *call) error {
	v, err := engine.VerifyBook(ctx, c.w.db, c.w.id(c.where))
	if err != nil {
		return err
	}
	found := "sound"
	if !v.OK() {
		found = "changed"
	}
	if v.Entries == 0 {
		found = "empty"
	}
	return same(c.words[0], found, v.Problems...)
}

// expectPoints looks at the balance of somebody.
func expectPoints(ctx context.Context, c *call) error {
	who, err := c.identity(ctx, c.words[0], "")
	if err != nil {
		return err
	}
	var sum int64
	if err := c.w.db.Read(ctx, func(q store.Querier) (err error) {
		sum, err = points.Balance(ctx, q, c.w.id(c.where), []community.IdentityID{who})
		return err
	}); err != nil {
		return err
	}
	return same(c.words[1], strconv.FormatInt(sum, 10))
}

// expectTrial tries on what was said a rule that would remove whoever meets a
// condition, beside the rules that the product comes with.
func expectTrial(ctx context.Context, c *call) error {
	s, err := c.span(c.words[1], c.words[2])
	if err != nil {
		return err
	}
	draft := policy.Default()
	draft.Clauses = append(draft.Clauses, policy.Clause{ID: "tried", Name: "试一条", Layer: policy.Special, Category: "custom", Severity: policy.Grave, Stage: policy.Auto,
		When: policy.When{Expr: c.words[0]}, Ladder: []policy.Step{{Acts: []policy.Act{{Do: policy.Remove}}}}})
	r, err := c.w.engine.RunBacktest(ctx, c.w.id(c.where), engine.Backtest{Policy: draft, From: s.From, To: s.To, Samples: 5})
	if err != nil {
		return err
	}
	lines := []string{}
	for _, k := range r.Clauses {
		for _, m := range k.Samples {
			lines = append(lines, fmt.Sprintf("%s by %s: %s %s", m.Text, m.Name, k.Clause, m.Label))
		}
	}
	return same(c.words[3], fmt.Sprintf("%d hits, %d new, %d right, %d wrong, %d removed", r.Hits, r.Only, r.Right, r.Wrong, r.Removed), lines...)
}
