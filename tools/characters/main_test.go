package main

import "testing"

func TestCodePoint(t *testing.T) {
	for in, want := range map[string]rune{"U+4F60": '你', "U+7559<kLau,kMatthews": '留', "U+": 0, "你": 0, "U+FFFFFFFFF": 0} {
		if got := codePoint(in); got != want {
			t.Errorf("%s is %q, want %q", in, got, want)
		}
	}
}

func TestCommonIsEverydaysOrAll(t *testing.T) {
	everyday, all := common(0xD7), common(0xF7)
	if len(everyday) != 3755 || len(all) != 6763 {
		t.Errorf("%d everyday characters of %d, want 3755 of 6763", len(everyday), len(all))
	}
	if everyday['妳'] || all['妳'] || !everyday['你'] || everyday['亍'] || !all['亍'] {
		t.Error("你 is in everyday use, 亍 in use, 妳 in neither")
	}
}

func TestShares(t *testing.T) {
	made := map[rune][]rune{'管': {'竹', '官'}, '琯': {'王', '官'}, '玩': {'王', '元'}, '揹': {'扌', '背'}}
	for pair, want := range map[[2]rune]bool{{'琯', '管'}: true, {'琯', '玩'}: false, {'揹', '背'}: true, {'揹', '管'}: false} {
		if got := shares(made, pair[0], pair[1]); got != want {
			t.Errorf("%s: %v", string(pair[:]), got)
		}
	}
}
