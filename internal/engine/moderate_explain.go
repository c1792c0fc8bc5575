package engine

import (
	"context"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/lexicon"
	"qunying/internal/moderation/policy"
	"qunying/internal/moderation/read"
	"qunying/internal/store"
)

// Explanation is how a message is judged by the rules of today.
type Explanation struct {
	Receipt casework.Receipt
	Reading read.Reading
	Owner   store.Layer // of the policy
}

// Explain judges a message again, with what the codes in its pictures said. What it was like beside others is not known any
// more: rules about that count as not fired. It fails with NotFound.
func (e *Engine) Explain(ctx context.Context, c community.ID, seq community.Seq) (x Explanation, err error) {
	var ev *community.Event
	var g community.Group
	var d *decider
	if err := e.db.Read(ctx, func(q store.Querier) error {
		if ev, err = store.Event(ctx, q, c, seq); err != nil {
			return err
		}
		if !judged(ev.Kind) || ev.Group == 0 {
			return community.Errorf(community.Invalid, "event %d is nothing that is judged", seq).WithHint("choose a message")
		}
		if ev, err = withCodes(ctx, q, ev); err != nil {
			return err
		}
		if g, err = store.Group(ctx, q, c, ev.Group); err != nil {
			return err
		}
		d, err = e.newDecider(ctx, q, c, seq)
		return err
	}); err != nil {
		return x, err
	}
	r, err := e.rulesFor(ctx, c, ev.Group, 0)
	if err != nil || r == nil {
		return x, err
	}
	d.docket.rules[ev.Group] = r
	f := d.reading(ev, e.score)
	x.Owner = r.owner
	if f.reading == nil {
		return x, nil
	}
	x.Reading = *f.reading
	return x, e.db.Read(ctx, func(q store.Querier) error {
		facts, err := d.factsOf(ctx, q, ev, r, f)
		if err != nil {
			return err
		}
		facts.Recent = policy.Recent{}
		facts.Now = ev.At.In(g.Zone)
		judge := e.fit(r.judge, g)
		x.Receipt = casework.Receipt{Verdict: judge.Judge(f.reading, &facts), Facts: facts}
		x.Receipt.Text, x.Receipt.Codes = writtenIn(ev)
		if f.reading.Normal != x.Receipt.Text {
			x.Receipt.Normal = f.reading.Normal
		}
		return nil
	})
}

// Try reads a text by the words of a group (0: the community's), or by those of
// one lexicon alone, and judges it as if somebody had said it of whom nothing is
// known.
func (e *Engine) Try(ctx context.Context, c community.ID, g community.GroupID, text string, alone *casework.Lexicon) (read.Reading, policy.Verdict, error) {
	r, err := e.rulesFor(ctx, c, g, 0)
	if err != nil {
		return read.Reading{}, policy.Verdict{}, err
	}
	if r == nil {
		return read.Reading{}, policy.Verdict{}, community.Errorf(community.Invalid, "the rules of this group cannot be used")
	}
	m := read.Message{Text: text}
	if alone != nil {
		made, err := LexiconOf(alone)
		if err != nil {
			return read.Reading{}, policy.Verdict{}, err
		}
		reader, err := read.New(read.Config{Lexicons: []lexicon.Lexicon{made}})
		if err != nil {
			return read.Reading{}, policy.Verdict{}, err
		}
		return reader.Read(m), policy.Verdict{}, nil
	}
	reading := r.reader.Read(m)
	facts := policy.Facts{Now: e.now(), Form: string(community.Text), Member: policy.Member{Hours: -1}}
	if e.score != nil {
		facts.Scores = r.scores(e.score, m, &reading)
	}
	return reading, r.judge.Judge(&reading, &facts), nil
}
