package connectortest

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"qunying/community"
	"qunying/connector"
)

// Trouble checks that people can be told, in both languages, what went wrong: the
// connector's texts (docs/connectors/<page>.texts.json), or the console's general
// ones, have a sentence for every platform's number given, for every code that the
// sources of the package under test name, and for every class of error.
func Trouble(t *testing.T, page string, numbers ...int) {
	t.Helper()
	codes := codesNamed(t)
	if len(codes) == 0 {
		t.Error("the sources name no code: is this the folder of a connector?")
	}
	own := make([]string, 0, len(numbers))
	for _, n := range numbers {
		own = append(own, strconv.Itoa(n))
	}
	for _, language := range []string{"zh-CN", "en"} {
		var driver map[string]struct{ Codes map[string]string }
		readTexts(t, filepath.Join("docs", "connectors", page+".texts.json"), &driver)
		general := generalWords(t, language)
		for _, c := range own {
			if driver[language].Codes[c] == "" {
				t.Errorf("%s: no words for %s of the platform", language, c)
			}
		}
		for _, c := range append(codes, classes...) {
			if driver[language].Codes[c] == "" && general[c] == "" {
				t.Errorf("%s: no words for %q", language, c)
			}
		}
	}
}

// General checks that the console has a sentence, in both languages, for codes that
// belong to no network.
func General(t *testing.T, codes ...string) {
	t.Helper()
	for _, language := range []string{"zh-CN", "en"} {
		general := generalWords(t, language)
		for _, c := range codes {
			if general[c] == "" {
				t.Errorf("%s: no words for %q", language, c)
			}
		}
	}
}

// classes are what an error without a code of its own is known by.
var classes = []string{
	string(community.Invalid), string(community.NotFound), string(community.Conflict), string(community.Forbidden),
	string(community.Unsupported), string(community.Unavailable), string(community.Internal),
}

// shared are the border's codes by the names of their constants.
var shared = map[string]string{
	"Empty": connector.Empty, "TooLong": connector.TooLong, "TooLarge": connector.TooLarge, "NoContent": connector.NoContent,
	"Incomplete": connector.Incomplete, "NoSuchForm": connector.NoSuchForm, "NoMention": connector.NoMention, "Unnamed": connector.Unnamed,
	"NotAdmin": connector.NotAdmin, "NotOffered": connector.NotOffered, "NotLinked": connector.NotLinked, "Unreachable": connector.Unreachable,
	"Garbled": connector.Garbled, "Partly": connector.Partly, "Busy": connector.Busy, "TooLate": connector.TooLate, "Guarded": connector.Guarded,
	"Declined": connector.Declined,
}

// naming are the functions that take a code first.
var naming = []string{"Because", "refusal", "fail", "of", "says"}

// codesNamed finds the codes in the sources of the folder in which the test runs,
// and in what connectors share on their way.
func codesNamed(t *testing.T) (codes []string) {
	t.Helper()
	var sources []string
	for _, pattern := range []string{"*.go", filepath.Join(root(t), "connector", "wire", "*.go")} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, found...)
	}
	for _, path := range sources {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 || !slices.Contains(naming, nameOf(call.Fun)) {
				return true
			}
			switch first := call.Args[0].(type) {
			case *ast.BasicLit:
				if s, err := strconv.Unquote(first.Value); err == nil && first.Kind == token.STRING {
					codes = append(codes, s)
				}
			case *ast.SelectorExpr:
				if c, ok := shared[first.Sel.Name]; ok {
					codes = append(codes, c)
				} else if p, ok := first.X.(*ast.Ident); ok && p.Name == "connector" {
					t.Errorf("%s names connector.%s, which words.go does not know", path, first.Sel.Name)
				}
			}
			return true
		})
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

func nameOf(f ast.Expr) string {
	switch f := f.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// generalWords are the console's sentences for codes of no network.
func generalWords(t *testing.T, language string) map[string]string {
	t.Helper()
	var texts struct{ Wrong map[string]string }
	readTexts(t, filepath.Join("web", "texts", language+".json"), &texts)
	return texts.Wrong
}

func readTexts(t *testing.T, path string, into any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root(t), path))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// root is the folder of the module.
func root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("the module's folder is not found")
		}
		dir = up
	}
}
