package transcript

import (
	"bufio"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"qunying/community"
)

// Columns lists the columns of a table, or the keys of JSON lines, so that a
// person can say which is what (ColumnMap). It is Invalid for anything else.
func Columns(name string) ([]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, &community.Error{Code: community.NotFound, Text: "cannot open " + name, Err: err}
	}
	defer f.Close()
	t := newTranscript(filepath.Base(name), Options{})
	if t.source, err = openStream(t.name, f, &t.meter); err != nil {
		return nil, err
	}
	m, err := t.source.next()
	if err != nil {
		return nil, err
	}
	in := &input{file: m.name, br: bufio.NewReaderSize(decodeText(m.r), sniffSize)}
	if in.head, err = in.br.Peek(sniffSize); err != nil && err != io.EOF {
		return nil, cutError(m.name, 0, err)
	}
	in.atEnd = err == io.EOF
	lines := in.headLines(1)
	if len(lines) == 0 {
		return nil, community.Errorf(community.Invalid, "%s is no table", m.name)
	}
	if object := map[string]any{}; json.Unmarshal([]byte(lines[0]), &object) == nil {
		return slices.Sorted(maps.Keys(object)), nil
	}
	if first := strings.TrimSpace(lines[0]); strings.HasPrefix(first, "{") || strings.HasPrefix(first, "[") {
		return nil, community.Errorf(community.Invalid, "%s is no table", m.name) // JSON, but not one object a line
	}
	sep := byte(',')
	if strings.Count(lines[0], "\t") > strings.Count(lines[0], ",") {
		sep = '\t'
	}
	header := splitHeader(lines[0], sep)
	if len(header) < 3 { // time, author and text are the least
		return nil, community.Errorf(community.Invalid, "%s is no table of messages", m.name)
	}
	return header, nil
}
