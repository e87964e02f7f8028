"""The lines of a producer's run, as Kafka's tool prints them or as JSON."""

from __future__ import annotations

import sys
from typing import Protocol

from barnabas.cli.output import print_json_line
from barnabas.cli.perf.java_numbers import finite, fixed
from barnabas.cli.perf.latencies import PERCENTILES, Figures


class ProducerReport(Protocol):
    """What a run has to say, in the order it happens."""

    def warming_up(self, records: int) -> None: ...

    def steady(self) -> None: ...

    def window(self, figures: Figures, *, steady: bool) -> None: ...

    def result(self, figures: Figures, percentiles_ms: list[int], *, steady: bool) -> None: ...


class TextReport:
    """Kafka 4.3's text."""

    def warming_up(self, records: int) -> None:
        print(
            f"Warmup first {records} records. Steady state results will print after the complete test summary.",
            flush=True,
        )

    def steady(self) -> None:
        print("In steady state.", flush=True)

    def window(self, figures: Figures, *, steady: bool) -> None:
        del steady  # a line before the first such window says so
        print(
            f"{figures.records} records sent, {fixed(figures.records_per_second, 1)} records/sec "
            f"({fixed(figures.megabytes_per_second, 2)} MB/sec), "
            f"{fixed(figures.average_latency_ms, 1)} ms avg latency, "
            f"{fixed(figures.max_latency_ms, 1)} ms max latency.",
            flush=True,
        )

    def result(self, figures: Figures, percentiles_ms: list[int], *, steady: bool) -> None:
        p50, p95, p99, p999 = percentiles_ms
        print(
            f"{figures.records}{' steady state' if steady else ''} records sent, "
            f"{fixed(figures.records_per_second, 6)} records/sec ({fixed(figures.megabytes_per_second, 2)} MB/sec), "
            f"{fixed(figures.average_latency_ms, 2)} ms avg latency, "
            f"{fixed(figures.max_latency_ms, 2)} ms max latency, "
            f"{p50} ms 50th, {p95} ms 95th, {p99} ms 99th, {p999} ms 99.9th.",
            flush=True,
        )


class JsonReport:
    """An object per window and one per result."""

    def warming_up(self, records: int) -> None: ...

    def steady(self) -> None: ...

    def window(self, figures: Figures, *, steady: bool) -> None:
        self._print("window", figures, steady, {})

    def result(self, figures: Figures, percentiles_ms: list[int], *, steady: bool) -> None:
        names = (f"p{fraction * 100:g}" for fraction in PERCENTILES)
        self._print("result", figures, steady, {"latency_ms": dict(zip(names, percentiles_ms, strict=True))})

    def _print(self, kind: str, figures: Figures, steady: bool, more: dict[str, dict[str, int]]) -> None:
        print_json_line(
            {
                "kind": kind,
                "steady_state": steady,
                "records": figures.records,
                "payload_bytes": figures.payload_bytes,
                "elapsed_ms": figures.elapsed_ms,
                "records_per_second": finite(figures.records_per_second),
                "megabytes_per_second": finite(figures.megabytes_per_second),
                "average_latency_ms": finite(figures.average_latency_ms),
                "max_latency_ms": figures.max_latency_ms,
                **more,
            }
        )
        sys.stdout.flush()
