#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Megabytes there and back, an end of one side that leaves the other open, and no upstream.
set -eu
command -v socat >/dev/null || exit 77
# shellcheck source=examples/expect.sh
. "$(dirname "$0")/../expect.sh"

dir=$(mktemp -d)
socat "UNIX-LISTEN:$dir/upstream,fork" EXEC:cat &
upstream=$!
mkfifo "$dir/out"
"$EXAMPLE" "unix:$dir/relay" "unix:$dir/upstream" >"$dir/out" 2>"$dir/messages" &
relay=$!
trap 'kill "$relay" "$upstream" 2>/dev/null || :; rm -rf "$dir"' EXIT
read -r ready <"$dir/out"

expect "announcement" "$ready" "unix:$dir/relay"
until [ -S "$dir/upstream" ]; do sleep 0.1; done

# cat ends when its input has, and what it had to say must come all the same.
head -c 8000000 /dev/urandom >"$dir/sent"
socat -t 20 - "UNIX-CONNECT:$dir/relay" <"$dir/sent" >"$dir/back"
cmp "$dir/sent" "$dir/back"
until grep -q back "$dir/messages"; do sleep 0.1; done
expect "the count" "$(cat "$dir/messages")" "1: 8000000 bytes there, 8000000 back"

expect "a wrong endpoint" "$("$EXAMPLE" tcp://x unix:y 2>&1 | grep -c '"tcp://x"')" 1
kill "$upstream"
rm -f "$dir/upstream"
echo lost | socat -t 20 - "UNIX-CONNECT:$dir/relay" >/dev/null 2>&1 || :
until grep -q "No such file" "$dir/messages"; do sleep 0.1; done

kill -TERM "$relay"
expect_success "$relay"
