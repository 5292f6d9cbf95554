#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Counting, half-close, a drain in the middle of sessions, and the exit status.
set -eu
command -v socat >/dev/null || exit 77
# shellcheck source=examples/expect.sh
. "$(dirname "$0")/../expect.sh"

dir=$(mktemp -d)
mkfifo "$dir/typed" "$dir/replies" "$dir/shown"
"$EXAMPLE" "unix:$dir/count" "unix:$dir/watch" &
server=$!
trap 'kill "$server" 2>/dev/null || :; rm -rf "$dir"' EXIT

# client <name>: standard input and output are the session's. The server may still be starting.
client() {
    socat -t 20 - "UNIX-CONNECT:$dir/$1,retry=200,interval=0.1"
}

replies=$(printf 'to be or\nnot to be\n\n' | client count | tr '\n' ' ')
expect "counting" "$replies" "3 3 0 total 6: end of stream "

replies=$(printf 'no newline' | client count)
expect "a line that is cut off" "$replies" "total 0: ended in the middle of a message"

replies=$(head -c 1002 /dev/zero | tr '\0' x | client count)
expect "a long line" "$replies" "total 0: message longer than allowed"

expect "a wrong endpoint" "$("$EXAMPLE" "tcp:/127.0.0.1" 2>&1 | grep -c '"tcp:/127.0.0.1"')" 1

# Two sessions that are open when the server is asked to end.
client count <"$dir/typed" >"$dir/replies" &
exec 3>"$dir/typed" 4<"$dir/replies"
client watch </dev/null >"$dir/shown" &
exec 5<"$dir/shown"
echo "a b c" >&3
read -r reply <&4
expect "the first reply" "$reply" 3
read -r shown <&5
case "$shown" in 6 | 9) ;; *) expect "the watcher" "$shown" 9 ;; esac

kill -TERM "$server"
read -r reply <&4
expect "what the counting client is told" "$reply" "total 3: the server is draining"
exec 3>&-
expect "what the watching client is told" "$(tail -n 1 <&5)" "the server ends"
expect_success "$server"
