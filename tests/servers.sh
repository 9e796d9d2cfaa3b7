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
