#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Counters go in by UDP and are asked for on a Unix socket.
set -eu
command -v socat >/dev/null || exit 77
# shellcheck source=examples/expect.sh
. "$(dirname "$0")/../expect.sh"

dir=$(mktemp -d)
mkfifo "$dir/port"
"$EXAMPLE" udp://127.0.0.1:0 "unix:$dir/query" >"$dir/port" 2>"$dir/log" &
server=$!
trap 'kill "$server" 2>/dev/null || :; rm -rf "$dir"' EXIT
read -r port <"$dir/port"

send() {
    printf '%b' "$1" | socat -u - "udp:127.0.0.1:$port"
}
ask() {
    printf '%s\n' "$1" | socat -t 20 - "unix:$dir/query"
}

send 'requests 3\nbytes 1000\n'
send 'requests 4'
send 'no number\nrequests -1\n\nrequests 1 2\nrequests 99999999999999999999\n'

# Datagrams to one socket of this machine are not lost, and the loop has taken them all when it has
# taken what came last. How long that takes nobody knows.
tries=0
until [ "$(ask telemetry.refused)" = "telemetry.refused 5" ]; do
    tries=$((tries + 1))
    [ $tries -lt 500 ] || { ask ""; exit 1; }
done
expect "a counter" "$(ask requests)" "requests 7"
expect "another" "$(ask bytes)" "bytes 1000"
expect "none" "$(ask answers)" "no such counter"
expect "all" "$(ask '' | tr '\n' ';')" \
    "bytes 1000;requests 7;telemetry.lines 3;telemetry.refused 5;"

kill -TERM "$server"
expect_success "$server"
