#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# The program as it stands has a fixed port: skipped when somebody else has it.
set -eu
command -v socat >/dev/null || exit 77

dir=$(mktemp -d)
"$EXAMPLE" 2>"$dir/messages" &
server=$!
trap 'kill "$server" 2>/dev/null || :; rm -rf "$dir"' EXIT

replies=$(printf 'hello\r\nwide world\n' | socat -t 20 - TCP:127.0.0.1:7000,retry=100,interval=0.1) || replies=
if ! kill -0 "$server" 2>/dev/null; then
    cat "$dir/messages"
    ! grep -q "in use" "$dir/messages" || exit 77
    exit 1
fi
if [ "$replies" != "$(printf 'HELLO\nWIDE WORLD')" ]; then
    echo "unexpected replies: \"$replies\""
    exit 1
fi

kill -TERM "$server"
status=0
wait "$server" || status=$?
if [ "$status" -ne 0 ]; then
    echo "exit status $status"
    exit 1
fi
