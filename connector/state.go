package connector

import (
	"strconv"
	"time"

	"qunying/community"
)

// State is how an account's connection is.
type State string

const (
	Online   State = "online"
	Degraded State = "degraded" // something works, something does not
	Offline  State = "offline"
	Waiting  State = "waiting" // for a person: to scan a code, to finish the set-up
)

// Changed makes the observation by which a connector tells that its state is
// another one from at on. Emit it at every change of the state, and once at the
// start of Run.
//
// missedFrom is from when on events may be missing because nothing was heard and
// the platform does not keep them for us; zero says that nothing is missing.
// While the state is not Online the gap stays open; with Online it ends at at.
// The engine reads back what it can (Historian) and notes the rest as not covered.
func Changed(s State, at, missedFrom time.Time, why error) Observation {
	o := Observation{Kind: community.ConnectionChanged, At: at, Data: map[string]string{"state": string(s)}}
	if !missedFrom.IsZero() {
		o.Data["missed_from"] = strconv.FormatInt(missedFrom.UnixMilli(), 10)
	}
	if why != nil {
		o.Text = why.Error()
		o.Data["code"] = Reason(why)
	}
	return o
}
