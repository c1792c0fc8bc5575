package connectortest

import (
	"slices"
	"strings"
	"testing"

	"qunying/connector"
)

// described: the console can make a wizard of what the driver says of itself.
func described(t *testing.T, p *Platform) {
	about := p.Driver.About()
	if about.Name == "" {
		t.Error("the driver has no name")
	}
	kinds := []connector.FieldKind{connector.TextField, connector.SecretField, connector.KeyField, connector.AddressField,
		connector.NumberField, connector.ChoiceField, connector.FlagField, connector.FileField}
	names := map[string]bool{}
	for _, f := range about.Fields {
		if f.Name == "" || names[f.Name] || !slices.Contains(kinds, f.Kind) {
			t.Errorf("a field without a name or a kind of its own: %+v", f)
		}
		names[f.Name] = true
		if choice := f.Kind == connector.ChoiceField; choice != (len(f.Choices) > 0) || choice && f.Default != "" && !slices.Contains(f.Choices, f.Default) {
			t.Errorf("%s: default %q among the choices %q", f.Name, f.Default, f.Choices)
		}
		if secret := f.Kind == connector.SecretField || f.Kind == connector.KeyField; secret && f.Default != "" {
			t.Errorf("%s is a secret that everybody has", f.Name)
		}
		if !slices.Contains([]string{"", "token", "aes"}, f.Generated) {
			t.Errorf("%s: nobody knows how to generate %q", f.Name, f.Generated)
		}
	}
	if name, value, ok := strings.Cut(about.HookUnless, "="); ok && !slices.ContainsFunc(about.Fields, func(f connector.Field) bool {
		return f.Name == name && slices.Contains(f.Choices, value)
	}) {
		t.Errorf("nobody can choose %q", about.HookUnless)
	}
	if l := about.Limits; l.PerMinute < 0 || l.PerDay < 0 || l.PerGroup < 0 || l.Pause < 0 || slices.ContainsFunc(l.Warmup, func(n int) bool { return n <= 0 }) {
		t.Errorf("limits below nothing: %+v", l)
	}
	if hook := implements[connector.Receiver](open(t, p)); hook != about.Hook {
		t.Errorf("About says Hook %v, the account takes what the platform sends: %v", about.Hook, hook)
	}
}

// probes: settings that work are found to work, step by step.
func probes(t *testing.T, p *Platform) {
	s := start(t, p, nil)
	prober, ok := s.c.(connector.Prober)
	p.need(t, "Probe", ok)
	s.hello()
	found := prober.Probe(t.Context())
	if len(found) == 0 {
		t.Error("nothing was tried")
	}
	for _, f := range found {
		p.keepsSecrets(t, f.Code+f.Detail)
		if f.Check == "" || !f.OK {
			t.Errorf("settings that work are found to be wrong: %+v", f)
		}
	}
}
