package engine

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
	"qunying/internal/testdb/ready"
	"qunying/transcript"
)

// live lets a group say what exports have most trouble with.
func (w *world) live() {
	w.t.Helper()
	o := func(change func(*connector.Observation)) connector.Observation {
		w.advance(1437 * time.Millisecond)
		said := w.say("g1", "u1", "早")
		change(&said)
		return said
	}
	w.observe(
		w.join("g1", "u9", 0),
		o(func(o *connector.Observation) { o.Text = "第一行\r\n第二行,\"引号\"\t制表" }),
		o(func(o *connector.Observation) {
			o.Text, o.Sender.Name = "=HYPERLINK(\"http://x\")", "@cmd|' /C calc'!A0"
		}),
		o(func(o *connector.Observation) { o.Text, o.ReplyTo = "'-1 收到", "m1" }),
		o(func(o *connector.Observation) { o.Content, o.Text = community.Forward, "聊天记录" }),
		o(func(o *connector.Observation) { o.Content, o.Text = community.MiniProgram, "" }),
		o(func(o *connector.Observation) { o.Group, o.Text, o.Sender.ID = "g2", "＝全角", "u2" }),
		o(func(o *connector.Observation) {
			o.Kind, o.Content, o.Text = community.MemberLeft, "", ""
			o.Operator = connector.Member{ID: "u1", Name: "甲"}
		}),
		o(func(o *connector.Observation) { o.Kind, o.Content, o.Text = community.GroupRenamed, "", "新名字" }),
	)
	w.importFile(w.file("csv", line{0, "只有名字", "从文件来", "名字群", "", ""}, line{time.Second, "只有名字", "", "名字群", "", ""}))
}

// exported writes an export into memory.
func (w *world) exported(o ExportOptions) (string, ExportResult) {
	w.t.Helper()
	w.project()
	var b bytes.Buffer
	r, err := w.e.Export(w.t.Context(), 1, &b, o)
	if err != nil {
		w.t.Fatal(err)
	}
	return b.String(), r
}

// What is exported and imported into an empty community is there as it was.
func TestExportsComeBackAsTheyWere(t *testing.T) {
	zone, err := community.LoadZone("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	onBoth(t, func(t *testing.T, w *world) {
		w.live()
		for _, layout := range []string{"chatlab-jsonl", "csv"} {
			text, result := w.exported(ExportOptions{Layout: layout})
			if result.Rows != 11 || result.Groups != 3 || result.Forgotten != 0 {
				t.Fatalf("%s: %+v", layout, result)
			}
			path := filepath.Join(t.TempDir(), "back"+map[string]string{"csv": ".csv", "chatlab-jsonl": ".jsonl"}[layout])
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			other := newWorld(t, ready.SQLite(t))
			if got := other.importFile(path, func(o *ImportOptions) { o.Zone = zone }); got.Imported != result.Rows || got.Rejected != 0 {
				t.Fatalf("%s: %+v came back of %d", layout, got, result.Rows)
			}
			if diff := cmp.Diff(w.exportable(), other.exportable()); diff != "" {
				t.Errorf("%s (-before +after):\n%s", layout, diff)
			}
			if got := other.importFile(path, func(o *ImportOptions) { o.Zone = zone }); got.Imported != 0 {
				t.Errorf("%s: %d rows were taken twice", layout, got.Imported)
			}
		}
	})
}

// exportable is what can be exported, group by group, without numbers of ours.
func (w *world) exportable() map[string][]store.Exported {
	w.t.Helper()
	all := map[string][]store.Exported{}
	w.read(func(ctx context.Context, q store.Querier) error {
		groups, err := store.Groups(ctx, q, 1)
		if err != nil {
			return err
		}
		for _, g := range groups {
			page, err := store.ExportPage(ctx, q, 1, store.ExportSpan{Group: g.ID, UpTo: 1 << 40}, store.ExportPlace{}, 1000)
			if err != nil {
				return err
			}
			for _, x := range page {
				x.Event.Seq, x.Event.Identity, x.Event.Group = 0, 0, 0
				x.Event.Flags &= community.MentionsAll
				if x.Event.Body != nil {
					x.Event.Body.Text = strings.ReplaceAll(x.Event.Body.Text, "\r\n", "\n") // a CSV has one kind of line break
				}
				key := string(g.Network) + "/" + g.OutsideID + "/" + g.Name
				all[key] = append(all[key], x)
			}
		}
		return nil
	})
	return all
}

func TestExportTakesWhatIsAskedFor(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.live()
		day := community.DayOf(begin, time.UTC)
		for name, c := range map[string]struct {
			filter ExportFilter
			rows   int64
		}{
			"a group":          {ExportFilter{Groups: []community.GroupID{2}}, 1},
			"a kind":           {ExportFilter{Kinds: []community.Kind{community.MemberLeft, community.GroupRenamed}}, 2},
			"a text":           {ExportFilter{Text: "hyperlink"}, 1},
			"a form":           {ExportFilter{Content: community.Forward}, 1},
			"nothing":          {ExportFilter{Text: "不存在的话"}, 0},
			"a day":            {ExportFilter{From: day, To: day}, 11},
			"the day after":    {ExportFilter{From: day + 1}, 0},
			"the day before":   {ExportFilter{To: day - 1}, 0},
			"somebody's words": {ExportFilter{Groups: []community.GroupID{1}, Text: "第一行"}, 1},
		} {
			text, result := w.exported(ExportOptions{Layout: "csv", Filter: c.filter})
			if result.Rows != c.rows {
				t.Errorf("%s: %d rows, want %d:\n%s", name, result.Rows, c.rows, text)
			}
			if !strings.HasPrefix(text, "\uFEFFtime,group,sender,") {
				t.Errorf("%s: no header", name)
			}
		}
		var who community.IdentityID
		for _, e := range w.log(1) {
			if e.Body != nil && e.Body.Text == "＝全角" {
				who = e.Identity
			}
		}
		if text, result := w.exported(ExportOptions{Layout: "csv", Filter: ExportFilter{Person: community.PersonID(who)}}); result.Rows != 1 || !strings.Contains(text, "'＝全角") {
			t.Errorf("a person: %+v\n%s", result, text)
		}
		for name, o := range map[string]ExportOptions{
			"no group":  {Layout: "csv", Filter: ExportFilter{Groups: []community.GroupID{99}}},
			"no person": {Layout: "csv", Filter: ExportFilter{Person: 9999}},
			"no layout": {Layout: "pdf"},
			"no kind":   {Layout: "csv", Filter: ExportFilter{Kinds: []community.Kind{community.MinuteTicked}}},
			"no days":   {Layout: "csv", Filter: ExportFilter{From: day, To: day - 1}},
		} {
			var b bytes.Buffer
			if _, err := w.e.Export(t.Context(), 1, &b, o); community.CodeOf(err) == "" || b.Len() > 0 {
				t.Errorf("%s: %v, %d bytes", name, err, b.Len())
			}
		}
	})
}

// A saved export takes what is new, and what broke off again.
func TestASavedExportTakesWhatIsNew(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.live()
		saved := SavedExports{[]SavedExport{{Name: "每日", Layout: "csv"}}}
		if err := w.e.SaveExports(t.Context(), 1, saved, 0, 1); err != nil {
			t.Fatal(err)
		}
		take := func(way string, want int64) string {
			t.Helper()
			w.project()
			n, err := w.e.Next(t.Context(), 1, "每日", way, 1)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			r, err := n.Write(t.Context(), &b)
			if err != nil || r.Rows != want {
				t.Fatalf("%s: %+v, %v, want %d rows", way, r, err, want)
			}
			return b.String()
		}
		if _, err := w.e.Next(t.Context(), 1, "每日", ExportAgain, 1); community.CodeOf(err) != community.Conflict {
			t.Errorf("again before the first time: %v", err)
		}
		take(ExportNew, 11)
		take(ExportNew, 0)
		// Older by the platform's time, and yet new.
		old := w.say("g2", "u5", "迟到的")
		old.At = begin.Add(-48 * time.Hour)
		w.observe(w.say("g1", "u4", "新的"), old)
		first, err := w.e.Next(t.Context(), 1, "每日", ExportNew, 1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := first.Write(t.Context(), failing{}); err == nil {
			t.Fatal("a broken stream was no error")
		}
		text := take(ExportNew, 2)
		if again := take(ExportAgain, 2); again != text {
			t.Errorf("again is something else:\n%s\n%s", text, again)
		}
		if _, err := first.Write(t.Context(), &bytes.Buffer{}); community.CodeOf(err) != community.Conflict {
			t.Errorf("two at once: %v", err)
		}
		take(ExportAll, 13)
		take(ExportNew, 0)
		if err := w.e.SaveExports(t.Context(), 1, SavedExports{}, 0, 1); community.CodeOf(err) != community.Conflict {
			t.Errorf("saved over another version: %v", err)
		}
		if err := w.e.SaveExports(t.Context(), 1, SavedExports{}, 1, 1); err != nil {
			t.Fatal(err)
		}
		if _, err := w.e.Next(t.Context(), 1, "每日", ExportNew, 1); community.CodeOf(err) != community.NotFound {
			t.Errorf("after it was taken away: %v", err)
		}
		if err := w.e.SaveExports(t.Context(), 1, saved, 2, 1); err != nil {
			t.Fatal(err)
		}
		take(ExportNew, 13)
		// With another filter it begins anew; another layout changes nothing of that.
		saved.Exports[0].Filter.Text = "迟到的"
		if err := w.e.SaveExports(t.Context(), 1, saved, 3, 1); err != nil {
			t.Fatal(err)
		}
		take(ExportNew, 1)
		saved.Exports[0].Layout = "xlsx"
		if err := w.e.SaveExports(t.Context(), 1, saved, 4, 1); err != nil {
			t.Fatal(err)
		}
		take(ExportNew, 0)
	})
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestSavedExportsAreChecked(t *testing.T) {
	ok := SavedExport{Name: "a", Layout: "csv"}
	for name, s := range map[string]SavedExports{
		"no name":   {[]SavedExport{{Layout: "csv"}}},
		"a path":    {[]SavedExport{{Name: "../x", Layout: "csv"}}},
		"twice":     {[]SavedExport{ok, ok}},
		"no layout": {[]SavedExport{{Name: "a", Layout: "doc"}}},
		"too many":  {make([]SavedExport, mostSavedExports+1)},
	} {
		if err := s.Check(); community.CodeOf(err) != community.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (SavedExports{[]SavedExport{ok, {Name: "周报-2026_1", Layout: "xlsx"}}}).Check(); err != nil {
		t.Error(err)
	}
	for _, l := range transcript.Layouts() {
		if l.Ends == "" || l.Media == "" {
			t.Errorf("%+v", l)
		}
	}
}
