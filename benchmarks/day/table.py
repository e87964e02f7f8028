"""The day's run in a few lines of Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.compare.table import under_the_table
from benchmarks.metrics import number


def as_markdown(results: Mapping[str, Any]) -> str:
    settings = results["settings"]
    names = list(results["servers"])
    summaries = [found["summary"] for found in results["servers"].values()]
    peaks = [max(line[1] for line in found["samples"]) for found in results["servers"].values()]
    rows: list[tuple[str, list[str]]] = [
        ("records sent", [f"{summary['sent']:,}" for summary in summaries]),
        ("records received, once and in order", [f"{summary['received']:,}" for summary in summaries]),
        ("highest rate in a second, records/s", [f"{peak:,}" for peak in peaks]),
        ("end-to-end latency p50, ms", [number(summary["latency"]["p50_ms"]) for summary in summaries]),
        ("p99, ms", [number(summary["latency"]["p99_ms"]) for summary in summaries]),
        ("p99.9, ms", [number(summary["latency"]["p999_ms"]) for summary in summaries]),
        ("highest lag of the consumer, records", [f"{summary['lag_max']:,}" for summary in summaries]),
        ("server CPU, mean, percent of one core", [number(summary["cpu_percent_mean"]) for summary in summaries]),
        ("resident memory, highest, MB", [number(summary["memory_max_mb"]) for summary in summaries]),
    ]
    lines = ["| measured | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    lines += [f"| {title} | " + " | ".join(cells) + " |" for title, cells in rows]
    lines.append("")
    lines.append(
        f"{settings['seconds']} s, {settings['partitions']} partitions, records of {settings['min_bytes']} to "
        f"{settings['max_bytes']} bytes; percentiles without the first {settings['warm_up_seconds']} s. "
        f"{under_the_table(results)}."
    )
    return "\n".join(lines)
