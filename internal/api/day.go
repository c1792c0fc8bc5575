package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"qunying/community"
)

// dayParam is a day in a query; absent is the zero day.
type dayParam struct{ day community.Day }

// UnmarshalText reads "2006-01-02".
func (d *dayParam) UnmarshalText(b []byte) error { return d.day.UnmarshalText(b) }

// Schema describes it as a date.
func (dayParam) Schema(huma.Registry) *huma.Schema { return daySchema() }

// dayInBody stands for community.Day in the OpenAPI document.
type dayInBody struct{}

// Schema describes it as a date.
func (dayInBody) Schema(huma.Registry) *huma.Schema { return daySchema() }

func daySchema() *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date", Examples: []any{"2026-03-01"}}
}

var dayType, dayInBodyType = reflect.TypeFor[community.Day](), reflect.TypeFor[dayInBody]()
