"""What a request costs the server, with more and more partitions and with more and more connections.

Small requests, produce and fetch in turn, go round over all partitions and all connections at a constant rate, one at a
time: no server can answer several at once and call that cheap, and the work is the same at each size. Before that,
each partition has been written and read once, so that nothing is opened for the first time.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.kafka_tools import create_topic
from benchmarks.metrics import flatness
from benchmarks.raw_client import RawClient, Request, RequestFailed, fetch_request, produce_request
from benchmarks.servers import BenchmarkFailed, RunningServer

COUNTS: Final = (1, 100, 1_000, 5_000)
FEW_CONNECTIONS: Final = 10
SOME_PARTITIONS: Final = 100
RECORD_BYTES: Final = 100
REQUESTS_PER_SECOND: Final = 1_500
# A promise of the project: no size costs more than this, measured by the cost at the smallest.
FLAT_WITHIN: Final = 1.2
TOPIC: Final = "growth"


@dataclass(frozen=True, slots=True)
class Step:
    """One size of a series."""

    partitions: int
    connections: int


def series(kind: str, counts: Sequence[int] = COUNTS) -> dict[int, Step]:
    """What grows, `partitions` or `connections`, by its count."""
    if kind == "partitions":
        return {count: Step(count, FEW_CONNECTIONS) for count in counts}
    return {count: Step(SOME_PARTITIONS, count) for count in counts}


def measure_cost(server: RunningServer, step: Step, seconds: int, tell: Callable[[str], None]) -> dict[str, float]:
    """Give a fresh server so many partitions and connections; return what one request costs it."""
    started = time.perf_counter()
    create_topic(server, TOPIC, step.partitions)
    created = time.perf_counter() - started
    now_ms = time.time_ns() // 1_000_000
    produce = [produce_request(TOPIC, partition, 1, RECORD_BYTES, now_ms) for partition in range(step.partitions)]
    fetch = [fetch_request(TOPIC, partition) for partition in range(step.partitions)]
    try:
        with connections(server.port, step.connections) as clients:
            tell("warm-up")
            turn = itertools.cycle(clients)
            for request in itertools.chain(produce, fetch):
                next(turn).do_when_led(request)
            requests = itertools.chain.from_iterable(zip(itertools.cycle(produce), itertools.cycle(fetch), strict=True))
            paced(turn, requests, 1)
            tell("measured")
            used = server.cpu_seconds()
            began = time.perf_counter()
            done = paced(turn, requests, seconds)
            cpu = server.cpu_seconds() - used
            rate = done / (time.perf_counter() - began)
            return {
                "cpu_us_per_request": cpu / done * 1e6,
                "requests_per_second": rate,
                "memory_mb": server.memory_bytes() / 1e6,
                "create_topic_seconds": created,
            }
    except (RequestFailed, OSError) as error:
        raise BenchmarkFailed(f"{step.partitions} partitions, {step.connections} connections: {error}") from None


def paced(clients: Iterator[RawClient], requests: Iterator[Request], seconds: float) -> int:
    """Send requests one by one, on one connection after the other, each when it is due; return how many."""
    count = int(seconds * REQUESTS_PER_SECOND)
    began = time.perf_counter()
    for number in range(count):
        ahead = began + number / REQUESTS_PER_SECOND - time.perf_counter()
        if ahead > 0:
            time.sleep(ahead)
        next(clients).do(next(requests))
    return count


@contextmanager
def connections(port: int, count: int) -> Iterator[list[RawClient]]:
    """So many connections, all open at once."""
    with ExitStack() as stack:
        yield [stack.enter_context(closing(RawClient(port))) for _ in range(count)]


def growth_factor(medians: Mapping[str, Mapping[str, Any]]) -> float:
    """How much dearer the dearest size is than the smallest; JSON's keys are text."""
    return flatness({int(count): float(values["cpu_us_per_request"]) for count, values in medians.items()})
