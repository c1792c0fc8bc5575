package api

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/crypto/argon2"

	"qunying/community"
)

// Cost of a password hash: 19 MiB and two passes, the least that OWASP's
// password storage advice (2025) names for argon2id with one lane. It takes
// about 20 ms here and suits a server with little memory.
const (
	argonMemory  = 19 * 1024 // KiB
	argonTime    = 2
	argonLanes   = 1
	argonKey     = 32 // bytes
	argonSalt    = 16 // bytes
	argonMost    = 256 * 1024
	argonPattern = "$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s"
)

// nobodysPassword is what is compared where no such name is known, so that it takes
// as long.
var nobodysPassword = sync.OnceValue(func() string { return HashPassword("") })

// HashPassword encodes a password with a fresh salt, in the PHC string format.
func HashPassword(password string) string {
	salt := make([]byte, argonSalt)
	rand.Read(salt) // never fails
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf(argonPattern, argon2.Version, argonMemory, argonTime, argonLanes, b64(salt), b64(key))
}

// checkPassword says whether the password is the encoded one. It fails with
// Internal when the encoding is none.
func checkPassword(encoded, password string) (bool, error) {
	parts := strings.Split(encoded, "$")
	var version int
	var memory, time uint32
	var lanes uint8
	bad := func(err error) (bool, error) {
		return false, &community.Error{Code: community.Internal, Text: "a stored password cannot be read", Err: err}
	}
	if len(parts) != 6 || parts[1] != "argon2id" {
		return bad(nil)
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil {
		return bad(err)
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &time, &lanes); err != nil {
		return bad(err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return bad(err)
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return bad(err)
	}
	if version != argon2.Version || memory > argonMost || time == 0 || lanes == 0 || len(want) == 0 {
		return bad(nil)
	}
	got := argon2.IDKey([]byte(password), salt, time, memory, lanes, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// hashing bounds how many passwords are hashed at once: each takes argonMemory.
type hashing chan struct{}

func (h hashing) do(ctx context.Context, f func()) error {
	select {
	case h <- struct{}{}:
		defer func() { <-h }()
		f()
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
