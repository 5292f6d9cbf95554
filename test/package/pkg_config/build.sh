#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# usage: build.sh OUTPUT_DIRECTORY [--static] [FLAG]...; CXX and PKG_CONFIG_PATH come from the environment.
set -eu
cd "$(dirname "$0")"
output=$1
shift
static=
if [ "${1-}" = --static ]; then
    static=--static
    shift
fi
for program in shout version; do
    # shellcheck disable=SC2046,SC2086  # flags are words
    $CXX -std=c++20 "$@" ../$program.cpp -o "$output/$program" $(pkg-config $static --cflags --libs eddy)
done
