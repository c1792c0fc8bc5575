package main

import (
	"context"
	"io"
	"sync"
	"time"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/engine"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// caseBook is the case log.
type caseBook struct{ *console }

func (c caseBook) Entries(ctx context.Context, id community.ID, after api.Place, limit int) (a api.CaseEntriesAnswer, next api.Place, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, next, err
	}
	a.Entries = []api.CaseEntry{}
	if limit <= 0 {
		limit = 50
	}
	err = c.db.Read(ctx, func(q store.Querier) error {
		if a.Size, err = cases.Size(ctx, q, id); err != nil {
			return err
		}
		list, err := cases.BookBefore(ctx, q, id, after.ID, limit+1)
		if len(list) > limit {
			list = list[:limit]
			next = api.Place{ID: list[limit-1].ID}
		}
		for _, k := range list {
			a.Entries = append(a.Entries, api.CaseEntry{ID: k.ID, Kind: k.Kind, Ref: k.Ref, At: milli(k.At), Envelope: k.Envelope, Erased: len(k.Digest) > 0 && k.Body == nil})
		}
		return err
	})
	return a, next, err
}

func (c caseBook) Checkpoint(ctx context.Context, id community.ID) (a api.CheckpointAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	a.Note, a.Size, a.Key, err = c.engine.Checkpoint(ctx, id)
	return a, err
}

func (c caseBook) VerifyBook(ctx context.Context, id community.ID, checkpoint string) (a api.VerifyAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	var given []string
	if checkpoint != "" {
		given = append(given, checkpoint)
	}
	v, err := engine.VerifyBook(ctx, c.db, id, given...)
	a.OK, a.Entries, a.Erased, a.Problems = v.OK(), v.Entries, v.Erased, nonNil(v.Problems)
	return a, err
}

func (c caseBook) Evidence(ctx context.Context, id community.ID, entry int64, w io.Writer) error {
	return c.engine.Evidence(ctx, id, entry, w)
}

// backtests are those that were started since the server is up.
type backtests struct {
	*console
	mu   *sync.Mutex
	list *[]*backtestRun
}

type backtestRun struct {
	community community.ID
	answer    api.BacktestAnswer
	running   bool
}

// mostBacktests bounds how many results are kept.
const mostBacktests = 50

func newBacktests(c *console) backtests { return backtests{c, &sync.Mutex{}, &[]*backtestRun{}} }

func (c backtests) StartBacktest(ctx context.Context, id community.ID, _ community.StaffID, in api.BacktestInput) (a api.BacktestAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	if err := policyError(in.Policy); err != nil {
		return a, err
	}
	words := wordsOf(in.Words)
	if words != nil {
		if err := engine.CheckLexicon(words); err != nil {
			return a, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	running := 0
	for _, is := range *c.list {
		if is.running {
			running++
		}
	}
	if running >= 2 {
		return a, community.Errorf(community.Unavailable, "two back-tests are running already").WithHint("wait until one is done")
	}
	if len(*c.list) >= 1_000_000 {
		return a, community.Errorf(community.Unavailable, "no more back-tests can be kept").WithHint("restart the server")
	}
	run := &backtestRun{community: id, running: true, answer: a}
	*c.list = append(*c.list, run)
	run.answer.ID, run.answer.State = int64(len(*c.list)), "running"
	if old := len(*c.list) - mostBacktests; old > 0 { // its number stays, its result goes
		(*c.list)[old-1].answer.Result = nil
	}
	a = run.answer
	go c.run(context.WithoutCancel(ctx), run, in, words)
	return a, nil
}

// longestBacktest is after how long one is given up.
const longestBacktest = time.Hour

func (c backtests) run(ctx context.Context, run *backtestRun, in api.BacktestInput, words *casework.Lexicon) {
	ctx, cancel := context.WithTimeout(ctx, longestBacktest)
	defer cancel()
	result, err := c.engine.RunBacktest(ctx, run.community, engine.Backtest{Policy: in.Policy, Groups: in.Groups, From: in.From, To: in.To, Samples: in.Samples, Words: words,
		Progress: func(done, all int64) {
			c.mu.Lock()
			defer c.mu.Unlock()
			run.answer.Messages, run.answer.Share = done, float64(done)/float64(max(1, all))
		}})
	c.mu.Lock()
	defer c.mu.Unlock()
	run.running, run.answer.State, run.answer.Share, run.answer.Result = false, "done", 1, result
	if err != nil {
		run.answer.State, run.answer.Error = "failed", err.Error()
		c.log.Error("a back-test failed", "community", run.community, "err", err)
	}
}

func (c backtests) Backtest(ctx context.Context, id community.ID, n int64) (a api.BacktestAnswer, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n > int64(len(*c.list)) || (*c.list)[n-1].community != id {
		return a, community.Errorf(community.NotFound, "there is no back-test %d", n).WithHint("results are kept until the server stops: start it again")
	}
	return (*c.list)[n-1].answer, nil
}

func policyError(p policy.Policy) error {
	_, err := policy.Compile(p)
	return err
}
