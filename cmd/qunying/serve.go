package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"qunying/community"
	"qunying/connector/sim"
	"qunying/connector/wire"
	"qunying/internal/api"
	"qunying/internal/store"
	"qunying/web"
)

type serveCmd struct {
	place
	Listen       string        `help:"Address to listen on. Port 0 takes a free one." default:"127.0.0.1:8080"`
	Hosts        []string      `help:"Names under which the console is called, besides localhost and addresses; * for any." placeholder:"NAME"`
	Proxies      []string      `help:"Networks of reverse proxies whose X-Forwarded headers are believed." placeholder:"CIDR"`
	SetupLink    bool          `help:"Print the one-time link of the first run on a line of its own."`
	Demo         bool          `help:"Bring a simulated community to life in the same database."`
	Trouble      time.Duration `help:"How often somebody in the demonstration breaks the rules." default:"90s" hidden:""`
	MetricsToken string        `help:"Lets others than this machine read /metrics." placeholder:"TOKEN"`
	LogLevel     string        `help:"debug, info, warn or error." default:"info" enum:"debug,info,warn,error"`
	AllowPrivate bool          `help:"Let connections and webhooks call private addresses. Gateways beside the server are always allowed."`
	Elsewhere    string        `help:"Folder on another disk or machine to which every backup is carried." name:"backup-elsewhere" type:"path" placeholder:"FOLDER"`
	WecomAPI     string        `help:"Address of WeCom's interface, where a gateway or a simulator stands in for it." name:"wecom-api" hidden:""`
	MpAPI        string        `help:"The same of the Official Account's." name:"mp-api" hidden:""`
	FollowAfter  time.Duration `help:"How soon a platform is asked what became of a proposal." hidden:""`
	MaxUpload    int64         `help:"Largest upload, in bytes." default:"4294967296"`
}

// demoAccount talks in eight small groups of a simulated network. One of them has
// fallen silent of late, and every so often somebody breaks the rules.
const demoAccount = `{"seed":20260301,"groups":8,"members":60,"days":90,"rate":0.5,"pace":"2s","answers":0.6,"personal":4,"slumps":1,"trouble":"%s"}`

func (c *serveCmd) Run(ctx context.Context, o *output) error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return err
	}
	log := logger(o.stderr, !o.terminal, level)
	var proxies []netip.Prefix
	for _, p := range c.Proxies {
		prefix, err := netip.ParsePrefix(p)
		if err != nil {
			return &community.Error{Code: community.Invalid, Text: fmt.Sprintf("%q is not a network", p), Hint: "write it as 10.0.0.0/8", Err: err}
		}
		proxies = append(proxies, prefix)
	}
	c.reach = reach{guard: wire.Guard{Private: c.AllowPrivate}, wecom: c.WecomAPI, mp: c.MpAPI, sim: c.Demo, follow: c.FollowAfter}
	c.elsewhere = c.Elsewhere
	// Before the database is touched: a new version may change it for minutes.
	ln, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return &community.Error{Code: community.Unavailable, Text: "cannot listen on " + c.Listen, Hint: "another program may use the port: choose one with --listen", Err: err}
	}
	defer ln.Close() // for whoever leaves before it is served
	m, err := c.open(ctx, log, false)
	if err != nil {
		return err
	}
	return errors.Join(c.serve(ctx, o, m, ln, proxies), m.close())
}

func (c *serveCmd) serve(ctx context.Context, o *output, m *machine, ln net.Listener, proxies []netip.Prefix) error {
	if c.Demo {
		if err := m.engine.Connect(community.DefaultID, "demo", sim.Driver{}, fmt.Appendf(nil, demoAccount, c.Trouble)); err != nil {
			return err
		}
	}
	needs, parts := m.needs()
	if err := parts.tellChanges(ctx); err != nil {
		return err
	}
	console, built := web.Console()
	if !built {
		m.log.Warn("this binary was built without the console; only the API answers")
	}
	member, _ := web.Member()
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &loopCollector{m})
	server, err := api.New(api.Options{
		DB: m.db, Needs: needs, Log: m.log, Metrics: registry, Console: console, Member: member, Nonce: web.Nonce, Version: version, Demo: c.Demo, Sealer: m.keys,
		Hosts: c.Hosts, Proxies: proxies, MetricsToken: c.MetricsToken, MaxUpload: c.MaxUpload,
	})
	if err != nil {
		return err
	}
	if err := c.greet(ctx, o, m, server, "http://"+reachable(ln.Addr())); err != nil {
		return err
	}
	return m.working(ctx, func(ctx context.Context) error { return server.Serve(ctx, ln) })
}

// reachable is the address as it can be opened in a browser on this machine.
func reachable(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// greet says where the console is, and how the first person gets in.
func (c *serveCmd) greet(ctx context.Context, o *output, m *machine, s *api.Server, address string) error {
	token, err := s.SetupToken(ctx)
	if err != nil {
		return err
	}
	link := ""
	if token != "" {
		link = address + "/setup?token=" + token
	}
	switch {
	case c.JSON:
		return json.NewEncoder(o.stdout).Encode(map[string]string{"address": address, "setup_link": link})
	case link == "":
		_, err = fmt.Fprintf(o.stdout, "Qunying is running at %s\n", address)
	case c.SetupLink:
		_, err = fmt.Fprintf(o.stdout, "Qunying is running at %s\n%s\n", address, link)
	default:
		_, err = fmt.Fprintf(o.stdout, "Qunying is running at %s\n\nFirst run: open this link once to choose your name and password:\n\n  %s\n\n", address, link)
	}
	return err
}

// loopCollector tells Prometheus how far the loops are.
type loopCollector struct{ *machine }

var (
	headDesc   = prometheus.NewDesc("qunying_log_head", "Newest sequence number of the log.", []string{"community"}, nil)
	behindDesc = prometheus.NewDesc("qunying_loop_behind", "Events that a loop has not taken yet.", []string{"community", "loop"}, nil)
	walDesc    = prometheus.NewDesc("qunying_sqlite_wal_bytes", "Size of SQLite's write-ahead log.", nil, nil)
)

func (l *loopCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- headDesc
	ch <- behindDesc
	ch <- walDesc
}

func (l *loopCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var list []community.Community
	if err := l.db.Read(ctx, func(q store.Querier) (err error) {
		list, err = store.Communities(ctx, q)
		return err
	}); err != nil {
		l.log.Warn("loops could not be measured", "err", err)
		return
	}
	for _, c := range list {
		s, err := l.engine.Status(ctx, c.ID)
		if err != nil {
			l.log.Warn("loops could not be measured", "community", c.Slug, "err", err)
			continue
		}
		ch <- prometheus.MustNewConstMetric(headDesc, prometheus.GaugeValue, float64(s.Head), c.Slug)
		for _, loop := range s.Loops {
			ch <- prometheus.MustNewConstMetric(behindDesc, prometheus.GaugeValue, float64(s.Head-loop.Cursor), c.Slug, loop.Name)
		}
	}
	if l.db.Path == "" {
		return
	}
	if info, err := os.Stat(l.db.Path + "-wal"); err == nil {
		ch <- prometheus.MustNewConstMetric(walDesc, prometheus.GaugeValue, float64(info.Size()))
	} else if !errors.Is(err, fs.ErrNotExist) {
		l.log.Warn("the write-ahead log could not be measured", "file", filepath.Base(l.db.Path), "err", err)
	}
}
