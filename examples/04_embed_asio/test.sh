#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# The timer and the server share a thread, and a signal ends both.
set -eu
command -v socat >/dev/null || exit 77

dir=$(mktemp -d)
mkfifo "$dir/out"
"$EXAMPLE" >"$dir/out" &
program=$!
trap 'kill "$program" 2>/dev/null || :; rm -rf "$dir"' EXIT
exec 4<"$dir/out"

read -r announced <&4
port=${announced##*:}

# The timer goes on while the server serves: the number grows.
first=$(socat -t 20 -u "TCP:127.0.0.1:$port" -)
beats=$first
while [ "$beats" = "$first" ]; do
    beats=$(socat -t 20 -u "TCP:127.0.0.1:$port" -)
done
case "$beats" in
    *" beats") ;;
    *) echo "unexpected answer: \"$beats\""; exit 1 ;;
esac

kill -TERM "$program"
status=0
wait "$program" || status=$?
if [ "$status" -ne 0 ]; then
    echo "exit status $status"
    exit 1
fi
