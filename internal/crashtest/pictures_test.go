package crashtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/store"
	"qunying/internal/testdb"
)

func TestPicturesSurviveCrashesSQLite(t *testing.T) {
	t.Parallel()
	pictures(t, store.SQLite, filepath.Join(t.TempDir(), "pictures.db"))
}

func TestPicturesSurviveCrashesPostgreSQL(t *testing.T) {
	t.Parallel()
	pictures(t, store.PostgreSQL, testdb.Postgres(t))
}

// gallery is a site with pictures that can stop in the middle of one.
type gallery struct {
	t     *testing.T
	rng   *rand.Rand
	site  *httptest.Server
	hold  atomic.Bool
	half  chan struct{} // the first half of one was sent, and no more will be
	whole chan struct{} // one was sent to its end

	shown [][]byte                 // by number, which is their address
	seqs  map[community.Seq]int    // of messages
	dir   string                   // where they are kept
	parts int                      // halves that dead children left
	kept  map[community.Seq]string // sums, as first noted
}

func newGallery(t *testing.T, files string) *gallery {
	g := &gallery{t: t, rng: rand.New(rand.NewPCG(20260302, 5)), half: make(chan struct{}, 1), whole: make(chan struct{}, 1), seqs: map[community.Seq]int{},
		dir: filepath.Join(files, "media"), kept: map[community.Seq]string{}}
	for range picturesADeath * picturesDeaths {
		p := make([]byte, 60_000+g.rng.IntN(200_000))
		for i := range p {
			p[i] = byte(g.rng.Uint32())
		}
		copy(p, "\x89PNG\r\n\x1a\n")
		g.shown = append(g.shown, p)
	}
	g.site = httptest.NewServer(http.HandlerFunc(g.serve))
	t.Cleanup(g.site.Close)
	return g
}

func (g *gallery) serve(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
	if err != nil || n >= len(g.shown) {
		http.NotFound(w, r)
		return
	}
	p := g.shown[n]
	w.Header().Set("Content-Length", strconv.Itoa(len(p)))
	if g.hold.Load() {
		_, _ = w.Write(p[:len(p)/2])
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		told(g.half)
		<-r.Context().Done() // who asked is dead
		return
	}
	if _, err := w.Write(p); err == nil {
		told(g.whole)
	}
}

func told(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

const (
	picturesDeaths = 8
	picturesADeath = 6
)

// post has members show some more pictures.
func (g *gallery) post(dsn string, at time.Time) {
	g.t.Helper()
	db, err := store.Open(g.t.Context(), dsn)
	if err != nil {
		g.t.Fatal(err)
	}
	var drafts []store.Draft
	first := len(g.seqs)
	for n := first; n < first+picturesADeath; n++ {
		id := "p" + strconv.Itoa(n)
		drafts = append(drafts, store.Draft{Network: network, Group: "g", GroupName: "相册", Subject: store.Outside{ID: "a", Name: "阿明"}, Event: community.Event{
			Key: community.KeyParts{Kind: community.MessagePosted, Network: network, Group: "g", ID: id}.Key(), Kind: community.MessagePosted, At: at.Truncate(time.Millisecond),
			Content: community.Image, Source: account, Body: &community.Body{MessageID: id, Data: map[string]string{"url": fmt.Sprintf("%s/%d", g.site.URL, n)}}}})
	}
	done, err := db.Append(g.t.Context(), community.DefaultID, drafts...)
	if err != nil {
		g.t.Fatal(err)
	}
	for i, d := range done {
		g.seqs[d.Seq] = first + i
	}
	if err := db.Close(); err != nil {
		g.t.Fatal(err)
	}
}

// keeper is a child that fetches; stop ends it in order.
func (g *gallery) keeper(born birth) (cmd *exec.Cmd, stop io.Closer) {
	g.t.Helper()
	text, err := json.Marshal(born)
	if err != nil {
		g.t.Fatal(err)
	}
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { _ = cmd.Process.Kill() }) // where the test failed
	return cmd, in
}

// look checks that what is noted as kept is there and whole, and that nothing bears
// the name of a picture that is not that picture. It counts those that are kept.
func (g *gallery) look(b *books) (kept int) {
	g.t.Helper()
	b.open()
	defer b.close()
	b.each(`SELECT seq, state, sha256 FROM media WHERE community_id = 1`, func(scan func(...any)) {
		var seq int64
		var state, sum string
		scan(&seq, &state, &sum)
		n, ok := g.seqs[community.Seq(seq)]
		if !ok || state != "kept" && state != "waiting" {
			g.t.Errorf("a line about message %d, %s", seq, state)
		}
		if state != "kept" {
			return
		}
		kept++
		g.kept[community.Seq(seq)] = sum
		is, err := os.ReadFile(filepath.Join(g.dir, "1", sum[:2], sum))
		if err != nil || !bytes.Equal(is, g.shown[n]) {
			g.t.Errorf("picture %d is noted as kept and is not there whole: %d bytes, %v", n, len(is), err)
		}
	})
	if kept < len(g.kept) {
		g.t.Errorf("%d pictures are kept, and there were %d before", kept, len(g.kept))
	}
	g.files(func(path string, part bool) {
		is, err := os.ReadFile(path)
		if part && os.IsNotExist(err) {
			return // who fetches goes on meanwhile
		}
		if sum := sha256.Sum256(is); err != nil || !part && hex.EncodeToString(sum[:]) != filepath.Base(path) {
			g.t.Errorf("%s holds something else, %v", filepath.Base(path), err)
		}
		if part && len(is) > 0 {
			g.parts++
		}
	})
	return kept
}

// files walks over what lies in the folder.
func (g *gallery) files(each func(path string, part bool)) {
	g.t.Helper()
	if err := filepath.WalkDir(g.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			each(path, strings.HasPrefix(d.Name(), "part-"))
		}
		return err
	}); err != nil && !os.IsNotExist(err) {
		g.t.Fatal(err)
	}
}

// halves counts the unfinished files of a size.
func (g *gallery) halves(of func(size int64) bool) (n int) {
	g.t.Helper()
	g.files(func(path string, part bool) {
		if is, err := os.Stat(path); part && err == nil && of(is.Size()) {
			n++
		}
	})
	return n
}

// until asks again and again, and gives a starved machine its time.
func (g *gallery) until(what string, done func() bool) {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(g.t.Context(), patience)
	defer cancel()
	for !done() {
		select {
		case <-ctx.Done():
			g.t.Fatalf("%s did not happen", what)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// pictures kills the machine while it has half a picture, and just after it got a
// whole one. What is noted as kept is there and whole after each death; in the end
// every picture is kept, and the halves are gone.
func pictures(t *testing.T, dialect store.Dialect, dsn string) {
	c := clock{From: time.Now().Truncate(0), Speed: 1}
	c.Shows = c.From.UTC()
	born := birth{DSN: dsn, Files: t.TempDir(), Clock: c, Alone: true}
	g := newGallery(t, born.Files)
	b := &books{t: t, dialect: dialect, dsn: dsn}
	for death := range picturesDeaths {
		g.post(dsn, c.now())
		g.hold.Store(death%2 == 0)
		sent := g.whole
		if death%2 == 0 {
			sent = g.half
		}
		for _, left := range []chan struct{}{g.half, g.whole} { // of the life before
			select {
			case <-left:
			default:
			}
		}
		cmd, _ := g.keeper(born)
		select {
		case <-sent:
		case <-time.After(patience):
			t.Error("nothing was fetched")
		}
		if g.hold.Load() {
			g.until("writing half a picture", func() bool { return g.halves(func(size int64) bool { return size > 0 }) > 0 })
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		g.look(b)
		if t.Failed() {
			return
		}
	}
	if g.parts == 0 {
		t.Error("no death left half a picture: nothing was tried")
	}
	g.hold.Store(false)
	cmd, stop := g.keeper(born)
	g.until("keeping all pictures", func() bool { return g.look(b) == len(g.seqs) || t.Failed() })
	if err := stop.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-2 * time.Hour) // what lies there is as old as that now
	g.files(func(path string, _ bool) {
		if err := os.Chtimes(path, long, long); err != nil {
			t.Fatal(err)
		}
	})
	cmd, stop = g.keeper(born)
	g.until("removing the halves", func() bool { return g.halves(func(int64) bool { return true }) == 0 })
	if err := stop.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if n := g.look(b); n != picturesDeaths*picturesADeath {
		t.Errorf("%d pictures are kept of %d", n, picturesDeaths*picturesADeath)
	}
}
