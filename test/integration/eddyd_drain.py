# SPDX-License-Identifier: BSL-1.0
"""How eddyd ends when it has clients. When each phase comes is tested in virtual time."""

import select
import signal
import socket
import threading
import unittest

from eddyd_process import LIMIT, Eddyd, EddydTest, receive, receive_all

ECHO = "echo=tcp://127.0.0.1:0"

ECHO_ON_EVERY_LOOP = """
[[listen]]
service = "echo"
endpoint = "tcp://127.0.0.1:0"
accept_on = "every_loop"
"""


class Talker(threading.Thread):
    """Says numbered words, each when the one before has come back, until the server ends."""

    def __init__(self, port, number):
        super().__init__()
        self.number = number
        self.client = socket.create_connection(("127.0.0.1", port), LIMIT)
        self.words = 0
        self.complaint = None

    def run(self):
        try:
            while True:
                word = f"{self.number}:{self.words};".encode() * (1 + self.words % 50)
                self.client.sendall(word)
                heard = receive(self.client, len(word))
                if not heard:
                    return
                if heard != word:
                    self.complaint = f"said {word}, heard {heard}"
                    return
                self.words += 1
        except OSError as failure:
            self.complaint = repr(failure)
        finally:
            self.client.close()


class Draining(EddydTest):
    def start_with(self, settings, *arguments, **options):
        path = self.path("eddyd.toml")
        with open(path, "w", encoding="ascii") as file:
            file.write(f"[server]\n{settings}\n")
        return self.start(*arguments, f"--config={path}", **options)

    def test_under_load_no_answer_is_cut_and_nobody_is_reset(self):
        for settings, *listen in (
            ("", ECHO),
            ('drain_spread = "300ms"', ECHO),
            (ECHO_ON_EVERY_LOOP,),
        ):
            eddyd = self.start_with(settings, *listen, "--workers=2", ready=1)
            talkers = [Talker(eddyd.port(), number) for number in range(100)]
            for each in talkers:
                each.start()
            while sum(each.words for each in talkers) < 2000:
                select.select([], [], [], 0.01)
            eddyd.signal()
            for each in talkers:
                each.join(LIMIT)
                self.assertFalse(each.is_alive())
                self.assertIsNone(each.complaint)
            self.assertEqual(eddyd.wait(), 0)
            line = eddyd.wait_for_log("a listener has ended")
            self.assertIn(" accepted=100 finished=100 ", line)
            self.assertIn(" forced=0 ", line)

    def test_lame_duck_accepts_and_a_second_signal_forces(self):
        eddyd = self.start_with('drain_delay = "1h"', ECHO)
        before = self.connect(eddyd)
        self.check_echo(before)
        eddyd.signal()
        eddyd.wait_for_log("not ready any more")
        late = self.connect(eddyd)
        self.check_echo(late)
        self.check_echo(before)
        eddyd.signal()
        for client in (before, late):
            with self.assertRaises(ConnectionResetError):
                client.recv(1)
        self.assertEqual(eddyd.wait(), 1)
        self.assertIn(" forced=2 ", eddyd.wait_for_log("a listener has ended"))

    def test_lame_duck_ends_by_itself(self):
        eddyd = self.start_with('drain_delay = "200ms"', ECHO)
        client = self.connect(eddyd)
        self.check_echo(client)
        eddyd.signal()
        self.assertEqual(receive_all(client), b"")
        client.close()
        self.assertEqual(eddyd.wait(), 0)

    def test_idle_session_is_served_in_its_grace_and_nothing_waits_for_its_end(self):
        eddyd = self.start_with('drain_idle_grace = "1h"\ndrain_timeout = "2h"', ECHO)
        client = self.connect(eddyd)
        self.check_echo(client)
        eddyd.signal()
        eddyd.wait_for_log("draining")
        self.check_echo(client)
        client.close()
        self.assertEqual(eddyd.wait(), 0)
        self.assertIn(" finished=1 idle_closed=0 ", eddyd.wait_for_log("a listener has ended"))

    def test_quit_does_not_wait_for_anybody(self):
        for clients in (0, 1):
            eddyd = self.start_with('drain_delay = "1h"\ndrain_timeout = "1h"', ECHO)
            for _ in range(clients):
                self.check_echo(self.connect(eddyd))
            eddyd.signal(signal.SIGQUIT)
            self.assertEqual(eddyd.wait(), clients)  # the status for forced sessions

    def test_quit_ends_a_drain(self):
        eddyd = self.start_with('drain_idle_grace = "1h"\ndrain_timeout = "2h"', ECHO)
        client = self.connect(eddyd)
        self.check_echo(client)
        eddyd.signal()
        eddyd.wait_for_log("draining")
        eddyd.signal(signal.SIGQUIT)
        with self.assertRaises(ConnectionResetError):
            client.recv(1)
        self.assertEqual(eddyd.wait(), 1)

    def test_signals_end_it_whenever_they_come(self):
        """Before it listens for signals they end it by themselves."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            for delay in range(10):
                eddyd = Eddyd("--listen", ECHO, "--workers=2", ready=0)
                self.addCleanup(eddyd.kill)
                select.select([], [], [], delay / 1000)
                eddyd.signal(number)
                self.assertIn(eddyd.wait(), (0, -number))


class Watching(EddydTest):
    def test_a_process_that_stood_still_blames_nobody(self):
        eddyd = self.start("chargen=tcp://127.0.0.1:0", "--workers=2")
        client = self.connect(eddyd)
        for _ in range(3):
            receive(client, 1_000_000)  # it is at work when it is stopped
            eddyd.signal(signal.SIGSTOP)
            select.select([], [], [], 0.4)  # longer than the watchdog bears
            eddyd.signal(signal.SIGCONT)
        receive(client, 1_000_000)
        client.close()
        self.assertEqual(eddyd.end(), 0)
        eddyd.wait_for_log("stopped")
        self.assertNotIn("blocks its loop", "".join(eddyd.logged))


if __name__ == "__main__":
    unittest.main()
