package mp

import (
	"context"
	"strconv"
	"time"

	"qunying/community"
	"qunying/connector"
)

// mostSkew is how far our clock may be off before signatures of pages and sign-ins
// fail.
const mostSkew = 2 * time.Minute

// Probe makes the checks of the wizard: "sign_in" (AppID, AppSecret, and that our
// address is on the list), "clock", "permission" (the account may use what needs a
// verified one) and "callback" (the platform has called us; codes "not_running" and
// "not_seen"); the last is told in any case.
func (a *account) Probe(ctx context.Context) []connector.Finding {
	return append(a.probeCalls(ctx), a.probeCallback())
}

// probeCalls goes as far as the platform lets us.
func (a *account) probeCalls(ctx context.Context) []connector.Finding {
	_, err := a.sign(ctx, "", true)
	found := []connector.Finding{finding("sign_in", err)}
	if err != nil {
		return found
	}
	a.Client.mu.Lock()
	skew := a.skew
	a.Client.mu.Unlock()
	clock := connector.Finding{Check: "clock", OK: skew.Abs() <= mostSkew}
	if !clock.OK {
		clock.Code, clock.Detail = "clock_off", skew.Round(time.Second).String()
	}
	_, err = a.Menu(ctx)
	return append(found, clock, finding("permission", err))
}

func (a *account) probeCallback() connector.Finding {
	callback := connector.Finding{Check: "callback"}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case !a.called.IsZero():
		callback.OK, callback.Detail = true, a.called.UTC().Format(time.RFC3339)
	case a.emit == nil:
		callback.Code = "not_running"
	default:
		callback.Code = "not_seen"
	}
	return callback
}

func finding(check string, err error) connector.Finding {
	f := connector.Finding{Check: check, OK: err == nil}
	if err == nil {
		return f
	}
	f.Detail = err.Error()
	switch {
	case codeOf(err) != 0:
		f.Code = strconv.Itoa(codeOf(err))
	case community.CodeOf(err) == community.Unavailable:
		f.Code = connector.Unanswered(err)
	default:
		f.Code = "refused"
	}
	return f
}
