package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"qunying/internal/api"
	"qunying/internal/store"
	"qunying/internal/store/team"
)

// passwordCmd is for who can reach the machine and has forgotten the password.
type passwordCmd struct {
	place
	Name string `arg:"" help:"Name that the person signs in with."`
}

func (c *passwordCmd) Run(ctx context.Context, o *output) error {
	m, err := c.open(ctx, logger(o.stderr, c.JSON, slog.LevelWarn), true)
	if err != nil {
		return err
	}
	fresh := strings.ToLower(rand.Text())
	err = m.db.Write(ctx, func(tx *store.Tx) error {
		staff, err := team.ByName(ctx, tx, c.Name)
		if err != nil {
			return err
		}
		return team.SetPassword(ctx, tx, staff.ID, api.HashPassword(fresh))
	})
	if err := errors.Join(err, m.close()); err != nil {
		return err
	}
	return o.result(c.JSON, map[string]string{"name": c.Name, "password": fresh},
		fmt.Sprintf("%s signs in with this password from now on; open sessions have ended:\n\n  %s\n", c.Name, fresh))
}
