package api

import (
	"context"

	"qunying/community"
	"qunying/connector"
)

// ContactCodes are codes by which people become contacts of employees.
type ContactCodes interface {
	ContactCodes(ctx context.Context, c community.ID, connection string) ([]ContactCodeView, error)
	// AddContactCode makes one; the same key again makes no second. Conflict where
	// another carries the same state.
	AddContactCode(ctx context.Context, c community.ID, connection, key string, k connector.ContactCode, by community.StaffID) (id string, err error)
	ContactCodePicture(ctx context.Context, c community.ID, connection, id string) ([]byte, error)
	// ChangeContactCode and DeleteContactCode fail with Conflict when version is not the
	// one in force.
	ChangeContactCode(ctx context.Context, c community.ID, connection string, k connector.ContactCode, version int64, by community.StaffID) error
	DeleteContactCode(ctx context.Context, c community.ID, connection, id string, version int64, by community.StaffID) error
}

// ContactCodeView is a code by which people become contacts.
type ContactCodeView struct {
	connector.ContactCode
	Version int64 `json:"version"`
	Created int64 `json:"created_at"`
	People  int64 `json:"people" doc:"who came by it in the last 30 days"`
	LastAt  int64 `json:"last_at" doc:"when it was used last, in the last 30 days; 0: it was not"`
}

// ContactCodeInput is what people type about one.
type ContactCodeInput struct {
	Remark     string   `json:"remark" minLength:"1" maxLength:"30"`
	State      string   `json:"state,omitempty" maxLength:"30" doc:"of a new one: comes back with everybody who uses it; absent: made up"`
	Employees  []string `json:"employees" minItems:"1" maxItems:"100" doc:"the platform's IDs"`
	SkipVerify bool     `json:"skip_verify,omitempty" doc:"nobody has to agree"`
	Version    int64    `json:"version,omitempty" minimum:"0" doc:"as it was read; of a new one 0"`
}

// ContactCodesAnswer lists those that were made here, the newest first.
type ContactCodesAnswer struct {
	Answer
	Codes []ContactCodeView `json:"codes"`
}

func (in ContactCodeInput) code(id string) connector.ContactCode {
	return connector.ContactCode{ID: id, Remark: in.Remark, State: in.State, Employees: in.Employees, SkipVerify: in.SkipVerify}
}

func (s *Server) contactCodes(ctx context.Context, c call, in *InConnection) (a ContactCodesAnswer, err error) {
	if a.Answer, err = s.asOf(ctx, c); err == nil {
		a.Codes, err = s.needs.Corporation.ContactCodes(ctx, c.community.ID, in.Connection)
	}
	return a, err
}

type addContactCodeInput struct {
	InMade
	Body ContactCodeInput
}

func (s *Server) addContactCode(ctx context.Context, c call, in *addContactCodeInput) (a MadeAnswer, err error) {
	if a.ID, err = s.needs.Corporation.AddContactCode(ctx, c.community.ID, in.Connection, in.Key, in.Body.code(""), c.visitor.staff.ID); err == nil {
		a.Answer, err = s.asOf(ctx, c)
	}
	return a, err
}

func (s *Server) contactCodePicture(ctx context.Context, c call, in *InThing) (stream, error) {
	b, err := s.needs.Corporation.ContactCodePicture(ctx, c.community.ID, in.Connection, in.Thing)
	return picture(b), err
}

type changeContactCodeInput struct {
	InThing
	Body ContactCodeInput
}

func (s *Server) changeContactCode(ctx context.Context, c call, in *changeContactCodeInput) (ContactCodesAnswer, error) {
	if err := s.needs.Corporation.ChangeContactCode(ctx, c.community.ID, in.Connection, in.Body.code(in.Thing), in.Body.Version, c.visitor.staff.ID); err != nil {
		return ContactCodesAnswer{}, err
	}
	return s.contactCodes(ctx, c, &in.InConnection)
}

func (s *Server) deleteContactCode(ctx context.Context, c call, in *InVersioned) (Answer, error) {
	if err := s.needs.Corporation.DeleteContactCode(ctx, c.community.ID, in.Connection, in.Thing, in.Version, c.visitor.staff.ID); err != nil {
		return Answer{}, err
	}
	return s.asOf(ctx, c)
}
