# SPDX-License-Identifier: BSL-1.0
"""How eddyd starts, refuses to start, takes over sockets and ends."""

import os
import re
import select
import shutil
import signal
import socket
import subprocess
import unittest

from eddyd_process import LIMIT, PROGRAM, EddydTest, receive_all

ECHO = "echo=tcp://127.0.0.1:0"


class Ending(EddydTest):
    def test_term_and_interrupt_end_an_idle_server_at_once(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            eddyd = self.start(ECHO, "echo=udp://127.0.0.1:0", "--workers=2")
            eddyd.signal(number)
            self.assertEqual(eddyd.wait(), 0)

    def test_drain_ends_idle_sessions_in_order(self):
        eddyd = self.start(ECHO)
        client = self.connect(eddyd)
        self.check_echo(client)
        eddyd.signal()
        self.assertEqual(receive_all(client), b"")
        client.close()
        self.assertEqual(eddyd.wait(), 0)

    def stuck_session(self, eddyd):
        """A peer that sends and never reads: the echo cannot get rid of what it has taken."""
        client = socket.socket()
        self.addCleanup(client.close)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        client.connect(("127.0.0.1", eddyd.port()))
        client.setblocking(False)
        with self.assertRaises(BlockingIOError):
            while True:
                client.send(b"x" * 65536)
                # Full is what stays full: the server may be taking some of it just now.
                select.select([], [client], [], 0.5)

    def test_second_signal_forces_what_is_left(self):
        eddyd = self.start(ECHO)
        self.stuck_session(eddyd)
        eddyd.signal()
        eddyd.wait_for_log("draining")
        eddyd.signal()
        self.assertEqual(eddyd.wait(), 1)

    def test_drain_timeout_forces_what_is_left(self):
        config = self.path("eddyd.toml")
        with open(config, "w", encoding="ascii") as file:
            file.write('[server]\ndrain_timeout = "0s"\n')
        eddyd = self.start(ECHO, f"--config={config}")
        self.stuck_session(eddyd)
        self.assertEqual(eddyd.end(), 1)

    def test_session_that_only_sends_does_not_hold_up_a_drain(self):
        eddyd = self.start("chargen=tcp://127.0.0.1:0")
        client = self.connect(eddyd)
        self.assertTrue(client.recv(1))  # and reads no more
        self.assertEqual(eddyd.end(), 0)


class Refusing(EddydTest):
    def test_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            at = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
            outcome = self.run_program("--listen", f"echo={at}")
        self.assertEqual(outcome.returncode, 3)
        self.assertEqual(outcome.stdout, "")
        self.assertEqual(
            outcome.stderr,
            f'eddyd: endpoint "{at}": cannot listen: Address already in use; another process '
            "listens there: stop it, or choose another port (0 lets the system choose)\n",
        )

    def test_nothing_is_left_when_one_endpoint_fails(self):
        path = self.path("echo.sock")
        outcome = self.run_program(
            "--listen", f"echo=unix:{path}", "--listen", f"echo=unix:{self.path('no/such/echo.sock')}"
        )
        self.assertEqual(outcome.returncode, 3)
        self.assertIn("No such file or directory; make the folder of that path first", outcome.stderr)
        self.assertFalse(os.path.exists(path))

    def test_bad_configuration(self):
        config = self.path("bad.toml")
        with open(config, "w", encoding="ascii") as file:
            file.write("[server]\nwokers = 2\n")
        for action in ([], ["--check"], ["--print-config"]):
            outcome = self.run_program("--config", config, *action)
            self.assertEqual(outcome.returncode, 2)
            self.assertEqual(outcome.stdout, "")
            self.assertEqual(
                outcome.stderr,
                f'{config}:2:1: server.wokers: there is no such key; did you mean "workers"?\n',
            )

    def test_bad_engine_of_the_environment(self):
        for action in ([], ["--check"]):
            outcome = self.run_program(*action, env={**os.environ, "EDDY_ENGINE": "fast"})
            self.assertEqual(outcome.returncode, 2)
            self.assertIn('eddyd: EDDY_ENGINE="fast": this build has no such engine; use', outcome.stderr)

    def test_bad_argument(self):
        outcome = self.run_program("--wokers", "2")
        self.assertEqual(outcome.returncode, 2)
        self.assertEqual(
            outcome.stderr, 'eddyd: --wokers: there is no such option; did you mean "--workers"?\n'
        )


TREE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SERVICES = ("echo", "message-reply", "discard", "chargen", "daytime", "time", "relay")
EVERY_SERVICE = [
    word
    for each in SERVICES
    if each != "relay"  # which a command line cannot tell where to
    for word in ("--listen", f"{each}=tcp://127.0.0.1:0")
]


def manual(page):
    """The words of a page's source, without scdoc's escapes."""
    with open(os.path.join(TREE, "docs", "man", page + ".scd"), encoding="utf-8") as file:
        return " ".join(file.read().replace("\\", "").split())


class Manual(EddydTest):
    def test_every_key_is_described_as_the_program_does(self):
        page = manual("eddyd.toml.5")
        relay = self.path("relay.toml")
        with open(relay, "w", encoding="ascii") as file:
            file.write('[[listen]]\nservice = "relay"\nendpoint = "tcp://127.0.0.1:0"\nto = "mem:x"\n')
        described = ""
        printed = self.run_program("--print-config", "--config", relay, *EVERY_SERVICE)
        for line in printed.stdout.splitlines()[1:]:
            if line.startswith("#"):
                described += line[1:]
            elif " = " in line:
                self.assertIn(f"*{line.split(' = ')[0]}*{described}", page)
                described = ""

    def test_every_option_and_service_is_named(self):
        page = manual("eddyd.8")
        options = re.findall(r"--[a-z-]+", self.run_program("--help").stdout)
        for each in [*options, *SERVICES]:
            self.assertIn(f"*{each}*", page)


class Telling(EddydTest):
    def test_check(self):
        outcome = self.run_program("--check")
        self.assertEqual((outcome.returncode, outcome.stderr), (0, ""))

    def test_sample_configuration_is_good(self):
        sample = os.path.join(TREE, "packaging", "eddyd.toml")
        self.assertEqual(self.run_program("--check", "--config", sample).stderr, "")

    def test_printed_configuration_is_one(self):
        printed = self.run_program("--print-config", "--workers=3", *EVERY_SERVICE).stdout
        path = self.path("printed.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(printed)
        self.assertEqual(self.run_program("--print-config", "--config", path).stdout, printed)

    def test_version(self):
        first = self.run_program("--version").stdout
        self.assertRegex(first, r"^eddyd \d+\.\d+\.\d+\n$")
        verbose = self.run_program("--version", "--verbose").stdout
        self.assertTrue(verbose.startswith(first))
        self.assertIn("\nengines: asio", verbose)

    def test_json_log(self):
        eddyd = self.start("message-reply=tcp://127.0.0.1:0", "--log-format=json")
        self.connect(eddyd).sendall(b'say "hi"\n')
        line = eddyd.wait_for_log("Here is the message")
        self.assertIn('"level":"info"', line)
        self.assertIn('"peer":"127.0.0.1:', line)

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_full_disk_is_an_error(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            outcome = subprocess.run(
                [PROGRAM, "--print-config"], stdout=full, stderr=subprocess.PIPE, timeout=LIMIT, check=False
            )
        self.assertEqual(outcome.returncode, 4)
        self.assertIn(b"No space left on device", outcome.stderr)


class Inherited(EddydTest):
    def start_with_fd_3(self, given, *arguments, **options):
        """Whoever starts a server may have opened its sockets; they are numbered from 3."""
        return self.start(*arguments, preexec_fn=lambda: os.dup2(given.fileno(), 3), pass_fds=[3], **options)

    def test_listener(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            eddyd = self.start_with_fd_3(listener, "echo=fd:3")
        with socket.create_connection(("127.0.0.1", port), LIMIT) as client:
            self.check_echo(client)
        self.assertEqual(eddyd.end(), 0)

    def test_udp_socket(self):
        bound = self.udp()
        self.start_with_fd_3(bound, "echo=fd:3")
        client = self.udp()
        client.sendto(b"inherited", bound.getsockname())
        self.assertEqual(client.recv(100), b"inherited")

    def test_connected_socket_is_one_session(self):
        ours, theirs = socket.socketpair()
        ours.settimeout(LIMIT)
        with ours, theirs:
            eddyd = self.start_with_fd_3(theirs, "echo=fd:3")
            theirs.close()
            self.check_echo(ours)
            ours.shutdown(socket.SHUT_WR)
            self.assertEqual(receive_all(ours), b"")
            self.assertEqual(eddyd.wait(), 0)

    def test_standard_input_and_output_are_one_session(self):
        outcome = subprocess.run(
            [PROGRAM, "--listen", "echo=stdio:"],
            input=b"x" * 1_000_000,
            capture_output=True,
            timeout=LIMIT,
            check=False,
        )
        self.assertEqual(outcome.returncode, 0)
        self.assertTrue(outcome.stdout == b"x" * 1_000_000)
        self.assertIn(b"eddyd: echo ready on stdio:\n", outcome.stderr)

    @unittest.skipUnless(shutil.which("systemd-socket-activate"), "systemd is not installed")
    def test_systemd_socket_activation(self):
        path = self.path("echo.sock")
        activator = subprocess.Popen(
            ["systemd-socket-activate", "-l", path, PROGRAM, "--listen", "echo=fd:3"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.addCleanup(activator.stderr.close)
        self.addCleanup(activator.stdout.close)
        self.addCleanup(activator.wait, LIMIT)
        self.addCleanup(activator.terminate)  # by then it is eddyd
        self.assertIn(b"Listening on", activator.stderr.readline())
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(LIMIT)
            client.connect(path)
            self.check_echo(client)


if __name__ == "__main__":
    unittest.main()
