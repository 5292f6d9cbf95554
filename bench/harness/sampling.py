# SPDX-License-Identifier: BSL-1.0
"""Servers sampled in turns, each sample between two of the yardstick."""

import contextlib
import math
import sys
import time

from .cases import CASES, LATENCY_SECONDS, LATENCY_SHARE
from .processes import Disturbed, Unusable
from .servers import participants

# Share of the core that others may have used during a sample that was taken again and again: more, and it
# says nothing.
USELESS = 0.3
RETAKES = 4


class Sampler:
    def __init__(self, processes, servers, seconds, tolerance):
        self.processes = processes
        self.servers = servers
        self.seconds = seconds
        self.tolerance = tolerance  # the share of the core above which a sample is taken again
        self.retaken = 0
        self.disturbed = 0
        self.kept = {}  # process and port by command, of servers that were warmed up
        self.ends = contextlib.ExitStack()
        self.ordinary = set()  # commands that take no real-time scheduling

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ends.close()

    def measure(self, case, rounds):
        """For every server a list with the figures of each round: the ratio and the value of each. Nothing
        when the yardstick cannot be measured, or nobody beside it."""
        commands = participants(case, self.servers)
        if len(commands) < 2:
            return {}
        try:
            return self.measure_beside(case, commands, rounds)
        except Unusable as reason:
            tell(f"leaves out the case {CASES[case].title}: {reason}")
            return {}

    def measure_beside(self, case, commands, rounds):
        load = self.load_of(case, commands)
        self.ordinary = {command for name, command in commands.items() if self.servers[name].managed}
        results = {name: [] for name in commands}
        for name in [name for name in commands if self.servers[name].warm_up]:
            with self.or_without(case, commands, name):
                self.warm(commands[name], load, self.servers[name].warm_up)
        self.take_turns(case, commands, load, rounds, results)
        return {name: taken for name, taken in results.items() if taken}

    @contextlib.contextmanager
    def or_without(self, case, commands, name):
        """Goes on without a server that fails; one that was disturbed may try again."""
        try:
            yield
        except Unusable as reason:
            tell(f"{CASES[case].title}: leaves out {name}: {reason}")
            if not isinstance(reason, Disturbed):
                del commands[name]

    def warm(self, command, load, seconds):
        """Gives it as much load, or for a case that is not its first a quarter of that."""
        if command in self.kept:
            seconds /= 4
        else:
            self.kept[command] = self.ends.enter_context(self.processes.server(command, realtime=False))
        until = time.monotonic() + seconds
        while time.monotonic() < until:  # in the pieces in which it is measured: a new one may compile anew
            self.counts(command, load)

    def load_of(self, case, commands):
        load = CASES[case].load
        if CASES[case].group != "latency":
            return load
        yardstick = next(iter(commands))
        at_most = self.sample(commands[yardstick], load.replace("latency", "echo"))["messages_per_s"]
        return f"{load} --rate {LATENCY_SHARE * at_most:.0f}"

    def take_turns(self, case, commands, load, rounds, results):
        yardstick = next(iter(commands))
        before = self.sample(commands[yardstick], load)
        for done in range(rounds):
            for name in list(commands)[1:]:
                with self.or_without(case, commands, name):
                    taken = self.sample(commands[name], load)
                    after = self.sample(commands[yardstick], load)
                    both = {key: (before[key] + after[key]) / 2 for key in before}
                    results[name].append({key: (taken[key] / both[key], taken[key]) for key in both})
                    results[yardstick].append({key: (after[key] / both[key], after[key]) for key in both})
                    before = after
            tell(f"{CASES[case].title}: round {done + 1} of {rounds}")

    def sample(self, command, load):
        """The least disturbed of as many as it takes."""
        taken = []
        for _ in range(1 + RETAKES):
            taken.append(self.figures(command, load))
            if taken[-1][0] <= self.tolerance:
                break
        disturbance, figures = min(taken, key=lambda one: one[0])
        if disturbance > max(USELESS, self.tolerance):
            raise Disturbed("others used the core, or the samples are too short for a message")
        self.retaken += len(taken) - 1
        self.disturbed += disturbance > self.tolerance
        return figures

    def counts(self, command, load):
        at_least = LATENCY_SECONDS if load.startswith("latency") else 0
        options = f"--seconds {max(self.seconds, at_least)}"
        if command in self.kept:
            process, port = self.kept[command]
            return self.processes.load(process.pid, port, load, options, realtime=False)
        realtime = command not in self.ordinary
        with self.processes.server(command, realtime) as (process, port):
            return self.processes.load(process.pid, port, load, options, realtime)

    def figures(self, command, load):
        """The share of the core that others had during a sample, and the sample."""
        counts = self.counts(command, load)
        if counts["messages"] == 0:
            return math.inf, None
        figures = {
            "server_ns_per_message": counts["server_cpu_ns"] / counts["messages"],
            "messages_per_s": counts["messages"] / counts["wall_ns"] * 1e9,
        }
        latencies = {key: counts[key] for key in ("p50_ns", "p99_ns", "p999_ns") if key in counts}
        if latencies:  # at a fixed rate the core is idle at times, so nothing tells who else had it
            return 0, {**figures, **latencies}
        used = counts["server_cpu_ns"] + counts["load_cpu_ns"]
        alone = self.processes.load_core == self.processes.core
        return 1 - used / counts["wall_ns"] if alone else 0, figures


def tell(text):
    print(f"bench: {text}", file=sys.stderr)
