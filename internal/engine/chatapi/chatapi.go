// Package chatapi asks a language model behind an OpenAI-compatible endpoint
// (POST …/chat/completions), as hosted services and local servers offer it.
package chatapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"qunying/community"
)

const (
	mostAnswer = 64 << 10 // bytes of a response
	mostTokens = 200
)

// Endpoint is where to ask and as whom.
type Endpoint struct {
	base   string
	model  string
	key    string
	client *http.Client
}

// New returns an endpoint. base is the address up to and including the version,
// "https://api.example.com/v1"; key may be empty for servers of one's own. The
// client decides which addresses may be called (wire.Guard). Errors are Invalid.
func New(base, model, key string, client *http.Client) (*Endpoint, error) {
	u, err := url.Parse(base)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, community.Errorf(community.Invalid, "the address of the language model is no http address").
			WithHint("https://…/v1, without /chat/completions")
	case u.User != nil:
		return nil, community.Errorf(community.Invalid, "the address of the language model contains a password").WithHint("give the key by itself")
	case model == "":
		return nil, community.Errorf(community.Invalid, "no language model is named")
	}
	return &Endpoint{strings.TrimRight(base, "/") + "/chat/completions", model, key, client}, nil
}

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// Ask puts a question and returns the text of the answer. Errors are Unavailable
// when it is worth trying again, Forbidden when the key is refused, otherwise
// Invalid; they contain neither the key nor the question.
func (e *Endpoint) Ask(ctx context.Context, instruction, question string) (string, error) {
	body, err := json.Marshal(map[string]any{
		"model": e.model, "temperature": 0, "max_tokens": mostTokens,
		"messages": []message{{"system", instruction}, {"user", question}},
	})
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.base, bytes.NewReader(body))
	if err != nil {
		return "", &community.Error{Code: community.Invalid, Text: "the address of the language model cannot be asked"}
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	if e.key != "" {
		r.Header.Set("Authorization", "Bearer "+e.key)
	}
	answer, err := e.client.Do(r)
	if err != nil {
		var refused *community.Error
		if errors.As(err, &refused) {
			return "", refused
		}
		return "", &community.Error{Code: community.Unavailable, Text: "the language model cannot be reached", Err: withoutURL(err)}
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer+1))
	if err != nil {
		return "", &community.Error{Code: community.Unavailable, Text: "the language model's answer broke off", Err: err}
	}
	if err := refusal(answer.StatusCode); err != nil {
		return "", err
	}
	return content(data)
}

// withoutURL drops the address from an error: people put keys into them.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// refusal makes an error of a status.
func refusal(status int) error {
	switch {
	case status == http.StatusOK:
		return nil
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return community.Errorf(community.Forbidden, "the language model does not accept the key")
	case status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= 500:
		return community.Errorf(community.Unavailable, "the language model answers with status %d", status)
	}
	return community.Errorf(community.Invalid, "the language model answers with status %d", status).
		WithHint("is the address right, and the name of the model?")
}

// content returns the text of an answer.
func content(data []byte) (string, error) {
	if len(data) > mostAnswer {
		return "", community.Errorf(community.Invalid, "the language model's answer is longer than %d bytes", mostAnswer)
	}
	var in struct {
		Choices []struct {
			Message message `json:"message"`
		} `json:"choices"`
	}
	if err := json.Unmarshal(data, &in); err != nil || len(in.Choices) == 0 {
		return "", community.Errorf(community.Invalid, "the language model's answer is not of the kind that was asked for").
			WithHint("does the address speak the OpenAI interface?")
	}
	return in.Choices[0].Message.Content, nil
}
