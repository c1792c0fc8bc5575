package connector

import (
	"cmp"
	"strings"
	"time"
)

// About tells what an account of a network needs and what the platform bears.
// The console makes its wizard of it and finds the words by the names.
type About struct {
	// Name of the driver: several can serve one network ("wecom", "wecom-archive").
	Name string
	// Official says that the platform offers this interface itself. Others may
	// cost the account, and the console says so.
	Official bool
	// Hook says that the platform calls us (Receiver).
	Hook bool
	// HookUnless is where it does not, as field=value: where we call the platform instead.
	HookUnless string
	// SharedIDs says that every account sees the same IDs; otherwise a message seen
	// by two accounts would count twice, and one account listens in each group.
	SharedIDs bool
	Fields    []Field
	Limits    Limits
	// ReadsOnly says that an account never sends: limits would limit nothing.
	ReadsOnly bool
}

// Called says whether the platform calls an account with these settings.
func (a About) Called(config map[string]any) bool {
	name, value, _ := strings.Cut(a.HookUnless, "=")
	for _, f := range a.Fields {
		if set, _ := config[f.Name].(string); f.Name == name && cmp.Or(set, f.Default) == value {
			return false
		}
	}
	return a.Hook
}

// Field is one setting of an account, a member of its config.
type Field struct {
	Name     string // in the config's JSON
	Kind     FieldKind
	Required bool
	Default  string
	Choices  []string // of Choice
	// Generated says that we make the value up where the person leaves it empty, and
	// show it once: they enter it on the platform.
	Generated string // "" no; "token" 32 letters and digits; "aes" 43, as platforms of Tencent want
	// When shows the field only where another one has a value: "mode=webhook".
	When string
}

// FieldKind is how a field is entered and kept.
type FieldKind string

const (
	TextField    FieldKind = "text"
	SecretField  FieldKind = "secret"  // encrypted at rest, never shown again
	KeyField     FieldKind = "key"     // the same, of several lines (PEM)
	AddressField FieldKind = "address" // URL or host:port that we call
	NumberField  FieldKind = "number"
	ChoiceField  FieldKind = "choice"
	FlagField    FieldKind = "flag"
	// FileField is a small file that the platform looks for at the root of our domain,
	// to see that it is ours: its name, a line's end, its content. We serve it, and
	// the driver is not told of it.
	FileField FieldKind = "file"
)

// Limits are what an account of the platform bears without harm; zero fields do
// not limit. People may lower and raise them.
type Limits struct {
	PerMinute int           `json:"per_minute"` // acts of the account
	PerDay    int           `json:"per_day"`
	PerGroup  int           `json:"per_group"` // messages to one group a minute
	Pause     time.Duration `json:"pause"`     // between two acts
	// Warmup are ceilings for the first days of a new account, a day each.
	Warmup []int `json:"warmup,omitempty"`
}
