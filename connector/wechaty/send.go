package wechaty

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"path"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wechaty/puppet"
)

// Bounds of what is sent: WeChat takes about 16 KB of text; files go through the
// gateway in one piece.
const (
	mostSaid = 16 << 10
	mostFile = 20 << 20
)

// piece is one message of WeChat: a text or one thing beside it.
type piece struct {
	what string // of its trace
	send func(ctx context.Context, client puppet.PuppetClient) (id string, err error)
}

// Send posts a text and then each part as a message of its own, because WeChat
// has no messages of several parts. The last one's echo carries the key. When
// only some of them could be sent the error is *connector.Uncertain: a repeat
// would send those twice.
func (a *account) Send(ctx context.Context, act connector.Action) (connector.Receipt, error) {
	to := act.Group
	if act.Direct {
		to = act.Member
	}
	if to == "" {
		return connector.Receipt{}, connector.Because(connector.Unnamed, community.Errorf(community.Invalid, "nobody is named to send to"))
	}
	pieces, err := pieces(act, to)
	if err != nil {
		return connector.Receipt{}, err
	}
	client, err := a.ready()
	if err != nil {
		return connector.Receipt{}, err
	}
	if !act.Direct {
		if err := a.inside(ctx, directory{client, a.names}, to); err != nil {
			return connector.Receipt{}, err
		}
	}
	var receipt connector.Receipt
	for i, p := range pieces {
		if i > 0 {
			err = wait(ctx, a.gap)
		}
		if err == nil {
			receipt.MessageID, err = a.post(ctx, client, trace{community.MessagePosted, to, p.what}, act.Key, p, i == len(pieces)-1)
		}
		if err == nil {
			continue
		}
		var uncertain *connector.Uncertain
		if i > 0 && !errors.As(err, &uncertain) {
			err = &connector.Uncertain{Err: connector.Because(connector.Partly, &community.Error{Code: community.Unavailable, Text: "only the beginning of the message was sent", Err: err})}
		}
		return connector.Receipt{}, err
	}
	return receipt, nil
}

// post sends one piece. Gateways that tell no ID leave the receipt without one:
// the echo has it.
func (a *account) post(ctx context.Context, client puppet.PuppetClient, t trace, key community.Key, p piece, last bool) (string, error) {
	x := a.echoes.expect(t, key, last)
	var id string
	err := a.change(ctx, x, func(ctx context.Context) (err error) {
		id, err = p.send(ctx, client)
		return err
	})
	if err != nil {
		return "", err
	}
	if id = cut(id, mostID); id != "" {
		a.echoes.told(x, id)
	}
	return id, nil
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// pieces checks an action and cuts it into messages.
func pieces(act connector.Action, to string) ([]piece, error) {
	if act.MentionAll {
		return nil, connector.Because(connector.NoMention, community.Errorf(community.Unsupported, "a gateway cannot mention everybody").WithHint("WeChat does so with an announcement"))
	}
	var out []piece
	if text := said(act); text != "" {
		if len(text) > mostSaid {
			return nil, connector.Because(connector.TooLong, community.Errorf(community.Invalid, "the text has %d bytes, WeChat takes %d", len(text), mostSaid).WithHint("send it in several messages"))
		}
		ids := make([]string, len(act.Mentions))
		for i, m := range act.Mentions {
			ids[i] = m.ID
		}
		out = append(out, piece{plain(text), func(ctx context.Context, c puppet.PuppetClient) (string, error) {
			answer, err := c.MessageSendText(ctx, &puppet.MessageSendTextRequest{ConversationId: to, Text: text, MentionalIds: ids})
			return answer.GetId(), err
		}})
	}
	for _, p := range act.Parts {
		one, err := part(p, to)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	if len(out) == 0 {
		return nil, connector.Because(connector.Empty, community.Errorf(community.Invalid, "the message is empty"))
	}
	return out, nil
}

// mentionEnd is the space by which WeChat knows where a mention ends.
const mentionEnd = "\u2005"

// said is the text with a mention in front of it for each member whose name is
// not in it yet: WeChat shows no others.
func said(act connector.Action) string {
	var b strings.Builder
	for _, m := range act.Mentions {
		if m.Name != "" && !strings.Contains(act.Text, "@"+m.Name) {
			b.WriteString("@" + m.Name + mentionEnd)
		}
	}
	if b.Len() > 0 && act.Text != "" {
		b.WriteByte(' ')
	}
	return b.String() + act.Text
}

// Kinds of file boxes.
const (
	boxBase64 = 1
	boxURL    = 2
	boxUUID   = 7 // it waits at the gateway
)

// fileBox is how files go through a gateway.
type fileBox struct {
	Type   int    `json:"type"`
	Name   string `json:"name"`
	Base64 []byte `json:"base64,omitempty"`
	URL    string `json:"url,omitempty"`
	UUID   string `json:"uuid,omitempty"`
}

// part makes a message of one part.
func part(p community.Part, to string) (piece, error) {
	switch p.Content {
	case community.Image, community.File, community.Voice, community.Video:
		box, err := boxed(p)
		if err != nil {
			return piece{}, err
		}
		return piece{asMedia, func(ctx context.Context, c puppet.PuppetClient) (string, error) {
			answer, err := c.MessageSendFile(ctx, &puppet.MessageSendFileRequest{ConversationId: to, FileBox: box})
			return answer.GetId(), err
		}}, nil
	case community.Link:
		if p.URL == "" || p.Title == "" {
			return piece{}, connector.Because(connector.Incomplete, community.Errorf(community.Invalid, "a link needs a title and an address"))
		}
		link := &puppet.UrlLinkPayload{Title: p.Title, Description: p.Text, Url: p.URL, ThumbnailUrl: p.Picture}
		old, err := json.Marshal(map[string]string{"title": p.Title, "description": p.Text, "url": p.URL, "thumbnailUrl": p.Picture})
		if err != nil {
			return piece{}, err
		}
		return piece{string(community.Link), func(ctx context.Context, c puppet.PuppetClient) (string, error) {
			answer, err := c.MessageSendUrl(ctx, &puppet.MessageSendUrlRequest{ConversationId: to, UrlLink: link, UrlLinkDeprecated: string(old)})
			return answer.GetId(), err
		}}, nil
	case community.Card:
		if p.Media == "" {
			return piece{}, connector.Because(connector.Incomplete, community.Errorf(community.Invalid, "a card needs the contact's ID"))
		}
		return piece{string(community.Card), func(ctx context.Context, c puppet.PuppetClient) (string, error) {
			answer, err := c.MessageSendContact(ctx, &puppet.MessageSendContactRequest{ConversationId: to, ContactId: p.Media})
			return answer.GetId(), err
		}}, nil
	}
	return piece{}, connector.Because(connector.NoSuchForm, community.Errorf(community.Unsupported, "this connection cannot send a %s", p.Content))
}

// boxed puts a file into a box: its bytes, or an address that the gateway reads.
func boxed(p community.Part) (string, error) {
	box := fileBox{Name: p.Name}
	switch {
	case len(p.Data) > mostFile:
		return "", connector.Because(connector.TooLarge, community.Errorf(community.Invalid, "the file has %d bytes, at most %d can be sent", len(p.Data), mostFile))
	case len(p.Data) > 0:
		box.Type, box.Base64 = boxBase64, p.Data
	case p.URL != "":
		u, err := url.Parse(p.URL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" {
			return "", connector.Because(connector.NoContent, community.Errorf(community.Invalid, "the file's address is no web address"))
		}
		box.Type, box.URL = boxURL, p.URL
		if box.Name == "" {
			box.Name = strings.Trim(path.Base(u.Path), "./")
		}
	default:
		return "", connector.Because(connector.NoContent, community.Errorf(community.Invalid, "the %s has neither content nor address", p.Content))
	}
	if box.Name == "" {
		box.Name = map[community.Content]string{community.Image: "image.png", community.Voice: "voice.mp3", community.Video: "video.mp4"}[p.Content]
	}
	if box.Name == "" {
		box.Name = "file"
	}
	b, err := json.Marshal(box)
	return string(b), err
}
