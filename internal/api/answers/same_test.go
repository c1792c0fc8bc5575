package answers_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/engine"
	"qunying/internal/insight"
	"qunying/internal/store"
	"qunying/internal/store/backup"
	"qunying/internal/store/search"
	"qunying/internal/testdb"
)

// TestRestoredAndRebuiltTheAnswersAreTheSame asks for every report, brings a backup
// back into both kinds of database, has the views made anew, and asks again.
func TestRestoredAndRebuiltTheAnswersAreTheSame(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.fill(t)
		w.judged(t)
		want := w.everyAnswer(t)
		if len(want) < 150 {
			t.Fatalf("only %d answers are compared", len(want))
		}
		folder := t.TempDir()
		made, err := backup.Make(t.Context(), w.DB, backup.Options{Folder: folder, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		for _, to := range []store.Dialect{store.SQLite, store.PostgreSQL} {
			t.Run(fmt.Sprint("into ", to), func(t *testing.T) {
				dsn := filepath.Join(t.TempDir(), "back.db")
				target := backup.Target{Path: dsn, Now: now}
				if to == store.PostgreSQL {
					dsn = testdb.Postgres(t)
					target = backup.Target{Database: dsn, Now: now}
				}
				if _, err := backup.Restore(t.Context(), folder, made, target); err != nil {
					t.Fatal(err)
				}
				t.Run("as it was", func(t *testing.T) { wantSame(t, dsn, want) })
				if to == w.DB.Dialect {
					return
				}
				rebuild(t, dsn)
				t.Run("views made anew", func(t *testing.T) { wantSame(t, dsn, want) })
			})
		}
	})
}

// rebuild makes a database's views anew, as the command does.
func rebuild(t *testing.T, dsn string) {
	t.Helper()
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	ix, err := search.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	e := engine.New(engine.Options{DB: db, Search: ix, Log: slog.New(slog.DiscardHandler), Files: t.TempDir()})
	_, err = e.Rebuild(t.Context())
	if err := errors.Join(err, ix.Close(), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// wantSame asks a database everything.
func wantSame(t *testing.T, dsn string, want map[string]string) {
	t.Helper()
	back := open(t, dsn)
	back.settle(t)
	back.judged(t)
	got := back.everyAnswer(t)
	differ := 0
	for what, is := range want {
		if got[what] == is {
			continue
		}
		if differ++; differ <= 3 {
			t.Errorf("%s (-before +after):\n%s", what, gocmp.Diff(strings.Split(is, "\n"), strings.Split(got[what], "\n")))
		}
	}
	if differ > 0 || len(got) != len(want) {
		t.Errorf("%d of %d answers differ; there are %d", differ, len(want), len(got))
	}
}

// everyAnswer asks for every report about groups and people, and writes the answers.
func (w *world) everyAnswer(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	ctx := t.Context()
	keep := func(what string, a any, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		text, err := json.MarshalIndent(a, "", " ")
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		all[what] = string(text)
	}
	p := api.Period{From: start + 5, To: end - 3}
	for _, only := range []string{"", "gaps", "falling", "silent", "no_roster", "urgent", "unkept"} {
		groups, _, err := w.Groups(ctx, c, api.GroupsQuery{Sort: "name", Only: only, Days: 30, Limit: 100})
		keep("groups "+only, groups, err)
		if only == "" {
			for _, g := range groups.Groups {
				w.everyAnswerOf(ctx, g.ID, p, func(what string, a any, err error) { keep(fmt.Sprint(g.Name, " ", what), a, err) })
			}
		}
	}
	healths, _, err := w.Healths(ctx, c, api.HealthsQuery{Order: "worst", Limit: 100})
	keep("healths", healths, err)
	today, err := w.Today(ctx, c, 1, api.TodayQuery{Whose: "all", All: true})
	keep("today", today, err)
	together := []string{"messages", "messages_mean", "speakers", "dau_mean", "mentions", "joins", "leaves", "replies", "questions", "links"}
	for _, ask := range []struct {
		metrics []string
		by      []string
	}{{together, nil}, {insight.Figures(), []string{"group"}}, {together, []string{"day", "group"}}, {together, []string{"week"}}, {together, []string{"type"}},
		{[]string{"joins", "leaves"}, []string{"way"}}, {[]string{"joins"}, []string{"inviter"}}, {[]string{"joins"}, []string{"code"}}} {
		a, err := w.Ask(ctx, c, api.QueryInput{Metrics: ask.metrics, By: ask.by, From: p.From, To: p.To, Compare: "before"})
		keep(fmt.Sprint("query by ", ask.by), a, err)
	}
	for by, metrics := range map[string][]string{"weekday": {"messages", "messages_mean", "dau_mean"}, "hour": {"messages", "messages_mean"}, "person": {"messages"}} {
		a, err := w.Ask(ctx, c, api.QueryInput{Metrics: metrics, By: []string{by}, From: p.From, To: p.To})
		keep("query by "+by, a, err)
	}
	for _, by := range []string{"", "group", "way", "inviter"} {
		a, err := w.Funnel(ctx, c, api.FunnelInput{Steps: []api.PickInput{{Kind: "member.joined"}, {Kind: "message.posted"}, {Kind: "message.posted", After: 1}},
			Window: 7, By: by, From: p.From, To: p.To})
		keep("funnel by "+by, a, err)
	}
	for _, grain := range []string{"week", "month"} {
		a, err := w.Cohorts(ctx, c, api.CohortsInput{First: api.PickInput{Kind: "message.posted"}, Back: api.PickInput{Kind: "message.posted"}, Grain: grain, From: p.From, To: p.To})
		keep("cohorts by "+grain, a, err)
	}
	for _, only := range []string{"", "silent", "newcomers"} {
		people, _, err := w.People(ctx, c, api.PeopleQuery{Only: only, Sort: "spoke", Limit: 40})
		keep("people "+only, people, err)
		for i, is := range people.People {
			if only == "" && i%8 == 0 {
				w.everyAnswerAbout(ctx, is.ID, func(what string, a any, err error) { keep(fmt.Sprint("person ", is.ID, " ", what), a, err) })
			}
		}
	}
	found, _, err := w.Search(ctx, c, api.SearchQuery{Text: "五公里", Limit: 50})
	keep("search", found, err)
	capacity, err := w.Capacity(ctx, c, 100)
	keep("capacity", capacity, err)
	return all
}

func (w *world) everyAnswerOf(ctx context.Context, g community.GroupID, p api.Period, keep func(string, any, error)) {
	group, err := w.Group(ctx, c, g)
	keep("group", group, err)
	numbers, err := w.Numbers(ctx, c, g, p)
	keep("numbers", numbers, err)
	for _, grain := range []string{"day", "week", "month"} {
		trend, err := w.Trend(ctx, c, g, p, grain)
		keep("trend by "+grain, trend, err)
	}
	rhythm, err := w.Rhythm(ctx, c, g, p)
	keep("rhythm", rhythm, err)
	for _, of := range []string{"speaking", "membership"} {
		retention, err := w.Retention(ctx, c, g, p, of)
		keep("retention "+of, retention, err)
	}
	speakers, err := w.Speakers(ctx, c, g, p, 50)
	keep("speakers", speakers, err)
	words, err := w.Words(ctx, c, g, p, 10)
	keep("words", words, err)
	replies, err := w.Replies(ctx, c, g, p, 20)
	keep("replies", replies, err)
	health, err := w.Health(ctx, c, g)
	keep("health", health, err)
	for _, tier := range []string{"silent", "lost", "few", "kol"} {
		a, err := w.Tier(ctx, c, g, tier, api.Period{}, 100)
		keep("tier "+tier, a, err)
	}
	overlap, err := w.Overlap(ctx, c, g, 10)
	keep("overlap", overlap, err)
	stream, err := w.Stream(ctx, c, g, api.StreamQuery{Limit: 30})
	keep("stream", stream, err)
}

func (w *world) everyAnswerAbout(ctx context.Context, p community.PersonID, keep func(string, any, error)) {
	person, err := w.Person(ctx, c, p)
	keep("page", person, err)
	year, err := w.Year(ctx, c, p)
	keep("year", year, err)
	talks, err := w.Talks(ctx, c, p, 10)
	keep("talks", talks, err)
	alike, err := w.Alike(ctx, c, p)
	keep("alike", alike, err)
}
