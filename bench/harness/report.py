# SPDX-License-Identifier: BSL-1.0
"""From samples to medians with their ranges, and from those to tables."""

import statistics

from .cases import CASES, LATENCY_SECONDS
from .servers import PAIRS

CPU = "server_ns_per_message"


def summary(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def report_of(rounds_by_server):
    """For each server and figure: its ratio to the yardstick's, and its value; and the pairs."""
    report = {}
    for name, rounds in rounds_by_server.items():
        report[name] = {
            key: {
                "ratio": summary([taken[key][0] for taken in rounds]),
                "value": summary([taken[key][1] for taken in rounds]),
            }
            for key in rounds[0]
        }
    for ours, theirs in PAIRS:
        if ours in rounds_by_server and theirs in rounds_by_server:
            quotients = [
                one[CPU][0] / other[CPU][0]
                for one, other in zip(rounds_by_server[ours], rounds_by_server[theirs])
            ]
            report[f"{ours} / {theirs}"] = {CPU: {"ratio": summary(quotients)}}
    return report


def markdown(columns, rows, first=""):
    """A table; `rows` has a list of cells by the name of the row."""
    lines = [f"| {' | '.join([first, *columns])} |", "|---" * (len(columns) + 1) + "|"]
    lines += [f"| {' | '.join([name, *cells])} |" for name, cells in rows.items()]
    return "\n".join(lines) + "\n"


def cell(figures, key):
    if not figures or key not in figures:
        return ""
    ratio = figures[key]["ratio"]
    return f"{ratio['median']:.2f} ({ratio['min']:.2f}-{ratio['max']:.2f})"


def names_in(cases):
    """Rows in the order of the servers, the pairs last: they are conclusions from the others."""
    names = dict.fromkeys(name for report in cases.values() for name in report)
    return sorted(names, key=lambda name: " / " in name)


def ratio_table(cases, key):
    rows = {name: [cell(report.get(name), key) for report in cases.values()] for name in names_in(cases)}
    return markdown([CASES[case].title for case in cases], {name: cells for name, cells in rows.items() if any(cells)})


def latency_table(cases):
    keys = {"p50_ns": "median", "p99_ns": "99 %", "p999_ns": "99.9 %"}
    columns = [f"{CASES[case].title}: {label}" for case in cases for label in keys.values()]
    rows = {}
    for name in names_in(cases):
        cells = [cell(report.get(name), key) for report in cases.values() for key in keys]
        if any(cells):
            rows[name] = cells
    yardsticks = [next(iter(report.values())) for report in cases.values()]
    rows["the first, µs"] = [f"{figures[key]['value']['median'] / 1e3:.0f}" for figures in yardsticks for key in keys]
    return markdown(columns, rows)


def tables(everything, rates=True):
    """All that a run has measured, as Markdown; the rates are nearly the reciprocal of the CPU time."""
    by_group = {}
    for case, report in everything["cases"].items():
        by_group.setdefault(CASES[case].group, {})[case] = report
    latency = by_group.pop("latency", {})
    parts = []
    for cases in by_group.values():
        parts += ["Server CPU time per message, ratio to the first server of the column:", ratio_table(cases, CPU)]
    for cases in by_group.values() if rates else ():
        parts += ["Messages per second on the shared core, the same way:", ratio_table(cases, "messages_per_s")]
    if latency:
        parts += ["Time from when a message was due to its echo, the same way:", latency_table(latency)]
    if everything["idle_bytes"]:
        rows = {name: [f"{size:,.0f}"] for name, size in everything["idle_bytes"].items()}
        parts += ["Resident bytes of an idle session, without the kernel's:", markdown(["bytes"], rows)]
    how = everything["how"]
    parts.append(
        f"Median and range of {how['rounds']} rounds of {how['seconds']} s (latency: {LATENCY_SECONDS} s or more); "
        f"{how['retaken']} samples taken again, {how['disturbed']} kept although others used the core."
    )
    return "\n\n".join(part.rstrip() for part in parts) + "\n"
