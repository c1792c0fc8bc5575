package main

import (
	"runtime"
	"testing"

	"github.com/go-ego/gse"

	"qunying/internal/insight/words"
)

var messages = []string{
	"今天晚上八点群主在直播间抽奖，记得转发朋友圈打卡，优惠券先到先得",
	"有没有人知道这个函数式编程的教程在哪里下载？我找了半天没找到",
	"新人入群请先看群公告，修改群昵称为城市加行业加姓名，谢谢配合",
	"Haskell的类型系统真的很好用，不过编译速度有点慢，建议用stack管理",
}

// heap returns what is live after load, in bytes.
func heap(load func()) uint64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	load()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return max(after.HeapAlloc, before.HeapAlloc) - before.HeapAlloc
}

func BenchmarkOurs(b *testing.B) {
	var s *words.Segmenter
	live := heap(func() { s = words.Default() })
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		for range s.Words(messages[i%len(messages)]) {
		}
		i++
	}
	b.ReportMetric(float64(live)/1e6, "MB-live")
}

func BenchmarkGse(b *testing.B) {
	var s gse.Segmenter
	live := heap(func() {
		if err := s.LoadDictEmbed("zh"); err != nil {
			b.Fatal(err)
		}
	})
	b.Run("dag", func(b *testing.B) {
		i := 0
		b.ReportAllocs()
		for b.Loop() {
			s.Cut(messages[i%len(messages)])
			i++
		}
		b.ReportMetric(float64(live)/1e6, "MB-live")
	})
	b.Run("shortest", func(b *testing.B) {
		i := 0
		b.ReportAllocs()
		for b.Loop() {
			s.Slice(messages[i%len(messages)])
			i++
		}
	})
}
