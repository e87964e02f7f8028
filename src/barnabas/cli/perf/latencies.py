"""Latencies, window by window and in total, counted as ProducerPerformance counts them.

Latencies come in batches, so that a record costs a list entry and everything else is paid for once a batch. Averages
and maxima are of all records; percentiles are of samples, every n-th record, where n is the expected number of records
over 500,000, rounded down. Milliseconds are whole, as in Kafka.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from barnabas.cli.perf.java_numbers import BYTES_PER_MEGABYTE, per_second, quotient

MOST_SAMPLES: Final = 500_000
PERCENTILES: Final = (0.5, 0.95, 0.99, 0.999)


@dataclass(slots=True)
class Tally:
    """Records, bytes and latencies of a stretch of time."""

    start_ms: int
    records: int = 0
    payload_bytes: int = 0
    total_latency_ms: int = 0
    max_latency_ms: int = 0

    def add(self, latencies_ms: Sequence[int], payload_bytes: int) -> None:
        self.records += len(latencies_ms)
        self.payload_bytes += payload_bytes
        self.total_latency_ms += sum(latencies_ms)
        slowest_ms = max(latencies_ms)
        self.max_latency_ms = max(self.max_latency_ms, slowest_ms)

    def figures(self, now_ms: int) -> Figures:
        elapsed_ms = now_ms - self.start_ms
        return Figures(
            self.records,
            self.payload_bytes,
            elapsed_ms,
            per_second(self.records, elapsed_ms),
            per_second(self.payload_bytes, elapsed_ms) / BYTES_PER_MEGABYTE,
            quotient(self.total_latency_ms, self.records),
            self.max_latency_ms,
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """What a line of the report says."""

    records: int
    payload_bytes: int
    elapsed_ms: int
    records_per_second: float
    megabytes_per_second: float
    average_latency_ms: float
    max_latency_ms: int


def percentiles(latencies_ms: Sequence[int], fractions: Sequence[float]) -> list[int]:
    """The latency that this fraction of the samples stays below; 0 without samples."""
    ordered = sorted(latencies_ms)
    return [ordered[int(fraction * len(ordered))] if ordered else 0 for fraction in fractions]


@dataclass(slots=True)
class LatencyStatistics:
    """All records of a run, and those of the current window."""

    expected_records: int
    reporting_interval_ms: int
    start_ms: int
    total: Tally = field(init=False)
    window: Tally = field(init=False)
    _samples_ms: array[int] = field(init=False)

    def __post_init__(self) -> None:
        self.total = Tally(self.start_ms)
        self.window = Tally(self.start_ms)
        self._samples_ms = array("q")

    @property
    def sampling(self) -> int:
        """Every which record's latency is kept."""
        return self.expected_records // min(self.expected_records, MOST_SAMPLES)

    @property
    def is_first_window(self) -> bool:
        return self.window.records == self.total.records

    def record(self, latencies_ms: Sequence[int], payload_bytes: int, now_ms: int) -> bool:
        """Count delivered records; True when the window's time is over."""
        if not latencies_ms:
            return False
        until_next_sample = -self.total.records % self.sampling
        self._samples_ms.extend(latencies_ms[until_next_sample :: self.sampling])
        self.total.add(latencies_ms, payload_bytes)
        self.window.add(latencies_ms, payload_bytes)
        return now_ms - self.window.start_ms >= self.reporting_interval_ms

    def close_window(self, now_ms: int) -> Figures:
        """The window's figures; the next one begins."""
        figures = self.window.figures(now_ms)
        self.window = Tally(now_ms)
        return figures

    def percentiles(self) -> list[int]:
        return percentiles(self._samples_ms, PERCENTILES)
