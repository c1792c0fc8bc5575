package api

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
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

// Parameters of an embedded struct that is not exported are passed over in
// silence: every parameter of a path must be declared.
func TestPathsDeclareTheirParameters(t *testing.T) {
	document, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name, In string }
		}
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		t.Fatal(err)
	}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			declared := map[string]bool{}
			for _, p := range op.Parameters {
				declared["{"+p.Name+"}"] = p.In == "path"
			}
			for _, want := range regexp.MustCompile(`\{\w+\}`).FindAllString(path, -1) {
				if !declared[want] {
					t.Errorf("%s %s does not declare %s", method, path, want)
				}
			}
		}
	}
}
