package transcript

import (
	"io"
	"slices"
	"strings"
	"time"

	"qunying/community"
)

// Group is what a [Writer] is told about a group before its records.
type Group struct {
	Network community.Network
	ID      string // "" where it has only a name
	Name    string
	Zone    *time.Location // of the wall clocks that people read
}

// Writer writes records as a file. Records of one group follow each other.
type Writer interface {
	// Begin says to which group what follows belongs.
	Begin(Group) error
	// Write takes one record; its group and network are those of the last Begin.
	Write(*Record) error
	// Close writes what belongs to the end, and frees what the writer holds. It does
	// not close the stream beneath.
	Close() error
	// Drop is for after an error: it frees what the writer holds and writes nothing,
	// so that half a file does not look like a whole one. After Close it does nothing.
	Drop()
}

// Layout is a kind of file that can be written.
type Layout struct {
	Name  string // for NewWriter
	Ends  string // of a file's name, with the dot
	Media string // media type
	open  func(w io.Writer, made Made) Writer
}

// Made is what a file says about where it comes from.
type Made struct {
	At time.Time // when it was made
}

// Layouts lists what can be written.
func Layouts() []Layout {
	return []Layout{
		{"chatlab-jsonl", ".jsonl", "application/x-ndjson", newChatLabWriter},
		{"csv", ".csv", "text/csv", newCSVWriter},
		{"xlsx", ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", newSheetWriter},
	}
}

// LayoutNamed finds a layout. It fails with Invalid where there is none.
func LayoutNamed(name string) (Layout, error) {
	all := Layouts()
	if i := slices.IndexFunc(all, func(l Layout) bool { return l.Name == name }); i >= 0 {
		return all[i], nil
	}
	var names []string
	for _, l := range all {
		names = append(names, l.Name)
	}
	return Layout{}, community.Errorf(community.Invalid, "%q is no kind of file that can be written", name).
		WithHint("there are " + strings.Join(names, ", "))
}

// Open begins a file on w.
func (l Layout) Open(w io.Writer, made Made) Writer { return l.open(w, made) }

// Exported are the kinds of events that files can hold.
func Exported() []community.Kind {
	return []community.Kind{
		community.MessagePosted, community.MessageEdited, community.MessageRecalled, community.ReactionAdded,
		community.MemberJoined, community.MemberLeft, community.MemberRenamed, community.MemberMuted,
		community.GroupRenamed, community.GroupAnnounced, community.PlatformOther,
	}
}
