// Command catalogue writes docs/metrics.md from the metric catalogue:
//
//	go run ./internal/insight/catalogue > docs/metrics.md
package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"qunying/internal/insight"
)

func main() {
	if err := write(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "catalogue:", err)
		os.Exit(1)
	}
}

const head = `<!-- Made by: go run ./internal/insight/catalogue > docs/metrics.md -->

# Metrics 指标

Every number that the console and the API show about a group, with its formula. The list is the product's own catalogue (` + "`GET /api/v1/metrics`" + `), so it cannot say anything else than the code computes.

How to read it:

- A day is a calendar day in the group's time zone; a week runs from Monday to Sunday; a period is a number of days, both ends included.
- A day is *covered* when it is over, not before the first day on which anything was heard of the group, and not in a gap (数据缺失). Sums take everything that came in; means, rates and retention take covered days only, above and below the line.
- What is said beside the period before: sums over as many known days only, means over days where at least half of the days are covered on both sides.
- A number that cannot be known is ` + "`null`" + ` with a reason, never 0 (不可得). The reasons are listed at the end.
- *Speakers* are persons: identities that were merged count once. Messages of our own accounts do not count as members' messages.
- *Grain* says over which steps a metric is drawn: ` + "`day`, `week`, `month`" + ` are steps of a trend, ` + "`period`" + ` is one value for the whole period.
- *Needs* says which kind of data must be known of the group: its messages, a member list (花名册), or joins and leaves.
- *Reference values* (参考值) are figures of the field, from the source that is named; they colour a number and promise nothing. The S-numbers name capabilities of the product's requirements.
`

const tail = `
## Reasons for a missing value

| reason | meaning |
|---|---|
| ` + "`no_roster`" + ` | no member list was known then, nor joins where joins would do |
| ` + "`no_messages`" + ` | no message of a member was ever heard, because nobody wrote or because nobody can read them; or nobody wrote anything where a share of messages is asked for |
| ` + "`gap`" + ` | the days lie in a gap |
| ` + "`too_young`" + ` | the history does not reach far enough, or the time is not over |
| ` + "`no_replies`" + ` | hardly any message of the group (fewer than 2 in 100) is known to answer another: its network does not tell, or people do not quote and mention |
| ` + "`members_seen`" + ` | the value is there, but its denominator is the members who ever spoke, because no member list is known |
`

func write(w io.Writer) error {
	var b strings.Builder
	b.WriteString(head)
	metrics := insight.Catalogue()
	b.WriteString("\n| ID | 中文 | English | unit | needs |\n|---|---|---|---|---|\n")
	for _, m := range metrics {
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s | %s | %s | %s |\n", m.ID, m.ID, m.Zh, m.En, m.Unit, needs(m))
	}
	for _, m := range metrics {
		fmt.Fprintf(&b, "\n## %s\n\n**%s** · %s\n\n", m.ID, m.Zh, m.En)
		fmt.Fprintf(&b, "- %s\n- %s\n", m.Formula.Zh, m.Formula.En)
		fmt.Fprintf(&b, "- Unit: %s. Grain: %s. Needs: %s. Source: %s.\n", m.Unit, strings.Join(m.Grain, ", "), needs(m), strings.Join(m.Source, ", "))
		for _, r := range m.Refs {
			fmt.Fprintf(&b, "- Reference: %s %s (%s)\n", bands[r.Band], interval(r, m.Unit), r.Source)
		}
	}
	b.WriteString(tail)
	_, err := io.WriteString(w, b.String())
	return err
}

var bands = map[insight.Band]string{
	insight.BandAlert: "警戒 alert", insight.BandWatch: "关注 watch", insight.BandGood: "达标 good", insight.BandExcellent: "优秀 excellent",
}

func needs(m insight.Metric) string {
	names := make([]string, len(m.Needs))
	for i, n := range m.Needs {
		names[i] = string(n)
	}
	return strings.Join(names, " + ")
}

// interval writes from … on, below …; shares as percentages.
func interval(r insight.Ref, unit string) string {
	switch {
	case r.Above != nil && r.Below != nil:
		return "from " + figure(*r.Above, unit) + ", below " + figure(*r.Below, unit)
	case r.Above != nil:
		return "from " + figure(*r.Above, unit)
	case r.Below != nil:
		return "below " + figure(*r.Below, unit)
	}
	return "always"
}

func figure(v float64, unit string) string {
	if unit == "share" {
		return strconv.FormatFloat(v*100, 'g', 6, 64) + "%"
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}
