# SPDX-License-Identifier: BSL-1.0
"""Runs eddyd for the tests beside this file. The standard library only."""

import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

PROGRAM = os.environ["EDDYD"]
# Generous: on a loaded machine under a sanitizer everything takes its time.
LIMIT = 60


class Eddyd:
    """One process; `kill` ends it whatever it does."""

    def __init__(self, *arguments, ready=None, log=subprocess.PIPE, **options):
        self.process = subprocess.Popen(
            [PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=log, **options
        )
        self.unread = b""
        self.logged = []
        count = sum(1 for each in arguments if each == "--listen") if ready is None else ready
        self.endpoints = [self._read_ready() for _ in range(count)]

    def _read_ready(self):
        line = self.process.stdout.readline().decode()
        if " ready on " not in line:
            raise AssertionError(f"not ready: {line!r} {self.process.stderr.read()!r}")
        return line.rstrip("\n").split(" ready on ")[1]

    def port(self, index=0):
        return int(self.endpoints[index].rsplit(":", 1)[1])

    def wait_for_log(self, text):
        """Reads the log up to a line with that text and gives the line."""
        end = time.monotonic() + LIMIT
        descriptor = self.process.stderr.fileno()
        while True:
            while b"\n" in self.unread:
                line, self.unread = self.unread.split(b"\n", 1)
                self.logged.append(line.decode())
                if text in self.logged[-1]:
                    return self.logged[-1]
            readable, _, _ = select.select([descriptor], [], [], max(0, end - time.monotonic()))
            part = os.read(descriptor, 65536) if readable else b""
            if not part:
                raise AssertionError(f"no line with {text!r} in the log: {self.logged}")
            self.unread += part

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self):
        return self.process.wait(LIMIT)

    def end(self):
        """Drains, and gives the exit status."""
        self.signal()
        return self.wait()

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(LIMIT)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream:
                stream.close()


class EddydTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="eddyd.")
        self.addCleanup(shutil.rmtree, self.folder)

    def start(self, *arguments, **options):
        """Starts eddyd with a `--listen` for each SERVICE=ENDPOINT and the options as they are."""
        line = []
        for each in arguments:
            line += [each] if each.startswith("--") else ["--listen", each]
        eddyd = Eddyd(*line, **options)
        self.addCleanup(eddyd.kill)
        return eddyd

    def run_program(self, *arguments, **options):
        return subprocess.run(
            [PROGRAM, *arguments], capture_output=True, text=True, timeout=LIMIT, **options
        )

    def path(self, name):
        return os.path.join(self.folder, name)

    def connect(self, eddyd, index=0, host="127.0.0.1"):
        client = socket.create_connection((host, eddyd.port(index)), LIMIT)
        self.addCleanup(client.close)
        return client

    def udp(self, address=("127.0.0.1", 0), family=socket.AF_INET):
        client = socket.socket(family, socket.SOCK_DGRAM)
        client.settimeout(LIMIT)
        client.bind(address)
        self.addCleanup(client.close)
        return client

    def check_echo(self, client, message=b"still there?"):
        client.sendall(message)
        self.assertEqual(receive(client, len(message)), message)


def receive(client, size):
    """Exactly that many bytes, or what came before the end."""
    data = bytearray()
    while len(data) < size:
        part = client.recv(min(size - len(data), 1 << 20))
        if not part:
            break
        data += part
    return bytes(data)


def receive_all(client):
    return receive(client, 1 << 62)
