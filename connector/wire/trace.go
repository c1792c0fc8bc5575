package wire

import (
	"net/http"
	"net/http/httptrace"
)

// traceSent sets sent when the request begins to leave.
func traceSent(req *http.Request, sent *bool) *http.Request {
	return req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		WroteHeaders: func() { *sent = true },
	}))
}
