package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"qunying/community"
	"qunying/connector/sim"
)

type simulateCmd struct {
	place
	Groups  int    `help:"How many groups." default:"20"`
	Members int    `help:"Members of a group, on average." default:"150"`
	Days    int    `help:"Days of history, ending yesterday." default:"180"`
	Seed    uint64 `help:"The same seed makes the same groups." default:"1"`
	Outages int    `help:"Outages of the connector in a month." default:"0"`
	Zone    string `help:"Zone of the groups." default:"Asia/Shanghai"`
	End     string `help:"Last day (2006-01-02). Default: yesterday."`
	Truth   string `help:"File for what is really true of every group and day, as JSON lines." placeholder:"FILE"`
	NoWait  bool   `help:"Do not wait for the search index."`
}

type simulateReport struct {
	Events    int64   `json:"events"`
	Groups    int     `json:"groups"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"per_second"`
}

func (c *simulateCmd) Run(ctx context.Context, o *output) error {
	zone, err := community.LoadZone(c.Zone)
	if err != nil {
		return err
	}
	end := community.DayOf(time.Now(), zone) - 1
	if c.End != "" {
		if end, err = community.ParseDay(c.End); err != nil {
			return err
		}
	}
	g, err := sim.New(sim.Plan{Seed: c.Seed, Groups: c.Groups, Members: c.Members, Days: c.Days, Zone: zone,
		Start: end - community.Day(c.Days) + 1, OutagesPerMonth: float64(c.Outages)})
	if err != nil {
		return err
	}
	m, err := c.open(ctx, logger(o.stderr, c.JSON, slog.LevelWarn), true)
	if err != nil {
		return err
	}
	r := simulateReport{Groups: c.Groups}
	start := time.Now()
	var record func(sim.GroupDay)
	var truth sim.Truth
	if c.Truth != "" {
		record = truth.Record
	}
	err = m.working(ctx, func(ctx context.Context) error {
		bar := &progressBar{out: o, name: "simulating", start: start, quiet: c.JSON}
		var err error
		if r.Events, err = m.engine.Fill(ctx, community.DefaultID, "sim", zone, g.WithTruth(record), bar.show); err != nil {
			return err
		}
		bar.end()
		return m.settle(ctx, !c.NoWait)
	})
	if err == nil && c.Truth != "" {
		err = writeTruth(c.Truth, &truth)
	}
	if err := errors.Join(err, m.close()); err != nil {
		return err
	}
	r.Seconds = time.Since(start).Seconds()
	r.PerSecond = float64(r.Events) / r.Seconds
	return o.result(c.JSON, r, fmt.Sprintf("%d events in %d groups, %.1f s, %.0f a second to finished dashboards", r.Events, r.Groups, r.Seconds, r.PerSecond))
}

func writeTruth(path string, t *sim.Truth) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(t.Write(f), f.Close())
}
