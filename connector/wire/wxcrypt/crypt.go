package wxcrypt

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"

	"qunying/community"
)

const (
	keyLetters = 43 // of an EncodingAESKey: 32 bytes in base64 without its "="
	block      = 32 // to which the padding fills up, twice that of AES
	randomSize = 16
	lengthSize = 4
)

// MaxEnvelope bounds the text of an envelope, in bytes of base64. Platforms send a
// few kilobytes.
const MaxEnvelope = 1 << 20

// Crypt opens and seals the envelopes of one receiver. It is safe for concurrent
// use.
type Crypt struct {
	token    string
	cipher   cipher.Block
	vector   []byte
	receiver string
}

// New takes what was entered on the platform's page: the token, the 43 letters of
// the EncodingAESKey, and who receives: the CorpID of a self-built app, the AppID
// of an Official Account, "" for a robot of the corporation's own. Errors are
// Invalid and repeat no value.
func New(token, aesKey, receiveID string) (*Crypt, error) {
	if token == "" {
		return nil, community.Errorf(community.Invalid, "the token is empty")
	}
	if len(aesKey) != keyLetters {
		return nil, community.Errorf(community.Invalid, "the EncodingAESKey has %d letters and not 43", len(aesKey)).
			WithHint("copy all 43 letters and digits, without spaces")
	}
	// Keys that were made up at random leave bits behind in their last letter: the
	// strict decoder would refuse them.
	key, err := base64.StdEncoding.DecodeString(aesKey + "=")
	if err != nil || len(key) != 32 {
		return nil, community.Errorf(community.Invalid, "the EncodingAESKey is not made of letters and digits")
	}
	c, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return &Crypt{token: token, cipher: c, vector: key[:aes.BlockSize], receiver: receiveID}, nil
}

// refused is what an envelope fails with that was not made for us with our key. The
// reason is for our log: whoever called gets no more than the status.
func refused(why string) error {
	return &community.Error{Code: community.Forbidden, Text: "the envelope cannot be opened: " + why,
		Hint: "compare the EncodingAESKey and the ID of the corporation or account with the platform's page"}
}

// Decrypt opens the text of an envelope. The signature is checked by Open; call
// this alone only for texts that are signed in another way. Errors are Forbidden.
func (c *Crypt) Decrypt(encrypted string) ([]byte, error) {
	if len(encrypted) > MaxEnvelope {
		return nil, refused("it is too long")
	}
	b, err := base64.StdEncoding.DecodeString(encrypted)
	if err != nil || len(b) < block || len(b)%aes.BlockSize != 0 {
		return nil, refused("it is cut or no base64")
	}
	cipher.NewCBCDecrypter(c.cipher, c.vector).CryptBlocks(b, b)
	pad := int(b[len(b)-1])
	if pad < 1 || pad > block || pad > len(b) {
		return nil, refused("its padding is wrong")
	}
	for _, x := range b[len(b)-pad:] {
		if int(x) != pad {
			return nil, refused("its padding is wrong")
		}
	}
	b = b[:len(b)-pad]
	if len(b) < randomSize+lengthSize {
		return nil, refused("it is too short")
	}
	size := binary.BigEndian.Uint32(b[randomSize:])
	b = b[randomSize+lengthSize:]
	if uint64(size) > uint64(len(b)) {
		return nil, refused("it declares more than it holds")
	}
	if string(b[size:]) != c.receiver {
		return nil, refused("it is meant for another receiver")
	}
	return b[:size:size], nil
}

// Encrypt makes the text of an envelope.
func (c *Crypt) Encrypt(plain []byte) string {
	var random [randomSize]byte
	_, _ = rand.Read(random[:]) // never fails
	return c.encrypt(random, plain)
}

func (c *Crypt) encrypt(random [randomSize]byte, plain []byte) string {
	b := make([]byte, 0, randomSize+lengthSize+len(plain)+len(c.receiver)+block)
	b = append(b, random[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(plain)))
	b = append(b, plain...)
	b = append(b, c.receiver...)
	pad := block - len(b)%block
	for range pad {
		b = append(b, byte(pad))
	}
	cipher.NewCBCEncrypter(c.cipher, c.vector).CryptBlocks(b, b)
	return base64.StdEncoding.EncodeToString(b)
}
