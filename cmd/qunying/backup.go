package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/engine"
	"qunying/internal/seal"
	"qunying/internal/store"
	"qunying/internal/store/backup"
	"qunying/internal/store/media"
)

// keyFile is the name of the key file in the data folder.
const keyFile = "secret.key"

type backupCmd struct {
	place
	To         string `help:"Folder for the copy; data/backups if it is not given." type:"path"`
	Passphrase string `help:"File with a passphrase: the key file goes along, locked with it. Without it the key file is not in the backup." name:"passphrase-file" type:"path"`
	Keep       int    `help:"Remove all copies in the folder but so many; 0 removes none."`
}

// Run copies the database, while a server may be using it.
func (c *backupCmd) Run(ctx context.Context, o *output) error {
	m, err := c.open(ctx, logger(o.stderr, c.JSON, slog.LevelWarn), true)
	if err != nil {
		return err
	}
	made, err := c.copy(ctx, m)
	if err := errors.Join(err, m.close()); err != nil {
		return err
	}
	text := fmt.Sprintf("%s: %d events, %.1f MB in %.1f s", filepath.Join(c.folder(), made.Name), made.Events, float64(made.Bytes)/1e6, made.Seconds)
	if made.Key == "" {
		text += "\nthe key file is not in it: keep " + keyFile + " in another place, or give --passphrase-file"
	} else {
		text += "\nthe key file is in it, locked with the passphrase: keep that in another place"
	}
	return o.result(c.JSON, made, text)
}

func (c *backupCmd) folder() string {
	if c.To != "" {
		return c.To
	}
	return filepath.Join(c.Data, "backups")
}

func (c *backupCmd) copy(ctx context.Context, m *machine) (made backup.Manifest, err error) {
	options := backup.Options{Folder: c.folder(), Program: version, Now: time.Now()}
	if c.Passphrase != "" {
		words, err := passphraseIn(c.Passphrase)
		if err != nil {
			return made, err
		}
		key, err := seal.ReadFile(filepath.Join(c.Data, keyFile))
		if err != nil {
			return made, err
		}
		if options.Key, err = seal.Lock(key, words); err != nil {
			return made, err
		}
	}
	if made, err = backup.Make(ctx, m.db, options); err != nil {
		return made, err
	}
	if err := backup.Verify(ctx, c.folder(), made); err != nil {
		return made, err
	}
	if _, err := media.Mirror(ctx, filepath.Join(c.Data, "media"), media.Beside(c.folder())); err != nil {
		return made, err
	}
	if err := engine.MergeErased(c.Data, c.folder()); err != nil {
		return made, err
	}
	if c.Keep > 0 {
		_, err = backup.Prune(c.folder(), c.Keep)
	}
	return made, err
}

// passphraseIn reads the first line of a file: an argument would be seen by everybody
// on the machine.
func passphraseIn(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", &community.Error{Code: community.NotFound, Text: "the file with the passphrase cannot be read", Err: err}
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimRight(line, "\r"), nil
}

type restoreCmd struct {
	place
	From       string `arg:"" help:"The backup: its .db, .rows or .json file." type:"path"`
	Replace    bool   `help:"Put the database that is there aside. It is not deleted."`
	Passphrase string `help:"File with the passphrase that the key file was locked with." name:"passphrase-file" type:"path"`
}

// Restored is what a restore did.
type restoredView struct {
	Events  int64     `json:"events"`
	At      time.Time `json:"at"`
	Aside   string    `json:"aside,omitempty"`
	Unknown int64     `json:"unknown_actions"`
	Erased  int       `json:"erased_again"`
	Key     bool      `json:"key"`
	// Pictures and files that are there now. What an older backup knows of and the
	// newest one did not have is missing.
	Pictures int `json:"pictures"`
	// Damaged are those whose bytes are not what their names say: they stayed behind.
	Damaged int `json:"damaged"`
}

// Run brings a backup back, into the data folder or into an empty PostgreSQL
// database; from either kind to either kind. The server must be stopped.
func (c *restoreCmd) Run(ctx context.Context, o *output) error {
	folder := filepath.Dir(c.From)
	made, err := backup.Read(strings.TrimSuffix(c.From, filepath.Ext(c.From)) + ".json")
	if err != nil {
		return err
	}
	if made.Database != "" && made.Key == "" && c.Passphrase != "" {
		return community.Errorf(community.Invalid, "the key file is not in this backup").WithHint("leave --passphrase-file away, and copy " + keyFile + " from where you keep it")
	}
	done := restoredView{Events: made.Events, At: made.At}
	if c.Passphrase != "" {
		words, err := passphraseIn(c.Passphrase)
		if err != nil {
			return err
		}
		key, err := seal.Unlock(made.Key, words)
		if err != nil {
			return err
		}
		if err := seal.WriteFile(filepath.Join(c.Data, keyFile), key); err != nil {
			return err
		}
		done.Key = true
	}
	target := backup.Target{Path: filepath.Join(c.Data, "qunying.db"), Database: c.Database, Replace: c.Replace, Now: time.Now()}
	if done.Aside, err = backup.Restore(ctx, folder, made, target); err != nil {
		return err
	}
	if done.Pictures, done.Damaged, err = media.Bring(ctx, media.Beside(folder), filepath.Join(c.Data, "media")); err != nil {
		return err
	}
	if err := engine.MergeErased(folder, c.Data); err != nil {
		return err
	}
	m, err := c.open(ctx, logger(o.stderr, c.JSON, slog.LevelWarn), true)
	if err != nil {
		return err
	}
	if err := errors.Join(c.settle(ctx, m, &done), m.close()); err != nil {
		return err
	}
	text := fmt.Sprintf("%d events, as they were at %s, are back", done.Events, done.At.Local().Format("2006-01-02 15:04:05"))
	if done.Aside != "" {
		text += "\nthe database that was there is now " + done.Aside
	}
	text += fmt.Sprintf("\nsending is paused, and %d actions that were under way are unknown: look at the outbox, then let sending go on (Settings, Sending)", done.Unknown)
	if done.Erased > 0 {
		text += fmt.Sprintf("\n%d people who were erased since then were erased again", done.Erased)
	}
	if done.Damaged > 0 {
		text += fmt.Sprintf("\n%d pictures were damaged and stayed behind", done.Damaged)
	}
	if !done.Key {
		text += "\nput " + keyFile + " into the data folder before you start, or secrets have to be entered again"
	}
	return o.result(c.JSON, done, text)
}

// settle keeps what was brought back from going on as if no time had passed.
func (c *restoreCmd) settle(ctx context.Context, m *machine, done *restoredView) error {
	if err := m.db.Write(ctx, func(tx *store.Tx) (err error) {
		done.Unknown, err = backup.Settle(tx, time.Now())
		return err
	}); err != nil {
		return err
	}
	var list []community.Community
	if err := m.db.Read(ctx, func(q store.Querier) (err error) {
		list, err = store.Communities(ctx, q)
		return err
	}); err != nil {
		return err
	}
	for _, is := range list {
		var d engine.Delivery
		var based int64
		if err := m.db.Read(ctx, func(q store.Querier) (err error) {
			based, err = store.ReadSetting(ctx, q, is.ID, 0, engine.DeliveryKey, &d)
			return err
		}); err != nil {
			return err
		}
		if d.Paused {
			continue
		}
		d.Paused = true
		if err := m.engine.SaveSetting(ctx, is.ID, 0, engine.DeliveryKey, d, based, 0); err != nil {
			return err
		}
	}
	var err error
	done.Erased, err = m.engine.EraseAgain(ctx, done.At)
	return err
}
