package insight

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
)

// heard listens to messages at minutes after noon of day 100 (UTC).
func heard(list ...Said) map[community.Day]*Talk {
	l := NewListener(time.UTC)
	for i := range list {
		if list[i].Seq == 0 {
			list[i].Seq = community.Seq(i + 1)
		}
		if list[i].Content == "" {
			list[i].Content = community.Text
		}
		l.Hear(list[i])
	}
	return map[community.Day]*Talk{100: l.Take(100), 101: l.Take(101)}
}

func minute(m int) time.Time {
	return community.Day(100).Start(time.UTC).Add(12*time.Hour + time.Duration(m)*time.Minute)
}

func TestTalk(t *testing.T) {
	for _, tt := range []struct {
		name string
		said []Said
		want *Talk // of day 100
	}{
		{"a quotation answers", []Said{{Author: 1, At: minute(0), ID: "a", Text: "几点开课？"}, {Author: 2, At: minute(3), Quotes: "a", Text: "八点"}},
			&Talk{Quotes: 1, Forms: map[community.Content]FormTalk{community.Text: {1, 1}}, Waits: []uint32{180},
				Questions: []Question{{Seq: 1, Answered: true}}, Pairs: map[Pair]uint32{{2, 1}: 1}}},
		{"across midnight, on the day of what is answered", []Said{{Author: 1, At: minute(700), ID: "a", Content: community.Image}, {Author: 2, At: minute(730), Quotes: "a"}},
			&Talk{Quotes: 1, Forms: map[community.Content]FormTalk{community.Image: {1, 1}}, Waits: []uint32{1800}, Pairs: map[Pair]uint32{{2, 1}: 1}}},
		{"nothing after a day", []Said{{Author: 1, At: minute(0), ID: "a"}, {Author: 2, At: minute(24*60 + 1), Quotes: "a"}}, NewTalk()},
		{"oneself is no answer", []Said{{Author: 1, At: minute(0), ID: "a", Text: "有人吗？"}, {Author: 1, At: minute(1), Quotes: "a", Text: "没有"}},
			&Talk{Forms: map[community.Content]FormTalk{}, Questions: []Question{{Seq: 1, Flat: true}}, Pairs: map[Pair]uint32{}}},
		{"who is mentioned has spoken within the hour", []Said{{Author: 1, At: minute(0)}, {Author: 3, At: minute(30)}, {Author: 2, At: minute(61), Targets: []community.IdentityID{1, 3, 3}}},
			&Talk{Mentions: 1, Forms: map[community.Content]FormTalk{community.Text: {1, 1}}, Waits: []uint32{1860}, Pairs: map[Pair]uint32{{2, 3}: 1}}},
		{"a name after an @ and one in the beginning", []Said{{Author: 1, At: minute(0), Name: "Bob"}, {Author: 2, At: minute(1), Name: "小李", Text: "bob: yes"}, {Author: 3, At: minute(2), Text: "好 @小李 谢谢"}},
			&Talk{Mentions: 1, Called: 1, Forms: map[community.Content]FormTalk{community.Text: {2, 2}}, Waits: []uint32{60, 60}, Pairs: map[Pair]uint32{{2, 1}: 1, {3, 2}: 1}}},
		{"our answer counts and makes no pair, ours are not counted", []Said{{Author: 1, At: minute(0), ID: "a", Text: "谁知道呢？"}, {Author: 9, Ours: true, At: minute(40), ID: "b", Quotes: "a", Link: true}, {Author: 1, At: minute(41), Quotes: "b", Link: true}},
			&Talk{Links: 1, Quotes: 1, Forms: map[community.Content]FormTalk{community.Text: {1, 1}}, Waits: []uint32{2400},
				Questions: []Question{{Seq: 1, Answered: true, Flat: true}}, Pairs: map[Pair]uint32{}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := heard(tt.said...)[100]
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			again, err := DecodeTalk(got.AppendBinary(nil))
			if diff := cmp.Diff(got, again); err != nil || diff != "" {
				t.Error(err, diff)
			}
		})
	}
}

// Two identities of one person do not talk with each other.
func TestNetworkOfPersons(t *testing.T) {
	days := heard(Said{Author: 1, At: minute(0), ID: "a"}, Said{Author: 2, At: minute(1), ID: "b", Quotes: "a"}, Said{Author: 3, At: minute(2), Quotes: "b"},
		Said{Author: 1, At: minute(3), Targets: []community.IdentityID{3}}, Said{Author: 4, At: minute(4)})
	day := NewGroupDay(1, 100)
	for id := community.IdentityID(1); id <= 4; id++ {
		day.Messages++
		day.Posts[id] = 1
	}
	person := func(id community.IdentityID) community.PersonID { // 2 is 1
		if id == 2 {
			return 1
		}
		return community.PersonID(id)
	}
	day.Relink(person)
	h := NewHistory(Record{Days: []*GroupDay{day}, Talks: []TalkDay{{100, days[100]}}, Last: 100, Person: person})
	want := Network{Bonds: []Bond{{A: 1, B: 3, AToB: 1, BToA: 1, Mutual: true}},
		Partners: []Partner{{1, 1, 1, 1}, {3, 1, 1, 1}}, Alone: []community.PersonID{4}}
	if diff := cmp.Diff(want, h.Network(Span{100, 100})); diff != "" {
		t.Error(diff)
	}
}

func FuzzDecodeTalk(f *testing.F) {
	f.Add(heard(Said{Author: 1, At: minute(0), ID: "a", Text: "几点？"}, Said{Author: 2, At: minute(1), Quotes: "a"})[100].AppendBinary(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := DecodeTalk(b)
		if err != nil {
			return
		}
		again, err := DecodeTalk(got.AppendBinary(nil))
		if err != nil || !bytes.Equal(again.AppendBinary(nil), got.AppendBinary(nil)) {
			t.Errorf("%x is read in two ways: %v", b, err)
		}
	})
}
