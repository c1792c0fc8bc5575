package api

import (
	"context"

	"qunying/community"
)

// RepliesAnswer is who answers whom in a group.
type RepliesAnswer struct {
	Answer
	Period    Period         `json:"period"`
	Known     bool           `json:"known" doc:"answers can be told from other messages in this group; otherwise nothing is said of pairs and people"`
	Quoted    int64          `json:"quoted" doc:"answers by quoting"`
	Mentioned int64          `json:"mentioned" doc:"answers by mentioning somebody who spoke within the hour"`
	Called    int64          `json:"called" doc:"answers that begin with the name of such a person, as is done on IRC"`
	Forms     []FormReplies  `json:"forms" doc:"the most frequent first"`
	Pairs     []ReplyPair    `json:"pairs" doc:"those who answer each other most, first"`
	PairCount int64          `json:"pair_count"`
	People    []ReplyPartner `json:"people" doc:"those who talk with most others, first"`
	Alone     []ReplyPerson  `json:"alone" doc:"who spoke, but neither answered anybody nor was answered; some of them"`
	AloneAll  int64          `json:"alone_count"`
	Spoke     int64          `json:"spoke" doc:"persons who spoke"`
	Open      []Message      `json:"open" doc:"questions that nobody answered, the newest first; where that cannot be told, those after which nobody else wrote for half an hour"`
	OpenFlat  bool           `json:"open_flat" doc:"open are the latter"`
}

// FormReplies is how messages of one form are answered (S39).
type FormReplies struct {
	Content  string  `json:"content" doc:"text, image, voice, …"`
	Messages int64   `json:"messages"`
	Share    float64 `json:"share" doc:"of all messages by members"`
	Answered int64   `json:"answered" doc:"of them, with an answer"`
	Answers  int64   `json:"answers"`
}

// ReplyPerson is somebody by name.
type ReplyPerson struct {
	Person community.PersonID `json:"person"`
	Name   string             `json:"name"`
}

// ReplyPair is how often two persons answered each other.
type ReplyPair struct {
	A    ReplyPerson `json:"a"`
	B    ReplyPerson `json:"b"`
	AToB int64       `json:"a_to_b" doc:"answers of a to b"`
	BToA int64       `json:"b_to_a"`
}

// ReplyPartner is with how many others somebody talks.
type ReplyPartner struct {
	ReplyPerson
	With     int   `json:"with" doc:"persons"`
	Given    int64 `json:"given" doc:"answers"`
	Received int64 `json:"received"`
}

func (s *Server) replies(ctx context.Context, c call, in *topInput) (RepliesAnswer, error) {
	return s.needs.Insight.Replies(ctx, c.community.ID, in.Group, in.period(), in.Limit)
}
