# SPDX-License-Identifier: BSL-1.0
"""What goes wrong around eddyd does not stop it."""

import contextlib
import fcntl
import os
import resource
import select
import signal
import socket
import struct
import subprocess
import time
import unittest

from eddyd_process import LIMIT, PROGRAM, EddydTest, receive

ECHO = "echo=tcp://127.0.0.1:0"


class Faults(EddydTest):
    def test_closed_standard_descriptors(self):
        """The first sockets must not become 0, 1 and 2."""
        path = self.path("echo.sock")
        process = subprocess.Popen(
            ["sh", "-c", 'exec "$0" --listen "echo=unix:$1" <&- >&- 2>&-', PROGRAM, path]
        )
        self.addCleanup(process.wait, LIMIT)
        self.addCleanup(process.kill)
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(LIMIT)
            self.connect_when_there(client, path)
            self.check_echo(client)
            for number in range(3):
                self.assertEqual(os.readlink(f"/proc/{process.pid}/fd/{number}"), "/dev/null")
        process.terminate()
        self.assertEqual(process.wait(LIMIT), 0)

    def connect_when_there(self, client, path):
        for _ in range(LIMIT * 20):
            try:
                client.connect(path)
                return
            except (FileNotFoundError, ConnectionRefusedError):
                select.select([], [], [], 0.05)
        self.fail("eddyd does not listen")

    def test_full_standard_error(self):
        """Nobody reads the log; what does not fit is dropped."""
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        eddyd = self.start("message-reply=tcp://127.0.0.1:0", log=writer)
        os.close(writer)
        client = self.connect(eddyd)
        for _ in range(2000):
            client.sendall(b"x" * 200)
            self.assertEqual(len(receive(client, 18)), 18)
        client.close()
        self.assertEqual(eddyd.end(), 0)
        os.close(reader)

    def test_closed_standard_error(self):
        """The reader of the log is gone: no SIGPIPE."""
        reader, writer = os.pipe()
        os.close(reader)
        eddyd = self.start("message-reply=tcp://127.0.0.1:0", log=writer)
        os.close(writer)
        client = self.connect(eddyd)
        for _ in range(3):
            client.sendall(b"anybody?")
            self.assertEqual(len(receive(client, 18)), 18)
        client.close()
        self.assertEqual(eddyd.end(), 0)

    def test_file_size_limit(self):
        """The log reaches the limit: no SIGXFSZ."""
        with open(self.path("log"), "wb") as log:
            eddyd = self.start(
                "message-reply=tcp://127.0.0.1:0",
                log=log,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
            )
        client = self.connect(eddyd)
        for _ in range(50):
            client.sendall(b"x" * 200)
            self.assertEqual(len(receive(client, 18)), 18)
        client.close()
        self.assertEqual(eddyd.end(), 0)

    def test_peers_that_reset(self):
        eddyd = self.start(ECHO, "chargen=tcp://127.0.0.1:0")
        for index in (0, 1) * 50:
            client = self.connect(eddyd, index)
            client.sendall(b"x" * 100_000 if index == 0 else b"")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        client = self.connect(eddyd)
        self.check_echo(client)
        client.close()
        self.assertEqual(eddyd.end(), 0)

    def test_out_of_descriptors(self):
        """Accepting pauses without spinning, and goes on when a descriptor is free."""
        if "undefined" in self.run_program("--version", "--verbose").stdout:
            self.skipTest("without a free descriptor the sanitizer takes any memory for unreadable")
        eddyd = self.start(
            ECHO, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        )
        first = self.connect(eddyd)
        self.check_echo(first)
        crowd = [self.connect(eddyd) for _ in range(100)]
        eddyd.wait_for_log("limit=descriptors")

        before = eddyd.cpu_seconds()
        select.select([], [], [], 2.0)
        self.assertLess(eddyd.cpu_seconds() - before, 0.4)
        self.check_echo(first)

        # One goes and one comes, again and again: the last descriptors are not for sessions.
        for each in crowd[:20]:
            each.close()
            newcomer = self.connect(eddyd)
            crowd.append(newcomer)
        self.check_echo(crowd[60])
        self.assertLessEqual(eddyd.descriptors(), 64 - 8)

        last = self.connect(eddyd)
        for each in crowd:
            each.close()
        self.check_echo(last)
        first.close()
        last.close()
        self.assertEqual(eddyd.end(), 0)
        eddyd.wait_for_log("stopped")
        warnings = [line for line in eddyd.logged if " WARNING " in line]
        self.assertEqual(len(warnings), 1, warnings)

    def test_no_threads_for_its_loops(self):
        """It says so and goes, whatever has run by then."""
        built = self.run_program("--version", "--verbose").stdout
        if "address" in built or "thread" in built:
            self.skipTest("a sanitizer takes more memory than the limit")
        config = self.path("loops.toml")
        with open(config, "w", encoding="ascii") as file:
            file.write("[server]\nworkers = 100\n")
        outcome = self.run_program(
            f"--config={config}",
            f"--listen={ECHO}",
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20)),
        )
        self.assertEqual(outcome.returncode, 3, outcome)
        self.assertIn("cannot start thread eddy/", outcome.stderr)

    def test_descriptors_are_raised_to_what_is_allowed(self):
        eddyd = self.start(
            ECHO, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 200))
        )
        self.assertEqual(resource.prlimit(eddyd.process.pid, resource.RLIMIT_NOFILE), (200, 200))

    def start_limited(self, *listeners):
        """eddyd with a listener for each (service, keys); what it ends is in the log."""
        config = self.path("limits.toml")
        with open(config, "w", encoding="ascii") as file:
            file.write('[server]\nlog_level = "debug"\n')
            for service, keys in listeners:
                file.write(f'[[listen]]\nservice = "{service}"\nendpoint = "tcp://127.0.0.1:0"\n{keys}\n')
        return self.start(f"--config={config}", ready=len(listeners))

    def test_peers_of_no_use_are_ended(self):
        """Each for its own reason, by the real clock, and not before its time."""
        eddyd = self.start_limited(
            ("echo", 'first_byte = "300ms"'),
            ("echo", 'first_byte = "0s"\nidle = "300ms"'),
            ("message-reply", 'framing = "line"\nfirst_byte = "0s"\nidle = "0s"\nframe = "300ms"'),
        )
        for index, (reason, said) in enumerate((("first_byte", b""), ("idle", b""), ("frame", b"hal"))):
            began = time.monotonic()
            peer = self.connect(eddyd, index)
            peer.sendall(said)
            self.assertEqual(peer.recv(1), b"")
            self.assertGreater(time.monotonic() - began, 0.29)
            peer.close()
            eddyd.wait_for_log(f"reason={reason}")
        self.assertEqual(eddyd.end(), 0)
        for totals in ("first_byte=1 idle=0 frame=0", "first_byte=0 idle=1 frame=0", "first_byte=0 idle=0 frame=1"):
            eddyd.wait_for_log(totals)

    def test_a_peer_that_never_reads_is_reset(self):
        eddyd = self.start_limited(("chargen", 'write_stall = "500ms"\nsend_buffer = 16384'))
        peer = self.connect(eddyd)
        eddyd.wait_for_log("reason=slow_reader")
        with self.assertRaises(ConnectionResetError):
            while peer.recv(65536):
                pass
        peer.close()
        self.assertEqual(eddyd.end(), 0)

    def test_a_stopped_process_takes_it_out_on_nobody(self):
        eddyd = self.start_limited(("echo", 'idle = "2s"'))
        peer = self.connect(eddyd)
        self.check_echo(peer)
        eddyd.signal(signal.SIGSTOP)
        select.select([], [], [], 3.5)
        eddyd.signal(signal.SIGCONT)
        self.check_echo(peer)
        peer.close()
        self.assertEqual(eddyd.end(), 0)

    def test_a_source_that_connects_too_often_is_reset(self):
        config = self.path("rate.toml")
        with open(config, "w", encoding="ascii") as file:
            file.write("[server]\naccept_rate_per_source = 5\n")
            file.write('[[listen]]\nservice = "echo"\nendpoint = "tcp://127.0.0.1:0"\n')
        eddyd = self.start(f"--config={config}", ready=1)
        flood = []
        for _ in range(100):
            with contextlib.suppress(ConnectionResetError):
                flood.append(self.connect(eddyd))
        self.assertIn("source=127.0.0.1", eddyd.wait_for_log("limit=accept_rate_per_source"))
        other = socket.create_connection(
            ("127.0.0.1", eddyd.port()), LIMIT, source_address=("127.0.0.2", 0)
        )
        self.check_echo(other)
        self.check_echo(flood[0])
        for each in (*flood, other):
            each.close()
        self.assertEqual(eddyd.end(), 0)
        line = eddyd.wait_for_log("a listener has ended")
        refused = int(line.split(" refused_by_rate=")[1].split()[0])
        self.assertGreater(refused, 50)
        self.assertIn(f" accepted={101 - refused} ", line)

    def test_descriptors_of_ended_sessions_are_closed(self):
        eddyd = self.start(ECHO, "daytime=tcp://127.0.0.1:0")
        with self.connect(eddyd) as client:
            self.check_echo(client)
            before = eddyd.descriptors()
            for index in (0, 1) * 20:
                with self.connect(eddyd, index) as other:
                    other.shutdown(socket.SHUT_WR)
                    receive(other, 1000)
            for _ in range(LIMIT * 20):
                if eddyd.descriptors() == before:
                    break
                select.select([], [], [], 0.05)
            self.assertEqual(eddyd.descriptors(), before)

    def test_signal_without_a_meaning(self):
        eddyd = self.start(ECHO)
        eddyd.signal(signal.SIGPIPE)
        self.check_echo(self.connect(eddyd))


if __name__ == "__main__":
    unittest.main()
