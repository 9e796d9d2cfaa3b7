# Everything is one of these. `make demo` and `make test` need Rust, a C toolchain and make.
CARGO ?= cargo

.PHONY: demo test lint format check-generated export bench fuzz fuzz-check run servers ci clean

demo:            ## the main job, end to end, on this machine
	$(CARGO) run --quiet -p hub -- demo

run:             ## a hub in ./data on http://127.0.0.1:8080
	$(CARGO) run --quiet -p hub -- serve

test: servers    ## everything
	$(CARGO) build --workspace --bins
	$(CARGO) test --workspace

servers:         ## installs what the tests start (PostgreSQL, xmllint, Kafka broker, strace, Go), if it may
	@tests/servers.sh

lint: fuzz-check ## format and lints, warnings denied
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings

format:          ## formats
	$(CARGO) fmt --all

export:          ## writes what is generated: schemas/ and fixtures/
	$(CARGO) run --quiet -p hub -- export schemas
	$(CARGO) run --quiet -p tests --bin make_fixtures

check-generated: ## fails when a committed generated file is not up to date
	$(CARGO) run --quiet -p hub -- export schemas --check
	$(CARGO) run --quiet -p tests --bin make_fixtures -- --check

bench:           ## speed and memory, as ratios in one run
	$(CARGO) build --release -p hub
	$(CARGO) bench -p spec --bench judge
	$(CARGO) bench -p adapters --bench decode
	$(CARGO) bench -p tests --bench ratios

fuzz:            ## hostile bytes for every decoder and parser, FUZZ_SECONDS (600) each
	fuzz/fuzz.sh

# The targets lie outside the workspace: without this nobody would see that they do not compile any more. What they are
# linked with is not built for that.
fuzz-check:      ## whether the fuzz targets compile
	CUSTOM_LIBFUZZER_PATH=/unlinked/libfuzzer.a CARGO_TARGET_DIR="$${CARGO_TARGET_DIR:-target}" $(CARGO) check --quiet --manifest-path fuzz/Cargo.toml

ci:
	.ci/run

clean:
	$(CARGO) clean
