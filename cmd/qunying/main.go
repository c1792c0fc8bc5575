// Command qunying runs chat communities: it listens to groups, decides, acts,
// counts, and serves the console.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"qunying/community"
	"qunying/internal/api/answers"
	"qunying/internal/engine"
	"qunying/internal/seal"
	"qunying/internal/store"
	"qunying/internal/store/search"
)

var version = "dev" // set when it is built

// cli is the command line. Every flag can also be set by QUNYING_… .
type cli struct {
	Serve    serveCmd    `cmd:"" help:"Run everything: connectors, loops, console and API."`
	Import   importCmd   `cmd:"" help:"Bring in chat exports and member lists."`
	Export   exportCmd   `cmd:"" help:"Write messages and what happened into a file."`
	Simulate simulateCmd `cmd:"" help:"Fill the database with simulated groups, for trying and measuring."`
	Rebuild  rebuildCmd  `cmd:"" help:"Drop every view and build it again from the log."`
	Backup   backupCmd   `cmd:"" help:"Copy the database, while a server may be using it."`
	Restore  restoreCmd  `cmd:"" help:"Bring a backup back, into SQLite or PostgreSQL, whichever it was made of."`
	Doctor   doctorCmd   `cmd:"" help:"Say what is wrong with the installation, and what to do."`
	Backtest backtestCmd `cmd:"" help:"Try a policy on what was said."`
	Verify   verifyCmd   `cmd:"" help:"Go through the case log: nothing was changed or taken out."`
	Password passwordCmd `cmd:"" help:"Give somebody a new password, which is printed once."`
	Inspect  inspectCmd  `cmd:"" help:"Say what would be seen in messages, one a line."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// place is where the data is; every subcommand takes it.
type place struct {
	Data     string `help:"Folder for the database and files." default:"./data" env:"QUNYING_DATA_DIR" type:"path"`
	Database string `help:"postgres://… instead of a file in the data folder." env:"QUNYING_DATABASE" placeholder:"URL"`
	JSON     bool   `help:"Print one JSON object instead of text." name:"json"`

	reach     reach
	elsewhere string // folder to which backups are carried
}

func main() {
	// It lives on small machines beside others: half as much garbage is kept as Go
	// does by itself, unless the operator says how much.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c cli
	parser, err := kong.New(&c, kong.Name("qunying"), kong.Writers(stdout, stderr), kong.UsageOnError(), kong.DefaultEnvars("QUNYING"),
		kong.Description("群英: an open-source, self-hosted platform for running chat communities."), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	k, err := parser.Parse(args)
	if err != nil {
		wrong := &community.Error{Code: community.Invalid, Text: err.Error(), Hint: "qunying --help lists the commands, and qunying COMMAND --help its flags"}
		report(stderr, wrong)
		if slices.Contains(args, "--json") && !slices.Contains(args, "inspect") {
			reportJSON(stdout, wrong)
		}
		return 2
	}
	k.BindTo(ctx, (*context.Context)(nil))
	o := &output{stderr: stderr, terminal: isTerminal(stderr)}
	o.stdout = &counted{stdout, &o.written}
	if err := k.Run(o); err != nil {
		report(stderr, err)
		if o.written == 0 && wantsJSON(k) {
			reportJSON(stdout, err)
		}
		return 1
	}
	return 0
}

// wantsJSON says whether the command was to print one object; inspect prints one
// for each message.
func wantsJSON(k *kong.Context) bool {
	for _, f := range k.Flags() {
		if on, ok := f.Target.Interface().(bool); ok && f.Name == "json" {
			return on && k.Command() != "inspect" && k.Command() != "inspect <file>"
		}
	}
	return false
}

// counted counts what is written.
type counted struct {
	w io.Writer
	n *int
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	*c.n += n
	return n, err
}

// reportJSON is report for programs, on standard output: what could not be done has
// its object, too.
func reportJSON(w io.Writer, err error) {
	said := struct {
		Error string         `json:"error"`
		Code  community.Code `json:"code"`
		Hint  string         `json:"hint,omitempty"`
	}{Error: err.Error(), Code: community.CodeOf(err)}
	var ce *community.Error
	if errors.As(err, &ce) {
		said.Error, said.Hint = ce.Text, ce.Hint
	}
	_ = json.NewEncoder(w).Encode(said)
}

func report(w io.Writer, err error) {
	var ce *community.Error
	if errors.As(err, &ce) {
		fmt.Fprintln(w, "qunying:", ce.Text)
		if ce.Hint != "" {
			fmt.Fprintln(w, "  →", ce.Hint)
		}
		if ce.Err != nil {
			fmt.Fprintln(w, "  cause:", ce.Err)
		}
		return
	}
	fmt.Fprintln(w, "qunying:", err)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// output is where a subcommand prints.
type output struct {
	stdout, stderr io.Writer
	terminal       bool
	written        int // bytes to stdout
}

// result prints v as the one JSON object, or the text for people.
func (o *output) result(asJSON bool, v any, text string) error {
	if asJSON {
		return json.NewEncoder(o.stdout).Encode(v)
	}
	_, err := fmt.Fprintln(o.stdout, text)
	return err
}

// machine is an open database with its engine.
type machine struct {
	place  *place
	keys   *seal.Sealer // nil where nothing is served
	db     *store.DB
	search *search.Index
	engine *engine.Engine
	log    *slog.Logger
}

// open opens the database. passive is for commands that bring in history, while
// a server may be running on the same database.
func (p *place) open(ctx context.Context, log *slog.Logger, passive bool) (*machine, error) {
	dsn := p.Database
	if dsn == "" {
		dsn = filepath.Join(p.Data, "qunying.db")
	}
	db, err := store.Open(ctx, dsn)
	if err != nil {
		return nil, err
	}
	ix, err := search.Open(ctx, db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	m := &machine{place: p, db: db, search: ix, log: log}
	o := engine.Options{DB: db, Search: ix, Log: log, Files: p.Data, Elsewhere: p.elsewhere, Program: version, Passive: passive}
	if !passive {
		keys, err := seal.Open(filepath.Join(p.Data, keyFile))
		if err != nil {
			return nil, errors.Join(err, ix.Close(), db.Close())
		}
		m.keys = keys
		o.Score, o.Workbook, o.Questions = score, answers.ReportBook, (&answers.Reader{DB: db, Index: ix, Now: time.Now}).ReportQuestions
		o.Sealer, o.Drivers, o.Guard, o.Follow = keys, p.reach.drivers(), p.reach.guard, p.reach.follow
	}
	if _, err := os.Stat(filepath.Join(p.Data, keyFile)); passive && err == nil { // to read who of the members works here
		if keys, err := seal.Open(filepath.Join(p.Data, keyFile)); err == nil {
			o.Sealer = keys
		}
	}
	m.engine = engine.New(o)
	return m, nil
}

func (m *machine) close() error { return errors.Join(m.search.Close(), m.db.Close()) }

// working runs f while the engine's loops run, and stops them after it.
func (m *machine) working(ctx context.Context, f func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- m.engine.Run(ctx) }()
	err := f(ctx)
	cancel()
	return errors.Join(err, <-done)
}

func logger(w io.Writer, asJSON bool, level slog.Level) *slog.Logger {
	if asJSON {
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

type versionCmd struct{ place }

func (c *versionCmd) Run(o *output) error {
	return o.result(c.JSON, map[string]string{"version": version}, "qunying "+version)
}
