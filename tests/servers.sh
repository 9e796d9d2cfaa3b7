#!/usr/bin/env bash
# Installs the servers and tools that the tests start themselves. Missing and not installable is a failure.
set -euo pipefail

have_postgres() {
    command -v postgres >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1
}

if ! have_postgres; then
    echo "tests need PostgreSQL (initdb, postgres): trying to install it" >&2
    if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq >/dev/null
        apt-get install -y -qq postgresql >/dev/null
    fi
    if ! have_postgres; then
        echo "PostgreSQL 14 or newer is needed: install it (Debian: apt-get install postgresql) and run again" >&2
        exit 1
    fi
fi

if ! command -v xmllint >/dev/null 2>&1; then
    echo "tests need xmllint: trying to install it" >&2
    if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq >/dev/null
        apt-get install -y -qq libxml2-utils >/dev/null
    fi
    if ! command -v xmllint >/dev/null 2>&1; then
        echo "xmllint is needed: install it (Debian: apt-get install libxml2-utils) and run again" >&2
        exit 1
    fi
fi

if ! command -v chromium >/dev/null 2>&1; then
    echo "tests need chromium and a Chinese font: trying to install them" >&2
    if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq >/dev/null
        apt-get install -y -qq chromium fonts-noto-cjk >/dev/null
    fi
    if ! command -v chromium >/dev/null 2>&1; then
        echo "chromium is needed: install it (Debian: apt-get install chromium fonts-noto-cjk) and run again" >&2
        exit 1
    fi
fi

# A Kafka broker, built once and kept beside the project (some ten minutes): no package of the system has one.
broker_version=0.6.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/exchange-hub-tests
if [ "$("$cache/bin/tansu" --version 2>/dev/null | awk '{print $2}')" != "$broker_version" ]; then
    echo "tests need a Kafka broker: building tansu $broker_version into $cache, once" >&2
    CARGO_PROFILE_DEV_DEBUG=false cargo install tansu --version "$broker_version" --locked --debug \
        --features libsql --root "$cache" --target-dir "$cache/build" >&2
    rm -rf "$cache/build"
fi
