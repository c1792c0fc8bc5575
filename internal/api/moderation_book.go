package api

import (
	"context"
	"io"
	"net/http"
	"strconv"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
)

// CaseBook is the case log (处置记录).
type CaseBook interface {
	// Entries answers the newest first, and the place of the last line.
	Entries(ctx context.Context, c community.ID, after Place, limit int) (CaseEntriesAnswer, Place, error)
	// Checkpoint signs the head of the log as it is now.
	Checkpoint(ctx context.Context, c community.ID) (CheckpointAnswer, error)
	// VerifyBook goes through the whole log.
	VerifyBook(ctx context.Context, c community.ID, checkpoint string) (VerifyAnswer, error)
	// Evidence writes a zip with an entry, its receipt, proof and checkpoint. It fails with NotFound.
	Evidence(ctx context.Context, c community.ID, entry int64, w io.Writer) error
}

// Backtests try policies on what was said.
type Backtests interface {
	StartBacktest(ctx context.Context, c community.ID, by community.StaffID, in BacktestInput) (BacktestAnswer, error)
	// Backtest fails with NotFound: results are kept until the server stops.
	Backtest(ctx context.Context, c community.ID, id int64) (BacktestAnswer, error)
}

// CaseEntriesAnswer is a page of the case log.
type CaseEntriesAnswer struct {
	Answer
	Page
	Size    int64       `json:"size"`
	Entries []CaseEntry `json:"entries"`
}

// CaseEntry is one line of the case log.
type CaseEntry struct {
	ID       int64  `json:"id"`
	Kind     string `json:"kind" doc:"verdict, ruling, appeal, list, pardon, mediation"`
	Ref      int64  `json:"ref" doc:"number of the verdict, ruling, card or line"`
	At       int64  `json:"at"`
	Envelope string `json:"envelope" doc:"JSON"`
	Erased   bool   `json:"erased" doc:"its personal part was erased; the entry stays valid"`
}

// CheckpointAnswer is a signed head of the case log, to be kept elsewhere.
type CheckpointAnswer struct {
	Answer
	Size int64  `json:"size"`
	Note string `json:"note" doc:"signed: keep it as a file"`
	Key  string `json:"key" doc:"to verify it with"`
}

// VerifyAnswer is what going through the case log came to.
type VerifyAnswer struct {
	Answer
	OK       bool     `json:"ok"`
	Entries  int64    `json:"entries"`
	Erased   int64    `json:"erased"`
	Problems []string `json:"problems" doc:"at most 100"`
}

// BacktestInput tries a draft on what was said.
type BacktestInput struct {
	Policy  policy.Policy       `json:"policy"`
	Groups  []community.GroupID `json:"groups,omitempty" maxItems:"2000" doc:"absent: all"`
	From    community.Day       `json:"from" doc:"in the community's zone"`
	To      community.Day       `json:"to" doc:"inclusive"`
	Words   *LexiconView        `json:"words,omitempty" doc:"a word list, saved or not, that the draft reads by beside those in force, in place of the one with its name"`
	Samples int                 `json:"samples,omitempty" minimum:"0" maximum:"200" default:"20" doc:"of each clause"`
}

// BacktestAnswer is a back-test, done or under way.
type BacktestAnswer struct {
	Answer
	ID       int64                    `json:"id"`
	State    string                   `json:"state" enum:"running,done,failed"`
	Share    float64                  `json:"share" doc:"of the messages"`
	Messages int64                    `json:"messages" doc:"that were judged so far"`
	Error    string                   `json:"error,omitempty"`
	Result   *casework.BacktestResult `json:"result,omitempty"`
}

type caseEntriesInput struct {
	InCommunity
	InPage
}

func (s *Server) caseEntries(ctx context.Context, c call, in *caseEntriesInput) (CaseEntriesAnswer, error) {
	seal := sealOf("casebook", c.community.ID, nil)
	after, err := openCursor(in.Cursor, seal)
	if err != nil {
		return CaseEntriesAnswer{}, err
	}
	out, last, err := s.needs.CaseBook.Entries(ctx, c.community.ID, after, in.Limit)
	out.Next = writeCursor(last, seal)
	return out, err
}

func (s *Server) checkpoint(ctx context.Context, c call, _ *InCommunity) (CheckpointAnswer, error) {
	return s.needs.CaseBook.Checkpoint(ctx, c.community.ID)
}

type verifyInput struct {
	InCommunity
	Body struct {
		Checkpoint string `json:"checkpoint,omitempty" maxLength:"4096" doc:"one that was kept elsewhere"`
	}
}

func (s *Server) verifyBook(ctx context.Context, c call, in *verifyInput) (VerifyAnswer, error) {
	return s.needs.CaseBook.VerifyBook(ctx, c.community.ID, in.Body.Checkpoint)
}

type evidenceInput struct {
	InCommunity
	Entry int64 `path:"entry" minimum:"0"`
}

func (s *Server) evidence(ctx context.Context, c call, in *evidenceInput) (stream, error) {
	pack, done := io.Pipe()
	first := make([]byte, 1)
	go func() { done.CloseWithError(s.needs.CaseBook.Evidence(ctx, c.community.ID, in.Entry, done)) }()
	if _, err := io.ReadFull(pack, first); err != nil { // nothing was written: say why
		return nil, err
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		defer pack.Close()
		w.Header().Set("Content-Type", "application/zip")
		w.Header().Set("Content-Disposition", `attachment; filename="evidence-`+strconv.FormatInt(in.Entry, 10)+`.zip"`)
		if _, err := w.Write(first); err == nil {
			_, _ = io.Copy(w, pack) // who hung up does not read it
		}
	}, nil
}

type backtestInput struct {
	InCommunity
	Body BacktestInput
}

func (s *Server) startBacktest(ctx context.Context, c call, in *backtestInput) (BacktestAnswer, error) {
	return s.needs.Backtests.StartBacktest(ctx, c.community.ID, c.visitor.staff.ID, in.Body)
}

type InBacktest struct {
	InCommunity
	Backtest int64 `path:"backtest" minimum:"1"`
}

func (s *Server) backtest(ctx context.Context, c call, in *InBacktest) (BacktestAnswer, error) {
	return s.needs.Backtests.Backtest(ctx, c.community.ID, in.Backtest)
}
