package engine

import (
	"context"
	_ "embed"
	"slices"
	"strings"
	"text/template"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/store"
	"qunying/internal/store/privacy"
)

//go:embed notice.zh.txt
var noticeZh string

//go:embed notice.en.txt
var noticeEn string

var notices = map[string]*template.Template{
	"zh-CN": template.Must(template.New("notice.zh").Parse(noticeZh)),
	"en":    template.Must(template.New("notice.en").Parse(noticeEn)),
}

// noticed is what a notice can tell.
type noticed struct {
	Community string
	Networks  []string
	Moderated bool
	Keep      map[string]int // days by class, 0: always
	Pictures  int            // days, 0: none are kept
}

// Notice writes what a group's announcement has to say: what is collected, why and
// for how long (S97), from the settings in force.
func (e *Engine) Notice(ctx context.Context, c community.ID, language string) (string, error) {
	t := notices[language]
	if t == nil {
		return "", community.Errorf(community.Invalid, "there is no notice in %q", language).WithHint("zh-CN or en")
	}
	n := noticed{Keep: map[string]int{}}
	keep, _, err := e.Retention(ctx, c)
	if err != nil {
		return "", err
	}
	for _, class := range privacy.Classes {
		n.Keep[string(class)] = keep[class]
	}
	pictures, _, err := e.MediaSetting(ctx, c)
	if err != nil {
		return "", err
	}
	if len(pictures.forms()) > 0 {
		n.Pictures = pictures.Days
	}
	err = e.db.Read(ctx, func(q store.Querier) error {
		list, err := store.Communities(ctx, q)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(list, func(is community.Community) bool { return is.ID == c }); i >= 0 {
			n.Community = list[i].Name
		}
		rows, err := q.QueryContext(ctx, `SELECT DISTINCT network FROM chat_group WHERE community_id = $1 AND account <> '' ORDER BY network`, int64(c))
		if err != nil {
			return store.Unavailable(err)
		}
		defer rows.Close()
		for rows.Next() {
			var network string
			if err := rows.Scan(&network); err != nil {
				return err
			}
			n.Networks = append(n.Networks, network)
		}
		set := casework.Settings{}
		if _, err := store.ReadSetting(ctx, q, c, 0, casework.Key, &set); err != nil {
			return err
		}
		n.Moderated = !set.Off
		return rows.Err()
	})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, n)
	return strings.TrimSpace(b.String()), err
}
