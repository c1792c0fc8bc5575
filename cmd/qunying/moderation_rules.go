package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/api/answers"
	"qunying/internal/engine"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// rules are by what groups are judged.
type rules struct{ *console }

// policyNow is the policy in force in a group, or in the community: whose it is,
// and its version.
func policyNow(ctx context.Context, q store.Querier, id community.ID, g community.GroupID) (p policy.Policy, owner string, version int64, err error) {
	of, err := engine.PolicyFor(ctx, q, id, g, 0)
	if err != nil || of.Level == store.OfNobody {
		return policy.Default(), string(of.Level), 0, err
	}
	err = json.Unmarshal([]byte(of.Value), &p)
	return p, string(of.Level), of.Version, err
}

func (c rules) Policy(ctx context.Context, id community.ID, of api.Scope) (a api.PolicyAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	var levels []level
	if err = c.db.Read(ctx, func(q store.Querier) error {
		layers, own, err := answers.LayersOf(ctx, q, id, of, policy.Key)
		if own != nil {
			a.Version = own.Version
		}
		if err == nil {
			levels, err = policiesOf(layers)
		}
		return err
	}); err != nil {
		return a, err
	}
	a.Policy, a.Owner, a.Set, a.Name = levels[0].policy, levels[0].of.Level, levels[0].of.Set, levels[0].of.Name
	if a.Policy.Clauses == nil {
		a.Policy.Clauses = []policy.Clause{}
	}
	a.Clauses, a.Alternatives = sourcesOfClauses(levels), api.AlternativesIn(a.Policy.Clauses)
	a.Completeness, a.Share = api.Completeness(a.Policy)
	return a, err
}

// level is a policy and whose it is.
type level struct {
	of     api.SourceView
	policy policy.Policy
}

// policiesOf are the policies of layers, the nearest first, with the one that the
// product comes with last.
func policiesOf(layers []store.Layer) (levels []level, err error) {
	for _, l := range layers {
		if l.Value == "null" {
			continue // was given up
		}
		k := level{of: api.SourceView{Level: string(l.Level), Set: l.Set, Name: l.Name}}
		if err := json.Unmarshal([]byte(l.Value), &k.policy); err != nil {
			return nil, err
		}
		levels = append(levels, k)
	}
	return append(levels, level{api.SourceView{Level: string(store.OfNobody)}, policy.Default()}), nil
}

// sourcesOfClauses says where each clause of the nearest level comes from.
func sourcesOfClauses(levels []level) []api.ClauseSource {
	from := []api.ClauseSource{}
	for i := range levels[0].policy.Clauses {
		c := &levels[0].policy.Clauses[i]
		s := api.ClauseSource{Clause: c.ID, SourceView: levels[0].of}
		for _, above := range levels[1:] {
			k := slices.IndexFunc(above.policy.Clauses, func(o policy.Clause) bool { return o.ID == c.ID })
			if k < 0 {
				break
			}
			if !alike(c, &above.policy.Clauses[k], above.of.Level == string(store.OfNobody)) {
				s.Changed = true
				break
			}
			s.SourceView = above.of
		}
		from = append(from, s)
	}
	return from
}

// alike holds clauses against each other by all they say, where they are built in but
// for their names: those come in the reader's language.
func alike(c, above *policy.Clause, builtIn bool) bool {
	mine, theirs := *c, *above
	if builtIn {
		mine.Name, theirs.Name = "", ""
	}
	a, err1 := json.Marshal(mine)
	b, err2 := json.Marshal(theirs)
	return err1 == nil && err2 == nil && bytes.Equal(a, b)
}

func (c rules) SavePolicy(ctx context.Context, id community.ID, of api.Scope, by community.StaffID, in api.PolicyInput) (api.PolicyAnswer, error) {
	var value any // null: what is above holds
	if !in.Inherit {
		if _, err := policy.Compile(in.Policy); err != nil {
			return api.PolicyAnswer{}, err
		}
		value = in.Policy
	}
	if _, err := c.Policy(ctx, id, of); err != nil { // there is no such group or set
		return api.PolicyAnswer{}, err
	}
	if err := c.saveScoped(ctx, id, of, policy.Key, value, in.Version, by); err != nil {
		return api.PolicyAnswer{}, err
	}
	return c.Policy(ctx, id, of)
}

func (c rules) Explain(ctx context.Context, id community.ID, seq community.Seq) (a api.ExplainAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	x, err := c.engine.Explain(ctx, id, seq)
	if err != nil {
		return a, err
	}
	a.Seq, a.Fired, a.Receipt, a.Reading, a.PolicyGroup, a.PolicyVersion, a.Verdicts = seq, x.Receipt.Verdict.Fired(), x.Receipt, x.Reading, x.Owner.Group, x.Owner.Version, []int64{}
	err = c.db.Read(ctx, func(q store.Querier) error {
		list, err := cases.VerdictsOn(ctx, q, id, seq)
		for _, v := range list {
			a.Verdicts = append(a.Verdicts, v.ID)
		}
		return err
	})
	return a, err
}

func (c rules) Moderation(ctx context.Context, id community.ID, g community.GroupID) (v api.ModerationView, err error) {
	err = c.db.Read(ctx, func(q store.Querier) error {
		if err := groupOrNone(ctx, q, id, g); err != nil {
			return err
		}
		var set casework.Settings
		version, err := store.ReadSetting(ctx, q, id, g, casework.Key, &set)
		v = api.ModerationView{Stopped: set.Stopped, Off: set.Off, Duty: set.Duty, Appeal: set.Appeal, Answer: set.Answer, Undo: set.Undo, Language: set.Language, Address: set.Address,
			Promote: set.Promote, Enough: set.Enough, Demote: set.Demote, Window: set.Window, Version: version}
		if v.Duty == nil {
			v.Duty = []community.StaffID{}
		}
		return err
	})
	return v, err
}

// groupOrNone fails for a group that is not there; 0 stands for the whole community.
func groupOrNone(ctx context.Context, q store.Querier, id community.ID, g community.GroupID) error {
	if g == 0 {
		return nil
	}
	_, err := store.Group(ctx, q, id, g)
	return err
}

func (c rules) SaveModeration(ctx context.Context, id community.ID, g community.GroupID, by community.StaffID, v api.ModerationView) (api.ModerationView, error) {
	set := casework.Settings{Stopped: v.Stopped, Off: v.Off, Duty: v.Duty, Appeal: v.Appeal, Answer: v.Answer, Undo: v.Undo, Language: v.Language, Address: v.Address, Promote: v.Promote,
		Enough: v.Enough, Demote: v.Demote, Window: v.Window}
	if err := set.Check(); err != nil {
		return v, err
	}
	if err := c.engine.SaveSetting(ctx, id, g, casework.Key, set, v.Version, by); err != nil {
		return v, err
	}
	return c.Moderation(ctx, id, g)
}

func (c rules) Lexicons(ctx context.Context, id community.ID, of api.Scope) (a api.LexiconsAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	a.Lexicons = []api.LexiconView{}
	err = c.db.Read(ctx, func(q store.Querier) error {
		list, err := lexiconsOf(ctx, q, id, of)
		if err != nil {
			return err
		}
		for _, s := range list {
			v, gone, err := lexiconView(ctx, q, id, s)
			if err != nil {
				return err
			}
			if !gone {
				a.Lexicons = append(a.Lexicons, v)
			}
		}
		if a.Lexicons, err = withStarter(a.Lexicons, of); err != nil {
			return err
		}
		hits, err := cases.HitLexicons(ctx, q, id, c.wordsSince())
		for i := range a.Lexicons {
			for _, name := range foundAs(a.Lexicons[i]) {
				a.Lexicons[i].Hits += hits[name]
			}
		}
		return err
	})
	return a, err
}

// lexiconsOf lists the word lists by which a group, a set or the community is read,
// the nearest last, without their values.
func lexiconsOf(ctx context.Context, q store.Querier, id community.ID, of api.Scope) ([]store.Setting, error) {
	if _, _, err := answers.LayersOf(ctx, q, id, of, casework.LexiconKey); err != nil { // there is no such group or set
		return nil, err
	}
	all, err := engine.LexiconsFor(ctx, q, id, of.Group, 0)
	if err != nil || of.Set == 0 {
		return all, err
	}
	own, err := cases.SettingsUnderAt(ctx, q, id, 0, store.SetKey(of.Set, casework.LexiconKey), 0)
	return append(all, own...), err
}

// withStarter puts the lists that the product comes with before the others: they
// are used unless somebody switched them off.
func withStarter(list []api.LexiconView, of api.Scope) ([]api.LexiconView, error) {
	text, entries, err := casework.StarterText()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(is api.LexiconView) bool { return is.Starter })
	starter := api.LexiconView{ID: casework.StarterID, Name: casework.StarterID, Category: "custom", Starter: true}
	if i >= 0 {
		starter = list[i]
		list = slices.Delete(list, i, i+1)
	} else if of != (api.Scope{}) {
		return list, nil
	}
	starter.Text, starter.Entries = text, entries
	return append([]api.LexiconView{starter}, list...), nil
}

// foundAs are the names under which readings show the entries of a list.
func foundAs(l api.LexiconView) []string {
	if l.Starter {
		return casework.StarterNames()
	}
	return []string{l.Name}
}

// hitDays is for how many days hits are counted.
const hitDays = 30

func (c rules) wordsSince() community.Day { return community.DayOf(c.now(), time.UTC) - hitDays + 1 }

func (c rules) WordHits(ctx context.Context, id community.ID, of api.Scope, lexicon string) (a api.WordHitsAnswer, err error) {
	all, err := c.Lexicons(ctx, id, of)
	if err != nil {
		return a, err
	}
	i := slices.IndexFunc(all.Lexicons, func(is api.LexiconView) bool {
		return is.ID == lexicon && (is.Group == of.Group && is.Set == of.Set || is.Starter)
	})
	if i < 0 {
		return a, community.Errorf(community.NotFound, "there is no lexicon %s", lexicon)
	}
	a.Answer, a.Days, a.Words = all.Answer, hitDays, []api.WordHitView{}
	err = c.db.Read(ctx, func(q store.Querier) error {
		for _, name := range foundAs(all.Lexicons[i]) {
			list, err := cases.HitWords(ctx, q, id, name, c.wordsSince(), 500)
			if err != nil {
				return err
			}
			for _, h := range list {
				a.Words = append(a.Words, api.WordHitView{Entry: h.Entry, Hits: h.Hits})
			}
		}
		return nil
	})
	slices.SortStableFunc(a.Words, func(x, y api.WordHitView) int { return cmp.Compare(y.Hits, x.Hits) })
	a.Words = a.Words[:min(len(a.Words), 500)]
	return a, err
}

// lexiconView shows a word list, or says that it was deleted.
func lexiconView(ctx context.Context, q store.Querier, id community.ID, s store.Setting) (v api.LexiconView, gone bool, err error) {
	value, err := cases.SettingValue(ctx, q, id, s)
	if err != nil || value == "null" {
		return v, err == nil, err
	}
	var l casework.Lexicon
	if err := json.Unmarshal([]byte(value), &l); err != nil {
		return v, false, err
	}
	v = api.LexiconView{Group: s.Group, Name: l.Name, Category: l.Category, Text: l.Text, Pinyin: l.Pinyin, Similar: l.Similar, Off: l.Off, Starter: l.Starter, Version: s.Version}
	whose, name, _ := strings.Cut(s.Key, casework.LexiconKey)
	if _, err := fmt.Sscanf(whose, "set/%d/", &v.Set); whose != "" && err != nil {
		return v, false, err
	}
	v.ID = name
	made, err := engine.LexiconOf(&l)
	v.Entries = len(made.Entries)
	for i := range made.Entries {
		if k := made.Entries[i].Category; !slices.Contains(v.Kinds, k) {
			v.Kinds = append(v.Kinds, k)
		}
	}
	return v, false, err
}

func (c rules) SaveLexicon(ctx context.Context, id community.ID, of api.Scope, by community.StaffID, v api.LexiconView) (api.LexiconView, error) {
	l := casework.Lexicon{Name: v.Name, Category: v.Category, Text: v.Text, Pinyin: v.Pinyin, Similar: v.Similar, Off: v.Off, Starter: v.Starter}
	if l.Starter = l.Starter || v.ID == casework.StarterID; l.Starter {
		l.Text = "" // they come with the product
	}
	if err := engine.CheckLexicon(&l); err != nil {
		return v, err
	}
	kept, err := c.Lexicons(ctx, id, of)
	if err != nil {
		return v, err
	}
	own := 0
	for i := range kept.Lexicons {
		if k := &kept.Lexicons[i]; k.Group == of.Group && k.Set == of.Set {
			own++
		}
	}
	if v.Version == 0 && own >= casework.MostLexicons {
		return v, community.Errorf(community.Invalid, "at most %d lexicons can be kept", casework.MostLexicons).WithHint("add the words to another one")
	}
	var value any // null: it is deleted
	if !v.Gone {
		value = l
	}
	if err := c.saveScoped(ctx, id, of, casework.LexiconKey+v.ID, value, v.Version, by); err != nil {
		return v, err
	}
	v.Version++
	made, err := engine.LexiconOf(&l)
	v.Entries = len(made.Entries)
	return v, err
}

// wordsOf is a word list to be tried; nil stays nil.
func wordsOf(v *api.LexiconView) *casework.Lexicon {
	if v == nil {
		return nil
	}
	return &casework.Lexicon{Name: v.Name, Category: v.Category, Text: v.Text, Pinyin: v.Pinyin, Similar: v.Similar}
}

func (c rules) Try(ctx context.Context, id community.ID, in api.TryInput) (a api.TryAnswer, err error) {
	reading, verdict, err := c.engine.Try(ctx, id, in.Group, in.Text, wordsOf(in.Lexicon))
	a.Reading = reading
	if verdict.Fired() {
		a.Verdict = &verdict
	}
	return a, err
}

func (c rules) Detectors(ctx context.Context, id community.ID, of api.Scope) (v api.DetectorsView, err error) {
	v.Allow, v.Deny = []string{}, []string{}
	err = c.db.Read(ctx, func(q store.Querier) error {
		_, own, err := answers.LayersOf(ctx, q, id, of, casework.DetectorKey)
		if err != nil || own == nil {
			return err
		}
		var d casework.Detectors
		err = json.Unmarshal([]byte(own.Value), &d)
		v = api.DetectorsView{Allow: nonNil(d.Allow), Deny: nonNil(d.Deny), Long: d.Long, Mentions: d.Mentions, Version: own.Version}
		return err
	})
	return v, err
}

func (c rules) SaveDetectors(ctx context.Context, id community.ID, of api.Scope, by community.StaffID, v api.DetectorsView) (api.DetectorsView, error) {
	d := casework.Detectors{Allow: v.Allow, Deny: v.Deny, Long: v.Long, Mentions: v.Mentions}
	if err := d.Check(); err != nil {
		return v, err
	}
	if _, err := c.Detectors(ctx, id, of); err != nil { // there is no such group or set
		return v, err
	}
	if err := c.saveScoped(ctx, id, of, casework.DetectorKey, d, v.Version, by); err != nil {
		return v, err
	}
	return c.Detectors(ctx, id, of)
}
