"""What a workload of the comparison is given, and what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.kafka_tools import Clients, create_topic
from benchmarks.metrics import Metric
from benchmarks.servers import RunningServer

LARGE_TOPIC = "large"
BATCHES_64_KB = ("batch.size=65536",)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything; a latency is measured for so many seconds after a warm-up of five."""

    records: int
    small_records: int
    single_requests: int
    shared_records: int
    latency_seconds: int
    warm_up_records: int
    warm_up_requests: int


FULL = Sizes(
    records=1_000_000,
    small_records=3_000_000,
    single_requests=60_000,
    shared_records=20_000,
    latency_seconds=20,
    warm_up_records=300_000,
    warm_up_requests=20_000,
)
QUICK = Sizes(
    records=50_000,
    small_records=100_000,
    single_requests=3_000,
    shared_records=1_000,
    latency_seconds=3,
    warm_up_records=20_000,
    warm_up_requests=1_000,
)


@dataclass(slots=True)
class Bench:
    """One fresh server, the clients, a folder for files, and the topics that the workloads have filled."""

    server: RunningServer
    clients: Clients
    sizes: Sizes
    payload: Path
    folder: Path
    filled: set[str] = field(default_factory=set)

    def produce_new(self, topic: str, records: int, what: int | Path, *properties: str) -> float:
        """Make a topic and fill it; return the rate."""
        create_topic(self.server, topic)
        rate = self.clients.produce(self.server, topic, records, what, *properties)
        self.filled.add(topic)
        return rate

    def large_topic(self) -> str:
        """A topic with `records` records of 1 kB; filled now if no workload has done so before."""
        if LARGE_TOPIC not in self.filled:
            self.produce_new(LARGE_TOPIC, self.sizes.records, 1000, *BATCHES_64_KB)
        return LARGE_TOPIC

    def cpu_us_per(self, units: float, work: Callable[[], float]) -> tuple[float, float]:
        """Do the work; return the server's microseconds of processor time per unit, and what the work returned."""
        used = self.server.cpu_seconds()
        result = work()
        return (self.server.cpu_seconds() - used) / units * 1e6, result


@dataclass(frozen=True, slots=True)
class Workload:
    """Something both servers are given to do, the metrics it yields, and their goals."""

    key: str
    title: str
    metrics: tuple[Metric, ...]
    run: Callable[[Bench], dict[str, float]]
