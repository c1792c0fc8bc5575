package signed_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector/wire/signed"
)

// vectors are those of the specification, made with another program.
func vectors(t *testing.T) (out []struct{ Secret, Timestamp, Body, Signature string }) {
	t.Helper()
	b, err := os.ReadFile("../../../docs/webhooks.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(b), "```json vectors\n")
	block, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatal("docs/webhooks.md has no test vectors")
	}
	if err := json.Unmarshal([]byte(block), &out); err != nil {
		t.Fatal(err)
	}
	if len(out) < 3 {
		t.Fatalf("docs/webhooks.md has %d test vectors", len(out))
	}
	return out
}

func TestTheSpecificationsVectors(t *testing.T) {
	for _, v := range vectors(t) {
		if got := signed.Signature(v.Secret, v.Timestamp, []byte(v.Body)); got != v.Signature {
			t.Errorf("%q signed with %q at %s: %s, want %s", v.Body, v.Secret, v.Timestamp, got, v.Signature)
		}
		seconds, err := strconv.ParseInt(v.Timestamp, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		h := http.Header{}
		signed.Sign(h, []byte(v.Body), time.Unix(seconds, 0), v.Secret)
		if h.Get("X-Qunying-Signature") != v.Signature || h.Get("X-Qunying-Timestamp") != v.Timestamp {
			t.Errorf("headers are %v", h)
		}
		if err := signed.Verify(h, []byte(v.Body), time.Unix(seconds, 0), v.Secret); err != nil {
			t.Error(err)
		}
	}
}

func TestVerify(t *testing.T) {
	now, body := time.Unix(1_700_000_000, 0), []byte(`{"a":1}`)
	sign := func(at time.Time, secrets ...string) http.Header {
		h := http.Header{}
		signed.Sign(h, body, at, secrets...)
		return h
	}
	with := func(timestamp, signature string) http.Header {
		return http.Header{signed.TimestampHeader: {timestamp}, signed.SignatureHeader: {signature}}
	}
	good := sign(now, "s1").Get(signed.SignatureHeader)
	for about, x := range map[string]struct {
		header  http.Header
		secrets []string
		want    error
	}{
		"good":                         {sign(now, "s1"), []string{"s1"}, nil},
		"the second secret of ours":    {sign(now, "s2"), []string{"s1", "s2"}, nil},
		"the second signature":         {sign(now, "new", "s1"), []string{"s1"}, nil},
		"just early enough":            {sign(now.Add(-signed.Skew), "s1"), []string{"s1"}, nil},
		"too old":                      {sign(now.Add(-signed.Skew-time.Second), "s1"), []string{"s1"}, signed.ErrClock},
		"from the future":              {sign(now.Add(signed.Skew+time.Second), "s1"), []string{"s1"}, signed.ErrClock},
		"another secret":               {sign(now, "s2"), []string{"s1"}, signed.ErrWrong},
		"an empty secret fits nothing": {sign(now, ""), []string{""}, signed.ErrWrong},
		"no secret at all":             {sign(now, "s1"), nil, signed.ErrWrong},
		"unsigned":                     {http.Header{}, []string{"s1"}, signed.ErrMissing},
		"no timestamp":                 {with("", good), []string{"s1"}, signed.ErrMissing},
		"a timestamp written oddly":    {with("+1700000000", good), []string{"s1"}, signed.ErrMissing},
		"another time":                 {with("1700000001", good), []string{"s1"}, signed.ErrWrong},
		"another algorithm":            {with("1700000000", strings.Replace(good, "sha256", "sha1", 1)), []string{"s1"}, signed.ErrWrong},
		"half":                         {with("1700000000", good[:40]), []string{"s1"}, signed.ErrWrong},
		"the fifth is not looked at":   {with("1700000000", "a,b,c,d,"+good), []string{"s1"}, signed.ErrWrong},
	} {
		err := signed.Verify(x.header, body, now, x.secrets...)
		if !errors.Is(err, x.want) || x.want != nil && community.CodeOf(err) != community.Forbidden {
			t.Errorf("%s: %v, want %v", about, err, x.want)
		}
	}
	if err := signed.Verify(sign(now, "s1"), append(body, ' '), now, "s1"); !errors.Is(err, signed.ErrWrong) {
		t.Errorf("a changed body: %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("1700000000", "sha256=00,sha256=", []byte("{}"))
	f.Fuzz(func(t *testing.T, timestamp, signature string, body []byte) {
		h := http.Header{signed.TimestampHeader: {timestamp}, signed.SignatureHeader: {signature}}
		if signed.Verify(h, body, time.Unix(1_700_000_000, 0), "the secret of this test") == nil {
			t.Error("forged")
		}
	})
}
