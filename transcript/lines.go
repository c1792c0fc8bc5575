package transcript

import (
	"bufio"
	"errors"
	"io"
)

// maxRow bounds one row of a text format, in bytes.
const maxRow = 1 << 20

// errLongRow reports a row over maxRow. Its line was skipped.
var errLongRow = errors.New("the row is longer than 1 MiB")

// lineReader splits decoded text into lines.
type lineReader struct {
	br  *bufio.Reader
	n   int // lines read
	buf []byte
}

// next returns the next line without its break, valid until the next call, and
// whether a line break ended it. At the end of the text it returns io.EOF; any
// other error but errLongRow means that the text is cut.
func (l *lineReader) next() (line []byte, ended bool, err error) {
	l.buf = l.buf[:0]
	long := false
	for {
		part, err := l.br.ReadSlice('\n')
		switch {
		case err == nil:
			l.n++
			if long || len(l.buf)+len(part) > maxRow {
				return nil, true, errLongRow
			}
			if len(l.buf) > 0 {
				l.buf = append(l.buf, part...)
				part = l.buf
			}
			return trimBreak(part), true, nil
		case err == bufio.ErrBufferFull:
			if long = long || len(l.buf)+len(part) > maxRow; !long {
				l.buf = append(l.buf, part...)
			}
		case err == io.EOF:
			if len(l.buf) == 0 && len(part) == 0 && !long {
				return nil, false, io.EOF
			}
			l.n++
			if long || len(l.buf)+len(part) > maxRow {
				return nil, false, errLongRow
			}
			l.buf = append(l.buf, part...)
			return trimCR(l.buf), false, nil
		default:
			return nil, false, err
		}
	}
}

// ended puts the line break and the empty line after a text that nobody needs to
// doubt the end of: it is known to be whole. An empty text stays empty.
type ended struct {
	r    io.Reader
	some bool
	rest string // of what is put there
	over bool
}

func (e *ended) Read(p []byte) (int, error) {
	if !e.over {
		n, err := e.r.Read(p)
		e.some = e.some || n > 0
		if err != io.EOF {
			return n, err
		}
		if e.over = true; e.some {
			e.rest = "\n\n"
		}
		if n > 0 {
			return n, nil
		}
	}
	if e.rest == "" {
		return 0, io.EOF
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func trimBreak(b []byte) []byte { return trimCR(b[:len(b)-1]) }

func trimCR(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\r' {
		return b[:n-1]
	}
	return b
}
