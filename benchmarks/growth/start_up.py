"""How long a server takes to come back: with many partitions, with much data, after a clean end and after `kill -9`.

It is back when it tells where the last partition ends, which takes an opened log, and not merely a listening port. What
it reads on the way shows whether a clean start reads the log. Its files are in the page cache.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.kafka_tools import create_topic
from benchmarks.raw_client import RawClient, Request, RequestFailed, end_offset_request, produce_request
from benchmarks.servers import BenchmarkFailed, RunningServer, Server, running

TOPIC: Final = "grown"
READY_TIMEOUT_SECONDS: Final = 300.0
BATCH_RECORDS: Final = 900
RECORD_BYTES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Case:
    """So many partitions, with so many bytes in all of them together."""

    key: str
    title: str
    partitions: int
    log_bytes: int = 0
    # From the last record to the kill.
    settle_seconds: int = 0

    def batches(self) -> int:
        """Batches of 900 kB for each partition; 0 stands for a single small one."""
        return round(self.log_bytes / self.partitions / (BATCH_RECORDS * RECORD_BYTES))


CASES: Final = (
    Case("1000-partitions", "1,000 partitions", 1_000),
    Case("5000-partitions", "5,000 partitions", 5_000),
    # Once a minute both servers note how far their logs are flushed: a kill before, and one after that.
    Case("10-gb", "10 GB in 4 partitions, just written", 4, 10_000_000_000),
    Case("10-gb-later", "the same, a minute old", 4, 10_000_000_000, settle_seconds=70),
)
QUICK_CASES: Final = (
    Case("100-partitions", "100 partitions", 100),
    Case("100-mb", "100 MB in 4 partitions", 4, 100_000_000),
)


def measure_start_up(server: Server, case: Case, folder: Path, tell: Callable[[str], None]) -> dict[str, float]:
    """Fill a server, kill it, start it, end it, start it again; return the seconds and what was read."""
    values: dict[str, float] = {}
    tell("being filled")
    with running(server, folder) as started:
        create_topic(started, TOPIC, case.partitions)
        _fill(started, case)
        if case.settle_seconds:
            tell("waiting for a checkpoint")
            time.sleep(case.settle_seconds)
        started.kill()
    tell("starting after a kill")
    with running(server, folder) as started:
        values |= _observe(started, case, "killed")
        stopping = time.perf_counter()
    values["stop_seconds"] = time.perf_counter() - stopping
    tell("starting after an orderly end")
    with running(server, folder) as started:
        values |= _observe(started, case, "clean")
        values["memory_mb"] = started.memory_bytes() / 1e6
    return values


def _observe(server: RunningServer, case: Case, way: str) -> dict[str, float]:
    values = {
        f"{way}_answer_seconds": server.start_seconds,
        f"{way}_ready_seconds": server.start_seconds + _wait_until_ready(server, case),
        f"{way}_cpu_seconds": server.cpu_seconds(),
    }
    read = server.bytes_read()
    return values if read is None else values | {f"{way}_read_mb": read / 1e6}


def _fill(server: RunningServer, case: Case) -> None:
    client = RawClient(server.port)
    try:
        for request in _fillings(case, time.time_ns() // 1_000_000):
            client.do_when_led(request)
    except (RequestFailed, OSError) as error:
        raise BenchmarkFailed(f"{case.title}: they could not be filled: {error}") from None
    finally:
        client.close()


def _fillings(case: Case, now_ms: int) -> Iterator[Request]:
    """Large batches, where much data is wanted, or one small record for each partition."""
    for partition in range(case.partitions):
        request = produce_request(TOPIC, partition, BATCH_RECORDS if case.log_bytes else 1, RECORD_BYTES, now_ms)
        yield from itertools.repeat(request, max(1, case.batches()))


def _wait_until_ready(server: RunningServer, case: Case) -> float:
    """Seconds until the last partition's log is open, from now."""
    began = time.perf_counter()
    request = end_offset_request(TOPIC, case.partitions - 1)
    error: Exception | None = None
    while time.perf_counter() - began < READY_TIMEOUT_SECONDS:
        client = RawClient(server.port)
        try:
            while True:
                if client.do(request) > 0:
                    return time.perf_counter() - began
                raise BenchmarkFailed(f"{case.title}: the last partition is empty after a restart")
        except (RequestFailed, OSError, IndexError) as refused:
            error = refused
            time.sleep(0.01)
        finally:
            client.close()
    raise BenchmarkFailed(f"{case.title}: not ready within {READY_TIMEOUT_SECONDS:.0f} s; last: {error}")
