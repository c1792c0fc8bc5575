package engine

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/detect"
	"qunying/internal/moderation/policy"
	"qunying/internal/moderation/watch"
	"qunying/internal/store"
	"qunying/internal/store/cases"
	"qunying/internal/store/media"
)

// CodesRead tells what the QR codes in a picture of a message say (图中二维码), once
// for each picture that has any: Data["seq"] is the message's place in the log,
// Data["part"] which of its pictures, Data["message"] its ID on the platform,
// Data["codes"] a JSON list. Name, text and form are the message's, so that both
// are judged together; whoever is erased takes all of it along.
const CodesRead community.Kind = "codes.read"

// Bounds of reading codes. A picture takes tens of milliseconds, so that few are
// read before the others' turn comes.
const (
	codesBatch    = 8
	codesOld      = watch.Span // of pictures of older messages, nothing would come of it
	codesOrdinals = 1000       // more than the actions that one event can cause
	codesKnown    = 256        // pictures whose codes are remembered: adverts are posted in many groups
)

// codesStep looks for codes in pictures that were fetched. It has a loop of its own:
// neither what is heard nor what is fetched waits for it.
func (e *Engine) codesStep(ctx context.Context, c community.ID) (more bool, err error) {
	if e.pictures.files == nil {
		return false, nil
	}
	set, _, err := e.MediaSetting(ctx, c)
	if err != nil {
		return false, err
	}
	var list []media.Item
	if err := e.db.Read(ctx, func(q store.Querier) error {
		list, err = media.Unread(ctx, q, c, codesBatch)
		return err
	}); err != nil {
		return false, err
	}
	for i := range list {
		it := &list[i]
		var codes []string
		if set.Codes && media.IsPicture(it.Type) && e.now().Sub(it.At) < codesOld {
			codes = e.codesIn(it)
		}
		if err := e.noteCodes(ctx, *it, codes); err != nil {
			return false, err
		}
	}
	return len(list) == codesBatch, ctx.Err()
}

// codesIn reads a picture. One that cannot be read has no codes: it was kept, and
// people see it.
func (e *Engine) codesIn(i *media.Item) (codes []string) {
	p := e.pictures
	if known, ok := p.codes[i.Sum]; ok {
		return known
	}
	if err := guard(func() error { // decoders of pictures are not trusted with our process
		f, err := p.files.Open(i.Community, i.Sum)
		if err != nil {
			return err
		}
		defer f.Close()
		codes, err = detect.Codes(f)
		return err
	}); err != nil {
		e.log.Debug("no codes were read in a picture", "community", i.Community, "seq", i.Seq, "part", i.Part, "err", err)
		codes = nil
	}
	if len(p.codes) >= codesKnown {
		clear(p.codes)
	}
	p.codes[i.Sum] = codes
	return codes
}

// noteCodes writes that a picture was looked into, and what its codes say into the
// log, both or neither.
func (e *Engine) noteCodes(ctx context.Context, i media.Item, codes []string) error {
	if len(codes) == 0 {
		return e.db.Write(ctx, func(tx *store.Tx) error {
			_, err := media.MarkRead(tx, i, e.now())
			return err
		})
	}
	said, err := json.Marshal(codes)
	if err != nil {
		return err
	}
	return e.write(ctx, func(tx *store.Tx) error {
		of, err := store.Event(ctx, tx, i.Community, i.Seq)
		if err != nil {
			return err
		}
		fresh, err := media.MarkRead(tx, i, e.now())
		if err != nil || !fresh || of.Body == nil { // another process was faster, or somebody was erased
			return err
		}
		_, err = tx.Append(i.Community, []store.Draft{{Event: community.Event{
			Key:  codesKey(i.Seq, i.Part),
			Kind: CodesRead, Group: of.Group, Identity: of.Identity, At: of.At, Source: of.Source, Content: of.Content,
			Body: &community.Body{Name: of.Body.Name, Text: of.Body.Text, Data: map[string]string{"seq": decimal(int64(i.Seq)), "part": strconv.Itoa(i.Part),
				"message": of.Body.MessageID, "codes": string(said), "url": of.Body.Data["url"]}}}}})
		return err
	})
}

func codesKey(message community.Seq, part int) community.Key {
	return community.KeyParts{Kind: CodesRead, Network: "picture", ID: decimal(int64(message)) + "/" + strconv.Itoa(part)}.Key()
}

// withCodes is a message together with what the codes in its pictures say, as it is
// judged with them; the message itself where none are known.
func withCodes(ctx context.Context, q store.Querier, ev *community.Event) (*community.Event, error) {
	if ev.Kind != community.MessagePosted || ev.Body == nil || ev.Content == community.Text {
		return ev, nil
	}
	var all []string
	for part := range mediaParts {
		seq, err := store.SeqOf(ctx, q, ev.Community, codesKey(ev.Seq, part))
		if err != nil {
			return nil, err
		}
		if seq == 0 {
			continue
		}
		told, err := store.Event(ctx, q, ev.Community, seq)
		if err != nil {
			return nil, err
		}
		all = append(all, codesOf(told)...)
	}
	if len(all) == 0 {
		return ev, nil
	}
	said, err := json.Marshal(all)
	if err != nil {
		return nil, err
	}
	both, body := *ev, *ev.Body
	body.Data = map[string]string{"seq": decimal(int64(ev.Seq)), "part": "0", "message": ev.Body.MessageID, "codes": string(said), "url": ev.Body.Data["url"]}
	both.Kind, both.Body = CodesRead, &body
	return &both, nil
}

// codesOf is what the codes say of which an event tells; nil of other events.
func codesOf(ev *community.Event) (codes []string) {
	if ev.Kind != CodesRead || ev.Body == nil || json.Unmarshal([]byte(ev.Body.Data["codes"]), &codes) != nil {
		return nil
	}
	return codes
}

// saidAt is the place in the log of the message that is judged with an event: its
// own, but of codes that of the message whose picture has them.
func saidAt(ev *community.Event) community.Seq {
	if ev.Kind == CodesRead && ev.Body != nil {
		if n, err := strconv.ParseInt(ev.Body.Data["seq"], 10, 64); err == nil {
			return community.Seq(n)
		}
	}
	return ev.Seq
}

// ordinals is from where the actions that an event causes are numbered: those for
// the codes of a message have the same cause as those for its text.
func ordinals(ev *community.Event) int {
	if ev.Kind != CodesRead || ev.Body == nil {
		return 0
	}
	part, err := strconv.Atoi(ev.Body.Data["part"])
	if err != nil {
		return 0
	}
	return codesOrdinals * (part + 1)
}

// onCard says that the message whose codes are judged stands on a card already for
// something as severe: one message is one breach.
func onCard(ctx context.Context, q store.Querier, ev *community.Event, s policy.Severity) (bool, error) {
	if ev.Kind != CodesRead {
		return false, nil
	}
	list, err := cases.VerdictsOn(ctx, q, ev.Community, saidAt(ev))
	return slices.ContainsFunc(list, func(v casework.Verdict) bool {
		return (v.Stage == policy.Suggest || v.Stage == policy.Auto) && v.Severity <= s
	}), err
}
