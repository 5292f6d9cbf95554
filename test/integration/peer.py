#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""usage: peer.py KIND [PATH]

A peer for the tests of eddy, on TCP and UDP of one free port of 127.0.0.1 (or on the Unix socket
PATH). Prints the port, and ends after a minute.

KIND: echo      sends back what comes
      early     sends back two bytes and closes
      reset     sends back two bytes and resets
      wrong     sends back everything with the third byte changed
      surplus   sends back everything and a byte more
      silent    takes everything and answers nothing
      lossy     sends back all datagrams but every tenth
      keeps     sends back one answer and leaves the connection open
"""

import socket
import struct
import sys
import threading
import time


def changed(data):
    return data[:2] + bytes([data[2] ^ 1]) + data[3:] if len(data) > 2 else data


def serve_stream(kind, peer):
    try:
        while data := peer.recv(65536):
            if kind in ("early", "reset"):
                peer.sendall(data[:2])
                break
            if kind == "wrong":
                peer.sendall(changed(data))
            elif kind == "surplus":
                peer.sendall(data + b"!")
            elif kind != "silent":
                peer.sendall(data)
        if kind == "reset":
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if kind in ("keeps", "silent"):
            time.sleep(60)
    except OSError:
        pass
    peer.close()


def accept(kind, listener):
    while True:
        peer, _ = listener.accept()
        threading.Thread(target=serve_stream, args=(kind, peer), daemon=True).start()


def serve_datagrams(kind, port):
    count = 0
    while True:
        data, peer = port.recvfrom(65536)
        count += 1
        if kind == "wrong":
            port.sendto(changed(data), peer)
        elif kind == "surplus":
            port.sendto(data + b"!", peer)
        elif kind == "lossy" and count % 10 == 0:
            continue
        elif kind != "silent":
            port.sendto(data, peer)


def main():
    kind = sys.argv[1]
    if len(sys.argv) > 2:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(sys.argv[2])
        listener.listen(64)
        print("ready", flush=True)
    else:
        listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        datagrams.bind(listener.getsockname())
        print(listener.getsockname()[1], flush=True)
        threading.Thread(target=serve_datagrams, args=(kind, datagrams), daemon=True).start()
    threading.Thread(target=accept, args=(kind, listener), daemon=True).start()
    time.sleep(60)


main()
