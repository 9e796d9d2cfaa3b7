#!/usr/bin/env bash
# Installs the servers and tools that the tests start themselves. Missing and not installable is a failure.
set -euo pipefail

# need WHAT CHECK PACKAGE...: unless CHECK succeeds, installs packages of Debian.
need() {
    local what=$1 check=$2
    shift 2
    if "$check"; then return; fi
    echo "tests need $what: trying to install it" >&2
    if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq >/dev/null
        apt-get install -y -qq "$@" >/dev/null
    fi
    if ! "$check"; then
        echo "$what is needed: install it (Debian: apt-get install $*) and run again" >&2
        exit 1
    fi
}

have_postgres() {
    command -v postgres >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1
}
have_strace() { command -v strace >/dev/null 2>&1; }
have_tlog() { command -v go >/dev/null 2>&1 && [ -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ]; }
have_xmllint() { command -v xmllint >/dev/null 2>&1; }
have_chromium() { command -v chromium >/dev/null 2>&1; }

need "PostgreSQL 14 or newer" have_postgres postgresql
need "xmllint" have_xmllint libxml2-utils
need "strace" have_strace strace
need "Go with its library of transparency logs" have_tlog golang-go golang-golang-x-mod-dev
need "Chromium with a Chinese font" have_chromium chromium fonts-noto-cjk

# A Kafka broker, built once and kept beside the project (some ten minutes): no package of the system has one.
broker_version=0.6.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/exchange-hub-tests
if [ "$("$cache/bin/tansu" --version 2>/dev/null | awk '{print $2}')" != "$broker_version" ]; then
    echo "tests need a Kafka broker: building tansu $broker_version into $cache, once" >&2
    CARGO_PROFILE_DEV_DEBUG=false cargo install tansu --version "$broker_version" --locked --debug \
        --features libsql --root "$cache" --target-dir "$cache/build" >&2
    rm -rf "$cache/build"
fi
