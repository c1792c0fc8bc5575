# What can be done here: make help. Needed are Go, Node, npm and git on a Debian;
# what else is missing is installed when it is needed (scripts/need).
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# Which packages, tests and benchmarks: make test-go PKG=./internal/store/...
PKG ?= ./...
RUN ?= .
BENCH ?= .

# Real data to test and measure on. It is no part of the project, so the tests
# that want it are skipped without it.
QUNYING_DATA ?= $(realpath ../shared/data)
export QUNYING_DATA

# One kind of build for the binaries, vet and the tests without the race detector:
# each further kind would compile everything once more.
export CGO_ENABLED := 0
export GOFLAGS := $(strip $(filter-out -trimpath,$(shell go env GOFLAGS)) -trimpath)

GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.8.0
NPM := npm --prefix web --no-fund --no-audit --no-update-notifier

# Run stages, count their results and end with "N passed, N failed".
summary = go build -o .cache/testsummary ./internal/cmd/testsummary && $2 .cache/testsummary $1
with_postgres = $(call summary,$1,scripts/with-postgres)

# The stages of the tests, as testsummary takes them. What differs between make
# test and the targets for one part is only which of them are run.
go_files = $$(git ls-files --cached --others --exclude-standard "*.go")
stages_check = \
	check:gofmt='bad=$$(gofmt -l $(go_files)) && [ -z "$$bad" ] || { echo "make format mends:"; echo "$$bad"; exit 1; }' \
	check:vet='go vet ./...' \
	check:web-types-and-style='$(NPM) run --silent check'
# These compute on one goroutine what they are given, many thousand times over: a
# race detector would find nothing there and take minutes. The same goes for
# SQLite, translated from C, whose memory is not Go's; how it is called is looked at.
# It is that one package, without generic functions: those are shared with packages
# that the detector watches, and it would see races where there are none.
# What reads messages is tested both ways: only without it can memory be counted.
go_plain = qunying/(transcript|internal/(archtest|insight/words|moderation/(classify|detect|lexicon|match|normal|pinyin)))(/.*)?
go_both = qunying/internal/moderation/read
# Reports on real chats would take minutes with it.
go_slow = TestReportsOnRealChatsEqualPlainSQL
go_raced = CGO_ENABLED=1 go test -race -gcflags="modernc.org/sqlite/lib=-race=false"
# Most tests wait for disks and other programs more than they work, so that more
# of them run at a time than there are processors. Vet is a check of its own.
go_flags = -json -vet=off -timeout 20m -p $$((2 * $$(nproc))) -parallel 6 -run "$(RUN)"
stages_go = go:go='status=0; \
	p=$$(go list $(PKG) | grep -xE "$(go_plain)|$(go_both)") && { go test $(go_flags) $$p || status=$$?; }; \
	if [ -n "$$QUNYING_DATA" ] && [ "$(PKG)" = ./... ]; then go test $(go_flags) -run "^($(go_slow))\$$" ./internal/engine || status=$$?; fi; \
	p=$$(go list $(PKG) | grep -vxE "$(go_plain)") && { $(go_raced) $(go_flags) $$p || status=$$?; }; \
	exit $$status'
stages_web = vitest:web='$(NPM) run --silent test -- --reporter=default --reporter=json --outputFile.json="$$REPORT"'
stages_e2e = playwright:browser='PLAYWRIGHT_JSON_OUTPUT_NAME="$$REPORT" $(NPM) run --silent e2e -- --reporter=list,json'

.PHONY: help build web run dev test test-go test-web test-e2e bench lint format clean tell-data FORCE

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The compiler makes huma's way of a request once for each shape of input; without
# inlining there and in what only puts answers together the binary is 2 MB smaller.
cold := qunying/internal/api qunying/internal/api/answers qunying/cmd/qunying qunying/connector/wecom \
  qunying/connector/onebot qunying/connector/wechaty qunying/connector/mp \
  github.com/xuri/excelize/v2 github.com/danielgtaylor/huma/v2 github.com/alecthomas/kong go.yaml.in/yaml/v3 \
  cel.dev/cel-go/parser/gen cel.dev/cel-go/parser cel.dev/cel-go/checker cel.dev/cel-go/common/stdlib github.com/antlr4-go/antlr/v4 \
  cel.dev/cel-go/common/types cel.dev/cel-go/common/cost cel.dev/cel-go/cel \
  google.golang.org/protobuf/internal/impl google.golang.org/protobuf/internal/filedesc google.golang.org/grpc \
  github.com/wneessen/go-mail github.com/pressly/goose/v3 html/template text/template encoding/xml \
  qunying/connector/sim qunying/connector/wecomarchive qunying/internal/store/privacy qunying/internal/store/backup \
  qunying/internal/store/cases qunying/internal/store/people qunying/internal/store/team qunying/internal/incentives \
  github.com/prometheus/client_golang/prometheus crypto/x509 crypto/tls github.com/jackc/pgx/v5/pgtype qunying/connector/satori mime/multipart \
  google.golang.org/grpc/internal/transport qunying/connector/wechaty/puppet google.golang.org/protobuf/encoding/protojson \
  google.golang.org/protobuf/proto google.golang.org/protobuf/reflect/protoreflect google.golang.org/protobuf/reflect/protodesc \
  google.golang.org/protobuf/internal/encoding/json google.golang.org/protobuf/internal/encoding/text \
  github.com/prometheus/common/expfmt github.com/prometheus/client_model/go text/template/parse \
  cel.dev/cel-go/interpreter cel.dev/cel-go/common/ast cel.dev/cel-go/common/containers cel.dev/cel-go/common/decls cel.dev/cel-go/common/env \
  regexp/syntax math/big github.com/coder/websocket github.com/prometheus/procfs github.com/prometheus/client_golang/prometheus/collectors \
  github.com/prometheus/client_golang/prometheus/promhttp mime net/mail golang.org/x/net/http2 net/textproto archive/zip qunying/internal/automation
build: web ## the one binary with the web pages in it: bin/qunying, and the helper of the WeCom archive
	go build $(cold:%=-gcflags %=-l) -ldflags '-s -w -X main.version=$(VERSION)' -o bin/qunying ./cmd/qunying
	go build -ldflags '-s -w' -o bin/qunying-archive ./cmd/qunying-archive

run: build ## build, then serve a demonstration from data/
	exec bin/qunying serve --data data --demo

dev: .cache/npm.stamp ## the same while one works on it: rebuilds what changes
	exec scripts/dev

test: tell-data ## everything: checks, Go on both databases, web, browser
	@scripts/need gcc postgres chromium fonts
	@$(call with_postgres,check:build='$(MAKE) build' $(stages_check) $(stages_go) $(stages_web) $(stages_e2e))

test-go: tell-data ## the Go tests, with the race detector, on both databases
	@scripts/need gcc postgres
	@$(call with_postgres,$(stages_go))

test-web: .cache/npm.stamp ## the unit tests of the web side
	@$(call summary,$(stages_web))

test-e2e: build ## the tests in a browser
	@scripts/need chromium fonts
	@$(call summary,$(stages_e2e))

bench: tell-data ## the benchmarks: make bench PKG=./internal/rule BENCH=Holds
	@scripts/need postgres
	scripts/with-postgres go test -run '^$$' -bench '$(BENCH)' -benchmem $(PKG)

lint: .cache/npm.stamp ## all linters, and known vulnerabilities
	@$(call summary,$(stages_check) \
		check:golangci='go run $(GOLANGCI) run' \
		check:vulnerabilities='scripts/vulnerabilities $(GOVULNCHECK)')

format: .cache/npm.stamp ## write every file the way the checks want it
	gofmt -w $(go_files)
	cd web && npx biome check --write

web: .cache/web.stamp ## the web pages: web/dist

clean: ## remove what was built; data/ stays
	rm -rf .cache bin web/node_modules web/console/node_modules web/member/node_modules web/api/node_modules
	find web/dist -mindepth 1 -not -name placeholder.txt -delete 2>/dev/null || true

tell-data:
	@[ -d "$${QUNYING_DATA:-/nowhere}" ] || echo "QUNYING_DATA is not set to a folder: tests on real data will be SKIPPED" >&2

# The stamps are older than what they were made from, or what they stand for is
# gone: build again.
web_sources := $(shell find web -type f -not -path '*/node_modules/*' -not -path 'web/dist/*' \
	-not -name '*.go' -not -name '*.gen.ts' -not -path 'web/e2e/*' -not -path '*/test-results/*' 2>/dev/null)
npm_manifests := $(filter %/package.json %/package-lock.json,$(web_sources))

.cache/npm.stamp: $(npm_manifests) $(if $(wildcard web/node_modules/.package-lock.json),,FORCE)
	$(NPM) ci --ignore-scripts --loglevel=error
	@mkdir -p $(@D) && touch $@

.cache/web.stamp: .cache/npm.stamp $(web_sources) $(if $(wildcard web/dist/console/index.html),,FORCE)
	$(NPM) run --silent build
	@mkdir -p $(@D) && touch $@
