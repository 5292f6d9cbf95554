#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# The client against peers that behave, and against those that do not: what it says and how it exits.
set -eu

here=$(dirname "$0")
command -v python3 >/dev/null || exit 77
work=$(mktemp -d)
peers=
trap 'kill $peers 2>/dev/null || :; rm -rf "$work"' EXIT

# start_peer KIND [PATH]: leaves its port, or "ready", in $port.
start_peer() {
    : >"$work/ready"
    python3 "$here/peer.py" "$@" >"$work/ready" 2>/dev/null &
    peers="$peers $!"
    tries=0
    while ! [ -s "$work/ready" ]; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || { echo "peer $1 does not start"; exit 1; }
        sleep 0.05
    done
    port=$(cat "$work/ready")
}

# expect STATUS PATTERN ARGUMENT...: what `eddy ARGUMENT...` says, on either stream, and its status.
expect() {
    wanted=$1
    pattern=$2
    shift 2
    status=0
    "$EDDY" "$@" >"$work/said" 2>&1 </dev/null || status=$?
    if [ $status -ne "$wanted" ] || ! grep -q -- "$pattern" "$work/said"; then
        echo "eddy $*: exit status $status, expected $wanted and: $pattern"
        cat "$work/said"
        exit 1
    fi
}

# The echo command.
start_peer echo
expect 0 '^Received: hello$' echo 127.0.0.1 hello "$port"
expect 0 '^Received: hello$' echo --udp 127.0.0.1 hello "$port"
expect 0 '^Received: hello$' echo "tcp://127.0.0.1:$port" hello
expect 0 '^Received: -v$' echo 127.0.0.1 -- -v "$port"
echo_port=$port

start_peer early
expect 4 'closed the connection early; 2 of 5 bytes came back' echo 127.0.0.1 hello "$port"
expect 4 'closed the connection early' load "tcp://127.0.0.1:$port" --messages 10
start_peer reset
expect 4 'reset the connection' echo 127.0.0.1 hello "$port"
start_peer wrong
expect 1 'wrong echo: sent "hello", received "hemlo"' echo 127.0.0.1 hello "$port"
expect 1 'wrong echo: sent "hello", received "hemlo"' echo --udp 127.0.0.1 hello "$port"
expect 1 'wrong echo' load "tcp://127.0.0.1:$port" --messages 10
expect 1 'wrong echo' load "udp://127.0.0.1:$port" --messages 10
start_peer surplus
expect 1 'wrong echo: sent "hello", received "hello!"' echo 127.0.0.1 hello "$port"
expect 1 'wrong echo' echo --udp 127.0.0.1 hello "$port"
expect 1 'more bytes came back than were sent' load "tcp://127.0.0.1:$port" --messages 1
expect 1 'a datagram of 65 bytes instead of 64' load "udp://127.0.0.1:$port" --messages 1
start_peer silent
expect 5 'no answer for 0.2 s; 0 of 5 bytes came back' echo -W 0.2 127.0.0.1 hello "$port"
expect 5 'no answer within 0.2 s' echo -W 0.2 --udp 127.0.0.1 hello "$port"
expect 5 'no answer for 0.2 s; no reply came' send -W 0.2 127.0.0.1 "$port" hello
expect 5 'no answer for 0.2 s' load -W 0.2 "tcp://127.0.0.1:$port" --connections 2 --depth 3
expect 5 '20 lost' load -W 0.1 "udp://127.0.0.1:$port" --messages 20 --depth 10

# A port that nobody listens on: of a listener that is gone.
gone=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
expect 3 'connection refused' echo 127.0.0.1 hello "$gone"
expect 3 'connection refused' load "tcp://127.0.0.1:$gone" --seconds 1
expect 3 'connection refused' load "unix:$work/none" --seconds 1
expect 7 'no host of that name' echo no-such-host.invalid hello

# The send command.
expect 0 '^a message$' send 127.0.0.1 "$echo_port" 'a message'
expect 0 '^a message$' send --udp 127.0.0.1 "$echo_port" 'a message'
[ "$(printf 'one\ntwo\n' | "$EDDY" send 127.0.0.1 "$echo_port")" = "$(printf 'one\ntwo')" ]
head -c 3000000 /dev/urandom >"$work/much"
"$EDDY" send 127.0.0.1 "$echo_port" <"$work/much" >"$work/back"
head -c 3000000 "$work/back" | cmp - "$work/much" # a newline may follow
start_peer keeps
expect 0 '^hello$' send -W 0.3 127.0.0.1 "$port" hello

# The load command.
expect 0 ' 500 sent, 500 verified' load "tcp://127.0.0.1:$echo_port" --connections 5 --depth 4 --messages 500
expect 0 ' 30 sent, 30 verified' load "tcp://127.0.0.1:$echo_port" --size 200000 --depth 3 --messages 30
expect 0 ' 200 sent, 200 verified, 0 lost' load "udp://127.0.0.1:$echo_port" --messages 200 --depth 2
start_peer lossy
expect 5 'messages did not come back' load -W 0.1 "udp://127.0.0.1:$port" --messages 100 --depth 5
grep -q ' 10 lost' "$work/said"
start_peer echo "$work/socket"
expect 0 ' 100 verified' load "unix:$work/socket" --messages 100
expect 0 '"verified":100,' load "unix:$work/socket" --messages 100 --json --chart "$work/chart.svg"
python3 -c 'import json, sys; assert json.load(sys.stdin)["latency_ns"]["p99.9"] > 0' <"$work/said"
python3 -c 'import sys, xml.dom.minidom as dom; dom.parse(sys.argv[1])' "$work/chart.svg"
expect 7 'none/chart.svg: No such file' load "unix:$work/socket" --messages 1 --chart "$work/none/chart.svg"

# An interrupted load reports what it found, and is right when nothing was lost.
"$EDDY" load "unix:$work/socket" --seconds 60 >"$work/said" &
load=$!
sleep 0.5
kill -INT $load
wait $load
grep -q 'throughput' "$work/said"

# A right that is missing is named with its remedy.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    status=0
    setpriv --bounding-set -net_raw --inh-caps -net_raw "$EDDY" ping -c 1 127.0.0.1 >"$work/said" 2>&1 || status=$?
    [ $status -eq 6 ]
    grep -q 'CAP_NET_RAW.*setcap' "$work/said"
fi
status=0
"$EDDY" ping -c 2 -i 0.01 127.0.0.1 >"$work/said" 2>&1 || status=$?
case $status in
    0) grep -q '^2 sent, 2 answered, 0 % lost$' "$work/said" ;;
    6) ;;
    *) cat "$work/said"; exit 1 ;;
esac
