package archtest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestEveryConnectorPassesTheSuite holds that every folder with a driver runs the
// suite of connectors, and that docs/connectors.md names what each leaves out: the
// reasons stand in the tests.
func TestEveryConnectorPassesTheSuite(t *testing.T) {
	drivers, err := filepath.Glob(filepath.Join(root(t), "connector", "*", "driver.go"))
	if err != nil || len(drivers) < 8 {
		t.Fatalf("%d drivers, %v", len(drivers), err)
	}
	told := leftOut(t)
	for _, driver := range drivers {
		name := filepath.Base(filepath.Dir(driver))
		lacks, runs := suiteOf(t, filepath.Dir(driver))
		if !runs {
			t.Errorf("connector/%s does not run connectortest", name)
			continue
		}
		if got := slices.Sorted(maps.Keys(lacks)); !slices.Equal(got, told[name]) {
			t.Errorf("connector/%s leaves out %v, docs/connectors.md says %v", name, got, told[name])
		}
		delete(told, name)
	}
	for name := range told {
		t.Errorf("docs/connectors.md tells of connector/%s, which is not there", name)
	}
}

// suiteOf reads of a connector's tests whether they run the suite, and the names in
// every Lacks, each with something that stands for a reason.
func suiteOf(t *testing.T, folder string) (lacks map[string]bool, runs bool) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	lacks = map[string]bool{}
	note := func(key, reason ast.Expr) {
		text, ok := key.(*ast.BasicLit)
		if !ok {
			t.Errorf("%s: a name in Lacks is no text", folder)
			return
		}
		name, err := strconv.Unquote(text.Value)
		if why, plain := reason.(*ast.BasicLit); err != nil || plain && len(why.Value) < len(`"a reason"`) {
			t.Errorf("%s: %s is left out without a reason", folder, text.Value)
		}
		lacks[name] = true
	}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Run" {
					x, ok := f.X.(*ast.Ident)
					runs = runs || ok && x.Name == "connectortest"
				}
			case *ast.KeyValueExpr:
				list, ok := n.Value.(*ast.CompositeLit)
				if key, is := n.Key.(*ast.Ident); is && ok && key.Name == "Lacks" {
					for _, e := range list.Elts {
						if pair, ok := e.(*ast.KeyValueExpr); ok {
							note(pair.Key, pair.Value)
						}
					}
				}
			case *ast.AssignStmt:
				if at, ok := n.Lhs[0].(*ast.IndexExpr); ok && len(n.Rhs) == 1 {
					if of, ok := at.X.(*ast.SelectorExpr); ok && of.Sel.Name == "Lacks" {
						note(at.Index, n.Rhs[0])
					}
				}
			}
			return true
		})
	}
	return lacks, runs
}

// leftOut reads the table of docs/connectors.md: "| `satori` | Acknowledges, Outage |".
func leftOut(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), "docs", "connectors.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "| connector | left out by some of its harnesses |\n")
	if !found {
		t.Fatal("docs/connectors.md has no table of what is left out")
	}
	told := map[string][]string{}
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			break
		}
		name := strings.Trim(cells[1], " `")
		if strings.HasPrefix(name, "-") {
			continue
		}
		told[name] = nil
		for _, what := range strings.Split(cells[2], ",") {
			if what = strings.TrimSpace(what); what != "–" {
				told[name] = append(told[name], what)
			}
		}
		slices.Sort(told[name])
	}
	return told
}
