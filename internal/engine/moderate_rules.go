package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/classify"
	"qunying/internal/moderation/detect"
	"qunying/internal/moderation/lexicon"
	"qunying/internal/moderation/normal"
	"qunying/internal/moderation/policy"
	"qunying/internal/moderation/read"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// rules are what a group is judged by, made ready. They are never changed.
type rules struct {
	reader *read.Reader
	judge  *policy.Judge // as the policy is, whatever the platform can do
	owner  store.Layer   // of the policy
	set    casework.Settings
	learnt *classify.Local // from the community's own decisions; nil: nothing
	lesson int64           // its number
	direct bool            // no group of people
}

// off says that nothing is judged in the group.
func (r *rules) off() bool { return r == nil || r.set.Off || r.direct }

// sources are the settings that rules are made of, with the values of those that
// are not made ready yet.
type sources struct {
	policy    store.Layer // Level OfNobody: the one that the product comes with
	lexicons  []store.Setting
	detectors []store.Layer
	set       casework.Settings
	learnt    casework.Learnt // ID 0: nothing counts
	lessons   string          // the weights, where they are not made ready yet
	local     *classify.Local
	direct    bool
	reader    *read.Reader  // nil: to be made
	judge     *policy.Judge // the same
	readerKey string
	judgeKey  string
}

// rulebook remembers what was compiled, by the versions of the settings it was
// made of.
type rulebook struct {
	mu      sync.Mutex
	readers map[string]*read.Reader
	judges  map[string]*policy.Judge
	learnt  map[lesson]*classify.Local
	fitted  map[fitting]*policy.Judge
}

type lesson struct {
	community community.ID
	id        int64
}

type fitting struct {
	judge *policy.Judge
	can   connector.Capabilities
}

// mostRules bounds what is remembered: whoever has more groups with rules of
// their own has them compiled again.
const (
	mostRules   = 2000
	mostLessons = 100 // what was learnt by that many communities
)

// PolicyFor finds whose policy holds in a group from seq on, zero seq: today. The
// nearest replaces all others: a group's own that of its sets, in their order, and
// that the community's. One that was given up (null) says nothing.
func PolicyFor(ctx context.Context, q store.Querier, c community.ID, g community.GroupID, seq community.Seq) (store.Layer, error) {
	layers, err := store.LayersAt(ctx, q, c, g, policy.Key, seq)
	return NearestPolicy(layers), err
}

// NearestPolicy is the one of layers that holds.
func NearestPolicy(layers []store.Layer) store.Layer {
	for _, l := range layers {
		if l.Value != "null" {
			return l
		}
	}
	return store.Layer{Level: store.OfNobody}
}

// moderationOf reads the settings about keeping order that hold in a group. What
// is stopped or off anywhere above it is so in the group; the language is the
// nearest one's; the rest is the community's.
func moderationOf(ctx context.Context, q store.Querier, c community.ID, g community.GroupID, seq community.Seq) (set casework.Settings, err error) {
	layers, err := store.LayersAt(ctx, q, c, g, casework.Key, seq)
	if err != nil {
		return set, err
	}
	for _, l := range slices.Backward(layers) {
		if l.Level == store.OfCommunity {
			if err := json.Unmarshal([]byte(l.Value), &set); err != nil {
				return set, err
			}
			continue
		}
		var own casework.Settings
		if err := json.Unmarshal([]byte(l.Value), &own); err != nil {
			return set, err
		}
		set.Stopped, set.Off = set.Stopped || own.Stopped, set.Off || own.Off
		if own.Language != "" {
			set.Language = own.Language
		}
	}
	return set, nil
}

// LexiconsFor lists the word lists that a group is read by from seq on, without
// their values: the community's, those of its sets, the nearest last, and its own.
func LexiconsFor(ctx context.Context, q store.Querier, c community.ID, g community.GroupID, seq community.Seq) ([]store.Setting, error) {
	all, err := cases.SettingsUnderAt(ctx, q, c, 0, casework.LexiconKey, seq)
	if err != nil || g == 0 {
		return all, err
	}
	sets, _, err := store.SetsAt(ctx, q, c, seq)
	if err != nil {
		return nil, err
	}
	for _, set := range slices.Backward(sets.Sets) {
		if set.ID == 0 || !slices.Contains(set.Groups, g) {
			continue
		}
		of, err := cases.SettingsUnderAt(ctx, q, c, 0, store.SetKey(set.ID, casework.LexiconKey), seq)
		if err != nil {
			return nil, err
		}
		all = append(all, of...)
	}
	own, err := cases.SettingsUnderAt(ctx, q, c, g, casework.LexiconKey, seq)
	return append(all, own...), err
}

// sourcesOf reads what the rules of a group are made of, in force from seq on.
func (e *Engine) sourcesOf(ctx context.Context, q store.Querier, c community.ID, g community.GroupID, seq community.Seq) (*sources, error) {
	s := &sources{}
	var err error
	if g != 0 {
		group, err := store.Group(ctx, q, c, g)
		if err != nil {
			return nil, err
		}
		s.direct = group.Direct
	}
	if s.set, err = moderationOf(ctx, q, c, g, seq); err != nil {
		return nil, err
	}
	if s.policy, err = PolicyFor(ctx, q, c, g, seq); err != nil {
		return nil, err
	}
	if s.lexicons, err = LexiconsFor(ctx, q, c, g, seq); err != nil {
		return nil, err
	}
	if s.detectors, err = store.LayersAt(ctx, q, c, g, casework.DetectorKey, seq); err != nil {
		return nil, err
	}
	if s.learnt, err = learntAt(ctx, q, c, seq); err != nil {
		return nil, err
	}
	keys := []string{}
	for _, l := range s.lexicons {
		keys = append(keys, fmt.Sprintf("%d/%s@%d", l.Group, l.Key, l.Version))
	}
	for _, l := range s.detectors {
		keys = append(keys, fmt.Sprintf("%d/%s@%d", l.Group, l.Key, l.Version))
	}
	s.readerKey = fmt.Sprintf("%d %s", c, strings.Join(keys, " "))
	s.judgeKey = fmt.Sprintf("%d %d/%s@%d", c, s.policy.Group, s.policy.Key, s.policy.Version)
	e.rulebook.mu.Lock()
	s.reader, s.judge, s.local = e.rulebook.readers[s.readerKey], e.rulebook.judges[s.judgeKey], e.rulebook.learnt[lesson{c, s.learnt.ID}]
	e.rulebook.mu.Unlock()
	if s.reader == nil {
		for i := range s.lexicons {
			if s.lexicons[i].Value, err = cases.SettingValue(ctx, q, c, s.lexicons[i]); err != nil {
				return nil, err
			}
		}
	}
	if s.local == nil && s.learnt.ID != 0 {
		s.lessons, _, err = cases.Weights(ctx, q, c, s.learnt.ID) // dropped with an erased text: nothing until it is learnt again
	}
	return s, err
}

// rulesOf makes sources ready. Settings are checked before they are saved: what
// cannot be made ready all the same is told, and replaced by nothing.
func (e *Engine) rulesOf(c community.ID, g community.GroupID, s *sources) *rules {
	r := &rules{reader: s.reader, judge: s.judge, owner: s.policy, set: s.set, direct: s.direct}
	e.rulebook.mu.Lock()
	defer e.rulebook.mu.Unlock()
	complain := func(what string, err error) {
		e.log.Error("rules that cannot be used are left out", "community", c, "group", g, "what", what, "err", err)
	}
	if b := &e.rulebook; len(b.readers)+len(b.judges)+len(b.fitted) > mostRules || len(b.learnt) > mostLessons || b.readers == nil {
		b.readers, b.judges, b.fitted, b.learnt = map[string]*read.Reader{}, map[string]*policy.Judge{}, map[fitting]*policy.Judge{}, map[lesson]*classify.Local{}
	}
	if err := e.teach(c, r, s); err != nil {
		complain("what was learnt", err)
	}
	if r.reader == nil && s.bare() {
		r.reader = builtInReader()
	}
	if r.reader == nil {
		reader, err := read.New(readerConfig(s))
		if err != nil {
			complain("lexicons", err)
			reader, err = read.New(read.Config{})
			if err != nil {
				complain("detectors", err)
				return nil
			}
		}
		r.reader = reader
		e.rulebook.readers[s.readerKey] = reader
	}
	if r.judge == nil && s.policy.Level == store.OfNobody {
		r.judge = builtInJudge()
	}
	if r.judge == nil {
		p := policy.Policy{}
		if err := json.Unmarshal([]byte(s.policy.Value), &p); err != nil {
			complain("policy", err)
		}
		judge, err := policy.Compile(p)
		if err != nil {
			complain("policy", err)
			return nil
		}
		r.judge = judge
		e.rulebook.judges[s.judgeKey] = judge
	}
	return r
}

// What groups are read and judged by for which nobody typed anything, made once.
var (
	builtInReader = sync.OnceValue(func() *read.Reader {
		r, err := read.New(read.Config{Lexicons: lexicon.Starter()})
		if err != nil {
			panic(err) // the words that come with the product: every test says so
		}
		return r
	})
	builtInJudge = sync.OnceValue(func() *policy.Judge {
		j, err := policy.Compile(policy.Default())
		if err != nil {
			panic(err)
		}
		return j
	})
)

// bare says that nobody typed any words or set any detectors.
func (s *sources) bare() bool { return len(s.lexicons) == 0 && len(s.detectors) == 0 }

// readerConfig puts together what a reader is made of.
func readerConfig(s *sources) read.Config {
	var config read.Config
	var d casework.Detectors
	if value, _, err := store.Inherit(s.detectors); err == nil && json.Unmarshal(value, &d) == nil {
		config.Hosts, config.Long, config.Mentions = detect.Hosts{Allow: d.Allow, Deny: d.Deny}, d.Long, d.Mentions
	}
	starter := true
	for _, setting := range s.lexicons {
		var l casework.Lexicon
		if json.Unmarshal([]byte(setting.Value), &l) != nil {
			continue
		}
		if l.Starter {
			starter = !l.Off
			continue
		}
		made, err := LexiconOf(&l)
		if err == nil && !l.Off {
			config.Lexicons = append(config.Lexicons, made)
		}
	}
	if starter {
		config.Lexicons = append(config.Lexicons, lexicon.Starter()...)
	}
	return config
}

// LexiconOf reads the entries of a lexicon as it is saved. Errors are Invalid and
// name the line.
func LexiconOf(l *casework.Lexicon) (lexicon.Lexicon, error) {
	made := lexicon.Lexicon{Name: l.Name}
	if l.Pinyin {
		made.Flags |= lexicon.Pinyin
	}
	if l.Similar {
		made.Flags |= lexicon.LookAlike
	}
	entries, err := lexicon.Import(strings.NewReader(l.Text), lexicon.TXT)
	for i := range entries {
		if entries[i].Category == "" {
			entries[i].Category = l.Category
		}
	}
	made.Entries = entries
	return made, err
}

// CheckLexicon says what is wrong with a lexicon before it is saved.
func CheckLexicon(l *casework.Lexicon) error {
	if len(l.Text) > casework.MostLexicon {
		return community.Errorf(community.Invalid, "the lexicon is larger than %d MiB", casework.MostLexicon>>20).WithHint("split it")
	}
	made, err := LexiconOf(l)
	if err != nil {
		return err
	}
	if err := made.Usable(normal.Default()); err != nil {
		return err
	}
	_, err = read.New(read.Config{Lexicons: []lexicon.Lexicon{made}})
	return err
}

// rulesFor reads and makes ready the rules of a group as of a place in the log,
// zero: today.
func (e *Engine) rulesFor(ctx context.Context, c community.ID, g community.GroupID, seq community.Seq) (r *rules, err error) {
	var s *sources
	if err := e.db.Read(ctx, func(q store.Querier) error {
		s, err = e.sourcesOf(ctx, q, c, g, seq)
		return err
	}); err != nil {
		return nil, err
	}
	return e.rulesOf(c, g, s), nil
}

// fit is the judge for what can be done in a group just now.
func (e *Engine) fit(j *policy.Judge, g community.Group) *policy.Judge {
	can, served := e.Capabilities(g)
	if !served || can == (connector.Capabilities{}) {
		return j // its account is still to come: what it cannot do becomes a task
	}
	can = connector.Capabilities{Send: can.Send, Recall: can.Recall, Mute: can.Mute, MuteAll: can.MuteAll, Remove: can.Remove}
	e.rulebook.mu.Lock()
	defer e.rulebook.mu.Unlock()
	k := fitting{j, can}
	if e.rulebook.fitted == nil {
		e.rulebook.fitted = map[fitting]*policy.Judge{}
	}
	if e.rulebook.fitted[k] == nil {
		e.rulebook.fitted[k] = j.For(can)
	}
	return e.rulebook.fitted[k]
}

// pageAfter is how long a suggestion may wait until the person on duty is called.
func (r *rules) pageAfter() time.Duration {
	if n := r.judge.Policy().Guard.Page; n > 0 {
		return time.Duration(n) * time.Minute
	}
	return 15 * time.Minute
}

// perHour is how many automatic penalties a group has in an hour before everything
// is only suggested.
func (r *rules) perHour() int {
	if n := r.judge.Policy().Guard.PerHour; n > 0 {
		return n
	}
	return 20
}

// ModerationOf reads the settings about keeping order that hold in a group today.
func ModerationOf(ctx context.Context, q store.Querier, c community.ID, g community.GroupID) (casework.Settings, error) {
	return moderationOf(ctx, q, c, g, 0)
}
