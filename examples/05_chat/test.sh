#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Two visitors over real sockets, then a drain.
set -eu
command -v socat >/dev/null || exit 77
# shellcheck source=examples/expect.sh
. "$(dirname "$0")/../expect.sh"

dir=$(mktemp -d)
mkfifo "$dir/ann_says" "$dir/ann_hears" "$dir/bob_says" "$dir/bob_hears"
"$EXAMPLE" "unix:$dir/chat" &
server=$!
trap 'kill "$server" 2>/dev/null || :; rm -rf "$dir"' EXIT

# visitor <name>: the server may still be starting.
visitor() {
    socat -t 20 - "UNIX-CONNECT:$dir/chat,retry=200,interval=0.1" <"$dir/$1_says" >"$dir/$1_hears" &
}

visitor ann
exec 3>"$dir/ann_says" 4<"$dir/ann_hears"
echo ann >&3
read -r heard <&4
expect "ann comes in" "$heard" "* ann is here"

visitor bob
exec 5>"$dir/bob_says" 6<"$dir/bob_hears"
echo bob >&5
read -r heard <&6
expect "what bob has missed" "$heard" "* ann is here"
read -r heard <&6
expect "bob comes in" "$heard" "* bob is here"
read -r heard <&4
expect "ann sees him" "$heard" "* bob is here"
echo hello >&5
read -r heard <&4
expect "ann hears bob" "$heard" "bob: hello"

kill -TERM "$server"
exec 3>&- 5>&-
expect "bob's last line" "$(cat <&6)" "bob: hello"
expect "nothing more for ann" "$(cat <&4)" ""
expect_success "$server"
