// Command train makes the classifiers for abuse and adverts from data that may
// ship in a model, and writes them where package classify embeds them. The same
// data and the same code give the same file:
//
//	go run ./tools/train -data DIR
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
	flag.Parse()
	if err := run(*data, *out, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run(data, out string, log io.Writer) error {
	c, err := readCorpus(data)
	if err != nil {
		return err
	}
	var trained [2]classify.Trained
	done := make(chan struct{})
	go func() {
		defer close(done)
		trained[classify.Advert] = train(advertRows(c, newRandom(2)), 2)
	}()
	trained[classify.Abuse] = train(abuseRows(c, newRandom(1)), 4)
	<-done
	var file bytes.Buffer
	if err := classify.Write(&file, trained); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Clean(out), file.Bytes(), 0o644); err != nil {
		return err
	}
	m, err := classify.Read(&file)
	if err != nil {
		return err
	}
	fmt.Fprintf(log, "model: %s\n", out)
	var margins []float64
	var bad []bool
	for _, r := range c.dev {
		margins = append(margins, m.Score(r.text).Abuse)
		bad = append(bad, r.bad)
	}
	_, err = fmt.Fprintf(log, "cold/dev: %v\n", quality(margins, bad, 0.5))
	return err
}
