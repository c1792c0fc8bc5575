package transcript

import (
	"bytes"
	"slices"
	"strings"

	"qunying/community"
)

// format is one way in which programs write exports.
type format struct {
	name  string
	knows func(*input) bool // looks at input.head only
	read  func(*input, *output) error
}

// formats in the order in which they are tried: those with the surest marks
// first, tables with guessed columns last.
func formats() []*format {
	return []*format{
		{"chatlab-jsonl", knowsChatLabLines, readChatLabLines},
		{"chatlab", knowsChatLab, readChatLab},
		{"qq-chat-exporter", knowsQQExporter, readQQExporter},
		{"qq-chat-exporter-jsonl", knowsQQExporterLines, readQQExporterLines},
		{"weflow", knowsWeFlow, readWeFlow},
		{"discord", knowsDiscordJSON, readDiscordJSON},
		{"telegram", knowsTelegram, readTelegram},
		{"pywxdump-json", knowsPyWxDumpJSON, readPyWxDumpJSON},
		{"chatlog-json", knowsChatlogJSON, readChatlogJSON},
		{"slack", knowsSlack, readSlack},
		{"qunying-csv", knowsOwnCSV, readOwnCSV},
		{"discord-csv", knowsDiscordCSV, readDiscordCSV},
		{"pywxdump", knowsPyWxDump, readPyWxDump},
		{"chatlog-csv", knowsChatlogCSV, readChatlogCSV},
		{"memotrace", knowsMemoTrace, readMemoTrace},
		{"qq-text", knowsQQText, readQQText},
		{"memotrace-text", knowsMemoTraceText, readMemoTraceText},
		{"irc", knowsIRC, readIRC},
		{"jsonl", knowsMappedLines, readMappedLines},
		{"csv", knowsMappedCSV, readMappedCSV},
		{"tsv", knowsMappedTSV, readMappedTSV},
	}
}

// Formats names what is understood, for Options.Format.
func Formats() []string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return names
}

// findFormat returns a RowError when nobody understands the file.
func findFormat(in *input) (*format, error) {
	all := formats()
	if want := in.opts.Format; want != "" {
		i := slices.IndexFunc(all, func(f *format) bool { return f.name == want })
		if i < 0 {
			return nil, community.Errorf(community.Invalid, "there is no format %q", want).WithHint(formatsHint())
		}
		return all[i], nil
	}
	for _, f := range all {
		if f.knows(in) {
			return f, nil
		}
	}
	return nil, &RowError{File: in.file, Reason: "the format of the file is not understood", Hint: formatsHint()}
}

// headLines returns the complete lines of the head that are not blank, at most n.
func (in *input) headLines(n int) []string {
	var lines []string
	rest := in.head
	for len(lines) < n && len(rest) > 0 {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		if !ended && !in.atEnd {
			break
		}
		if s := strings.TrimSpace(clean(line)); s != "" {
			lines = append(lines, strings.TrimRight(clean(line), "\r"))
		}
		rest = after
	}
	return lines
}

// headerLine is the first line of a table; ok is false when it has no end yet.
func (in *input) headerLine() (string, bool) {
	line, _, ended := bytes.Cut(in.head, []byte("\n"))
	return strings.TrimRight(clean(line), "\r"), ended
}
