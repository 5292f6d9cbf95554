#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Files come whole, one after the other, and names that lead elsewhere are refused.
set -eu
command -v socat >/dev/null || exit 77
# shellcheck source=examples/expect.sh
. "$(dirname "$0")/../expect.sh"

dir=$(mktemp -d)
mkdir "$dir/folder"
mkfifo "$dir/out" "$dir/folder/pipe"
head -c 8000000 /dev/urandom >"$dir/folder/large"
: >"$dir/folder/empty"
echo secret >"$dir/secret"
"$EXAMPLE" "tcp://127.0.0.1:0" "$dir/folder" >"$dir/out" &
server=$!
trap 'kill "$server" 2>/dev/null || :; rm -rf "$dir"' EXIT
read -r ready <"$dir/out"

ask() {
    socat -t 20 - "TCP:127.0.0.1:${ready##*:}"
}

printf 'large\nempty\nlarge\n' | ask >"$dir/got"
{
    echo 8000000
    cat "$dir/folder/large"
    echo 0
    echo 8000000
    cat "$dir/folder/large"
} | cmp - "$dir/got"

expect "a file that is not there" "$(echo nothing | ask)" "No such file or directory"
expect "a way out" "$(echo ../secret | ask)" "no such name"
expect "a pipe" "$(echo pipe | ask)" "not supported here" # and does not wait for its other end
expect "the next one" "$(echo empty | ask)" "0"

kill -TERM "$server"
expect_success "$server"
