#!/usr/bin/env bash
# Runs a fresh PostgreSQL in FOLDER on PORT until the process PARENT ends, then removes it.
# usage: postgres.sh FOLDER PORT PARENT
set -euo pipefail
folder=$1 port=$2 parent=$3

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1 || true)
[ -n "$bin" ] || bin=$(dirname "$(command -v postgres)")

# initdb and postgres refuse to run as root.
as_owner() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
if [ "$(id -u)" = 0 ]; then chown postgres "$folder"; fi

cd "$folder"
as_owner "$bin/initdb" --pgdata="$folder/data" --username=hub --auth=trust --encoding=UTF8 --no-locale >"$folder/initdb.log" 2>&1
as_owner "$bin/postgres" -D "$folder/data" -p "$port" -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories="$folder" -c max_connections=200 >"$folder/postgres.log" 2>&1 &
server=$!
# Told by its own tool: what stands between may not pass a signal on, and the server would stay, with its files.
stop() {
    as_owner "$bin/pg_ctl" stop --pgdata="$folder/data" --mode=immediate >/dev/null 2>&1 || kill -KILL "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    rm -rf "$folder"
}
trap stop EXIT
while kill -0 "$parent" 2>/dev/null && kill -0 "$server" 2>/dev/null; do sleep 0.5; done
