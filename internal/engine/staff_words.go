package engine

import (
	"context"
	_ "embed"
	"net/url"
	"strings"
	"text/template"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
)

var (
	//go:embed keeper.zh.txt
	keeperZh string
	//go:embed keeper.en.txt
	keeperEn string
	//go:embed alert.zh.txt
	alertZh string
	//go:embed alert.en.txt
	alertEn string
)

// What staff is told of tasks and alerts, by language.
var (
	keeperNotes = inLanguages(keeperZh, keeperEn)
	alertNotes  = inLanguages(alertZh, alertEn)
)

// chinese is in which language staff is told where nobody chose another.
const chinese = "zh-CN"

// LanguageContact is under which name the language of staff is kept among their
// contacts: in it they are told of tasks and alerts. "" is Chinese.
const LanguageContact community.Network = "language"

func inLanguages(zh, en string) map[string]*template.Template {
	return map[string]*template.Template{
		chinese: template.Must(template.New(chinese).Parse(zh)),
		"en":    template.Must(template.New("en").Parse(en)),
	}
}

// written is a note in a language, in Chinese where there is none in it.
func written(notes map[string]*template.Template, language string, what map[string]any) (string, error) {
	t := notes[language]
	if t == nil {
		t = notes[chinese]
	}
	var text strings.Builder
	err := t.Execute(&text, what)
	return strings.TrimSpace(text.String()), err
}

// consolePage is the address of a page of the console that signs staff in by
// themselves when it is opened in the client in which they are told; "" where
// nobody said under which address the console is reached there.
func (e *Engine) consolePage(ctx context.Context, q store.Querier, c community.ID, page string) (string, error) {
	a := e.keeperLine(c)
	if a == nil {
		return "", nil
	}
	site, ok := a.conn.(connector.Site)
	if !ok || site.Console() == "" {
		return "", nil
	}
	list, err := store.Communities(ctx, q)
	for _, is := range list {
		if is.ID == c {
			return strings.TrimRight(site.Console(), "/") + "/enter/" + url.PathEscape(is.Slug) + "/" + url.PathEscape(a.name) + "?to=" + url.QueryEscape(page), err
		}
	}
	return "", err
}
