package api

import (
	"context"

	"qunying/community"
)

// Health is how groups are doing, in bands (警戒 / 关注 / 达标 / 优秀).
type Health interface {
	// Health fails with NotFound where there is no such group.
	Health(ctx context.Context, c community.ID, g community.GroupID) (HealthAnswer, error)
	// Healths answers one page, and the place of its last line, which is zero when
	// no page follows.
	Healths(ctx context.Context, c community.ID, q HealthsQuery) (HealthsAnswer, Place, error)
	// Bands fails with NotFound where there is no such group or set.
	Bands(ctx context.Context, c community.ID, of Scope) (BandsAnswer, error)
	// SaveBands fails with Conflict when v.Version is not the version in force.
	SaveBands(ctx context.Context, c community.ID, of Scope, by community.StaffID, v BandsView) (BandsAnswer, error)
	// Tier lists the members of a group who are silent, lost, few or kol at the end of
	// a day, 0 for the last whole one; no later day is answered. It fails with NotFound
	// where there is no such group.
	Tier(ctx context.Context, c community.ID, g community.GroupID, tier string, days Period, limit int) (TierAnswer, error)
	// Order fails with NotFound where there is no such group.
	Order(ctx context.Context, c community.ID, g community.GroupID) (GroupOrder, error)
}

// HealthsQuery asks for a page of groups with their bands.
type HealthsQuery struct {
	Text   string // part of the name, or ""
	Type   string // of group, or ""
	Metric string // by whose value to sort and filter; "": by the worst band
	Band   string // only groups with Metric in it, or with anything in it where Metric is ""
	Order  string // worst or best first
	After  Place
	Limit  int
}

// BandCuts are where bands change, in the metric's unit: worse than alert is 警戒,
// otherwise worse than watch 关注, as good as excellent 优秀, between them 达标. Which
// way is worse the reading says. Absent: there is no such band.
type BandCuts struct {
	Alert     *float64 `json:"alert,omitempty"`
	Watch     *float64 `json:"watch,omitempty"`
	Excellent *float64 `json:"excellent,omitempty"`
}

// BandJudged is a value read by one basis.
type BandJudged struct {
	By     string   `json:"by" enum:"typed,own,peers,reference" doc:"limits that people typed; the group's own last eight weeks; groups of the same type in the same week; the field's figures"`
	Cuts   BandCuts `json:"cuts"`
	Band   string   `json:"band" enum:"alert,watch,good,excellent"`
	Counts bool     `json:"counts" doc:"takes part in the group's band; otherwise it stands beside it for comparison"`
}

// BandReading is one metric of a group's health, over the seven days of the answer.
type BandReading struct {
	Metric string       `json:"metric"`
	Better string       `json:"better" enum:"more,less" doc:"which way is good"`
	Value  *float64     `json:"value" nullable:"true" doc:"null: cannot be known, see why"`
	Of     *float64     `json:"of,omitempty" doc:"of a share of persons how many they are: one more or less of them is no difference"`
	Why    string       `json:"why,omitempty" enum:"no_roster,no_messages,gap,too_young,no_replies,members_seen"`
	Band   string       `json:"band,omitempty" enum:"alert,watch,good,excellent" doc:"the worst of what counts in judged; absent: not known"`
	By     string       `json:"by,omitempty" enum:"typed,own,peers,reference" doc:"which basis gave the band"`
	Judged []BandJudged `json:"judged"`
	Course string       `json:"course,omitempty" enum:"rising,falling,steady" doc:"named only when two weeks in a row say so; absent: too few weeks are known"`
	Weeks  []*float64   `json:"weeks" doc:"the eight windows of seven days before, oldest first; null: not known"`
	Peers  int          `json:"peers" doc:"other groups of the type with a value; 0: it is not compared with others"`
	Ahead  int          `json:"ahead" doc:"of these, those that are better"`
	Lever  string       `json:"lever" enum:"topics,nodes,entry_value,welcome,voices,broaden,recall,answer" doc:"what moves the metric"`
}

// HealthAnswer is how a group is doing: never a score, but its bands, which of them
// is the worst, and what moves it.
type HealthAnswer struct {
	Answer
	Group    community.GroupID `json:"group"`
	Name     string            `json:"name"`
	Type     string            `json:"type,omitempty" enum:"interest,business,learning" doc:"absent: nobody said what the group is for"`
	Period   Period            `json:"period" doc:"the seven days that are judged, up to the last whole one"`
	Counts   map[string]int    `json:"counts" doc:"readings by band"`
	Worst    string            `json:"worst,omitempty" doc:"metric of the worst band; absent: nothing is worse than good"`
	Lever    string            `json:"lever,omitempty" doc:"what moves it"`
	Stage    *StageView        `json:"stage,omitempty" doc:"where the group is in its life; absent before anything was heard"`
	Readings []BandReading     `json:"readings" doc:"the most telling metric first"`
}

// StageView is where a group is in its life (S110).
type StageView struct {
	Age     int      `json:"age_days" doc:"days since since"`
	Since   string   `json:"since" enum:"founded,heard" doc:"the day on which it was founded, where its profile says so; otherwise that on which it was first heard, which may be years later"`
	ByAge   string   `json:"by_age" enum:"burst,stable,decay" doc:"what groups of that age usually are: up to 3 months, up to 12, over 12"`
	Course  string   `json:"course,omitempty" enum:"rising,falling,steady" doc:"what it does from month to month; absent: not known"`
	Change  *float64 `json:"change" nullable:"true" doc:"of messages a day against the 30 days before"`
	Differs bool     `json:"differs" doc:"it does not do what its age says"`
}

// HealthsAnswer is a page of groups with their bands.
type HealthsAnswer struct {
	Answer
	Page
	Total   int          `json:"total" doc:"groups that were asked for, on all pages"`
	Waiting int          `json:"waiting" doc:"groups that have not been counted yet and are left out"`
	Bands   []BandCount  `json:"bands" doc:"over the groups asked for: how many have which metric in which band"`
	Groups  []HealthLine `json:"groups"`
}

// BandCount is how groups are spread over the bands of a metric.
type BandCount struct {
	Metric  string         `json:"metric"`
	Groups  map[string]int `json:"groups" doc:"by band; unknown where there is none"`
	Middle  *float64       `json:"middle" nullable:"true" doc:"the median of the known values"`
	Highest *float64       `json:"highest" nullable:"true"`
	Lowest  *float64       `json:"lowest" nullable:"true"`
}

// HealthLine is a group with its bands.
type HealthLine struct {
	Group  community.GroupID `json:"group"`
	Name   string            `json:"name"`
	Type   string            `json:"type,omitempty" enum:"interest,business,learning"`
	Period Period            `json:"period"`
	Band   string            `json:"band,omitempty" enum:"alert,watch,good,excellent" doc:"the worst of its bands; absent: none is known"`
	Worst  string            `json:"worst,omitempty"`
	Lever  string            `json:"lever,omitempty"`
	Cells  []HealthCell      `json:"cells" doc:"in the order of bands"`
}

// HealthCell is a metric of a group in short.
type HealthCell struct {
	Metric string   `json:"metric"`
	Value  *float64 `json:"value" nullable:"true"`
	Of     *float64 `json:"of,omitempty" doc:"of a share of persons how many they are"`
	Why    string   `json:"why,omitempty"`
	Band   string   `json:"band,omitempty" enum:"alert,watch,good,excellent"`
	Course string   `json:"course,omitempty" enum:"rising,falling,steady"`
	Usual  *float64 `json:"usual" nullable:"true" doc:"the median of the eight weeks before"`
}

// BandsView is what people typed about bands. What is left out is inherited,
// metric by metric: a group's, its sets' in their order, by type, the community's.
type BandsView struct {
	Cuts       map[string]BandCuts            `json:"cuts,omitempty" doc:"by metric; they replace what would be read from the past and from peers"`
	Types      map[string]map[string]BandCuts `json:"types,omitempty" doc:"by type of group, then by metric; of the community only"`
	References *bool                          `json:"references,omitempty" doc:"let the field's figures count; absent: inherited, and off if nobody says so"`
	Version    int64                          `json:"version" minimum:"0"`
}

// BandsAnswer is what was saved about bands.
type BandsAnswer struct {
	Answer
	Bands   BandsView `json:"bands" doc:"as it was saved here"`
	InForce BandsView `json:"in_force" doc:"with what is inherited"`
}

func (s *Server) health(ctx context.Context, c call, in *InGroup) (HealthAnswer, error) {
	return s.needs.Health.Health(ctx, c.community.ID, in.Group)
}

type healthsInput struct {
	InCommunity
	InPage
	Text   string `query:"q" maxLength:"100" doc:"part of the name"`
	Type   string `query:"type" enum:"interest,business,learning" doc:"of group"`
	Metric string `query:"metric" maxLength:"60" doc:"by whose value to sort; absent: by the worst band"`
	Band   string `query:"band" enum:"alert,watch,good,excellent,unknown" doc:"only groups with the metric in it, or, without a metric, whose worst band it is"`
	Order  string `query:"order" enum:"worst,best" default:"worst"`
}

func (s *Server) healths(ctx context.Context, c call, in *healthsInput) (HealthsAnswer, error) {
	q := HealthsQuery{Text: in.Text, Type: in.Type, Metric: in.Metric, Band: in.Band, Order: in.Order, Limit: in.Limit}
	seal := sealOf("healths", c.community.ID, q)
	var err error
	if q.After, err = openCursor(in.Cursor, seal); err != nil {
		return HealthsAnswer{}, err
	}
	out, last, err := s.needs.Health.Healths(ctx, c.community.ID, q)
	out.Next = writeCursor(last, seal)
	return out, err
}

func (s *Server) bands(ctx context.Context, c call, _ *InCommunity) (BandsAnswer, error) {
	return s.needs.Health.Bands(ctx, c.community.ID, Scope{})
}

func (s *Server) setBands(ctx context.Context, c call, in *InSet) (BandsAnswer, error) {
	return s.needs.Health.Bands(ctx, c.community.ID, Scope{Set: in.Set})
}

func (s *Server) groupBands(ctx context.Context, c call, in *InGroup) (BandsAnswer, error) {
	return s.needs.Health.Bands(ctx, c.community.ID, Scope{Group: in.Group})
}

type bandsInput struct {
	InCommunity
	Body BandsView
}

func (s *Server) saveBands(ctx context.Context, c call, in *bandsInput) (BandsAnswer, error) {
	return s.needs.Health.SaveBands(ctx, c.community.ID, Scope{}, c.visitor.staff.ID, in.Body)
}

type setBandsInput struct {
	InSet
	Body BandsView
}

func (s *Server) saveSetBands(ctx context.Context, c call, in *setBandsInput) (BandsAnswer, error) {
	return s.needs.Health.SaveBands(ctx, c.community.ID, Scope{Set: in.Set}, c.visitor.staff.ID, in.Body)
}

type groupBandsInput struct {
	InGroup
	Body BandsView
}

func (s *Server) saveGroupBands(ctx context.Context, c call, in *groupBandsInput) (BandsAnswer, error) {
	return s.needs.Health.SaveBands(ctx, c.community.ID, Scope{Group: in.Group}, c.visitor.staff.ID, in.Body)
}

// TierAnswer lists members in a part that an operator addresses.
type TierAnswer struct {
	Answer
	Period Period       `json:"period" doc:"the days by which it is judged"`
	Why    string       `json:"why,omitempty" enum:"no_roster,no_messages,gap,too_young,no_replies,members_seen" doc:"why it is not known; members_seen: of the members who ever spoke, as no member list is known"`
	Total  int64        `json:"total"`
	People []TierPerson `json:"people" doc:"who spoke last, first"`
}

// TierPerson is a member with what they said in the group.
type TierPerson struct {
	Person   community.PersonID `json:"person"`
	Name     string             `json:"name"`
	Messages int64              `json:"messages" doc:"ever"`
	LastAt   int64              `json:"last_at" doc:"when they were last seen in the group; 0: never"`
}

type tierInput struct {
	InGroup
	Tier  string   `path:"tier" enum:"silent,lost,few,kol,joined,left" doc:"silent: no message in 30 days; lost: none in 90; few: fewer than 3 in two weeks; kol: more than 20 in 30 days; joined and left: in the period, those included whom only two member lists give away"`
	From  dayParam `query:"from" doc:"joined and left from which day on; absent: 30 days"`
	To    dayParam `query:"to" doc:"at the end of which day; absent, or (but for joined and left) later than it: the last whole day"`
	Limit int      `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

func (s *Server) tier(ctx context.Context, c call, in *tierInput) (TierAnswer, error) {
	return s.needs.Health.Tier(ctx, c.community.ID, in.Group, in.Tier, Period{in.From.day, in.To.day}, in.Limit)
}
