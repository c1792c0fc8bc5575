package answers

import (
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/insight"
	insightdb "qunying/internal/store/insight"
)

func TestMessagesAreComparedAmongGroupsThatWereThere(t *testing.T) {
	span := insight.Span{From: 100, To: 106}
	group := func(first community.Day, messages, before int64) *line {
		l := &line{Head: insightdb.Head{Group: community.Group{Zone: time.UTC}}, span: span, messages: messages, before: before}
		if first > 0 {
			l.totals = insightdb.GroupTotals{Messages: messages + before + 1, FirstAt: first.Start(time.UTC).UnixMilli()}
		}
		return l
	}
	old, older, young, silent := group(93, 10, 8), group(40, 5, 4), group(94, 7, 6), group(0, 0, 0)
	for _, test := range []struct {
		name   string
		lines  []*line
		value  float64
		before *float64
		like   *api.Like
	}{
		{"none", nil, 0, new(0.0), nil},
		{"all were there", []*line{old, older, silent}, 15, new(12.0), nil},
		{"one came later", []*line{old, older, young, silent}, 22, nil, &api.Like{Groups: 2, Value: 15, Before: 12}},
		{"all came later", []*line{young, silent}, 7, nil, nil},
	} {
		n := messagesIn(test.lines)
		if diff := gocmp.Diff(api.Number{Metric: "messages", Value: &test.value, Before: test.before, Like: test.like}, n); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.name, diff)
		}
	}
}
