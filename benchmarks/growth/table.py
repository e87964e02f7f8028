"""The growth figures in Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.compare.table import under_the_table
from benchmarks.growth.cost import FEW_CONNECTIONS, FLAT_WITHIN, REQUESTS_PER_SECOND, SOME_PARTITIONS, growth_factor
from benchmarks.growth.idle import GOAL_PERCENT
from benchmarks.metrics import number


def as_markdown(results: Mapping[str, Any]) -> str:
    """One table per question, each with a line per server and size."""
    servers: Mapping[str, Mapping[str, Any]] = results["servers"]
    blocks = []
    for kind, beside in (
        ("partitions", f"{FEW_CONNECTIONS} connections"),
        ("connections", f"{SOME_PARTITIONS} partitions"),
    ):
        measured = {name: found[kind] for name, found in servers.items() if kind in found}
        if measured:
            blocks.append(_costs(kind, beside, measured))
    starts = {name: found["start"] for name, found in servers.items() if "start" in found}
    if starts:
        blocks.append(_starts(starts))
    for name, found in servers.items():
        if "idle" in found:
            blocks.append(_idle(name, found["idle"]))
    settings = results["settings"]
    blocks.append(
        f"Costs: {REQUESTS_PER_SECOND:,} requests a second, {settings['seconds']} s each, median of "
        f"{settings['rounds']} round{'s' if settings['rounds'] > 1 else ''}; starts and idling: one run each. "
        f"{under_the_table(results)}."
    )
    return "\n\n".join(blocks)


def _costs(kind: str, beside: str, measured: Mapping[str, Mapping[str, Any]]) -> str:
    lines = [
        f"| {kind} ({beside}) | server | CPU, µs/request | memory, MB | making the topic, s |",
        "|---:|---|---:|---:|---:|",
    ]
    verdicts = []
    for name, found in measured.items():
        for count, values in found["median"].items():
            cells = (values["cpu_us_per_request"], values["memory_mb"], values["create_topic_seconds"])
            lines.append(f"| {int(count):,} | {name} | " + " | ".join(map(number, cells)) + " |")
        factor = growth_factor(found["median"])
        verdict = _verdict(name, f"≤ {FLAT_WITHIN}", factor <= FLAT_WITHIN)
        verdicts.append(f"{name}: the dearest size costs {factor:.2f} times the smallest{verdict}.")
    return "\n".join([*lines, "", *verdicts])


def _starts(measured: Mapping[str, Mapping[str, Any]]) -> str:
    lines = [
        "| on disk | server | start after an end, s | read, MB | after `kill -9`, s | read, MB | to end, s |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for name, cases in measured.items():
        for values in cases.values():
            keys = ("clean_ready_seconds", "clean_read_mb", "killed_ready_seconds", "killed_read_mb", "stop_seconds")
            cells = [values.get(key) for key in keys]
            lines.append(f"| {values['title']} | {name} | " + " | ".join(map(number, cells)) + " |")
    return "\n".join(lines)


def _idle(name: str, values: Mapping[str, float]) -> str:
    percent = values["cpu_percent"]
    return (
        f"{name} with {values['partitions']:,} partitions and nothing to do uses {percent:.2f} % of a core "
        f"(over {values['seconds']} s){_verdict(name, f'< {GOAL_PERCENT:.0f} %', percent < GOAL_PERCENT)}."
    )


def _verdict(server: str, goal: str, is_met: bool) -> str:
    """The goals are Barnabas' own; Apache Kafka has promised nobody anything of the kind."""
    if server.startswith("Kafka"):
        return ""
    return f"; goal {goal}: {'met' if is_met else '**not met**'}"
