# SPDX-License-Identifier: BSL-1.0
"""Ordinary clients of every kind meet the services of eddyd."""

import os
import shutil
import socket
import struct
import subprocess
import threading
import time
import unittest

from eddyd_process import LIMIT, EddydTest, receive, receive_all

TCP = "tcp://127.0.0.1:0"
UDP = "udp://127.0.0.1:0"


def run(command, data=b""):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, timeout=LIMIT, check=False).stdout


def without(program):
    return unittest.skipUnless(shutil.which(program), f"{program} is not installed")


class Streams(EddydTest):
    def test_many_megabytes_with_half_close_come_back(self):
        eddyd = self.start(f"echo={TCP}")
        data = os.urandom(1 << 20) * 64
        client = self.connect(eddyd)

        def send():
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        got = receive_all(client)
        sender.join()
        self.assertTrue(got == data, f"{len(got)} bytes came back, not as they were sent")
        client.close()
        self.assertEqual(eddyd.end(), 0)

    @without("socat")
    def test_socat(self):
        eddyd = self.start(f"echo={TCP}")
        data = os.urandom(1 << 22)
        got = run(["socat", "-t30", "-", f"tcp:127.0.0.1:{eddyd.port()}"], data)
        self.assertTrue(got == data)

    @without("nc")
    def test_netcat(self):
        eddyd = self.start(f"echo={TCP}")
        got = run(["nc", "-N", "127.0.0.1", str(eddyd.port())], b"from netcat\n")
        self.assertEqual(got, b"from netcat\n")

    @without("bash")
    def test_bash(self):
        eddyd = self.start(f"message-reply={TCP}")
        script = f"exec 3<>/dev/tcp/127.0.0.1/{eddyd.port()}; echo hello >&3; head -c 18 <&3"
        self.assertEqual(run(["bash", "-c", script]), b"I got your message")
        self.assertIn(r"Here is the message: hello\n peer=127.0.0.1:", eddyd.wait_for_log("message"))

    def test_ipv6(self):
        eddyd = self.start("echo=tcp://[::1]:0")
        self.check_echo(self.connect(eddyd, host="::1"))

    def test_dual_stack(self):
        eddyd = self.start("echo=tcp://[::]:0")
        self.check_echo(self.connect(eddyd, host="::1"))
        self.check_echo(self.connect(eddyd, host="127.0.0.1"))

    def test_name(self):
        eddyd = self.start("echo=tcp://localhost:0")
        self.check_echo(self.connect(eddyd, host="127.0.0.1"))

    def test_unix_socket_whose_path_goes_with_it(self):
        path = self.path("echo.sock")
        eddyd = self.start(f"echo=unix:{path}")
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(LIMIT)
            client.connect(path)
            self.check_echo(client)
        self.assertEqual(eddyd.end(), 0)
        self.assertFalse(os.path.exists(path))

    def test_message_reply_answers_each_message(self):
        eddyd = self.start(f"message-reply={TCP}")
        client = self.connect(eddyd)
        for _ in range(3):
            client.sendall(b"\x1b[31mred\n")
            self.assertEqual(receive(client, 18), b"I got your message")
            self.assertIn(r"Here is the message: \x1b[31mred\n", eddyd.wait_for_log("message"))

    def test_discard_says_nothing(self):
        eddyd = self.start(f"discard={TCP}")
        client = self.connect(eddyd)
        client.sendall(b"x" * 1_000_000)
        client.shutdown(socket.SHUT_WR)
        self.assertEqual(receive_all(client), b"")

    def test_chargen_flows_until_the_peer_closes(self):
        eddyd = self.start(f"chargen={TCP}")
        with self.connect(eddyd) as client:
            client.shutdown(socket.SHUT_WR)
            lines = receive(client, 74 * 95 * 100).split(b"\r\n")
        self.assertEqual(lines[0][:12], b" !\"#$%&'()*+")
        self.assertEqual(lines[95], lines[0])
        self.assertEqual({len(each) for each in lines[:-1]}, {72})
        self.assertEqual(eddyd.end(), 0)

    def test_daytime_and_time_tell_now(self):
        eddyd = self.start(f"daytime={TCP}", f"time={TCP}")
        line = receive_all(self.connect(eddyd, 0)).decode()
        told = time.strptime(line, "%A, %B %d, %Y %H:%M:%S-UTC\r\n")
        now = time.gmtime()
        self.assertEqual((told.tm_year, told.tm_yday), (now.tm_year, now.tm_yday))
        (stamp,) = struct.unpack("!I", receive_all(self.connect(eddyd, 1)))
        self.assertLess(abs(stamp - (int(time.time()) + 2_208_988_800) % 2**32), LIMIT)


class Datagrams(EddydTest):
    def test_largest_and_smallest_come_back(self):
        eddyd = self.start(f"echo={UDP}")
        client = self.udp()
        for message in (b"", b"x", os.urandom(65_507), b""):
            client.sendto(message, ("127.0.0.1", eddyd.port()))
            got, peer = client.recvfrom(70_000)
            self.assertTrue(got == message)
            self.assertEqual(peer, ("127.0.0.1", eddyd.port()))

    def test_ipv6(self):
        eddyd = self.start("echo=udp://[::1]:0")
        client = self.udp(("::1", 0), socket.AF_INET6)
        client.sendto(b"six", ("::1", eddyd.port()))
        self.assertEqual(client.recv(100), b"six")

    def test_reply_leaves_from_the_address_asked(self):
        eddyd = self.start("echo=udp://0.0.0.0:0")
        client = self.udp()
        client.sendto(b"who?", ("127.0.0.2", eddyd.port()))
        self.assertEqual(client.recvfrom(100), (b"who?", ("127.0.0.2", eddyd.port())))

    def test_message_reply(self):
        eddyd = self.start(f"message-reply={UDP}")
        client = self.udp()
        client.sendto(b"", ("127.0.0.1", eddyd.port()))
        self.assertEqual(client.recv(100), b"I got your message")

    def test_unix_datagrams(self):
        eddyd = self.start(f"echo=unixgram:{self.path('echo')}")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            client.settimeout(LIMIT)
            client.bind(self.path("client"))
            client.sendto(b"local", self.path("echo"))
            self.assertEqual(client.recv(100), b"local")
        self.assertEqual(eddyd.end(), 0)

    @without("socat")
    def test_socat(self):
        eddyd = self.start(f"echo={UDP}")
        got = run(["socat", "-t1", "-", f"udp:127.0.0.1:{eddyd.port()}"], b"from socat")
        self.assertEqual(got, b"from socat")

    def test_own_port_of_another_host_gets_no_answer(self):
        """It may be a service that answers too: the two would never end."""
        eddyd = self.start(f"echo={UDP}", "--log-level=debug")
        echo = ("127.0.0.1", eddyd.port())
        forged = self.udp(("127.0.0.2", eddyd.port()))
        forged.sendto(b"loop", echo)
        self.assertIn('reason="source port served here"', eddyd.wait_for_log("not answered"))
        client = self.udp()
        client.sendto(b"fine", echo)
        self.assertEqual(client.recv(100), b"fine")
        forged.setblocking(False)
        with self.assertRaises(BlockingIOError):
            forged.recv(100)


if __name__ == "__main__":
    unittest.main()
