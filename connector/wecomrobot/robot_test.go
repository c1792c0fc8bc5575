package wecomrobot

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/connector"
)

var (
	png   = []byte("\x89PNG\r\n\x1a\nno picture")
	voice = []byte("#!AMR\nno voice")
)

func TestMessagesAsThePlatformWantsThem(t *testing.T) {
	sum := md5.Sum(png)
	link := community.Part{Content: community.Link, Title: "题", Text: "说明", URL: "https://example.org/?a=1&b=2", Picture: "https://example.org/p.png"}
	for name, c := range map[string]struct {
		action connector.Action
		want   []map[string]any
	}{
		"text": {connector.Action{Text: "a < b & c"}, []map[string]any{{"msgtype": "text", "text": map[string]any{"content": "a < b & c"}}}},
		"text with mentions": {connector.Action{Text: "开会", Mentions: []connector.Member{{ID: "lisi"}, {ID: "lisi"}, {Name: "no ID"}}, MentionAll: true},
			[]map[string]any{{"msgtype": "text", "text": map[string]any{"content": "开会", "mentioned_list": []any{"lisi", "@all"}}}}},
		"markdown": {connector.Action{Mentions: []connector.Member{{ID: "lisi"}}, Parts: []community.Part{{Content: community.Text, Name: "markdown", Text: "**粗**"}}},
			[]map[string]any{{"msgtype": "markdown", "markdown": map[string]any{"content": "**粗**\n<@lisi>"}}}},
		"markdown of the second version": {connector.Action{Parts: []community.Part{{Content: community.Text, Name: "markdown_v2", Text: "|a|b|"}}},
			[]map[string]any{{"msgtype": "markdown_v2", "markdown_v2": map[string]any{"content": "|a|b|"}}}},
		"picture": {connector.Action{Parts: []community.Part{{Content: community.Image, Data: png}}},
			[]map[string]any{{"msgtype": "image", "image": map[string]any{"base64": "iVBORw0KGgpubyBwaWN0dXJl", "md5": hex.EncodeToString(sum[:])}}}},
		"links together, card, file, voice": {connector.Action{Text: "看", Parts: []community.Part{link, link,
			{Content: community.Other, Title: "通知", Text: "说明", URL: "https://example.org", Picture: "https://example.org/p.png"},
			{Content: community.File, Name: "报告.pdf", Data: []byte("12345")}, {Content: community.Voice, Data: voice}, {Content: community.File, Media: "media1"}}},
			[]map[string]any{
				{"msgtype": "text", "text": map[string]any{"content": "看"}},
				{"msgtype": "news", "news": map[string]any{"articles": []any{
					map[string]any{"title": "题", "description": "说明", "url": "https://example.org/?a=1&b=2", "picurl": "https://example.org/p.png"},
					map[string]any{"title": "题", "description": "说明", "url": "https://example.org/?a=1&b=2", "picurl": "https://example.org/p.png"}}}},
				{"msgtype": "template_card", "template_card": map[string]any{"card_type": "news_notice", "main_title": map[string]any{"title": "通知", "desc": "说明"},
					"card_image": map[string]any{"url": "https://example.org/p.png"}, "card_action": map[string]any{"type": 1.0, "url": "https://example.org"}}},
				{"msgtype": "file", "file": map[string]any{"media_id": "media1"}},
				{"msgtype": "voice", "voice": map[string]any{"media_id": "media2"}},
				{"msgtype": "file", "file": map[string]any{"media_id": "media1"}},
			}},
	} {
		t.Run(name, func(t *testing.T) {
			p := startPlatform(t)
			c.action.Group = "notices"
			if r, err := p.open().Send(t.Context(), c.action); err != nil || r != (connector.Receipt{}) {
				t.Fatalf("Send: %+v, %v", r, err)
			}
			if d := cmp.Diff(c.want, p.sent); d != "" {
				t.Errorf("(-want +arrived):\n%s", d)
			}
			if len(p.files) > 0 {
				if d := cmp.Diff(map[string]string{"media1": "file|报告.pdf|12345", "media2": "voice|voice.amr|" + string(voice)}, p.files); d != "" {
					t.Errorf("files (-want +uploaded):\n%s", d)
				}
			}
		})
	}
}

func TestLimitsAreCheckedBeforeAnythingIsSent(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	parts := func(p ...community.Part) connector.Action { return connector.Action{Text: "first", Parts: p} }
	for name, a := range map[string]connector.Action{
		"empty":                 {},
		"text":                  {Text: strings.Repeat("汉", 683)},
		"markdown":              parts(community.Part{Content: community.Text, Name: markdown, Text: long(4097)}),
		"text as a part":        parts(community.Part{Content: community.Text, Text: "x"}),
		"empty markdown":        parts(community.Part{Content: community.Text, Name: markdown}),
		"no picture":            parts(community.Part{Content: community.Image, URL: "https://example.org/a.png"}),
		"picture of another":    parts(community.Part{Content: community.Image, Data: []byte("GIF89a")}),
		"large picture":         parts(community.Part{Content: community.Image, Data: append(png, make([]byte, mostPicture)...)}),
		"small file":            parts(community.Part{Content: community.File, Data: []byte("1234")}),
		"large file":            parts(community.Part{Content: community.File, Data: make([]byte, mostFile+1)}),
		"voice of another":      parts(community.Part{Content: community.Voice, Data: []byte("ID3.....")}),
		"large voice":           parts(community.Part{Content: community.Voice, Data: append(voice, make([]byte, mostVoice)...)}),
		"film":                  parts(community.Part{Content: community.Video, Data: voice}),
		"link without title":    parts(community.Part{Content: community.Link, URL: "https://example.org"}),
		"link with long title":  parts(community.Part{Content: community.Link, URL: "https://example.org", Title: long(129)}),
		"link with long text":   parts(community.Part{Content: community.Link, URL: "https://example.org", Title: "x", Text: long(513)}),
		"link to nowhere":       parts(community.Part{Content: community.Link, URL: "example.org", Title: "x"}),
		"card without title":    parts(community.Part{Content: community.Other, URL: "https://example.org"}),
		"mention in a picture":  {Mentions: []connector.Member{{ID: "a"}}, Parts: []community.Part{{Content: community.Image, Data: png}}},
		"everybody in markdown": {MentionAll: true, Parts: []community.Part{{Content: community.Text, Name: markdown, Text: "x"}}},
		"mention in markdown 2": {Mentions: []connector.Member{{ID: "a"}}, Parts: []community.Part{{Content: community.Text, Name: markdown2, Text: "x"}}},
	} {
		p := startPlatform(t)
		a.Group = "notices"
		_, err := p.open().Send(t.Context(), a)
		if c := community.CodeOf(err); c != community.Invalid && c != community.Unsupported || p.calls != 0 {
			t.Errorf("%s: %v after %d calls", name, err, p.calls)
		}
	}
	p := startPlatform(t)
	if _, err := p.open().Send(t.Context(), connector.Action{Group: "notices", Text: strings.Repeat("汉", 682) + "xx"}); err != nil {
		t.Errorf("2048 bytes: %v", err)
	}
	if _, err := p.open().Send(t.Context(), connector.Action{Group: "another", Text: "x"}); community.CodeOf(err) != community.NotFound {
		t.Errorf("another group: %v", err)
	}
	if _, err := p.open().Send(t.Context(), connector.Action{Direct: true, Member: "lisi", Text: "x"}); community.CodeOf(err) != community.Unsupported {
		t.Errorf("a private message: %v", err)
	}
}

func TestNineLinksAreTwoMessages(t *testing.T) {
	p := startPlatform(t)
	a := connector.Action{Group: "notices"}
	for i := range 9 {
		a.Parts = append(a.Parts, community.Part{Content: community.Link, Title: fmt.Sprint(i), URL: "https://example.org"})
	}
	if _, err := p.open().Send(t.Context(), a); err != nil || len(p.sent) != 2 {
		t.Errorf("%d messages, %v", len(p.sent), err)
	}
}

func TestFailures(t *testing.T) {
	for name, c := range map[string]struct {
		next      func(http.ResponseWriter, func())
		code      community.Code
		uncertain bool
	}{
		"busy":              {status(200, `{"errcode":-1,"errmsg":"system busy"}`), community.Unavailable, false},
		"too often":         {status(200, `{"errcode":45009,"errmsg":"freq"}`), community.Unavailable, false},
		"no robot":          {status(200, `{"errcode":93000,"errmsg":"invalid webhook url"}`), community.Forbidden, false},
		"bad field":         {status(200, `{"errcode":40058,"errmsg":"x"}`), community.Invalid, false},
		"a code of its own": {status(200, `{"errcode":12345,"errmsg":"key `+simKey+`"}`), community.Conflict, false},
		"refused by status": {status(429, ``), community.Unavailable, false},
		"not found":         {status(404, `<html>`), community.Conflict, false},
		"bad gateway":       {status(502, `<html>`), community.Unavailable, true},
		"no answer at all":  {status(200, `{}`), community.Unavailable, true},
		"no JSON":           {status(200, `ok`), community.Unavailable, true},
		"cut after":         {cut(true), community.Unavailable, true},
		"cut before":        {cut(false), community.Unavailable, true},
	} {
		p := startPlatform(t)
		p.next = c.next
		_, err := p.open().Send(t.Context(), connector.Action{Group: "notices", Text: "x"})
		var uncertain *connector.Uncertain
		if community.CodeOf(err) != c.code || errors.As(err, &uncertain) != c.uncertain {
			t.Errorf("%s: %v, want %s, uncertain %v", name, err, c.code, c.uncertain)
		}
		if strings.Contains(fmt.Sprint(err), simKey) {
			t.Errorf("%s: the key is in %v", name, err)
		}
	}
	p := startPlatform(t)
	r := p.open()
	p.Close()
	_, err := r.Send(t.Context(), connector.Action{Group: "notices", Text: "x"})
	var uncertain *connector.Uncertain
	if community.CodeOf(err) != community.Unavailable || errors.As(err, &uncertain) || strings.Contains(err.Error(), simKey) {
		t.Errorf("nobody there: %v", err)
	}
}

func TestAnUploadCanBeRepeatedButHalfAMessageCannot(t *testing.T) {
	file := community.Part{Content: community.File, Name: "a.txt", Data: []byte("12345")}
	var uncertain *connector.Uncertain
	p := startPlatform(t)
	p.next = cut(false)
	if _, err := p.open().Send(t.Context(), connector.Action{Group: "notices", Parts: []community.Part{file}}); errors.As(err, &uncertain) || community.CodeOf(err) != community.Unavailable {
		t.Errorf("an upload that was cut: %v, want unavailable and certain", err)
	}
	p = startPlatform(t)
	p.next = func(w http.ResponseWriter, deliver func()) {
		deliver()
		reply(w, codeOK, "ok")
		p.next = status(200, `{"errcode":45009,"errmsg":"freq"}`)
	}
	if _, err := p.open().Send(t.Context(), connector.Action{Group: "notices", Text: "first", Parts: []community.Part{file}}); !errors.As(err, &uncertain) {
		t.Errorf("half a message: %v, want uncertain", err)
	}
	if len(p.sent) != 1 {
		t.Errorf("%d messages arrived", len(p.sent))
	}
}

func TestTwentyAMinute(t *testing.T) {
	p := startPlatform(t)
	r := p.open()
	for i := range 20 {
		if _, err := r.Send(t.Context(), connector.Action{Group: "notices", Text: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := r.Send(t.Context(), connector.Action{Group: "notices", Text: "too much"})
	if community.CodeOf(err) != community.Unavailable || strings.Contains(err.Error(), simKey) {
		t.Errorf("the 21st: %v", err)
	}
	p.mu.Lock()
	p.now = p.now.Add(time.Minute)
	p.mu.Unlock()
	if _, err := r.Send(t.Context(), connector.Action{Group: "notices", Text: "again"}); err != nil {
		t.Errorf("a minute later: %v", err)
	}
	l := Driver{}.About().Limits
	if l.PerGroup != 20 || l.Pause*20 < time.Minute {
		t.Errorf("the limits %+v do not keep it", l)
	}
}

func TestRunTellsWhetherTheRobotExists(t *testing.T) {
	p := startPlatform(t)
	r := p.open()
	told := make(chan connector.Observation, 10)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	failures := 1
	go func() {
		ended <- r.Run(ctx, func(_ context.Context, o ...connector.Observation) error {
			if failures > 0 {
				failures--
				return community.Errorf(community.Unavailable, "the disk is full")
			}
			for _, x := range o {
				told <- x
			}
			return nil
		})
	}()
	next := func(want connector.State) connector.Observation {
		t.Helper()
		select {
		case o := <-told:
			if o.Kind != community.ConnectionChanged || o.Data["state"] != string(want) || o.Group != "" {
				t.Errorf("told %+v, want %s", o, want)
			}
			return o
		case <-time.After(2 * time.Minute):
			t.Fatalf("%s is not told", want)
		}
		return connector.Observation{}
	}
	next(connector.Online)
	say := func() { _, _ = r.Send(t.Context(), connector.Action{Group: "notices", Text: "x"}) } // what it meets is told
	set := func(removed bool) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.removed = removed
	}
	say()
	set(true)
	say()
	if o := next(connector.Offline); o.Data["code"] != "93017" || strings.Contains(o.Text, simKey) {
		t.Errorf("told %+v", o)
	}
	set(false)
	say()
	next(connector.Online)
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	if len(told) != 0 {
		t.Errorf("told too much: %+v", <-told)
	}
}

func TestProbe(t *testing.T) {
	p := startPlatform(t)
	r := p.open()
	probe := func() (out []string) {
		for _, f := range r.Probe(t.Context()) {
			out = append(out, fmt.Sprint(f.Check, " ", f.OK, " ", f.Code))
			if strings.Contains(f.Detail, simKey) {
				t.Errorf("the key is in %q", f.Detail)
			}
		}
		return out
	}
	if d := cmp.Diff([]string{"address true ", "sign_in true "}, probe()); d != "" {
		t.Error(d)
	}
	if len(p.sent) != 0 {
		t.Errorf("the probe appeared in the group: %v", p.sent)
	}
	p.removed = true
	if d := cmp.Diff([]string{"address true ", "sign_in false refused"}, probe()); d != "" {
		t.Error(d)
	}
	p.removed = false
	p.next = status(502, "<html>")
	if d := cmp.Diff([]string{"address false down"}, probe()); d != "" {
		t.Error(d)
	}
	p.next = status(200, "<html>")
	if d := cmp.Diff([]string{"address false garbled"}, probe()); d != "" {
		t.Error(d)
	}
	p.Close()
	if d := cmp.Diff([]string{"address false unreachable"}, probe()); d != "" {
		t.Error(d)
	}
}

func TestSettings(t *testing.T) {
	d := Driver{}
	for _, key := range []string{simKey, " " + simKey + "\n", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=" + simKey} {
		c, err := d.Open("robot", fmt.Appendf(nil, `{"key":%q,"group":"notices"}`, key))
		if err != nil {
			t.Fatalf("%q: %v", key, err)
		}
		groups, err := c.(connector.Lister).Groups(t.Context())
		if err != nil || !cmp.Equal(groups, []connector.Group{{ID: "notices", Name: "notices"}}) {
			t.Errorf("groups: %+v, %v", groups, err)
		}
		if c.(*robot).key != simKey {
			t.Errorf("%q is read as %q", key, c.(*robot).key)
		}
	}
	for config, field := range map[string]string{
		`{`:                                     "settings",
		`{"group":"notices"}`:                   "key",
		`{"key":"a b c d e f g h","group":"x"}`: "key",
		`{"key":"` + simKey + `"}`:              "group",
		`{"key":"` + simKey + `","group":"x","title":"` + strings.Repeat("x", 129) + `"}`: "title",
	} {
		if _, err := d.Open("robot", []byte(config)); community.CodeOf(err) != community.Invalid || !strings.Contains(err.Error(), field) || strings.Contains(err.Error(), simKey) {
			t.Errorf("%s: %v, want invalid with %q", config, err, field)
		}
	}
	c, err := d.Open("robot", []byte(`{"key":"`+simKey+`","group":"notices"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Send(t.Context(), connector.Action{Group: "notices"}); community.CodeOf(err) != community.Invalid {
		t.Errorf("an empty message: %v", err)
	}
	caps := c.Capabilities("notices")
	if caps.Send != connector.Machine || caps.Read != connector.Nobody || caps.Recall != connector.Nobody || c.Capabilities("x") != (connector.Capabilities{}) {
		t.Errorf("capabilities: %+v", caps)
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"errcode":0,"errmsg":"ok"}`))
	f.Add([]byte(`{"errcode":93000,"errmsg":"invalid webhook url ` + simKey + `"}`))
	f.Add([]byte(`{"errcode":"0"}`))
	f.Add([]byte(`[]`))
	r := &robot{key: simKey}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := read(b)
		if err != nil {
			return
		}
		if err := r.failure(a); (err == nil) != (a.Code == codeOK) || err != nil && (strings.Contains(err.Error(), simKey) || len(err.Error()) > 1000) {
			t.Errorf("%s: %v", b, err)
		}
	})
}
