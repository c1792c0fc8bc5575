package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
)

// What an account that people follow manages on its platform: codes by which they
// come, and its menu. As with corporations it is done at once, and audited.

const (
	sceneCodes     = "scene_code"
	mostSceneCodes = 1000 // of one account
	codeUseDays    = 30   // of which it is told how often codes were used
)

// SceneCode is a code as it was made here.
type SceneCode struct {
	Name  string `json:"name"`  // for staff: where it hangs
	Scene string `json:"scene"` // what comes back with who scans it
	Holds string `json:"holds"` // what is drawn
	Until int64  `json:"until"` // ms, 0: for ever
}

// UsedCode is one of them with how often it was used in the last thirty days.
type UsedCode struct {
	Kept[SceneCode]
	Use store.CodeUse
}

// SceneCodes lists the codes that were made here: the platform lists none.
func (e *Engine) SceneCodes(ctx context.Context, c community.ID, account string) ([]UsedCode, error) {
	if _, err := able[connector.SceneCodes](e, c, account); err != nil {
		return nil, err
	}
	list, err := listKept[SceneCode](ctx, e, c, account, sceneCodes)
	if err != nil {
		return nil, err
	}
	uses, err := e.codeUses(ctx, c, account)
	if err != nil {
		return nil, err
	}
	out := make([]UsedCode, 0, len(list))
	for _, k := range list {
		out = append(out, UsedCode{k, uses[k.Value.Scene]})
	}
	return out, nil
}

// codeUses tells how often codes of an account were used in the last thirty days, by
// what they carry.
func (e *Engine) codeUses(ctx context.Context, c community.ID, account string) (uses map[string]store.CodeUse, err error) {
	is := e.accountNamed(c, account)
	if is == nil {
		return nil, community.Errorf(community.NotFound, "there is no connection %s", account)
	}
	err = e.db.Read(ctx, func(q store.Querier) error {
		g, found, err := store.GroupByOutside(ctx, q, c, is.network, is.directGroup())
		if err == nil && found {
			uses, err = store.CodeUses(ctx, q, c, g.ID, e.now().AddDate(0, 0, -codeUseDays))
		}
		return err
	})
	return uses, err
}

// NewSceneCode is what is typed about a code.
type NewSceneCode struct {
	Name  string
	Scene string        // "": one is made up
	Lasts time.Duration // 0: for ever
}

// AddSceneCode makes a code. key is the request's. Conflict where another code of the
// account carries the same.
func (e *Engine) AddSceneCode(ctx context.Context, c community.ID, account, key string, in NewSceneCode, by community.StaffID) (string, error) {
	p, err := able[connector.SceneCodes](e, c, account)
	if err != nil {
		return "", err
	}
	in.Name = strings.TrimSpace(in.Name)
	if in.Name == "" {
		return "", community.Errorf(community.Invalid, "name: the code has no name").WithHint("write where it will hang")
	}
	list, err := listKept[SceneCode](ctx, e, c, account, sceneCodes)
	if err != nil {
		return "", err
	}
	if len(list) >= mostSceneCodes {
		return "", community.Errorf(community.Conflict, "the account has %d codes", len(list)).WithHint("remove some that nobody uses any more")
	}
	made := SceneCode{Name: in.Name}
	d := deed{c: c, account: account, by: by, act: "scene_code.add", subject: sceneCodes, after: in}
	return e.once(ctx, d, key, func(ctx context.Context, mark string) (string, error) {
		scene := in.Scene
		if scene == "" {
			scene = "q" + mark[:12]
		}
		if slices.ContainsFunc(list, func(k Kept[SceneCode]) bool { return k.Value.Scene == scene }) {
			return "", community.Errorf(community.Conflict, "scene: another code carries the same").WithHint("choose another one, or leave it empty")
		}
		code, err := p.AddSceneCode(ctx, scene, in.Lasts)
		if err != nil {
			return "", err
		}
		made.Scene, made.Holds, made.Until = code.Scene, code.Holds, untilOf(code)
		return mark, nil
	}, func(tx *store.Tx, id string) error {
		return e.saveIn(tx, c, keptKey(account, sceneCodes, id), kept[SceneCode]{Value: made, CreatedAt: e.now().UnixMilli()}, 0, by)
	})
}

func untilOf(c connector.SceneCode) int64 {
	if c.Until.IsZero() {
		return 0
	}
	return c.Until.UnixMilli()
}

// ChangeSceneCode gives a code another name and, where renew says so, makes it anew
// with the same scene for another while: its picture changes then. Conflict when
// based is not the version in force.
func (e *Engine) ChangeSceneCode(ctx context.Context, c community.ID, account, id, name string, renew bool, lasts time.Duration, based int64, by community.StaffID) error {
	p, err := able[connector.SceneCodes](e, c, account)
	if err != nil {
		return err
	}
	was, err := keptAt[SceneCode](ctx, e, c, account, sceneCodes, id, based)
	if err != nil {
		return err
	}
	to := was.Value
	if to.Name = strings.TrimSpace(name); to.Name == "" {
		return community.Errorf(community.Invalid, "name: the code has no name").WithHint("write where it will hang")
	}
	return change(ctx, e, deed{c: c, account: account, by: by}, sceneCodes, id, based, &to, func(ctx context.Context) error {
		if !renew {
			return nil
		}
		code, err := p.AddSceneCode(ctx, to.Scene, lasts)
		to.Holds, to.Until = code.Holds, untilOf(code)
		return err
	})
}

// ForgetSceneCode takes a code off the list. The platform takes none back: until it
// ends it leads to the account all the same.
func (e *Engine) ForgetSceneCode(ctx context.Context, c community.ID, account, id string, based int64, by community.StaffID) error {
	if _, err := able[connector.SceneCodes](e, c, account); err != nil {
		return err
	}
	return change[SceneCode](ctx, e, deed{c: c, account: account, by: by}, sceneCodes, id, based, nil, func(context.Context) error { return nil })
}

// Menu reads an account's menu, with a mark of how it is.
func (e *Engine) Menu(ctx context.Context, c community.ID, account string) ([]connector.MenuButton, string, error) {
	p, err := able[connector.Menus](e, c, account)
	if err != nil {
		return nil, "", err
	}
	list, err := p.Menu(ctx)
	return list, markOf(list), err
}

// markOf tells one menu from another.
func markOf(list []connector.MenuButton) string {
	b, err := json.Marshal(list)
	if err != nil {
		return "" // it is made of texts: that does not happen
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:12])
}

const (
	longestMenuName = 4 // characters beside each other at the bottom; more are cut
	longestSubName  = 8
)

// SaveMenu replaces a menu; an empty one takes it away. Conflict when mark is not that
// of the menu there is.
func (e *Engine) SaveMenu(ctx context.Context, c community.ID, account string, list []connector.MenuButton, mark string, by community.StaffID) error {
	p, err := able[connector.Menus](e, c, account)
	if err != nil {
		return err
	}
	if err := checkMenu(list); err != nil {
		return err
	}
	was, err := p.Menu(ctx)
	if err != nil {
		return err
	}
	if markOf(was) != mark {
		return community.Errorf(community.Conflict, "somebody else has changed the menu meanwhile").WithHint("look at it again before you change it")
	}
	d := deed{c: c, account: account, by: by, act: "menu.save", subject: "menu", before: was, after: list}
	return e.carryOut(ctx, d, func(ctx context.Context) error {
		if len(list) == 0 {
			return p.DeleteMenu(ctx)
		}
		return p.SetMenu(ctx, list)
	})
}

// checkMenu says what is wrong with a menu before the platform is asked.
func checkMenu(list []connector.MenuButton) error {
	var look func(list []connector.MenuButton, most, longest int) error
	look = func(list []connector.MenuButton, most, longest int) error {
		if len(list) > most {
			return community.Errorf(community.Invalid, "buttons: there are %d beside each other", len(list)).WithHint("3, and 5 below each")
		}
		for _, b := range list {
			switch {
			case strings.TrimSpace(b.Name) == "":
				return community.Errorf(community.Invalid, "name: an entry has no name")
			case utf8.RuneCountInString(b.Name) > longest*2: // Latin letters take half the room
				return community.Errorf(community.Invalid, "name: %q is too long", b.Name).WithHint("4 characters at the bottom, 8 above")
			case len(b.Sub) > 0 && most == 5:
				return community.Errorf(community.Invalid, "buttons: %q opens a third level", b.Name).WithHint("there are two")
			case len(b.Sub) > 0:
				if err := look(b.Sub, 5, longestSubName); err != nil {
					return err
				}
			case b.Type == "view" && !strings.HasPrefix(b.URL, "https://") && !strings.HasPrefix(b.URL, "http://"):
				return community.Errorf(community.Invalid, "url: %q leads nowhere", b.Name).WithHint("an address that begins with https://")
			case b.Type == "miniprogram" && (b.AppID == "" || b.Path == ""):
				return community.Errorf(community.Invalid, "appid: %q does not say which mini program, or which page", b.Name)
			case b.Type == "":
				return community.Errorf(community.Invalid, "type: %q does nothing", b.Name)
			}
		}
		return nil
	}
	return look(list, 3, longestMenuName)
}
