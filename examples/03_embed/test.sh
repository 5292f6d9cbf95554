#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# The program's own work goes on beside the server, and its end drains it.
set -eu
command -v socat >/dev/null || exit 77
# shellcheck source=examples/expect.sh
. "$(dirname "$0")/../expect.sh"

dir=$(mktemp -d)
mkfifo "$dir/in" "$dir/out" "$dir/messages"
"$EXAMPLE" <"$dir/in" >"$dir/out" 2>"$dir/messages" &
program=$!
trap 'kill "$program" 2>/dev/null || :; rm -rf "$dir"' EXIT
exec 3>"$dir/in" 4<"$dir/out" 5<"$dir/messages"

read -r announced <&5
port=${announced##*:}

# number <line>: has the program number one line, which comes back when it is counted.
number() {
    echo "$1" >&3
    read -r numbered <&4
}
ask() {
    socat -t 20 -u "TCP:127.0.0.1:$port" -
}

expect "before the first line" "$(ask)" "0 lines"
number first
number second
expect "the program's own work" "$numbered" "$(printf '2\tsecond')"
expect "after two lines" "$(ask)" "2 lines"

exec 3>&-
expect "the report" "$(grep asked <&5)" "2 asked"
expect_success "$program"
