package engine

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"text/template"

	"qunying/internal/insight"
	insightdb "qunying/internal/store/insight"
)

var (
	//go:embed report.zh.txt
	reportZh string
	//go:embed report.en.txt
	reportEn string
)

var reportNotes = map[string]*template.Template{
	"zh-CN": template.Must(template.New("report").Parse(reportZh)),
	"en":    template.Must(template.New("report").Parse(reportEn)),
}

// reportLine is a number in words.
type reportLine struct{ Group, Zh, En, Value, Usual, Change string }

// reportWords are the words of a report's e-mail, the first line its subject. They
// name groups and numbers, no members.
func reportWords(r *insightdb.KeptReport) (string, error) {
	language := r.Language
	if reportNotes[language] == nil {
		language = "zh-CN"
	}
	metrics := map[string]insight.ReportMetric{}
	for _, m := range r.Report.Metrics {
		metrics[m.ID] = m
	}
	var numbers, fell, well []reportLine
	for _, n := range r.Report.Numbers {
		m := metrics[n.Metric]
		line := reportLine{Zh: m.Zh, En: m.En} // without a value: not knowable
		if n.Value != nil {
			line.Value = reportValue(m, *n.Value)
			if n.Before != nil {
				line.Change = reportChange(m, *n.Value, *n.Before)
			}
		}
		numbers = append(numbers, line)
	}
	for _, part := range []struct {
		from []insight.ReportChange
		to   *[]reportLine
	}{{r.Report.Fell, &fell}, {r.Report.Well, &well}} {
		for _, c := range part.from {
			m := metrics[c.Metric]
			*part.to = append(*part.to, reportLine{Group: c.Name, Zh: m.Zh, En: m.En, Value: reportValue(m, c.Value), Usual: reportValue(m, c.Usual)})
		}
	}
	var questions []struct{ Asked struct{ Name string } }
	if len(r.Questions) > 0 {
		if err := json.Unmarshal(r.Questions, &questions); err != nil {
			return "", err
		}
	}
	var text strings.Builder
	err := reportNotes[language].Execute(&text, map[string]any{"ID": r.ID, "Plan": r.Plan, "Kind": string(r.Kind), "From": r.From.String(),
		"To": r.To.String(), "Groups": len(r.Groups), "Days": r.Report.Days, "Covered": r.Report.Covered, "Lacking": r.Report.Lacking(), "Numbers": numbers, "Fell": fell, "Well": well, "Questions": questions})
	return strings.TrimSpace(text.String()), err
}

func reportValue(m insight.ReportMetric, v float64) string {
	if m.Unit == "share" {
		return strconv.FormatFloat(v*100, 'f', 1, 64) + "%"
	}
	if v == float64(int64(v)) {
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}

// reportChange is by how much something changed: shares in points, the rest in percent.
func reportChange(m insight.ReportMetric, now, before float64) string {
	switch {
	case m.Unit == "share":
		return fmt.Sprintf("%+.1f", (now-before)*100)
	case before == 0:
		return ""
	}
	return fmt.Sprintf("%+.1f%%", (now/before-1)*100)
}
