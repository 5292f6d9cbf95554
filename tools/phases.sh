# shellcheck shell=sh
# SPDX-License-Identifier: BSL-1.0
# Sourced by ./run and ./check from the root of the tree: one line a phase, its output in build/log.

mkdir -p build/log
failed_phases=
failed_logs=

CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
CTEST_PARALLEL_LEVEL=${CTEST_PARALLEL_LEVEL:-$CMAKE_BUILD_PARALLEL_LEVEL}
export CMAKE_BUILD_PARALLEL_LEVEL CTEST_PARALLEL_LEVEL

# ccache is taken when it is there (after tools/deps it is), and hits across build folders and clones.
use_ccache() {
    if [ -z "${CMAKE_CXX_COMPILER_LAUNCHER+set}" ] && command -v ccache >/dev/null 2>&1; then
        CMAKE_CXX_COMPILER_LAUNCHER=ccache
        CMAKE_C_COMPILER_LAUNCHER=ccache
        CCACHE_BASEDIR=${CCACHE_BASEDIR:-$PWD}
        CCACHE_NOHASHDIR=1
        export CMAKE_CXX_COMPILER_LAUNCHER CMAKE_C_COMPILER_LAUNCHER CCACHE_BASEDIR CCACHE_NOHASHDIR
    fi
}

# log_end <log>: its last lines, without the tests that passed.
log_end() {
    grep -v ' Passed \|^ *Start ' "$1" | tail -n "${PHASE_TAIL:-40}" | sed 's/^/    /'
}

# phase <name> <command>...: runs it; a failure shows the end of its log and is remembered.
phase() {
    phase_name=$1
    shift
    phase_log=build/log/$(printf %s "$phase_name" | tr -c 'A-Za-z0-9.\n' -).log
    phase_start=$(date +%s)
    printf '%-34s ' "$phase_name"
    phase_status=0
    "$@" >"$phase_log" 2>&1 </dev/null || phase_status=$?
    phase_seconds=$(($(date +%s) - phase_start))
    if [ "$phase_status" -eq 0 ]; then
        printf 'ok %5d s  %s\n' "$phase_seconds" "$(sed -n 's/^note: //p' "$phase_log" | tail -n 1)"
        return 0
    fi
    printf 'FAILED %d s  (%s)\n' "$phase_seconds" "$phase_log"
    log_end "$phase_log"
    failed_phases="$failed_phases $phase_name;"
    failed_logs="$failed_logs $phase_log"
    return "$phase_status"
}
