package scenario_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qunying/internal/scenario"
	"qunying/internal/store"
	"qunying/internal/testdb/ready"
)

const stories = "../../testdata/scenarios"

// Every story comes true on both databases.
func TestStories(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(stories, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories in %s: %v", stories, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			story, err := scenario.Parse(filepath.Base(file), text)
			if err != nil {
				t.Fatal(err)
			}
			t.Run("sqlite", func(t *testing.T) {
				t.Parallel()
				tell(t, story, ready.SQLite(t))
			})
			t.Run("postgres", func(t *testing.T) {
				t.Parallel()
				tell(t, story, ready.Postgres(t))
			})
		})
	}
}

func tell(t *testing.T, story *scenario.Story, dsn string) {
	t.Helper()
	if err := run(t, story, dsn); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, story *scenario.Story, dsn string) error {
	t.Helper()
	return scenario.Run(t.Context(), story, scenario.Options{
		Open: func(ctx context.Context) (*store.DB, error) { return store.Open(ctx, dsn) },
		Dir:  t.TempDir(),
	})
}

const opening = "at 2026-03-02 09:00 Asia/Shanghai\ngroup 跑步群 on sim with 小王\n"

// A line that nobody understands is told by file and line, before anything happens.
func TestParseTellsTheLine(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"unknown", opening + "\n# a comment\n小李 jumps over 跑步群", "x.txtar:5: 小李 jumps over 跑步群\n    nobody understands this line"},
		{"no time", "group 跑步群 on sim", "x.txtar:1: group 跑步群 on sim\n    a story begins with its time"},
		{"zone", "community 跑步会 Mars/Olympus", "x.txtar:1: community 跑步会 Mars/Olympus\n    \"Mars/Olympus\" is not a time zone"},
		{"hear", opening + "hear 09:01 crash", "x.txtar:3: hear 09:01 crash\n    only what members do can be heard of later"},
		{"empty", "# nothing\n", "x.txtar tells no story"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := scenario.Parse("x.txtar", []byte(c.text))
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

// What does not come true is told with what was expected and what was found.
func TestRunTellsWhatDiffers(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"messages", "09:01 小王 in 跑步群: 早\nexpect messages 跑步群 2026-03-02 = 2 partial", "x.txtar:4: expect messages 跑步群 2026-03-02 = 2 partial\n    expected 2 partial, found 1 partial"},
		{"sent", "09:01 send to 跑步群: 早\nexpect sent to 跑步群: 晚", "x.txtar:4: expect sent to 跑步群: 晚\n    expected it once, found it 0 times\n      sent: \"早\""},
		{"outbox", "09:01 send to 跑步群: 早\nexpect outbox 跑步群 failed = 1", "x.txtar:4: expect outbox 跑步群 failed = 1\n    expected 1, found 0\n      \"早\" is done"},
		{"backwards", "08:59 小王 in 跑步群: 早", "x.txtar:3: 08:59 小王 in 跑步群: 早\n    time runs forward only: it is 2026-03-02 09:00:00 already"},
		{"figure", "expect beauty 跑步群 2026-03-02 = 1", "x.txtar:3: expect beauty 跑步群 2026-03-02 = 1\n    there is no figure \"beauty\""},
		{"down", "crash\nsend to 跑步群: 早", "x.txtar:4: send to 跑步群: 早\n    the machine is down"},
		{"refused", "send to 跑步群:  ", "x.txtar:3: send to 跑步群:\n    nobody understands this line"},
		{"file", "import 没有.csv", "x.txtar:3: import 没有.csv\n    the story has no file 没有.csv"},
		{"group", "小王 in 步群: 早", "x.txtar:3: 小王 in 步群: 早\n    there is no group 步群 here"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			story, err := scenario.Parse("x.txtar", []byte(opening+c.text))
			if err == nil {
				err = run(t, story, ready.SQLite(t))
			}
			var f *scenario.Failure
			if !errors.As(err, &f) || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}
