// Command dictionary makes internal/insight/words/dictionary.bin.gz from the word
// list that the module github.com/go-ego/gse carries and from own.txt.
//
//	go run .            writes the file
//	go run . -check     fails if the file is not what would be written
package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"qunying/internal/insight/words"
)

const output = "../../internal/insight/words/dictionary.bin.gz"

func main() {
	check := flag.Bool("check", false, "compare with the committed file instead of writing it")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "dictionary:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	b, words, err := build()
	if err != nil {
		return err
	}
	if check {
		old, err := committed()
		if err != nil {
			return err
		}
		if !bytes.Equal(old, b) {
			return fmt.Errorf("%s is not what the sources make: run `go run .`", output)
		}
		return nil
	}
	fmt.Printf("%d words, %d bytes\n", words, len(b))
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(b); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(output, packed.Bytes(), 0o644)
}

// committed returns the dictionary of the repository, unpacked: what it is
// packed into differs between releases of Go.
func committed() ([]byte, error) {
	packed, err := os.ReadFile(output)
	if err != nil {
		return nil, err
	}
	return words.Unpack(packed)
}

// build makes the dictionary's bytes and counts its words.
func build() ([]byte, int, error) {
	dir, err := sourceDir()
	if err != nil {
		return nil, 0, err
	}
	list, err := selectWords(dir, "own.txt")
	if err != nil {
		return nil, 0, err
	}
	b, err := encode(list)
	return b, len(list), err
}

// sourceDir is where the word lists of the module lie; go.sum pins their bytes.
func sourceDir() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/go-ego/gse").Output()
	if err != nil {
		return "", fmt.Errorf("find the module with the word lists: %w", err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "data", "dict", "zh"), nil
}
