package engine

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
	"qunying/internal/store"
	"qunying/internal/store/media"
	"qunying/internal/store/privacy"
	"qunying/internal/testdb/ready"
)

// picture is a PNG of one colour.
func picture(t testing.TB, c uint8) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 40, 30))
	for i := range m.Pix {
		m.Pix[i] = c
	}
	m.Set(1, 1, color.White)
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// shown is an observation of a picture at an address.
func (w *world) shown(who, address string) connector.Observation {
	o := w.say("g", who, "")
	o.Content, o.Data = community.Image, map[string]string{"url": address}
	return o
}

// fetch lets the pictures loop work until nothing is due.
func (w *world) fetch() {
	w.t.Helper()
	for more := true; more; {
		var err error
		if more, err = w.e.mediaStep(w.t.Context(), 1); err != nil {
			w.t.Fatal(err)
		}
	}
}

// media lists what is known of pictures, by message in order.
func (w *world) media() (list []media.Item) {
	w.t.Helper()
	w.read(func(ctx context.Context, q store.Querier) error {
		head, err := store.Head(ctx, q, 1)
		if err != nil {
			return err
		}
		seqs := make([]community.Seq, head)
		for i := range seqs {
			seqs[i] = community.Seq(i + 1)
		}
		list, err = media.Of(ctx, q, 1, seqs)
		return err
	})
	return list
}

// kept lists the files in the folder.
func (w *world) files() (names []string) {
	w.t.Helper()
	names, err := filepath.Glob(filepath.Join(w.e.files, "media", "1", "*", "*"))
	if err != nil {
		w.t.Fatal(err)
	}
	parts, err := filepath.Glob(filepath.Join(w.e.files, "media", "1", "part-*"))
	if err != nil {
		w.t.Fatal(err)
	}
	return append(names, parts...)
}

// site serves pictures; what it answers for a path can be changed.
type site struct {
	*httptest.Server
	mu    sync.Mutex
	paths map[string]http.HandlerFunc
	asked map[string]int
}

func newSite(t testing.TB) *site {
	s := &site{paths: map[string]http.HandlerFunc{}, asked: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		h := s.paths[r.URL.Path]
		s.asked[r.URL.Path]++
		s.mu.Unlock()
		if h == nil {
			http.NotFound(rw, r)
			return
		}
		h(rw, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) serve(path string, h http.HandlerFunc) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paths[path] = h
	return s.URL + path
}

func bytesHandler(b []byte) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) { rw.Write(b) }
}

func TestPicturesAreKeptOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.e.guard = wire.Guard{Private: true}
		s := newSite(t)
		one := picture(t, 10)
		same := s.serve("/a.png", bytesHandler(one))
		w.observe(w.shown("u1", same), w.say("g", "u2", "好看"), w.shown("u2", s.serve("/b.png", bytesHandler(one))), w.shown("u3", s.serve("/c.png", bytesHandler(picture(t, 20)))))
		w.fetch()
		list := w.media()
		if len(list) != 3 || len(w.files()) != 2 {
			t.Fatalf("%d lines, files %v: want 3 lines and 2 files", len(list), w.files())
		}
		for _, i := range list {
			if i.State != media.Kept || i.Type != "image/png" || i.Bytes == 0 {
				t.Errorf("kept as %+v", i)
			}
		}
		f, err := w.e.Media(1, list[0].Sum)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, one) {
			t.Errorf("read %d bytes, %v", len(got), err)
		}
		w.advance(time.Hour)
		w.fetch()
		// The same after a start, whose loops remember nothing.
		other := w.another()
		other.e.pictures, other.e.guard = newPictures(w.e.files), w.e.guard
		other.fetch()
		if s.asked["/a.png"] != 1 {
			t.Errorf("a picture was fetched %d times", s.asked["/a.png"])
		}
	})
}

func TestPicturesThatCannotBeKept(t *testing.T) {
	w := newWorld(t, ready.SQLite(t))
	set := DefaultMedia()
	set.Largest = 1
	if err := w.e.SaveSetting(t.Context(), 1, 0, MediaKey, set, 0, 1); err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	var again atomic.Bool
	for _, c := range []struct {
		name    string
		private bool
		h       http.HandlerFunc
		state   media.State
		why     string
	}{
		{"gone", true, http.NotFound, media.Expired, media.WhyGone},
		{"expired", true, func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusForbidden) }, media.Expired, media.WhyGone},
		{"busy", true, func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusBadGateway) }, media.Waiting, media.WhyUnreachable},
		{"truncated", true, func(rw http.ResponseWriter, _ *http.Request) {
			b := picture(t, 1)
			rw.Header().Set("Content-Length", fmt.Sprint(len(b)))
			rw.Write(b[:len(b)/2])
		}, media.Waiting, media.WhyUnreachable},
		{"huge", true, func(rw http.ResponseWriter, r *http.Request) {
			head := picture(t, 1)
			for rw.Write(head); r.Context().Err() == nil; {
				if _, err := rw.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		}, media.Refused, media.WhyTooLarge},
		{"lies", true, func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "image/png")
			io.WriteString(rw, "<html><script>alert(1)</script>")
		}, media.Refused, media.WhyType},
		{"svg", true, func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "image/svg+xml")
			io.WriteString(rw, `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`)
		}, media.Refused, media.WhyType},
		{"empty", true, func(http.ResponseWriter, *http.Request) {}, media.Waiting, media.WhyEmpty},
		{"circle", true, func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, r.URL.Path, http.StatusFound) }, media.Expired, media.WhyGone},
		{"private", false, bytesHandler(picture(t, 1)), media.Refused, media.WhyPrivate},
		{"again", true, func(rw http.ResponseWriter, _ *http.Request) {
			if !again.Swap(true) {
				rw.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			rw.Write(picture(t, 9))
		}, media.Waiting, media.WhyUnreachable},
	} {
		w.e.guard = wire.Guard{Private: c.private}
		w.observe(w.shown("u1", s.serve("/"+c.name, c.h)))
		w.fetch()
		list := w.media()
		got := list[len(list)-1]
		if got.State != c.state || got.Error != c.why || got.Sum != "" || len(w.files()) != 0 {
			t.Errorf("%s: %s %q, files %v; want %s %q and none", c.name, got.State, got.Error, w.files(), c.state, c.why)
		}
	}
	w.e.guard = wire.Guard{Private: true}
	for range mediaTries {
		w.advance(24 * time.Hour)
		w.fetch()
	}
	states := map[string]media.State{}
	w.read(func(ctx context.Context, q store.Querier) error {
		for _, i := range w.media() {
			ev, err := store.Event(ctx, q, 1, i.Seq)
			if err != nil {
				return err
			}
			states[strings.TrimPrefix(ev.Body.Data["url"], s.URL+"/")] = i.State
		}
		return nil
	})
	for name, want := range map[string]media.State{"busy": media.Failed, "truncated": media.Failed, "again": media.Kept, "gone": media.Expired} {
		if states[name] != want {
			t.Errorf("%s ends as %s, want %s", name, states[name], want)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked["/busy"] != mediaTries || s.asked["/gone"] != 1 {
		t.Errorf("asked %v", s.asked)
	}
}

func TestPicturesGo(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.e.guard = wire.Guard{Private: true}
		s := newSite(t)
		address := func(n uint8) string {
			return s.serve(fmt.Sprint("/", n, ".png"), bytesHandler(picture(t, n)))
		}
		// One picture is posted by two; who is erased takes only what nobody else posted.
		w.observe(w.shown("u1", address(1)), w.shown("u2", address(1)), w.shown("u1", address(2)))
		w.fetch()
		if n := len(w.files()); n != 2 {
			t.Fatalf("%d files", n)
		}
		var who community.IdentityID
		w.read(func(ctx context.Context, q store.Querier) (err error) {
			who, err = store.IdentityByOutside(ctx, q, 1, "sim", 0, "u1")
			return err
		})
		is, err := w.e.Erase(t.Context(), 1, who, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.e.erase(t.Context(), 1, is, func(float64) {}); err != nil {
			t.Fatal(err)
		}
		list := w.media()
		if len(list) != 1 || len(w.files()) != 1 || filepath.Base(w.files()[0]) != list[0].Sum {
			t.Fatalf("after the erasure: %+v, files %v", list, w.files())
		}
		// What a crash left behind goes once it is old, and what is younger stays.
		old := filepath.Join(w.e.files, "media", "1", "ab", strings.Repeat("ab", 32))
		part := filepath.Join(w.e.files, "media", "1", "part-1")
		young := filepath.Join(w.e.files, "media", "1", "part-2")
		for _, f := range []string{old, part, young} {
			if err := os.MkdirAll(filepath.Dir(f), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(f, []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		before := time.Now().Add(-2 * mediaOrphan)
		for _, f := range append(w.files(), old, part) {
			if f == young {
				continue
			}
			if err := os.Chtimes(f, before, before); err != nil {
				t.Fatal(err)
			}
		}
		w.advance(2 * time.Hour)
		w.fetch()
		if got := w.files(); len(got) != 2 {
			t.Errorf("after sweeping there are %v", got)
		}
		// The days are over.
		w.advance(31 * 24 * time.Hour)
		w.fetch()
		if list = w.media(); list[0].State != media.Dropped || list[0].Error != media.WhyAge || len(w.files()) != 1 {
			t.Errorf("after a month: %+v, files %v", list[0], w.files())
		}
	})
}

func TestPicturesAreBounded(t *testing.T) {
	w := newWorld(t, ready.SQLite(t))
	w.e.guard = wire.Guard{Private: true}
	set := DefaultMedia()
	set.Largest, set.Total = 1, 1
	if err := w.e.SaveSetting(t.Context(), 1, 0, MediaKey, set, 0, 1); err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	for n := range uint8(4) {
		large := append(picture(t, n), make([]byte, 400<<10)...)
		w.advance(time.Minute)
		w.observe(w.shown("u1", s.serve(fmt.Sprint("/", n), bytesHandler(large))))
		w.fetch()
	}
	list := w.media()
	if list[3].State != media.Kept || list[0].State != media.Dropped || list[0].Error != media.WhyRoom {
		t.Errorf("the newest is %s, the oldest %s %q", list[3].State, list[0].State, list[0].Error)
	}
	if n := len(w.files()); n == 0 || n > 2 {
		t.Errorf("%d files of 400 KiB in 1 MiB", n)
	}
	// With their texts go the pictures.
	if err := w.e.SaveSetting(t.Context(), 1, 0, RetentionKey, Retention{privacy.Messages: 1}, 0, 1); err != nil {
		t.Fatal(err)
	}
	w.advance(48 * time.Hour)
	if _, err := w.e.Retain(t.Context(), 1, func(float64) {}); err != nil {
		t.Fatal(err)
	}
	if list := w.media(); len(list) != 0 || len(w.files()) != 0 {
		t.Errorf("after the texts went there are %d lines and files %v", len(list), w.files())
	}
}
