# SPDX-License-Identifier: BSL-1.0
"""eddyd behind a proxy: a real HAProxy, and clients that pretend to be one."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import unittest

from eddyd_process import LIMIT, EddydTest, receive

HAPROXY = shutil.which("haproxy", path=os.environ.get("PATH", "") + ":/usr/sbin")
HEADER = b"PROXY TCP4 203.0.113.7 127.0.0.1 1234 7\r\n"
REPLY = b"I got your message"


class BehindProxy(EddydTest):
    def start_behind(self, keys='proxy_trusted = "127.0.0.1"'):
        config = self.path("eddyd.toml")
        with open(config, "w", encoding="ascii") as file:
            file.write(
                f"""[[listen]]
service = "message-reply"
log = true
endpoint = "tcp://127.0.0.1:0"
proxy_protocol = "require"
{keys}
"""
            )
        return self.start(f"--config={config}", ready=1)

    def totals(self, eddyd):
        self.assertEqual(eddyd.end(), 0)
        line = eddyd.wait_for_log("PROXY headers of a listener")
        return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)(?= |$)", line)}

    def check_reply(self, client):
        client.sendall(b"hello\n")
        self.assertEqual(receive(client, len(REPLY)), REPLY)

    def connect_through_haproxy(self, eddyd, options):
        """HAProxy gets a socket that listens already: clients need not wait for it."""
        if not HAPROXY:
            self.skipTest("haproxy is not installed")
        front = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(front.close)
        config = self.path("haproxy.cfg")
        with open(config, "w", encoding="ascii") as file:
            file.write(
                f"""defaults
    mode tcp
    timeout connect {LIMIT}s
    timeout client {LIMIT}s
    timeout server {LIMIT}s
frontend front
    bind fd@{front.fileno()}
    default_backend back
backend back
    server eddyd 127.0.0.1:{eddyd.port()} {options}
"""
            )
        haproxy = subprocess.Popen(
            [HAPROXY, "-db", "-f", config],
            pass_fds=[front.fileno()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(haproxy.wait)
        self.addCleanup(haproxy.kill)
        client = socket.create_connection(front.getsockname(), LIMIT)
        self.addCleanup(client.close)
        return client

    def check_haproxy(self, options):
        eddyd = self.start_behind()
        client = self.connect_through_haproxy(eddyd, options)
        self.check_reply(client)
        eddyd.wait_for_log(f"peer=127.0.0.1:{client.getsockname()[1]}")
        client.close()
        counted = self.totals(eddyd)
        self.assertEqual((counted["headers"], counted["malformed"]), (1, 0))

    def test_haproxy_with_version_1(self):
        self.check_haproxy("send-proxy")

    def test_haproxy_with_version_2(self):
        self.check_haproxy("send-proxy-v2")

    def test_haproxy_with_a_checksum(self):
        self.check_haproxy("send-proxy-v2 proxy-v2-options crc32c")

    def test_health_checks_of_haproxy_are_no_errors(self):
        eddyd = self.start_behind()
        client = self.connect_through_haproxy(eddyd, "send-proxy-v2 check inter 10ms")
        # A reply for each time that the checks had for coming in between.
        for _ in range(100):
            self.check_reply(client)
        client.close()
        counted = self.totals(eddyd)
        self.assertGreaterEqual(counted["headers"], 1)
        self.assertEqual((counted["malformed"], counted["untrusted"]), (0, 0))

    def test_the_client_that_was_named_is_logged(self):
        eddyd = self.start_behind()
        client = self.connect(eddyd)
        client.sendall(HEADER)
        self.check_reply(client)
        eddyd.wait_for_log("peer=203.0.113.7:1234")
        client.close()
        self.assertEqual(self.totals(eddyd)["headers"], 1)

    def test_what_is_no_header_is_reset_and_named(self):
        eddyd = self.start_behind()
        for words in (b"hello, hello, hello\n", b"PROXY TCP4 1.2.3.4\r\n", b"PROXY " + b"x" * 200):
            client = self.connect(eddyd)
            client.sendall(words)
            self.assertRaises(ConnectionResetError, client.recv, 100)
        line = eddyd.wait_for_log("without a PROXY header that is believed")
        self.assertIn('reason="a header begins with', line)
        self.assertEqual(self.totals(eddyd)["malformed"], 3)

    def test_a_stranger_is_reset_and_named(self):
        eddyd = self.start_behind('proxy_trusted = "192.0.2.0/24"')
        with self.assertRaises(ConnectionResetError):  # perhaps of the connect
            self.connect(eddyd).recv(100)
        self.assertIn("peer=127.0.0.1", eddyd.wait_for_log("not among the trusted"))
        self.assertEqual(self.totals(eddyd)["untrusted"], 1)

    def test_a_stranger_may_be_served_as_it_is(self):
        eddyd = self.start_behind('proxy_trusted = "192.0.2.0/24"\nproxy_untrusted = "serve"')
        client = self.connect(eddyd)
        self.check_reply(client)
        eddyd.wait_for_log(f"peer=127.0.0.1:{client.getsockname()[1]}")
        client.close()
        self.assertEqual(self.totals(eddyd)["skipped"], 1)

    def test_a_late_header_has_its_own_reason(self):
        eddyd = self.start_behind('proxy_trusted = "loopback"\nproxy_header = "200ms"')
        client = self.connect(eddyd)
        client.sendall(b"PROXY")
        with contextlib.suppress(ConnectionResetError):
            self.assertEqual(client.recv(100), b"")
        eddyd.signal()
        self.assertIn("proxy_header=1", eddyd.wait_for_log("a listener has ended"))
        self.assertEqual(eddyd.wait(), 0)

    def test_who_is_trusted_must_be_said(self):
        refused = self.run_program("--config=/dev/stdin", input='''
[[listen]]
service = "echo"
endpoint = "tcp://127.0.0.1:0"
proxy_protocol = "require"
''')
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn('listen.proxy_protocol: "require" trusts nobody', refused.stderr)


if __name__ == "__main__":
    unittest.main()
