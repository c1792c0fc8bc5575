package connector

import "testing"

func TestWhomThePlatformCalls(t *testing.T) {
	either := About{Hook: true, HookUnless: "mode=forward", Fields: []Field{{Name: "mode", Kind: ChoiceField, Default: "forward"}}}
	for _, c := range []struct {
		about  About
		config map[string]any
		want   bool
	}{
		{About{}, nil, false},
		{About{Hook: true}, nil, true},
		{either, nil, false}, // the default
		{either, map[string]any{"mode": "forward"}, false},
		{either, map[string]any{"mode": "reverse"}, true},
		{either, map[string]any{"other": "forward", "mode": "http"}, true},
	} {
		if got := c.about.Called(c.config); got != c.want {
			t.Errorf("%+v with %v: %v", c.about, c.config, got)
		}
	}
}
