//go:build linux

package wecomarchive

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"slices"
	"strings"
	"testing"

	"qunying/community"
)

func TestKeys(t *testing.T) {
	pkcs1, pkcs8 := privateKey(), privateKey()
	der, err := x509.MarshalPKCS8PrivateKey(pkcs8)
	if err != nil {
		t.Fatal(err)
	}
	second := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	ring, err := parseKeys("1: " + pemOf(pkcs1) + "\n\nversion 12：\n" + second)
	if err != nil || !slices.Equal(ring.versions(), []int{1, 12}) || ring.newest() != 12 {
		t.Fatalf("versions %v, newest %d, %v", ring.versions(), ring.newest(), err)
	}
	wrapped, err := rsa.EncryptPKCS1v15(rand.Reader, &pkcs8.PublicKey, []byte("the key")) //nolint:staticcheck // as the platform does
	if err != nil {
		t.Fatal(err)
	}
	if key, err := ring.unwrap(12, base64.StdEncoding.EncodeToString(wrapped)); err != nil || key != "the key" {
		t.Errorf("unwrapped %q, %v", key, err)
	}
	for what, c := range map[string]struct {
		version int
		wrapped string
	}{"another version": {2, ""}, "a cut key": {12, base64.StdEncoding.EncodeToString(wrapped[:100])}, "no base64": {1, "?"}} {
		if key, err := ring.unwrap(c.version, c.wrapped); community.CodeOf(err) != community.Invalid || key != "" {
			t.Errorf("%s: %q, %v, want Invalid", what, key, err)
		}
	}
}

func TestKeysThatAreNone(t *testing.T) {
	good := pemOf(privateKey())
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	other := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	for what, text := range map[string]string{
		"nothing": "", "no version": good, "one version twice": "1: " + good + "1: " + good, "cut": "1: " + good[:200],
		"another algorithm": "1: " + other, "a huge version": "99999999999: " + good, "too much": strings.Repeat("x", mostKeysText+1),
	} {
		_, err := parseKeys(text)
		if community.CodeOf(err) != community.Invalid || strings.Contains(err.Error(), good[100:120]) {
			t.Errorf("%s: %v, want Invalid without the key", what, err)
		}
	}
}

func FuzzKeys(f *testing.F) {
	f.Add("1: -----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n2: -----BEGIN")
	f.Fuzz(func(t *testing.T, text string) {
		if ring, err := parseKeys(text); (err == nil) != (len(ring) > 0) {
			t.Errorf("%d keys, %v", len(ring), err)
		}
	})
}

func TestOpenNamesTheFieldThatIsWrong(t *testing.T) {
	good := Config{CorpID: "ww1", Secret: "s", Keys: "1: " + pemOf(privateKey()), Library: "/opt/" + libraryIs + "_C.so"}
	for field, change := range map[string]func(*Config){
		"corp_id": func(c *Config) { c.CorpID = " " },
		"secret":  func(c *Config) { c.Secret = "" },
		"keys":    func(c *Config) { c.Keys = "1:" },
		"library": func(c *Config) { c.Library = "/bin/sh" },
		"helper":  func(c *Config) { c.Helper = "/bin/sh" },
		"proxy":   func(c *Config) { c.Proxy = "http://user:hush@proxy:1" },
	} {
		c := good
		change(&c)
		_, err := Driver{}.Open("archive", marshal(c))
		if community.CodeOf(err) != community.Invalid || !strings.Contains(err.Error(), field) || strings.Contains(err.Error(), "hush") {
			t.Errorf("a wrong %s: %v, want Invalid with its name", field, err)
		}
	}
	if _, err := (Driver{}).Open("archive", marshal(good)); err != nil {
		t.Errorf("good settings with the zero driver: %v", err)
	}
}
