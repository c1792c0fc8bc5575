package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// What the doctor can find has words in both languages that fill in the same, and
// there are no words for what it cannot find.
func TestTheDoctorHasWords(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "doctor.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	fills := map[string][]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if f, ok := call.Fun.(*ast.SelectorExpr); !ok || !slices.Contains([]string{"good", "watch", "bad"}, f.Sel.Name) || len(call.Args) == 0 {
			return true
		}
		code, ok := call.Args[0].(*ast.BasicLit)
		if !ok {
			return true
		}
		text, err := strconv.Unquote(code.Value)
		if err != nil {
			t.Fatal(err)
		}
		fills[text] = nil
		return true
	})
	if len(fills) < 30 {
		t.Fatalf("only %d codes were found in doctor.go", len(fills))
	}
	texts := doctorTexts()
	blank := regexp.MustCompile(`\{\w+\}`)
	for code := range fills {
		zh, en := texts[code]["zh-CN"], texts[code]["en"]
		if zh[0] == "" || en[0] == "" || (zh[1] == "") != (en[1] == "") {
			t.Errorf("%s has no words: %q, %q", code, zh, en)
		}
		have, want := blank.FindAllString(zh[0], -1), blank.FindAllString(en[0], -1)
		slices.Sort(have)
		slices.Sort(want)
		if !slices.Equal(have, want) {
			t.Errorf("%s fills in %v and %v", code, have, want)
		}
	}
	for code := range texts {
		if _, ok := fills[code]; !ok {
			t.Errorf("%s is never found", code)
		}
	}
}

func TestTheDoctorSpeaksTheSystemsLanguage(t *testing.T) {
	for env, want := range map[string]string{"": "en", "LANG=zh_CN.UTF-8": "zh-CN", "LANG=en_US.UTF-8": "en", "LC_ALL=C LANG=zh_CN.UTF-8": "en", "LC_MESSAGES=zh_TW.UTF-8 LANG=C": "zh-CN"} {
		got := systemLanguage(func(name string) string {
			for _, is := range strings.Fields(env) {
				if k, v, _ := strings.Cut(is, "="); k == name {
					return v
				}
			}
			return ""
		})
		if got != want {
			t.Errorf("%q: %s", env, got)
		}
	}
}
