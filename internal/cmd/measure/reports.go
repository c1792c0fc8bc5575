package main

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"time"
)

// reports times the reports of single groups that the page does not open by
// itself, questions about all groups together, and lists over everybody.
func (c *client) reports(groups int64, pages int) error {
	rng := rand.New(rand.NewPCG(3, 4))
	var all []float64
	for _, part := range []string{"/health", "/replies", "/tiers/silent", "/tiers/kol", "/overlap", "/retention?of=membership"} {
		var took []float64
		for range pages {
			t, err := c.timed(c.api+"/groups/"+strconv.FormatInt(1+rng.Int64N(groups), 10)+part, nil)
			if err != nil {
				return err
			}
			took = append(took, t)
		}
		all = append(all, took...)
		tell("  /groups/{id}"+part, took)
	}
	tell("other reports of single groups", all)
	for _, path := range []string{"/today", "/health?limit=50", "/groups?limit=50&sort=urgent", "/people?limit=50", "/people?limit=50&q=" + url.QueryEscape("小")} {
		if err := c.repeat(path, func() error { return c.get(c.api+path, nil) }); err != nil {
			return err
		}
	}
	for _, metrics := range [][]string{{"dau", "mau", "next_week_retention", "next_month_retention"}, {"dau"}, {"mau"}, {"next_week_retention"}} {
		in := map[string]any{"metrics": metrics}
		if err := c.repeat(fmt.Sprint("all groups: ", metrics), func() error { return c.put("POST", c.api+"/query", in, nil) }); err != nil {
			return err
		}
	}
	for _, kind := range []string{"daily", "weekly", "quarterly"} {
		began := time.Now()
		var asked struct {
			Head struct {
				ID    int64
				State string
			}
		}
		if err := c.put("POST", c.api+"/insight/reports", map[string]any{"kind": kind, "scope": map[string]any{}}, &asked); err != nil {
			return err
		}
		accepted := time.Since(began)
		for asked.Head.State != "made" {
			if asked.Head.State == "failed" {
				return fmt.Errorf("the %s report could not be made", kind)
			}
			time.Sleep(100 * time.Millisecond)
			if err := c.get(fmt.Sprintf("%s/insight/reports/%d", c.api, asked.Head.ID), &asked); err != nil {
				return err
			}
		}
		fmt.Printf("a %s report on all groups\taccepted after %.0f ms, made after %.1f s\n", kind, ms(accepted), time.Since(began).Seconds())
	}
	return nil
}

// repeat times the same call again and again, and tells the first apart.
func (c *client) repeat(name string, call func() error) error {
	var took []float64
	for range 20 {
		began := time.Now()
		if err := call(); err != nil {
			return err
		}
		took = append(took, ms(time.Since(began)))
	}
	fmt.Printf("%s\tfirst %.1f, p50 %.1f, p95 %.1f ms\n", name, took[0], quantile(took[1:], 0.5), quantile(took[1:], 0.95))
	return nil
}

func tell(name string, took []float64) {
	fmt.Printf("%s\tp50 %.1f, p95 %.1f ms\n", name, quantile(took, 0.5), quantile(took, 0.95))
}
