package scenario

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
	"qunying/internal/store/search"
)

// days is how a line writes a day or a stretch of days.
const days = `(\d{4}-\d\d-\d\d)(?:\.\.(\d{4}-\d\d-\d\d))?`

// expectations are the sentences that look. What they look at is settled.
var expectations = []act{
	{form: sentence(`expect sent to (\S+?): (.+)`), do: expectSent, down: true},
	{form: sentence(`expect sent to (\S+) = (\d+)`), do: expectSentCount, down: true},
	{form: sentence(`expect nothing sent to (\S+)`), do: expectNothing, down: true},
	{form: sentence(`expect done in (\S+): (.+)`), do: expectDone, down: true},
	{form: sentence(`expect tasks (\S+) (open|done|dropped) = (\d+)`), do: expectTasks},
	{form: sentence(`expect waiting (\S+) = (.+)`), do: expectWaiting},
	{form: sentence(`expect fatigue (\S+) = (.+)`), do: expectFatigue},
	{form: sentence(`expect outbox (\S+) (\w+) = (\d+)`), do: expectOutbox},
	{form: sentence(`expect events (\S+) (\S+) = (\d+)`), do: expectEvents},
	{form: sentence(`expect gaps (\S+) = (.+)`), do: expectGaps},
	{form: sentence(`expect top (\S+) ` + days + ` = (.+)`), do: expectTop},
	{form: sentence(`expect funnel (\S+) ` + days + ` of (.+) in (\d+) days(?: by (way|inviter))? = (.+)`), do: expectFunnel},
	{form: sentence(`expect hour (\d\d) (\S+) (\d{4}-\d\d-\d\d) = (\d+)`), do: expectHour},
	{form: sentence(`expect search "(.+)"(?: in (\S+))? = (\d+)`), do: expectSearch},
	{form: sentence(`expect imported = (.+)`), do: expectImported},
	{form: sentence(`expect (\w+) (\S+) ` + days + ` = (.+)`), do: expectMetric},
}

// differ is an expectation that did not come true.
func differ(want, found string, more ...string) error {
	text := fmt.Sprintf("expected %s, found %s", want, found)
	for _, m := range more {
		text += "\n      " + m
	}
	return community.Errorf(community.Conflict, "%s", text)
}

func same(want, found string, more ...string) error {
	if want == found {
		return nil
	}
	return differ(want, found, more...)
}

// sent lists the texts that stand in a group as ours.
func (c *call) sent(group string) (texts []string) {
	for _, n := range c.w.networks {
		for _, d := range n.Sent() {
			if d.Kind == community.Send && d.Action.Group == group {
				texts = append(texts, d.Action.Text)
			}
		}
	}
	return texts
}

func expectSent(_ context.Context, c *call) error {
	all := c.sent(c.words[0])
	n := 0
	for _, text := range all {
		if text == c.words[1] {
			n++
		}
	}
	if n == 1 {
		return nil
	}
	return differ("it once", fmt.Sprintf("it %d times", n), quoted("sent", all)...)
}

func quoted(what string, texts []string) (lines []string) {
	for _, t := range texts {
		lines = append(lines, fmt.Sprintf("%s: %q", what, t))
	}
	return lines
}

func expectSentCount(_ context.Context, c *call) error {
	all := c.sent(c.words[0])
	return same(c.words[1], strconv.Itoa(len(all)), quoted("sent", all)...)
}

func expectNothing(_ context.Context, c *call) error {
	all := c.sent(c.words[0])
	return same("0", strconv.Itoa(len(all)), quoted("sent", all)...)
}

func expectOutbox(ctx context.Context, c *call) error {
	g, err := c.find(ctx, c.words[0])
	if err != nil {
		return err
	}
	var list []store.Outgoing
	if err := c.w.db.Read(ctx, func(q store.Querier) error {
		list, err = store.Outbox(ctx, q, g.Community, "", g.ID, 0, 1000)
		return err
	}); err != nil {
		return err
	}
	n, lines := 0, []string{}
	for _, o := range list {
		if string(o.State) == c.words[1] {
			n++
		}
		lines = append(lines, fmt.Sprintf("%q is %s %s", o.Text, o.State, o.Error))
	}
	return same(c.words[2], strconv.Itoa(n), lines...)
}

func expectEvents(ctx context.Context, c *call) error {
	g, err := c.find(ctx, c.words[1])
	if err != nil {
		return err
	}
	n := 0
	if err := c.w.db.Read(ctx, func(q store.Querier) error {
		list, err := store.Events(ctx, q, g.Community, 0, math.MaxInt32, false)
		for _, e := range list {
			if e.Group == g.ID && string(e.Kind) == c.words[0] {
				n++
			}
		}
		return err
	}); err != nil {
		return err
	}
	return same(c.words[2], strconv.Itoa(n))
}

func (c *call) span(from, to string) (s insight.Span, err error) {
	if s.From, err = community.ParseDay(from); err != nil {
		return s, err
	}
	s.To = s.From
	if to != "" {
		s.To, err = community.ParseDay(to)
	}
	return s, err
}

// history reads what the reports know of a group.
func (c *call) history(ctx context.Context, group string) (g community.Group, h *insight.History, err error) {
	if g, err = c.find(ctx, group); err != nil {
		return g, nil, err
	}
	err = c.w.db.Read(ctx, func(q store.Querier) error {
		h, err = c.w.engine.History(ctx, q, g)
		return err
	})
	return g, h, err
}

func expectGaps(ctx context.Context, c *call) error {
	_, h, err := c.history(ctx, c.words[0])
	if err != nil {
		return err
	}
	var found []string
	for _, g := range h.Gaps() {
		text := g.From.String()
		if g.To != g.From {
			text += ".." + g.To.String()
		}
		found = append(found, text+" "+string(g.Kind))
	}
	if len(found) == 0 {
		found = []string{"none"}
	}
	return same(c.words[1], strings.Join(found, ", "))
}

func expectTop(ctx context.Context, c *call) error {
	g, h, err := c.history(ctx, c.words[0])
	if err != nil {
		return err
	}
	s, err := c.span(c.words[1], c.words[2])
	if err != nil {
		return err
	}
	var found []string
	if err := c.w.db.Read(ctx, func(q store.Querier) error {
		for _, sp := range h.Speakers(s, 20).Top {
			id := community.IdentityID(sp.Person)
			who, err := store.Identities(ctx, q, g.Community, []community.IdentityID{id})
			if err != nil {
				return err
			}
			found = append(found, fmt.Sprintf("%s %d", who[id].Name, sp.Messages))
		}
		return nil
	}); err != nil {
		return err
	}
	return same(c.words[3], strings.Join(found, ", "))
}

func expectHour(ctx context.Context, c *call) error {
	_, h, err := c.history(ctx, c.words[1])
	if err != nil {
		return err
	}
	hour, err := strconv.Atoi(c.words[0])
	if err != nil || hour > 23 {
		return community.Errorf(community.Invalid, "%q is not an hour", c.words[0])
	}
	s, err := c.span(c.words[2], "")
	if err != nil {
		return err
	}
	n := h.Rhythm(s).Total[(int(s.From.Weekday())+6)%7][hour]
	return same(c.words[3], strconv.FormatInt(n, 10))
}

func expectSearch(ctx context.Context, c *call) error {
	query := search.Query{Text: c.words[0], Limit: 1000}
	in := c.w.id(c.where)
	if c.words[1] != "" {
		g, err := c.find(ctx, c.words[1])
		if err != nil {
			return err
		}
		query.Group, in = g.ID, g.Community
	}
	hits, _, err := c.w.search.Find(ctx, in, query)
	if err != nil {
		return err
	}
	var texts []string
	for _, e := range hits {
		texts = append(texts, e.Body.Text)
	}
	return same(c.words[2], strconv.Itoa(len(hits)), quoted("found", texts)...)
}

func expectImported(_ context.Context, c *call) error {
	r := c.w.imported
	return same(c.words[0], fmt.Sprintf("%d new, %d known, %d refused", r.Imported, r.Duplicates, r.Rejected))
}

var fraction = regexp.MustCompile(`^(\d+)/(\d+)$`)

// expectMetric compares a figure of the catalogue. A share may be written as a
// fraction, what cannot be known as unknown.
func expectMetric(ctx context.Context, c *call) error {
	metric, group, value := c.words[0], c.words[1], c.words[4]
	_, h, err := c.history(ctx, group)
	if err != nil {
		return err
	}
	s, err := c.span(c.words[2], c.words[3])
	if err != nil {
		return err
	}
	n, ok := h.Number(metric, s)
	if !ok {
		return community.Errorf(community.Invalid, "there is no figure %q", metric).WithHint("one of: " + strings.Join(insight.Figures(), ", "))
	}
	found := "unknown " + string(n.Why)
	if n.Value != nil {
		found = strconv.FormatFloat(math.Round(*n.Value*1e4)/1e4, 'f', -1, 64)
	}
	if n.Partial && n.Value != nil {
		found += " partial"
	}
	want := value
	number, rest, _ := strings.Cut(value, " ")
	if m := fraction.FindStringSubmatch(number); m != nil {
		a, errA := strconv.ParseFloat(m[1], 64)
		b, errB := strconv.ParseFloat(m[2], 64)
		if errA != nil || errB != nil || b == 0 {
			return community.Errorf(community.Invalid, "%q is not a fraction", number)
		}
		want = strings.TrimSpace(strconv.FormatFloat(math.Round(a/b*1e4)/1e4, 'f', -1, 64) + " " + rest)
	}
	return same(want, found)
}
