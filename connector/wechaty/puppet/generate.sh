#!/bin/sh
# Makes puppet.pb.go and puppet_grpc.pb.go of puppet.proto. Needs protoc 3.21 with
# its standard includes (Debian: protobuf-compiler); the Go plug-ins are fetched.
set -eu
cd "$(dirname "$0")"
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
GOBIN=$bin go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.6
GOBIN=$bin go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.5.1
PATH=$bin:$PATH protoc --go_out=. --go_opt=paths=source_relative \
	--go-grpc_out=. --go-grpc_opt=paths=source_relative,require_unimplemented_servers=true puppet.proto
