// Command train makes the classifiers for abuse and adverts from data that may
// ship in a model, and writes them where package classify embeds them. The same
// data and the same code give the same file:
//
//	go run ./tools/train -data DIR
//
// It also writes into docs/model-card.md what it was made of. With -check it writes
// nothing, and fails if the file in the tree is another.
//
// DIR has cold/, harmless/ and adverts/tensorlayer-*; what they are and under
// which licences is told in docs/model-card.md. It takes a minute or two and 1 GB.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"qunying/internal/moderation/classify"
)

func main() {
	data := flag.String("data", os.Getenv("QUNYING_DATA"), "folder with the data")
	out := flag.String("out", "internal/moderation/classify/model.bin", "where the model goes")
	card := flag.String("card", "docs/model-card.md", "where digests of data, recipe and model go")
	check := flag.Bool("check", false, "write nothing, but compare")
	flag.Parse()
	write := func(model []byte, said string) error {
		if err := os.WriteFile(filepath.Clean(*out), model, 0o644); err != nil {
			return err
		}
		return writeCard(*card, said)
	}
	if *check {
		write = func(model []byte, _ string) error { return same(*out, model) }
	}
	if err := run(*data, write, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

// same fails unless a file has this content.
func same(path string, content []byte) error {
	old, err := os.ReadFile(filepath.Clean(path))
	if err == nil && !bytes.Equal(old, content) {
		err = fmt.Errorf("%s is not what these data and this code make", path)
	}
	return err
}

// way is how a class is trained.
type way struct {
	cost float64 // of a mistake
	root bool    // the root of the ratio of counts instead of the ratio: adverts of our own repeat words more than real ones do
	sure float64 // how much steeper it is than unseen rows of training say; 0: as they say
	tiny float32 // weights below this are left away: they would be a tenth of the file and change no figure
}

var ways = [2]way{classify.Abuse: {cost: 4}, classify.Advert: {cost: 1.5, root: true, sure: 1.3, tiny: 0.005}}

func run(data string, write func(model []byte, said string) error, log io.Writer) error {
	c, err := readCorpus(data)
	if err != nil {
		return err
	}
	var trained [2]classify.Trained
	done := make(chan struct{})
	go func() {
		defer close(done)
		trained[classify.Advert] = train(advertRows(c, newRandom(2)), ways[classify.Advert])
	}()
	trained[classify.Abuse] = train(abuseRows(c, newRandom(1)), ways[classify.Abuse])
	<-done
	var file bytes.Buffer
	if err := classify.Write(&file, trained); err != nil {
		return err
	}
	said, err := made(data, file.Bytes())
	if err != nil {
		return err
	}
	fmt.Fprint(log, said)
	if err := write(file.Bytes(), said); err != nil {
		return err
	}
	m, err := classify.Read(&file)
	if err != nil {
		return err
	}
	var margins []float64
	var bad []bool
	for _, r := range c.dev {
		margins = append(margins, m.Score(r.text).Abuse)
		bad = append(bad, r.bad)
	}
	_, err = fmt.Fprintf(log, "cold/dev: %v\n", quality(margins, bad, 0.5))
	return err
}
