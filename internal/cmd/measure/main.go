// Command measure starts a server on a filled database and times what a person
// at the console waits for: start, overview, a group's page, search. It prints
// the table of docs/benchmarks.md. With live, it fills an empty server with
// connections and messages instead.
//
//	go run ./internal/cmd/measure --binary bin/qunying --data DIR
//	go run ./internal/cmd/measure live --binary bin/qunying --data DIR
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "live" {
		if err := live(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "measure:", err)
			os.Exit(1)
		}
		return
	}
	binary := flag.String("binary", "bin/qunying", "the server")
	data := flag.String("data", "", "its data folder, filled by 'qunying simulate'")
	database := flag.String("database", "", "postgres://… instead")
	pages := flag.Int("pages", 200, "how many group pages are opened")
	words := flag.String("words", "今天,跑步,咖啡,打卡,周末,孩子,照片,英语", "what is searched for, by commas")
	flag.Parse()
	if err := measure(*binary, *data, *database, *pages, strings.Split(*words, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func measure(binary, data, database string, pages int, words []string) (err error) {
	args := []string{"serve", "--listen", "127.0.0.1:0", "--json", "--data", data, "--log-level", "error"}
	if database != "" {
		args = append(args, "--database", database)
	}
	server := exec.Command(binary, args...)
	server.Stderr = os.Stderr
	out, err := server.StdoutPipe()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := server.Start(); err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, server.Process.Signal(os.Interrupt), server.Wait())
	}()
	var hello struct {
		Address string `json:"address"`
		Link    string `json:"setup_link"`
	}
	if err := json.NewDecoder(out).Decode(&hello); err != nil {
		return fmt.Errorf("the server said nothing: %w", err)
	}
	c, err := newClient(hello.Address)
	if err != nil {
		return err
	}
	for c.get("/readyz", nil) != nil {
		if time.Since(began) > time.Minute {
			return errors.New("the server is not ready after a minute")
		}
		time.Sleep(5 * time.Millisecond)
	}
	fmt.Printf("start until ready\t%.0f ms\n", ms(time.Since(began)))
	if err := c.signIn(hello.Link); err != nil {
		return err
	}
	return c.times(server.Process.Pid, pages, words)
}

type client struct {
	base string
	http *http.Client
	api  string
}

func newClient(base string) (*client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	return &client{base: base, http: &http.Client{Jar: jar, Timeout: time.Minute}, api: "/api/v1/communities/default"}, nil
}

const name, password = "measure", "measuring what people wait for"

// signIn sets the installation up, or signs in where an earlier run did.
func (c *client) signIn(link string) error {
	path, body := "/api/v1/session", map[string]string{"name": name, "password": password}
	if _, token, ok := strings.Cut(link, "token="); ok {
		path, body["token"] = "/api/v1/setup", token
	}
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := c.http.Post(c.base+path, "application/json", bytes.NewReader(b))
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if r.StatusCode >= 300 {
		text, _ := io.ReadAll(r.Body)
		return fmt.Errorf("sign in: %s %s", r.Status, text)
	}
	return nil
}

func (c *client) get(path string, into any) error {
	r, err := c.http.Get(c.base + path)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	switch {
	case err != nil:
		return err
	case r.StatusCode != http.StatusOK:
		return fmt.Errorf("%s: %s %s", path, r.Status, b)
	case into == nil:
		return nil
	}
	return json.Unmarshal(b, into)
}

func (c *client) times(pid, pages int, words []string) error {
	var overview struct {
		Groups []struct {
			ID int64 `json:"id"`
		} `json:"groups"`
		Total int64 `json:"total"`
	}
	var took []float64
	for range 20 {
		t, err := c.timed(c.api+"/groups?limit=50", &overview)
		if err != nil {
			return err
		}
		took = append(took, t)
	}
	fmt.Printf("overview of %d groups, first page of 50\tfirst %.1f, p50 %.1f, p95 %.1f ms\n", overview.Total, took[0], quantile(took, 0.5), quantile(took, 0.95))
	if overview.Total == 0 {
		return errors.New("there is no group: fill the database with 'qunying simulate' first")
	}
	rng := rand.New(rand.NewPCG(1, 2))
	parts := []string{"", "/numbers", "/trend", "/rhythm", "/retention", "/speakers", "/words", "/stream"}
	byPart := map[string][]float64{}
	var all []float64
	for range pages {
		id := 1 + rng.Int64N(overview.Total)
		for _, p := range parts {
			t, err := c.timed(c.api+"/groups/"+strconv.FormatInt(id, 10)+p, nil)
			if err != nil {
				return err
			}
			byPart[p], all = append(byPart[p], t), append(all, t)
		}
	}
	fmt.Printf("a group page's calls, %d pages\tp50 %.1f, p95 %.1f ms\n", pages, quantile(all, 0.5), quantile(all, 0.95))
	for _, p := range parts {
		fmt.Printf("  /groups/{id}%s\tp50 %.1f, p95 %.1f ms\n", p, quantile(byPart[p], 0.5), quantile(byPart[p], 0.95))
	}
	took = nil
	for range 5 {
		for _, w := range words {
			t, err := c.timed(c.api+"/messages?limit=50&q="+url.QueryEscape(w), nil)
			if err != nil {
				return err
			}
			took = append(took, t)
		}
	}
	fmt.Printf("search, newest 50 of %d words\tp50 %.1f, p95 %.1f ms\n", len(words), quantile(took, 0.5), quantile(took, 0.95))
	if err := c.reports(overview.Total, pages); err != nil {
		return err
	}
	rss, err := resident(pid)
	fmt.Printf("memory after this\t%.0f MB\n", rss)
	return err
}

func (c *client) timed(path string, into any) (float64, error) {
	began := time.Now()
	err := c.get(path, into)
	return ms(time.Since(began)), err
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func quantile(list []float64, q float64) float64 {
	s := slices.Sorted(slices.Values(list))
	return s[int(q*float64(len(s)-1)+0.5)]
}

// resident reads the resident set of a process, in MB (Linux).
func resident(pid int) (float64, error) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024, err
		}
	}
	return 0, errors.New("no resident size in /proc")
}
