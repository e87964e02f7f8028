"""The rounds: a fresh server each, the two in turn, and every workload in the same order."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from rich.progress import Progress

from benchmarks.compare import latency, resources, throughput
from benchmarks.compare.bench import Bench, Sizes, Workload
from benchmarks.kafka_tools import Clients
from benchmarks.metrics import Compared, medians
from benchmarks.payload import write_payload
from benchmarks.results import document
from benchmarks.servers import BenchmarkFailed, Server, running

WORKLOADS: Final = (
    resources.START,
    resources.WARM_UP,
    latency.LATENCY_MEAN,
    latency.LATENCY_PEAK,
    throughput.SINGLE,
    throughput.PRODUCE,
    throughput.CONSUME,
    throughput.PRODUCE_SMALL,
    throughput.PRODUCE_LZ4,
    throughput.PRODUCE_ZSTD,
    throughput.BOTH,
    throughput.MANY,
    resources.MEMORY,
)


def chosen(names: str | None) -> list[Workload]:
    """The workloads of a list such as `produce,consume`; all without a list. BenchmarkFailed names an unknown one."""
    if names is None:
        return list(WORKLOADS)
    wanted = [name.strip() for name in names.split(",")]
    known = {workload.key: workload for workload in WORKLOADS}
    for name in wanted:
        if name not in known:
            raise BenchmarkFailed(f"--workloads {name}: expected some of {','.join(known)}")
    # The measured part is warm whatever was chosen.
    return [workload for workload in WORKLOADS if workload.key in wanted or workload is resources.WARM_UP]


def run_rounds(
    servers: Sequence[Server],
    workloads: Sequence[Workload],
    clients: Clients,
    sizes: Sizes,
    rounds: int,
    folder: Path | None,
    progress: Progress,
) -> dict[str, Any]:
    """Measure; return the document of results."""
    results: dict[str, list[dict[str, float]]] = {server.name: [] for server in servers}
    task = progress.add_task("compare", total=rounds * len(servers) * len(workloads))
    for number in range(rounds):
        # In turn, and each first as often as the other, so that neither always finds the machine warmer.
        for server in servers if number % 2 == 0 else reversed(servers):
            values: dict[str, float] = {}
            with (
                tempfile.TemporaryDirectory(prefix="barnabas-bench-", dir=folder) as scratch,
                running(server, Path(scratch)) as started,
            ):
                payload = write_payload(Path(scratch) / "payload.jsonl")
                bench = Bench(started, clients, sizes, payload, Path(scratch))
                for workload in workloads:
                    progress.update(task, description=f"round {number + 1}, {server.name}: {workload.title}")
                    values |= workload.run(bench)
                    progress.advance(task)
            results[server.name].append(values)
    progress.update(task, description="compare: done")
    figures = {name: {"median": medians(values), "rounds": values} for name, values in results.items()}
    return document("compare", {"rounds": rounds, **asdict(sizes)}, {"servers": figures})


def compared(results: Mapping[str, Any]) -> list[tuple[Workload, list[Compared]]]:
    """Per workload that was run, its metrics side by side; Barnabas first, whatever was measured."""
    ours: dict[str, float] = {}
    theirs: dict[str, float] = {}
    for name, side in results["servers"].items():
        (theirs if name.startswith("Kafka") else ours).update(side["median"])
    found = []
    for workload in WORKLOADS:
        lines = [
            Compared(metric, ours.get(metric.key), theirs.get(metric.key))
            for metric in workload.metrics
            if metric.key in ours or metric.key in theirs
        ]
        if lines:
            found.append((workload, lines))
    return found
