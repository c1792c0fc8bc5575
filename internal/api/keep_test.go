package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// inherited are bodies of settings that are inherited field by field: what is absent
// is that of the level above.
var inherited = []string{"AlertingView", "BandsView", "ContingencyPlan", "DeliveryView", "ProfileView", "SnapshotPlan", "Waiting", "Welcome"}

// elsewhere are bodies of things that a platform keeps, which it replaces as a whole.
var elsewhere = []string{"ContactCodeInput", "GreetingInput", "JoinCodeInput", "WordRuleInput"}

// TestNothingIsSwitchedOffBySilence goes through all operations that save something:
// every field of their bodies is required, or the document says what its absence means.
func TestNothingIsSwitchedOffBySilence(t *testing.T) {
	document, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	type schema struct {
		Ref        string `json:"$ref"`
		Required   []string
		Properties map[string]struct {
			Description string
			ReadOnly    bool
		}
	}
	var doc struct {
		Paths map[string]map[string]struct {
			RequestBody struct {
				Content map[string]struct{ Schema schema }
			}
		}
		Components struct{ Schemas map[string]schema }
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for path, methods := range doc.Paths {
		body := methods["put"].RequestBody.Content["application/json"].Schema
		name := body.Ref[strings.LastIndex(body.Ref, "/")+1:]
		if name != "" {
			body = doc.Components.Schemas[name]
		}
		if slices.Contains(inherited, name) || slices.Contains(elsewhere, name) {
			continue
		}
		for field, is := range body.Properties {
			seen++
			if field != "as_of" && !is.ReadOnly && !slices.Contains(body.Required, field) && !strings.Contains(is.Description, "absent") {
				t.Errorf("PUT %s (%s): nothing says what it means that %s is absent", path, name, field)
			}
		}
	}
	if seen < 60 {
		t.Errorf("only %d fields were looked at", seen)
	}
}

func TestWhatIsLeftOutIsKept(t *testing.T) {
	s := newStand(t, sqlite(t))
	b := s.as("owner")
	for _, c := range []struct {
		path string
		body map[string]any
		want string // that must be what is saved
	}{
		{"/settings/learning", map[string]any{"off": false, "version": 3}, `"ask":true,"most":7`},
		{"/settings/learning", map[string]any{"off": false, "ask": false, "version": 3}, `"ask":false,"most":7`},
		{"/settings/moderation", map[string]any{"stopped": false, "off": false, "duty": []int{}, "appeal": 0, "answer": 0, "undo": 0, "language": "", "promote": 0, "demote": 0, "version": 1},
			`"address":"https://qun.example.com"`},
		{"/lexicons/own", map[string]any{"id": "own", "group": 0, "name": "改名", "category": "advert", "version": 0}, `"text":"加微信\n`},
	} {
		got := string(b.do("PUT", root+"/communities/default"+c.path, c.body).want(http.StatusOK).Body)
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, want %s", c.path, got, c.want)
		}
	}
	b.do("PUT", root+"/communities/default/settings/learning", map[string]any{"ask": true, "version": 3}).problem(http.StatusUnprocessableEntity, "invalid")
}
