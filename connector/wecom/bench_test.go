package wecom

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

func crowd(group, members int) GroupChat {
	g := GroupChat{ID: fmt.Sprintf("wrBench%06d", group), Name: "群", Owner: "zhang", Version: fmt.Sprint(group)}
	for i := range members {
		g.Members = append(g.Members, ChatMember{ID: fmt.Sprintf("wmBench%06d%012d", group, i), Type: 2, Name: "某某",
			JoinTime: noon.Add(-time.Duration(i+100) * 24 * time.Hour).Unix()})
	}
	return g
}

// BenchmarkReading compares a group of 200 members with what was known of it.
func BenchmarkReading(b *testing.B) {
	g := crowd(1, 200)
	before := remember(g)
	g.Members = g.Members[1:]
	for b.Loop() {
		if n := len(compare(before, g, nil, noon)); n != 1 {
			b.Fatal(n)
		}
	}
}

// BenchmarkKnown keeps 2,000 groups of 200 members in memory.
func BenchmarkKnown(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		all := map[string]*chat{}
		for i := range 2000 {
			g := crowd(i, 200)
			all[g.ID] = remember(g)
		}
		b.ReportMetric(heap()/(1<<20), "MiB-live")
		clear(all)
	}
}

func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
