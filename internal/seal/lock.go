package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/argon2"

	"qunying/community"
)

// locked tells text that a passphrase opens.
const locked = "locked:1:"

const (
	saltSize  = 16
	shortPass = 12 // bytes
)

// Lock encrypts a text with a passphrase (argon2id, 3 passes over 64 MiB), so that
// it can lie beside what it opens. A passphrase that is too short is Invalid.
func Lock(text, passphrase string) (string, error) {
	if len(passphrase) < shortPass {
		return "", community.Errorf(community.Invalid, "the passphrase has fewer than %d characters", shortPass).WithHint("take a sentence")
	}
	salt := make([]byte, saltSize)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	aead, err := byPassphrase(passphrase, salt)
	if err != nil {
		return "", err
	}
	return locked + base64.RawStdEncoding.EncodeToString(aead.Seal(salt, nil, []byte(text), nil)), nil
}

// Unlock is the reverse of Lock.
func Unlock(text, passphrase string) (string, error) {
	encoded, ok := strings.CutPrefix(text, locked)
	b, err := base64.RawStdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(b) < saltSize {
		return "", community.Errorf(community.Invalid, "this is no locked key")
	}
	aead, err := byPassphrase(passphrase, b[:saltSize])
	if err != nil {
		return "", err
	}
	plain, err := aead.Open(nil, nil, b[saltSize:], nil)
	if err != nil {
		return "", community.Errorf(community.Invalid, "the passphrase does not open the key").WithHint("it is the one that was given when the backup was made")
	}
	return string(plain), nil
}

func byPassphrase(passphrase string, salt []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(argon2.IDKey([]byte(passphrase), salt, 3, 64<<10, 2, 32))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// ReadFile reads a key file as it is, to be locked. It fails with NotFound.
func ReadFile(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", &community.Error{Code: community.NotFound, Text: "the key file cannot be read", Hint: "it is " + filepath.Base(file) + " in the data folder", Err: err}
	}
	return string(text), nil
}

// WriteFile puts a key file back. One that is there is not overwritten: Conflict,
// unless it is the same.
func WriteFile(file, text string) error {
	if is, err := os.ReadFile(file); err == nil {
		if string(is) == text {
			return nil
		}
		return community.Errorf(community.Conflict, "there is another key file already").WithHint("move " + filepath.Base(file) + " away first; keep it")
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o600)
}
