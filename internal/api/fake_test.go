package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/store"
	"qunying/internal/store/team"
	"qunying/internal/testdb/ready"
)

// rest stands for the machine behind the API. It remembers the last command and
// answers plain things.
type rest struct {
	mu       sync.Mutex
	command  Command
	search   SearchQuery
	uploaded int64
	fail     error  // answered by Group
	after    Place  // where the last page began
	crash    string // Group panics with it
}

func (f *rest) Groups(_ context.Context, _ community.ID, q GroupsQuery) (GroupsAnswer, Place, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.after = q.After
	last := Place{Number: 7, Text: "群", ID: 3}
	if q.After == last {
		last = Place{}
	}
	return GroupsAnswer{Answer: Answer{42}}, last, nil
}

func (f *rest) Group(context.Context, community.ID, community.GroupID) (GroupAnswer, error) {
	if f.crash != "" {
		panic(f.crash)
	}
	return GroupAnswer{Answer: Answer{42}}, f.fail
}

func (f *rest) Numbers(_ context.Context, _ community.ID, _ community.GroupID, p Period) (NumbersAnswer, error) {
	return NumbersAnswer{Answer: Answer{42}, Period: p}, nil
}

func (f *rest) Trend(context.Context, community.ID, community.GroupID, Period, string) (TrendAnswer, error) {
	return TrendAnswer{Answer: Answer{42}}, nil
}

func (f *rest) Rhythm(context.Context, community.ID, community.GroupID, Period) (RhythmAnswer, error) {
	return RhythmAnswer{}, nil
}

func (f *rest) Retention(context.Context, community.ID, community.GroupID, Period, string) (RetentionAnswer, error) {
	return RetentionAnswer{}, nil
}

func (f *rest) Replies(context.Context, community.ID, community.GroupID, Period, int) (RepliesAnswer, error) {
	return RepliesAnswer{}, nil
}

func (f *rest) Speakers(context.Context, community.ID, community.GroupID, Period, int) (SpeakersAnswer, error) {
	return SpeakersAnswer{}, nil
}

func (f *rest) Words(context.Context, community.ID, community.GroupID, Period, int) (WordsAnswer, error) {
	return WordsAnswer{}, nil
}

func (f *rest) Ask(context.Context, community.ID, QueryInput) (QueryAnswer, error) {
	return QueryAnswer{Answer: Answer{42}}, nil
}

func (f *rest) TakeQuery(context.Context, community.ID, community.StaffID, QueryInput, string, string) (ExportFile, error) {
	return ExportFile{Name: "query.csv", Media: "text/csv", Write: func(context.Context, io.Writer) error { return nil }}, nil
}

func (f *rest) Funnel(context.Context, community.ID, FunnelInput) (FunnelAnswer, error) {
	return FunnelAnswer{Answer: Answer{42}}, nil
}

func (f *rest) FunnelPeople(context.Context, community.ID, FunnelPeopleInput) (FunnelPeopleAnswer, error) {
	return FunnelPeopleAnswer{Answer: Answer{42}}, nil
}

func (f *rest) TakeFunnel(context.Context, community.ID, community.StaffID, FunnelPeopleInput, string, string) (ExportFile, error) {
	return ExportFile{Name: "funnel.csv", Media: "text/csv", Write: func(context.Context, io.Writer) error { return nil }}, nil
}

func (f *rest) Cohorts(context.Context, community.ID, CohortsInput) (CohortsAnswer, error) {
	return CohortsAnswer{Answer: Answer{42}}, nil
}

func (f *rest) TakeCohorts(context.Context, community.ID, community.StaffID, CohortsInput, string, string) (ExportFile, error) {
	return ExportFile{Name: "cohorts.csv", Media: "text/csv", Write: func(context.Context, io.Writer) error { return nil }}, nil
}

func (f *rest) Views(context.Context, community.ID, community.StaffID) (ViewsAnswer, error) {
	return ViewsAnswer{Answer: Answer{42}}, nil
}

func (f *rest) SaveViews(context.Context, community.ID, community.StaffID, bool, ViewsInput) (ViewsAnswer, error) {
	return ViewsAnswer{Answer: Answer{42}}, nil
}

func (f *rest) Reports(context.Context, community.ID, int64, int) (ReportsAnswer, error) {
	return ReportsAnswer{Answer: Answer{42}}, nil
}

func (f *rest) Report(context.Context, community.ID, int64) (ReportAnswer, error) {
	return ReportAnswer{Answer: Answer{42}}, nil
}

func (f *rest) AskReport(context.Context, community.ID, community.StaffID, ReportWish) (ReportAnswer, error) {
	return ReportAnswer{Answer: Answer{42}}, nil
}

func (f *rest) ReportFile(context.Context, community.ID, community.StaffID, int64, string, string) (ExportFile, error) {
	return ExportFile{Name: "report.xlsx", Media: "application/octet-stream", Write: func(context.Context, io.Writer) error { return nil }}, nil
}

func (f *rest) ReportPlans(context.Context, community.ID) (ReportPlansView, error) {
	return ReportPlansView{}, nil
}

func (f *rest) SaveReportPlans(_ context.Context, _ community.ID, _ community.StaffID, in ReportPlansView) (ReportPlansView, error) {
	return in, nil
}

func (f *rest) Stream(context.Context, community.ID, community.GroupID, StreamQuery) (StreamAnswer, error) {
	return StreamAnswer{}, nil
}

func (f *rest) Search(_ context.Context, _ community.ID, q SearchQuery) (SearchAnswer, Place, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.search = q
	return SearchAnswer{}, Place{}, nil
}

func (f *rest) Context(context.Context, community.ID, community.Seq, int, int) (StreamAnswer, error) {
	return StreamAnswer{}, nil
}

func (f *rest) Person(context.Context, community.ID, community.PersonID) (PersonAnswer, error) {
	return PersonAnswer{}, nil
}

func (f *rest) People(context.Context, community.ID, PeopleQuery) (PeopleAnswer, Place, error) {
	return PeopleAnswer{}, Place{}, nil
}

func (f *rest) Year(context.Context, community.ID, community.PersonID) (YearAnswer, error) {
	return YearAnswer{}, nil
}

func (f *rest) Talks(context.Context, community.ID, community.PersonID, int) (TalksAnswer, error) {
	return TalksAnswer{}, nil
}

func (f *rest) AlikeSets(_ context.Context, _ community.ID, after Place, _ int) (AlikeSetsAnswer, Place, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.after = after
	last := Place{Number: 1, Text: "小李"}
	if after == last {
		last = Place{}
	}
	return AlikeSetsAnswer{Answer: Answer{42}, Sets: []AlikeSet{}}, last, nil
}

func (f *rest) SayApart(_ context.Context, _ community.ID, in ApartInput, _ community.StaffID) (Answer, error) {
	if in.People[0] == 404 {
		return Answer{}, community.Errorf(community.NotFound, "there is no person 404")
	}
	return Answer{43}, nil
}

func (f *rest) Links(context.Context, community.ID, community.PersonID) (PersonLinksAnswer, error) {
	return PersonLinksAnswer{Links: []PersonLink{}}, nil
}

func (f *rest) Alike(context.Context, community.ID, community.PersonID) (AlikeAnswer, error) {
	return AlikeAnswer{}, nil
}

func (f *rest) Tags(context.Context, community.ID) (TagsAnswer, error) {
	return TagsAnswer{}, nil
}

func (f *rest) Collect(context.Context, community.ID, community.PersonID) (PersonExport, error) {
	return PersonExport{Person: PersonView{ID: 4}, Events: []PersonEvent{{At: 1, Kind: "message.posted", Text: "=1+1"}}}, nil
}

func (f *rest) Upload(_ context.Context, _ community.ID, _ community.StaffID, name string, body io.Reader) (ImportAnswer, error) {
	n, err := io.Copy(io.Discard, body)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.uploaded = n
	return ImportAnswer{Import: Import{ID: 1, File: name}}, err
}

func (f *rest) Imports(context.Context, community.ID) (ImportsAnswer, error) {
	return ImportsAnswer{}, nil
}

func (f *rest) Import(context.Context, community.ID, int64) (ImportAnswer, error) {
	return ImportAnswer{}, nil
}

func (f *rest) Change(context.Context, community.ID, int64, ImportChange) (ImportAnswer, error) {
	return ImportAnswer{}, nil
}

func (f *rest) Do(context.Context, community.ID, int64, community.StaffID, ImportStep) (ImportAnswer, error) {
	return ImportAnswer{}, nil
}

func (f *rest) Rejects(context.Context, community.ID, int64) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader("line,why\n3,no time\n")), nil
}

func (f *rest) Roster(context.Context, community.ID, community.StaffID, RosterInput) (RosterAnswer, error) {
	return RosterAnswer{}, nil
}

func (f *rest) GroupSettings(context.Context, community.ID, community.GroupID) (GroupSettingsAnswer, error) {
	return GroupSettingsAnswer{}, nil
}

func (f *rest) Waiting(context.Context, community.ID, Scope) (WaitingAnswer, error) {
	return WaitingAnswer{}, nil
}

func (f *rest) SaveWaiting(context.Context, community.ID, Scope, community.StaffID, Waiting) (WaitingAnswer, error) {
	return WaitingAnswer{}, nil
}

func (f *rest) Welcome(context.Context, community.ID, Scope) (WelcomeAnswer, error) {
	return WelcomeAnswer{}, nil
}

func (f *rest) SaveWelcome(_ context.Context, _ community.ID, _ Scope, _ community.StaffID, w Welcome) (WelcomeAnswer, error) {
	if w.Version != 2 {
		return WelcomeAnswer{}, community.Errorf(community.Conflict, "the greeting was changed meanwhile").WithHint("look at it and save again")
	}
	return WelcomeAnswer{}, nil
}

func (f *rest) Loops(context.Context, community.ID) (LoopsAnswer, error) { return LoopsAnswer{}, nil }

func (f *rest) Outbox(context.Context, community.ID, OutboxQuery) (OutboxAnswer, Place, error) {
	return OutboxAnswer{}, Place{}, nil
}

func (f *rest) Parked(context.Context, community.ID, Place, int) (ParkedAnswer, Place, error) {
	return ParkedAnswer{}, Place{}, nil
}

func (f *rest) Retry(context.Context, community.ID, community.Seq, community.StaffID) (ParkedEventAnswer, error) {
	return ParkedEventAnswer{}, nil
}

// commands is apart because an import's Do has the same name.
type commands struct{ *rest }

func (f commands) Do(_ context.Context, _ community.ID, cmd Command) (Outcome, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.command = cmd
	return Outcome{AsOf: 9, Outbox: &OutboxEntry{Key: cmd.Key, Text: cmd.Text}, Person: 4}, nil
}

// clock is set by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// stand is a server on a real database, and what is behind it.
type stand struct {
	t      *testing.T
	server *Server
	rest   *rest
	feed   *Feed
	db     *store.DB
	clock  *clock
	log    *lockedBuffer
	url    string
}

type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

func sqlite(t *testing.T) string { return ready.SQLite(t) }

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, sqlite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, ready.Postgres(t)) })
}

func newStand(t *testing.T, dsn string, change ...func(*Options)) *stand {
	t.Helper()
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s := &stand{
		t: t, rest: &rest{}, feed: NewFeed(nowhere), db: db, log: &lockedBuffer{},
		clock: &clock{at: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)},
	}
	r := s.rest
	o := Options{
		DB: db, Version: "test", Now: s.clock.now, Log: slog.New(slog.NewJSONHandler(s.log, nil)),
		Needs: Needs{
			Groups: r, Insight: r, Queries: r, Explorer: r, Views: r, Reports: r, Archive: r, People: r, Imports: r, Exports: outs{r, nil}, Folder: outs{r, nil}, Rosters: r, Settings: r, Machine: r,
			Commands: commands{r}, Changes: s.feed, Connections: wires{r}, Adoption: wires{r}, Actions: wires{r}, Tasks: wires{r}, Delivery: wires{r}, Webhooks: wires{r}, Scale: wires{r}, Entrance: wires{r}, Corporation: &corp{}, Following: &followed{},
			Alerts:      wires{r},
			Contingency: fallback{r}, Snapshots: fallback{r},
			Reviews: order{r}, Rules: order{r}, Lexicons: order{r}, Judges: order{r}, CaseBook: order{r}, Backtests: order{r}, Points: order{r}, Personal: order{r},

			Measures: order{r},

			Health: bands{r}, Today: bands{r},

			House:    keeper{rest: r},
			Media:    shelf{},
			Profiles: portraits{rest: r},
			Edits:    editor{},
			Metrics:  func() []MetricEntry { return nil },
		},
	}
	for _, f := range change {
		f(&o)
	}
	if s.server, err = New(o); err != nil {
		t.Fatal(err)
	}
	s.server.rest = time.Millisecond
	hs := httptest.NewServer(s.server)
	t.Cleanup(hs.Close)
	s.url = hs.URL
	return s
}

const rightPassword = "correct horse 群英"

var rightHash = sync.OnceValue(func() string { return HashPassword(rightPassword) })

// staff makes a member of staff.
func (s *stand) staff(name, role string) community.StaffID {
	s.t.Helper()
	var id community.StaffID
	err := s.db.Write(s.t.Context(), func(tx *store.Tx) (err error) {
		id, err = team.Add(s.t.Context(), tx, team.Staff{Name: name, Role: role, Password: rightHash(), CreatedAt: s.clock.now()})
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// browser keeps cookies.
type browser struct {
	*stand
	http.Client
}

func (s *stand) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &browser{s, http.Client{Jar: jar}}
}

// as is a browser in which somebody of the role is signed in.
func (s *stand) as(role string) *browser {
	s.t.Helper()
	s.staff("a "+role, role)
	b := s.browser()
	b.signIn("a "+role, rightPassword).want(http.StatusOK)
	return b
}

func (b *browser) signIn(name, password string) *reply {
	b.t.Helper()
	return b.do("POST", root+"/session", SignInInput{Name: name, Password: password})
}

// reply is an answer that has been read.
type reply struct {
	t      *testing.T
	Status int
	Header http.Header
	Body   []byte
}

// do sends body as JSON, or as it is when it is text; header are names and values.
func (b *browser) do(method, path string, body any, header ...string) *reply {
	b.t.Helper()
	resp := b.send(method, path, body, header...)
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	return &reply{b.t, resp.StatusCode, resp.Header, content}
}

func (b *browser) send(method, path string, body any, header ...string) *http.Response {
	b.t.Helper()
	var r io.Reader
	switch v := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(v)
	case io.Reader:
		r = v
	default:
		j, err := json.Marshal(v)
		if err != nil {
			b.t.Fatal(err)
		}
		r = bytes.NewReader(j)
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, r)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Idempotency-Key", "a key of a test")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	req.Host = cmp.Or(req.Header.Get("Host"), req.Host)
	resp, err := b.Do(req)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	return resp
}

func (r *reply) want(status int) *reply {
	r.t.Helper()
	if r.Status != status {
		r.t.Fatalf("status %d, want %d: %s", r.Status, status, r.Body)
	}
	return r
}

// problem reads a problem and checks its type.
func (r *reply) problem(status int, slug string) Problem {
	r.t.Helper()
	r.want(status)
	var p Problem
	r.read(&p)
	if ct := r.Header.Get("Content-Type"); ct != "application/problem+json" {
		r.t.Errorf("content type %q", ct)
	}
	if p.Type != slug || p.Status != status || p.Detail == "" || p.Hint == "" {
		r.t.Errorf("problem %+v, want type %q", p, slug)
	}
	return p
}

func (r *reply) read(into any) {
	r.t.Helper()
	if err := json.Unmarshal(r.Body, into); err != nil {
		r.t.Fatalf("%v in %s", err, r.Body)
	}
}
