#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Many questions over few sessions, with an endpoint where nobody is, and with nobody anywhere.
set -eu
# shellcheck source=examples/expect.sh
. "$(dirname "$0")/../expect.sh"

dir=$(mktemp -d)
"$RPC" serve "unix:$dir/rpc" 2>"$dir/log" &
server=$!
trap 'kill "$server" 2>/dev/null || :; rm -rf "$dir"' EXIT

# The server may still be starting: the pool tries again until it is there.
said=$("$EXAMPLE" "unix:$dir/nobody,unix:$dir/rpc" "add 2 3" 1000 2>"$dir/log")
case "$said" in
    "1000 of 1000 answered over "[1-8]" sessions") ;;
    *) echo "many questions: \"$said\""; cat "$dir/log"; exit 1 ;;
esac

kill -TERM "$server"
expect_success "$server"
