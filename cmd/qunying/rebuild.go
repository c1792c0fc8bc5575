package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

type rebuildCmd struct{ place }

func (c *rebuildCmd) Run(ctx context.Context, o *output) error {
	m, err := c.open(ctx, logger(o.stderr, c.JSON, slog.LevelWarn), true)
	if err != nil {
		return err
	}
	start := time.Now()
	n, err := m.engine.Rebuild(ctx)
	if err := errors.Join(err, m.close()); err != nil {
		return err
	}
	seconds := time.Since(start).Seconds()
	return o.result(c.JSON, struct {
		Events  int64   `json:"events"`
		Seconds float64 `json:"seconds"`
	}{n, seconds}, fmt.Sprintf("views rebuilt from %d events in %.1f s", n, seconds))
}
