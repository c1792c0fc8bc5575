// Command wecomsim serves the simulated WeCom corporation of connector/wecom/wecomtest
// for tests in a browser and for demonstrations. It prints one line of JSON when it
// can be called, with what a connection is configured with; POST /_control/{what}
// scripts it, as the package describes.
//
//	go run ./internal/cmd/wecomsim --port 18080
//	qunying serve --wecom-api http://127.0.0.1:18080 --allow-private
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"qunying/connector/wecom/wecomtest"
)

func main() {
	port := flag.Int("port", 0, "to listen on, on loopback; 0 takes a free one")
	corp := flag.String("corp", "", "the corporation's ID; one is made up unless told")
	secret := flag.String("secret", "", "its secret; one is made up unless told")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, *port, wecomtest.Options{CorpID: *corp, Secret: *secret}, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "wecomsim:", err)
		os.Exit(1)
	}
}

// ready is what is printed once the corporation can be called. Its secrets are made
// up and open nothing.
type ready struct {
	Event  string          `json:"ev"` // "ready"
	API    string          `json:"api"`
	Config json.RawMessage `json:"config"` // of a connection
}

func serve(ctx context.Context, port int, o wecomtest.Options, out io.Writer) error {
	corp, err := wecomtest.New(o)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return err
	}
	server := &http.Server{Handler: corp, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() }) // nobody waits for an answer any more
	defer stop()
	if err := json.NewEncoder(out).Encode(ready{"ready", "http://" + l.Addr().String(), corp.Config()}); err != nil {
		return errors.Join(err, l.Close())
	}
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
