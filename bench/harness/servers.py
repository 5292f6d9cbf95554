# SPDX-License-Identifier: BSL-1.0
"""Who is measured."""

import dataclasses
import pathlib
import re

from .cases import CASES

BENCH = pathlib.Path(__file__).resolve().parent.parent


@dataclasses.dataclass(frozen=True)
class Server:
    # The command of each mode. A program is looked for by name below the build folder, then on PATH. It
    # must print a line that ends with the port, or has it after the last colon, when it is ready.
    commands: dict
    needs: str = "cmake --build"
    not_in: tuple = ()  # cases that it would not come to the end of
    # Has a runtime with threads of its own, which spin or starve under real-time scheduling: its samples
    # are taken under ordinary scheduling.
    managed: bool = False
    # Compiles while it runs: all samples are of one process, after so many seconds of load.
    warm_up: float = 0


def _eddy(settings="", words=""):
    program, rest = f"{settings} bench_eddy_echo".strip(), f" {words}".rstrip()
    return {
        "echo": f"{program} echo{rest}",
        "line": f"{program} line{rest}",
        "udp": f"{program} udp{rest}",
        "loops": f"{program} echo loops 2{rest}",
    }


PACKAGE = "the package {}, and cmake anew"

# The first server that takes part in a case is its yardstick.
SERVERS = {
    "raw epoll, C": Server(
        {"echo": "bench_raw_epoll echo", "line": "bench_raw_epoll line", "loops": "bench_raw_epoll echo 2"}
    ),
    "raw io_uring, C": Server(
        {"echo": "bench_raw_uring"},
        PACKAGE.format("liburing-dev"),
        not_in=("slow",),  # one that does not read gets hold of all buffers
    ),
    "raw UDP in batches, C": Server({"udp": "bench_udp_raw batch"}),
    "raw UDP one by one, C": Server({"udp": "bench_udp_raw single"}),
    "raw UDP in blocks, C": Server({"udp": "bench_udp_raw blocks"}),
    "Asio callbacks": Server({"echo": "bench_asio_callback"}),
    "Asio coroutines": Server(
        {
            "echo": "bench_asio_coroutine echo",
            "line": "bench_asio_coroutine line",
            "udp": "bench_asio_coroutine udp",
        }
    ),
    "Asio, a read per message": Server({"pipelined": "bench_asio_coroutine message"}),
    "libuv": Server({"echo": "bench_libuv_echo"}, PACKAGE.format("libuv1-dev")),
    "libevent": Server({"echo": "bench_libevent_echo"}, PACKAGE.format("libevent-dev")),
    "Tokio": Server(
        {
            "echo": "bench_tokio_echo",
            "udp": "bench_tokio_echo udp",
            "loops": "bench_tokio_echo loops 2",
        },
        PACKAGE.format("librust-tokio-dev, and cargo"),
    ),
    "Go": Server(
        {
            "echo": "GOMAXPROCS=1 bench_go_echo",
            "udp": "GOMAXPROCS=1 bench_go_echo udp",
            "loops": "GOMAXPROCS=2 bench_go_echo",
        },
        PACKAGE.format("golang-go"),
        managed=True,
    ),
    "Netty": Server(
        {"echo": "bench_netty_echo 1", "loops": "bench_netty_echo 2"},
        PACKAGE.format("libnetty-java, and a JDK"),
        managed=True,
        warm_up=6,
    ),
    "Node": Server(
        {"echo": f"node {BENCH}/peers/echo.js", "udp": f"node {BENCH}/peers/echo.js udp"},
        "the package nodejs",
        managed=True,
        warm_up=2,
    ),
    # On epoll unless they say otherwise, as the yardstick.
    "Eddy": Server(_eddy("EDDY_ENGINE=epoll")),
    "Eddy, no deadlines": Server(
        {
            "echo": "EDDY_ENGINE=epoll bench_eddy_echo echo no_deadlines",
            "line": "EDDY_ENGINE=epoll bench_eddy_echo line no_deadlines",
        }
    ),
    "Eddy, by messages": Server({"frame": "EDDY_ENGINE=epoll bench_eddy_echo frame"}),
    "Eddy, uring engine": Server(
        _eddy("EDDY_ENGINE=uring"), "a kernel with io_uring, " + PACKAGE.format("liburing-dev")
    ),
    "Eddy, asio engine": Server(_eddy("EDDY_ENGINE=asio")),
    "eddyd": Server(
        {
            "echo": "EDDY_ENGINE=epoll eddyd --workers 1 --listen echo=tcp://127.0.0.1:0",
            "loops": "EDDY_ENGINE=epoll eddyd --workers 2 --listen echo=tcp://127.0.0.1:0",
            "udp": f"EDDY_ENGINE=epoll eddyd --workers 1 --config {BENCH}/eddyd_udp.toml",
        }
    ),
}

# Quotients of two servers, paired by round, that stand below the others in tables.
PAIRS = (("Eddy", "Asio coroutines"), ("Eddy", "Eddy, no deadlines"))


def participants(case, servers):
    """Name and command of each server that takes part, the yardstick first."""
    found = {}
    for name, server in servers.items():
        command = next((server.commands[mode] for mode in CASES[case].modes if mode in server.commands), None)
        if command and case not in server.not_in:
            found[name] = command
    return found


def chosen(pattern, extra):
    """Those whose names the pattern finds (all without one), the yardsticks, and more echo servers as
    NAME=COMMAND."""
    servers = dict(SERVERS)
    if pattern:
        yardsticks = {next(iter(participants(case, SERVERS))) for case in CASES}
        servers = {
            name: server for name, server in SERVERS.items()
            if name in yardsticks or re.search(pattern, name, re.IGNORECASE)
        }
    for text in extra:
        name, _, command = text.partition("=")
        servers[name] = Server({"echo": command})
    return servers
