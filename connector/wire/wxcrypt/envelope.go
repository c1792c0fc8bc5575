package wxcrypt

import (
	"bytes"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"qunying/community"
)

// signature is SHA-1 over the parts in the order of their bytes.
func signature(parts ...string) string {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

// Sign returns the msg_signature of an envelope's text.
func (c *Crypt) Sign(timestamp, nonce, encrypted string) string {
	return signature(c.token, timestamp, nonce, encrypted)
}

// same compares without telling by its time how much of the signature is right.
func same(got, want string) error {
	if subtle.ConstantTimeCompare([]byte(got), []byte(want)) != 1 {
		return &community.Error{Code: community.Forbidden, Text: "the signature of the call is wrong",
			Hint: "compare the token with the platform's page"}
	}
	return nil
}

// Verify answers the platform's trial of an address (GET) with what is to be
// written back, as it is: no quotes, no newline. It takes the query's echostr.
func (c *Crypt) Verify(query url.Values) ([]byte, error) {
	return c.OpenText(query, query.Get("echostr"))
}

// OpenText opens the text of an envelope that came by another way than a body of
// XML or JSON, by the signature, timestamp and nonce of the query.
func (c *Crypt) OpenText(query url.Values, encrypted string) ([]byte, error) {
	if len(encrypted) > MaxEnvelope {
		return nil, refused("it is too long")
	}
	if err := same(query.Get("msg_signature"), c.Sign(query.Get("timestamp"), query.Get("nonce"), encrypted)); err != nil {
		return nil, err
	}
	return c.Decrypt(encrypted)
}

// Open opens the envelope of a call (POST): its body is the XML of apps and
// Official Accounts or the JSON of robots. What is returned is the message, still
// XML or JSON. Forbidden means that it was not made for us, Invalid that it is no
// envelope.
func (c *Crypt) Open(query url.Values, body []byte) ([]byte, error) {
	if len(body) > MaxEnvelope {
		return nil, community.Errorf(community.Invalid, "the envelope has more than %d bytes", MaxEnvelope)
	}
	var envelope struct {
		Encrypt string `xml:"Encrypt" json:"encrypt"`
	}
	parse := xml.Unmarshal
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		parse = json.Unmarshal
	}
	if err := parse(body, &envelope); err != nil {
		return nil, &community.Error{Code: community.Invalid, Text: "the call carries no envelope", Err: err}
	}
	if envelope.Encrypt == "" {
		return nil, community.Errorf(community.Invalid, "the call carries no envelope")
	}
	return c.OpenText(query, strings.TrimSpace(envelope.Encrypt))
}

// Seal makes the body of an encrypted answer to a call.
func (c *Crypt) Seal(reply []byte, now time.Time) []byte {
	timestamp, nonce, encrypted := strconv.FormatInt(now.Unix(), 10), rand.Text(), c.Encrypt(reply)
	// None of the values can hold "]]>": they are base64, hex, digits and letters.
	return fmt.Appendf(nil, "<xml><Encrypt><![CDATA[%s]]></Encrypt><MsgSignature><![CDATA[%s]]></MsgSignature><TimeStamp>%s</TimeStamp><Nonce><![CDATA[%s]]></Nonce></xml>",
		encrypted, c.Sign(timestamp, nonce, encrypted), timestamp, nonce)
}

// Call makes the query and the text of an envelope as the platform sends them.
// Simulators of platforms use it.
func (c *Crypt) Call(plain []byte, now time.Time) (query url.Values, encrypted string) {
	timestamp, nonce := strconv.FormatInt(now.Unix(), 10), rand.Text()
	encrypted = c.Encrypt(plain)
	return url.Values{"timestamp": {timestamp}, "nonce": {nonce}, "msg_signature": {c.Sign(timestamp, nonce, encrypted)}}, encrypted
}

// CheckPlain checks the signature that an Official Account's calls carry beside or
// instead of an envelope's (query values signature, timestamp, nonce). Anybody who
// once saw a call can repeat it. Forbidden if it is wrong.
func CheckPlain(token string, query url.Values) error {
	return same(query.Get("signature"), SignPlain(token, query.Get("timestamp"), query.Get("nonce")))
}

// SignPlain returns the signature that CheckPlain wants.
func SignPlain(token, timestamp, nonce string) string { return signature(token, timestamp, nonce) }

// SignPage returns the signature with which a page asks for the platform's
// functions in its browser (JS-SDK): address is the page's, without its "#…".
func SignPage(ticket, nonce string, timestamp int64, address string) string {
	sum := sha1.Sum(fmt.Appendf(nil, "jsapi_ticket=%s&noncestr=%s&timestamp=%d&url=%s", ticket, nonce, timestamp, address))
	return hex.EncodeToString(sum[:])
}
