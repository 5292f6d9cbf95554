#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Commands as lines and as arrays, what is refused, the tools of Redis where they are installed, and
# a drain.
set -eu
command -v socat >/dev/null || exit 77
# shellcheck source=examples/expect.sh
. "$(dirname "$0")/../expect.sh"

dir=$(mktemp -d)
"$EXAMPLE" "unix:$dir/store" 2>"$dir/log" &
server=$!
trap 'kill "$server" 2>/dev/null || :; rm -rf "$dir"' EXIT

# say <printf format>: what the store answers, on one line. The server may still be starting.
say() {
    # shellcheck disable=SC2059  # the formats hold the escapes of the protocol
    printf "$1" | socat -t 20 - "UNIX-CONNECT:$dir/store,retry=200,interval=0.1" | tr -d '\r' | tr '\n' ' '
}

expect "lines" "$(say 'PING\r\nset k v\nGET k\r\n\r\nGET none\nDEL k\nDEL k\n')" \
    "+PONG +OK \$1 v \$-1 :1 :0 "
expect "arrays" \
    "$(say '*3\r\n$3\r\nSET\r\n$2\r\nk2\r\n$4\r\na\r\nb\r\n*2\r\n$3\r\nGET\r\n$2\r\nk2\r\n')" \
    "+OK \$4 a b "
expect "an unknown command" "$(say 'FLUSHALL\n' | cut -c 1-4)" "-ERR"
expect "an option that is not known" \
    "$(say '*5\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n$2\r\nEX\r\n$2\r\n10\r\nPING\r\n' | cut -c 1-4)" \
    "-ERR"
expect "a string that is too long" "$(say '*1\r\n$4294967295\r\n')" ""
expect "too many strings" "$(say '*99999999\r\n')" ""
expect "no number" "$(say '*x\r\n')" ""

if command -v redis-cli >/dev/null; then
    redis() {
        redis-cli -s "$dir/store" "$@"
    }
    expect "redis-cli PING" "$(redis PING)" "PONG"
    expect "redis-cli SET" "$(redis SET name "Ada Lovelace")" "OK"
    expect "redis-cli GET" "$(redis GET name)" "Ada Lovelace"
    expect "redis-cli DEL" "$(redis DEL name)" "1"
    expect "redis-cli GET of nothing" "$(redis GET name)" ""
fi
if command -v redis-benchmark >/dev/null; then
    done=$(redis-benchmark -s "$dir/store" -q -n 2000 -P 16 -t ping,set,get 2>/dev/null |
        tr '\r' '\n' | grep -c 'requests per second, ')
    expect "redis-benchmark: PING as a line and as an array, SET, GET" "$done" 4
fi

kill -TERM "$server"
expect_success "$server"
