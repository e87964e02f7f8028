"""As much as goes through: producing, consuming, both at once, and many consumers of the same data."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from benchmarks.compare.bench import BATCHES_64_KB, Bench, Workload
from benchmarks.kafka_tools import create_topic
from benchmarks.metrics import Goal, Metric

CONSUMERS: Final = 100
CPU: Final = "µs/record"
RATE: Final = "records/s"
# Where the promise is "less CPU on every workload" and no figure.
LESS: Final = Goal(at_most=1.0)


def _produce(bench: Bench) -> dict[str, float]:
    records = bench.sizes.records
    cpu, rate = bench.cpu_us_per(records, lambda: bench.produce_new("large", records, 1000, *BATCHES_64_KB))
    return {"produce_rate": rate, "produce_cpu": cpu}


def _produce_small(bench: Bench) -> dict[str, float]:
    records = bench.sizes.small_records
    cpu, rate = bench.cpu_us_per(records, lambda: bench.produce_new("small", records, 100, *BATCHES_64_KB))
    return {"produce_small_rate": rate, "produce_small_cpu": cpu}


def _produce_compressed(bench: Bench, codec: str) -> dict[str, float]:
    records = bench.sizes.records
    properties = (*BATCHES_64_KB, f"compression.type={codec}")
    cpu, rate = bench.cpu_us_per(records, lambda: bench.produce_new(codec, records, bench.payload, *properties))
    return {f"produce_{codec}_rate": rate, f"produce_{codec}_cpu": cpu}


def _single(bench: Bench) -> dict[str, float]:
    records = bench.sizes.single_requests
    cpu, rate = bench.cpu_us_per(
        records, lambda: bench.produce_new("single", records, 200, "batch.size=0", "linger.ms=0")
    )
    return {"single_rate": rate, "single_cpu": cpu}


def _consume(bench: Bench) -> dict[str, float]:
    records = bench.sizes.records
    topic = bench.large_topic()
    cpu, rate = bench.cpu_us_per(records, lambda: bench.clients.consume(bench.server, topic, records))
    return {"consume_rate": rate, "consume_cpu": cpu}


def _consume_while_producing(bench: Bench) -> dict[str, float]:
    records = bench.sizes.records
    create_topic(bench.server, "both")

    def work() -> float:
        with ThreadPoolExecutor() as pool:
            consuming = pool.submit(bench.clients.consume, bench.server, "both", records)
            rate = bench.clients.produce(bench.server, "both", records, 1000, *BATCHES_64_KB)
            consuming.result()
        return rate

    cpu, rate = bench.cpu_us_per(records, work)
    return {"both_rate": rate, "both_cpu": cpu}


def _consume_by_many(bench: Bench) -> dict[str, float]:
    records = bench.sizes.shared_records
    bench.produce_new("shared", records, 1000, *BATCHES_64_KB)
    cpu, rate = bench.cpu_us_per(
        records * CONSUMERS, lambda: bench.clients.consume_with_many(bench.server, "shared", CONSUMERS, records)
    )
    return {"many_rate": rate, "many_cpu": cpu}


PRODUCE: Final = Workload(
    "produce",
    "Produce 1 kB, 64 kB batches, acks=1",
    (
        Metric("produce_rate", "rate", RATE, Goal(at_least=1.3)),
        Metric("produce_cpu", "server CPU", CPU, Goal(at_most=0.5)),
    ),
    _produce,
)
PRODUCE_SMALL: Final = Workload(
    "produce-100b",
    "Produce 100 B, 64 kB batches, acks=1",
    (Metric("produce_small_rate", "rate", RATE), Metric("produce_small_cpu", "server CPU", CPU, LESS)),
    _produce_small,
)
PRODUCE_LZ4: Final = Workload(
    "produce-lz4",
    "Produce 1 kB of JSON with lz4",
    (Metric("produce_lz4_rate", "rate", RATE), Metric("produce_lz4_cpu", "server CPU", CPU, LESS)),
    lambda bench: _produce_compressed(bench, "lz4"),
)
PRODUCE_ZSTD: Final = Workload(
    "produce-zstd",
    "Produce 1 kB of JSON with zstd",
    (Metric("produce_zstd_rate", "rate", RATE), Metric("produce_zstd_cpu", "server CPU", CPU, LESS)),
    lambda bench: _produce_compressed(bench, "zstd"),
)
SINGLE: Final = Workload(
    "single",
    "Requests of a single 200 B record, acks=1",
    (
        Metric("single_rate", "rate", RATE, Goal(at_least=1.5)),
        Metric("single_cpu", "server CPU", CPU, Goal(at_most=0.5)),
    ),
    _single,
)
CONSUME: Final = Workload(
    "consume",
    "Consume 1 kB from the page cache",
    (Metric("consume_rate", "rate while fetching", RATE), Metric("consume_cpu", "server CPU", CPU, Goal(at_most=0.9))),
    _consume,
)
BOTH: Final = Workload(
    "consume-while-producing",
    "Consume 1 kB while it is produced",
    (Metric("both_rate", "rate of the producer", RATE), Metric("both_cpu", "server CPU", CPU, LESS)),
    _consume_while_producing,
)
MANY: Final = Workload(
    "many-consumers",
    f"{CONSUMERS} consumers of one topic, 1 kB",
    (Metric("many_rate", "rate of all together", RATE), Metric("many_cpu", "server CPU", CPU, LESS)),
    _consume_by_many,
)
