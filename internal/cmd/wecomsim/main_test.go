package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"qunying/connector/wecom/wecomtest"
)

func TestItSaysWhereItIsAndObeys(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out, w := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, 0, wecomtest.Options{}, w) }()
	var r ready
	if err := json.NewDecoder(out).Decode(&r); err != nil || r.Event != "ready" || !strings.Contains(string(r.Config), "corp_id") {
		t.Fatalf("%+v: %v", r, err)
	}
	for _, c := range []struct{ path, body, want string }{
		{"/_control/found", `{"group":"wr1","name":"老客户群","owner":"zhangsan"}`, `"wr1"`},
		{"/_control/state", "", "老客户群"},
		{"/_control/leave", `{"group":"wr1","member":"nobody"}`, `"ok":false`},
	} {
		res, err := http.Post(r.API+c.path, "application/json", strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || !strings.Contains(string(b), c.want) {
			t.Errorf("%s: %d %s, %v", c.path, res.StatusCode, b, err)
		}
	}
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(2 * time.Minute):
		t.Error("it did not end")
	}
}
