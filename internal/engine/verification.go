package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
)

// verification is a file at the root of our domain by which a platform sees that the
// domain is its customer's; the zero value is none.
type verification struct{ name, content string }

var verificationName = regexp.MustCompile(`^(WW|MP)_verify_[A-Za-z0-9]{1,64}\.txt$`)

// mostVerification bounds the content, in bytes; platforms want 16.
const mostVerification = 1024

// readVerification reads what a FileField holds; errors are Invalid and name the field.
func readVerification(field, text string) (v verification, err error) {
	v.name, v.content, _ = strings.Cut(text, "\n")
	switch {
	case !verificationName.MatchString(v.name):
		return v, community.Errorf(community.Invalid, "%s is called %.100q", field, v.name).
			WithHint("as the platform gives it out: WW_verify_….txt or MP_verify_….txt, with letters and digits in the middle")
	case strings.TrimSpace(v.content) == "":
		return v, community.Errorf(community.Invalid, "%s is empty", field).WithHint("download it again from the platform")
	case len(v.content) > mostVerification:
		return v, community.Errorf(community.Invalid, "%s has %d bytes", field, len(v.content)).WithHint("the platform's file is far below 1,024 bytes")
	case strings.ContainsFunc(v.content, func(r rune) bool { return (r < ' ' || r > '~') && r != '\n' && r != '\r' }):
		return v, community.Errorf(community.Invalid, "%s holds something besides plain letters, digits and signs", field).
			WithHint("download it again from the platform, and save it in no other program")
	}
	return v, nil
}

// takeFile finds the file among settings that were checked when they were saved.
func takeFile(about connector.About, config map[string]any) (v verification) {
	for _, f := range about.Fields {
		if text, ok := config[f.Name].(string); ok && f.Kind == connector.FileField {
			if read, err := readVerification(f.Name, text); err == nil {
				v = read
			}
		}
	}
	return v
}

// keepApart refuses a file of an account where another connection has one of that
// name with other content: a domain has one root, and only one of them would be served.
// Connections that cannot be opened just now count, because they will be.
// The error is Conflict and names the field.
func (e *Engine) keepApart(ctx context.Context, c community.ID, account string, about connector.About, config map[string]any) error {
	mine := takeFile(about, config)
	if mine.name == "" {
		return nil
	}
	whose := ""
	if err := e.db.Read(ctx, func(q store.Querier) error {
		all, err := store.Communities(ctx, q)
		if err != nil {
			return err
		}
		for _, in := range all {
			list, err := store.SettingsUnder(ctx, q, in.ID, accountKey)
			if err != nil {
				return err
			}
			for _, set := range list {
				name := strings.TrimPrefix(set.Key, accountKey)
				var s AccountSettings
				if err := json.Unmarshal([]byte(set.Value), &s); err != nil {
					return fmt.Errorf("setting %s: %w", set.Key, err)
				}
				d := e.drivers[s.Driver]
				if s.Removed || d == nil || in.ID == c && name == account {
					continue
				}
				switch file := takeFile(d.About(), s.Config); {
				case file.name != mine.name || strings.TrimSpace(file.content) == strings.TrimSpace(mine.content):
				case in.ID == c:
					whose = "the connection " + name
				default:
					whose = "a connection of another community"
				}
			}
		}
		return nil
	}); err != nil || whose == "" {
		return err
	}
	return community.Errorf(community.Conflict, "%s: %s has a file %s with other content", fileField(about), whose, mine.name).
		WithHint("download it again from the platform; if it is still another one, take it out of that connection first")
}

func fileField(about connector.About) string {
	for _, f := range about.Fields {
		if f.Kind == connector.FileField {
			return f.Name
		}
	}
	return ""
}

// VerificationFile is the content of a file that some connection has by that name.
func (e *Engine) VerificationFile(name string) (content string, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, a := range e.accounts {
		if a.file.name == name && name != "" {
			return a.file.content, true
		}
	}
	return "", false
}
