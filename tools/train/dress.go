package main

import (
	"math/rand/v2"
	"strings"
)

// Who sends the same text everywhere adds to it what makes every copy another one
// and says nothing: letters by chance around it, signs that nobody writes, a face,
// the text once more. Others do so too, though seldom, so that it is no proof.
var (
	signs = []string{"☎", "☎☎", "❤", "❤❤", "✔", "☞", "☜", "◉", "★", "♥", "♀", "✿", "⭕", "᛭", "ᛟ", "ᚢ", "ᛉ", "ᚷ", "ᛒ", "ꔛ", "ꕥ", "₪", "༄", "܀", "⸙"}
	tails = []string{"+", "++", "+++", "~", "。。", "..", ".", "！！", "00", "1"}
	faces = []string{"[强]", "[玫瑰]", "[爱心]", "[害羞]", "[色]", "[礼物]", "[握手]", "[红包]", "[呲牙]", "[电话]", "[鼓掌]", "/鼓掌", "/玫瑰", "≧▽≦", "(＾▽＾)", "^_^"}
)

// dressUp dresses a share of the bad rows, and one of the others.
func dressUp(rows []row, bad, good float64, random *rand.Rand) {
	for i := range rows {
		share := good
		if rows[i].bad {
			share = bad
		}
		if random.Float64() < share {
			rows[i].text = dress(rows[i].text, random)
		}
	}
}

// dress adds to a text of what says nothing.
func dress(text string, random *rand.Rand) string {
	chance := func() string {
		b := make([]byte, 1+random.IntN(4))
		for i := range b {
			b[i] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[random.IntN(62)]
		}
		return string(b)
	}
	one := func(of []string) string { return of[random.IntN(len(of))] }
	switch random.IntN(8) {
	case 0:
		return chance() + text + chance()
	case 1:
		return text + chance()
	case 2:
		return text + one(signs)
	case 3:
		return one(signs) + text + one(signs)
	case 4:
		return text + one(tails)
	case 5:
		return text + one(faces)
	case 6:
		return one(signs) + one(faces) + text
	default:
		if len(text) > 120 {
			return text
		}
		return strings.Repeat(text, 2+random.IntN(4))
	}
}
