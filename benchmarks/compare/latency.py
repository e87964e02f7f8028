"""From the moment a record is due to be sent until a consumer has it, at the mean and at the peak of the day's load."""

from __future__ import annotations

from typing import Final

from benchmarks.compare.bench import Bench, Workload
from benchmarks.kafka_tools import create_topic
from benchmarks.metrics import Goal, Metric
from benchmarks.timed_load import Load, run_timed_load

MEAN_RATE: Final = 1_150
PEAK_RATE: Final = 23_000
WARM_UP_SECONDS: Final = 5
PARTITIONS: Final = 6
# What makes the latency the server's own: nothing is held back in order to be sent together.
PRODUCER_SETTINGS: Final = ("linger.ms=0", "batch.size=65536", "acks=all")
NO_MORE: Final = Goal(at_most=1.0)


def _latency(bench: Bench, key: str, rate: int) -> dict[str, float]:
    create_topic(bench.server, key, PARTITIONS)
    seconds = WARM_UP_SECONDS + bench.sizes.latency_seconds
    load = Load([rate] * seconds, PARTITIONS, WARM_UP_SECONDS, 1000, 1000, 1000, PRODUCER_SETTINGS)
    cpu_seconds = [0.0, 0.0]

    def tell(second: int) -> None:
        cpu_seconds[0 if second < WARM_UP_SECONDS else 1] = bench.server.cpu_seconds()

    outcome = run_timed_load(bench.clients, bench.server, key, load, bench.folder, tell)
    outcome.check()
    return {
        f"{key}_p50": outcome.total.p50_ms,
        f"{key}_p99": outcome.total.p99_ms,
        f"{key}_p999": outcome.total.p999_ms or 0.0,
        f"{key}_cpu": (cpu_seconds[1] - cpu_seconds[0]) / (rate * bench.sizes.latency_seconds) * 1e6,
        f"{key}_late_p99": outcome.late_p99_ms,
    }


def _workload(key: str, rate: int) -> Workload:
    return Workload(
        key,
        f"End-to-end latency at {rate:,} records/s of 1 kB",
        (
            Metric(f"{key}_p50", "p50", "ms", NO_MORE),
            Metric(f"{key}_p99", "p99", "ms", NO_MORE),
            Metric(f"{key}_p999", "p99.9", "ms", NO_MORE),
            Metric(f"{key}_cpu", "server CPU, producing and consuming", "µs/record", NO_MORE),
            # Large where the client, and not the server, was the bottleneck: then the latencies say nothing.
            Metric(f"{key}_late_p99", "of it, waiting in the client to be sent, p99", "ms"),
        ),
        lambda bench: _latency(bench, key, rate),
    )


LATENCY_MEAN: Final = _workload("latency-mean", MEAN_RATE)
LATENCY_PEAK: Final = _workload("latency-peak", PEAK_RATE)
