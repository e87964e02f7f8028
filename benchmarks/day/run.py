"""The run: a producer in the day's shape, a consumer group reading along, and a sample of everything each second."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from rich.progress import Progress

from benchmarks.day.shape import MAX_BYTES, MEAN_BYTES, MIN_BYTES, day_shape
from benchmarks.kafka_tools import Clients, create_topic
from benchmarks.results import document
from benchmarks.servers import RunningServer, Server, running
from benchmarks.timed_load import Load, Outcome, run_timed_load

PARTITIONS: Final = 6
TOPIC: Final = "day"
# The first seconds belong to the JVM of the client.
WARM_UP_SECONDS: Final = 5
COLUMNS: Final = ("second", "rate", "lag", "p50_ms", "p99_ms", "max_ms", "cpu_percent", "memory_mb")


def run_day(
    servers: Sequence[Server], clients: Clients, seconds: int, folder: Path | None, progress: Progress
) -> dict[str, Any]:
    """Measure; return the document of results. BenchmarkFailed when a record was lost, came twice or out of order."""
    figures = {}
    for server in servers:
        task = progress.add_task(server.name, total=seconds)
        with (
            tempfile.TemporaryDirectory(prefix="barnabas-bench-", dir=folder) as scratch,
            running(server, Path(scratch)) as started,
        ):
            figures[server.name] = _run(started, clients, day_shape(seconds), Path(scratch), progress, task)
    settings = {
        "seconds": seconds,
        "partitions": PARTITIONS,
        "warm_up_seconds": WARM_UP_SECONDS,
        "min_bytes": MIN_BYTES,
        "mean_bytes": MEAN_BYTES,
        "max_bytes": MAX_BYTES,
    }
    return document("workload", settings, {"servers": figures})


def _run(
    server: RunningServer, clients: Clients, rates: Sequence[int], folder: Path, progress: Progress, task: Any
) -> dict[str, Any]:
    create_topic(server, TOPIC, PARTITIONS)
    samples: list[tuple[float, float]] = []

    def tell(second: int) -> None:
        samples.append((server.cpu_seconds(), server.memory_bytes() / 1e6))
        progress.update(task, completed=second + 1, description=f"{rates[max(0, second)]:,} records/s")

    load = Load(rates, PARTITIONS, WARM_UP_SECONDS, MIN_BYTES, MEAN_BYTES, MAX_BYTES)
    outcome = run_timed_load(clients, server, TOPIC, load, folder, tell)
    outcome.check()
    return {"summary": _summary(outcome, samples), "columns": COLUMNS, "samples": sampled(outcome, samples)}


def sampled(outcome: Outcome, samples: Sequence[tuple[float, float]]) -> list[list[float]]:
    """A line for each second, as COLUMNS says. The server's samples begin one earlier, with the start."""
    lines = []
    sent_before = 0
    for second, (sent, acked, received) in enumerate(outcome.seconds):
        latency = outcome.latencies[second]
        cpu_percent = (samples[second + 1][0] - samples[second][0]) * 100
        times = (latency.p50_ms, latency.p99_ms, latency.max_ms)
        # What is acknowledged a little later than it is received is no negative lag.
        lag = max(0, acked - received)
        lines.append([second, sent - sent_before, lag, *times, round(cpu_percent, 1), round(samples[second + 1][1], 1)])
        sent_before = sent
    return lines


def _summary(outcome: Outcome, samples: Sequence[tuple[float, float]]) -> dict[str, Any]:
    cpu_seconds = samples[-1][0] - samples[0][0]
    return {
        "sent": outcome.sent,
        "received": outcome.received,
        "misplaced": outcome.misplaced,
        "latency": asdict(outcome.total),
        "client_late_p99_ms": outcome.late_p99_ms,
        "lag_max": max(max(0, acked - received) for _, acked, received in outcome.seconds),
        "cpu_seconds": cpu_seconds,
        "cpu_percent_mean": cpu_seconds / len(outcome.seconds) * 100,
        "memory_max_mb": max(memory for _, memory in samples),
    }


def write_csv(path: Path, results: Mapping[str, Any]) -> None:
    """Every sample, with the server's name first."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["server", *COLUMNS])
        for name, found in results["servers"].items():
            writer.writerows([name, *line] for line in found["samples"])
