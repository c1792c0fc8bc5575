package wecomarchive

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"qunying/community"
)

// keyring holds the corporation's private keys by the version of their public keys.
type keyring map[int]*rsa.PrivateKey

const (
	mostKeys     = 100
	mostVersion  = 1_000_000
	mostKeysText = 1 << 20
)

// versionLine is what stands before a key: "3:", or words before the number as in
// "version 3".
var versionLine = regexp.MustCompile(`(\d+)\s*[:：]?\s*$`)

// parseKeys reads "version: PEM" blocks. Errors are Invalid and quote no key.
func parseKeys(text string) (keyring, error) {
	invalid := func(format string, args ...any) error {
		return community.Errorf(community.Invalid, "keys: "+format, args...).
			WithHint("write each private key in PEM after its version and a colon: 1: -----BEGIN RSA PRIVATE KEY-----…")
	}
	if len(text) > mostKeysText {
		return nil, invalid("they are longer than %d bytes", mostKeysText)
	}
	ring := keyring{}
	rest := []byte(text)
	for {
		at := bytes.Index(rest, []byte("-----BEGIN"))
		if at < 0 {
			break
		}
		n := len(ring) + 1
		m := versionLine.FindSubmatch(rest[:at])
		if m == nil {
			return nil, invalid("key %d has no version before it", n)
		}
		version, err := strconv.Atoi(string(m[1]))
		if err != nil || version > mostVersion || n > mostKeys {
			return nil, invalid("the version of key %d is out of range, or there are more than %d keys", n, mostKeys)
		}
		block, after := pem.Decode(rest[at:])
		if block == nil {
			return nil, invalid("key %d is cut", n)
		}
		key, err := parseKey(block.Bytes)
		if err != nil {
			return nil, invalid("key %d cannot be read: it must be an RSA private key without a password", n)
		}
		if ring[version] != nil {
			return nil, invalid("version %d is there twice", version)
		}
		ring[version], rest = key, after
	}
	if len(ring) == 0 {
		return nil, invalid("there is none")
	}
	return ring, nil
}

func parseKey(der []byte) (*rsa.PrivateKey, error) {
	if k, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return k, nil
	}
	k, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	if k, ok := k.(*rsa.PrivateKey); ok {
		return k, nil
	}
	return nil, rsa.ErrVerification
}

// newest is the highest version that we have a key of.
func (r keyring) newest() int {
	newest := 0
	for v := range r {
		newest = max(newest, v)
	}
	return newest
}

// versions are all versions, in order.
func (r keyring) versions() []int {
	return slices.Sorted(maps.Keys(r))
}

// unwrap opens the random key under which one message was encrypted. The platform
// wraps it with PKCS #1 v1.5. The error says nothing about the padding.
func (r keyring) unwrap(version int, wrapped string) (string, error) {
	key := r[version]
	if key == nil {
		return "", &community.Error{Code: community.Invalid, Text: fmt.Sprintf("there is no private key of version %d", version),
			Hint: "add the private key of that version to the account", Err: errKey}
	}
	b, err := base64.StdEncoding.DecodeString(wrapped)
	if err == nil {
		b, err = rsa.DecryptPKCS1v15(rand.Reader, key, b) //nolint:staticcheck // it is what the platform wraps with; nobody from outside sees whether it failed
	}
	if err != nil || bytes.IndexByte(b, 0) >= 0 {
		return "", community.Errorf(community.Invalid, "the private key of version %d does not fit", version).
			WithHint("compare the versions on the archive's page with those of the keys")
	}
	return string(b), nil
}
