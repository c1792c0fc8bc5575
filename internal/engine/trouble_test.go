package engine

import (
	"maps"
	"slices"
	"testing"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/connectortest"
	"qunying/connector/sim"
	"qunying/internal/store"
)

// What the dispatcher says of an action is said in people's languages.
func TestEveryTroubleOfTheDispatcherHasWords(t *testing.T) {
	connectortest.General(t, slices.Collect(maps.Keys(reasons))...)
}

// refusedBy is a platform's refusal with its number.
type refusedBy int

func (refusedBy) Error() string       { return "not allowed from this address" }
func (r refusedBy) PlatformCode() int { return int(r) }

func TestARefusalIsKeptAsItsCodeAndThePlatformsWords(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities(), "一")
		w.net.FailNext(1, connector.Quoting("not allow to access", &community.Error{Code: community.Forbidden, Text: "refused", Err: refusedBy(60020)}))
		w.dispatch()
		w.is(0, store.Failed)
		o := w.outbox()[0]
		if o.Code != "sim/60020" || o.Said != "not allow to access" || o.Error == "" {
			t.Errorf("it is kept as %+v", o.Trouble)
		}
		for _, ev := range w.log(1) {
			if ev.Kind == community.ActionFailed && (ev.Body.Data["code"] != o.Code || ev.Body.Data["said"] != o.Said) {
				t.Errorf("the log has %v", ev.Body.Data)
			}
		}
	})
}

func TestTheReasonIsTheOutermostCode(t *testing.T) {
	for want, err := range map[string]error{
		"":           nil,
		"invalid":    community.Errorf(community.Invalid, "no"),
		"internal":   store.ErrLost,
		"60020":      &connector.Uncertain{Err: &community.Error{Code: community.Forbidden, Err: refusedBy(60020)}},
		"partly":     connector.Because(connector.Partly, &community.Error{Code: community.Unavailable, Err: refusedBy(60020)}),
		"not_linked": connector.Quoting("gone", connector.Because(connector.NotLinked, community.Errorf(community.Unavailable, "no"))),
	} {
		if got := connector.Reason(err); got != want {
			t.Errorf("%v is %q, want %q", err, got, want)
		}
	}
}
