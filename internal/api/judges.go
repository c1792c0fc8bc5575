package api

import (
	"context"

	"qunying/community"
)

// Judges are a second judge beside the classifiers, and what these learn from
// people's decisions.
type Judges interface {
	Opinions(ctx context.Context, c community.ID) (OpinionsAnswer, error)
	// SaveOpinions fails with Invalid, and with Conflict when the version is not the
	// one in force.
	SaveOpinions(ctx context.Context, c community.ID, by community.StaffID, in OpinionsInput) (OpinionsAnswer, error)
	// TryOpinion fails with Unavailable, Forbidden (the key) or Invalid.
	TryOpinion(ctx context.Context, c community.ID, in OpinionTestInput) (OpinionTestAnswer, error)
	Learning(ctx context.Context, c community.ID) (LearningAnswer, error)
	SaveLearning(ctx context.Context, c community.ID, by community.StaffID, in LearningInput) (LearningAnswer, error)
}

// OpinionSettings say whether and where another judge is asked (第二意见).
type OpinionSettings struct {
	On     bool    `json:"on"`
	Base   string  `json:"base" maxLength:"500" doc:"https://…/v1 of an OpenAI-compatible endpoint"`
	Model  string  `json:"model" maxLength:"200"`
	PerDay int     `json:"per_day" minimum:"0" maximum:"100000" doc:"questions a day; 0: 500"`
	Low    float64 `json:"low" minimum:"0" maximum:"1" doc:"scores between which the classifiers are not sure; both 0: 0.3 and 0.95"`
	High   float64 `json:"high" minimum:"0" maximum:"1"`
	Wait   int     `json:"wait" minimum:"0" maximum:"60" doc:"seconds for an answer; 0: 10"`
}

// OpinionsAnswer is what is set, without the key, and how it goes.
type OpinionsAnswer struct {
	Answer
	OpinionSettings
	HasKey   bool   `json:"has_key"`
	Version  int64  `json:"version"`
	Asked    int    `json:"asked" doc:"questions today"`
	Answered int    `json:"answered" doc:"of these"`
	Known    int    `json:"known" doc:"answered from memory: nobody was asked"`
	Waiting  int    `json:"waiting" doc:"verdicts that are still to be asked about"`
	Paused   int64  `json:"paused,omitempty" doc:"until then nobody is asked, because of failures"`
	Error    string `json:"error,omitempty" doc:"of the last question; absent after an answer"`
	Code     string `json:"error_code,omitempty" doc:"what kind of error"`
	Tried    int64  `json:"tried,omitempty" doc:"when that was; absent: not since the start"`
}

// OpinionsInput saves it.
type OpinionsInput struct {
	OpinionSettings
	Key     string `json:"key,omitempty" maxLength:"500" doc:"absent: as it was, while the server is the same"`
	Version int64  `json:"version" minimum:"0" doc:"that the change is based on"`
}

// OpinionTestInput asks one question by settings that need not be saved.
type OpinionTestInput struct {
	OpinionsInput
	Text string `json:"text" minLength:"1" maxLength:"500"`
}

// OpinionTestAnswer is what the other judge says.
type OpinionTestAnswer struct {
	Class       string  `json:"class" enum:"abuse,advert,fraud,harmless"`
	Probability float64 `json:"probability"`
	Why         string  `json:"why"`
	Sent        string  `json:"sent" doc:"what of the text left the house"`
	Millis      int64   `json:"millis" doc:"how long it took"`
}

// LearningAnswer is how learning from decisions stands.
type LearningAnswer struct {
	Answer
	Off      bool  `json:"off"`
	Ask      bool  `json:"ask" doc:"messages about which the model is not sure open a card, too"`
	Most     int   `json:"most" doc:"such cards a day"`
	Learnt   int   `json:"learnt" doc:"decisions that what is in force was learnt from; 0: nothing is"`
	Lesson   int64 `json:"lesson,omitempty" doc:"its number, as in receipts"`
	Adverts  int   `json:"adverts" doc:"decisions by now that it was an advert or fraud"`
	Fine     int   `json:"fine" doc:"that it was nothing"`
	Needed   int   `json:"needed" doc:"of each kind before anything is learnt; of adverts alone beside enough ordinary messages"`
	Ordinary int   `json:"ordinary" doc:"messages without a verdict that are enough"`
	Version  int64 `json:"version"`
}

// LearningInput turns it on or off.
type LearningInput struct {
	Off     bool  `json:"off"`
	Ask     bool  `json:"ask,omitempty" doc:"absent: as it was; open cards for messages about which the model is not sure, too"`
	Most    int   `json:"most,omitempty" minimum:"0" maximum:"500" doc:"absent: as it was; such cards a day; 0: 20"`
	Forget  bool  `json:"forget,omitempty" doc:"absent: no; leave out everything that was decided until now"`
	Version int64 `json:"version" minimum:"0" doc:"that the change is based on"`
}

func (s *Server) opinions(ctx context.Context, c call, _ *InCommunity) (OpinionsAnswer, error) {
	return s.needs.Judges.Opinions(ctx, c.community.ID)
}

type opinionsInput struct {
	InCommunity
	Body OpinionsInput
}

func (s *Server) saveOpinions(ctx context.Context, c call, in *opinionsInput) (OpinionsAnswer, error) {
	return s.needs.Judges.SaveOpinions(ctx, c.community.ID, c.visitor.staff.ID, in.Body)
}

type opinionTestInput struct {
	InCommunity
	Body OpinionTestInput
}

func (s *Server) tryOpinion(ctx context.Context, c call, in *opinionTestInput) (OpinionTestAnswer, error) {
	return s.needs.Judges.TryOpinion(ctx, c.community.ID, in.Body)
}

func (s *Server) learning(ctx context.Context, c call, _ *InCommunity) (LearningAnswer, error) {
	return s.needs.Judges.Learning(ctx, c.community.ID)
}

type learningInput struct {
	InCommunity
	RawBody []byte
	Body    LearningInput
}

func (s *Server) saveLearning(ctx context.Context, c call, in *learningInput) (LearningAnswer, error) {
	if err := keep(in.RawBody, func() (LearningAnswer, error) { return s.needs.Judges.Learning(ctx, c.community.ID) }, &in.Body); err != nil {
		return LearningAnswer{}, err
	}
	return s.needs.Judges.SaveLearning(ctx, c.community.ID, c.visitor.staff.ID, in.Body)
}
