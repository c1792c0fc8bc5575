package api

import (
	"context"

	"qunying/community"
)

// Profiles says what groups are for, in which zone their days are counted, and
// which are put away.
type Profiles interface {
	// Profile fails with NotFound where there is no such group or set.
	Profile(ctx context.Context, c community.ID, of Scope) (ProfileAnswer, error)
	// SaveProfile fails with Conflict when v.Version is not the version in force.
	SaveProfile(ctx context.Context, c community.ID, of Scope, by community.StaffID, v ProfileView) (ProfileAnswer, error)
	Zone(ctx context.Context, c community.ID, g community.GroupID) (ZoneAnswer, error)
	// SaveZone fails with Invalid where days that were counted would move.
	SaveZone(ctx context.Context, c community.ID, g community.GroupID, by community.StaffID, v ZoneInput) (ZoneAnswer, error)

	// Kept lists the groups whose keeper or backup somebody is.
	Kept(ctx context.Context, c community.ID, who community.StaffID) ([]community.GroupID, error)

	Leave(ctx context.Context, c community.ID, g community.GroupID, away bool, by community.StaffID) error
	Return(ctx context.Context, c community.ID, g community.GroupID, by community.StaffID) (listens bool, err error)

	// Handover counts what would be handed over, and does it where in.Apply says so.
	Handover(ctx context.Context, c community.ID, by community.StaffID, in HandoverInput) (HandoverAnswer, error)
	Handovers(ctx context.Context, c community.ID) (HandoversAnswer, error)
	// TakeBack fails with NotFound, and a second time with Conflict.
	TakeBack(ctx context.Context, c community.ID, by community.StaffID, id int64) (TakeBackAnswer, error)
}

// ProfileView is what a group is for. Absent fields are inherited.
type ProfileView struct {
	Type      *string         `json:"type,omitempty" enum:"product,interest,resource,service,knowledge,commerce,consumption,brand,mixed" doc:"what sort of group (S1 to S3); it says with which groups it is compared"`
	Goal      *string         `json:"goal,omitempty" maxLength:"1000" doc:"what it is there for (S4)"`
	Direction *string         `json:"direction,omitempty" maxLength:"1000" doc:"the one main direction"`
	Value     *string         `json:"value,omitempty" maxLength:"1000" doc:"what members get here and not elsewhere"`
	Material  *[]MaterialView `json:"material,omitempty" maxItems:"30" doc:"what only members get"`
	Founded   *community.Day  `json:"founded,omitempty" doc:"when it was made on its platform, from which its age counts (S110); of a group only"`
	Version   int64           `json:"version" minimum:"0"`
}

// MaterialView is something that only members get.
type MaterialView struct {
	Name string `json:"name" minLength:"1" maxLength:"1000"`
	Link string `json:"link,omitempty" maxLength:"2000" doc:"http or https"`
}

// ProfileAnswer is what a group is for.
type ProfileAnswer struct {
	Answer
	Profile ProfileView           `json:"profile" doc:"as it was saved here; absent fields are inherited"`
	InForce ProfileView           `json:"in_force" doc:"with what is inherited"`
	From    map[string]SourceView `json:"from" doc:"whose each field of in_force is; those that nobody typed are absent"`
}

// ZoneChange says that days are counted in another zone from one of them on.
type ZoneChange struct {
	From community.Day `json:"from" doc:"the first day in it"`
	Zone string        `json:"zone" minLength:"1" maxLength:"64" doc:"IANA name"`
}

// ZoneAnswer is in which zones a group's days are counted.
type ZoneAnswer struct {
	Answer
	First   string        `json:"first" doc:"before all changes"`
	Now     string        `json:"now"`
	Today   community.Day `json:"today" doc:"in it"`
	Changes []ZoneChange  `json:"changes" doc:"by day"`
	Begun   int           `json:"begun" doc:"how many of them have begun: those stay, because days were counted by them"`
	Version int64         `json:"version"`
}

// ZoneInput is what changes shall there be.
type ZoneInput struct {
	Changes []ZoneChange `json:"changes" maxItems:"50" doc:"all of them, those that have begun as well"`
	Version int64        `json:"version" minimum:"0"`
}

// LeaveInput says how a group is left.
type LeaveInput struct {
	Away bool `json:"put_away" doc:"take it out of all lists as well; its history stays"`
}

// ReturnAnswer says whether a group is listened to again.
type ReturnAnswer struct {
	Answer
	Listens bool `json:"listens"`
}

// HandoverInput is who gives what to whom.
type HandoverInput struct {
	From   community.StaffID `json:"from" minimum:"1"`
	To     community.StaffID `json:"to" minimum:"1"`
	Keeper bool              `json:"keeper" doc:"the groups whose keeper they are"`
	Backup bool              `json:"backup" doc:"the groups whose backup they are"`
	Tasks  bool              `json:"tasks" doc:"open tasks that wait for them"`
	Apply  bool              `json:"apply" doc:"do it; otherwise it is counted only"`
}

// HandoverCount counts what goes from one to the other.
type HandoverCount struct {
	Keeper int `json:"keeper" doc:"groups that get another keeper"`
	Backup int `json:"backup" doc:"groups that get another backup"`
	Alone  int `json:"alone" doc:"of these, groups that have no backup any more, because the two had them together"`
	Tasks  int `json:"tasks"`
}

// HandoverAnswer is what was or would be handed over.
type HandoverAnswer struct {
	Answer
	Count HandoverCount `json:"count"`
	ID    int64         `json:"id,omitempty" doc:"of what was done, to take it back by; absent: it was counted only"`
}

// HandoverView is a hand-over that was done.
type HandoverView struct {
	ID     int64             `json:"id"`
	By     community.StaffID `json:"by"`
	At     int64             `json:"at"`
	From   community.StaffID `json:"from"`
	To     community.StaffID `json:"to"`
	Count  HandoverCount     `json:"count"`
	Undone int64             `json:"undone_at,omitempty"`
}

// HandoversAnswer lists the latest.
type HandoversAnswer struct {
	Answer
	Handovers []HandoverView `json:"handovers" doc:"the newest first, ten at most"`
}

// TakeBackAnswer is what a hand-over's undoing gave back.
type TakeBackAnswer struct {
	Answer
	Count  HandoverCount `json:"count"`
	Stayed int           `json:"stayed" doc:"groups and tasks that had become somebody else's meanwhile, and stay theirs"`
}

// profileRoutes declares what a group is for, and whose it becomes.
func (s *Server) profileRoutes() {
	declare(s, route{get, inC + "/settings/profile", read, "getProfile", "Settings", "What groups are for, where they do not say so themselves"}, s.profile)
	declare(s, route{put, inC + "/settings/profile", manage, "saveProfile", "Settings", "Save it for all groups"}, s.saveProfile)
	declare(s, route{get, inSet + "/profile", read, "getSetProfile", "Settings", "What the groups of a set are for"}, s.setProfile)
	declare(s, route{put, inSet + "/profile", manage, "saveSetProfile", "Settings", "Save it for a set of groups"}, s.saveSetProfile)
	declare(s, route{get, inG + "/settings/profile", read, "getGroupProfile", "Settings", "What a group is for: its type and charter"}, s.groupProfile)
	declare(s, route{put, inG + "/settings/profile", manage, "saveGroupProfile", "Settings", "Save what a group is for"}, s.saveGroupProfile)
	declare(s, route{get, inG + "/settings/zone", read, "getGroupZone", "Settings", "In which zones a group's days are counted"}, s.groupZone)
	declare(s, route{put, inG + "/settings/zone", manage, "saveGroupZone", "Settings", "Count a group's days in another zone from a day on"}, s.saveGroupZone)
	declare(s, route{post, inG + "/leave", manage, "leaveGroup", "Connections", "Listen in a group no longer, and put it away; what was logged stays"}, s.leaveGroup)
	declare(s, route{post, inG + "/return", manage, "returnToGroup", "Connections", "Bring a group back, and listen in it again"}, s.returnToGroup)

	declare(s, route{get, inC + "/handovers", manage, "listHandovers", "Team", "What colleagues gave to each other lately"}, s.handovers)
	declare(s, route{post, inC + "/handovers", manage, "handOverKeeping", "Team", "Give a colleague's groups and tasks to another; counts them first"}, s.handOverKeeping)
	declare(s, route{post, inC + "/handovers/{handover}/undo", manage, "takeBackHandover", "Team", "Take a hand-over back"}, s.takeBack)
}

func (s *Server) profile(ctx context.Context, c call, _ *InCommunity) (ProfileAnswer, error) {
	return s.needs.Profiles.Profile(ctx, c.community.ID, Scope{})
}

func (s *Server) setProfile(ctx context.Context, c call, in *InSet) (ProfileAnswer, error) {
	return s.needs.Profiles.Profile(ctx, c.community.ID, Scope{Set: in.Set})
}

func (s *Server) groupProfile(ctx context.Context, c call, in *InGroup) (ProfileAnswer, error) {
	return s.needs.Profiles.Profile(ctx, c.community.ID, Scope{Group: in.Group})
}

type profileInput struct {
	InCommunity
	Body ProfileView
}

func (s *Server) saveProfile(ctx context.Context, c call, in *profileInput) (ProfileAnswer, error) {
	return s.needs.Profiles.SaveProfile(ctx, c.community.ID, Scope{}, c.visitor.staff.ID, in.Body)
}

type setProfileInput struct {
	InSet
	Body ProfileView
}

func (s *Server) saveSetProfile(ctx context.Context, c call, in *setProfileInput) (ProfileAnswer, error) {
	return s.needs.Profiles.SaveProfile(ctx, c.community.ID, Scope{Set: in.Set}, c.visitor.staff.ID, in.Body)
}

type groupProfileInput struct {
	InGroup
	Body ProfileView
}

func (s *Server) saveGroupProfile(ctx context.Context, c call, in *groupProfileInput) (ProfileAnswer, error) {
	return s.needs.Profiles.SaveProfile(ctx, c.community.ID, Scope{Group: in.Group}, c.visitor.staff.ID, in.Body)
}

func (s *Server) groupZone(ctx context.Context, c call, in *InGroup) (ZoneAnswer, error) {
	return s.needs.Profiles.Zone(ctx, c.community.ID, in.Group)
}

type zoneInput struct {
	InGroup
	Body ZoneInput
}

func (s *Server) saveGroupZone(ctx context.Context, c call, in *zoneInput) (ZoneAnswer, error) {
	return s.needs.Profiles.SaveZone(ctx, c.community.ID, in.Group, c.visitor.staff.ID, in.Body)
}

type leaveInput struct {
	InGroup
	Body LeaveInput
}

func (s *Server) leaveGroup(ctx context.Context, c call, in *leaveInput) (Answer, error) {
	return Answer{}, s.needs.Profiles.Leave(ctx, c.community.ID, in.Group, in.Body.Away, c.visitor.staff.ID)
}

func (s *Server) returnToGroup(ctx context.Context, c call, in *InGroup) (a ReturnAnswer, err error) {
	a.Listens, err = s.needs.Profiles.Return(ctx, c.community.ID, in.Group, c.visitor.staff.ID)
	return a, err
}

func (s *Server) handovers(ctx context.Context, c call, _ *InCommunity) (HandoversAnswer, error) {
	return s.needs.Profiles.Handovers(ctx, c.community.ID)
}

type handoverInput struct {
	InCommunity
	Body HandoverInput
}

func (s *Server) handOverKeeping(ctx context.Context, c call, in *handoverInput) (HandoverAnswer, error) {
	return s.needs.Profiles.Handover(ctx, c.community.ID, c.visitor.staff.ID, in.Body)
}

type takeBackInput struct {
	InCommunity
	Handover int64 `path:"handover" minimum:"1"`
}

func (s *Server) takeBack(ctx context.Context, c call, in *takeBackInput) (TakeBackAnswer, error) {
	return s.needs.Profiles.TakeBack(ctx, c.community.ID, c.visitor.staff.ID, in.Handover)
}
