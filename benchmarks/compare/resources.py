"""What a server costs before and after its work, and the same warm-up for both.

A JVM compiles its hot code while it runs. So the measured work comes after a warm-up: producing, consuming and single
requests, on a topic of their own. What the first, cold part of it took is shown too; a server that restarts pays it.
"""

from __future__ import annotations

import time
from typing import Final

from benchmarks.compare.bench import BATCHES_64_KB, Bench, Workload
from benchmarks.metrics import Goal, Metric

SETTLE_SECONDS: Final = 3.0


def _start(bench: Bench) -> dict[str, float]:
    # Whatever a server puts off until after its start is part of being idle.
    time.sleep(SETTLE_SECONDS)
    return {"start_seconds": bench.server.start_seconds, "idle_memory": bench.server.memory_bytes() / 1e6}


def _warm_up(bench: Bench) -> dict[str, float]:
    records, requests = bench.sizes.warm_up_records, bench.sizes.warm_up_requests
    cpu, _ = bench.cpu_us_per(records, lambda: bench.produce_new("warm-up", records, 1000, *BATCHES_64_KB))
    bench.clients.consume(bench.server, "warm-up", records)
    bench.produce_new("warm-up-single", requests, 200, "batch.size=0", "linger.ms=0")
    return {"cold_produce_cpu": cpu}


def _memory(bench: Bench) -> dict[str, float]:
    return {"final_memory": bench.server.memory_bytes() / 1e6}


START: Final = Workload(
    "start",
    "Start",
    (
        Metric("start_seconds", "until the first ApiVersions answer", "s", Goal(at_most=0.15)),
        Metric("idle_memory", "resident memory, idle", "MB", Goal(at_most=0.2)),
    ),
    _start,
)
WARM_UP: Final = Workload(
    "warm-up",
    "The first work after the start (warm-up)",
    (Metric("cold_produce_cpu", "produce 1 kB, server CPU", "µs/record"),),
    _warm_up,
)
MEMORY: Final = Workload(
    "memory",
    "After all of this work",
    (Metric("final_memory", "resident memory", "MB", Goal(at_most=0.2)),),
    _memory,
)
