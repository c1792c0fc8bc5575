package wechaty

import (
	"context"
	"crypto/tls"
	"errors"
	"strconv"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wechaty/puppet"
)

// probeLimit is how long one check may take.
const probeLimit = 8 * time.Second

// Probe tries the address, the encryption, the token and whether the gateway
// tells its groups. It does not listen, which only one program may.
func (a *account) Probe(ctx context.Context) []connector.Finding {
	g := a.gateway
	limited, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	raw, err := guard.Dialer().DialContext(limited, "tcp", g.endpoint)
	if err != nil {
		code := "unreachable"
		if community.CodeOf(err) == community.Forbidden {
			code = "address_refused"
		}
		return []connector.Finding{{Check: "address", Code: code, Detail: g.words(err.Error())}}
	}
	defer raw.Close()
	found := []connector.Finding{{Check: "address", OK: true}}
	if g.tls != nil {
		if err := tls.Client(raw, g.tls).HandshakeContext(limited); err != nil {
			code := "certificate"
			var record tls.RecordHeaderError
			if errors.As(err, &record) || limited.Err() != nil {
				code = "not_encrypted"
			}
			return append(found, connector.Finding{Check: "encryption", Code: code, Detail: g.words(err.Error())})
		}
		found = append(found, connector.Finding{Check: "encryption", OK: true})
	}
	conn, err := g.dial()
	if err != nil {
		return append(found, connector.Finding{Check: "sign_in", Code: "no_gateway", Detail: g.words(err.Error())})
	}
	defer conn.Close()
	client := puppet.NewPuppetClient(conn)
	limited, cancel = context.WithTimeout(ctx, probeLimit)
	defer cancel()
	version, err := client.Version(limited, &puppet.VersionRequest{})
	if failed := g.failure(err, nil); failed != nil {
		code := "no_gateway"
		if community.CodeOf(failed) == community.Forbidden {
			code = "refused"
		}
		return append(found, connector.Finding{Check: "sign_in", Code: code, Detail: g.words(failed.Error())})
	}
	found = append(found, connector.Finding{Check: "sign_in", OK: true, Detail: cut(version.GetVersion(), mostName)})
	limited, cancel = context.WithTimeout(ctx, probeLimit)
	defer cancel()
	rooms, err := client.RoomList(limited, &puppet.RoomListRequest{})
	if failed := g.failure(err, nil); failed != nil {
		// Until somebody has scanned the code no gateway knows its groups: that
		// comes after the wizard.
		return append(found, connector.Finding{Check: "groups", OK: true, Code: "not_signed_in", Detail: g.words(failed.Error())})
	}
	return append(found, connector.Finding{Check: "groups", OK: true, Detail: strconv.Itoa(len(rooms.GetIds()))})
}
