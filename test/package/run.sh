#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# usage: run.sh STEP static|shared SOURCE BUILD [COMPILER]
# STEP: install (what BUILD holds), install_subdirectory (what add_subdirectory has built), or the way a
# consumer takes the library: find_package, pkg_config, add_subdirectory, fetch_content; testing is the
# simulator by find_package, deb is the Debian package of the daemon.
set -eu

step=$1 kind=$2 source=$3 build=$4 compiler=${5-}
work=$build/package
root=$work/root-$kind
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"
case "$kind" in
    static) shared=OFF ;;
    shared) shared=ON ;;
esac

# check_daemon <prefix> <build directory>: the unit finds eddyd and its configuration, and a second
# installation leaves the configuration alone.
check_daemon() {
    unit=$1/lib/systemd/system/eddyd.service
    grep -qx "ExecStart=$1/bin/eddyd --config \${EDDYD_CONFIG}" "$unit"
    config=$(sed -n 's/^Environment=EDDYD_CONFIG=//p' "$unit")
    [ "$config" = "$1/etc/eddy/eddyd.toml" ]
    "$2/bin/eddyd" --check --config "$config"

    echo '# mine' >>"$config"
    cmake --install "$2" --prefix "$1" >/dev/null
    grep -qx '# mine' "$config"
}

# install_package <build directory>: installs, then moves the tree, which must not notice.
install_package() {
    rm -rf "$root" "$work/staging-$kind"
    cmake --install "$1" --prefix "$work/staging-$kind"
    [ ! -x "$work/staging-$kind/bin/eddyd" ] || check_daemon "$work/staging-$kind" "$1"
    mv "$work/staging-$kind" "$root"
    if grep -rl "$work/staging-$kind\|$source" "$root" --include='*.cmake' --include='*.pc'; then
        echo "these files name the machine that built them"
        exit 1
    fi
    if [ "$kind" = shared ]; then
        objdump -p "$(find "$root" -name libeddy.so)" | grep -q 'SONAME *libeddy\.so\.0\.1$'
    fi
}

# consume <cmake argument>...: builds the consumer project of this step and runs its programs.
programs=version
consume() {
    output=$work/$step-$kind-${compiler##*/}
    rm -rf "$output"
    cmake -G Ninja -S "$source/test/package/$step" -B "$output" -DCMAKE_CXX_COMPILER="$compiler" \
        -DCMAKE_CXX_FLAGS="$warnings" "$@"
    cmake --build "$output"
    for program in $programs; do
        "$output/$program"
    done
}

case "$step" in
    install) install_package "$build" ;;
    install_subdirectory) install_package "$work/add_subdirectory-$kind-${compiler##*/}" ;;
    deb)
        command -v dpkg-deb >/dev/null || exit 77
        rm -rf "$work/deb"
        cpack --config "$build/CPackConfig.cmake" -G DEB -B "$work/deb"
        dpkg-deb -R "$work"/deb/eddyd_*.deb "$work/deb/eddyd"
        cd "$work/deb/eddyd"
        test -x usr/bin/eddyd
        cmp etc/eddy/eddyd.toml "$source/packaging/eddyd.toml"
        grep -qx /etc/eddy/eddyd.toml DEBIAN/conffiles
        grep -qx 'Environment=EDDYD_CONFIG=/etc/eddy/eddyd.toml' usr/lib/systemd/system/eddyd.service
        grep -q '^ExecStart=/usr/bin/eddyd ' usr/lib/systemd/system/eddyd.service
        ;;
    find_package) consume -DCMAKE_PREFIX_PATH="$root" ;;
    testing)
        programs="chat_test without_catch"
        consume -DCMAKE_PREFIX_PATH="$root" -DEDDY_SOURCE="$source"
        ;;
    add_subdirectory | fetch_content)
        # Neither optimised nor to be debugged, for speed; equal flags let ccache share the objects.
        consume -DEDDY_SOURCE="$source" -DEDDY_INSTALL=ON -DBUILD_SHARED_LIBS="$shared" \
            -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0
        ;;
    pkg_config)
        command -v pkg-config >/dev/null || exit 77
        output=$work/$step-$kind-${compiler##*/}
        rm -rf "$output"
        mkdir -p "$output"
        pc=$(dirname "$(find "$root" -name eddy.pc)")
        static=
        [ "$kind" = shared ] || static=--static
        # shellcheck disable=SC2086  # flags are words
        CXX=$compiler PKG_CONFIG_PATH=$pc sh "$source/test/package/pkg_config/build.sh" "$output" \
            $static $warnings
        LD_LIBRARY_PATH=$(dirname "$pc") "$output/version"
        ;;
esac
