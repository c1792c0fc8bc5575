package transcript

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"qunying/community"
)

// sniffSize is how many bytes are looked at to tell encoding and format.
const sniffSize = 64 << 10

// errCutCharacter reports that a file ends within a character.
var errCutCharacter = errors.New("the file ends in the middle of a character")

// decodeText returns r's text as UTF-8 without a byte order mark. Invalid bytes
// of UTF-8 pass through; clean replaces them. A file that ends within a
// character ends with errCutCharacter.
func decodeText(r io.Reader) io.Reader {
	br := bufio.NewReaderSize(r, sniffSize)
	head, _ := br.Peek(4 << 10)
	switch {
	case bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}):
		_, _ = br.Discard(3) // it was peeked at
		return &wholeUTF8{r: br}
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		_, _ = br.Discard(2) // it was peeked at
		return decoding(br, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM))
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		_, _ = br.Discard(2) // it was peeked at
		return decoding(br, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM))
	}
	if e := bareUTF16(head); e != nil {
		return decoding(br, e)
	}
	return &undecided{br: br}
}

// PlainText returns the text of a whole file, in UTF-8, UTF-16 or GB18030, as UTF-8
// without a byte order mark. It fails with Invalid where the file was cut off.
func PlainText(file []byte) ([]byte, error) {
	text, err := io.ReadAll(decodeText(bytes.NewReader(file)))
	if err != nil {
		err = &community.Error{Code: community.Invalid, Text: err.Error(), Err: err}
	}
	return text, err
}

// bareUTF16 recognises UTF-16 without a mark by the zero bytes of its line
// breaks, digits and commas: they all fall on one side.
func bareUTF16(head []byte) encoding.Encoding {
	var zero [2]int
	for i, b := range head {
		if b == 0 {
			zero[i&1]++
		}
	}
	switch n := max(len(head)/16, 3); {
	case zero[1] > n && zero[0] == 0:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case zero[0] > n && zero[1] == 0:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	}
	return nil
}

func decoding(r io.Reader, e encoding.Encoding) io.Reader {
	return transform.NewReader(r, &wholeCharacters{e.NewDecoder()})
}

// wholeCharacters makes an incomplete last character an error, where decoders
// would write a replacement.
type wholeCharacters struct{ inner *encoding.Decoder }

func (w *wholeCharacters) Reset() { w.inner.Reset() }

func (w *wholeCharacters) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	nDst, nSrc, err = w.inner.Transform(dst, src, false)
	if err == transform.ErrShortSrc && atEOF {
		err = errCutCharacter
	}
	return nDst, nSrc, err
}

// wholeUTF8 passes bytes through and ends with errCutCharacter where the last
// character is incomplete.
type wholeUTF8 struct {
	r    io.Reader
	tail [utf8.UTFMax]byte // the last bytes read, right-aligned
}

func (w *wholeUTF8) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if n >= len(w.tail) {
		copy(w.tail[:], p[n-len(w.tail):n])
	} else if n > 0 {
		copy(w.tail[:], w.tail[n:])
		copy(w.tail[len(w.tail)-n:], p[:n])
	}
	if err == io.EOF && cutAtEnd(w.tail[:]) {
		err = errCutCharacter
	}
	return n, err
}

// cutAtEnd reports whether b ends with the beginning of a character.
func cutAtEnd(b []byte) bool { return len(b)-wholeLen(b) > 0 }

// wholeLen is the length of b without an incomplete last character.
func wholeLen(b []byte) int {
	for i := 1; i <= min(utf8.UTFMax, len(b)); i++ {
		c := b[len(b)-i]
		if utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-i:]) {
				return len(b) - i
			}
			break
		}
	}
	return len(b)
}

// undecided passes ASCII through until the first other byte, and decides then,
// with what follows in view, between UTF-8 and GB18030.
type undecided struct {
	br      *bufio.Reader
	decided io.Reader
}

func (u *undecided) Read(p []byte) (int, error) {
	if u.decided != nil {
		return u.decided.Read(p)
	}
	if len(p) == 0 {
		return 0, nil
	}
	if _, err := u.br.Peek(1); err != nil {
		return 0, err
	}
	b, _ := u.br.Peek(u.br.Buffered())
	n := 0
	for n < len(b) && n < len(p) && b[n] < utf8.RuneSelf {
		n++
	}
	if n > 0 {
		copy(p, b[:n])
		_, _ = u.br.Discard(n) // it was peeked at
		return n, nil
	}
	b, err := u.br.Peek(sniffSize)
	if looksGB18030(b, err != nil) {
		u.decided = decoding(u.br, simplifiedchinese.GB18030)
	} else {
		u.decided = &wholeUTF8{r: u.br}
	}
	return u.decided.Read(p)
}

// looksGB18030 reports whether b is Chinese text in GB18030 rather than UTF-8,
// possibly damaged. Western 8-bit text within ASCII has single high bytes, which
// GB18030 has in pairs.
func looksGB18030(b []byte, whole bool) bool {
	if utf8.Valid(b[:wholeLen(b)]) {
		return false
	}
	var utf, pairs, single int
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		if r, n := utf8.DecodeRune(b[i:]); r != utf8.RuneError {
			utf++
			i += n
			continue
		}
		if i+1 < len(b) && b[i+1] >= utf8.RuneSelf {
			pairs++
			i += 2
			continue
		}
		single++
		i++
	}
	if utf > pairs || single > pairs {
		return false
	}
	d := simplifiedchinese.GB18030.NewDecoder()
	dst := make([]byte, 3*len(b)+16)
	n, _, err := d.Transform(dst, b, false)
	if err != nil && err != transform.ErrShortSrc {
		return false
	}
	bad := bytes.Count(dst[:n], []byte("\uFFFD"))
	return bad*50 <= pairs
}

// clean returns b as valid UTF-8 without NULs. What is not UTF-8 becomes U+FFFD.
func clean(b []byte) string {
	if isClean(b) {
		return string(b)
	}
	return cleanString(string(b))
}

func isClean(b []byte) bool { return utf8.Valid(b) && bytes.IndexByte(b, 0) < 0 }

func cleanString(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}
