package wecom

import (
	"encoding/json"
	"os"
	"strconv"
	"testing"
)

// The wizard has words, in both languages, for everything that it may have to show.
func TestTheWizardHasWords(t *testing.T) {
	b, err := os.ReadFile("../../docs/connectors/wecom.texts.json")
	check(t, err)
	var all map[string]struct {
		Title, About           string
		Fields                 map[string]struct{ Label, Help string }
		Choices, Checks, Codes map[string]string
		Checklist              []string
	}
	check(t, json.Unmarshal(b, &all))
	for _, language := range []string{"zh-CN", "en"} {
		w := all[language]
		if w.Title == "" || w.About == "" || len(w.Checklist) != len(all["en"].Checklist) {
			t.Errorf("%s: %+v", language, w)
		}
		about := Driver{}.About()
		for _, f := range about.Fields {
			if w.Fields[f.Name].Label == "" || w.Fields[f.Name].Help == "" {
				t.Errorf("%s: no words for %s", language, f.Name)
			}
			for _, c := range f.Choices {
				if w.Choices[f.Name+"."+c] == "" {
					t.Errorf("%s: no words for %s of %s", language, c, f.Name)
				}
			}
		}
		if len(w.Fields) != len(about.Fields) {
			t.Errorf("%s: %d fields for %d", language, len(w.Fields), len(about.Fields))
		}
		for _, c := range []string{"address", "sign_in", "trusted_ip", "permission", "clock", "callback"} {
			if w.Checks[c] == "" {
				t.Errorf("%s: no words for %s", language, c)
			}
		}
		codes := []string{"unreachable", "down", "garbled", "refused", "clock_off", "not_called"}
		for _, c := range []int{codeBusy, codeBadSecret, codeBadCorp, codeBadToken, codeTokenExpired, codeRate, codeConcurrency, codeForbidden, codeAddress, 60011, 701008} {
			codes = append(codes, strconv.Itoa(c))
		}
		for _, c := range codes {
			if w.Codes[c] == "" {
				t.Errorf("%s: no words for %s", language, c)
			}
		}
	}
}
