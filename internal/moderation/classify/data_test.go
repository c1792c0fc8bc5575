package classify

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

func TestAdverts(t *testing.T) {
	rows := table(t, "adverts/telegram-measure-only.csv.gz")
	m := Default()
	show := func(name string, f func(string) float64, rows []Judged) {
		var p []float64
		var l []bool
		for _, r := range rows {
			p = append(p, f(r.Text))
			l = append(l, r.Bad)
		}
		t.Log(name, quality(p, l, 0.5), "recall at 1% FP", atOne(p, l))
	}
	show("prior", func(s string) float64 { return m.Score(s).Advert }, rows)
	for _, n := range []int{200, 1000} {
		for seed := range uint64(3) {
			r := rand.New(rand.NewPCG(seed, 1))
			p := r.Perm(len(rows))
			var learn, rest []Judged
			for i, k := range p {
				if i < n {
					learn = append(learn, rows[k])
				} else {
					rest = append(rest, rows[k])
				}
			}
			l, err := m.Learn(Advert, learn)
			if err != nil {
				t.Fatal(err)
			}
			show(fmt.Sprint(n, " trust ", l.Trust), func(s string) float64 { return m.ScoreWith(s, l).Advert }, rest)
		}
	}
}

func atOne(p []float64, l []bool) float64 {
	var good, bad []float64
	for i := range p {
		if l[i] {
			bad = append(bad, p[i])
		} else {
			good = append(good, p[i])
		}
	}
	sort.Float64s(good)
	cut := good[len(good)*99/100]
	n := 0
	for _, v := range bad {
		if v > cut {
			n++
		}
	}
	return float64(n) / float64(len(bad))
}

func table(t testing.TB, name string) []Judged {
	var out []Judged
	openData(t, name, func(r io.Reader) {
		c := csv.NewReader(r)
		c.FieldsPerRecord, c.LazyQuotes = -1, true
		all, err := c.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range all[1:] {
			if len(f) != 2 {
				continue // a torn line
			}
			out = append(out, Judged{f[1], f[0] == "1"})
		}
	})
	return out
}

func lines(t testing.TB, name string, text func(line string) string) []string {
	var out []string
	openData(t, name, func(r io.Reader) {
		s := bufio.NewScanner(r)
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			out = append(out, text(s.Text()))
		}
	})
	return out
}

func openData(t testing.TB, name string, read func(io.Reader)) {
	t.Helper()
	dir := os.Getenv("QUNYING_DATA")
	if dir == "" {
		t.Skip("QUNYING_DATA names no folder with real data: quality is not measured")
	}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	read(z)
}

func TestHits(t *testing.T) {
	m := Default()
	h := lines(t, "haskell-china/messages.jsonl.gz", func(l string) string { return textOf(l) })
	live := lines(t, "live-chat/2020-05.tsv.gz", func(l string) string { return strings.Split(l, "\t")[2] })
	for name, rows := range map[string][]string{"haskell": h, "live": live[:100000]} {
		var a, d int
		var ha, hd []string
		for _, s := range rows {
			p := m.Score(s)
			if p.Abuse >= 0.5 {
				a++
				ha = append(ha, s)
			}
			if p.Advert >= 0.5 {
				d++
				hd = append(hd, s)
			}
		}
		t.Logf("%s: %d abuse %.5f advert %.5f", name, len(rows), float64(a)/float64(len(rows)), float64(d)/float64(len(rows)))
		for i := 0; i < len(ha); i += 1 + len(ha)/12 {
			t.Log("A", ha[i])
		}
		for i := 0; i < len(hd); i += 1 + len(hd)/40 {
			t.Log("D", hd[i])
		}
	}
}

// figures is how well probabilities tell bad from good.
type figures struct{ accuracy, f1, auc, recall, fpr float64 }

func (f figures) String() string {
	return fmt.Sprintf("accuracy %.4f macro-F1 %.4f AUC %.4f recall %.4f FPR %.4f", f.accuracy, f.f1, f.auc, f.recall, f.fpr)
}

func quality(m []float64, bad []bool, cut float64) (f figures) {
	var tp, fp, tn, fn float64
	for i := range m {
		switch {
		case m[i] >= cut && bad[i]:
			tp++
		case m[i] >= cut:
			fp++
		case bad[i]:
			fn++
		default:
			tn++
		}
	}
	f.accuracy = (tp + tn) / float64(len(m))
	f.f1 = (2*tp/(2*tp+fp+fn) + 2*tn/(2*tn+fp+fn)) / 2
	f.recall, f.fpr = tp/(tp+fn), fp/(fp+tn)
	at := make([]int, len(m))
	for i := range at {
		at[i] = i
	}
	sort.Slice(at, func(i, j int) bool { return m[at[i]] < m[at[j]] })
	var rank, n float64
	for i, k := range at {
		if bad[k] {
			rank += float64(i + 1)
			n++
		}
	}
	f.auc = (rank - n*(n+1)/2) / n / (float64(len(m)) - n)
	return f
}

func textOf(line string) string {
	var v struct{ Text string }
	if err := json.Unmarshal([]byte(line), &v); err != nil {
		return ""
	}
	return v.Text
}
