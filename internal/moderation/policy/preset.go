package policy

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"

	"qunying/community"
)

//go:embed presets.json
var presetsFile []byte

// file is what presets.json holds: clauses, each with its name in every language,
// and which of them a preset takes, with other stages where it wants.
type file struct {
	Clauses []known `json:"clauses"`
	Presets []struct {
		ID       string           `json:"id"`
		Clauses  []string         `json:"clauses"`
		Stages   map[string]Stage `json:"stages"`
		AtOnce   []string         `json:"at_once"` // clauses whose messages are recalled while people decide on the rest
		Exempt   Exempt           `json:"exempt"`
		Approval Approval         `json:"approval"`
	} `json:"presets"`
}

// known is a clause of presets.json.
type known struct {
	Clause
	Name map[string]string `json:"name"`
}

// in is the clause in a language. It shares nothing with others that its taker may
// change: neither the ladder nor the tests.
func (k *known) in(language string) Clause {
	c := k.Clause
	if c.Name = k.Name[language]; c.Name == "" {
		c.Name = k.Name["zh-CN"]
	}
	c.When.Tests, c.Always, c.Spare, c.AtOnce, c.Ladder = slices.Clone(c.When.Tests), slices.Clone(c.Always), slices.Clone(c.Spare), slices.Clone(c.AtOnce), slices.Clone(c.Ladder)
	for i := range c.Ladder {
		c.Ladder[i].Acts = slices.Clone(c.Ladder[i].Acts)
	}
	return c
}

var presets = func() file {
	var f file
	if err := json.Unmarshal(presetsFile, &f); err != nil {
		panic(fmt.Sprintf("presets.json: %v", err)) // part of the program: every test says so
	}
	return f
}()

// Presets lists the presets: one per kind of group (S1–S3), so that adverts are
// met as the kind of group needs it (X4), "general" for any, and "night" with the
// curfew (S17) switched on.
func Presets() []string {
	var ids []string
	for _, p := range presets.Presets {
		ids = append(ids, p.ID)
	}
	return ids
}

// Preset makes a policy of a preset, with the names of clauses in a language,
// "zh-CN" or "en". Everything is only suggested but the preset's own stages.
func Preset(id, language string) (Policy, error) {
	for _, p := range presets.Presets {
		if p.ID != id {
			continue
		}
		made := Policy{Preset: id, Exempt: Exempt{slices.Clone(p.Exempt.Roles)}, Approval: p.Approval}
		for i := range presets.Clauses {
			c := &presets.Clauses[i]
			if !slices.Contains(p.Clauses, c.ID) {
				continue
			}
			clause := c.in(language)
			if stage, ok := p.Stages[c.ID]; ok {
				clause.Stage = stage
			}
			if slices.Contains(p.AtOnce, c.ID) {
				clause.AtOnce = []Do{Recall}
			}
			made.Clauses = append(made.Clauses, clause)
		}
		return made, nil
	}
	return Policy{}, community.Errorf(community.NotFound, "there is no preset %q", id)
}

// Default is the policy of a group for which nothing was said.
func Default() Policy {
	p, err := Preset("general", "zh-CN")
	if err != nil {
		panic(err)
	}
	return p
}

// Library lists all clauses that presets are made of, for an operator to add.
func Library(language string) []Clause {
	var all []Clause
	for i := range presets.Clauses {
		all = append(all, presets.Clauses[i].in(language))
	}
	return all
}
