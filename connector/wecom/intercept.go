package wecom

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"qunying/community"
)

// Rule keeps employees from sending words to customers (敏感词). It does nothing about
// what customers write: for that see InterceptRules, whose text goes into 防骚扰.
type Rule struct {
	ID    string
	Name  string   // 1 to 20 characters
	Words []string // up to 300, of 1 to 32 characters each
	// Phones, Mails and RedPackets are caught beside the words.
	Phones, Mails, RedPackets bool
	WarnOnly                  bool // otherwise the message is not sent either
	Employees                 []string
	Departments               []int64
}

// Limits of rules.
const (
	mostWords = 300
	mostWord  = 32
	mostRules = 100
	mostRange = 1000 // employees, and departments
	ruleName  = 20
)

func (r Rule) check() error {
	if err := between("the rule's name", r.Name, 1, ruleName); err != nil {
		return err
	}
	if len(r.Words) > mostWords {
		return tooMany("words in a rule", len(r.Words), mostWords)
	}
	for _, w := range r.Words {
		if err := between("the word "+w, w, 1, mostWord); err != nil {
			return err
		}
	}
	if len(r.Employees) > mostRange || len(r.Departments) > mostRange {
		return tooMany("employees or departments of a rule", max(len(r.Employees), len(r.Departments)), mostRange)
	}
	return nil
}

func (r Rule) semantics() []int {
	list := []int{}
	for i, on := range []bool{r.Phones, r.Mails, r.RedPackets} {
		if on {
			list = append(list, i+1)
		}
	}
	return list
}

func (r Rule) kind() int {
	if r.WarnOnly {
		return 2
	}
	return 1
}

type ruleRange struct {
	Employees   []string `json:"user_list,omitempty"`
	Departments []int64  `json:"department_list,omitempty"`
}

// AddRule makes a rule and returns its ID. A corporation has up to a hundred.
func (c *Client) AddRule(ctx context.Context, r Rule) (string, error) {
	if err := r.check(); err != nil {
		return "", err
	}
	if len(r.Employees)+len(r.Departments) == 0 {
		return "", community.Errorf(community.Invalid, "the rule holds for nobody")
	}
	var got struct {
		ID string `json:"rule_id"`
	}
	err := c.act(ctx, "/cgi-bin/externalcontact/add_intercept_rule", map[string]any{"rule_name": r.Name, "word_list": r.Words,
		"semantics_list": r.semantics(), "intercept_type": r.kind(), "applicable_range": ruleRange{r.Employees, r.Departments}}, &got)
	return got.ID, err
}

// Rules lists the rules, without their words.
func (c *Client) Rules(ctx context.Context) (all []Rule, err error) {
	var got struct {
		List []struct {
			ID   string `json:"rule_id"`
			Name string `json:"rule_name"`
		} `json:"rule_list"`
	}
	err = c.get(ctx, "/cgi-bin/externalcontact/get_intercept_rule_list", nil, &got)
	for _, r := range got.List {
		all = append(all, Rule{ID: r.ID, Name: r.Name})
	}
	return all, err
}

// Rule reads a rule.
func (c *Client) Rule(ctx context.Context, id string) (Rule, error) {
	var got struct {
		Rule struct {
			Name      string   `json:"rule_name"`
			Words     []string `json:"word_list"`
			Semantics []int    `json:"semantics_list"`
			Extra     struct {
				Semantics []int `json:"semantics_list"`
			} `json:"extra_rule"`
			Kind  int       `json:"intercept_type"`
			Range ruleRange `json:"applicable_range"`
		} `json:"rule"`
	}
	err := c.read(ctx, "/cgi-bin/externalcontact/get_intercept_rule", map[string]string{"rule_id": id}, &got)
	if err != nil {
		return Rule{}, err
	}
	s := append(got.Rule.Semantics, got.Rule.Extra.Semantics...) // where it stands changed with the years
	return Rule{ID: id, Name: got.Rule.Name, Words: got.Rule.Words, WarnOnly: got.Rule.Kind == 2,
		Phones: slices.Contains(s, 1), Mails: slices.Contains(s, 2), RedPackets: slices.Contains(s, 3),
		Employees: got.Rule.Range.Employees, Departments: got.Rule.Range.Departments}, nil
}

// ChangeRule replaces a rule's name, words and manner; for whom it holds changes by
// what was and what is to be.
func (c *Client) ChangeRule(ctx context.Context, r Rule) error {
	if err := r.check(); err != nil {
		return err
	}
	was, err := c.Rule(ctx, r.ID)
	if err != nil {
		return err
	}
	return c.act(ctx, "/cgi-bin/externalcontact/update_intercept_rule", map[string]any{"rule_id": r.ID, "rule_name": r.Name,
		"word_list": r.Words, "extra_rule": map[string]any{"semantics_list": r.semantics()}, "intercept_type": r.kind(),
		"add_applicable_range":    ruleRange{without(r.Employees, was.Employees), without(r.Departments, was.Departments)},
		"remove_applicable_range": ruleRange{without(was.Employees, r.Employees), without(was.Departments, r.Departments)}}, nil)
}

func without[T comparable](all, gone []T) (left []T) {
	for _, x := range all {
		if !slices.Contains(gone, x) {
			left = append(left, x)
		}
	}
	return left
}

// DeleteRule deletes a rule.
func (c *Client) DeleteRule(ctx context.Context, id string) error {
	return c.act(ctx, "/cgi-bin/externalcontact/del_intercept_rule", map[string]string{"rule_id": id}, nil)
}

// Native is a lexicon as the platform takes it.
type Native struct {
	// Rules are ready for AddRule but for whom they hold: they keep employees from
	// writing the words.
	Rules []Rule
	// Paste is for the page 防骚扰 of the client's 客户群 tools, the only moderation of
	// what customers write that needs no archive: a word a line, as many words in a
	// part as a rule has.
	Paste []string
	// Left are words that the platform cannot hold: too long, or over the last rule.
	Left []string
}

// InterceptRules turns a lexicon into rules named name, numbered if it needs several.
// Words are trimmed, and taken once.
func InterceptRules(name string, lexicon []string) Native {
	var n Native
	var words []string
	seen := map[string]bool{}
	for _, w := range lexicon {
		w = strings.TrimSpace(w)
		switch {
		case w == "" || seen[w]:
		case utf8.RuneCountInString(w) > mostWord || strings.ContainsAny(w, "\r\n"):
			n.Left = append(n.Left, w)
		default:
			words = append(words, w)
		}
		seen[w] = true
	}
	if most := mostRules * mostWords; len(words) > most {
		n.Left = append(n.Left, words[most:]...)
		words = words[:most]
	}
	several := len(words) > mostWords
	for part := range slices.Chunk(words, mostWords) {
		title := name
		if several {
			number := fmt.Sprintf(" %d", len(n.Rules)+1)
			title = cut(name, ruleName-len(number)) + number
		}
		n.Rules = append(n.Rules, Rule{Name: cut(title, ruleName), Words: slices.Clone(part)})
		n.Paste = append(n.Paste, strings.Join(part, "\n"))
	}
	return n
}

// cut takes the first characters of a text.
func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}
