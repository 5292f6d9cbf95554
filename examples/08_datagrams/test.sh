#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# A stranger gets a token, and the answer for it.
set -eu
command -v socat >/dev/null || exit 77

dir=$(mktemp -d)
mkfifo "$dir/port"
"$EXAMPLE" udp://127.0.0.1:0 >"$dir/port" &
server=$!
trap 'kill "$server" 2>/dev/null || :; rm -rf "$dir"' EXIT
read -r port <"$dir/port"

# Both datagrams from one port: the token is for that one.
mkfifo "$dir/asked" "$dir/answers"
socat -b 65507 - "udp:127.0.0.1:$port" <"$dir/asked" >"$dir/answers" &
exec 3>"$dir/asked" 4<"$dir/answers"
printf 'everything, please' >&3
token=$(dd bs=2000 count=1 2>/dev/null <&4)
case "$token" in
    token\ [0-9]*) ;;
    *) echo "a stranger got \"$token\""; exit 1 ;;
esac
printf '%s' "$token" >&3
size=$(dd bs=2000 count=1 2>/dev/null <&4 | wc -c)
[ "$size" -eq 1200 ] || { echo "the answer has $size bytes"; exit 1; }
exec 3>&-
