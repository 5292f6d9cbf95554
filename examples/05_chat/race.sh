#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# The planted race is found, and both commands of the report show it again.
set -eu

report=$(mktemp)
trap 'rm -f "$report"' EXIT

must_fail() {
    if sh -c "$1" >"$report" 2>&1 || ! grep -q 'no line is missing' "$report"; then
        cat "$report"
        echo "this has not found the race: $1"
        exit 1
    fi
}

must_fail "'$CHAT_TEST' '[.race]'"
replay=$(sed -n 's/^replay: //p' "$report")
small=$(sed -n 's/^small:  //p' "$report")
case "$small" in
    *EDDY_SIM_KEEP=*) ;;
    *) cat "$report"; echo "no small schedule"; exit 1 ;;
esac

must_fail "$replay"
must_fail "$small"
