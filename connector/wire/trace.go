package wire

import (
	"net/http"
	"net/http/httptrace"
)

// traceSent sets sent when there is a connection on which the request may leave.
// It runs in the goroutine of the request; what tells of bytes that left does not.
func traceSent(req *http.Request, sent *bool) *http.Request {
	return req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { *sent = true },
	}))
}
