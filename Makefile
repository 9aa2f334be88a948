# Weir. `make` alone prints the targets.

SHELL       := /bin/bash
GO          ?= go
GO_TEST     ?= $(GO) test
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME    ?= 20s

.DEFAULT_GOAL := help
.PHONY: help demo build test test-race test-real test-browser accept check lint arch generate oracle fuzz bench bench-registry bench-flink bench-nexmark soak kafka kafka-stop

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: build ## build and run the demo mesh; Ctrl-C ends it
	./weir up --demo

build: ## ./weir, one binary, no cgo; without what only debuggers read
	CGO_ENABLED=0 $(GO) build -ldflags "-s -w" ./cmd/weir

test: ## every test that needs no outside service
	$(GO_TEST) ./...

test-race: ## the same under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race ./...

test-real: build ## suites and acceptance against a real Apache Kafka from Maven
	scripts/test-real

test-browser: build ## the pages in a real browser, on the demo (scripts/tools --install)
	test/browser/run

accept: build ## one script for each public claim, on the embedded broker
	test/accept/run

check: lint arch ## generated files are fresh, lint, layout
	scripts/fresh $(MAKE) generate

lint: ## gofmt, go vet, staticcheck
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
	if [ -n "$$unformatted" ]; then echo "not formatted (run gofmt -w):"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

arch: ## imports, comments and state as internal/arch has them
	$(GO) test -count=1 ./internal/arch

generate: ## whatever is generated, golden files too
	$(GO) generate ./...
	scripts/golden

oracle: ## queries give what DuckDB gives (needs a C compiler)
	scripts/oracle

fuzz: ## each fuzz target for FUZZTIME (20s)
	scripts/fuzz $(FUZZTIME)

bench: build ## the budgets as one table
	test/bench/run

bench-registry: ## the schema registry, and Apicurio Registry beside it
	test/bench/registry

bench-flink: ## Nexmark by queries, and Apache Flink beside them
	test/bench/flink

bench-nexmark: ## the queries of Nexmark, on the node's own broker
	test/bench/nexmark

soak: build ## the full sizes, at most an hour; goes on where it was stopped
	scripts/soak

kafka: ## one Apache Kafka broker on loopback, from Maven
	scripts/kafka start

kafka-stop: ## end it
	scripts/kafka stop
