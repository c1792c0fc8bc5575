package api

import (
	"context"
	"io"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"qunying/community"
)

// route is the declaration of one operation.
type route struct {
	method, path string
	needs        Permission
	id           string // operationId, what generated clients call it
	tag, summary string
}

// call is who calls, and about which community.
type call struct {
	visitor   visitor
	community community.Community // zero where the path names none
}

// answer is a JSON answer without headers of its own. Its body has no type here:
// huma compiles the whole way of a request once for each pair of input and output,
// and with an output of its own for every route that was a twentieth of the binary.
type answer struct{ Body any }

// declare registers an operation that decodes, acts and answers JSON.
func declare[I, B any](s *Server, r route, do func(context.Context, call, *I) (B, error)) {
	declareAnswer(s, r.operation(), r.needs, do)
}

// declareAnswer registers op, which answers a B, and describes what a B is.
func declareAnswer[I, B any](s *Server, op huma.Operation, needs Permission, do func(context.Context, call, *I) (B, error)) {
	body := huma.SchemaFromField(s.huma.OpenAPI().Components.Schemas,
		reflect.StructField{Name: "Body", Type: reflect.TypeFor[B]()}, op.OperationID+"Response")
	op.Responses = map[string]*huma.Response{"200": {
		Content: map[string]*huma.MediaType{"application/json": {Schema: body}},
	}}
	_, stamps := any(new(B)).(stamped)
	register(s, op, needs, func(ctx context.Context, c call, in *I) (*answer, error) {
		if !stamps {
			body, err := do(ctx, c, in)
			if err != nil {
				return nil, err
			}
			return &answer{body}, nil
		}
		// What is read may lack what comes meanwhile; what is saved has to be in it.
		at, err := s.needs.Changes.Position(ctx, c.community.ID)
		if err != nil {
			return nil, err
		}
		body, err := do(ctx, c, in)
		if err == nil && op.Method != get {
			at, err = s.needs.Changes.Position(ctx, c.community.ID)
		}
		if err != nil {
			return nil, err
		}
		any(&body).(stamped).stamp(at.Seq)
		return &answer{body}, nil
	})
}

// declareRaw registers an operation whose answer has headers.
func declareRaw[I, O any](s *Server, r route, do func(context.Context, call, *I) (*O, error)) {
	register(s, r.operation(), r.needs, do)
}

// UploadInput carries a body that is not read into memory.
type UploadInput struct {
	Name string `query:"name" required:"true" minLength:"1" maxLength:"255" doc:"name of the file"`
	body io.Reader
}

// Resolve keeps the request's body for the handler.
func (u *UploadInput) Resolve(ctx huma.Context) []error {
	u.body = ctx.BodyReader()
	if r, w := humago.Unwrap(ctx); r != nil {
		u.body = &patientReader{body: r.Body, control: http.NewResponseController(w)}
	}
	return nil
}

// declareUpload registers an operation that reads its body as a stream.
func declareUpload[B any](s *Server, r route, do func(context.Context, call, *InCommunity, string, io.Reader) (B, error)) {
	type input struct {
		InCommunity
		UploadInput
	}
	op := r.operation()
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}}
	declareAnswer(s, op, r.needs, func(ctx context.Context, c call, in *input) (B, error) {
		return do(ctx, c, &in.InCommunity, in.Name, in.body)
	})
}

// stream writes an answer piece by piece, after the headers.
type stream func(w http.ResponseWriter, r *http.Request)

// declareStream registers an operation that writes its answer as it goes.
func declareStream[I any](s *Server, r route, contentType string, do func(context.Context, call, *I) (stream, error)) {
	op := r.operation()
	op.Responses = map[string]*huma.Response{"200": {
		Description: "OK",
		Content:     map[string]*huma.MediaType{contentType: {Schema: &huma.Schema{Type: huma.TypeString}}},
	}}
	register(s, op, r.needs, func(ctx context.Context, c call, in *I) (*huma.StreamResponse, error) {
		write, err := do(ctx, c, in)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			r, w := humago.Unwrap(ctx)
			w.Header().Set("Content-Type", contentType+"; charset=utf-8")
			write(w, r.WithContext(ctx.Context()))
		}}, nil
	})
}

func (r route) operation() huma.Operation {
	op := huma.Operation{
		OperationID: r.id, Method: r.method, Path: r.path, Summary: r.summary, Tags: []string{r.tag},
		Extensions:      map[string]any{"x-permission": string(r.needs)},
		MaxBodyBytes:    smallBody,
		BodyReadTimeout: readTime,
	}
	if r.needs != public && r.needs != byLink {
		op.Security = []map[string][]string{{"session": {}}}
	} else {
		op.Security = []map[string][]string{}
	}
	switch r.id {
	case "takeRoster":
		op.MaxBodyBytes = rosterBody
	case "saveLexicon", "importLexicon", "tryText", "importSettings":
		op.MaxBodyBytes = lexiconBody
	}
	return op
}

// register is the one way by which an operation comes into being: there is no
// handler that the permission is not checked before, and none that sees or shows
// groups which the caller is kept away from.
func register[I, O any](s *Server, op huma.Operation, needs Permission, do func(context.Context, call, *I) (*O, error)) {
	mustBePermission(needs)
	op.Middlewares = huma.Middlewares{s.admit(needs, &op)}
	huma.Register(s.huma, op, func(ctx context.Context, in *I) (*O, error) {
		c := callOf(ctx)
		err := s.lookAtInput(ctx, c, in)
		var out *O
		if err == nil {
			out, err = do(ctx, c, in)
		}
		if err == nil {
			out, err = sifted(c, out)
		}
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return out, nil
	})
}
