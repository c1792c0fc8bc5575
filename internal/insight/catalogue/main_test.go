package main

import (
	"bytes"
	"os"
	"testing"
)

// TestPageIsFresh keeps docs/metrics.md equal to the catalogue.
func TestPageIsFresh(t *testing.T) {
	var want bytes.Buffer
	if err := write(&want); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Error("docs/metrics.md is not what the catalogue says: go run ./internal/insight/catalogue > docs/metrics.md")
	}
}
