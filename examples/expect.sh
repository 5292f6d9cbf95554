# SPDX-License-Identifier: BSL-1.0
# shellcheck shell=sh
# What the tests of the examples share.

# expect <name> <what is there> <what should be>
expect() {
    if [ "$2" != "$3" ]; then
        echo "$1: expected \"$3\", got \"$2\""
        exit 1
    fi
}

# expect_success <process>: that it ends, and well.
expect_success() {
    status=0
    wait "$1" || status=$?
    expect "exit status" "$status" 0
}
