"""Records at given times, read along by a consumer group: runs `java/TimedLoad.java` and reads what it prints.

Producer and consumer are one process with one clock. The latency of a record runs from the moment at which it was due
to be sent until a poll of the consumer has returned it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.kafka_tools import Clients
from benchmarks.servers import BenchmarkFailed, RunningServer


@dataclass(frozen=True, slots=True)
class Load:
    """How many records in each second, how large, over how many partitions."""

    records_per_second: Sequence[int]
    partitions: int
    warm_up_seconds: int
    min_bytes: int
    mean_bytes: int
    max_bytes: int
    producer_settings: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from due to received."""

    count: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    p999_ms: float | None = None


@dataclass(slots=True)
class Outcome:
    """What the program has found out by its end."""

    seconds: list[tuple[int, int, int]] = field(default_factory=list)
    """Records sent, acknowledged and received up to the end of each second."""
    latencies: list[Latency] = field(default_factory=list)
    """Of the records due in each second."""
    total: Latency = field(default_factory=lambda: Latency(0, 0, 0, 0))
    late_p99_ms: float = 0.0
    sent: int = -1
    acked: int = 0
    failed: int = 0
    received: int = 0
    misplaced: int = 0

    def read(self, line: str) -> None:
        """Take in one line of the program's output; BenchmarkFailed for one that it doesn't print."""
        word, *rest = line.split()
        try:
            numbers = [int(text) for text in rest]
        except ValueError:
            raise BenchmarkFailed(f"TimedLoad printed an unknown line: {line}") from None
        milliseconds = [value / 1000 for value in numbers]
        match word, len(rest):
            case "started", 0:
                pass
            case "second", 4:
                self.seconds.append((numbers[1], numbers[2], numbers[3]))
            case "latency", 5:
                self.latencies.append(Latency(numbers[1], *milliseconds[2:]))
            case "total", 5:
                p50, p99, p999, most = milliseconds[1:]
                self.total = Latency(numbers[0], p50, p99, most, p999)
            case "late", 2:
                self.late_p99_ms = milliseconds[0]
            case "check", 5:
                self.sent, self.acked, self.failed, self.received, self.misplaced = numbers
            case _:
                raise BenchmarkFailed(f"TimedLoad printed an unknown line: {line}")

    def check(self) -> None:
        """BenchmarkFailed unless everything that was sent has come, once and in its partition's order."""
        if not 0 <= self.sent == self.acked == self.received or self.failed or self.misplaced:
            raise BenchmarkFailed(
                f"{self.sent} records were sent, {self.acked} acknowledged, {self.failed} failed, {self.received} "
                f"received, {self.misplaced} of them out of order"
            )


def parse(lines: Iterable[str]) -> Outcome:
    """What the whole output says."""
    outcome = Outcome()
    for line in lines:
        outcome.read(line)
    return outcome


def run_timed_load(
    clients: Clients, server: RunningServer, topic: str, load: Load, folder: Path, tell: Callable[[int], None]
) -> Outcome:
    """Run it; `tell` is called with -1 when the first record is about to be sent, and with each second that is over."""
    schedule = folder / "schedule.txt"
    schedule.write_text("".join(f"{count}\n" for count in load.records_per_second), encoding="ascii")
    sizes = (load.min_bytes, load.mean_bytes, load.max_bytes)
    numbers = (load.partitions, schedule, load.warm_up_seconds, *sizes)
    command = clients.java(
        "TimedLoad", server.bootstrap, topic, str(numbers[0]), *map(str, numbers[1:]), *load.producer_settings
    )
    errors = folder / "timed-load.errors"
    outcome = Outcome()
    with (
        errors.open("wb") as error_output,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=error_output, text=True
        ) as process,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                outcome.read(line)
                if line.startswith(("started", "second")):
                    tell(len(outcome.seconds) - 1)
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        raise BenchmarkFailed(f"TimedLoad ended with {process.returncode}:\n{errors.read_text()[-3000:]}")
    return outcome
