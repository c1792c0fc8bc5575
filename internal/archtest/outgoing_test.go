package archtest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// guarded is the one package that makes what calls out: it refuses private
// addresses unless they are allowed, limits redirects, sizes and times.
const guarded = "connector/wire"

// callsOut are what opens a connection by itself, by import path.
var callsOut = map[string][]string{
	"net/http":   {"Get", "Post", "Head", "PostForm", "DefaultClient", "DefaultTransport", "Client{", "Transport{", "new Client", "new Transport"},
	"net":        {"Dial", "DialTimeout", "DialTCP", "DialUDP", "Dialer{", "new Dialer"},
	"crypto/tls": {"Dial", "DialWithDialer"},
	"net/smtp":   {"Dial", "SendMail"},
}

// mayCallOut are files outside of it that do, with why.
var mayCallOut = map[string]string{
	"connector/wecom/wecomtest/push.go":        "a simulated platform, for tests: it calls the server under test",
	"connector/satori/satoritest/transport.go": "the same",
	"internal/rig/rig.go":                      "a third party's endpoint beside a test, on this machine",
	"internal/cmd/measure/main.go":             "a tool of the repository, which calls the server that it measures",
}

// TestOutgoingRequestsGoThroughTheGuard: no other client is made, so that no
// address that somebody types reaches a private network by another way.
func TestOutgoingRequestsGoThroughTheGuard(t *testing.T) {
	files, found := 0, map[string][]string{}
	module := os.DirFS(root(t))
	err := fs.WalkDir(module, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains([]string{".git", ".cache", "node_modules", "dist", "testdata"}, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || path.Dir(name) == guarded {
			return nil
		}
		text, err := fs.ReadFile(module, name)
		if err != nil {
			return err
		}
		files++
		used, err := outgoing(name, text)
		if len(used) > 0 {
			found[name] = used
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 {
		t.Errorf("only %d files were read", files)
	}
	for name, used := range found {
		if mayCallOut[name] == "" {
			t.Errorf("%s uses %s: take a client from %s", name, strings.Join(used, ", "), guarded)
		}
	}
	for name := range mayCallOut {
		if len(found[name]) == 0 {
			t.Errorf("the list names %s, which does not call out", name)
		}
	}
}

// outgoing lists what a file uses of callsOut.
func outgoing(name string, text []byte) (used []string, err error) {
	f, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	local := map[string]string{} // import paths by the name that they have in the file
	for _, i := range f.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return nil, err
		}
		if callsOut[p] == nil {
			continue
		}
		as := path.Base(p)
		if i.Name != nil {
			as = i.Name.Name
		}
		local[as] = p
	}
	note := func(e ast.Expr, before, after string) {
		s, ok := e.(*ast.SelectorExpr)
		if !ok {
			return
		}
		if x, ok := s.X.(*ast.Ident); ok && slices.Contains(callsOut[local[x.Name]], before+s.Sel.Name+after) {
			used = append(used, before+x.Name+"."+s.Sel.Name+after)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			note(n, "", "")
		case *ast.CompositeLit:
			note(n.Type, "", "{")
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "new" && len(n.Args) == 1 {
				note(n.Args[0], "new ", "")
			}
		}
		return true
	})
	return used, nil
}

func TestOutgoingIsSeen(t *testing.T) {
	for text, want := range map[string]int{
		`import "net/http"; var c = http.Client{}`:                          1,
		`import "net/http"; var c = &http.Client{}`:                         1,
		`import "net/http"; var c = new(http.Client)`:                       1,
		`import h "net/http"; func f() { h.Get("x") }`:                      1,
		`import "net/http"; func f(c *http.Client) { c.Get("x") }`:          0,
		`import "net"; func f() { net.Dial("tcp", "x"); net.ParseIP("x") }`: 1,
		`import "net/http"; func f(http x) { _ = http.Header{} }`:           0,
		`import "other/http"; func f() { http.Get("x") }`:                   0,
		`import "crypto/tls"; func f() { tls.Dial("tcp", "x", nil) }`:       1,
	} {
		used, err := outgoing("x.go", []byte("package x\n"+strings.ReplaceAll(text, "; ", "\n")))
		if err != nil || len(used) != want {
			t.Errorf("%s: %v, %v", text, used, err)
		}
	}
}
