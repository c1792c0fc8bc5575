package api

import (
	"bytes"
	"os"
	"testing"
)

// TestDocumentIsCurrent fails when the file that clients are generated from is stale.
func TestDocumentIsCurrent(t *testing.T) {
	want, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, again) {
		t.Fatal("the document differs from one writing to the next")
	}
	got, err := os.ReadFile("../../web/api/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatal("web/api/openapi.json is stale: go run ./internal/api/openapi > web/api/openapi.json")
	}
}
