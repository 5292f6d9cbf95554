# SPDX-License-Identifier: BSL-1.0
"""System calls of eddyd fail, one errno after the other. Who is hit may lose its session; nobody else
notices, and eddyd ends as if nothing had been.

strace is attached to the running eddyd for the length of one case, so what was there before and what
comes after is served by the real system."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import unittest

from eddyd_process import PROGRAM, Eddyd, EddydTest, receive

# Short of the limit of the whole test: a peer that is forgotten shows as this one passing.
PATIENCE = 20

SERVED = "served"  # the peer whose call fails notices nothing
ENDED = "ended"  # its session ends
EITHER = "either"  # it may end

# (system call, errnos, which calls fail, what becomes of the TCP peer that meets them).
# A lied EAGAIN is no error but a promise of an event that never comes, so it is not here.
TCP_CASES = [
    # accept(2): another attempt at once.
    ("accept4", "EINTR ECONNABORTED EPROTO", "1..3", SERVED),
    ("accept4", "EINTR ECONNABORTED", "1..40", SERVED),
    # Noise of the network, which accept(2) reports of the connection.
    (
        "accept4",
        "ENETDOWN ENOPROTOOPT EHOSTDOWN ENONET EHOSTUNREACH EOPNOTSUPP ENETUNREACH ETIMEDOUT EPERM "
        "ECONNRESET",
        "1..3",
        SERVED,
    ),
    # More of it in a row than a network makes: a pause, then again.
    ("accept4", "EPERM EPROTO", "1..66", SERVED),
    # A shortage: a pause, then again.
    ("accept4", "EMFILE ENFILE ENOBUFS ENOMEM", "1..2", SERVED),
    # No room in the poll set: of the connection, and of what comes next.
    ("epoll_ctl", "ENOSPC ENOMEM", "1", EITHER),
    ("epoll_ctl", "ENOSPC ENOMEM", "1..3", EITHER),
    ("recvfrom", "EINTR", "1..4", SERVED),
    (
        "recvfrom",
        "ECONNRESET ETIMEDOUT EHOSTUNREACH ENETUNREACH ENETDOWN ECONNREFUSED ENOBUFS ENOMEM EIO "
        "EBADF EINVAL ENOTCONN ENOTSOCK EFAULT EPIPE",
        "1",
        ENDED,
    ),
    ("recvfrom", "ECONNRESET ETIMEDOUT EBADF", "2", EITHER),
    ("sendto", "EINTR", "1..4", SERVED),
    ("sendto", "EPIPE:signal=PIPE", "1", ENDED),
    (
        "sendto",
        "EPIPE ECONNRESET ETIMEDOUT EHOSTUNREACH ENETUNREACH ENETDOWN ENOBUFS ENOMEM EPERM EIO "
        "EBADF EINVAL ENOTCONN EMSGSIZE",
        "1",
        ENDED,
    ),
    ("shutdown", "ENOTCONN EBADF", "1", EITHER),
    ("close", "EINTR EIO", "1", EITHER),
    ("epoll_wait,epoll_pwait2", "EINTR", "1..5", SERVED),
    # What the ring was asked for stays asked for.
    ("io_uring_enter", "EINTR EAGAIN EBUSY ENOMEM", "1..5", SERVED),
]

# The same for a peer that sends datagrams: whether the first that meets the failure is answered, or
# at least the next one.
UDP_CASES = [
    ("recvmmsg", "EINTR", "1..4", SERVED),
    ("recvmmsg", "ECONNREFUSED EHOSTUNREACH ENETUNREACH ENETDOWN EPROTO ETIMEDOUT", "1..3", SERVED),
    ("recvmmsg", "ECONNREFUSED", "1..40", SERVED),
    ("recvmmsg", "ENOMEM ENOBUFS", "1..3", SERVED),
    ("sendmmsg", "EINTR", "1..4", SERVED),
    (
        "sendmmsg",
        "ECONNREFUSED EHOSTUNREACH ENETUNREACH ENETDOWN EPERM EACCES ENOBUFS ENOMEM EMSGSIZE EINVAL "
        "EPIPE:signal=PIPE",
        "1",
        ENDED,
    ),
    ("epoll_wait,epoll_pwait2", "EINTR", "1..5", SERVED),
    ("io_uring_enter", "EINTR EAGAIN EBUSY ENOMEM", "1..5", SERVED),
]

# The ring receives from TCP peers by itself, and is what the loop waits in.
NOT_CALLED = {"uring": ("recvfrom", "epoll")}.get(os.environ.get("EDDY_ENGINE"), ("io_uring",))

# What ends a listener, and it alone.
FATAL = "EBADF EINVAL ENOTSOCK EFAULT"


def each_errno(table):
    for calls, errnos, when, expected in table:
        if calls.startswith(NOT_CALLED):
            continue
        for errno in errnos.split():
            yield calls, errno, when, expected


class NoTracing(Exception):
    pass


class Injection:
    """Makes system calls of a running process fail, until the end of the block."""

    def __init__(self, eddyd, calls, errno, when):
        self.command = ["strace", "-f", "-p", str(eddyd.process.pid), "-o", "/dev/null", "-e", f"trace={calls}"]
        for call in calls.split(","):
            self.command += ["-e", f"inject={call}:error={errno}:when={when}"]

    def __enter__(self):
        self.strace = subprocess.Popen(self.command, stderr=subprocess.PIPE, text=True)
        said = self.strace.stderr.readline()
        if "attached" not in said:
            self.strace.communicate()
            raise NoTracing(said.strip())
        return self

    def __exit__(self, *_):
        self.strace.send_signal(signal.SIGINT)
        self.strace.communicate(timeout=PATIENCE)


def talk(client):
    """What becomes of a TCP peer: SERVED or ENDED. A timeout is neither and is raised."""
    client.settimeout(PATIENCE)
    try:
        client.sendall(b"hello")
        return SERVED if receive(client, 5) == b"hello" else ENDED
    except (ConnectionResetError, BrokenPipeError):
        return ENDED


class Injected(EddydTest):
    def setUp(self):
        super().setUp()
        self.eddyd = self.start("echo=tcp://127.0.0.1:0", "echo=udp://127.0.0.1:0", "--log-level=debug")
        self.bystander = self.connect(self.eddyd)
        self.check_echo(self.bystander)
        self.datagrams = self.udp()
        self.datagrams.connect(("127.0.0.1", self.eddyd.port(1)))
        self.numbers = iter(range(1_000_000))
        self.exchange()
        self.descriptors = self.eddyd.descriptors()

    def exchange(self):
        """One datagram there and back."""
        message = b"datagram %d" % next(self.numbers)
        self.datagrams.settimeout(PATIENCE)
        self.datagrams.send(message)
        self.assertEqual(self.datagrams.recv(100), message)

    def check_others(self):
        """Who was there before, and who comes now."""
        self.check_echo(self.bystander)
        self.exchange()
        with socket.create_connection(("127.0.0.1", self.eddyd.port()), PATIENCE) as client:
            self.assertEqual(talk(client), SERVED)

    def check_end(self):
        self.bystander.close()
        self.assertEqual(self.eddyd.end(), 0)

    def test_streams(self):
        for calls, errno, when, expected in each_errno(TCP_CASES):
            with self.subTest(call=calls, errno=errno, when=when):
                with Injection(self.eddyd, calls, errno, when):
                    with socket.create_connection(("127.0.0.1", self.eddyd.port()), PATIENCE) as victim:
                        outcome = talk(victim)
                self.assertIn(outcome, (SERVED, ENDED) if expected == EITHER else (expected,))
                self.check_others()
        self.check_end()

    def test_datagrams(self):
        for calls, errno, when, expected in each_errno(UDP_CASES):
            with self.subTest(call=calls, errno=errno, when=when):
                with Injection(self.eddyd, calls, errno, when):
                    if expected == ENDED:
                        self.datagrams.send(b"lost %d" % next(self.numbers))
                    self.exchange()
                self.check_others()
        self.check_end()

    def test_a_shortage_that_lasts_holds_up_nobody_else(self):
        """Datagrams cannot be received for want of memory; streams can."""
        with Injection(self.eddyd, "recvmmsg", "ENOMEM", "1+"):
            self.datagrams.send(b"%d waits" % next(self.numbers))
            for _ in range(5):
                self.check_echo(self.bystander)
        self.assertIn(b"waits", self.datagrams.recv(100))
        self.check_others()
        self.check_end()

    def test_connections_that_are_forbidden_keep_no_loop_busy(self):
        """Whatever forbids them leaves them in the queue."""
        with socket.socket() as victim:
            with Injection(self.eddyd, "accept4", "EPERM", "1+"):
                victim.connect(("127.0.0.1", self.eddyd.port()))
                self.eddyd.wait_for_log("accepting pauses")
                before = self.eddyd.cpu_seconds()
                select.select([], [], [], 1.0)
                self.assertLess(self.eddyd.cpu_seconds() - before, 0.2)
                self.check_echo(self.bystander)
            self.assertEqual(talk(victim), SERVED)
        self.check_others()
        self.check_end()

    def test_out_of_descriptors_is_one_line(self):
        with Injection(self.eddyd, "accept4", "EMFILE", "1..6"):
            with socket.create_connection(("127.0.0.1", self.eddyd.port()), PATIENCE) as victim:
                self.assertEqual(talk(victim), SERVED)
        self.check_others()
        self.check_end()
        self.eddyd.wait_for_log("stopped")
        lines = [line for line in self.eddyd.logged if "accepting pauses" in line]
        self.assertEqual(len(lines), 1, lines)

    def test_a_listener_that_cannot_accept_leaves_the_others(self):
        listeners = ["echo=tcp://127.0.0.1:0"] * (len(FATAL.split()) + 1)
        eddyd = self.start(*listeners)
        for index, errno in enumerate(FATAL.split()):
            with self.subTest(errno=errno):
                # The reset may come as early as the connect.
                with Injection(eddyd, "accept4", errno, "1"), contextlib.suppress(ConnectionResetError):
                    with socket.create_connection(("127.0.0.1", eddyd.port(index)), PATIENCE) as victim:
                        self.assertEqual(talk(victim), ENDED)
                eddyd.wait_for_log("a listener failed")
                with self.assertRaises(ConnectionRefusedError):
                    socket.create_connection(("127.0.0.1", eddyd.port(index)), PATIENCE)
                with socket.create_connection(("127.0.0.1", eddyd.port(index + 1)), PATIENCE) as client:
                    self.assertEqual(talk(client), SERVED)
        self.assertEqual(eddyd.end(), 0)

    def test_a_datagram_socket_that_cannot_receive_leaves_the_others(self):
        for errno in FATAL.split():
            with self.subTest(errno=errno):
                eddyd = self.start("echo=udp://127.0.0.1:0", "echo=tcp://127.0.0.1:0")
                peer = self.udp()
                with Injection(eddyd, "recvmmsg", errno, "1"):
                    peer.sendto(b"lost", ("127.0.0.1", eddyd.port()))
                    eddyd.wait_for_log("a datagram socket failed")
                client = self.connect(eddyd, 1)
                self.check_echo(client)
                client.close()
                self.assertEqual(eddyd.end(), 0)

    @unittest.skipUnless("uring" == os.environ.get("EDDY_ENGINE"), "of the engine uring")
    def test_a_ring_that_is_refused_is_named_with_cause_and_remedy(self):
        for errno, said in (("EPERM", "is forbidden here"), ("ENOSYS", "needs Linux 6.1"), ("ENOMEM", "LimitMEMLOCK")):
            with self.subTest(errno=errno):
                refused = subprocess.run(
                    ["strace", "-f", "-o", "/dev/null", "-e", "trace=io_uring_setup",
                     "-e", f"inject=io_uring_setup:error={errno}",
                     PROGRAM, "--listen", "echo=tcp://127.0.0.1:0"],
                    capture_output=True, text=True, timeout=PATIENCE,
                )
                self.assertNotEqual(refused.returncode, 0)
                self.assertIn('engine "uring"', refused.stderr)
                self.assertIn(said, refused.stderr)
                self.assertIn('engine "epoll"', refused.stderr)

    @unittest.skipUnless("uring" == os.environ.get("EDDY_ENGINE"), "of the engine uring")
    def test_without_a_ring_auto_is_epoll_and_tells_so_once(self):
        ran = subprocess.run(
            ["strace", "-f", "-o", "/dev/null", "-e", "trace=io_uring_setup",
             "-e", "inject=io_uring_setup:error=EPERM",
             PROGRAM, "--workers", "2", "--listen", "echo=stdio:"],
            # The search for leaks does not work under strace.
            env={**os.environ, "EDDY_ENGINE": "auto", "ASAN_OPTIONS": "detect_leaks=0"},
            input="served\n", capture_output=True, text=True, timeout=PATIENCE,
        )
        self.assertEqual((ran.returncode, ran.stdout), (0, "served\n"), ran.stderr)
        told = [line for line in ran.stderr.splitlines() if "io_uring is not to be had" in line]
        self.assertEqual(len(told), 1, ran.stderr)
        self.assertIn("engine=epoll", told[0])
        self.assertIn("is forbidden here", told[0])

    def test_no_descriptor_is_left_behind(self):
        for calls, errno in (("recvfrom", "ECONNRESET"), ("sendto", "EPIPE"), ("epoll_ctl", "ENOSPC")):
            with Injection(self.eddyd, calls, errno, "1"):
                with socket.create_connection(("127.0.0.1", self.eddyd.port()), PATIENCE) as victim:
                    talk(victim)
        self.check_others()
        for _ in range(PATIENCE * 20):
            if self.eddyd.descriptors() == self.descriptors:
                break
            select.select([], [], [], 0.05)
        self.assertEqual(self.eddyd.descriptors(), self.descriptors)
        self.check_end()


def main():
    probe = Eddyd("--listen", "echo=tcp://127.0.0.1:0")
    try:
        with Injection(probe, "accept4", "EINTR", "1"):
            pass
    except NoTracing as reason:
        print(f"skipped: strace cannot attach: {reason}")
        sys.exit(77)
    finally:
        probe.kill()
    unittest.main()


if __name__ == "__main__":
    main()
