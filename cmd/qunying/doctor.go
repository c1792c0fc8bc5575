package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
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
	Listen   string `help:"Address that the server shall listen on; empty: not looked at." default:"127.0.0.1:8080"`
	Language string `help:"Language of what is found: zh-CN or en. Left out, that of the system (LANG)." enum:"zh-CN,en,auto" default:"auto"`
	Deep     bool   `help:"Read the whole database, which takes a second per 100 MB."`
}

// errSick ends a visit that found something wrong.
var errSick = errors.New("something is wrong: see above")

// Run looks at everything and prints it. Exit code 1: something is wrong; notes do
// not count.
func (c *doctorCmd) Run(ctx context.Context, o *output) error {
	d := &doctor{place: &c.place, now: time.Now(), deep: c.Deep, language: c.Language}
	if c.Language == "auto" {
		d.language = systemLanguage(os.Getenv)
	}
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
			d.bad("database.closed", err)
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

// systemLanguage is Chinese where the system's messages are, otherwise English.
func systemLanguage(env func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := env(name); v != "" {
			if strings.HasPrefix(v, "zh") {
				return "zh-CN"
			}
			break
		}
	}
	return "en"
}

// doctor looks at an installation and notes what it finds.
type doctor struct {
	*place
	now      time.Time
	deep     bool
	findings []api.Finding
	sick     bool
	language string // of the findings; "": English
}

//go:embed doctor.json
var doctorFile []byte

// doctorTexts are what a finding says and what to do, by code and language.
var doctorTexts = sync.OnceValue(func() (all map[string]map[string][2]string) {
	if err := json.Unmarshal(doctorFile, &all); err != nil {
		panic(err) // part of the program: every test says so
	}
	return all
})

// note writes a finding down: its code begins with what was looked at, and fill are
// names and values in its text. In English an error's own hint, if it has one, says
// better than ours what to do.
func (d *doctor) note(state, code string, err error, fill ...string) {
	language := d.language
	if language == "" {
		language = "en"
	}
	words := doctorTexts()[code][language]
	if err != nil {
		fill = append(fill, "why", firstLine(err.Error()))
		var ce *community.Error
		if language == "en" && errors.As(err, &ce) && ce.Hint != "" {
			words[1] = ce.Hint
		}
	}
	for i := 0; i+1 < len(fill); i += 2 {
		words[0] = strings.ReplaceAll(words[0], "{"+fill[i]+"}", fill[i+1])
	}
	check, _, _ := strings.Cut(code, ".")
	d.findings = append(d.findings, api.Finding{Check: check, State: state, Code: code, Text: words[0], Hint: words[1]})
	d.sick = d.sick || state == api.Bad
}

func (d *doctor) good(code string, fill ...string)           { d.note(api.Good, code, nil, fill...) }
func (d *doctor) watch(code string, fill ...string)          { d.note(api.Watch, code, nil, fill...) }
func (d *doctor) bad(code string, err error, fill ...string) { d.note(api.Bad, code, err, fill...) }

// gigabytes is a number of them with a digit.
func gigabytes(n int64) string { return fmt.Sprintf("%.1f", float64(n)/1e9) }

func (d *doctor) folder() {
	info, err := os.Stat(d.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.bad("folder.missing", nil)
		return
	case err != nil || !info.IsDir():
		d.bad("folder.unreadable", nil)
		return
	}
	probe, err := os.CreateTemp(d.Data, ".doctor-*")
	if err != nil {
		d.bad("folder.readonly", nil)
		return
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		d.bad("folder.stuck", nil)
		return
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o007 != 0 {
		d.watch("folder.open", "mode", info.Mode().Perm().String())
		return
	}
	d.good("folder.good")
}

// Room on the disk below which it is a matter of days, or of hours.
const (
	littleRoom = 2 << 30
	noRoom     = 200 << 20
)

func (d *doctor) disk() {
	free, known := freeBytes(d.Data)
	if !known {
		d.watch("disk.unknown")
		return
	}
	var size int64
	if info, err := os.Stat(filepath.Join(d.Data, "qunying.db")); err == nil && d.Database == "" {
		size = info.Size()
	}
	room := []string{"free", gigabytes(free), "size", gigabytes(size)}
	switch {
	case free < noRoom:
		d.bad("disk.full", nil, room...)
	case free < littleRoom || free < size:
		d.watch("disk.little", room...)
	default:
		d.good("disk.good", room...)
	}
}

func (d *doctor) key() {
	file := filepath.Join(d.Data, keyFile)
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		d.watch("key.missing")
		return
	}
	if err == nil {
		_, err = seal.Open(file)
	}
	switch {
	case err != nil:
		d.bad("key.unusable", err)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		d.bad("key.open", nil, "mode", info.Mode().Perm().String())
	default:
		d.good("key.good")
	}
}

func (d *doctor) zones() {
	if _, err := community.LoadZone("Asia/Shanghai"); err != nil {
		d.bad("zone.missing", nil)
		return
	}
	name, _ := d.now.Zone()
	d.good("zone.good", "zone", name)
}

func (d *doctor) port(ctx context.Context, address string) {
	var listen net.ListenConfig
	ln, err := listen.Listen(ctx, "tcp", address)
	if err != nil {
		d.watch("port.taken", "address", address)
		return
	}
	if err := ln.Close(); err != nil {
		d.watch("port.stuck", "address", address)
		return
	}
	d.good("port.good", "address", address)
}

// mayOpen says whether there is a database to open: to look must not make one.
func (d *doctor) mayOpen() bool {
	if d.Database != "" {
		return true
	}
	if _, err := os.Stat(filepath.Join(d.Data, "qunying.db")); err != nil {
		d.bad("database.missing", nil)
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
			d.good("database.large", "size", gigabytes(size))
			return nil
		}
		if err := backup.Sound(ctx, q); err != nil {
			d.bad("database.damaged", err)
			return nil
		}
		d.good("database.sound", "size", fmt.Sprintf("%.1f", float64(size)/1e6))
		return nil
	})
	if err != nil {
		d.bad("database.silent", err)
		return
	}
	if info, err := os.Stat(m.db.Path + "-wal"); err == nil && info.Size() > 1<<30 {
		d.watch("log.long", "size", gigabytes(info.Size()))
	}
	if err := errors.Join(d.clock(ctx, m), d.work(ctx, m), d.contacts(ctx, m), d.backups(ctx, m)); err != nil {
		d.bad("database.silent", err)
	}
}

func (d *doctor) postgres(ctx context.Context, q store.Querier) error {
	var server, commit, fsync string
	if err := q.QueryRowContext(ctx, `SELECT current_setting('server_version'), current_setting('synchronous_commit'), current_setting('fsync')`).Scan(&server, &commit, &fsync); err != nil {
		return err
	}
	if fsync != "on" || commit == "off" {
		d.bad("database.unsafe", nil, "fsync", fsync, "commit", commit)
		return nil
	}
	d.good("database.postgres", "version", server)
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
		d.bad("clock.behind", nil, "ahead", ahead.Round(time.Second).String())
	case d.now.Year() < 2025:
		d.bad("clock.wrong", nil, "day", d.now.Format("2006-01-02"))
	default:
		d.good("clock.good")
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
		d.watch("parked.some", "n", fmt.Sprint(parked))
	} else {
		d.good("parked.good")
	}
	if unknown > 0 {
		d.watch("unknown.some", "n", fmt.Sprint(unknown))
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
		d.bad("contacts.lost", nil, "names", strings.Join(names, ", "))
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
		d.watch("backup.none")
	case d.now.Sub(have.Here[0].At) > oldBackup:
		d.watch("backup.old", "day", have.Here[0].At.Local().Format("2006-01-02"))
	default:
		d.good("backup.good", "day", have.Here[0].At.Local().Format("2006-01-02 15:04"), "share", fmt.Sprintf("%.0f", 100*have.ShareHere))
	}
	switch {
	case have.ElseErr != nil:
		d.bad("elsewhere.unreadable", nil)
	case have.Has && len(have.Elsewhere) > 0:
		d.good("elsewhere.good", "share", fmt.Sprintf("%.0f", 100*have.Share))
	case have.Has:
		d.watch("elsewhere.empty")
	default:
		d.watch("elsewhere.none")
	}
	return nil
}
