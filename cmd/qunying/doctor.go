package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/seal"
	"qunying/internal/store"
	"qunying/internal/store/backup"
	"qunying/internal/store/team"
)

type doctorCmd struct {
	place
	Listen string `help:"Address that the server shall listen on; empty: not looked at." default:"127.0.0.1:8080"`
	Deep   bool   `help:"Read the whole database, which takes a second per 100 MB."`
}

// errSick ends a visit that found something wrong.
var errSick = errors.New("something is wrong: see above")

// Run looks at everything and prints it. Exit code 1: something is wrong; notes do
// not count.
func (c *doctorCmd) Run(ctx context.Context, o *output) error {
	d := &doctor{place: &c.place, now: time.Now(), deep: c.Deep}
	d.folder()
	d.disk()
	d.key()
	d.zones()
	if c.Listen != "" {
		d.port(ctx, c.Listen)
	}
	if d.mayOpen() {
		m, err := c.open(ctx, logger(o.stderr, c.JSON, slog.LevelError), true)
		if err != nil {
			d.bad("database", "it cannot be opened: "+firstLine(err.Error()), hintOf(err, "see the cause; restore a backup if the file is damaged"))
		} else {
			d.database(ctx, m)
			if err := m.close(); err != nil {
				return err
			}
		}
	}
	var text strings.Builder
	for _, f := range d.findings {
		fmt.Fprintf(&text, "%-5s %-10s %s\n", f.State, f.Check, f.Text)
		if f.Hint != "" {
			fmt.Fprintf(&text, "                 → %s\n", f.Hint)
		}
	}
	if err := o.result(c.JSON, map[string]any{"version": version, "findings": d.findings}, strings.TrimSuffix(text.String(), "\n")); err != nil {
		return err
	}
	if d.sick {
		return errSick
	}
	return nil
}

func hintOf(err error, otherwise string) string {
	var ce *community.Error
	if errors.As(err, &ce) && ce.Hint != "" {
		return ce.Hint
	}
	return otherwise
}

// doctor looks at an installation and notes what it finds.
type doctor struct {
	*place
	now      time.Time
	deep     bool
	findings []api.Finding
	sick     bool
}

func (d *doctor) note(check, state, text, hint string) {
	d.findings = append(d.findings, api.Finding{Check: check, State: state, Text: text, Hint: hint})
	d.sick = d.sick || state == api.Bad
}

func (d *doctor) good(check, text string)        { d.note(check, api.Good, text, "") }
func (d *doctor) watch(check, text, hint string) { d.note(check, api.Watch, text, hint) }
func (d *doctor) bad(check, text, hint string)   { d.note(check, api.Bad, text, hint) }

func (d *doctor) folder() {
	info, err := os.Stat(d.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.bad("folder", "the data folder does not exist", "give it with --data, or start the server once: it makes it")
		return
	case err != nil || !info.IsDir():
		d.bad("folder", "the data folder cannot be read", "check its rights, and that it is a folder")
		return
	}
	probe, err := os.CreateTemp(d.Data, ".doctor-*")
	if err != nil {
		d.bad("folder", "nothing can be written into the data folder", "it must belong to the user that runs the server")
		return
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		d.bad("folder", "a file in the data folder could not be removed", "check the disk")
		return
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o007 != 0 {
		d.watch("folder", fmt.Sprintf("everybody on this machine can look into the data folder (%v)", info.Mode().Perm()), "chmod 700 it")
		return
	}
	d.good("folder", "the data folder can be written, by its owner only")
}

// Room on the disk below which it is a matter of days, or of hours.
const (
	littleRoom = 2 << 30
	noRoom     = 200 << 20
)

func (d *doctor) disk() {
	free, known := freeBytes(d.Data)
	if !known {
		d.watch("disk", "how much room there is cannot be asked on this system", "look yourself")
		return
	}
	var size int64
	if info, err := os.Stat(filepath.Join(d.Data, "qunying.db")); err == nil && d.Database == "" {
		size = info.Size()
	}
	text := fmt.Sprintf("%.1f GB are free, the database has %.1f GB", float64(free)/1e9, float64(size)/1e9)
	switch {
	case free < noRoom:
		d.bad("disk", text, "free some room now: when it is full nothing is taken in any more")
	case free < littleRoom || free < size:
		d.watch("disk", text, "a backup needs as much room as the database: free some, or use a larger disk")
	default:
		d.good("disk", text)
	}
}

func (d *doctor) key() {
	file := filepath.Join(d.Data, keyFile)
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		d.watch("key", "there is no key file", "the first start makes one; if secrets were entered already, bring back the one that belongs to the database")
		return
	}
	if err == nil {
		_, err = seal.Open(file)
	}
	switch {
	case err != nil:
		d.bad("key", "the key file cannot be used: "+firstLine(err.Error()), hintOf(err, "bring it back from where you keep it"))
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		d.bad("key", fmt.Sprintf("others can read the key file (%v)", info.Mode().Perm()), "chmod 600 it")
	default:
		d.good("key", "the key file is whole and readable by its owner only; keep a copy apart from the database")
	}
}

func (d *doctor) zones() {
	if _, err := community.LoadZone("Asia/Shanghai"); err != nil {
		d.bad("zone", "time zones cannot be read", "install tzdata")
		return
	}
	name, _ := d.now.Zone()
	d.good("zone", "time zones are there; this machine's own is "+name)
}

func (d *doctor) port(ctx context.Context, address string) {
	var listen net.ListenConfig
	ln, err := listen.Listen(ctx, "tcp", address)
	if err != nil {
		d.watch("port", address+" is in use", "by the running server, or by another program: then choose one with --listen")
		return
	}
	if err := ln.Close(); err != nil {
		d.watch("port", address+" could not be let go", "")
		return
	}
	d.good("port", address+" is free: no server runs on it")
}

// mayOpen says whether there is a database to open: to look must not make one.
func (d *doctor) mayOpen() bool {
	if d.Database != "" {
		return true
	}
	if _, err := os.Stat(filepath.Join(d.Data, "qunying.db")); err != nil {
		d.bad("database", "there is no database in the data folder", "start the server once, or restore a backup")
		return false
	}
	return true
}

// largeFile is up to where a file is read whole on every visit.
const largeFile = 500 << 20

// database looks at an open database and what goes with it.
func (d *doctor) database(ctx context.Context, m *machine) {
	var size int64
	if info, err := os.Stat(m.db.Path); err == nil {
		size = info.Size()
	}
	err := m.db.Read(ctx, func(q store.Querier) error {
		if m.db.Dialect == store.PostgreSQL {
			return d.postgres(ctx, q)
		}
		if size > largeFile && !d.deep {
			d.good("database", fmt.Sprintf("SQLite, %.1f GB; --deep reads all of it", float64(size)/1e9))
			return nil
		}
		if err := backup.Sound(ctx, q); err != nil {
			d.bad("database", err.Error(), hintOf(err, ""))
			return nil
		}
		d.good("database", fmt.Sprintf("SQLite, %.1f MB, sound", float64(size)/1e6))
		return nil
	})
	if err != nil {
		d.bad("database", "it does not answer: "+firstLine(err.Error()), "see the log")
		return
	}
	if info, err := os.Stat(m.db.Path + "-wal"); err == nil && info.Size() > 1<<30 {
		d.watch("log", fmt.Sprintf("the write-ahead log has %.1f GB", float64(info.Size())/1e9), "something reads for very long: restart the server")
	}
	if err := errors.Join(d.clock(ctx, m), d.work(ctx, m), d.contacts(ctx, m), d.backups(ctx, m)); err != nil {
		d.bad("database", "it does not answer: "+firstLine(err.Error()), "see the log")
	}
}

func (d *doctor) postgres(ctx context.Context, q store.Querier) error {
	var server, commit, sync string
	if err := q.QueryRowContext(ctx, `SELECT current_setting('server_version'), current_setting('synchronous_commit'), current_setting('fsync')`).Scan(&server, &commit, &sync); err != nil {
		return err
	}
	if sync != "on" || commit == "off" {
		d.bad("database", "PostgreSQL acknowledges before it is on disk (fsync "+sync+", synchronous_commit "+commit+")", "switch both on: otherwise a power cut loses what was acknowledged")
		return nil
	}
	d.good("database", "PostgreSQL "+server)
	return nil
}

// clock compares the time with the newest event's.
func (d *doctor) clock(ctx context.Context, m *machine) error {
	var newest int64
	if err := m.db.Read(ctx, func(q store.Querier) error {
		return q.QueryRowContext(ctx, `SELECT COALESCE(MAX(last_at), 0) FROM log`).Scan(&newest)
	}); err != nil {
		return err
	}
	switch ahead := time.UnixMilli(newest).Sub(d.now); {
	case ahead > time.Minute:
		d.bad("clock", fmt.Sprintf("the clock is behind: something was logged %s in the future", ahead.Round(time.Second)), "set it, and keep it by NTP")
	case d.now.Year() < 2025:
		d.bad("clock", "the clock says "+d.now.Format("2006-01-02"), "set it, and keep it by NTP")
	default:
		d.good("clock", "the clock is not before what was logged")
	}
	return nil
}

// work looks for what waits for somebody.
func (d *doctor) work(ctx context.Context, m *machine) error {
	var parked, unknown int64
	if err := m.db.Read(ctx, func(q store.Querier) error {
		return errors.Join(q.QueryRowContext(ctx, `SELECT COUNT(*) FROM parked WHERE state = 'parked'`).Scan(&parked),
			q.QueryRowContext(ctx, `SELECT COUNT(*) FROM outbox WHERE state = 'unknown' AND handled_at = 0`).Scan(&unknown))
	}); err != nil {
		return err
	}
	if parked > 0 {
		d.watch("parked", fmt.Sprintf("%d events could not be decided", parked), "Settings, Parked events: try them again when the cause is gone")
	} else {
		d.good("parked", "every event was decided")
	}
	if unknown > 0 {
		d.watch("unknown", fmt.Sprintf("of %d actions nobody knows whether they arrived", unknown), "look into the groups, then mark them in the outbox")
	}
	return nil
}

// contacts looks for staff whom nothing reaches because the key file is another one.
func (d *doctor) contacts(ctx context.Context, m *machine) error {
	var names []string
	if err := m.db.Read(ctx, func(q store.Querier) error {
		list, err := store.Communities(ctx, q)
		if err != nil {
			return err
		}
		for _, is := range list {
			lost, err := m.engine.LostContacts(ctx, q, is.ID)
			if err != nil {
				return err
			}
			for _, who := range lost {
				staff, err := team.ByID(ctx, q, who)
				if community.CodeOf(err) == community.NotFound {
					continue // who left need not be reached
				}
				if err != nil {
					return err
				}
				names = append(names, staff.Name)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	if len(names) > 0 {
		d.bad("contacts", "with this key file it cannot be read how to reach: "+strings.Join(names, ", ")+". Tasks and alerts do not get to them",
			"bring back the key file that belongs to the database, or type their contacts anew under Settings, Alerts")
	}
	return nil
}

// oldBackup is when a copy is too old to be called one.
const oldBackup = 8 * 24 * time.Hour

func (d *doctor) backups(ctx context.Context, m *machine) error {
	have, err := m.engine.Backups(ctx)
	if err != nil {
		return err
	}
	switch {
	case len(have.Here) == 0:
		d.watch("backup", "there is no backup", "qunying backup, or a plan under Settings, Backups")
	case d.now.Sub(have.Here[0].At) > oldBackup:
		d.watch("backup", "the newest backup is of "+have.Here[0].At.Local().Format("2006-01-02"), "qunying backup, or a plan under Settings, Backups")
	default:
		d.good("backup", fmt.Sprintf("the newest is of %s and has %.0f %% of the events", have.Here[0].At.Local().Format("2006-01-02 15:04"), 100*have.ShareHere))
	}
	switch {
	case have.ElseErr != nil:
		d.bad("elsewhere", "the folder for backups elsewhere cannot be read", "is the disk or share mounted?")
	case have.Has && len(have.Elsewhere) > 0:
		d.good("elsewhere", fmt.Sprintf("%.0f %% of the events are in a backup elsewhere", 100*have.Share))
	case have.Has:
		d.watch("elsewhere", "no backup is elsewhere yet", "the next one will be carried there")
	default:
		d.watch("elsewhere", "no backup is on another disk or machine, as far as this server knows", "serve --backup-elsewhere FOLDER")
	}
	return nil
}
