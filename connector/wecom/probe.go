package wecom

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"qunying/community"
	"qunying/connector"
)

// tolerance of our clock against WeCom's: signatures and times are by the second,
// and welcomes have twenty.
const tolerance = 30 * time.Second

// Probe tries the settings: whether WeCom can be reached, takes the secret, trusts our
// address, lets the app read customer groups, agrees on the time, and has called. The
// last is told in any case, because an app's trusted addresses can be entered only
// once its callback works.
func (a *Account) Probe(ctx context.Context) []connector.Finding {
	a.mu.Lock()
	called := a.call
	a.mu.Unlock()
	callback := connector.Finding{Check: "callback", OK: !called.IsZero()}
	if callback.OK {
		callback.Detail = called.UTC().Format(time.RFC3339)
	} else {
		callback.Code = "not_called"
	}
	return append(a.probeCalls(ctx), callback)
}

// probeCalls goes as far as WeCom lets us.
func (a *Account) probeCalls(ctx context.Context) []connector.Finding {
	var all []connector.Finding
	_, err := a.client.accessToken(ctx)
	if err != nil && codeOf(err) == 0 {
		return append(all, finding("address", err))
	}
	all = append(all, connector.Finding{Check: "address", OK: true})
	if err != nil {
		check := "sign_in"
		if codeOf(err) == codeAddress {
			check = "trusted_ip"
		}
		return append(all, finding(check, err))
	}
	all = append(all, connector.Finding{Check: "sign_in", OK: true})
	_, _, err = a.client.groupChatPage(ctx, "", 1)
	if codeOf(err) == codeAddress {
		return append(all, finding("trusted_ip", err))
	}
	all = append(all, connector.Finding{Check: "trusted_ip", OK: true}, finding("permission", err))
	_, skew := a.client.Heard()
	clock := connector.Finding{Check: "clock", OK: skew.Abs() <= tolerance}
	if !clock.OK {
		clock.Code, clock.Detail = "clock_off", fmt.Sprintf("WeCom's clock is ahead of ours by %v", skew.Round(time.Second))
	}
	return append(all, clock)
}

// finding makes a finding of an error, or of none.
func finding(check string, err error) connector.Finding {
	f := connector.Finding{Check: check, OK: err == nil}
	if err == nil {
		return f
	}
	f.Detail = err.Error()
	if code := codeOf(err); code != 0 {
		f.Code = strconv.Itoa(code)
		return f
	}
	f.Code = connector.Unanswered(err)
	if community.CodeOf(err) == community.Forbidden {
		f.Code = "refused"
	}
	return f
}
