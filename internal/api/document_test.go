package api

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
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

// What is answered about a community says by as_of how far it goes. What goes on is
// asked for by a cursor.
func TestAnswersSayHowFarTheyGo(t *testing.T) {
	document, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	type schema struct {
		Ref        string `json:"$ref"`
		Properties map[string]struct{ Type any }
	}
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			Parameters  []struct{ Name string }
			Responses   map[string]struct {
				Content map[string]struct{ Schema schema }
			}
		}
		Components struct{ Schemas map[string]schema }
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		t.Fatal(err)
	}
	files := map[string]bool{"exportPerson": true, "exportSettings": true} // made to be kept: they tell their time
	seen := 0
	for path, methods := range doc.Paths {
		op, ok := methods["get"]
		if !ok || !strings.HasPrefix(path, inC+"/") || files[op.OperationID] {
			continue
		}
		answer, ok := op.Responses["200"].Content["application/json"]
		if !ok {
			continue
		}
		seen++
		has := doc.Components.Schemas[strings.TrimPrefix(answer.Schema.Ref, "#/components/schemas/")].Properties
		if _, ok := has["as_of"]; !ok {
			t.Errorf("GET %s has no as_of", path)
		}
		byCursor := slices.ContainsFunc(op.Parameters, func(p struct{ Name string }) bool { return p.Name == "cursor" })
		if next, ok := has["next"]; ok && next.Type == "string" != byCursor {
			t.Errorf("GET %s: next is a %v, a cursor is taken: %v", path, next.Type, byCursor)
		}
	}
	if seen < 50 {
		t.Errorf("only %d answers were looked at", seen)
	}
}
