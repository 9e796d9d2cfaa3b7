#!/usr/bin/env bash
# Runs every fuzz target, or those named, for FUZZ_SECONDS each (default 600), one after the other.
#
# cargo-fuzz asks for a nightly compiler, but only for sanitizers that Rust without `unsafe` does not need. What
# libFuzzer needs is coverage, and the flags for that are stable. `cargo fuzz run -s none TARGET` works too.
# The corpus is made from the fixtures and grows in fuzz/corpus; a crash is kept in fuzz/artifacts, and the run fails.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${FUZZ_SECONDS:-600}
host=$(rustc -vV | sed -n 's/^host: //p')
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing"
# the host's own build scripts are not instrumented
cargo build --release --quiet --target "$host"
binaries="${CARGO_TARGET_DIR:-target}/$host/release"

# seed TARGET FILE...: each file, cut to what one run can read, after the bytes of SEED_PREFIX
seed() {
  local target=$1 file name
  shift
  mkdir -p "corpus/$target"
  for file in "$@"; do
    [ -f "$file" ] || continue
    name=$(printf '%s' "${SEED_PREFIX:-}$file" | cksum | cut -d' ' -f1)
    { printf '%b' "${SEED_PREFIX:-}"; head -c 16000 "$file"; } > "corpus/$target/seed-$name"
  done
}
fixtures=../fixtures
mapfile -t all < <(find "$fixtures/api" "$fixtures/hostile" "$fixtures/sources" -type f | sort)
of() { printf '%s\n' "${all[@]}" | grep -E "\.($1)\$" | head -n 200; }
seed json $(of json)
seed ndjson $(of ndjson)
seed xml $(of xml)
# as they are, cut small; and as texts of which a sound document is made
for how in 0 1; do
  for piece in 007 100; do SEED_PREFIX="\\00$how\\$piece" seed message $(of xml); done
  for piece in 007 100; do SEED_PREFIX="\\00$how\\$piece" seed csv $(of csv); done
  SEED_PREFIX="\\00$how\\125" seed call $(of form)
done
# what was found before
seed csv seeds/csv/0.bin
seed zip $(of zip)
SEED_PREFIX='\000' seed zip seeds/zip/0.txt
SEED_PREFIX='\001\012\000\002' seed zip seeds/zip/0.txt
seed xlsx $(of xlsx)
for number in 0 1 2 3 4 5; do SEED_PREFIX="\\00$number" seed xlsx seeds/xlsx/$number.xml; done
# each type of file by its number, whole
for number in 0 1 2 3 4 5 6 7; do SEED_PREFIX="\\00$number\377" seed inspect $(of 'zip|xlsx' | head -n 3); done
seed charset $(of 'csv|xml')
SEED_PREFIX='\0\100' seed envelope $(of json)
SEED_PREFIX='\001\100' seed envelope $(of ndjson)
SEED_PREFIX='\002\100' seed envelope $(of csv)
for number in 3 4 5; do SEED_PREFIX="\\00$number\100" seed envelope $(of xml); done
seed profile ../adapters/cities/*.toml ../adapters/industries/*.toml
# one of each kind that the log's parsers read
for number in 0 1 2 3 4; do SEED_PREFIX="\\00$number" seed tlog seeds/tlog/$number.txt; done

targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(sed -n 's/^path = "fuzz_targets\/\(.*\)\.rs"/\1/p' Cargo.toml)
failed=()
for target in "${targets[@]}"; do
  echo "fuzz: $target for $seconds s"
  mkdir -p "artifacts/$target"
  "$binaries/$target" "corpus/$target" -max_total_time="$seconds" -max_len=16384 -timeout=20 -rss_limit_mb=1024 \
    -artifact_prefix="artifacts/$target/" -print_final_stats=1 -verbosity=0 || failed+=("$target")
  # how far what was kept reaches: edges seen, of those that there are in all
  "$binaries/$target" "corpus/$target" -runs=0 -rss_limit_mb=1024 2>&1 | grep -E 'inline 8-bit|DONE' || true
done
[ ${#failed[@]} -eq 0 ] || { echo "fuzz: faults in ${failed[*]}, see fuzz/artifacts"; exit 1; }

