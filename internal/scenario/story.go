package scenario

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"golang.org/x/tools/txtar"

	"qunying/community"
)

// Story is a parsed story. Its files are what it imports.
type Story struct {
	Name  string // of its file, for messages
	Title string // its first comment
	Files map[string][]byte

	communities []place
	steps       []step
}

// place is a community of a story.
type place struct {
	name string
	zone *time.Location
}

// step is one line of a story.
type step struct {
	line    int
	text    string
	when    *moment // nil: now
	heardOf *moment // of "hear": when it happened
	do      act
	words   []string // what the form found in the line
	where   int      // index of the community in which the line stands
}

// moment is a time as a line writes it; day "" is the story's day.
type moment struct{ day, clock string }

// in returns the instant, read in zone, of a line that stands on day today.
func (m moment) in(zone *time.Location, today time.Time) (time.Time, error) {
	day := m.day
	if day == "" {
		day = today.In(zone).Format(time.DateOnly)
	}
	clock := m.clock
	if len(clock) == len("09:00") {
		clock += ":00"
	}
	t, err := time.ParseInLocation(time.DateTime, day+" "+clock, zone)
	if err != nil {
		return t, community.Errorf(community.Invalid, "%q is not a time", strings.TrimSpace(m.day+" "+m.clock)).WithHint("write 09:00, 09:00:10 or 2026-03-02 09:00")
	}
	return t, nil
}

// Failure is what is wrong with a line of a story.
type Failure struct {
	File string
	Line int
	Text string // the line
	Err  error
}

func (f *Failure) Error() string {
	return fmt.Sprintf("%s:%d: %s\n    %v", f.File, f.Line, f.Text, f.Err)
}

func (f *Failure) Unwrap() error { return f.Err }

var (
	withTime = regexp.MustCompile(`^(?:(\d{4}-\d\d-\d\d) )?(\d\d:\d\d(?::\d\d)?)(?: (.*))?$`)
	hearing  = regexp.MustCompile(`^hear (?:(\d{4}-\d\d-\d\d) )?(\d\d:\d\d(?::\d\d)?) (.*)$`)
	founding = regexp.MustCompile(`^community (\S+) (\S+)$`)
)

// Parse reads a story. A line that is no sentence of the language is an error
// that names the file and the line.
func Parse(name string, text []byte) (*Story, error) {
	archive := txtar.Parse(text)
	s := &Story{Name: name, Files: map[string][]byte{}}
	for _, f := range archive.Files {
		s.Files[f.Name] = f.Data
	}
	n := 0
	for line := range strings.Lines(string(archive.Comment)) {
		n++
		line = strings.TrimSpace(line)
		if comment, ok := strings.CutPrefix(line, "#"); ok && s.Title == "" {
			s.Title = strings.TrimSpace(comment)
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := s.add(n, line); err != nil {
			return nil, &Failure{File: name, Line: n, Text: line, Err: err}
		}
	}
	if len(s.steps) == 0 {
		return nil, community.Errorf(community.Invalid, "%s tells no story", name)
	}
	return s, nil
}

func (s *Story) add(n int, line string) error {
	st := step{line: n, text: line, where: max(0, len(s.communities)-1)}
	rest := line
	if m := founding.FindStringSubmatch(line); m != nil {
		zone, err := community.LoadZone(m[2])
		s.communities = append(s.communities, place{m[1], zone})
		return err
	}
	if m := withTime.FindStringSubmatch(rest); m != nil {
		st.when, rest = &moment{m[1], m[2]}, m[3]
		if rest == "" {
			rest = "wait"
		}
	}
	if m := hearing.FindStringSubmatch(rest); m != nil {
		st.heardOf, rest = &moment{m[1], m[2]}, m[3]
	}
	for _, a := range acts {
		m := a.form.FindStringSubmatch(rest)
		if m == nil {
			continue
		}
		if st.heardOf != nil && !a.late {
			return community.Errorf(community.Invalid, "only what members do can be heard of later")
		}
		st.do, st.words = a, m[1:]
		if len(s.steps) == 0 && !a.first {
			return community.Errorf(community.Invalid, "a story begins with its time").WithHint("write: at 2026-03-02 09:00 Asia/Shanghai")
		}
		s.steps = append(s.steps, st)
		return nil
	}
	return community.Errorf(community.Invalid, "nobody understands this line").WithHint("docs/scenarios.md has the sentences")
}
