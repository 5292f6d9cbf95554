#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Questions of the client over a real socket, a length that is too large, and a drain.
set -eu
command -v socat >/dev/null || exit 77
# shellcheck source=examples/expect.sh
. "$(dirname "$0")/../expect.sh"

dir=$(mktemp -d)
"$EXAMPLE" serve "unix:$dir/rpc" 2>"$dir/log" &
server=$!
trap 'kill "$server" 2>/dev/null || :; rm -rf "$dir"' EXIT

# The server may still be starting; the length is above its maximum, so it closes.
answered=$(printf '\377\377\377\377' |
    socat -t 20 - "UNIX-CONNECT:$dir/rpc,retry=200,interval=0.1" | wc -c)
expect "a length that is too large" "$answered" 0

said=$("$EXAMPLE" ask "unix:$dir/rpc" "add 2 3" "hello" "add -1 1" | tr '\n' ';')
expect "three questions at once" "$said" "add 2 3 = 5;hello = ? hello;add -1 1 = 0;"

kill -TERM "$server"
expect_success "$server"
grep -q 'length 4294967295 at offset 0 is above the maximum of 1004' "$dir/log" || {
    cat "$dir/log"
    exit 1
}
