package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
	"qunying/transcript"
)

// Rules are by what groups are judged.
type Rules interface {
	// Policy of the community, or of a group where g is not 0.
	Policy(ctx context.Context, c community.ID, of Scope) (PolicyAnswer, error)
	// SavePolicy fails with Invalid, which names the clause, and with Conflict when
	// the version is not the one in force.
	SavePolicy(ctx context.Context, c community.ID, of Scope, by community.StaffID, in PolicyInput) (PolicyAnswer, error)
	// Explain judges a message again, by the rules of today. It fails with NotFound.
	Explain(ctx context.Context, c community.ID, seq community.Seq) (ExplainAnswer, error)
	Moderation(ctx context.Context, c community.ID, g community.GroupID) (ModerationView, error)
	SaveModeration(ctx context.Context, c community.ID, g community.GroupID, by community.StaffID, v ModerationView) (ModerationView, error)
}

// Lexicons are the word lists, and how detectors are set.
type Lexicons interface {
	// Lexicons fails with NotFound where there is no such group or set.
	Lexicons(ctx context.Context, c community.ID, of Scope) (LexiconsAnswer, error)
	// SaveLexicon of a version that is given up puts it away for good.
	SaveLexicon(ctx context.Context, c community.ID, of Scope, by community.StaffID, in LexiconView) (LexiconView, error)
	// Try reads a text by the words of a group, or by those of in alone.
	Try(ctx context.Context, c community.ID, in TryInput) (TryAnswer, error)
	Detectors(ctx context.Context, c community.ID, of Scope) (DetectorsView, error)
	SaveDetectors(ctx context.Context, c community.ID, of Scope, by community.StaffID, v DetectorsView) (DetectorsView, error)
	// WordHits fails with NotFound.
	WordHits(ctx context.Context, c community.ID, of Scope, lexicon string) (WordHitsAnswer, error)
}

// PolicyAnswer is a policy (群规).
type PolicyAnswer struct {
	Answer
	Policy       policy.Policy    `json:"policy" doc:"in force: a group's own replaces that of its sets, in their order, which replaces the community's, which replaces the one that the product comes with"`
	Version      int64            `json:"version" doc:"of the setting asked for; 0: it was never saved"`
	Owner        string           `json:"owner" enum:"group,set,community,default" doc:"whose the policy in force is"`
	Set          int64            `json:"set,omitempty" doc:"of which set of groups, where it is a set's"`
	Name         string           `json:"name,omitempty" doc:"of that set"`
	Alternatives Alternatives     `json:"alternatives" doc:"what the expressions in it mean, where tests can say it"`
	Clauses      []ClauseSource   `json:"clauses" doc:"where each clause of the policy comes from, in their order"`
	Completeness []policy.Element `json:"completeness" doc:"what a complete set of rules settles (规则完整度, S25)"`
	Share        float64          `json:"share" doc:"of these that are met"`
}

// Alternatives tells expressions in tests: each holds when all tests of one of its
// lists do.
type Alternatives map[string][][]policy.Test

// AlternativesIn are those of clauses.
func AlternativesIn(clauses []policy.Clause) Alternatives {
	all := Alternatives{}
	for i := range clauses {
		if lists := clauses[i].When.Alternatives(); lists != nil {
			all[clauses[i].When.Expr] = lists
		}
	}
	return all
}

// ClauseSource says where a clause of a policy comes from: the farthest level from
// which it came down unchanged.
type ClauseSource struct {
	Clause  string `json:"clause"`
	Changed bool   `json:"changed,omitempty" doc:"the level above says something else in a clause of that ID"`
	SourceView
}

// PolicyInput saves a policy.
type PolicyInput struct {
	Policy  policy.Policy `json:"policy"`
	Version int64         `json:"version" minimum:"0" doc:"that the change is based on"`
	Inherit bool          `json:"inherit,omitempty" doc:"absent: no; gives up the own policy: what is above holds again, and policy is not looked at"`
}

// ValidateAnswer says what is wrong with a policy.
type ValidateAnswer struct {
	OK           bool             `json:"ok"`
	Error        string           `json:"error,omitempty" doc:"names the clause and the field"`
	Hint         string           `json:"hint,omitempty"`
	Clause       int              `json:"clause,omitempty" doc:"which clause is wrong, counted from 1"`
	Field        string           `json:"field,omitempty" doc:"of that clause"`
	Completeness []policy.Element `json:"completeness"`
	Share        float64          `json:"share"`

	Expressions  map[string]string `json:"expressions,omitempty" doc:"where all is right: the condition of each clause as an expression, by its ID"`
	Alternatives Alternatives      `json:"alternatives,omitempty" doc:"what the expressions in it mean, where tests can say it"`
}

// PresetsAnswer are policies to begin with.
type PresetsAnswer struct {
	Presets []PresetView    `json:"presets"`
	Library []policy.Clause `json:"library" doc:"all clauses that presets are made of"`
	Aspects []AspectView    `json:"aspects" doc:"what conditions can ask about"`

	Alternatives Alternatives `json:"alternatives" doc:"what the expressions in the library mean, where tests can say it"`
}

// PresetView is one of them.
type PresetView struct {
	ID     string        `json:"id"`
	Policy policy.Policy `json:"policy"`
}

// AspectView is something that a condition can ask about: the What of tests, and
// the variable of expressions.
type AspectView struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// ExplainAnswer is how a message is judged by the rules of today, whether anything
// came of it or not.
type ExplainAnswer struct {
	Answer
	Seq           community.Seq     `json:"seq"`
	Fired         bool              `json:"fired"`
	Receipt       casework.Receipt  `json:"receipt"`
	Reading       casework.Reading  `json:"reading"`
	PolicyGroup   community.GroupID `json:"policy_group"`
	PolicyVersion int64             `json:"policy_version"`
	Recent        bool              `json:"recent" doc:"false: what the message was like beside others is not known any more, so that rules about it count as not fired"`
	Verdicts      []int64           `json:"verdicts" doc:"what was on record of it when it came"`
}

// ModerationView is about keeping order as a whole. Of a group only stopped, off
// and language count.
type ModerationView struct {
	Stamp
	Stopped  bool                `json:"stopped" doc:"nothing is done by itself, everything is suggested (kill switch)"`
	Off      bool                `json:"off" doc:"nothing is judged"`
	Duty     []community.StaffID `json:"duty" maxItems:"100" doc:"who is called"`
	Appeal   int                 `json:"appeal" minimum:"0" maximum:"365" doc:"days in which a member may appeal; 0: 7"`
	Answer   int                 `json:"answer" minimum:"0" maximum:"2160" doc:"hours in which an appeal is to be decided; 0: 48"`
	Undo     int                 `json:"undo" minimum:"0" maximum:"600" doc:"seconds before what a person decided is done; 0: 10"`
	Language string              `json:"language" enum:",zh-CN,en" doc:"of the texts sent"`
	Address  string              `json:"address,omitempty" maxLength:"200" doc:"absent: as it was; under which members reach their page, https://…; empty: there are no personal links"`
	Promote  float64             `json:"promote" minimum:"0" maximum:"1" doc:"lower bound of the precision from which a clause may act by itself; 0: 0.95"`
	Enough   int                 `json:"enough,omitempty" minimum:"0" maximum:"100000" doc:"absent: as it was; decided cases without which it may not; 0: 30"`
	Demote   float64             `json:"demote" minimum:"0" maximum:"1" doc:"share of overturns above which it no longer may; 0: 0.1"`
	Window   int                 `json:"window,omitempty" minimum:"0" maximum:"1000" doc:"absent: as it was; newest decided cases of which that is the share; 0: 20"`
	Version  int64               `json:"version" minimum:"0"`
}

// LexiconsAnswer lists word lists, without their entries.
type LexiconsAnswer struct {
	Answer
	Lexicons []LexiconView `json:"lexicons"`
}

// LexiconView is a word list (敏感词库).
type LexiconView struct {
	Stamp
	ID       string            `json:"id" pattern:"^[a-z0-9][a-z0-9-]{0,39}$"`
	Group    community.GroupID `json:"group" minimum:"0" doc:"whose: 0 the community's or a set's"`
	Set      int64             `json:"set,omitempty" readOnly:"true" doc:"of which set of groups"`
	Name     string            `json:"name" minLength:"1" maxLength:"60"`
	Category string            `json:"category" maxLength:"40" doc:"of entries that say none"`
	Text     string            `json:"text,omitempty" maxLength:"8388608" doc:"absent: as it was; an entry a line; # begins a remark, [name] a category"`
	Entries  int               `json:"entries,omitempty" readOnly:"true"`
	Kinds    []string          `json:"categories,omitempty" readOnly:"true" doc:"of its entries"`
	Pinyin   bool              `json:"pinyin,omitempty" doc:"absent: as it was; also found by their syllables"`
	Similar  bool              `json:"similar,omitempty" doc:"absent: as it was; also found with characters that look alike"`
	Off      bool              `json:"off,omitempty" doc:"absent: as it was; kept, and not used"`
	Gone     bool              `json:"gone,omitempty" doc:"absent: the list stays; otherwise it is deleted, and the record keeps it"`
	Starter  bool              `json:"starter,omitempty" doc:"absent: as it was; stands for the lists that the product comes with: only off counts"`
	Hits     int64             `json:"hits,omitempty" readOnly:"true" doc:"times that entries were among what a rule fired for, in the last 30 days"`
	Version  int64             `json:"version" minimum:"0"`
}

// TryInput reads a text.
type TryInput struct {
	Text    string            `json:"text" maxLength:"5000"`
	Group   community.GroupID `json:"group,omitempty" minimum:"0" doc:"by whose words; 0: the community's"`
	Lexicon *LexiconView      `json:"lexicon,omitempty" doc:"by these words alone"`
}

// TryAnswer is what was found.
type TryAnswer struct {
	Reading casework.Reading `json:"reading"`
	Verdict *policy.Verdict  `json:"verdict,omitempty" doc:"by the policy in force, of a member of whom nothing is known"`
}

// DetectorsView is how detectors are set.
type DetectorsView struct {
	Stamp
	Allow    []string `json:"allow" maxItems:"5000" doc:"hosts that may be linked"`
	Deny     []string `json:"deny" maxItems:"5000" doc:"hosts that may not"`
	Long     int      `json:"long" minimum:"0" maximum:"100000" doc:"characters from which a text is long; 0: 500"`
	Mentions int      `json:"mentions" minimum:"0" maximum:"10000" doc:"members from which many are mentioned; 0: 5"`
	Version  int64    `json:"version" minimum:"0"`
}

func (s *Server) policy(ctx context.Context, c call, _ *InCommunity) (PolicyAnswer, error) {
	return s.needs.Rules.Policy(ctx, c.community.ID, Scope{})
}

func (s *Server) setPolicy(ctx context.Context, c call, in *InSet) (PolicyAnswer, error) {
	return s.needs.Rules.Policy(ctx, c.community.ID, Scope{Set: in.Set})
}

func (s *Server) groupPolicy(ctx context.Context, c call, in *InGroup) (PolicyAnswer, error) {
	return s.needs.Rules.Policy(ctx, c.community.ID, Scope{Group: in.Group})
}

type policyInput struct {
	InCommunity
	Body PolicyInput
}

func (s *Server) savePolicy(ctx context.Context, c call, in *policyInput) (PolicyAnswer, error) {
	return s.needs.Rules.SavePolicy(ctx, c.community.ID, Scope{}, c.visitor.staff.ID, in.Body)
}

type groupPolicyInput struct {
	InGroup
	Body PolicyInput
}

func (s *Server) saveGroupPolicy(ctx context.Context, c call, in *groupPolicyInput) (PolicyAnswer, error) {
	return s.needs.Rules.SavePolicy(ctx, c.community.ID, Scope{Group: in.Group}, c.visitor.staff.ID, in.Body)
}

type setPolicyInput struct {
	InSet
	Body PolicyInput
}

func (s *Server) saveSetPolicy(ctx context.Context, c call, in *setPolicyInput) (PolicyAnswer, error) {
	return s.needs.Rules.SavePolicy(ctx, c.community.ID, Scope{Set: in.Set}, c.visitor.staff.ID, in.Body)
}

type validateInput struct {
	InCommunity
	Body struct {
		Policy policy.Policy `json:"policy"`
	}
}

func (s *Server) validatePolicy(_ context.Context, _ call, in *validateInput) (out ValidateAnswer, _ error) {
	if _, err := policy.Compile(in.Body.Policy); err != nil {
		out.Error = err.Error()
		var ce *community.Error
		if errors.As(err, &ce) {
			out.Error, out.Hint = ce.Text, ce.Hint
		}
		if m := (*policy.Mistake)(nil); errors.As(err, &m) {
			out.Clause, out.Field = m.Clause, m.Field
		}
	} else {
		out.OK, out.Expressions, out.Alternatives = true, map[string]string{}, AlternativesIn(in.Body.Policy.Clauses)
		for _, c := range in.Body.Policy.Clauses {
			out.Expressions[c.ID] = c.When.Text()
		}
	}
	out.Completeness, out.Share = Completeness(in.Body.Policy)
	return out, nil
}

// Completeness (规则完整度, S25) is what a policy settles of what it should.
func Completeness(p policy.Policy) ([]policy.Element, float64) {
	list := p.Completeness()
	met := 0.0
	for _, e := range list {
		if e.Met {
			met++
		}
	}
	return list, met / float64(max(1, len(list)))
}

type presetsInput struct {
	Language string `query:"language" enum:"zh-CN,en" default:"zh-CN" doc:"of the names of clauses"`
}

func (s *Server) presets(_ context.Context, _ call, in *presetsInput) (out PresetsAnswer, err error) {
	out.Library, out.Presets, out.Aspects = policy.Library(in.Language), []PresetView{}, []AspectView{}
	out.Alternatives = AlternativesIn(out.Library)
	for _, id := range policy.Presets() {
		p, err := policy.Preset(id, in.Language)
		if err != nil {
			return out, err
		}
		out.Presets = append(out.Presets, PresetView{id, p})
	}
	for _, v := range policy.Aspects() {
		out.Aspects = append(out.Aspects, AspectView{v.Name, v.Type.String()})
	}
	return out, nil
}

type InMessage struct {
	InCommunity
	Seq community.Seq `path:"seq" minimum:"1"`
}

func (s *Server) explain(ctx context.Context, c call, in *InMessage) (ExplainAnswer, error) {
	return s.needs.Rules.Explain(ctx, c.community.ID, in.Seq)
}

func (s *Server) moderation(ctx context.Context, c call, _ *InCommunity) (ModerationView, error) {
	return s.needs.Rules.Moderation(ctx, c.community.ID, 0)
}

func (s *Server) groupModeration(ctx context.Context, c call, in *InGroup) (ModerationView, error) {
	return s.needs.Rules.Moderation(ctx, c.community.ID, in.Group)
}

type moderationInput struct {
	InCommunity
	RawBody []byte
	Body    ModerationView
}

func (s *Server) saveModeration(ctx context.Context, c call, in *moderationInput) (ModerationView, error) {
	return s.saveModerationOf(ctx, c, 0, in.RawBody, in.Body)
}

func (s *Server) saveModerationOf(ctx context.Context, c call, g community.GroupID, raw []byte, body ModerationView) (ModerationView, error) {
	if err := keep(raw, func() (ModerationView, error) { return s.needs.Rules.Moderation(ctx, c.community.ID, g) }, &body); err != nil {
		return ModerationView{}, err
	}
	return s.needs.Rules.SaveModeration(ctx, c.community.ID, g, c.visitor.staff.ID, body)
}

type groupModerationInput struct {
	InGroup
	RawBody []byte
	Body    ModerationView
}

func (s *Server) saveGroupModeration(ctx context.Context, c call, in *groupModerationInput) (ModerationView, error) {
	return s.saveModerationOf(ctx, c, in.Group, in.RawBody, in.Body)
}

// ScopeInput says whose is meant: a group's, a set's, or the community's.
type ScopeInput struct {
	Group community.GroupID `query:"group" minimum:"0" doc:"of this group"`
	Set   int64             `query:"set" minimum:"0" doc:"of this set of groups; 0 both: the community's"`
}

func (in ScopeInput) scope() (Scope, error) {
	if in.Group != 0 && in.Set != 0 {
		return Scope{}, community.Errorf(community.Invalid, "name a group or a set, not both")
	}
	return Scope(in), nil
}

type ofGroupInput struct {
	InCommunity
	Group community.GroupID `query:"group" minimum:"0" doc:"0: the community's"`
}

type ofScopeInput struct {
	InCommunity
	ScopeInput
}

func (s *Server) lexicons(ctx context.Context, c call, in *ofScopeInput) (LexiconsAnswer, error) {
	of, err := in.scope()
	if err != nil {
		return LexiconsAnswer{}, err
	}
	out, err := s.needs.Lexicons.Lexicons(ctx, c.community.ID, of)
	for i := range out.Lexicons {
		out.Lexicons[i].Text = ""
	}
	return out, err
}

type InLexicon struct {
	InCommunity
	Lexicon string `path:"lexicon" pattern:"^[a-z0-9][a-z0-9-]{0,39}$"`
	ScopeInput
}

func (s *Server) oneLexicon(ctx context.Context, c call, in *InLexicon) (LexiconView, error) {
	of, err := in.scope()
	if err != nil {
		return LexiconView{}, err
	}
	all, err := s.needs.Lexicons.Lexicons(ctx, c.community.ID, of)
	if err != nil {
		return LexiconView{}, err
	}
	for _, l := range all.Lexicons {
		if l.ID == in.Lexicon && (Scope{l.Group, l.Set}) == of {
			return l, nil
		}
	}
	return LexiconView{}, community.Errorf(community.NotFound, "there is no lexicon %s", in.Lexicon)
}

type lexiconInput struct {
	InLexicon
	RawBody []byte
	Body    LexiconView
}

func (s *Server) saveLexicon(ctx context.Context, c call, in *lexiconInput) (LexiconView, error) {
	if err := keep(in.RawBody, func() (LexiconView, error) { return s.oneLexicon(ctx, c, &in.InLexicon) }, &in.Body); err != nil {
		return LexiconView{}, err
	}
	in.Body.ID, in.Body.Group, in.Body.Set = in.Lexicon, in.Group, in.Set
	of, err := in.scope()
	if err != nil {
		return LexiconView{}, err
	}
	return s.needs.Lexicons.SaveLexicon(ctx, c.community.ID, of, c.visitor.staff.ID, in.Body)
}

type importLexiconInput struct {
	InLexicon
	Body struct {
		Format  string `json:"format" enum:"txt,csv,xlsx"`
		File    []byte `json:"file" doc:"base64" maxLength:"12000000"`
		Name    string `json:"name" minLength:"1" maxLength:"60"`
		Version int64  `json:"version" minimum:"0"`
		Dry     bool   `json:"dry,omitempty" doc:"save nothing, only answer with what would be saved"`
	}
}

func (s *Server) importLexicon(ctx context.Context, c call, in *importLexiconInput) (LexiconView, error) {
	file := in.Body.File
	if in.Body.Format != "xlsx" { // spreadsheets write csv in the encoding of their system
		var err error
		if file, err = transcript.PlainText(file); err != nil {
			return LexiconView{}, err
		}
	}
	text, err := casework.LexiconText(file, in.Body.Format, transcript.UnguardCell)
	if err != nil {
		return LexiconView{}, err
	}
	kept, err := s.oneLexicon(ctx, c, &in.InLexicon)
	switch {
	case community.CodeOf(err) == community.NotFound:
		kept = LexiconView{ID: in.Lexicon, Group: in.Group, Set: in.Set, Category: "custom"}
	case err != nil:
		return LexiconView{}, err
	case kept.Starter:
		return LexiconView{}, community.Errorf(community.Invalid, "the lists that the product comes with cannot be changed").WithHint("switch them off, and import a list of your own")
	}
	kept.Name, kept.Text, kept.Version = in.Body.Name, text, in.Body.Version
	if in.Body.Dry {
		return kept, nil
	}
	return s.needs.Lexicons.SaveLexicon(ctx, c.community.ID, Scope{in.Group, in.Set}, c.visitor.staff.ID, kept)
}

// WordHitsAnswer is how often entries of a lexicon were hit.
type WordHitsAnswer struct {
	Answer
	Days  int           `json:"days" doc:"so many days up to now (UTC)"`
	Words []WordHitView `json:"words" doc:"those that were among what a rule fired for, the most frequent first, at most 500"`
}

// WordHitView is an entry with how often it was hit; several hits in one message
// count once.
type WordHitView struct {
	Entry string `json:"entry"`
	Hits  int64  `json:"hits"`
}

func (s *Server) wordHits(ctx context.Context, c call, in *InLexicon) (WordHitsAnswer, error) {
	of, err := in.scope()
	if err != nil {
		return WordHitsAnswer{}, err
	}
	return s.needs.Lexicons.WordHits(ctx, c.community.ID, of, in.Lexicon)
}

type exportLexiconInput struct {
	InLexicon
	Format string `query:"format" enum:"txt,csv,xlsx" default:"txt"`
}

func (s *Server) exportLexicon(ctx context.Context, c call, in *exportLexiconInput) (stream, error) {
	l, err := s.oneLexicon(ctx, c, &in.InLexicon)
	if err != nil {
		return nil, err
	}
	file, err := casework.LexiconFile(l.Text, in.Format, transcript.GuardCell)
	if err != nil {
		return nil, err
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Disposition", `attachment; filename="`+strings.ReplaceAll(l.ID, `"`, "")+"."+in.Format+`"`)
		_, _ = w.Write(file) // who hung up does not read it
	}, nil
}

type tryInput struct {
	InCommunity
	Body TryInput
}

func (s *Server) try(ctx context.Context, c call, in *tryInput) (TryAnswer, error) {
	return s.needs.Lexicons.Try(ctx, c.community.ID, in.Body)
}

func (s *Server) detectors(ctx context.Context, c call, in *ofScopeInput) (DetectorsView, error) {
	of, err := in.scope()
	if err != nil {
		return DetectorsView{}, err
	}
	return s.needs.Lexicons.Detectors(ctx, c.community.ID, of)
}

type detectorsInput struct {
	InCommunity
	ScopeInput
	Body DetectorsView
}

func (s *Server) saveDetectors(ctx context.Context, c call, in *detectorsInput) (DetectorsView, error) {
	of, err := in.scope()
	if err != nil {
		return DetectorsView{}, err
	}
	return s.needs.Lexicons.SaveDetectors(ctx, c.community.ID, of, c.visitor.staff.ID, in.Body)
}
