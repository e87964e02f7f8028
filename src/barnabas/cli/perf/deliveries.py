"""What became of the records: the one piece of Python that runs for every one of them, and what is made of it.

The client library's callback appends a latency and a size to lists, which is all it does; statistics take the lists as
they are, many records at a time.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from barnabas.cli.failures import message_of
from barnabas.cli.perf.latencies import LatencyStatistics
from barnabas.cli.perf.producer_report import ProducerReport

if TYPE_CHECKING:
    from confluent_kafka import KafkaError

Callback = Callable[["KafkaError | None", Any], None]


class Deliveries:
    """The records delivered since the last look, of one part of the run."""

    __slots__ = ("_latencies", "_sizes", "callback")

    def __init__(self, failures: Failures) -> None:
        self._latencies: list[float] = []
        self._sizes: list[int] = []
        self.callback = self._make_callback(failures)

    def _make_callback(self, failures: Failures) -> Callback:
        add_latency, add_size = self._latencies.append, self._sizes.append

        def delivered(error: KafkaError | None, message: Any) -> None:
            if error is None:
                add_latency(message.latency())
                add_size(len(message))
            else:
                failures.add(error)

        return delivered

    def take(self) -> tuple[list[int], int]:
        """Latencies in whole milliseconds and the sum of sizes; they are forgotten here."""
        latencies_ms = [int(latency * 1000) for latency in self._latencies]
        payload_bytes = sum(self._sizes)
        self._latencies.clear()
        self._sizes.clear()
        return latencies_ms, payload_bytes


class Failures:
    """The records that were not delivered, by reason; a reason is told once, when it first happens."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._counts: Counter[str] = Counter()

    def add(self, error: KafkaError) -> None:
        reason = message_of(error)
        if reason not in self._counts:
            print(f"Error when sending message to topic {self._topic}: {reason}", file=sys.stderr, flush=True)
        self._counts[reason] += 1

    @property
    def count(self) -> int:
        return self._counts.total()


class Stage:
    """A part of the run with statistics of its own: all of it, or its steady state."""

    __slots__ = ("_report", "is_quiet", "is_steady", "statistics")

    def __init__(self, statistics: LatencyStatistics, report: ProducerReport, *, is_steady: bool) -> None:
        self.statistics = statistics
        self._report = report
        self.is_steady = is_steady
        self.is_quiet = False

    def record(self, latencies_ms: list[int], payload_bytes: int, now_ms: int) -> None:
        """Count these, and print the window if it is over."""
        if not self.statistics.record(latencies_ms, payload_bytes, now_ms):
            return
        if self.is_steady and self.statistics.is_first_window:
            self._report.steady()
        figures = self.statistics.close_window(now_ms)
        if not self.is_quiet:
            self._report.window(figures, steady=self.is_steady)

    def print_result(self, now_ms: int) -> None:
        self._report.result(self.statistics.total.figures(now_ms), self.statistics.percentiles(), steady=self.is_steady)
