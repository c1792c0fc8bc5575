package main

import (
	"bytes"
	"math"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qunying/internal/moderation/classify"
	"qunying/internal/moderation/normal"
)

// own is a small set of our own writing.
func own() []row {
	t := readTemplates(advertText)
	t.named["adult"], t.named["trade"] = []string{"某词"}, []string{"代开发票"}
	rows := t.rows(400, 0.5, 1, newRandom(1))
	return newPerturber(rows, newRandom(2)).withCopies(rows, 0.5)
}

// TestModelSaysWhatTrainingSaw compares the scores of the model that was written
// with those of training: weights are rounded to a byte in between.
func TestModelSaysWhatTrainingSaw(t *testing.T) {
	rows := own()
	trained := train(rows, way{cost: 2})
	var file, again bytes.Buffer
	if err := classify.Write(&file, [2]classify.Trained{trained, trained}); err != nil {
		t.Fatal(err)
	}
	if err := classify.Write(&again, [2]classify.Trained{train(own(), way{cost: 2}), trained}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(file.Bytes(), again.Bytes()) {
		t.Error("the same rows make another model")
	}
	m, err := classify.Read(&file)
	if err != nil {
		t.Fatal(err)
	}
	turned, right := 0, 0
	for i, e := range examples(rows, 1) {
		want := margin(trained.Weights, trained.Constant, e) * trained.Steep
		p := m.Score(rows[i].text).Advert
		if got := math.Log(p / (1 - p)); !math.IsInf(got, 0) && math.Abs(got-want) > 0.25+0.1*math.Abs(want) {
			t.Errorf("%q: log of odds %.3f, in training %.3f", rows[i].text, got, want)
		}
		if (p >= 0.5) != (want >= 0) {
			turned++
		}
		if (p >= 0.5) == rows[i].bad {
			right++
		}
	}
	if turned*500 > len(rows) || right*10 < len(rows)*9 {
		t.Errorf("of %d rows %d were turned by rounding, and %d are right", len(rows), turned, right)
	}
}

// TestModelIsOfThisCode finds a change of texts, features, normaliser or solver after
// which the model was not made again: go run ./tools/train -data DIR. The figures of
// other processors than amd64 differ in the last places.
func TestModelIsOfThisCode(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the model was made on amd64")
	}
	card, err := os.ReadFile("../../docs/model-card.md")
	if err != nil {
		t.Fatal(err)
	}
	model, err := os.ReadFile("../../internal/moderation/classify/model.bin")
	if err != nil {
		t.Fatal(err)
	}
	_, said, _, ok := cut(string(card))
	if !ok {
		t.Fatal("the model card does not say what the model was made of")
	}
	data := os.Getenv("QUNYING_DATA")
	want, err := made(data, model)
	if err != nil {
		t.Fatal(err)
	}
	if data == "" { // the first lines are of what is in the tree
		said = said[:min(len(said), len(want))]
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("the model must be made again, or its card (-now +card):\n%s", diff)
	}
}

func TestTemplates(t *testing.T) {
	texts := readTemplates("= who 甲|乙\n+ {who}是(a|b)?c?\\(\n- {n3}\n# remark\n")
	seen := map[string]bool{}
	for _, r := range texts.rows(400, 0.5, 1, newRandom(1)) {
		if !r.bad {
			if len(r.text) != 3 {
				t.Errorf("three digits are %q", r.text)
			}
			continue
		}
		seen[r.text] = true
	}
	if len(seen) != 12 || !seen["甲是ac("] || !seen["乙是("] {
		t.Errorf("%d texts: %v", len(seen), seen)
	}
	for name, text := range map[string]string{
		"prejudice": prejudiceText, "chat": chatText, "abuse": abuseText, "adverts": advertText + schemeText} {
		all := readTemplates(text)
		all.named["adult"], all.named["trade"] = []string{"x"}, []string{"x"}
		for _, r := range all.rows(3*(len(all.good)+len(all.bad)), 0.5, 1, newRandom(1)) {
			if strings.ContainsAny(r.text, "{}") {
				t.Errorf("%s: a gap stayed open in %q", name, r.text)
			}
		}
	}
}

func TestJoined(t *testing.T) {
	for published, want := range map[string]string{
		"现 气 价 x . x 元 ， 找 王 翰 xxxxxxxxxxx": "现气价元，找王翰",
		"Haf u eaten ? Wat time":            "Haf u eaten?Wat time",
	} {
		if got := joined(published); got != want {
			t.Errorf("%q becomes %q, want %q", published, got, want)
		}
	}
}

func TestPerturber(t *testing.T) {
	rows := []row{{text: strings.Repeat("今天的作业什么时候交", 20), weight: 1}}
	both := newPerturber(rows, newRandom(1)).withCopies(rows, 0.5)
	if len(both) != 2 || both[1].weight != 0.5 || both[1].copied != 1 || both[1].text == both[0].text {
		t.Fatalf("%+v", both)
	}
	var text normal.Text
	normal.Default().Read(&text, both[1].text)
	if kept := strings.Count(text.Words.String(), "作业"); kept == 0 || kept == 20 {
		t.Errorf("%d of 20 words are left as they were", kept)
	}
}
