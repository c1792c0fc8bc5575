//go:build linux

package wecomarchive

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/connector"
)

func TestSeatsAndConsent(t *testing.T) {
	p := newStandin(t)
	c := p.opened().Client
	p.answer("msgaudit/get_permit_user_list", map[string]any{"errcode": 0, "ids": []string{"zhang", "li"}})
	p.answer("msgaudit/check_room_agree", map[string]any{"errcode": 0, "agreeinfo": []map[string]any{
		{"status_change_time": 1562766651, "exteranalopenid": "wmAnn", "agree_status": "Agree"},
		{"status_change_time": 1562766652, "exteranalopenid": "wmBo", "agree_status": "Disagree"}}})
	p.answer("msgaudit/check_single_agree", map[string]any{"errcode": 0, "agreeinfo": []map[string]any{
		{"status_change_time": 1562766651, "userid": "zhang", "exteranalopenid": "wmAnn", "agree_status": "Default_Agree"}}})

	seats, err := c.Seats(t.Context())
	if d := cmp.Diff([]Seat{{"zhang", "office"}, {"li", "office"}, {"zhang", "service"}, {"li", "service"}, {"zhang", "enterprise"}, {"li", "enterprise"}}, seats); err != nil || d != "" {
		t.Errorf("Seats: %v (-want +got):\n%s", err, d)
	}
	p.expire() // the next call fetches a token anew
	consent, err := c.Consent(t.Context(), "wrOne")
	want := []Agreement{
		{External: "wmAnn", Agreed: true, State: "Agree", At: time.Unix(1562766651, 0).UTC()},
		{External: "wmBo", State: "Disagree", At: time.Unix(1562766652, 0).UTC()}}
	if d := cmp.Diff(want, consent); err != nil || d != "" {
		t.Errorf("Consent: %v (-want +got):\n%s", err, d)
	}
	single, err := c.SingleConsent(t.Context(), []Pair{{"zhang", "wmAnn"}})
	want = []Agreement{{External: "wmAnn", User: "zhang", Agreed: true, State: "Default_Agree", At: time.Unix(1562766651, 0).UTC()}}
	if d := cmp.Diff(want, single); err != nil || d != "" {
		t.Errorf("SingleConsent: %v (-want +got):\n%s", err, d)
	}
	if n := p.called("gettoken"); n != 2 {
		t.Errorf("a token was fetched %d times, want at first and after it ran out", n)
	}
	for _, n := range []int{0, 101} {
		if _, err := c.SingleConsent(t.Context(), make([]Pair, n)); community.CodeOf(err) != community.Invalid {
			t.Errorf("SingleConsent of %d: %v, want Invalid", n, err)
		}
	}
}

func TestRefusalsOfTheInterface(t *testing.T) {
	p := newStandin(t)
	c := p.opened().Client
	for code, class := range map[int]community.Code{-1: community.Unavailable, 45009: community.Unavailable, 60020: community.Forbidden,
		48002: community.Forbidden, 40058: community.Invalid} {
		p.answer("msgaudit/check_room_agree", map[string]any{"errcode": code, "errmsg": "no"})
		_, err := c.Consent(t.Context(), "wrOne")
		if community.CodeOf(err) != class || codeOf(err) != code {
			t.Errorf("errcode %d: %v, want %s", code, err, class)
		}
	}
	p.api.Close()
	_, err := c.Consent(t.Context(), "wrOne")
	if community.CodeOf(err) != community.Unavailable || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "access_token") {
		t.Errorf("nobody there: %v, want Unavailable without secrets", err)
	}
}

func TestMedia(t *testing.T) {
	p := newStandin(t)
	a := p.opened()
	t.Setenv("TMPDIR", t.TempDir())
	body := []byte(strings.Repeat("0123456789", 1234))
	if err := os.Mkdir(filepath.Join(p.folder, "media"), 0o700); err != nil {
		t.Fatal(err)
	}
	p.write("media/file1", string(body))
	sum := md5.Sum(body)
	good := hex.EncodeToString(sum[:])
	read := func(id string) (string, error) {
		f, size, err := a.Media(t.Context(), id)
		if err != nil {
			return "", err
		}
		b, err := io.ReadAll(f)
		if err != nil || int64(len(b)) != size {
			t.Errorf("size %d, read %d bytes, %v", size, len(b), err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		return string(b), nil
	}
	for _, id := range []string{good + ":12340:file1", ":0:file1", strings.ToUpper(good) + ":0:file1"} {
		if got, err := read(id); err != nil || got != string(body) {
			t.Errorf("%s: %d bytes, %v", id, len(got), err)
		}
	}
	if got, err := a.Fetch(t.Context(), connector.File{ID: good + ":0:file1"}); err != nil {
		t.Errorf("fetched: %v", err)
	} else if b, err := io.ReadAll(got.Body); err != nil || string(b) != string(body) || got.Body.Close() != nil {
		t.Errorf("fetched: %d bytes, %v", len(b), err)
	}
	for _, fault := range []string{"GetMediaData crash", "GetMediaData 10001"} {
		p.fault(fault)
		if got, err := read(good + ":0:file1"); err != nil || got != string(body) {
			t.Errorf("after %s: %d bytes, %v", fault, len(got), err)
		}
	}
	for id, class := range map[string]community.Code{
		strings.Repeat("0", 32) + ":0:file1":         community.Unavailable,
		":0:nothing":                                 community.NotFound,
		fmt.Sprintf(":%d:file1", int64(MostMedia)+1): community.Unsupported,
		"file1": community.Invalid, "x:0:file1": community.Invalid, ":-1:file1": community.Invalid, ":0:": community.Invalid, ":0:a\x00b": community.Invalid,
	} {
		if _, err := read(id); community.CodeOf(err) != class {
			t.Errorf("%q: %v, want %s", id, err, class)
		}
	}
	p.fault("GetMediaData always 10001")
	if _, err := read(":0:file1"); community.CodeOf(err) != community.Unavailable {
		t.Errorf("a platform that is away: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
}
