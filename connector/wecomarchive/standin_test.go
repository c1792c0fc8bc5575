//go:build linux

package wecomarchive

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"qunying/connector"
	"qunying/connector/wire"
)

// standin is a platform: the library built from testdata/standin.c, whose answers
// lie in a folder that the corporation's ID names, and a server for the interface.
type standin struct {
	t        testing.TB
	folder   string
	programs string
	library  string
	api      *httptest.Server

	mu      sync.Mutex
	lines   []string
	plains  map[string]map[string]any // by message ID
	order   []string
	seq     uint64
	version int
	tokens  int            // how many were fetched
	answers map[string]any // of the interface, by path
	calls   map[string]int
}

var builtIn string // what built made, to be deleted

// built is a folder with the helper and both stand-in libraries, made once.
var built = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "qunying-archive-test")
	if err != nil {
		return "", err
	}
	builtIn = folder
	library := []string{"-shared", "-fPIC", "-Wall", "-Werror", "-D_GNU_SOURCE", "testdata/standin.c", "-o"}
	for _, args := range [][]string{
		{"go", "build", "-o", filepath.Join(folder, helperName), "qunying/cmd/qunying-archive"},
		append(append([]string{"gcc"}, library...), filepath.Join(folder, libraryIs+"_C.so")),
		append(append([]string{"gcc", "-DSDK_FIRST"}, library...), filepath.Join(folder, libraryIs+"_sdk_first.so")),
	} {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as it is released
		if out, err := cmd.CombinedOutput(); err != nil {
			return folder, fmt.Errorf("%v: %w\n%s", args, err, out)
		}
	}
	return folder, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if builtIn != "" {
		os.RemoveAll(builtIn)
	}
	os.Exit(code)
}

// privateKey is the corporation's, of every version.
var privateKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

func pemOf(k *rsa.PrivateKey) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(k)}))
}

// newStandin is a platform with nothing in it.
func newStandin(t testing.TB) *standin {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("gcc is missing: the stand-in library cannot be built")
		}
		t.Skip("SKIPPED: gcc is missing: the stand-in library cannot be built")
	}
	programs, err := built()
	if err != nil {
		t.Fatal(err)
	}
	p := &standin{t: t, folder: t.TempDir(), programs: programs, version: 3, plains: map[string]map[string]any{}, calls: map[string]int{}, answers: map[string]any{}}
	p.library = filepath.Join(programs, libraryIs+"_C.so")
	p.api = httptest.NewServer(p)
	t.Cleanup(p.api.Close)
	return p
}

// driver is one that does not wait long.
func (p *standin) driver() Driver {
	return Driver{Guard: wire.Guard{Private: true}, Base: p.api.URL, Helper: filepath.Join(p.programs, helperName),
		Every: 20 * time.Millisecond, Patience: 3 * time.Second, Grace: 2 * time.Second, First: 20 * time.Millisecond}
}

func (p *standin) config() []byte {
	return marshal(Config{CorpID: p.folder, Secret: "s3cret", Keys: "3: " + pemOf(privateKey()), Library: p.library})
}

func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// opened is an account of the stand-in.
func (p *standin) opened() *account {
	p.t.Helper()
	c, err := p.driver().Open("archive", p.config())
	if err != nil {
		p.t.Fatal(err)
	}
	return c.(*account)
}

// fault lets the library fail: "GetChatData crash".
func (p *standin) fault(line string) { p.write("fault", line+"\n") }

// write replaces a file of the folder at once.
func (p *standin) write(name, text string) {
	p.t.Helper()
	path := filepath.Join(p.folder, name)
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		p.t.Fatal(err)
	}
}

// say archives a message of the kind "text".
func (p *standin) say(group, member, text string, at time.Time) string {
	return p.archive(map[string]any{"action": "send", "from": member, "tolist": []string{"zhang"}, "roomid": group,
		"msgtime": at.UnixMilli(), "msgtype": "text", "text": map[string]any{"content": text}})
}

// archive encrypts a message with a key of its own and makes it the next record.
func (p *standin) archive(plain map[string]any) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := fmt.Sprintf("%d_external", len(p.order)+1)
	plain["msgid"] = id
	p.plains[id], p.order = plain, append(p.order, id)
	p.append(id, marshal(plain))
	return id
}

// archiveBytes makes a record of what is no message.
func (p *standin) archiveBytes(plain string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.append("odd", []byte(plain))
}

// huge makes a record that is longer than the pipe takes.
func (p *standin) huge() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seq += 2
	p.lines = append(p.lines, fmt.Sprintf("%d \"huge\"\n", p.seq))
	p.write("records", strings.Join(p.lines, ""))
}

func (p *standin) append(id string, plain []byte) {
	p.appendLine(id, plain)
	p.write("records", strings.Join(p.lines, ""))
}

func (p *standin) appendLine(id string, plain []byte) {
	p.seq += 2 // the platform leaves numbers out
	key := fmt.Sprintf("key-%d", p.seq)
	wrapped, err := rsa.EncryptPKCS1v15(rand.Reader, &privateKey().PublicKey, []byte(key)) //nolint:staticcheck // as the platform does
	if err != nil {
		p.t.Error(err)
	}
	b := append([]byte("ok:"), plain...)
	for i := range b {
		b[i] ^= key[i%len(key)]
	}
	r := marshal(record{Seq: p.seq, ID: id, Version: p.version, Key: base64.StdEncoding.EncodeToString(wrapped), Message: hex.EncodeToString(b)})
	p.lines = append(p.lines, fmt.Sprintf("%d %s\n", p.seq, r))
}

func (p *standin) recall(group, message string, at time.Time) {
	p.archive(map[string]any{"action": "recall", "from": "ann", "roomid": group, "msgtime": at.UnixMilli(),
		"msgtype": "revoke", "revoke": map[string]any{"pre_msgid": message}})
}

// redeliver archives the last messages once more, under new numbers.
func (p *standin) redeliver(_ string, count int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, id := range p.order[len(p.order)-count:] {
		p.append(id, marshal(p.plains[id]))
	}
}

// ServeHTTP is the interface.
func (p *standin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/cgi-bin/")
	p.calls[path]++
	q := r.URL.Query()
	switch {
	case path == "gettoken" && q.Get("corpsecret") != "s3cret":
		fmt.Fprint(w, `{"errcode":40001,"errmsg":"invalid credential"}`)
	case path == "gettoken":
		p.tokens++
		fmt.Fprintf(w, `{"errcode":0,"errmsg":"ok","access_token":"t%d","expires_in":7200}`, p.tokens)
	case q.Get("access_token") != fmt.Sprintf("t%d", p.tokens):
		fmt.Fprint(w, `{"errcode":42001,"errmsg":"access_token expired"}`)
	case p.answers[path] != nil:
		_, _ = w.Write(marshal(p.answers[path]))
	default:
		fmt.Fprint(w, `{"errcode":40058,"errmsg":"invalid roomid"}`)
	}
}

// answer sets what the interface answers under a path.
func (p *standin) answer(path string, v any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers[path] = v
}

// expire makes the last token one that ran out.
func (p *standin) expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tokens++
}

func (p *standin) called(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[path]
}

// watch runs an account and hands over what it emits.
func watch(t *testing.T, a *account) <-chan connector.Observation {
	t.Helper()
	seen, ended := make(chan connector.Observation, 10_000), make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		ended <- a.Run(ctx, func(_ context.Context, o ...connector.Observation) error {
			for _, x := range o {
				seen <- x
			}
			return nil
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return seen
}

// next waits for the next observation that fits.
func next(t *testing.T, seen <-chan connector.Observation, what string, fits func(connector.Observation) bool) connector.Observation {
	t.Helper()
	limit := time.After(2 * time.Minute)
	for {
		select {
		case o := <-seen:
			if fits(o) {
				return o
			}
		case <-limit:
			t.Fatalf("no %s", what)
		}
	}
}

func text(want string) func(connector.Observation) bool {
	return func(o connector.Observation) bool { return o.Text == want }
}

func state(want connector.State) func(connector.Observation) bool {
	return func(o connector.Observation) bool { return o.Data["state"] == string(want) }
}
