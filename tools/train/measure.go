package main

import (
	"fmt"
	"sort"
)

// figures is how well margins tell bad from good.
type figures struct{ accuracy, f1, auc, recall, fpr float64 }

func (f figures) String() string {
	return fmt.Sprintf("accuracy %.4f macro-F1 %.4f AUC %.4f recall %.4f FPR %.4f", f.accuracy, f.f1, f.auc, f.recall, f.fpr)
}

func quality(m []float64, bad []bool, cut float64) (f figures) {
	var tp, fp, tn, fn float64
	for i := range m {
		switch {
		case m[i] > cut && bad[i]:
			tp++
		case m[i] > cut:
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
