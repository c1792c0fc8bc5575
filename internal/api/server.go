package api

import (
	"context"
	"log/slog"

	"github.com/danielgtaylor/huma/v2"
)

const (
	smallBody  = 1 << 20 // bytes of an ordinary JSON body
	rosterBody = 8 << 20 // bytes of a member list
)

// Server answers the API and serves the console.
type Server struct {
	needs Needs
	log   *slog.Logger
	huma  huma.API
}

func requestID(context.Context) string { return "" }
