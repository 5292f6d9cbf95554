#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# A client by hand (RFC 6455): the handshake, two echoes, and a drain.
set -eu
command -v python3 >/dev/null || exit 77

exec python3 - "$EXAMPLE" <<'END'
import base64, hashlib, os, signal, socket, subprocess, sys

KEY = base64.b64encode(b"sixteen bytes ok")
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(opcode, payload):
    mask = b"\x11\x22\x33\x44"
    if len(payload) < 126:
        size = bytes([0x80 | len(payload)])
    else:
        size = bytes([0x80 | 126]) + len(payload).to_bytes(2, "big")
    masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
    return bytes([0x80 | opcode]) + size + mask + masked


def receive(stream):
    """A message, whose type is that of its first frame."""
    kind, message, is_last = None, b"", False
    while not is_last:
        head, size = stream.read(2)
        if size == 126:
            size = int.from_bytes(stream.read(2), "big")
        kind = head & 15 if kind is None else kind
        message += stream.read(size)
        is_last = head & 0x80
    return kind, message


server = subprocess.Popen([sys.argv[1], "tcp://127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
try:
    port = int(server.stdout.readline())
    with socket.create_connection(("127.0.0.1", port), timeout=20) as peer:
        stream = peer.makefile("rb")
        peer.sendall(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: " + KEY + b"\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += stream.readline()
        accept = base64.b64encode(hashlib.sha1(KEY + GUID).digest())
        assert head.startswith(b"HTTP/1.1 101"), head
        assert b"Sec-WebSocket-Accept: " + accept in head, head

        for opcode, message in ((1, b"hello"), (2, os.urandom(20000))):
            peer.sendall(frame(opcode, message))
            answer = receive(stream)
            assert answer == (opcode, message), answer[0]

        server.send_signal(signal.SIGTERM)
        assert stream.read() == b""
    status = server.wait(timeout=20)
    assert status == 0, status
finally:
    server.kill()
END
