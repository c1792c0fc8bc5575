package api

import (
	"context"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/automation"
)

// Greetings are what newcomers and new contacts are told by the platform.
type Greetings interface {
	Greetings(ctx context.Context, c community.ID, connection string) ([]GreetingView, error)
	// AddGreeting makes one; the same key again makes no second.
	AddGreeting(ctx context.Context, c community.ID, connection, key string, g connector.Greeting, notify bool, by community.StaffID) (id string, err error)
	// ChangeGreeting and DeleteGreeting fail with Conflict when version is not the one in force.
	ChangeGreeting(ctx context.Context, c community.ID, connection string, g connector.Greeting, version int64, by community.StaffID) error
	DeleteGreeting(ctx context.Context, c community.ID, connection, id string, version int64, by community.StaffID) error
	ContactWelcome(ctx context.Context, c community.ID, connection string) (w automation.ContactWelcome, version int64, err error)
	SaveContactWelcome(ctx context.Context, c community.ID, connection string, w automation.ContactWelcome, version int64, by community.StaffID) error
}

// JoinCodes are codes by which people join groups.
type JoinCodes interface {
	JoinCodes(ctx context.Context, c community.ID, connection string) ([]JoinCodeView, error)
	// AddJoinCode makes one; the same key again makes no second.
	AddJoinCode(ctx context.Context, c community.ID, connection, key string, j connector.JoinCode, by community.StaffID) (id string, err error)
	// JoinCode tells how it is on the platform now.
	JoinCode(ctx context.Context, c community.ID, connection, id string) (connector.JoinCodeState, error)
	JoinCodePicture(ctx context.Context, c community.ID, connection, id string) ([]byte, error)
	ChangeJoinCode(ctx context.Context, c community.ID, connection string, j connector.JoinCode, version int64, by community.StaffID) error
	DeleteJoinCode(ctx context.Context, c community.ID, connection, id string, version int64, by community.StaffID) error
}

// CorpTags are tags that colleagues put on their customers.
type CorpTags interface {
	CorpTags(ctx context.Context, c community.ID, connection string) ([]connector.CorpTagGroup, error)
	AddCorpTags(ctx context.Context, c community.ID, connection, group string, names []string, by community.StaffID) (connector.CorpTagGroup, error)
	RenameCorpTag(ctx context.Context, c community.ID, connection, id, name string, by community.StaffID) error
	DeleteCorpTags(ctx context.Context, c community.ID, connection string, tags, groups []string, by community.StaffID) error
	MarkCustomer(ctx context.Context, c community.ID, connection, colleague, customer string, add, remove []string, by community.StaffID) error
	CorpCustomers(ctx context.Context, c community.ID, connection, colleague, cursor string) (list []connector.Customer, next string, err error)
}

// WordRules keep colleagues from writing words to customers.
type WordRules interface {
	WordRules(ctx context.Context, c community.ID, connection string) ([]connector.WordRule, error)
	WordRule(ctx context.Context, c community.ID, connection, id string) (connector.WordRule, error)
	// AddWordRule makes one; the same key again makes no second.
	AddWordRule(ctx context.Context, c community.ID, connection, key string, r connector.WordRule, by community.StaffID) (id string, err error)
	ChangeWordRule(ctx context.Context, c community.ID, connection string, r connector.WordRule, by community.StaffID) error
	DeleteWordRule(ctx context.Context, c community.ID, connection, id string, by community.StaffID) error
	ExportWords(ctx context.Context, c community.ID, connection, name string, words []string) (connector.WordExport, error)
}

// GreetingView is a welcome that owners can choose for their groups.
type GreetingView struct {
	connector.Greeting
	Version int64 `json:"version"`
	Created int64 `json:"created_at"`
}

// GreetingInput is what people type about one.
type GreetingInput struct {
	Text    string                `json:"text" maxLength:"3000" doc:"%NICKNAME% stands for the newcomer's name"`
	Link    *connector.LinkedPage `json:"link,omitempty"`
	Notify  bool                  `json:"notify,omitempty" doc:"of a new one: tell the owners"`
	Version int64                 `json:"version,omitempty" minimum:"0" doc:"as it was read; of a new one 0"`
}

// GreetingsAnswer lists those that were made here.
type GreetingsAnswer struct {
	Answer
	Greetings []GreetingView `json:"greetings"`
}

// MadeAnswer names what was made.
type MadeAnswer struct {
	Answer
	ID string `json:"id"`
}

// JoinCodeView is a code by which people join groups.
type JoinCodeView struct {
	connector.JoinCode
	Version int64 `json:"version"`
	Created int64 `json:"created_at"`
}

// JoinCodeInput is what people type about one.
type JoinCodeInput struct {
	Remark  string   `json:"remark" maxLength:"30"`
	State   string   `json:"state,omitempty" maxLength:"30" doc:"comes back with everybody who joins by it; absent: made up, or as it was"`
	Groups  []string `json:"groups" minItems:"1" maxItems:"5" doc:"the platform's IDs; the first with room is used"`
	Found   bool     `json:"found,omitempty" doc:"found another group when all are full"`
	Name    string   `json:"name,omitempty" maxLength:"40"`
	From    int64    `json:"from,omitempty" minimum:"0" maximum:"100000"`
	Version int64    `json:"version,omitempty" minimum:"0"`
}

// JoinCodesAnswer lists those that were made here.
type JoinCodesAnswer struct {
	Answer
	Codes []JoinCodeView `json:"codes"`
}

// JoinCodeAnswer is how one is on the platform.
type JoinCodeAnswer struct {
	Answer
	Code connector.JoinCodeState `json:"code"`
}

// CorpTagsAnswer lists tags by their groups.
type CorpTagsAnswer struct {
	Answer
	Groups []connector.CorpTagGroup `json:"groups"`
}

// CorpTagAnswer is one group of tags.
type CorpTagAnswer struct {
	Answer
	Group connector.CorpTagGroup `json:"group"`
}

// CorpCustomersAnswer is a page of a colleague's customers.
type CorpCustomersAnswer struct {
	Answer
	Page
	Customers []connector.Customer `json:"customers"`
}

// WordRuleInput is what people type about a rule.
type WordRuleInput struct {
	Name        string   `json:"name" minLength:"1" maxLength:"20"`
	Words       []string `json:"words" maxItems:"300"`
	Phones      bool     `json:"phones,omitempty"`
	Mails       bool     `json:"mails,omitempty"`
	RedPackets  bool     `json:"red_packets,omitempty"`
	WarnOnly    bool     `json:"warn_only,omitempty"`
	Colleagues  []string `json:"colleagues,omitempty" maxItems:"1000"`
	Departments []int64  `json:"departments,omitempty" maxItems:"1000"`
}

func (in WordRuleInput) rule(id string) connector.WordRule {
	return connector.WordRule{ID: id, Name: in.Name, Words: in.Words, Phones: in.Phones, Mails: in.Mails, RedPackets: in.RedPackets,
		WarnOnly: in.WarnOnly, Colleagues: in.Colleagues, Departments: in.Departments}
}

// WordRulesAnswer lists rules without their words.
type WordRulesAnswer struct {
	Answer
	Rules []connector.WordRule `json:"rules"`
}

// WordRuleAnswer is one rule.
type WordRuleAnswer struct {
	Answer
	Rule connector.WordRule `json:"rule"`
}

// WordExportAnswer is a lexicon for the platform.
type WordExportAnswer struct {
	Answer
	Export connector.WordExport `json:"export"`
}

// InMade carries the key of a request that makes something.
type InMade struct {
	InConnection
	Key string `header:"Idempotency-Key" required:"true" minLength:"8" maxLength:"200" doc:"the same key again answers the same, and makes nothing"`
}

// InThing names something on the platform.
type InThing struct {
	InConnection
	Thing string `path:"thing" minLength:"1" maxLength:"128"`
}

// InVersioned names it with the version that was seen.
type InVersioned struct {
	InThing
	Version int64 `query:"version" minimum:"1" required:"true"`
}

func (s *Server) greetings(ctx context.Context, c call, in *InConnection) (a GreetingsAnswer, err error) {
	if a.Answer, err = s.asOf(ctx, c); err == nil {
		a.Greetings, err = s.needs.Corporation.Greetings(ctx, c.community.ID, in.Connection)
	}
	return a, err
}

type addGreetingInput struct {
	InMade
	Body GreetingInput
}

func (s *Server) addGreeting(ctx context.Context, c call, in *addGreetingInput) (a MadeAnswer, err error) {
	g := connector.Greeting{Text: in.Body.Text, Link: in.Body.Link}
	if a.ID, err = s.needs.Corporation.AddGreeting(ctx, c.community.ID, in.Connection, in.Key, g, in.Body.Notify, c.visitor.staff.ID); err == nil {
		a.Answer, err = s.asOf(ctx, c)
	}
	return a, err
}

type changeGreetingInput struct {
	InThing
	Body GreetingInput
}

func (s *Server) changeGreeting(ctx context.Context, c call, in *changeGreetingInput) (GreetingsAnswer, error) {
	g := connector.Greeting{ID: in.Thing, Text: in.Body.Text, Link: in.Body.Link}
	if err := s.needs.Corporation.ChangeGreeting(ctx, c.community.ID, in.Connection, g, in.Body.Version, c.visitor.staff.ID); err != nil {
		return GreetingsAnswer{}, err
	}
	return s.greetings(ctx, c, &in.InConnection)
}

func (s *Server) deleteGreeting(ctx context.Context, c call, in *InVersioned) (Answer, error) {
	if err := s.needs.Corporation.DeleteGreeting(ctx, c.community.ID, in.Connection, in.Thing, in.Version, c.visitor.staff.ID); err != nil {
		return Answer{}, err
	}
	return s.asOf(ctx, c)
}

func (s *Server) joinCodes(ctx context.Context, c call, in *InConnection) (a JoinCodesAnswer, err error) {
	if a.Answer, err = s.asOf(ctx, c); err == nil {
		a.Codes, err = s.needs.Corporation.JoinCodes(ctx, c.community.ID, in.Connection)
	}
	return a, err
}

func (in JoinCodeInput) code(id string) connector.JoinCode {
	return connector.JoinCode{ID: id, Remark: in.Remark, State: in.State, Groups: in.Groups, Found: in.Found, Name: in.Name, From: in.From}
}

type addJoinCodeInput struct {
	InMade
	Body JoinCodeInput
}

func (s *Server) addJoinCode(ctx context.Context, c call, in *addJoinCodeInput) (a MadeAnswer, err error) {
	if a.ID, err = s.needs.Corporation.AddJoinCode(ctx, c.community.ID, in.Connection, in.Key, in.Body.code(""), c.visitor.staff.ID); err == nil {
		a.Answer, err = s.asOf(ctx, c)
	}
	return a, err
}

func (s *Server) joinCode(ctx context.Context, c call, in *InThing) (a JoinCodeAnswer, err error) {
	if a.Answer, err = s.asOf(ctx, c); err == nil {
		a.Code, err = s.needs.Corporation.JoinCode(ctx, c.community.ID, in.Connection, in.Thing)
	}
	return a, err
}

func (s *Server) joinCodePicture(ctx context.Context, c call, in *InThing) (stream, error) {
	b, err := s.needs.Corporation.JoinCodePicture(ctx, c.community.ID, in.Connection, in.Thing)
	return picture(b), err
}

type changeJoinCodeInput struct {
	InThing
	Body JoinCodeInput
}

func (s *Server) changeJoinCode(ctx context.Context, c call, in *changeJoinCodeInput) (JoinCodesAnswer, error) {
	if err := s.needs.Corporation.ChangeJoinCode(ctx, c.community.ID, in.Connection, in.Body.code(in.Thing), in.Body.Version, c.visitor.staff.ID); err != nil {
		return JoinCodesAnswer{}, err
	}
	return s.joinCodes(ctx, c, &in.InConnection)
}

func (s *Server) deleteJoinCode(ctx context.Context, c call, in *InVersioned) (Answer, error) {
	if err := s.needs.Corporation.DeleteJoinCode(ctx, c.community.ID, in.Connection, in.Thing, in.Version, c.visitor.staff.ID); err != nil {
		return Answer{}, err
	}
	return s.asOf(ctx, c)
}

func (s *Server) corpTags(ctx context.Context, c call, in *InConnection) (a CorpTagsAnswer, err error) {
	if a.Answer, err = s.asOf(ctx, c); err == nil {
		a.Groups, err = s.needs.Corporation.CorpTags(ctx, c.community.ID, in.Connection)
	}
	return a, err
}

type addTagsInput struct {
	InConnection
	Body struct {
		Group string   `json:"group" minLength:"1" maxLength:"30" doc:"name of the group of tags; it is made if there is none"`
		Tags  []string `json:"tags" minItems:"1" maxItems:"100"`
	}
}

func (s *Server) addCorpTags(ctx context.Context, c call, in *addTagsInput) (a CorpTagAnswer, err error) {
	if a.Group, err = s.needs.Corporation.AddCorpTags(ctx, c.community.ID, in.Connection, in.Body.Group, in.Body.Tags, c.visitor.staff.ID); err == nil {
		a.Answer, err = s.asOf(ctx, c)
	}
	return a, err
}

type renameTagInput struct {
	InThing
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"30"`
	}
}

func (s *Server) renameCorpTag(ctx context.Context, c call, in *renameTagInput) (Answer, error) {
	if err := s.needs.Corporation.RenameCorpTag(ctx, c.community.ID, in.Connection, in.Thing, in.Body.Name, c.visitor.staff.ID); err != nil {
		return Answer{}, err
	}
	return s.asOf(ctx, c)
}

type deleteTagsInput struct {
	InConnection
	Body struct {
		Tags   []string `json:"tags,omitempty" maxItems:"100"`
		Groups []string `json:"groups,omitempty" maxItems:"100"`
	}
}

func (s *Server) deleteCorpTags(ctx context.Context, c call, in *deleteTagsInput) (Answer, error) {
	if err := s.needs.Corporation.DeleteCorpTags(ctx, c.community.ID, in.Connection, in.Body.Tags, in.Body.Groups, c.visitor.staff.ID); err != nil {
		return Answer{}, err
	}
	return s.asOf(ctx, c)
}

type customersInput struct {
	InConnection
	Colleague string `query:"colleague" required:"true" minLength:"1" maxLength:"64" doc:"the platform's ID"`
	Cursor    string `query:"cursor" maxLength:"1000" doc:"next of the page before"`
}

func (s *Server) corpCustomers(ctx context.Context, c call, in *customersInput) (a CorpCustomersAnswer, err error) {
	if a.Answer, err = s.asOf(ctx, c); err == nil {
		a.Customers, a.Next, err = s.needs.Corporation.CorpCustomers(ctx, c.community.ID, in.Connection, in.Colleague, in.Cursor)
	}
	return a, err
}

type markInput struct {
	InConnection
	Body struct {
		Colleague string   `json:"colleague" minLength:"1" maxLength:"64"`
		Customer  string   `json:"customer" minLength:"1" maxLength:"128"`
		Add       []string `json:"add,omitempty" maxItems:"100"`
		Remove    []string `json:"remove,omitempty" maxItems:"100"`
	}
}

func (s *Server) markCustomer(ctx context.Context, c call, in *markInput) (Answer, error) {
	b := in.Body
	if err := s.needs.Corporation.MarkCustomer(ctx, c.community.ID, in.Connection, b.Colleague, b.Customer, b.Add, b.Remove, c.visitor.staff.ID); err != nil {
		return Answer{}, err
	}
	return s.asOf(ctx, c)
}

func (s *Server) wordRules(ctx context.Context, c call, in *InConnection) (a WordRulesAnswer, err error) {
	if a.Answer, err = s.asOf(ctx, c); err == nil {
		a.Rules, err = s.needs.Corporation.WordRules(ctx, c.community.ID, in.Connection)
	}
	return a, err
}

func (s *Server) wordRule(ctx context.Context, c call, in *InThing) (a WordRuleAnswer, err error) {
	if a.Answer, err = s.asOf(ctx, c); err == nil {
		a.Rule, err = s.needs.Corporation.WordRule(ctx, c.community.ID, in.Connection, in.Thing)
	}
	return a, err
}

type addWordRuleInput struct {
	InMade
	Body WordRuleInput
}

func (s *Server) addWordRule(ctx context.Context, c call, in *addWordRuleInput) (a MadeAnswer, err error) {
	if a.ID, err = s.needs.Corporation.AddWordRule(ctx, c.community.ID, in.Connection, in.Key, in.Body.rule(""), c.visitor.staff.ID); err == nil {
		a.Answer, err = s.asOf(ctx, c)
	}
	return a, err
}

type changeWordRuleInput struct {
	InThing
	Body WordRuleInput
}

func (s *Server) changeWordRule(ctx context.Context, c call, in *changeWordRuleInput) (WordRuleAnswer, error) {
	if err := s.needs.Corporation.ChangeWordRule(ctx, c.community.ID, in.Connection, in.Body.rule(in.Thing), c.visitor.staff.ID); err != nil {
		return WordRuleAnswer{}, err
	}
	return s.wordRule(ctx, c, &in.InThing)
}

func (s *Server) deleteWordRule(ctx context.Context, c call, in *InThing) (Answer, error) {
	if err := s.needs.Corporation.DeleteWordRule(ctx, c.community.ID, in.Connection, in.Thing, c.visitor.staff.ID); err != nil {
		return Answer{}, err
	}
	return s.asOf(ctx, c)
}

type exportWordsInput struct {
	InConnection
	Body struct {
		Name  string   `json:"name" minLength:"1" maxLength:"40"`
		Words []string `json:"words" minItems:"1" maxItems:"50000"`
	}
}

func (s *Server) exportWords(ctx context.Context, c call, in *exportWordsInput) (a WordExportAnswer, err error) {
	if a.Answer, err = s.asOf(ctx, c); err == nil {
		a.Export, err = s.needs.Corporation.ExportWords(ctx, c.community.ID, in.Connection, in.Body.Name, in.Body.Words)
	}
	return a, err
}
