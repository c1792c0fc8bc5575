// Package archtest holds the rules of who may import whom and the test that
// every Go file of the module keeps them. It parses the files: the answer of a
// build tool would be cached and would leave out what other systems build.
package archtest

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Finding is one place that breaks a rule, or a rule that holds nothing.
type Finding struct {
	File string // from the root of the module; "" when it concerns the rules themselves
	Line int
	Text string
}

func (f Finding) String() string {
	if f.File == "" {
		return "rules: " + f.Text
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Text)
}

// source is one parsed Go file.
type source struct {
	name   string // from the root of the module
	folder string
	test   bool
	file   *ast.File
	line   func(token.Pos) int
}

// Check parses every Go file below root and returns what breaks the rules, in
// the order of the files. Folders that the go command leaves out, and modules
// within the module, are left out here too.
func Check(root fs.FS, r Rules) ([]Finding, error) {
	sources, err := parse(root)
	if err != nil {
		return nil, err
	}
	found := r.consistent()
	matched := map[string]bool{} // layers with at least one package
	inits := map[string]bool{}
	soles := map[string]bool{}   // imports of one package that it does have
	foreign := map[string]bool{} // folders already reported
	for _, s := range sources {
		found = append(found, r.names(s)...)
		found = append(found, r.inits(s, inits)...)
		l := r.layer(s.folder)
		if l == nil {
			if !foreign[s.folder] {
				foreign[s.folder] = true
				found = append(found, Finding{s.name, 1, fmt.Sprintf("%s is in no layer: give it a place in the rules, and say why", s.folder)})
			}
			continue
		}
		matched[l.Name] = true
		found = append(found, r.imports(s, l)...)
		found = append(found, r.soles(s, soles)...)
		found = append(found, uses(s, l)...)
	}
	for _, l := range r.Layers {
		switch {
		case !l.Later && !matched[l.Name]:
			found = append(found, Finding{Text: fmt.Sprintf("layer %q holds no package: remove it, or mark it Later", l.Name)})
		case l.Later && matched[l.Name]:
			found = append(found, Finding{Text: fmt.Sprintf("layer %q has its first package: remove its mark Later", l.Name)})
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(r.Inits)) {
		if !inits[folder] {
			found = append(found, Finding{Text: fmt.Sprintf("%s may have func init and has none: remove the exception", folder)})
		}
	}
	for _, o := range r.Soles {
		if !soles[o.Imports] {
			found = append(found, Finding{Text: fmt.Sprintf("%s may import %s and does not: remove the rule", o.Package, o.Imports)})
		}
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return found, nil
}

// parse reads the Go files in the order of their names.
func parse(root fs.FS) ([]source, error) {
	var sources []source
	set := token.NewFileSet()
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name == "." {
				return nil
			}
			base := d.Name()
			_, nested := fs.Stat(root, path.Join(name, "go.mod"))
			if base == "testdata" || base == "vendor" || base == "node_modules" ||
				strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || nested == nil {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			return err
		}
		sources = append(sources, source{
			name: name, folder: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), file: file,
			line: func(p token.Pos) int { return set.Position(p).Line },
		})
		return nil
	})
	return sources, err
}

// consistent reports layers that the rules speak of and do not have, and rules
// without a reason.
func (r Rules) consistent() []Finding {
	var found []Finding
	known := map[string]bool{}
	for _, l := range r.Layers {
		known[l.Name] = true
	}
	for _, l := range r.Layers {
		for _, name := range slices.Concat(l.May, l.InTests) {
			if !known[name] {
				found = append(found, Finding{Text: fmt.Sprintf("layer %q names layer %q, which is not there", l.Name, name)})
			}
		}
		for _, b := range l.Bans {
			if b.Reason == "" {
				found = append(found, Finding{Text: fmt.Sprintf("a ban of layer %q has no reason", l.Name)})
			}
		}
		if l.Reason == "" {
			found = append(found, Finding{Text: fmt.Sprintf("layer %q has no reason", l.Name)})
		}
	}
	for _, o := range r.Soles {
		if o.Reason == "" {
			found = append(found, Finding{Text: fmt.Sprintf("that only %s may import %s has no reason", o.Package, o.Imports)})
		}
	}
	return found
}

// names reports package names that say nothing.
func (r Rules) names(s source) []Finding {
	name := strings.TrimSuffix(s.file.Name.Name, "_test")
	for _, n := range []string{name, path.Base(s.folder)} {
		if slices.Contains(r.Names, n) {
			return []Finding{{s.name, s.line(s.file.Name.Pos()), fmt.Sprintf("a package named %q does not say what it is for: name it for what it holds", n)}}
		}
	}
	return nil
}

// inits reports init functions and notes which exceptions are in use.
func (r Rules) inits(s source, used map[string]bool) []Finding {
	if ast.IsGenerated(s.file) {
		return nil // the makers of protocol buffers know no other way
	}
	var found []Finding
	for _, d := range s.file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil || f.Name.Name != "init" {
			continue
		}
		if _, allowed := r.Inits[s.folder]; allowed {
			used[s.folder] = true
			continue
		}
		found = append(found, Finding{s.name, s.line(f.Pos()), "func init works before anybody asked: let main, or the test, call it"})
	}
	return found
}

// imports reports imports that go up, sideways or to a banned place.
func (r Rules) imports(s source, from *Layer) []Finding {
	var found []Finding
	for _, spec := range s.file.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has refused it already
		}
		line := s.line(spec.Pos())
		folder, ours := r.folder(target)
		if ours {
			if reason := r.forbids(s, from, folder); reason != "" {
				found = append(found, Finding{s.name, line, fmt.Sprintf("%s must not import %s: %s", s.folder, folder, reason)})
			}
			continue
		}
		if s.test {
			continue
		}
		for _, b := range from.Bans {
			if slices.ContainsFunc(b.Imports, func(pattern string) bool { return banned(pattern, target) }) {
				found = append(found, Finding{s.name, line, fmt.Sprintf("%s must not import %s: %s", s.folder, target, b.Reason)})
			}
		}
	}
	return found
}

// soles reports imports that are another package's alone, and notes which are in
// use.
func (r Rules) soles(s source, used map[string]bool) []Finding {
	if s.test {
		return nil
	}
	var found []Finding
	for _, spec := range s.file.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has refused it already
		}
		for _, o := range r.Soles {
			switch {
			case !banned(o.Imports, target):
			case s.folder == o.Package:
				used[o.Imports] = true
			default:
				found = append(found, Finding{s.name, s.line(spec.Pos()), fmt.Sprintf("%s must not import %s, which %s alone may: %s", s.folder, target, o.Package, o.Reason)})
			}
		}
	}
	return found
}

// forbids says why a file of layer from may not import our package folder, or "".
func (r Rules) forbids(s source, from *Layer, folder string) string {
	to := r.layer(folder)
	switch {
	case to == nil:
		return "it is in no layer"
	case to.Name == from.Name:
		if !from.Apart || from.tree(s.folder) == from.tree(folder) {
			return ""
		}
		return from.Reason
	case slices.Contains(from.May, to.Name), s.test && slices.Contains(from.InTests, to.Name):
		return ""
	case slices.Contains(from.InTests, to.Name):
		return "only its tests may"
	}
	return from.Reason
}

// uses reports banned names of other packages, whether called or handed on.
func uses(s source, from *Layer) []Finding {
	if s.test {
		return nil
	}
	var found []Finding
	for _, b := range from.Bans {
		for _, use := range b.Uses {
			pkg, name, _ := strings.Cut(use, ".")
			local := localName(s.file, pkg)
			switch local {
			case "", "_":
				continue
			case ".":
				found = append(found, Finding{s.name, s.line(s.file.Name.Pos()), fmt.Sprintf("%s must not import %s with a dot: the check cannot see what is used", s.folder, pkg)})
				return found
			}
			ast.Inspect(s.file, func(n ast.Node) bool {
				if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == name {
					if x, ok := sel.X.(*ast.Ident); ok && x.Name == local {
						found = append(found, Finding{s.name, s.line(sel.Pos()), fmt.Sprintf("%s must not use %s: %s", s.folder, use, b.Reason)})
					}
				}
				return true
			})
		}
	}
	return found
}

// localName is what a file calls the package that it imports, or "".
func localName(f *ast.File, pkg string) string {
	for _, spec := range f.Imports {
		if spec.Path.Value != strconv.Quote(pkg) {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(pkg)
	}
	return ""
}

// layer finds the layer of a folder: the one with the longest pattern.
func (r Rules) layer(folder string) *Layer {
	var best *Layer
	longest := -1
	for i, l := range r.Layers {
		for _, p := range l.Packages {
			if _, ok := within(p, folder); ok && len(p) > longest {
				best, longest = &r.Layers[i], len(p)
			}
		}
	}
	return best
}

// folder turns an import path of this module into a folder.
func (r Rules) folder(importPath string) (string, bool) {
	if importPath == r.Module {
		return ".", true
	}
	return strings.CutPrefix(importPath, r.Module+"/")
}

// tree is the folder under which a package of the layer may import freely:
// internal/growth of internal/growth/invite, connector/sim of connector/sim.
func (l *Layer) tree(folder string) string {
	for _, p := range l.Packages {
		if root, ok := within(p, folder); ok {
			return root
		}
	}
	return folder
}

// within tells whether a pattern holds a folder or import path, and which part
// of the name the pattern spells out. In a pattern "x/..." is x and everything
// below, and * stands for one folder's name.
func within(pattern, name string) (root string, ok bool) {
	pattern, below := strings.CutSuffix(pattern, "/...")
	want, have := strings.Split(pattern, "/"), strings.Split(name, "/")
	if len(have) < len(want) || len(have) > len(want) && !below {
		return "", false
	}
	for i, w := range want {
		if w != "*" && w != have[i] {
			return "", false
		}
	}
	return path.Join(have[:len(want)]...), true
}

// banned tells whether a ban's pattern holds an import path from outside.
func banned(pattern, importPath string) bool {
	if pattern == notStandard {
		first, _, _ := strings.Cut(importPath, "/")
		return strings.Contains(first, ".")
	}
	_, ok := within(pattern, importPath)
	return ok
}
