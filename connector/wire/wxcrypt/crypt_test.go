package wxcrypt

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"qunying/community"
)

type vector struct {
	Name, Token, EncodingAESKey, ReceiveID, AppID string
	Random                                        string `json:"random16_hex"`
	Plaintext, Encrypt, Timestamp, Nonce          string
	Signature                                     string
	MsgSignature                                  string `json:"msg_signature"`
}

// vectors were made with third-party libraries.
func vectors(t testing.TB, name string, into any) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatal(err)
	}
}

func (v vector) query() url.Values {
	return url.Values{"timestamp": {v.Timestamp}, "nonce": {v.Nonce}, "msg_signature": {v.MsgSignature}, "echostr": {v.Encrypt}}
}

func (v vector) crypt(t testing.TB) *Crypt {
	t.Helper()
	c, err := New(v.Token, v.EncodingAESKey, v.ReceiveID+v.AppID)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func wecom(t testing.TB) (good, bad []vector) {
	var file struct{ Good, Bad []vector }
	vectors(t, "wecom-crypto.json", &file)
	if len(file.Good) < 7 || len(file.Bad) < 5 {
		t.Fatalf("%d good and %d bad vectors", len(file.Good), len(file.Bad))
	}
	return file.Good, file.Bad
}

func TestOpenVectors(t *testing.T) {
	good, _ := wecom(t)
	var mp struct{ Encrypted []vector }
	vectors(t, "wechat-mp.json", &mp)
	if len(mp.Encrypted) != 2 {
		t.Fatalf("%d vectors of the Official Account", len(mp.Encrypted))
	}
	for _, v := range append(good, mp.Encrypted...) {
		c := v.crypt(t)
		for way, open := range map[string]func() ([]byte, error){
			"xml": func() ([]byte, error) {
				return c.Open(v.query(), []byte("<xml><ToUserName><![CDATA[x]]></ToUserName><Encrypt><![CDATA["+v.Encrypt+"]]></Encrypt></xml>"))
			},
			"json":   func() ([]byte, error) { return c.Open(v.query(), []byte(`{"encrypt":"`+v.Encrypt+`"}`)) },
			"verify": func() ([]byte, error) { return c.Verify(v.query()) },
		} {
			if got, err := open(); err != nil || string(got) != v.Plaintext {
				t.Errorf("%s as %s: %q, %v", v.Name, way, got, err)
			}
		}
		if v.Random == "" {
			continue
		}
		var random [randomSize]byte
		if _, err := hex.Decode(random[:], []byte(v.Random)); err != nil {
			t.Fatal(err)
		}
		if got := c.encrypt(random, []byte(v.Plaintext)); got != v.Encrypt {
			t.Errorf("%s sealed again: %q", v.Name, got)
		}
	}
}

func TestBadVectorsAreRefused(t *testing.T) {
	good, bad := wecom(t)
	c := good[0].crypt(t)
	for _, v := range bad {
		q := url.Values{"timestamp": {"1"}, "nonce": {"2"}, "msg_signature": {c.Sign("1", "2", v.Encrypt)}}
		if got, err := c.OpenText(q, v.Encrypt); community.CodeOf(err) != community.Forbidden {
			t.Errorf("%s: %q, %v, want Forbidden", v.Name, got, err)
		}
	}
}

func TestSignatureIsCheckedFirst(t *testing.T) {
	good, bad := wecom(t)
	c := good[0].crypt(t)
	for _, name := range []string{"msg_signature", "timestamp", "nonce"} {
		for _, value := range []string{"", "0", strings.Repeat("0", 40)} {
			q := good[0].query()
			q.Set(name, value)
			if _, err := c.Verify(q); community.CodeOf(err) != community.Forbidden || !strings.Contains(err.Error(), "signature") {
				t.Errorf("with another %s: %v", name, err)
			}
		}
	}
	q := good[0].query()
	if _, err := c.OpenText(q, bad[0].Encrypt); err == nil || !strings.Contains(err.Error(), "signature") {
		t.Errorf("with another envelope: %v, want it to fail at the signature", err)
	}
	other, err := New("another", good[0].EncodingAESKey, good[0].ReceiveID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Verify(q); community.CodeOf(err) != community.Forbidden {
		t.Errorf("with another token: %v", err)
	}
}

// Every padding that does not fill up to 32 with its own length is refused, also
// those that the usual libraries take.
func TestPadding(t *testing.T) {
	good, _ := wecom(t)
	c := good[0].crypt(t)
	for _, pad := range [][]byte{{0}, {33}, {2, 1, 2}, {255}} {
		// Its real padding is a block of its own, which is cut off: what is left ends in pad.
		made := &Crypt{token: c.token, cipher: c.cipher, vector: c.vector}
		plain := []byte(strings.Repeat("x", 96-randomSize-lengthSize-len(pad)) + string(pad))
		whole, err := base64.StdEncoding.DecodeString(made.Encrypt(plain))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Decrypt(base64.StdEncoding.EncodeToString(whole[:96])); err == nil || !strings.Contains(err.Error(), "padding") {
			t.Errorf("padding %v: %v", pad, err)
		}
	}
}

func TestOpenRefusesWhatIsNoEnvelope(t *testing.T) {
	good, _ := wecom(t)
	c := good[0].crypt(t)
	for _, body := range []string{"", "<xml>", "<xml></xml>", "{", "{}", `{"encrypt":1}`, "[]", "plain", strings.Repeat("x", MaxEnvelope+1)} {
		if _, err := c.Open(good[0].query(), []byte(body)); community.CodeOf(err) != community.Invalid {
			t.Errorf("%.20q: %v, want Invalid", body, err)
		}
	}
	long := strings.Repeat("A", MaxEnvelope+4)
	if _, err := c.OpenText(url.Values{"msg_signature": {c.Sign("", "", long)}}, long); err == nil {
		t.Error("an envelope over the bound was opened")
	}
}

func TestSealIsOpened(t *testing.T) {
	good, _ := wecom(t)
	c := good[0].crypt(t)
	b := string(c.Seal([]byte("<xml>好</xml>"), time.Unix(1700000000, 0)))
	field := func(name string) string {
		_, rest, _ := strings.Cut(b, "<"+name+">")
		value, _, _ := strings.Cut(rest, "</"+name+">")
		return strings.TrimSuffix(strings.TrimPrefix(value, "<![CDATA["), "]]>")
	}
	q := url.Values{"timestamp": {field("TimeStamp")}, "nonce": {field("Nonce")}, "msg_signature": {field("MsgSignature")}}
	if got, err := c.Open(q, []byte(b)); err != nil || string(got) != "<xml>好</xml>" || field("TimeStamp") != "1700000000" {
		t.Errorf("%s is opened as %q, %v", b, got, err)
	}
	q, text := c.Call([]byte("hello"), time.Unix(1700000000, 0))
	if got, err := c.OpenText(q, text); err != nil || string(got) != "hello" {
		t.Errorf("a call is opened as %q, %v", got, err)
	}
}

func TestPlainSignatures(t *testing.T) {
	var mp struct {
		Plain     []vector `json:"plain_signature"`
		Encrypted []vector
	}
	vectors(t, "wechat-mp.json", &mp)
	if len(mp.Plain) != 2 {
		t.Fatalf("%d vectors", len(mp.Plain))
	}
	for _, v := range append(mp.Plain, mp.Encrypted...) {
		q := url.Values{"timestamp": {v.Timestamp}, "nonce": {v.Nonce}, "signature": {v.Signature}}
		if err := CheckPlain(v.Token, q); err != nil {
			t.Errorf("%+v: %v", v, err)
		}
		q.Set("signature", strings.ToUpper(v.Signature))
		if err := CheckPlain(v.Token, q); community.CodeOf(err) != community.Forbidden {
			t.Errorf("another signature: %v", err)
		}
	}
	var wecom struct {
		JSAPI []struct {
			Ticket, NonceStr, URL, Signature string
			Timestamp                        int64
		}
	}
	vectors(t, "wecom-crypto.json", &wecom)
	if len(wecom.JSAPI) == 0 {
		t.Fatal("no vector of a page")
	}
	for _, v := range wecom.JSAPI {
		if got := SignPage(v.Ticket, v.NonceStr, v.Timestamp, v.URL); got != v.Signature {
			t.Errorf("page %+v: %s", v, got)
		}
	}
}

func TestNewNamesWhatIsWrong(t *testing.T) {
	const key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
	for _, c := range []struct{ token, key, want string }{
		{"", key, "token"},
		{"t", key[1:], "42 letters"},
		{"t", "!" + key[1:], "letters and digits"},
	} {
		_, err := New(c.token, c.key, "corp")
		if community.CodeOf(err) != community.Invalid || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), key[5:20]) {
			t.Errorf("New(%q, %q): %v", c.token, c.key, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	good, bad := wecom(f)
	for _, v := range append(good, bad...) {
		f.Add("<xml><Encrypt>"+v.Encrypt+"</Encrypt></xml>", v.Encrypt)
		f.Add(`{"encrypt":"`+v.Encrypt+`"}`, v.Plaintext)
	}
	c := good[0].crypt(f)
	f.Fuzz(func(t *testing.T, body, text string) {
		_, _ = c.Open(good[0].query(), []byte(body))
		q := url.Values{"msg_signature": {c.Sign("1", "2", text)}, "timestamp": {"1"}, "nonce": {"2"}}
		if plain, err := c.OpenText(q, text); err == nil && len(plain) > len(text) {
			t.Errorf("%d bytes came out of %d", len(plain), len(text))
		}
		if len(text) < MaxEnvelope/2 {
			if plain, err := c.Decrypt(c.Encrypt([]byte(text))); err != nil || string(plain) != text {
				t.Errorf("%q comes back as %q, %v", text, plain, err)
			}
		}
	})
}
