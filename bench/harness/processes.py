# SPDX-License-Identifier: BSL-1.0
"""Servers and the load generator as processes on one core."""

import contextlib
import itertools
import json
import os
import pathlib
import re
import select
import shlex
import signal
import subprocess

PATIENCE = 30  # s, beyond the time of the load itself


class Unusable(Exception):
    """A server or the load generator could not be started, or failed."""


class Disturbed(Unusable):
    """Others had so much of the core that nothing was measured."""


def stop(process):
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


class Processes:
    """Finds programs below a build folder and starts them on one core, the load perhaps on another."""

    def __init__(self, build, core, load_core=None, realtime=True):
        self.build = pathlib.Path(build)
        self.core = core
        self.load_core = core if load_core is None else load_core
        self.realtime = realtime
        self.programs = {}

    def program(self, name):
        """The path of a built program."""
        if name not in self.programs:
            found = [p for p in self.build.rglob(name) if p.is_file() and os.access(p, os.X_OK)]
            on_path = [p / name for p in map(pathlib.Path, os.get_exec_path()) if (p / name).is_file()]
            self.programs[name] = str((found + on_path + [""])[0])
        if not self.programs[name]:
            raise Unusable(f"{name} is neither below {self.build} nor installed")
        return self.programs[name]

    def command(self, text):
        words = shlex.split(text)
        settings = list(itertools.takewhile(lambda word: "=" in word, words))  # of the environment
        name, *arguments = words[len(settings):]
        program = self.program(name) if "/" not in name else name
        return [*(["env", *settings] if settings else []), program, *arguments]

    def start(self, text, core, realtime=True, **streams):
        def settle():  # in the child before exec: nobody else on the core meanwhile where permitted
            os.sched_setaffinity(0, {core})
            if self.realtime and realtime:
                # In turns (RR): one that spins must not keep the others from being ended.
                with contextlib.suppress(PermissionError):  # then others disturb more samples
                    os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))

        command = self.command(text)
        try:
            return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=settle, **streams)
        except OSError as reason:
            raise Unusable(f"`{text}`: {reason.strerror}") from reason

    @contextlib.contextmanager
    def server(self, text, realtime=True):
        """A server that listens, and its port; ended with the context."""
        process = self.start(text, self.core, realtime, stderr=subprocess.DEVNULL)
        try:
            yield process, port_of(process, text)
        finally:
            stop(process)

    def load(self, pid, port, arguments, options, realtime=True):
        """What bench_load reports of a server."""
        mode, *rest = arguments.split()
        text = f"bench_load {mode} {port} {' '.join(rest)} --server-pid {pid} {options}"
        client = self.start(text, self.load_core, realtime)
        try:
            report, _ = client.communicate(timeout=PATIENCE + 2 * seconds_in(options))
        except subprocess.TimeoutExpired as late:
            stop(client)
            raise Unusable("the load generator did not come to its end") from late
        if client.returncode != 0:
            raise Unusable("the load generator failed, see above")
        return json.loads(report)

    def idle_session_bytes(self, text, sessions):
        """Bytes by which the process grows for a session that was answered once and now waits."""
        with self.server(text) as (process, port):
            before = resident_bytes(process.pid)
            client = self.start(f"bench_load idle {port} --connections {sessions}", self.core, stdin=subprocess.PIPE)
            answered = client.stdout.readline()
            after = resident_bytes(process.pid)
            client.communicate()
            if not answered:
                raise Unusable("the load generator failed, see above")
        return (after - before) / sessions


def port_of(process, text):
    while select.select([process.stdout], [], [], 10)[0]:
        line = process.stdout.readline()
        port = re.search(r"(?:^|[\s:])(\d+)\s*$", line)
        if port:
            return port.group(1)
        if not line:
            break
    raise Unusable(f"`{text}` did not say where it listens")


def seconds_in(options):
    return float(re.search(r"--seconds (\S+)", options).group(1))


def resident_bytes(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return 1024 * int(re.search(r"^Rss:\s+(\d+)", text, re.MULTILINE).group(1))
