#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# resolve_srv against a real name server, on a port of its own: the system's settings stay as they are.
# TEST_INTEGRATION is the program with the test.
set -eu

for dnsmasq in "$(command -v dnsmasq || :)" /usr/sbin/dnsmasq; do
    [ -x "$dnsmasq" ] && break
done
[ -x "$dnsmasq" ] || { echo "skipped: there is no dnsmasq (Debian: dnsmasq-base)"; exit 77; }

scratch=$(mktemp -d)
server=
clean_up() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || :
    rm -rf "$scratch"
}
trap clean_up EXIT

{
    echo "srv-host=_eddy._tcp.test.example,a.test.example,7001,1,10"
    echo "srv-host=_eddy._tcp.test.example,b.test.example,7002,1,20"
    echo "srv-host=_eddy._tcp.test.example,last.test.example,7003,2,99"
    echo "srv-host=_local._tcp.test.example,127.0.0.1.,9,0,0"
    for i in $(seq 100); do
        echo "srv-host=_many._tcp.test.example,host-$i.with.a.rather.long.name.test.example,$i,0,1"
    done
} >"$scratch/records"

# An address of its own: dnsmasq shares a UDP port with another that has it (SO_REUSEADDR), takes its
# queries, and only then finds that it cannot have the TCP port.
at=127.53.$(($$ / 250 % 250 + 1)).$(($$ % 250 + 1))
port=15353
"$dnsmasq" --keep-in-foreground --log-facility=- --port=$port --listen-address="$at" \
    --bind-interfaces --no-resolv --no-hosts --local=/test.example/ --pid-file= \
    --conf-file="$scratch/records" --user="$(id -un)" 2>"$scratch/log" &
server=$!
until grep -q "started, version" "$scratch/log"; do
    kill -0 "$server" 2>/dev/null || { cat "$scratch/log" >&2; exit 1; }
    sleep 0.05
done
EDDY_TEST_NAME_SERVER=$at:$port "$TEST_INTEGRATION" "resolve_srv: dnsmasq answers"
