# SPDX-License-Identifier: BSL-1.0
"""Crowds that send and never read do not take eddyd's memory, nor its time for others."""

import os
import resource
import select
import socket
import time
import unittest

from eddyd_process import LIMIT, EddydTest

MIB = 1 << 20
CGROUPS = "/sys/fs/cgroup/memory"


def allow_descriptors(count):
    """Raises the limit of this process and of those it starts; False when it may not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        return False
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
    return True


class Crowd:
    """Peers that send for as long as they can, and never read."""

    def __init__(self, port, count):
        self.poll = select.epoll()
        self.peers = {}
        self.lost = 0
        for _ in range(count):
            peer = socket.socket()
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
            peer.settimeout(LIMIT)
            peer.connect(("127.0.0.1", port))
            peer.setblocking(False)
            self.peers[peer.fileno()] = peer
            self.poll.register(peer.fileno(), select.EPOLLOUT | select.EPOLLET)

    def send(self, chunk=bytes(65536)):
        """Sends until nobody takes more for a moment."""
        end = time.monotonic() + LIMIT
        ready = self.poll.poll(0.5)
        while ready and time.monotonic() < end:
            for number, _ in ready:
                try:
                    while self.peers[number].send(chunk):
                        pass
                except BlockingIOError:
                    pass
                except (ConnectionResetError, BrokenPipeError):
                    self.poll.unregister(number)
                    self.peers.pop(number).close()
                    self.lost += 1
            ready = self.poll.poll(0.5)

    def close(self):
        self.poll.close()
        for peer in self.peers.values():
            peer.close()


class Memory(EddydTest):
    def setUp(self):
        super().setUp()
        built = self.run_program("--version", "--verbose").stdout.splitlines()
        self.is_sanitized = "sanitizers: " not in built  # nothing stands behind the colon

    def start_with(self, marks, **options):
        config = self.path("memory.toml")
        with open(config, "w", encoding="ascii") as file:
            file.write(
                f"[server]\nworkers = 2\n{marks}\n"
                '[[listen]]\nservice = "echo"\nendpoint = "tcp://127.0.0.1:0"\n'
                '[[listen]]\nservice = "message-reply"\nendpoint = "tcp://127.0.0.1:0"\n'
                "max = 18\nlog = false\n"  # a reply of that length to each part of a read
                'send_buffer = 16384\nreceive_buffer = 16384\nwrite_stall = "0s"\n'
            )
        return self.start(f"--config={config}", ready=2, **options)

    def crowd(self, eddyd, count):
        crowd = Crowd(eddyd.port(1), count)
        self.addCleanup(crowd.close)
        return crowd

    def resident(self, eddyd):
        with open(f"/proc/{eddyd.process.pid}/status", encoding="ascii") as status:
            line = next(each for each in status if each.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024

    def cgroup(self, size):
        """What puts a process into a memory cgroup of that size; None when none can be made."""
        path = os.path.join(CGROUPS, f"eddyd-test-{os.getpid()}")
        try:
            os.mkdir(path)
            self.addCleanup(os.rmdir, path)
            with open(os.path.join(path, "memory.limit_in_bytes"), "w", encoding="ascii") as limit:
                limit.write(str(size))
        except OSError:
            return None

        def enter():
            with open(os.path.join(path, "tasks"), "w", encoding="ascii") as tasks:
                tasks.write(str(os.getpid()))

        return enter

    def test_two_thousand_that_never_read(self):
        """They wait, eddyd stays within 256 MB, and a client is served."""
        if not allow_descriptors(5000):
            self.skipTest("needs 5,000 descriptors")
        count = 200 if self.is_sanitized else 2000
        soft = count * 48 * 1024
        enter = None if self.is_sanitized else self.cgroup(256 * 1000 * 1000)
        eddyd = self.start_with(
            f"memory_soft = {soft}\nmemory_hard = {soft * 2}", preexec_fn=enter
        )
        client = self.connect(eddyd)
        self.check_echo(client)
        crowd = self.crowd(eddyd, count)
        crowd.send()
        eddyd.wait_for_log("memory is above memory_soft")
        self.check_echo(client)
        self.assertEqual(crowd.lost, 0)
        if not self.is_sanitized:
            self.assertLess(self.resident(eddyd), soft * 2 + 32 * MIB)
        crowd.close()
        eddyd.wait_for_log("memory is below its marks again")
        self.check_echo(client)
        client.close()
        self.assertEqual(eddyd.end(), 0)
        eddyd.wait_for_log("memory of the sessions")

    def test_the_worst_are_closed(self):
        count = 300
        eddyd = self.start_with(f"memory_hard = {12 * MIB}")
        client = self.connect(eddyd)
        self.check_echo(client)
        crowd = self.crowd(eddyd, count)
        crowd.send()
        eddyd.wait_for_log("memory is above memory_hard")
        self.check_echo(client)
        self.assertGreater(crowd.lost, 0)
        self.assertLess(crowd.lost, count)
        if not self.is_sanitized:
            self.assertLess(self.resident(eddyd), 64 * MIB)
        crowd.close()
        self.check_echo(client)
        client.close()
        self.assertEqual(eddyd.end(), 0)
        eddyd.wait_for_log("a listener has ended")
        self.assertRegex(eddyd.wait_for_log("a listener has ended"), r" memory=[1-9]")


if __name__ == "__main__":
    unittest.main()
