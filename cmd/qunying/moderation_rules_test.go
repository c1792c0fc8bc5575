package main

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qunying/internal/api"
	"qunying/internal/moderation/policy"
	"qunying/internal/store"
)

// TestWhereClausesComeFrom: a group took over the rules of its set, which took over
// the community's, which began with the built-in ones, and changed something each.
func TestWhereClausesComeFrom(t *testing.T) {
	english, err := policy.Preset("general", "en") // named in another language than the built-in ones
	if err != nil {
		t.Fatal(err)
	}
	layer := func(l store.Layer, clauses ...policy.Clause) store.Layer {
		text, err := json.Marshal(policy.Policy{Clauses: clauses})
		if err != nil {
			t.Fatal(err)
		}
		l.Value = string(text)
		return l
	}
	kept, changed, own := english.Clauses[0], english.Clauses[1], policy.Clause{ID: "own-1", Name: "own"}
	ofSet := changed
	ofSet.Stage = policy.Shadow
	levels, err := policiesOf([]store.Layer{
		layer(store.Layer{Level: store.OfGroup}, kept, ofSet, own),
		{Level: store.OfSet, Set: 3, Name: "given up", Setting: store.Setting{Value: "null"}},
		layer(store.Layer{Level: store.OfSet, Set: 2, Name: "tea"}, kept, ofSet),
		layer(store.Layer{Level: store.OfCommunity}, kept, changed),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []api.ClauseSource{
		{Clause: kept.ID, SourceView: api.SourceView{Level: "default"}},
		{Clause: changed.ID, Changed: true, SourceView: api.SourceView{Level: "set", Set: 2, Name: "tea"}},
		{Clause: "own-1", SourceView: api.SourceView{Level: "group"}},
	}
	if d := cmp.Diff(want, sourcesOfClauses(levels)); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}
