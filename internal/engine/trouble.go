package engine

import (
	"context"
	"errors"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
)

// Codes of what keeps the dispatcher from doing something. The console has a
// sentence for each, as it has for those of connectors (connector.Reason).
const (
	WhyRepeated  = "repeated"   // the same was just said
	WhyExpired   = "expired"    // it would have come too late
	WhyNoAccount = "no_account" // nobody of ours is in the group
	WhyNobodyCan = "nobody_can" // the platform has no way
	WhyResent    = "resent"     // after a restart, under the same key
	WhyStopped   = "stopped"    // the process ended between sending and hearing back
	WhyRestored  = "restored"   // the database was brought back meanwhile (package backup writes it)
	WhyRefused   = "not_wanted" // the person who was asked did not want to
	WhyQuota     = "quota"      // the platform lets the group receive no more
	WhyGone      = "gone"       // what was proposed is not there any more
	WhyTimeout   = "timeout"    // no answer came in time
)

// reasons are what is said of these codes to the log and to programs.
var reasons = map[string]string{
	WhyRepeated:  "the same was said in this group a moment ago",
	WhyExpired:   "it was not sent in time and would have come too late",
	WhyNoAccount: "no account of ours is in this group",
	WhyNobodyCan: "nobody can do this on this platform",
	WhyResent:    "sent again after a restart, under the same key",
	WhyStopped:   "the process stopped between sending and hearing back",
	WhyRestored:  "the database was restored while it was being sent",
	WhyRefused:   "the person who was asked did not want to",
	WhyQuota:     "the platform's quota for this group is used up",
	WhyGone:      "it is not there any more on the platform",
	WhyTimeout:   "no answer came in time",
}

func because(code string) store.Trouble {
	return store.Trouble{Code: code, Error: reasons[code]}
}

// troubleOf is an error as it is kept with an action. Before a connector's code
// stands the name of its driver, whose texts are asked first: "wecom/60020".
func troubleOf(p *parcel, err error) store.Trouble {
	code := connector.Reason(err)
	if code == string(community.Internal) && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		code = WhyTimeout
	}
	if p.by != nil {
		code = p.by.about.Name + "/" + code
	}
	return store.Trouble{Code: code, Said: connector.Quoted(err), Error: err.Error()}
}
