package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/engine"
	"qunying/internal/store"
)

// verifyCmd goes through the case log.
type verifyCmd struct {
	place
	Checkpoint []string `help:"A checkpoint that was kept elsewhere: the case log must still be the one that it signs." type:"existingfile" placeholder:"FILE"`
	Evidence   string   `help:"Check an evidence bundle instead, without any database." type:"existingfile" placeholder:"FILE"`
	Key        string   `help:"The public key that was kept elsewhere, to hold the bundle against; without it the bundle's own is believed." placeholder:"KEY"`
}

// mostCheckpoint bounds the file of a checkpoint, in bytes.
const mostCheckpoint = 4096

// mostBundle bounds the file of an evidence bundle, in bytes.
const mostBundle = 8 << 20

// evidence checks a bundle.
func (c *verifyCmd) evidence(o *output) error {
	info, err := os.Stat(c.Evidence)
	if err != nil {
		return err
	}
	if info.Size() > mostBundle {
		return community.Errorf(community.Invalid, "%s is no evidence bundle", filepath.Base(c.Evidence))
	}
	bundle, err := os.ReadFile(c.Evidence)
	if err != nil {
		return err
	}
	s, err := engine.CheckEvidence(bundle, c.Key)
	if err != nil {
		return err
	}
	said := "its personal part is the one that it was made with"
	if s.Erased {
		said = "its personal part was erased"
	}
	text := fmt.Sprintf("entry %d (%s) is in %s, of %d entries, signed at %s; %s\nkey: %s", s.Entry.ID, s.Entry.Kind, s.Origin, s.Size, time.UnixMilli(s.At).UTC().Format(time.RFC3339), said, s.Key)
	return o.result(c.JSON, s, text)
}

func (c *verifyCmd) Run(ctx context.Context, o *output) error {
	if c.Evidence != "" {
		return c.evidence(o)
	}
	var given []string
	for _, name := range c.Checkpoint {
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		if info.Size() > mostCheckpoint {
			return community.Errorf(community.Invalid, "%s is no checkpoint", filepath.Base(name))
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		given = append(given, string(text))
	}
	dsn := c.Database
	if dsn == "" {
		dsn = filepath.Join(c.Data, "qunying.db")
		if _, err := os.Stat(dsn); err != nil {
			return community.Errorf(community.NotFound, "there is no database in %s", c.Data).WithHint("name the data folder with --data")
		}
	}
	db, err := store.Open(ctx, dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	var all []community.Community
	if err := db.Read(ctx, func(q store.Querier) error {
		all, err = store.Communities(ctx, q)
		return err
	}); err != nil {
		return err
	}
	bad := 0
	results := []engine.Verified{}
	var text strings.Builder
	for _, is := range all {
		mine := given
		if len(all) > 1 {
			mine = nil
			for _, g := range given {
				if strings.HasSuffix(strings.SplitN(g, "\n", 2)[0], " "+is.Slug) {
					mine = append(mine, g)
				}
			}
		}
		v, err := engine.VerifyBook(ctx, db, is.ID, mine...)
		if err != nil {
			return err
		}
		bad += len(v.Problems)
		results = append(results, v)
		fmt.Fprintf(&text, "%s: %d entries, %d erased", is.Slug, v.Entries, v.Erased)
		for _, p := range v.Problems {
			fmt.Fprintf(&text, "\n  %s", p)
		}
		if v.OK() {
			text.WriteString(", nothing was changed or taken out")
		}
		text.WriteString("\n")
	}
	if err := o.result(c.JSON, map[string]any{"ok": bad == 0, "communities": results}, strings.TrimSuffix(text.String(), "\n")); err != nil {
		return err
	}
	if bad > 0 {
		return community.Errorf(community.Invalid, "the case log does not verify").WithHint("keep this database and the checkpoints: they show what was changed")
	}
	return nil
}
