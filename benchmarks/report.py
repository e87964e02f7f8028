"""Medians over the rounds, side by side, as a table or as JSON."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import psutil
from rich.table import Table

from benchmarks.servers import cores
from benchmarks.workloads import METRICS, Metric, Sizes

Rounds = Sequence[Mapping[str, float]]


def medians(rounds: Rounds) -> dict[str, float]:
    return {metric.key: statistics.median(values[metric.key] for values in rounds) for metric in METRICS}


def as_json(results: Mapping[str, Rounds], sizes: Sizes) -> dict[str, Any]:
    """Everything measured, the rounds too, and what it was measured on."""
    return {
        "machine": machine(),
        "sizes": asdict(sizes),
        "servers": {
            name: {"median": medians(rounds), "rounds": [dict(values) for values in rounds]}
            for name, rounds in results.items()
        },
    }


def as_table(results: Mapping[str, Rounds], sizes: Sizes) -> Table:
    """One line per metric, one column per server; the ratio says how often the second column goes into the first."""
    rounds = len(next(iter(results.values())))
    table = Table(
        title=f"{sizes.records:,} records of 1 kB, {sizes.single_requests:,} single-record requests; "
        f"median of {rounds} round{'s' if rounds > 1 else ''}",
        caption=", ".join(f"{value}" for value in machine().values()),
    )
    table.add_column("measured")
    for name in results:
        table.add_column(name, justify="right")
    table.add_column("ratio", justify="right")
    columns = [medians(rounds) for rounds in results.values()]
    for metric in METRICS:
        values = [column[metric.key] for column in columns]
        table.add_row(f"{metric.title} ({metric.unit})", *(_number(value) for value in values), _ratio(metric, values))
    return table


def machine() -> dict[str, str]:
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": f"{cores()} cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "python": f"Python {platform.python_version()}",
    }


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _ratio(metric: Metric, values: Sequence[float]) -> str:
    if len(values) < 2 or not values[1]:
        return ""
    ratio = values[0] / values[1]
    is_better = (ratio <= 1) == metric.less_is_better
    return f"[{'green' if is_better else 'red'}]{ratio:.2f}[/]"
