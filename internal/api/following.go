package api

import (
	"context"
	"time"

	"qunying/community"
	"qunying/connector"
)

// Following is what an account that people follow manages on its platform. Every
// method takes a connection's name, with errors as of Corporation.
type Following interface {
	SceneCodes(ctx context.Context, c community.ID, connection string) ([]SceneCodeView, error)
	// AddSceneCode makes a code that lasts, 0 for ever; the same key again makes no
	// second. Conflict where another carries the same scene.
	AddSceneCode(ctx context.Context, c community.ID, connection, key string, in SceneCodeInput, by community.StaffID) (id string, err error)
	// ChangeSceneCode and ForgetSceneCode fail with Conflict when version is not the
	// one in force.
	ChangeSceneCode(ctx context.Context, c community.ID, connection, id string, in ChangeSceneCodeInput, by community.StaffID) error
	ForgetSceneCode(ctx context.Context, c community.ID, connection, id string, version int64, by community.StaffID) error
	// Menu reads the account's menu with its mark.
	Menu(ctx context.Context, c community.ID, connection string) ([]connector.MenuButton, string, error)
	// SaveMenu fails with Conflict when mark is not that of the menu there is.
	SaveMenu(ctx context.Context, c community.ID, connection string, buttons []connector.MenuButton, mark string, by community.StaffID) error
}

// SceneCodeView is a code by which people come to follow an account.
type SceneCodeView struct {
	ID       string `json:"id"`
	Name     string `json:"name" doc:"for staff: where it hangs"`
	Scene    string `json:"scene" doc:"the state of contact.added and code.scanned of who used it"`
	Holds    string `json:"holds" doc:"what is drawn as a QR code"`
	Until    int64  `json:"until" doc:"when it ends; 0: never"`
	Version  int64  `json:"version"`
	Created  int64  `json:"created_at"`
	Followed int64  `json:"followed" doc:"in the last 30 days: times that somebody followed by it"`
	Scanned  int64  `json:"scanned" doc:"in the last 30 days: times that followers scanned it"`
	People   int64  `json:"people" doc:"in the last 30 days: who did either"`
	LastAt   int64  `json:"last_at" doc:"when it was used last, in the last 30 days; 0: it was not"`
}

// SceneCodesAnswer lists those that were made here, the newest first.
type SceneCodesAnswer struct {
	Answer
	Codes []SceneCodeView `json:"codes"`
}

// SceneCodeInput is what people type about a code.
type SceneCodeInput struct {
	Name  string `json:"name" minLength:"1" maxLength:"60"`
	Scene string `json:"scene,omitempty" maxLength:"64" doc:"absent: made up"`
	Days  int    `json:"days,omitempty" minimum:"0" maximum:"30" doc:"how long it lasts; 0: for ever, of which an account has 100,000"`
}

// Lasts is how long the code is to be good, 0 for ever.
func (in SceneCodeInput) Lasts() time.Duration { return time.Duration(in.Days) * 24 * time.Hour }

// ChangeSceneCodeInput changes one.
type ChangeSceneCodeInput struct {
	Name    string `json:"name" minLength:"1" maxLength:"60"`
	Renew   bool   `json:"renew,omitempty" doc:"absent: no; make it anew with the same scene; its picture changes"`
	Days    int    `json:"days,omitempty" minimum:"0" maximum:"30" doc:"of one that is made anew; absent or 0: for ever"`
	Version int64  `json:"version" minimum:"1"`
}

// Lasts is how long the code is to be good, 0 for ever.
func (in ChangeSceneCodeInput) Lasts() time.Duration { return time.Duration(in.Days) * 24 * time.Hour }

// MenuAnswer is an account's menu.
type MenuAnswer struct {
	Answer
	Buttons []connector.MenuButton `json:"buttons" doc:"empty: it has none"`
	Mark    string                 `json:"mark" doc:"tells this menu from another"`
}

// MenuInput replaces it.
type MenuInput struct {
	Buttons []connector.MenuButton `json:"buttons" maxItems:"3" doc:"empty takes the menu away"`
	Mark    string                 `json:"mark" maxLength:"64" doc:"of the menu that was seen"`
}

func (s *Server) sceneCodes(ctx context.Context, c call, in *InConnection) (a SceneCodesAnswer, err error) {
	if a.Answer, err = s.asOf(ctx, c); err == nil {
		a.Codes, err = s.needs.Following.SceneCodes(ctx, c.community.ID, in.Connection)
	}
	return a, err
}

type addSceneCodeInput struct {
	InMade
	Body SceneCodeInput
}

func (s *Server) addSceneCode(ctx context.Context, c call, in *addSceneCodeInput) (a MadeAnswer, err error) {
	if a.ID, err = s.needs.Following.AddSceneCode(ctx, c.community.ID, in.Connection, in.Key, in.Body, c.visitor.staff.ID); err == nil {
		a.Answer, err = s.asOf(ctx, c)
	}
	return a, err
}

type changeSceneCodeInput struct {
	InThing
	Body ChangeSceneCodeInput
}

func (s *Server) changeSceneCode(ctx context.Context, c call, in *changeSceneCodeInput) (SceneCodesAnswer, error) {
	if err := s.needs.Following.ChangeSceneCode(ctx, c.community.ID, in.Connection, in.Thing, in.Body, c.visitor.staff.ID); err != nil {
		return SceneCodesAnswer{}, err
	}
	return s.sceneCodes(ctx, c, &in.InConnection)
}

func (s *Server) forgetSceneCode(ctx context.Context, c call, in *InVersioned) (Answer, error) {
	if err := s.needs.Following.ForgetSceneCode(ctx, c.community.ID, in.Connection, in.Thing, in.Version, c.visitor.staff.ID); err != nil {
		return Answer{}, err
	}
	return s.asOf(ctx, c)
}

func (s *Server) menu(ctx context.Context, c call, in *InConnection) (a MenuAnswer, err error) {
	if a.Buttons, a.Mark, err = s.needs.Following.Menu(ctx, c.community.ID, in.Connection); err != nil {
		return a, err
	}
	if a.Buttons == nil {
		a.Buttons = []connector.MenuButton{}
	}
	a.Answer, err = s.asOf(ctx, c)
	return a, err
}

type menuInput struct {
	InConnection
	Body MenuInput
}

func (s *Server) saveMenu(ctx context.Context, c call, in *menuInput) (MenuAnswer, error) {
	if err := s.needs.Following.SaveMenu(ctx, c.community.ID, in.Connection, in.Body.Buttons, in.Body.Mark, c.visitor.staff.ID); err != nil {
		return MenuAnswer{}, err
	}
	return s.menu(ctx, c, &in.InConnection)
}
