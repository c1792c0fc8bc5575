//go:build linux

package finance

import (
	"bufio"
	"errors"
	"io"

	"qunying/connector/wecomarchive/pipe"
)

// Serve answers requests until in ends, also when that happens while the library
// hangs. It returns nil then.
func Serve(in io.Reader, out io.Writer) error {
	requests, ended := make(chan pipe.Request), make(chan error, 1)
	go func() {
		r := bufio.NewReaderSize(in, 1<<16)
		for {
			var q pipe.Request
			if err := pipe.Read(r, &q); err != nil {
				ended <- err
				return
			}
			requests <- q
		}
	}()
	go func() {
		var l *Library
		for q := range requests {
			var a pipe.Answer
			l, a = answer(l, q)
			if err := pipe.Write(out, a); err != nil {
				ended <- err
				return
			}
		}
	}()
	if err := <-ended; !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// answer does what is asked; Open makes the library that the others need.
func answer(l *Library, q pipe.Request) (*Library, pipe.Answer) {
	if (l == nil) != (q.Do == pipe.Open) {
		return l, pipe.Answer{Fault: pipe.Confused, Detail: "open comes first, and once"}
	}
	var a pipe.Answer
	var err error
	switch q.Do {
	case pipe.Open:
		if l, err = Load(q.Library); err != nil {
			return nil, pipe.Answer{Fault: pipe.NoLibrary, Detail: err.Error()}
		}
		a.Code = l.SignIn(q.Corp, q.Secret)
	case pipe.Chat:
		a.Data, a.Code, err = l.ChatData(q)
	case pipe.Decrypt:
		a.Data, a.Code, err = l.Decrypt(q)
	case pipe.Media:
		var p Piece
		p, a.Code, err = l.Media(q)
		a.Data, a.Index, a.Finished = p.Data, p.Index, p.Finished
	default:
		return l, pipe.Answer{Fault: pipe.Confused, Detail: "nothing is called that"}
	}
	if err != nil {
		return l, pipe.Answer{Fault: pipe.TooLong}
	}
	return l, a
}
