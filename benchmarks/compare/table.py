"""The comparison as a table, for the terminal and for Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rich.table import Table

from benchmarks.compare.rounds import compared
from benchmarks.metrics import Compared, number

_VERDICT: Final = {True: "yes", False: "**no**", None: ""}
_COLOUR: Final = {True: "green", False: "red", None: "default"}


def as_table(results: Mapping[str, Any]) -> Table:
    settings = results["settings"]
    table = Table(title=f"Barnabas beside Apache Kafka, median of {settings['rounds']} round(s)")
    table.add_column("measured")
    for name in ("Barnabas", kafka_name(results), "ratio", "goal", "met"):
        table.add_column(name, justify="right")
    for workload, lines in compared(results):
        table.add_section()
        table.add_row(f"[bold]{workload.title}")
        for line in lines:
            verdict = f"[{_COLOUR[line.is_met]}]{_VERDICT[line.is_met].strip('*')}[/]"
            table.add_row("  " + title(line), number(line.ours), number(line.theirs), ratio(line), goal(line), verdict)
    table.caption = f"{goals_in_words(results)}\n{under_the_table(results)}"
    return table


def as_markdown(results: Mapping[str, Any]) -> str:
    lines = [f"| measured | Barnabas | {kafka_name(results)} | ratio | goal | met |", "|---|---:|---:|---:|---:|---|"]
    for workload, metrics in compared(results):
        lines.append(f"| **{workload.title}** | | | | | |")
        for line in metrics:
            cells = (
                title(line),
                number(line.ours),
                number(line.theirs),
                ratio(line),
                goal(line),
                _VERDICT[line.is_met],
            )
            lines.append("| " + " | ".join(cells) + " |")
    settings = results["settings"]
    lines += ["", goals_in_words(results), ""]
    lines.append(
        f"Median of {settings['rounds']} round{'s' if settings['rounds'] > 1 else ''}: "
        f"{settings['records']:,} records of 1 kB ({settings['small_records']:,} of 100 B, "
        f"{settings['single_requests']:,} single requests, 100 times {settings['shared_records']:,} records); "
        f"latencies over {settings['latency_seconds']} s. {under_the_table(results)}."
    )
    return "\n".join(lines)


def goals_in_words(results: Mapping[str, Any]) -> str:
    """How many goals are met, and which are not."""
    judged = [(workload, line) for workload, lines in compared(results) for line in lines if line.is_met is not None]
    if not judged:
        return "One server alone, so there is nothing to compare."
    missed = [
        f"{workload.title}, {line.metric.title}: {ratio(line)} where {goal(line)} was the goal"
        for workload, line in judged
        if not line.is_met
    ]
    met = f"{len(judged) - len(missed)} of {len(judged)} goals are met."
    return met if not missed else f"{met} Not met: {'; '.join(missed)}."


def under_the_table(results: Mapping[str, Any]) -> str:
    """When, of which commit, on what."""
    return f"{results['taken_at']}, commit {results['commit']}, {', '.join(results['machine'].values())}"


def kafka_name(results: Mapping[str, Any]) -> str:
    return next((name for name in results["servers"] if name.startswith("Kafka")), "Kafka")


def title(line: Compared) -> str:
    return f"{line.metric.title} ({line.metric.unit})"


def ratio(line: Compared) -> str:
    return "" if line.ratio is None else f"{line.ratio:.2f}"


def goal(line: Compared) -> str:
    return "" if line.metric.goal is None else str(line.metric.goal)
