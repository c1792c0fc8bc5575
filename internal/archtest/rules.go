package archtest

// Layer is a set of packages with the same place in the order of imports.
type Layer struct {
	Name     string
	Packages []string // folders from the root of the module; "x/..." is x and all below, * one name
	May      []string // layers that its packages may import; a package's own tree is always allowed
	InTests  []string // layers that only its tests may import
	Bans     []Ban
	Apart    bool   // its patterns are neighbours: none may import another
	Later    bool   // nothing is there yet; the mark must go when the first package comes
	Reason   string // shown to whoever breaks the rule
}

// Ban keeps something from outside of the module away from a layer's packages
// (their tests are free).
type Ban struct {
	Imports []string // import paths, written as above, or notStandard
	Uses    []string // names from packages, "time.Now"
	Reason  string
}

// Sole keeps something from outside of the module to one package (tests are free).
type Sole struct {
	Imports string // an import path, written as above
	Package string // the folder that may
	Reason  string
}

// Rules is everything that is checked.
type Rules struct {
	Module string
	Layers []Layer
	Soles  []Sole
	Names  []string          // package names that say nothing
	Inits  map[string]string // packages that may have func init, with the reason
}

// notStandard stands for whatever is not in the standard library.
const notStandard = "not standard"

// What is kept away from the domain.
var (
	drivers    = []string{"database/sql/...", "modernc.org/...", "github.com/jackc/...", "github.com/pressly/goose/..."}
	transports = []string{
		"net", "net/http/...", "net/rpc/...", "net/smtp", "google.golang.org/grpc/...",
		"github.com/coder/websocket/...", "github.com/danielgtaylor/huma/...",
	}
	clock = []string{
		"time.Now", "time.Since", "time.Until", "time.After", "time.AfterFunc", "time.Tick",
		"time.Sleep", "time.NewTimer", "time.NewTicker",
	}
)

// pure holds for everything that decides.
var pure = []Ban{
	{Imports: drivers, Reason: "the domain declares the few methods that it needs, and the store has them"},
	{Imports: transports, Reason: "the domain speaks to no network: the engine and the API do"},
	{Uses: clock, Reason: "time is an event: take it from community.Scene or from the event"},
}

// Qunying is the order of this module, from the ground up.
var Qunying = Rules{
	Module: "qunying",
	Layers: []Layer{
		{
			Name:     "community",
			Packages: []string{"community/..."},
			Bans: []Ban{
				{Imports: []string{notStandard}, Reason: "everything imports the vocabulary, so it brings nothing along"},
				{Uses: clock, Reason: "time is an event"},
			},
			Reason: "the vocabulary is the ground: it imports nothing of ours",
		},
		{
			Name:     "connector",
			Packages: []string{"connector"},
			May:      []string{"community"},
			Reason:   "the border knows the vocabulary and no network in particular",
		},
		{
			Name:     "wire",
			Packages: []string{"connector/wire/..."},
			May:      []string{"community", "connector"},
			Reason:   "what connectors share on their way to a platform: a guarded client, pauses, Tencent's envelope",
		},
		{
			Name:     "connectors",
			Packages: []string{"connector/*/..."},
			May:      []string{"community", "connector", "wire"},
			InTests:  []string{"connector suite", "test database", "rigs"},
			Apart:    true,
			Reason:   "a connector knows its platform's wire and nothing of us: names become numbers in the engine",
		},
		{
			Name:     "connector suite",
			Packages: []string{"connector/connectortest/..."},
			May:      []string{"community", "connector"},
			InTests:  []string{"connectors"}, // the simulated network shows that it can be passed
			Reason:   "what every connector must pass, known to their tests only",
		},
		{
			Name:     "transcript",
			Packages: []string{"transcript/..."},
			May:      []string{"community"},
			Reason:   "chat exports are read and written without knowing who asks",
		},
		{
			Name:     "rule",
			Packages: []string{"internal/rule/..."},
			May:      []string{"community", "connector"},
			Bans:     pure,
			Reason:   "the condition language lies below everything that has conditions",
		},
		{
			Name: "domain",
			Packages: []string{
				"internal/moderation/...", "internal/automation/...", "internal/content/...",
				"internal/members/...", "internal/incentives/...", "internal/growth/...",
				"internal/commerce/...", "internal/insight/...", "internal/team/...",
			},
			May:     []string{"community", "connector", "rule"},
			InTests: []string{"transcript"}, // to be tried on real exports
			Bans:    pure,
			Apart:   true,
			Reason:  "a domain package can be read alone: what two of them share belongs into community or rule, and who joins them is the engine",
		},
		{
			Name:     "seal",
			Packages: []string{"internal/seal"},
			May:      []string{"community"},
			Reason:   "secrets at rest: one key file, no other concern",
		},
		{
			Name:     "store",
			Packages: []string{"internal/store/..."},
			May:      []string{"community", "connector", "rule", "domain"},
			InTests:  []string{"transcript", "test database"},
			Reason:   "the store knows the domain's types, never the reverse, and nothing of loops and requests",
		},
		{
			Name:     "engine",
			Packages: []string{"internal/engine/..."},
			May:      []string{"community", "connector", "wire", "transcript", "rule", "domain", "seal", "store"},
			InTests:  []string{"connectors", "connector suite", "test database", "rigs"},
			Reason:   "the loops run without requests; cmd hands them their connectors",
		},
		{
			Name:     "scenario",
			Packages: []string{"internal/scenario/..."},
			May:      []string{"community", "connector", "connectors", "transcript", "rule", "domain", "store", "engine"},
			InTests:  []string{"test database"},
			Reason:   "a story is told to the whole machine, with the simulated network for its platform",
		},
		{
			Name:     "crash test",
			Packages: []string{"internal/crashtest/..."},
			InTests:  []string{"community", "connector", "wire", "domain", "store", "engine", "test database"},
			Reason:   "it kills the whole machine; nothing of it is part of the product",
		},
		{
			Name:     "soak",
			Packages: []string{"internal/soak/..."},
			InTests:  []string{"community", "connector", "wire", "domain", "store", "engine"},
			Reason:   "it lets the whole machine live through a bad day; nothing of it is part of the product",
		},
		{
			Name:     "api",
			Packages: []string{"internal/api/..."},
			May:      []string{"community", "connector", "transcript", "rule", "domain", "store", "web"},
			InTests:  []string{"engine", "seal", "connectors", "test database"},
			Reason:   "a handler reads the store and appends commands; what else it needs of the engine it declares, and cmd wires it",
		},
		{
			Name:     "web",
			Packages: []string{"web/..."},
			Reason:   "the built pages, embedded: files and nothing else",
		},
		{
			Name:     "command",
			Packages: []string{"cmd/..."},
			May: []string{
				"community", "connector", "connectors", "wire", "transcript", "rule", "domain", "seal", "store",
				"engine", "scenario", "api", "web",
			},
			InTests: []string{"connector suite", "test database", "rigs"},
			Reason:  "the command is where everything meets, so nothing imports it",
		},
		{
			Name:     "test database",
			Packages: []string{"internal/testdb/..."},
			May:      []string{"store"}, // to make the tables that tests begin with
			Reason:   "for tests only",
		},
		{
			Name:     "rigs",
			Packages: []string{"internal/rig"},
			Reason:   "third-party endpoints for tests only",
		},
		{
			Name:     "training",
			Packages: []string{"tools/train", "tools/characters"},
			May:      []string{"domain"},
			Reason:   "they read texts as the product does and write what it embeds; nothing of them is part of the product",
		},
		{
			Name:     "development",
			Packages: []string{"internal/archtest", "internal/cmd/..."},
			May:      []string{"connectors"}, // the simulated platforms beside them
			Reason:   "tools of the repository stand beside the product",
		},
	},
	Soles: []Sole{
		{"github.com/ebitengine/purego/...", "connector/wecomarchive/finance", "a library that is loaded at run time can take the process with it: only the archive's helper does"},
	},
	Names: []string{
		"util", "utils", "common", "model", "models", "helper", "helpers", "misc", "shared",
		"base", "types", "interfaces", "lib",
	},
}
