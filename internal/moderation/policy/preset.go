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
	Clauses []struct {
		Clause
		Name map[string]string `json:"name"`
	} `json:"clauses"`
	Presets []struct {
		ID       string           `json:"id"`
		Clauses  []string         `json:"clauses"`
		Stages   map[string]Stage `json:"stages"`
		Exempt   Exempt           `json:"exempt"`
		Approval Approval         `json:"approval"`
	} `json:"presets"`
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
		made := Policy{Preset: id, Exempt: p.Exempt, Approval: p.Approval}
		for _, c := range presets.Clauses {
			if !slices.Contains(p.Clauses, c.ID) {
				continue
			}
			clause := c.Clause
			if clause.Name = c.Name[language]; clause.Name == "" {
				clause.Name = c.Name["zh-CN"]
			}
			if stage, ok := p.Stages[c.ID]; ok {
				clause.Stage = stage
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
	for _, c := range presets.Clauses {
		clause := c.Clause
		if clause.Name = c.Name[language]; clause.Name == "" {
			clause.Name = c.Name["zh-CN"]
		}
		all = append(all, clause)
	}
	return all
}
