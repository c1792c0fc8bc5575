package words

import (
	_ "embed"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed stop.txt
var stopText string

var stopSet = sync.OnceValue(func() map[string]struct{} {
	set := map[string]struct{}{}
	for line := range strings.Lines(stopText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for word := range strings.FieldsSeq(line) {
			set[word] = struct{}{}
		}
	}
	return set
})

const (
	numerals = "零〇一二两三四五六七八九十百千万亿几半多第"
	measures = "个次天年月日点块元种条只位句件张本遍分秒岁份群门人款类层部台级周号楼集"
)

// IsStop reports whether a folded word says nothing about what is talked of:
// function words, fillers, counted things (两个, 三十), one letter repeated, and
// whatever has a single character.
func IsStop(word string) bool {
	first, size := utf8.DecodeRuneInString(word)
	if size == len(word) {
		return true
	}
	if _, ok := stopSet()[word]; ok {
		return true
	}
	switch rest := word[size:]; {
	case strings.Trim(rest, word[:size]) == "":
		return first < utf8.RuneSelf || len(word) > 2*size // hhh, 啊啊啊; not 妈妈
	case strings.ContainsRune(numerals, first):
		rest = strings.TrimLeft(rest, numerals)
		_, size := utf8.DecodeRuneInString(rest)
		return rest == "" || size == len(rest) && strings.Contains(measures, rest)
	}
	return false
}
