package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"qunying/internal/moderation/classify"
)

// The model card says of which data, by which recipe and with which result the model
// was made, so that a change that forgot to make it again is found.
const (
	cardBegins = "<!-- written by tools/train -->\n```\n"
	cardEnds   = "```\n"
)

// made is what the card says: digests by what they are of.
func made(data string, model []byte) (string, error) {
	var b strings.Builder
	line := func(of string, digest []byte) { fmt.Fprintf(&b, "%s  %s\n", hex.EncodeToString(digest), of) }
	sum := sha256.Sum256(model)
	line("model.bin", sum[:])
	digest, err := recipe()
	if err != nil {
		return "", err
	}
	line("recipe", digest)
	if data == "" {
		return b.String(), nil
	}
	for _, name := range inputs() {
		content, err := os.ReadFile(filepath.Join(data, name))
		if err != nil {
			return "", err
		}
		sum := sha256.Sum256(content)
		line(name, sum[:])
	}
	return b.String(), nil
}

// recipe is a digest of everything in this repository that the model depends on: of
// the rows that are made when the data are a few lines, and of a small model of some
// of them. Texts, shares, seeds, the undoing of disguises, features and the solver are
// all in it.
func recipe() ([]byte, error) {
	c := corpus{
		train:    readTemplates(prejudiceText).rows(300, 0.5, 1, newRandom(7)),
		dialogue: readTemplates(chatText).rows(200, 0, 1, newRandom(8)),
		passed:   readTemplates(chatText).rows(200, 0, 1, newRandom(9)),
		spam:     readTemplates(abuseText).rows(100, 1, 1, newRandom(10)),
		adult:    []string{"某词"}, trade: []string{"某物"},
	}
	h := sha256.New()
	var trained [2]classify.Trained
	for class, rows := range [2][]row{abuseRows(c, newRandom(1)), advertRows(c, newRandom(2))} {
		var some []row
		for i, r := range rows {
			fmt.Fprintf(h, "%q %t %x %t %d\n", r.text, r.bad, math.Float64bits(r.weight), r.shapeless, r.copied)
			if i%37 == 0 {
				r.copied = 0
				some = append(some, r)
			}
		}
		trained[class] = train(some, ways[class])
	}
	err := classify.Write(h, trained)
	return h.Sum(nil), err
}

// writeCard replaces what a card says.
func writeCard(path, said string) error {
	card, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return err
	}
	begin, _, end, ok := cut(string(card))
	if !ok {
		return fmt.Errorf("%s has no place for what the model was made of", path)
	}
	return os.WriteFile(filepath.Clean(path), slices.Concat([]byte(begin), []byte(said), []byte(end)), 0o644)
}

// cut finds what a card says, and what stands before and behind it.
func cut(card string) (before, said, behind string, ok bool) {
	before, rest, ok := strings.Cut(card, cardBegins)
	if !ok {
		return "", "", "", false
	}
	said, behind, ok = strings.Cut(rest, cardEnds)
	return before + cardBegins, said, cardEnds + behind, ok
}
