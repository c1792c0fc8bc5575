package connector

import (
	"context"
	"time"
)

// What an account that people follow manages beside its messages. Errors are as in
// what corporations manage.

// SceneCodes are codes by which people find the account: who scans one follows it, and
// the platform tells by which code they came (渠道二维码).
type SceneCodes interface {
	// AddSceneCode makes a code; a zero lasts is for ever. The platform lists none and
	// takes none back. Invalid for a scene or a time that it does not take.
	AddSceneCode(ctx context.Context, scene string, lasts time.Duration) (SceneCode, error)
}

// SceneCode is such a code.
type SceneCode struct {
	Scene string    // comes back as Data["state"] of contact.added and code.scanned
	Holds string    // what is drawn as a QR code
	Until time.Time // zero: for ever
}

// Menus is the account's menu, which people see below what they write.
type Menus interface {
	// Menu reads it, empty if there is none.
	Menu(ctx context.Context) ([]MenuButton, error)
	// SetMenu replaces it; people see it within a day. Invalid for one that the
	// platform does not take.
	SetMenu(ctx context.Context, buttons []MenuButton) error
	// DeleteMenu takes it away.
	DeleteMenu(ctx context.Context) error
}

// MenuButton is an entry of a menu. With Sub it only opens them.
type MenuButton struct {
	Type  string       `json:"type,omitempty" maxLength:"40" doc:"view: a page; miniprogram; click, scancode_push and others of the platform's"`
	Name  string       `json:"name" minLength:"1" maxLength:"60"`
	Key   string       `json:"key,omitempty" maxLength:"128" doc:"of click: comes back with the call"`
	URL   string       `json:"url,omitempty" maxLength:"1024"`
	AppID string       `json:"appid,omitempty" maxLength:"64"`
	Path  string       `json:"pagepath,omitempty" maxLength:"1024"`
	Media string       `json:"media_id,omitempty" maxLength:"256"`
	Sub   []MenuButton `json:"sub_button,omitempty" maxItems:"5"`
}
