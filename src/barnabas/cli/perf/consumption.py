"""What a consumer has read, in total and since the last line, and the lines that say so.

The columns are ConsumerPerformance's. Time spent in rebalances is taken off before the rates of fetching are made.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Final, Protocol

from barnabas.cli.output import print_json_line
from barnabas.cli.perf.date_format import SimpleDateFormat
from barnabas.cli.perf.java_numbers import BYTES_PER_MEGABYTE, finite, fixed, per_second, quotient

COMMON_COLUMNS: Final = (
    "data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, "
    "rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec"
)
DETAILED_HEADER: Final = f"time, threadId, {COMMON_COLUMNS}"
HEADER: Final = f"start.time, end.time, {COMMON_COLUMNS}"
THREAD_ID: Final = 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was consumed between two moments; in a window, the totals so far stand beside it."""

    start_ms: int
    end_ms: int
    records: int
    consumed_bytes: int
    rebalance_ms: int
    total_records: int
    total_bytes: int

    @property
    def elapsed_ms(self) -> int:
        return self.end_ms - self.start_ms

    @property
    def fetch_ms(self) -> int:
        return self.elapsed_ms - self.rebalance_ms

    @property
    def megabytes(self) -> float:
        return self.consumed_bytes / BYTES_PER_MEGABYTE

    def fetch_rate(self, amount: float, *, is_window: bool) -> float:
        """Per second of fetching; a window without any has no rate."""
        if is_window and self.fetch_ms <= 0:
            return 0.0
        return per_second(amount, self.fetch_ms)


class ConsumerReport(Protocol):
    """What a run has to say, in the order it happens."""

    def header(self, *, detailed: bool) -> None: ...

    def window(self, stretch: Stretch) -> None: ...

    def gave_up(self, timeout_ms: int) -> None: ...

    def result(self, stretch: Stretch) -> None: ...


@dataclass(frozen=True, slots=True)
class TextReport:
    """Kafka 4.3's text."""

    date_format: SimpleDateFormat

    def header(self, *, detailed: bool) -> None:
        print(DETAILED_HEADER if detailed else HEADER, flush=True)

    def window(self, stretch: Stretch) -> None:
        self._print(
            self.date_format.format(stretch.end_ms),
            str(THREAD_ID),
            fixed(stretch.total_bytes / BYTES_PER_MEGABYTE, 4),
            fixed(per_second(stretch.megabytes, stretch.elapsed_ms), 4),
            str(stretch.total_records),
            fixed(per_second(stretch.records, stretch.elapsed_ms), 4),
            str(stretch.rebalance_ms),
            str(stretch.fetch_ms),
            fixed(stretch.fetch_rate(stretch.megabytes, is_window=True), 4),
            fixed(stretch.fetch_rate(stretch.records, is_window=True), 4),
        )

    def gave_up(self, timeout_ms: int) -> None:
        print(
            "WARNING: Exiting before consuming the expected number of records: "
            f"timeout ({timeout_ms} ms) exceeded. You can use the --timeout option to increase the timeout.",
            flush=True,
        )

    def result(self, stretch: Stretch) -> None:
        elapsed_seconds = stretch.elapsed_ms / 1000
        self._print(
            self.date_format.format(stretch.start_ms),
            self.date_format.format(stretch.end_ms),
            fixed(stretch.megabytes, 4),
            fixed(quotient(stretch.megabytes, elapsed_seconds), 4),
            str(stretch.records),
            fixed(quotient(stretch.records, elapsed_seconds), 4),
            str(stretch.rebalance_ms),
            str(stretch.fetch_ms),
            fixed(stretch.fetch_rate(stretch.megabytes, is_window=False), 4),
            fixed(stretch.fetch_rate(stretch.records, is_window=False), 4),
        )

    def _print(self, *columns: str) -> None:
        print(", ".join(columns), flush=True)


class JsonReport:
    """An object per window and one for the result; giving up is a field of it."""

    __slots__ = ("_timed_out",)

    def __init__(self) -> None:
        self._timed_out = False

    def header(self, *, detailed: bool) -> None: ...

    def window(self, stretch: Stretch) -> None:
        self._print(stretch, {"kind": "window"})

    def gave_up(self, timeout_ms: int) -> None:
        del timeout_ms
        self._timed_out = True

    def result(self, stretch: Stretch) -> None:
        self._print(stretch, {"kind": "result", "timed_out": self._timed_out})

    def _print(self, stretch: Stretch, first: dict[str, str | bool]) -> None:
        is_window = first["kind"] == "window"
        print_json_line(
            {
                **first,
                "start_ms": stretch.start_ms,
                "end_ms": stretch.end_ms,
                "records": stretch.records,
                "consumed_bytes": stretch.consumed_bytes,
                "records_per_second": finite(per_second(stretch.records, stretch.elapsed_ms)),
                "megabytes_per_second": finite(per_second(stretch.megabytes, stretch.elapsed_ms)),
                "rebalance_ms": stretch.rebalance_ms,
                "fetch_ms": stretch.fetch_ms,
                "fetch_records_per_second": finite(stretch.fetch_rate(stretch.records, is_window=is_window)),
                "fetch_megabytes_per_second": finite(stretch.fetch_rate(stretch.megabytes, is_window=is_window)),
                "total_records": stretch.total_records,
            }
        )
        sys.stdout.flush()
