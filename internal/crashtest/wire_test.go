package crashtest

import (
	"time"

	"qunying/community"
	"qunying/connector"
)

// The platform lives in the test, the machine in a child process that is killed.
// They speak JSON, one object a line, over the child's standard input and output.

// toChild is what the platform and the staff tell the machine.
type toChild struct {
	ID      int64
	Emit    []connector.Observation `json:",omitempty"`
	Receipt *connector.Receipt      `json:",omitempty"` // answers Send of the same ID
	Do      *command                `json:",omitempty"`
	Import  []string                `json:",omitempty"` // paths of exports, to be brought in one after the other
	Drain   bool                    `json:",omitempty"` // answer when nothing is left to do
	Settled bool                    `json:",omitempty"` // of Drain: nor any send without an outcome
}

// fromChild is what the machine says.
type fromChild struct {
	ID       int64
	Ready    bool              `json:",omitempty"`
	Acked    bool              `json:",omitempty"` // the Emit of this ID is on disk
	Send     *connector.Action `json:",omitempty"`
	Answer   *answer           `json:",omitempty"`
	Imported bool              `json:",omitempty"`
	Resumed  int               `json:",omitempty"` // of Ready: imports found half done
	Drained  bool              `json:",omitempty"`
	Failed   string            `json:",omitempty"` // the machine cannot go on
}

// command is what staff wants: a message, a merge, a split or a setting.
type command struct {
	Kind    community.Kind
	Key     string
	Group   string
	Text    string
	At      time.Time `json:",omitzero"`
	Members []string  `json:",omitempty"`
	Based   int64     `json:",omitempty"` // of a setting: the version that was seen
}

// answer is what the machine made of a command.
type answer struct {
	Seq    community.Seq
	Result string
	Code   community.Code
	Text   string
}

// birth is what a child is told when it starts.
type birth struct {
	DSN   string
	Files string
	Clock clock
	Alone bool // no account is connected: the machine only fetches pictures
}

// clock runs faster than time, so that what waits for a second happens within
// the short lives of the children. Parent and children share it.
type clock struct {
	From  time.Time // the instant at which Shows was shown
	Shows time.Time
	Speed int64
}

func (c clock) now() time.Time {
	return c.Shows.Add(time.Since(c.From) * time.Duration(c.Speed)).Truncate(time.Millisecond)
}

// jump is the clock moved on by d.
func (c clock) jump(d time.Duration) clock {
	return clock{From: c.From, Shows: c.Shows.Add(d), Speed: c.Speed}
}

const network community.Network = "wire"

const (
	account   = "wire-1"
	onceGroup = "once" // the platform sends a repeated key once
	echoGroup = "echo" // it does not, but tells us what we said
)

func capabilities(group string) connector.Capabilities {
	m := connector.Machine
	return connector.Capabilities{Read: m, Joins: m, Members: m, Send: m, Echoes: true, Deduplicates: group == onceGroup}
}
