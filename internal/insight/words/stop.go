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
	pointers = "这那哪每某各此這" // they stand where a numeral can
	measures = "个次天年月日点块元种条只位句件张本遍分秒岁份群门人款类层部台级周号楼集家首支场篇届期"
)

// IsStop reports whether a folded word says nothing about what is talked of:
// function words, fillers, counted things (两个, 三十, 这家), letters drawn out
// (hhh, ohhhh), and whatever has a single character.
func IsStop(word string) bool {
	first, size := utf8.DecodeRuneInString(word)
	if size == len(word) {
		return true
	}
	if _, ok := stopSet()[word]; ok {
		return true
	}
	if first < utf8.RuneSelf {
		return strings.Trim(word, word[:1]) == "" || drawnOut(word)
	}
	rest := word[size:]
	switch {
	case len(word) > 2*size && strings.Trim(rest, word[:size]) == "": // 啊啊啊; not 妈妈
		return true
	case strings.ContainsRune(numerals, first):
		rest = strings.TrimLeft(rest, numerals)
		return rest == "" || isMeasure(rest)
	case strings.ContainsRune(pointers, first):
		return isMeasure(rest)
	}
	return false
}

func isMeasure(s string) bool {
	_, size := utf8.DecodeRuneInString(s)
	return size == len(s) && strings.Contains(measures, s)
}

// drawnOut reports whether a letter stands four times in a row.
func drawnOut(word string) bool {
	for i := 3; i < len(word); i++ {
		if c := word[i]; isLetter(c) && c == word[i-1] && c == word[i-2] && c == word[i-3] {
			return true
		}
	}
	return false
}
