package satori

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The console has words for everything that the driver asks and finds.
func TestTextsAreComplete(t *testing.T) {
	b, err := os.ReadFile("../../docs/connectors/satori.texts.json")
	if err != nil {
		t.Fatal(err)
	}
	type words struct {
		Title, About, Risk     string
		Fields                 map[string]struct{ Label, Help string }
		Choices, Checks, Codes map[string]string
	}
	var texts map[string]words
	if err := json.Unmarshal(b, &texts); err != nil {
		t.Fatal(err)
	}
	var fields, choices []string
	for _, f := range (Driver{}).About().Fields {
		fields = append(fields, f.Name)
		for _, c := range f.Choices {
			choices = append(choices, f.Name+"."+c)
		}
	}
	checks := []string{"address", "sign_in", "login", "online", "groups", "history", "callback"}
	codes := []string{"nobody_listens", "no_such_host", "no_answer", "unreachable", "certificate", "not_https", "guarded", "not_satori",
		"refused", "no_login", "login_missing", "login_needed", "login_offline", "no_groups", "not_listed", "not_kept", "nothing_yet"}
	for _, language := range []string{"zh-CN", "en"} {
		w := texts[language]
		if w.Title == "" || w.About == "" || w.Risk == "" {
			t.Errorf("%s: title, about or risk is empty", language)
		}
		for name, x := range map[string]struct{ want, got []string }{
			"fields":  {fields, slices.Collect(maps.Keys(w.Fields))},
			"choices": {choices, slices.Collect(maps.Keys(w.Choices))},
			"checks":  {checks, slices.Collect(maps.Keys(w.Checks))},
			"codes":   {codes, slices.Collect(maps.Keys(w.Codes))},
		} {
			slices.Sort(x.want)
			slices.Sort(x.got)
			if d := cmp.Diff(x.want, x.got); d != "" {
				t.Errorf("%s: %s (-driver +texts)\n%s", language, name, d)
			}
		}
		for name, f := range w.Fields {
			if f.Label == "" || f.Help == "" {
				t.Errorf("%s: field %s lacks words", language, name)
			}
		}
	}
}
