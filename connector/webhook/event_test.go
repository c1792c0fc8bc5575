package webhook

import (
	"testing"

	"qunying/community"
)

// FuzzRead: whatever is posted, what is taken can be logged.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"events":[{"kind":"message.posted","id":"1","group":"g","at":"2026-03-01T08:00:00+08:00","sender":{"id":"u","name":"n"},"mentions":[{}],"until":null,"data":{"a":"b"}}]}`))
	f.Add([]byte(`{"events":[{"kind":"x.y","id":"1","direct":true,"at":1772323260000,"raw":[1]},{"kind":"platform.other"}]}`))
	f.Add([]byte(`{"events":[{"kind":"roster.taken","id":"1","group":"g","at":1772323260000,"members":[]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		out, bad, err := read(body)
		if err != nil && (len(out) > 0 || community.CodeOf(err) != community.Invalid) {
			t.Errorf("%d observations, %v", len(out), err)
		}
		if len(out) > mostEvents || len(bad) > mostErrors {
			t.Errorf("%d taken, %d told", len(out), len(bad))
		}
		for _, o := range out {
			if o.Kind == "" || o.ID == "" || o.At.IsZero() || (o.Group == "") != o.Direct || len(o.Raw) > mostRaw || o.Kind == community.MessagePosted && o.Content == "" {
				t.Errorf("made %+v", o)
			}
			if o.Kind == community.ConnectionChanged || o.Kind == community.ActionAsk || o.Kind == community.MinuteTicked {
				t.Errorf("a sender may not tell of %s", o.Kind)
			}
		}
	})
}
