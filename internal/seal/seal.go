// Package seal encrypts what must be secret at rest: tokens, keys, addresses. The
// key is in a file beside the database, which backups leave out, so that a copy
// of the database alone betrays nothing.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"qunying/community"
)

// prefix tells sealed text from plain, and which way it was sealed.
const prefix = "sealed:1:"

// Sealer seals with one key. It is safe for concurrent use.
type Sealer struct {
	aead cipher.AEAD
	tags []byte // another key, derived from the same
}

// Open reads the key file, and makes one with a new key where there is none. Who
// loses the file has to enter every secret again.
func Open(file string) (*Sealer, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = create(file)
	}
	if err != nil {
		return nil, &community.Error{Code: community.Unavailable, Text: "the key file cannot be read", Hint: "it must be readable by the user that runs the server: " + filepath.Base(file), Err: err}
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != 32 {
		return nil, community.Errorf(community.Invalid, "the key file %s is damaged", filepath.Base(file)).
			WithHint("restore it from where you keep it; without it the secrets in the database have to be entered again")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	tags, err := hkdf.Key(sha256.New, key, nil, "qunying tags", sha256.Size)
	return &Sealer{aead, tags}, err
}

// create writes a new key for its owner's eyes only, whole or not at all.
func create(file string) ([]byte, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	text := []byte(hex.EncodeToString(key) + "\n")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*") // made with mode 0600
	if err != nil {
		return nil, err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Link(f.Name(), file) // fails where another process was faster
	}
	err = errors.Join(err, os.Remove(f.Name()))
	if errors.Is(err, fs.ErrExist) {
		return os.ReadFile(file)
	}
	return text, err
}

// Seal encrypts a text. where is where it belongs ("account/x/token"): sealed
// text moved elsewhere does not open.
func (s *Sealer) Seal(text, where string) string {
	return prefix + base64.RawStdEncoding.EncodeToString(s.aead.Seal(nil, nil, []byte(text), []byte(where)))
}

// Unseal is the reverse of Seal.
func (s *Sealer) Unseal(sealed, where string) (string, error) {
	encoded, ok := strings.CutPrefix(sealed, prefix)
	b, err := base64.RawStdEncoding.DecodeString(encoded)
	if !ok || err != nil {
		return "", community.Errorf(community.Invalid, "the secret of %s is not one of ours", where)
	}
	text, err := s.aead.Open(nil, nil, b, []byte(where))
	if err != nil {
		return "", community.Errorf(community.Invalid, "the secret of %s does not open with this key file", where).
			WithHint("enter it again, or restore the key file that belongs to the database")
	}
	return string(text), nil
}

// Tag vouches for a text that is no secret: 32 bytes that nobody makes without the
// key file. where is as in Seal.
func (s *Sealer) Tag(text, where string) []byte {
	mac := hmac.New(sha256.New, s.tags)
	fmt.Fprintf(mac, "%d:%s%s", len(where), where, text)
	return mac.Sum(nil)
}

// IsSealed says whether a text was made by Seal.
func IsSealed(text string) bool { return strings.HasPrefix(text, prefix) }

// String hides the key from logs.
func (s *Sealer) String() string { return fmt.Sprintf("%T", s) }
