package main

import (
	"context"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/classify"
)

// judges are a second judge, and what the classifiers learn from decisions.
type judges struct{ *console }

func (c judges) Opinions(ctx context.Context, id community.ID) (a api.OpinionsAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	set, hasKey, version, h, err := c.engine.Opinions(ctx, id)
	a.OpinionSettings = api.OpinionSettings{On: set.On, Base: set.Base, Model: set.Model, PerDay: set.PerDay, Low: set.Low, High: set.High, Wait: set.Wait}
	a.HasKey, a.Version, a.Asked, a.Answered, a.Known, a.Waiting = hasKey, version, h.Today.Asked, h.Today.Answered, h.Today.Known, h.Waiting
	a.Paused, a.Error, a.Tried = milli(h.Paused), h.Error, milli(h.Tried)
	if h.Error != "" {
		a.Code = string(h.Code)
	}
	return a, err
}

func opinionsOf(in api.OpinionsInput) casework.OpinionSettings {
	return casework.OpinionSettings{On: in.On, Base: in.Base, Model: in.Model, Key: in.Key, PerDay: in.PerDay, Low: in.Low, High: in.High, Wait: in.Wait}
}

func (c judges) SaveOpinions(ctx context.Context, id community.ID, by community.StaffID, in api.OpinionsInput) (api.OpinionsAnswer, error) {
	if err := c.engine.SaveOpinions(ctx, id, opinionsOf(in), in.Version, by); err != nil {
		return api.OpinionsAnswer{}, err
	}
	return c.Opinions(ctx, id)
}

func (c judges) TryOpinion(ctx context.Context, id community.ID, in api.OpinionTestInput) (api.OpinionTestAnswer, error) {
	o, sent, took, err := c.engine.TryOpinion(ctx, id, opinionsOf(in.OpinionsInput), in.Text)
	return api.OpinionTestAnswer{Class: o.Class, Probability: o.Probability, Why: o.Why, Sent: sent, Millis: took.Milliseconds()}, err
}

func (c judges) Learning(ctx context.Context, id community.ID) (a api.LearningAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	t, err := c.engine.Taught(ctx, id)
	a.Ask, a.Most = t.Ask, t.ADay()
	a.Off, a.Version, a.Adverts, a.Fine = t.Off, t.Version, t.Bad, t.Fine
	a.Needed, a.Ordinary = classify.LeastJudged, classify.LeastOrdinary
	if t.Learnt.ID != 0 {
		a.Lesson, a.Learnt = t.Learnt.ID, t.Learnt.Bad+t.Learnt.Fine
	}
	return a, err
}

func (c judges) SaveLearning(ctx context.Context, id community.ID, by community.StaffID, in api.LearningInput) (api.LearningAnswer, error) {
	if err := c.engine.SaveLearning(ctx, id, casework.Learning{Off: in.Off, Ask: in.Ask, Most: in.Most}, in.Forget, in.Version, by); err != nil {
		return api.LearningAnswer{}, err
	}
	return c.Learning(ctx, id)
}
