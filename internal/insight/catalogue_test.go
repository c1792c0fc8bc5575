package insight

import (
	"regexp"
	"slices"
	"testing"
)

func TestCatalogue(t *testing.T) {
	seen := map[string]bool{}
	source := regexp.MustCompile(`^S[1-9][0-9]*$`)
	for _, m := range Catalogue() {
		if seen[m.ID] {
			t.Errorf("%s is there twice", m.ID)
		}
		seen[m.ID] = true
		if m.Zh == "" || m.En == "" || m.Formula.Zh == "" || m.Formula.En == "" || len(m.Grain) == 0 || len(m.Needs) == 0 || len(m.Source) == 0 {
			t.Errorf("%s is incomplete: %+v", m.ID, m)
		}
		if !slices.Contains([]string{"count", "share", "persons", "messages", "days", "minutes"}, m.Unit) {
			t.Errorf("%s: unit %q", m.ID, m.Unit)
		}
		for _, s := range m.Source {
			if !source.MatchString(s) {
				t.Errorf("%s: source %q", m.ID, s)
			}
		}
		for v := -1.0; v < 5; v += 0.01 { // every value has at most one band
			bands := 0
			for _, r := range m.Refs {
				if (r.Above == nil || v >= *r.Above) && (r.Below == nil || v < *r.Below) {
					bands++
				}
			}
			if len(m.Refs) > 0 && bands != 1 {
				t.Errorf("%s: %v lies in %d bands", m.ID, v, bands)
			}
		}
	}
	for id := range figures {
		if !seen[id] {
			t.Errorf("%s is computed and not in the catalogue", id)
		}
	}
	if n := len(Figures()); n != len(figures) || len(NewHistory(Record{}).Numbers(Span{0, 1})) != n {
		t.Errorf("%d figures of %d", n, len(figures))
	}
}

func TestBands(t *testing.T) {
	for _, tt := range []struct {
		metric string
		value  float64
		want   Band
	}{
		{"activity_rate", 0.149, BandAlert}, {"activity_rate", 0.15, BandWatch}, {"activity_rate", 0.25, BandGood}, {"activity_rate", 0.41, BandExcellent},
		{"message_decay", 0.31, BandAlert}, {"message_decay", 0.2, BandWatch}, {"message_decay", 0.1, BandGood}, {"message_decay", -0.5, BandExcellent},
		{"kol_output", 0.04, BandAlert}, {"kol_output", 0.21, BandExcellent},
		{"messages_per_member", 0.8, BandGood}, {"leave_rate", 0.051, BandWatch}, {"low_activity_days", 3, BandAlert},
	} {
		m, ok := MetricByID(tt.metric)
		if got, in := m.Band(tt.value); !ok || !in || got != tt.want {
			t.Errorf("%s %v is %s, want %s", tt.metric, tt.value, got, tt.want)
		}
	}
	if _, ok := MetricByID("nothing"); ok {
		t.Error("found a metric that is not there")
	}
}
