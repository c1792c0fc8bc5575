package api

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

// RetentionView is for how many days what is kept.
type RetentionView struct {
	Days    map[string]int `json:"days" doc:"by class: messages, raw, cases, notes, actions, imports, sign_ins, alerts, audit; absent or 0: always"`
	Version int64          `json:"version" minimum:"0"`
}

// ErasureView is a person's erasure.
type ErasureView struct {
	ID     int64              `json:"id"`
	Person community.PersonID `json:"person" doc:"a number; nothing else is left"`
	By     community.StaffID  `json:"by"`
	At     int64              `json:"at"`
	DoneAt int64              `json:"done_at,omitempty" doc:"left out: under way"`
	Bodies int64              `json:"bodies" doc:"entries of the log whose text has changed or gone"`
	Rows   int64              `json:"rows" doc:"the same elsewhere"`
}

// PrivacyAnswer is what is kept for how long, and who was erased.
type PrivacyAnswer struct {
	Answer
	Classes    []string      `json:"classes"`
	Retention  RetentionView `json:"retention"`
	RetainedAt int64         `json:"retained_at,omitempty" doc:"when it was last seen to; left out: never"`
	Erasures   []ErasureView `json:"erasures" doc:"the newest first"`
	OldBackups int           `json:"old_backups" doc:"copies that were made before the newest erasure, and hold who was erased"`
	Jobs       []JobView     `json:"jobs"`
}

func (s *Server) privacy(ctx context.Context, c call, _ *InCommunity) (PrivacyAnswer, error) {
	return s.needs.House.Privacy(ctx, c.community.ID)
}

type keepingInput struct {
	InCommunity
	Body RetentionView
}

func (s *Server) saveRetention(ctx context.Context, c call, in *keepingInput) (PrivacyAnswer, error) {
	if err := s.needs.House.SaveRetention(ctx, c.community.ID, c.visitor.staff.ID, in.Body); err != nil {
		return PrivacyAnswer{}, err
	}
	return s.needs.House.Privacy(ctx, c.community.ID)
}

func (s *Server) runRetention(ctx context.Context, c call, _ *InCommunity) (PrivacyAnswer, error) {
	if err := s.needs.House.StartRetention(ctx, c.community.ID, c.visitor.staff.ID); err != nil {
		return PrivacyAnswer{}, err
	}
	return s.needs.House.Privacy(ctx, c.community.ID)
}

type eraseInput struct {
	InCommunity
	Person community.PersonID `path:"person" minimum:"1"`
}

func (s *Server) erasePerson(ctx context.Context, c call, in *eraseInput) (PrivacyAnswer, error) {
	if err := s.needs.House.Erase(ctx, c.community.ID, in.Person, c.visitor.staff.ID); err != nil {
		return PrivacyAnswer{}, err
	}
	return s.needs.House.Privacy(ctx, c.community.ID)
}

// NoticeAnswer is a text for a group's announcement.
type NoticeAnswer struct {
	Answer
	Text string `json:"text" doc:"what is collected, why, for how long, from the settings in force"`
}

func (s *Server) notice(ctx context.Context, c call, in *struct {
	InCommunity
	Language string `query:"language" enum:"zh-CN,en" default:"zh-CN"`
}) (a NoticeAnswer, err error) {
	if a.Answer, err = s.asOf(ctx, c); err != nil {
		return a, err
	}
	a.Text, err = s.needs.House.Notice(ctx, c.community.ID, in.Language)
	return a, err
}

// SettingsFile is what people typed, to be kept or taken to another installation.
// Secrets are not in it, nor what belongs to members of staff.
type SettingsFile struct {
	Form     int             `json:"form" enum:"1"`
	Program  string          `json:"program" required:"false"`
	At       int64           `json:"at" required:"false"`
	Settings []SettingsEntry `json:"settings" maxItems:"50000"`
	Without  []string        `json:"without" required:"false" doc:"keys that were left out, because they hold secrets or belong to staff"`
}

// SettingsEntry is one setting.
type SettingsEntry struct {
	Network string          `json:"network,omitempty" doc:"of a group's: its network and ID there; absent: of the community"`
	Outside string          `json:"outside_id,omitempty"`
	Group   string          `json:"group_name,omitempty" doc:"for people to read"`
	Key     string          `json:"key" minLength:"1" maxLength:"200"`
	Value   json.RawMessage `json:"value"`
}

// SettingsChange is what an import does to one setting.
type SettingsChange struct {
	Group  string          `json:"group_name,omitempty"`
	Key    string          `json:"key"`
	State  string          `json:"state" enum:"same,new,changed,no_group,refused"`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

// SettingsChangesAnswer is what an import would change, or has changed.
type SettingsChangesAnswer struct {
	Answer
	Applied bool             `json:"applied"`
	Same    int              `json:"same" doc:"settings that are the same already"`
	Changes []SettingsChange `json:"changes"`
}

func (s *Server) exportSettings(ctx context.Context, c call, _ *InCommunity) (SettingsFile, error) {
	return s.needs.House.ExportSettings(ctx, c.community.ID)
}

type settingsFileInput struct {
	InCommunity
	Apply bool `query:"apply" doc:"absent: only say what would change"`
	Body  SettingsFile
}

func (s *Server) importSettings(ctx context.Context, c call, in *settingsFileInput) (SettingsChangesAnswer, error) {
	return s.needs.House.ImportSettings(ctx, c.community.ID, c.visitor.staff.ID, in.Body, in.Apply)
}

// pseudonyms names people by a key that is made for one file and thrown away: the
// same person has the same name in it, and nobody can tell who that is.
type pseudonyms [32]byte

func (p *pseudonyms) of(person community.PersonID) string {
	if person == 0 {
		return ""
	}
	h := hmac.New(sha256.New, p[:])
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(person))
	h.Write(n[:])
	return hex.EncodeToString(h.Sum(nil)[:6])
}

// analyticsFile writes the log's envelopes without anything personal: no texts, no
// names, no platform's IDs, times to the hour.
func (s *Server) analyticsFile(ctx context.Context, c call, _ *InCommunity) (stream, error) {
	var key pseudonyms
	if _, err := rand.Read(key[:]); err != nil {
		return nil, err
	}
	var links store.Links
	if err := s.db.Read(ctx, func(q store.Querier) (err error) {
		links, err = store.LinksAt(ctx, q, c.community.ID, math.MaxInt64)
		return err
	}); err != nil {
		return nil, err
	}
	if err := s.db.Write(ctx, func(tx *store.Tx) error {
		return s.audited(ctx, tx, c.community.ID, c.visitor.staff.ID, "analytics.export", "log", nil, nil)
	}); err != nil {
		return nil, err
	}
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="analytics.csv"`)
		out := csv.NewWriter(w)
		out.Write([]string{"hour", "group", "person", "kind", "content", "length", "mentions", "link", "reply", "ours"})
		const page = 2000
		for after := community.Seq(0); ; {
			var list []community.Event
			err := s.db.Read(r.Context(), func(q store.Querier) (err error) {
				list, err = store.Events(r.Context(), q, c.community.ID, after, page, false)
				return err
			})
			if err != nil {
				s.log.Error("the export for analytics broke off", "err", err)
				panic(http.ErrAbortHandler) // a file that is cut must not look whole
			}
			for _, e := range list {
				after = e.Seq
				if e.Group == 0 {
					continue
				}
				flag := func(f community.Flags) string { return strconv.FormatBool(e.Flags&f != 0) }
				person := links.Person(e.Identity)
				if e.Identity == 0 {
					person = 0
				}
				out.Write([]string{e.At.In(c.community.Zone).Truncate(time.Hour).Format("2006-01-02T15"), itoa(int64(e.Group)), key.of(person), string(e.Kind), string(e.Content),
					strconv.Itoa(e.Length), strconv.Itoa(e.Mentions), flag(community.HasLink), flag(community.Replies), flag(community.FromUs)})
			}
			if out.Flush(); out.Error() != nil || len(list) < page {
				return
			}
		}
	}, nil
}
