package wechaty

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/stats"

	"qunying/community"
)

// communityCA is the authority that Wechaty's own packages trust (valid until
// August 2031). The key of the certificate that gateways have by default is
// public as well, so it keeps nobody from reading along who tries.
//
//go:embed community-ca.pem
var communityCA []byte

// mostReceived bounds one answer of a gateway in bytes.
const mostReceived = 16 << 20

// gateway is where an account's gateway is and how to be let in.
type gateway struct {
	endpoint string
	token    string
	tls      *tls.Config // nil: not encrypted
}

// encryption makes the TLS settings; nil is none.
func encryption(c Config, token, host string) (*tls.Config, error) {
	pool := x509.NewCertPool()
	name, _, prefixed := strings.Cut(token, "_")
	switch c.TLS {
	case tlsOff:
		return nil, nil
	case "", tlsWechaty:
		if !prefixed || name == "" {
			return nil, community.Errorf(community.Invalid, "token has no name of a server before an underscore").
				WithHint("with Wechaty's certificate the token begins with insecure_; start the gateway with such a token, or choose tls off")
		}
		pool.AppendCertsFromPEM(communityCA)
	case tlsOwn:
		if !pool.AppendCertsFromPEM([]byte(c.CA)) {
			return nil, community.Errorf(community.Invalid, "ca holds no certificate").WithHint("paste the certificate of your authority in PEM form, with its BEGIN and END lines")
		}
		if !prefixed || name == "" {
			name = host
		}
	default:
		return nil, community.Errorf(community.Invalid, "tls is %q", c.TLS).WithHint("write wechaty, own or off")
	}
	return &tls.Config{
		ServerName: name, RootCAs: pool, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2"},
		// Certificates of gateways have their name where Go no longer looks, so
		// what Go would check is checked here.
		InsecureSkipVerify: true, //nolint:gosec // verify does it
		VerifyConnection:   func(s tls.ConnectionState) error { return verify(s, pool) },
	}, nil
}

// verify checks a gateway's certificate as Go would, but that a certificate
// without alternative names may carry its name as the common name.
func verify(s tls.ConnectionState, roots *x509.CertPool) error {
	if len(s.PeerCertificates) == 0 {
		return errors.New("the gateway shows no certificate")
	}
	leaf := s.PeerCertificates[0]
	between := x509.NewCertPool()
	for _, c := range s.PeerCertificates[1:] {
		between.AddCert(c)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		return err
	}
	if len(leaf.DNSNames) > 0 || len(leaf.IPAddresses) > 0 {
		return leaf.VerifyHostname(s.ServerName)
	}
	if !strings.EqualFold(leaf.Subject.CommonName, s.ServerName) {
		return x509.HostnameError{Certificate: leaf, Host: s.ServerName}
	}
	return nil
}

// dial prepares a connection; the first call makes it. One that broke is not
// mended behind our back: whoever listened must know.
func (g gateway) dial() (*grpc.ClientConn, error) {
	secure := insecure.NewCredentials()
	if g.tls != nil {
		secure = credentials.NewTLS(g.tls)
	}
	conn, err := grpc.NewClient("passthrough:///"+g.endpoint,
		grpc.WithTransportCredentials(secure),
		grpc.WithPerRPCCredentials(bearer(g.token)),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			return guard.Dialer().DialContext(ctx, "tcp", address)
		}),
		grpc.WithNoProxy(),
		grpc.WithDisableRetry(),
		grpc.WithDisableServiceConfig(),
		grpc.WithStatsHandler(fates{}),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: backoff.DefaultConfig, MinConnectTimeout: 10 * time.Second}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(mostReceived)),
	)
	if err != nil {
		return nil, &community.Error{Code: community.Invalid, Text: "the gateway's address cannot be used", Err: err}
	}
	return conn, nil
}

// bearer puts the token on every call.
type bearer string

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Wechaty " + string(b)}, nil
}

func (bearer) RequireTransportSecurity() bool { return false }

// fate is how far a call got.
type fate struct{ left, answered atomic.Bool }

type fateKey struct{}

// withFate lets the call made with ctx tell how far it got.
func withFate(ctx context.Context) (context.Context, *fate) {
	f := new(fate)
	return context.WithValue(ctx, fateKey{}, f), f
}

// fates notes in each call's fate when the request begins to leave and whether
// the gateway itself answered.
type fates struct{}

func (fates) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

func (fates) HandleRPC(ctx context.Context, s stats.RPCStats) {
	f, ok := ctx.Value(fateKey{}).(*fate)
	if !ok {
		return
	}
	switch s.(type) {
	case *stats.OutHeader:
		f.left.Store(true)
	case *stats.InTrailer:
		f.answered.Store(true)
	}
}

func (fates) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

func (fates) HandleConn(context.Context, stats.ConnStats) {}
