# SPDX-License-Identifier: BSL-1.0
"""Datagrams with forged sources, too many of them, and too large ones, on real sockets."""

import re
import signal
import socket
import struct
import unittest

from eddyd_process import EddydTest

UDP = "udp://127.0.0.1:0"


def forge(source_port, target_port, data):
    """Sends a datagram as if from another port of 127.0.0.1; only root may."""
    header = struct.pack("!HHHH", source_port, target_port, 8 + len(data), 0)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as raw:
        raw.sendto(header + data, ("127.0.0.1", 0))


class Datagrams(EddydTest):
    def start_with(self, keys, endpoint=UDP, service="echo"):
        config = self.path("eddyd.toml")
        with open(config, "w", encoding="ascii") as file:
            file.write(f'[[listen]]\nservice = "{service}"\nendpoint = "{endpoint}"\n{keys}\n')
        return self.start(f"--config={config}", ready=1)

    def totals(self, eddyd):
        """Ends eddyd and gives what it has counted."""
        self.assertEqual(eddyd.end(), 0)
        line = eddyd.wait_for_log("datagrams of a listener")
        return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)(?= |$)", line)}

    def start_loop(self, service, data):
        """Two processes, and a datagram to the first that seems to come from the second."""
        both = [self.start(f"{service}={UDP}") for _ in range(2)]
        try:
            forge(both[1].port(), both[0].port(), data)
        except PermissionError:
            self.skipTest("only root may forge a datagram")
        return both

    def check_both_answer(self, both):
        for each in both:
            client = self.udp()
            client.sendto(b"still there?", ("127.0.0.1", each.port()))
            client.recv(100)

    def test_a_loop_of_two_echoes_dies_out(self):
        one, other = self.start_loop("echo", b"once is enough")
        line = one.wait_for_log("not answered for a while")
        self.assertIn(f"peer=127.0.0.1:{other.port()}", line)
        self.check_both_answer((one, other))
        counted = self.totals(one)
        self.assertEqual((counted["received"], counted["sent"], counted["loop"]), (22, 21, 1))
        self.assertEqual(self.totals(other)["received"], 21)

    def test_a_loop_of_two_message_replies_dies_out(self):
        """The first datagram differs from what follows, so the second one finds it out."""
        one, other = self.start_loop("message-reply", b"hello?")
        other.wait_for_log("not answered for a while")
        self.check_both_answer((one, other))
        self.assertEqual(self.totals(other)["loop"], 1)
        self.assertEqual(self.totals(one)["received"], 22)

    def test_a_service_of_this_process_is_not_answered(self):
        eddyd = self.start(f"echo={UDP}", f"discard={UDP}")
        try:
            forge(eddyd.port(1), eddyd.port(0), b"from discard?")
        except PermissionError:
            self.skipTest("only root may forge a datagram")
        client = self.udp()
        client.sendto(b"fine", ("127.0.0.1", eddyd.port(0)))
        self.assertEqual(client.recv(100), b"fine")
        self.assertEqual(self.totals(eddyd)["own_port"], 1)

    def test_who_is_not_allowed_is_not_answered(self):
        eddyd = self.start_with('allow = "127.0.0.2 192.0.2.0/24"')
        for host in ("127.0.0.1", "127.0.0.2"):
            client = self.udp((host, 0))
            client.sendto(host.encode(), ("127.0.0.1", eddyd.port()))
        self.assertEqual(client.recv(100), b"127.0.0.2")
        counted = self.totals(eddyd)
        self.assertEqual((counted["not_listed"], counted["sent"]), (1, 1))

    def test_too_large_ones_are_dropped_and_counted(self):
        eddyd = self.start_with("max_datagram = 512")
        client = self.udp()
        for size in (2000, 513, 512):
            client.sendto(b"x" * size, ("127.0.0.1", eddyd.port()))
        self.assertEqual(len(client.recv(4000)), 512)
        counted = self.totals(eddyd)
        self.assertEqual((counted["truncated"], counted["received"], counted["sent"]), (2, 1, 1))

    def test_what_the_kernel_drops_is_counted(self):
        eddyd = self.start_with("receive_buffer = 4096\nreply_repeats = 0")
        client = self.udp()
        eddyd.signal(signal.SIGSTOP)
        for number in range(200):
            client.sendto(b"%d" % number, ("127.0.0.1", eddyd.port()))
        eddyd.signal(signal.SIGCONT)
        self.assertEqual(client.recv(100), b"0")
        client.sendto(b"last", ("127.0.0.1", eddyd.port()))
        while client.recv(100) != b"last":
            pass
        counted = self.totals(eddyd)
        self.assertGreater(counted["overflows"], 0)
        self.assertEqual(counted["received"] + counted["overflows"], 201)

    def test_a_peer_that_is_gone_is_noise(self):
        eddyd = self.start(f"echo={UDP}")
        for _ in range(20):
            gone = self.udp()
            gone.sendto(b"good-bye", ("127.0.0.1", eddyd.port()))
            gone.close()
        client = self.udp()
        client.sendto(b"still there?", ("127.0.0.1", eddyd.port()))
        self.assertEqual(client.recv(100), b"still there?")
        self.assertEqual(self.totals(eddyd)["received"], 21)


if __name__ == "__main__":
    unittest.main()
