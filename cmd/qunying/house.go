package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/engine"
	"qunying/internal/store"
	"qunying/internal/store/backup"
	"qunying/internal/store/privacy"
)

// house keeps what is there.
type house struct{ *console }

// started is when this process was.
var started = time.Now()

func (h house) jobs(kinds ...string) []api.JobView {
	list := []api.JobView{}
	for _, j := range h.engine.Jobs() {
		for _, k := range kinds {
			if j.Kind != k {
				continue
			}
			v := api.JobView{Kind: j.Kind, Share: j.Share, At: milli(j.At), DoneAt: milli(j.DoneAt)}
			if j.Err != nil {
				v.Error = firstLine(j.Err.Error())
			}
			list = append(list, v)
		}
	}
	return list
}

func copiesOf(list []backup.Manifest) []api.BackupView {
	views := []api.BackupView{}
	for _, m := range list {
		views = append(views, api.BackupView{Name: m.Name, At: milli(m.At), Bytes: m.Bytes, Events: m.Events, Seconds: m.Seconds, Program: m.Program, Key: m.Key != ""})
	}
	return views
}

func (h house) Backups(ctx context.Context) (a api.BackupsAnswer, err error) {
	if a.Answer, err = h.asOf(ctx, community.DefaultID); err != nil {
		return a, err
	}
	have, err := h.engine.Backups(ctx)
	if err != nil {
		return a, err
	}
	plan, based, err := h.engine.BackupPlan(ctx)
	if err != nil {
		return a, err
	}
	if plan.Keep == 0 {
		plan.Keep = 7
	}
	a.Folder, a.Here, a.ShareHere, a.Has, a.Elsewhere, a.Share = h.engine.BackupFolder(), copiesOf(have.Here), have.ShareHere, have.Has, copiesOf(have.Elsewhere), have.Share
	if have.ElseErr != nil {
		a.Problem = firstLine(have.ElseErr.Error())
	}
	a.Plan = api.BackupPlanView{Every: plan.Every, Keep: plan.Keep, Version: based}
	a.Jobs = h.jobs("backup")
	return a, nil
}

// note writes into the audit what somebody set going.
func (h house) note(ctx context.Context, c community.ID, by community.StaffID, act string) error {
	return h.db.Write(ctx, func(tx *store.Tx) error { return tx.Audit(c, by, h.now().UnixMilli(), act, "", "", "") })
}

func (h house) StartBackup(ctx context.Context, by community.StaffID) error {
	if err := h.engine.StartBackup(); err != nil {
		return err
	}
	return h.note(ctx, community.DefaultID, by, "backup.start")
}

func (h house) SaveBackupPlan(ctx context.Context, by community.StaffID, v api.BackupPlanView) error {
	plan := engine.BackupPlan{Every: v.Every, Keep: v.Keep}
	if err := plan.Check(); err != nil {
		return err
	}
	return h.engine.SaveSetting(ctx, community.DefaultID, 0, engine.BackupKey, plan, v.Version, by)
}

func (h house) Examine(ctx context.Context, language string) ([]api.Finding, error) {
	d := &doctor{place: h.place, now: h.now(), language: language}
	d.folder()
	d.disk()
	d.key()
	d.zones()
	d.database(ctx, h.machine)
	return d.findings, nil
}

func (h house) About(ctx context.Context) (a api.AboutAnswer, err error) {
	if a.Answer, err = h.asOf(ctx, community.DefaultID); err != nil {
		return a, err
	}
	a.Version, a.License, a.Database, a.Since = version, "Apache-2.0", string(h.db.Dialect), milli(started)
	a.Platform, a.Go = runtime.GOOS+"/"+runtime.GOARCH, runtime.Version()
	if info, err := os.Stat(h.db.Path); err == nil {
		a.Bytes = info.Size()
	}
	err = h.db.Read(ctx, func(q store.Querier) error {
		if a.Events, err = backup.Events(ctx, q); err != nil {
			return err
		}
		return store.Unavailable(q.QueryRowContext(ctx, `SELECT MAX(version_id) FROM goose_db_version`).Scan(&a.Schema))
	})
	return a, err
}

// Privacy.

func (h house) Privacy(ctx context.Context, c community.ID) (a api.PrivacyAnswer, err error) {
	if a.Answer, err = h.asOf(ctx, c); err != nil {
		return a, err
	}
	for _, class := range privacy.Classes {
		a.Classes = append(a.Classes, string(class))
	}
	keep, based, err := h.engine.Retention(ctx, c)
	if err != nil {
		return a, err
	}
	a.Retention = api.RetentionView{Days: map[string]int{}, Version: based}
	for class, days := range keep {
		a.Retention.Days[string(class)] = days
	}
	at, err := h.engine.RetainedAt(ctx, c)
	if err != nil {
		return a, err
	}
	a.RetainedAt = milli(at)
	a.Erasures, a.Jobs = []api.ErasureView{}, h.jobs("erase", "retain")
	var list []privacy.Erasure
	if err := h.db.Read(ctx, func(q store.Querier) error {
		list, err = privacy.Erasures(ctx, q, c)
		return err
	}); err != nil {
		return a, err
	}
	for _, e := range list {
		a.Erasures = append(a.Erasures, api.ErasureView{ID: e.ID, Person: e.Person, By: e.By, At: milli(e.At), DoneAt: milli(e.DoneAt), Bodies: e.Bodies, Rows: e.Rows})
	}
	if len(list) == 0 {
		return a, nil
	}
	have, err := h.engine.Backups(ctx)
	for _, m := range have.Here {
		if m.At.Before(list[0].At) {
			a.OldBackups++
		}
	}
	return a, err
}

func (h house) SaveRetention(ctx context.Context, c community.ID, by community.StaffID, v api.RetentionView) error {
	keep := engine.Retention{}
	for class, days := range v.Days {
		if days != 0 {
			keep[privacy.Class(class)] = days
		}
	}
	if err := keep.Check(); err != nil {
		return err
	}
	return h.engine.SaveSetting(ctx, c, 0, engine.RetentionKey, keep, v.Version, by)
}

func (h house) StartRetention(ctx context.Context, c community.ID, by community.StaffID) error {
	if err := h.engine.StartRetain(c); err != nil {
		return err
	}
	return h.note(ctx, c, by, "retention.start")
}

func (h house) Erase(ctx context.Context, c community.ID, p community.PersonID, by community.StaffID) error {
	_, err := h.engine.Erase(ctx, c, community.IdentityID(p), by)
	return err
}

func (h house) Notice(ctx context.Context, c community.ID, language string) (string, error) {
	return h.engine.Notice(ctx, c, language)
}

// Settings as a file.

// ofStaff are beginnings of keys that belong to people who work here.
var ofStaff = []string{engine.ContactKey, engine.KeeperKey}

// settingNow is the newest version of a setting.
type settingNow struct {
	store.Setting
	group community.Group
}

// settingsNow reads the newest version of every setting, by group and key.
func (h house) settingsNow(ctx context.Context, c community.ID) (list []settingNow, err error) {
	err = h.db.Read(ctx, func(q store.Querier) error {
		rows, err := q.QueryContext(ctx, `SELECT s.group_id, s.key, s.version, s.value, COALESCE(g.network, ''), COALESCE(g.outside_id, ''), COALESCE(g.name, '') FROM setting s
			LEFT JOIN chat_group g ON g.community_id = s.community_id AND g.group_id = s.group_id
			WHERE s.community_id = $1 AND s.version = (SELECT MAX(n.version) FROM setting n WHERE n.community_id = s.community_id AND n.group_id = s.group_id AND n.key = s.key)
			ORDER BY s.key, s.group_id`, int64(c))
		if err != nil {
			return store.Unavailable(err)
		}
		defer rows.Close()
		for rows.Next() {
			var s settingNow
			if err := rows.Scan((*int64)(&s.Group), &s.Key, &s.Version, &s.Value, (*string)(&s.group.Network), &s.group.OutsideID, &s.group.Name); err != nil {
				return err
			}
			list = append(list, s)
		}
		return store.Unavailable(rows.Err())
	})
	return list, err
}

// private says whether a setting stays in its installation: it holds a secret,
// belongs to somebody who works here, or to the days that were counted here.
func private(key, value string) bool {
	if key == store.ZoneKey {
		return true
	}
	for _, p := range ofStaff {
		if strings.HasPrefix(key, p) {
			return true
		}
	}
	return strings.Contains(value, "sealed:1:")
}

func (h house) ExportSettings(ctx context.Context, c community.ID) (f api.SettingsFile, err error) {
	f = api.SettingsFile{Form: 1, Program: version, At: h.now().UnixMilli(), Settings: []api.SettingsEntry{}, Without: []string{}}
	list, err := h.settingsNow(ctx, c)
	for _, s := range list {
		if private(s.Key, s.Value) {
			f.Without = append(f.Without, s.Key)
			continue
		}
		f.Settings = append(f.Settings, api.SettingsEntry{Network: string(s.group.Network), Outside: s.group.OutsideID, Group: s.group.Name, Key: s.Key, Value: json.RawMessage(s.Value)})
	}
	return f, err
}

func (h house) ImportSettings(ctx context.Context, c community.ID, by community.StaffID, f api.SettingsFile, apply bool) (a api.SettingsChangesAnswer, err error) {
	if f.Form != 1 {
		return a, community.Errorf(community.Unsupported, "the file was made by a newer program")
	}
	list, err := h.settingsNow(ctx, c)
	if err != nil {
		return a, err
	}
	type place struct {
		network, outside, key string
	}
	have := map[place]settingNow{}
	for _, s := range list {
		have[place{string(s.group.Network), s.group.OutsideID, s.Key}] = s
	}
	a.Applied, a.Changes = apply, []api.SettingsChange{}
	for _, is := range f.Settings {
		old, known := have[place{is.Network, is.Outside, is.Key}]
		change := api.SettingsChange{Group: is.Group, Key: is.Key, After: is.Value}
		group, err := h.groupOf(ctx, c, is)
		switch {
		case private(is.Key, string(is.Value)) || private(is.Key, old.Value) || !json.Valid(is.Value):
			change.State, change.After = "refused", nil
		case err != nil:
			return a, err
		case is.Outside != "" && group == 0:
			change.State = "no_group"
		case known && sameJSON(old.Value, is.Value):
			a.Same++
			continue
		case known:
			change.State, change.Before = "changed", json.RawMessage(old.Value)
		default:
			change.State = "new"
		}
		if apply && (change.State == "new" || change.State == "changed") {
			if err := h.engine.SaveSetting(ctx, c, group, is.Key, is.Value, old.Version, by); err != nil {
				return a, fmt.Errorf("setting %s: %w", is.Key, err)
			}
		}
		a.Changes = append(a.Changes, change)
	}
	a.Answer, err = h.asOf(ctx, c)
	return a, err
}

// groupOf finds the group of a setting, 0 for the community or where there is none.
func (h house) groupOf(ctx context.Context, c community.ID, is api.SettingsEntry) (id community.GroupID, err error) {
	if is.Outside == "" {
		return 0, nil
	}
	err = h.db.Read(ctx, func(q store.Querier) error {
		g, found, err := store.GroupByOutside(ctx, q, c, community.Network(is.Network), is.Outside)
		if found {
			id = g.ID
		}
		return err
	})
	return id, err
}

// sameJSON compares values, whatever their spaces.
func sameJSON(a string, b json.RawMessage) bool {
	var x, y bytes.Buffer
	if json.Compact(&x, []byte(a)) != nil || json.Compact(&y, b) != nil {
		return false
	}
	return bytes.Equal(x.Bytes(), y.Bytes())
}
