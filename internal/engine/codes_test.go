package engine

import (
	"bytes"
	"context"
	"image/png"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"qunying/community"
	"qunying/connector/wire"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// pictureOf is a PNG of a QR code.
func pictureOf(t testing.TB, text string) []byte {
	t.Helper()
	m, err := qrcode.NewQRCodeWriter().Encode(text, gozxing.BarcodeFormat_QR_CODE, 200, 200, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// coded is a world in which a picture with a code is an offence.
func coded(w *world, stage policy.Stage) *site {
	w.e.guard = wire.Guard{Private: true}
	w.observe(w.say("g", "a", "hi"), w.say("h", "a", "hi"))
	p := oneClause("口令", policy.Suggest)
	p.Clauses = append(p.Clauses, policy.Clause{ID: "code", Name: "二维码", Layer: policy.Basic, Category: "advert", Severity: policy.Light, Stage: stage,
		When: policy.When{Tests: []policy.Test{{What: "found", Any: []string{"qr"}}}}, Always: []policy.Act{{Do: policy.Recall}}, Ladder: []policy.Step{{Acts: []policy.Act{{Do: policy.Warn}}}}})
	w.keep(0, policy.Key, p)
	return newSite(w.t)
}

// readCodes fetches pictures, looks for codes in them and decides on those.
func (w *world) readCodes() {
	w.t.Helper()
	w.decide()
	w.fetch()
	for more := true; more; {
		var err error
		if more, err = w.e.codesStep(w.t.Context(), 1); err != nil {
			w.t.Fatal(err)
		}
	}
	w.decide()
}

// told lists what codes the log tells of.
func (w *world) told() (list []string) {
	w.t.Helper()
	w.read(func(ctx context.Context, q store.Querier) error {
		events, err := store.Events(ctx, q, 1, 0, 1000, true)
		for i := range events {
			if events[i].Kind == CodesRead {
				list = append(list, strings.Join(codesOf(&events[i]), " "))
			}
		}
		return err
	})
	return list
}

func (w *world) verdictsOn(card int64) (list []casework.Verdict) {
	w.t.Helper()
	w.read(func(ctx context.Context, q store.Querier) (err error) {
		list, err = cases.VerdictsOf(ctx, q, 1, card, 10)
		return err
	})
	return list
}

const invitation = "https://weixin.qq.com/g/AbCdEfGh"

func TestACodeInAPictureIsJudgedOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		s := coded(w, policy.Suggest)
		code := s.serve("/code.png", bytesHandler(pictureOf(t, invitation)))
		w.observe(w.shown("b", code), w.shown("c", s.serve("/plain.png", bytesHandler(picture(t, 10)))))
		if w.decide(); len(w.cards()) != 0 {
			t.Fatal("judged before it was read")
		}
		w.readCodes()
		w.readCodes() // nothing is left
		list := w.cards()
		if got := w.told(); len(got) != 1 || got[0] != invitation || len(list) != 1 {
			t.Fatalf("codes %v, %d cards; want one of either", got, len(list))
		}
		v := w.verdictsOn(list[0].ID)
		if len(v) != 1 || v[0].Clause != "code" || v[0].Seq != w.media()[0].Seq || list[0].Seq != v[0].Seq {
			t.Fatalf("verdicts %+v on the card of %d, the picture is of message %d", v, list[0].Seq, w.media()[0].Seq)
		}
		if r := v[0].Body.Receipt; !strings.Contains(r, `"codes":["`+invitation+`"]`) || !strings.Contains(r, `"name":"qr"`) || v[0].Body.Text != invitation {
			t.Errorf("receipt %s of %q", r, v[0].Body.Text)
		}
		// The receipt that is made again says the same of the message.
		x, err := w.e.Explain(t.Context(), 1, list[0].Seq)
		if err != nil || len(x.Receipt.Codes) != 1 || x.Receipt.Codes[0] != invitation || x.Receipt.Text != invitation || x.Receipt.Verdict.Clause != "code" {
			t.Errorf("explained: %v %+v", err, x.Receipt)
		}
		// In another file and another group it is the same advert.
		o := w.shown("d", s.serve("/again.png", bytesHandler(append(pictureOf(t, invitation), 0))))
		o.Group = "h"
		w.observe(o)
		w.readCodes()
		if list := w.cards(); len(list) != 1 || list[0].Items != 2 {
			t.Errorf("the same code in another group: %d cards %+v", len(list), list)
		}
		// A restart asks for nothing again.
		w.e.decides = map[community.ID]*decider{}
		w.observe(w.say("g", "a", "早"))
		w.decide()
		if list := w.cards(); len(list) != 1 || list[0].Items != 2 {
			t.Errorf("after a restart: %+v", list)
		}
	})
}

func TestACodeIsActedOn(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		s := coded(w, policy.Auto)
		o := w.shown("b", s.serve("/code.png", bytesHandler(pictureOf(t, invitation))))
		w.observe(o)
		w.readCodes()
		list := w.outbox()
		if len(list) != 2 || list[0].Kind != community.Recall || list[0].MessageID != o.ID || list[0].Cause.Seq != w.media()[0].Seq {
			t.Fatalf("done: %+v; want the picture's message recalled, and a warning", list)
		}
		if r := w.cards(); len(r) != 1 || r[0].Kind != casework.Acted {
			t.Fatalf("cards %+v", r)
		}
		w.mustRule(1, casework.Overturn, w.cards()[0].ID) // the points and strikes of a message are found by it
		var strikes []casework.Strike
		w.read(func(ctx context.Context, q store.Querier) (err error) {
			strikes, err = cases.StandingStrikes(ctx, q, 1, time.Time{})
			return err
		})
		if len(strikes) != 0 {
			t.Errorf("strikes stand after it was overturned: %+v", strikes)
		}
	})
}

func TestWordsAndCodeOfAMessageAreOneBreach(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		s := coded(w, policy.Suggest)
		o := w.shown("b", s.serve("/code.png", bytesHandler(pictureOf(t, invitation))))
		o.Text = "口令 进群领资料"
		w.observe(o)
		w.readCodes()
		if list := w.cards(); len(list) != 1 || list[0].Items != 1 || len(w.told()) != 1 {
			t.Errorf("%d cards %+v", len(list), list)
		}
	})
}

func TestCodesAreNotReadWhereNobodyWantsIt(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		s := coded(w, policy.Suggest)
		off := DefaultMedia()
		off.Codes = false
		w.keep(0, MediaKey, off)
		code := s.serve("/code.png", bytesHandler(pictureOf(t, invitation)))
		w.observe(w.shown("b", code))
		w.readCodes()
		w.keep(0, MediaKey, DefaultMedia())
		w.readCodes() // what came while it was off is left alone
		// A picture that is broken, and one of somebody who is erased before it is read.
		broken := pictureOf(t, invitation)
		w.observe(w.shown("c", s.serve("/broken.png", bytesHandler(broken[:len(broken)/2]))), w.shown("d", code))
		w.fetch()
		if _, err := w.e.eraseMedia(t.Context(), 1, []community.IdentityID{w.who("d")}); err != nil {
			t.Fatal(err)
		}
		w.readCodes()
		if got, list := w.told(), w.cards(); len(got)+len(list) != 0 {
			t.Errorf("codes %v, cards %+v", got, list)
		}
		// A picture that comes a day late brings about nothing.
		late := s.serve("/late.png", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusServiceUnavailable) })
		w.observe(w.shown("e", late))
		w.fetch()
		s.serve("/late.png", bytesHandler(pictureOf(t, invitation)))
		w.advance(25 * time.Hour)
		w.readCodes()
		if got := w.told(); len(got) != 0 {
			t.Errorf("a day later: %v", got)
		}
	})
}
