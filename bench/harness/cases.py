# SPDX-License-Identifier: BSL-1.0
"""What is measured."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Case:
    title: str
    # A server takes part when it has a command for one of these; the first such command counts.
    modes: tuple
    load: str  # arguments of bench_load
    group: str


def _group(name, **cases):
    return {key: Case(*what, name) for key, what in cases.items()}


ECHO = ("echo",)
CASES = {
    # No more than 200 datagrams are under way: what a socket's buffer holds by default.
    **_group(
        "goals",
        **{
            "1": ("1 connection", ECHO, "echo --connections 1"),
            "50": ("50 connections", ECHO, "echo --connections 50"),
            "500": ("500 connections", ECHO, "echo --connections 500"),
            "depth": ("50, depth 16", ("pipelined", "echo"), "echo --connections 50 --depth 16"),
            "lines": ("50, lines, depth 16", ("line",), "lines --connections 50 --depth 16"),
            "16k": ("50, 16 KiB", ECHO, "echo --connections 50 --size 16384"),
            "churn": ("connect, echo, close", ECHO, "churn --connections 16"),
            "udp": ("UDP, 8 peers, depth 16", ("udp",), "udp --connections 8 --depth 16"),
            "gso": ("UDP, client with GSO", ("udp",), "udp --connections 3 --depth 64 --blocks"),
        },
    ),
    **_group(
        "others",
        odd=("50, odd sizes", ECHO, "echo --connections 50 --depth 3 --size 1,777,1461"),
        mixed=("500, 10 of them busy", ECHO, "echo --connections 500 --busy 10"),
        bursts=("500, bursts of 64", ECHO, "echo --connections 500 --depth 64 --together"),
        slow=("50, 5 of them read slowly", ECHO, "echo --connections 50 --slow 5"),
        loops=("50, two loops", ("loops",), "echo --connections 50"),
        frames=("50, length-prefixed", ("frame", "echo"), "frames --connections 50"),
        frames16=("the same, depth 16", ("frame", "echo"), "frames --connections 50 --depth 16"),
        udp1=("UDP, 1 peer", ("udp",), "udp --connections 1"),
    ),
    **_group(
        "latency",
        latency50=("50 connections", ECHO, "latency --connections 50"),
        latency500=("500 connections", ECHO, "latency --connections 500"),
    ),
}
GROUPS = tuple(dict.fromkeys(case.group for case in CASES.values()))

# What `latency` asks of a server: this part of the messages a second that the yardstick answers when it
# has nothing else to do, on a core shared with the load.
LATENCY_SHARE = 0.5
LATENCY_SECONDS = 0.5  # of a sample at least, for some tens of messages beyond the 99.9th percentile


class UnknownCase(Exception):
    """Neither a case nor a group of cases."""


def chosen(text):
    """The keys of the cases that a list of names and groups, by commas, speaks of."""
    keys = []
    for word in filter(None, text.split(",")):
        found = [key for key, case in CASES.items() if word in (key, case.group)]
        if not found and word != "none":
            raise UnknownCase(f"no such case: {word}; there are {', '.join((*GROUPS, *CASES))}, none")
        keys += found
    return list(dict.fromkeys(keys))
