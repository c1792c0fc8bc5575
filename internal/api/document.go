package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

const apiDescription = `Times are milliseconds since 1970 UTC, days are "2006-01-02" in the group's zone. ` +
	`A number that cannot be known is null, never 0, and "why" says why. ` +
	`Every answer about a community carries as_of, the log position up to which it is complete. ` +
	`Errors are RFC 9457 problems whose type is stable. Lists have a cursor: pass next of one page as cursor of the following one, with the same filters. ` +
	`x-permission of an operation is what it requires: public, self (signed in), read, import, act or manage.`

// newHuma prepares the API on mux; nothing of it is served but its operations.
func newHuma(mux *http.ServeMux) huma.API {
	useOurProblems()
	config := huma.DefaultConfig("Qunying 群英", "1")
	config.Info.Description = apiDescription
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil // no $schema links
	config.Transformers = []huma.Transformer{func(_ huma.Context, _ string, v any) (any, error) { return noNullLists(v), nil }}
	config.Components.Schemas.RegisterTypeAlias(dayType, dayInBodyType)
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: cookieName, Description: "set by signing in"},
	}
	return humago.New(mux, config)
}

// Document is the OpenAPI document of the API, always with the same bytes.
func Document() ([]byte, error) {
	s := &Server{}
	s.huma = newHuma(http.NewServeMux())
	s.routes()
	return s.document()
}

func (s *Server) document() ([]byte, error) {
	for _, schema := range s.huma.OpenAPI().Components.Schemas.Map() {
		listsAreNeverNull(schema)
	}
	b, err := json.MarshalIndent(s.huma.OpenAPI(), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the OpenAPI document: %w", err)
	}
	return append(b, '\n'), nil
}

// listsAreNeverNull makes lists of the schema plain: noNullLists keeps the promise.
func listsAreNeverNull(s *huma.Schema) {
	if s == nil {
		return
	}
	if s.Type == huma.TypeArray {
		s.Nullable = false
	}
	listsAreNeverNull(s.Items)
	for _, p := range s.Properties {
		listsAreNeverNull(p)
	}
}

// noNullLists returns v with every nil slice in it replaced by an empty one, so
// that JSON says [] and never null. It does not change v.
func noNullLists(v any) any {
	in := reflect.ValueOf(v)
	if !in.IsValid() || in.Kind() != reflect.Struct {
		return v
	}
	out := reflect.New(in.Type()).Elem()
	out.Set(in)
	fillLists(out)
	return out.Interface()
}

func fillLists(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fillLists(v.Field(i))
			}
		}
	case reflect.Pointer:
		if v.IsNil() || !holdsLists(v.Type().Elem()) {
			return
		}
		c := reflect.New(v.Type().Elem())
		c.Elem().Set(v.Elem())
		fillLists(c.Elem())
		v.Set(c)
	case reflect.Slice:
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
			return
		}
		if !holdsLists(v.Type().Elem()) {
			return
		}
		c := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(c, v)
		for i := range c.Len() {
			fillLists(c.Index(i))
		}
		v.Set(c)
	}
}

// holdsLists says whether values of t may have slices in them.
func holdsLists(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Slice:
		return true
	case reflect.Pointer, reflect.Array:
		return holdsLists(t.Elem())
	case reflect.Struct:
		for f := range t.Fields() {
			if f.IsExported() && holdsLists(f.Type) {
				return true
			}
		}
	}
	return false
}
