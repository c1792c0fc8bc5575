// Package signed proves who sent a request and that nobody changed it: what
// comes to our webhooks and what we send to others' carries a signature over its
// time and its body. docs/webhooks.md is the specification, with test vectors.
package signed

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"qunying/community"
)

// The headers of a signed request.
const (
	SignatureHeader = "X-Qunying-Signature" // "sha256=" and 64 hex digits; several, with commas, while a secret changes
	TimestampHeader = "X-Qunying-Timestamp" // seconds since 1970
)

// Skew is how far the clocks of sender and receiver may be apart, and so how long
// somebody who saw a request could send it again: receivers must know repeats.
const Skew = 5 * time.Minute

// mostSignatures is how many of a header are looked at.
const mostSignatures = 4

// Signature is the value of SignatureHeader for a body that is sent at a
// timestamp, the value of TimestampHeader.
func Signature(secret, timestamp string, body []byte) string {
	return "sha256=" + hex.EncodeToString(sum(secret, timestamp, body))
}

func sum(secret, timestamp string, body []byte) []byte {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(timestamp))
	m.Write([]byte{'.'})
	m.Write(body)
	return m.Sum(nil)
}

// Sign sets the headers of a request with that body, sent at a time. Several
// secrets make several signatures: the receiver needs to know one of them.
func Sign(h http.Header, body []byte, at time.Time, secrets ...string) {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	all := make([]string, 0, len(secrets))
	for _, s := range secrets {
		all = append(all, Signature(s, timestamp, body))
	}
	h.Set(TimestampHeader, timestamp)
	h.Set(SignatureHeader, strings.Join(all, ","))
}

// What Verify fails with; their code is community.Forbidden.
var (
	ErrMissing = community.Errorf(community.Forbidden, "the request is not signed").WithHint("set " + TimestampHeader + " and " + SignatureHeader)
	ErrWrong   = community.Errorf(community.Forbidden, "the signature does not fit").WithHint("sign timestamp, a full stop and the exact bytes of the body with the account's secret")
	ErrClock   = community.Errorf(community.Forbidden, "the timestamp is more than five minutes off").WithHint("set the clock, and sign each attempt anew")
)

// Verify checks that who knows a secret signed the body, within Skew of now. It
// takes the same time whatever is wrong with the signature. An empty secret fits
// nothing.
func Verify(h http.Header, body []byte, now time.Time, secrets ...string) error {
	timestamp, header := h.Get(TimestampHeader), h.Get(SignatureHeader)
	if timestamp == "" || header == "" {
		return ErrMissing
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || strconv.FormatInt(seconds, 10) != timestamp {
		return ErrMissing
	}
	fits := false
	for i, given := range strings.Split(header, ",") {
		if i == mostSignatures {
			break
		}
		digits, ok := strings.CutPrefix(strings.TrimSpace(given), "sha256=")
		got, err := hex.DecodeString(digits)
		if !ok || err != nil {
			continue
		}
		for _, s := range secrets {
			if s != "" && hmac.Equal(got, sum(s, timestamp, body)) {
				fits = true
			}
		}
	}
	if !fits {
		return ErrWrong
	}
	if at := time.Unix(seconds, 0); now.Sub(at) > Skew || at.Sub(now) > Skew {
		return ErrClock
	}
	return nil
}
