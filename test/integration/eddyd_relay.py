# SPDX-License-Identifier: BSL-1.0
"""The relay service between real sockets, and before a HAProxy that reads its headers."""

import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import unittest

from eddyd_process import LIMIT, EddydTest, receive, receive_all

TCP = "tcp://127.0.0.1:0"
UDP = "udp://127.0.0.1:0"
HAPROXY = shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class Upstream:
    """A socket that the relay connects to."""

    def __init__(self, family=socket.AF_INET, at=("127.0.0.1", 0)):
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        self.listener.settimeout(LIMIT)
        self.listener.bind(at)
        self.listener.listen()

    def endpoint(self):
        name = self.listener.getsockname()
        return f"unix:{name}" if isinstance(name, str) else f"tcp://{name[0]}:{name[1]}"

    def accept(self):
        session = self.listener.accept()[0]
        session.settimeout(LIMIT)
        return session


class RelayTest(EddydTest):
    def relay(self, *endpoints, keys="", at=TCP):
        config = self.path("eddyd.toml")
        with open(config, "w", encoding="ascii") as file:
            file.write(
                f'[[listen]]\nservice = "relay"\nendpoint = "{at}"\nto = "{" ".join(endpoints)}"\n'
                f"{keys}\n"
            )
        return self.start(f"--config={config}", ready=1)

    def upstream(self, **options):
        made = Upstream(**options)
        self.addCleanup(made.listener.close)
        return made

    def both_ends(self, relay, upstream):
        client = self.connect(relay)
        session = upstream.accept()
        self.addCleanup(session.close)
        return client, session

    def totals(self, eddyd):
        """Ends eddyd and gives what its relay has counted."""
        self.assertEqual(eddyd.end(), 0)
        line = eddyd.wait_for_log("a relay has ended")
        return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)(?= |$)", line)}


class Streams(RelayTest):
    def check_bulk(self, keys):
        echo = self.start("echo=" + TCP)
        relay = self.relay(echo.endpoints[0], keys=keys)
        data = os.urandom(1 << 20) * 16
        client = self.connect(relay)
        sending = threading.Thread(target=lambda: (client.sendall(data), client.shutdown(1)))
        sending.start()
        self.assertEqual(receive_all(client), data)
        sending.join()
        counted = self.totals(relay)
        self.assertEqual(counted["relayed"], 1)
        self.assertEqual(counted["broken"], 0)
        self.assertEqual((counted["to_upstream"], counted["to_client"]), (len(data), len(data)))
        return counted

    def test_megabytes_are_spliced(self):
        self.assertGreater(self.check_bulk("")["spliced"], 1 << 24)

    def test_megabytes_without_splice(self):
        self.assertEqual(self.check_bulk("splice = false")["spliced"], 0)

    def test_each_side_ends_by_itself(self):
        for client_first in (True, False):
            upstream = self.upstream()
            ends = self.both_ends(self.relay(upstream.endpoint()), upstream)
            first, second = ends if client_first else reversed(ends)
            first.sendall(b"last words")
            first.shutdown(socket.SHUT_WR)
            self.assertEqual(receive_all(second), b"last words")
            second.sendall(b"much later")
            self.assertEqual(receive(first, 10), b"much later")
            second.close()
            self.assertEqual(first.recv(1), b"")

    def test_a_reset_goes_through(self):
        for client_first in (True, False):
            upstream = self.upstream()
            relay = self.relay(upstream.endpoint())
            ends = self.both_ends(relay, upstream)
            breaks, other = ends if client_first else reversed(ends)
            breaks.sendall(b"x")  # or the reset may come before the relay has connected
            self.assertEqual(receive(other, 1), b"x")
            breaks.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            breaks.close()
            with self.assertRaises(ConnectionResetError):
                other.recv(1)
            self.assertEqual(self.totals(relay)["broken"], 1)

    def test_upstreams_take_turns_and_the_dead_are_passed_over(self):
        local = self.upstream(family=socket.AF_UNIX, at=self.path("upstream"))
        remote = self.upstream()
        dead = self.upstream()
        endpoints = [dead.endpoint(), local.endpoint(), remote.endpoint()]
        dead.listener.close()
        relay = self.relay(*endpoints)
        for asked in (local, local, remote):  # the first turn is that of the dead one
            client, session = self.both_ends(relay, asked)
            session.sendall(b"here")
            self.assertEqual(receive(client, 4), b"here")
            client.close()
        self.assertIn(f"to={endpoints[0]}", relay.wait_for_log("an upstream cannot be reached"))
        self.assertEqual(self.totals(relay)["failed_connects"], 1)

    def test_without_an_upstream_clients_are_reset(self):
        dead = self.upstream()
        endpoint = dead.endpoint()
        dead.listener.close()
        relay = self.relay(endpoint)
        for _ in range(3):
            with self.assertRaises(ConnectionResetError):
                self.connect(relay).recv(1)
        self.assertEqual(self.totals(relay)["unreachable"], 3)
        told = [line for line in relay.logged if "an upstream cannot be reached" in line]
        self.assertEqual(len(told), 1, "at most one a minute")

    def test_a_drain_lets_an_answer_finish(self):
        upstream = self.upstream()
        relay = self.relay(upstream.endpoint(), keys='drain_quiet = "2s"')
        client, session = self.both_ends(relay, upstream)
        client.sendall(b"question")
        self.assertEqual(receive(session, 8), b"question")
        relay.signal()
        relay.wait_for_log("draining")
        session.sendall(b"answer")
        self.assertEqual(receive_all(client), b"answer")
        self.assertEqual(receive_all(session), b"")
        client.close()
        session.close()
        self.assertEqual(relay.wait(), 0)


class Proxy(RelayTest):
    def test_the_header_names_the_client(self):
        upstream = self.upstream()
        relay = self.relay(upstream.endpoint(), keys='send_proxy = "v2"')
        client, session = self.both_ends(relay, upstream)
        client.sendall(b"hello")
        addresses = socket.inet_aton("127.0.0.1") * 2 + struct.pack(
            "!HH", client.getsockname()[1], relay.port()
        )
        header = b"\r\n\r\n\0\r\nQUIT\n" + bytes([0x21, 0x11]) + struct.pack("!H", 12) + addresses
        self.assertEqual(receive(session, len(header) + 5), header + b"hello")

    def test_a_header_that_came_in_goes_on(self):
        upstream = self.upstream()
        inner = self.relay(
            upstream.endpoint(),
            keys='send_proxy = "v2"\nproxy_protocol = "require"\nproxy_trusted = "loopback"',
        )
        outer = self.relay(inner.endpoints[0], keys='send_proxy = "v2"')
        client, session = self.both_ends(outer, upstream)
        header = receive(session, 28)
        self.assertEqual(
            struct.unpack("!HH", header[24:]), (client.getsockname()[1], outer.port())
        )

    @unittest.skipUnless(HAPROXY, "there is no haproxy")
    def test_haproxy_understands_it(self):
        # HAProxy has no way to tell its port, but takes a socket that is open already.
        folder = tempfile.mkdtemp(prefix="eddyd.")
        self.addCleanup(shutil.rmtree, folder)
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        config = os.path.join(folder, "haproxy.cfg")
        with open(config, "w", encoding="ascii") as file:
            file.write(
                "defaults\n  mode http\n  timeout client 60s\n  timeout server 60s\n"
                "  timeout connect 60s\n"
                f"frontend told\n  bind fd@{listener.fileno()} accept-proxy\n"
                '  http-request return status 200 content-type text/plain lf-string "%[src]:%[src_port]"\n'
            )
        haproxy = subprocess.Popen(
            [HAPROXY, "-db", "-q", "-f", config], pass_fds=[listener.fileno()]
        )
        self.addCleanup(haproxy.wait)
        self.addCleanup(haproxy.kill)
        port = listener.getsockname()[1]
        relay = self.relay(f"tcp://127.0.0.1:{port}", keys='send_proxy = "v2"')
        client = self.connect(relay)
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        told = receive_all(client).rsplit(b"\r\n\r\n", 1)[1]
        self.assertEqual(told.decode(), "127.0.0.1:%d" % client.getsockname()[1])


class Datagrams(RelayTest):
    def test_each_client_gets_its_own_answers(self):
        service = self.udp()
        port = service.getsockname()[1]
        relay = self.relay(f"udp://127.0.0.1:{port}", at=UDP)
        clients = [self.udp() for _ in range(3)]
        for number, client in enumerate(clients):
            client.sendto(b"question %d" % number, ("127.0.0.1", relay.port()))
        asked = [service.recvfrom(100) for _ in clients]
        self.assertEqual(len({sender for _, sender in asked}), 3)
        for question, sender in reversed(asked):
            service.sendto(b"answer to " + question, sender)
        for number, client in enumerate(clients):
            answer, sender = client.recvfrom(100)
            self.assertEqual(answer, b"answer to question %d" % number)
            self.assertEqual(sender, ("127.0.0.1", relay.port()))
        counted = self.totals(relay)
        self.assertEqual(counted["relayed"], 3)
        self.assertEqual((counted["to_upstream"], counted["to_client"]), (30, 60))

    def test_a_flow_answers_to_its_upstream_alone(self):
        service, stranger, client = self.udp(), self.udp(), self.udp()
        relay = self.relay(f"udp://127.0.0.1:{service.getsockname()[1]}", at=UDP)
        client.sendto(b"question", ("127.0.0.1", relay.port()))
        flow = service.recvfrom(100)[1]
        stranger.sendto(b"forged", flow)
        service.sendto(b"answer", flow)
        self.assertEqual(client.recv(100), b"answer")
        self.assertEqual(self.totals(relay)["dropped_datagrams"], 1)

    def test_a_relay_to_itself_goes_round_in_no_circle(self):
        probe = self.udp()
        port = probe.getsockname()[1]
        probe.close()
        relay = self.relay(f"udp://127.0.0.1:{port}", at=f"udp://127.0.0.1:{port}")
        self.udp().sendto(b"round", ("127.0.0.1", port))
        self.assertIn("itself", relay.wait_for_log("an upstream cannot be reached"))
        self.assertEqual(self.totals(relay)["unreachable"], 1)


if __name__ == "__main__":
    unittest.main()
